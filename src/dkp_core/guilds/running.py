"""Looking at guilds and changing them; founding one needs ranks and a pool too, see `dkp_core.points.founding`."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from dkp_core.guilds.guild import Guild
from dkp_core.guilds.ports import GuildsView, GuildWork
from dkp_core.guilds.views import GuildRow
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Read


@frozen
class ListGuilds:
    """The guilds of the installation for the operator; for anybody else the guild they act in."""

    read: Read[GuildsView]

    def __call__(self, *, by: Actor) -> tuple[GuildRow, ...]:
        if not by.is_operator:
            by.must(Permission.ROSTER_READ, Permission.GUILD_WRITE)
        with self.read(by) as views:
            if by.is_operator:
                return views.guilds()
            return (views.guild(by.guild),)


@frozen
class ShowGuild:
    """The guild the actor acts in, with its settings."""

    read: Read[GuildsView]

    def __call__(self, *, by: Actor) -> GuildRow:
        if not by.is_operator:
            by.must(Permission.ROSTER_READ, Permission.GUILD_WRITE)
        with self.read(by) as views:
            return views.guild(by.guild)


@frozen
class ChangeGuild:
    """Change a guild's name, time zone, first weekday or settings; what is not given stays as it is."""

    begin: Begin[GuildWork]

    def __call__(
        self,
        *,
        name: str | None = None,
        timezone: str | None = None,
        first_weekday: str | None = None,
        settings: Mapping[str, object] | None = None,
        by: Actor,
    ) -> Guild:
        by.must(Permission.GUILD_WRITE)
        with self.begin(by) as work:
            guild = work.guilds.get(work.guild_id)
            changed = guild.change(name=name, timezone=timezone, first_weekday=first_weekday, settings=settings)
            if changed is not guild:
                work.guilds.save(changed)
        return changed
