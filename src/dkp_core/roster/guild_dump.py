"""EverQuest's guild window in a file (`/outputfile guild`): who is in the guild, as a game client tells it (R-6)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from attrs import frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import clean_name, name_key
from dkp_core.kernel.text_file import time_in, without_folders
from dkp_core.kernel.whole_file import WholeFile

BYTES_MAX: Final = 16 * 1024**2
"""A guild of ten thousand characters with a note for each makes two megabytes."""

LINES_MAX: Final = 50_000
LINE_LENGTH_MAX: Final = 8 * 1024
LEVEL_DIGITS_MAX: Final = 4

ACCEPTED: Final = "the file of /outputfile guild: name, level, class and rank of a character in each line, tabs between"
WHOLE: Final = WholeFile(called="a guild dump", accepted=ACCEPTED, bytes_max=BYTES_MAX, lines_max=LINES_MAX)
LEADER: Final = "leader"
ALT: Final = "a"
NAME, LEVEL, CLASS, RANK, ALT_FLAG, LAST_ON, ZONE, PUBLIC_NOTE = range(8)
PERSONAL_NOTE: Final = 13
CELLS_MIN: Final = RANK + 1
CELLS_READ: Final = PERSONAL_NOTE + 1
RECOGNISED_SHARE_MIN: Final = 0.5

DATE: Final = re.compile(r"(\d\d?)/(\d\d?)/(\d\d|\d{4})", re.ASCII)
CENTURY: Final = 2000
TIME_AT_END: Final = re.compile(r"[-_]\d{8}-\d{6}.*", re.ASCII | re.DOTALL)
SERVER: Final = re.compile(r"[a-z][a-z0-9.]*", re.ASCII)


class GuildLineOutcome(StrEnum):
    """What a line of a guild dump turned out to be; every line has one."""

    MEMBER = "member"
    REPEATED = "repeated"
    UNREADABLE = "unreadable"
    BLANK = "blank"


class GuildDumpWarningKind(StrEnum):
    """What is odd about a guild dump without making it worthless."""

    NO_LEADER = "no_leader"
    UNDATED_ROWS = "undated_rows"
    UNREADABLE_ROWS = "unreadable_rows"


@frozen(kw_only=True)
class GuildDumpWarning:
    """What a person should look at before applying the dump."""

    kind: GuildDumpWarningKind
    sentence: str
    line: int | None = None


@frozen(kw_only=True)
class GuildDumpRow:
    """One character of the guild, as the game's roster window shows it.

    `rank` is the guild's own word for it. `last_on` is a day of the PC's own clock. `detail` keeps the cells that have
    no field, and what of a cell could not be read.
    """

    line: int
    name: str
    level: int | None
    character_class: str
    rank: str
    is_alt: bool = False
    last_on: date | None = None
    zone: str = ""
    public_note: str = ""
    personal_note: str = ""
    detail: str = ""

    @property
    def is_leader(self) -> bool:
        """Whether the game's own word for the guild's leader stands as the rank."""
        return name_key(self.rank) == LEADER


@frozen(kw_only=True)
class GuildDumpLine:
    """What became of one line; `detail` says why it was not read."""

    number: int
    outcome: GuildLineOutcome
    name: str | None = None
    detail: str = ""


@frozen(kw_only=True)
class GuildDump:
    """A guild's characters as one dump tells them; `lines` has every line of the file, in order.

    `guild_name` and `server` are empty and `taken_at`, local time without a zone, is None where the file's name does
    not say.
    """

    rows: tuple[GuildDumpRow, ...]
    lines: tuple[GuildDumpLine, ...]
    warnings: tuple[GuildDumpWarning, ...]
    guild_name: str = ""
    server: str = ""
    taken_at: datetime | None = None


def read_guild_dump(data: Iterable[bytes], file_name: str = "") -> GuildDump:
    """Read who is in the guild out of a file, given in chunks of any size.

    Raises: InvalidValue of the field `file` for what is too large, no text, a web page, empty, or no guild dump.
    """
    return guild_dump_of(WHOLE.lines(WHOLE.data(data)), file_name)


def guild_dump_of(lines: Iterable[str], file_name: str = "") -> GuildDump:
    """Who is in the guild by the lines of a file; not all of them are blank. Raises: InvalidValue for no guild dump."""
    reading = _Reading()
    for number, line in enumerate(lines, 1):
        reading.take(number, line)
    if not reading.rows:
        fault = next(line for line in reading.lines if line.outcome is GuildLineOutcome.UNREADABLE)
        raise InvalidValue("file", f"no line of it names a character (line {fault.number}: {fault.detail})", ACCEPTED)
    guild_name, server = guild_and_server(file_name)
    return GuildDump(
        rows=tuple(reading.rows),
        lines=tuple(reading.lines),
        warnings=reading.warnings(),
        guild_name=guild_name,
        server=server,
        taken_at=time_in(file_name),
    )


def is_guild_row(line: str) -> bool:
    """Whether a line looks like a guild dump's: a name, a level, a class, a rank, and the day of the last visit."""
    cells = [cell.strip() for cell in line.split("\t", LAST_ON + 1)]
    return (
        len(cells) > LAST_ON
        and cells[NAME].isalpha()
        and _number(cells[LEVEL], LEVEL_DIGITS_MAX) is not None
        and bool(cells[CLASS])
        and (_day(cells[LAST_ON]) is not None or _day(cells[ALT_FLAG]) is not None)
    )


def is_guild_dump(lines: Iterable[str]) -> bool:
    """Whether the first lines of a file look like a guild dump's."""
    written = [line for line in lines if line.strip()]
    return bool(written) and sum(map(is_guild_row, written)) >= RECOGNISED_SHARE_MIN * len(written)


