"""API keys: a program's way in. Only a digest of the secret is kept (A-6 to A-8)."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts.errors import KeyIsExpired, KeyIsRevoked
from dkp_core.accounts.events import KeyIssued, KeyRevoked, KeyRotated, KeyScopesChanged
from dkp_core.kernel.domain_events import Aggregate, changes
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.permission import Permission

GRACE_MAX: Final = timedelta(days=30)
PREFIX_LENGTH: Final = 12
TOKEN_LENGTH_MAX: Final = 200


class KeyKind(StrEnum):
    """Whose rights a key has: its owner's, or its own scopes."""

    PERSONAL = "personal"
    BOT = "bot"


@frozen
class Token:
    """A key as it is shown once: `dkp_<prefix>_<secret>`."""

    prefix: str
    secret: str

    @classmethod
    def of(cls, text: str) -> Token | None:
        """The two parts of a key, or None where it can't be one."""
        start, _, rest = text.partition("_")
        prefix, _, secret = rest.partition("_")
        if start != "dkp" or len(prefix) != PREFIX_LENGTH or not secret or len(text) > TOKEN_LENGTH_MAX:
            return None
        return cls(prefix, secret) if text.isascii() else None

    def __str__(self) -> str:
        return f"dkp_{self.prefix}_{self.secret}"


@frozen(kw_only=True)
class ApiKey(Aggregate):
    """One key: of a user, with that user's rights; or of a guild's bot, with scopes of its own."""

    id: str
    kind: KeyKind
    name: str
    prefix: str
    digest: str
    owner: UserId | None = None
    guild_id: GuildId | None = None
    scopes: frozenset[Permission] = frozenset()
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    old_digest: str | None = None
    old_digest_until: datetime | None = None

    def issued(self) -> ApiKey:
        """The key, with the news of it. Raises: InvalidValue for an expiry that is past."""
        if self.expires_at is not None and self.expires_at <= self.created_at:
            raise InvalidValue("expires_at", f"{self.expires_at.isoformat()} is past", "a time to come, or nothing")
        scopes = tuple(sorted(self.scopes))
        # What people call their own keys is nobody else's business, and would outlive them here.
        name = self.name if self.kind is KeyKind.BOT else ""
        return self.announcing(KeyIssued(key_id=self.id, kind=self.kind, name=name, owner=self.owner, scopes=scopes))

    def opens_with(self, digest: str, at: datetime) -> bool:
        """Whether a secret of that digest works now; takes the same time whichever part is wrong."""
        current = hmac.compare_digest(self.digest, digest)
        old = hmac.compare_digest(self.old_digest or "", digest)
        old_counts = self.old_digest_until is not None and at < self.old_digest_until
        live = self.revoked_at is None and (self.expires_at is None or at < self.expires_at)
        return live and (current or (old and old_counts))

    def rotate(self, digest: str, at: datetime, grace: timedelta) -> ApiKey:
        """With a new secret; the old one works for the grace time. Raises: KeyIsRevoked, KeyIsExpired, InvalidValue."""
        if self.revoked_at is not None:
            raise KeyIsRevoked(self.id)
        if self.expires_at is not None and self.expires_at <= at:
            raise KeyIsExpired(self.id, self.expires_at)
        if not timedelta(0) <= grace <= GRACE_MAX:
            accepted = f"0 to {int(GRACE_MAX.total_seconds())} seconds"
            raise InvalidValue("grace_seconds", f"{grace.total_seconds():.0f} is out of range", accepted)
        until = at + grace if grace else None
        rotated = evolve(self, digest=digest, old_digest=self.digest if until else None, old_digest_until=until)
        told = until.isoformat() if until else None
        return rotated.announcing(KeyRotated(key_id=self.id, old_secret_until=told))

    def revoke(self, at: datetime) -> ApiKey:
        """Without any working secret; nothing changes when it was revoked already."""
        if self.revoked_at is not None:
            return self
        revoked = evolve(self, revoked_at=at, old_digest=None, old_digest_until=None)
        return revoked.announcing(KeyRevoked(key_id=self.id))

    def erase(self, at: datetime) -> ApiKey:
        """Revoked, and without the name that its owner gave it (A-12)."""
        return evolve(self.revoke(at), name="erased")

    def with_scopes(self, scopes: frozenset[Permission]) -> ApiKey:
        """With other scopes. Raises: KeyIsRevoked."""
        if self.revoked_at is not None:
            raise KeyIsRevoked(self.id)
        changed = evolve(self, scopes=scopes)
        told = changes(self, changed, ("scopes",))
        return changed.announcing(KeyScopesChanged(key_id=self.id, changes=told)) if told else self
