"""Signing in: with Discord, or with a one-time link (A-1, A-6, A-11).

What asks Discord does so between two transactions of its own, and is never part of one that is open around it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime, timedelta
from ipaddress import ip_address
from operator import attrgetter
from typing import Final
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from dkp_core.accounts.discord_tokens import DiscordSignedIn, UserTokens
from dkp_core.accounts.errors import (
    DiscordIdTaken,
    SignInDenied,
    SignInLinkNotValid,
    SignInNotValid,
    UserShutOut,
)
from dkp_core.accounts.events import SignInLinkMade, SignInLinkUsed
from dkp_core.accounts.issuing_keys import IssuedKey, Minting
from dkp_core.accounts.ports import AccountsInstallation, AccountsView, DiscordSignIn
from dkp_core.accounts.session import Ending, SessionLimits, SessionToken, UserSession
from dkp_core.accounts.sign_in_attempt import ATTEMPT_TIME, SignInAttempt, local_path
from dkp_core.accounts.sign_in_link import LINK_TIME, SignInLink, link_time_of
from dkp_core.accounts.user import User
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NotPermitted, Stale, Unsealable
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.names import clean_name
from dkp_core.kernel.ports import Again, BeginInstallation, Clock, Ids, Read, Sealing

FIRST_KEY: Final = "First key"
SESSIONS_MAX: Final = 50
CODE_LENGTH_MAX: Final = 512
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


# --- with Discord -----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class BegunSignIn:
    """Where to send a browser, and the secret that it alone keeps until it comes back."""

    url: str
    browser: str = field(repr=False)
    lasts: timedelta


@frozen(kw_only=True)
class SignedIn:
    """Somebody who has just signed in: what the browser keeps of the session, and the first key if there is one."""

    user: User
    session: UserSession
    token: SessionToken = field(repr=False)
    first_key: IssuedKey | None = None
    next_path: str = ""


@frozen
class Doorman:
    """Lets people in within a transaction: makes them known, and begins their sessions."""

    minting: Minting
    sealing: Sealing
    clock: Clock
    limits: SessionLimits

    def admit(
        self, work: AccountsInstallation, found: DiscordSignedIn, user_id: UserId, *, is_known: bool
    ) -> tuple[User, bool]:
        """Whom Discord has named, and whether this is the first time that they come by themselves.

        Raises: UserShutOut; Stale when the Discord account became somebody else's meanwhile.
        """
        identity, now = found.identity, self.clock.now()
        before = (
            work.users.get(user_id)
            if is_known
            else User.add(user_id, discord_id=identity.discord_id, username=identity.username, at=now)
        )
        if before.discord_id != identity.discord_id:
            raise Stale("the Discord account is no longer this user's")
        user = before.signed_in(now).known_as(
            username=identity.username,
            global_name=identity.global_name,
            discriminator=identity.discriminator,
            avatar_url=identity.avatar_url,
            email=identity.email,
        )
        if user is not before or not is_known:
            try:
                work.users.save(user)
            except DiscordIdTaken as taken:
                raise Stale("somebody else made the user known first") from taken
        kept = work.discord_tokens.find(user_id)
        fresh = UserTokens.of(user_id, found.grant, self.sealing, now)
        # Who signs in lets us have tokens again, whatever was to become of the old ones.
        work.discord_tokens.save(fresh if kept is None else evolve(fresh, version=kept.version))
        return user, before.signed_in_at is None

    def begin_session(
        self, work: AccountsInstallation, user_id: UserId, *, device: str, brought: str | None
    ) -> tuple[UserSession, SessionToken]:
        """A new session with an id and a secret that nobody has seen; the one that the browser brought ends.

        Of more sessions than a person can have devices, those go that were used longest ago.
        """
        now = self.clock.now()
        old = None if brought is None else SessionToken.of(brought)
        if old is not None:
            session = work.sessions.find(old.id)
            if session is not None and hmac.compare_digest(session.digest, self.minting.hashing.digest(old.secret)):
                work.sessions.end(session.ended(Ending.SIGNED_IN_ANEW))
        many = sorted(work.sessions.of_user(user_id), key=attrgetter("last_seen_at"))
        for session in many[: max(0, len(many) + 1 - SESSIONS_MAX)]:
            work.sessions.end(session.ended(Ending.TOO_MANY))
        token = SessionToken(self.minting.key_id(), self.minting.secret())
        begun = UserSession(
            id=token.id,
            user_id=user_id,
            digest=self.minting.hashing.digest(token.secret),
            device=device,
            created_at=now,
            last_seen_at=now,
            ends_at=now + self.limits.longest,
        ).begun()
        work.sessions.begin(begun)
        return begun, token

    def first_key(self, work: AccountsInstallation, user_id: UserId) -> IssuedKey:
        """The key that everybody gets when they first come by themselves (A-6)."""
        issued = self.minting.personal_key(user_id, name=FIRST_KEY, at=self.clock.now())
        work.api_keys.save(issued.key)
        return issued


@frozen
class BeginSignIn:
    """Begin to sign in with Discord: tells where to send the browser.

    The browser gets a secret to bring back, so that nobody can finish in one browser what began in another.
    """

    begin: BeginInstallation[AccountsInstallation]
    discord: DiscordSignIn
    minting: Minting
    sealing: Sealing
    clock: Clock

    def __call__(self, *, next_path: str, redirect_uri: str, by: Actor) -> BegunSignIn:
        path = local_path(next_path)
        state, browser, verifier = self.minting.secret(), self.minting.secret(), self.minting.secret()
        url = self.discord.authorize_url(state=state, challenge=challenge_of(verifier), redirect_uri=redirect_uri)
        digest = self.minting.hashing.digest
        attempt = SignInAttempt(
            state_digest=digest(state),
            browser_digest=digest(browser),
            sealed_verifier=self.sealing.seal(verifier),
            redirect_uri=redirect_uri,
            next_path=path,
            expires_at=self.clock.now() + ATTEMPT_TIME,
        )
        with self.begin(by) as work:
            work.sign_in_attempts.begin(attempt)
        return BegunSignIn(url=url, browser=browser, lasts=ATTEMPT_TIME)


@frozen
class SignInWithDiscord:
    """Finish signing in with Discord, once for each time that it was begun.

    A stranger becomes a user; who was known already is shown as Discord has them now. Whoever comes by themselves for
    the first time gets a key. The session that the browser brought ends, and a new one begins.
    """

    begin: BeginInstallation[AccountsInstallation]
    read: Read[AccountsView]
    discord: DiscordSignIn
    doorman: Doorman
    ids: Ids
    again: Again

    def __call__(
        self, *, state: str, code: str | None, browser: str | None, device: str, brought: str | None, by: Actor
    ) -> SignedIn:
        attempt = self.again(lambda: self._taken(state, by))
        digest = self.doorman.minting.hashing.digest(browser or "")
        verifier = opened(self.doorman.sealing, attempt.sealed_verifier) if attempt is not None else None
        if attempt is None or verifier is None or not attempt.is_of(digest, self.doorman.clock.now()):
            raise SignInNotValid
        if code is None:
            raise SignInDenied
        found = self.discord.redeem(code_of(code), verifier=verifier, redirect_uri=attempt.redirect_uri)
        signed_in = self.again(lambda: self._admitted(found, device, brought, by))
        return evolve(signed_in, next_path=attempt.next_path)

    def _taken(self, state: str, by: Actor) -> SignInAttempt | None:
        with self.begin(by) as work:
            return work.sign_in_attempts.take(self.doorman.minting.hashing.digest(state))

    def _admitted(self, found: DiscordSignedIn, device: str, brought: str | None, by: Actor) -> SignedIn:
        user_id, is_known = whose_account(self.read, self.ids, found, by)
        with self.begin(acting_as(user_id, by)) as work:
            user, is_first = self.doorman.admit(work, found, user_id, is_known=is_known)
            key = self.doorman.first_key(work, user_id) if is_first else None
            session, token = self.doorman.begin_session(work, user_id, device=device, brought=brought)
        return SignedIn(user=user, session=session, token=token, first_key=key)


@frozen
class IssueKeyWithDiscord:
    """Make a personal key for whoever a Discord authorization code is of; for programs that sign in by themselves.

    The code has to come with the verifier of its challenge (PKCE), and must have been sent to this installation or to
    the person's own machine. A token of Discord's is never taken. The secret is shown once.
    """

    begin: BeginInstallation[AccountsInstallation]
    read: Read[AccountsView]
    discord: DiscordSignIn
    doorman: Doorman
    ids: Ids
    again: Again
    public_url: str

    def __call__(self, *, code: str, verifier: str, redirect_uri: str, name: str, by: Actor) -> IssuedKey:
        if not _VERIFIER.fullmatch(verifier):
            raise InvalidValue("code_verifier", "it is none", "43 to 128 letters, digits, and any of -._~")
        back_to = redirect_of(redirect_uri, self.public_url)
        clean_name(name)  # what is wrong with it is better known before the code is used up
        found = self.discord.redeem(code_of(code), verifier=verifier, redirect_uri=back_to)
        return self.again(lambda: self._issued(found, name, by))

    def _issued(self, found: DiscordSignedIn, name: str, by: Actor) -> IssuedKey:
        user_id, is_known = whose_account(self.read, self.ids, found, by)
        issued = self.doorman.minting.personal_key(user_id, name=name, at=self.doorman.clock.now())
        with self.begin(acting_as(user_id, by)) as work:
            self.doorman.admit(work, found, user_id, is_known=is_known)
            work.api_keys.save(issued.key)
        return issued


def challenge_of(verifier: str) -> str:
    """What is told of a verifier beforehand (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def code_of(code: str) -> str:
    """An authorization code as Discord may have given it. Raises: InvalidValue."""
    if not 0 < len(code) <= CODE_LENGTH_MAX or not (code.isascii() and code.isprintable()):
        raise InvalidValue("code", "it is no code", f"1 to {CODE_LENGTH_MAX} printable ASCII characters")
    return code


def redirect_of(uri: str, public_url: str) -> str:
    """An address that a code may have been sent to: of this installation, or of the person's own machine.

    Raises: InvalidValue.
    """
    accepted = f"an address on {public_url or 'this installation'}, or http://127.0.0.1:<port>/… and its like"
    try:
        parts = urlsplit(uri if len(uri) <= CODE_LENGTH_MAX and uri.isascii() and uri.isprintable() else "")
        host, ours = parts.hostname or "", urlsplit(public_url)
        at_home = parts.scheme == "http" and "@" not in parts.netloc and _is_loopback(host) and (parts.port or 0) >= 0
    except ValueError:
        at_home, parts, ours = False, urlsplit(""), urlsplit(public_url)
    here = bool(public_url) and (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc)
    if not (at_home or here):
        raise InvalidValue("redirect_uri", f"{uri[:80]!r} is elsewhere", accepted)
    return uri


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def opened(sealing: Sealing, sealed: str) -> str | None:
    """What was sealed; None where the key is gone that it was sealed with."""
    try:
        return sealing.open(sealed)
    except Unsealable:
        return None


def whose_account(read: Read[AccountsView], ids: Ids, found: DiscordSignedIn, by: Actor) -> tuple[UserId, bool]:
    """The user of that Discord account and whether there is one already; else the id that a new one gets."""
    with read(by) as views:
        known = views.user_id_of(found.identity.discord_id)
    return (UserId(ids.next("user")), False) if known is None else (known, True)


def acting_as(user_id: UserId, by: Actor) -> Actor:
    """Who was nobody, as the user whom they have just proved to be."""
    return evolve(by, id=str(user_id), user_id=user_id)


# --- with a one-time link ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class MadeSignInLink:
    """A one-time link for a user: its code, which is shown this once, and until when it is good."""

    user_id: UserId
    code: str = field(repr=False)
    expires_at: datetime


@frozen
class MakeSignInLink:
    """Make a one-time link with which a user can sign in without Discord; only the operator may."""

    begin: BeginInstallation[AccountsInstallation]
    minting: Minting
    clock: Clock

    def __call__(
        self, user_id: UserId, *, minutes: int = LINK_TIME // timedelta(minutes=1), by: Actor
    ) -> MadeSignInLink:
        if not by.is_operator:
            raise NotPermitted("operator")
        code, expires_at = self.minting.secret(), self.clock.now() + link_time_of(minutes)
        link = SignInLink(digest=self.minting.hashing.digest(code), user_id=user_id, expires_at=expires_at)
        with self.begin(by) as work:
            if work.users.get(user_id).deactivated_at is not None:
                raise UserShutOut
            work.sign_in_links.add(link)
            work.announce(SignInLinkMade(user_id=user_id, good_until=expires_at.isoformat()))
        return MadeSignInLink(user_id=user_id, code=code, expires_at=expires_at)


@frozen
class SignInWithLink:
    """Sign in with a one-time link, which is used up. The session that the browser brought ends, a new one begins."""

    begin: BeginInstallation[AccountsInstallation]
    read: Read[AccountsView]
    doorman: Doorman

    def __call__(self, code: str, *, device: str, brought: str | None, by: Actor) -> SignedIn:
        digest = self.doorman.minting.hashing.digest(code)
        with self.begin(_owner_of_link(self.read, digest, by)) as work:
            user = _used(work, digest, self.doorman.clock.now())
            session, token = self.doorman.begin_session(work, user.id, device=device, brought=brought)
        return SignedIn(user=user, session=session, token=token)


@frozen
class IssueKeyWithLink:
    """Make a personal key with the code of a one-time link, which is used up. The secret is shown once."""

    begin: BeginInstallation[AccountsInstallation]
    read: Read[AccountsView]
    minting: Minting
    clock: Clock

    def __call__(self, code: str, *, name: str, by: Actor) -> IssuedKey:
        digest, now = self.minting.hashing.digest(code), self.clock.now()
        with self.begin(_owner_of_link(self.read, digest, by)) as work:
            issued = self.minting.personal_key(_used(work, digest, now).id, name=name, at=now)
            work.api_keys.save(issued.key)
        return issued


def _owner_of_link(read: Read[AccountsView], digest: str, by: Actor) -> Actor:
    """Whoever the link is for, so that what happens bears their name. Raises: SignInLinkNotValid."""
    with read(by) as views:
        user_id = views.user_id_of_link(digest)
    if user_id is None:
        raise SignInLinkNotValid
    return acting_as(user_id, by)


def _used(work: AccountsInstallation, digest: str, now: datetime) -> User:
    """The user of a link, which is used up. Raises: SignInLinkNotValid, UserShutOut."""
    link = work.sign_in_links.take(digest)
    if link is None or link.expires_at <= now:
        raise SignInLinkNotValid
    user = work.users.get(link.user_id)
    if user.deactivated_at is not None:
        raise UserShutOut
    work.announce(SignInLinkUsed(user_id=user.id))
    return user
