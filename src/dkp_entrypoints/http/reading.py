"""Reading queries and bodies into what operations take; what does not fit is told field by field (G-8)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Final, NewType, TypeVar, Union, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from attrs import define, frozen
from msgspec import Meta

from dkp_core.kernel.errors import DomainError, InvalidValue
from dkp_core.kernel.page import PAGE_NUMBER_MAX, PAGE_SIZE, PAGE_SIZE_MAX, PageRequest
from dkp_core.kernel.points import POINTS_MAX, Points
from dkp_entrypoints.http.asking import storable

S = TypeVar("S", bound=msgspec.Struct)

QUERY_FIELDS_MAX: Final = 100

Id = Annotated[int, Meta(ge=1, le=2**63 - 1, description="An id.")]
Whole = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Amount = Annotated[
    int | str,
    Meta(
        description=f"Points: a whole number, or a string with at most two decimals, up to ±{POINTS_MAX}.",
        extra_json_schema={"x-amount": True},
    ),
]
Moment = Annotated[datetime, Meta(tz=True, description="A date and time with its offset.")]
Text = Annotated[str, Meta(max_length=4000)]
ExternalId = Annotated[str, Meta(description="What is called so elsewhere, such as eqdkp:152; exactly so.")]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request's body may hold; `null` says the same as leaving the field out, unless its text says otherwise."""


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request's query may hold; an empty value says the same as leaving the parameter out."""


class Paged(Query, frozen=True, kw_only=True):
    """Which page of a list."""

    page: Annotated[int, Meta(description="The first is 1.", extra_json_schema={"maximum": PAGE_NUMBER_MAX})] = 1
    page_size: Annotated[
        int, Meta(description="How many rows a page has.", extra_json_schema={"maximum": PAGE_SIZE_MAX})
    ] = PAGE_SIZE

    @property
    def wanted(self) -> PageRequest:
        """The page asked for. Raises: InvalidValue."""
        return PageRequest.of(self.page, self.page_size)


@frozen
class Upload:
    """A file that came with a request."""

    name: str
    data: bytes


@define
class MalformedBody(DomainError):
    """The body is not what its content type says."""

    fault: str
    accepted: str
    code: ClassVar[str] = "malformed_body"

    @property
    def sentence(self) -> str:
        return f"The body can't be read: {self.fault}; accepted: {self.accepted}."


def points_of(amount: int | str, field: str) -> Points:
    """The points given. Raises: InvalidValue, naming the field."""
    return Points.of(amount, field)


def moment_of(moment: datetime | None, field: str) -> datetime | None:
    """The moment in UTC; None for none. Raises: InvalidValue where it is out of the calendar."""
    if moment is None:
        return None
    try:
        utc = moment.astimezone(UTC)
    except OverflowError as far:
        raise _out_of_calendar(field) from far
    if not 1970 <= utc.year <= 9998:
        raise _out_of_calendar(field)
    return utc


def _out_of_calendar(field: str) -> InvalidValue:
    return InvalidValue(field, "it is out of the calendar", "a time between 1970 and 9998")


# --- queries ----------------------------------------------------------------------------------------------------------


def pairs_of(query: bytes) -> dict[str, str]:
    """The parameters of a query string, without empty ones. Raises: InvalidValue where one is given twice."""
    if not query:
        return {}
    try:
        pairs = parse_qsl(query.decode("ascii"), errors="strict", max_num_fields=QUERY_FIELDS_MAX)
    except ValueError as unreadable:  # UnicodeDecodeError is one
        raise InvalidValue("query", "it can't be read", "percent-encoded UTF-8") from unreadable
    found: dict[str, str] = {}
    for name, value in pairs:
        storable(name, "query")
        if name in found:
            raise InvalidValue(name[:80], "it is given twice", "each parameter once")
        found[name] = storable(value, name)
    return found


def query_of(pairs: Mapping[str, str], kind: type[S]) -> S:
    """The parameters as that type. Raises: InvalidValue, naming the parameter at fault."""
    try:
        return msgspec.convert(pairs, kind, strict=False)
    except msgspec.ValidationError as fault:
        raise told(str(fault), kind, "query") from fault


# --- bodies -----------------------------------------------------------------------------------------------------------


def body_of(raw: bytes, decoder: msgspec.json.Decoder[S]) -> S:
    """The JSON body as the decoder's type. Raises: InvalidValue, naming the field at fault; MalformedBody."""
    try:
        body = decoder.decode(raw)
        if b"\\u0000" in raw:
            _refuse_nul(msgspec.json.decode(raw), "")
    except msgspec.ValidationError as fault:
        raise told(str(fault), decoder.type, "body") from fault
    except (msgspec.DecodeError, UnicodeDecodeError) as unreadable:
        fault_text = "it is empty" if not raw.strip() else str(unreadable)[:200]
        raise MalformedBody(fault_text, "a JSON object in UTF-8") from unreadable
    except RecursionError as deep:
        raise MalformedBody("it is nested too deeply", "a JSON object in UTF-8") from deep
    return body


def form_of(fields: Mapping[str, str], kind: type[S]) -> S:
    """Text fields of a form as that type. Raises: InvalidValue, naming the field at fault."""
    given = {name: storable(value, name) for name, value in fields.items() if value != ""}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as fault:
        raise told(str(fault), kind, "body") from fault


