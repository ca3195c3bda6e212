"""Start points: once per user and pool, when the membership first becomes that of a member (P-6)."""

from __future__ import annotations

import pytest

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.points import Points
from dkp_core.points import EntryKind, Policies
from dkp_core.points.starting import start_points_of
from dkp_core.reactions import GIVE_START_POINTS
from tests.unit.guild_house import GuildHouse, Person
from tests.unit.reacting import follow_up

START = {"start_points": [{"role_group": "member", "points": "50"}, {"role_group": "officer", "points": "80"}]}


@pytest.fixture
def guild() -> GuildHouse:
    guild = GuildHouse()
    follow_up(guild, GIVE_START_POINTS)
    guild.use.set_policies()(guild.pool, START, by=guild.officer.by)
    return guild


def moves(guild: GuildHouse, person: Person, role_group: RoleGroup) -> None:
    """Another role group for a member, and what follows."""
    guild.use.change_membership()(person.id, role_group=role_group, by=guild.officer.by)
    follow_up(guild, GIVE_START_POINTS)


def test_who_becomes_a_member_begins_with_points(guild: GuildHouse) -> None:
    """P-6: an entry of kind start, which counts as earned."""
    member = guild.joins()
    follow_up(guild, GIVE_START_POINTS)
    (entry,) = guild.history(member)
    assert (entry.kind, entry.bucket, str(entry.amount)) == (EntryKind.START, "earned", "50.00")
    assert (entry.source_kind, entry.source_id, entry.policies_version) == ("membership", member.id, 1)


def test_it_goes_by_the_role_group_of_that_moment(guild: GuildHouse) -> None:
    """P-6: by role group; who has one between two that are named gets what is set for the lower."""
    people = [guild.joins(role_group=each) for each in (RoleGroup.OFFICER, RoleGroup.RECRUITER, RoleGroup.GUEST)]
    follow_up(guild, GIVE_START_POINTS)
    assert [guild.current(each) for each in people] == ["80.00", "50.00", "0.00"]
    policies = Policies.of({"start_points": [{"role_group": "officer", "points": "80"}]}, "policies")
    assert start_points_of(policies, RoleGroup.OFFICER) == Points.of(80)
    assert start_points_of(policies, RoleGroup.MEMBER) is None


def test_it_is_given_once(guild: GuildHouse) -> None:
    """P-6: neither a promotion, nor leaving and coming back, nor the way down and up again gives it anew."""
    guest = guild.joins(role_group=RoleGroup.GUEST)
    for role_group in (RoleGroup.MEMBER, RoleGroup.OFFICER, RoleGroup.GUEST, RoleGroup.OFFICER):
        moves(guild, guest, role_group)
    for status in (MembershipStatus.ENDED, MembershipStatus.IN_FORCE):
        guild.use.change_membership()(guest.id, status=status, by=guild.officer.by)
    follow_up(guild, GIVE_START_POINTS)
    assert guild.current(guest) == "50.00"
    assert len(guild.history(guest)) == 1


def test_who_was_a_member_before_the_policy_gets_none(guild: GuildHouse) -> None:
    """P-6: it is for new members; another pool that starts later does not begin anew for old ones."""
    member = guild.joins()
    follow_up(guild, GIVE_START_POINTS)
    second = guild.use.create_pool()(name="Alts", by=guild.officer.by)
    guild.use.set_policies()(second.id, START, by=guild.officer.by)
    moves(guild, member, RoleGroup.OFFICER)
    assert guild.current(member, second.id) == "0.00"
    newcomer = guild.joins()
    follow_up(guild, GIVE_START_POINTS)
    assert (guild.current(newcomer), guild.current(newcomer, second.id)) == ("50.00", "50.00")


def test_who_was_a_member_before_the_policy_gets_none_by_a_detour(guild: GuildHouse) -> None:
    """P-6: nor by being a guest for a while: it is not then that the membership first became a member's."""
    second = guild.use.create_pool()(name="Alts", by=guild.officer.by)
    member, was_member = guild.joins(), guild.joins()
    follow_up(guild, GIVE_START_POINTS)
    moves(guild, was_member, RoleGroup.GUEST)
    guild.use.set_policies()(second.id, START, by=guild.officer.by)
    for role_group in (RoleGroup.GUEST, RoleGroup.MEMBER):
        moves(guild, member, role_group)
    moves(guild, was_member, RoleGroup.MEMBER)
    assert (guild.current(member, second.id), guild.current(was_member, second.id)) == ("0.00", "0.00")


@pytest.mark.parametrize("is_guest", [True, False])
def test_who_was_a_member_as_somebody_else_is_no_new_one(guild: GuildHouse, is_guest: bool) -> None:
    """P-6, R-8: an unlinked member of before the policy who is claimed; undoing the merge makes them new again."""
    second = guild.use.create_pool()(name="Alts", by=guild.officer.by)
    old = guild.unlinked()
    follow_up(guild, GIVE_START_POINTS)
    guild.use.set_policies()(second.id, START, by=guild.officer.by)
    guest = guild.joins(role_group=RoleGroup.GUEST if is_guest else RoleGroup.APPLICANT)
    merged = guild.use.merge_users()(old.id, into=guest.id, reason="the same person", by=guild.officer.by)
    follow_up(guild, GIVE_START_POINTS)
    assert guild.current(guest, second.id) == "0.00"
    assert merged.merge_id is not None
    guild.use.undo_merge()(merged.merge_id, reason="another person", by=guild.officer.by)
    moves(guild, guest, RoleGroup.MEMBER)
    assert guild.current(guest, second.id) == "50.00"


def test_an_archived_pool_gives_none(guild: GuildHouse) -> None:
    """P-5, P-6: nothing new begins in an archived pool."""
    second = guild.use.create_pool()(name="Alts", by=guild.officer.by)
    guild.use.set_policies()(second.id, START, by=guild.officer.by)
    guild.use.change_pool()(second.id, archived=True, by=guild.officer.by)
    member = guild.joins()
    follow_up(guild, GIVE_START_POINTS)
    assert guild.current(member, second.id) == "0.00"


def test_who_turns_out_to_be_somebody_begins_no_second_time(guild: GuildHouse) -> None:
    """P-6, R-8: the points of an unlinked user go over, and are the start points of both."""
    old = guild.unlinked()
    follow_up(guild, GIVE_START_POINTS)
    guild.use.give_start_points()(old.id, RoleGroup.MEMBER, at=guild.clock.now(), by=guild.operator)
    guest = guild.joins(role_group=RoleGroup.GUEST)
    guild.use.merge_users()(old.id, into=guest.id, reason="the same person", by=guild.officer.by)
    follow_up(guild, GIVE_START_POINTS)
    moves(guild, guest, RoleGroup.OFFICER)
    assert guild.current(guest) == "50.00"


def test_a_user_without_a_place_gets_none(guild: GuildHouse) -> None:
    """G-1: another guild's member has nothing here."""
    stranger = guild.neighbour().joins()
    assert guild.use.give_start_points()(stranger.id, RoleGroup.MEMBER, at=guild.clock.now(), by=guild.operator) == 0
