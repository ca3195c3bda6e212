"""Which runs of a pool's policies are due, and under which policies each is made (P-6, P-7, P-9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_core.kernel.period import zone_named
from dkp_core.points.batch import BatchKind
from dkp_core.points.policies import BonusFor, InForce, Policies
from dkp_core.points.schedule import Schedule, next_run

ORDER: Final = (BatchKind.DECAY, BatchKind.INACTIVITY, BatchKind.BONUS, BatchKind.CAP)
"""In which order runs of the same moment are made: what one books, those after it count with."""

Rule = tuple[BatchKind, str]
"""What runs: a kind, and the name of the bonus where the policies have several."""


@frozen(kw_only=True)
class Run:
    """A run of a rule: its moment, and the policies that it is made under."""

    rule: Rule
    at: datetime
    in_force: InForce

    @property
    def kind(self) -> BatchKind:
        """What kind of batch it makes."""
        return self.rule[0]


def scheduled(policies: Policies) -> Mapping[Rule, Schedule]:
    """What runs by itself under these policies, and when."""
    found: dict[Rule, Schedule] = {}
    if policies.decay is not None:
        found[BatchKind.DECAY, ""] = policies.decay.schedule
    if policies.inactivity is not None:
        found[BatchKind.INACTIVITY, ""] = policies.inactivity.schedule
    for bonus in policies.bonuses:
        if bonus.given_for is BonusFor.ATTENDANCE:
            found[BatchKind.BONUS, bonus.name] = bonus.schedule
    if policies.repeating_cap is not None:
        found[BatchKind.CAP, ""] = policies.repeating_cap.schedule
    return found


def next_runs(versions: Sequence[InForce], zone: str, last_runs: Mapping[Rule, datetime]) -> tuple[Run, ...]:
    """The next run of each rule, in the order in which they are made; those whose moment is past are overdue.

    `versions` are all versions of the pool's policies. Each run is made under those that are in force at its moment, so
    that a rule which was changed or ended meanwhile still makes the runs that it missed before.
    """
    rules = dict.fromkeys(rule for each in versions for rule in scheduled(each.policies))
    runs = (_next(rule, versions, zone, last_runs.get(rule)) for rule in rules)
    return tuple(sorted((run for run in runs if run is not None), key=_in_order))


def period_of(at: datetime, zone: str) -> str:
    """What a run is made for: the day of the guild's calendar that it falls on."""
    return at.astimezone(zone_named(zone)).date().isoformat()


def _in_order(run: Run) -> tuple[datetime, int, str]:
    return run.at, ORDER.index(run.kind), run.rule[1]


def _next(rule: Rule, versions: Sequence[InForce], zone: str, last_run: datetime | None) -> Run | None:
    for schedule, since, until in _reigns(rule, versions):
        at = next_run(schedule, zone, since=since, last_run=last_run)
        if until is None or at < until:
            in_force = next(each for each in reversed(versions) if each.changed_at <= at)
            return Run(rule=rule, at=at, in_force=in_force)
    return None


def _reigns(rule: Rule, versions: Sequence[InForce]) -> Iterator[tuple[Schedule, datetime, datetime | None]]:
    """Each schedule that the rule had, and from when until when: it goes on where only other things were changed."""
    schedule, since = None, None
    for each in versions:
        now = scheduled(each.policies).get(rule)
        if now != schedule:
            if schedule is not None and since is not None:
                yield schedule, since, each.changed_at
            schedule, since = now, each.changed_at
    if schedule is not None and since is not None:
        yield schedule, since, None
