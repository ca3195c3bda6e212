"""API keys and who calls with them, as use cases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.accounts import (
    PERMISSIONS,
    GuildNotChosen,
    KeyIsExpired,
    KeyIsRevoked,
    MembershipDeactivated,
    MembershipStatus,
    NotAuthenticated,
    RoleGroup,
    Token,
)
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.permission import Permission
from tests.unit.guild_house import TONIGHT, GuildHouse, Person


def personal(guild: GuildHouse, person: Person, *, name: str = "laptop", days: int | None = None) -> str:
    """A personal key's secret."""
    expires_at = None if days is None else guild.clock.now() + timedelta(days=days)
    return guild.use.issue_personal_key()(name=name, expires_at=expires_at, by=person.by).token


def bot(guild: GuildHouse, *scopes: str) -> str:
    """A bot key's secret."""
    return guild.use.issue_bot_key()(name="bot", scopes=scopes or ("points:read",), by=guild.officer.by).token


def caller(guild: GuildHouse, token: str, named: str | None = None) -> Actor:
    """Who calls with a key."""
    return guild.use.authenticate()(token, guild=named, entrypoint="http", request_id="r1")


def test_a_personal_key_has_its_owners_rights_of_the_moment(guild: GuildHouse) -> None:
    """A-6: a key never can do more than its owner can at the time of the call."""
    member = guild.joins()
    token = personal(guild, member)
    actor = caller(guild, token)
    assert (actor.kind, actor.user_id, actor.guild_id) == (ActorKind.API_KEY, member.id, guild.id)
    assert (actor.entrypoint, actor.request_id) == ("http", "r1")
    assert actor.permissions == member.by.permissions
    guild.use.change_membership()(member.id, role_group=RoleGroup.OFFICER, by=guild.officer.by)
    assert caller(guild, token).may(Permission.POINTS_WRITE)
    guild.use.change_membership()(member.id, status=MembershipStatus.ENDED, by=guild.officer.by)
    assert caller(guild, token).permissions == PERMISSIONS[RoleGroup.GUEST]


def test_a_deactivated_member_has_not_even_a_guests_access(guild: GuildHouse) -> None:
    """A-10: deactivated is less than a guest, in this guild alone."""
    member = guild.joins()
    token = personal(guild, member)
    guild.use.change_membership()(member.id, status=MembershipStatus.DEACTIVATED, by=guild.officer.by)
    with pytest.raises(MembershipDeactivated):
        caller(guild, token, "twelfth-hour")


def test_what_is_ones_own_is_reached_with_every_guild_closed(guild: GuildHouse) -> None:
    """A-3, A-10: as a person, anywhere but in the guild; whose place is in force is known as in any other call."""
    member = guild.joins()
    token = personal(guild, member)
    authenticate = guild.use.authenticate()
    assert authenticate(token, anywhere=True, entrypoint="http").guild_id == guild.id
    guild.use.change_membership()(member.id, status=MembershipStatus.DEACTIVATED, by=guild.officer.by)
    for named in (None, "twelfth-hour"):
        actor = authenticate(token, guild=named, anywhere=True, entrypoint="http")
        assert (actor.user_id, actor.guild_id, actor.permissions) == (member.id, None, frozenset())
    with pytest.raises(NoSuch):
        authenticate(token, guild="nowhere", anywhere=True, entrypoint="http")


def test_a_user_whom_the_operator_shut_out_is_nobody(guild: GuildHouse) -> None:
    """A-10: no key, in any guild."""
    member = guild.joins()
    token = personal(guild, member)
    guild.use.set_user_active()(member.id, active=False, by=guild.operator)
    with pytest.raises(NotAuthenticated):
        caller(guild, token)


def test_guests_read_the_roster_only_where_it_is_public(guild: GuildHouse) -> None:
    """A-3, R-5: the public part of the roster is a guild setting."""
    guest = guild.joins(role_group=RoleGroup.GUEST)
    token = personal(guild, guest)
    assert caller(guild, token).permissions == PERMISSIONS[RoleGroup.GUEST]
    guild.use.change_guild()(settings={"public_roster": True}, by=guild.officer.by)
    assert caller(guild, token).permissions == PERMISSIONS[RoleGroup.GUEST] | {Permission.ROSTER_PUBLIC}


def test_a_bot_key_acts_as_itself_with_its_scopes_in_its_guild(guild: GuildHouse) -> None:
    """A-7: made for one guild, with explicit scopes."""
    token = bot(guild, "points:read", "raids:write")
    actor = caller(guild, token)
    assert (actor.kind, actor.user_id, actor.guild_id) == (ActorKind.BOT, None, guild.id)
    assert actor.permissions == {Permission.POINTS_READ, Permission.RAIDS_WRITE}
    guild.neighbour()
    assert caller(guild, token, "twelfth-hour").guild_id == guild.id
    with pytest.raises(NoSuch):
        caller(guild, token, "next-door")


