"""A user's place in a guild."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from attrs import evolve

from dkp_core.accounts import (
    ACTIVE_ROLE_GROUPS,
    Membership,
    MembershipStatus,
    NotAMember,
    RoleGroup,
    UserIsMerged,
)
from dkp_core.accounts.events import MembershipBegan, MembershipChanged
from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, UserId

JOINED = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
IN_FORCE, ENDED, DEACTIVATED = MembershipStatus.IN_FORCE, MembershipStatus.ENDED, MembershipStatus.DEACTIVATED


def a_membership(
    role_group: RoleGroup = RoleGroup.MEMBER, status: MembershipStatus = IN_FORCE, *, trial: bool = False
) -> Membership:
    """A place in the guild, as it was kept."""
    ended_at = None if status is IN_FORCE else JOINED
    begun = Membership.begin(GuildId(1), UserId(2), role_group, JOINED)
    return evolve(begun, status=status, trial=trial, ended_at=ended_at, pending=(), version=1)


def news(membership: Membership) -> MembershipChanged:
    """The only event that a membership carries."""
    (event,) = membership.pending
    assert isinstance(event, MembershipChanged)
    return event


def test_a_membership_begins_in_force() -> None:
    """A-2: with exactly one role group."""
    begun = Membership.begin(GuildId(1), UserId(2), RoleGroup.RECRUITER, JOINED)
    assert (begun.role_group, begun.status, begun.trial) == (RoleGroup.RECRUITER, IN_FORCE, False)
    assert (begun.joined_at, begun.ended_at, begun.reason) == (JOINED, None, "")
    assert begun.pending == (MembershipBegan(guild_id=GuildId(1), user_id=UserId(2), role_group="recruiter"),)
    assert begun.pending[0].aggregate_id == "2"


@pytest.mark.parametrize("role_group", RoleGroup)
@pytest.mark.parametrize("status", MembershipStatus)
def test_only_an_officer_in_force_is_one(role_group: RoleGroup, status: MembershipStatus) -> None:
    """A-2: an ended officer has a guest's rights."""
    is_officer = role_group is RoleGroup.OFFICER and status is IN_FORCE
    assert a_membership(role_group, status).is_officer == is_officer


@pytest.mark.parametrize("role_group", RoleGroup)
@pytest.mark.parametrize("status", MembershipStatus)
@pytest.mark.parametrize("trial", [False, True])
@pytest.mark.parametrize("trials_are_active", [False, True])
def test_members_and_above_in_force_are_active_and_trials_where_the_guild_says_so(
    role_group: RoleGroup, status: MembershipStatus, trial: bool, trials_are_active: bool
) -> None:
    """Active member (00): in force with role group member, developer, recruiter or officer (setting: trials too)."""
    counts = role_group in ("officer", "recruiter", "developer", "member") or (trial and trials_are_active)
    membership = a_membership(role_group, status, trial=trial)
    assert membership.is_active(trials_are_active=trials_are_active) == (counts and status is IN_FORCE)


def test_the_active_role_groups_are_the_members_and_those_above() -> None:
    """00: neither applicants nor guests."""
    assert set(RoleGroup) - set(ACTIVE_ROLE_GROUPS) == {RoleGroup.APPLICANT, RoleGroup.GUEST}


def test_a_role_group_is_changed_with_its_reason() -> None:
    """A-2, G-5: values before and after, and why."""
    moved = a_membership().move_to(RoleGroup.OFFICER, reason="  elected ")
    assert moved.role_group is RoleGroup.OFFICER
    assert moved.reason == "elected"
    assert news(moved) == MembershipChanged(
        guild_id=GuildId(1),
        user_id=UserId(2),
        changes=(Change(field="role_group", before="member", after="officer"),),
        reason="elected",
    )


