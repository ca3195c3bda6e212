"""Every operation for every kind of caller, against the policy (O-14, A-3, A-4, A-7, A-10).

The table is reckoned in tests/access.py and printed in docs/access.md. What is permitted is rolled back, so that each
request is made of the same guild; what is refused is not, and has changed nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import pytest
from attrs import frozen

from dkp_adapters.commits import Commit
from dkp_adapters.sql.database import Scope, SqlDatabase
from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.ids import GuildId, UserId
from dkp_entrypoints.http.cookies import CSRF_HEADER, SESSION, csrf_token
from dkp_entrypoints.http.front import Api as HttpApi
from dkp_entrypoints.http.operation import Operation
from dkp_entrypoints.http.presenting import encode
from tests.access import (
    BOTS,
    CALLERS,
    DISABLED,
    FOREIGN_BOT,
    LEFT,
    NOBODY,
    OWN,
    PEOPLE,
    SHUT_OUT,
    STRANGER,
    Caller,
    Reach,
    is_certain,
    may,
    refusals,
)
from tests.integration.http.house import Api, House
from tests.integration.http.samples import SAMPLES, Sample, dispute, new_entry, pending
from tests.unit.http.operations import OPERATIONS

REFUSALS: Final = frozenset({401, 403})
OWN_SAMPLES: Final[Mapping[str, Callable[[House], Sample]]] = {
    "change_character": lambda house: Sample({"character_id": house.things["character"]}, {"level": 61}),
    "put_character": lambda house: Sample({"character_id": house.things["alt"]}, {"notes": "was a main"}),
    "remove_character": lambda house: Sample({"character_id": pending(house)}),
    "submit_application": lambda _: Sample(body={"character_name": "Hopeful"}),
    "show_application": lambda house: Sample({"application_id": applied(house)}),
    "change_application": lambda house: Sample({"application_id": applied(house)}, {"level": 60}),
    "put_application": lambda house: Sample({"application_id": applied(house)}, {"availability": "Weekends"}),
    "withdraw_application": lambda house: Sample({"application_id": applied(house)}, {"reason": "x"}),
    "dispute_entry": lambda house: Sample(
        body={"user": house.member_id, "entry": new_entry(house, house.member_id), "text": "I was late."}
    ),
    "show_dispute": lambda house: Sample({"dispute_id": dispute(house, by_member=True)}),
    "withdraw_dispute": lambda house: Sample({"dispute_id": dispute(house, by_member=True)}),
}
"""Requests that the guild's member may make of what is theirs, where an officer's sample asks for more."""
ONE_SCOPE_SAMPLES: Final[Mapping[str, Callable[[House], Sample]]] = {
    "list_applications": lambda _: Sample(),
    "unlink_user": lambda house: Sample({"user_id": gone(house)}, query="?reason=wrong"),
}
"""Requests for which one of the named scopes is enough, where an officer's sample needs another one too."""
NOWHERE: Final = 2**62


class Undone(Scope):
    """A scope of which nothing stays."""

    def commit(self) -> Commit | None:
        self.roll_back()
        return None


def undone(database: SqlDatabase, *, keep_refusals: bool = False, long: bool = False) -> Scope:
    """What `SqlDatabase.scope` opens while requests are tried."""
    return Undone(database, keep_refusals=keep_refusals, long=long)


@frozen
class Tried:
    """A guild in which everything can be tried, by its member, whoever that is at the time."""

    house: House
    samples: Mapping[str, Sample]
    own_samples: Mapping[str, Sample]

    @classmethod
    def of(cls, house: House) -> Tried:
        """A request for each operation, of things that the guild's member has."""
        samples = {operation.id: SAMPLES[operation.id](house) for operation in OPERATIONS}
        samples |= {name: make(house) for name, make in ONE_SCOPE_SAMPLES.items()}
        return cls(house, samples, {name: make(house) for name, make in OWN_SAMPLES.items()})

    def become(
        self, role_group: RoleGroup, status: MembershipStatus = MembershipStatus.IN_FORCE, *, trial: bool
    ) -> None:
        """Make the member that."""
        by = operator("test", GuildId(self.house.guild_id))
        with self.house.api.database.begin(by) as work:
            found = work.memberships.get(UserId(self.house.member_id))
            changed = found.resume(reason="test").move_to(role_group, reason="test")
            work.memberships.save(changed.begin_trial(reason="test") if trial else changed)
        if status is not MembershipStatus.IN_FORCE:
            change = self.house.api.use_cases.change_membership()
            change(UserId(self.house.member_id), status=status, reason="test", by=by)

    def statuses(
        self,
        operations: Sequence[Operation],
        token: str | None,
        *,
        session: str | None = None,
        is_person: bool = True,
        undo: bool = False,
        nothing: bool = False,
    ) -> dict[str, int]:
        """What the operations answer to whoever has that key or session; of `nothing`, where no such thing is there.

        A person asks for what the guild's member may, a bot for what it does for members.
        """
        samples = {**self.samples, **self.own_samples} if is_person else self.samples
        if nothing:
            samples = {name: _of_nothing(sample) for name, sample in samples.items()}
        house = self.house
        headers = [(b"x-guild", house.mark.encode()), (b"content-type", b"application/json")]
        if token is not None:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        if session is not None:
            proof = csrf_token(house.api.use_cases.hashing(), session)
            headers += [(b"cookie", f"__Host-{SESSION}={session}".encode()), (CSRF_HEADER, proof.encode())]

        async def all_of_them() -> dict[str, int]:
            found = {}
            for operation in operations:
                found[operation.id] = await _status(house.api.app, operation, samples[operation.id], headers)
            return found

        with pytest.MonkeyPatch.context() as patched, house.api.client.portal() as portal:
            if undo:
                patched.setattr(SqlDatabase, "scope", undone)
            found: dict[str, int] = portal.call(all_of_them)
        return found


