"""What becomes of an applicant when the vote is over (V-8)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.actor import job
from dkp_core.kernel.errors import NotPermitted
from dkp_core.recruitment import CannotDo, Decided, OnTrial, OpenTask, Option
from dkp_core.roster import CharacterStatus
from tests.unit.recruitment.hall import DAY, HOUR, INSTANT, RecruitingHall


def decided(hall: RecruitingHall, application_id: int) -> Decided:
    """The application, decided."""
    application = hall.application(application_id)  # type: ignore[arg-type]  # its id
    assert isinstance(application, Decided)
    return application


def test_a_pass_makes_a_member_with_an_active_character(hall: RecruitingHall) -> None:
    """V-8: of the default rank; the trial is over, and everybody is told how it ended."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger, "Élan", character_class="Bard", level=60)
    hall.votes(application_id, "pass", "pass", "fail")
    hall.passes(2 * DAY)
    application = decided(hall, application_id)
    assert (application.outcome, application.task) == (Option.PASS, None)
    assert hall.standing(stranger) == ("member", False)
    made = hall.character("Élan")
    assert made is not None
    assert (made.id, made.owner, made.status, made.is_main) == (
        application.character_id,
        stranger.id,
        CharacterStatus.ACTIVE,
        True,
    )
    ranks = hall.guild.use.list_ranks()(by=hall.guild.operator)
    assert made.rank_id == next(row.id for row in ranks if row.is_default)
    assert hall.told(stranger)[-1] == "application.passed"
    assert hall.told()[-1] == "vote.ended"


def test_what_was_read_in_the_trial_is_awarded_with_the_pass(hall: RecruitingHall) -> None:
    """V-4, D-5: names stay unresolved until the pass makes the character."""
    stranger = hall.stranger()
    application_id = hall.on_trial(stranger)
    hall.guild.clock.advance(DAY)
    taken = hall.raid("Newbie", "Anna")
    assert taken.unresolved == ("Newbie",)
    hall.guild.use.start_voting()(application_id, by=hall.recruiter.by)
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    assert hall.guild.current(stranger) == "10.00"


def test_a_fail_ends_the_trial_and_makes_a_guest(hall: RecruitingHall) -> None:
    """V-8: at once; no character is made."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.votes(application_id, "fail", "fail", "pass")
    hall.passes(2 * DAY)
    assert decided(hall, application_id).outcome is Option.FAIL
    assert hall.standing(stranger) == ("guest", False)
    assert hall.character("Newbie") is None
    assert hall.told(stranger)[-1] == "application.failed"
    assert hall.deadlines() == {}


def test_a_recycle_extends_the_trial_by_its_length_and_the_second_is_a_fail(hall: RecruitingHall) -> None:
    """V-8: another vote later, once."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    trial = hall.application(application_id).trial
    assert trial is not None
    hall.votes(application_id, "pass", "fail")
    hall.passes(2 * DAY)
    again = hall.application(application_id)
    assert isinstance(again, OnTrial)
    assert again.trial.ends_at == trial.ends_at + 30 * DAY
    assert hall.standing(stranger) == ("applicant", True)
    assert hall.told(stranger)[-1] == "application.recycled"
    assert hall.deadlines()[f"application:{application_id}"] == "end_trial"
    hall.guild.use.start_voting()(application_id, by=hall.recruiter.by)
    hall.passes(2 * DAY)
    assert decided(hall, application_id).outcome is Option.FAIL
    assert hall.standing(stranger) == ("guest", False)


def test_votes_belong_to_their_round(hall: RecruitingHall) -> None:
    """V-2: who voted in the first round has not voted in the second."""
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "recycle", "recycle")
    hall.passes(2 * DAY)
    hall.guild.use.start_voting()(application_id, by=hall.recruiter.by)
    summary = hall.guild.use.show_vote_summary()
    member = hall.members[0].by
    assert (summary(application_id, by=member).round, summary(application_id, by=member).votes) == (2, 0)
    first = summary(application_id, round_=1, by=member)
    assert (first.votes, first.result) == (2, Option.RECYCLE)


