"""Tables of who won what, night by night, as loot add-ons and loot sites export them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Final

from attrs import frozen

from dkp_core.raids.formats.check import Check, WarningKind
from dkp_core.raids.formats.errors import DumpTooLarge
from dkp_core.raids.formats.format import Sample
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted
from dkp_core.raids.formats.table import (
    Heading,
    Table,
    comparable,
    delimiters_of,
    heading_of,
    is_separator_line,
)
from dkp_core.raids.formats.text import NumberedLine

NIGHT_STARTS: Final = time(12)
"""A night goes from noon to noon, so that a raid past midnight is one (G-2)."""

CENTURY: Final = 2000
YEARS: Final = range(1999, 2101)
"""In others nobody raided: EverQuest opened in 1999."""
LINK_LENGTH_MAX: Final = 2000
LINK: Final = re.compile(r"\|h\[([^\[\]|]{1,200})\]\|h")
FORMULA: Final = re.compile(r'=HYPERLINK\("[^"]{0,500}","([^"]{1,200})"\)', re.IGNORECASE)
"""What add-ons write so that a spreadsheet shows a link."""

DATE: Final = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})", re.ASCII)
TIME: Final = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)


@frozen(kw_only=True)
class WonRow:
    """What a row tells: who won what and when; `name` is empty where the item went to nobody.

    `day` and `hour` are the local clock's; `said` is what the row says of the time, read or not. A row that only tells
    of wishes is no `win`.
    """

    name: str
    item: str
    day: date | None
    hour: time | None = None
    rot: bool = False
    win: bool = True
    note: str = ""
    said: str = ""
    character_class: str | None = None

    @property
    def at(self) -> datetime | None:
        """When it was won; a day without an hour stands for its noon, where the night starts."""
        return None if self.day is None else datetime.combine(self.day, self.hour or NIGHT_STARTS)

    @property
    def night(self) -> date | None:
        """The day on whose noon the night starts."""
        return None if self.at is None else (self.at - timedelta(hours=NIGHT_STARTS.hour)).date()


Cells = Mapping[str, str]
"""A row's cells by their heading as it compares; what no heading names is under `column 7` or the like."""


def has_columns(sample: Sample, *columns: str) -> bool:
    """Whether a file's first line, after Excel's own, names a column of names and all of these."""
    lines = [line for line in sample.lines[:2] if not is_separator_line(line)]
    heading = heading_of(lines[0], delimiters_of(sample.lines[0])) if lines else None
    return heading is not None and set(columns) <= set(map(comparable, heading.titles))


def item_in(cell: str) -> str:
    """An item's name out of a cell: in brackets, a link as the game writes it, a spreadsheet's formula, or itself."""
    text = cell.strip()
    if len(text) > LINK_LENGTH_MAX:
        return text
    formula = FORMULA.fullmatch(text)
    text = formula[1].strip() if formula is not None else text
    link = LINK.search(text)
    if link is not None:
        return link[1].strip()
    return text[1:-1].strip() if text.startswith("[") and text.endswith("]") else text


def day_in(text: str) -> date | None:
    """A day as add-ons write it: 25/9/18 and 25.09.2018 (the day first), 2025/9/18 and 2025-09-18."""
    found = DATE.fullmatch(text)
    if found is None:
        return None
    first, month, last = map(int, found.groups())
    year, day = (first, last) if len(found[1]) > 2 else (last, first)
    year = year if year >= 100 else CENTURY + year
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def hour_in(text: str) -> time | None:
    """A time of day: 20:01 or 20:01:59."""
    found = TIME.fullmatch(text)
    if found is None:
        return None
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        return None


def moment_in(text: str) -> tuple[date | None, time | None]:
    """The day and the hour of `2021-02-21 20:15:00`, whichever there are."""
    day, _, hour = text.strip().replace("T", " ", 1).partition(" ")
    return day_in(day), hour_in(hour.strip())


