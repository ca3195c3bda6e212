"""Lists in pages, in an order."""

from __future__ import annotations

import pytest

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.page import Order, PageRequest, ordering_of

COLUMNS = ("name", "current")


def test_fifty_rows_from_the_first_page_unless_asked_otherwise() -> None:
    """I-1: page_size is 50 unless asked for."""
    assert PageRequest.of() == PageRequest(number=1, size=50)
    assert PageRequest() == PageRequest.of()


@pytest.mark.parametrize(("number", "size", "offset"), [(1, 50, 0), (2, 50, 50), (3, 7, 14)])
def test_a_page_begins_after_those_before_it(number: int, size: int, offset: int) -> None:
    """I-1: the first page is number 1."""
    assert PageRequest.of(number, size).offset == offset


@pytest.mark.parametrize("number", [0, -1, 1_000_001])
def test_a_page_out_of_range_is_refused(number: int) -> None:
    """G-8: named as the caller spells it."""
    with pytest.raises(InvalidValue) as refused:
        PageRequest.of(number)
    assert refused.value.sentence == f"page: {number} is not a page; accepted: 1 to 1000000."


@pytest.mark.parametrize("size", [0, -1, 501])
def test_a_page_of_another_size_is_refused(size: int) -> None:
    """I-1: 500 at most."""
    with pytest.raises(InvalidValue) as refused:
        PageRequest.of(1, size)
    assert refused.value.sentence == f"page_size: {size} is not a page's size; accepted: 1 to 500."


def test_the_limits_are_pages() -> None:
    """I-1: both ends belong to the range."""
    assert PageRequest.of(1_000_000, 500).size == 500
    assert PageRequest.of(1, 1).size == 1


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("", ()),
        (" , ", ()),
        ("name", (Order("name"),)),
        ("-current", (Order("current", descending=True),)),
        ("-current,name", (Order("current", descending=True), Order("name"))),
        (" -current , name ", (Order("current", descending=True), Order("name"))),
        ("name,-name", (Order("name"),)),
    ],
)
def test_columns_are_named_as_clients_of_django_rest_know_it(text: str, orders: tuple[Order, ...]) -> None:
    """I-1: `ordering=-current,name`; each column once, the first counts."""
    assert ordering_of(text, COLUMNS) == orders


@pytest.mark.parametrize("text", ["secret", "--name", "name;drop", "name,-other"])
def test_a_column_that_is_none_is_refused(text: str) -> None:
    """G-8: the columns that there are, are told."""
    with pytest.raises(InvalidValue) as refused:
        ordering_of(text, COLUMNS)
    assert refused.value.name == "ordering"
    assert refused.value.accepted == "current, name, each with or without a leading -"
    assert "is no column to sort by" in refused.value.fault


def test_a_long_column_name_is_shown_cut() -> None:
    """G-8: no book back."""
    with pytest.raises(InvalidValue) as refused:
        ordering_of("x" * 100, COLUMNS)
    assert refused.value.fault == f"'{'x' * 40}' is no column to sort by"
