"""Casting votes, and who may (V-5 to V-7, V-11)."""

from __future__ import annotations

import pytest

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import ApplicationId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.recruitment import (
    IsRecused,
    NoRecusing,
    NoVoteToWithdraw,
    OfficersVoteNow,
    Option,
    OwnApplication,
    Stage,
    VoteIsFinal,
    VoteNotOpen,
)
from tests.unit.recruitment.hall import DAY, HOUR, INSTANT, RecruitingHall


def test_a_vote_is_open_for_its_hours_and_not_a_microsecond_longer(hall: RecruitingHall) -> None:
    """V-5: before the start, at the start, in the last microsecond, at the end."""
    cast, member = hall.guild.use.cast_vote(), hall.members[0].by
    application_id = hall.on_trial(hall.stranger())
    with pytest.raises(VoteNotOpen):
        cast(application_id, Option.PASS, by=member)
    started = hall.guild.clock.now()
    hall.guild.use.start_voting()(application_id, by=hall.recruiter.by)
    assert cast(application_id, Option.FAIL, by=member).option is Option.FAIL
    hall.guild.clock.set(started + 48 * HOUR - INSTANT)
    assert cast(application_id, Option.PASS, by=member).option is Option.PASS
    hall.guild.clock.set(started + 48 * HOUR)
    # Nobody has decided it yet, and still it is too late.
    for late in (
        lambda: cast(application_id, Option.FAIL, by=member),
        lambda: hall.guild.use.withdraw_vote()(application_id, by=member),
        lambda: hall.guild.use.recuse_from_vote()(application_id, by=member),
    ):
        with pytest.raises(VoteNotOpen):
            late()


def test_the_members_are_called_and_the_applicant_told_that_it_runs(hall: RecruitingHall) -> None:
    """V-7, V-9: start of the vote."""
    stranger = hall.stranger()
    hall.in_vote(stranger)
    assert hall.told()[-1] == "vote.started"
    assert hall.told(stranger)[-1] == "application.vote_runs"


@pytest.mark.parametrize("role_group", [RoleGroup.MEMBER, RoleGroup.DEVELOPER, RoleGroup.RECRUITER, RoleGroup.OFFICER])
def test_every_member_votes_whatever_their_attendance(hall: RecruitingHall, role_group: RoleGroup) -> None:
    """V-5, V-6: it is recorded, and does not count where the attendance is too small."""
    application_id = hall.in_vote(hall.stranger())
    vote = hall.guild.use.cast_vote()(application_id, Option.PASS, by=hall.guild.joins("New", role_group).by)
    assert vote.attendance.fraction == 0
    details = hall.guild.use.show_vote_details()(application_id, by=hall.recruiter.by)
    assert (details.summary.votes, details.summary.counted) == (1, 0)


def test_candidates_guests_trials_bots_and_the_operator_do_not_vote(hall: RecruitingHall) -> None:
    """V-5, V-7: by permission, whatever the state of what they ask about."""
    candidate = hall.stranger()
    application_id = hall.in_vote(candidate)
    trial = hall.stranger("Trial")
    hall.on_trial(trial, "Other")
    everything = frozenset(Permission) - {Permission.VOTES_OWN}
    callers = (
        hall.now(candidate).by,
        hall.now(trial).by,
        hall.stranger("Guest").by,
        hall.bot(*everything),
        hall.guild.operator,
    )
    for by in callers:
        for which in (application_id, ApplicationId(99)):
            for call in (
                lambda which=which, by=by: hall.guild.use.cast_vote()(which, Option.PASS, by=by),
                lambda which=which, by=by: hall.guild.use.withdraw_vote()(which, by=by),
                lambda which=which, by=by: hall.guild.use.recuse_from_vote()(which, by=by),
            ):
                with pytest.raises(NotPermitted):
                    call()


