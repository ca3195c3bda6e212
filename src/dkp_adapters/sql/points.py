"""Pools, the ledger with its balances, and adjustments in SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import BigInteger, Table, and_, bindparam, exists, insert, literal, or_, select, update

from dkp_adapters.sql.balances import BalanceMoves
from dkp_adapters.sql.merge_watch import MergeWatch, Pointers
from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import (
    GUILD,
    Params,
    Statement,
    binds,
    in_guild,
    insert_rows,
    int_sum,
    json_rows,
    json_values,
    locking,
    to_json,
)
from dkp_adapters.sql.tables.points import adjustments, balances, entries, item_pools, pool_policies, pools
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import AdjustmentId, BatchId, EntryId, GuildId, ItemPoolId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import Points
from dkp_core.points import (
    BOUNDS,
    CAPPED_UNEARNED,
    UNEARNED,
    Adjustment,
    Adjustments,
    Balance,
    Bucket,
    Entry,
    EntryKind,
    InForce,
    ItemPool,
    ItemPools,
    Ledger,
    Policies,
    Pool,
    PoolPolicies,
    Pools,
    Source,
    SourceKind,
    follow,
)

ENTRIES_ORDER: Final = 10
"""When entries are written among what a transaction keeps for its flush."""

_the_id: Final = bindparam("the_id", type_=BigInteger)
_pool_id: Final = bindparam("pool_id", type_=BigInteger)
_read_version: Final = bindparam("read_version", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else made it first")


# --- pools ------------------------------------------------------------------------------------------------------------

_POOL_WRITTEN: Final = ("name", "name_key", "unit", "decimals", "is_default", "archived", "external_id")
_SELECT_POOL: Final = select(
    pools.c.id,
    pools.c.guild_id,
    pools.c.name,
    pools.c.unit,
    pools.c.decimals,
    pools.c.is_default,
    pools.c.archived,
    pools.c.external_id,
    pools.c.version,
).where(in_guild(pools))
_POOL: Final = Statement(_SELECT_POOL.where(pools.c.id == _the_id))
_POOL_NAMED: Final = Statement(_SELECT_POOL.where(pools.c.name_key == bindparam("name_key")))
_POOLS: Final = Statement(locking(_SELECT_POOL.order_by(pools.c.id)))


def _pool_name_taken(params: Params) -> Exception:
    return NameTaken("pool", params["name"])


_POOL_VIOLATIONS: Final = {"uq_pools_guild_id_name_key": _pool_name_taken, "pk_pools": _lost}
_INSERT_POOL: Final = Statement(
    insert(pools).values({**binds(pools, "guild_id", "id", *_POOL_WRITTEN), "version": 1}),
    violations=_POOL_VIOLATIONS,
)
_UPDATE_POOL: Final = Statement(
    update(pools)
    .where(in_guild(pools), pools.c.id == _the_id, pools.c.version == _read_version)
    .values({**binds(pools, *_POOL_WRITTEN), "version": pools.c.version + 1}),
    violations=_POOL_VIOLATIONS,
)


class SqlPools(Pools):
    """The guild's pools."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, pool_id: PoolId) -> Pool:
        row = self.session.first(_POOL, the_id=pool_id)
        if row is None:
            raise NoSuch("pool", pool_id)
        return _pool(row)

    def named(self, name: str) -> Pool:
        row = self.session.first(_POOL_NAMED, name_key=name_key(name))
        if row is None:
            raise NoSuch("pool", name)
        return _pool(row)

    def all(self) -> tuple[Pool, ...]:
        return tuple(map(_pool, self.session.all(_POOLS)))

    def save(self, pool: Pool) -> None:
        values = {
            "name": pool.name,
            "name_key": name_key(pool.name),
            "unit": pool.unit,
            "decimals": pool.decimals,
            "is_default": int(pool.is_default),
            "archived": int(pool.archived),
            "external_id": pool.external_id,
        }
        if pool.version == 0:
            self.session.run(_INSERT_POOL, id=pool.id, **values)
        else:
            self.session.saved(self.session.run(_UPDATE_POOL, the_id=pool.id, read_version=pool.version, **values))
        self.session.save_events(pool)


