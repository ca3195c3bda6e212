"""Trials, and what their rules make of them: a proposal, never a decision (V-4, V-12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import evolve, field, frozen

from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO, Points
from dkp_core.raids import AttendanceShare
from dkp_core.recruitment.rules import RecruitmentRules
from dkp_core.recruitment.status import Option


@frozen(kw_only=True)
class Trial:
    """A trial in [starts_at, ends_at); `overdue` once it ended without a vote and the recruiters were told."""

    starts_at: datetime
    ends_at: datetime
    overdue: bool = False

    @classmethod
    def begin(cls, at: datetime, length: timedelta) -> Trial:
        """A trial that begins now."""
        return cls(starts_at=at, ends_at=at + length)

    def is_over(self, at: datetime) -> bool:
        """Whether its time has passed."""
        return at >= self.ends_at

    def period(self, at: datetime) -> Period:
        """What of it has passed at that moment: what is done after its end is done by no trial."""
        return Period(self.starts_at, max(self.starts_at, min(at, self.ends_at)))

    def longer(self, length: timedelta, at: datetime) -> Trial:
        """The trial, longer by so much from its end, or from now where that has been."""
        return evolve(self, ends_at=max(at, self.ends_at) + length, overdue=False)


@frozen(kw_only=True)
class Performance:
    """What somebody on trial has done; their character's name counts for them while it stands for nobody.

    `attendance` is over the trial, `recent` over the weeks that the rules ask about; `raids` were attended during the
    trial; `points` were earned ever in the rules' pool, with what waits for the name to be resolved.
    """

    attendance: AttendanceShare = field(factory=AttendanceShare)
    recent: AttendanceShare = field(factory=AttendanceShare)
    raids: int = 0
    points: Points = ZERO


class Criterion(StrEnum):
    """What a trial may be judged by."""

    ATTENDANCE = "attendance"
    POINTS = "points"
    RAIDS = "raids"


class Finding(StrEnum):
    """How a trial stands by one of its rules."""

    MET = "met"
    NOT_YET = "not_yet"
    MISSED = "missed"


@frozen(kw_only=True)
class Verdict:
    """One rule of a trial: what is wanted, what is there (in percent, points or raids), and what that makes."""

    criterion: Criterion
    wanted: str
    found: str
    finding: Finding


def recent_period(trial: Trial, rules: RecruitmentRules, at: datetime) -> Period:
    """What the attendance that is expected is counted over: the last weeks of the trial, and nothing before it."""
    end = min(at, trial.ends_at)
    return Period(min(end, max(trial.starts_at, end - rules.recent)), end)


def judge(trial: Trial, rules: RecruitmentRules, done: Performance, at: datetime) -> tuple[Verdict, ...]:
    """How the trial stands by each of its rules.

    Attendance is met only once it could be counted over all its weeks, or the trial is over: at the first raid it is
    all or nothing. What is not met is missed once the trial is over, for until then it may still be.
    """
    over = trial.is_over(at)
    long_enough = over or at - rules.recent >= trial.starts_at
    verdicts = []
    if rules.trial_attendance_percent is not None:
        verdicts.append(
            Verdict(
                criterion=Criterion.ATTENDANCE,
                wanted=f"{rules.trial_attendance_percent}.00",
                found=done.recent.percent,
                finding=_finding(
                    met=long_enough and 100 * done.recent.fraction >= rules.trial_attendance_percent, over=over
                ),
            )
        )
    if rules.trial_points is not None:
        verdicts.append(
            Verdict(
                criterion=Criterion.POINTS,
                wanted=str(rules.trial_points),
                found=str(done.points),
                finding=_finding(met=done.points >= rules.trial_points, over=over),
            )
        )
    if rules.trial_raids is not None:
        verdicts.append(
            Verdict(
                criterion=Criterion.RAIDS,
                wanted=str(rules.trial_raids),
                found=str(done.raids),
                finding=_finding(met=done.raids >= rules.trial_raids, over=over),
            )
        )
    return tuple(verdicts)


def proposed(verdicts: tuple[Verdict, ...]) -> Option | None:
    """What the verdicts propose: pass once all are met, fail once one is missed; None before, and without any."""
    findings = {verdict.finding for verdict in verdicts}
    if Finding.MISSED in findings:
        return Option.FAIL
    return Option.PASS if findings == {Finding.MET} else None


def _finding(*, met: bool, over: bool) -> Finding:
    if met:
        return Finding.MET
    return Finding.MISSED if over else Finding.NOT_YET