def test_whoever_was_made_a_member_meanwhile_does_not_vote_on_themselves(hall: RecruitingHall) -> None:
    """V-5: never on oneself; the guard that does not depend on the role group."""
    candidate = hall.stranger()
    application_id = hall.in_vote(candidate)
    change = hall.guild.use.change_membership()
    change(candidate.id, role_group=RoleGroup.OFFICER, reason="a coup", by=hall.guild.officer.by)
    with pytest.raises(OwnApplication):
        hall.guild.use.cast_vote()(application_id, Option.PASS, by=hall.now(candidate).by)


def test_there_is_no_fourth_option() -> None:
    """V-5: the error says which there are."""
    with pytest.raises(InvalidValue, match="pass, fail, recycle"):
        Option.named("abstain")


def test_members_are_not_told_which_applications_wait_for_the_recruiters(hall: RecruitingHall) -> None:
    """V-3: to them one that was never on trial is none; recruiters and officers are told that no vote is open."""
    application_id = hall.applies(hall.stranger())
    cast = hall.guild.use.cast_vote()
    with pytest.raises(NoSuch) as there:
        cast(application_id, Option.PASS, by=hall.members[0].by)
    with pytest.raises(NoSuch) as not_there:
        cast(ApplicationId(99), Option.PASS, by=hall.members[0].by)
    assert there.value.kind == not_there.value.kind
    with pytest.raises(VoteNotOpen):
        cast(application_id, Option.PASS, by=hall.recruiter.by)


def test_no_vote_is_cast_on_what_is_not_there(hall: RecruitingHall) -> None:
    """G-8: an application of another guild is none."""
    with pytest.raises(NoSuch):
        hall.guild.use.cast_vote()(ApplicationId(99), Option.PASS, by=hall.members[0].by)


def test_five_hundred_changes_of_one_vote_leave_one_vote_and_all_of_its_history(hall: RecruitingHall) -> None:
    """V-5: any number of times."""
    application_id = hall.in_vote(hall.stranger())
    cast, member = hall.guild.use.cast_vote(), hall.members[0].by
    for number in range(500):
        cast(application_id, Option.PASS if number % 2 else Option.FAIL, by=member)
    details = hall.guild.use.show_vote_details()(application_id, by=hall.recruiter.by)
    assert [(row.option, row.changes) for row in details.voters] == [(Option.PASS, 499)]
    page = PageRequest(size=10)
    changes = hall.guild.use.show_vote_changes()(application_id, page=page, by=hall.recruiter.by)
    assert (changes.count, changes.results[0].number) == (500, 500)


def test_the_attendance_kept_is_that_of_the_moment(hall: RecruitingHall) -> None:
    """V-6: with each last vote; renewed by voting the same again."""
    application_id = hall.in_vote(hall.stranger())
    cast, member = hall.guild.use.cast_vote(), hall.members[0].by
    assert cast(application_id, Option.PASS, by=member).attendance.percent == "100.00"
    hall.raid("Ben")
    hall.guild.clock.advance(HOUR)
    before = hall.guild.use.show_vote_details()(application_id, by=hall.recruiter.by)
    assert before.voters[0].attendance == "100.00"
    renewed = cast(application_id, Option.PASS, by=member)
    assert (renewed.attendance.percent, renewed.changes) == ("50.00", 0)


def test_thirty_days_of_attendance_end_with_the_vote(hall: RecruitingHall) -> None:
    """V-6, D-9: [at - 30 days, at), to the microsecond: the hall's raid was a day before it opened."""
    hall.rules(vote_hours=720)
    raid = hall.guild.clock.now() - DAY
    application_id = hall.in_vote(hall.stranger())
    cast, member = hall.guild.use.cast_vote(), hall.members[0].by
    hall.guild.clock.set(raid + 30 * DAY)
    assert cast(application_id, Option.PASS, by=member).attendance.percent == "100.00"
    hall.guild.clock.set(raid + 30 * DAY + INSTANT)
    assert cast(application_id, Option.PASS, by=member).attendance.percent == "0.00"


