"""Who sees what of applications and votes (V-3, V-7, V-10)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import ApplicationId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.recruitment import ApplicationStatus, CommentKind, Option, Stage
from tests.unit.recruitment.hall import DAY, RecruitingHall

FORM = {
    "questions": [
        {"id": "why", "text": "Why us?"},
        {"id": "age", "text": "How old are you?", "private": True},
    ]
}
PAGE = PageRequest()


def told_all(hall: RecruitingHall) -> ApplicationId:
    """An application with everything that can be told and said, on trial."""
    hall.guild.use.set_application_form()(FORM, by=hall.guild.officer.by)
    application_id = hall.on_trial(
        hall.stranger(),
        email="private@example.org",
        referees=[hall.members[0].id, hall.recruiter.id],
        form_version=1,
        answers={"why": "Dragons.", "age": "44"},
    )
    comment = hall.guild.use.comment_on_application()
    comment(application_id, "internal word", by=hall.recruiter.by)
    comment(application_id, "visible word", visible=True, by=hall.recruiter.by)
    hall.guild.use.leave_feedback()(application_id, "feedback word", by=hall.members[0].by)
    return application_id


def applicant(hall: RecruitingHall, application_id: ApplicationId) -> Actor:
    """Whose application it is, with the rights they have now."""
    return hall.now(hall.application(application_id).user_id).by


def test_recruiters_read_everything(hall: RecruitingHall) -> None:
    """V-3: and who took which step."""
    application_id = told_all(hall)
    found = hall.guild.use.show_application()(application_id, by=hall.recruiter.by)
    assert found.email == "private@example.org"
    assert [answer.answer for answer in found.answers] == ["Dragons.", "44"]
    assert [comment.kind for comment in found.comments] == [
        CommentKind.INTERNAL,
        CommentKind.VISIBLE,
        CommentKind.FEEDBACK,
    ]
    assert [referee.username for referee in found.referees] == ["Anna", "Rita"]
    assert found.transitions[-1].username == "Rita"


def test_members_read_those_on_trial_without_what_is_private(hall: RecruitingHall) -> None:
    """V-3: no e-mail, no private answers, no internal comments; and no feedback of others."""
    application_id = told_all(hall)
    found = hall.guild.use.show_application()(application_id, by=hall.members[0].by)
    assert found.email is None
    assert [answer.answer for answer in found.answers] == ["Dragons."]
    assert [comment.text for comment in found.comments] == ["visible word"]
    assert {(step.user_id, step.reason) for step in found.transitions} == {(None, "")}


def test_the_applicant_reads_the_own_application_without_what_is_internal(hall: RecruitingHall) -> None:
    """V-3, V-4: what they told, and what was meant for them."""
    application_id = told_all(hall)
    found = hall.guild.use.show_application()(application_id, by=applicant(hall, application_id))
    assert found.email == "private@example.org"
    assert [answer.answer for answer in found.answers] == ["Dragons.", "44"]
    assert [comment.text for comment in found.comments] == ["visible word"]
    assert "Rita" not in repr(found.transitions)


def test_what_was_said_of_them_stays_hidden_when_they_have_become_an_officer(hall: RecruitingHall) -> None:
    """V-3, V-7: as whom one looks at one's own application is never a recruiter."""
    application_id = told_all(hall)
    hall.guild.use.start_voting()(application_id, by=hall.recruiter.by)
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    user_id = hall.application(application_id).user_id
    change = hall.guild.use.change_membership()
    change(user_id, role_group=RoleGroup.OFFICER, reason="a career", by=hall.guild.officer.by)
    themselves = hall.now(user_id).by
    found = hall.guild.use.show_application()(application_id, by=themselves)
    assert [comment.text for comment in found.comments] == ["visible word"]
    assert (found.polls, found.row.round) == ((), 0)
    listed = hall.guild.use.list_applications()(page=PAGE, by=themselves).results
    assert [row.round for row in listed] == [0]
    for call in voting_calls(hall, application_id, themselves):
        with pytest.raises(NotPermitted):
            call()
    with pytest.raises(NotPermitted):
        hall.guild.use.show_trial_performance()(application_id, by=themselves)


@pytest.mark.parametrize("state", ["applies", "on_trial", "in_vote"])
def test_members_list_only_those_on_trial_or_in_a_vote(hall: RecruitingHall, state: str) -> None:
    """V-3: an application that waits for the recruiters is not there for them, by list or by id."""
    application_id = getattr(hall, state)(hall.stranger())
    seen = state != "applies"
    show, list_ = hall.guild.use.show_application(), hall.guild.use.list_applications()
    by = hall.members[0].by
    assert [row.id for row in list_(page=PAGE, by=by).results] == ([application_id] if seen else [])
    if not seen:
        with pytest.raises(NoSuch):
            show(application_id, by=by)
        with pytest.raises(NotPermitted):
            list_(statuses=frozenset({ApplicationStatus.SUBMITTED}), page=PAGE, by=by)
    with pytest.raises(NotPermitted):
        list_(archived=True, page=PAGE, by=by)
    assert [row.id for row in list_(page=PAGE, by=hall.recruiter.by).results] == [application_id]