def guild_and_server(file_name: str) -> tuple[str, str]:
    """What a dump's file is named after: `The_Unknown_firiona-20230111-141432.txt`, or in older clients no server.

    Spaces of the guild's name are underscores in some clients; a server's name is in lower case.
    """
    stem, found = TIME_AT_END.subn("", without_folders(file_name))
    if not found:
        return "", ""
    guild, underscore, server = stem.rpartition("_")
    if not underscore or SERVER.fullmatch(server) is None:
        guild, server = stem, ""
    return " ".join(guild.replace("_", " ").split()), server


class _Reading:
    """The rows read so far: who was named first counts, who is named again is told so."""

    def __init__(self) -> None:
        self.rows: list[GuildDumpRow] = []
        self.lines: list[GuildDumpLine] = []
        self._first_lines: dict[str, int] = {}
        self._undated: list[int] = []

    def take(self, number: int, line: str) -> None:
        if len(line) > LINE_LENGTH_MAX:
            self._unreadable(number, f"it has {len(line):,} characters; at most {LINE_LENGTH_MAX:,} are read")
            return
        cells = [cell.strip() for cell in line.split("\t")]
        if not any(cells):
            self.lines.append(GuildDumpLine(number=number, outcome=GuildLineOutcome.BLANK))
        elif len(cells) < CELLS_MIN:
            self._unreadable(number, f"it has {len(cells)} cells; a guild dump's rows have name, level, class and rank")
        else:
            self._take_cells(number, cells)

    def warnings(self) -> tuple[GuildDumpWarning, ...]:
        found = []
        if not any(row.is_leader for row in self.rows):
            found.append(
                GuildDumpWarning(
                    kind=GuildDumpWarningKind.NO_LEADER,
                    sentence="No row has the rank Leader: the roster window showed a part of the guild, or its "
                    "leader's rank has another name. Who is missing here may be in the guild nevertheless.",
                )
            )
        unreadable = [line for line in self.lines if line.outcome is GuildLineOutcome.UNREADABLE]
        for kind, numbers, what in (
            (GuildDumpWarningKind.UNDATED_ROWS, self._undated, "Rows that do not tell the day of the last visit"),
            (GuildDumpWarningKind.UNREADABLE_ROWS, [line.number for line in unreadable], "Rows that could not be read"),
        ):
            if numbers:
                sentence = f"{what}: {len(numbers):,}, the first in line {numbers[0]}."
                found.append(GuildDumpWarning(kind=kind, sentence=sentence, line=numbers[0]))
        return tuple(found)

    def _take_cells(self, number: int, cells: list[str]) -> None:
        try:
            name = _name(cells[NAME])
        except InvalidValue as fault:
            self._unreadable(number, f"no name: {fault.fault}")
            return
        if not cells[LEVEL] or _number(cells[LEVEL], LEVEL_DIGITS_MAX) is None:
            self._unreadable(number, f"its level {cells[LEVEL][:40]!r} is no number", name)
            return
        first = self._first_lines.setdefault(name_key(name), number)
        if first != number:
            detail = f"named in line {first} already"
            self.lines.append(GuildDumpLine(number=number, outcome=GuildLineOutcome.REPEATED, name=name, detail=detail))
            return
        row = _row(number, name, cells)
        if row.last_on is None:
            self._undated.append(number)
        self.lines.append(GuildDumpLine(number=number, outcome=GuildLineOutcome.MEMBER, name=name, detail=row.detail))
        self.rows.append(row)

    def _unreadable(self, number: int, reason: str, name: str | None = None) -> None:
        self.lines.append(GuildDumpLine(number=number, outcome=GuildLineOutcome.UNREADABLE, name=name, detail=reason))


def _row(number: int, name: str, cells: list[str]) -> GuildDumpRow:
    if len(cells) > ALT_FLAG and _day(cells[ALT_FLAG]) is not None:
        cells = [*cells[:ALT_FLAG], "", *cells[ALT_FLAG:]]  # classic clients know no alts
    given = [*cells, *[""] * (CELLS_READ - len(cells))]
    last_on = _day(given[LAST_ON])
    notes = [
        f"alt flag {given[ALT_FLAG]!r} is not known" if given[ALT_FLAG].casefold() not in ("", ALT) else "",
        f"last on {given[LAST_ON]!r} is no day" if given[LAST_ON] and last_on is None else "",
        *(
            f"column {column + 1}: {cell}"
            for column, cell in enumerate(given)
            if cell and column > PUBLIC_NOTE and column != PERSONAL_NOTE
        ),
    ]
    return GuildDumpRow(
        line=number,
        name=name,
        level=_number(given[LEVEL], LEVEL_DIGITS_MAX),
        character_class=given[CLASS],
        rank=given[RANK],
        is_alt=given[ALT_FLAG].casefold() == ALT,
        last_on=last_on,
        zone=given[ZONE],
        public_note=given[PUBLIC_NOTE],
        personal_note=given[PERSONAL_NOTE],
        detail="; ".join(note for note in notes if note),
    )


def _name(raw: str) -> str:
    accepted = "a character's name"
    name = clean_name(raw)
    if "\ufffd" in name:
        raise InvalidValue("name", "it holds a character that could not be decoded", accepted)
    if not any(map(str.isalpha, name)):
        raise InvalidValue("name", "it holds no letter", accepted)
    return name


def _number(text: str, digits_max: int) -> int | None:
    return int(text) if len(text) <= digits_max and text.isascii() and text.isdigit() else None


def _day(text: str) -> date | None:
    """A day as the client writes it, month first and mostly with two digits of the year."""
    found = DATE.fullmatch(text)
    if found is None:
        return None
    month, day, year = map(int, found.groups())
    try:
        return date(year if year >= 100 else CENTURY + year, month, day)
    except ValueError:
        return None
