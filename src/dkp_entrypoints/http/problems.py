"""Errors as RFC 9457 problems: one translation of each kind of error, for every operation."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from attrs import define, frozen
from litestar.exceptions import HTTPException

from dkp_adapters.answers import RequestInProgress
from dkp_core.accounts import DiscordUnavailable, NotAuthenticated
from dkp_core.kernel.descent import kinds_below
from dkp_core.kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    InvalidFields,
    InvalidValue,
    NotFound,
    Stale,
    Unavailable,
)
from dkp_core.loot import BidRefused, LootRefused
from dkp_entrypoints.execution import Overloaded
from dkp_entrypoints.http.asking import API_VERSION, Asked, printable
from dkp_entrypoints.http.presenting import encode, presenter
from dkp_entrypoints.http.reading import MalformedBody

PROBLEM_JSON: Final = "application/problem+json"
TYPES: Final = "/problems/"


@define
class NoSuchPath(NotFound):
    """Nothing lies at this path."""

    code: ClassVar[str] = "no_such_path"
    path: str

    @property
    def sentence(self) -> str:
        return f"There is nothing at {self.path}; the paths are listed in /schema/."


@define
class MethodNotAllowed(DomainError):
    """The path exists, but does not take this method."""

    code: ClassVar[str] = "method_not_allowed"
    method: str
    allowed: str

    @property
    def sentence(self) -> str:
        return f"{self.method} is not taken here; accepted: {self.allowed}."


@define
class UnsupportedMediaType(DomainError):
    """The body is of a kind that the operation does not read."""

    code: ClassVar[str] = "unsupported_media_type"
    given: str
    accepted: str

    @property
    def sentence(self) -> str:
        shown = repr(self.given) if self.given else "no Content-Type"
        return f"The body is sent as {shown}; accepted: {self.accepted}."


@define
class BodyTooLarge(DomainError):
    """The body is larger than this installation takes."""

    code: ClassVar[str] = "body_too_large"
    bytes_max: int

    @property
    def sentence(self) -> str:
        return f"The body is too large; accepted: at most {self.bytes_max:,} bytes."


@define
class UnsupportedVersion(DomainError):
    """There is no such version of the API."""

    code: ClassVar[str] = "unsupported_api_version"
    given: str

    @property
    def sentence(self) -> str:
        return f"API-Version: {self.given[:20]!r} is not spoken here; accepted: {API_VERSION}, or no such header."


@define
class RateLimited(DomainError):
    """Too many requests came in too short a time."""

    code: ClassVar[str] = "rate_limited"
    amount: int
    seconds: int
    retry_seconds: int

    @property
    def sentence(self) -> str:
        most = f"at most {self.amount:,} requests are answered within {self.seconds:,} seconds"
        return f"Too many requests: {most}; come again in {self.retry_seconds:,} seconds."


@define
class KeyMisplaced(NotAuthenticated):
    """A key came, but not where keys are taken from."""

    code: ClassVar[str] = "key_misplaced"
    where: str

    @property
    def sentence(self) -> str:
        return f"The key came {self.where}; it is taken from the header Authorization: Bearer <key> alone."


@define
class HttpsNeeded(Forbidden):
    """Plain HTTP is not answered: whatever was sent with it could be read on the way."""

    code: ClassVar[str] = "https_needed"
    proxied: bool
    """Whether a proxy seems to have passed it on whose word nobody takes."""

    @property
    def sentence(self) -> str:
        told = "Plain HTTP is not answered here: use https://, and another key where one was sent."
        named = "the setting trusted_proxies names the proxies whose X-Forwarded-Proto and X-Forwarded-For are believed"
        return f"{told} For the operator: {named}." if self.proxied else told


@define
class CsrfFailed(Forbidden):
    """A change within a session did not come from a page or program of its own (CSRF)."""

    code: ClassVar[str] = "csrf_failed"

    @property
    def sentence(self) -> str:
        return "What changes something within a session needs its X-CSRF-Token (see GET /api/auth/session/)."


@define
class BadRequest(DomainError):
    """The request is not proper HTTP."""

    code: ClassVar[str] = "bad_request"
    fault: str

    @property
    def sentence(self) -> str:
        return f"The request can't be read: {self.fault}."


@define
class InternalError(DomainError):
    """Something went wrong that is no fault of the request's."""

    code: ClassVar[str] = "internal_error"

    @property
    def sentence(self) -> str:
        return "Something went wrong here; nothing was changed. The request id finds it in the log."


@define
class Busy(DomainError):
    """Too many want to change the same thing at once, or more is waiting than can be done soon."""

    code: ClassVar[str] = "busy"

    @property
    def sentence(self) -> str:
        return "Too much is going on at once; nothing was changed. Try again in a moment."


@define
class StoreUnavailable(DomainError):
    """The database does not answer."""

    code: ClassVar[str] = "unavailable"

    @property
    def sentence(self) -> str:
        return "The database does not answer; try again in a moment."


