"""Pools, the ledger and manual adjustments in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import frozen

from dkp_adapters.memory.merges import pointers_of
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import InvalidValue, NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import AdjustmentId, ItemPoolId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.points import (
    Adjustment,
    Adjustments,
    Balance,
    BalanceOutOfRange,
    Entry,
    ItemPool,
    ItemPools,
    Ledger,
    Pool,
    Pools,
    Source,
    follow,
)


@frozen
class MemoryPools(Pools):
    """The guild's pools."""

    session: Session

    def get(self, pool_id: PoolId) -> Pool:
        pool = self.session.tables.pools.get(pool_id)
        if pool is None:
            raise NoSuch("pool", pool_id)
        return pool

    def named(self, name: str) -> Pool:
        pool = self._find(name)
        if pool is None:
            raise NoSuch("pool", name)
        return pool

    def all(self) -> tuple[Pool, ...]:
        return tuple(sorted(self.session.tables.pools.values(), key=lambda pool: pool.id))

    def save(self, pool: Pool) -> None:
        other = self._find(pool.name)
        if other is not None and other.id != pool.id:
            raise NameTaken("pool", pool.name)
        self.session.save(self.session.tables.pools, pool.id, pool)

    def _find(self, name: str) -> Pool | None:
        key = name_key(name)
        return next((pool for pool in self.session.tables.pools.values() if name_key(pool.name) == key), None)


@frozen
class MemoryItemPools(ItemPools):
    """The guild's item pools."""

    session: Session

    def get(self, item_pool_id: ItemPoolId) -> ItemPool:
        item_pool = self.session.tables.item_pools.get(item_pool_id)
        if item_pool is None:
            raise NoSuch("item pool", item_pool_id)
        return item_pool

    def save(self, item_pool: ItemPool) -> None:
        item_pools, key = self.session.tables.item_pools, name_key(item_pool.name)
        if any(name_key(other.name) == key and other.id != item_pool.id for other in item_pools.values()):
            raise NameTaken("item pool", item_pool.name)
        self.session.save(item_pools, item_pool.id, item_pool)


@frozen
class MemoryLedger(Ledger):
    """The guild's ledger, and the balances that follow from it."""

    session: Session

    def append(self, entries: Sequence[Entry]) -> None:
        pointers, booked = pointers_of(self.session.tables), tuple(entries)
        self._book(booked)
        while pointers and booked:
            booked = follow(booked, pointers, lambda count: self.session.transaction.ids.next("entry", count))
            self._book(booked)

    def standing(self, source: Source, users: Collection[UserId]) -> tuple[Entry, ...]:
        entries = self.session.tables.entries.values()
        lines = [(entry.user_id, entry.occurred_at) for entry in entries if entry.user_id in users]
        return self.unreversed(source, lines)

    def _book(self, entries: Sequence[Entry]) -> None:
        tables = self.session.tables
        moved: defaultdict[tuple[PoolId, UserId], list[Entry]] = defaultdict(list)
        for entry in entries:
            assert entry.id not in tables.entries, "nothing in the ledger changes"
            tables.entries.put(entry.id, entry)
            moved[entry.pool_id, entry.user_id].append(entry)
        for (pool_id, user_id), lines in moved.items():
            before = tables.balances.get((pool_id, user_id), Balance())
            tables.balances.put((pool_id, user_id), _moved(before, lines, pool_id, user_id))

    def unreversed(self, source: Source, lines: Sequence[tuple[UserId, datetime]]) -> tuple[Entry, ...]:
        entries, wanted = self.session.tables.entries.values(), frozenset(lines)
        reversed_ids = {entry.reverses for entry in entries}
        found = (
            entry
            for entry in entries
            if (entry.source.kind, entry.source.id) == (source.kind, source.id)
            and (entry.user_id, entry.occurred_at) in wanted
            and entry.reverses is None
            and entry.id not in reversed_ids
        )
        return tuple(sorted(found, key=lambda entry: entry.id))


def _moved(before: Balance, entries: Sequence[Entry], pool_id: PoolId, user_id: UserId) -> Balance:
    try:
        balance = before.moved_by(entries)
        _ = balance.current
    except InvalidValue as beyond:
        raise BalanceOutOfRange(pool_id, user_id) from beyond
    return balance


@frozen
class MemoryAdjustments(Adjustments):
    """The guild's manual adjustments."""

    session: Session

    def get(self, adjustment_id: AdjustmentId) -> Adjustment:
        adjustment = self.session.tables.adjustments.get(adjustment_id)
        if adjustment is None:
            raise NoSuch("adjustment", adjustment_id)
        return adjustment

    def append(self, adjustments: Sequence[Adjustment], event: DomainEvent) -> None:
        for adjustment in adjustments:
            assert adjustment.id not in self.session.tables.adjustments, "an adjustment is made once"
            self.session.tables.adjustments.put(adjustment.id, adjustment)
        self.session.announce(event)

    def reverse(self, adjustment: Adjustment, event: DomainEvent) -> None:
        if self.get(adjustment.id).reversed_at is not None:
            raise Stale(f"adjustment {adjustment.id} was reversed by somebody else first")
        self.session.tables.adjustments.put(adjustment.id, adjustment)
        self.session.announce(event)
