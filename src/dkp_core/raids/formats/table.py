"""A table by its heading (CSV): whichever column holds names, whatever stands between the cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Final

from attrs import frozen

from dkp_core.kernel.table_row import QUOTE, closing_line, split_row
from dkp_core.kernel.text_file import time_in
from dkp_core.raids.formats.check import Check, Presence, WarningKind
from dkp_core.raids.formats.errors import NameColumnMissing
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted, number_in
from dkp_core.raids.formats.text import DumpText, NumberedLine

DELIMITERS: Final = (",", ";", "\t")
SEPARATOR_LINE: Final = "sep="
"""What Excel puts before a table to name its delimiter."""

QUOTED_LINES_MAX: Final = 20
"""Lines a cell in quotes may go over (a note with line breaks); a quote open for longer was never closed."""

NAME_HEADINGS: Final = (
    "character",
    "character name",
    "char",
    "name",
    "player",
    "player name",
    "raider",
    "attendee",
    "driver",
)
"""In order of preference: a table that has a player and a character is about the character."""

HEADINGS: Final = MappingProxyType(
    {
        "level": ("level", "lvl", "character level"),
        "class": ("class", "character class"),
        "race": ("race",),
        "guild": ("guild",),
        "zone": ("zone",),
        "group": ("group", "party"),
        "status": ("status", "attendance", "presence", "attendance status"),
    }
)

PRESENCES: Final = MappingProxyType(
    {
        Presence.PRESENT: ("present", "attended", "here", "yes", "y", "x", "true", "1", "ok", "on time"),
        Presence.LATE: ("late", "tardy", "came late"),
        Presence.LEFT_EARLY: ("left early", "leftearly", "left", "early", "early leave", "early out"),
        Presence.STANDBY: (
            "standby",
            "stand by",
            "bench",
            "benched",
            "reserve",
            "sitout",
            "sit out",
            "waitlist",
        ),
        Presence.ABSENT_EXCUSED: (
            "absent excused",
            "excused absence",
            "excused absent",
            "absent (excused)",
            "excused",
            "loa",
            "vacation",
        ),
    }
)
PRESENCE_BY_WORD: Final = MappingProxyType({word: presence for presence, words in PRESENCES.items() for word in words})
ABSENT: Final = frozenset(
    (
        "absent",
        "absence",
        "missing",
        "no",
        "n",
        "false",
        "0",
        "no show",
        "noshow",
        "absent unexcused",
        "unexcused",
    )
)


@frozen(kw_only=True)
class Heading:
    """The first row of a table: where each field stands, and what its columns are called."""

    delimiter: str
    titles: tuple[str, ...]
    name: int
    fields: Mapping[str, int]


def recognises(sample: Sample) -> bool:
    """A first line, after Excel's own, that names a column of names."""
    lines = [line for line in sample.lines[:2] if not is_separator_line(line)]
    return bool(lines) and heading_of(lines[0], delimiters_of(sample.lines[0])) is not None


def is_separator_line(line: str) -> bool:
    """Whether a line is Excel's word on the delimiter."""
    return line.casefold().startswith(SEPARATOR_LINE) and len(line.rstrip("\r\n")) <= len(SEPARATOR_LINE) + 1


def delimiters_of(first_line: str) -> tuple[str, ...]:
    """What may stand between the cells: the one that Excel's own line names, or any."""
    named = first_line[len(SEPARATOR_LINE) :] if is_separator_line(first_line) else ""
    return (named,) if named and named != QUOTE else DELIMITERS


def comparable(title: str) -> str:
    """A heading or a status as it compares: `Character_Name`, `character-name`, `character name` are one."""
    return " ".join(title.replace("_", " ").replace("-", " ").casefold().split())


def heading_of(line: str, delimiters: tuple[str, ...] = DELIMITERS) -> Heading | None:
    """The heading with the delimiter that gives the most columns; None when no column holds names."""
    best: Heading | None = None
    for delimiter in delimiters:
        cells, _ = split_row(line, delimiter)
        titles = tuple(cell.strip() for cell in cells)
        columns: dict[str, int] = {}
        for column, title in enumerate(titles):
            columns.setdefault(comparable(title), column)
        name = next((columns[title] for title in NAME_HEADINGS if title in columns), None)
        if name is None or (best is not None and len(best.titles) >= len(titles)):
            continue
        fields = {
            field: columns[title]
            for field, spellings in HEADINGS.items()
            for title in spellings[::-1]
            if title in columns and columns[title] != name
        }
        best = Heading(delimiter=delimiter, titles=titles, name=name, fields=fields)
    return best


def read(text: DumpText, account: FileAccount, file_name: str) -> tuple[Check, ...]:
    """One check; its time is the file name's, if that has one.

    Raises: NameColumnMissing.
    """
    table = Table(Sheet(account), text.lines())
    table.take_all()
    return (table.closed(file_name),)


