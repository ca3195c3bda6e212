"""Lists in pages, in an order."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Generic, TypeVar

from attrs import frozen

from dkp_core.kernel.errors import InvalidValue

T = TypeVar("T")
PAGE_SIZE: Final = 50
PAGE_SIZE_MAX: Final = 500
PAGE_NUMBER_MAX: Final = 1_000_000


@frozen
class PageRequest:
    """Which page is wanted; the first is number 1."""

    number: int = 1
    size: int = PAGE_SIZE

    @classmethod
    def of(cls, number: int = 1, size: int = PAGE_SIZE) -> PageRequest:
        """A checked request. Raises: InvalidValue for `page` or `page_size` out of range."""
        if not 1 <= number <= PAGE_NUMBER_MAX:
            raise InvalidValue("page", f"{number} is not a page", f"1 to {PAGE_NUMBER_MAX}")
        if not 1 <= size <= PAGE_SIZE_MAX:
            raise InvalidValue("page_size", f"{size} is not a page's size", f"1 to {PAGE_SIZE_MAX}")
        return cls(number, size)

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.number - 1) * self.size


@frozen
class Page(Generic[T]):
    """The rows of one page, and how many there are over all pages."""

    results: tuple[T, ...]
    count: int


@frozen
class Order:
    """One column to sort by."""

    field: str
    descending: bool = False


def ordering_of(text: str, allowed: Collection[str]) -> tuple[Order, ...]:
    """Columns to sort by, written `-current,name` as clients of Django REST know it; each of them once.

    Raises: InvalidValue naming `ordering` and the columns that are accepted.
    """
    orders: dict[str, Order] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name = part.removeprefix("-")
        if name not in allowed:
            accepted = ", ".join(sorted(allowed)) + ", each with or without a leading -"
            raise InvalidValue("ordering", f"{name[:40]!r} is no column to sort by", accepted)
        orders.setdefault(name, Order(name, part.startswith("-")))
    return tuple(orders.values())
