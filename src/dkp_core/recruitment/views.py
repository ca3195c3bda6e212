"""How applications, trials and votes are shown, and to whom what of it (V-3, V-7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from fractions import Fraction
from typing import Final, Self

from attrs import asdict, evolve, field, fields, frozen

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import ApplicationId, AwardId, CharacterId, ItemId, RaidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.raids import AttendanceShare
from dkp_core.recruitment.ballot import Count, Poll, Vote
from dkp_core.recruitment.comment import CommentId, CommentKind
from dkp_core.recruitment.form import Form, QuestionKind
from dkp_core.recruitment.rules import RecruitmentRules
from dkp_core.recruitment.status import ApplicationStatus, OpenTask, Option, Stage
from dkp_core.recruitment.trial import Verdict


class Tier(IntEnum):
    """Who looks at an application: the applicant, members and developers, or recruiters and officers."""

    APPLICANT = 1
    MEMBERS = 2
    RECRUITERS = 3


# --- settings ---------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class RecruitmentRulesRow:
    """One version of the guild's rules for recruitment; version 0 are the defaults."""

    version: int
    values: Mapping[str, object]
    changed_at: datetime | None


@frozen(kw_only=True)
class FormRow:
    """One version of the questions to applicants; version 0 asks nothing."""

    version: int
    form: Form
    changed_at: datetime | None


# --- applications -----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class ApplicationRow:
    """One application in a list.

    `outcome` is what the vote decided, `closes_at` and `stage` are those of the vote that runs; `overdue` and
    `proposal` are for recruiters and officers.
    """

    id: ApplicationId
    user_id: UserId
    username: str
    character_name: str
    server: str
    character_class: str
    level: int | None
    status: ApplicationStatus
    outcome: Option | None
    round: int
    submitted_at: datetime
    ended_at: datetime | None
    trial_starts_at: datetime | None
    trial_ends_at: datetime | None
    overdue: bool
    stage: Stage | None
    closes_at: datetime | None
    proposal: Option | None
    task: OpenTask | None
    archived: bool

    def as_seen(self, tier: Tier) -> Self:
        """What that tier sees of it; of a vote the applicant is told that it runs, no more."""
        if tier is Tier.RECRUITERS:
            return self
        row = evolve(self, overdue=False, proposal=None, task=None)
        return row if tier is Tier.MEMBERS else evolve(row, round=0, stage=None, closes_at=None)


@frozen(kw_only=True)
class RefereeRow:
    """A member whom an applicant names."""

    user_id: UserId
    username: str


@frozen(kw_only=True)
class AnswerRow:
    """What an applicant said to a question, as it was asked then."""

    question: str
    text: str
    kind: QuestionKind
    private: bool
    answer: str


@frozen(kw_only=True)
class CommentRow:
    """One thing that was said about an application; `author` is None where no person said it, or who did was erased."""

    id: CommentId
    author_id: UserId | None
    author: str | None
    kind: CommentKind
    text: str
    at: datetime


@frozen(kw_only=True)
class TransitionRow:
    """One step of an application; who took it (`actor_…`, `user_id`) is for recruiters and officers.

    `username` is also that of who took it elsewhere, where it was imported.
    """

    number: int
    at: datetime
    before: ApplicationStatus | None
    after: ApplicationStatus
    outcome: Option | None
    round: int
    reason: str
    actor_kind: ActorKind | None
    actor_id: str | None
    user_id: UserId | None
    username: str | None


TOLD_WHY: Final = frozenset({ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN})
"""Steps whose reasons applicants are told; other reasons may tell how was voted (V-7)."""


