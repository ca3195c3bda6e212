"""Memberships and preferences, as use cases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.accounts import AlreadyAMember, LastOfficer, MembershipStatus, NotAMember, RoleGroup
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.page import PageRequest
from tests.unit.guild_house import TONIGHT, GuildHouse


def test_a_member_is_added_by_discord_id_and_known_once(guild: GuildHouse) -> None:
    """A-1, A-2: a user has one Discord id, and one membership in a guild."""
    added = guild.use.add_member()(discord_id="77", username="Anna", by=guild.officer.by)
    assert added.role_group is RoleGroup.MEMBER
    with pytest.raises(AlreadyAMember):
        guild.use.add_member()(discord_id="077", username="Anna", by=guild.officer.by)
    neighbour = guild.neighbour()
    there = guild.use.add_member()(discord_id="77", by=neighbour.officer.by)
    assert there.user_id == added.user_id


@pytest.mark.parametrize("discord_id", ["", "abc", "-1", "0", "1.5", "9" * 20, str(2**63), "٣"])
def test_a_discord_id_is_a_number(guild: GuildHouse, discord_id: str) -> None:
    """A-1, G-8: a snowflake, or an error that names the field."""
    with pytest.raises(InvalidValue) as refused:
        guild.use.add_member()(discord_id=discord_id, by=guild.officer.by)
    assert refused.value.field == "discord_id"


def test_nobody_joins_in_the_future(guild: GuildHouse) -> None:
    """G-8: a time up to now."""
    with pytest.raises(InvalidValue) as refused:
        guild.use.add_member()(discord_id="77", joined_at=TONIGHT + timedelta(hours=1), by=guild.officer.by)
    assert refused.value.field == "joined_at"
    joined = guild.use.add_member()(discord_id="77", joined_at=TONIGHT - timedelta(days=900), by=guild.officer.by)
    assert joined.joined_at == TONIGHT - timedelta(days=900)


@pytest.mark.parametrize(
    "change",
    [
        {"role_group": RoleGroup.MEMBER},
        {"status": MembershipStatus.ENDED},
        {"status": MembershipStatus.DEACTIVATED},
    ],
)
def test_the_last_officer_stays(guild: GuildHouse, change: dict[str, object]) -> None:
    """A-2: the last officer can be neither demoted, ended nor deactivated; with another officer they can."""
    guild.joins("Member")
    with pytest.raises(LastOfficer):
        guild.use.change_membership()(guild.officer.id, by=guild.officer.by, **change)  # type: ignore[arg-type]  # one of them
    second = guild.joins("Second", RoleGroup.OFFICER)
    changed = guild.use.change_membership()(guild.officer.id, by=second.by, **change)  # type: ignore[arg-type]  # as above
    assert not changed.is_officer
    with pytest.raises(LastOfficer):
        guild.use.change_membership()(second.id, by=second.by, **change)  # type: ignore[arg-type]  # as above


def test_an_officer_whose_membership_ended_does_not_count_as_one(guild: GuildHouse) -> None:
    """A-2: an ended officer is a guest."""
    second = guild.joins("Second", RoleGroup.OFFICER)
    guild.use.change_membership()(second.id, status=MembershipStatus.ENDED, by=guild.officer.by)
    with pytest.raises(LastOfficer):
        guild.use.change_membership()(guild.officer.id, role_group=RoleGroup.MEMBER, by=guild.officer.by)


def test_a_membership_ends_and_resumes_since_when_it_began(guild: GuildHouse) -> None:
    """A-2: officers end or resume a membership, with reason."""
    member = guild.joins()
    guild.clock.advance(timedelta(days=10))
    ended = guild.use.change_membership()(member.id, status=MembershipStatus.ENDED, reason="left", by=guild.officer.by)
    assert (ended.status, ended.ended_at, ended.reason) == (MembershipStatus.ENDED, guild.clock.now(), "left")
    with pytest.raises(NotAMember):
        guild.use.change_membership()(member.id, role_group=RoleGroup.RECRUITER, by=guild.officer.by)
    back = guild.use.change_membership()(
        member.id, status=MembershipStatus.IN_FORCE, role_group=RoleGroup.RECRUITER, by=guild.officer.by
    )
    assert (back.status, back.ended_at, back.joined_at) == (MembershipStatus.IN_FORCE, None, TONIGHT)
    assert back.role_group is RoleGroup.RECRUITER


def test_members_grant_nothing_and_recruiters_only_look(guild: GuildHouse) -> None:
    """A-3: officers set role groups."""
    member, recruiter = guild.joins(), guild.joins("Recruiter", RoleGroup.RECRUITER)
    for person in (member, recruiter):
        with pytest.raises(NotPermitted):
            guild.use.change_membership()(member.id, role_group=RoleGroup.OFFICER, by=person.by)
        with pytest.raises(NotPermitted):
            guild.use.add_member()(discord_id="5", by=person.by)
    with pytest.raises(NotPermitted):
        guild.use.list_memberships()(page=PageRequest(), by=member.by)
    assert guild.use.list_memberships()(page=PageRequest(), by=recruiter.by).count == 3


def test_the_membership_of_the_guild_next_door_is_not_there(guild: GuildHouse) -> None:
    """G-1: another guild's member is no member here."""
    stranger = guild.neighbour().joins("Stranger")
    with pytest.raises(NoSuch):
        guild.use.change_membership()(stranger.id, role_group=RoleGroup.OFFICER, by=guild.officer.by)
    with pytest.raises(NoSuch):
        guild.use.show_user()(stranger.id, by=guild.officer.by)


