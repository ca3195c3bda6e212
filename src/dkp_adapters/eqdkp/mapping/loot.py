"""Items and who bought them for how much, out of EQdkp Plus (O-1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import define, frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.actors import Actors
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
from dkp_core.loot import Award, Item
from dkp_core.loot.item import ITEM_NAME_LENGTH_MAX
from dkp_core.moving import Kind, Numbers, Thing, Why
from dkp_core.points import BUCKETS, Entry, EntryKind, Source, SourceKind

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

    def take(self, row: rows.Item, pools: Pools, fitting: Fitting) -> None:
        """It was sold once more."""
        if row.item_pool in pools.item_pool_names:
            self.item_pool = row.item_pool
        self.game_id = self.game_id or _game_id(row, fitting)
        self.color = self.color or fitting.text(row.color, "colour")

    def because(self, game_id: str) -> str:
        """What an award of it says, which of that id it was where several have its name."""
        return f"{_BECAUSE}, where its id was {game_id}" if game_id not in ("", self.game_id) else _BECAUSE


@frozen(kw_only=True)
class Loot(Part):
    """Items by their names, and an award for each row; what a row's buyer paid comes by its item pool.

    `came` is what the entries come to, by character and pool.
    """

    came: Came
    _source: EqdkpSource
    _household: Household
    _pools: Pools
    _raids: frozenset[int]
    _known: Mapping[str, _Known]
    _counts: Mapping[Kind, int]

    @classmethod
    def of(cls, source: EqdkpSource, household: Household, pools: Pools, raids: Raids, accounting: Accounting) -> Loot:
        """That of a source."""
        known: dict[str, _Known] = {}
        came: dict[tuple[int, int], int] = {}
        awards = entries = 0
        together = Together(accounting)
        for row in first_of_each(source.rows(rows.Item), as_duplicate(accounting)):
            together.take(row)
            if row.buyer not in household.characters:
                accounting.leave_out(row.table, row.ordinal, Why.ORPHAN, f"there is no character {row.buyer}")
                continue
            fitting = Fitting()
            name, _, _ = _read(row, household.actors, fitting)
            known.setdefault(name_key(name), _Known(len(known), name)).take(row, pools, fitting)
            _tell_what_is_missing(row, pools, raids, fitting)
            fitting.changed_by(row)
            fitting.tell(accounting, row, row.id)
            awards += 1
            for pool in pools.of_item_pool.get(row.item_pool, ()) if row.value else ():
                entries += 1
                came[row.buyer, pool] = came.get((row.buyer, pool), 0) - row.value.hundredths
        return cls(
            came=came,
            source=source,
            household=household,
            pools=pools,
            raids=raids.ids,
            known=known,
            counts={Kind.ITEM: len(known), Kind.AWARD: awards, Kind.ENTRY: entries},
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
        for each in self._known.values():
            yield Item(
                id=ItemId(numbers.new(Kind.ITEM, each.number)),
                guild_id=numbers.guild_id,
                name=each.name,
                item_pool_id=ItemPoolId(numbers.of(Kind.ITEM_POOL, each.item_pool)) if each.item_pool else None,
                external_id=each.game_id,
                metadata={"color": each.color} if each.color else {},
            )

    def _awards(self, numbers: Numbers) -> Iterator[Award]:
        for row in first_of_each(self._source.rows(rows.Item)):
            housed = self._household.characters.get(row.buyer)
            if housed is None:
                continue
            fitting = Fitting()
            name, by, at = _read(row, self._household.actors, fitting)
            known = self._known[name_key(name)]
            yield Award(
                id=AwardId(numbers.new(Kind.AWARD, row.id)),
                guild_id=numbers.guild_id,
                item_id=ItemId(numbers.of(Kind.ITEM, known.number)),
                item_name=name,
                auction_id=None,
                raid_id=RaidId(numbers.of(Kind.RAID, row.raid)) if row.raid in self._raids else None,
                user_id=numbers.users[housed.owner],
                character_name=housed.name,
                pools=pool_ids(numbers, self._pools.of_item_pool.get(row.item_pool, ())),
                price=row.value,
                because=known.because(_game_id(row, fitting)),
                actor_kind=ActorKind.IMPORT,
                actor_id=by,
                awarded_at=at,
                external_id=external_id(row.id),
            )


def _read(row: rows.Item, actors: Actors, fitting: Fitting) -> tuple[str, str, datetime]:
    """What was sold, who wrote it down, and when it was sold."""
    name = fitting.name(row.name, f"Item {row.id}", length_max=ITEM_NAME_LENGTH_MAX)
    return name, actors.named(row.added_by, fitting), fitting.date(row.at)


def _game_id(row: rows.Item, fitting: Fitting) -> str:
    return fitting.text(row.game_id, "id in the game", length_max=_EXTERNAL_ID_LENGTH_MAX)


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