def test_lists_leave_the_archive_out_unless_it_is_asked_for(hall: RecruitingHall) -> None:
    """V-2, G-4: archived is not deleted; the own list holds it too."""
    stranger = hall.stranger()
    application_id = hall.applies(stranger)
    hall.guild.use.reject_application()(application_id, reason="No.", by=hall.recruiter.by)
    hall.guild.use.remove_application()(application_id, by=hall.recruiter.by)
    list_ = hall.guild.use.list_applications()
    assert list_(page=PAGE, by=hall.recruiter.by).count == 0
    assert list_(archived=True, page=PAGE, by=hall.recruiter.by).count == 1
    own = hall.guild.use.list_own_applications()(page=PAGE, by=hall.now(stranger).by)
    assert [(row.id, row.archived) for row in own.results] == [(application_id, True)]


def test_guests_list_their_own_and_nothing_else(hall: RecruitingHall) -> None:
    """V-3: nothing of others, not even how many."""
    hall.on_trial(hall.stranger("Other"), "Other")
    nosy = hall.stranger("Nosy").by
    assert hall.guild.use.list_own_applications()(page=PAGE, by=nosy).count == 0
    with pytest.raises(NotPermitted):
        hall.guild.use.list_applications()(page=PAGE, by=nosy)


def test_referees_who_are_no_members_are_not_shown(hall: RecruitingHall) -> None:
    """V-1, G-1: naming ids at random tells nobody anything."""
    application_id = hall.applies(hall.stranger(), referees=[hall.members[0].id, 99, hall.stranger("X").id])
    found = hall.guild.use.show_application()(application_id, by=hall.recruiter.by)
    assert [referee.user_id for referee in found.referees] == [hall.members[0].id]


# --- votes ------------------------------------------------------------------------------------------------------------


def voting_calls(hall: RecruitingHall, application_id: ApplicationId, by: Actor) -> list[Callable[[], object]]:
    """Every way to ask for a vote's data."""
    use = hall.guild.use
    return [
        lambda: use.show_vote_summary()(application_id, by=by),
        lambda: use.show_vote_details()(application_id, by=by),
        lambda: use.show_voting_eligibility()(application_id, by=by),
        lambda: use.show_vote_changes()(application_id, page=PAGE, by=by),
    ]


@pytest.mark.parametrize("state", ["applies", "on_trial", "in_vote", "nothing"])
def test_candidates_and_guests_are_refused_alike_whatever_the_state(hall: RecruitingHall, state: str) -> None:
    """V-7: the same 403; not even that a count exists."""
    candidate = hall.stranger()
    application_id = ApplicationId(99) if state == "nothing" else getattr(hall, state)(candidate)
    for person in (hall.now(candidate), hall.stranger("Guest")):
        told = []
        for call in voting_calls(hall, application_id, person.by):
            with pytest.raises(NotPermitted) as refused:
                call()
            told.append(refused.value.permission)
        assert told == ["tallies:read", "votes:read", "votes:read", "votes:read"]


def test_members_see_totals_and_their_own_vote_and_no_more(hall: RecruitingHall) -> None:
    """V-7: totals by option of all votes and of those that count."""
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass", "pass", "fail")
    hall.guild.use.cast_vote()(application_id, Option.FAIL, by=hall.guild.joins("New").by)
    member = hall.members[0].by
    found = hall.guild.use.show_vote_summary()(application_id, by=member)
    assert found.totals is not None
    assert [(count.option.value, count.votes, count.counted) for count in found.totals] == [
        ("pass", 2, 2),
        ("fail", 2, 1),
        ("recycle", 0, 0),
    ]
    assert found.own is not None
    assert (found.own.option, found.own.attendance, found.own.counts) == (Option.PASS, "100.00", True)
    for call in voting_calls(hall, application_id, member)[1:]:
        with pytest.raises(NotPermitted):
            call()


def test_a_bot_reads_totals_with_the_scope_for_it_and_has_no_vote_of_its_own(hall: RecruitingHall) -> None:
    """A-7: of votes nothing beyond totals is for programs."""
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass")
    found = hall.guild.use.show_vote_summary()(application_id, by=hall.bot(Permission.TALLIES_READ))
    assert (found.votes, found.own) == (1, None)


