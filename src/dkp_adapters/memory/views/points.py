"""How pools, balances, history and standings are shown, from memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from attrs import fields, frozen

from dkp_adapters.memory.batches import booked_by
from dkp_adapters.memory.points import entries_beside, policies_of
from dkp_adapters.memory.views.actors import name_elsewhere
from dkp_adapters.memory.views.attendance import AttendanceCount, AttendanceCounts
from dkp_adapters.memory.views.glance import Glance, MemoryView, is_rank, part_of
from dkp_adapters.memory.views.ordering import Columns, ordered, page_of
from dkp_core.accounts import User
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import BatchId, DisputeId, EntryId, MergeId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import (
    Adjustment,
    AdjustmentFilter,
    AdjustmentRow,
    Balance,
    BalancePartRow,
    BalanceRow,
    Batch,
    BatchFilter,
    BatchLineRow,
    BatchRow,
    Bucket,
    Dispute,
    DisputeFilter,
    DisputeRow,
    Entry,
    EntryKind,
    HistoryFilter,
    HistoryRow,
    ItemPoolRow,
    Merge,
    MergeFilter,
    MergeRow,
    PointsView,
    PoliciesRow,
    Pool,
    PoolRow,
    SourceKind,
    StandingRow,
    StandingsFilter,
    UserBalancesRow,
    policies_row,
)
from dkp_core.raids import WINDOWS


@frozen
class _Standing:
    """A line of the standings, with the attendance that it shows in percent."""

    row: StandingRow
    attendance: AttendanceCount


def _key_of(name: str | None) -> str | None:
    return None if name is None else name_key(name)


_COLUMNS: Final[Columns[_Standing]] = {
    "position": lambda line: line.row.position,
    "user_id": lambda line: line.row.user_id,
    "username": lambda line: name_key(line.row.username),
    "main_character": lambda line: _key_of(line.row.main_character),
    "character_class": lambda line: _key_of(line.row.character_class),
    "rank": lambda line: _key_of(line.row.rank),
    "earned": lambda line: line.row.earned,
    "spent": lambda line: line.row.spent,
    "adjusted": lambda line: line.row.adjusted,
    "current": lambda line: line.row.current,
    "held": lambda line: line.row.held,
    "available": lambda line: line.row.available,
    "attendance_30": lambda line: line.attendance.windows[0].fraction,
    "attendance_60": lambda line: line.attendance.windows[1].fraction,
    "attendance_90": lambda line: line.attendance.windows[2].fraction,
    "attendance_lifetime": lambda line: line.attendance.lifetime.fraction,
    "last_raid": lambda line: line.row.last_raid,
}


@frozen
class MemoryPointsView(MemoryView, PointsView):
    """Reads pools, balances, history and standings."""

    def pools(self) -> tuple[PoolRow, ...]:
        pools = self.look().tables.pools.values()
        in_order = sorted(pools, key=lambda pool: (pool.archived, not pool.is_default, name_key(pool.name)))
        return tuple(map(_pool_row, in_order))

    def pool(self, pool_id: PoolId) -> PoolRow:
        return _pool_row(_pool(self.look(), pool_id))

    def policies(self, pool_id: PoolId) -> tuple[PoliciesRow, ...]:
        glance = self.look()
        _pool(glance, pool_id)
        return tuple(policies_row(each) for each in reversed(policies_of(glance.tables, pool_id)))

    def item_pools(self) -> tuple[ItemPoolRow, ...]:
        item_pools = sorted(self.look().tables.item_pools.values(), key=lambda each: name_key(each.name))
        return tuple(
            ItemPoolRow(id=each.id, name=each.name, pools=each.pools, external_id=each.external_id)
            for each in item_pools
        )

    def balances(self, user_id: UserId) -> UserBalancesRow:
        glance = self.look()
        return _balances_row(glance, glance.user(user_id))

    def balances_of_discord_id(self, discord_id: str) -> UserBalancesRow:
        glance = self.look()
        return _balances_row(glance, glance.user_with_discord_id(discord_id))

    def balance(self, user_id: UserId, pool_id: PoolId) -> BalanceRow:
        glance = self.look()
        pool, user = _pool(glance, pool_id), glance.user(user_id)
        return _balance_row(pool, glance.tables.balances.get((pool.id, user.id), Balance()))

    def sealed_holds(self, user_id: UserId) -> Mapping[PoolId, Points]:
        sealed: defaultdict[PoolId, Points] = defaultdict(lambda: ZERO)
        for (_, holder), held in self.look().tables.holds.items():
            if holder == user_id and held.hold.sealed:
                sealed[held.pool_id] += held.hold.sealed
        return dict(sealed)

    def balances_as_of(self, user_id: UserId, at: datetime, known_at: datetime | None) -> UserBalancesRow:
        glance = self.look()
        user = glance.user(user_id)
        counted: defaultdict[PoolId, list[Entry]] = defaultdict(list)
        for entry in _entries_of(glance, user_id):
            if entry.occurred_at < at and (known_at is None or entry.recorded_at < known_at):
                counted[entry.pool_id].append(entry)
        pools = sorted(glance.tables.pools.values(), key=lambda pool: pool.id)
        return UserBalancesRow(
            user_id=user.id,
            discord_id=user.discord_id,
            username=user.username,
            balances=tuple(_balance_row(pool, Balance().moved_by(counted[pool.id])) for pool in pools),
        )

    def history(
        self, user_id: UserId, wanted: HistoryFilter, *, page: PageRequest, newest_first: bool
    ) -> Page[HistoryRow]:
        glance = self.look()
        glance.user(user_id)
        running: defaultdict[PoolId, Points] = defaultdict(lambda: ZERO)
        rows = []
        for entry in sorted(_entries_of(glance, user_id), key=lambda entry: (entry.occurred_at, entry.id)):
            running[entry.pool_id] += entry.amount
            if _is_wanted(entry, wanted):
                rows.append(_history_row(glance, entry, running[entry.pool_id]))
        return page_of(rows[::-1] if newest_first else rows, page)

    def beside(self, user_id: UserId, entry_id: EntryId) -> tuple[Entry, ...]:
        return entries_beside(self.look().tables, user_id, entry_id)

    def balance_parts(self, user_id: UserId, pool_id: PoolId, at: datetime | None) -> tuple[BalancePartRow, ...]:
        amounts: defaultdict[tuple[Bucket, EntryKind], list[Points]] = defaultdict(list)
        for entry in _entries_of(self.look(), user_id):
            if entry.pool_id == pool_id and (at is None or entry.occurred_at < at):
                amounts[entry.bucket, entry.kind].append(entry.amount)
        return tuple(
            BalancePartRow(bucket=bucket, kind=kind, amount=sum(found, start=ZERO), entries=len(found))
            for (bucket, kind), found in sorted(amounts.items())
        )

    def actor_name(self, kind: ActorKind, actor_id: str) -> str | None:
        glance = self.look()
        if kind is ActorKind.IMPORT:
            return name_elsewhere(glance, kind, actor_id)
        installation = glance.installation
        user_id = UserId(int(actor_id)) if kind is ActorKind.USER and actor_id.isdecimal() else None
        key = installation.api_keys.get(actor_id) if kind in (ActorKind.API_KEY, ActorKind.BOT) else None
        if key is not None:
            user_id = key.owner
        user = None if user_id is None else installation.users.get(user_id)
        return user.username if user is not None else key.name if key is not None else None

    def disputes(self, wanted: DisputeFilter, *, page: PageRequest) -> Page[DisputeRow]:
        glance = self.look()
        found = [
            _dispute_row(glance, each)
            for each in sorted(glance.tables.disputes.values(), key=lambda each: each.id, reverse=True)
            if wanted.status in (None, each.status)
            and wanted.pool_id in (None, each.pool_id)
            and wanted.user_id in (None, each.user_id)
            and wanted.made_by in (None, each.made_by)
            and wanted.entry_id in (None, each.entry_id)
        ]
        return page_of(found, page)

    def dispute(self, dispute_id: DisputeId) -> DisputeRow:
        glance = self.look()
        dispute = glance.tables.disputes.get(dispute_id)
        if dispute is None:
            raise NoSuch("dispute", dispute_id)
        return _dispute_row(glance, dispute)

    def standings(
        self, pool_id: PoolId, wanted: StandingsFilter, *, ordering: tuple[Order, ...], at: datetime
    ) -> tuple[StandingRow, ...]:
        glance = self.look()
        pool = _pool(glance, pool_id)
        listed = glance.members
        if wanted.everyone:
            owners = (user_id for of_pool, user_id in glance.tables.balances if of_pool == pool.id)
            listed = frozenset(glance.tables.memberships).union(owners) - glance.merged_away
        balances = [(user_id, glance.tables.balances.get((pool.id, user_id), Balance())) for user_id in listed]
        balances.sort(key=lambda each: (-each[1].current.hundredths, each[0]))
        counts = AttendanceCounts(glance, at)
        lines = [
            _standing(glance, position, user_id, balance, counts.of(user_id))
            for position, (user_id, balance) in enumerate(balances, start=1)
        ]
        narrowed = [line for line in lines if _is_listed(glance, line.row, wanted)]
        return tuple(line.row for line in ordered(narrowed, ordering, _COLUMNS))

    def adjustments(self, wanted: AdjustmentFilter, *, page: PageRequest) -> Page[AdjustmentRow]:
        glance = self.look()
        found = [
            _adjustment_row(glance, each)
            for each in sorted(glance.tables.adjustments.values(), key=lambda each: each.id, reverse=True)
            if wanted.pool_id in (None, each.pool_id)
            and wanted.user_id in (None, each.user_id)
            and wanted.reversed in (None, each.reversed_at is not None)
            and wanted.external_id in (None, each.external_id)
        ]
        return page_of(found, page)

    def batches(self, wanted: BatchFilter, *, page: PageRequest) -> Page[BatchRow]:
        glance = self.look()
        found = [
            _batch_row(batch)
            for batch in sorted(glance.tables.batches.values(), key=lambda each: each.id, reverse=True)
            if wanted.pool_id in (None, batch.pool_id)
            and wanted.kind in (None, batch.kind)
            and wanted.reversed in (None, not batch.stands)
        ]
        return page_of(found, page)

    def batch(self, batch_id: BatchId) -> BatchRow:
        return _batch_row(_batch(self.look(), batch_id))

    def batch_lines(self, batch_id: BatchId, *, page: PageRequest) -> Page[BatchLineRow]:
        glance = self.look()
        lines = booked_by(glance.tables, _batch(glance, batch_id))
        reversals = {each.reverses: each.id for each in glance.tables.entries.values() if each.reverses is not None}
        in_order = sorted(lines, key=lambda each: (each.user_id, each.id))
        return page_of([_batch_line_row(glance, each, reversals.get(each.id)) for each in in_order], page)

    def merges(self, wanted: MergeFilter, *, page: PageRequest) -> Page[MergeRow]:
        glance = self.look()
        found = [
            _merge_row(glance, merge)
            for merge in sorted(glance.tables.merges.values(), key=lambda merge: merge.id, reverse=True)
            if wanted.user_id in (None, merge.user_id, merge.into) and wanted.undone in (None, not merge.stands)
        ]
        return page_of(found, page)

    def merge(self, merge_id: MergeId) -> MergeRow:
        glance = self.look()
        merge = glance.tables.merges.get(merge_id)
        if merge is None:
            raise NoSuch("merge", merge_id)
        return _merge_row(glance, merge)

    def standings_revision(self, pool_id: PoolId, at: datetime) -> str:
        glance = self.look()
        _pool(glance, pool_id)
        starts = [raid.starts_at for raid in glance.tables.raids.values()]
        # As time goes by, the answer changes only when a raid enters a window or falls out of one.
        beginnings = [at, *(Period.days_before(at, days).start for days in WINDOWS)]
        passed = [sum(start < beginning for start in starts) for beginning in beginnings]
        return "-".join(map(str, [glance.snapshot.revision, *passed]))


def _pool(glance: Glance, pool_id: PoolId) -> Pool:
    pool = glance.tables.pools.get(pool_id)
    if pool is None:
        raise NoSuch("pool", pool_id)
    return pool


def _pool_row(pool: Pool) -> PoolRow:
    return PoolRow(
        id=pool.id,
        name=pool.name,
        unit=pool.unit,
        decimals=pool.decimals,
        is_default=pool.is_default,
        archived=pool.archived,
        external_id=pool.external_id,
    )


def _balances_row(glance: Glance, user: User) -> UserBalancesRow:
    pools = sorted(glance.tables.pools.values(), key=lambda pool: pool.id)
    return UserBalancesRow(
        user_id=user.id,
        discord_id=user.discord_id,
        username=user.username,
        balances=tuple(_balance_row(pool, glance.tables.balances.get((pool.id, user.id), Balance())) for pool in pools),
    )


def _balance_row(pool: Pool, balance: Balance) -> BalanceRow:
    return BalanceRow(
        pool_id=pool.id,
        pool_name=pool.name,
        earned=balance.earned,
        spent=balance.spent,
        adjusted=balance.adjusted,
        current=balance.current,
        held=balance.held,
        available=balance.available,
    )


def _entries_of(glance: Glance, user_id: UserId) -> Iterable[Entry]:
    return (entry for entry in glance.tables.entries.values() if entry.user_id == user_id)


def _is_wanted(entry: Entry, wanted: HistoryFilter) -> bool:
    return (
        wanted.pool_id in (None, entry.pool_id)
        and wanted.kind in (None, entry.kind)
        and wanted.bucket in (None, entry.bucket)
        and wanted.source_kind in (None, entry.source.kind)
        and wanted.source_id in (None, entry.source.id)
        and (wanted.character is None or name_key(wanted.character) == name_key(entry.character_name))
        and (wanted.since is None or wanted.since <= entry.occurred_at)
        and (wanted.until is None or entry.occurred_at < wanted.until)
    )


def _history_row(glance: Glance, entry: Entry, balance: Points) -> HistoryRow:
    return HistoryRow(
        id=entry.id,
        pool_id=entry.pool_id,
        kind=entry.kind,
        bucket=entry.bucket.value,
        amount=entry.amount,
        balance=balance,
        reason=entry.reason,
        note=entry.note,
        character_name=entry.character_name,
        raid_id=entry.source.id if entry.source.kind is SourceKind.RAID else None,
        source_kind=entry.source.kind,
        source_id=entry.source.id,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        actor_name=name_elsewhere(glance, entry.actor_kind, entry.actor_id),
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        reverses=entry.reverses,
        policies_version=entry.policies_version,
    )


def _standing(
    glance: Glance, position: int, user_id: UserId, balance: Balance, attendance: AttendanceCount
) -> _Standing:
    main = glance.mains.get(user_id)
    windows = [share.percent for share in attendance.windows]
    row = StandingRow(
        position=position,
        user_id=user_id,
        username=glance.username(user_id),
        main_character=main.name if main else None,
        character_class=main.character_class if main else None,
        rank=glance.rank_name(main.rank_id) if main else None,
        earned=balance.earned,
        spent=balance.spent,
        adjusted=balance.adjusted,
        current=balance.current,
        held=balance.held,
        available=balance.available,
        attendance_30=windows[0],
        attendance_60=windows[1],
        attendance_90=windows[2],
        attendance_lifetime=attendance.lifetime.percent,
        last_raid=attendance.last_raid,
    )
    return _Standing(row, attendance)


def _is_listed(glance: Glance, row: StandingRow, wanted: StandingsFilter) -> bool:
    main = glance.mains.get(row.user_id)
    is_class = not wanted.character_class or (
        main is not None and name_key(wanted.character_class) == name_key(main.character_class)
    )
    holds_rank = not wanted.rank or (
        main is not None and is_rank(wanted.rank, main.rank_id, glance.rank_name(main.rank_id))
    )
    return is_class and holds_rank and part_of(wanted.search, row.username, row.main_character)


def _adjustment_row(glance: Glance, adjustment: Adjustment) -> AdjustmentRow:
    return AdjustmentRow(
        id=adjustment.id,
        user_id=adjustment.user_id,
        username=glance.username(adjustment.user_id),
        pool_id=adjustment.pool_id,
        amount=adjustment.amount,
        reason=adjustment.reason,
        note=adjustment.note,
        character_name=adjustment.character_name,
        actor_kind=adjustment.actor_kind,
        actor_id=adjustment.actor_id,
        actor_name=name_elsewhere(glance, adjustment.actor_kind, adjustment.actor_id),
        occurred_at=adjustment.occurred_at,
        recorded_at=adjustment.recorded_at,
        reversed_at=adjustment.reversed_at,
        external_id=adjustment.external_id,
    )


def _batch(glance: Glance, batch_id: BatchId) -> Batch:
    batch = glance.tables.batches.get(batch_id)
    if batch is None:
        raise NoSuch("batch", batch_id)
    return batch


def _batch_row(batch: Batch) -> BatchRow:
    told = {each.name: getattr(batch, each.name) for each in fields(BatchRow)}
    return BatchRow(**{**told, "total": str(batch.total)})


def _batch_line_row(glance: Glance, entry: Entry, reversed_by: EntryId | None) -> BatchLineRow:
    return BatchLineRow(
        entry_id=entry.id,
        user_id=entry.user_id,
        username=glance.username(entry.user_id),
        main_character=glance.main_name(entry.user_id),
        kind=entry.kind,
        amount=entry.amount,
        reason=entry.reason,
        reversed_by=reversed_by,
    )


def _merge_row(glance: Glance, merge: Merge) -> MergeRow:
    return MergeRow(
        id=merge.id,
        user_id=merge.user_id,
        username=glance.username(merge.user_id),
        into=merge.into,
        into_username=glance.username(merge.into),
        kind=merge.kind,
        at=merge.at,
        reason=merge.reason,
        claim_id=merge.claim_id,
        characters=len(merge.characters),
        actor_kind=merge.actor_kind,
        actor_id=merge.actor_id,
        undone_at=merge.undone_at,
        undone_reason=merge.undone_reason,
    )


def _dispute_row(glance: Glance, dispute: Dispute) -> DisputeRow:
    entry = glance.tables.entries[dispute.entry_id]
    return DisputeRow(
        id=dispute.id,
        entry_id=dispute.entry_id,
        user_id=dispute.user_id,
        pool_id=dispute.pool_id,
        kind=entry.kind,
        amount=entry.amount,
        entry_reason=entry.reason,
        occurred_at=dispute.occurred_at,
        made_by=dispute.made_by,
        made_by_name=glance.username(dispute.made_by),
        text=dispute.text,
        made_at=dispute.made_at,
        status=dispute.status,
        decided_at=dispute.decided_at,
        decided_kind=dispute.decided_kind,
        decided_by=dispute.decided_by,
        reason=dispute.reason,
    )
