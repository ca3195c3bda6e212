"""Role groups are sets of named capabilities."""

from __future__ import annotations

import pytest

from dkp_core.accounts import PERMISSIONS, SCOPES, RoleGroup, permissions_of, scopes_of
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.permission import Permission

GUEST = {Permission.APPLICATIONS_OWN, Permission.CLAIMS_OWN}
TRIAL = {Permission.ROSTER_PUBLIC, Permission.ROSTER_READ, Permission.POINTS_READ, Permission.RAIDS_READ}
BIDDING = {Permission.AUCTIONS_READ, Permission.BIDS_OWN}
MEMBER = (
    TRIAL
    | BIDDING
    | {Permission.CHARACTERS_OWN, Permission.CLAIMS_OWN}
    | {Permission.APPLICATIONS_READ, Permission.FEEDBACK_OWN, Permission.VOTES_OWN, Permission.TALLIES_READ}
)
RECRUITER = MEMBER | {Permission.MEMBERSHIPS_READ, Permission.APPLICATIONS_WRITE, Permission.VOTES_READ}


@pytest.mark.parametrize(
    ("role_group", "permissions"),
    [
        (RoleGroup.OFFICER, set(Permission)),
        (RoleGroup.RECRUITER, RECRUITER),
        (RoleGroup.DEVELOPER, MEMBER | {Permission.HEALTH_READ}),
        (RoleGroup.MEMBER, MEMBER),
        (RoleGroup.APPLICANT, GUEST),
        (RoleGroup.GUEST, GUEST),
    ],
)
def test_each_role_group_may_what_the_rule_says(role_group: RoleGroup, permissions: set[Permission]) -> None:
    """A-3: officers all, developers and recruiters what members may and more, guests apply and claim."""
    assert permissions_of(role_group, trial=False, public_roster=False, trials_bid=False) == permissions
    assert PERMISSIONS[role_group] == permissions


def test_only_officers_may_write() -> None:
    """A-3: whatever is added later; but recruiters review applications."""
    writing = {permission for permission in Permission if permission.endswith(":write")}
    assert writing
    assert PERMISSIONS[RoleGroup.RECRUITER] & writing == {Permission.APPLICATIONS_WRITE}
    for role_group in set(RoleGroup) - {RoleGroup.OFFICER, RoleGroup.RECRUITER}:
        assert not PERMISSIONS[role_group] & writing


def test_guests_and_applicants_get_nothing_of_votes() -> None:
    """V-7, A-4: no trial, no open roster and no bidding changes that."""
    voting = {Permission.VOTES_OWN, Permission.VOTES_READ, Permission.TALLIES_READ}
    for role_group in (RoleGroup.APPLICANT, RoleGroup.GUEST):
        assert not permissions_of(role_group, trial=True, public_roster=True, trials_bid=True) & voting


def test_a_trial_gives_an_applicant_reading_and_where_the_guild_says_so_bidding() -> None:
    """A-4, L-2: points, raids and the roster to read; loot and bids are a guild setting; no characters, no votes."""
    trial = permissions_of(RoleGroup.APPLICANT, trial=True, public_roster=False, trials_bid=False)
    assert trial == GUEST | TRIAL
    bidding = permissions_of(RoleGroup.APPLICANT, trial=True, public_roster=False, trials_bid=True)
    assert bidding == trial | BIDDING


@pytest.mark.parametrize("role_group", sorted(set(RoleGroup) - {RoleGroup.APPLICANT}))
def test_a_trial_gives_nobody_else_anything(role_group: RoleGroup) -> None:
    """A-4: it is for applicants."""
    assert permissions_of(role_group, trial=True, public_roster=False, trials_bid=True) == PERMISSIONS[role_group]


@pytest.mark.parametrize("role_group", RoleGroup)
def test_the_public_part_of_the_roster_is_read_by_everybody(role_group: RoleGroup) -> None:
    """A-3, R-5: a guild setting; the rest of it is not."""
    opened = permissions_of(role_group, trial=False, public_roster=True, trials_bid=False)
    assert opened == PERMISSIONS[role_group] | {Permission.ROSTER_PUBLIC}


def test_a_bot_key_may_not_make_bot_keys_nor_own_characters() -> None:
    """A-7: the capabilities of A-3, but for what a bot could outlive itself by, or has no use for."""
    own = {permission for permission in Permission if permission.endswith(":own")}
    assert (
        set(Permission) - SCOPES
        == {
            Permission.BOT_KEYS_WRITE,
            Permission.GUILD_EXPORT,
            Permission.VOTES_READ,
        }
        | own
    )


def test_scopes_are_found_by_their_names() -> None:
    """A-7: explicit scopes, in any order, each once."""
    assert scopes_of(("points:read", "roster:read", "points:read")) == {Permission.POINTS_READ, Permission.ROSTER_READ}


@pytest.mark.parametrize("name", ["points:writ", "POINTS:READ", "", "bot-keys:write", "x" * 99])
def test_what_is_no_scope_is_refused(name: str) -> None:
    """A-7, G-8: named, and all that are accepted."""
    with pytest.raises(InvalidValue) as refused:
        scopes_of(("points:read", name))
    assert refused.value.name == "scopes"
    assert refused.value.fault == f"{name[:40]!r} is no scope"
    assert refused.value.accepted == ", ".join(sorted(SCOPES))


def test_a_bot_key_without_scopes_is_refused() -> None:
    """A-7: explicit scopes."""
    with pytest.raises(InvalidValue) as refused:
        scopes_of(())
    assert refused.value.sentence == f"scopes: there are none; accepted: {', '.join(sorted(SCOPES))}."


def test_a_role_group_is_found_by_its_name() -> None:
    """A-2: in any case, as people type."""
    assert RoleGroup.named(" Officer ") is RoleGroup.OFFICER
    with pytest.raises(InvalidValue) as refused:
        RoleGroup.named("boss", "role")
    assert refused.value.sentence == (
        "role: 'boss' is no role group; accepted: officer, recruiter, developer, member, applicant, guest."
    )
    with pytest.raises(InvalidValue) as long:
        RoleGroup.named("b" * 99)
    assert (long.value.name, long.value.fault) == ("role_group", f"'{'b' * 40}' is no role group")


def test_role_groups_have_an_order() -> None:
    """A-3, R-8: officers may the most, and nothing but an officer's word gives more than a member's."""
    ordered = sorted(RoleGroup, key=lambda each: sum(other.is_above(each) for other in RoleGroup))
    assert [str(each) for each in ordered] == ["officer", "recruiter", "developer", "member", "applicant", "guest"]
    assert not any(each.is_above(each) for each in RoleGroup)
    assert {each.at_most_member for each in ordered[:4]} == {RoleGroup.MEMBER}
    assert [each.at_most_member for each in ordered[4:]] == ordered[4:]
    assert [each.without_application for each in ordered] == [*ordered[:4], RoleGroup.GUEST, RoleGroup.GUEST]
