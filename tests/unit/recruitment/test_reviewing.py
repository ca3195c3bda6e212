"""What recruiters do with applications (V-2 to V-4, V-9)."""

from __future__ import annotations

import pytest

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.recruitment import CannotDo, NameHeld, NotAnApplicant, OwnApplication, StillOpen
from dkp_core.roster import CharacterStatus
from tests.unit.recruitment.hall import DAY, RecruitingHall


def test_who_is_accepted_is_an_applicant_on_trial(hall: RecruitingHall) -> None:
    """V-4, A-4: the role group stays, the trial is set; the recruiters' channel gets the summary (V-9)."""
    stranger = hall.stranger()
    application_id = hall.on_trial(stranger)
    assert hall.standing(stranger) == ("applicant", True)
    assert hall.told(stranger)[-1] == "application.accepted"
    assert hall.told()[-1] == "trial.summary"
    assert hall.deadlines()[f"application:{application_id}"] == "end_trial"
    assert hall.character("Newbie") is None


def test_nobody_is_accepted_twice(hall: RecruitingHall) -> None:
    """V-2: the second recruiter is told where the application stands."""
    application_id = hall.on_trial(hall.stranger())
    with pytest.raises(CannotDo) as refused:
        hall.accepts(application_id)
    assert refused.value.application_status == "trial_accepted"


def test_a_guild_whose_trials_bid_has_the_character_made_at_acceptance(hall: RecruitingHall) -> None:
    """V-4, D-5: with status trial; inactive where there is no pass."""
    hall.guild.use.change_guild()(settings={"trials_bid": True}, by=hall.guild.officer.by)
    stranger = hall.stranger()
    application_id = hall.on_trial(stranger, "Élan", character_class="Bard", level=60)
    made = hall.character("élan")
    assert made is not None
    assert (made.status, made.owner, made.level, made.is_main) == (CharacterStatus.TRIAL, stranger.id, 60, True)
    hall.guild.use.reject_application()(application_id, reason="No.", by=hall.recruiter.by)
    rested = hall.character("Élan")
    assert rested is not None
    assert rested.status is CharacterStatus.INACTIVE


def test_a_trial_that_is_to_bid_needs_a_name_of_its_own(hall: RecruitingHall) -> None:
    """V-4: a name that a member holds stands in the way; nothing is half done."""
    hall.guild.use.change_guild()(settings={"trials_bid": True}, by=hall.guild.officer.by)
    stranger = hall.stranger()
    application_id = hall.applies(stranger, "anna")
    with pytest.raises(NameHeld):
        hall.accepts(application_id)
    assert hall.application(application_id).status == "submitted"
    assert hall.standing(stranger) == ("applicant", False)


@pytest.mark.parametrize("state", ["applies", "on_trial"])
def test_who_is_rejected_is_a_guest_and_told_why(hall: RecruitingHall, state: str) -> None:
    """V-1, V-3: from the desk or from the trial."""
    stranger = hall.stranger()
    application_id = getattr(hall, state)(stranger)
    with pytest.raises(InvalidValue, match="reason"):
        hall.guild.use.reject_application()(application_id, reason=" ", by=hall.recruiter.by)
    hall.guild.use.reject_application()(application_id, reason="No bards.", by=hall.recruiter.by)
    assert hall.standing(stranger) == ("guest", False)
    told = hall.notices()[-1]
    assert (told.text, told.data["reason"]) == ("application.rejected", "No bards.")
    assert f"application:{application_id}" not in hall.deadlines()


def test_a_vote_that_runs_is_not_rejected_by_hand(hall: RecruitingHall) -> None:
    """V-2: the vote decides, or the application is withdrawn."""
    application_id = hall.in_vote(hall.stranger())
    with pytest.raises(CannotDo):
        hall.guild.use.reject_application()(application_id, reason="No.", by=hall.recruiter.by)


def test_whose_membership_is_over_is_not_accepted(hall: RecruitingHall) -> None:
    """A-10: also in the moment before the application follows the membership."""
    stranger = hall.stranger()
    application_id = hall.applies(stranger)
    change = hall.guild.use.change_membership()
    change(stranger.id, status=MembershipStatus.ENDED, reason="spam", by=hall.guild.officer.by)
    with pytest.raises(NotAnApplicant):
        hall.accepts(application_id)
    change(
        stranger.id,
        status=MembershipStatus.IN_FORCE,
        role_group=RoleGroup.MEMBER,
        reason="a friend",
        by=hall.guild.officer.by,
    )
    with pytest.raises(NotAnApplicant):
        hall.accepts(application_id)


def test_a_trial_is_extended(hall: RecruitingHall) -> None:
    """V-4: the applicant is told, and the end is due later."""
    stranger = hall.stranger()
    application_id = hall.on_trial(stranger)
    before = hall.application(application_id).trial
    hall.guild.use.extend_trial()(application_id, days=7, by=hall.recruiter.by)
    after = hall.application(application_id).trial
    assert before is not None
    assert after is not None
    assert after.ends_at == before.ends_at + 7 * DAY
    assert hall.told(stranger)[-1] == "application.trial_extended"
    for days in (0, 367):
        with pytest.raises(InvalidValue, match="days"):
            hall.guild.use.extend_trial()(application_id, days=days, by=hall.recruiter.by)


# --- words ------------------------------------------------------------------------------------------------------------


