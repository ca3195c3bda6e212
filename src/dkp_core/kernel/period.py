"""Spans of time, half-open; and local times made into moments."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from dkp_core.kernel.errors import Invalid, InvalidValue

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOON: Final = time(12)
_MIDNIGHT: Final = time(0)


def _aware(_: object, attribute: object, value: datetime) -> None:
    assert value.tzinfo is not None, f"{attribute} lacks its zone"


@frozen
class Period:
    """[start, end): the start belongs to it, the end does not (G-2)."""

    start: datetime = field(validator=_aware)
    end: datetime = field(validator=_aware)

    @classmethod
    def days_before(cls, at: datetime, days: int) -> Period:
        """The `days` × 24 hours before `at`."""
        return cls(at - timedelta(days=days), at)

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@define
class AmbiguousTime(Invalid):
    """A wall-clock time that exists twice, when clocks are set back; the offset decides which is meant (D-13)."""

    name: str
    local: datetime
    zone: str
    earlier: datetime
    later: datetime
    code: ClassVar[str] = "ambiguous_time"

    @property
    def field(self) -> str:
        return self.name

    @property
    def sentence(self) -> str:
        return (
            f"{self.name}: {self.local:%Y-%m-%d %H:%M:%S} exists twice in {self.zone}; accepted: "
            f"{self.earlier.isoformat()} or {self.later.isoformat()}."
        )


@define
class NonexistentTime(Invalid):
    """A wall-clock time that never was, because clocks were set forward over it."""

    name: str
    local: datetime
    zone: str
    code: ClassVar[str] = "nonexistent_time"

    @property
    def field(self) -> str:
        return self.name

    @property
    def sentence(self) -> str:
        return (
            f"{self.name}: {self.local:%Y-%m-%d %H:%M:%S} never was in {self.zone}, where clocks were set forward; "
            "accepted: a time that was."
        )


def zone_named(name: str, field_name: str = "timezone") -> ZoneInfo:
    """The IANA zone of that name, such as Europe/Berlin. Raises: InvalidValue."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as unknown:  # ZoneInfoNotFoundError is a KeyError
        fault = f"{name[:60]!r} is no time zone"
        raise InvalidValue(field_name, fault, "an IANA name such as Europe/Berlin, or UTC") from unknown


def moment_of(local: datetime, zone: str, field_name: str = "at", zone_field: str = "zone") -> datetime:
    """The UTC moment of a wall-clock time in a zone; a time with an offset is taken at its word.

    Raises: AmbiguousTime, NonexistentTime, InvalidValue (no such zone, or out of the calendar).
    """
    try:
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        where = zone_named(zone, zone_field)
        earlier, later = local.replace(tzinfo=where, fold=0), local.replace(tzinfo=where, fold=1)
        if earlier.utcoffset() == later.utcoffset():
            return earlier.astimezone(UTC)
        if earlier.astimezone(UTC).astimezone(where).replace(tzinfo=None) != local:
            raise NonexistentTime(field_name, local, zone)
    except OverflowError as far:
        raise InvalidValue(field_name, "it is out of the calendar", "a time between 1970 and 9998") from far
    raise AmbiguousTime(field_name, local, zone, earlier, later)


def night_of(moment: datetime, zone: str) -> Period:
    """The night that a moment belongs to, from noon to noon on the clocks of that zone (G-2)."""
    where = zone_named(zone)
    local = moment.astimezone(where)
    day = local.date() if local.time() >= _NOON else local.date() - timedelta(days=1)
    start, end = (datetime.combine(each, _NOON, where) for each in (day, day + timedelta(days=1)))
    return Period(start.astimezone(UTC), end.astimezone(UTC))


def week_of(moment: datetime, zone: str, first_day: int) -> Period:
    """The week that a moment belongs to on the clocks of that zone; `first_day` is its first, 0 is Monday (G-2)."""
    where = zone_named(zone)
    day = moment.astimezone(where).date()
    first = day - timedelta(days=(day.weekday() - first_day) % 7)
    start, end = (datetime.combine(each, _MIDNIGHT, where) for each in (first, first + timedelta(days=7)))
    return Period(start.astimezone(UTC), end.astimezone(UTC))
