"""How votes are cast, counted and decided (V-5, V-6, V-8, V-11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.actor import job
from dkp_core.raids import AttendanceShare
from dkp_core.recruitment import (
    NoVoteToWithdraw,
    Option,
    Poll,
    RecruitmentRules,
    Tally,
    Vote,
    VoteChange,
    VoteIsFinal,
)
from tests.unit.recruitment.candidates import DEFAULTS, NOON, poll, vote

INSTANT = timedelta(microseconds=1)
FINAL = RecruitmentRules(votes_changeable=False)
ALL = AttendanceShare(4, 4)
SOME = AttendanceShare(1, 4)


# --- windows ----------------------------------------------------------------------------------------------------------


def test_a_vote_is_in_time_from_the_first_moment_to_the_last_microsecond() -> None:
    """V-5: the window is [start, end), to the microsecond."""
    open_ = poll()
    assert open_.closes_at == NOON + timedelta(hours=48)
    assert not open_.takes_votes(NOON - INSTANT)
    assert open_.takes_votes(NOON)
    assert open_.takes_votes(open_.closes_at - INSTANT)
    assert not open_.takes_votes(open_.closes_at)


def test_a_poll_is_over_at_its_end_and_not_before() -> None:
    """V-8: what the job waits for."""
    open_ = poll()
    assert not open_.is_over(open_.closes_at - INSTANT)
    assert open_.is_over(open_.closes_at)


def test_a_decided_poll_takes_no_votes() -> None:
    """V-5: whatever the clock of another host says."""
    decided = evolve(poll(), result=Option.PASS)
    assert not decided.takes_votes(NOON)
    assert decided.is_over(NOON)


@pytest.mark.parametrize("month", [3, 10])
def test_forty_eight_hours_are_forty_eight_hours_when_the_clocks_change(month: int) -> None:
    """V-5, G-2: over either end of summer time the clock on the wall ends an hour apart, the vote does not."""
    berlin = ZoneInfo("Europe/Berlin")
    starts = datetime(2026, month, 28 if month == 3 else 24, 12, 0, tzinfo=berlin)
    open_ = poll(at=starts.astimezone(UTC))
    assert open_.closes_at - open_.opens_at == timedelta(hours=48)
    assert open_.closes_at.astimezone(berlin).hour == (13 if month == 3 else 11)


# --- casting ----------------------------------------------------------------------------------------------------------


def test_the_same_option_again_only_renews_the_attendance() -> None:
    """V-5, V-6: it is no change, but what is kept is the attendance at the last vote."""
    renewed = vote(1, Option.PASS).recast(Option.PASS, attendance=SOME, at=NOON + INSTANT, rules=DEFAULTS)
    assert (renewed.changes, renewed.attendance, renewed.cast_at, renewed.steps) == (0, SOME, NOON + INSTANT, 2)


def test_nothing_becomes_of_a_vote_that_says_the_same() -> None:
    """V-5: five hundred clicks leave one vote and one line."""
    cast = vote(1, Option.PASS)
    assert cast.recast(Option.PASS, attendance=cast.attendance, at=NOON + INSTANT, rules=DEFAULTS) is cast


def test_another_option_and_a_withdrawal_count_as_changes_and_coming_back_does_not() -> None:
    """V-5: what is counted for each voter."""
    changed = vote(1, Option.PASS).recast(Option.FAIL, attendance=ALL, at=NOON, rules=DEFAULTS)
    withdrawn = changed.withdraw(at=NOON, rules=DEFAULTS)
    back = withdrawn.recast(Option.FAIL, attendance=ALL, at=NOON, rules=DEFAULTS)
    assert [each.changes for each in (changed, withdrawn, back)] == [1, 2, 2]
    assert [each.steps for each in (changed, withdrawn, back)] == [2, 3, 4]
    assert (withdrawn.option, back.option) == (None, Option.FAIL)


@given(st.lists(st.sampled_from([*Option, None]), max_size=30))
def test_changes_are_counted_like_a_person_would(steps: Sequence[Option | None]) -> None:
    """V-5: the number of times that a standing vote became another one or none, whatever the order."""
    cast, stands, expected = vote(1, Option.PASS), Option.PASS, 0
    option: Option | None = stands
    for step in steps:
        if step is None and option is None:
            continue
        expected += option is not None and step != option
        cast = (
            cast.withdraw(at=NOON, rules=DEFAULTS)
            if step is None
            else cast.recast(step, attendance=cast.attendance, at=NOON, rules=DEFAULTS)
        )
        option = step
    assert (cast.changes, cast.option) == (expected, option)


def test_there_is_nothing_to_withdraw_twice() -> None:
    """V-5: a withdrawal is of a vote that stands."""
    with pytest.raises(NoVoteToWithdraw):
        vote(1, None).withdraw(at=NOON, rules=DEFAULTS)


def test_where_votes_are_final_they_can_only_be_renewed() -> None:
    """V-11: neither another option nor a withdrawal, but the attendance may be had anew."""
    cast = vote(1, Option.PASS)
    with pytest.raises(VoteIsFinal):
        cast.recast(Option.FAIL, attendance=ALL, at=NOON, rules=FINAL)
    with pytest.raises(VoteIsFinal):
        cast.withdraw(at=NOON, rules=FINAL)
    assert cast.recast(Option.PASS, attendance=SOME, at=NOON, rules=FINAL).attendance == SOME


def test_who_recuses_themselves_takes_even_a_final_vote_along() -> None:
    """V-11: keeping out comes before the rule that votes stay."""
    gone = vote(1, Option.PASS).without_option(at=NOON)
    assert (gone.option, gone.changes) == (None, 1)
    assert gone.without_option(at=NOON) is gone


def test_a_vote_never_goes_back_in_time() -> None:
    """G-2: clocks of several hosts differ."""
    earlier = NOON - timedelta(seconds=3)
    assert vote(1, Option.PASS).recast(Option.FAIL, attendance=ALL, at=earlier, rules=DEFAULTS).cast_at == NOON


def test_a_change_tells_before_and_after_and_through_which_door() -> None:
    """V-7, G-5: what recruiters and officers read of it."""
    before = vote(1, Option.PASS)
    after = before.withdraw(at=NOON, rules=DEFAULTS)
    change = VoteChange.since(before, after, job("test"))
    assert (change.before, change.after, change.number, change.entrypoint) == (Option.PASS, None, 2, "worker")
    assert VoteChange.since(None, before, job("test")).before is None


# --- counting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attended", "held", "counts"), [(15, 100, True), (14, 100, False), (3, 20, True), (2, 13, True), (0, 0, False)]
)
def test_attendance_is_compared_as_a_fraction(attended: int, held: int, counts: bool) -> None:
    """V-6, D-9: 15 % exactly is enough, 2 of 13 is more; no raids are no attendance."""
    assert vote(1, Option.PASS, attended, held).counts(Fraction(15, 100)) is counts


def test_a_share_that_only_rounds_to_the_threshold_does_not_count() -> None:
    """V-6: 14.996 % is shown as 15.00, and is less."""
    almost = vote(1, Option.PASS, 3749, 25_000)
    assert almost.attendance.percent == "15.00"
    assert not almost.counts(Fraction(15, 100))


def test_without_a_threshold_every_vote_counts() -> None:
    """V-6: setting it to 0 lets those count who attended nothing."""
    assert vote(1, Option.PASS, 0, 0).counts(Fraction(0))


VOTES = st.lists(st.tuples(st.sampled_from([*Option, None]), st.integers(0, 20), st.integers(0, 20)), max_size=40).map(
    lambda cast: [
        vote(number, option, min(attended, held), held) for number, (option, attended, held) in enumerate(cast)
    ]
)
RULES = st.builds(
    RecruitmentRules,
    counts_from_percent=st.integers(0, 100),
    quorum=st.integers(0, 12),
    pass_threshold_percent=st.integers(0, 100),
)


def counted_by_hand(votes: Sequence[Vote], rules: RecruitmentRules) -> Option:
    """What an officer with a sheet of paper comes to."""
    sheet = {"pass": 0, "fail": 0, "recycle": 0}
    for each in votes:
        if each.option is None:
            continue
        held = each.attendance.held
        share = Decimal(0) if held == 0 else Decimal(each.attendance.attended) * 100 / Decimal(held)
        if share >= rules.counts_from_percent:
            sheet[each.option.value] += 1
    most = max(sheet.values())
    leaders = [name for name, number in sheet.items() if number == most]
    total = sum(sheet.values())
    if total == 0 or len(leaders) > 1 or total < rules.quorum:
        return Option.RECYCLE
    if leaders == ["pass"] and sheet["pass"] * 100 < rules.pass_threshold_percent * total:
        return Option.RECYCLE
    return Option(leaders[0])


@given(VOTES, RULES)
def test_the_decision_is_what_a_person_counts(votes: list[Vote], rules: RecruitmentRules) -> None:
    """V-8, V-11: most counted votes; ties, nothing, too few and too small a pass are recycle."""
    counts_from = poll(rules).counts_from
    assert Tally.of(votes, counts_from).decision(rules) is counted_by_hand(votes, rules)


@given(VOTES, st.randoms(use_true_random=False))
def test_the_order_of_votes_decides_nothing(votes: list[Vote], random: object) -> None:
    """V-8: whoever came first."""
    shuffled = list(votes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis's Random
    assert Tally.of(votes, Fraction(15, 100)) == Tally.of(shuffled, Fraction(15, 100))


@given(VOTES)
def test_counted_votes_are_some_of_all_votes(votes: list[Vote]) -> None:
    """V-6, V-7: others are shown as not counted, and none is lost."""
    tally = Tally.of(votes, Fraction(15, 100))
    assert tally.votes == sum(each.option is not None for each in votes)
    assert all(count.counted <= count.votes for count in tally.counts)
    assert tally.counted == sum(count.counted for count in tally.counts)
    assert [count.option for count in tally.counts] == list(Option)


def test_nobody_voting_is_recycle() -> None:
    """V-8: also where all that voted do not count."""
    assert Tally().decision(DEFAULTS) is Option.RECYCLE
    assert Tally.of([vote(1, Option.PASS, 0, 5)], poll().counts_from).decision(DEFAULTS) is Option.RECYCLE


def test_a_pass_of_exactly_its_threshold_is_one() -> None:
    """V-11: half of the counted votes is half."""
    votes = [vote(1, Option.PASS), vote(2, Option.PASS), vote(3, Option.FAIL), vote(4, Option.RECYCLE)]
    tally = Tally.of(votes, Fraction(0))
    assert tally.decision(RecruitmentRules(pass_threshold_percent=50)) is Option.PASS
    assert tally.decision(RecruitmentRules(pass_threshold_percent=51)) is Option.RECYCLE


def test_the_threshold_of_a_poll_is_the_one_it_began_with() -> None:
    """V-6: a poll tells from what attendance its votes count, whatever the guild sets later."""
    assert Poll.open(1, poll().stage, RecruitmentRules(counts_from_percent=40), NOON).counts_from == Fraction(2, 5)
