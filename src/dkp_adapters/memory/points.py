"""Pools, the ledger and manual adjustments in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from attrs import frozen

from dkp_adapters.memory.merges import pointers_of
from dkp_adapters.memory.tables import GuildTables
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import InvalidValue, NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import AdjustmentId, BatchId, EntryId, ItemPoolId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import (
    BOUNDS,
    CAPPED_UNEARNED,
    UNEARNED,
    Adjustment,
    Adjustments,
    Balance,
    BalanceOutOfRange,
    Bucket,
    Entry,
    EntryKind,
    InForce,
    ItemPool,
    ItemPools,
    Ledger,
    Pool,
    PoolPolicies,
    Pools,
    Source,
    SourceKind,
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
class MemoryPoolPolicies(PoolPolicies):
    """The policies of the guild's pools."""

    session: Session

    def of(self, pool_id: PoolId) -> InForce:
        return policies_of(self.session.tables, pool_id)[-1]

    def all(self, pool_id: PoolId) -> tuple[InForce, ...]:
        return policies_of(self.session.tables, pool_id)

    def append(self, pool_id: PoolId, in_force: InForce, event: DomainEvent) -> None:
        kept = self.session.tables.policies
        if (pool_id, in_force.version) in kept:
            raise Stale(f"version {in_force.version} of the policies of pool {pool_id} was made by somebody else first")
        kept.put((pool_id, in_force.version), in_force)
        self.session.announce(event)


def policies_of(tables: GuildTables, pool_id: PoolId) -> tuple[InForce, ...]:
    """Every version of a pool's policies, the defaults first."""
    kept = (each for (of_pool, _), each in tables.policies.items() if of_pool == pool_id)
    return (InForce(), *sorted(kept, key=lambda each: each.version))


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

    def held(self, pool_id: PoolId, users: Collection[UserId]) -> Mapping[UserId, Balance]:
        balances = self.session.tables.balances
        return {user_id: balances.get((pool_id, user_id), Balance()) for user_id in users}

    def as_of(self, pool_id: PoolId, at: datetime) -> Mapping[UserId, Points]:
        of_pool = {user_id for in_pool, user_id in self.session.tables.balances if in_pool == pool_id}
        found = dict.fromkeys(sorted(of_pool), 0)
        for entry in self.session.tables.entries.values():
            is_its_own = entry.source.kind is SourceKind.BATCH and entry.occurred_at == at
            if entry.pool_id == pool_id and (entry.occurred_at < at or is_its_own):
                found[entry.user_id] += entry.amount.hundredths
        return {user_id: Points(hundredths) for user_id, hundredths in found.items()}

    def up_to(self, pool_id: PoolId, at: datetime) -> Mapping[UserId, tuple[Entry, ...]]:
        found: defaultdict[UserId, list[Entry]] = defaultdict(list)
        for entry in sorted(self.session.tables.entries.values(), key=lambda each: (each.occurred_at, each.id)):
            if entry.pool_id == pool_id and entry.occurred_at <= at:
                found[entry.user_id].append(entry)
        return {user_id: tuple(found[user_id]) for user_id in sorted(found)}

    def earned(self, pool_id: PoolId, users: Collection[UserId], period: Period) -> Mapping[UserId, Points]:
        found: defaultdict[UserId, Points] = defaultdict(lambda: ZERO)
        for entry in self.session.tables.entries.values():
            counts = (entry.bucket is Bucket.EARNED and entry.kind not in UNEARNED) or _cuts_what_was_earned(entry)
            if counts and entry.pool_id == pool_id and entry.user_id in users and entry.occurred_at in period:
                found[entry.user_id] += entry.amount
        return dict(found)

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

    def beside(self, user_id: UserId, entry_id: EntryId) -> tuple[Entry, ...]:
        return entries_beside(self.session.tables, user_id, entry_id)


def entries_beside(tables: GuildTables, user_id: UserId, entry_id: EntryId) -> tuple[Entry, ...]:
    """An entry of the user, and what stands beside it, by id."""
    entry = tables.entries.get(entry_id)
    if entry is None or entry.user_id != user_id:
        return ()
    found = (
        each
        for each in tables.entries.values()
        if (each.user_id, each.occurred_at) == (user_id, entry.occurred_at)
        and (each.source.kind, each.source.id) == (entry.source.kind, entry.source.id)
    )
    return tuple(sorted(found, key=lambda each: each.id))


def _cuts_what_was_earned(entry: Entry) -> bool:
    of_bounds = entry.source.kind is SourceKind.BATCH and entry.source.part == BOUNDS
    return entry.kind is EntryKind.CAP and entry.source.kind not in CAPPED_UNEARNED and not of_bounds


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

    def of_batch(self, batch_id: BatchId) -> tuple[Adjustment, ...]:
        found = (each for each in self.session.tables.adjustments.values() if each.batch_id == batch_id)
        return tuple(sorted(found, key=lambda each: each.id))

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

    def reverse_all(self, adjustments: Sequence[Adjustment], event: DomainEvent) -> None:
        for adjustment in adjustments:
            if self.get(adjustment.id).reversed_at is not None:
                raise Stale(f"adjustment {adjustment.id} was reversed by somebody else first")
            self.session.tables.adjustments.put(adjustment.id, adjustment)
        self.session.announce(event)