@pytest.mark.parametrize(
    "text", ["", "dkp", "dkp_", "dkp_abc_def", "nonsense", "dkp_aaaaaaaaaaaa_", "dkp_aaaaaaaaaaaä_x", "x" * 5000]
)
def test_what_is_no_key_is_refused_without_a_hint(guild: GuildHouse, text: str) -> None:
    """A-8: a guesser learns nothing."""
    with pytest.raises(NotAuthenticated) as refused:
        caller(guild, text)
    assert text not in str(refused.value) or not text


def test_a_known_prefix_with_another_secret_is_refused(guild: GuildHouse) -> None:
    """A-8: the prefix only finds the key."""
    token = Token.of(personal(guild, guild.officer))
    assert token is not None
    with pytest.raises(NotAuthenticated):
        caller(guild, str(Token(token.prefix, "a" * 52)))


def test_a_key_ends_at_its_expiry(guild: GuildHouse) -> None:
    """A-8: [made, expiry)."""
    token = personal(guild, guild.officer, days=1)
    guild.clock.advance(timedelta(hours=23, minutes=59))
    caller(guild, token)
    guild.clock.advance(timedelta(minutes=1))
    with pytest.raises(NotAuthenticated):
        caller(guild, token)


def test_an_expired_key_gets_no_new_secret(guild: GuildHouse) -> None:
    """A-8: it could not work."""
    personal(guild, guild.officer, days=1)
    key_id = guild.use.list_own_keys()(by=guild.officer.by)[0].id
    guild.clock.advance(timedelta(days=1))
    with pytest.raises(KeyIsExpired):
        guild.use.rotate_key()(key_id, by=guild.officer.by)


def test_a_key_does_not_expire_before_it_is_made(guild: GuildHouse) -> None:
    """A-8, G-8."""
    with pytest.raises(InvalidValue) as refused:
        guild.use.issue_personal_key()(name="late", expires_at=TONIGHT, by=guild.officer.by)
    assert refused.value.field == "expires_at"


def test_rotation_ends_the_old_secret_at_once_or_after_the_grace_time(guild: GuildHouse) -> None:
    """A-8: rotation can leave the old secret valid for a stated grace time."""
    first = personal(guild, guild.officer)
    key_id = guild.use.list_own_keys()(by=guild.officer.by)[0].id
    second = guild.use.rotate_key()(key_id, grace_seconds=3600, by=guild.officer.by).token
    assert caller(guild, first).id == caller(guild, second).id == key_id
    guild.clock.advance(timedelta(hours=1))
    with pytest.raises(NotAuthenticated):
        caller(guild, first)
    third = guild.use.rotate_key()(key_id, by=guild.officer.by).token
    with pytest.raises(NotAuthenticated):
        caller(guild, second)
    assert caller(guild, third).id == key_id


@pytest.mark.parametrize("grace_seconds", [-1, 30 * 24 * 3600 + 1, 10**18])
def test_a_grace_time_has_its_limits(guild: GuildHouse, grace_seconds: int) -> None:
    """A-8, G-8."""
    personal(guild, guild.officer)
    key_id = guild.use.list_own_keys()(by=guild.officer.by)[0].id
    with pytest.raises(InvalidValue) as refused:
        guild.use.rotate_key()(key_id, grace_seconds=grace_seconds, by=guild.officer.by)
    assert refused.value.field == "grace_seconds"


def test_a_revoked_key_stays_revoked(guild: GuildHouse) -> None:
    """A-6: revoked at once, grace or not."""
    first = personal(guild, guild.officer)
    key_id = guild.use.list_own_keys()(by=guild.officer.by)[0].id
    second = guild.use.rotate_key()(key_id, grace_seconds=3600, by=guild.officer.by).token
    guild.use.revoke_key()(key_id, by=guild.officer.by)
    guild.use.revoke_key()(key_id, by=guild.officer.by)
    for token in (first, second):
        with pytest.raises(NotAuthenticated):
            caller(guild, token)
    with pytest.raises(KeyIsRevoked):
        guild.use.rotate_key()(key_id, by=guild.officer.by)


def test_nobody_learns_of_another_persons_keys(guild: GuildHouse) -> None:
    """A-6, A-8: not even that they are there."""
    member, other = guild.joins(), guild.joins("Other")
    personal(guild, member)
    key_id = guild.use.list_own_keys()(by=member.by)[0].id
    for stranger in (other, guild.officer):
        assert key_id not in {row.id for row in guild.use.list_own_keys()(by=stranger.by)}
        with pytest.raises(NoSuch):
            guild.use.revoke_key()(key_id, by=stranger.by)
    with pytest.raises(NotPermitted):
        guild.use.issue_personal_key()(name="mine", owner=member.id, by=guild.officer.by)
    assert guild.use.issue_personal_key()(name="given", owner=member.id, by=guild.operator).key.owner == member.id
    with pytest.raises(NoSuch):
        guild.use.issue_personal_key()(name="given", owner=UserId(999), by=guild.operator)


