"""Sessions, attempts to sign in, one-time links and Discord's tokens in SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from attrs import evolve
from sqlalchemy import BigInteger, Text, bindparam, column, delete, insert, literal, or_, select, update

from dkp_adapters.sql.guilds import session_in
from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
from dkp_adapters.sql.session import INSTALLATION, Session
from dkp_adapters.sql.statement import Params, Statement, binds, json_rows, locking, to_json
from dkp_adapters.sql.tables.sign_ins import discord_tokens, sessions, sign_in_attempts, sign_in_links
from dkp_core.accounts import (
    DiscordTokens,
    DiscordTokensDoomed,
    SignInAttempt,
    SignInAttempts,
    SignInLink,
    SignInLinks,
    UserSession,
    UserSessions,
    UserTokens,
)
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import UserId

_of_user: Final = bindparam("user_id", type_=BigInteger)
_at: Final = bindparam("at", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else made it first")


# --- sessions ---------------------------------------------------------------------------------------------------------

SESSION_COLUMNS: Final = (
    sessions.c.id,
    sessions.c.user_id,
    sessions.c.digest,
    sessions.c.device,
    sessions.c.created_at,
    sessions.c.last_seen_at,
    sessions.c.ends_at,
)
"""What `session_of` makes a session of, in its order."""
_the_session: Final = bindparam("the_id", type_=sessions.c.id.type)
_SELECT_SESSION: Final = select(*SESSION_COLUMNS)
_FIND_SESSION: Final = Statement(_SELECT_SESSION.where(sessions.c.id == _the_session))
_SESSIONS_OF_USER: Final = Statement(_SELECT_SESSION.where(sessions.c.user_id == _of_user).order_by(sessions.c.id))
_BEGIN_SESSION: Final = Statement(
    insert(sessions).values(binds(sessions, *(each.name for each in SESSION_COLUMNS))),
    violations={"pk_sessions": _lost},
)
_END_SESSION: Final = Statement(delete(sessions).where(sessions.c.id == _the_session))
_seen: Final = json_rows("seen", column("id", Text), column("last_seen_at", BigInteger))
_SEEN: Final = Statement(
    update(sessions)
    .where(sessions.c.id == _seen.c.id, sessions.c.last_seen_at < _seen.c.last_seen_at)
    .values(last_seen_at=_seen.c.last_seen_at)
)
_PRUNE_SESSIONS: Final = Statement(
    delete(sessions).where(
        or_(sessions.c.ends_at <= _at, sessions.c.last_seen_at <= bindparam("not_seen_after", type_=BigInteger))
    )
)


class SqlUserSessions(UserSessions):
    """Sessions in SQL; their events stand in the installation's log, wherever they happen."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, session_id: str) -> UserSession | None:
        row = self.session.first(_FIND_SESSION, the_id=session_id)
        return None if row is None else session_of(row)

    def of_user(self, user_id: UserId) -> tuple[UserSession, ...]:
        return tuple(map(session_of, self.session.all(_SESSIONS_OF_USER, user_id=user_id)))

    def begin(self, session: UserSession) -> None:
        self.session.run(
            _BEGIN_SESSION,
            id=session.id,
            user_id=session.user_id,
            digest=session.digest,
            device=session.device,
            created_at=micros(session.created_at),
            last_seen_at=micros(session.last_seen_at),
            ends_at=micros(session.ends_at),
        )
        session_in(self.session, INSTALLATION).save_events(session)

    def end(self, session: UserSession) -> None:
        if self.session.run(_END_SESSION, the_id=session.id) == 0:
            raise Stale("somebody else ended it first")
        session_in(self.session, INSTALLATION).save_events(session)

    def seen(self, seen: Mapping[str, datetime]) -> None:
        if seen:
            # In order of id, so that two processes do not lock each other out.
            self.session.run(_SEEN, seen=[[session_id, micros(at)] for session_id, at in sorted(seen.items())])

    def prune(self, *, at: datetime, not_seen_after: datetime) -> int:
        return self.session.run(_PRUNE_SESSIONS, at=micros(at), not_seen_after=micros(not_seen_after))


