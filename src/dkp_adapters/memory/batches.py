"""Batches, what they booked, and who came, in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from attrs import frozen

from dkp_adapters.memory.tables import GuildTables
from dkp_adapters.memory.transaction import Session
from dkp_adapters.memory.views.attendance import AttendanceCounts
from dkp_adapters.memory.views.glance import Glance
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import BatchId, PoolId, RaidId, UserId
from dkp_core.kernel.period import Period
from dkp_core.points import OF_A_RAID, Batch, Batches, BatchKind, Entry, NamedUser, SourceKind, Turnout
from dkp_core.raids import WINDOWS


@frozen
class MemoryBatches(Batches):
    """What moved the points of many together."""

    session: Session

    def get(self, batch_id: BatchId) -> Batch:
        batch = self.session.tables.batches.get(batch_id)
        if batch is None:
            raise NoSuch("batch", batch_id)
        return batch

    def of(self, pool_id: PoolId, kind: BatchKind, rule: str, period: str) -> tuple[Batch, ...]:
        return self._all(
            lambda each: (each.pool_id, each.kind, each.rule, each.period) == (pool_id, kind, rule, period)
        )

    def of_period(self, kind: BatchKind, period: str) -> tuple[Batch, ...]:
        return self._all(lambda each: (each.kind, each.period) == (kind, period))

    def of_raid(self, raid_id: RaidId) -> tuple[Batch, ...]:
        return self._all(lambda each: each.raid_id == raid_id and each.stands)

    def standing(self, pool_id: PoolId, kind: BatchKind, until: datetime) -> tuple[Batch, ...]:
        found = self._all(lambda each: (each.pool_id, each.kind) == (pool_id, kind) and each.stands and each.at < until)
        return tuple(sorted(found, key=lambda each: (each.at, each.id)))

    def last_runs(self, pool_id: PoolId) -> Mapping[tuple[BatchKind, str], datetime]:
        found: dict[tuple[BatchKind, str], datetime] = {}
        for batch in self._all(lambda each: each.pool_id == pool_id and not each.period.startswith(OF_A_RAID)):
            key = batch.kind, batch.rule
            found[key] = max(batch.at, found.get(key, batch.at))
        return found

    def entries(self, batch: Batch) -> tuple[Entry, ...]:
        gone = {entry.reverses for entry in self.session.tables.entries.values()}
        return tuple(entry for entry in booked_by(self.session.tables, batch) if entry.id not in gone)

    def all_entries(self, batch: Batch) -> tuple[Entry, ...]:
        entries = self.session.tables.entries.values()
        found = (each for each in entries if (each.source.kind, each.source.id) == (SourceKind.BATCH, batch.id))
        return tuple(sorted(found, key=lambda entry: entry.id))

    def save(self, batch: Batch) -> None:
        others = self.of(batch.pool_id, batch.kind, batch.rule, batch.period)
        if batch.stands and any(each.stands and each.id != batch.id for each in others):
            raise Stale("somebody else made it first")
        self.session.save(self.session.tables.batches, batch.id, batch)

    def _all(self, is_wanted: Callable[[Batch], bool]) -> tuple[Batch, ...]:
        found = filter(is_wanted, self.session.tables.batches.values())
        return tuple(sorted(found, key=lambda each: each.id))


def booked_by(tables: GuildTables, batch: Batch) -> tuple[Entry, ...]:
    """The entries that a batch booked, or its adjustments did, in order of id; without those that reverse any."""
    adjusted = {each.id for each in tables.adjustments.values() if each.batch_id == batch.id}

    def is_its_own(entry: Entry) -> bool:
        if entry.source.kind is SourceKind.ADJUSTMENT:
            return entry.source.id in adjusted
        return entry.source.kind is SourceKind.BATCH and entry.source.id == batch.id

    found = (entry for entry in tables.entries.values() if entry.reverses is None and is_its_own(entry))
    return tuple(sorted(found, key=lambda entry: entry.id))


@frozen
class MemoryTurnout(Turnout):
    """Who is a member and who came; `look` says what is to be seen now."""

    look: Callable[[], Glance]

    def members(self) -> Mapping[UserId, datetime]:
        glance = self.look()
        return {user_id: glance.tables.memberships[user_id].joined_at for user_id in sorted(glance.members)}

    def attended(self, period: Period) -> frozenset[UserId]:
        counts = AttendanceCounts(self.look(), period.end)
        return frozenset(user_id for user_id in counts.users if counts.share(user_id, period).attended)

    def attendance(self, days: int, at: datetime) -> Mapping[UserId, tuple[int, int]]:
        glance = self.look()
        counts = AttendanceCounts(glance, at)
        found = {}
        for user_id in sorted(glance.members):
            count = counts.of(user_id)
            share = count.windows[WINDOWS.index(days)] if days else count.lifetime
            found[user_id] = (share.attended, share.held)
        return found

    def named(self, users: Collection[UserId]) -> tuple[NamedUser, ...]:
        glance = self.look()
        return tuple(
            NamedUser(user_id, glance.username(user_id), glance.main_name(user_id)) for user_id in sorted(set(users))
        )

    def with_rank(self, ranks: Collection[int]) -> frozenset[UserId]:
        return frozenset(user_id for user_id, main in self.look().mains.items() if main.rank_id in ranks)
