"""What a transaction left behind, as whoever watches a store is told after its commit."""

from __future__ import annotations

from attrs import frozen

from dkp_core.kernel.ids import GuildId


@frozen(kw_only=True)
class Changed:
    """One save that was committed, for those who watch the aggregate."""

    guild_id: GuildId
    aggregate: str
    aggregate_id: str
    version: int


@frozen(kw_only=True)
class Commit:
    """What a transaction left behind, told after it was committed.

    `guild_ids` are the guilds it wrote in (0 for the installation), `deliveries` how many reactions are to follow, and
    `notices` how many notices are to be sent.
    """

    guild_ids: frozenset[GuildId]
    changed: tuple[Changed, ...]
    deliveries: int
    notices: int = 0
