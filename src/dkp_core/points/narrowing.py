"""Narrowing the standings by any of their columns."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from attrs import frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import Points
from dkp_core.points.ports import STANDINGS_COLUMNS
from dkp_core.points.views import StandingRow

_TEXTS: Final = frozenset({"username", "main_character", "character_class", "rank"})
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,10})?", re.ASCII)
_DATES: Final = frozenset({"last_raid"})


class _Comparison(Enum):
    EQUAL = ""
    AT_LEAST = "_min"
    AT_MOST = "_max"


@frozen
class Condition:
    """One thing that a line of the standings must fulfil; a column that holds nothing never does."""

    column: str
    comparison: _Comparison
    value: str | Decimal | datetime

    def holds(self, row: StandingRow) -> bool:
        """Whether the line fulfils it."""
        found = _comparable(self.column, getattr(row, self.column))
        if found is None:
            return False
        if self.comparison is _Comparison.EQUAL:
            return found == self.value
        if isinstance(found, datetime) and isinstance(self.value, datetime):
            return found >= self.value if self.comparison is _Comparison.AT_LEAST else found <= self.value
        assert isinstance(found, Decimal), "texts are compared for equality alone"
        assert isinstance(self.value, Decimal), "numbers are compared with numbers"
        return found >= self.value if self.comparison is _Comparison.AT_LEAST else found <= self.value


def condition_of(name: str, text: str) -> Condition:
    """The condition that a name such as `rank`, `current_min` or `last_raid_max` and a text stand for.

    Raises: InvalidValue for a column there is not, or a text that it can't be compared with.
    """
    column, comparison = _parts(name)
    if column in _TEXTS:
        return Condition(column, comparison, name_key(text))
    if column in _DATES:
        return Condition(column, comparison, _moment(name, text))
    if not _NUMBER.fullmatch(text.strip()):
        raise InvalidValue(name, f"{text[:40]!r} is no number", "a number")
    return Condition(column, comparison, Decimal(text.strip()))


def _parts(name: str) -> tuple[str, _Comparison]:
    for comparison in (_Comparison.AT_LEAST, _Comparison.AT_MOST):
        column = name.removesuffix(comparison.value)
        if column != name and column in STANDINGS_COLUMNS and column not in _TEXTS:
            return column, comparison
    if name in STANDINGS_COLUMNS:
        return name, _Comparison.EQUAL
    accepted = ", ".join(STANDINGS_COLUMNS) + "; of numbers and dates also with _min or _max behind"
    raise InvalidValue(name[:80], "there is no such column", accepted)


def _moment(name: str, text: str) -> datetime:
    accepted = "a date and time with its offset, such as 2026-11-20T20:15:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as unreadable:
        raise InvalidValue(name, f"{text[:40]!r} is no date and time", accepted) from unreadable
    if moment.tzinfo is None:
        raise InvalidValue(name, "its offset is missing", accepted)
    return moment


def _comparable(column: str, value: object) -> str | Decimal | datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    if column in _TEXTS:
        return name_key(str(value))
    return Decimal(value.hundredths) / Decimal(100) if isinstance(value, Points) else Decimal(str(value))
