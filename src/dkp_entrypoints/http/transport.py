"""The way a request came: over HTTPS, from this machine, or where others could read along (O-13)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import quote

from attrs import frozen

from dkp_entrypoints.http.asking import Asked
from dkp_entrypoints.http.problems import HttpsNeeded
from dkp_entrypoints.settings import Settings, is_loopback

# With any of these, somebody else's request was passed on. Those of trusted proxies were heard by the server already.
_PASSED_ON: Final = (
    b"x-forwarded-for",
    b"x-forwarded-proto",
    b"x-forwarded-host",
    b"x-forwarded-ssl",
    b"x-real-ip",
    b"forwarded",
    b"via",
)
# Whoever watches over the process does so from inside, and sends nothing that is worth reading.
_WATCHED: Final = ("/health/live", "/health/live/", "/health/ready", "/health/ready/")
_FOR_PROGRAMS: Final = ("/api/", "/health/", "/metrics")


@frozen(kw_only=True)
class Transport:
    """Which requests are answered: those by HTTPS; by plain HTTP only from this machine, or where that is wanted."""

    plain_http: bool
    public_url: str

    @classmethod
    def of(cls, settings: Settings) -> Transport:
        """As the settings say."""
        return cls(plain_http=settings.plain_http, public_url=settings.public_url.rstrip("/"))

    @property
    def https_only(self) -> bool:
        """Whether the outside uses HTTPS, and is to be told to use nothing else."""
        return self.public_url.startswith("https://")

    def must_be_private(self, asked: Asked) -> None:
        """Refuse what others could have read. Raises: HttpsNeeded."""
        if self.plain_http or asked.scope["scheme"] == "https":
            return
        client = asked.scope.get("client")
        passed_on = any(name in asked.headers for name in _PASSED_ON)
        if (client is None or _is_here(client[0])) and not passed_on:
            return
        if asked.path not in _WATCHED:
            raise HttpsNeeded(passed_on)

    def instead(self, asked: Asked) -> bytes | None:
        """Where a browser finds over HTTPS the page that it asked for; None for programs, which are to be told."""
        page = asked.method in ("GET", "HEAD") and not f"{asked.path}/".startswith(_FOR_PROGRAMS)
        if not (self.https_only and page) or b"authorization" in asked.headers:
            return None
        path: bytes = asked.scope.get("raw_path") or quote(asked.path).encode()
        query = b"?" + asked.query if asked.query else b""
        return self.public_url.encode() + b"/" + path.lstrip(b"/") + query


@lru_cache(1024)
def _is_here(host: str) -> bool:
    return is_loopback(host.removeprefix("::ffff:"))
