"""Telling the made-up guild's story through the use cases, day by day, with a clock that can be set."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from dkp_adapters.memory.clock import SettableClock
from dkp_core.accounts import MembershipStatus
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.ids import CharacterId, EventTypeId, GuildId, PoolId, RaidId, RankId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.points import AdjustmentLine
from dkp_core.raids import NamedPresence, Presence, modifier_of
from dkp_core.roster import CharacterStatus
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.demo.drops import ARMOUR, DRAGONS, DROPS
from dkp_entrypoints.demo.nights import MISSPELLED, VISITORS, Night, dump, nights
from dkp_entrypoints.demo.people import (
    APPLICANTS,
    GUILD,
    OFFICER_DISCORD_ID,
    PEOPLE,
    SEED,
    SLUG,
    TIMEZONE,
    USERNAMES,
    Person,
    Played,
    characters,
    people,
)
from dkp_entrypoints.demo.recruiting import Recruiting
from dkp_entrypoints.demo.selling import Sales
from dkp_entrypoints.worker import Worker

# Name, points of each tick, modifier, in which pools, what it is.
EVENT_TYPES: Final = (
    ("Plane of Fear", "5", "1", ("DKP",), "Dracoliches and the rest"),
    ("Plane of Hate", "5", "1", ("DKP",), "Maestro and Innoruuk"),
    ("Plane of Sky", "4", "1.5", ("DKP",), "Islands 1 to 8; keys are kept by officers"),
    ("Temple of Veeshan", "7.50", "1", ("DKP",), "North wing and halls"),
    ("Open raid", "2.50", "1", ("Open raids",), "For alts, friends and everybody who likes"),
)
# What the guild's pools go by from the beginning on.
POLICIES: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        "DKP": {
            "alt_percent": "50",
            "standby_percent": "75",
            "cap": "420",
            "decay": {"percent": "10", "schedule": {"every": 4, "unit": "weeks", "at": "06:00"}},
        },
        "Open raids": {"weekly_cap": "7.50"},
    }
)
BENCHED_MAX: Final = 3


@frozen(kw_only=True)
class Told:
    """What the story came to."""

    guild_id: GuildId
    officer: UserId
    raids: int


def fill(use_cases: UseCases, clock: SettableClock, now: datetime, progress: Callable[[str], None]) -> Told:
    """Fill an empty database with the made-up guild; `use_cases` must run by `clock`, which ends at `now`."""
    return _Story(use_cases, clock, now, progress).tell()


@define
class _Story:
    use_cases: UseCases
    clock: SettableClock
    now: datetime
    progress: Callable[[str], None]
    chance: random.Random = field(factory=lambda: random.Random(SEED))
    bench: random.Random = field(factory=lambda: random.Random(SEED + 3))
    guild_id: GuildId = field(default=GuildId(0), init=False)
    users: list[UserId] = field(factory=list, init=False)
    ids: dict[str, CharacterId] = field(factory=dict, init=False)

    def tell(self) -> Told:
        everybody = people(self.chance)
        roster = characters(self.chance, everybody)
        self._found()
        self._join(everybody)
        self._enter(roster)
        sales = self._sales(roster)
        raids = self._raid(everybody, roster, sales)
        self._look_back(roster)
        sales.look_back()
        self._recruit(roster)
        self.clock.set(self.now)
        sales.go_on()
        self._settle()
        return Told(guild_id=self.guild_id, officer=self.users[0], raids=len(raids))

    # --- the guild ----------------------------------------------------------------------------------------------------

    def _found(self) -> None:
        self.progress("founding the guild")
        self._days_ago(120)
        with self._together():
            founded = self.use_cases.found_guild()(
                name=GUILD,
                officer_discord_id=OFFICER_DISCORD_ID,
                officer_username=USERNAMES[0],
                slug=SLUG,
                timezone=TIMEZONE,
                by=operator("demo"),
            )
        self.guild_id = founded.guild.id
        self.users.append(founded.officer.id)
        with self._together():
            by = self._by(0)
            self.use_cases.create_pool()(name="Open raids", unit="OP", by=by)
            self.use_cases.create_rank()(name="Alt", order=4, by=by)
            self.use_cases.create_item_pool()(name=ARMOUR, by=by)
            self.use_cases.create_item_pool()(name=DRAGONS, by=by)
            self.use_cases.change_guild()(first_weekday="wednesday", settings={"public_roster": True}, by=by)
        pools = {row.name: row.id for row in self.use_cases.list_pools()(by=self._by(0))}
        for name, policies in POLICIES.items():
            with self._together():
                self.use_cases.set_policies()(pools[name], policies, by=self._by(0))
        with self._together():
            for name, points, modifier, where, about in EVENT_TYPES:
                self._event_type(name, points, modifier, [pools[each] for each in where], about)

    def _event_type(self, name: str, points: str, modifier: str, pools: Sequence[PoolId], about: str) -> None:
        self.use_cases.create_event_type()(
            name=name,
            pools=pools,
            default_points=Points.of(points),
            modifier=modifier_of(modifier),
            description=about,
            by=self._by(0),
        )

    def _join(self, everybody: Sequence[Person]) -> None:
        self.progress(f"{len(everybody)} people join")
        self._days_ago(119)
        with self._together():
            for person in everybody[1:]:
                membership = self.use_cases.add_member()(
                    discord_id=person.discord_id,
                    username=person.username,
                    role_group=person.role_group,
                    joined_at=min(self.clock.now(), self.now - timedelta(days=person.joined_days_ago)),
                    by=self._by(0),
                )
                self.users.append(membership.user_id)

    def _enter(self, roster: Sequence[Played]) -> None:
        self.progress(f"{len(roster)} characters come onto the roster")
        self._days_ago(118)
        ranks: Mapping[str, RankId] = {row.name: row.id for row in self.use_cases.list_ranks()(by=self._by(0))}
        for played in roster:
            with self._together():
                made = self.use_cases.enter_character()(
                    name=played.name,
                    owner=None if played.owner is None else self.users[played.owner],
                    character_class=played.character_class,
                    level=played.level,
                    race=played.race,
                    rank_id=ranks[played.rank],
                    status=played.status,
                    notes=played.notes,
                    by=self._by(1),
                )
            self.ids[played.name] = made.id
        self._settle()

    def _sales(self, roster: Sequence[Played]) -> Sales:
        """What can drop, and the rules by which it is sold."""
        self.progress(f"{len(DROPS)} items, and the house rules of their auctions")
        owners = {played.name: played.owner for played in roster if played.owner is not None}
        # It draws lots of its own: who is there does not depend on what is sold.
        lots = random.Random(SEED + 1)
        sales = Sales(self.use_cases, self.clock, self._by, self.users, owners, lots)
        sales.lay_out()
        return sales

    # --- the raids ----------------------------------------------------------------------------------------------------

    def _raid(self, everybody: Sequence[Person], roster: Sequence[Played], sales: Sales) -> list[RaidId]:
        self.progress("90 days of raids, auctions and decay")
        event_types = {row.name: row.id for row in self.use_cases.list_event_types()(by=self._by(0))}
        seen = [played for played in roster if played.owner is not None]
        raids = []
        for night in nights(self.chance, self.now, everybody, seen):
            self._what_is_due(night.begins)
            raids.append(self._hold(night, event_types[night.event_type], roster, sales))
            if len(raids) % 8 == 0:
                self._spend(roster)
        return raids

    def _what_is_due(self, until: datetime) -> None:
        """Let what became due since the last night happen, at its own time."""
        self.clock.set(max(self.clock.now(), until.replace(tzinfo=ZoneInfo(TIMEZONE)) - timedelta(hours=1)))
        worker = Worker.of(self.use_cases, batch=200)
        while worker.run_inside():
            pass

    def _hold(self, night: Night, event_type_id: EventTypeId, roster: Sequence[Played], sales: Sales) -> RaidId:
        """A night's raid with its hourly ticks, each read from a dump in one transaction, and what dropped in it."""
        by = self._by(self.chance.randrange(4))
        raid_id: RaidId | None = None
        for number, names in enumerate(night.ticks):
            local = night.begins + timedelta(hours=number)
            self.clock.set(local.replace(tzinfo=ZoneInfo(TIMEZONE)) + timedelta(minutes=3))
            file_name, content = dump(self.chance, local, names, number)
            with self._together():
                report = self.use_cases.import_dump()(
                    [content],
                    file_name=file_name,
                    event_type_id=event_type_id if raid_id is None else None,
                    raid_id=raid_id,
                    zone=TIMEZONE,
                    tick_name=f"{local:%H:%M}",
                    by=by,
                )
            raid_id = report.raid_id
            if number == 0 and raid_id is not None:
                self._bench(raid_id, names, roster, by)
            if number == 1 and raid_id is not None and not night.cancelled:
                sales.sell(raid_id, night.event_type, names)
        assert raid_id is not None, "every night has a tick"
        with self._together():
            if night.cancelled:
                self.use_cases.cancel_raid()(raid_id, reason="Server crashed; held again another night", by=by)
            else:
                ends_at = self.clock.now()
                self.use_cases.change_raid()(raid_id, ends_at=ends_at, leader=by.user_id, closed=True, by=by)
        return raid_id

    def _bench(self, raid_id: RaidId, names: Sequence[str], roster: Sequence[Played], by: Actor) -> None:
        """Some mains wait outside until somebody leaves."""
        there = {played.owner for played in roster if played.name in names}
        mains = {played.owner: played.name for played in reversed(roster) if played.owner is not None}
        free = sorted(name for owner, name in mains.items() if owner not in there)
        benched = self.bench.sample(free, min(len(free), self.bench.randint(0, BENCHED_MAX)))
        if benched:
            with self._together():
                standby = [NamedPresence(name=name, presence=Presence.STANDBY) for name in benched]
                self.use_cases.record_attendance()(raid_id, standby, by=by)

    def _spend(self, roster: Sequence[Played]) -> None:
        """What was bought by word of mouth, written down by an officer the next morning."""
        self.clock.set(min(self.clock.now() + timedelta(hours=12), self.now))
        mains = [played.name for played in roster[:57]]
        lines = [
            AdjustmentLine(
                amount=-Points.of(self.chance.randint(8, 60)),
                character=self.chance.choice(mains),
                reason=f"Loot: {self.chance.choice(DROPS).name}",
            )
            for _ in range(6)
        ]
        with self._together():
            self.use_cases.adjust_points()(lines, reason="Loot", by=self._by(2))

    def _recruit(self, roster: Sequence[Played]) -> None:
        self.progress("applications, trials and votes")
        self._settle()
        applicants = range(PEOPLE - APPLICANTS, PEOPLE)
        Recruiting(
            self.use_cases,
            self.clock,
            self.now,
            self.guild_id,
            self._by,
            applicants,
            {each: roster[each].name for each in applicants},
            random.Random(SEED + 2),
        ).tell()

    # --- what else happens --------------------------------------------------------------------------------------------

    def _look_back(self, roster: Sequence[Played]) -> None:
        self.progress("corrections, a break, a comeback, names that were misspelled")
        self.clock.set(self.now - timedelta(minutes=30))  # after the last raid, whenever it was
        by = self._by(0)
        adjust = self.use_cases.adjust_points()
        with self._together():
            adjust(
                [AdjustmentLine(amount=Points.of("5.25"), user_id=user) for user in self.users[:40]],
                reason="Guild anniversary",
                by=by,
            )
        with self._together():
            (mistaken,) = adjust(
                [AdjustmentLine(amount=Points.of(50), character=roster[7].name)], reason="Wrong raider", by=by
            )
        with self._together():
            self.use_cases.reverse_adjustment()(mistaken.id, reason="Meant for somebody else", by=by)
            adjust([AdjustmentLine(amount=Points.of(-10), character=roster[20].name)], reason="Left mid-raid", by=by)
        waiting = {row.name for row in self.use_cases.list_unresolved()(by=by)}
        for meant, read in MISSPELLED.items():
            if read in waiting and meant != "Katlaine":  # one is left for whoever tries the demo
                with self._together():
                    self.use_cases.resolve_name()(read, character_id=self.ids[meant], remember=True, by=by)
        if VISITORS[0] in waiting:
            with self._together():
                self.use_cases.resolve_name()(VISITORS[0], ignore=True, by=by)
        pending = [played.name for played in roster if played.status is CharacterStatus.PENDING]
        with self._together():
            self.use_cases.approve_character()(self.ids[pending[0]], by=by)
            self.use_cases.change_character()(self.ids[roster[12].name], name=f"{roster[12].name}ne", by=by)
        with self._together():
            change = self.use_cases.change_membership()
            change(self.users[40], status=MembershipStatus.ENDED, reason="Moved to another server", by=by)
            change(self.users[41], status=MembershipStatus.DEACTIVATED, reason="Account shared", by=by)
        with self._together():
            self.use_cases.reassign_character()(
                self.ids[roster[70].name], owner=self.users[3], reason="Given away on leaving", by=by
            )

    # --- how it is told -----------------------------------------------------------------------------------------------

    def _days_ago(self, days: int) -> None:
        self.clock.set(self.now - timedelta(days=days))

    def _together(self) -> AbstractContextManager[object]:
        return self.use_cases.database().scope()

    def _settle(self) -> None:
        """Let follow what follows, so that nothing is left for a worker."""
        worker = Worker.of(self.use_cases, batch=200)
        while worker.run_reactions():
            pass

    def _by(self, officer: int) -> Actor:
        """One of the officers."""
        user = self.users[min(officer, len(self.users) - 1)]
        return Actor(
            kind=ActorKind.USER,
            id=str(user),
            entrypoint="demo",
            guild_id=self.guild_id,
            user_id=user,
            permissions=frozenset(Permission),
        )
