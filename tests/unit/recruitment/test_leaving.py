"""What becomes of the applications of who leaves, is taken in by hand, or is erased (A-10, A-12)."""

from __future__ import annotations

from typing import Any

import pytest

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.actor import job
from dkp_core.recruitment import NOBODY
from dkp_core.roster import CharacterStatus
from tests.unit.recruitment.hall import DAY, RecruitingHall


@pytest.mark.parametrize("state", ["applies", "on_trial", "in_vote"])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": MembershipStatus.ENDED}, "The membership ended."),
        ({"status": MembershipStatus.DEACTIVATED}, "The membership was deactivated."),
        ({"role_group": RoleGroup.MEMBER}, "An officer made the applicant a member."),
        ({"role_group": RoleGroup.GUEST}, "An officer made the applicant a guest."),
    ],
)
def test_who_is_no_applicant_any_more_has_no_open_application(
    hall: RecruitingHall, state: str, change: dict[str, Any], reason: str
) -> None:
    """V-2, A-10: it is withdrawn by the system, with the reason; nothing is due any more."""
    stranger = hall.stranger()
    application_id = getattr(hall, state)(stranger)
    hall.guild.use.change_membership()(stranger.id, **change, reason="so it is", by=hall.guild.officer.by)
    hall.works()
    assert hall.application(application_id).status == "withdrawn"
    steps = hall.guild.use.show_application()(application_id, by=hall.recruiter.by).transitions
    assert (steps[-1].reason, steps[-1].actor_kind) == (reason, "job")
    assert hall.deadlines() == {}
    membership = hall.membership(stranger)
    assert membership is not None
    assert not membership.trial
    assert membership.role_group is change.get("role_group", RoleGroup.APPLICANT)


def test_an_applicant_whose_membership_changes_otherwise_stays_one(hall: RecruitingHall) -> None:
    """V-4: the beginning of the trial is such a change, and so is a membership that was resumed in time."""
    stranger = hall.stranger()
    application_id = hall.on_trial(stranger)
    change = hall.guild.use.change_membership()
    change(stranger.id, status=MembershipStatus.ENDED, reason="oops", by=hall.guild.officer.by)
    change(stranger.id, status=MembershipStatus.IN_FORCE, reason="sorry", by=hall.guild.officer.by)
    hall.works()
    assert hall.application(application_id).status == "trial_accepted"


def test_whom_the_operator_shuts_out_applies_no_more(hall: RecruitingHall) -> None:
    """A-10: in no guild."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.guild.use.set_user_active()(stranger.id, active=False, by=hall.guild.operator)
    hall.works()
    assert hall.application(application_id).status == "withdrawn"
    assert "vote.called_off" in hall.told()


def test_a_character_made_for_a_trial_plays_on_with_whom_an_officer_made_a_member(hall: RecruitingHall) -> None:
    """V-4: inactive if there is no pass, but the officer's hand is better than one."""
    hall.guild.use.change_guild()(settings={"trials_bid": True}, by=hall.guild.officer.by)
    kept, gone = hall.stranger("Kept"), hall.stranger("Gone")
    hall.on_trial(kept, "Kept")
    hall.on_trial(gone, "Gone")
    change = hall.guild.use.change_membership()
    change(kept.id, role_group=RoleGroup.MEMBER, reason="a friend", by=hall.guild.officer.by)
    change(gone.id, status=MembershipStatus.ENDED, reason="left", by=hall.guild.officer.by)
    hall.works()
    statuses = [character.status for name in ("Kept", "Gone") if (character := hall.character(name)) is not None]
    assert statuses == [CharacterStatus.ACTIVE, CharacterStatus.INACTIVE]


