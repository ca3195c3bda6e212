"""A guild in which names wait: each of them is awarded once its character is approved."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import frozen

from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.ids import CharacterId, GuildId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.points import StandingsFilter
from dkp_core.raids import NamedPresence, RaidFilter
from dkp_core.roster import CharacterStatus
from dkp_entrypoints.containers import UseCases

AT = datetime(2026, 11, 19, 19, 0, tzinfo=UTC)
_PAGE = PageRequest(1, 500)


@frozen(kw_only=True)
class Waiting:
    """The guild, and its pending characters, who were all at the one raid."""

    use_cases: UseCases
    guild_id: GuildId
    characters: tuple[CharacterId, ...]

    @property
    def by(self) -> Actor:
        """The operator in that guild."""
        return operator("test", self.guild_id)

    def approve_all(self) -> None:
        """Approve every character: a delivery for each waits from now on."""
        with self.use_cases.database().scope():
            for character_id in self.characters:
                self.use_cases.approve_character()(character_id, by=self.by)

    def awarded(self) -> int:
        """How many lines were awarded."""
        (raid_id,) = {row.id for row in self.use_cases.list_raids()(RaidFilter(), page=_PAGE, by=self.by).results}
        return sum(bool(line.points_awarded) for line in self.use_cases.show_attendance()(raid_id, by=self.by))

    def resolutions(self) -> int:
        """How often a waiting name was resolved, as the audit log tells it."""
        return self.use_cases.show_audit_log()(AuditFilter(name="name_resolved"), page=_PAGE, by=self.by).count

    def paid(self) -> list[str]:
        """The balances in the default pool of all who have any."""
        pool_id = self.use_cases.list_pools()(by=self.by)[0].id
        rows = self.use_cases.show_standings()(pool_id, StandingsFilter(everyone=True), by=self.by)
        return [str(row.current) for row in rows if row.current]


def waiting_guild(use_cases: UseCases, count: int, *, slug: str) -> Waiting:
    """A guild where `count` pending characters, each with an owner of its own, were read at a raid worth 10 points."""
    founded = use_cases.found_guild()(
        name=slug, slug=slug, officer_discord_id=_discord_id(slug, 0), officer_username="alma", by=operator("test")
    )
    by = operator("test", founded.guild.id)
    event_type = use_cases.create_event_type()(name="Plane of Fear", default_points=Points.of(10), by=by)
    characters = []
    with use_cases.database().scope():
        for number in range(1, count + 1):
            member = use_cases.add_member()(discord_id=_discord_id(slug, number), username=f"user{number}", by=by)
            made = use_cases.enter_character()(
                name=f"Wartend {number:03}", owner=member.user_id, status=CharacterStatus.PENDING, by=by
            )
            characters.append(made.id)
    raid = use_cases.record_raid()(event_type_id=event_type.id, starts_at=AT, by=by)
    names = [NamedPresence(name=f"Wartend {number:03}") for number in range(1, count + 1)]
    use_cases.record_attendance()(raid.id, names, by=by)
    return Waiting(use_cases=use_cases, guild_id=founded.guild.id, characters=tuple(characters))


def _discord_id(slug: str, number: int) -> str:
    return str(sum(ord(letter) * 1000**place for place, letter in enumerate(slug[:4])) * 1000 + number + 1)
