"""Spans of time, and local times made into moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.period import BEGINNING, AmbiguousTime, NonexistentTime, Period, moment_of, zone_named

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)


def local(*parts: int) -> datetime:
    """A wall-clock time."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001  # a wall clock has no zone


def test_the_start_belongs_to_a_period_and_the_end_does_not() -> None:
    """G-2: windows are half-open."""
    period = Period(NOON, NOON + HOUR)
    assert NOON in period
    assert NOON + HOUR - timedelta(microseconds=1) in period
    assert NOON + HOUR not in period
    assert NOON - timedelta(microseconds=1) not in period


def test_days_before_are_exact_days() -> None:
    """G-2, D-9: N × 24 h, whatever clocks do."""
    period = Period.days_before(NOON, 30)
    assert period.end == NOON
    assert period.end - period.start == timedelta(hours=30 * 24)


@pytest.mark.parametrize("start", [True, False])
def test_a_period_needs_zones(start: bool) -> None:
    """G-2: timezone-aware, always."""
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(AssertionError, match="lacks its zone"):
        Period(naive if start else NOON, NOON if start else naive)


def test_time_begins_in_1970() -> None:
    """P-11: from the beginning means from here."""
    assert datetime(1970, 1, 1, tzinfo=UTC) == BEGINNING


def test_a_wall_clock_time_becomes_its_moment() -> None:
    """D-13: derived times are UTC."""
    assert moment_of(local(2026, 7, 4, 21, 30), BERLIN) == datetime(2026, 7, 4, 19, 30, tzinfo=UTC)
    assert moment_of(local(2026, 1, 4, 21, 30), BERLIN) == datetime(2026, 1, 4, 20, 30, tzinfo=UTC)
    assert moment_of(local(2026, 1, 4, 21, 30), "UTC").tzinfo is UTC


def test_a_time_with_an_offset_is_taken_at_its_word() -> None:
    """D-13: whoever says the offset has said it all."""
    given_ = datetime(2026, 7, 4, 21, 30, tzinfo=timezone(timedelta(hours=-5)))
    moment = moment_of(given_, "nowhere at all")
    assert moment == datetime(2026, 7, 5, 2, 30, tzinfo=UTC)
    assert moment.tzinfo is UTC


def test_an_hour_that_exists_twice_is_flagged_with_both_moments() -> None:
    """D-13: an hour that exists twice is flagged; either offset is accepted then."""
    with pytest.raises(AmbiguousTime) as refused:
        moment_of(local(2026, 10, 25, 2, 30), BERLIN, "started")
    assert refused.value.field == "started"
    assert refused.value.code == "ambiguous_time"
    assert refused.value.sentence == (
        "started: 2026-10-25 02:30:00 exists twice in Europe/Berlin; accepted: "
        "2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00."
    )
    assert moment_of(refused.value.earlier, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moment_of(refused.value.later, BERLIN) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_which_of_two_hours_is_meant_is_told_by_the_offset_alone() -> None:
    """D-13: Python's fold is a guess of some program, and the moments are told in their order all the same."""
    with pytest.raises(AmbiguousTime) as refused:
        moment_of(local(2026, 10, 25, 2, 30).replace(fold=1), BERLIN)
    assert (refused.value.earlier.utcoffset(), refused.value.later.utcoffset()) == (2 * HOUR, HOUR)


@pytest.mark.parametrize(("hour", "minute", "moment"), [(1, 59, (2026, 10, 24, 23, 59)), (3, 0, (2026, 10, 25, 2, 0))])
def test_the_hours_around_the_double_one_exist_once(
    hour: int, minute: int, moment: tuple[int, int, int, int, int]
) -> None:
    """D-13: only the doubled hour is asked about."""
    assert moment_of(local(2026, 10, 25, hour, minute), BERLIN) == datetime(*moment, tzinfo=UTC)


def test_an_hour_that_never_was_is_refused() -> None:
    """G-8: clocks were set forward over it."""
    with pytest.raises(NonexistentTime) as refused:
        moment_of(local(2026, 3, 29, 2, 30), BERLIN)
    assert refused.value.field == "at"
    assert refused.value.code == "nonexistent_time"
    assert refused.value.sentence == (
        "at: 2026-03-29 02:30:00 never was in Europe/Berlin, where clocks were set forward; accepted: a time that was."
    )


@given(st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)))  # noqa: DTZ001  # wall-clock times
def test_a_moment_shows_the_wall_clock_time_it_was_made_from(wall: datetime) -> None:
    """D-13: there and back."""
    try:
        moment = moment_of(wall, "America/New_York")
    except (AmbiguousTime, NonexistentTime):
        return
    assert moment.astimezone(zone_named("America/New_York")).replace(tzinfo=None, fold=0) == wall.replace(fold=0)


@pytest.mark.parametrize(
    "name", ["", "Berlin", "Europe/Nowhere", "../etc/passwd", "/etc/passwd", "Europe/Berlin\x00", "x" * 99]
)
def test_an_unknown_zone_is_refused(name: str) -> None:
    """G-8: the field is named, and what is accepted."""
    with pytest.raises(InvalidValue) as refused:
        zone_named(name)
    assert refused.value.name == "timezone"
    assert refused.value.fault == f"{name[:60]!r} is no time zone"
    assert refused.value.accepted == "an IANA name such as Europe/Berlin, or UTC"
    with pytest.raises(InvalidValue) as at:
        moment_of(local(2026, 1, 1), name)
    assert at.value.name == "zone"


@pytest.mark.parametrize(("wall", "zone"), [((9999, 12, 31, 23), "America/New_York"), ((1, 1, 1, 0), "Asia/Tokyo")])
def test_a_time_out_of_the_calendar_is_refused(wall: tuple[int, int, int, int], zone: str) -> None:
    """G-8: a moment that UTC has no date for."""
    with pytest.raises(InvalidValue) as refused:
        moment_of(local(*wall), zone, "at")
    assert refused.value.sentence == "at: it is out of the calendar; accepted: a time between 1970 and 9998."