def test_an_erased_applicant_leaves_statuses_and_dates(hall: RecruitingHall) -> None:
    """A-12: what they told, what was said of them and by them is gone, and so are the notices; votes stay."""
    stranger = hall.stranger()
    hall.rules(reapply_days=0)
    rejected = hall.applies(stranger, "Firstname", email="secret@example.org", references="SECRET one")
    hall.guild.use.comment_on_application()(rejected, "SECRET two", by=hall.recruiter.by)
    hall.guild.use.reject_application()(rejected, reason="SECRET three", by=hall.recruiter.by)
    open_ = hall.in_vote(stranger, "Secondname", availability="SECRET four")
    hall.guild.use.leave_feedback()(open_, "SECRET five", by=hall.members[0].by)
    hall.votes(open_, "pass")
    hall.guild.use.empty_applications()(stranger.id, by=job("empty_applications", hall.guild.id))
    assert [hall.application(each).status for each in (rejected, open_)] == ["rejected", "withdrawn"]
    assert [hall.application(each).candidate for each in (rejected, open_)] == [NOBODY, NOBODY]
    with hall.work() as work:
        tables = work.session.tables
        kept = repr([tables.applications, tables.transitions, tables.comments, tables.events, hall.notices()])
    for word in ("SECRET", "secret@example.org", "Firstname", "Secondname"):
        assert word not in kept
    detail = hall.guild.use.show_application()(open_, by=hall.recruiter.by)
    assert [str(step.after) for step in detail.transitions] == [
        "submitted",
        "trial_accepted",
        "voting_active",
        "withdrawn",
    ]
    assert hall.guild.use.show_vote_summary()(open_, by=hall.members[0].by).votes == 1


def test_erasing_twice_is_erasing_once(hall: RecruitingHall) -> None:
    """A-12: a worker that died in the middle begins again."""
    stranger = hall.stranger()
    application_id = hall.applies(stranger)
    for _ in range(2):
        hall.guild.use.empty_applications()(stranger.id, by=job("empty_applications", hall.guild.id))
    with hall.work() as work:
        told = [type(each.event).__name__ for each in work.session.tables.events.values()]
    assert told.count("ApplicationEmptied") == 1
    assert hall.application(application_id).status == "withdrawn"


def test_what_an_erased_member_said_of_others_is_gone(hall: RecruitingHall) -> None:
    """A-12: comments and feedback by the person; that there was one stays."""
    application_id = hall.on_trial(hall.stranger())
    hall.guild.use.leave_feedback()(application_id, "SECRET", by=hall.members[0].by)
    hall.guild.use.leave_feedback()(application_id, "Fine.", by=hall.members[1].by)
    hall.guild.use.empty_applications()(hall.members[0].id, by=job("empty_applications", hall.guild.id))
    said = hall.guild.use.show_application()(application_id, by=hall.recruiter.by).comments
    assert [comment.text for comment in said] == ["", "Fine."]


def test_nothing_follows_for_members_without_applications(hall: RecruitingHall) -> None:
    """V-2: most changes of memberships are none of recruitment's business."""
    change = hall.guild.use.change_membership()
    change(hall.members[0].id, role_group=RoleGroup.DEVELOPER, reason="code", by=hall.guild.officer.by)
    told = len(hall.notices())
    hall.passes(DAY)
    assert len(hall.notices()) == told


@pytest.mark.parametrize("state", ["on_trial", "in_vote"])
def test_a_trial_that_an_officer_ended_and_took_back_is_over(hall: RecruitingHall, state: str) -> None:
    """V-4: who was a guest for a moment has a trial's rights no more; the application does not go on without them."""
    stranger = hall.stranger()
    application_id = getattr(hall, state)(stranger)
    change = hall.guild.use.change_membership()
    for role_group in (RoleGroup.GUEST, RoleGroup.APPLICANT):
        change(stranger.id, role_group=role_group, reason="oops", by=hall.guild.officer.by)
    hall.works()
    assert hall.application(application_id).status == "withdrawn"
    steps = hall.guild.use.show_application()(application_id, by=hall.recruiter.by).transitions
    assert steps[-1].reason == "An officer ended the trial."
    assert hall.standing(stranger) == ("guest", False)
