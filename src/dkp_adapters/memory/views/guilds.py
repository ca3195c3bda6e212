"""How guilds are shown, from memory."""

from __future__ import annotations

from attrs import frozen

from dkp_adapters.memory.views.glance import MemoryView
from dkp_core.guilds import Guild, GuildRow, GuildsView
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.names import name_key


@frozen
class MemoryGuildsView(MemoryView, GuildsView):
    """Reads guilds."""

    def guilds(self) -> tuple[GuildRow, ...]:
        guilds = self.look().installation.guilds.values()
        return tuple(map(_row, sorted(guilds, key=lambda guild: (name_key(guild.name), guild.id))))

    def guild(self, guild_id: GuildId) -> GuildRow:
        guild = self.look().installation.guilds.get(guild_id)
        if guild is None:
            raise NoSuch("guild", guild_id)
        return _row(guild)


def _row(guild: Guild) -> GuildRow:
    return GuildRow(
        id=guild.id,
        slug=guild.slug,
        name=guild.name,
        timezone=guild.timezone,
        first_weekday=guild.first_weekday,
        settings=guild.settings.values(),
        founded_at=guild.founded_at,
    )
