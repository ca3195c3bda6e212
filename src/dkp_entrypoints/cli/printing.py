"""Answers: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from attrs import AttrsInstance, fields, has

from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.points import Points

if TYPE_CHECKING:
    from cattrs import Converter

# Nothing is cut where no terminal limits the line: a program or a file gets it whole.
_UNLIMITED: Final = 100_000
_RIGHT: Final = (int, Points, Decimal)
_KEPT_TO_ITSELF: Final = tuple(each.name for each in fields(Aggregate))


# --- for programs -----------------------------------------------------------------------------------------------------


def plain(value: object) -> Any:
    """A value as JSON knows it: points and decimals as text, moments in ISO 8601 and UTC with a Z."""
    return _converter().unstructure(value)


@cache
def _converter() -> Converter:
    from cattrs import Converter  # only who asks for JSON pays for it

    converter = Converter()
    for kind, told in _TOLD:
        converter.register_unstructure_hook(kind, told)
    converter.register_unstructure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, Mapping),
        lambda values: {str(name): plain(each) for name, each in values.items()},
    )
    converter.register_unstructure_hook_func(
        lambda kind: has(kind) and kind is not Points, lambda value: _fields(value, converter)
    )
    return converter


def _fields(value: Any, converter: Converter) -> dict[str, Any]:
    """Every public field by its name, each by what it is and not by what it was declared as."""
    hidden = _KEPT_TO_ITSELF if isinstance(value, Aggregate) else ()
    return {
        each.name: converter.unstructure(getattr(value, each.name))
        for each in fields(type(value))
        if each.name not in hidden and not each.name.startswith("_")
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


_TOLD: Final[tuple[tuple[type, Callable[[Any], Any]], ...]] = (
    (Points, str),
    (Decimal, lambda number: format(number, "f")),
    (date, date.isoformat),
    (datetime, _moment),
    (Enum, lambda member: member.value),
    (tuple, lambda values: [plain(value) for value in values]),
    (frozenset, lambda values: sorted(plain(value) for value in values)),
)


def print_json(value: object) -> None:
    """Write a value to standard output as JSON."""
    letters = (sys.stdout.encoding or "").lower().replace("-", "")
    print(json.dumps(plain(value), ensure_ascii=letters != "utf8", indent=2))


# --- for people -------------------------------------------------------------------------------------------------------


def print_rows(
    rows: Iterable[object],
    columns: Sequence[str] | Mapping[str, str],
    *,
    zone: str = "UTC",
    decimals: int = 2,
    nothing: str = "None.",
) -> None:
    """Write rows as a table of these columns (field to heading), or say that there is nothing."""
    listed = list(rows)
    if not listed:
        print(nothing)
        return
    headings = columns if isinstance(columns, Mapping) else {name: _heading(name) for name in columns}
    table = _table()
    values = [[getattr(row, name) for name in headings] for row in listed]
    for index, heading in enumerate(headings.values()):
        right = all(isinstance(row[index], _RIGHT) and not isinstance(row[index], bool) for row in values)
        table.add_column(heading, justify="right" if right else "left", overflow="fold", no_wrap=right)
    where = ZoneInfo(zone)
    for row in values:
        table.add_row(*(_text(shown(value, where, decimals)) for value in row))
    _console().print(table)


def print_line(text: str, style: str = "") -> None:
    """Write one line at once, uncut, and in that style where a terminal shows it."""
    _console().print(_text(text), style=style, soft_wrap=True)


def print_one(value: AttrsInstance, *, zone: str = "UTC", without: Sequence[str] = ()) -> None:
    """Write one thing, a field a line; empty fields are left out."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    where = ZoneInfo(zone)
    for each in fields(type(value)):
        told = shown(getattr(value, each.name), where)
        if told and each.name not in without:
            table.add_row(_text(_heading(each.name)), _text(told))
    _console().print(table)


def shown(value: object, where: ZoneInfo, decimals: int = 2) -> str:
    """A value as people read it: moments in the guild's own time, points with as many decimals as their pool shows."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value.astimezone(where):%Y-%m-%d %H:%M}"
        case Points():
            exact = Decimal(value.hundredths).scaleb(-2)
            return format(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP), "f")
        case Decimal():
            return format(value, "f")
        case Enum():
            return str(value.value)
        case Mapping():
            return ", ".join(f"{name} {shown(each, where)}" for name, each in value.items())
        case tuple() | list() | frozenset():
            return ", ".join(shown(each, where) for each in value)
        case _:
            return str(value)


def _heading(name: str) -> str:
    return name.replace("_", " ")


def _text(text: str) -> Any:
    from rich.text import Text

    # Names and notes are anybody's words: no markup, and nothing that a terminal would obey.
    return Text("".join(char if char.isprintable() else " " for char in text))


def _table() -> Any:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)


def _console() -> Any:
    from rich.console import Console

    console = Console(soft_wrap=False, highlight=False)
    if not console.is_terminal:
        console = Console(width=_UNLIMITED, highlight=False)
    return console


def note(text: str) -> None:
    """Tell a person something that is not part of the answer."""
    print(text, file=sys.stderr)
