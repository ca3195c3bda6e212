"""Pools, item pools and event types out of EQdkp Plus (O-1)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from attrs import frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.arithmetic import Pages
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.external import external_id
from dkp_adapters.eqdkp.mapping.fitting import Fitting, R, as_duplicate, chunks, first_of_each
from dkp_adapters.eqdkp.mapping.layouts import layout_of, settings_of
from dkp_adapters.eqdkp.mapping.naming import Naming
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import EventTypeId, ItemPoolId, PoolId
from dkp_core.kernel.names import NAME_LENGTH_MAX, clean_name, name_key
from dkp_core.kernel.points import ZERO, Points
from dkp_core.moving import Kind, Numbers, Thing, Why
from dkp_core.points import ItemPool, Pool
from dkp_core.raids import EventType

_DECIMALS_MAX: Final = 2
_UNIT: Final = "DKP"
_CACHED: Final = "a snapshot of points that EQdkp Plus takes for itself and makes anew: a cache"


@frozen(kw_only=True)
class _Event:
    """An event as it is to be here; one that only raids name is not `known`."""

    id: int
    points: Points = ZERO
    icon: str = ""
    item_pool: int = 0
    is_known: bool = True


@frozen(kw_only=True)
class Pools(Part):
    """Pools, what is paid from them, and what is earned in them.

    Pools are told by their ids in the source, in the `order` of its pages; `names`, `item_pool_names` and `titles` are
    what they, item pools and events are called here. Events and item pools that are gone are there as well where a pool
    or a raid still names them, since they count. Either may be of several pools, or of none.
    """

    order: Sequence[int]
    names: Mapping[int, str]
    item_pool_names: Mapping[int, str]
    titles: Mapping[int, str]
    of_event: Mapping[int, tuple[int, ...]]
    of_item_pool: Mapping[int, tuple[int, ...]]
    _unit: str
    _decimals: int
    _events: Sequence[_Event]

    @classmethod
    def of(cls, source: EqdkpSource, accounting: Accounting) -> Pools:
        """Those of a source."""
        pools = sorted(_kept(source.rows(rows.Pool), accounting), key=lambda each: (each.position, each.id))
        item_pools = _kept(source.rows(rows.ItemPool), accounting)
        events = _kept(source.rows(rows.Event), accounting)
        for pool in pools:
            _tell(pool, accounting)
        for item_pool in item_pools:
            _tell(item_pool, accounting)
        snapshots = rows.Snapshot.table
        if snapshots in source.tables:
            accounting.archive_rest(snapshots, source.tables[snapshots], _CACHED)
        order = [each.id for each in pools]
        of_event = _links(source.rows(rows.PoolEvent), lambda each: each.event, order, accounting)
        of_item_pool = _links(source.rows(rows.PoolItemPool), lambda each: each.item_pool, order, accounting)
        known = {each.id for each in events}
        missing = sorted({*of_event, *(each.event for each in source.rows(rows.Raid))} - known)
        lost = sorted(of_item_pool.keys() - {each.id for each in item_pools})
        item_pool_names = Naming("itempool", "Item pool", accounting).unlike(
            [*((each.id, each.name) for each in item_pools), *((each, f"Item pool {each}") for each in lost)]
        )
        settings = settings_of(source)
        pays_values = layout_of(settings).pages is not Pages.ZERO_SUM
        return cls(
            order=order,
            names=Naming("multidkp", "Pool", accounting).unlike((each.id, each.name) for each in pools),
            item_pool_names=item_pool_names,
            titles=Naming("events", "Event", accounting).unlike(
                [*((each.id, each.name) for each in events), *((each, f"Event {each}") for each in missing)]
            ),
            of_event=of_event,
            of_item_pool=of_item_pool,
            unit=_unit(settings.get("dkp_name")),
            decimals=_decimals(settings.get("round_activate"), settings.get("round_precision")),
            events=[
                *(_event(each, item_pool_names, pays_values, accounting) for each in events),
                *(_Event(id=each, is_known=False) for each in missing),
            ],
        )

    @property
    def first(self) -> int | None:
        """The pool that the source's pages show first."""
        return next(iter(self.order), None)

    @property
    def counts(self) -> Mapping[Kind, int]:
        return {
            Kind.POOL: len(self.order),
            Kind.ITEM_POOL: len(self.item_pool_names),
            Kind.EVENT_TYPE: len(self._events),
        }

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        yield from chunks(self._pools(numbers))
        yield from chunks(self._item_pools(numbers))
        yield from chunks(self._event_types(numbers))

    def _pools(self, numbers: Numbers) -> Iterator[Pool]:
        """Each of them; what the guild has of that name is that one from now on."""
        for old in self.order:
            name = self.names[old]
            known = numbers.named[Kind.POOL].get(name_key(name))
            yield Pool(
                id=PoolId(numbers.new(Kind.POOL, old) if known is None else numbers.reuse(Kind.POOL, old, known)),
                guild_id=numbers.guild_id,
                name=name,
                unit=self._unit,
                decimals=self._decimals,
                external_id=external_id(old),
            )

    def _item_pools(self, numbers: Numbers) -> Iterator[ItemPool]:
        for old, name in self.item_pool_names.items():
            yield ItemPool(
                id=ItemPoolId(numbers.new(Kind.ITEM_POOL, old)),
                guild_id=numbers.guild_id,
                name=name,
                pools=pool_ids(numbers, self.of_item_pool.get(old, ())),
                external_id=external_id(old),
            )

    def _event_types(self, numbers: Numbers) -> Iterator[EventType]:
        for each in self._events:
            yield EventType(
                id=EventTypeId(numbers.new(Kind.EVENT_TYPE, each.id)),
                guild_id=numbers.guild_id,
                name=self.titles[each.id],
                pools=pool_ids(numbers, self.of_event.get(each.id, ())),
                default_points=each.points,
                metadata={"icon": each.icon} if each.icon else {},
                item_pools=(ItemPoolId(numbers.of(Kind.ITEM_POOL, each.item_pool)),) if each.item_pool else (),
                active=each.is_known,
                external_id=external_id(each.id),
            )


