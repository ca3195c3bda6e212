"""Schedules: when policies run, on the guild's clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.period import AmbiguousTime, NonexistentTime, moment_of
from dkp_core.points.schedule import Moments, Schedule, Unit, next_run

BERLIN = "Europe/Berlin"
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def utc(*parts: int) -> datetime:
    """A moment."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def every(count: int, unit: Unit, at: str = "00:00", starts_on: str | None = None) -> Schedule:
    """A schedule."""
    return Schedule(every=count, unit=unit, at=at, starts_on=starts_on)


def several(moments: Moments, since: datetime, count: int) -> list[str]:
    """The next moments after one, as UTC shows them."""
    found = []
    for _ in range(count):
        since = moments.after(since)
        found.append(f"{since:%m-%d %H:%M}")
    return found


def test_a_schedule_is_read_from_json_and_told_as_it() -> None:
    """P-6: kept as data."""
    told = {"every": 2, "unit": "days", "at": "06:30", "starts_on": "2026-11-23"}
    schedule = Schedule.of(told, "schedule")
    assert schedule == every(2, Unit.DAYS, "06:30", "2026-11-23")
    assert schedule.values() == told
    assert Schedule().values() == {"every": 1, "unit": "weeks", "at": "00:00", "starts_on": None}
    assert (Schedule().days, schedule.days) == (7, 2)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"every": 0}, "decay.every: '0' is not accepted; accepted: a whole number from 1 to 366."),
        ({"every": 367}, "decay.every: '367' is not accepted; accepted: a whole number from 1 to 366."),
        ({"unit": "months"}, "decay.unit: 'months' is not accepted; accepted: days, weeks."),
        ({"at": "24:00"}, "decay.at: '24:00' is no time of day; accepted: 00:00 to 23:59, as HH:MM."),
        ({"at": "6:00"}, "decay.at: '6:00' is no time of day; accepted: 00:00 to 23:59, as HH:MM."),
        ({"at": 6}, "decay.at: '6' is no time of day; accepted: 00:00 to 23:59, as HH:MM."),
        (
            {"starts_on": "23.11.2026"},
            "decay.starts_on: '23.11.2026' is no date; accepted: 1990-01-01 to 2199-12-31, as YYYY-MM-DD.",
        ),
        (
            {"starts_on": "2026-02-29"},
            "decay.starts_on: '2026-02-29' is not in the calendar; accepted: 1990-01-01 to 2199-12-31, as YYYY-MM-DD.",
        ),
        (
            {"starts_on": "9999-12-31"},
            "decay.starts_on: '9999-12-31' is out of range; accepted: 1990-01-01 to 2199-12-31, as YYYY-MM-DD.",
        ),
        ({"begins": 1}, "decay.begins: there is no such field; accepted: every, unit, at, starts_on."),
    ],
)
def test_what_is_no_schedule_is_told(values: dict[str, object], sentence: str) -> None:
    """G-8: the field, what is wrong and what is accepted."""
    with pytest.raises(InvalidValue) as refused:
        Schedule.of(values, "decay")
    assert refused.value.sentence == sentence


def test_a_zone_that_is_none_is_refused() -> None:
    """G-8: as everywhere."""
    with pytest.raises(InvalidValue, match="no time zone"):
        Schedule().moments("Europe/Nowhere", utc(2026, 1, 1))


def test_every_two_days_from_a_day_on() -> None:
    """P-6, G-2: at a time on the guild's clocks, in winter an hour before UTC's."""
    moments = every(2, Unit.DAYS, "06:30", "2026-11-23").moments(BERLIN, utc(2026, 11, 1))
    assert several(moments, utc(2026, 11, 1), 3) == ["11-23 05:30", "11-25 05:30", "11-27 05:30"]
    assert moments.after(utc(2026, 11, 23, 5, 30)) == utc(2026, 11, 25, 5, 30)
    assert moments.after(utc(2026, 11, 23, 5, 29)) == utc(2026, 11, 23, 5, 30)
    assert moments.until(utc(2026, 11, 23, 5, 29)) is None
    assert moments.until(utc(2026, 11, 23, 5, 30)) == utc(2026, 11, 23, 5, 30)
    assert moments.until(utc(2026, 11, 27, 5, 29)) == utc(2026, 11, 25, 5, 30)


