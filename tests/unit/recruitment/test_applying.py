"""Applying, changing and withdrawing (V-1 to V-3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from dkp_core.accounts import Membership, MembershipDeactivated, MembershipStatus, RoleGroup, User
from dkp_core.kernel.actor import ActorKind, operator
from dkp_core.kernel.errors import InvalidFields, InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import ApplicationId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.recruitment import (
    AlreadyApplied,
    Answer,
    CannotDo,
    DiscordNeeded,
    FormOutdated,
    MembersDoNotApply,
    PassWaits,
    TooSoonToApply,
)
from tests.unit.recruitment.hall import DAY, INSTANT, RecruitingHall

ANYTHING = {"questions": [{"id": "why", "text": "Why us?", "required": True}]}


def test_a_guest_who_applies_is_an_applicant(hall: RecruitingHall) -> None:
    """V-1, A-2: submitting makes a guest an applicant; the recruiters and the applicant are told."""
    stranger = hall.stranger()
    application = hall.application(hall.applies(stranger, "Élan", email="elan@example.org"))
    assert application.status == "submitted"
    assert hall.standing(stranger) == ("applicant", False)
    assert hall.told(stranger) == ["application.received"]
    assert hall.told() == ["application.arrived"]


def test_nobody_has_two_open_applications(hall: RecruitingHall) -> None:
    """V-1: one open application per Discord account and guild; the error names it."""
    stranger = hall.stranger()
    first = hall.applies(stranger)
    with pytest.raises(AlreadyApplied) as refused:
        hall.applies(stranger, "Other")
    assert refused.value.application == first
    hall.accepts(first)
    with pytest.raises(AlreadyApplied):
        hall.applies(stranger, "Other")


def test_members_have_no_need_to_apply(hall: RecruitingHall) -> None:
    """V-1: who is a member may not, who is an officer is told so."""
    with pytest.raises(NotPermitted):
        hall.applies(hall.members[0])
    with pytest.raises(MembersDoNotApply):
        hall.applies(hall.guild.officer)


def test_the_next_application_has_to_wait_to_the_microsecond(hall: RecruitingHall) -> None:
    """V-1: re-applying after a guild-set time."""
    hall.rules(reapply_days=10)
    stranger = hall.stranger()
    application_id = hall.applies(stranger)
    hall.guild.use.reject_application()(application_id, reason="Too young.", by=hall.recruiter.by)
    ended = hall.guild.clock.now()
    hall.guild.clock.set(ended + 10 * DAY - INSTANT)
    with pytest.raises(TooSoonToApply) as refused:
        hall.applies(stranger)
    assert refused.value.until == ended + 10 * DAY
    hall.guild.clock.set(ended + 10 * DAY)
    assert hall.applies(stranger) > application_id


def test_who_passed_and_left_may_come_back_at_once(hall: RecruitingHall) -> None:
    """V-1: the time to wait is for whom the guild did not want, or who did not want the guild."""
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    change = hall.guild.use.change_membership()
    change(stranger.id, status=MembershipStatus.ENDED, reason="left", by=hall.guild.officer.by)
    hall.works()
    again = hall.applies(stranger, "Newbie")
    assert again != application_id
    assert hall.standing(stranger) == ("applicant", False)


def test_whose_membership_is_deactivated_can_not_apply(hall: RecruitingHall) -> None:
    """A-10: no access, not even a guest's; also where a bot asks for them."""
    member = hall.members[0]
    change = hall.guild.use.change_membership()
    change(member.id, status=MembershipStatus.DEACTIVATED, reason="rude", by=hall.guild.officer.by)
    with hall.work() as work:
        discord_id = work.users.get(member.id).discord_id
    with pytest.raises(MembershipDeactivated):
        hall.guild.use.submit_application()(
            character_name="Anna", discord_id=discord_id, by=hall.bot(Permission.APPLICATIONS_WRITE)
        )


def test_an_unlinked_user_has_nobody_to_tell(hall: RecruitingHall) -> None:
    """V-1, A-13: an application is a Discord account's."""
    with hall.guild.memory.begin_installation(operator("test")) as work:
        user_id = UserId(hall.guild.memory.ids.next("user"))
        work.users.save(User.add(user_id, discord_id=None, username="Old", at=hall.guild.clock.now()))
    with pytest.raises(DiscordNeeded):
        hall.applies(hall.now(user_id))


