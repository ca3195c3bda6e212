"""Trials as they go on (V-4, V-12)."""

from __future__ import annotations

from dkp_core.kernel.actor import job
from dkp_core.kernel.ids import ApplicationId
from dkp_core.recruitment import OnTrial, Option, TrialPerformance
from tests.unit.recruitment.hall import DAY, HOUR, INSTANT, RecruitingHall

WEEKS = {"trial_attendance_percent": 50, "trial_attendance_weeks": 2, "trial_raids": 2, "trial_points": "20"}


def on_trial(hall: RecruitingHall, application_id: ApplicationId) -> OnTrial:
    """The application, on trial."""
    application = hall.application(application_id)
    assert isinstance(application, OnTrial)
    return application


def performance(hall: RecruitingHall, application_id: ApplicationId) -> TrialPerformance:
    """How a trial does, as the recruiter sees it."""
    return hall.guild.use.show_trial_performance()(application_id, by=hall.recruiter.by)


def test_a_trial_that_ends_without_a_vote_is_overdue_once(hall: RecruitingHall) -> None:
    """V-4: put to the recruiters by a job; the applicant stays on trial."""
    stranger = hall.stranger()
    application_id = hall.on_trial(stranger)
    hall.passes(30 * DAY - INSTANT)
    assert not on_trial(hall, application_id).trial.overdue
    hall.passes(INSTANT)
    assert on_trial(hall, application_id).trial.overdue
    assert hall.standing(stranger) == ("applicant", True)
    hall.passes(30 * DAY)
    assert hall.told().count("trial.overdue") == 1


def test_a_worker_who_comes_too_early_finds_nothing_to_do(hall: RecruitingHall) -> None:
    """V-4: another worker's clock may be ahead, and the trial may have been extended since."""
    application_id = hall.on_trial(hall.stranger())
    hall.guild.clock.advance(30 * DAY - INSTANT)
    hall.guild.use.end_trial()(application_id, by=job("end_trial", hall.guild.id))
    assert not on_trial(hall, application_id).trial.overdue


def test_an_overdue_trial_can_be_extended_and_becomes_overdue_again(hall: RecruitingHall) -> None:
    """V-4: it is put to the recruiters anew."""
    application_id = hall.on_trial(hall.stranger())
    hall.passes(30 * DAY)
    hall.guild.use.extend_trial()(application_id, days=5, by=hall.recruiter.by)
    assert not on_trial(hall, application_id).trial.overdue
    hall.passes(5 * DAY)
    assert hall.told().count("trial.overdue") == 2


def test_where_the_guild_has_it_so_the_vote_starts_by_itself(hall: RecruitingHall) -> None:
    """V-4: a setting, as it is when the trial ends."""
    application_id = hall.on_trial(hall.stranger())
    hall.rules(vote_starts_by_itself=True)
    hall.passes(30 * DAY)
    assert hall.application(application_id).status == "voting_active"
    assert hall.told()[-1] == "vote.started"


def test_a_vote_that_started_in_time_leaves_no_overdue_trial(hall: RecruitingHall) -> None:
    """V-4: what was due at the trial's end is due no more."""
    application_id = hall.on_trial(hall.stranger())
    hall.guild.clock.advance(29 * DAY)
    hall.guild.use.start_voting()(application_id, by=hall.recruiter.by)
    hall.votes(application_id, "recycle")
    hall.passes(DAY)
    assert hall.application(application_id).status == "voting_active"
    assert "trial.overdue" not in hall.told()


