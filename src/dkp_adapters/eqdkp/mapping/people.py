"""The users of EQdkp Plus as people: who they are on Discord, what they may do, and whether they still may (O-1)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Final, TypeVar

from attrs import define, field, frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.external import NEVER, external_id
from dkp_adapters.eqdkp.mapping.fitting import Fitting, R, as_duplicate, first_of_each
from dkp_adapters.eqdkp.mapping.naming import Naming
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.accounts import MembershipStatus, RoleGroup, discord_id_of
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.period import zone_named
from dkp_core.moving import Person, Why

_GUESTS: Final = 1
_MEMBERS: Final = 4
_OFFICERS: Final = frozenset({2, 3, 5})
"""Super administrators, administrators and officers; other groups may what they may."""
_OF_OFFICERS: Final = frozenset({"a_raid_add", "a_item_add", "a_indivadj_add"})
_OF_RECRUITERS: Final = "a_guildrequest_"
_BY_ROLE_GROUP: Final = "what people may do goes by their role group here"
_DISABLED: Final = "disabled in EQdkp Plus"
_LOCALES: Final[Mapping[str, str]] = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it", "russian": "ru", "polish": "pl",
    "dutch": "nl", "portuguese": "pt", "czech": "cs", "danish": "da", "swedish": "sv", "turkish": "tr",
}  # fmt: skip

H = TypeVar("H", rows.GroupRight, rows.UserRight)


def each_once(given: Iterable[R], accounting: Accounting) -> Mapping[int, R]:
    """Rows by their ids; what has the id of an earlier one is left out, and what is not quite right is remarked."""
    found: dict[int, R] = {}
    for row in first_of_each(given, as_duplicate(accounting)):
        found[row.id] = row
        Fitting().tell(accounting, row, row.id)
    return found


# --- who they are -----------------------------------------------------------------------------------------------------


def people_of(
    source: EqdkpSource,
    users: Mapping[int, rows.User],
    since: Mapping[int, datetime],
    playing: Container[int],
    accounting: Accounting,
) -> Mapping[int, Person]:
    """Every user as a person, by their ids and numbered from 1; `since` has the first dates of their characters.

    Who has active characters is `playing`.

    Their addresses are not taken over, since nobody signs in by them here.
    """
    roles = _role_groups_of(source, users, playing, accounting)
    naming = Naming("users", "User", accounting)
    for user in users.values():
        if user.custom_fields or user.away_note:
            accounting.archive_too(user.table, user.ordinal)
    discord = _Discord(accounting)
    return {
        user.id: Person(
            number=number,
            name=naming.one(user.id, user.name, user.ordinal),
            discord_id=discord.id_of(user),
            timezone=_zone_of(user),
            locale=_LOCALES.get(user.language.strip().lower(), "en"),
            role_group=roles[user.id],
            status=MembershipStatus.IN_FORCE if user.is_active else MembershipStatus.DEACTIVATED,
            reason="" if user.is_active else _DISABLED,
            joined_at=_joined_at(user, since, accounting),
            external_id=external_id(user.id),
        )
        for number, user in enumerate(sorted(users.values(), key=lambda each: each.id), 1)
    }


@define
class _Discord:
    """Discord ids, each of one person: of the first by id."""

    accounting: Accounting
    _of: dict[str, int] = field(factory=dict, init=False)

    def id_of(self, user: rows.User) -> str | None:
        """The user's, unless it is none, or somebody has it already."""
        given = user.accounts.get("discord")
        if given is None:
            return None
        try:
            found = discord_id_of(given)
        except InvalidValue as refused:
            self.accounting.remark("users", user.id, f"not linked: {refused.fault}")
            return None
        first = self._of.setdefault(found, user.id)
        if first != user.id:
            self.accounting.remark("users", user.id, f"not linked: user {first} has the same Discord account")
            return None
        return found


def _zone_of(user: rows.User) -> str:
    try:
        return zone_named(user.timezone.strip()).key
    except InvalidValue:
        return "UTC"


def _joined_at(user: rows.User, since: Mapping[int, datetime], accounting: Accounting) -> datetime:
    found = user.registered_at or since.get(user.id)
    if found is None:
        accounting.remark("users", user.id, f"when they joined is not known: {NEVER:%Y-%m-%d} stands for it")
    return found or NEVER