@pytest.mark.parametrize("status", [ENDED, DEACTIVATED])
def test_who_is_not_in_force_gets_no_role_group(status: MembershipStatus) -> None:
    """A-2: resume first."""
    with pytest.raises(NotAMember) as refused:
        a_membership(status=status).move_to(RoleGroup.OFFICER, reason="")
    assert refused.value.user_id == 2
    assert refused.value.sentence == "The membership of user 2 is not in force."


def test_a_membership_ends() -> None:
    """A-2: left or removed, with reason; since when is kept."""
    ended = a_membership().end(LATER, reason="left")
    assert (ended.status, ended.ended_at, ended.joined_at, ended.reason) == (ENDED, LATER, JOINED, "left")
    assert news(ended).changes == (Change(field="status", before="in_force", after="ended"),)
    assert news(ended).reason == "left"


def test_a_membership_is_deactivated() -> None:
    """A-10: no access at all, not even a guest's."""
    shut_out = a_membership().deactivate(LATER, reason="cheated")
    assert (shut_out.status, shut_out.ended_at, shut_out.reason) == (DEACTIVATED, LATER, "cheated")
    assert news(shut_out).changes == (Change(field="status", before="in_force", after="deactivated"),)


@pytest.mark.parametrize("status", [ENDED, DEACTIVATED])
def test_a_membership_resumes_since_when_it_first_began(status: MembershipStatus) -> None:
    """A-2, A-10, P-17: leaving and coming back keeps history."""
    resumed = a_membership(status=status).resume(reason="back")
    assert (resumed.status, resumed.ended_at, resumed.joined_at, resumed.reason) == (IN_FORCE, None, JOINED, "back")
    assert news(resumed).changes == (Change(field="status", before=str(status), after="in_force"),)


def test_one_who_left_can_be_deactivated_and_one_shut_out_can_end() -> None:
    """A-10: a guest's access can be taken too, and given back."""
    assert a_membership(status=ENDED).deactivate(LATER, reason="").status is DEACTIVATED
    assert a_membership(status=DEACTIVATED).end(LATER, reason="").status is ENDED


def test_what_is_so_already_changes_nothing() -> None:
    """G-5: no news of nothing; the same membership comes back."""
    ended, shut_out, member = a_membership(status=ENDED), a_membership(status=DEACTIVATED), a_membership()
    assert ended.end(LATER, reason="again") is ended
    assert shut_out.deactivate(LATER, reason="again") is shut_out
    assert member.resume(reason="again") is member
    assert member.move_to(RoleGroup.MEMBER, reason="again") is member


def test_a_reason_of_any_length_is_kept_or_refused() -> None:
    """G-8: never cut."""
    with pytest.raises(InvalidValue) as refused:
        a_membership().end(LATER, reason="x" * 4001)
    assert refused.value.name == "reason"


def test_a_status_is_found_by_its_name() -> None:
    """G-8: and the names that there are, are told."""
    assert MembershipStatus.named("ended") is ENDED
    with pytest.raises(InvalidValue) as refused:
        MembershipStatus.named("gone" * 20)
    assert refused.value.name == "status"
    assert refused.value.fault == f"{('gone' * 20)[:40]!r} is no membership status"
    assert refused.value.accepted == "in_force, ended, deactivated"


# --- merging ----------------------------------------------------------------------------------------------------------


def test_who_was_merged_has_a_place_that_leads_on() -> None:
    """R-8: it is told once, and nobody changes it any more."""
    merged = a_membership().merge_into(UserId(9), LATER, reason="Moved to user 9")
    assert (merged.status, merged.ended_at, merged.merged_into) == (ENDED, LATER, UserId(9))
    assert [each.field for each in news(merged).changes] == ["status", "merged_into"]
    changes: tuple[Callable[[], Membership], ...] = (
        lambda: merged.resume(reason="back"),
        lambda: merged.deactivate(LATER, reason="out"),
        lambda: merged.merge_into(UserId(8), LATER, reason="again"),
        lambda: merged.since(datetime(2020, 1, 1, tzinfo=UTC), reason="earlier"),
    )
    for change in changes:
        with pytest.raises(UserIsMerged) as refused:
            change()
        assert refused.value.into == UserId(9)


