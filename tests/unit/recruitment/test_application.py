"""What can be done with an application in which state (V-1, V-2, V-4, V-8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId
from dkp_core.recruitment import (
    NOBODY,
    OPEN,
    Application,
    ApplicationStatus,
    CannotDo,
    Decided,
    Finished,
    InVote,
    OnTrial,
    OpenApplication,
    OpenTask,
    Option,
    RecruitmentRules,
    Rejected,
    ReviewedApplication,
    Stage,
    Submitted,
    Withdrawn,
)
from tests.unit.recruitment.candidates import DEFAULTS, NOON, on_trial, submitted

STEPS = [
    ("submitted", "trial_accepted"),
    ("submitted", "rejected"),
    ("submitted", "withdrawn"),
    ("trial_accepted", "voting_active"),
    ("trial_accepted", "rejected"),
    ("trial_accepted", "withdrawn"),
    ("voting_active", "voting_complete"),
    ("voting_active", "withdrawn"),
    # After recycle, for the next round.
    ("voting_complete", "trial_accepted"),
]
HOUR = timedelta(hours=1)


def in_vote(rules: RecruitmentRules = DEFAULTS) -> InVote:
    """An application on which is voted."""
    return on_trial(rules).start_vote(rules, 0, NOON)


def decided(result: Option = Option.PASS) -> Decided:
    """An application that was voted on for the last time."""
    after = in_vote(RecruitmentRules(recycles_max=0)).conclude(result, NOON)
    assert isinstance(after, Decided)
    return after


class Recruiting(RuleBasedStateMachine):
    """Somebody does anything that can be done, at any time, with clocks that go back and forth."""

    def __init__(self) -> None:
        super().__init__()
        self.house = RecruitmentRules(recycles_max=2, officers_vote_too=True)
        self.application: Application = submitted(self.house)
        self.at = NOON
        self.seen = [self.application.transitions[0]]

    def _becomes(self, after: Application) -> None:
        assert after.last_at >= self.application.last_at, "an application never goes back in time"
        self.seen += after.transitions[len(self.application.transitions) :]
        self.application = after

    @rule(minutes=st.integers(-30, 5000))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @precondition(lambda self: isinstance(self.application, Submitted))
    @rule()
    def accept(self) -> None:
        self._becomes(self.application.must_be(Submitted, "").accept(self.house, 1, self.at))

    @precondition(lambda self: isinstance(self.application, ReviewedApplication))
    @rule()
    def reject(self) -> None:
        self._becomes(self.application.must_be(ReviewedApplication, "").reject(self.at, reason="No healer needed."))

    @precondition(lambda self: isinstance(self.application, OpenApplication))
    @rule()
    def withdraw(self) -> None:
        self._becomes(self.application.must_be(OpenApplication, "").withdraw(self.at))

    @precondition(lambda self: isinstance(self.application, OnTrial))
    @rule(days=st.integers(1, 30))
    def extend(self, days: int) -> None:
        before = self.application.must_be(OnTrial, "")
        after = before.extend(timedelta(days=days), self.at)
        assert after.trial.ends_at >= before.trial.ends_at + timedelta(days=days)
        self._becomes(after)

    @precondition(lambda self: isinstance(self.application, OnTrial))
    @rule()
    def start_vote(self) -> None:
        after = self.application.must_be(OnTrial, "").start_vote(self.house, 1, self.at)
        assert after.round == self.application.round + 1
        self._becomes(after)

    @precondition(lambda self: isinstance(self.application, InVote))
    @rule(result=st.sampled_from(Option))
    def conclude(self, result: Option) -> None:
        before = self.application.must_be(InVote, "")
        after = before.conclude(result, self.at)
        assert after.polls[len(before.polls) - 1].result is result
        if isinstance(after, InVote):
            assert (before.poll.stage, after.poll.stage, after.round) == (Stage.MEMBERS, Stage.OFFICERS, before.round)
        if isinstance(after, OnTrial):
            assert result is Option.RECYCLE
            assert after.trial.ends_at >= before.trial.ends_at + self.house.trial_length
        self._becomes(after)

    @invariant()
    def every_step_is_one_of_the_spec(self) -> None:
        steps = [(str(each.before), str(each.after)) for each in self.seen[1:]]
        assert set(steps) <= set(STEPS)
        assert [each.number for each in self.seen] == list(range(1, self.application.steps + 1))
        assert self.seen[-1].after is self.application.status
        assert all(later.at >= earlier.at for earlier, later in zip(self.seen, self.seen[1:], strict=False))
        assert all(later.before is earlier.after for earlier, later in zip(self.seen, self.seen[1:], strict=False))

    @invariant()
    def a_recycle_is_the_only_way_back(self) -> None:
        for each in self.seen:
            if each.before is ApplicationStatus.VOTING_COMPLETE:
                assert each.after is ApplicationStatus.TRIAL_ACCEPTED
                assert self.seen[each.number - 2].outcome is Option.RECYCLE

    @invariant()
    def a_finished_one_has_an_end_and_an_open_one_has_none(self) -> None:
        assert isinstance(self.application, Finished) is (self.application.status not in OPEN)
        assert self.application.is_open is isinstance(self.application, OpenApplication)

    @invariant()
    def rounds_are_as_many_as_the_rules_allow(self) -> None:
        assert self.application.round <= 1 + self.house.recycles_max
        assert {poll.round for poll in self.application.polls} == set(range(1, self.application.round + 1))
        assert [poll.result for poll in self.application.polls[:-1]].count(None) == 0


TestRecruiting = Recruiting.TestCase
TestRecruiting.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)


STATES: dict[str, Callable[[], Application]] = {
    "submitted": submitted,
    "trial_accepted": on_trial,
    "voting_active": in_vote,
    "voting_complete": decided,
    "rejected": lambda: submitted().reject(NOON, reason="No."),
    "withdrawn": lambda: submitted().withdraw(NOON),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        (Submitted, {"submitted"}),
        (ReviewedApplication, {"submitted", "trial_accepted"}),
        (OpenApplication, {"submitted", "trial_accepted", "voting_active"}),
        (OnTrial, {"trial_accepted"}),
        (InVote, {"voting_active"}),
        (Decided, {"voting_complete"}),
    ],
)
def test_what_can_not_be_done_is_refused_by_name(state: str, kind: type[Application], allowed: set[str]) -> None:
    """V-2: the error says where the application stands, and what it can't be."""
    application = STATES[state]()
    assert application.status == state
    if state in allowed:
        assert application.must_be(kind, "anything") is application
        return
    with pytest.raises(CannotDo) as refused:
        application.must_be(kind, "voted on")
    assert refused.value.sentence == f"Application 5 is {state}: it can't be voted on."