def test_a_vote_is_withdrawn_once(hall: RecruitingHall) -> None:
    """V-5: while it is open, and if there is one."""
    application_id = hall.in_vote(hall.stranger())
    withdraw, member = hall.guild.use.withdraw_vote(), hall.members[0].by
    with pytest.raises(NoVoteToWithdraw):
        withdraw(application_id, by=member)
    hall.votes(application_id, "pass")
    withdraw(application_id, by=member)
    with pytest.raises(NoVoteToWithdraw):
        withdraw(application_id, by=member)
    assert hall.guild.use.show_vote_summary()(application_id, by=member).votes == 0


def test_who_recuses_themselves_keeps_out_of_every_round(hall: RecruitingHall) -> None:
    """V-11: the vote goes, and no other comes; officers see who keeps out."""
    application_id = hall.in_vote(hall.stranger())
    cast, member = hall.guild.use.cast_vote(), hall.members[0]
    hall.votes(application_id, "fail", "recycle")
    hall.guild.use.recuse_from_vote()(application_id, by=member.by)
    with pytest.raises(IsRecused):
        cast(application_id, Option.PASS, by=member.by)
    details = hall.guild.use.show_vote_details()(application_id, by=hall.recruiter.by)
    assert [row.user_id for row in details.recusals] == [member.id]
    assert details.summary.votes == 1
    hall.passes(2 * DAY)
    hall.guild.use.start_voting()(application_id, by=hall.recruiter.by)
    with pytest.raises(IsRecused):
        cast(application_id, Option.PASS, by=member.by)


def test_where_nobody_recuses_themselves_it_is_refused(hall: RecruitingHall) -> None:
    """V-11: a setting."""
    hall.rules(recusing=False)
    application_id = hall.in_vote(hall.stranger())
    with pytest.raises(NoRecusing):
        hall.guild.use.recuse_from_vote()(application_id, by=hall.members[0].by)


def test_a_vote_goes_by_the_rules_it_began_with(hall: RecruitingHall) -> None:
    """V-11: nobody changes the rules of a game that is on."""
    application_id = hall.in_vote(hall.stranger())
    hall.rules(votes_changeable=False, counts_from_percent=100, vote_hours=1, totals_before_end=False)
    hall.votes(application_id, "pass")
    assert hall.votes(application_id, "fail")[0].changes == 1
    assert hall.guild.use.show_vote_summary()(application_id, by=hall.members[0].by).counts_from_percent == 15


def test_in_their_stage_only_officers_vote(hall: RecruitingHall) -> None:
    """V-11: members, then officers."""
    hall.rules(officers_vote_too=True)
    application_id = hall.in_vote(hall.stranger())
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    assert hall.told()[-1] == "vote.officers_started"
    cast = hall.guild.use.cast_vote()
    for person in (hall.members[0], hall.recruiter):
        with pytest.raises(OfficersVoteNow):
            cast(application_id, Option.PASS, by=person.by)
    assert cast(application_id, Option.PASS, by=hall.guild.officer.by).stage is Stage.OFFICERS


def test_of_votes_the_audit_log_knows_nothing(hall: RecruitingHall) -> None:
    """A-7, V-7: no event tells who voted, or what: a bot may read the log."""
    application_id = hall.in_vote(hall.stranger())
    with hall.work() as work:
        before = len(work.session.tables.events)
    hall.votes(application_id, "pass", "fail", "recycle")
    hall.guild.use.withdraw_vote()(application_id, by=hall.members[0].by)
    hall.guild.use.recuse_from_vote()(application_id, by=hall.members[1].by)
    with hall.work() as work:
        assert len(work.session.tables.events) == before


# --- who turned out to be another -------------------------------------------------------------------------------------


