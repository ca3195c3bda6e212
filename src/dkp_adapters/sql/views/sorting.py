"""Sorting rows by the columns that a caller names, for lists that are shown whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import TypeVar

from dkp_core.kernel.page import Order
from dkp_core.kernel.points import Points

R = TypeVar("R")
Sortable = str | int | date | Fraction | Points
Keys = Mapping[str, Callable[[R], Sortable | None]]


def sorted_by(rows: Iterable[R], ordering: tuple[Order, ...], keys: Keys[R]) -> list[R]:
    """The rows by these columns; among equals they stay in the order in which they came.

    What has no value stands last, or first where the order is descending.
    """
    result = list(rows)
    for order in reversed(ordering):
        result.sort(key=_none_last(keys[order.field]), reverse=order.descending)
    return result


def _none_last(value: Callable[[R], Sortable | None]) -> Callable[[R], tuple[bool, Sortable]]:
    def key(row: R) -> tuple[bool, Sortable]:
        found = value(row)
        return (found is None, 0 if found is None else found)

    return key
