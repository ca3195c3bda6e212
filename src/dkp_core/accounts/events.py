"""What happens to memberships and keys; ids only, no personal data (A-12)."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dkp_core.kernel.domain_events import Change, DomainEvent
from dkp_core.kernel.ids import GuildId, UserId


@frozen(kw_only=True)
class UserEvent(DomainEvent):
    """Something that happened to a user."""

    aggregate: ClassVar[str] = "user"
    user_id: UserId

    @property
    def aggregate_id(self) -> str:
        return str(self.user_id)


@frozen(kw_only=True)
class UserAdded(UserEvent):
    """A person became known here."""


@frozen(kw_only=True)
class UserChanged(UserEvent):
    """What is kept on a person changed; the names of the fields only, for the values are personal data."""

    fields: tuple[str, ...]


@frozen(kw_only=True)
class UserDeactivated(UserEvent):
    """The operator shut a user out of every guild."""


@frozen(kw_only=True)
class UserReactivated(UserEvent):
    """The operator let a user in again."""


@frozen(kw_only=True)
class UserLinked(UserEvent):
    """The Discord account of an unlinked user became known; which it is, is personal data."""


@frozen(kw_only=True)
class UserErased(UserEvent):
    """All that told who a user was is gone, for good (A-12)."""


@frozen(kw_only=True)
class UserExported(UserEvent):
    """All that is held on a user was handed out, by whoever asked for it."""


@frozen(kw_only=True)
class ConsentGiven(UserEvent):
    """A person agreed to something."""

    kind: str


@frozen(kw_only=True)
class ConsentWithdrawn(UserEvent):
    """A person agrees to something no longer."""

    kind: str


@frozen(kw_only=True)
class FirstSignedIn(UserEvent):
    """A person signed in with Discord for the first time, so that the account is known to be theirs."""


@frozen(kw_only=True)
class SignInLinkMade(UserEvent):
    """The operator made a one-time link for a user to sign in with."""

    good_until: str


@frozen(kw_only=True)
class SignInLinkUsed(UserEvent):
    """A one-time link was used."""


@frozen(kw_only=True)
class DiscordTokensDoomed(UserEvent):
    """What Discord let us have of a user is to be given back."""


@frozen(kw_only=True)
class DiscordTokensForgotten(UserEvent):
    """What Discord let us have of a user is gone: it was given back, or Discord took it back."""


@frozen(kw_only=True)
class SessionEvent(DomainEvent):
    """Something that happened to a user's session; never anything of its secret."""

    aggregate: ClassVar[str] = "session"
    session_id: str
    user_id: UserId

    @property
    def aggregate_id(self) -> str:
        return self.session_id


@frozen(kw_only=True)
class SessionBegan(SessionEvent):
    """A user signed in with a browser."""


@frozen(kw_only=True)
class SessionEnded(SessionEvent):
    """A session ended before its time."""

    why: str


@frozen(kw_only=True)
class MembershipEvent(DomainEvent):
    """Something that happened to a user's place in the guild."""

    aggregate: ClassVar[str] = "membership"
    guild_id: GuildId
    user_id: UserId

    @property
    def aggregate_id(self) -> str:
        return str(self.user_id)


@frozen(kw_only=True)
class MembershipBegan(MembershipEvent):
    """A user got a place in the guild; `was_member`: they were a member before, as somebody else."""

    role_group: str
    was_member: bool = False


@frozen(kw_only=True)
class MembershipChanged(MembershipEvent):
    """A membership's role group, trial or status changed."""

    changes: tuple[Change, ...]
    reason: str = ""


@frozen(kw_only=True)
class MemberShutOut(MembershipEvent):
    """Somebody with a place in the guild was shut out of every guild by the operator."""


@frozen(kw_only=True)
class MemberErased(MembershipEvent):
    """Somebody with a place in the guild was erased: what tells of the person is to go from here as well (A-12)."""


@frozen(kw_only=True)
class KeyEvent(DomainEvent):
    """Something that happened to an API key; never anything of its secret."""

    aggregate: ClassVar[str] = "api_key"
    key_id: str

    @property
    def aggregate_id(self) -> str:
        return self.key_id


@frozen(kw_only=True)
class KeyIssued(KeyEvent):
    """A key was made; what a person calls a key of their own is not told."""

    kind: str
    name: str
    owner: UserId | None
    scopes: tuple[str, ...]


@frozen(kw_only=True)
class KeyRotated(KeyEvent):
    """A key got a new secret; the old one works until then, or not at all."""

    old_secret_until: str | None


@frozen(kw_only=True)
class KeyRevoked(KeyEvent):
    """A key stopped working."""


@frozen(kw_only=True)
class KeyScopesChanged(KeyEvent):
    """A bot key may do something else now."""

    changes: tuple[Change, ...]
