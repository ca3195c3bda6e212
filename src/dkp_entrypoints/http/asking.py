"""What a request asks, read once: its headers, who it says it is, and in which guild."""

from __future__ import annotations

import re
import secrets
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from attrs import define, field
from litestar.types import HTTPScope

from dkp_core.kernel.errors import InvalidValue, NoSuch

if TYPE_CHECKING:
    from dkp_core.kernel.actor import Actor

API_VERSION: Final = "1"
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._~:/+=@-]{1,128}")
_CHARSET: Final = re.compile(r""";\s*charset\s*=\s*["']?([^\s"';]+)""", re.IGNORECASE)
_SCHEMES: Final = frozenset({"bearer", "token"})
_ID_MAX: Final = 2**63 - 1
# However many slashes there are: the router takes several for one.
_OLD_TOOLS: Final = re.compile(r"/+api\.php/*")
_OLD_KEY: Final = b"atoken="
# Where other systems take keys from.
_LIKE_KEYS: Final = (b"x-api-key", b"api-key", b"x-auth-token", b"x-access-token", b"x-token")


@define(eq=False)
class Asked:
    """One request: what its headers say, under an id that it brought along or is given here.

    `by` is known once the key has been looked up, `route` once the path has been; `path` is as it came, for the router
    changes that of the scope. `database_seconds` is how long it waited for the database. `counted` says that it counts
    among what its caller may ask, `allowance` what the caller is told of that. `csrf_token` is what changes within its
    session have to bring.
    """

    scope: HTTPScope
    path: str
    headers: dict[bytes, bytes]
    request_id: str
    by: Actor | None = field(default=None, init=False)
    route: str = field(default="", init=False)
    database_seconds: float = field(default=0.0, init=False)
    csrf_token: str | None = field(default=None, init=False)
    counted: bool = field(default=False, init=False)
    allowance: tuple[tuple[bytes, bytes], ...] = field(default=(), init=False)

    @classmethod
    def of(cls, scope: HTTPScope) -> Asked:
        """The request of this scope."""
        headers = dict(scope["headers"])
        if _OLD_TOOLS.fullmatch(scope["path"]):
            headers = _with_token_of_old_tool(headers, scope["query_string"])
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
    def misplaced_key(self) -> str | None:
        """Where something like a key came that is not taken from there; None where there is nothing like it."""
        if self.token is not None:
            return None
        if b"authorization" in self.headers:
            return "in Authorization, but not as Bearer"
        found = next((name for name in _LIKE_KEYS if name in self.headers), None)
        if found is not None:
            return f"in {found.decode()}"
        return "in the address, where logs keep it" if b"dkp_" in self.query else None

    @property
    def for_old_tools(self) -> bool:
        """Whether it is asked as EQdkp Plus was."""
        return _OLD_TOOLS.fullmatch(self.path) is not None

    @property
    def address(self) -> str:
        """The network address of the client, as far as it is one client's; empty where it comes through no network."""
        client = self.scope.get("client")
        return address_of(client[0]) if client else ""

    @property
    def says_who(self) -> bool:
        """Whether it has an Authorization header, of whatever kind: then that alone tells who calls."""
        return b"authorization" in self.headers

    def cookies(self, name: str) -> list[str]:
        """What cookies of that name came along."""
        pairs = (each.strip().partition("=") for each in self._text(b"cookie").split(";"))
        return [value for key, _, value in pairs if key == name]

    def header(self, name: bytes) -> str | None:
        """A header's value; None where it is missing."""
        return self._text(name).strip() if name in self.headers else None

    @property
    def wants_page(self) -> bool:
        """Whether a person looks at the answer, rather than a program."""
        return "text/html" in self._text(b"accept").lower()

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
    def charset(self) -> str:
        """The encoding of the body, as the content type names it; empty where it does not."""
        found = _CHARSET.search(self._text(b"content-type"))
        return "" if found is None else found[1]

    @property
    def origin(self) -> str:
        """How the outside reaches this server: scheme and host."""
        return f"{self.scope['scheme']}://{self._text(b'host') or 'localhost'}"

    @property
    def query(self) -> bytes:
        """The query string as it came."""
        return self.scope["query_string"]

    @property
    def question(self) -> bytes:
        """The query string without a key: what is asked, whoever asks it."""
        if not self.for_old_tools:
            return self.query
        return b"&".join(pair for pair in self.query.split(b"&") if not pair.startswith(_OLD_KEY))

    def knows(self, etag: str) -> bool:
        """Whether the client has the answer with this tag already (If-None-Match)."""
        given = self._text(b"if-none-match")
        if not given:
            return False
        tags = (tag.strip().removeprefix("W/") for tag in given.split(","))
        return any(tag in (etag, "*") for tag in tags)

    def _text(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")


def _with_token_of_old_tool(headers: dict[bytes, bytes], query: bytes) -> dict[bytes, bytes]:
    """The headers with the key where it is taken from: EQdkp Plus took it from three places, and in two spellings."""
    said = (headers.get(b"x-custom-authorization") or headers.get(b"authorization", b"")).decode("latin-1").strip()
    token = _pair(query.decode("latin-1"), "atoken")
    if not token and "token=" in said:
        token = _pair(said, "token")
    elif not token:
        scheme, _, key = said.rpartition(" ")
        token = key if scheme.lower() in ("", *_SCHEMES) else ""
    kept = {name: text for name, text in headers.items() if name not in (b"authorization", b"x-custom-authorization")}
    return {**kept, b"authorization": f"Bearer {token}".encode("latin-1", "replace")} if token else kept


def _pair(text: str, name: str) -> str:
    return next((value for key, value in parse_qsl(text, encoding="latin-1") if key == name), "")


@lru_cache(4096)
def address_of(host: str) -> str:
    """The address that counts as one client: IPv6 by its network of 64 bits, of which each client has plenty."""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), 64), strict=False))


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
