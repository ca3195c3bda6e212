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
class IsErased(Conflict):
    """Whoever that was is erased for good; the same person may sign in anew, as another user."""

    user_id: UserId
    code: ClassVar[str] = "user_erased"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} was erased; that can't be undone."


@define
class UserIsMerged(Conflict):
    """Who was merged into another user has nothing here of their own any more (R-8)."""

    user_id: UserId
    into: UserId
    code: ClassVar[str] = "user_merged"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} was merged into user {self.into}; that is who is meant from now on."


@define
class UserIsLinked(Conflict):
    """Only an unlinked user can be linked, claimed or merged into another."""

    user_id: UserId
    code: ClassVar[str] = "user_linked"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} has a Discord account of their own."


@define
class UserIsUnlinked(Conflict):
    """This needs somebody with a Discord account."""

    user_id: UserId
    code: ClassVar[str] = "user_unlinked"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} has no Discord account here; link them to one first."


@define
class DiscordIdOfMember(DiscordIdTaken):
    """A Discord id belongs to somebody of this guild: whether the two are one person, an officer decides (R-9)."""

    unlinked: UserId

    @property
    def sentence(self) -> str:
        return (
            f"Discord id {self.discord_id} belongs to user {self.user_id} already; "
            f"if user {self.unlinked} is the same person, merge user {self.unlinked} into user {self.user_id}."
        )


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
    """No key or session, or one that does not work; why is not told, for a guesser would learn from it."""

    code: ClassVar[str] = "not_authenticated"

    @property
    def sentence(self) -> str:
        return "A valid key is needed: Authorization: Bearer <key>; or, in a browser, to be signed in (/accounts/)."


@define
class MembershipDeactivated(Forbidden):
    """The user has no access to this guild, not even a guest's."""

    code: ClassVar[str] = "membership_deactivated"

    @property
    def sentence(self) -> str:
        return "Your membership in this guild is deactivated."


@define
class UserShutOut(Forbidden):
    """The operator shut this user out of every guild (A-10)."""

    code: ClassVar[str] = "user_shut_out"

    @property
    def sentence(self) -> str:
        return "You are shut out here; who runs this installation can let you in again."


@define
class SignInNotValid(Forbidden):
    """An answer from Discord that nobody waits for: used before, too old, or begun in another browser."""

    code: ClassVar[str] = "sign_in_not_valid"

    @property
    def sentence(self) -> str:
        return "This sign-in is not valid (any more): it was used, took longer than 10 minutes, or began elsewhere."


@define
class SignInDenied(Forbidden):
    """At Discord, the person did not let us know who they are."""

    code: ClassVar[str] = "sign_in_denied"

    @property
    def sentence(self) -> str:
        return "Discord was not allowed to tell who you are, so you are not signed in."


@define
class SignInLinkNotValid(Forbidden):
    """A one-time link that is none, was used or has expired; which of these is not told."""

    code: ClassVar[str] = "sign_in_link_not_valid"

    @property
    def sentence(self) -> str:
        return "This link is not valid (any more); each works once and for a short time. Ask for another."


@define
class DiscordNotSetUp(Conflict):
    """This installation has no application at Discord."""

    code: ClassVar[str] = "discord_not_set_up"

    @property
    def sentence(self) -> str:
        return "Signing in with Discord is not set up here; who runs this installation can give you a one-time link."


@define
class DiscordRefused(Forbidden):
    """Discord does not take the code or the token: it was used, has expired, or was taken back."""

    code: ClassVar[str] = "discord_refused"

    @property
    def sentence(self) -> str:
        return "Discord does not take this any more (it was used, has expired or was taken back); sign in again."


@define
class DiscordUnavailable(DomainError):
    """Discord does not answer, or asks for patience."""

    retry_seconds: int
    code: ClassVar[str] = "discord_unavailable"

    @property
    def sentence(self) -> str:
        return f"Discord does not answer at the moment; try again in {self.retry_seconds} s."


@define
class NotSignedInWithDiscord(Conflict):
    """There is nothing to ask Discord with: this user never signed in there, or Discord has forgotten it."""

    user_id: UserId
    code: ClassVar[str] = "not_signed_in_with_discord"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} has to sign in with Discord first."


@define
class DiscordIsBeingAsked(Conflict):
    """Discord is being asked about this user already."""

    user_id: UserId
    code: ClassVar[str] = "discord_is_being_asked"

    @property
    def sentence(self) -> str:
        return f"Discord is being asked about user {self.user_id} just now; look again in a moment."


@define
class GuildNotChosen(InvalidValue):
    """More than one guild could be meant."""

    code: ClassVar[str] = "guild_not_chosen"
