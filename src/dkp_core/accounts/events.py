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
    """A user got a place in the guild."""

    role_group: str


@frozen(kw_only=True)
class MembershipChanged(MembershipEvent):
    """A membership's role group, trial or status changed."""

    changes: tuple[Change, ...]
    reason: str = ""


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
    """A key was made."""

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