def test_without_a_first_day_it_is_the_day_it_was_set_in_the_guild() -> None:
    """P-6: but not before it was set."""
    late = utc(2026, 11, 20, 23, 30)  # the 21st in Berlin
    assert several(every(1, Unit.WEEKS, "00:15").moments(BERLIN, late), late, 2) == ["11-27 23:15", "12-04 23:15"]
    assert several(every(1, Unit.WEEKS, "01:00").moments(BERLIN, late), late, 2) == ["11-21 00:00", "11-28 00:00"]
    assert every(1, Unit.DAYS, "00:30").moments(BERLIN, late).until(late) == late


def test_a_time_that_clocks_are_set_forward_over_is_the_end_of_the_gap() -> None:
    """P-6: at half past two when two is followed by three; and the day after as ever."""
    moments = every(1, Unit.DAYS, "02:30", "2026-03-28").moments(BERLIN, utc(2026, 3, 1))
    assert several(moments, utc(2026, 3, 1), 3) == ["03-28 01:30", "03-29 01:00", "03-30 00:30"]


def test_a_time_that_exists_twice_is_the_first() -> None:
    """P-6: and once only."""
    moments = every(1, Unit.DAYS, "02:30", "2026-10-24").moments(BERLIN, utc(2026, 10, 1))
    assert several(moments, utc(2026, 10, 1), 3) == ["10-24 00:30", "10-25 00:30", "10-26 01:30"]


def test_a_day_that_never_was_brings_no_second_run() -> None:
    """P-6: Samoa had no 30 December 2011; what was to run then runs as the 31st begins, and with what runs there."""
    moments = every(1, Unit.DAYS, "00:00", "2011-12-29").moments("Pacific/Apia", utc(2011, 12, 1))
    assert several(moments, utc(2011, 12, 1), 3) == ["12-29 10:00", "12-30 10:00", "12-31 10:00"]


# --- the same, counted day by day -------------------------------------------------------------------------------------