def test_a_comment_is_among_recruiters_unless_it_is_meant_for_the_applicant(hall: RecruitingHall) -> None:
    """V-3: internal, or visible to the applicant, who is told then."""
    stranger = hall.stranger()
    application_id = hall.applies(stranger)
    comment = hall.guild.use.comment_on_application()
    comment(application_id, "Too good to be true.", by=hall.recruiter.by)
    assert hall.told(stranger) == ["application.received"]
    comment(application_id, "When can you play?", visible=True, by=hall.recruiter.by)
    assert hall.told(stranger)[-1] == "application.commented"
    assert hall.notices()[-1].data["text"] == "When can you play?"


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001, "x" * 100_000])
def test_a_comment_says_something_and_not_too_much(hall: RecruitingHall, text: str) -> None:
    """G-8: refused by its field."""
    application_id = hall.applies(hall.stranger())
    with pytest.raises(InvalidValue, match="text"):
        hall.guild.use.comment_on_application()(application_id, text, by=hall.recruiter.by)


def test_members_leave_feedback_on_a_trial_and_on_nothing_else(hall: RecruitingHall) -> None:
    """V-4: applications that wait are not there for members; the applicant leaves none on themselves."""
    stranger = hall.stranger()
    application_id = hall.applies(stranger)
    feedback = hall.guild.use.leave_feedback()
    member = hall.members[0].by
    with pytest.raises(NoSuch):
        feedback(application_id, "Nice.", by=member)
    with pytest.raises(CannotDo):
        feedback(application_id, "Nice.", by=hall.recruiter.by)
    hall.accepts(application_id)
    assert feedback(application_id, "Nice.", by=member).author == hall.members[0].id
    with pytest.raises(NotPermitted):
        feedback(application_id, "I am nice.", by=hall.now(stranger).by)


def test_whoever_became_a_member_meanwhile_says_nothing_of_themselves(hall: RecruitingHall) -> None:
    """V-3, V-4: the guard that does not depend on the role group."""
    stranger = hall.stranger()
    application_id = hall.on_trial(stranger)
    change = hall.guild.use.change_membership()
    change(stranger.id, role_group=RoleGroup.RECRUITER, reason="short of hands", by=hall.guild.officer.by)
    themselves = hall.now(stranger).by
    with pytest.raises(OwnApplication):
        hall.guild.use.leave_feedback()(application_id, "I am nice.", by=themselves)
    with pytest.raises(OwnApplication):
        hall.guild.use.comment_on_application()(application_id, "I am nice.", by=themselves)


def test_feedback_is_a_persons(hall: RecruitingHall) -> None:
    """A-7: not even the operator says how somebody plays."""
    application_id = hall.on_trial(hall.stranger())
    with pytest.raises(NotPermitted):
        hall.guild.use.leave_feedback()(application_id, "Nice.", by=hall.guild.operator)


# --- the archive ------------------------------------------------------------------------------------------------------


def test_only_what_is_finished_goes_to_the_archive(hall: RecruitingHall) -> None:
    """V-2, G-4: archived once finished, never deleted; twice is once."""
    application_id = hall.applies(hall.stranger())
    remove = hall.guild.use.remove_application()
    with pytest.raises(StillOpen):
        remove(application_id, by=hall.recruiter.by)
    hall.guild.use.reject_application()(application_id, reason="No.", by=hall.recruiter.by)
    remove(application_id, by=hall.recruiter.by)
    version = hall.application(application_id).version
    remove(application_id, by=hall.recruiter.by)
    assert hall.application(application_id).version == version


def test_the_summary_is_posted_again_while_somebody_is_on_trial(hall: RecruitingHall) -> None:
    """V-9: for a channel that was set up late."""
    application_id = hall.applies(hall.stranger())
    with pytest.raises(CannotDo):
        hall.guild.use.post_trial_summary()(application_id, by=hall.recruiter.by)
    hall.accepts(application_id)
    hall.guild.use.post_trial_summary()(application_id, by=hall.recruiter.by)
    assert hall.told().count("trial.summary") == 2


def test_each_step_is_recorded_with_who_took_it_and_why(hall: RecruitingHall) -> None:
    """V-2, G-5: shown to recruiters with actor and reason."""
    stranger = hall.stranger()
    application_id = hall.applies(stranger)
    hall.guild.use.accept_to_trial()(application_id, reason="Looks good.", by=hall.recruiter.by)
    steps = hall.guild.use.show_application()(application_id, by=hall.recruiter.by).transitions
    assert [(str(each.after), each.user_id, each.reason) for each in steps] == [
        ("submitted", stranger.id, ""),
        ("trial_accepted", hall.recruiter.id, "Looks good."),
    ]
    # The reason is with the application: the audit log holds no words about people.
    with hall.work() as work:
        assert "Looks good" not in repr([each.event for each in work.session.tables.events.values()])


@pytest.mark.parametrize("who", ["member", "guest", "applicant"])
def test_reviewing_is_the_recruiters(hall: RecruitingHall, who: str) -> None:
    """A-3: nobody else accepts, rejects, comments, votes open or archives."""
    stranger = hall.stranger()
    application_id = hall.applies(stranger)
    by = {"member": hall.members[0], "guest": hall.stranger("Other"), "applicant": hall.now(stranger)}[who].by
    use = hall.guild.use
    for call in (
        lambda: use.accept_to_trial()(application_id, by=by),
        lambda: use.reject_application()(application_id, reason="No.", by=by),
        lambda: use.extend_trial()(application_id, days=1, by=by),
        lambda: use.start_voting()(application_id, by=by),
        lambda: use.comment_on_application()(application_id, "No.", by=by),
        lambda: use.remove_application()(application_id, by=by),
        lambda: use.post_trial_summary()(application_id, by=by),
        lambda: use.promote_trial()(application_id, by=by),
        lambda: use.show_trial_performance()(application_id, by=by),
        lambda: use.show_application_statistics()(by=by),
        lambda: use.set_recruitment_rules()({}, by=by),
    ):
        with pytest.raises(NotPermitted):
            call()
