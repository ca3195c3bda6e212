"""What an old tool sends with a request: XML, JSON or the fields of a form, whatever its content type says."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import msgspec
from attrs import evolve, frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import Points
from dkp_core.raids import TimeInFuture
from dkp_core.raids.formats import UnreadableDump
from dkp_core.raids.formats.markup import Element, document_of
from dkp_entrypoints.http.asking import storable
from dkp_entrypoints.http.reading import Body, MalformedBody, moment_of

FIELDS_MAX: Final = 5000
MEMBERS_MAX: Final = 2000
TEXT_LENGTH_MAX: Final = 4000
ENCODINGS: Final = MappingProxyType(
    {
        **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8"),
        **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin-1", "latin1"), "iso-8859-1"),
        **dict.fromkeys(("iso-8859-15", "iso8859-15", "latin-9", "latin9"), "iso-8859-15"),
        **dict.fromkeys(("windows-1252", "cp1252"), "windows-1252"),
    }
)
"""By what they are called, those that are read."""
ACCEPTED: Final = "XML, a JSON object or the fields of a form, in UTF-8, ISO-8859-1, ISO-8859-15 or windows-1252"
MEMBERS: Final = "characters' ids as function=points shows them, as member"
DATE: Final = "a date and time such as 2026-11-20 20:15"

_DATE: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}(:\d{2})?", re.ASCII)
_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_DECLARED: Final = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([^\"'>]{1,40})[\"']")
_BARE_FRACTION: Final = re.compile(r"([+-]?)(\.\d.*)", re.ASCII | re.DOTALL)


class OldBody(Body, frozen=True, kw_only=True):
    """What was sent, as fields: texts, whole numbers, lists and further fields."""

    fields: dict[str, Any] = {}


def as_fields(raw: bytes, charset: str = "") -> bytes:
    """What was sent, as the JSON of an `OldBody`; a number with a fraction is the text that was sent.

    It is in the encoding that its XML declares, else in `charset`, as the content type named it, else in UTF-8.
    Raises: MalformedBody.
    """
    encoding = _encoding(raw, charset)
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode(encoding)
    except UnicodeDecodeError as unreadable:
        raise MalformedBody(f"it is not {encoding.upper()}", ACCEPTED) from unreadable
    return msgspec.json.encode({"fields": _fields(text.strip(), encoding)})


def _encoding(raw: bytes, charset: str) -> str:
    """What the bytes are in. Raises: MalformedBody."""
    if raw.startswith(codecs.BOM_UTF8):
        return "utf-8"
    declared = _DECLARED.match(raw)
    said = declared[1].decode("latin-1") if declared else charset or "utf-8"
    encoding = ENCODINGS.get(said.lower())
    if encoding is None:
        raise MalformedBody(f"it is said to be in {said[:40]!r}", ACCEPTED)
    return encoding


def _fields(text: str, encoding: str) -> Mapping[str, object]:
    if not text:
        return {}
    if text.startswith("<"):
        return _of_element(_document(text))
    if text.startswith("{"):
        return _object(text)
    return _form(text, encoding)


def _document(text: str) -> Element:
    try:
        return document_of(text)
    except UnreadableDump as broken:
        raise MalformedBody(broken.sentence.rstrip("."), ACCEPTED) from broken


def _of_element(element: Element) -> Mapping[str, object]:
    """The elements within one, by name; those of one name as a list."""
    found: dict[str, Any] = {}
    for each in element.children:
        value = _of_element(each) if each.children else each.text
        if each.name not in found:
            found[each.name] = value
        elif isinstance(found[each.name], list):
            found[each.name].append(value)
        else:
            found[each.name] = [found[each.name], value]
    return found


def _object(text: str) -> Mapping[str, object]:
    try:
        found = msgspec.json.Decoder(dict[str, Any], float_hook=str).decode(text)
    except (msgspec.MsgspecError, UnicodeError) as unreadable:
        raise MalformedBody(str(unreadable)[:200], ACCEPTED) from unreadable
    except RecursionError as deep:
        raise MalformedBody("it is nested too deeply", ACCEPTED) from deep
    return found


def _form(text: str, encoding: str) -> Mapping[str, object]:
    """The fields of a form, as PHP reads them: `raid_attendees[member][]=7` adds one to a list."""
    try:
        pairs = parse_qsl(
            text,
            strict_parsing=True,
            keep_blank_values=True,
            encoding=encoding,
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except ValueError as unreadable:  # UnicodeDecodeError is one
        raise MalformedBody("it is none of them", ACCEPTED) from unreadable
    found: dict[str, Any] = {}
    for name, value in pairs:
        base, bracket, _ = name.partition("[")
        if not bracket:
            found[base] = value
        elif isinstance(found.get(base), list):
            found[base].append(value)
        else:
            found[base] = [value]
    return found


@contextmanager
def told_as_sent(names: Mapping[str, str]) -> Iterator[None]:
    """What is refused within is told by the names of the fields that were sent; `names` has them by ours.

    Raises: InvalidValue, TimeInFuture.
    """
    try:
        yield
    except (InvalidValue, TimeInFuture) as refused:
        raise evolve(refused, name=names.get(refused.name, refused.name)) from refused


@frozen
class Given:
    """The fields of a request, read one by one; what is missing or of another kind is told by name."""

    fields: Mapping[str, Any]

    def text(self, name: str, accepted: str = "a text") -> str:
        """A text, empty where it is missing. Raises: InvalidValue."""
        value = self.fields.get(name)
        if value is None or value == {}:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InvalidValue(name, f"it is {_kind(value)}", accepted)
        text = storable(str(value), name).strip()
        if len(text) > TEXT_LENGTH_MAX:
            raise InvalidValue(name, f"it has {len(text)} characters", f"at most {TEXT_LENGTH_MAX}")
        return text

    def required(self, name: str, accepted: str) -> str:
        """A text that is there. Raises: InvalidValue."""
        text = self.text(name, accepted)
        if not text:
            raise InvalidValue(name, "it is missing", accepted)
        return text

    def points(self, name: str) -> Points:
        """An amount. Raises: InvalidValue."""
        text = self.required(name, "an amount of points")
        if (bare := _BARE_FRACTION.fullmatch(text)) is not None:
            text = f"{bare[1]}0{bare[2]}"
        return Points.of(text.rstrip("0").rstrip(".") if "." in text else text, name)

    def moment(self, name: str, zone: ZoneInfo) -> datetime:
        """When something was, by the clocks of that zone.

        Of an hour that was there twice it is the first; a time that never was, because clocks were set forward, is as
        much later as they were. Raises: InvalidValue.
        """
        text = self.required(name, DATE)
        if not _DATE.fullmatch(text):
            raise InvalidValue(name, f"{text[:40]!r} is no date and time", DATE)
        try:
            local = datetime(*map(int, _DIGITS.findall(text)), tzinfo=zone)  # type: ignore[misc,arg-type]  # at most six
        except (ValueError, OverflowError) as wrong:
            raise InvalidValue(name, f"{text!r} is not in the calendar", DATE) from wrong
        moment = moment_of(local, name)
        assert moment is not None, "it is given"
        return moment

    def members(self, name: str) -> tuple[str, ...]:
        """Whom a list names, each once, in its order. Raises: InvalidValue, also for nobody."""
        value = self.fields.get(name)
        if isinstance(value, Mapping):
            value = value.get("member")
        if isinstance(value, str):
            value = value.split(",")
        if not isinstance(value, Sequence):
            value = [] if value is None else [value]
        found = {self._member(each, name): None for each in value}
        found.pop("", None)  # an element with nothing in it, by which some keep their lists lists
        if not 1 <= len(found) <= MEMBERS_MAX:
            raise InvalidValue(name, f"there are {len(found)}", f"1 to {MEMBERS_MAX} {MEMBERS}")
        return tuple(found)

    def _member(self, value: object, name: str) -> str:
        if value is None or value == {}:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InvalidValue(name, f"a member is {_kind(value)}", MEMBERS)
        return storable(str(value), name).strip()


def _kind(value: object) -> str:
    """What a value is that is no text, in words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "an object" if isinstance(value, Mapping) else "a list"