def test_a_rejection_says_why() -> None:
    """V-3: the applicant is told, so there is something to tell."""
    with pytest.raises(InvalidValue, match="reason"):
        submitted().reject(NOON, reason="  ")
    assert submitted().reject(NOON, reason=" No bards. ").transitions[-1].reason == "No bards."


def test_a_trial_goes_by_the_rules_at_its_acceptance() -> None:
    """V-4: those that were changed while the application waited count."""
    accepted = submitted().accept(RecruitmentRules(trial_days=10), 4, NOON + HOUR)
    assert accepted.trial.starts_at == NOON + HOUR
    assert accepted.trial.ends_at == NOON + HOUR + timedelta(days=10)
    assert accepted.rules_version == 4


def test_a_trial_is_extended_from_its_end_or_from_now_if_that_is_later() -> None:
    """V-8: by its length, and never into the past."""
    trial = on_trial().trial
    early, late = NOON + HOUR, trial.ends_at + timedelta(days=9)
    assert trial.longer(timedelta(days=30), early).ends_at == trial.ends_at + timedelta(days=30)
    assert trial.longer(timedelta(days=30), late).ends_at == late + timedelta(days=30)


def test_an_overdue_trial_that_is_extended_is_not_overdue() -> None:
    """V-4: it will be put to the recruiters again when it ends."""
    late = on_trial().overdue(NOON)
    assert late.trial.overdue
    assert late.overdue(NOON) is late
    assert not late.extend(HOUR, NOON).trial.overdue