def pool_ids(numbers: Numbers, pools: Sequence[int]) -> tuple[PoolId, ...]:
    """The pools of ours that these are."""
    return tuple([PoolId(numbers.of(Kind.POOL, each)) for each in pools])


def _kept(given: Iterable[R], accounting: Accounting) -> Sequence[R]:
    return list(first_of_each(given, as_duplicate(accounting)))


def _tell(row: rows.Pool | rows.ItemPool, accounting: Accounting) -> None:
    fitting = Fitting()
    _tell_a_long_name(row, fitting)
    if row.description.strip():
        fitting.cut(f"its description has no place here: {fitting.text(row.description, 'description')}")
    fitting.tell(accounting, row, row.id)


def _tell_a_long_name(row: rows.Pool | rows.ItemPool | rows.Event, fitting: Fitting) -> None:
    if len(row.name) > NAME_LENGTH_MAX:
        fitting.cut(f"its whole name is {row.name}")


def _event(row: rows.Event, item_pools: Container[int], pays_values: bool, accounting: Accounting) -> _Event:
    fitting = Fitting()
    _tell_a_long_name(row, fitting)
    if row.value and not pays_values:
        fitting.cut(f"it gives {row.value} by default, which zero-sum pages do not count, and here 0.00")
    elif row.value < ZERO:
        fitting.remark(f"it gives {row.value} by default, and here 0.00: nobody earns less than nothing")
    if row.item_pool and row.item_pool not in item_pools:
        fitting.remark(f"its item pool {row.item_pool} does not exist")
    icon = fitting.text(row.icon, "icon")
    fitting.tell(accounting, row, row.id)
    return _Event(
        id=row.id,
        points=max(row.value, ZERO) if pays_values else ZERO,
        icon=icon,
        item_pool=row.item_pool if row.item_pool in item_pools else 0,
    )


_L = TypeVar("_L", rows.PoolEvent, rows.PoolItemPool)


def _links(
    given: Iterable[_L], key: Callable[[_L], int], order: Sequence[int], accounting: Accounting
) -> Mapping[int, tuple[int, ...]]:
    """The pools by what is linked to them, in their order."""
    found: dict[int, set[int]] = {}
    for row in given:
        linked = found.setdefault(key(row), set())
        if row.pool not in order:
            accounting.leave_out(row.table, row.ordinal, Why.ORPHAN, f"there is no pool {row.pool}")
        elif row.pool in linked:
            accounting.leave_out(row.table, row.ordinal, Why.DUPLICATE, f"pool {row.pool} was linked with it before")
        else:
            linked.add(row.pool)
            _tell_link(row, key(row), accounting)
    return {each: tuple(pool for pool in order if pool in pools) for each, pools in found.items() if pools}


def _tell_link(row: rows.PoolEvent | rows.PoolItemPool, linked: int, accounting: Accounting) -> None:
    fitting = Fitting()
    if isinstance(row, rows.PoolEvent) and row.no_attendance:
        fitting.remark("its raids are not counted for attendance in that pool there; here they are")
    fitting.tell(accounting, row, f"{row.pool}/{linked}")


def _unit(name: object) -> str:
    try:
        return clean_name(str(name or ""))
    except InvalidValue:
        return _UNIT


def _decimals(is_active: object, precision: object) -> int:
    """How many decimals are shown: those of the site's pages, as far as there are any here."""
    if str(is_active or "") in ("", "0") or str(precision) not in ("0", "1"):
        return _DECIMALS_MAX
    return int(str(precision))