def test_who_turned_out_to_be_another_has_one_vote(hall: RecruitingHall) -> None:
    """V-5, R-8: what was cast as the one is the other's to change and to withdraw, and is never counted with it."""
    application_id = hall.in_vote(hall.stranger())
    anna, ben, _ = hall.members
    use = hall.guild.use
    hall.votes(application_id, "pass", "fail")
    hall.becomes(anna, ben)
    summary = use.show_vote_summary()(application_id, by=ben.by)
    assert (summary.votes, summary.own and summary.own.option) == (1, Option.FAIL)
    details = use.show_vote_details()(application_id, by=hall.recruiter.by)
    assert [(row.username, row.counts) for row in details.voters] == [("Anna", False), ("Ben", True)]
    hall.guild.clock.advance(HOUR)
    use.withdraw_vote()(application_id, by=ben.by)
    assert use.show_vote_summary()(application_id, by=ben.by).votes == 0


@pytest.mark.parametrize("changeable", [True, False])
def test_what_was_cast_as_another_is_taken_over(hall: RecruitingHall, changeable: bool) -> None:
    """V-11, R-8: where votes are final it is no second chance."""
    hall.rules(votes_changeable=changeable, totals_before_end=True)
    application_id = hall.in_vote(hall.stranger())
    anna, ben, _ = hall.members
    use = hall.guild.use
    hall.votes(application_id, "pass")
    hall.becomes(anna, ben)
    own = use.show_vote_summary()(application_id, by=ben.by).own
    assert own is not None
    assert own.option is Option.PASS
    if not changeable:
        with pytest.raises(VoteIsFinal):
            use.cast_vote()(application_id, Option.FAIL, by=ben.by)
        return
    use.cast_vote()(application_id, Option.FAIL, by=ben.by)
    assert use.show_vote_summary()(application_id, by=ben.by).votes == 1
    hall.passes(2 * DAY)
    assert hall.application(application_id).polls[-1].result is Option.FAIL


def test_who_kept_out_as_another_keeps_out(hall: RecruitingHall) -> None:
    """V-11, R-8."""
    application_id = hall.in_vote(hall.stranger())
    anna, ben, _ = hall.members
    hall.guild.use.recuse_from_vote()(application_id, by=anna.by)
    hall.becomes(anna, ben)
    with pytest.raises(IsRecused):
        hall.guild.use.cast_vote()(application_id, Option.PASS, by=ben.by)


def test_votes_on_who_one_was_are_shown_to_nobody_either(hall: RecruitingHall) -> None:
    """V-7, R-8: whom the vote was on reads nothing of it, as whichever user they come, whatever they have become."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.votes(application_id, "pass", "fail")
    officer = hall.guild.joins("Otto", RoleGroup.OFFICER)
    use = hall.guild.use
    assert use.show_vote_details()(application_id, by=officer.by).voters
    use.comment_on_application()(application_id, "Hm.", by=hall.recruiter.by)
    hall.becomes(stranger, officer)
    for call in (
        lambda: use.show_vote_summary()(application_id, by=officer.by),
        lambda: use.show_vote_details()(application_id, by=officer.by),
        lambda: use.show_voting_eligibility()(application_id, by=officer.by),
        lambda: use.show_vote_changes()(application_id, page=PageRequest(), by=officer.by),
        lambda: use.show_trial_performance()(application_id, by=officer.by),
    ):
        with pytest.raises(NotPermitted):
            call()
    for deed in (
        lambda: use.comment_on_application()(application_id, "Fine.", by=officer.by),
        lambda: use.leave_feedback()(application_id, "Fine.", by=officer.by),
        lambda: use.cast_vote()(application_id, Option.PASS, by=officer.by),
    ):
        with pytest.raises(OwnApplication):
            deed()
    shown = use.show_application()(application_id, by=officer.by)
    assert (shown.polls, shown.comments) == ((), ())
    listed = use.list_applications()(page=PageRequest(), by=officer.by).results
    assert [row.round for row in listed] == [0]