def test_the_decision_comes_at_the_end_exactly_once(hall: RecruitingHall) -> None:
    """V-8: not a microsecond sooner; a second worker finds nothing to do."""
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass")
    end = hall.guild.clock.now() + 48 * HOUR
    decide = hall.guild.use.decide_vote()
    by = job("decide_vote", hall.guild.id)
    hall.guild.clock.set(end - INSTANT)
    decide(application_id, by=by)
    assert hall.application(application_id).status == "voting_active"
    hall.guild.clock.set(end)
    decide(application_id, by=by)
    after = decided(hall, application_id)
    told = len(hall.notices())
    decide(application_id, by=by)
    assert hall.application(application_id) == after
    assert len(hall.notices()) == told


def test_votes_of_who_left_meanwhile_stay(hall: RecruitingHall) -> None:
    """A-10: whoever voted had the right to."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.votes(application_id, "pass")
    change = hall.guild.use.change_membership()
    change(hall.members[0].id, status=MembershipStatus.DEACTIVATED, reason="gone", by=hall.guild.officer.by)
    hall.passes(2 * DAY)
    assert decided(hall, application_id).outcome is Option.PASS
    voters = hall.guild.use.show_vote_details()(application_id, by=hall.recruiter.by).voters
    assert [(row.username, row.role_group) for row in voters] == [("Anna", RoleGroup.GUEST)]


def test_votes_with_too_little_attendance_decide_nothing(hall: RecruitingHall) -> None:
    """V-6: ten newcomers are outvoted by one raider."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.votes(application_id, "fail")
    for number in range(10):
        newcomer = hall.guild.joins(f"New{number}")
        hall.guild.use.cast_vote()(application_id, Option.PASS, by=newcomer.by)
    hall.passes(2 * DAY)
    assert decided(hall, application_id).outcome is Option.FAIL


def test_a_quorum_that_is_missed_is_a_recycle(hall: RecruitingHall) -> None:
    """V-11: a setting."""
    hall.rules(quorum=2)
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    assert hall.application(application_id).status == "trial_accepted"


# --- what can't be carried out ----------------------------------------------------------------------------------------


def test_a_name_that_is_held_leaves_the_pass_and_a_task(hall: RecruitingHall) -> None:
    """V-8: a member they are; the character is for the officers to settle."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger, "anna")
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    assert (decided(hall, application_id).outcome, decided(hall, application_id).task) == (
        Option.PASS,
        OpenTask.NAME_HELD,
    )
    assert hall.standing(stranger) == ("member", False)
    anna = hall.character("Anna")
    assert anna is not None
    assert anna.owner == hall.members[0].id
    assert "task.name_held" in hall.told()
    promote = hall.guild.use.promote_trial()
    # Nothing was settled: it is still left to do, and nobody is told twice.
    assert promote(application_id, by=hall.guild.officer.by).task is OpenTask.NAME_HELD
    assert hall.told().count("task.name_held") == 1
    assert promote(application_id, character_name="Annabel", by=hall.guild.officer.by).task is None
    made = hall.character("Annabel")
    assert made is not None
    assert (made.owner, made.status) == (stranger.id, CharacterStatus.ACTIVE)
    with pytest.raises(CannotDo, match="nothing is left"):
        promote(application_id, by=hall.guild.officer.by)


def test_a_character_that_was_somebodys_is_not_given_away(hall: RecruitingHall) -> None:
    """V-8: nobody gets a former member's character, and its past, by applying under its name."""
    anna = hall.character("Anna")
    assert anna is not None
    hall.guild.use.reassign_character()(anna.id, owner=None, reason="a break", by=hall.guild.officer.by)
    application_id = hall.in_vote(hall.stranger(), "Anna")
    hall.guild.use.cast_vote()(application_id, Option.PASS, by=hall.members[1].by)
    hall.passes(2 * DAY)
    assert decided(hall, application_id).task is OpenTask.NAME_HELD


def test_a_character_that_was_never_anybodys_becomes_theirs(hall: RecruitingHall) -> None:
    """V-8: the roster knew the name already, from a dump of the guild say."""
    known = hall.guild.plays(None, "Newbie")
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    made = hall.character("Newbie")
    assert made is not None
    assert (made.id, made.owner, made.status) == (known, stranger.id, CharacterStatus.ACTIVE)
    assert decided(hall, application_id).character_id == known


def test_the_character_made_at_acceptance_becomes_active(hall: RecruitingHall) -> None:
    """V-4, V-8: where trials bid it exists, under whatever name it bears by now."""
    hall.guild.use.change_guild()(settings={"trials_bid": True}, by=hall.guild.officer.by)
    application_id = hall.in_vote(hall.stranger())
    made = hall.character("Newbie")
    assert made is not None
    hall.guild.use.change_character()(made.id, name="Oldbie", by=hall.guild.officer.by)
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    active = hall.character("Oldbie")
    assert active is not None
    assert (active.id, active.status) == (made.id, CharacterStatus.ACTIVE)


