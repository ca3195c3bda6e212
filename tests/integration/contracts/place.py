"""A guild that a test makes for itself, and short ways to put people and things in it through the ports."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts import Membership, RoleGroup, User
from dkp_core.guilds import Guild
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.ids import CharacterId, EventTypeId, GuildId, PoolId, RaidId, RankId, UserId
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import AuditFilter, AuditRow
from dkp_core.points import Pool
from dkp_core.raids import Attendance, EventType, Presence, Raid
from dkp_core.roster import ROSTER_COLUMNS, Character, CharacterStatus, Ownership, Rank, RosterFilter, RosterRow
from tests.integration.contracts.installation import Installation, Views, Work

NIGHT: Final = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
EVERYTHING: Final = PageRequest(1, 500)
OPERATOR: Final = operator("test")


@frozen
class Place:
    """A guild with a default rank, Member, and its operator."""

    installation: Installation
    guild_id: GuildId
    rank_id: RankId
    by: Actor

    @classmethod
    def found(cls, installation: Installation, name: str = "Nightfall", **settings: bool) -> Place:
        """A new guild."""
        guild_id = GuildId(installation.ids.next("guild"))
        rank_id = RankId(installation.ids.next("rank"))
        guild = Guild.found(guild_id, name=name, slug=f"guild-{guild_id}", timezone="UTC", at=NIGHT)
        with installation.begin_installation(OPERATOR) as work:
            work.guilds.save(evolve(guild, settings=guild.settings.with_values(settings)))
        place = cls(installation, guild_id, rank_id, operator("test", guild_id))
        with place.work() as here:
            here.ranks.save(Rank.create(rank_id, guild_id, name="Member", order=10, is_default=True))
        return place

    def work(self) -> AbstractContextManager[Work]:
        """A transaction in the guild."""
        return self.installation.begin(self.by)

    def views(self) -> AbstractContextManager[Views]:
        """The guild's query ports."""
        return self.installation.read(self.by)

    # --- people -------------------------------------------------------------------------------------------------------

    def user(self, username: str = "somebody", *, linked: bool = True) -> UserId:
        """A user who has no place in this guild."""
        user_id = UserId(self.installation.ids.next("user"))
        user = User.add(user_id, discord_id=discord_id_of(user_id) if linked else None, username=username, at=NIGHT)
        with self.work() as work:
            work.users.save(user)
        return user_id

    def member(
        self,
        username: str = "somebody",
        role_group: RoleGroup = RoleGroup.MEMBER,
        *,
        trial: bool = False,
        joined_at: datetime = NIGHT,
        linked: bool = True,
    ) -> UserId:
        """A user with a membership in force."""
        user_id = self.user(username, linked=linked)
        membership = Membership.begin(self.guild_id, user_id, role_group, joined_at)
        with self.work() as work:
            work.memberships.save(evolve(membership, trial=trial))
        return user_id

    # --- the roster ---------------------------------------------------------------------------------------------------

    def rank(self, name: str, order: int = 20, *, is_hidden: bool = False, counts_as_active: bool = True) -> RankId:
        """A rank."""
        rank_id = RankId(self.installation.ids.next("rank"))
        rank = Rank.create(
            rank_id, self.guild_id, name=name, order=order, is_hidden=is_hidden, counts_as_active=counts_as_active
        )
        with self.work() as work:
            work.ranks.save(rank)
        return rank_id

    def drafted(
        self,
        name: str,
        *,
        owner: UserId | None = None,
        is_main: bool = False,
        main_id: CharacterId | None = None,
        rank_id: RankId | None = None,
        status: CharacterStatus = CharacterStatus.ACTIVE,
        character_class: str = "Cleric",
        level: int | None = 60,
        race: str = "Dwarf",
        joined_on: date = date(2024, 2, 29),
    ) -> Character:
        """A character that is not on the roster yet."""
        return Character(
            id=CharacterId(self.installation.ids.next("character")),
            guild_id=self.guild_id,
            name=name,
            character_class=character_class,
            level=level,
            race=race,
            rank_id=self.rank_id if rank_id is None else rank_id,
            status=status,
            owner=owner,
            is_main=is_main,
            main_id=main_id,
            joined_on=joined_on,
        ).entered()

    def enter(self, *characters: Character) -> None:
        """Put characters on the roster, and note whose they are."""
        with self.work() as work:
            work.characters.save(*characters)
            for each in characters:
                if each.owner is not None:
                    work.characters.begin_ownership(Ownership.first(each.id, each.owner))

    def character(
        self,
        name: str,
        *,
        owner: UserId | None = None,
        is_main: bool = False,
        main_id: CharacterId | None = None,
        rank_id: RankId | None = None,
        status: CharacterStatus = CharacterStatus.ACTIVE,
    ) -> CharacterId:
        """A character on the roster."""
        entered = self.drafted(name, owner=owner, is_main=is_main, main_id=main_id, rank_id=rank_id, status=status)
        self.enter(entered)
        return entered.id

    def loaded(self, character_id: CharacterId) -> Character:
        """A character as it is kept."""
        with self.work() as work:
            return work.characters.get(character_id)

    def roster(
        self,
        wanted: RosterFilter = RosterFilter(),
        ordering: str = "",
        page: PageRequest = EVERYTHING,
        at: datetime = NIGHT,
        *,
        with_hidden: bool = True,
    ) -> Page[RosterRow]:
        """The roster's lines."""
        orders = ordering_of(ordering, ROSTER_COLUMNS)
        with self.views() as views:
            return views.characters(wanted, with_hidden=with_hidden, ordering=orders, page=page, at=at)

    def listed(
        self, wanted: RosterFilter = RosterFilter(), ordering: str = "", *, with_hidden: bool = True
    ) -> list[str]:
        """The names in the roster's lines."""
        return [row.name for row in self.roster(wanted, ordering, with_hidden=with_hidden).results]

    # --- raids --------------------------------------------------------------------------------------------------------

    def raid(
        self,
        starts_at: datetime = NIGHT - timedelta(days=1),
        present: Mapping[UserId, Presence] | None = None,
        *,
        character_id: CharacterId | None = None,
        points: str = "10",
    ) -> RaidId:
        """A raid with a line of attendance for each of these users."""
        raid_id = RaidId(self.installation.ids.next("raid"))
        pool_id = PoolId(self.installation.ids.next("pool"))
        type_id = EventTypeId(self.installation.ids.next("event_type"))
        kind = EventType(
            id=type_id,
            guild_id=self.guild_id,
            name=f"Raid {type_id}",
            pools=(pool_id,),
            default_points=Points.of(points),
        )
        raid = Raid.record(raid_id, self.guild_id, event_type=kind, starts_at=starts_at, now=starts_at)
        lines = [
            Attendance(
                raid_id=raid_id,
                tick=1,
                name=f"Attendee {user_id}",
                presence=presence,
                character_id=character_id,
                user_id=user_id,
                awarded=ZERO,
                at=starts_at,
            )
            for user_id, presence in (present or {}).items()
        ]
        with self.work() as work:
            work.pools.save(Pool.create(pool_id, self.guild_id, name=f"Pool {pool_id}"))
            work.event_types.save(kind.created())
            work.raids.save(raid)
            if lines:
                work.attendances.append(evolve(raid, version=1, pending=()), lines)
        return raid_id

    def cancel(self, raid_id: RaidId) -> None:
        """Take a raid back."""
        with self.work() as work:
            work.raids.save(work.raids.get(raid_id).cancel(reason="", reversed_entries=0))

    # --- what was told ------------------------------------------------------------------------------------------------

    def told(self, aggregate: str, aggregate_id: object) -> list[str]:
        """The names of the events of one aggregate, the oldest first."""
        return [row.name for row in self.told_rows(aggregate, aggregate_id)]

    def told_rows(self, aggregate: str, aggregate_id: object) -> list[AuditRow]:
        """The events of one aggregate, the oldest first."""
        wanted = AuditFilter(aggregate=aggregate, aggregate_id=str(aggregate_id))
        with self.views() as views:
            return list(reversed(views.events(wanted, page=EVERYTHING).results))


def discord_id_of(user_id: UserId) -> str:
    """A Discord id that nobody else has."""
    return str(800_000_000_000_000_000 + user_id)