def session_of(row: tuple[Any, ...]) -> UserSession:
    """A session, from its SESSION_COLUMNS."""
    session_id, user_id, digest, device, created_at, last_seen_at, ends_at = row
    return UserSession(
        id=session_id,
        user_id=user_id,
        digest=digest,
        device=device,
        created_at=moment_at(created_at),
        last_seen_at=moment_at(last_seen_at),
        ends_at=moment_at(ends_at),
        version=1,
    )


# --- attempts ---------------------------------------------------------------------------------------------------------

_ATTEMPT: Final = ("state_digest", "browser_digest", "sealed_verifier", "redirect_uri", "next_path", "expires_at")
_the_state: Final = bindparam("state_digest", type_=sign_in_attempts.c.state_digest.type)
_BEGIN_ATTEMPT: Final = Statement(
    insert(sign_in_attempts).values(binds(sign_in_attempts, *_ATTEMPT)), violations={"pk_sign_in_attempts": _lost}
)
_FIND_ATTEMPT: Final = Statement(
    select(*(sign_in_attempts.c[name] for name in _ATTEMPT)).where(sign_in_attempts.c.state_digest == _the_state)
)
_TAKE_ATTEMPT: Final = Statement(delete(sign_in_attempts).where(sign_in_attempts.c.state_digest == _the_state))
_PRUNE_ATTEMPTS: Final = Statement(delete(sign_in_attempts).where(sign_in_attempts.c.expires_at <= _at))


class SqlSignInAttempts(SignInAttempts):
    """Attempts to sign in, in SQL: of those who want the same one at once, the one whose DELETE hits gets it."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def begin(self, attempt: SignInAttempt) -> None:
        self.session.run(
            _BEGIN_ATTEMPT,
            state_digest=attempt.state_digest,
            browser_digest=attempt.browser_digest,
            sealed_verifier=attempt.sealed_verifier,
            redirect_uri=attempt.redirect_uri,
            next_path=attempt.next_path,
            expires_at=micros(attempt.expires_at),
        )

    def take(self, state_digest: str) -> SignInAttempt | None:
        row = self.session.first(_FIND_ATTEMPT, state_digest=state_digest)
        if row is None or self.session.run(_TAKE_ATTEMPT, state_digest=state_digest) == 0:
            return None
        digest, browser_digest, sealed_verifier, redirect_uri, next_path, expires_at = row
        return SignInAttempt(
            state_digest=digest,
            browser_digest=browser_digest,
            sealed_verifier=sealed_verifier,
            redirect_uri=redirect_uri,
            next_path=next_path,
            expires_at=moment_at(expires_at),
        )

    def prune(self, at: datetime) -> int:
        return self.session.run(_PRUNE_ATTEMPTS, at=micros(at))


# --- links ------------------------------------------------------------------------------------------------------------

_the_digest: Final = bindparam("digest", type_=sign_in_links.c.digest.type)
_ADD_LINK: Final = Statement(
    insert(sign_in_links).values(binds(sign_in_links, "digest", "user_id", "expires_at")),
    violations={"pk_sign_in_links": _lost},
)
_FIND_LINK: Final = Statement(
    select(sign_in_links.c.user_id, sign_in_links.c.expires_at).where(sign_in_links.c.digest == _the_digest)
)
_TAKE_LINK: Final = Statement(delete(sign_in_links).where(sign_in_links.c.digest == _the_digest))
_PRUNE_LINKS: Final = Statement(delete(sign_in_links).where(sign_in_links.c.expires_at <= _at))


class SqlSignInLinks(SignInLinks):
    """One-time links in SQL: of those who use the same one at once, the one whose DELETE hits gets it."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, link: SignInLink) -> None:
        self.session.run(_ADD_LINK, digest=link.digest, user_id=link.user_id, expires_at=micros(link.expires_at))

    def take(self, digest: str) -> SignInLink | None:
        row = self.session.first(_FIND_LINK, digest=digest)
        if row is None or self.session.run(_TAKE_LINK, digest=digest) == 0:
            return None
        return SignInLink(digest=digest, user_id=row[0], expires_at=moment_at(row[1]))

    def prune(self, at: datetime) -> int:
        return self.session.run(_PRUNE_LINKS, at=micros(at))