def _pool(row: tuple[Any, ...]) -> Pool:
    pool_id, guild_id, name, unit, decimals, is_default, archived, external_id, version = row
    return Pool(
        id=pool_id,
        guild_id=guild_id,
        name=name,
        unit=unit,
        decimals=decimals,
        is_default=bool(is_default),
        archived=bool(archived),
        external_id=external_id,
        version=version,
    )


# --- item pools -------------------------------------------------------------------------------------------------------

# --- policies ---------------------------------------------------------------------------------------------------------

_VERSIONS: Final = (
    select(pool_policies.c.version, pool_policies.c.policies, pool_policies.c.changed_at)
    .where(in_guild(pool_policies), pool_policies.c.pool_id == _pool_id)
    .order_by(pool_policies.c.version.desc())
)
_POLICIES: Final = Statement(_VERSIONS.limit(1))
_ALL_POLICIES: Final = Statement(_VERSIONS)
_INSERT_POLICIES: Final = Statement(
    insert(pool_policies).values(binds(pool_policies, *pool_policies.c.keys())), violations={"pk_pool_policies": _lost}
)


class SqlPoolPolicies(PoolPolicies):
    """The policies of the guild's pools."""

    def __init__(self, session: Session) -> None:
        self.session = session
        # What is awarded asks for them, and what books it asks again.
        self._known: dict[PoolId, InForce] = {}

    def of(self, pool_id: PoolId) -> InForce:
        if pool_id not in self._known:
            row = self.session.first(_POLICIES, pool_id=pool_id)
            self._known[pool_id] = InForce() if row is None else in_force_of(row)
        return self._known[pool_id]

    def all(self, pool_id: PoolId) -> tuple[InForce, ...]:
        return (InForce(), *map(in_force_of, reversed(self.session.all(_ALL_POLICIES, pool_id=pool_id))))

    def append(self, pool_id: PoolId, in_force: InForce, event: DomainEvent) -> None:
        append_policies(self.session, pool_id, in_force)
        self._known.pop(pool_id, None)
        self.session.announce(event)


def append_policies(session: Session, pool_id: PoolId, in_force: InForce) -> None:
    """Keep a version of a pool's policies. Raises: Stale where it is there."""
    session.run(
        _INSERT_POLICIES,
        pool_id=pool_id,
        version=in_force.version,
        policies=to_json(in_force.policies.values()),
        changed_at=micros(in_force.changed_at),
    )


def in_force_of(row: Sequence[Any]) -> InForce:
    """A version of policies, from its number, its JSON and when it was made."""
    version, text, changed_at = row
    return InForce(version=version, policies=policies_of(text), changed_at=moment_at(changed_at))


@lru_cache(maxsize=1024)
def policies_of(text: str) -> Policies:
    """The policies that were kept so; read once, since everything that is booked asks for its pool's."""
    return Policies.of(json.loads(text), "policies")


# --- item pools -------------------------------------------------------------------------------------------------------

_ITEM_POOL_WRITTEN: Final = ("name", "name_key", "pools", "external_id")
_ITEM_POOL: Final = Statement(
    locking(
        select(
            item_pools.c.id,
            item_pools.c.guild_id,
            item_pools.c.name,
            item_pools.c.pools,
            item_pools.c.external_id,
            item_pools.c.version,
        ).where(in_guild(item_pools), item_pools.c.id == _the_id)
    )
)


def _item_pool_name_taken(params: Params) -> Exception:
    return NameTaken("item pool", params["name"])


_ITEM_POOL_VIOLATIONS: Final = {
    "uq_item_pools_guild_id_name_key": _item_pool_name_taken,
    "pk_item_pools": _lost,
}
_INSERT_ITEM_POOL: Final = Statement(
    insert(item_pools).values({**binds(item_pools, "guild_id", "id", *_ITEM_POOL_WRITTEN), "version": 1}),
    violations=_ITEM_POOL_VIOLATIONS,
)
_UPDATE_ITEM_POOL: Final = Statement(
    update(item_pools)
    .where(in_guild(item_pools), item_pools.c.id == _the_id, item_pools.c.version == _read_version)
    .values({**binds(item_pools, *_ITEM_POOL_WRITTEN), "version": item_pools.c.version + 1}),
    violations=_ITEM_POOL_VIOLATIONS,
)


