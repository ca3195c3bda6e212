"""What voters and applicants have done, counted from the lines each time it is asked for (D-9, V-6, V-12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from attrs import frozen

from dkp_adapters.memory.points import policies_of
from dkp_adapters.memory.views.attendance import AttendanceCounts
from dkp_adapters.memory.views.glance import Glance
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import Balance
from dkp_core.raids import WINDOWS, Attendance, AttendanceShare, Raid, RaidStatus, expected
from dkp_core.recruitment import Performance, Performances, Voters


@frozen
class MemoryVoters(Voters):
    """Who votes; `look` says what is to be seen now."""

    look: Callable[[], Glance]

    def attendance(self, user_id: UserId, days: int, at: datetime) -> AttendanceShare:
        return share_over(AttendanceCounts(self.look(), at), user_id, days)


def share_over(counts: AttendanceCounts, user_id: UserId, days: int) -> AttendanceShare:
    """A user's attendance over one of the windows; 0 is lifetime."""
    count = counts.of(user_id)
    return count.windows[WINDOWS.index(days)] if days else count.lifetime


@frozen
class MemoryPerformances(Performances):
    """What applicants have done; `look` says what is to be seen now."""

    look: Callable[[], Glance]

    def performance(
        self, user_id: UserId, character_name: str, *, over: Period, recent: Period, pool_id: PoolId | None
    ) -> Performance:
        glance = self.look()
        counts = AttendanceCounts(glance, over.end, waiting=(name_key(character_name), user_id))
        attendance = counts.share(user_id, over)
        return Performance(
            attendance=attendance,
            recent=counts.share(user_id, recent),
            raids=attendance.attended,
            points=_points(glance, user_id, character_name, pool_id),
        )


def _points(glance: Glance, user_id: UserId, character_name: str, pool_id: PoolId | None) -> Points:
    """What the user ever earned in the pool, and what the lines of that name that wait there would be awarded."""
    pools = glance.tables.pools.values()
    pool = next((each for each in pools if (each.is_default if pool_id is None else each.id == pool_id)), None)
    if pool is None:
        return ZERO
    earned = glance.tables.balances.get((pool.id, user_id), Balance()).earned
    own = own_lines(glance, user_id)
    for line in waiting_lines(glance, character_name):
        raid = glance.tables.raids[line.raid_id]
        if pool.id in raid.pools:
            earned += worth_of(glance, line, raid, own, [pool.id])
    return earned


def own_lines(glance: Glance, user_id: UserId) -> list[Attendance]:
    """The lines that count for that user."""
    lines = glance.tables.attendance.values()
    return [line for line in lines if line.user_id is not None and glance.head(line.user_id, line.at) == user_id]


def worth_of(
    glance: Glance, waiting: Attendance, raid: Raid, own: Sequence[Attendance], pools: Iterable[PoolId]
) -> Points:
    """What a waiting line would be awarded in these pools: nothing where its tick has paid the user already (D-4)."""
    if any((line.raid_id, line.tick) == (raid.id, waiting.tick) and line.awarded for line in own):
        return ZERO
    in_force = [policies_of(glance.tables, pool_id)[-1].policies for pool_id in pools]
    return expected(raid.tick(waiting.tick).points, waiting.presence, in_force, alone=len(raid.ticks) == 1)


def waiting_lines(glance: Glance, character_name: str) -> Iterator[Attendance]:
    """The lines of that name that stand for nobody yet, in raids that were not cancelled."""
    key = name_key(character_name)
    for line in glance.tables.attendance.values():
        stands = glance.tables.raids[line.raid_id].status is not RaidStatus.CANCELLED
        if line.key == key and line.is_unresolved and stands:
            yield line