class Nights:
    """What was won, gathered into a check for every night: a file may hold a whole season, in any order."""

    def __init__(self, account: FileAccount, first: Sheet) -> None:
        self._account = account
        self._first = first
        self._rows: list[tuple[int, WonRow]] = []

    def take(self, number: int, row: WonRow) -> None:
        """Note what a row tells. Raises: DumpTooLarge."""
        limit = self._account.limits.attendees_max
        if len(self._rows) >= limit:
            raise DumpTooLarge("names", len(self._rows) + 1, limit)
        self._rows.append((number, row))

    def checks(self) -> tuple[Check, ...]:
        """A check for every night, the earliest first; what has no day belongs to the night of the row before it."""
        night = next((row.night for _, row in self._rows if row.night is not None), None)
        nights: dict[date | None, list[tuple[int, WonRow]]] = {}
        for number, row in self._rows:
            night = row.night or night
            nights.setdefault(night, []).append((number, row))
        if not nights:
            return (self._first.closed(taken_at=None),)
        ordered = sorted(nights, key=lambda day: day or date.min)
        sheets = [self._first, *(Sheet(self._account) for _ in ordered[1:])]
        return tuple(self._check(sheet, nights[day]) for sheet, day in zip(sheets, ordered, strict=True))

    def _check(self, sheet: Sheet, rows: list[tuple[int, WonRow]]) -> Check:
        undated = [number for number, row in rows if row.day is None]
        if undated:
            sheet.warn(
                WarningKind.TIME_UNREADABLE,
                f"{len(undated)} rows have no day that can be read, the first in line {undated[0]}; "
                "they are taken for the night of the row before.",
                line=undated[0],
            )
        hourless = [number for number, row in rows if row.day is not None and row.hour is None]
        if hourless:
            sheet.warn(
                WarningKind.TIME_UNREADABLE,
                "The file names the day and no hour: noon stands for it, where the night starts.",
                line=hourless[0],
            )
        for number, row in rows:
            _note(sheet, number, row)
        return sheet.closed(taken_at=min((row.at for _, row in rows if row.at is not None), default=None))


def _note(sheet: Sheet, number: int, row: WonRow) -> None:
    if row.name:
        told = noted("" if row.item else "no item is named", row.note if not row.item else "")
        if not sheet.attend(number, row.name, character_class=row.character_class, detail=told):
            return
    if row.item:
        sheet.loot(number, row.item, raw_name=row.name, at=row.at, rot=row.rot, note=row.note, time_unread=row.said)
    elif not row.name:
        sheet.unreadable(number, noted("it names neither a player nor an item", row.note))


class WonTable(Table):
    """A table whose rows tell who won what; `meaning` tells what its cells say."""

    def __init__(self, account: FileAccount, lines: Iterator[NumberedLine], meaning: Callable[[Cells], WonRow]) -> None:
        sheet = Sheet(account)
        super().__init__(sheet, lines)
        self._nights = Nights(account, sheet)
        self._meaning = meaning

    def take_cells(self, number: int, cells: list[str], heading: Heading) -> None:
        """Note what a row says; its cells are without quotes and outer spaces."""
        if not any(cells):
            self._sheet.noise()
            return
        row = self._meaning(_by_heading(cells, heading))
        if row.win:
            self._nights.take(number, row)
        else:
            self._sheet.metadata(number, noted(row.item, row.note), row.name or None)

    def checks(self) -> tuple[Check, ...]:
        """A check for every night in it."""
        self.take_all()
        return self._nights.checks()


def _by_heading(cells: list[str], heading: Heading) -> Cells:
    titled: dict[str, str] = {}
    for title, cell in zip(heading.titles, cells, strict=False):
        titled.setdefault(comparable(title), cell)
    for column, cell in islice(enumerate(cells, 1), len(heading.titles), None):
        titled[f"column {column}"] = cell
    return titled


def the_rest(cells: Cells, *known: str) -> list[str]:
    """What stands in the other columns, which is kept whatever they are called."""
    return [f"{title}: {cell}" for title, cell in cells.items() if cell and title not in known]
