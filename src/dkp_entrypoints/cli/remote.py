"""A running API as the command line asks it: with a key, again where the network fails, and never in the clear."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from ipaddress import ip_address
from types import NoneType
from typing import Any, ClassVar, Final, TypeVar, cast
from urllib.parse import urlsplit

import httpx
from attrs import define, field
from cattrs import BaseValidationError, Converter

from dkp_core.kernel.errors import Conflict, DomainError, Forbidden, Invalid, InvalidValue, NotFound, Unavailable
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.points import Points
from dkp_entrypoints.cli.printing import plain

T = TypeVar("T")

# Long enough for the longest import; a connection is there soon or not at all.
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
PAUSES_SECONDS: Final = (0.25, 0.75, 2.0)
PAUSE_SECONDS_MAX: Final = 30.0
PROBLEM_JSON: Final = "application/problem+json"
_BUSY: Final = frozenset({429, 502, 503, 504})


@define
class Refused(DomainError):
    """The server said no; `told` is how it said it."""

    told: str
    code: ClassVar[str] = "refused"

    @property
    def sentence(self) -> str:
        return self.told


@define
class RefusedAsNotFound(Refused, NotFound):
    """What was named does not exist there."""

    code: ClassVar[str] = "refused_as_not_found"


@define
class RefusedAsInvalid(Refused, Invalid):
    """The server does not accept a value."""

    code: ClassVar[str] = "refused_as_invalid"


@define
class RefusedAsForbidden(Refused, Forbidden):
    """The key may not do this."""

    code: ClassVar[str] = "refused_as_forbidden"


@define
class RefusedAsConflict(Refused, Conflict):
    """The state of things there stands in the way."""

    code: ClassVar[str] = "refused_as_conflict"


class ServerUnavailable(Unavailable):
    """The server does not answer, or has too much to do."""


_KINDS: Final[Mapping[int, type[Refused]]] = {
    400: RefusedAsInvalid,
    401: RefusedAsForbidden,
    403: RefusedAsForbidden,
    404: RefusedAsNotFound,
    409: RefusedAsConflict,
    413: RefusedAsInvalid,
    415: RefusedAsInvalid,
    422: RefusedAsInvalid,
}


@define(eq=False)
class Api:
    """The API at a server's address, and what it answers to a key.

    What does not get through is tried again after growing pauses: a GET changes nothing, PUT and DELETE leave the same
    behind however often they come, and every POST carries an `Idempotency-Key`, so that the server does it once.
    `looks_only`: nothing is to change.
    """

    server: str
    _client: httpx.Client = field(repr=False)
    pauses: tuple[float, ...] = PAUSES_SECONDS
    sleep: Callable[[float], None] = time.sleep
    looks_only: bool = False
    _once: str | None = field(default=None, init=False)

    @classmethod
    def at(cls, server: str, *, key: str, guild: str | None = None, insecure: bool = False, **more: Any) -> Api:
        """The API of that server, with that key, in that guild. Raises: InvalidValue for what can be none of these."""
        here = _is_here(server, insecure=insecure)
        headers = {"Authorization": f"Bearer {_header(key, '--key')}"}
        if guild is not None:
            headers["X-Guild"] = _header(guild, "--guild")
        # What runs on this machine is not behind a proxy.
        client = httpx.Client(headers=headers, timeout=TIMEOUT, trust_env=not here)
        return cls(server.rstrip("/"), client, **more)

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    @contextmanager
    def attempt(self, once: str) -> Iterator[None]:
        """In the block nothing is tried again, and POSTs go under that key: to repeat the block repeats its request."""
        pauses = self.pauses
        self.pauses, self._once = (), once
        try:
            yield
        finally:
            self.pauses, self._once = pauses, None

    def get(self, path: str, kind: type[T], /, **query: object) -> T:
        """What lies at that path, as that type. Raises: Refused, ServerUnavailable, InvalidValue."""
        return _structured(self._asked("GET", path, params=_given(query)), kind)

    def page(self, path: str, kind: type[T], page: PageRequest, /, **query: object) -> Page[T]:
        """One page of what is listed at that path. Raises: as `get`."""
        found = self._asked("GET", path, params=_given({**query, "page": page.number, "page_size": page.size}))
        return _structured(found, cast("type[Page[T]]", Page[kind]))  # type: ignore[valid-type]  # known when it runs

    def post(
        self,
        path: str,
        kind: type[T],
        body: Mapping[str, object],
        *,
        file: tuple[str, bytes] | None = None,
        changes: bool = True,
        once: str | None = None,
    ) -> T:
        """What a POST comes to, as JSON, or as a form with a file (its name and content).

        `once` tells it from any other, so that it can be repeated by another run. Raises: as `get`.
        """
        if changes:
            self._must_change()
        sent: dict[str, Any] = {"headers": {"Idempotency-Key": once or self._once or uuid.uuid4().hex}}
        if file is None:
            sent["json"] = plain(body)
        else:
            sent |= {"data": _given(body), "files": {"file": file}}
        return _structured(self._asked("POST", path, **sent), kind)

    def put(self, path: str, kind: type[T], body: Mapping[str, object]) -> T:
        """What lies at that path when it is set so, as that type. Raises: as `get`."""
        self._must_change()
        return _structured(self._asked("PUT", path, json=plain(body)), kind)

    def delete(self, path: str, /, **query: object) -> None:
        """Take away what lies at that path. Raises: as `get`."""
        self._must_change()
        self._asked("DELETE", path, params=_given(query))

    def _must_change(self) -> None:
        if self.looks_only:
            raise InvalidValue("--dry-run", "the server can't tell what would come of this", "no --dry-run")

    def _asked(self, method: str, path: str, **sent: Any) -> Any:
        """The JSON of the answer, which may take several attempts."""
        for pause in (*self.pauses, None):
            try:
                response = self._client.request(method, f"{self.server}{path}", **sent)
            except httpx.TransportError as lost:
                failed, wait = _fault(lost), 0.0
            else:
                if not _may_be_tried_again(response):
                    return self._answer(response)
                failed, wait = _told(response), _seconds(response.headers.get("Retry-After", ""))
            if pause is None:
                raise ServerUnavailable(f"{self.server} does not answer: {failed}")
            self.sleep(max(pause, wait))
        raise AssertionError("the last attempt answers or raises")

    def _answer(self, response: httpx.Response) -> Any:
        """The JSON of an answer. Raises: Refused; InvalidValue where it is not such a server's."""
        if response.status_code == httpx.codes.NO_CONTENT:
            return None
        if response.is_success:
            try:
                return response.json()
            except ValueError:
                raise self._no_such_server(response) from None
        if response.headers.get("Content-Type", "").partition(";")[0] != PROBLEM_JSON:
            raise self._no_such_server(response)
        if response.status_code == 401:
            raise RefusedAsForbidden(f"{self.server} does not know the key (--key, or DKP_KEY).")
        raise _KINDS.get(response.status_code, Refused)(_told(response))

    def _no_such_server(self, response: httpx.Response) -> InvalidValue:
        leads = f", and leads to {response.headers['Location']}" if response.has_redirect_location else ""
        fault = f"what answers at {response.url} is no API of this kind ({response.status_code}{leads})"
        return InvalidValue("--server", fault, "the address of a dkp server, such as https://dkp.example.org")