def _refuse_nul(value: object, path: str) -> None:
    """Refuse NUL, which JSON can write and databases can't keep; deep structures were refused before."""
    if isinstance(value, str):
        storable(value, path or "body")
    elif isinstance(value, dict):
        for key, each in value.items():
            storable(key, path or "body")
            _refuse_nul(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _refuse_nul(each, f"{path}[{index}]")


# --- telling what is wrong --------------------------------------------------------------------------------------------

_AT: Final = re.compile(r"(?P<fault>.*?)(?: - at `(?P<key>key in )?(?P<path>[^`]*)`)?", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_GOT: Final = re.compile(r"Expected `.*`, got `(.*)`", re.DOTALL)
_STEP: Final = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>[^\]]*)\]")
_KINDS: Final = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number with a fraction",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}


def told(message: str, kind: Any, whole: str) -> InvalidValue:
    """What the decoder says, as an error that names the field, the fault and what is accepted."""
    parts = _AT.fullmatch(message)
    assert parts is not None, "the pattern fits any text"
    fault, path = parts["fault"], (parts["path"] or "$").removeprefix("$")
    name = path.removeprefix(".")
    if unknown := _UNKNOWN.fullmatch(fault):
        known = _at(kind, path)
        what = "parameter" if whole == "query" else "field"
        return InvalidValue(_joined(name, unknown[1])[:80], f"there is no such {what}", accepted_by(known))
    if missing := _MISSING.fullmatch(fault):
        wanted = _at(kind, f"{path}.{missing[1]}")
        return InvalidValue(_joined(name, missing[1]), "it is missing", accepted_by(wanted))
    if got := _GOT.fullmatch(fault):
        fault = f"it is {_KINDS.get(got[1], got[1])}"
    elif fault.startswith("Expected `datetime` with"):
        fault = "its offset is missing"
    else:
        fault = fault[:1].lower() + fault[1:].replace("`", "")
    return InvalidValue(name or whole, fault, accepted_by(_at(kind, path)))


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _at(kind: Any, path: str) -> Any:
    """The type that a value at that path must have."""
    for step in _STEP.finditer(path):
        kind = _inner(kind, step["name"])
    return kind


def _inner(kind: Any, name: str | None) -> Any:
    for each in options_of(kind):
        if name is not None and isinstance(each, type) and issubclass(each, msgspec.Struct):
            for known in msgspec.structs.fields(each):
                if known.encode_name == name:
                    return known.type
        elif name is None and get_origin(each) in (list, tuple, Sequence):
            return get_args(each)[0]
        elif name is None and get_origin(each) in (dict, Mapping):
            return get_args(each)[1]
    return object


def options_of(kind: Any) -> tuple[Any, ...]:
    """The types that a type may be, without annotations and None."""
    if get_origin(kind) is Annotated:
        return options_of(get_args(kind)[0])
    if isinstance(kind, NewType):
        return options_of(kind.__supertype__)
    if get_origin(kind) in (Union, UnionType):
        return tuple(one for each in get_args(kind) for one in options_of(each) if one is not NoneType)
    return (kind,)


def limits_of(kind: Any) -> Meta | None:
    """What narrows a type down, if anything does; of an optional one, what narrows its one option."""
    if get_origin(kind) is Annotated:
        return _together([each for each in get_args(kind)[1:] if isinstance(each, Meta)])
    if get_origin(kind) in (Union, UnionType):
        found = [limits for each in get_args(kind) if (limits := limits_of(each)) is not None]
        return found[0] if len(found) == 1 else None
    return None


def _together(limits: list[Meta]) -> Meta | None:
    """Several limits as one; where they differ the outer one holds."""
    if len(limits) < 2:
        return limits[0] if limits else None
    names = ("ge", "le", "min_length", "max_length", "tz", "description", "extra_json_schema")
    merged = {name: value for each in limits for name in names if (value := getattr(each, name)) is not None}
    return Meta(**merged)


def accepted_by(kind: Any) -> str:
    """What a type accepts, in words."""
    limits = limits_of(kind)
    if limits is not None and limits.extra_json_schema and "x-amount" in limits.extra_json_schema:
        return "a whole number or a string with at most two decimals"
    words = [_words(each, limits) for each in options_of(kind)]
    return " or ".join(dict.fromkeys(words))


def _words(kind: Any, limits: Meta | None) -> str:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        names = ", ".join(each.encode_name for each in msgspec.structs.fields(kind))
        return names or "nothing"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(str(each.value) for each in kind)
    if kind is datetime:
        return "a date and time with its offset, such as 2026-11-20T20:15:00Z"
    if kind is date:
        return "a date such as 2026-11-20"
    if kind is bool:
        return "true or false"
    if kind is int:
        low, high = (limits.ge, limits.le) if limits is not None else (None, None)
        return "a whole number" + (f" from {low} to {high}" if low is not None and high is not None else "")
    if kind is str:
        longest = limits.max_length if limits is not None else None
        return "a text" + (f" of at most {longest} characters" if longest is not None else "")
    if get_origin(kind) in (list, tuple, Sequence):
        return "a list"
    return "an object" if get_origin(kind) in (dict, Mapping) else "another value"