def test_who_had_left_before_the_merge_left_then() -> None:
    """R-8: when a membership ended stays."""
    assert a_membership(status=DEACTIVATED).merge_into(UserId(9), LATER, reason="x").ended_at == JOINED


@pytest.mark.parametrize("status", MembershipStatus)
def test_a_place_is_as_before_the_merge(status: MembershipStatus) -> None:
    """R-8: also one that had ended; but nobody is an applicant by it."""
    before = a_membership(RoleGroup.RECRUITER, status)
    merged = evolve(before.merge_into(UserId(9), LATER, reason="x"), pending=(), version=2)
    restored = merged.as_before(before, LATER, reason="two people")
    assert restored == evolve(before, reason="two people", version=2, pending=restored.pending)
    assert news(restored).reason == "two people"
    trial = a_membership(RoleGroup.APPLICANT, trial=True)
    restored = trial.merge_into(UserId(9), LATER, reason="x").as_before(trial, LATER, reason="two people")
    assert (restored.role_group, restored.trial, restored.merged_into) == (RoleGroup.GUEST, False, None)


def test_who_had_no_place_before_the_merge_has_none_afterwards() -> None:
    """R-8: an ended one, which leads nowhere."""
    merged = a_membership(RoleGroup.GUEST).merge_into(UserId(9), LATER, reason="x")
    restored = merged.as_before(None, LATER, reason="two people")
    assert (restored.status, restored.ended_at, restored.merged_into) == (ENDED, LATER, None)


@pytest.mark.parametrize(
    ("own", "given", "has"),
    [
        (RoleGroup.GUEST, RoleGroup.MEMBER, RoleGroup.MEMBER),
        (RoleGroup.OFFICER, RoleGroup.MEMBER, RoleGroup.OFFICER),
        (RoleGroup.MEMBER, RoleGroup.MEMBER, RoleGroup.MEMBER),
        (RoleGroup.APPLICANT, RoleGroup.GUEST, RoleGroup.APPLICANT),
    ],
)
def test_a_role_group_is_raised_and_never_lowered(own: RoleGroup, given: RoleGroup, has: RoleGroup) -> None:
    """R-8: and only while the membership is in force."""
    assert a_membership(own).raised_to(given, reason="Was user 3").role_group is has
    for status in (ENDED, DEACTIVATED):
        ended = a_membership(own, status)
        assert ended.raised_to(given, reason="Was user 3") is ended


def test_who_joined_earlier_counts_from_then_on() -> None:
    """R-8: the first of the two, and the later one again when it is taken back."""
    own = a_membership()
    earlier = datetime(2020, 1, 1, tzinfo=UTC)
    assert own.since(LATER, reason="x") is own
    given = own.since(earlier, reason="x")
    assert given.joined_at == earlier
    assert given.without(given, own, reason="two people").joined_at == JOINED
    corrected = evolve(given, joined_at=datetime(2019, 1, 1, tzinfo=UTC))
    assert corrected.without(given, own, reason="two people") == corrected


def test_what_was_given_since_is_kept() -> None:
    """R-8: a role group that an officer gave after the merge is not taken back with it."""
    own = a_membership(RoleGroup.GUEST)
    given = own.raised_to(RoleGroup.MEMBER, reason="x")
    assert given.without(given, own, reason="two people").role_group is RoleGroup.GUEST
    promoted = given.move_to(RoleGroup.OFFICER, reason="earned")
    assert promoted.without(given, own, reason="two people").role_group is RoleGroup.OFFICER
    applicant = a_membership(RoleGroup.APPLICANT)
    raised = applicant.raised_to(RoleGroup.MEMBER, reason="x")
    assert raised.without(raised, applicant, reason="two people").role_group is RoleGroup.GUEST
