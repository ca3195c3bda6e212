"""What happens to guilds."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dkp_core.kernel.domain_events import Change, DomainEvent
from dkp_core.kernel.ids import GuildId


@frozen(kw_only=True)
class GuildEvent(DomainEvent):
    """Something that happened to a guild as a whole."""

    aggregate: ClassVar[str] = "guild"
    guild_id: GuildId

    @property
    def aggregate_id(self) -> str:
        return str(self.guild_id)


@frozen(kw_only=True)
class GuildFounded(GuildEvent):
    """A guild was made."""

    slug: str
    name: str


@frozen(kw_only=True)
class GuildChanged(GuildEvent):
    """A guild's name, time zone, week or settings were changed."""

    changes: tuple[Change, ...]
