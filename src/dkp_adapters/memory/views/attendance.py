"""Attendance, counted from the lines each time it is asked for (D-9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_adapters.memory.views.glance import Glance
from dkp_core.kernel.ids import PoolId, RaidId, UserId
from dkp_core.kernel.period import BEGINNING, Period
from dkp_core.raids import WINDOWS, AttendanceShare, Presence, Raid, RaidStatus

_NONE: Final = AttendanceShare()


@frozen
class AttendanceCount:
    """A user's attendance in each window, and when they were last at a raid."""

    windows: tuple[AttendanceShare, AttendanceShare, AttendanceShare] = (_NONE, _NONE, _NONE)
    lifetime: AttendanceShare = _NONE
    last_raid: datetime | None = None


NEVER: Final = AttendanceCount()


class AttendanceCounts:
    """Everybody's attendance at a moment, over all raids or over those that award in one pool.

    Cancelled raids don't count, nor those without points and attendance, which only carry items (D-15). With `waiting`,
    a key of names and a user, lines of that name that stand for nobody yet are that user's.
    """

    def __init__(
        self,
        glance: Glance,
        at: datetime,
        pool_id: PoolId | None = None,
        *,
        waiting: tuple[str, UserId] | None = None,
    ) -> None:
        self._at = at
        self._glance = glance
        self._attended: defaultdict[UserId, set[RaidId]] = defaultdict(set)
        excused: defaultdict[UserId, set[RaidId]] = defaultdict(set)
        lines = glance.tables.attendance.values()
        with_lines = {line.raid_id for line in lines}
        self._held = {
            raid.id: raid
            for raid in glance.tables.raids.values()
            if _counts(raid, has_lines=raid.id in with_lines) and (pool_id is None or pool_id in raid.pools)
        }
        for line in lines:
            user_id = None if line.user_id is None else glance.head(line.user_id, line.at)
            if waiting is not None and line.is_unresolved and line.key == waiting[0]:
                user_id = waiting[1]
            if user_id is not None and line.raid_id in self._held:
                if line.counts:
                    self._attended[user_id].add(line.raid_id)
                elif line.presence is Presence.ABSENT_EXCUSED:
                    excused[user_id].add(line.raid_id)
        guild = glance.installation.guilds.get(glance.guild_id)
        leaves_out = guild is not None and guild.settings.leave_out_excused
        self._left_out: dict[UserId, set[RaidId]] = {}
        if leaves_out:
            self._left_out = {user: raids - self._attended[user] for user, raids in excused.items()}

    @property
    def held(self) -> Mapping[RaidId, Raid]:
        """The raids that count."""
        return self._held

    @property
    def users(self) -> frozenset[UserId]:
        """Who ever attended."""
        return frozenset(user for user, raids in self._attended.items() if raids)

    def of(self, user_id: UserId) -> AttendanceCount:
        """One user's attendance."""
        attended = [self._held[raid_id].starts_at for raid_id in self._attended.get(user_id, ())]
        first, second, third = (self.share(user_id, Period.days_before(self._at, days)) for days in WINDOWS)
        membership = self._glance.tables.memberships.get(user_id)
        beginnings = [*attended, *([membership.joined_at] if membership else [])]
        lifetime = Period(min(beginnings, default=BEGINNING), self._at)
        return AttendanceCount(
            windows=(first, second, third),
            lifetime=self.share(user_id, lifetime) if beginnings else _NONE,
            last_raid=max(attended, default=None),
        )

    def share(self, user_id: UserId, period: Period) -> AttendanceShare:
        """One user's attendance over any period."""
        left_out = self._left_out.get(user_id, set())
        held = {raid.id for raid in self._held.values() if raid.starts_at in period and raid.id not in left_out}
        return AttendanceShare(len(held & self._attended.get(user_id, set())), len(held))


def _counts(raid: Raid, *, has_lines: bool) -> bool:
    gives_something = has_lines or any(tick.points for tick in raid.ticks)
    return raid.status is not RaidStatus.CANCELLED and gives_something