def test_a_trial_is_measured_by_its_name_while_that_stands_for_nobody(hall: RecruitingHall) -> None:
    """V-4, V-12: attendance, raids and points of unresolved lines, in any case of the name."""
    application_id = hall.on_trial(hall.stranger(), "Élan")
    hall.guild.clock.advance(DAY)
    hall.raid("éLAN")
    hall.guild.clock.advance(DAY)
    hall.raid("Anna")
    hall.guild.clock.advance(DAY)
    found = performance(hall, application_id)
    assert (found.attended, found.held, found.attendance) == (1, 2, "50.00")
    assert str(found.points) == "10.00"
    assert [(row.presence, str(row.points), row.unresolved) for row in found.raids] == [
        (None, "0.00", False),
        ("present", "10.00", True),
    ]
    assert hall.guild.use.list_unresolved()(by=hall.guild.operator)[0].name == "éLAN"


def test_what_was_before_the_trial_is_not_of_it(hall: RecruitingHall) -> None:
    """V-4: attendance over the trial; the hall's raid was a day before."""
    application_id = hall.on_trial(hall.stranger())
    found = performance(hall, application_id)
    assert (found.held, found.raids) == (0, ())


def test_a_trial_is_judged_daily_and_its_outcome_proposed_never_executed(hall: RecruitingHall) -> None:
    """V-12: shown to recruiters; they are told when the proposal changes, and only then."""
    hall.rules(**WEEKS)
    stranger = hall.stranger()
    application_id = hall.on_trial(stranger)
    for _ in range(2):
        hall.passes(DAY)
        hall.raid("Newbie", at=hall.guild.clock.now() - HOUR)
    assert on_trial(hall, application_id).proposal is None
    verdicts = {str(each.criterion): str(each.finding) for each in performance(hall, application_id).verdicts}
    assert verdicts == {"attendance": "not_yet", "points": "met", "raids": "met"}
    for _ in range(14):
        hall.raid("Newbie" if hall.guild.clock.now().day % 2 else "Anna")
        hall.passes(DAY)
    assert on_trial(hall, application_id).proposal is Option.PASS
    assert hall.told().count("trial.proposal") == 1
    assert hall.standing(stranger) == ("applicant", True)


def test_a_trial_that_misses_its_rules_is_proposed_to_fail_at_its_end(hall: RecruitingHall) -> None:
    """V-12: judged a last time when it is over, and not every day after."""
    hall.rules(**WEEKS)
    application_id = hall.on_trial(hall.stranger())
    hall.passes(31 * DAY)
    assert on_trial(hall, application_id).proposal is Option.FAIL
    assert performance(hall, application_id).proposal is Option.FAIL
    assert hall.deadlines() == {}


def test_a_trial_without_rules_is_not_judged(hall: RecruitingHall) -> None:
    """V-12: nothing is due but its end."""
    application_id = hall.on_trial(hall.stranger())
    assert set(hall.deadlines()) == {f"application:{application_id}"}
    assert performance(hall, application_id).verdicts == ()


def test_judging_stops_when_the_trial_does(hall: RecruitingHall) -> None:
    """V-12: a vote or an end leaves nothing to judge."""
    hall.rules(**WEEKS)
    application_id = hall.on_trial(hall.stranger())
    assert set(hall.deadlines()) == {f"application:{application_id}", f"trial:{application_id}"}
    hall.guild.use.start_voting()(application_id, by=hall.recruiter.by)
    assert set(hall.deadlines()) == {f"application:{application_id}"}


def test_what_comes_after_its_end_is_not_done_by_the_trial(hall: RecruitingHall) -> None:
    """V-4, V-12: neither where the judging is late nor where somebody looks later."""
    hall.rules(trial_raids=2)
    application_id = hall.on_trial(hall.stranger())
    hall.guild.clock.advance(DAY)
    hall.raid("Newbie")
    hall.guild.clock.advance(29 * DAY)
    hall.raid("Newbie")
    hall.guild.clock.advance(HOUR)
    hall.guild.use.judge_trial()(application_id, by=job("judge_trial", hall.guild.id))
    assert on_trial(hall, application_id).proposal is Option.FAIL
    shown = performance(hall, application_id)
    assert (shown.attended, shown.held, len(shown.raids), shown.proposal) == (1, 1, 1, Option.FAIL)
