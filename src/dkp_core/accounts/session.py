"""Sessions: a person's way in with a browser. Only a digest of the secret is kept (A-1)."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from dkp_core.accounts.events import SessionBegan, SessionEnded
from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.ids import UserId

DEVICE_LENGTH_MAX: Final = 64
TOKEN_LENGTH_MAX: Final = 200
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_SECRET: Final = re.compile(r"[a-z2-7]{32,100}", re.ASCII)

# Told from each other in this order: each of them also calls itself by the names of those further down.
_PROGRAMS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """A few words by which its owner knows a device again, from what its program calls itself."""
    program = next((name for mark, name in _PROGRAMS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if program:
        return f"{program} on {system}" if system else program
    first = user_agent.partition(" ")[0].partition("/")[0]
    shown = "".join(char for char in first if char.isascii() and char.isprintable())[:DEVICE_LENGTH_MAX]
    return shown or "an unknown device"


class Ending(StrEnum):
    """Why a session ended before its time."""

    SIGNED_OUT = "signed_out"
    SIGNED_IN_ANEW = "signed_in_anew"
    BY_OWNER = "by_owner"
    BY_OPERATOR = "by_operator"
    TOO_MANY = "too_many"
    DEACTIVATED = "deactivated"
    ERASED = "erased"


@frozen
class SessionToken:
    """What a browser keeps of a session: its id, and the secret that proves it."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, text: str) -> SessionToken | None:
        """The two parts, or None where that can be none."""
        if len(text) > TOKEN_LENGTH_MAX:
            return None
        session_id, _, secret = text.partition(".")
        return cls(session_id, secret) if _ID.fullmatch(session_id) and _SECRET.fullmatch(secret) else None

    def __str__(self) -> str:
        return f"{self.id}.{self.secret}"


@frozen(kw_only=True)
class SessionLimits:
    """How long sessions last: without being used, and in any case."""

    idle: timedelta
    longest: timedelta


@frozen(kw_only=True)
class UserSession(Aggregate):
    """A user's session in one browser, until `ends_at` if it does not idle before."""

    id: str
    user_id: UserId
    digest: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    ends_at: datetime

    def begun(self) -> UserSession:
        """The session, with the news of it."""
        return self.announcing(SessionBegan(session_id=self.id, user_id=self.user_id))

    def ended(self, why: Ending) -> UserSession:
        """The session with the news of its end, to be removed."""
        return self.announcing(SessionEnded(session_id=self.id, user_id=self.user_id, why=why.value))

    def is_live(self, at: datetime, limits: SessionLimits) -> bool:
        """Whether it has neither ended nor idled."""
        return at < self.ends_at and at < self.last_seen_at + limits.idle

    def opens_with(self, digest: str, at: datetime, limits: SessionLimits) -> bool:
        """Whether a secret of that digest works now; takes the same time wherever the digest is wrong."""
        same = hmac.compare_digest(self.digest, digest)
        return same and self.is_live(at, limits)
