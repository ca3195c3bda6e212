"""What an export holds: which tables and columns, and how each value is shown and taken back.

Moments are ISO 8601 in UTC, points text, truth true or false, bytes base64, and what has parts is JSON as it is kept:
there, points are whole hundredths and moments microseconds since 1970.
"""

from __future__ import annotations

import base64
import binascii
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Column, Integer, LargeBinary, SmallInteger, String, Table

from dkp_adapters.sql.moments import micros, moment_at
from dkp_adapters.sql.references import REFERENCES
from dkp_adapters.sql.statement import to_json
from dkp_adapters.sql.tables import Flag, Hundredths, Moment, all_tables
from dkp_adapters.sql.tables.raids import NEVER
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import Points

Row = list[Any]
"""A row of a table, as it is stored."""

FORMAT: Final = "dkp-guild"
VERSION: Final = 1

LEFT_OUT: Final[Mapping[str, str]] = {
    "api_keys": "ways in for programs, of which only digests are kept",
    "channel_webhooks": "secret addresses",
    "deliveries": "what still follows from events where they happened",
    "notices": "messages to people, told or on their way",
}
"""Tables of guilds that no export holds, with the reason."""

AFRESH: Final[Mapping[str, Mapping[str, object]]] = {
    "claims": {"code": "", "code_until": 0},
    "deadlines": {"attempts": 0, "parked": 0, "claimed_by": None, "last_error": None},
}
"""Columns that are secret, or tell what a worker is at, and what they hold where an export comes back."""

REPEATED: Final[Mapping[str, Mapping[str, str]]] = {"deadlines": {"try_at": "due_at"}}
"""Columns that begin as what another one holds."""

_OF_USERS: Final = ("id", "discord_id", "username", "erased_at")
"""What an export tells of people; the rest is their own, and no guild's."""

_JSON: Final[Mapping[str, tuple[str, ...]]] = {
    "guilds": ("settings",),
    "profile_fields": ("choices",),
    "merges": ("membership", "into_membership"),
    "event_types": ("metadata",),
    "raids": ("ticks",),
    "items": ("metadata",),
    "chat_grammars": ("grammar",),
    "application_forms": ("form",),
    "applications": ("polls", "answers"),
    "events": ("data",),
    "imports": ("spans", "counts", "pools_before"),
}
"""Columns of JSON that name no ids; the others are told by the references."""

