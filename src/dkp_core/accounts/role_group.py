"""Role groups: what a user may do in a guild, as sets of named capabilities (A-3)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.permission import Permission


class RoleGroup(StrEnum):
    """What a user may do; every membership has exactly one (A-2)."""

    OFFICER = "officer"
    RECRUITER = "recruiter"
    DEVELOPER = "developer"
    MEMBER = "member"
    APPLICANT = "applicant"
    GUEST = "guest"

    def is_above(self, other: RoleGroup) -> bool:
        """Whether who has it may more: officers, then recruiters, developers, members, applicants, and guests last."""
        return list(RoleGroup).index(self) < list(RoleGroup).index(other)

    @property
    def at_most_member(self) -> RoleGroup:
        """The same, but for what only an officer gives: then it is that of a member."""
        return RoleGroup.MEMBER if self.is_above(RoleGroup.MEMBER) else self

    @property
    def without_application(self) -> RoleGroup:
        """The same, but for an applicant's, which only an application gives: then it is that of a guest."""
        return RoleGroup.GUEST if self is RoleGroup.APPLICANT else self

    @classmethod
    def named(cls, name: str, field: str = "role_group") -> RoleGroup:
        """The role group of that name. Raises: InvalidValue."""
        try:
            return cls(name.strip().lower())
        except ValueError as unknown:
            raise InvalidValue(field, f"{name[:40]!r} is no role group", ", ".join(cls)) from unknown


# Members may; developers and recruiters may that and more; officers may all.
_GUEST: Final = frozenset({Permission.APPLICATIONS_OWN, Permission.CLAIMS_OWN})
_TRIAL: Final = frozenset(
    {Permission.ROSTER_PUBLIC, Permission.ROSTER_READ, Permission.POINTS_READ, Permission.RAIDS_READ}
)
_BIDDING: Final = frozenset({Permission.AUCTIONS_READ, Permission.BIDS_OWN})
_MEMBER: Final = (
    _TRIAL
    | _BIDDING
    | {
        Permission.CHARACTERS_OWN,
        Permission.CLAIMS_OWN,
        Permission.APPLICATIONS_READ,
        Permission.FEEDBACK_OWN,
        Permission.VOTES_OWN,
        Permission.TALLIES_READ,
    }
)

PERMISSIONS: Final[Mapping[RoleGroup, frozenset[Permission]]] = MappingProxyType(
    {
        RoleGroup.OFFICER: frozenset(Permission),
        RoleGroup.RECRUITER: _MEMBER
        | {Permission.MEMBERSHIPS_READ, Permission.APPLICATIONS_WRITE, Permission.VOTES_READ},
        RoleGroup.DEVELOPER: _MEMBER | {Permission.HEALTH_READ},
        RoleGroup.MEMBER: _MEMBER,
        RoleGroup.APPLICANT: _GUEST,
        RoleGroup.GUEST: _GUEST,
    }
)

# What counts as an active member; trials count where the guild says so.
ACTIVE_ROLE_GROUPS: Final = (RoleGroup.OFFICER, RoleGroup.RECRUITER, RoleGroup.DEVELOPER, RoleGroup.MEMBER)

# A bot key could otherwise make itself another one that outlives it; what is one's own is a person's; and of votes,
# which an export of the guild holds, nothing beyond totals is for programs.
SCOPES: Final = frozenset(Permission) - {
    Permission.BOT_KEYS_WRITE,
    Permission.GUILD_EXPORT,
    Permission.CHARACTERS_OWN,
    Permission.BIDS_OWN,
    Permission.APPLICATIONS_OWN,
    Permission.CLAIMS_OWN,
    Permission.FEEDBACK_OWN,
    Permission.VOTES_OWN,
    Permission.VOTES_READ,
}


def permissions_of(
    role_group: RoleGroup, *, trial: bool, public_roster: bool, trials_bid: bool
) -> frozenset[Permission]:
    """What a user of that role group may do; a trial adds to an applicant, never voting (A-4).

    The guild may let its trials bid, and open its roster to guests.
    """
    allowed = PERMISSIONS[role_group]
    if trial and role_group is RoleGroup.APPLICANT:
        allowed = allowed | _TRIAL
        if trials_bid:
            allowed = allowed | _BIDDING
    if public_roster:
        allowed = allowed | {Permission.ROSTER_PUBLIC}
    return allowed


def scopes_of(names: tuple[str, ...]) -> frozenset[Permission]:
    """The capabilities of these names, for a bot key. Raises: InvalidValue, naming the first that is none."""
    accepted = ", ".join(sorted(SCOPES))
    found = set()
    for name in names:
        if name not in SCOPES:
            raise InvalidValue("scopes", f"{name[:40]!r} is no scope", accepted)
        found.add(Permission(name))
    if not found:
        raise InvalidValue("scopes", "there are none", accepted)
    return frozenset(found)
