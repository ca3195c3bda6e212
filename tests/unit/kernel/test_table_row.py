"""Rows of tables: cells in quotes, and rows of several lines."""

from __future__ import annotations

import pytest

from dkp_core.kernel.table_row import closing_line, split_row


@pytest.mark.parametrize(
    ("row", "cells", "is_open"),
    [
        ("a;b;", ["a", "b", ""], False),
        ('"a;b";c', ["a;b", "c"], False),
        ('"say ""hi""";b', ['say "hi"', "b"], False),
        ('a; "b" ;c', ["a", "b", "c"], False),
        ('a;"b\nc";d', ["a", "b\nc", "d"], False),
        ('a;"b', ["a", "b"], True),
        ('5" of it;b', ['5" of it', "b"], False),
    ],
)
def test_a_row_is_split_at_its_delimiters(row: str, cells: list[str], is_open: bool) -> None:
    """D-6: quotes are undone; a row that ends inside one says so."""
    assert split_row(row, ";") == (cells, is_open)


@pytest.mark.parametrize(
    ("following", "count"),
    [(["b", 'c";d', "e"], 2), (['b";c'], 1), (["b", "c"], 0), ([], 0), (['""', '"'], 2)],
)
def test_a_row_goes_on_to_the_line_that_closes_its_quote(following: list[str], count: int) -> None:
    """D-6: or is one line where none does."""
    assert closing_line(following) == count
