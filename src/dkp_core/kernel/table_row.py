"""Rows of tables that people upload: cells between delimiters, in quotes or not, over one line or several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

QUOTE: Final = '"'


def split_row(line: str, delimiter: str) -> tuple[list[str], bool]:
    """The cells of a row, quotes undone, and whether it ends inside a quote; a row of several lines has their ends."""
    if QUOTE not in line:
        return line.split(delimiter), False
    cells: list[str] = []
    position = 0
    while True:
        start = position
        while line[start : start + 1] == " " and delimiter != " ":
            start += 1
        if line[start : start + 1] != QUOTE:
            end = line.find(delimiter, position)
            if end < 0:
                return [*cells, line[position:]], False
            cells.append(line[position:end])
            position = end + 1
            continue
        cell, after = _quoted(line, start + 1)
        if after < 0:
            return [*cells, cell], True
        end = line.find(delimiter, after)
        cells.append(cell + line[after : end if end >= 0 else None].rstrip())
        if end < 0:
            return cells, False
        position = end + 1


def _quoted(line: str, start: int) -> tuple[str, int]:
    """A cell in quotes from behind the first one, and where it ends; -1 when it doesn't."""
    parts: list[str] = []
    while True:
        end = line.find(QUOTE, start)
        if end < 0:
            return "".join([*parts, line[start:]]), -1
        if line[end + 1 : end + 2] != QUOTE:
            return "".join([*parts, line[start:end]]), end + 1
        parts.append(line[start : end + 1])
        start = end + 2


def closing_line(following: Iterable[str]) -> int:
    """How many of the lines after one that ends inside a quote belong to it; 0 where none of them closes it."""
    return next((count for count, line in enumerate(following, 1) if line.count(QUOTE) % 2), 0)
