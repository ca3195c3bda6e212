"""Of who was erased nothing that tells who they were stands anywhere: every row of every table is looked at."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import define, evolve

from dkp_adapters.answers import Answer
from dkp_adapters.memory import (
    MemoryAnsweredRequests,
    MemoryDueDeadlines,
    MemoryInstallation,
    MemoryOutbox,
    SettableClock,
)
from dkp_adapters.sql.answered_requests import SqlAnsweredRequests
from dkp_core.accounts import ConsentKind, MembershipStatus, RoleGroup, UserTokens, permissions_of
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.errors import DomainError
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points import AdjustmentLine
from dkp_core.reactions import OUTSIDE, reactions_by_event
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker.reacting import Reacting
from tests import services
from tests.integration.contracts.place import NIGHT
from tests.integration.databases import with_schema

STAMP: Final = "[Fri Nov 20 19:00:00 2026] "
LOG: Final = (
    f"{STAMP}Players on EverQuest:\n{STAMP}---------------------------\n"
    f"{STAMP}[60 Phantasmist] Thalindra (Dark Elf) <Twelfth Hour>\n"
    f"{STAMP}[60 High Priest] Boss (Dwarf) <Twelfth Hour>\n"
    f"{STAMP}There are 2 players in Plane of Fear.\n"
    f"{STAMP}Thalindra tells the guild, 'saidinguild'\n"
    f"{STAMP}Thalindra tells you, 'toldtoboss'\n"
    f"{STAMP}You told Thalindra, 'toldbyboss'\n"
    f"{STAMP}You say, 'saidbyboss'\n"
)
"""An officer's log, with what the person said and was told."""

THEIRS: Final = {
    "discord id": "734829104857362910",
    "username": "quillwright.qx",
    "global name": "Quill Wrightson",
    "discriminator": "7788",
    "avatar": "avatars/qxqxqx.png",
    "e-mail": "quill@wrightson.example",
    "name of a key": "Quills Telefon",
    "note on a character": "wohnt in Graz-Eggenberg",
    "name of a file": "Quill Privatordner.txt",
    "said in the guild": "saidinguild",
    "told to somebody": "toldtoboss",
    "told by somebody": "toldbyboss",
    "chat in an answer": "saidinananswer",
    "e-mail in an application": "apply@wrightson.example",
    "availability": "Tuesdays after the allotment",
    "references": "ask my cousin Wrightson",
    "previous guilds": "the Quillwrights of Erollisi",
    "comment on their application": "sounds like a wrightson to me",
    "visible comment": "dear Quill, be patient",
}
WHY: Final = "quarrelled with everyone"
"""What an officer wrote of them: it goes with the membership, and stays in the audit log, like every reason (G-5)."""
OTHERS: Final = {"said by somebody else": "saidbyboss", "their character": "Thalindra", "officer": "boss.bx"}


