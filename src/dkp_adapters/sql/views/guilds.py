"""How guilds are shown, from SQL."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, select

from dkp_adapters.sql.guilds import settings_of
from dkp_adapters.sql.moments import moment_at
from dkp_adapters.sql.statement import Statement
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.views import SqlView
from dkp_core.guilds import GuildRow, GuildsView
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import GuildId

_SELECT: Final = select(
    guilds.c.id,
    guilds.c.slug,
    guilds.c.name,
    guilds.c.timezone,
    guilds.c.first_weekday,
    guilds.c.settings,
    guilds.c.founded_at,
)
_GUILDS: Final = Statement(_SELECT.order_by(guilds.c.name_key, guilds.c.id))
_GUILD: Final = Statement(_SELECT.where(guilds.c.id == bindparam("the_id", type_=BigInteger)))


class SqlGuildsView(SqlView, GuildsView):
    """Reads guilds."""

    def guilds(self) -> tuple[GuildRow, ...]:
        return tuple(map(_row, self.session.all(_GUILDS)))

    def guild(self, guild_id: GuildId) -> GuildRow:
        row = self.session.first(_GUILD, the_id=guild_id)
        if row is None:
            raise NoSuch("guild", guild_id)
        return _row(row)


def _row(row: tuple[Any, ...]) -> GuildRow:
    guild_id, slug, name, timezone, first_weekday, settings, founded_at = row
    return GuildRow(
        id=guild_id,
        slug=slug,
        name=name,
        timezone=timezone,
        first_weekday=first_weekday,
        settings=settings_of(settings).values(),
        founded_at=moment_at(founded_at),
    )