def test_a_bot_applies_for_whom_it_names(hall: RecruitingHall) -> None:
    """A-7: by Discord id, and only with the scope for it."""
    bot = hall.bot(Permission.APPLICATIONS_WRITE)
    application = hall.guild.use.submit_application()(
        character_name="Newbie", discord_id="4711", username="newbie", by=bot
    )
    with hall.work() as work:
        user = work.users.with_discord_id("4711")
    assert user is not None
    assert application.user_id == user.id
    with pytest.raises(InvalidValue, match="discord_id"):
        hall.guild.use.submit_application()(character_name="Newbie", by=bot)
    with pytest.raises(NotPermitted):
        hall.guild.use.submit_application()(
            character_name="Newbie", discord_id="4712", by=hall.bot(Permission.APPLICATIONS_READ)
        )


def test_nobody_applies_for_another(hall: RecruitingHall) -> None:
    """V-1: a guest who names somebody's Discord id is refused, whoever it is."""
    with pytest.raises(NotPermitted):
        hall.applies(hall.stranger(), discord_id="4711")


# --- the form ---------------------------------------------------------------------------------------------------------


def test_answers_are_to_the_version_that_was_shown(hall: RecruitingHall) -> None:
    """V-1: a form whose questions changed while it was filled in is refused, and the newest version told."""
    shown = hall.guild.use.set_application_form()(ANYTHING, by=hall.guild.officer.by)
    stranger = hall.stranger()
    hall.guild.use.set_application_form()(
        {"questions": [*ANYTHING["questions"], {"id": "age", "text": "Of age?"}]}, by=hall.guild.officer.by
    )
    with pytest.raises(FormOutdated) as refused:
        hall.applies(stranger, form_version=shown.version, answers={"why": "Dragons."})
    assert (refused.value.given, refused.value.latest) == (1, 2)
    assert hall.membership(stranger) is None, "nothing is half done"
    application = hall.application(hall.applies(stranger, form_version=2, answers={"why": "Dragons."}))
    assert (application.candidate.form_version, application.candidate.answers) == (2, (Answer("why", "Dragons."),))


def test_without_its_version_a_form_that_asks_is_refused(hall: RecruitingHall) -> None:
    """V-1: who never saw the questions can't have answered them."""
    hall.guild.use.set_application_form()(ANYTHING, by=hall.guild.officer.by)
    with pytest.raises(FormOutdated):
        hall.applies(hall.stranger())


def test_answers_at_fault_leave_nothing_behind(hall: RecruitingHall) -> None:
    """G-8: nothing is half done."""
    hall.guild.use.set_application_form()(ANYTHING, by=hall.guild.officer.by)
    stranger = hall.stranger()
    with pytest.raises(InvalidFields):
        hall.applies(stranger, form_version=1, answers={"why": "x" * 100_000})
    assert hall.membership(stranger) is None
    assert hall.notices() == []


def test_a_form_that_stays_as_it_is_makes_no_version(hall: RecruitingHall) -> None:
    """V-1: versions are of changes."""
    first = hall.guild.use.set_application_form()(ANYTHING, by=hall.guild.officer.by)
    again = hall.guild.use.set_application_form()(ANYTHING, by=hall.guild.officer.by)
    assert (first.version, again.version) == (1, 1)
    assert hall.guild.use.show_application_form()(by=hall.stranger().by).form == first.form
    with pytest.raises(NotPermitted):
        hall.guild.use.set_application_form()(ANYTHING, by=hall.recruiter.by)


# --- changing ---------------------------------------------------------------------------------------------------------


def test_an_applicant_changes_the_application_while_it_is_submitted(hall: RecruitingHall) -> None:
    """V-3: and no longer once it was accepted."""
    stranger = hall.stranger()
    application_id = hall.applies(stranger, "Newbie", server="Quarm")
    change = hall.guild.use.change_application()
    changed = change(application_id, level=60, by=hall.now(stranger).by)
    assert (changed.candidate.level, changed.candidate.server) == (60, "Quarm")
    hall.accepts(application_id)
    with pytest.raises(CannotDo):
        change(application_id, level=61, by=hall.now(stranger).by)