@define
class Life:
    """Somebody who lived in two guilds, by the use cases of one installation."""

    cases: UseCases
    clock: SettableClock
    home: GuildId
    away: GuildId
    officers: Mapping[GuildId, UserId]
    person: UserId

    @classmethod
    def begin(cls, cases: UseCases, clock: SettableClock) -> Life:
        """Two guilds; the person is a member of one, and applies to the other."""
        guilds, officers = [], {}
        for number, name in enumerate(("Home", "Away")):
            founded = cases.found_guild()(
                name=name, officer_discord_id=str(10**17 + number), officer_username="boss.bx", by=operator("test")
            )
            guilds.append(founded.guild.id)
            officers[founded.guild.id] = founded.officer.id
        member = cases.add_member()(
            discord_id=THEIRS["discord id"], username=THEIRS["username"], by=operator("test", guilds[0])
        )
        return cls(cases, clock, guilds[0], guilds[1], officers, member.user_id)

    def by(self, user_id: UserId, guild_id: GuildId, role_group: RoleGroup) -> Actor:
        """Somebody with the rights of that role group."""
        rights = permissions_of(role_group, trial=False, public_roster=False, trials_bid=False)
        return Actor(
            kind=ActorKind.USER,
            id=str(user_id),
            entrypoint="test",
            guild_id=guild_id,
            user_id=user_id,
            permissions=rights,
        )

    def officer(self, guild_id: GuildId) -> Actor:
        """The officer of that guild."""
        return self.by(self.officers[guild_id], guild_id, RoleGroup.OFFICER)

    def live(self) -> None:
        """Do a little of everything that leaves something behind."""
        cases, member = self.cases, self.by(self.person, self.home, RoleGroup.MEMBER)
        with cases.begin_installation()(operator("test")) as work:
            user = work.users.get(self.person)
            known = {"global_name": "global name", "discriminator": "discriminator", "email": "e-mail"}
            told = {name: THEIRS[word] for name, word in known.items()}
            work.users.save(evolve(user, avatar_url=f"https://cdn.example/{THEIRS['avatar']}", **told))
            tokens = UserTokens(
                user_id=self.person, sealed_access="s", sealed_refresh=None, scopes=("identify",), expires_at=NIGHT
            )
            work.discord_tokens.save(tokens)
        cases.issue_personal_key()(name=THEIRS["name of a key"], by=member)
        cases.give_consent()(ConsentKind.EMAIL, by=member)
        link = cases.make_sign_in_link()(self.person, by=operator("test"))
        cases.sign_in_with_link()(link.code, device="Firefox", brought=None, by=operator("test"))
        self._play()
        self._apply()

    def _play(self) -> None:
        cases, member, officer = self.cases, self.by(self.person, self.home, RoleGroup.MEMBER), self.officer(self.home)
        cases.enter_character()(name="Thalindra", owner=self.person, notes=THEIRS["note on a character"], by=officer)
        cases.enter_character()(name="Boss", owner=self.officers[self.home], by=officer)
        raid = cases.create_event_type()(name="Plane of Fear", default_points=Points.of(10), by=officer)
        at = NIGHT.replace(tzinfo=None)
        cases.import_dump()(
            [LOG.encode()], file_name="eqlog_Boss_povar.txt", event_type_id=raid.id, at=at, zone="UTC", by=officer
        )
        theirs = evolve(member, permissions=officer.permissions)
        cases.import_dump()(
            [LOG.encode() + b"\n"],
            file_name=THEIRS["name of a file"],
            event_type_id=raid.id,
            at=at,
            zone="UTC",
            by=theirs,
        )
        lines = [AdjustmentLine(amount=Points.of(100), user_id=self.person)]
        cases.adjust_points()(lines, reason="to begin with", by=officer)
        auction = cases.start_auction()(item="Cloak of Flames", by=officer)
        cases.place_bid()(auction.id, amount=Points.of(20), by=member)
        said = f"{STAMP}Thalindra tells the raid, '30'"
        cases.read_chat()([said], owner="Boss", by=officer)
        with contextlib.suppress(DomainError):
            cases.place_bid()(auction.id, amount=Points.of(2000), by=member)
        body = (
            f'[{{"line":"{STAMP}Thalindra tells the guild, \'{THEIRS["chat in an answer"]}\'","speaker":"Thalindra"}},'
            f'{{"username":"{THEIRS["username"]}"}}]'
        )
        self._keep_answer(f"user:{self.officers[self.home]}", body)
        change = cases.change_membership()
        change(self.person, status=MembershipStatus.DEACTIVATED, reason=WHY, by=officer)
        change(self.person, status=MembershipStatus.IN_FORCE, reason=WHY, by=officer)

    def _keep_answer(self, caller: str, body: str) -> None:
        database: Any = self.cases.database()
        kept = (MemoryAnsweredRequests if isinstance(database, MemoryInstallation) else SqlAnsweredRequests)(database)
        with database.scope():
            kept.keep(caller, "key", "hash", Answer(status=200, headers={}, body=body))

    def _apply(self) -> None:
        cases, guest, officer = self.cases, self.by(self.person, self.away, RoleGroup.GUEST), self.officer(self.away)
        application = cases.submit_application()(
            character_name="Thalindra",
            email=THEIRS["e-mail in an application"],
            availability=THEIRS["availability"],
            references=THEIRS["references"],
            previous_guilds=THEIRS["previous guilds"],
            by=guest,
        )
        comment = cases.comment_on_application()
        comment(application.id, THEIRS["comment on their application"], by=officer)
        comment(application.id, THEIRS["visible comment"], visible=True, by=officer)

    def die(self) -> None:
        """Erased by themselves, and all that follows done."""
        member = self.by(self.person, self.home, RoleGroup.MEMBER)
        self.clock.advance(timedelta(hours=1))
        self.cases.erase_user()(self.person, confirm=THEIRS["username"], by=member)


