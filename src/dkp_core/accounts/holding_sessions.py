"""Sessions as their owners see and end them, and as time ends them (A-1)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

from attrs import evolve, frozen

from dkp_core.accounts.ports import AccountsInstallation, AccountsView, Credentials
from dkp_core.accounts.session import Ending, SessionLimits, SessionToken
from dkp_core.accounts.views import SessionRow
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.ports import BeginInstallation, Clock, Hashing, Read


@frozen
class ListSessions:
    """Your sessions, the one used last first; the operator may see any user's."""

    read: Read[AccountsView]
    clock: Clock
    limits: SessionLimits

    def __call__(self, *, owner: UserId | None = None, by: Actor) -> tuple[SessionRow, ...]:
        whose, now = _owner(owner, by), self.clock.now()
        with self.read(by) as views:
            rows = views.sessions(whose, at=now, seen_after=now - self.limits.idle)
        return tuple(evolve(row, current=row.id == by.session_id) for row in rows)


@frozen
class EndSession:
    """End one of your sessions, at once; the operator may end anybody's."""

    begin: BeginInstallation[AccountsInstallation]

    def __call__(self, session_id: str, *, by: Actor) -> None:
        with self.begin(by) as work:
            session = work.sessions.find(session_id)
            if session is None or not (by.is_operator or session.user_id == by.user_id):
                raise NoSuch("session", session_id[:40])
            work.sessions.end(session.ended(_who_ends(by)))


@frozen
class EndSessions:
    """End all of your sessions but the one you ask with; tells how many. The operator may end all of anybody's."""

    begin: BeginInstallation[AccountsInstallation]

    def __call__(self, *, owner: UserId | None = None, by: Actor) -> int:
        whose = _owner(owner, by)
        with self.begin(by) as work:
            others = [each for each in work.sessions.of_user(whose) if each.id != by.session_id]
            for session in others:
                work.sessions.end(session.ended(_who_ends(by)))
        return len(others)


@frozen
class SignOut:
    """End the session that a browser brings; nothing happens where it is none (any more)."""

    begin: BeginInstallation[AccountsInstallation]
    credentials: Credentials
    hashing: Hashing

    def __call__(self, brought: str, *, by: Actor) -> None:
        token = SessionToken.of(brought)
        found = None if token is None else self.credentials.find_session(token.id, None)
        if token is None or found is None:
            return
        user_id = found.session.user_id
        with self.begin(evolve(by, id=str(user_id), user_id=user_id)) as work:
            session = work.sessions.find(token.id)
            if session is not None and hmac.compare_digest(session.digest, self.hashing.digest(token.secret)):
                work.sessions.end(session.ended(Ending.SIGNED_OUT))


@frozen
class RecordSessionUses:
    """Note when sessions were used last, as one process has seen since it last did."""

    begin: BeginInstallation[AccountsInstallation]

    def __call__(self, seen: Mapping[str, datetime], *, by: Actor) -> None:
        if not seen:
            return
        with self.begin(by) as work:
            work.sessions.seen(seen)


@frozen
class PruneSignIns:
    """Forget sessions, attempts to sign in and one-time links that are over; tells how many."""

    begin: BeginInstallation[AccountsInstallation]
    clock: Clock
    limits: SessionLimits

    def __call__(self, *, by: Actor) -> int:
        now = self.clock.now()
        with self.begin(by) as work:
            return (
                work.sessions.prune(at=now, not_seen_after=now - self.limits.idle)
                + work.sign_in_attempts.prune(now)
                + work.sign_in_links.prune(now)
            )


def end_every_session(work: AccountsInstallation, user_id: UserId, why: Ending) -> None:
    """End all sessions of a user."""
    for session in work.sessions.of_user(user_id):
        work.sessions.end(session.ended(why))


def _owner(owner: UserId | None, by: Actor) -> UserId:
    if owner is not None and by.is_operator:
        return owner
    if by.user_id is None:
        raise NotPermitted("a user's own key or session")
    return by.user_id


def _who_ends(by: Actor) -> Ending:
    return Ending.BY_OPERATOR if by.is_operator else Ending.BY_OWNER