# --- what they may ----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Rights:
    """Those rights that make somebody an officer or a recruiter here, by their ids, and the ids of all there are."""

    names: Mapping[int, str]
    known: frozenset[int]
    accounting: Accounting

    @classmethod
    def of(cls, source: EqdkpSource, accounting: Accounting) -> _Rights:
        """Those of a source."""
        names: dict[int, str] = {}
        known: set[int] = set()
        for row in first_of_each(source.rows(rows.Right), as_duplicate(accounting)):
            known.add(row.id)
            if row.name in _OF_OFFICERS or row.name.startswith(_OF_RECRUITERS):
                names[row.id] = row.name
                accounting.imported(row.table)
            else:
                accounting.leave_out(row.table, row.ordinal, Why.ARCHIVED, _BY_ROLE_GROUP)
        return cls(names=names, known=frozenset(known), accounting=accounting)

    def held(
        self, given: Iterable[H], whose: Callable[[H], int], what: str, holders: Container[int]
    ) -> Mapping[int, Sequence[int]]:
        """The rights of each holder, who is `what`; rows are accounted for."""
        found: dict[int, list[int]] = {}
        for row in given:
            holder = whose(row)
            if holder not in holders:
                self.accounting.leave_out(row.table, row.ordinal, Why.ORPHAN, f"{what} {holder} does not exist")
            elif row.right not in self.known:
                self.accounting.leave_out(row.table, row.ordinal, Why.ORPHAN, f"right {row.right} does not exist")
            elif row.right not in self.names:
                self.accounting.leave_out(row.table, row.ordinal, Why.ARCHIVED, _BY_ROLE_GROUP)
            else:
                self.accounting.imported(row.table)
                found.setdefault(holder, []).extend([row.right] if row.is_allowed else [])
        return found

    def role_of(self, rights: Iterable[int]) -> RoleGroup:
        """What who has these rights is here."""
        names = {self.names[each] for each in rights}
        if names & _OF_OFFICERS:
            return RoleGroup.OFFICER
        return RoleGroup.RECRUITER if names else RoleGroup.MEMBER


def _role_groups_of(
    source: EqdkpSource, users: Mapping[int, rows.User], playing: Container[int], accounting: Accounting
) -> Mapping[int, RoleGroup]:
    """What everybody is here: the highest that their groups and their own rights make them."""
    groups = each_once(source.rows(rows.Group), accounting)
    rights = _Rights.of(source, accounting)
    of_groups = rights.held(source.rows(rows.GroupRight), lambda each: each.group, "group", groups)
    of_users = rights.held(source.rows(rows.UserRight), lambda each: each.user, "user", users)
    roles = {each: _role_of_group(each, rights.role_of(of_groups.get(each, ()))) for each in groups}
    inside = _groups_of_users(source, users, groups, accounting)
    own = {each: [rights.role_of(held)] for each, held in of_users.items() if held}
    given = {each: [*(roles[group] for group in inside.get(each, ())), *own.get(each, ())] for each in users}
    return {
        each: _highest(found) if found else _in_no_group(each, playing, accounting) for each, found in given.items()
    }


def _groups_of_users(
    source: EqdkpSource, users: Mapping[int, rows.User], groups: Mapping[int, rows.Group], accounting: Accounting
) -> Mapping[int, Sequence[int]]:
    found: dict[int, list[int]] = {}
    for each in source.rows(rows.GroupMember):
        inside = found.setdefault(each.user, [])
        if each.user not in users:
            accounting.leave_out(each.table, each.ordinal, Why.ORPHAN, f"user {each.user} does not exist")
        elif each.group not in groups:
            accounting.leave_out(each.table, each.ordinal, Why.ORPHAN, f"group {each.group} does not exist")
        elif each.group in inside:
            reason = f"user {each.user} is in group {each.group} already"
            accounting.leave_out(each.table, each.ordinal, Why.DUPLICATE, reason)
        else:
            inside.append(each.group)
            accounting.imported(each.table)
    return found


def _role_of_group(group: int, by_rights: RoleGroup) -> RoleGroup:
    if group in _OFFICERS:
        return RoleGroup.OFFICER
    if group == _GUESTS:
        return RoleGroup.GUEST
    return RoleGroup.MEMBER if group == _MEMBERS else by_rights


def _highest(given: Sequence[RoleGroup]) -> RoleGroup:
    return reduce(lambda best, each: each if each.is_above(best) else best, given)


def _in_no_group(user: int, playing: Container[int], accounting: Accounting) -> RoleGroup:
    """Whom the old site treats as a guest; who plays is a member of the guild all the same."""
    is_playing = user in playing
    so = "with an active character, and so a member here" if is_playing else "and so a guest here"
    accounting.remark("users", user, f"in no group, {so}")
    return RoleGroup.MEMBER if is_playing else RoleGroup.GUEST