def test_after_a_recycle_the_trial_goes_on_and_both_steps_are_recorded() -> None:
    """V-2: voting_complete with recycle, then trial_accepted for the next round."""
    after = in_vote().conclude(Option.RECYCLE, NOON + HOUR)
    assert isinstance(after, OnTrial)
    told = [(each.before, each.after, each.outcome) for each in after.transitions[-2:]]
    assert told == [
        (ApplicationStatus.VOTING_ACTIVE, ApplicationStatus.VOTING_COMPLETE, Option.RECYCLE),
        (ApplicationStatus.VOTING_COMPLETE, ApplicationStatus.TRIAL_ACCEPTED, None),
    ]
    assert after.trial.ends_at == NOON + timedelta(days=60)
    assert after.start_vote(DEFAULTS, 0, NOON).round == 2


def test_a_recycle_with_no_round_left_is_a_fail() -> None:
    """V-8: once by default, after that fail; what the poll came to is kept."""
    again = in_vote().conclude(Option.RECYCLE, NOON)
    assert isinstance(again, OnTrial)
    over = again.start_vote(DEFAULTS, 0, NOON).conclude(Option.RECYCLE, NOON)
    assert isinstance(over, Decided)
    assert (over.outcome, over.polls[-1].result) == (Option.FAIL, Option.RECYCLE)


def test_whom_the_members_passed_the_officers_vote_on() -> None:
    """V-11: the second stage begins at once, lasts as long, and its result is the decision."""
    rules = RecruitmentRules(officers_vote_too=True)
    second = in_vote(rules).conclude(Option.PASS, NOON + HOUR)
    assert isinstance(second, InVote)
    assert (second.poll.stage, second.round, second.poll.opens_at) == (Stage.OFFICERS, 1, NOON + HOUR)
    assert second.steps == in_vote(rules).steps, "the applicant reads the steps"
    last = second.conclude(Option.PASS, NOON + 2 * HOUR)
    assert isinstance(last, Decided)
    assert last.outcome is Option.PASS


@pytest.mark.parametrize("result", [Option.FAIL, Option.RECYCLE])
def test_what_the_members_did_not_pass_the_officers_are_not_asked(result: Option) -> None:
    """V-11: the second stage is for whom the first passed."""
    after = in_vote(RecruitmentRules(officers_vote_too=True)).conclude(result, NOON)
    assert not isinstance(after, InVote)


def test_clocks_that_go_back_move_nothing_back() -> None:
    """G-2: an application's time never goes back."""
    later = submitted(at=NOON).accept(DEFAULTS, 0, NOON - HOUR)
    assert (later.last_at, later.trial.starts_at) == (NOON, NOON)


def test_a_change_tells_which_fields_and_never_what() -> None:
    """G-5, A-12: events are no place for personal data."""
    before = submitted()
    after = before.change(before.candidate.saying(email="other@example.org", level=61))
    told = after.pending[-1]
    assert getattr(told, "fields") == ("level", "email")  # noqa: B009  # the type is the event's own
    assert "example" not in repr(after.pending)
    assert after.change(after.candidate) is after


def test_an_emptied_application_keeps_its_statuses_and_dates() -> None:
    """A-12: what was told goes, what happened stays."""
    before = in_vote()
    after = before.emptied()
    assert after.candidate == NOBODY
    assert evolve(after, candidate=before.candidate, pending=before.pending) == before
    assert after.emptied() is after


def test_what_is_archived_is_archived_once() -> None:
    """V-2, G-4: archiving twice tells of it once."""
    away = decided().archive()
    assert away.archived
    assert away.archive() is away


def test_a_pass_keeps_what_is_left_to_do() -> None:
    """V-8: a name that another user holds leaves the pass standing, and an open task."""
    left = decided().carried_out(task=OpenTask.NAME_HELD)
    assert (left.outcome, left.task) == (Option.PASS, OpenTask.NAME_HELD)
    done = left.made(CharacterId(3)).carried_out(task=None)
    assert (done.task, done.character_id) == (None, CharacterId(3))


def test_saving_leaves_no_step_to_store_again() -> None:
    """V-2: a step is recorded once."""
    assert submitted().saved().transitions == ()
    assert submitted().saved().withdraw(NOON).transitions[0].number == 2


@pytest.mark.parametrize("finished", [Rejected, Withdrawn])
def test_an_end_has_its_time(finished: type[Finished]) -> None:
    """V-1: from there the next application is waited for."""
    ended = submitted().reject(NOON + HOUR, reason="No.") if finished is Rejected else submitted().withdraw(NOON + HOUR)
    assert isinstance(ended, finished)
    assert ended.ended_at == NOON + HOUR
