"""How guilds are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from dkp_core.kernel.ids import GuildId


@frozen(kw_only=True)
class GuildRow:
    """One guild as its members see it."""

    id: GuildId
    slug: str
    name: str
    timezone: str
    first_weekday: str
    settings: Mapping[str, bool | int]
    founded_at: datetime
