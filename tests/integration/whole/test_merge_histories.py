"""Whole histories at random with users who turn out to be one, in memory and in a database side by side (R-8, U-6).

Memory counts everything anew whenever it is asked, by whom each line counts for then: what a database keeps summed up
has to come to the same after every step, whatever was merged, undone, unlinked, recorded late or taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql.database import SqlDatabase
from dkp_core.accounts import Membership, MembershipStatus, RoleGroup, unlinked_user
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import AdjustmentId, AwardId, CharacterId, EventTypeId, GuildId, MergeId, RaidId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.loot import AwardFilter, Whose
from dkp_core.points import AdjustmentLine, HistoryFilter, MergeFilter, StandingsFilter
from dkp_core.raids import NamedPresence, Presence, RaidFilter
from dkp_core.roster import RosterFilter
from dkp_entrypoints.containers import UseCases
from tests.integration.whole.side_by_side import Refused, SideBySide, Store, opened
from tests.services import Engine

TONIGHT: Final = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
ALL: Final = PageRequest(1, 500)
HISTORIES: Final[dict[Engine, int]] = {"sqlite": 10, "postgresql": 3, "mariadb": 2}
STEPS: Final = 25

NAMES: Final = ("Aldo", "Aldoalt", "Bera", "Cato", "Dido")
OWNERS: Final = (0, 0, 1, 2, 3)
"""Two users without a Discord account, then two with one."""

who: Final = st.integers(0, 5)
which: Final = st.integers(0, 3)
names: Final = st.lists(st.sampled_from((*NAMES, "Stranger")), min_size=1, max_size=4, unique=True)
presences: Final = st.sampled_from((Presence.PRESENT, Presence.PRESENT, Presence.LATE, Presence.ABSENT_EXCUSED))
amounts: Final = st.sampled_from(("5", "12.50", "-3.75"))


class Histories(RuleBasedStateMachine):
    """One history of a guild."""

    database: SqlDatabase
    numbers: Iterator[int]

    def __init__(self) -> None:
        super().__init__()
        number = next(self.numbers)
        clock = self.database.clock
        assert isinstance(clock, SettableClock)
        clock.set(TONIGHT)
        self.guild = SideBySide((Store.in_memory(number, clock), Store.in_database(number, self.database)))
        self.clock, self.do = clock, self.guild.do
        self.raids: list[RaidId] = []
        self.adjustments: list[AdjustmentId] = []
        self.awards: list[AwardId] = []
        self.merges: list[MergeId] = []
        self.users: list[UserId] = []
        self.characters: list[CharacterId] = []
        self.found(number)

    def found(self, number: int) -> None:
        """Four members, two of them unlinked, with mains and an alt."""
        founded = self.do(
            lambda use: use.found_guild()(
                name=f"History {number}",
                officer_discord_id=str(600_000_000_000_000_000 + 10 * number),
                officer_username="Boss",
                by=operator("test"),
            )
        )
        self.id = GuildId(founded.guild.id)
        self.by = operator("test", self.id)
        self.pool = self.do(lambda use: use.list_pools()(by=self.by))[0].id
        for username, days in (("first", 200), ("second", 10)):
            self.users.append(self.guild.each(self.unlinked(username, TONIGHT - timedelta(days=days))))
        for place in (1, 2):
            self.users.append(self.do(self.joining(str(600_000_000_000_000_000 + 10 * number + place))))
        for name, owner in zip(NAMES, OWNERS, strict=True):
            self.characters.append(self.do(self.entering(name, self.users[owner])))
        self.kinds = [self.do(self.making(name, points)) for name, points in (("Fear", "10"), ("Fun", "0"))]

    def joining(self, discord_id: str) -> Callable[[UseCases], UserId]:
        """Somebody joins."""
        return lambda use: use.add_member()(discord_id=discord_id, by=self.by).user_id

    def making(self, name: str, points: str) -> Callable[[UseCases], EventTypeId]:
        """A kind of raid."""
        return lambda use: use.create_event_type()(name=name, default_points=Points.of(points), by=self.by).id

    def entering(self, name: str, owner: UserId) -> Callable[[UseCases], CharacterId]:
        """A character comes onto the roster."""
        return lambda use: use.enter_character()(name=name, owner=owner, by=self.by).id

    def unlinked(self, username: str, at: datetime) -> Callable[[Store], UserId]:
        """A member as an import leaves them."""

        def made(store: Store) -> UserId:
            with store.database.begin(self.by) as work:
                user = unlinked_user(work.users, store.database.ids, username, at)
                work.memberships.save(Membership.begin(self.id, user.id, RoleGroup.MEMBER, at))
            return user.id

        return made

    def user(self, number: int) -> UserId:
        """One of the users, a late one rather than an early one."""
        return self.users[-1 - number % len(self.users)]

    # --- what happens to points and attendance ------------------------------------------------------------------------

    @rule(days=st.integers(0, 40), kind=st.integers(0, 1), present=names, presence=presences)
    def raid(self, days: int, kind: int, present: list[str], presence: Presence) -> None:
        """A raid, written down now or late."""
        starts_at = self.clock.now() - timedelta(days=days)
        made = self.do(lambda use: use.record_raid()(event_type_id=self.kinds[kind], starts_at=starts_at, by=self.by))
        self.raids.append(made.id)
        self.note(0, present, presence)

    @rule(number=which, present=names, presence=presences)
    def note(self, number: int, present: list[str], presence: Presence) -> None:
        """More names at a raid."""
        if self.raids:
            raid_id = self.raids[-1 - number % len(self.raids)]
            noted = [NamedPresence(name=name, presence=presence) for name in present]
            self.do(lambda use: use.record_attendance()(raid_id, noted, by=self.by)[1].already_present)

    @rule(number=which)
    def cancel(self, number: int) -> None:
        """A raid taken back."""
        if self.raids:
            raid_id = self.raids[-1 - number % len(self.raids)]
            self.do(lambda use: use.cancel_raid()(raid_id, by=self.by))

    @rule(number=who, amount=amounts)
    def adjust(self, number: int, amount: str) -> None:
        """Points by hand, whoever it is."""
        line = AdjustmentLine(user_id=self.user(number), amount=Points.of(amount))
        made = self.do(lambda use: [row.id for row in use.adjust_points()([line], reason="x", by=self.by)])
        self.adjustments += made

    @rule(number=which)
    def take_back(self, number: int) -> None:
        """An adjustment reversed."""
        if self.adjustments:
            wanted = self.adjustments[-1 - number % len(self.adjustments)]
            self.do(lambda use: use.reverse_adjustment()(wanted, reason="x", by=self.by).id)

    @rule(number=who)
    def award(self, number: int) -> None:
        """An item, paid for."""
        to = Whose(user_id=self.user(number))
        made = self.do(
            lambda use: use.award_item()(item="Cloak", to=to, amount=Points.of(4), allow_overbid=True, by=self.by).id
        )
        if not isinstance(made, Refused):
            self.awards.append(made)

    @rule(number=which, returned=st.booleans())
    def revoke(self, number: int, returned: bool) -> None:
        """An award taken back, or its item returned."""
        if self.awards:
            wanted = self.awards[-1 - number % len(self.awards)]
            self.do(
                lambda use: (use.return_item() if returned else use.revoke_award())(wanted, reason="x", by=self.by).id
            )

    # --- who is who ---------------------------------------------------------------------------------------------------

    @rule(one=who, other=who)
    def merge(self, one: int, other: int) -> None:
        """Two users turn out to be one, if they may be."""
        user_id, into = self.user(one), self.user(other)
        made = self.do(lambda use: use.merge_users()(user_id, into=into, reason="x", by=self.by))
        if not isinstance(made, Refused):
            self.merges.append(made.merge_id)
            self.must_be_clean()

    @rule(number=who)
    def unlink(self, number: int) -> None:
        """An account leaves everything to a new unlinked user."""
        user_id = self.user(number)
        made = self.do(lambda use: use.unlink_user()(user_id, by=self.by))
        if not isinstance(made, Refused):
            self.merges.append(made.merge_id)
            self.users.append(made.into)
            self.must_be_clean()

    @rule(number=which)
    def undo(self, number: int) -> None:
        """A merge taken back, if it may be."""
        if self.merges:
            wanted = self.merges[-1 - number % len(self.merges)]
            self.do(lambda use: use.undo_merge()(wanted, reason="x", by=self.by).id)
            self.must_be_clean()

    @rule(character=st.integers(0, len(NAMES) - 1), number=who)
    def reassign(self, character: int, number: int) -> None:
        """A character goes to somebody else."""
        owner = self.user(number)
        self.do(lambda use: use.reassign_character()(self.characters[character], owner=owner, by=self.by).id)

    @rule(number=who)
    def come_back(self, number: int) -> None:
        """A membership is put in force again, if there is one."""
        user_id = self.user(number)
        self.do(lambda use: use.change_membership()(user_id, status=MembershipStatus.IN_FORCE, by=self.by).role_group)

    @rule(hours=st.sampled_from((1, 30)))
    def later(self, hours: int) -> None:
        """Time passes."""
        self.guild.later(timedelta(hours=hours))

    # --- the same everywhere ------------------------------------------------------------------------------------------

    @invariant()
    def everybody_sees_the_same(self) -> None:
        """R-8, P-3, D-9: points, attendance, awards, characters and memberships."""
        self.do(self.seen)

    def seen(self, use: UseCases) -> list[Any]:
        """What officers see; entries without their ids, which each store hands out in an order of its own."""
        return [
            use.list_attendance_shares()(everyone=True, by=self.by),
            use.list_attendance_shares()(everyone=True, pool_id=self.pool, by=self.by),
            use.show_standings()(self.pool, StandingsFilter(everyone=True), by=self.by),
            use.list_raids()(RaidFilter(), page=ALL, by=self.by),
            use.list_characters()(RosterFilter(), page=ALL, by=self.by),
            use.list_merges()(MergeFilter(), page=ALL, by=self.by),
            use.audit_roster()(by=self.by),
            [use.attribute_character()(name, at=TONIGHT, by=self.by).user_id for name in NAMES],
            *(self.seen_of(use, user_id) for user_id in self.users),
        ]

    def seen_of(self, use: UseCases, user_id: UserId) -> list[Any]:
        """What they see of one user."""
        history = use.show_history()(user_id, HistoryFilter(), page=ALL, by=self.by)
        return [
            use.show_user()(user_id, by=self.by),
            use.show_balances()(user_id, by=self.by),
            [row.id for row in use.list_raids()(RaidFilter(user_id=user_id), page=ALL, by=self.by).results],
            [row.id for row in use.list_awards()(AwardFilter(user_id=user_id), page=ALL, by=self.by).results],
            sorted(
                (row.occurred_at, row.kind, row.bucket, row.amount.hundredths, row.source_kind, row.source_id)
                for row in history.results
            ),
        ]

    def must_be_clean(self) -> None:
        """P-3: everything that is kept equals its recount, and whoever was merged has nothing left."""
        found = self.do(lambda use: [each for each in use.verify()(by=self.by).differences if each.guild_id == self.id])
        assert found == []

    def teardown(self) -> None:
        """P-3: so it is at the end."""
        self.must_be_clean()


@pytest.fixture
def database(own_url: str) -> Iterator[SqlDatabase]:
    """A database whose ids are counted as those in memory are."""
    database = opened(own_url, SettableClock(TONIGHT))
    yield database
    database.close()


@pytest.mark.timeout(400)  # a history that goes wrong is cut down to the few steps that matter
def test_whoever_turns_out_to_be_one_every_store_tells_the_same(database: SqlDatabase, engine_name: Engine) -> None:
    """R-8, U-6, P-3, D-9: after every step; and what is kept equals its recount."""

    class InThisDatabase(Histories):
        """Histories in this database."""

    InThisDatabase.database, InThisDatabase.numbers = database, count()
    run_state_machine_as_test(
        InThisDatabase,
        settings=settings(
            max_examples=HISTORIES[engine_name],
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
        ),
    )