def _is_here(server: str, *, insecure: bool) -> bool:
    """Whether the server is on this machine. Raises: InvalidValue for what the key may not be sent to."""
    accepted = "an address such as https://dkp.example.org"
    try:
        parts = urlsplit(server)
        host, _ = parts.hostname, parts.port
    except ValueError as unreadable:
        raise InvalidValue("--server", f"{server[:80]!r} is no address ({unreadable})", accepted) from unreadable
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or parts.username:
        raise InvalidValue("--server", f"{server[:80]!r} is no address of a server", accepted)
    here = host == "localhost" or _is_loopback(host)
    if parts.scheme == "http" and not here and not insecure:
        fault = f"over http, everybody between here and {host} could read the key"
        raise InvalidValue("--server", fault, "https://…, or --insecure as well")
    return here


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _header(text: str, name: str) -> str:
    stripped = text.strip()
    if not stripped or not stripped.isascii() or not stripped.isprintable():
        raise InvalidValue(name, "it is empty, or holds what no key or slug does", "letters and digits")
    return stripped


def _given(values: Mapping[str, object]) -> dict[str, Any]:
    """The values that say something, as they stand in queries and forms."""
    return {name: plain(value) for name, value in values.items() if value is not None and value != ""}


def _may_be_tried_again(response: httpx.Response) -> bool:
    """Whether the same request may be answered otherwise in a moment."""
    return response.status_code in _BUSY or (
        response.status_code == 409 and _problem(response).get("code") == "request_in_progress"
    )


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    """The problem that the answer tells of; empty where it tells of none."""
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _told(response: httpx.Response) -> str:
    detail = _problem(response).get("detail")
    return str(detail) if detail else f"{response.status_code} {response.reason_phrase}".strip()


def _seconds(retry_after: str) -> float:
    return min(float(retry_after), PAUSE_SECONDS_MAX) if retry_after.isascii() and retry_after.isdigit() else 0.0


def _fault(lost: httpx.TransportError) -> str:
    if isinstance(lost, httpx.TimeoutException):
        return "it took too long"
    return str(lost) or type(lost).__name__


# --- what comes back --------------------------------------------------------------------------------------------------


def _structured(found: Any, kind: type[T]) -> T:
    """The JSON as rows of the core. Raises: InvalidValue where it is not what this version knows."""
    try:
        return _converter().structure(found, kind)
    except (BaseValidationError, TypeError, ValueError, DomainError) as unlike:
        fault = "it answers otherwise than this program understands"
        raise InvalidValue("--server", fault, "a server of the same version as this program") from unlike


def _nothing(found: object, _: object) -> None:
    if found is not None:
        raise ValueError("there is an answer")


@cache
def _converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook(Points, lambda text, _: Points.of(text))
    converter.register_structure_hook(Decimal, lambda text, _: Decimal(text))
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_structure_hook(bool | int, lambda value, _: value)
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    converter.register_structure_hook(NoneType, _nothing)
    return converter
