"""Applications: a type for each state, so that what can't be done in one can't be said (V-1, V-2, V-4, V-8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Self, TypeVar

from attrs import evolve, field, fields, frozen

from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import ApplicationId, CharacterId, GuildId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.recruitment.ballot import Poll
from dkp_core.recruitment.candidate import NOBODY, Candidate
from dkp_core.recruitment.errors import CannotDo
from dkp_core.recruitment.events import (
    ApplicationArchived,
    ApplicationChanged,
    ApplicationEmptied,
    ApplicationMoved,
    ApplicationSubmitted,
    OfficersAsked,
    PassCarriedOut,
    TrialExtended,
    TrialJudged,
    TrialOverdue,
)
from dkp_core.recruitment.rules import RecruitmentRules
from dkp_core.recruitment.status import OPEN, ApplicationStatus, OpenTask, Option, Stage
from dkp_core.recruitment.trial import Trial

A = TypeVar("A", bound="Application")


@frozen(kw_only=True)
class Transition:
    """A step from one status to another: when and why, in which round, and what a vote came to.

    The actor is recorded where it is kept. `before` is None for the first.
    """

    number: int
    at: datetime
    before: ApplicationStatus | None
    after: ApplicationStatus
    outcome: Option | None = None
    round: int = 0
    reason: str = ""


@frozen(kw_only=True)
class Application(Aggregate):
    """Somebody who wants to join, from the first word to the decision.

    `rules` are those it goes by now. `round` counts the votes begun, `polls` are all of them, stage by stage. `steps`
    counts its transitions, of which `transitions` are those that the next save stores. `last_at` is when it last moved:
    clocks of several hosts differ, an application's never goes back. `character_id` is the character it made.
    """

    status: ClassVar[ApplicationStatus]

    id: ApplicationId
    guild_id: GuildId
    user_id: UserId
    candidate: Candidate
    rules: RecruitmentRules
    rules_version: int
    submitted_at: datetime
    last_at: datetime
    round: int = 0
    polls: tuple[Poll, ...] = ()
    trial: Trial | None = None
    character_id: CharacterId | None = None
    steps: int = 0
    transitions: tuple[Transition, ...] = field(default=(), eq=False, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether it is not finished."""
        return self.status in OPEN

    def after(self, at: datetime) -> datetime:
        """That moment, or when the application last moved if another host's clock was ahead."""
        return max(at, self.last_at)

    def must_be(self, kind: type[A], wanted: str) -> A:
        """This, where it is of that state; `wanted` is what can't be done otherwise. Raises: CannotDo."""
        if not isinstance(self, kind):
            raise CannotDo(self.id, self.status, wanted)
        return self

    def emptied(self) -> Self:
        """Without anything that it told; statuses, dates and counts stay (A-12)."""
        if self.candidate == NOBODY:
            return self
        return evolve(self, candidate=NOBODY).announcing(ApplicationEmptied(application_id=self.id))

    def made(self, character_id: CharacterId) -> Self:
        """With the character that was made of it."""
        return evolve(self, character_id=character_id)

    def saved(self) -> Self:
        return evolve(super().saved(), transitions=())

    def _moved(
        self, kind: type[A], at: datetime, *, reason: str = "", result: Option | None = None, **changed: object
    ) -> A:
        """In another state: all that both states know, what the new one adds, and the step between them.

        `result` is what a vote came to, if it was one that led there.
        """
        when = self.after(at)
        why = clean_text(reason, "reason")
        known = {each.name: getattr(self, each.name) for each in fields(kind) if hasattr(self, each.name)}
        moved = kind(**{**known, **changed})
        moved = evolve(moved, last_at=when, steps=self.steps + 1)
        step = Transition(
            number=moved.steps,
            at=when,
            before=self.status,
            after=moved.status,
            outcome=result,
            round=moved.round,
            reason=why,
        )
        event = ApplicationMoved(
            application_id=self.id, before=self.status, after=moved.status, outcome=result, round=moved.round
        )
        return evolve(moved, transitions=(*self.transitions, step)).announcing(event)


@frozen(kw_only=True)
class OpenApplication(Application):
    """An application that is not finished."""

    def withdraw(self, at: datetime, *, reason: str = "") -> Withdrawn:
        """Taken back, whatever became of it so far. Raises: InvalidValue."""
        return self._moved(Withdrawn, at, reason=reason, ended_at=self.after(at))


@frozen(kw_only=True)
class ReviewedApplication(OpenApplication):
    """An open application that the recruiters may still reject: no vote runs."""

    def reject(self, at: datetime, *, reason: str) -> Rejected:
        """Rejected. Raises: InvalidValue without a reason."""
        if not reason.strip():
            raise InvalidValue("reason", "it is empty", "why the application is rejected; the applicant is told")
        return self._moved(Rejected, at, reason=reason, ended_at=self.after(at))