def places_of(words: Mapping[str, str], texts: Callable[[], Iterator[tuple[str, str]]]) -> dict[str, set[str]]:
    """Where each of these words stands."""
    found: dict[str, set[str]] = {name: set() for name in words}
    for place, text in texts():
        for name, word in words.items():
            if word in text:
                found[name].add(place)
    return found


def in_memory(memory: MemoryInstallation) -> Iterator[tuple[str, str]]:
    """Every text that is kept, with the table it is in."""
    snapshot = memory._committed
    for tables in (snapshot.installation, *snapshot.guilds.values()):
        for each in attrs.fields(type(tables)):
            for key, row in getattr(tables, each.name).items():
                for text in _texts((key, row)):
                    yield each.name, text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Enum):
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from _texts(each)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _texts(getattr(value, field.name))


def in_file(path: Path) -> Iterator[tuple[str, str]]:
    """Every value of every column of every table, with where it stands."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert len(names) > 40
        for name in names:
            rows = connection.execute(f'SELECT * FROM "{name}"')  # a table's own name
            columns = [each[0] for each in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    if isinstance(value, str | bytes):
                        text = value if isinstance(value, str) else value.decode("utf-8", "replace")
                        yield f"{name}.{column}", text


def follow(cases: UseCases, outbox: Any, deadlines: Any) -> None:
    """Do all that follows and is due, but what reaches outside."""
    database: Any = cases.database()
    reacting = Reacting(cases, database)
    while True:
        waiting = [row for row in outbox.claim(500) if row.reaction not in OUTSIDE]
        due = [row for row in deadlines.claim(500) if row.kind == "forget_chat"]
        for rows, store, act in ((waiting, outbox, reacting.react), (due, deadlines, reacting.meet)):
            for row in rows:
                with database.scope():
                    assert store.take(row)
                    act(row)
        if not waiting and not due:
            return


def must_leave_no_trace(
    life: Life, texts: Callable[[], Iterator[tuple[str, str]]], outbox: Any, deadlines: Any
) -> None:
    """A-12: of all that told who it was; what was the guild's stays, and adds up."""
    life.live()
    before = places_of(THEIRS, texts)
    assert all(before.values()), {name for name, places in before.items() if not places}
    life.die()
    follow(life.cases, outbox, deadlines)
    after = places_of(THEIRS, texts)
    assert {name: places for name, places in after.items() if places} == {}
    assert all(places_of(OTHERS, texts).values())
    assert {place.partition(".")[0] for place in places_of({"why": WHY}, texts)["why"]} == {"events"}
    assert life.cases.verify()(by=operator("test", life.home)).clean
    at_home = operator("test", life.home)
    pool = life.cases.list_pools()(by=at_home)[0].id
    left = life.cases.show_balance()(life.person, pool, by=at_home)
    assert (str(left.current), str(left.held)) == ("120.00", "0.00"), "the ledger stays, and no bid"


def test_nothing_is_left_in_a_database(tmp_path: Path) -> None:
    """A-12: on SQLite; the statements are the same everywhere."""
    from dkp_adapters.sql.due_deadlines import SqlDueDeadlines
    from dkp_adapters.sql.outbox import SqlOutbox

    url, clock = with_schema("sqlite", tmp_path), SettableClock(NIGHT)
    cases = UseCases(settings=Settings(database_url=f"{url}?synchronous=off"), clock=clock)
    database = cases.database()
    (path,) = tmp_path.glob("*")
    life = Life.begin(cases, clock)
    must_leave_no_trace(life, lambda: in_file(path), SqlOutbox.of(database), SqlDueDeadlines.of(database))
    database.close()
    services.drop_database(url)


def test_nothing_is_left_in_memory() -> None:
    """A-12: the adapters forget alike."""
    clock = SettableClock(NIGHT)
    memory = MemoryInstallation(clock=clock, reactions=reactions_by_event())
    cases = UseCases(settings=Settings())
    cases.clock.override(clock)
    cases.database.override(memory)
    life = Life.begin(cases, clock)
    must_leave_no_trace(life, lambda: in_memory(memory), MemoryOutbox.of(memory), MemoryDueDeadlines.of(memory))