_NEVER: Final = "never"
_SMALL_MAX: Final = 2**31
_LARGE_MAX: Final = 2**63
_NO_PLAIN_TEXT: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""A spreadsheet takes what begins so for a formula; in a cell it comes after an apostrophe."""


class Unfit(Exception):
    """A value that its column can't hold: what it is, and what is accepted."""

    def __init__(self, fault: str, accepted: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.accepted = accepted


class Field(ABC):
    """How the values of a column are shown, in JSON and in the cell of a sheet, and taken back."""

    accepted: str

    @abstractmethod
    def shown(self, value: Any) -> object:
        """A value of the column, as it stands in JSON; never None."""

    @abstractmethod
    def taken(self, value: object) -> Any:
        """The value of the column again. Raises: Unfit."""

    def cell(self, value: Any) -> str:
        """A value of the column, as it stands in a sheet; never empty."""
        return str(self.shown(value))

    def read(self, text: str) -> object:
        """What stands in a cell, as JSON would have it. Raises: Unfit."""
        return text

    def unfit(self, value: object) -> Unfit:
        """That a value is not accepted."""
        return Unfit(f"{str(value)[:60]!r} is not accepted", self.accepted)


class Number(Field):
    """A whole number: an id or a count."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.accepted = "a whole number" if most == _LARGE_MAX else f"a whole number below {most}"

    def shown(self, value: Any) -> object:
        return value

    def taken(self, value: object) -> Any:
        if type(value) is not int or not -self.most <= value < self.most:
            raise self.unfit(value)
        return value

    def read(self, text: str) -> object:
        try:
            return int(text)
        except ValueError as fault:
            raise self.unfit(text) from fault


class Truth(Field):
    """True or false."""

    accepted = "true or false"

    def shown(self, value: Any) -> object:
        return bool(value)

    def taken(self, value: object) -> Any:
        if not isinstance(value, bool):
            raise self.unfit(value)
        return int(value)

    def cell(self, value: Any) -> str:
        return "true" if value else "false"

    def read(self, text: str) -> object:
        return {"true": True, "false": False}.get(text, text)


class Time(Field):
    """A moment."""

    accepted = "a moment such as 2026-11-20T19:30:00+00:00"

    def shown(self, value: Any) -> object:
        return moment_at(value).isoformat() if value < NEVER else _NEVER

    def taken(self, value: object) -> Any:
        if value == _NEVER:
            return NEVER
        try:
            found = datetime.fromisoformat(value)  # type: ignore[arg-type]  # what is no text is refused below
        except (TypeError, ValueError) as fault:
            raise self.unfit(value) from fault
        if found.tzinfo is None:
            raise self.unfit(value)
        return micros(found.astimezone(UTC))


class Amount(Field):
    """Points."""

    accepted = 'points as text such as "125.50"'

    def shown(self, value: Any) -> object:
        return str(Points(value))

    def taken(self, value: object) -> Any:
        if not isinstance(value, str):
            raise self.unfit(value)
        try:
            return Points.of(value).hundredths
        except InvalidValue as fault:
            raise Unfit(fault.fault, self.accepted) from fault


class Words(Field):
    """Text."""

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.accepted = "text" if most is None else f"text of at most {most} characters"

    def shown(self, value: Any) -> object:
        return value

    def taken(self, value: object) -> Any:
        if not isinstance(value, str) or (self.most is not None and len(value) > self.most) or not _storable(value):
            raise self.unfit(value)
        return value

    def cell(self, value: Any) -> str:
        return f"'{value}" if not value or value.startswith(_NO_PLAIN_TEXT) else value

    def read(self, text: str) -> object:
        return text.removeprefix("'")


class Parts(Field):
    """What has parts: kept as JSON text, which may be empty."""

    accepted = "JSON"

    def shown(self, value: Any) -> object:
        return json.loads(value) if value else value

    def taken(self, value: object) -> Any:
        if value == "":
            return value
        if isinstance(value, str | int | float | None):
            raise self.unfit(value)
        try:
            text = to_json(value)
        except UnicodeEncodeError as fault:
            raise self.unfit(value) from fault
        if "\\u0000" in text:
            raise self.unfit(value)
        return text

    def cell(self, value: Any) -> str:
        return value or "'"

    def read(self, text: str) -> object:
        try:
            return "" if text == "'" else json.loads(text)
        except ValueError as fault:
            raise self.unfit(text) from fault


class Content(Field):
    """A file as it came."""

    accepted = "base64"

    def shown(self, value: Any) -> object:
        return base64.b64encode(value).decode()

    def taken(self, value: object) -> Any:
        try:
            return base64.b64decode(value, validate=True)  # type: ignore[arg-type]  # what is no text is refused below
        except (TypeError, binascii.Error, ValueError) as fault:
            raise self.unfit(value) from fault

    def cell(self, value: Any) -> str:
        return base64.b64encode(value).decode() or "'"

    def read(self, text: str) -> object:
        return text.removeprefix("'")


def _storable(text: str) -> bool:
    """Whether every database can keep it."""
    if text.isascii():
        return "\0" not in text
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


@frozen
class Sheet:
    """A table as it is exported; `each` has a column's name, its field, and whether it may hold nothing."""

    name: str
    table: Table
    columns: tuple[Column[Any], ...]
    names: tuple[str, ...]
    fields: tuple[Field, ...]
    each: tuple[tuple[str, Field, bool], ...]

    @classmethod
    def of(cls, table: Table) -> Sheet:
        """That of a table; the guild is not told with each row."""
        away = {"guild_id", *AFRESH.get(table.name, ()), *REPEATED.get(table.name, ())}
        columns = tuple(
            each for each in table.columns if each.key not in away and (table.name != "users" or each.key in _OF_USERS)
        )
        fields = tuple(_field(str(table.name), each) for each in columns)
        names = tuple(str(each.key) for each in columns)
        return cls(
            str(table.name),
            table,
            columns,
            names,
            fields,
            tuple(zip(names, fields, (bool(each.nullable) for each in columns), strict=True)),
        )

    def place(self, column: str) -> int:
        """Where in a row a column stands."""
        return self.names.index(column)


def _field(table: str, column: Column[Any]) -> Field:
    names = REFERENCES.get(table)
    if column.key in _JSON.get(table, ()) or (names is not None and column.key in names.parts):
        return Parts()
    if column.type is Flag:
        return Truth()
    if column.type is Moment:
        return Time()
    if column.type is Hundredths:
        return Amount()
    if isinstance(column.type, LargeBinary):
        return Content()
    if isinstance(column.type, Integer):
        return Number(_SMALL_MAX if type(column.type) in (Integer, SmallInteger) else _LARGE_MAX)
    assert isinstance(column.type, String), f"{table}.{column.key} is of no kind that is known"
    return Words(column.type.length)


@cache
def sheets() -> Mapping[str, Sheet]:
    """Every table of an export by its name, what is named before what names it; people last, when all are known."""
    tables = all_tables().tables
    names = ["guilds", *(name for name in REFERENCES if name in tables and name not in LEFT_OUT), "users"]
    return {name: Sheet.of(tables[name]) for name in names}
