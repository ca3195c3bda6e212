"""What is to be learnt from all applications (V-10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dkp_core.kernel.ids import UserId
from dkp_core.recruitment import ApplicationFact, ApplicationStatus, Option
from dkp_core.recruitment.statistics import statistics_of
from tests.unit.recruitment.candidates import NOON

ANNA, BEN = UserId(1), UserId(2)


def fact(
    status: ApplicationStatus,
    outcome: Option | None = None,
    *,
    at: datetime = NOON,
    days: int | None = None,
    reviewer: UserId | None = None,
    accepted: bool = False,
) -> ApplicationFact:
    """An application of those that are counted; it took so many days."""
    return ApplicationFact(
        status=status,
        outcome=outcome,
        submitted_at=at,
        ended_at=None if days is None else at + timedelta(days=days),
        accepted=accepted,
        reviewer_id=reviewer,
        reviewer=None if reviewer is None else {ANNA: "Anna", BEN: "Ben"}[reviewer],
    )


COMPLETE, REJECTED = ApplicationStatus.VOTING_COMPLETE, ApplicationStatus.REJECTED
FACTS = (
    fact(COMPLETE, Option.PASS, days=30, reviewer=ANNA, accepted=True),
    fact(COMPLETE, Option.PASS, days=40, reviewer=ANNA, accepted=True),
    fact(COMPLETE, Option.FAIL, days=20, reviewer=BEN, accepted=True),
    fact(REJECTED, days=1, reviewer=ANNA),
    fact(ApplicationStatus.WITHDRAWN, days=2),
    fact(ApplicationStatus.SUBMITTED, at=NOON + timedelta(days=20)),
)


def test_no_applications_are_no_statistics() -> None:
    """V-10: and nothing is divided by it."""
    nothing = statistics_of((), "UTC")
    assert (nothing.applications, nothing.pass_rate, nothing.median_seconds, nothing.mean_seconds) == (
        0,
        "0.00",
        None,
        None,
    )


def test_the_pass_rate_is_of_those_that_were_voted_on() -> None:
    """V-10: two of three, rounded as everywhere."""
    found = statistics_of(FACTS, "UTC")
    assert (found.passed, found.failed, found.rejected, found.withdrawn) == (2, 1, 1, 1)
    assert (found.applications, found.decided, found.pass_rate) == (6, 4, "66.67")


def test_the_time_to_decision_leaves_out_who_withdrew() -> None:
    """V-10: of 1, 20, 30 and 40 days."""
    found = statistics_of(FACTS, "UTC")
    day = 24 * 3600
    assert (found.median_seconds, found.mean_seconds) == (20 * day, 91 * day // 4)


def test_months_are_those_of_the_guild() -> None:
    """V-10, G-2: what is still October in one place is November in another."""
    at = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    assert statistics_of([fact(REJECTED, at=at)], "UTC").months[0].month == "2026-10"
    assert statistics_of([fact(REJECTED, at=at)], "Europe/Berlin").months[0].month == "2026-11"


def test_each_month_tells_how_many_stand_where() -> None:
    """V-10: by month and status; every application is in one line."""
    months = statistics_of(FACTS, "UTC").months
    assert sum(each.applications for each in months) == len(FACTS)
    told = [(each.month, str(each.status), each.outcome, each.applications) for each in months]
    assert ("2026-11", "voting_complete", Option.PASS, 2) in told
    assert ("2026-12", "submitted", None, 1) in told
    assert [each[0] for each in told] == sorted(each[0] for each in told)


def test_recruiters_are_told_what_became_of_theirs() -> None:
    """V-10: by who accepted or rejected; the busiest first."""
    anna, ben = statistics_of(FACTS, "UTC").recruiters
    assert (anna.username, anna.accepted, anna.rejected, anna.passed, anna.failed) == ("Anna", 2, 1, 2, 0)
    assert (ben.username, ben.accepted, ben.rejected, ben.passed, ben.failed) == ("Ben", 1, 0, 0, 1)
