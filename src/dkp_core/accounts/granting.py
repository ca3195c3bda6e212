"""Memberships: who is in the guild, and with what rights (A-2, A-3)."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from dkp_core.accounts.errors import AlreadyAMember, LastOfficer
from dkp_core.accounts.events import MemberShutOut
from dkp_core.accounts.holding_sessions import end_every_session
from dkp_core.accounts.membership import Membership, MembershipStatus
from dkp_core.accounts.ports import (
    MEMBERSHIP_COLUMNS,
    AccountsInstallation,
    AccountsView,
    AccountsWork,
    Users,
)
from dkp_core.accounts.role_group import RoleGroup
from dkp_core.accounts.session import Ending
from dkp_core.accounts.user import User, discord_id_of
from dkp_core.accounts.views import MembershipRow, ProfileRow, UserRow
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, BeginInstallation, Clock, Ids, Read


def known_user(users: Users, ids: Ids, discord_id: str, username: str | None, at: datetime) -> User:
    """The user of that Discord account, made known here if nobody is yet. Raises: InvalidValue."""
    digits = discord_id_of(discord_id)
    user = users.with_discord_id(digits)
    if user is None:
        shown = username or f"discord-{digits}"
        user = User.add(UserId(ids.next("user")), discord_id=digits, username=shown, at=at)
        users.save(user)
    return user


def unlinked_user(users: Users, ids: Ids, username: str, at: datetime) -> User:
    """A new user whose Discord account is not known: of an import, or of who is unlinked (A-13). Raises: InvalidValue.

    They are seen by the guild alone in which they get a place.
    """
    user = User.add(UserId(ids.next("user")), discord_id=None, username=username, at=at)
    users.save(user)
    return user


def must_leave_an_officer(work: AccountsWork, user_id: UserId) -> None:
    """Refuse what would take the guild its last officer; the officers are locked. Raises: LastOfficer."""
    if work.memberships.officers() == {user_id}:
        raise LastOfficer(user_id)


@frozen
class AddMember:
    """Give a person a place in the guild by their Discord id; a user nobody knew yet is made known."""

    begin: Begin[AccountsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        *,
        discord_id: str,
        username: str | None = None,
        role_group: RoleGroup = RoleGroup.MEMBER,
        joined_at: datetime | None = None,
        by: Actor,
    ) -> Membership:
        by.must(Permission.MEMBERSHIPS_WRITE)
        now = self.clock.now()
        if joined_at is not None and joined_at > now:
            raise InvalidValue("joined_at", f"{joined_at.isoformat()} is in the future", "a time up to now")
        with self.begin(by) as work:
            user = known_user(work.users, self.ids, discord_id, username, now)
            work.users.get(user.id).must_not_be_erased()  # locked: who is being erased gets no place anew
            if work.memberships.find(user.id) is not None:
                raise AlreadyAMember(user.id)
            membership = Membership.begin(work.guild_id, user.id, role_group, joined_at or now)
            work.memberships.save(membership)
        return membership


@frozen
class ChangeMembership:
    """Set a member's role group, end or resume a membership, or deactivate it; with reason.

    The last officer can be neither demoted, ended nor deactivated.
    """

    begin: Begin[AccountsWork]
    clock: Clock

    def __call__(
        self,
        user_id: UserId,
        *,
        role_group: RoleGroup | None = None,
        status: MembershipStatus | None = None,
        reason: str = "",
        by: Actor,
    ) -> Membership:
        by.must(Permission.MEMBERSHIPS_WRITE)
        now = self.clock.now()
        with self.begin(by) as work:
            if status is MembershipStatus.IN_FORCE:
                work.users.get(user_id).must_not_be_erased()
            officers = work.memberships.officers()
            membership = work.memberships.get(user_id)
            changed = membership
            if status is MembershipStatus.IN_FORCE:
                changed = changed.resume(reason=reason)
            if role_group is not None:
                changed = changed.move_to(role_group, reason=reason)
            if status is MembershipStatus.ENDED:
                changed = changed.end(now, reason=reason)
            if status is MembershipStatus.DEACTIVATED:
                changed = changed.deactivate(now, reason=reason)
            if membership.is_officer and not changed.is_officer and officers == {user_id}:
                raise LastOfficer(user_id)
            if changed is not membership:
                work.memberships.save(changed)
        return changed


@frozen
class ListMemberships:
    """The guild's memberships: filtered by role group, status and external id, searched by username, in pages."""

    read: Read[AccountsView]

    def __call__(
        self,
        *,
        role_group: RoleGroup | None = None,
        status: MembershipStatus | None = None,
        external_id: str | None = None,
        search: str = "",
        ordering: str = "",
        page: PageRequest,
        by: Actor,
    ) -> Page[MembershipRow]:
        by.must(Permission.MEMBERSHIPS_READ, Permission.MEMBERSHIPS_WRITE)
        orders = ordering_of(ordering, MEMBERSHIP_COLUMNS)
        with self.read(by) as views:
            return views.memberships(
                role_group=role_group,
                status=status,
                external_id=external_id,
                search=search,
                ordering=orders,
                page=page,
            )


