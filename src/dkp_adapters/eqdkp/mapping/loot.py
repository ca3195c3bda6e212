"""Items and who bought them for how much, out of EQdkp Plus (O-1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from attrs import define, field, frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.external import external_id
from dkp_adapters.eqdkp.mapping.fitting import Fitting, Together, as_duplicate, chunks, first_of_each
from dkp_adapters.eqdkp.mapping.household import Household
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.mapping.pools import Pools, pool_ids
from dkp_adapters.eqdkp.mapping.raids import Came, Raids
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import AwardId, EntryId, ItemId, ItemPoolId, RaidId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import Points
from dkp_core.loot import Award, Item
from dkp_core.loot.item import ITEM_NAME_LENGTH_MAX
from dkp_core.moving import Kind, Numbers, Thing, Why
from dkp_core.points import BUCKETS, Entry, EntryKind, Source, SourceKind

_ASIDE: Final = "what was sold"
_BECAUSE: Final = "Imported from EQdkp Plus"
_EXTERNAL_ID_LENGTH_MAX: Final = 128


@define
class _Known:
    """An item by its name: the first of its rows that says so tells its id in the game and its colour."""

    number: int
    name: str
    item_pool: int = 0
    game_id: str = ""
    color: str = ""

    def because(self, game_id: str) -> str:
        """What an award of it says, which of that id it was where several have its name."""
        return f"{_BECAUSE}, where its id was {game_id}" if game_id not in ("", self.game_id) else _BECAUSE


class _Sold(msgspec.Struct, frozen=True, array_like=True):
    """What a row says, as it is kept until it is asked for; `item` is the number of what was sold."""

    id: int
    item: int
    name: str
    game_id: str
    buyer: int
    raid: int
    item_pool: int
    hundredths: int
    by: str
    at: datetime


@define
class _Reading:
    """Reads the rows, once: `known`, `came` and `counts` are what they come to after that."""

    household: Household
    pools: Pools
    raids: Raids
    accounting: Accounting
    known: dict[str, _Known] = field(factory=dict, init=False)
    came: dict[tuple[int, int], int] = field(factory=dict, init=False)
    counts: Counter[Kind] = field(factory=Counter, init=False)

    def sold(self, given: Iterable[rows.Item]) -> Iterator[_Sold]:
        """What was sold to somebody who is here; each row is accounted for."""
        together = Together(self.accounting)
        for row in first_of_each(given, as_duplicate(self.accounting)):
            together.take(row)
            if row.buyer not in self.household.characters:
                reason = f"there is no character {row.buyer}"
                self.accounting.leave_out(row.table, row.ordinal, Why.ORPHAN, reason)
                continue
            self.counts[Kind.AWARD] += 1
            for pool in self.pools.of_item_pool.get(row.item_pool, ()) if row.value else ():
                self.counts[Kind.ENTRY] += 1
                self.came[row.buyer, pool] = self.came.get((row.buyer, pool), 0) - row.value.hundredths
            yield self._sold(row)

    def _sold(self, row: rows.Item) -> _Sold:
        fitting = Fitting()
        name = fitting.name(row.name, f"Item {row.id}", length_max=ITEM_NAME_LENGTH_MAX)
        by, at = self.household.actors.named(row.added_by, fitting), fitting.date(row.at)
        game_id = fitting.text(row.game_id, "id in the game", length_max=_EXTERNAL_ID_LENGTH_MAX)
        known = self.known.setdefault(name_key(name), _Known(len(self.known), name))
        known.game_id = known.game_id or game_id
        known.color = known.color or fitting.text(row.color, "colour")
        if row.item_pool in self.pools.item_pool_names:
            known.item_pool = row.item_pool
        _tell_what_is_missing(row, self.pools, self.raids, fitting)
        fitting.changed_by(row)
        fitting.tell(self.accounting, row, row.id)
        return _Sold(
            id=row.id,
            item=known.number,
            name=name,
            game_id=game_id,
            buyer=row.buyer,
            raid=row.raid,
            item_pool=row.item_pool,
            hundredths=row.value.hundredths,
            by=by,
            at=at,
        )


@frozen(kw_only=True)
class Loot(Part):
    """Items by their names, and an award for each row; what a row's buyer paid comes by its item pool.

    Rows are read once, and put down until they are asked for. `came` is what the entries come to, by character and
    pool.
    """

    came: Came
    _household: Household
    _pools: Pools
    _raids: frozenset[int]
    _known: Sequence[_Known]
    _sold: Iterable[_Sold]
    _counts: Mapping[Kind, int]

    @classmethod
    def of(cls, source: EqdkpSource, household: Household, pools: Pools, raids: Raids, accounting: Accounting) -> Loot:
        """That of a source. Raises: NoSource where there is no room for it."""
        reading = _Reading(household, pools, raids, accounting)
        sold = source.put_aside(_ASIDE, _Sold, reading.sold(source.rows(rows.Item)))
        known = list(reading.known.values())
        return cls(
            came=reading.came,
            household=household,
            pools=pools,
            raids=raids.ids,
            known=known,
            sold=sold,
            counts={Kind.ITEM: len(known), **reading.counts},
        )

    @property
    def counts(self) -> Mapping[Kind, int]:
        return self._counts

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        yield from chunks(self._items(numbers))
        for awards in chunks(self._awards(numbers)):
            yield awards
            yield from chunks(_entries(awards, numbers))

    def _items(self, numbers: Numbers) -> Iterator[Item]:
        for each in self._known:
            yield Item(
                id=ItemId(numbers.new(Kind.ITEM, each.number)),
                guild_id=numbers.guild_id,
                name=each.name,
                item_pool_id=ItemPoolId(numbers.of(Kind.ITEM_POOL, each.item_pool)) if each.item_pool else None,
                external_id=each.game_id,
                metadata={"color": each.color} if each.color else {},
            )

    def _awards(self, numbers: Numbers) -> Iterator[Award]:
        paid = {each: pool_ids(numbers, pools) for each, pools in self._pools.of_item_pool.items()}
        for each in self._sold:
            housed = self._household.characters[each.buyer]
            yield Award(
                id=AwardId(numbers.new(Kind.AWARD, each.id)),
                guild_id=numbers.guild_id,
                item_id=ItemId(numbers.of(Kind.ITEM, each.item)),
                item_name=each.name,
                auction_id=None,
                raid_id=RaidId(numbers.of(Kind.RAID, each.raid)) if each.raid in self._raids else None,
                user_id=numbers.users[housed.owner],
                character_name=housed.name,
                pools=paid.get(each.item_pool, ()),
                price=Points(each.hundredths),
                because=self._known[each.item].because(each.game_id),
                actor_kind=ActorKind.IMPORT,
                actor_id=each.by,
                awarded_at=each.at,
                external_id=external_id(each.id),
            )


def _tell_what_is_missing(row: rows.Item, pools: Pools, raids: Raids, fitting: Fitting) -> None:
    if row.raid and row.raid not in raids.ids:
        fitting.remark(f"its raid {row.raid} does not exist: it is no raid's here")
    if row.item_pool not in pools.item_pool_names:
        fitting.remark(f"its item pool {row.item_pool} does not exist: nobody paid anything")


def _entries(awards: Iterable[Award], numbers: Numbers) -> Iterator[Entry]:
    for award in awards:
        source, amount = Source(SourceKind.AWARD, award.id), -award.price
        assert award.user_id is not None, "rows without a buyer are left out"
        for pool_id in award.pools if amount else ():
            yield Entry(
                id=EntryId(numbers.new(Kind.ENTRY)),
                pool_id=pool_id,
                user_id=award.user_id,
                kind=EntryKind.AWARD,
                bucket=BUCKETS[EntryKind.AWARD],
                amount=amount,
                reason=award.item_name,
                character_name=award.character_name,
                source=source,
                actor_kind=award.actor_kind,
                actor_id=award.actor_id,
                occurred_at=award.awarded_at,
                recorded_at=numbers.at,
            )