def test_memberships_are_filtered_searched_and_sorted(guild: GuildHouse) -> None:
    """A-2: officers see who is in the guild, and as what."""
    guild.joins("Bert")
    guild.joins("Anna", RoleGroup.RECRUITER)
    show = guild.use.list_memberships()
    recruiters = show(role_group=RoleGroup.RECRUITER, page=PageRequest(), by=guild.officer.by)
    assert [row.username for row in recruiters.results] == ["Anna"]
    assert [row.username for row in show(search="ER", page=PageRequest(), by=guild.officer.by).results] == ["Bert"]
    backwards = show(ordering="-username", page=PageRequest(1, 2), by=guild.officer.by)
    assert ([row.username for row in backwards.results], backwards.count) == (["Boss", "Bert"], 3)
    with pytest.raises(InvalidValue) as refused:
        show(ordering="email", page=PageRequest(), by=guild.officer.by)
    assert refused.value.field == "ordering"


def test_everybody_sets_their_own_preferences(guild: GuildHouse) -> None:
    """A-5: time zone, locale, notification choices, default guild."""
    member = guild.joins()
    guild.use.change_preferences()(timezone="Asia/Tokyo", locale="de-AT", default_guild="twelfth-hour", by=member.by)
    profile = guild.use.show_profile()(by=member.by)
    assert (profile.timezone, profile.locale, profile.default_guild) == ("Asia/Tokyo", "de-AT", guild.id)
    assert [(each.slug, each.role_group) for each in profile.guilds] == [("twelfth-hour", RoleGroup.MEMBER)]
    guild.use.change_preferences()(forget_default_guild=True, muted=("votes", "auctions"), by=member.by)
    profile = guild.use.show_profile()(by=member.by)
    assert (profile.default_guild, profile.muted, profile.locale) == (None, ("auctions", "votes"), "de-AT")
    guild.use.change_preferences()(timezone="UTC", by=member.by)
    assert guild.use.show_profile()(by=member.by).muted == ("auctions", "votes")
    guild.use.change_preferences()(muted=(), by=member.by)
    assert guild.use.show_profile()(by=member.by).muted == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [({"timezone": "Nowhere"}, "timezone"), ({"locale": "klingon!"}, "locale"), ({"muted": ("everything",)}, "muted")],
)
def test_a_preference_that_is_not_accepted_is_named(guild: GuildHouse, change: dict[str, object], field: str) -> None:
    """A-5, G-8."""
    with pytest.raises(InvalidValue) as refused:
        guild.use.change_preferences()(by=guild.officer.by, **change)  # type: ignore[arg-type]  # one of them
    assert refused.value.field == field


def test_a_default_guild_exists(guild: GuildHouse) -> None:
    """A-5: a guild that is there."""
    with pytest.raises(NoSuch):
        guild.use.change_preferences()(default_guild="atlantis", by=guild.officer.by)


def test_the_operator_has_no_profile(guild: GuildHouse) -> None:
    """A-5: preferences are a user's."""
    with pytest.raises(NotPermitted):
        guild.use.show_profile()(by=guild.operator)
    with pytest.raises(NotPermitted):
        guild.use.change_preferences()(locale="en", by=guild.operator)


def test_members_see_each_other_and_guests_only_themselves(guild: GuildHouse) -> None:
    """A-3: members read the roster."""
    member, guest = guild.joins("Anna"), guild.joins("Guest", RoleGroup.GUEST)
    assert guild.use.show_user()(member.id, by=guild.officer.by).username == "Anna"
    assert guild.use.show_user()(guest.id, by=guest.by).role_group is RoleGroup.GUEST
    with pytest.raises(NotPermitted):
        guild.use.show_user()(member.id, by=guest.by)
    found = guild.use.find_user()("1001", by=member.by)
    assert found.id == member.id


def test_only_the_operator_shuts_a_user_out(guild: GuildHouse) -> None:
    """A-10, A-2: a user as such is deactivated by the operator only; a last officer stays."""
    member = guild.joins()
    with pytest.raises(NotPermitted):
        guild.use.set_user_active()(member.id, active=False, by=guild.officer.by)
    shut = guild.use.set_user_active()(member.id, active=False, by=guild.operator)
    assert shut.deactivated_at == TONIGHT
    assert guild.use.set_user_active()(member.id, active=False, by=guild.operator).version == shut.version + 1
    assert guild.use.set_user_active()(member.id, active=True, by=guild.operator).deactivated_at is None
    with pytest.raises(LastOfficer):
        guild.use.set_user_active()(guild.officer.id, active=False, by=guild.operator)
    guild.joins("Second", RoleGroup.OFFICER)
    assert guild.use.set_user_active()(guild.officer.id, active=False, by=guild.operator).deactivated_at == TONIGHT
    with pytest.raises(NoSuch):
        guild.use.set_user_active()(UserId(999), active=False, by=guild.operator)