@frozen(kw_only=True)
class ApplicationDetail(ApplicationRow):
    """One application in full; `comments` with feedback, the earliest first; `transitions` and `polls` in order."""

    discord_id: str | None
    previous_guilds: str
    availability: str
    timezone: str
    references: str
    referees: tuple[RefereeRow, ...]
    email: str | None = field(repr=False)
    form_version: int
    answers: tuple[AnswerRow, ...] = field(repr=False)
    character_id: CharacterId | None
    rules_version: int
    transitions: tuple[TransitionRow, ...]
    comments: tuple[CommentRow, ...]
    polls: tuple[Poll, ...]

    @classmethod
    def of(cls, row: ApplicationRow, **more: object) -> Self:
        """An application as it stands in a list, and all about it."""
        return cls(**asdict(row, recurse=False), **more)  # type: ignore[arg-type]  # the fields that it has more

    @property
    def row(self) -> ApplicationRow:
        """The application as it stands in a list."""
        return ApplicationRow(**{each.name: getattr(self, each.name) for each in fields(ApplicationRow)})

    def as_seen(self, tier: Tier) -> Self:
        """What that tier sees of it (V-3): applicants no internal word and no vote, members nothing private either."""
        if tier is Tier.RECRUITERS:
            return self
        shown = evolve(
            super().as_seen(tier),
            comments=tuple(each for each in self.comments if each.kind is CommentKind.VISIBLE),
            transitions=tuple(_without_actor(each, tier) for each in self.transitions),
        )
        if tier is Tier.APPLICANT:
            return evolve(shown, polls=())
        return evolve(shown, email=None, answers=tuple(each for each in self.answers if not each.private))


def _without_actor(step: TransitionRow, tier: Tier) -> TransitionRow:
    mine = tier is Tier.APPLICANT
    return evolve(
        step,
        actor_kind=None,
        actor_id=None,
        user_id=None,
        username=None,
        reason=step.reason if mine and step.after in TOLD_WHY else "",
        round=0 if mine else step.round,
    )


@frozen(kw_only=True)
class ApplicationFilter:
    """Which applications are wanted; what is None or empty does not restrict. `search` is a part of character or

    username; without `archived` those in the archive are left out.
    """

    statuses: frozenset[ApplicationStatus] = frozenset()
    user_id: UserId | None = None
    archived: bool = False
    search: str = ""


# --- votes ------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class VotingRow:
    """What the votes on an application go by: whose it is, its polls in order, and the rules of the latest."""

    application_id: ApplicationId
    user_id: UserId
    submitted_at: datetime
    status: ApplicationStatus
    polls: tuple[Poll, ...]
    rules: RecruitmentRules


@frozen(kw_only=True)
class OwnVoteRow:
    """One's own vote; `attendance` is what was kept with it, in percent with two decimals."""

    option: Option
    attendance: str
    counts: bool
    cast_at: datetime
    changes: int


@frozen(kw_only=True)
class VoteSummary:
    """The totals of a poll, and one's own vote.

    Totals are None where the guild does not show them before the end.
    """

    application_id: ApplicationId
    round: int
    stage: Stage
    opens_at: datetime
    closes_at: datetime
    is_open: bool
    result: Option | None
    counts_from_percent: int
    totals: tuple[Count, ...] | None
    votes: int | None
    counted: int | None
    own: OwnVoteRow | None


@frozen(kw_only=True)
class VoterRow:
    """One voter's vote in full; `option` is None where it was withdrawn."""

    user_id: UserId
    username: str
    role_group: RoleGroup
    option: Option | None
    attended: int
    held: int
    attendance: str
    counts: bool
    cast_at: datetime
    changes: int

    @classmethod
    def of(
        cls, vote: Vote, username: str, role_group: RoleGroup, counts_from: Fraction, *, stands: bool = True
    ) -> VoterRow:
        """How a vote is shown to recruiters and officers; of what one person cast as several users only one stands."""
        return cls(
            user_id=vote.voter,
            username=username,
            role_group=role_group,
            option=vote.option,
            attended=vote.attendance.attended,
            held=vote.attendance.held,
            attendance=vote.attendance.percent,
            counts=stands and vote.counts(counts_from),
            cast_at=vote.cast_at,
            changes=vote.changes,
        )


