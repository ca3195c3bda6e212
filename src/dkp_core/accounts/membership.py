"""A membership: a user's place in one guild."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import evolve, frozen

from dkp_core.accounts.errors import NotAMember, UserIsMerged
from dkp_core.accounts.events import MembershipBegan, MembershipChanged
from dkp_core.accounts.role_group import ACTIVE_ROLE_GROUPS, RoleGroup
from dkp_core.kernel.domain_events import Aggregate, changes
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.names import clean_text


class MembershipStatus(StrEnum):
    """Whether a membership is in force."""

    IN_FORCE = "in_force"
    ENDED = "ended"
    DEACTIVATED = "deactivated"

    @classmethod
    def named(cls, name: str) -> MembershipStatus:
        """The status of that name. Raises: InvalidValue."""
        try:
            return cls(name)
        except ValueError as unknown:
            raise InvalidValue("status", f"{name[:40]!r} is no membership status", ", ".join(cls)) from unknown


@frozen(kw_only=True)
class Membership(Aggregate):
    """A user's place in one guild: role group, trial, since when, in force or not and why.

    `merged_into` is who the user turned out to be: they have nothing here of their own any more (R-8). `was_member`
    tells that it is or ever was that of a member or above, of whomever was merged into the user too.
    """

    guild_id: GuildId
    user_id: UserId
    role_group: RoleGroup
    trial: bool = False
    status: MembershipStatus = MembershipStatus.IN_FORCE
    joined_at: datetime
    ended_at: datetime | None = None
    reason: str = ""
    merged_into: UserId | None = None
    was_member: bool = False
    external_id: str | None = None

    @classmethod
    def begin(
        cls, guild_id: GuildId, user_id: UserId, role_group: RoleGroup, at: datetime, *, was_member: bool = False
    ) -> Membership:
        """A new membership, in force; `was_member`: of somebody who was a member before, as another user."""
        membership = cls(
            guild_id=guild_id,
            user_id=user_id,
            role_group=role_group,
            joined_at=at,
            was_member=was_member or role_group in ACTIVE_ROLE_GROUPS,
        )
        event = MembershipBegan(guild_id=guild_id, user_id=user_id, role_group=role_group, was_member=was_member)
        return membership.announcing(event)

    @property
    def is_officer(self) -> bool:
        """Whether it gives an officer's rights now."""
        return self.role_group is RoleGroup.OFFICER and self.status is MembershipStatus.IN_FORCE

    def is_active(self, *, trials_are_active: bool) -> bool:
        """Whether this is an active member: in force, and a member or above (a trial where the guild counts them)."""
        counts = self.role_group in ACTIVE_ROLE_GROUPS or (self.trial and trials_are_active)
        return counts and self.status is MembershipStatus.IN_FORCE

    def move_to(self, role_group: RoleGroup, *, reason: str) -> Membership:
        """With another role group. Raises: NotAMember unless it is in force."""
        if self.status is not MembershipStatus.IN_FORCE:
            raise NotAMember(self.user_id)
        trial = self.trial and role_group is RoleGroup.APPLICANT
        return self._with(evolve(self, role_group=role_group, trial=trial), reason)

    def begin_trial(self, *, reason: str) -> Membership:
        """An applicant on trial (A-4). Raises: NotAMember unless it is in force; nothing changes for a member."""
        if self.status is not MembershipStatus.IN_FORCE:
            raise NotAMember(self.user_id)
        if self.role_group is not RoleGroup.APPLICANT:
            return self
        return self._with(evolve(self, trial=True), reason)

    def end_trial(self, *, reason: str) -> Membership:
        """No longer on trial, whatever the role group."""
        return self._with(evolve(self, trial=False), reason)

    def end(self, at: datetime, *, reason: str) -> Membership:
        """Ended: the user is a guest from now on; nothing changes when it had ended already."""
        if self.status is MembershipStatus.ENDED:
            return self
        return self._with(evolve(self, status=MembershipStatus.ENDED, ended_at=at), reason)

    def deactivate(self, at: datetime, *, reason: str) -> Membership:
        """Deactivated: the user has no access to this guild, not even a guest's (A-10)."""
        if self.status is MembershipStatus.DEACTIVATED:
            return self
        return self._with(evolve(self, status=MembershipStatus.DEACTIVATED, ended_at=at), reason)

    def resume(self, *, reason: str) -> Membership:
        """In force again, since when it first began."""
        if self.status is MembershipStatus.IN_FORCE:
            return self
        return self._with(evolve(self, status=MembershipStatus.IN_FORCE, ended_at=None), reason)

    def merge_into(self, into: UserId, at: datetime, *, reason: str) -> Membership:
        """Ended for good, since the user is `into`. Raises: UserIsMerged."""
        ended = evolve(self, status=MembershipStatus.ENDED, ended_at=self.ended_at or at, merged_into=into)
        return self._with(ended, reason)

    def as_before(self, before: Membership | None, at: datetime, *, reason: str) -> Membership:
        """As it was before its user was merged or unlinked; without any place, where there was none.

        Who was an applicant is a guest: the application was withdrawn when they were none any more.
        """
        if before is None:
            ended = evolve(self, status=MembershipStatus.ENDED, ended_at=self.ended_at or at, merged_into=None)
            return self._told(ended, reason)
        was = evolve(before, role_group=before.role_group.without_application, trial=False)
        return self._told(evolve(was, reason=self.reason, version=self.version, pending=self.pending), reason)

    def without(self, given: Membership, before: Membership, *, reason: str) -> Membership:
        """With role group and joining as before, where they are still those that it was given.

        Who was an applicant until it was given more is a guest, as the application was withdrawn then.
        """
        was_given = given.role_group is not before.role_group and self.role_group is given.role_group
        role_group = before.role_group.without_application if was_given else self.role_group
        trial = self.trial and not was_given
        joined_at = before.joined_at if self.joined_at == given.joined_at else self.joined_at
        was_member = before.was_member if was_given else self.was_member
        restored = evolve(self, role_group=role_group, trial=trial, joined_at=joined_at, was_member=was_member)
        return self._with(restored, reason)

    def raised_to(self, role_group: RoleGroup, *, reason: str) -> Membership:
        """With that role group, unless it has a higher one or is not in force."""
        if self.status is not MembershipStatus.IN_FORCE or not role_group.is_above(self.role_group):
            return self
        return self.move_to(role_group, reason=reason)

    def since(self, joined_at: datetime, *, reason: str) -> Membership:
        """Counting from then on, if that is earlier."""
        return self if self.joined_at <= joined_at else self._with(evolve(self, joined_at=joined_at), reason)

    def known_as(self, other: Membership) -> Membership:
        """As that of somebody who was a member before, where the other one tells so: they begin nothing anew."""
        return self if self.was_member or not other.was_member else evolve(self, was_member=True)

    def erase(self, at: datetime) -> Membership:
        """Ended, as a place of somebody of whom nothing more is to be told: not why it ended either (A-12)."""
        ended = evolve(self, status=MembershipStatus.ENDED, trial=False, ended_at=self.ended_at or at)
        return evolve(self._told(ended, "erased"), reason="")

    def _with(self, changed: Membership, reason: str) -> Membership:
        if self.merged_into is not None and changed is not self:
            raise UserIsMerged(self.user_id, self.merged_into)
        return self._told(changed, reason)

    def _told(self, changed: Membership, reason: str) -> Membership:
        if changed.role_group in ACTIVE_ROLE_GROUPS and not changed.was_member:
            changed = evolve(changed, was_member=True)
        told = changes(self, changed, ("role_group", "trial", "status", "joined_at", "merged_into", "was_member"))
        if not told:
            return self
        why = clean_text(reason, "reason")
        event = MembershipChanged(guild_id=self.guild_id, user_id=self.user_id, changes=told, reason=why)
        return evolve(changed, reason=why).announcing(event)
