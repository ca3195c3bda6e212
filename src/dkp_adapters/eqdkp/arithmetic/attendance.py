"""What the program shows of everybody's attendance in every pool."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final, TypeAlias

from attrs import frozen

from dkp_adapters.eqdkp.arithmetic.decay import DAY
from dkp_adapters.eqdkp.arithmetic.installation import Config, Installation, Pool, Raid
from dkp_core.points.formula import rounded

# Days back; None is a lifetime.
WINDOWS: Final = (30, 60, 90, None)

_Firsts: TypeAlias = Mapping[int, int | None]
_Present: TypeAlias = Mapping[int, Collection[int]]


@frozen
class Attendance:
    """Raids attended, of how many."""

    attended: int
    total: int

    @property
    def percent(self) -> int:
        """Whole percent, half-up; none where there was nothing to attend."""
        return rounded(Fraction(100 * self.attended, self.total)) if self.total else 0

    def __str__(self) -> str:
        return f"{self.percent}% ({self.attended}/{self.total})"


@frozen
class WindowedAttendance:
    """Attendance by window.

    Nobody is shown to have attended more than all, though connected raids and rows said twice would give that. The real
    one has no more raids than a lifetime, which only then makes less of them, so in it more may be attended than all.
    A lifetime counts `since` then; None is never.
    """

    shown: Mapping[int | None, Attendance]
    real: Mapping[int | None, Attendance]
    since: int | None = None


@frozen
class Attendances:
    """A member's attendance in a pool: its own, and that of its main's whole group.

    None is for special members, who are shown none.
    """

    single: WindowedAttendance | None
    with_twinks: WindowedAttendance | None


def attendances(house: Installation, now: int) -> Mapping[tuple[int, int], Attendances]:
    """Everybody's attendance at a moment, by the ids of member and pool."""
    mains = {each.id: each.main_id for each in house.members if each.id not in house.config.special}
    members = defaultdict[int, list[int]](list)
    for raid, member in house.attendees:
        if member in mains:
            members[raid].append(member)
    groups = {raid: {mains[each] for each in present} for raid, present in members.items()}
    return {
        (member, pool.id): each
        for pool in house.pools
        for member, each in _PoolRaids.of(house, pool).attendances(members, groups, mains, now)
    }


@frozen
class _PoolRaids:
    """A pool's raids, in the order of their ids; counted are those whose event counts for attendance."""

    house: Installation
    raids: Sequence[Raid]
    counted: Sequence[Raid]

    @classmethod
    def of(cls, house: Installation, pool: Pool) -> _PoolRaids:
        """Those of the pool's events."""
        raids = sorted((each for each in house.raids if each.event in pool.events), key=lambda each: each.id)
        return cls(house, raids, [each for each in raids if each.event not in pool.no_attendance])

    def attendances(
        self, members: _Present, groups: _Present, mains: Mapping[int, int], now: int
    ) -> Iterator[tuple[int, Attendances]]:
        """Each member's, from who was there: by member, as often as a row says so, and by main, once."""
        firsts = self.firsts(groups, mains)
        single = self.windowed(members, firsts, now)
        grouped = self.windowed(groups, _earliest(firsts, mains), now)
        for member in self.house.members:
            # A special member that is a main, or names one, is shown the group that it is no part of itself.
            yield member.id, Attendances(single.get(member.id), grouped.get(member.main_id))

    def firsts(self, groups: _Present, mains: Mapping[int, int]) -> _Firsts:
        """Since when each member's lifetime counts: the first raid of the group it is the main of.

        Twinks, and whoever was at none, are counted from their own creation or their user's registration; None is
        never.
        """
        dates = dict[int, int]()
        for raid in self.raids:
            for main in groups.get(raid.id, ()):
                dates[main] = min(raid.at, dates.get(main, raid.at))
        return {
            each.id: dates.get(each.id) or each.created_at or each.registered_at or None
            for each in self.house.members
            if each.id in mains
        }

    def windowed(self, present: _Present, firsts: _Firsts, now: int) -> Mapping[int, WindowedAttendance]:
        """The attendance of everybody for whom `firsts` tells since when."""
        attended = {days: self.attended(present, self.since(days, now)) for days in WINDOWS}
        dates = {days: dates_counted(self.window(self.since(days, now))) for days in WINDOWS}
        windowed = {}
        for each, first in firsts.items():
            life = 0 if first is None else len(dates[None]) - bisect_left(dates[None], first)
            totals = {days: life if days is None else len(dates[days]) for days in WINDOWS}
            clipped = {days: Attendance(min(attended[days][each], totals[days]), totals[days]) for days in WINDOWS}
            real = {days: Attendance(one.attended, min(one.total, life)) for days, one in clipped.items()}
            windowed[each] = WindowedAttendance(clipped, real, first)
        return windowed

    def since(self, days: int | None, now: int) -> int:
        """After which moment a window's raids lie."""
        return 0 if days is None else midnight(self.house.config, now) - days * DAY

    def window(self, since: int) -> Iterable[Raid]:
        """The counted raids later than that."""
        return (each for each in self.counted if each.at > since)

    def attended(self, present: _Present, since: int) -> Mapping[int, int]:
        """How often everybody was there; not to have been there is 0."""
        attended = Counter[int]()
        for raid in self.window(since):
            attended.update(present.get(raid.id, ()))
        return attended


def midnight(config: Config, now: int) -> int:
    """When today began at the site, by a clock that was not set since: the program takes off what it shows now."""
    clock = datetime.fromtimestamp(now, config.zone)
    return now - clock.hour * 3600 - clock.minute * 60 - clock.second


def dates_counted(raids: Iterable[Raid]) -> Sequence[int]:
    """When the raids were that count, sorted; one that names as connected what was counted before it does not."""
    counted = set[int]()
    dates = []
    for raid in raids:
        if counted.isdisjoint(raid.connected):
            counted.add(raid.id)
            dates.append(raid.at)
    return sorted(dates)


def _earliest(firsts: _Firsts, mains: Mapping[int, int]) -> _Firsts:
    """The earliest of each group, by main."""
    earliest = dict[int, int | None]()
    for member, first in firsts.items():
        known = earliest.get(mains[member])
        earliest[mains[member]] = min((each for each in (known, first) if each is not None), default=None)
    return earliest
