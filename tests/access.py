"""Who may do what over HTTP, as the policy says: one table, printed in docs/access.md and held against every answer.

A column is somebody who calls, a row an operation of the API. What somebody may is reckoned here from the permissions
that the core gives them and from those that the operation declares; nothing of it is written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import frozen

from dkp_core.accounts import SCOPES, RoleGroup, permissions_of
from dkp_core.kernel.permission import Permission
from dkp_entrypoints.http.operation import Operation


class Reach(StrEnum):
    """Whom an operation's `own` admits beside those with a permission."""

    PEOPLE = "whoever comes with a personal key or a session"
    EVERYBODY = "whoever comes with a key or a session"
    KEEPER = "whose it is that is named; all others, bots too, are told that there is none"
    MEMBER = "whose it is that is named: in the table the guild's member, who is each of its people in turn"
    SOMEBODY = "those of whom it is true, who are none of the callers of the table"


OWN: Final[Mapping[str, Reach]] = {
    "": Reach.SOMEBODY,
    "a user's own key": Reach.PEOPLE,
    "a key of your own": Reach.KEEPER,
    "a session of your own": Reach.KEEPER,
    "a session or key of your own, or the code of a one-time link": Reach.PEOPLE,
    "whoever it is": Reach.MEMBER,
    "whoever applied": Reach.MEMBER,
    "a user's own key, where the installation lets users found guilds": Reach.SOMEBODY,
    "the raid's leader": Reach.SOMEBODY,
    "whose entry it is": Reach.KEEPER,
    "whose dispute it is": Reach.KEEPER,
}
"""What the words of an operation's `own` mean for the table."""
TOLD: Final[Mapping[str, Permission]] = {"the raid's leader": Permission.RAIDS_READ}
"""Who may read what is meant by `own` is told where there is no such thing; all others are told nothing."""


class Standing(StrEnum):
    """How a caller stands to the guild that is asked."""

    KNOWN = "known"
    SHUT_OUT = "shut out"
    ELSEWHERE = "elsewhere"
    NOBODY = "nobody"


@frozen(kw_only=True)
class Caller:
    """One column: who calls, and what the core lets them do in the guild."""

    name: str
    permissions: frozenset[Permission] = frozenset()
    is_person: bool = True
    standing: Standing = Standing.KNOWN
    role_group: RoleGroup | None = None
    trial: bool = False
    open_guild: bool = False
    """In a guild that shows its roster to guests and lets its trials bid."""

    @property
    def refused_with(self) -> frozenset[int]:
        """The statuses that say no to this caller."""
        match self.standing:
            case Standing.NOBODY:
                return frozenset({401})
            case Standing.ELSEWHERE:
                return frozenset({404})  # a bot finds no other guild
            case _:
                return frozenset({403})


def _person(role_group: RoleGroup, name: str = "", *, trial: bool = False, open_guild: bool = False) -> Caller:
    return Caller(
        name=name or str(role_group),
        permissions=permissions_of(role_group, trial=trial, public_roster=open_guild, trials_bid=open_guild),
        role_group=role_group,
        trial=trial,
        open_guild=open_guild,
    )


PEOPLE: Final = (
    *(_person(role_group) for role_group in RoleGroup),
    _person(RoleGroup.APPLICANT, "on trial", trial=True),
    _person(RoleGroup.APPLICANT, "on trial, bidding", trial=True, open_guild=True),
    _person(RoleGroup.GUEST, "guest, public roster", open_guild=True),
)
LEFT: Final = Caller(
    name="membership ended",
    permissions=permissions_of(RoleGroup.GUEST, trial=False, public_roster=False, trials_bid=False),
)
STRANGER: Final = Caller(
    name="of another guild",
    permissions=permissions_of(RoleGroup.GUEST, trial=False, public_roster=False, trials_bid=False),
)
SHUT_OUT: Final = Caller(name="membership deactivated", standing=Standing.SHUT_OUT)
NOBODY: Final = Caller(name="no key", standing=Standing.NOBODY)
DISABLED: Final = Caller(name="user deactivated", standing=Standing.NOBODY)
BOTS: Final = tuple(
    Caller(name=f"bot: {scope}", permissions=frozenset({scope}), is_person=False) for scope in sorted(SCOPES)
)
FOREIGN_BOT: Final = Caller(
    name="bot of another guild", permissions=SCOPES, is_person=False, standing=Standing.ELSEWHERE
)
CALLERS: Final = (*PEOPLE, LEFT, STRANGER, SHUT_OUT, DISABLED, NOBODY, *BOTS, FOREIGN_BOT)


def may(operation: Operation, caller: Caller) -> bool:
    """Whether the policy lets that caller do it. Raises: KeyError for an `own` that nobody gave a meaning."""
    reach = OWN[operation.own]
    if operation.anonymous:
        return True
    if caller.standing is not Standing.KNOWN and not (caller.standing is Standing.SHUT_OUT and operation.personal):
        return False
    if caller.permissions & set(operation.needs):
        return True
    match reach:
        case Reach.EVERYBODY:
            return True
        case Reach.PEOPLE | Reach.KEEPER:
            return caller.is_person
        case Reach.MEMBER:
            return caller.is_person and caller is not STRANGER
        case Reach.SOMEBODY:
            return False


def is_certain(operation: Operation, caller: Caller) -> bool:
    """Whether somebody who may do it may do it to the things of the guild's member, which the requests are about."""
    opened_by = caller.permissions & set(operation.needs)
    return caller is not STRANGER or any(not each.endswith(":own") for each in opened_by)


def refusals(operation: Operation, caller: Caller, *, nothing: bool = False) -> frozenset[int]:
    """The statuses that say no to that caller; of `nothing`, where what is asked for is not there."""
    hidden = OWN[operation.own] is Reach.KEEPER and caller.standing is Standing.KNOWN
    told = nothing and TOLD.get(operation.own) in caller.permissions
    return caller.refused_with | {404} if hidden or told else caller.refused_with
