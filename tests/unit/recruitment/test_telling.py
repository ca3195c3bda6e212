"""Whom recruitment tells what (V-3, V-9)."""

from __future__ import annotations

import pytest

from dkp_core.notices import ENGLISH, Channel, Notice, Recipient, to_be_sent
from dkp_core.recruitment import Decided, InVote, OnTrial, OpenTask, Option, RecruitmentRules, telling
from tests.unit.recruitment.candidates import APPLICANT, NOON, on_trial, submitted

TRIAL = on_trial()
VOTE = TRIAL.start_vote(RecruitmentRules(officers_vote_too=True), 0, NOON)
OFFICERS_VOTE = VOTE.conclude(Option.PASS, NOON)
assert isinstance(OFFICERS_VOTE, InVote)
OFFICERS_CALL = telling.vote_started(OFFICERS_VOTE)
PASSED = OFFICERS_VOTE.conclude(Option.PASS, NOON)
AGAIN = TRIAL.start_vote(RecruitmentRules(), 0, NOON).conclude(Option.RECYCLE, NOON)
assert isinstance(PASSED, Decided)
assert isinstance(AGAIN, OnTrial)

EVERY_NOTICE: tuple[Notice, ...] = (
    *telling.received(submitted()),
    *telling.accepted(TRIAL),
    *telling.extended(TRIAL),
    *telling.rejected(TRIAL, "No."),
    *telling.withdrawn(TRIAL, ""),
    *telling.commented(TRIAL, "Well done."),
    *telling.vote_runs(VOTE),
    *telling.decided(PASSED, Option.PASS),
    *telling.decided(PASSED, Option.FAIL),
    *telling.decided(AGAIN, Option.RECYCLE),
    telling.arrived(submitted()),
    telling.summary(TRIAL),
    telling.overdue(TRIAL),
    telling.proposal(TRIAL, Option.FAIL),
    telling.vote_started(VOTE),
    OFFICERS_CALL,
    telling.vote_ended(PASSED, Option.PASS),
    telling.vote_called_off(TRIAL),
    *(telling.task(PASSED, task) for task in OpenTask),
)


def test_every_notice_has_its_text_and_all_that_the_text_asks_for() -> None:
    """V-9: the catalogue and what fills it in belong together."""
    assert to_be_sent(EVERY_NOTICE)
    ours = {key for key in ENGLISH if key.partition(".")[0] in {"application", "trial", "vote", "task"}}
    assert {notice.text for notice in EVERY_NOTICE} == ours


def test_the_applicant_is_told_by_message_and_by_the_mail_they_gave() -> None:
    """V-3: each step; without an address by message alone."""
    recipients = [notice.to for notice in telling.accepted(TRIAL)]
    assert recipients == [Recipient.user(APPLICANT), Recipient.email("elan@example.org")]
    assert [notice.to for notice in telling.accepted(TRIAL.emptied())] == [Recipient.user(APPLICANT)]


@pytest.mark.parametrize("notice", [telling.summary(TRIAL), telling.arrived(submitted())], ids=["summary", "arrived"])
def test_no_channel_is_told_an_address(notice: Notice) -> None:
    """V-3, V-9: not even the recruiters' own."""
    assert "example.org" not in repr(notice.data)
    assert notice.to == Recipient.channel(Channel.RECRUITERS)


def test_of_a_vote_nobody_is_told_a_number() -> None:
    """V-7, V-9: that it runs and how it ended, and no count, neither to the applicant nor to a channel."""
    told = [notice for notice in EVERY_NOTICE if notice.text.startswith(("vote.", "application."))]
    numbers = {
        word
        for notice in told
        for key, value in notice.data.items()
        if key not in ("application", "level", "round")
        for word in value.split()
        if word.isdigit()
    }
    assert numbers == set()


def test_members_are_called_to_their_vote_and_officers_to_theirs() -> None:
    """V-9, V-11: each stage in its own channel."""
    assert telling.vote_started(VOTE).to == Recipient.channel(Channel.MEMBERS)
    assert OFFICERS_CALL.to == Recipient.channel(Channel.OFFICERS)


def test_every_notice_is_forgotten_with_its_application() -> None:
    """A-12: what is about an application goes when its applicant is erased."""
    assert {notice.about for notice in EVERY_NOTICE} == {"application:5"}