class SqlItemPools(ItemPools):
    """The guild's item pools."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, item_pool_id: ItemPoolId) -> ItemPool:
        row = self.session.first(_ITEM_POOL, the_id=item_pool_id)
        if row is None:
            raise NoSuch("item pool", item_pool_id)
        found_id, guild_id, name, paid_from, external_id, version = row
        return ItemPool(
            id=found_id,
            guild_id=guild_id,
            name=name,
            pools=tuple(json.loads(paid_from)),
            external_id=external_id,
            version=version,
        )

    def save(self, item_pool: ItemPool) -> None:
        values = {
            "name": item_pool.name,
            "name_key": name_key(item_pool.name),
            "pools": to_json(item_pool.pools),
            "external_id": item_pool.external_id,
        }
        if item_pool.version == 0:
            self.session.run(_INSERT_ITEM_POOL, id=item_pool.id, **values)
        else:
            count = self.session.run(_UPDATE_ITEM_POOL, the_id=item_pool.id, read_version=item_pool.version, **values)
            self.session.saved(count)
        self.session.save_events(item_pool)


# --- the ledger -------------------------------------------------------------------------------------------------------

ENTRY_COLUMNS: Final = (
    entries.c.id,
    entries.c.pool_id,
    entries.c.user_id,
    entries.c.kind,
    entries.c.bucket,
    entries.c.amount,
    entries.c.reason,
    entries.c.note,
    entries.c.character_name,
    entries.c.source_kind,
    entries.c.source_id,
    entries.c.source_part,
    entries.c.actor_kind,
    entries.c.actor_id,
    entries.c.occurred_at,
    entries.c.recorded_at,
    entries.c.reverses,
    entries.c.policies_version,
)


def _insert_given(table: Table, name: str, *columns: Any) -> Statement:
    given = json_rows(name, *columns)
    return Statement(insert_rows(table, select(GUILD, *given.c)))


_INSERT_ENTRIES: Final = _insert_given(entries, "entries", *ENTRY_COLUMNS)

_lines: Final = json_rows("lines", entries.c.user_id, entries.c.occurred_at)
_reversal: Final = entries.alias("reversal")
_stands: Final = and_(
    in_guild(entries),
    entries.c.source_kind == bindparam("source_kind"),
    entries.c.source_id == bindparam("source_id"),
    entries.c.reverses.is_(None),
    # A reversal stands at the same user and time as what it reverses, so the primary key finds it.
    ~exists(
        select(literal(1)).where(
            _reversal.c.guild_id == entries.c.guild_id,
            _reversal.c.user_id == entries.c.user_id,
            _reversal.c.occurred_at == entries.c.occurred_at,
            _reversal.c.reverses == entries.c.id,
        )
    ),
)
_UNREVERSED: Final = Statement(
    select(*ENTRY_COLUMNS)
    .select_from(entries)
    .join(_lines, (entries.c.user_id == _lines.c.user_id) & (entries.c.occurred_at == _lines.c.occurred_at))
    .where(_stands)
    .order_by(entries.c.id)
)
_STANDING: Final = Statement(
    select(*ENTRY_COLUMNS).where(_stands, entries.c.user_id.in_(json_values("users"))).order_by(entries.c.id)
)


_theirs: Final = entries.alias("theirs")
ENTRIES_BESIDE: Final = Statement(
    select(*ENTRY_COLUMNS)
    .select_from(_theirs)
    .join(
        entries,
        and_(
            entries.c.guild_id == _theirs.c.guild_id,
            entries.c.user_id == _theirs.c.user_id,
            entries.c.occurred_at == _theirs.c.occurred_at,
            entries.c.source_kind == _theirs.c.source_kind,
            entries.c.source_id == _theirs.c.source_id,
        ),
    )
    .where(
        in_guild(_theirs),
        _theirs.c.user_id == bindparam("user_id", type_=BigInteger),
        _theirs.c.id == bindparam("entry_id", type_=BigInteger),
    )
    .order_by(entries.c.id)
)
"""An entry of a user, and those of the same user, time and source."""

_EARNED: Final = Statement(
    select(entries.c.user_id, int_sum(entries.c.amount))
    .where(
        in_guild(entries),
        entries.c.user_id.in_(json_values("users")),
        entries.c.occurred_at >= bindparam("since", type_=BigInteger),
        entries.c.occurred_at < bindparam("until", type_=BigInteger),
        entries.c.pool_id == _pool_id,
        or_(
            and_(entries.c.bucket == Bucket.EARNED.value, *(entries.c.kind != kind.value for kind in sorted(UNEARNED))),
            # But for what was cut off adjustments, and what was brought within bounds: neither had been earned.
            and_(
                entries.c.kind == EntryKind.CAP.value,
                *(entries.c.source_kind != kind.value for kind in sorted(CAPPED_UNEARNED)),
                or_(entries.c.source_kind != SourceKind.BATCH.value, entries.c.source_part != BOUNDS),
            ),
        ),
    )
    .group_by(entries.c.user_id)
)


_at: Final = bindparam("at", type_=BigInteger)
# By way of the balances: the entries of each user since a moment are one short range.
_MOVED_SINCE: Final = Statement(
    select(entries.c.user_id, int_sum(entries.c.amount))
    .join_from(
        balances,
        entries,
        and_(
            entries.c.guild_id == balances.c.guild_id,
            entries.c.user_id == balances.c.user_id,
            entries.c.occurred_at >= _at,
        ),
    )
    .where(
        in_guild(balances),
        balances.c.pool_id == _pool_id,
        entries.c.pool_id == balances.c.pool_id,
        or_(entries.c.occurred_at > _at, entries.c.source_kind != SourceKind.BATCH.value),
    )
    .group_by(entries.c.user_id)
    .prefix_with("STRAIGHT_JOIN", dialect="mysql")
)
_UP_TO: Final = Statement(
    select(*ENTRY_COLUMNS)
    .where(in_guild(entries), entries.c.pool_id == _pool_id, entries.c.occurred_at <= _at)
    .order_by(entries.c.user_id, entries.c.occurred_at, entries.c.id)
)


class SqlLedger(Ledger):
    """The guild's ledger.

    Entries are collected and written once, when the transaction ends; with them, the balances that they move.
    """

    def __init__(self, session: Session, balances: BalanceMoves, watch: MergeWatch) -> None:
        self.session = session
        self.balances = balances
        self.watch = watch
        self._entries: list[list[Any]] = []
        self._booked: list[Entry] = []

    def append(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        self._booked += entries
        self.watch.concerns((entry.user_id for entry in entries), self._follow)
        if not self._entries:
            self.session.defer(ENTRIES_ORDER, self._write_entries)
        for entry in entries:
            amount = entry.amount.hundredths
            self._entries.append(entry_row(entry))
            if entry.bucket is Bucket.EARNED:
                self.balances.book(entry.pool_id, entry.user_id, earned=amount)
            elif entry.bucket is Bucket.SPENT:
                self.balances.book(entry.pool_id, entry.user_id, spent=-amount)
            else:
                self.balances.book(entry.pool_id, entry.user_id, adjusted=amount)

    def _follow(self, pointers: Pointers) -> None:
        """Let what was booked on who was merged go on to the other; what that comes to is looked at in its turn."""
        booked, self._booked = self._booked, []
        if pointers:
            assert self.session.transaction is not None, "entries are booked by a unit of work"
            ids = self.session.transaction.ids
            merged = {user_id: pointer.merged for user_id, pointer in pointers.items()}
            self.append(follow(booked, merged, lambda count: ids.next("entry", count)))

    def _write_entries(self) -> None:
        # What was asked for earlier (`unreversed`) is written already.
        if self._entries:
            rows, self._entries = self._entries, []
            self.session.write(_INSERT_ENTRIES, entries=rows)

    def held(self, pool_id: PoolId, users: Collection[UserId]) -> Mapping[UserId, Balance]:
        return self.balances.held(pool_id, users)

    def as_of(self, pool_id: PoolId, at: datetime) -> Mapping[UserId, Points]:
        self._write_entries()
        held = self.balances.all_held(pool_id)
        since = dict(self.session.all(_MOVED_SINCE, pool_id=pool_id, at=micros(at)))
        return {user_id: Points(current - since.get(user_id, 0)) for user_id, current in held.items()}

    def up_to(self, pool_id: PoolId, at: datetime) -> Mapping[UserId, tuple[Entry, ...]]:
        self._write_entries()
        rows = self.session.all(_UP_TO, pool_id=pool_id, at=micros(at))
        by_user = groupby(map(entry_of, rows), key=attrgetter("user_id"))
        return {user_id: tuple(theirs) for user_id, theirs in by_user}

    def earned(self, pool_id: PoolId, users: Collection[UserId], period: Period) -> Mapping[UserId, Points]:
        self._write_entries()
        since, until = micros(period.start), micros(period.end)
        rows = self.session.all(_EARNED, pool_id=pool_id, users=sorted(users), since=since, until=until)
        return {user_id: Points(earned) for user_id, earned in rows}

    def unreversed(self, source: Source, lines: Sequence[tuple[UserId, datetime]]) -> tuple[Entry, ...]:
        if not lines:
            return ()
        self._write_entries()
        rows = self.session.all(
            _UNREVERSED,
            source_kind=source.kind.value,
            source_id=source.id,
            lines=sorted({(user_id, micros(at)) for user_id, at in lines}),
        )
        return tuple(map(entry_of, rows))

    def standing(self, source: Source, users: Collection[UserId]) -> tuple[Entry, ...]:
        self._write_entries()
        rows = self.session.all(_STANDING, source_kind=source.kind.value, source_id=source.id, users=sorted(users))
        return tuple(map(entry_of, rows))

    def beside(self, user_id: UserId, entry_id: EntryId) -> tuple[Entry, ...]:
        self._write_entries()
        return tuple(map(entry_of, self.session.all(ENTRIES_BESIDE, user_id=user_id, entry_id=entry_id)))


def entry_row(entry: Entry) -> list[Any]:
    """The entry in the order of ENTRY_COLUMNS."""
    source = entry.source
    return [
        entry.id,
        entry.pool_id,
        entry.user_id,
        str(entry.kind),  # quicker than `.value`, and there are very many
        str(entry.bucket),
        entry.amount.hundredths,
        entry.reason,
        entry.note,
        entry.character_name,
        str(source.kind),
        source.id,
        source.part,
        str(entry.actor_kind),
        entry.actor_id,
        micros(entry.occurred_at),
        micros(entry.recorded_at),
        entry.reverses,
        entry.policies_version,
    ]


def entry_of(row: tuple[Any, ...]) -> Entry:
    """The entry that a row of the ledger is."""
    (
        entry_id,
        pool_id,
        user_id,
        kind,
        bucket,
        amount,
        reason,
        note,
        character_name,
        source_kind,
        source_id,
        source_part,
        actor_kind,
        actor_id,
        occurred_at,
        recorded_at,
        reverses,
        policies_version,
    ) = row
    return Entry(
        id=entry_id,
        pool_id=pool_id,
        user_id=user_id,
        kind=EntryKind(kind),
        bucket=Bucket(bucket),
        amount=Points(amount),
        reason=reason,
        note=note,
        character_name=character_name,
        source=Source(SourceKind(source_kind), source_id, source_part),
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        occurred_at=moment_at(occurred_at),
        recorded_at=moment_at(recorded_at),
        reverses=reverses,
        policies_version=policies_version,
    )


# --- adjustments ------------------------------------------------------------------------------------------------------

ADJUSTMENT_COLUMNS: Final = (
    adjustments.c.id,
    adjustments.c.user_id,
    adjustments.c.pool_id,
    adjustments.c.amount,
    adjustments.c.reason,
    adjustments.c.note,
    adjustments.c.character_name,
    adjustments.c.actor_kind,
    adjustments.c.actor_id,
    adjustments.c.occurred_at,
    adjustments.c.recorded_at,
    adjustments.c.entry_id,
    adjustments.c.reversed_at,
    adjustments.c.batch_id,
    adjustments.c.external_id,
)
_ADJUSTMENT: Final = Statement(
    locking(select(*ADJUSTMENT_COLUMNS).where(in_guild(adjustments), adjustments.c.id == _the_id))
)
_ADJUSTMENTS_OF_BATCH: Final = Statement(
    locking(
        select(*ADJUSTMENT_COLUMNS)
        .where(in_guild(adjustments), adjustments.c.batch_id == _the_id)
        .order_by(adjustments.c.id)
    )
)
_INSERT_ADJUSTMENTS: Final = _insert_given(adjustments, "adjustments", *ADJUSTMENT_COLUMNS)
_REVERSE_ADJUSTMENT: Final = Statement(
    update(adjustments)
    .where(in_guild(adjustments), adjustments.c.id == _the_id, adjustments.c.reversed_at.is_(None))
    .values(**binds(adjustments, "reversed_at"))
)


_REVERSE_ADJUSTMENTS: Final = Statement(
    update(adjustments)
    .where(in_guild(adjustments), adjustments.c.id.in_(json_values("ids")), adjustments.c.reversed_at.is_(None))
    .values(**binds(adjustments, "reversed_at"))
)


class SqlAdjustments(Adjustments):
    """The guild's manual adjustments."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, adjustment_id: AdjustmentId) -> Adjustment:
        row = self.session.first(_ADJUSTMENT, the_id=adjustment_id)
        if row is None:
            raise NoSuch("adjustment", adjustment_id)
        return _adjustment(self.session.guild_id, row)

    def of_batch(self, batch_id: BatchId) -> tuple[Adjustment, ...]:
        rows = self.session.all(_ADJUSTMENTS_OF_BATCH, the_id=batch_id)
        return tuple(_adjustment(self.session.guild_id, row) for row in rows)

    def append(self, adjustments: Sequence[Adjustment], event: DomainEvent) -> None:
        self.session.write(_INSERT_ADJUSTMENTS, adjustments=[adjustment_row(each) for each in adjustments])
        self.session.announce(event)

    def reverse(self, adjustment: Adjustment, event: DomainEvent) -> None:
        reversed_at = micros_or_none(adjustment.reversed_at)
        assert reversed_at is not None, "only what was reversed is noted as reversed"
        self.session.saved(self.session.run(_REVERSE_ADJUSTMENT, the_id=adjustment.id, reversed_at=reversed_at))
        self.session.announce(event)

    def reverse_all(self, adjustments: Sequence[Adjustment], event: DomainEvent) -> None:
        ids, moments = [each.id for each in adjustments], {each.reversed_at for each in adjustments}
        (reversed_at,) = map(micros_or_none, moments)
        assert reversed_at is not None, "only what was reversed is noted as reversed"
        if self.session.run(_REVERSE_ADJUSTMENTS, ids=ids, reversed_at=reversed_at) != len(ids):
            raise Stale("one of them was reversed by somebody else first")
        self.session.announce(event)