schedules = st.builds(
    every,
    st.integers(1, 20),
    st.sampled_from(Unit),
    st.times().map(lambda of_day: f"{of_day:%H:%M}"),
    st.dates(date(2025, 9, 1), date(2027, 2, 1)).map(str),
)
zones = st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "UTC"])
moments_of_years = st.datetimes(datetime(2025, 9, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001


def counted(schedule: Schedule, zone: str, since: datetime, until: datetime) -> list[datetime]:
    """All moments up to one, day by day, and minute by minute through a gap."""
    day, found = date.fromisoformat(schedule.starts_on or ""), list[datetime]()
    while day <= until.date() + 2 * DAY:
        wall = datetime.combine(day, time.fromisoformat(schedule.at))
        while True:
            try:
                found.append(moment_of(wall, zone))
            except AmbiguousTime as twice:
                found.append(twice.earlier.astimezone(UTC))
            except NonexistentTime:
                wall += MINUTE
                continue
            break
        day += schedule.days * DAY
    return [each for each in found if since <= each <= until]


@given(schedules, zones, moments_of_years, moments_of_years)
@settings(max_examples=80)
def test_moments_are_what_counting_day_by_day_gives(
    schedule: Schedule, zone: str, since: datetime, until: datetime
) -> None:
    """P-6, G-2: none missing, none twice, whatever clocks do; and found without counting."""
    moments = schedule.moments(zone, since)
    wanted = counted(schedule, zone, since, until)
    assert list(moments.between(since - MINUTE, until)) == wanted
    assert moments.until(until) == (wanted[-1] if wanted else None)
    assert moments.after(until) > until
    assert [moments.after(one) for one in wanted[:-1]] == wanted[1:]
    assert [moments.until(one) for one in wanted] == wanted


def test_a_long_absence_costs_no_more_than_a_short_one() -> None:
    """P-6: each step is the same work after a century."""
    moments = every(1, Unit.DAYS, "12:00", "1990-01-01").moments("UTC", utc(1990, 1, 1))
    assert moments.after(utc(2190, 6, 1)) == utc(2190, 6, 1, 12)
    assert moments.until(utc(2190, 6, 1)) == utc(2190, 5, 31, 12)


def test_a_schedule_that_began_long_ago_is_not_counted_from_its_first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """P-7, O-15: the next run is found near the moment when it was set, not by way of all those before it."""
    looked_at: list[int] = []
    moment = Moments._moment

    def counted(self: Moments, number: int) -> datetime:
        looked_at.append(number)
        return moment(self, number)

    monkeypatch.setattr(Moments, "_moment", counted)
    daily = every(1, Unit.DAYS, "12:00", "1990-01-01")
    assert next_run(daily, "Europe/Berlin", since=utc(2026, 11, 1, 12), last_run=None) == utc(2026, 11, 2, 11)
    assert len(looked_at) < 5


# --- the next run -----------------------------------------------------------------------------------------------------

MONDAYS = every(1, Unit.WEEKS, "06:00", "2026-11-02")
SET = utc(2026, 11, 1)


def test_the_first_run_is_the_first_moment_since_it_was_set() -> None:
    """P-7: also when that moment is past already."""
    assert next_run(MONDAYS, "UTC", since=SET, last_run=None) == utc(2026, 11, 2, 6)
    assert next_run(MONDAYS, "UTC", since=utc(2026, 11, 2, 6), last_run=None) == utc(2026, 11, 2, 6)
    assert next_run(MONDAYS, "UTC", since=utc(2026, 11, 2, 7), last_run=None) == utc(2026, 11, 9, 6)


def test_after_an_outage_the_missed_runs_come_one_after_another() -> None:
    """P-7: the oldest first, each with its own moment."""
    runs, last = [], None
    while (last := next_run(MONDAYS, "UTC", since=SET, last_run=last)) <= utc(2026, 11, 24):
        runs.append(f"{last:%m-%d}")
    assert runs == ["11-02", "11-09", "11-16", "11-23"]


def test_a_change_in_the_middle_of_a_period_brings_no_second_run_into_it() -> None:
    """P-7: a new schedule waits for a whole interval of its own after the last run, on the guild's calendar."""
    last, changed = utc(2026, 11, 16, 6), utc(2026, 11, 18)
    thursdays = every(1, Unit.WEEKS, "06:00", "2026-11-05")
    assert next_run(thursdays, "UTC", since=changed, last_run=last) == utc(2026, 11, 26, 6)
    earlier = every(1, Unit.WEEKS, "05:00", "2026-11-02")
    assert next_run(earlier, "UTC", since=changed, last_run=last) == utc(2026, 11, 23, 5)
    daily = every(1, Unit.DAYS, "06:00")
    assert next_run(daily, "UTC", since=changed, last_run=last) == utc(2026, 11, 18, 6)
    assert next_run(daily, "UTC", since=utc(2026, 11, 16, 5), last_run=last) == utc(2026, 11, 17, 6)


@given(zones, st.lists(st.tuples(schedules, moments_of_years), min_size=1, max_size=4))
@settings(max_examples=60)
def test_however_often_the_schedule_changes_runs_keep_their_distance(
    zone: str, changes: list[tuple[Schedule, datetime]]
) -> None:
    """P-7: no two runs are closer than an interval of the schedule that made the later one."""
    changes.sort(key=lambda each: each[1])
    last, runs = None, list[tuple[datetime, int]]()
    for (schedule, since), following in zip(changes, [*changes[1:], None], strict=True):
        until = following[1] if following else since + 200 * DAY
        for _ in range(20):
            found = next_run(schedule, zone, since=since, last_run=last)
            assert found >= since
            if found >= until:
                break
            runs.append((found, schedule.days))
            last = found
    zone_of = Schedule().moments(zone, SET).zone
    for (one, _), (other, days) in pairwise(runs):
        assert (other.astimezone(zone_of).date() - one.astimezone(zone_of).date()).days >= days
    assert [at for at, _ in runs] == sorted({at for at, _ in runs})
