"""What a request asks, read once: its headers, who it says it is, and in which guild."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

from attrs import define, field
from litestar.types import HTTPScope

from dkp_core.kernel.errors import InvalidValue, NoSuch

if TYPE_CHECKING:
    from dkp_core.kernel.actor import Actor

API_VERSION: Final = "1"
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._~:/+=@-]{1,128}")
_SCHEMES: Final = frozenset({"bearer", "token"})
_ID_MAX: Final = 2**63 - 1


@define(eq=False)
class Asked:
    """One request: what its headers say, under an id that it brought along or is given here.

    `by` is known once the key has been looked up, `route` once the path has been; `path` is as it came, for the router
    changes that of the scope. `database_seconds` is how long it waited for the database.
    """

    scope: HTTPScope
    path: str
    headers: dict[bytes, bytes]
    request_id: str
    by: Actor | None = field(default=None, init=False)
    route: str = field(default="", init=False)
    database_seconds: float = field(default=0.0, init=False)

    @classmethod
    def of(cls, scope: HTTPScope) -> Asked:
        """The request of this scope."""
        headers = dict(scope["headers"])
        brought = headers.get(b"x-request-id", b"")
        request_id = brought.decode("ascii") if _REQUEST_ID.fullmatch(brought) else secrets.token_hex(10)
        return cls(scope, scope["path"], headers, request_id)

    @property
    def method(self) -> str:
        """GET, POST and so on."""
        return self.scope["method"]

    @property
    def version(self) -> str:
        """The version of the API that is asked for."""
        return self._text(b"api-version") or API_VERSION

    @property
    def token(self) -> str | None:
        """The key, of `Authorization: Bearer <key>` or `Token <key>`; None without one."""
        scheme, _, key = self._text(b"authorization").partition(" ")
        key = key.strip()
        return key if key and scheme.lower() in _SCHEMES else None

    @property
    def guild(self) -> str | None:
        """The guild named by `X-Guild`, if any."""
        return self._text(b"x-guild").strip() or None

    @property
    def idempotency_key(self) -> str | None:
        """The key under which the answer is kept, if any."""
        return self._text(b"idempotency-key").strip() or None

    @property
    def last_event_id(self) -> str:
        """The id of the last event that the client has seen, where it follows something again."""
        return self._text(b"last-event-id").strip()

    @property
    def content_type(self) -> str:
        """The media type of the body, without its parameters, in lower case."""
        return self._text(b"content-type").partition(";")[0].strip().lower()

    @property
    def origin(self) -> str:
        """How the outside reaches this server: scheme and host."""
        return f"{self.scope['scheme']}://{self._text(b'host') or 'localhost'}"

    @property
    def query(self) -> bytes:
        """The query string as it came."""
        return self.scope["query_string"]

    def knows(self, etag: str) -> bool:
        """Whether the client has the answer with this tag already (If-None-Match)."""
        given = self._text(b"if-none-match")
        if not given:
            return False
        tags = (tag.strip().removeprefix("W/") for tag in given.split(","))
        return any(tag in (etag, "*") for tag in tags)

    def _text(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")


def guild_named(name: str | None) -> str | None:
    """A guild's slug or id as it may be looked up. Raises: NoSuch for what can't be one."""
    if name is not None and (not name.isascii() or not name.isprintable() or len(name) > 64 or _too_large(name)):
        raise NoSuch("guild", name[:60])
    return name


def id_of(text: str, kind: str) -> int:
    """The id that a part of the path is. Raises: NoSuch, since nothing has an id that is none."""
    if not (text.isascii() and text.isdigit()) or _too_large(text) or int(text) < 1:
        raise NoSuch(kind, printable(text)[:60])
    return int(text)


def _too_large(digits: str) -> bool:
    return digits.isdigit() and (len(digits) > 19 or int(digits) > _ID_MAX)


def storable(text: str, field_name: str) -> str:
    """The text. Raises: InvalidValue where it holds what no database keeps: NUL, or half a character."""
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise InvalidValue(field_name[:80], "it holds NUL or half a character", "text")
    return text


def printable(text: str) -> str:
    """The text without what a JSON answer could not carry."""
    return text.encode("utf-8", "replace").decode()
