"""Everything that comes out of a source, put together, without a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from attrs import frozen

from dkp_adapters.eqdkp.mapping.arrivals import EqdkpArrivals, arrivals_of
from dkp_adapters.eqdkp.source import EqdkpSource, open_source
from dkp_core.kernel.ids import GuildId, ImportId, RankId, UserId
from dkp_core.moving import Kind, Numbers, Thing, Why
from tests.unit.eqdkp.synthetic import Installation, mysqldump

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST: Final = 1_000

T = TypeVar("T")


@frozen(kw_only=True)
class Arrived:
    """What came of a source that is still open."""

    source: EqdkpSource
    arrivals: EqdkpArrivals
    numbers: Numbers
    chunks: Sequence[Sequence[Thing]]

    def of(self, kind: type[T]) -> Sequence[T]:
        """Everything of one type."""
        return [each for things in self.chunks for each in things if isinstance(each, kind)]

    def listed(self, table: str) -> Sequence[tuple[int, Why, str]]:
        """The rows of a table that were left out."""
        return [(each.row, each.why, each.reason) for each in self.arrivals.accounting.listed if each.table == table]

    def remarks(self, table: str) -> Sequence[tuple[str, str]]:
        """What was remarked on rows of a table."""
        return [(each.old_id, each.text) for each in self.arrivals.accounting.remarks if each.table == table]

    def incomplete(self) -> Sequence[str]:
        """The tables of which a row is neither imported nor listed, or both."""
        return [each.table for each in self.arrivals.accounting.counts(self.source.tables) if not each.is_complete]


def numbers_for(arrivals: EqdkpArrivals, *, first: int = FIRST, timezone: str = "UTC") -> Numbers:
    """Ids from a first one on, no more than it wants."""
    return Numbers(
        guild_id=GuildId(1),
        import_id=ImportId(7),
        at=NOW,
        users={each.number: UserId(first + each.number) for each in arrivals.people},
        named={Kind.POOL: {}, Kind.RANK: {}},
        default_rank=RankId(1),
        next=dict.fromkeys(Kind, first),
        ends={kind: first + count for kind, count in arrivals.counts.items()},
        timezone=timezone,
    )


def arrived(source: EqdkpSource, *, now: datetime = NOW, timezone: str = "UTC") -> Arrived:
    """What comes of a source."""
    arrivals = arrivals_of(source, name="old", now=now)
    numbers = numbers_for(arrivals, timezone=timezone)
    return Arrived(source=source, arrivals=arrivals, numbers=numbers, chunks=list(arrivals.things(numbers)))


def opened(
    folder: Path,
    installation: Installation,
    *,
    key: str | None = None,
    apa: bytes | None = None,
    functions: bytes | None = None,
) -> EqdkpSource:
    """The source that a dump of an installation is."""
    dump = folder / "dump.sql"
    dump.write_bytes(mysqldump(installation))
    return open_source(dump, key, apa=apa, apa_functions=functions, now=NOW)


def settings(**given: str) -> Sequence[Mapping[str, str]]:
    """Rows of settings."""
    return [
        {"config_name": name, "config_plugin": "core", "config_value": value}
        for name, value in {"plus_version": "2.3.39.0", **given}.items()
    ]