_STATUS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (NotAuthenticated, 401),
    (MethodNotAllowed, 405),
    (BodyTooLarge, 413),
    (UnsupportedMediaType, 415),
    (RateLimited, 429),
    (MalformedBody, 400),
    (UnsupportedVersion, 400),
    (BadRequest, 400),
    (Busy, 503),
    (DiscordUnavailable, 503),
    (StoreUnavailable, 503),
    (InternalError, 500),
    (NotFound, 404),
    (Forbidden, 403),
    (Invalid, 422),
    (Conflict, 409),
)

TITLES: Final = {
    400: "The request can't be read",
    401: "A valid key is needed",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict with the present state",
    413: "Body too large",
    415: "Unsupported media type",
    422: "A value is not accepted",
    429: "Too many requests",
    500: "Internal error",
    503: "Not available for the moment",
}

_RULES: Final = re.compile(r" \([A-Z]-\d+(?:(?:, | to )[A-Z]-\d+)*\)")


@frozen(kw_only=True)
class Fault:
    """One field that is not accepted: which, what is wrong with it, and what would be right."""

    field: str
    fault: str
    accepted: str | None


@frozen(kw_only=True)
class Problem:
    """What every error is answered with (RFC 9457); `code` never changes, `detail` is for people.

    `errors` is empty unless fields are at fault. Where something about bids, auctions and awards is refused, the `rule`
    that refused it and its numbers are further members.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    request_id: str
    errors: tuple[Fault, ...]


def _present(kind: Any, row: object) -> dict[str, object]:
    present = presenter(kind)
    assert present is not None, "it has fields"
    shown: dict[str, object] = present(row)
    return shown


@frozen
class Refusal:
    """A problem as it is sent."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


def refusal(error: BaseException, asked: Asked) -> Refusal:
    """The answer to a request that ended in this error."""
    known = _known(error)
    status = _status(known)
    problem = Problem(
        type=f"{TYPES}{known.code}",
        title=_title(type(known)),
        status=status,
        detail=printable(known.sentence),
        code=known.code,
        instance=printable(asked.path),
        request_id=asked.request_id,
        errors=tuple(_faults(known)),
    )
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"cache-control", b"no-store")]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="dkp"'))
    if isinstance(known, MethodNotAllowed):
        headers.append((b"allow", known.allowed.encode()))
    if isinstance(known, Busy | StoreUnavailable | RequestInProgress):
        headers.append((b"retry-after", b"5" if isinstance(known, StoreUnavailable) else b"1"))
    if isinstance(known, RateLimited | DiscordUnavailable):
        headers.append((b"retry-after", str(known.retry_seconds).encode()))
    members = _present(Problem, problem)
    if isinstance(known, BidRefused | LootRefused):
        members |= {"rule": known.rule, **_present(type(known), known)}
    return Refusal(status, encode(members), tuple(headers))


def in_words(error: BaseException) -> tuple[int, str, str]:
    """The status, the title and the sentence of an error, for a page."""
    known = _known(error)
    return _status(known), _title(type(known)), printable(known.sentence)


def is_ours(error: BaseException) -> bool:
    """Whether the error is a fault of the program, which belongs into the log with its traceback."""
    return isinstance(_known(error), InternalError)


def _known(error: BaseException) -> DomainError:
    match error:
        case DomainError():
            return error
        case Stale() | Overloaded():
            return Busy()
        case Unavailable():
            return StoreUnavailable()
        case HTTPException(status_code=status, detail=detail) if 400 <= status < 500:
            return BadRequest(detail)
        case _:
            return InternalError()


def _status(error: DomainError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def _title(kind: type[DomainError]) -> str:
    """A problem's title is the first sentence of what its error says of itself, without the rules it names."""
    said = (inspect.getdoc(kind) or kind.code).split("\n\n")[0].replace("\n", " ")
    return _RULES.sub("", said).rstrip(".")


def _faults(error: DomainError) -> Iterator[Fault]:
    match error:
        case InvalidFields(faults=faults):
            for each in faults:
                yield from _faults(each)
        case InvalidValue(name=name, fault=fault, accepted=accepted):
            yield Fault(field=printable(name), fault=printable(fault), accepted=printable(accepted))
        case Invalid():
            fault, _, accepted = error.sentence.removeprefix(f"{error.field}: ").partition("; accepted: ")
            yield Fault(
                field=error.field,
                fault=printable(fault),
                accepted=printable(accepted.rstrip(".")) if accepted else None,
            )


# Errors of other entrypoints never come out of this one.
_SPOKEN_HERE: Final = ("dkp_core.", "dkp_adapters.", "dkp_entrypoints.http.")


def catalogue() -> dict[str, tuple[int, str]]:
    """Every code that a problem may have, with its status and title."""
    found: dict[str, tuple[int, str]] = {}
    kinds: list[type[DomainError]] = [DomainError, *kinds_below(DomainError)]
    for kind in kinds:
        status = next((status for each, status in _STATUS if issubclass(kind, each)), None)
        if status is not None and kind.code not in found and kind.__module__.startswith(_SPOKEN_HERE):
            found[kind.code] = (status, _title(kind))
    return dict(sorted(found.items()))
