"""What of points, raids and loot comes out of a source, without a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from attrs import field, frozen

from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.adjustments import Adjustments
from dkp_adapters.eqdkp.mapping.household import Household, household_of
from dkp_adapters.eqdkp.mapping.loot import Loot
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.mapping.pools import Pools
from dkp_adapters.eqdkp.mapping.raids import Raids
from dkp_adapters.eqdkp.mapping.reckoning import Reckoned, reckoned_of
from dkp_adapters.eqdkp.mapping.reconciling import Reconciling
from dkp_adapters.eqdkp.source import EqdkpSource, open_source
from dkp_core.kernel.ids import GuildId, ImportId, RankId, UserId
from dkp_core.moving import Kind, Numbers, Thing, Why
from dkp_core.points import Entry, EntryKind
from tests.unit.eqdkp.synthetic import PREFIX, Installation, Number, Value, empty, mysqldump

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
RAIDED: Final = 1_760_000_000
AT: Final = datetime.fromtimestamp(RAIDED, UTC)
FIRST: Final = 1_000
TABLES: Final = (
    "multidkp", "multidkp2event", "multidkp2itempool", "itempool", "events", "raids", "raid_attendees", "items",
    "adjustments",
)  # fmt: skip

T = TypeVar("T", bound=Thing)
Given = Mapping[str, Value]


@frozen(kw_only=True)
class Moved:
    """A source with its parts, and what they made."""

    source: EqdkpSource
    accounting: Accounting
    household: Household
    pools: Pools
    raids: Raids
    loot: Loot
    adjustments: Adjustments
    reckoned: Reckoned
    reconciling: Reconciling
    named: Mapping[str, int] = field(factory=dict)
    numbers: Numbers = field(init=False)
    chunks: Sequence[Sequence[Thing]] = field(init=False)

    @numbers.default
    def _numbers(self) -> Numbers:
        return self.new_numbers()

    @chunks.default
    def _chunks(self) -> Sequence[Sequence[Thing]]:
        return self.things(self.numbers)

    @property
    def parts(self) -> Sequence[Part]:
        """Its parts in their order."""
        return (self.pools, self.raids, self.loot, self.adjustments, self.reconciling)

    @property
    def counts(self) -> Mapping[Kind, int]:
        """How many ids they want."""
        counts = Counter[Kind]()
        for part in self.parts:
            counts.update(part.counts)
        return counts

    def new_numbers(self) -> Numbers:
        """Ids from 1000 on; characters have theirs already."""
        counts = {**self.counts, Kind.CHARACTER: len(self.household.characters)}
        numbers = Numbers(
            guild_id=GuildId(1),
            import_id=ImportId(7),
            at=NOW,
            users={each.number: UserId(FIRST + each.number) for each in self.household.people},
            named={Kind.POOL: self.named, Kind.RANK: {}},
            default_rank=RankId(1),
            next=dict.fromkeys(Kind, FIRST),
            ends={kind: FIRST + count for kind, count in counts.items()},
        )
        for each in self.household.characters:
            numbers.new(Kind.CHARACTER, each)
        return numbers

    def things(self, numbers: Numbers) -> Sequence[Sequence[Thing]]:
        """What the parts make, as it comes."""
        return [things for part in self.parts for things in part.things(numbers)]

    def of(self, kind: type[T]) -> Sequence[T]:
        """Everything of one type."""
        return [each for things in self.chunks for each in things if isinstance(each, kind)]

    def one(self, kind: type[T]) -> T:
        """The only one of its type."""
        (found,) = self.of(kind)
        return found

    def listed(self, table: str) -> Sequence[tuple[int, Why, str]]:
        """The rows of a table that were left out."""
        return [(each.row, each.why, each.reason) for each in self.accounting.listed if each.table == table]

    def remarks(self, table: str) -> Sequence[tuple[str, str]]:
        """What was remarked on rows of a table."""
        return [(each.old_id, each.text) for each in self.accounting.remarks if each.table == table]

    def sums(self, *, reconciled: bool) -> Mapping[tuple[int, str, int], int]:
        """What entries come to, in hundredths, by user, character and pool in the source."""
        pools = {self.numbers.of(Kind.POOL, each): each for each in self.pools.order}
        sums = Counter[tuple[int, str, int]]()
        for each in self.of(Entry):
            if reconciled or each.kind is not EntryKind.IMPORT:
                sums[each.user_id, each.character_name, pools[each.pool_id]] += each.amount.hundredths
        return sums

    def balances(self) -> Mapping[tuple[int, int], int]:
        """What everybody has in the end, in hundredths, by person and pool in the source."""
        sums = Counter[tuple[int, int]]()
        for (user, _, pool), amount in self.sums(reconciled=True).items():
            sums[user - FIRST, pool] += amount
        return sums


def moved(source: EqdkpSource, *, now: datetime = NOW, named: Mapping[str, int] | None = None) -> Moved:
    """What comes out of a source; `named` are the pools that the guild has already."""
    accounting = Accounting()
    household = household_of(source, accounting)
    pools = Pools.of(source, accounting)
    raids = Raids.of(source, household, pools, accounting)
    loot = Loot.of(source, household, pools, raids, accounting)
    adjustments = Adjustments.of(source, household, pools, accounting)
    reckoned = reckoned_of(source, household, now)
    came = [raids.came, loot.came, adjustments.came]
    return Moved(
        source=source,
        accounting=accounting,
        household=household,
        pools=pools,
        raids=raids,
        loot=loot,
        adjustments=adjustments,
        reckoned=reckoned,
        reconciling=Reconciling.of(reckoned, household, pools, came),
        named=named or {},
    )


def dumped(folder: Path, installation: Installation) -> Path:
    """A dump of an installation."""
    dump = folder / "dump.sql"
    dump.write_bytes(mysqldump(installation))
    return dump


def moved_from(
    folder: Path,
    installation: Installation,
    *,
    apa: bytes | None = None,
    apa_functions: bytes | None = None,
    named: Mapping[str, int] | None = None,
) -> Moved:
    """What comes out of a dump of an installation."""
    with open_source(dumped(folder, installation), apa=apa, apa_functions=apa_functions, now=NOW) as source:
        return moved(source, named=named)


# --- rows -------------------------------------------------------------------------------------------------------------


def guild() -> Installation:
    """Two pools, an event in each, one in both and one in none; item pools alike; a main, its twink, and a third."""
    return (
        empty(PREFIX)
        .with_rows("members", character(1, "Anna"), character(2, "Bert", main=1), character(3, "Cora"))
        .with_rows("multidkp", pool(1, "Main"), pool(2, "Alts"))
        .with_rows("events", event(1, "Kael"), event(2, "Velketor"), event(3, "Both"), event(4, "None"))
        .with_rows("multidkp2event", *(in_pool(*each) for each in ((1, 1), (2, 2), (1, 3), (2, 3))))
        .with_rows("itempool", *({"itempool_id": each, "itempool_name": f"Set {each}"} for each in (1, 2, 3, 4)))
        .with_rows("multidkp2itempool", *(paid_in(*each) for each in ((1, 1), (2, 2), (1, 3), (2, 3))))
    )


def character(number: int, name: str, *, main: int | None = None) -> Given:
    """A character."""
    return {"member_id": number, "member_name": name, "member_status": 1, "member_main_id": main or number}


def pool(number: int, name: str, *, position: int = 0) -> Given:
    """A pool."""
    return {"multidkp_id": number, "multidkp_name": name, "multidkp_desc": "", "multidkp_sortid": position}


def event(number: int, name: str, **more: Value) -> Given:
    """An event."""
    return {"event_id": number, "event_name": name, "event_value": Number("5.00"), "default_itempool": 0, **more}


def in_pool(pool: int, event: int, **more: Value) -> Given:
    """An event is of a pool."""
    return {"multidkp2event_multi_id": pool, "multidkp2event_event_id": event, **more}


def paid_in(pool: int, item_pool: int) -> Given:
    """An item pool is of a pool."""
    return {"multidkp2itempool_multi_id": pool, "multidkp2itempool_itempool_id": item_pool}


def raid(number: int, event: int = 1, value: str = "5.50", **more: Value) -> Given:
    """A raid."""
    given: Given = {"raid_id": number, "event_id": event, "raid_date": RAIDED, "raid_value": Number(value)}
    return {**given, **more}


def present(raid: int, *characters: int) -> Sequence[Given]:
    """Who was at a raid."""
    return [{"raid_id": raid, "member_id": each} for each in characters]


def item(number: int, name: str = "Robe", buyer: int = 1, value: str = "12.50", **more: Value) -> Given:
    """An item that was sold."""
    given: Given = {"item_id": number, "item_name": name, "member_id": buyer, "item_value": Number(value)}
    return {**given, "raid_id": 0, "item_date": RAIDED, "itempool_id": 1, **more}


def adjustment(number: int, character: int = 1, value: str = "-3.33", **more: Value) -> Given:
    """Points moved by hand."""
    given: Given = {"adjustment_id": number, "member_id": character, "adjustment_value": Number(value)}
    return {**given, "adjustment_date": RAIDED, "adjustment_reason": "AFK", "event_id": "1", **more}


def setting(name: str, value: str) -> Given:
    """A setting."""
    return {"config_name": name, "config_plugin": "core", "config_value": value}
