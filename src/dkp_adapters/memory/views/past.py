"""What was booked in a pool, from memory, to be replayed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from attrs import frozen

from dkp_adapters.memory.batches import MemoryTurnout
from dkp_adapters.memory.views.guilds import MemoryGuildsView
from dkp_adapters.memory.views.points import MemoryPointsView
from dkp_adapters.memory.views.raids import MemoryRaidsView
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import PoolId, RaidId, UserId
from dkp_core.points import EntryKind, PastEntry
from dkp_core.raids import Attendance, PastView, Raid


@frozen
class MemoryPastView(MemoryRaidsView, MemoryPointsView, MemoryGuildsView, PastView):
    """Reads what was booked in a pool."""

    @property
    def turnout(self) -> MemoryTurnout:
        return MemoryTurnout(self.look)

    def past_balances(self, pool_id: PoolId) -> Mapping[UserId, tuple[int, int, int]]:
        return {
            user_id: (balance.earned.hundredths, -balance.spent.hundredths, balance.adjusted.hundredths)
            for (of_pool, user_id), balance in self.look().tables.balances.items()
            if of_pool == pool_id
        }

    def past_entries(
        self, pool_id: PoolId, *, booked_since: datetime, occurred_since: datetime
    ) -> tuple[PastEntry, ...]:
        entries = (
            PastEntry(
                entry.id,
                entry.user_id,
                entry.kind,
                entry.bucket,
                entry.amount.hundredths,
                entry.source.kind,
                entry.source.id,
                entry.source.part,
                entry.character_name,
                entry.occurred_at,
                entry.recorded_at,
                entry.reverses,
                entry.policies_version,
                entry.actor_kind is ActorKind.IMPORT and entry.kind is not EntryKind.IMPORT,
            )
            for entry in self.look().tables.entries.values()
            if entry.pool_id == pool_id
        )
        found = (each for each in entries if each.booked_at >= booked_since or each.occurred_at >= occurred_since)
        return tuple(sorted(found))

    def past_raids(
        self, pool_id: PoolId, *, starts_since: datetime, named: Collection[RaidId]
    ) -> tuple[tuple[Raid, tuple[Attendance, ...]], ...]:
        tables = self.look().tables
        wanted = sorted(
            raid.id
            for raid in tables.raids.values()
            if pool_id in raid.pools and (raid.starts_at >= starts_since or raid.id in named)
        )
        lines = sorted(tables.attendance.values(), key=lambda line: (line.raid_id, line.tick, line.key))
        return tuple(
            (tables.raids[raid_id], tuple(line for line in lines if line.raid_id == raid_id)) for raid_id in wanted
        )