def adjustment_row(adjustment: Adjustment) -> list[Any]:
    """The adjustment in the order of ADJUSTMENT_COLUMNS."""
    return [
        adjustment.id,
        adjustment.user_id,
        adjustment.pool_id,
        adjustment.amount.hundredths,
        adjustment.reason,
        adjustment.note,
        adjustment.character_name,
        adjustment.actor_kind.value,
        adjustment.actor_id,
        micros(adjustment.occurred_at),
        micros(adjustment.recorded_at),
        adjustment.entry_id,
        micros_or_none(adjustment.reversed_at),
        adjustment.batch_id,
        adjustment.external_id,
    ]


def _adjustment(guild_id: GuildId, row: tuple[Any, ...]) -> Adjustment:
    (
        adjustment_id,
        user_id,
        pool_id,
        amount,
        reason,
        note,
        character_name,
        actor_kind,
        actor_id,
        occurred_at,
        recorded_at,
        entry_id,
        reversed_at,
        batch_id,
        external_id,
    ) = row
    return Adjustment(
        id=adjustment_id,
        guild_id=guild_id,
        user_id=user_id,
        pool_id=pool_id,
        amount=Points(amount),
        reason=reason,
        note=note,
        character_name=character_name,
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        occurred_at=moment_at(occurred_at),
        recorded_at=moment_at(recorded_at),
        entry_id=entry_id,
        reversed_at=moment_or_none(reversed_at),
        batch_id=batch_id,
        external_id=external_id,
    )
