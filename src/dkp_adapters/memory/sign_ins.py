"""Sessions, attempts to sign in, one-time links and Discord's tokens in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter

from attrs import evolve, frozen

from dkp_adapters.memory.transaction import INSTALLATION, Session
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


@frozen
class MemoryUserSessions(UserSessions):
    """All sessions of the installation."""

    session: Session

    def find(self, session_id: str) -> UserSession | None:
        return self.session.installation.sessions.get(session_id)

    def of_user(self, user_id: UserId) -> tuple[UserSession, ...]:
        mine = (each for each in self.session.installation.sessions.values() if each.user_id == user_id)
        return tuple(sorted(mine, key=attrgetter("id")))

    def begin(self, session: UserSession) -> None:
        here = self.session.within(INSTALLATION)
        here.save(self.session.installation.sessions, session.id, session)

    def end(self, session: UserSession) -> None:
        sessions = self.session.installation.sessions
        if session.id not in sessions:
            raise Stale("somebody else ended it first")
        sessions.drop(session.id)
        self.session.within(INSTALLATION).announce(*session.pending, version=session.version + 1)

    def seen(self, seen: Mapping[str, datetime]) -> None:
        sessions = self.session.installation.sessions
        for session_id, at in seen.items():
            kept = sessions.get(session_id)
            if kept is not None and kept.last_seen_at < at:
                sessions.put(session_id, evolve(kept, last_seen_at=at))

    def prune(self, *, at: datetime, not_seen_after: datetime) -> int:
        sessions = self.session.installation.sessions
        over = [each.id for each in sessions.values() if each.ends_at <= at or each.last_seen_at <= not_seen_after]
        for session_id in over:
            sessions.drop(session_id)
        return len(over)


@frozen
class MemorySignInAttempts(SignInAttempts):
    """Attempts to sign in that are under way."""

    session: Session

    def begin(self, attempt: SignInAttempt) -> None:
        self.session.installation.sign_in_attempts.put(attempt.state_digest, attempt)

    def take(self, state_digest: str) -> SignInAttempt | None:
        attempts = self.session.installation.sign_in_attempts
        found = attempts.get(state_digest)
        attempts.drop(state_digest)
        return found

    def prune(self, at: datetime) -> int:
        attempts = self.session.installation.sign_in_attempts
        over = [each.state_digest for each in attempts.values() if each.expires_at <= at]
        for digest in over:
            attempts.drop(digest)
        return len(over)


@frozen
class MemorySignInLinks(SignInLinks):
    """One-time links that were not used yet."""

    session: Session

    def add(self, link: SignInLink) -> None:
        self.session.installation.sign_in_links.put(link.digest, link)

    def take(self, digest: str) -> SignInLink | None:
        links = self.session.installation.sign_in_links
        found = links.get(digest)
        links.drop(digest)
        return found

    def prune(self, at: datetime) -> int:
        links = self.session.installation.sign_in_links
        over = [each.digest for each in links.values() if each.expires_at <= at]
        for digest in over:
            links.drop(digest)
        return len(over)


@frozen
class MemoryDiscordTokens(DiscordTokens):
    """What Discord let us have of each user."""

    session: Session

    def find(self, user_id: UserId) -> UserTokens | None:
        return self.session.installation.discord_tokens.get(user_id)

    def save(self, tokens: UserTokens) -> None:
        self.session.within(INSTALLATION).save(self.session.installation.discord_tokens, tokens.user_id, tokens)

    def forget(self, tokens: UserTokens) -> None:
        self.session.within(INSTALLATION).remove(self.session.installation.discord_tokens, tokens.user_id, tokens)

    def doom(self, user_id: UserId) -> None:
        kept = self.find(user_id)
        if kept is not None and kept.doomed_at is None:
            doomed = evolve(kept, doomed_at=self.session.now)
            self.save(doomed.announcing(DiscordTokensDoomed(user_id=user_id)))
