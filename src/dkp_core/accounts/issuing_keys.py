"""Issuing, rotating and revoking API keys (A-6 to A-8)."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime, timedelta

from attrs import frozen

from dkp_core.accounts.api_key import PREFIX_LENGTH, ApiKey, KeyKind, Token
from dkp_core.accounts.ports import AccountsInstallation, AccountsView, AccountsWork
from dkp_core.accounts.role_group import scopes_of
from dkp_core.accounts.views import KeyRow
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.names import clean_name
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, BeginInstallation, Chance, Clock, Hashing, Read

_SECRET_BYTES = 32


@frozen
class IssuedKey:
    """A key that was just made or rotated, and its secret, which is shown this once."""

    key: ApiKey
    token: str


@frozen
class Minting:
    """Makes the secrets of keys: 256 random bits each, of which only a digest is kept."""

    chance: Chance
    hashing: Hashing

    def token(self) -> Token:
        """A new key's two parts."""
        return Token(_letters(self.chance.token(8))[:PREFIX_LENGTH], _letters(self.chance.token(_SECRET_BYTES)))

    def again(self, prefix: str) -> Token:
        """A new secret for a key that is known by this prefix."""
        return Token(prefix, _letters(self.chance.token(_SECRET_BYTES)))

    def key_id(self) -> str:
        """A new id for a key or a session, a UUID."""
        return str(uuid.UUID(bytes=self.chance.token(16), version=4))

    def secret(self) -> str:
        """256 random bits as small letters and digits."""
        return _letters(self.chance.token(_SECRET_BYTES))

    def personal_key(self, owner: UserId, *, name: str, at: datetime, expires_at: datetime | None = None) -> IssuedKey:
        """A new key of that user's. Raises: InvalidValue."""
        token = self.token()
        key = ApiKey(
            id=self.key_id(),
            kind=KeyKind.PERSONAL,
            name=clean_name(name),
            prefix=token.prefix,
            digest=self.hashing.digest(token.secret),
            owner=owner,
            created_at=at,
            expires_at=expires_at,
        ).issued()
        return IssuedKey(key, str(token))


def _letters(some: bytes) -> str:
    return base64.b32encode(some).decode().rstrip("=").lower()


@frozen
class IssuePersonalKey:
    """Make an API key with your own rights; the operator may make one for any user. The secret is shown once."""

    begin: BeginInstallation[AccountsInstallation]
    minting: Minting
    clock: Clock

    def __call__(
        self, *, name: str, owner: UserId | None = None, expires_at: datetime | None = None, by: Actor
    ) -> IssuedKey:
        owner = owner if owner is not None else _own(by)
        if owner != by.user_id and not by.is_operator:
            raise NotPermitted("operator")
        issued = self.minting.personal_key(owner, name=name, at=self.clock.now(), expires_at=expires_at)
        with self.begin(by) as work:
            work.users.get(owner).must_not_be_erased()
            work.api_keys.save(issued.key)
        return issued


@frozen
class IssueBotKey:
    """Make a key for a bot, for this guild alone, with explicit scopes. The secret is shown once."""

    begin: Begin[AccountsWork]
    minting: Minting
    clock: Clock

    def __call__(
        self, *, name: str, scopes: tuple[str, ...], expires_at: datetime | None = None, by: Actor
    ) -> IssuedKey:
        by.must(Permission.BOT_KEYS_WRITE)
        token = self.minting.token()
        key = ApiKey(
            id=self.minting.key_id(),
            kind=KeyKind.BOT,
            name=clean_name(name),
            prefix=token.prefix,
            digest=self.minting.hashing.digest(token.secret),
            guild_id=by.guild,
            scopes=scopes_of(scopes),
            created_at=self.clock.now(),
            expires_at=expires_at,
        ).issued()
        with self.begin(by) as work:
            work.api_keys.save(key)
        return IssuedKey(key, str(token))


@frozen
class RotateKey:
    """Give a key a new secret; the old one may stay valid for a grace time of up to 30 days."""

    begin: BeginInstallation[AccountsInstallation]
    minting: Minting
    clock: Clock

    def __call__(self, key_id: str, *, grace_seconds: int = 0, by: Actor) -> IssuedKey:
        with self.begin(by) as work:
            key = _manageable(work.api_keys.get(key_id), by)
            token = self.minting.again(key.prefix)
            digest = self.minting.hashing.digest(token.secret)
            if abs(grace_seconds) > 10**9:
                raise InvalidValue("grace_seconds", f"{grace_seconds} is out of range", "0 to 2592000 seconds")
            rotated = key.rotate(digest, self.clock.now(), timedelta(seconds=grace_seconds))
            work.api_keys.save(rotated)
        return IssuedKey(rotated, str(token))


@frozen
class RevokeKey:
    """Stop a key from working, for good."""

    begin: BeginInstallation[AccountsInstallation]
    clock: Clock

    def __call__(self, key_id: str, *, by: Actor) -> ApiKey:
        with self.begin(by) as work:
            key = _manageable(work.api_keys.get(key_id), by)
            revoked = key.revoke(self.clock.now())
            if revoked is not key:
                work.api_keys.save(revoked)
        return revoked


@frozen
class ChangeBotKeyScopes:
    """Set what a bot key may do."""

    begin: Begin[AccountsWork]

    def __call__(self, key_id: str, *, scopes: tuple[str, ...], by: Actor) -> ApiKey:
        by.must(Permission.BOT_KEYS_WRITE)
        wanted = scopes_of(scopes)
        with self.begin(by) as work:
            key = _manageable(work.api_keys.get(key_id), by)
            if key.kind is not KeyKind.BOT:
                raise NoSuch("bot key", key_id)
            changed = key.with_scopes(wanted)
            if changed is not key:
                work.api_keys.save(changed)
        return changed


@frozen
class ListOwnKeys:
    """Your API keys, the newest first, without their secrets."""

    read: Read[AccountsView]

    def __call__(self, *, owner: UserId | None = None, by: Actor) -> tuple[KeyRow, ...]:
        whose = owner if owner is not None and by.is_operator else _own(by)
        with self.read(by) as views:
            return views.keys(kind=KeyKind.PERSONAL, owner=whose)


@frozen
class ListBotKeys:
    """The guild's bot keys, the newest first, without their secrets."""

    read: Read[AccountsView]

    def __call__(self, *, by: Actor) -> tuple[KeyRow, ...]:
        by.must(Permission.BOT_KEYS_WRITE)
        with self.read(by) as views:
            return views.keys(kind=KeyKind.BOT, owner=None)


@frozen
class RecordKeyUses:
    """Add to the use counts of keys what one process counted since it last did (A-8)."""

    begin: BeginInstallation[AccountsInstallation]

    def __call__(self, uses: dict[str, tuple[int, datetime]], *, by: Actor) -> None:
        if not uses:
            return
        with self.begin(by) as work:
            work.api_keys.used(uses)


def _own(by: Actor) -> UserId:
    if by.user_id is None:
        raise NotPermitted("a user's own key or session")
    return by.user_id


def _manageable(key: ApiKey, by: Actor) -> ApiKey:
    """The key, where the actor may manage it: its owner, for bot keys an officer of its guild, or the operator.

    Raises: NoSuch otherwise, so that nobody learns of a key that is not theirs.
    """
    mine = key.kind is KeyKind.PERSONAL and by.user_id is not None and key.owner == by.user_id
    ours = key.kind is KeyKind.BOT and key.guild_id == by.guild_id and by.may(Permission.BOT_KEYS_WRITE)
    if not (mine or ours or by.is_operator):
        raise NoSuch("key", key.id)
    return key