@frozen
class ShowUser:
    """A user with a membership or a history in this guild."""

    read: Read[AccountsView]

    def __call__(self, user_id: UserId, *, by: Actor) -> UserRow:
        if by.user_id != user_id:
            by.must(Permission.ROSTER_READ)
        with self.read(by) as views:
            return views.user(user_id)


@frozen
class FindUser:
    """The user in this guild with that Discord id."""

    read: Read[AccountsView]

    def __call__(self, discord_id: str, *, by: Actor) -> UserRow:
        by.must(Permission.ROSTER_READ)
        with self.read(by) as views:
            return views.user_with_discord_id(discord_id_of(discord_id))


@frozen
class ShowProfile:
    """You: your Discord names, preferences and guilds."""

    read: Read[AccountsView]

    def __call__(self, *, by: Actor) -> ProfileRow:
        if by.user_id is None:
            raise NotPermitted("a user's own key or session")
        with self.read(by) as views:
            return views.profile(by.user_id)


@frozen
class ChangePreferences:
    """Set your time zone, locale, default guild and muted notifications; what is not given stays as it is (A-5)."""

    begin: BeginInstallation[AccountsInstallation]

    def __call__(
        self,
        *,
        timezone: str | None = None,
        locale: str | None = None,
        default_guild: str | None = None,
        forget_default_guild: bool = False,
        muted: tuple[str, ...] | None = None,
        by: Actor,
    ) -> User:
        if by.user_id is None:
            raise NotPermitted("a user's own key or session")
        with self.begin(by) as work:
            user = work.users.get(by.user_id)
            guild_id: GuildId | None = None
            if default_guild is not None:
                guild = work.guilds.named(default_guild)
                if guild is None:
                    raise NoSuch("guild", default_guild)
                guild_id = guild.id
            changed = user.prefer(
                timezone=timezone,
                locale=locale,
                default_guild=guild_id,
                forget_default_guild=forget_default_guild,
                muted=muted,
            )
            if changed is not user:
                work.users.save(changed)
        return changed


@frozen
class SetUserActive:
    """Shut a user out of every guild, or let them in again; only the operator may (A-10).

    No guild loses its last officer that way, and open bids are withdrawn.
    """

    begin: BeginInstallation[AccountsInstallation]
    clock: Clock

    def __call__(self, user_id: UserId, *, active: bool, by: Actor) -> User:
        if not by.is_operator:
            raise NotPermitted("operator")
        with self.begin(by) as work:
            user = work.users.get(user_id)
            changed = user.reactivate() if active else user.deactivate(self.clock.now())
            if changed is not user and not active:
                for guild_id in work.users.guilds_of(user_id):
                    here = work.enter(guild_id)
                    must_leave_an_officer(here, user_id)
                    here.announce(MemberShutOut(guild_id=guild_id, user_id=user_id))
                end_every_session(work, user_id, Ending.DEACTIVATED)
            if changed is not user:
                work.users.save(changed)
        return changed