def test_what_was_answered_keeps_its_version_until_it_is_answered_anew(hall: RecruitingHall) -> None:
    """V-1: versioned with the answers."""
    hall.guild.use.set_application_form()(ANYTHING, by=hall.guild.officer.by)
    stranger = hall.stranger()
    application_id = hall.applies(stranger, form_version=1, answers={"why": "Dragons."})
    hall.guild.use.set_application_form()({"questions": []}, by=hall.guild.officer.by)
    change = hall.guild.use.change_application()
    assert change(application_id, level=5, by=hall.now(stranger).by).candidate.form_version == 1
    anew = change(application_id, form_version=2, answers={}, by=hall.now(stranger).by).candidate
    assert (anew.form_version, anew.answers) == (2, ())
    with pytest.raises(FormOutdated):
        change(application_id, form_version=1, answers={"why": "Gold."}, by=hall.now(stranger).by)


def test_recruiters_put_no_words_into_an_applicants_mouth(hall: RecruitingHall) -> None:
    """V-3: they read it; who applies writes it."""
    application_id = hall.applies(hall.stranger())
    with pytest.raises(NotPermitted):
        hall.guild.use.change_application()(application_id, level=1, by=hall.recruiter.by)


@pytest.mark.parametrize("theirs", [True, False])
def test_others_applications_are_refused_alike_whether_there_are_any(hall: RecruitingHall, theirs: bool) -> None:
    """V-7: a guest learns nothing from how they are refused."""
    application_id = hall.applies(hall.stranger()) if theirs else ApplicationId(99)
    nosy = hall.stranger("Nosy")
    use = hall.guild.use
    refusals = []
    for call in (
        lambda: use.change_application()(application_id, level=1, by=nosy.by),
        lambda: use.withdraw_application()(application_id, by=nosy.by),
        lambda: use.show_application()(application_id, by=nosy.by),
    ):
        with pytest.raises(NotPermitted) as refused:
            call()
        refusals.append(refused.value.permission)
    assert refusals == ["applications:write", "applications:write", "applications:read"]


def test_a_bot_that_names_the_wrong_applicant_finds_nothing(hall: RecruitingHall) -> None:
    """A-7: a program acts for whom it names, not for anybody."""
    application_id = hall.applies(hall.stranger())
    bot = hall.bot(Permission.APPLICATIONS_WRITE)
    with hall.work() as work:
        another = work.users.get(hall.members[0].id).discord_id
        theirs = work.users.get(hall.application(application_id).user_id).discord_id
    for wrong in ("4711", another):
        with pytest.raises(NoSuch):
            hall.guild.use.change_application()(application_id, level=1, discord_id=wrong, by=bot)
    changed = hall.guild.use.change_application()(application_id, level=1, discord_id=theirs, by=bot)
    assert changed.candidate.level == 1
    with pytest.raises(NotPermitted):
        hall.guild.use.change_application()(application_id, level=1, by=bot)


# --- withdrawing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["applies", "on_trial", "in_vote"])
def test_an_applicant_may_withdraw_until_the_decision(hall: RecruitingHall, state: str) -> None:
    """V-2, V-1: from each open state; they are a guest again, and nothing is due any more."""
    stranger = hall.stranger()
    application_id = getattr(hall, state)(stranger)
    withdrawn = hall.guild.use.withdraw_application()(application_id, reason="No time.", by=hall.now(stranger).by)
    assert withdrawn.status == "withdrawn"
    assert hall.standing(stranger) == ("guest", False)
    assert f"application:{application_id}" not in hall.deadlines()
    assert hall.told(stranger)[-1] == "application.withdrawn"
    assert ("vote.called_off" in hall.told()) is (state == "in_vote")
    with pytest.raises(CannotDo):
        hall.guild.use.withdraw_application()(application_id, by=hall.now(stranger).by)


def test_recruiters_call_a_vote_off_only_with_a_reason(hall: RecruitingHall) -> None:
    """V-2: the applicant is told why."""
    application_id = hall.in_vote(hall.stranger())
    withdraw = hall.guild.use.withdraw_application()
    with pytest.raises(InvalidValue, match="reason"):
        withdraw(application_id, by=hall.recruiter.by)
    assert withdraw(application_id, reason="Cheated.", by=hall.recruiter.by).status == "withdrawn"


def test_a_resumed_membership_is_an_applicants(hall: RecruitingHall) -> None:
    """A-2: who had left is an applicant, not what they were before."""
    member = hall.members[0]
    change = hall.guild.use.change_membership()
    change(member.id, status=MembershipStatus.ENDED, reason="left", by=hall.guild.officer.by)
    hall.works()
    hall.applies(member, "Anna")
    membership = hall.membership(member)
    assert membership is not None
    assert (membership.status, membership.role_group) == (MembershipStatus.IN_FORCE, RoleGroup.APPLICANT)