@frozen(kw_only=True)
class Submitted(ReviewedApplication):
    """An application that waits for the recruiters."""

    status: ClassVar = ApplicationStatus.SUBMITTED

    @classmethod
    def submit(
        cls,
        application_id: ApplicationId,
        guild_id: GuildId,
        user_id: UserId,
        candidate: Candidate,
        *,
        rules: RecruitmentRules,
        rules_version: int,
        at: datetime,
    ) -> Submitted:
        """A new application."""
        application = cls(
            id=application_id,
            guild_id=guild_id,
            user_id=user_id,
            candidate=candidate,
            rules=rules,
            rules_version=rules_version,
            submitted_at=at,
            last_at=at,
            steps=1,
            transitions=(Transition(number=1, at=at, before=None, after=ApplicationStatus.SUBMITTED),),
        )
        return application.announcing(
            ApplicationSubmitted(application_id=application_id, user_id=user_id, form_version=candidate.form_version)
        )

    def change(self, candidate: Candidate) -> Submitted:
        """Told differently; the same where it is not."""
        names = (each.name for each in fields(Candidate))
        told = tuple(name for name in names if getattr(self.candidate, name) != getattr(candidate, name))
        if not told:
            return self
        changed = evolve(self, candidate=candidate)
        return changed.announcing(ApplicationChanged(application_id=self.id, fields=told))

    def accept(self, rules: RecruitmentRules, rules_version: int, at: datetime, *, reason: str = "") -> OnTrial:
        """On trial from now on, by the rules as they are now. Raises: InvalidValue."""
        trial = Trial.begin(self.after(at), rules.trial_length)
        return self._moved(OnTrial, at, reason=reason, rules=rules, rules_version=rules_version, trial=trial)


@frozen(kw_only=True)
class OnTrial(ReviewedApplication):
    """An applicant on trial; `proposal` is what the trial's rules propose for its vote."""

    status: ClassVar = ApplicationStatus.TRIAL_ACCEPTED

    trial: Trial
    proposal: Option | None = None

    def extend(self, length: timedelta, at: datetime) -> OnTrial:
        """On trial for longer: from the trial's end, or from now where that has been."""
        now = self.after(at)
        longer = evolve(self, trial=self.trial.longer(length, now), last_at=now)
        return longer.announcing(TrialExtended(application_id=self.id, ends_at=longer.trial.ends_at.isoformat()))

    def overdue(self, at: datetime) -> OnTrial:
        """With a trial that ended without a vote; the same where that is known."""
        if self.trial.overdue:
            return self
        late = evolve(self, trial=evolve(self.trial, overdue=True), last_at=self.after(at))
        return late.announcing(TrialOverdue(application_id=self.id))

    def judged(self, proposal: Option | None) -> OnTrial:
        """With what its rules propose now; the same where they proposed it before."""
        if proposal == self.proposal:
            return self
        event = TrialJudged(application_id=self.id, before=self.proposal, after=proposal)
        return evolve(self, proposal=proposal).announcing(event)

    def start_vote(self, rules: RecruitmentRules, rules_version: int, at: datetime, *, reason: str = "") -> InVote:
        """Voted on from now on, by the rules as they are now. Raises: InvalidValue."""
        poll = Poll.open(self.round + 1, Stage.MEMBERS, rules, self.after(at))
        return self._moved(
            InVote,
            at,
            reason=reason,
            rules=rules,
            rules_version=rules_version,
            round=poll.round,
            polls=(*self.polls, poll),
        )


@frozen(kw_only=True)
class InVote(OpenApplication):
    """An applicant on whom is voted; the trial goes on meanwhile."""

    status: ClassVar = ApplicationStatus.VOTING_ACTIVE

    trial: Trial

    @property
    def poll(self) -> Poll:
        """The poll that runs."""
        return self.polls[-1]

    def conclude(self, result: Option, at: datetime) -> InVote | OnTrial | Decided:
        """What follows from what the poll came to: the next stage, another round on trial, or the decision (V-8)."""
        now = self.after(at)
        told = evolve(self, polls=(*self.polls[:-1], evolve(self.poll, result=result)))
        if result is Option.PASS:
            later = self.rules.stage_after(self.poll.stage)
            if later is None:
                return told._decided(Option.PASS, now)
            poll = Poll.open(self.round, later, self.rules, now)
            asked = OfficersAsked(application_id=self.id, round=self.round)
            # No step: the status stays, and from a step the applicant would know that the members passed (V-7).
            return evolve(told, polls=(*told.polls, poll), last_at=now).announcing(asked)
        if result is Option.RECYCLE and self.round <= self.rules.recycles_max:
            return told._decided(Option.RECYCLE, now).again(now)
        return told._decided(Option.FAIL, now)

    def _decided(self, outcome: Option, at: datetime) -> Decided:
        return self._moved(Decided, at, result=outcome, outcome=outcome, ended_at=at)


@frozen(kw_only=True)
class Finished(Application):
    """An application that is over; `archived` once it was put away."""

    ended_at: datetime
    archived: bool = False

    def archive(self) -> Self:
        """Put into the archive; the same where it is there."""
        if self.archived:
            return self
        return evolve(self, archived=True).announcing(ApplicationArchived(application_id=self.id))


@frozen(kw_only=True)
class Decided(Finished):
    """An application that the vote decided: a pass or a fail. `task` is what is left to the officers of a pass."""

    status: ClassVar = ApplicationStatus.VOTING_COMPLETE

    trial: Trial
    outcome: Option
    task: OpenTask | None = None

    def again(self, at: datetime) -> OnTrial:
        """On trial for as long again, after a recycle; the next vote is another round."""
        return self._moved(OnTrial, at, trial=self.trial.longer(self.rules.trial_length, at))

    def carried_out(self, *, task: OpenTask | None) -> Decided:
        """A pass that was carried out, but for what is left to do."""
        event = PassCarriedOut(application_id=self.id, user_id=self.user_id, character_id=self.character_id, task=task)
        return evolve(self, task=task).announcing(event)


@frozen(kw_only=True)
class Rejected(Finished):
    """An application that the recruiters rejected."""

    status: ClassVar = ApplicationStatus.REJECTED


@frozen(kw_only=True)
class Withdrawn(Finished):
    """An application that was taken back."""

    status: ClassVar = ApplicationStatus.WITHDRAWN