@frozen(kw_only=True)
class RecusalRow:
    """A voter who keeps out of an application."""

    user_id: UserId
    username: str
    at: datetime


@frozen(kw_only=True)
class VoteDetails:
    """A poll as recruiters and officers see it: totals, every voter, and who keeps out."""

    summary: VoteSummary
    voters: tuple[VoterRow, ...]
    recusals: tuple[RecusalRow, ...]


@frozen(kw_only=True)
class ElectorRow:
    """Somebody who may vote in a poll, with their attendance at a moment, and what they did so far."""

    user_id: UserId
    username: str
    role_group: RoleGroup
    attendance: AttendanceShare
    voted: bool
    recused: bool


@frozen(kw_only=True)
class EligibilityRow:
    """Somebody who may vote, and whether their vote counts if they cast it now (or had at the end)."""

    user_id: UserId
    username: str
    role_group: RoleGroup
    attendance: str
    counts: bool
    voted: bool
    recused: bool

    @classmethod
    def of(cls, elector: ElectorRow, counts_from: Fraction) -> EligibilityRow:
        """Whether that elector's vote counts."""
        return cls(
            user_id=elector.user_id,
            username=elector.username,
            role_group=elector.role_group,
            attendance=elector.attendance.percent,
            counts=elector.attendance.fraction >= counts_from,
            voted=elector.voted,
            recused=elector.recused,
        )


@frozen(kw_only=True)
class VoteChangeRow:
    """One line of what became of the votes; a renewal has the same option before and after."""

    round: int
    stage: Stage
    user_id: UserId
    username: str
    number: int
    at: datetime
    before: Option | None
    after: Option | None
    attendance: str


# --- trials -----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class TrialRaidRow:
    """A raid that the guild held during a trial; `presence` is how the trial was there, None where they were not.

    `points` were awarded, or wait until the name is resolved.
    """

    raid_id: RaidId
    event_type: str
    starts_at: datetime
    presence: str | None
    points: Points
    unresolved: bool


@frozen(kw_only=True)
class TrialLootRow:
    """An item that somebody on trial was awarded."""

    award_id: AwardId
    item_id: ItemId
    item: str
    price: Points
    awarded_at: datetime


@frozen(kw_only=True)
class TrialPerformance:
    """How somebody on trial does, on one page: attendance in percent, raids, loot, what was said, and the verdicts."""

    application: ApplicationRow
    attendance: str
    attended: int
    held: int
    recent_attendance: str
    points: Points
    verdicts: tuple[Verdict, ...]
    proposal: Option | None
    raids: tuple[TrialRaidRow, ...]
    loot: tuple[TrialLootRow, ...]
    comments: tuple[CommentRow, ...]


# --- statistics -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class ApplicationFact:
    """What statistics are made of: one application; `reviewer` accepted or rejected it first, if a person did."""

    status: ApplicationStatus
    outcome: Option | None
    submitted_at: datetime
    ended_at: datetime | None
    accepted: bool
    reviewer_id: UserId | None
    reviewer: str | None


@frozen(kw_only=True)
class MonthRow:
    """How many applications of a month (`2026-11`, on the guild's calendar) are in a status now."""

    month: str
    status: ApplicationStatus
    outcome: Option | None
    applications: int


@frozen(kw_only=True)
class RecruiterRow:
    """What became of the applications that a recruiter accepted or rejected."""

    user_id: UserId
    username: str
    accepted: int
    rejected: int
    passed: int
    failed: int


@frozen(kw_only=True)
class ApplicationStatistics:
    """Applications by month and status, how many of those voted on passed (in percent), and how long it took.

    Times are from submission to decision (of rejections and votes), in whole seconds; None where nothing was decided.
    """

    months: tuple[MonthRow, ...]
    applications: int
    decided: int
    passed: int
    failed: int
    rejected: int
    withdrawn: int
    pass_rate: str
    median_seconds: int | None
    mean_seconds: int | None
    recruiters: tuple[RecruiterRow, ...]