def test_the_time_to_wait_is_the_guilds_at_the_moment(hall: RecruitingHall) -> None:
    """V-1: a guild that changes its mind lets people in sooner."""
    stranger = hall.stranger()
    hall.guild.use.withdraw_application()(hall.applies(stranger), by=hall.now(stranger).by)
    with pytest.raises(TooSoonToApply):
        hall.applies(stranger)
    hall.rules(reapply_days=0)
    assert hall.applies(stranger)


@pytest.mark.parametrize("values", [{"trial_points_pool": 99}, {"vote_hours": 0}])
def test_rules_that_make_no_sense_make_no_version(hall: RecruitingHall, values: dict[str, Any]) -> None:
    """V-11, G-8: a pool that is none, or a vote without time."""
    with pytest.raises((InvalidValue, NoSuch)):
        hall.rules(**values)
    assert hall.guild.use.show_recruitment_rules()(by=hall.recruiter.by)[0].version == 0


def test_the_clock_of_another_host_moves_no_application_back(hall: RecruitingHall) -> None:
    """G-2: a recruiter's server may be slow."""
    application_id = hall.applies(hall.stranger())
    submitted = hall.guild.clock.now()
    hall.guild.clock.set(submitted - timedelta(seconds=5))
    hall.accepts(application_id)
    assert hall.application(application_id).last_at == submitted


def test_an_application_alone_gives_no_rights_of_a_trial(hall: RecruitingHall) -> None:
    """V-1, A-4: also to whom a trial once ended with the membership, on the day they come back."""
    stranger = hall.stranger()
    with hall.work() as work:
        before = Membership.begin(hall.guild.id, stranger.id, RoleGroup.APPLICANT, hall.guild.clock.now())
        work.memberships.save(before.begin_trial(reason="x").end(hall.guild.clock.now(), reason="left"))
    hall.applies(stranger)
    assert hall.standing(stranger) == ("applicant", False)


def test_no_person_speaks_for_an_applicant(hall: RecruitingHall) -> None:
    """V-3: recruiters and officers neither, by naming the Discord id; only a bot does, and the operator."""
    application_id = hall.applies(hall.stranger())
    use = hall.guild.use
    with hall.work() as work:
        discord_id = work.users.get(hall.application(application_id).user_id).discord_id
    key = evolve(hall.recruiter.by, kind=ActorKind.API_KEY)
    for by in (hall.recruiter.by, hall.guild.officer.by, key):
        with pytest.raises(NotPermitted):
            use.submit_application()(character_name="New", discord_id="4711", by=by)
        with pytest.raises(NotPermitted):
            use.change_application()(application_id, email="me@example.org", discord_id=discord_id, by=by)
        with pytest.raises(NotPermitted):
            use.withdraw_application()(application_id, discord_id=discord_id, by=by)
    assert hall.application(application_id).status == "submitted"
    changed = use.change_application()(application_id, level=7, discord_id=discord_id, by=hall.guild.operator)
    assert changed.candidate.level == 7


def test_whose_pass_waits_for_the_officers_does_not_apply_anew(hall: RecruitingHall) -> None:
    """V-1, V-8: until they leave."""
    hall.rules(promote_by_hand=True)
    stranger = hall.stranger()
    application_id = hall.in_vote(stranger)
    hall.votes(application_id, "pass")
    hall.passes(2 * DAY)
    with pytest.raises(PassWaits) as refused:
        hall.applies(stranger)
    assert refused.value.application == application_id
    assert hall.standing(stranger) == ("applicant", True), "they keep the trial's rights"
    change = hall.guild.use.change_membership()
    change(stranger.id, status=MembershipStatus.ENDED, reason="left", by=hall.guild.officer.by)
    assert hall.applies(stranger) > application_id


def test_what_stays_as_it_is_was_changed_when_it_was(hall: RecruitingHall) -> None:
    """V-11: the moment that is kept, and none where nothing was ever set."""
    use, by = hall.guild.use, hall.guild.officer.by

    def changed_at(rules: dict[str, Any], form: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
        rules_row, form_row = use.set_recruitment_rules()(rules, by=by), use.set_application_form()(form, by=by)
        return rules_row.changed_at, form_row.changed_at

    assert changed_at({}, {"questions": []}) == (None, None)
    now = hall.guild.clock.now()
    assert changed_at({"quorum": 2}, ANYTHING) == (now, now)
    hall.guild.clock.advance(DAY)
    assert changed_at({"quorum": 2}, ANYTHING) == (now, now)