def _of_nothing(sample: Sample) -> Sample:
    path = {
        part: thing if part == "guild" else NOWHERE if isinstance(thing, int) else "nothing"
        for part, thing in sample.path.items()
    }
    return Sample(path, sample.body, sample.query)


async def _status(app: HttpApi, operation: Operation, sample: Sample, headers: Sequence[tuple[bytes, bytes]]) -> int:
    path, body = operation.path.format(**sample.path), b"" if sample.body is None else encode(sample.body)
    sent: list[int] = []
    received: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if received:
            return received.pop()
        await asyncio.Event().wait()  # the client stays
        raise AssertionError

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": operation.method,
        "scheme": "https",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": sample.query.removeprefix("?").encode(),
        "root_path": "",
        "headers": headers,
        "client": ("192.0.2.1", 50000),
        "server": ("dkp.example", 443),
    }
    await app(scope, receive, send)
    return sent[0]


def gone(house: House) -> int:
    """Somebody who has left."""
    user_id = house.newcomer()
    left = house.officer("PATCH", f"/api/memberships/{user_id}/", json={"status": "ended", "reason": "left"})
    assert left.status_code == 200, left.text
    return user_id


def applied(house: House) -> int:
    """An application of the guild's member, made when they were a guest."""
    if "own_application" not in house.things:
        membership = f"/api/memberships/{house.member_id}/"
        house.officer("PATCH", membership, json={"role_group": "guest", "reason": "test"})
        answer = house.member.within(house.mark).post("/api/applications/", json={"character_name": "Hopeful"})
        assert answer.status_code == 201, answer.text
        house.things["own_application"] = answer.json()["id"]
        house.officer("PATCH", membership, json={"role_group": "member", "reason": "test"})
    application_id: int = house.things["own_application"]
    return application_id


@pytest.fixture(scope="module")
def tried(api: Api) -> Tried:
    """A guild as it is made."""
    return Tried.of(api.house())


@pytest.fixture(scope="module")
def tried_open(api: Api) -> Tried:
    """A guild that shows its roster to guests and lets its trials bid."""
    house = api.house()
    found = Tried.of(house)
    settings = {"public_roster": True, "trials_bid": True}
    assert house.officer("PATCH", f"/api/guilds/{house.mark}/settings/", json=settings).status_code == 200
    return found


@pytest.fixture(scope="module")
def elsewhere(api: Api) -> House:
    """Another guild."""
    return api.house()


@pytest.fixture
def at_rest(tried: Tried, tried_open: Tried) -> Iterator[None]:
    """Whatever a test makes of the member, afterwards they are a member again."""
    yield
    for each in (tried, tried_open):
        each.house.api.use_cases.set_user_active()(UserId(each.house.member_id), active=True, by=operator("test"))
        each.become(RoleGroup.MEMBER, trial=False)


def token_of(caller: Caller, there: Tried, elsewhere: House) -> str | None:
    """A key with which somebody is that caller."""
    house = there.house
    if caller is NOBODY:
        return None
    if caller in BOTS:
        return house.bot(*caller.permissions).token
    if caller is FOREIGN_BOT:
        return elsewhere.bot(*caller.permissions).token
    if caller is STRANGER:
        return elsewhere.officer.token
    if caller is DISABLED:
        there.become(RoleGroup.OFFICER, trial=False)
        house.api.use_cases.set_user_active()(UserId(house.member_id), active=False, by=operator("test"))
    elif caller is LEFT:
        there.become(RoleGroup.OFFICER, MembershipStatus.ENDED, trial=False)
    elif caller is SHUT_OUT:
        there.become(RoleGroup.OFFICER, MembershipStatus.DEACTIVATED, trial=False)
    else:
        assert caller in PEOPLE
        assert caller.role_group is not None
        there.become(caller.role_group, trial=caller.trial)
    return house.member.token