def test_where_passes_are_carried_out_by_hand_an_officer_does(hall: RecruitingHall) -> None:
    """V-4, V-8: until then the applicant stays one, with the rights of the trial."""
    hall.rules(promote_by_hand=True)
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    assert decided(hall, application_id).task is OpenTask.PROMOTE
    assert hall.standing(stranger) == ("applicant", True)
    assert hall.character("Newbie") is None
    assert "task.promote" in hall.told()
    with pytest.raises(NotPermitted):
        hall.guild.use.promote_trial()(application_id, by=hall.recruiter.by)
    hall.guild.use.promote_trial()(application_id, by=hall.guild.officer.by)
    assert hall.standing(stranger) == ("member", False)
    assert hall.character("Newbie") is not None


def test_nobody_is_promoted_whom_no_vote_passed(hall: RecruitingHall) -> None:
    """V-8: not from a trial, and not after a fail."""
    application_id = hall.on_trial(hall.stranger())
    promote = hall.guild.use.promote_trial()
    with pytest.raises(CannotDo):
        promote(application_id, by=hall.guild.officer.by)
    hall.guild.use.start_voting()(application_id, by=hall.recruiter.by)
    hall.votes(application_id, "fail")
    hall.passes(2 * DAY)
    with pytest.raises(CannotDo):
        promote(application_id, by=hall.guild.officer.by)


def test_a_membership_that_is_not_in_force_leaves_a_task(hall: RecruitingHall) -> None:
    """V-8, A-10: deactivated in the very moment of the decision."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.votes(application_id, "pass")
    hall.guild.clock.advance(2 * DAY)
    change = hall.guild.use.change_membership()
    change(stranger.id, status=MembershipStatus.DEACTIVATED, reason="rude", by=hall.guild.officer.by)
    hall.guild.use.decide_vote()(application_id, by=job("decide_vote", hall.guild.id))
    assert decided(hall, application_id).task is OpenTask.NOT_A_MEMBER
    assert hall.character("Newbie") is None
    change(stranger.id, status=MembershipStatus.IN_FORCE, reason="sorry", by=hall.guild.officer.by)
    assert hall.guild.use.promote_trial()(application_id, by=hall.guild.officer.by).task is None
    assert hall.standing(stranger) == ("member", False)


def test_whom_an_officer_made_more_meanwhile_stays_more(hall: RecruitingHall) -> None:
    """V-8: a pass is no demotion."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.votes(application_id, "pass")
    change = hall.guild.use.change_membership()
    change(stranger.id, role_group=RoleGroup.RECRUITER, reason="short of hands", by=hall.guild.officer.by)
    hall.guild.clock.advance(2 * DAY)
    hall.guild.use.decide_vote()(application_id, by=job("decide_vote", hall.guild.id))
    assert hall.standing(stranger) == ("recruiter", False)


def test_a_decision_that_comes_late_dates_from_when_it_came(hall: RecruitingHall) -> None:
    """V-8, V-11: after an outage the next stage has all of its hours."""
    hall.rules(officers_vote_too=True)
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY + timedelta(hours=7))
    poll = hall.application(application_id).polls[-1]
    assert (poll.opens_at, poll.closes_at - poll.opens_at) == (hall.guild.clock.now(), 48 * HOUR)


@pytest.mark.parametrize("name", ["Better", "newbie"])
def test_the_character_of_the_trial_does_not_stay_on_trial_where_another_is_named(
    hall: RecruitingHall, name: str
) -> None:
    """V-8: it rests, and is the new member's main no more; under its own name it is the one that is made active."""
    hall.guild.use.change_guild()(settings={"trials_bid": True}, by=hall.guild.officer.by)
    hall.rules(promote_by_hand=True)
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    hall.guild.use.promote_trial()(application_id, character_name=name, by=hall.guild.officer.by)
    made, of_trial = hall.character(name), hall.character("Newbie")
    assert made is not None
    assert of_trial is not None
    assert (made.status, made.is_main) == (CharacterStatus.ACTIVE, True)
    assert decided(hall, application_id).character_id == made.id
    if made.id != of_trial.id:
        assert (of_trial.status, of_trial.is_main, of_trial.main_id) == (CharacterStatus.INACTIVE, False, made.id)
