"""Zeal's raid list (`/outputfile raidlist`), a table with a heading; or names alone, as for OpenDKP."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from dkp_core.kernel.text_file import time_in
from dkp_core.raids.formats.check import Check, WarningKind
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted, number_in
from dkp_core.raids.formats.text import DumpText

TITLE: Final = "raidtick"
NAME_COLUMN: Final = "player"
FIELDS: Final = ("level", "class", "timestamp")
"""The columns that have a field of their own; all others, the points among them, are kept in the detail."""


def recognises(sample: Sample) -> bool:
    """The heading Player, Level, Class, Timestamp, …; or a first line or file name that says RaidTick."""
    if not sample.lines:
        return False
    return is_heading(sample.lines[0]) or TITLE in (
        sample.lines[0].strip().casefold()[: len(TITLE)],
        sample.file_name[: len(TITLE)],
    )


def is_heading(line: str) -> bool:
    """Whether a line is the table's heading."""
    columns = headings(line)
    return NAME_COLUMN in columns and ("timestamp" in columns or "points" in columns)


def headings(line: str) -> list[str]:
    """The names of the columns, as they compare."""
    return [cell.strip().casefold() for cell in line.split("\t")]


def read(text: DumpText, account: FileAccount, file_name: str) -> tuple[Check, ...]:
    """One check, taken when the rows, the metadata lines or else the file's name say."""
    tick = _RaidTick(Sheet(account))
    for number, line in text.lines():
        tick.take(number, line)
    return (tick.closed(file_name),)


class _RaidTick:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._columns: list[str] | None = None
        self._taken_at: datetime | None = None
        self._date = self._time = ""
        self._times_differ = False

    def take(self, number: int, line: str) -> None:
        if not line.strip():
            self._sheet.noise()
        elif self._columns is None and is_heading(line):
            self._columns = headings(line)
            self._sheet.header(number)
        elif self._is_metadata(line):
            self._sheet.metadata(number, line.strip())
        elif self._columns is None:
            name, *others = line.split("\t")
            self._sheet.attend(number, name, detail=noted(*_unnamed(others, 2)))
        else:
            self._take_row(number, line, self._columns)

    def closed(self, file_name: str) -> Check:
        taken_at = self._taken_at or time_in(f"{self._date}_{self._time}") or time_in(file_name)
        if taken_at is None and (self._date or self._time):
            self._sheet.warn(
                WarningKind.TIME_UNREADABLE,
                f"The time {self._date} {self._time} is not written as 2024-03-22 and 09:47:32.",
            )
        if self._times_differ:
            self._sheet.warn(
                WarningKind.TIMES_DIFFER,
                f"The rows have several times; the first of them, {self._taken_at}, counts.",
            )
        return self._sheet.closed(taken_at=taken_at)

    def _is_metadata(self, line: str) -> bool:
        key, colon, rest = line.strip().partition(":")
        known = key.casefold()
        if known == "date" and colon:
            self._date = rest.strip()
        elif known == "time" and colon:
            self._time = rest.strip()
        else:
            return known == TITLE or known.startswith(f"{TITLE}-")
        return True

    def _take_row(self, number: int, line: str, columns: list[str]) -> None:
        cells = [cell.strip() for cell in line.split("\t")]
        row = dict(zip(columns, cells, strict=False))
        level = number_in(row.get("level", ""))
        timestamp = row.get("timestamp", "")
        at = time_in(timestamp)
        named = self._sheet.attend(
            number,
            row.get(NAME_COLUMN, ""),
            level=level,
            character_class=row.get("class"),
            detail=noted(
                f"level {row['level']!r} is no number" if level is None and row.get("level") else "",
                f"timestamp {timestamp!r} is no time" if at is None and timestamp else "",
                *(f"{column} {row[column]}" for column in row if column not in (NAME_COLUMN, *FIELDS) and row[column]),
                *_unnamed(cells[len(columns) :], len(columns) + 1),
            ),
        )
        if named and at is not None:
            self._times_differ |= self._taken_at not in (None, at)
            self._taken_at = self._taken_at or at


def _unnamed(cells: list[str], first_column: int) -> list[str]:
    return [f"column {column}: {cell.strip()}" for column, cell in enumerate(cells, first_column) if cell.strip()]


READER: Final = FormatReader(
    title="Zeal RaidTick (RaidTick-*.txt), with a heading or names only",
    recognises=recognises,
    read=read,
)