@pytest.mark.usefixtures("at_rest")
@pytest.mark.parametrize("caller", CALLERS, ids=[caller.name for caller in CALLERS])
def test_everybody_may_exactly_what_the_policy_says(
    caller: Caller, tried: Tried, tried_open: Tried, elsewhere: House
) -> None:
    """O-14: who may not gets 401 or 403, whatever they ask for; who may never does, and nothing breaks."""
    there = tried_open if caller.open_guild else tried
    token = token_of(caller, there, elsewhere)
    allowed = [operation for operation in OPERATIONS if may(operation, caller)]
    refused = [operation for operation in OPERATIONS if not may(operation, caller)]
    before = there.house.state()
    wrong = {}
    person = caller.is_person
    for operation, told in zip(
        allowed, there.statuses(allowed, token, is_person=person, undo=True).values(), strict=True
    ):
        if operation.anonymous or not is_certain(operation, caller):
            assert told < 500, operation.id
        elif told in REFUSALS or told >= (500 if person else 300):  # one scope is all that it takes
            wrong[operation.id] = f"may, but gets {told}"
    for operation, told in zip(refused, there.statuses(refused, token, is_person=person).values(), strict=True):
        if told not in refusals(operation, caller):
            wrong[operation.id] = f"may not, but gets {told}"
    named = [operation for operation in refused if any(part.name != "guild" for part in operation.parameters)]
    for operation, told in zip(
        named, there.statuses(named, token, is_person=person, nothing=True).values(), strict=True
    ):
        # A word of the path that is none is told to everybody: it says nothing of what there is.
        if told not in refusals(operation, caller, nothing=True) | {422}:
            wrong[operation.id] = f"may not, but gets {told} of what there is not"
    assert not wrong, f"{caller.name}: {wrong}"
    assert there.house.state() == before


@pytest.mark.usefixtures("at_rest")
@pytest.mark.parametrize("role_group", [RoleGroup.OFFICER, RoleGroup.MEMBER, RoleGroup.GUEST])
def test_a_session_opens_what_a_key_of_the_same_person_does(role_group: RoleGroup, tried: Tried) -> None:
    """O-14, A-3: no more and no less, whatever they may."""
    tried.become(role_group, trial=False)
    session = tried.house.api.session_of(tried.house.member_id)
    by_session = tried.statuses(OPERATIONS, None, session=session, undo=True)
    assert by_session == tried.statuses(OPERATIONS, tried.house.member.token, undo=True)


@pytest.mark.usefixtures("at_rest")
def test_who_is_deactivated_keeps_what_is_their_own(tried: Tried) -> None:
    """A-3, A-10, A-12: profile, export, consents, sessions and keys are no guild's; by session as by key."""
    tried.become(RoleGroup.OFFICER, MembershipStatus.DEACTIVATED, trial=False)
    own = [each for each in OPERATIONS if OWN[each.own] in (Reach.PEOPLE, Reach.KEEPER)]
    assert {each.id for each in own if not each.personal} == {
        *("list_own_applications", "list_disputes", "dispute_entry", "show_dispute", "withdraw_dispute"),
    }
    personal = [each for each in own if each.personal]
    session = tried.house.api.session_of(tried.house.member_id)
    by_session = tried.statuses(personal, None, session=session, undo=True)
    assert by_session == tried.statuses(personal, tried.house.member.token, undo=True)
    assert not set(by_session.values()) & REFUSALS
    others = [each for each in OPERATIONS if not each.personal and not each.anonymous]
    assert set(tried.statuses(others, None, session=session).values()) == {403}


def test_asking_changes_nothing(tried: Tried) -> None:
    """O-13: no GET does, whoever asks; so that no link and no image does either."""
    reading = [each for each in OPERATIONS if each.method == "GET"]
    before = tried.house.state()
    for token in (tried.house.officer.token, tried.house.member.token):
        tried.statuses(reading, token)
    assert tried.house.state() == before


def test_an_operation_that_asks_nobody_is_noticed(tried: Tried, elsewhere: House, monkeypatch: Any) -> None:
    """O-14: without the question that each use case begins with, nearly every row of the table is wrong."""
    asking = [each for each in OPERATIONS if each.needs and not each.own and not may(each, STRANGER)]
    monkeypatch.setattr(Actor, "must", lambda *_: None)
    monkeypatch.setattr(Actor, "may", lambda *_: True)
    found = tried.statuses(asking, elsewhere.officer.within(tried.house.mark).token, undo=True)
    unnoticed = {each.id for each in asking if found[each.id] in refusals(each, STRANGER)}
    # What is one's own is refused to strangers by whose it is, too.
    assert unnoticed <= {each.id for each in asking if any(need.endswith(":own") for need in each.needs)}


def test_the_table_has_no_two_callers_of_one_name() -> None:
    """O-14: and every role group and scope is among them."""
    assert len({caller.name for caller in CALLERS}) == len(CALLERS)
    assert {caller.role_group for caller in PEOPLE} == set(RoleGroup)
    assert len(BOTS) > 15
