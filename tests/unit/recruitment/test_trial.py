"""How a trial judges itself (V-12)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.points import Points
from dkp_core.raids import AttendanceShare
from dkp_core.recruitment import (
    Criterion,
    Finding,
    Option,
    Performance,
    RecruitmentRules,
    Trial,
    judge,
    proposed,
    recent_period,
)
from tests.unit.recruitment.candidates import NOON

INSTANT = timedelta(microseconds=1)
WEEK = timedelta(weeks=1)
TRIAL = Trial.begin(NOON, timedelta(days=30))
RULES = RecruitmentRules.of(
    {"trial_attendance_percent": 50, "trial_attendance_weeks": 2, "trial_points": "100", "trial_raids": 4}, "rules"
)
GOOD = Performance(recent=AttendanceShare(4, 8), raids=4, points=Points.of(100))


def findings(done: Performance, at: timedelta, rules: RecruitmentRules = RULES) -> dict[str, str]:
    """How the trial stands by each rule, some time after its start."""
    return {str(each.criterion): str(each.finding) for each in judge(TRIAL, rules, done, NOON + at)}


def test_without_rules_nothing_is_judged_or_proposed() -> None:
    """V-12: each rule is optional, and a guild may have none."""
    assert judge(TRIAL, RecruitmentRules(), GOOD, NOON) == ()
    assert proposed(()) is None


def test_what_reaches_every_expectation_is_proposed_to_pass() -> None:
    """V-12: exactly as much as is wanted is enough."""
    assert findings(GOOD, 2 * WEEK) == {"attendance": "met", "points": "met", "raids": "met"}
    assert proposed(judge(TRIAL, RULES, GOOD, NOON + 2 * WEEK)) is Option.PASS


def test_attendance_is_not_met_before_its_weeks_are_over() -> None:
    """V-12: after one raid of one it would be 100 %."""
    assert findings(GOOD, 2 * WEEK - INSTANT)["attendance"] == "not_yet"
    assert findings(GOOD, 2 * WEEK)["attendance"] == "met"
    assert proposed(judge(TRIAL, RULES, GOOD, NOON + 2 * WEEK - INSTANT)) is None


@pytest.mark.parametrize(
    ("done", "criterion"),
    [
        (Performance(recent=AttendanceShare(3, 8), raids=4, points=Points.of(100)), Criterion.ATTENDANCE),
        (Performance(recent=AttendanceShare(4, 8), raids=4, points=Points.of("99.99")), Criterion.POINTS),
        (Performance(recent=AttendanceShare(4, 8), raids=3, points=Points.of(100)), Criterion.RAIDS),
    ],
)
def test_what_is_not_reached_is_missed_only_once_the_trial_is_over(done: Performance, criterion: Criterion) -> None:
    """V-12: until then it may still be; one that is missed is enough to propose a fail."""
    length = timedelta(days=30)
    assert findings(done, length - INSTANT)[criterion] == "not_yet"
    assert findings(done, length)[criterion] == "missed"
    assert proposed(judge(TRIAL, RULES, done, NOON + length - INSTANT)) is None
    assert proposed(judge(TRIAL, RULES, done, NOON + length)) is Option.FAIL


def test_a_trial_that_is_shorter_than_the_weeks_is_judged_at_its_end() -> None:
    """V-12: nobody waits for weeks that are not part of the trial."""
    rules = RecruitmentRules.of({"trial_attendance_percent": 50, "trial_attendance_weeks": 8}, "rules")
    assert findings(GOOD, timedelta(days=30) - INSTANT, rules) == {"attendance": "not_yet"}
    assert findings(GOOD, timedelta(days=30), rules) == {"attendance": "met"}


def test_no_raids_held_are_no_attendance() -> None:
    """D-9: nothing held gives 0."""
    assert findings(Performance(), timedelta(days=30))["attendance"] == "missed"


def test_attendance_is_compared_as_a_fraction() -> None:
    """D-9: 49.996 % is shown as 50.00, and is less."""
    almost = Performance(recent=AttendanceShare(12_499, 25_000), raids=4, points=Points.of(100))
    verdict = judge(TRIAL, RULES, almost, NOON + 3 * WEEK)[0]
    assert (verdict.found, verdict.wanted, verdict.finding) == ("50.00", "50.00", Finding.NOT_YET)


@given(st.timedeltas(timedelta(0), timedelta(days=90)))
def test_what_is_counted_is_never_of_before_or_after_the_trial(passed: timedelta) -> None:
    """V-12: a window of the trial's last weeks, of none before its start."""
    counted = recent_period(TRIAL, RULES, NOON + passed)
    assert TRIAL.starts_at <= counted.start <= counted.end <= TRIAL.ends_at
    assert counted.end - counted.start <= 2 * WEEK
    assert counted.end == min(NOON + passed, TRIAL.ends_at)


@given(
    st.builds(
        Performance,
        recent=st.builds(AttendanceShare, st.integers(0, 8), st.just(8)),
        raids=st.integers(0, 8),
        points=st.integers(0, 20_000).map(Points),
    ),
    st.integers(0, 60),
)
def test_once_the_trial_is_over_nothing_is_left_open(done: Performance, days: int) -> None:
    """V-12: at the end each rule is met or missed, and an outcome is proposed."""
    verdicts = judge(TRIAL, RULES, done, NOON + timedelta(days=days))
    left = [each for each in verdicts if each.finding is Finding.NOT_YET]
    missed = [each for each in verdicts if each.finding is Finding.MISSED]
    if days >= 30:
        assert not left
        assert proposed(verdicts) is (Option.FAIL if missed else Option.PASS)
    else:
        assert not missed
        assert (proposed(verdicts) is None) is bool(left)
