"""Sorting rows by the columns that a caller names, and cutting pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeVar

from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.points import Points

R = TypeVar("R")
Sortable = str | int | date | Fraction | Points
Columns = Mapping[str, Callable[[R], Sortable | None]]


def ordered(rows: Iterable[R], ordering: tuple[Order, ...], columns: Columns[R]) -> list[R]:
    """The rows by these columns; among equals they stay in the order in which they came.

    What has no value stands last, or first where the order is descending.
    """
    result = list(rows)
    for order in reversed(ordering):
        result.sort(key=_none_last(columns[order.field]), reverse=order.descending)
    return result


def _none_last(value: Callable[[R], Sortable | None]) -> Callable[[R], tuple[bool, Sortable]]:
    def key(row: R) -> tuple[bool, Sortable]:
        found = value(row)
        return (found is None, 0 if found is None else found)

    return key


def page_of(rows: Sequence[R], page: PageRequest) -> Page[R]:
    """The rows of that page, and how many there are in all."""
    return Page(tuple(rows[page.offset : page.offset + page.size]), len(rows))