class Table:
    """A table while it is being read, row by row onto a sheet; what a row's cells mean may be told by who inherits."""

    def __init__(self, sheet: Sheet, lines: Iterator[NumberedLine]) -> None:
        self._sheet = sheet
        self._lines = lines
        self._ahead: list[NumberedLine] = []
        self._heading: Heading | None = None
        self._delimiters: tuple[str, ...] = DELIMITERS
        self._unknown_statuses: dict[str, int] = {}

    def take_all(self) -> None:
        """Read to the end. Raises: NameColumnMissing."""
        while (line := self._next()) is not None:
            if not line.text.strip():
                self._sheet.noise()
            elif self._heading is not None:
                self._take_row(line, self._heading)
            elif is_separator_line(line.text):
                self._delimiters = delimiters_of(line.text)
                self._sheet.metadata(line.number, line.text)
            else:
                self._heading = heading_of(line.text, self._delimiters)
                if self._heading is None:
                    delimiter = max(self._delimiters, key=line.text.count)
                    raise NameColumnMissing(_shown(line.text.split(delimiter)), NAME_HEADINGS)
                self._sheet.header(line.number, line.text.strip())

    def closed(self, file_name: str) -> Check:
        """The check as it was read."""
        for status, number in self._unknown_statuses.items():
            self._sheet.warn(
                WarningKind.UNKNOWN_STATUS,
                f"The status {status!r} is not known; it is taken for present.",
                line=number,
            )
        return self._sheet.closed(taken_at=time_in(file_name))

    def _next(self) -> NumberedLine | None:
        return self._ahead.pop(0) if self._ahead else next(self._lines, None)

    def _take_row(self, line: NumberedLine, heading: Heading) -> None:
        cells, is_open = split_row(line.text, heading.delimiter)
        following: list[NumberedLine] = []
        if is_open:
            following = self._following()
            text = "\n".join((line.text, *(continued.text for continued in following)))
            cells, is_open = split_row(text, heading.delimiter)
        if is_open:
            self._ahead = following + self._ahead
            self._sheet.unreadable(
                line.number, f"a quote opens in it and does not close within {QUOTED_LINES_MAX} lines"
            )
            return
        self.take_cells(line.number, [cell.strip() for cell in cells], heading)
        for continued in following:
            self._sheet.metadata(continued.number, f"continues line {line.number}")

    def _following(self) -> list[NumberedLine]:
        """The lines after one that ends inside a quote, up to the one that closes it; none when none does."""
        self._ahead += islice(self._lines, QUOTED_LINES_MAX - len(self._ahead))
        count = closing_line(line.text for line in self._ahead)
        following = self._ahead[:count]
        del self._ahead[:count]
        return following

    def take_cells(self, number: int, cells: list[str], heading: Heading) -> None:
        """Note what a row says; its cells are without quotes and outer spaces."""
        if not any(cells):
            self._sheet.noise()
            return
        row = {field: cells[column] for field, column in heading.fields.items() if column < len(cells)}
        name = cells[heading.name] if heading.name < len(cells) else ""
        status = row.get("status", "")
        detail = noted(
            *(f"{field} {row[field]!r} is no number" for field in ("level", "group") if _is_no_number(row.get(field))),
            f"status {status}" if status else "",
            *_unknown_columns(cells, heading),
        )
        if comparable(status) in ABSENT:
            self._sheet.metadata(number, detail, name or None)
            return
        named = self._sheet.attend(
            number,
            name,
            level=number_in(row.get("level", "")),
            character_class=row.get("class"),
            race=row.get("race"),
            guild=row.get("guild"),
            zone=row.get("zone"),
            group=number_in(row.get("group", "")),
            presence=PRESENCE_BY_WORD.get(comparable(status), Presence.PRESENT),
            detail=detail,
        )
        if named and status and comparable(status) not in PRESENCE_BY_WORD:
            self._unknown_statuses.setdefault(status, number)


def _is_no_number(cell: str | None) -> bool:
    return bool(cell) and number_in(cell or "") is None


def _unknown_columns(cells: list[str], heading: Heading) -> list[str]:
    """What stands in columns that have no field: kept, whatever they are called."""
    known = {heading.name, *heading.fields.values()}
    titles = heading.titles
    return [
        f"{(titles[column] if column < len(titles) else '') or f'column {column + 1}'}: {cell}"
        for column, cell in enumerate(cells)
        if cell and column not in known
    ]


def _shown(titles: list[str]) -> tuple[str, ...]:
    """The first headings of a table, short enough for a sentence."""
    return tuple(title.strip()[:40] for title in titles[:12])


READER: Final = FormatReader(
    title="CSV table with a column of names (comma, semicolon or tab; heading character, name or player)",
    recognises=recognises,
    read=read,
)
