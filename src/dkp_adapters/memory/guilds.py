"""Guilds in memory."""

from __future__ import annotations

from attrs import frozen

from dkp_adapters.memory.transaction import Session
from dkp_core.guilds import Guild, Guilds
from dkp_core.kernel.errors import NameTaken, NoSuch
from dkp_core.kernel.ids import GuildId


@frozen
class MemoryGuilds(Guilds):
    """All guilds of the installation."""

    session: Session

    def get(self, guild_id: GuildId) -> Guild:
        guild = self.session.installation.guilds.get(guild_id)
        if guild is None:
            raise NoSuch("guild", guild_id)
        return guild

    def named(self, slug_or_id: str) -> Guild | None:
        guilds = self.session.installation.guilds.values()
        return next((guild for guild in guilds if slug_or_id in (guild.slug, str(guild.id))), None)

    def save(self, guild: Guild) -> None:
        guilds = self.session.installation.guilds
        if any(other.slug == guild.slug and other.id != guild.id for other in guilds.values()):
            raise NameTaken("guild", guild.slug)
        # What happens to a guild stands in its own audit log, wherever it was decided.
        self.session.within(guild.id).save(guilds, guild.id, guild)