def test_where_totals_wait_for_the_end_nobody_sees_them_before(hall: RecruitingHall) -> None:
    """V-11: a setting; one's own vote is shown."""
    hall.rules(totals_before_end=False)
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass")
    member = hall.members[0].by
    during = hall.guild.use.show_vote_summary()(application_id, by=member)
    assert (during.totals, during.votes, during.counted, during.is_open) == (None, None, None, True)
    assert during.own is not None
    hall.guild.clock.advance(2 * DAY)
    after = hall.guild.use.show_vote_summary()(application_id, by=member)
    assert (after.votes, after.is_open) == (1, False)


def test_recruiters_see_every_voter(hall: RecruitingHall) -> None:
    """V-7: option, attendance, changes; withdrawn ones too."""
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass", "fail")
    hall.votes(application_id, "fail")
    hall.guild.use.withdraw_vote()(application_id, by=hall.members[1].by)
    details = hall.guild.use.show_vote_details()(application_id, by=hall.recruiter.by)
    assert [(row.username, row.option, row.changes, row.attendance) for row in details.voters] == [
        ("Anna", Option.FAIL, 1, "100.00"),
        ("Ben", None, 1, "100.00"),
    ]
    changes = hall.guild.use.show_vote_changes()(application_id, page=PAGE, by=hall.recruiter.by)
    assert [(row.username, row.before, row.after) for row in changes.results] == [
        ("Ben", Option.FAIL, None),
        ("Ben", None, Option.FAIL),
        ("Anna", Option.PASS, Option.FAIL),
        ("Anna", None, Option.PASS),
    ]


def test_eligibility_is_of_all_who_may_vote(hall: RecruitingHall) -> None:
    """V-7: everybody of the role groups, whose vote would count, who voted and who keeps out."""
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass")
    hall.guild.use.recuse_from_vote()(application_id, by=hall.members[1].by)
    rows = hall.guild.use.show_voting_eligibility()(application_id, by=hall.recruiter.by)
    assert [(row.username, row.counts, row.voted, row.recused) for row in rows] == [
        ("Anna", True, True, False),
        ("Ben", True, False, True),
        ("Boss", False, False, False),
        ("Cleo", True, False, False),
        ("Rita", False, False, False),
    ]


def test_in_the_officers_stage_the_officers_are_eligible(hall: RecruitingHall) -> None:
    """V-11: and the members' votes are those of their stage."""
    hall.rules(officers_vote_too=True)
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    eligible = hall.guild.use.show_voting_eligibility()(application_id, by=hall.recruiter.by)
    assert [row.username for row in eligible] == ["Boss"]
    summary = hall.guild.use.show_vote_summary()
    assert summary(application_id, by=hall.members[0].by).votes == 0
    assert summary(application_id, stage=Stage.MEMBERS, by=hall.members[0].by).votes == 1


def test_without_a_vote_there_is_nothing_to_show(hall: RecruitingHall) -> None:
    """V-7: for who may see votes it is just not there."""
    application_id = hall.on_trial(hall.stranger())
    kinds = set()
    for found in (application_id, ApplicationId(99)):
        for call in voting_calls(hall, found, hall.recruiter.by)[:3]:
            with pytest.raises(NoSuch) as missed:
                call()
            kinds.add(missed.value.kind)
    assert kinds == {"vote on application"}, "members would else learn which applications there are"


def test_the_applicants_list_tells_no_more_of_a_vote_than_that_it_runs(hall: RecruitingHall) -> None:
    """V-7: the status is no voting data; its end and round are."""
    stranger = hall.stranger()
    hall.in_vote(stranger)
    row = hall.guild.use.list_own_applications()(page=PAGE, by=hall.now(stranger).by).results[0]
    assert (row.status, row.closes_at, row.stage, row.round) == (ApplicationStatus.VOTING_ACTIVE, None, None, 0)


def test_statistics_are_of_the_span_that_is_asked_for(hall: RecruitingHall) -> None:
    """V-10: by the time of submission; the end does not belong to it."""
    start = hall.guild.clock.now()
    hall.on_trial(hall.stranger("A"), "A")
    hall.guild.clock.advance(DAY)
    rejected = hall.applies(hall.stranger("B"), "B")
    hall.guild.use.reject_application()(rejected, reason="No.", by=hall.recruiter.by)
    show = hall.guild.use.show_application_statistics()
    everything = show(by=hall.recruiter.by)
    assert (everything.applications, everything.rejected) == (2, 1)
    assert [(row.username, row.accepted, row.rejected) for row in everything.recruiters] == [("Rita", 1, 1)]
    assert show(since=start, until=start + DAY, by=hall.recruiter.by).applications == 1
    assert show(since=start + DAY, by=hall.recruiter.by).rejected == 1
