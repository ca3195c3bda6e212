"""A guild in memory with its people, for tests of use cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from attrs import define, field, frozen

from dkp_adapters.memory import MemoryInstallation, SettableClock
from dkp_core.accounts import Membership, RoleGroup, permissions_of, unlinked_user
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.ids import CharacterId, EventTypeId, GuildId, PoolId, RankId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import BalanceRow, HistoryFilter, HistoryRow
from dkp_core.raids import NamedPresence, Raid, Taken
from dkp_core.reactions import reactions_by_event
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings

TONIGHT = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


@frozen
class Person:
    """A member of the guild: the user, and the actor they are."""

    id: UserId
    by: Actor


@define
class GuildHouse:
    """A founded guild and everything to run it with; the officer is its first member."""

    clock: SettableClock = field(factory=lambda: SettableClock(TONIGHT))
    memory: MemoryInstallation = field(init=False)
    use: UseCases = field(init=False)
    id: GuildId = field(init=False)
    officer: Person = field(init=False)
    operator: Actor = field(init=False)
    _numbers: count[int] = field(factory=lambda: count(1000), init=False)

    def __attrs_post_init__(self) -> None:
        self.memory = MemoryInstallation(clock=self.clock, reactions=reactions_by_event())
        self.use = UseCases(settings=Settings())
        self.use.clock.override(self.clock)
        self.use.database.override(self.memory)
        self._found("Twelfth Hour")

    def neighbour(self) -> GuildHouse:
        """Another guild of the same installation."""
        other = GuildHouse.__new__(GuildHouse)
        other.clock, other.memory, other.use, other._numbers = self.clock, self.memory, self.use, self._numbers
        other._found("Next Door")
        return other

    def _found(self, name: str) -> None:
        founded = self.use.found_guild()(
            name=name, officer_discord_id=str(next(self._numbers)), officer_username="Boss", by=operator("test")
        )
        self.id = founded.guild.id
        self.operator = operator("test", self.id)
        self.officer = self._person(founded.officer.id, RoleGroup.OFFICER)

    def _person(self, user_id: UserId, role_group: RoleGroup, *, public_roster: bool = False) -> Person:
        permissions = permissions_of(role_group, trial=False, public_roster=public_roster, trials_bid=False)
        actor = Actor(
            kind=ActorKind.USER,
            id=str(user_id),
            entrypoint="test",
            guild_id=self.id,
            user_id=user_id,
            permissions=permissions,
        )
        return Person(user_id, actor)

    def joins(self, username: str = "Somebody", role_group: RoleGroup = RoleGroup.MEMBER) -> Person:
        """A new member of the guild."""
        membership = self.use.add_member()(
            discord_id=str(next(self._numbers)), username=username, role_group=role_group, by=self.officer.by
        )
        return self._person(membership.user_id, role_group)

    def unlinked(
        self, username: str = "Old", role_group: RoleGroup = RoleGroup.MEMBER, *, days_ago: int = 100
    ) -> Person:
        """A member whose Discord account is not known, as an import leaves them."""
        joined_at = self.clock.now() - timedelta(days=days_ago)
        with self.memory.begin(self.operator) as work:
            user = unlinked_user(work.users, self.memory.ids, username, joined_at)
            work.memberships.save(Membership.begin(self.id, user.id, role_group, joined_at))
        return self._person(user.id, role_group)

    def plays(self, owner: Person | None, name: str, **more: object) -> CharacterId:
        """A character of that owner, entered by the officer."""
        owner_id = None if owner is None else owner.id
        enter = self.use.enter_character()
        return enter(name=name, owner=owner_id, by=self.officer.by, **more).id  # type: ignore[arg-type]  # as given

    @property
    def pool(self) -> PoolId:
        """The guild's default pool."""
        return self.use.list_pools()(by=self.operator)[0].id

    def rank(self, name: str) -> RankId:
        """The rank of that name."""
        return next(row.id for row in self.use.list_ranks()(by=self.operator) if row.name == name)

    def event_type(self, name: str = "Plane of Time", points: str = "10", **more: object) -> EventTypeId:
        """A kind of raid."""
        create = self.use.create_event_type()
        return create(name=name, default_points=Points.of(points), by=self.operator, **more).id  # type: ignore[arg-type]  # as given

    def raids(self, event_type: EventTypeId | None = None, at: datetime | None = None, **more: object) -> Raid:
        """A raid that took place, now unless another time is named."""
        record = self.use.record_raid()
        return record(
            event_type_id=event_type or self.event_type(),
            starts_at=at or self.clock.now(),
            by=self.officer.by,
            **more,  # type: ignore[arg-type]  # as given
        )

    def attends(self, raid: Raid, *names: str, tick: int | None = None, by: Actor | None = None) -> Taken:
        """Take attendance of these names."""
        present = [NamedPresence(name=name) for name in names]
        return self.use.record_attendance()(raid.id, present, tick=tick, by=by or self.officer.by)[1]

    def balance(self, person: Person, pool: PoolId | None = None) -> BalanceRow:
        """What a person has in a pool, the default one unless another is named."""
        return self.use.show_balance()(person.id, pool or self.pool, by=self.operator)

    def current(self, person: Person, pool: PoolId | None = None) -> str:
        """A person's current points, as they are shown."""
        return str(self.balance(person, pool).current)

    def history(self, person: Person) -> tuple[HistoryRow, ...]:
        """A person's entries, the newest first."""
        return self.use.show_history()(person.id, HistoryFilter(), page=PageRequest(), by=self.operator).results

    def verified(self) -> bool:
        """Whether everything that is kept equals its recount."""
        return self.use.verify()(by=self.operator).clean
