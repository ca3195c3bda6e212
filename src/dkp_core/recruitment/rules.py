"""The guild's rules for recruitment, as data: how long trials and votes last, and what decides (V-5 to V-12)."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Final

from attrs import field, frozen

from dkp_core.kernel.data import Data, a_flag, a_maybe, a_points, a_whole, taking
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import PoolId
from dkp_core.kernel.points import Points
from dkp_core.raids import WINDOWS
from dkp_core.recruitment.status import Stage

LIFETIME: Final = 0
_PERCENT: Final = a_whole(0, 100)
_POSITIVE: Final = Points(1)


def _window(value: object, name: str) -> int:
    if type(value) is not int or value not in (*WINDOWS, LIFETIME):
        raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", "30, 60 or 90 days, or 0 for lifetime")
    return value


@frozen(kw_only=True)
class RecruitmentRules(Data):
    """How a guild takes people in.

    An application goes by the rules at its acceptance to trial, and anew by those at the start of each vote.
    """

    reapply_days: int = field(
        default=30, metadata=taking(a_whole(0, 3650), "days from the end of an application to the next one")
    )
    trial_days: int = field(default=30, metadata=taking(a_whole(1, 366), "how long a trial lasts"))
    vote_starts_by_itself: bool = field(
        default=False, metadata=taking(a_flag, "a trial that ends without a vote starts it; else it is overdue")
    )
    vote_hours: int = field(default=48, metadata=taking(a_whole(1, 720), "how long a vote lasts"))
    attendance_days: int = field(
        default=30, metadata=taking(_window, "the window of a voter's attendance: 30, 60, 90, 0 is lifetime")
    )
    counts_from_percent: int = field(
        default=15, metadata=taking(_PERCENT, "the attendance from which a vote counts, in percent")
    )
    quorum: int = field(
        default=0, metadata=taking(a_whole(0, 10_000), "how many votes have to count; with fewer it is recycle")
    )
    pass_threshold_percent: int = field(
        default=0, metadata=taking(_PERCENT, "the share of counted votes that a pass takes; with less it is recycle")
    )
    recycles_max: int = field(
        default=1, metadata=taking(a_whole(0, 10), "how often there is another round; after that recycle is fail")
    )
    officers_vote_too: bool = field(
        default=False, metadata=taking(a_flag, "whom the members passed, the officers vote on after them")
    )
    totals_before_end: bool = field(default=True, metadata=taking(a_flag, "members see the totals before the end"))
    votes_changeable: bool = field(default=True, metadata=taking(a_flag, "votes can be changed and withdrawn"))
    recusing: bool = field(default=True, metadata=taking(a_flag, "voters may recuse themselves"))
    promote_by_hand: bool = field(default=False, metadata=taking(a_flag, "a pass is carried out by an officer's hand"))
    trial_attendance_percent: int | None = field(
        default=None, metadata=taking(a_maybe(a_whole(1, 100)), "attendance that a trial is expected to reach")
    )
    trial_attendance_weeks: int = field(
        default=4, metadata=taking(a_whole(1, 52), "the weeks that this attendance is counted over")
    )
    trial_points: Points | None = field(
        default=None, metadata=taking(a_maybe(a_points(_POSITIVE)), "lifetime points that a trial is expected to reach")
    )
    trial_points_pool: int | None = field(
        default=None, metadata=taking(a_maybe(a_whole(1, 2**53)), "the pool of these points; null is the default pool")
    )
    trial_raids: int | None = field(
        default=None, metadata=taking(a_maybe(a_whole(1, 1000)), "raids that a trial is expected to attend")
    )

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Who votes in a round, one stage after another."""
        return (Stage.MEMBERS, Stage.OFFICERS) if self.officers_vote_too else (Stage.MEMBERS,)

    def stage_after(self, stage: Stage) -> Stage | None:
        """Who votes once that stage has passed somebody; None where that is the last."""
        later = self.stages[self.stages.index(stage) + 1 :] if stage in self.stages else ()
        return later[0] if later else None

    @property
    def pass_threshold(self) -> Fraction:
        """The share of counted votes that a pass takes."""
        return Fraction(self.pass_threshold_percent, 100)

    @property
    def trial_length(self) -> timedelta:
        """How long a trial lasts, and how much longer after a recycle."""
        return timedelta(days=self.trial_days)

    @property
    def vote_length(self) -> timedelta:
        """How long a vote lasts."""
        return timedelta(hours=self.vote_hours)

    @property
    def recent(self) -> timedelta:
        """How far back the attendance that a trial is expected to reach is counted."""
        return timedelta(weeks=self.trial_attendance_weeks)

    @property
    def points_pool(self) -> PoolId | None:
        """The pool whose points a trial is judged by; None is the default pool."""
        return None if self.trial_points_pool is None else PoolId(self.trial_points_pool)

    @property
    def judge_trials(self) -> bool:
        """Whether there is anything that a trial is expected to reach."""
        return any(each is not None for each in (self.trial_attendance_percent, self.trial_points, self.trial_raids))