# --- tokens -----------------------------------------------------------------------------------------------------------

_TOKENS_WRITTEN: Final = ("sealed_access", "sealed_refresh", "scopes", "expires_at", "asking_until", "doomed_at")
_FIND_TOKENS: Final = Statement(
    locking(
        select(
            discord_tokens.c.user_id,
            *(discord_tokens.c[name] for name in _TOKENS_WRITTEN),
            discord_tokens.c.version,
        ).where(discord_tokens.c.user_id == _of_user)
    )
)
_read_version: Final = bindparam("read_version", type_=BigInteger)
_INSERT_TOKENS: Final = Statement(
    insert(discord_tokens).values({**binds(discord_tokens, "user_id", *_TOKENS_WRITTEN), "version": literal(1)}),
    violations={"pk_discord_tokens": _lost},
)
_UPDATE_TOKENS: Final = Statement(
    update(discord_tokens)
    .where(discord_tokens.c.user_id == _of_user, discord_tokens.c.version == _read_version)
    .values({**binds(discord_tokens, *_TOKENS_WRITTEN), "version": discord_tokens.c.version + 1})
)
_FORGET_TOKENS: Final = Statement(
    delete(discord_tokens).where(discord_tokens.c.user_id == _of_user, discord_tokens.c.version == _read_version)
)


class SqlDiscordTokens(DiscordTokens):
    """Discord's tokens in SQL; the events stand in the installation's log, wherever they happen."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, user_id: UserId) -> UserTokens | None:
        row = self.session.first(_FIND_TOKENS, user_id=user_id)
        return None if row is None else _tokens(row)

    def save(self, tokens: UserTokens) -> None:
        values = {
            "sealed_access": tokens.sealed_access,
            "sealed_refresh": tokens.sealed_refresh,
            "scopes": to_json(tokens.scopes),
            "expires_at": micros(tokens.expires_at),
            "asking_until": micros_or_none(tokens.asking_until),
            "doomed_at": micros_or_none(tokens.doomed_at),
        }
        if tokens.version == 0:
            self.session.run(_INSERT_TOKENS, user_id=tokens.user_id, **values)
        else:
            changed = self.session.run(_UPDATE_TOKENS, user_id=tokens.user_id, read_version=tokens.version, **values)
            self.session.saved(changed)
        session_in(self.session, INSTALLATION).save_events(tokens)

    def forget(self, tokens: UserTokens) -> None:
        self.session.saved(self.session.run(_FORGET_TOKENS, user_id=tokens.user_id, read_version=tokens.version))
        session_in(self.session, INSTALLATION).save_events(tokens)

    def doom(self, user_id: UserId) -> None:
        kept = self.find(user_id)
        if kept is not None and kept.doomed_at is None:
            doomed = evolve(kept, doomed_at=moment_at(self.session.now()))
            self.save(doomed.announcing(DiscordTokensDoomed(user_id=user_id)))


def _tokens(row: tuple[Any, ...]) -> UserTokens:
    user_id, sealed_access, sealed_refresh, scopes, expires_at, asking_until, doomed_at, version = row
    return UserTokens(
        user_id=user_id,
        sealed_access=sealed_access,
        sealed_refresh=sealed_refresh,
        scopes=tuple(json.loads(scopes)),
        expires_at=moment_at(expires_at),
        asking_until=moment_or_none(asking_until),
        doomed_at=moment_or_none(doomed_at),
        version=version,
    )
