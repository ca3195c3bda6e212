"""An import: what moved into a guild at once, and can be undone as a whole (O-3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_core.kernel.ids import GuildId, ImportId, PoolId

MEMBERSHIP: Final = "membership"
"""The kind of a span of users who were given a place in the guild; not all of them are new."""
GUILD: Final = "guild"
"""The kind of a span of the guild itself, where the import made it."""


@frozen(kw_only=True)
class Span:
    """Ids of one kind that an import handed out: `count` of them from `first` on; some may be unused.

    The kinds are those that ids are handed out by, GUILD among them, and MEMBERSHIP, of users' ids.
    """

    kind: str
    first: int
    count: int

    def __contains__(self, number: int) -> bool:
        return self.first <= number < self.first + self.count


def spans_of(kind: str, ids: Iterable[int]) -> Iterator[Span]:
    """Ids as spans, as few as there can be."""
    first = count = 0
    for each in sorted(ids):
        if count and each == first + count:
            count += 1
            continue
        if count:
            yield Span(kind=kind, first=first, count=count)
        first, count = each, 1
    if count:
        yield Span(kind=kind, first=first, count=count)


@frozen(kw_only=True)
class PoolBefore:
    """What a pool of the guild's own was before it became one that came; it is `called` by the old id of that since."""

    called: str
    unit: str
    decimals: int
    archived: bool
    external_id: str | None


@frozen(kw_only=True)
class Import:
    """What moved in: from where, when, by whom, which ids it brought, and when it was undone, if it was.

    `counts` says how many things of each kind there are; `default_pool_before` is the guild's default pool before,
    `pools_before` what those pools were that it had already.
    """

    id: ImportId
    guild_id: GuildId
    program: str
    version: str
    source: str
    fingerprint: str
    at: datetime
    actor_kind: str
    actor_id: str
    spans: tuple[Span, ...]
    counts: Mapping[str, int]
    default_pool_before: PoolId | None = None
    pools_before: tuple[PoolBefore, ...] = ()
    undone_at: datetime | None = None

    @property
    def made_the_guild(self) -> bool:
        """Whether the guild came with it, and so goes with it."""
        return any(span.kind == GUILD for span in self.spans)

    def brought(self, kind: str, number: int) -> bool:
        """Whether an id of that kind is one that it handed out."""
        return any(span.kind == kind and number in span for span in self.spans)

    @property
    def stands(self) -> bool:
        """Whether it was not undone."""
        return self.undone_at is None
