"""What is to be learnt from all applications (V-10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from statistics import median_low

from dkp_core.kernel.ids import UserId
from dkp_core.kernel.period import zone_named
from dkp_core.recruitment.status import ApplicationStatus, Option
from dkp_core.recruitment.views import ApplicationFact, ApplicationStatistics, MonthRow, RecruiterRow


def statistics_of(facts: Sequence[ApplicationFact], timezone: str) -> ApplicationStatistics:
    """The statistics of these applications; months are those of the time zone's calendar."""
    statuses = Counter(fact.status for fact in facts)
    outcomes = Counter(fact.outcome for fact in facts)
    passed, failed = outcomes[Option.PASS], outcomes[Option.FAIL]
    seconds = [each for fact in facts if (each := _seconds_to_decision(fact)) is not None]
    return ApplicationStatistics(
        months=_months(facts, timezone),
        applications=len(facts),
        decided=len(seconds),
        passed=passed,
        failed=failed,
        rejected=statuses[ApplicationStatus.REJECTED],
        withdrawn=statuses[ApplicationStatus.WITHDRAWN],
        pass_rate=_percent(passed, passed + failed),
        median_seconds=median_low(seconds) if seconds else None,
        mean_seconds=sum(seconds) // len(seconds) if seconds else None,
        recruiters=_recruiters(facts),
    )


def _seconds_to_decision(fact: ApplicationFact) -> int | None:
    """From submission to the vote's decision or the rejection; withdrawing is the applicant's own."""
    if fact.ended_at is None or fact.status is ApplicationStatus.WITHDRAWN:
        return None
    return int((fact.ended_at - fact.submitted_at).total_seconds())


def _months(facts: Sequence[ApplicationFact], timezone: str) -> tuple[MonthRow, ...]:
    zone = zone_named(timezone)
    counted = Counter((f"{fact.submitted_at.astimezone(zone):%Y-%m}", fact.status, fact.outcome) for fact in facts)
    order = list(ApplicationStatus)
    found = sorted(counted, key=lambda each: (each[0], order.index(each[1]), each[2] or ""))
    return tuple(
        MonthRow(month=month, status=status, outcome=outcome, applications=counted[month, status, outcome])
        for month, status, outcome in found
    )


def _recruiters(facts: Sequence[ApplicationFact]) -> tuple[RecruiterRow, ...]:
    """Who reviewed how many, the busiest first, then by user id."""
    by_reviewer: dict[UserId, list[ApplicationFact]] = {}
    for fact in facts:
        if fact.reviewer_id is not None:
            by_reviewer.setdefault(fact.reviewer_id, []).append(fact)
    found = sorted(by_reviewer, key=lambda user_id: (-len(by_reviewer[user_id]), user_id))
    return tuple(
        RecruiterRow(
            user_id=user_id,
            username=by_reviewer[user_id][0].reviewer or "",
            accepted=sum(fact.accepted for fact in by_reviewer[user_id]),
            rejected=sum(fact.status is ApplicationStatus.REJECTED for fact in by_reviewer[user_id]),
            passed=sum(fact.outcome is Option.PASS for fact in by_reviewer[user_id]),
            failed=sum(fact.outcome is Option.FAIL for fact in by_reviewer[user_id]),
        )
        for user_id in found
    )


def _percent(part: int, whole: int) -> str:
    """In percent with two decimals, rounded half-up; 0 of nothing."""
    hundredths = int(Fraction(10_000 * part, whole) + Fraction(1, 2)) if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}"
