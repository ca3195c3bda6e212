"""What can be refused about accounts."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict, DomainError, Forbidden, InvalidValue
from dkp_core.kernel.ids import UserId


@define
class NotAMember(Conflict):
    """The user's membership is not in force."""

    user_id: UserId
    code: ClassVar[str] = "not_a_member"

    @property
    def sentence(self) -> str:
        return f"The membership of user {self.user_id} is not in force."


@define
class LastOfficer(Conflict):
    """A guild keeps at least one officer."""

    user_id: UserId
    code: ClassVar[str] = "last_officer"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} is the guild's last officer; name another officer first."


@define
class DiscordIdTaken(Conflict):
    """A Discord id belongs to one user only; which one is not told, for it may be a stranger to this guild (R-9)."""

    discord_id: str
    user_id: UserId
    code: ClassVar[str] = "discord_id_taken"

    @property
    def sentence(self) -> str:
        return f"Discord id {self.discord_id} belongs to another user already."


@define
class AlreadyAMember(Conflict):
    """The user has a membership in this guild."""

    user_id: UserId
    code: ClassVar[str] = "already_a_member"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} has a membership in this guild already; change or resume it."


@define
class KeyIsRevoked(Conflict):
    """A revoked key stays revoked."""

    key_id: str
    code: ClassVar[str] = "key_revoked"

    @property
    def sentence(self) -> str:
        return f"The key {self.key_id} is revoked; make another."


@define
class KeyIsExpired(Conflict):
    """A new secret would not open an expired key either."""

    key_id: str
    expired_at: datetime
    code: ClassVar[str] = "key_expired"

    @property
    def sentence(self) -> str:
        return f"The key {self.key_id} expired at {self.expired_at.isoformat()}; make another."


@define
class NotAuthenticated(DomainError):
    """No key, or one that does not work; why is not told, for a guesser would learn from it."""

    code: ClassVar[str] = "not_authenticated"

    @property
    def sentence(self) -> str:
        return "A valid key is needed: Authorization: Bearer <key>."


@define
class MembershipDeactivated(Forbidden):
    """The user has no access to this guild, not even a guest's."""

    code: ClassVar[str] = "membership_deactivated"

    @property
    def sentence(self) -> str:
        return "Your membership in this guild is deactivated."


@define
class GuildNotChosen(InvalidValue):
    """More than one guild could be meant."""

    code: ClassVar[str] = "guild_not_chosen"
