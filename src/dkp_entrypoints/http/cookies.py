"""What browsers keep for us: cookies that no script reads and no other host can set, and what proves a form is ours."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Final

from attrs import frozen

from dkp_core.accounts import SessionToken
from dkp_core.kernel.ports import Hashing
from dkp_entrypoints.http.asking import Asked
from dkp_entrypoints.http.problems import CsrfFailed

SESSION: Final = "dkp_session"
SIGN_IN: Final = "dkp_sign_in"
LINK: Final = "dkp_link"
CSRF_HEADER: Final = b"x-csrf-token"
CSRF_FIELD: Final = "csrf_token"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# A browser lets nobody set a cookie of such a name but this very host, over HTTPS, for all of its paths.
_OURS: Final = "__Host-"

Header = tuple[bytes, bytes]


@frozen(kw_only=True)
class Cookies:
    """Our cookies: over HTTPS with the prefix that nobody else can set, without it on a plain localhost only."""

    https: bool

    @classmethod
    def of(cls, public_url: str) -> Cookies:
        """Those of an installation that the outside reaches at this address."""
        return cls(https=public_url.startswith("https://"))

    def read(self, name: str, asked: Asked) -> str | None:
        """The cookie that came along; None without one, or with several of that name, which can't all be ours."""
        found = asked.cookies(self._name(name, asked))
        return found[0] if len(found) == 1 else None

    def kept(self, name: str, value: str, lasts: timedelta, asked: Asked) -> Header:
        """Have the browser keep it for so long."""
        return self._header(name, value, int(lasts.total_seconds()), asked)

    def dropped(self, name: str, asked: Asked) -> Header:
        """Have the browser forget it."""
        return self._header(name, "", 0, asked)

    def _name(self, name: str, asked: Asked) -> str:
        return f"{_OURS}{name}" if self._secure(asked) else name

    def _secure(self, asked: Asked) -> bool:
        return self.https or asked.scope["scheme"] == "https"

    def _header(self, name: str, value: str, seconds: int, asked: Asked) -> Header:
        secure = "; Secure" if self._secure(asked) else ""
        kept = f"{self._name(name, asked)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
        return b"set-cookie", kept.encode("ascii")


def csrf_token(hashing: Hashing, session: str) -> str:
    """What has to come with every change within that session: made of its secret, which no other site knows."""
    token = SessionToken.of(session)
    return hashing.digest(f"csrf:{'' if token is None else token.secret}")


def link_token(hashing: Hashing, browser: str, code: str) -> str:
    """What has to come with the use of a link: made of what the page that shows it has the browser keep."""
    return hashing.digest(f"link:{browser}:{code}")


def must_be_same(given: str | None, expected: str) -> None:
    """Refuse what was sent from elsewhere. Raises: CsrfFailed."""
    if not hmac.compare_digest((given or "").encode(), expected.encode()):
        raise CsrfFailed
