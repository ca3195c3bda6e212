"""When a policy runs: every so many days or weeks, at a time on the guild's clocks (P-6, G-2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from attrs import field, frozen

from dkp_core.kernel.data import Data, a_maybe, a_whole, a_word, taking
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.period import zone_named

EVERY_MAX: Final = 366
STARTS_FIRST: Final = date(1990, 1, 1)
STARTS_LAST: Final = date(2199, 12, 31)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SECOND: Final = timedelta(seconds=1)


class Unit(StrEnum):
    """What a schedule counts in."""

    DAYS = "days"
    WEEKS = "weeks"


def _time(value: object, name: str) -> str:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise InvalidValue(name, f"{str(value)[:40]!r} is no time of day", "00:00 to 23:59, as HH:MM")
    return value


def _date(value: object, name: str) -> str:
    accepted = f"{STARTS_FIRST} to {STARTS_LAST}, as YYYY-MM-DD"
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise InvalidValue(name, f"{str(value)[:40]!r} is no date", accepted)
    try:
        day = date.fromisoformat(value)
    except ValueError as unknown:
        raise InvalidValue(name, f"{value!r} is not in the calendar", accepted) from unknown
    if not STARTS_FIRST <= day <= STARTS_LAST:
        raise InvalidValue(name, f"{value!r} is out of range", accepted)
    return value


@frozen(kw_only=True)
class Schedule(Data):
    """Every so many days or weeks from a day on, at a time of day; all on the guild's clocks."""

    every: int = field(default=1, metadata=taking(a_whole(1, EVERY_MAX), "every so many days or weeks"))
    unit: Unit = field(default=Unit.WEEKS, metadata=taking(a_word(Unit), "days or weeks"))
    at: str = field(default="00:00", metadata=taking(_time, "the time of day, as HH:MM, in the guild's timezone"))
    starts_on: str | None = field(
        default=None, metadata=taking(a_maybe(_date), "the first day, as YYYY-MM-DD; null is the day it was set")
    )

    @property
    def days(self) -> int:
        """How many days of the guild's calendar lie between two moments."""
        return self.every * (7 if self.unit is Unit.WEEKS else 1)

    def moments(self, zone: str, since: datetime) -> Moments:
        """Its moments in that zone, at or after the one when it was set. Raises: InvalidValue (no such zone)."""
        where = zone_named(zone)
        first_day = date.fromisoformat(self.starts_on) if self.starts_on else since.astimezone(where).date()
        return Moments(first_day, self.days, time.fromisoformat(self.at), where, since.astimezone(UTC))


@frozen
class Moments:
    """The moments of a schedule in a zone; no two are the same, and each is found without counting those before it.

    A time that clocks are set forward over is replaced by the first moment after the gap; of a time that exists twice,
    the first is meant.
    """

    first_day: date
    days: int
    time_of_day: time
    zone: ZoneInfo
    since: datetime

    def after(self, moment: datetime) -> datetime:
        """The first one strictly after that moment."""
        least = self._about(max(moment, self.since)) - 1
        return next(each for each in self._from(least) if each > moment and each >= self.since)

    def until(self, moment: datetime) -> datetime | None:
        """The last one at or before that moment; None where the first is still to come."""
        most = self._about(moment) + 1
        for number in range(most, max(most - 4, -1), -1):
            found = self._moment(number)
            if self.since <= found <= moment:
                return found
        return None

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Each one after the first moment, up to and with the second, in order."""
        found = self.after(after)
        while found <= until:
            yield found
            found = self.after(found)

    def on_or_after(self, day: date) -> datetime:
        """The first one that lies on that day of the guild's calendar or later."""
        least = max(-(-(day - self.first_day).days // self.days), self._about(self.since) - 1)
        return next(each for each in self._from(least) if each >= self.since)

    def _about(self, moment: datetime) -> int:
        """Which one is near a moment, numbered from 0 on the first day."""
        return (moment.astimezone(self.zone).date() - self.first_day).days // self.days

    def _from(self, number: int) -> Iterator[datetime]:
        number = max(number, 0)
        while True:
            yield self._moment(number)
            number += 1

    def _moment(self, number: int) -> datetime:
        day = self.first_day + timedelta(days=number * self.days)
        return _on_the_clock(datetime.combine(day, self.time_of_day, self.zone))


def _on_the_clock(local: datetime) -> datetime:
    """The moment of a wall-clock time, as `Moments` says it."""
    earlier, later = local.replace(fold=0), local.replace(fold=1)
    before, after = earlier.utcoffset(), later.utcoffset()
    assert before is not None, "a zone tells its offset"
    assert after is not None, "a zone tells its offset"
    if after <= before:
        return earlier.astimezone(UTC)
    # In a gap the two readings lie on either side of the moment when clocks are set.
    low, high = later.astimezone(UTC), earlier.astimezone(UTC)
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if middle.astimezone(local.tzinfo).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def next_run(schedule: Schedule, zone: str, *, since: datetime, last_run: datetime | None) -> datetime:
    """When a policy that was set at `since` runs next; a moment that is past already is overdue.

    `last_run` is the moment of the last run in the pool, whatever the schedule was then: a new schedule waits until a
    whole interval of its own has passed on the guild's calendar, so a change never brings two runs into one. After an
    outage the missed runs come one after another, the oldest first. Raises: InvalidValue (no such zone).
    """
    moments = schedule.moments(zone, since)
    if last_run is None:
        return moments.on_or_after(moments.first_day)
    day = last_run.astimezone(moments.zone).date() + timedelta(days=moments.days)
    return moments.on_or_after(day)