def test_bot_keys_are_their_guilds_officers(guild: GuildHouse) -> None:
    """A-7, G-1: made, listed, changed and revoked by officers of that guild."""
    neighbour, member = guild.neighbour(), guild.joins()
    token = bot(guild)
    key_id = guild.use.list_bot_keys()(by=guild.officer.by)[0].id
    with pytest.raises(NotPermitted):
        guild.use.list_bot_keys()(by=member.by)
    with pytest.raises(NotPermitted):
        guild.use.issue_bot_key()(name="bot", scopes=("points:read",), by=member.by)
    with pytest.raises(NoSuch):
        guild.use.revoke_key()(key_id, by=member.by)
    with pytest.raises(NoSuch):
        guild.use.change_bot_key_scopes()(key_id, scopes=("points:write",), by=neighbour.officer.by)
    guild.use.change_bot_key_scopes()(key_id, scopes=("roster:read",), by=guild.officer.by)
    assert caller(guild, token).permissions == {Permission.ROSTER_READ}
    assert guild.use.list_bot_keys()(by=neighbour.officer.by) == ()
    guild.use.revoke_key()(key_id, by=guild.officer.by)
    with pytest.raises(KeyIsRevoked):
        guild.use.change_bot_key_scopes()(key_id, scopes=("roster:read",), by=guild.officer.by)


@pytest.mark.parametrize("scopes", [(), ("all",), ("points:read", "votes:details"), ("bot-keys:write",)])
def test_scopes_are_known_ones_and_none_makes_more_keys(guild: GuildHouse, scopes: tuple[str, ...]) -> None:
    """A-7: explicit scopes; a bot key can't make keys that outlive it."""
    with pytest.raises(InvalidValue) as refused:
        guild.use.issue_bot_key()(name="bot", scopes=scopes, by=guild.officer.by)
    assert refused.value.field == "scopes"


def test_a_personal_key_has_no_scopes_to_change(guild: GuildHouse) -> None:
    """A-7: scopes are for bot keys."""
    personal(guild, guild.officer)
    key_id = guild.use.list_own_keys()(by=guild.officer.by)[0].id
    with pytest.raises(NoSuch):
        guild.use.change_bot_key_scopes()(key_id, scopes=("points:read",), by=guild.officer.by)


def test_uses_are_counted_in_bulk(guild: GuildHouse) -> None:
    """A-8: last use and use counts, without a write per request."""
    personal(guild, guild.officer)
    key_id = guild.use.list_own_keys()(by=guild.officer.by)[0].id
    record = guild.use.record_key_uses()
    record({}, by=guild.operator)
    record({key_id: (3, TONIGHT), "unknown": (1, TONIGHT)}, by=guild.operator)
    record({key_id: (2, TONIGHT - timedelta(hours=1))}, by=guild.operator)
    row = guild.use.list_own_keys()(by=guild.officer.by)[0]
    assert (row.use_count, row.last_used_at) == (5, TONIGHT)


def test_the_guild_is_the_one_named_else_the_only_one_else_the_default(guild: GuildHouse) -> None:
    """G-1: ambiguous is an error."""
    member = guild.joins()
    token = personal(guild, member)
    neighbour = guild.neighbour()
    assert caller(guild, token).guild_id == guild.id
    assert caller(guild, token, str(neighbour.id)).permissions == PERMISSIONS[RoleGroup.GUEST]
    neighbour.use.add_member()(discord_id="1001", role_group=RoleGroup.OFFICER, by=neighbour.officer.by)
    with pytest.raises(GuildNotChosen) as refused:
        caller(guild, token)
    assert "next-door, twelfth-hour" in str(refused.value)
    guild.use.change_preferences()(default_guild="next-door", by=member.by)
    assert caller(guild, token).guild_id == neighbour.id
    assert caller(guild, token, "twelfth-hour").guild_id == guild.id
    with pytest.raises(NoSuch):
        caller(guild, token, "atlantis")


def test_a_user_without_a_membership_is_a_guest_of_the_only_guild(guild: GuildHouse) -> None:
    """A-2: who has signed in and has no membership is a guest; nothing is stored for that."""
    neighbour = guild.neighbour()
    stranger = neighbour.joins()
    token = personal(guild, stranger)
    neighbour.use.change_membership()(stranger.id, status=MembershipStatus.ENDED, by=neighbour.officer.by)
    actor = caller(guild, token)
    assert (actor.guild_id, actor.permissions) == (None, frozenset())
