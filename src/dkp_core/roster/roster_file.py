"""Files that tell of a roster: a table with a heading, a map of characters to mains, or a guild dump (R-6)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import clean_name, clean_text, name_key
from dkp_core.kernel.whole_file import WholeFile
from dkp_core.roster.character import LEVEL_MAX, CharacterStatus
from dkp_core.roster.guild_dump import GuildDumpRow, GuildLineOutcome, guild_dump_of, is_guild_dump

BYTES_MAX: Final = 8 * 1024**2
LINES_MAX: Final = 50_000
CHARACTERS_MAX: Final = 5_000
LINE_LENGTH_MAX: Final = 64 * 1024
SAMPLE_LINES: Final = 50
QUOTED_LINES_MAX: Final = 20
"""Lines a cell in quotes may go over (notes with line breaks); a quote open for longer was never closed."""

SEPARATOR_LINE: Final = "sep="
"""What Excel puts before a table to name its delimiter."""

DELIMITERS: Final = (",", ";", "\t")
HEADINGS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": ("name", "character", "character name", "char", "char name", "toon", "player", "driver"),
        "character_class": ("class", "character class", "job", "car class"),
        "level": ("level", "lvl", "character level"),
        "race": ("race", "character race"),
        "rank": ("rank", "rank name", "guild rank", "character rank"),
        "status": ("status", "character status", "state"),
        "owner": ("user id", "owner id", "discord id", "owner", "user", "username", "user name", "discord"),
        "main": ("main character", "main", "main name", "alt of", "main char"),
        "is_main": ("is main", "main or alt", "main/alt"),
        "joined_on": ("joined on", "joined", "join date", "guild join date", "date joined", "member since"),
        "notes": ("notes", "note", "comment", "comments"),
    }
)
"""What each column may be called, in any case; of several the first is taken."""

COMPUTED: Final = frozenset({"id", "owner", "rank id", "main id", "attendance 30", "aliases"})
"""Columns of an exported roster that repeat others, or that nobody may set: they are no unknown columns."""

YES: Final = frozenset({"yes", "y", "true", "1", "x", "main"})
NO: Final = frozenset({"no", "n", "false", "0", "alt", "box", "mule"})
STATUSES: Final[Mapping[str, CharacterStatus]] = MappingProxyType(
    {
        **{status.value: status for status in CharacterStatus},
        "on trial": CharacterStatus.TRIAL,
        "recruit": CharacterStatus.TRIAL,
        "not active": CharacterStatus.INACTIVE,
        "former": CharacterStatus.RETIRED,
    }
)
ACCEPTED: Final = (
    "a table in CSV whose first line names its columns (one of them name or character), or an EverQuest guild dump "
    "(/outputfile guild)"
)
WHOLE: Final = WholeFile(called="a file", accepted=ACCEPTED, bytes_max=BYTES_MAX, lines_max=LINES_MAX)


class RosterFileKind(StrEnum):
    """What kind of file tells of a roster."""

    CSV = "csv"
    MAIN_MAP = "main_map"
    GUILD_DUMP = "guild_dump"


class LineKind(StrEnum):
    """What a line is that tells of no character."""

    HEADER = "header"
    CONTINUED = "continued"
    REPEATED = "repeated"
    UNREADABLE = "unreadable"


@frozen(kw_only=True)
class PlainLine:
    """A line that tells of no character, and why not."""

    line: int
    kind: LineKind
    name: str | None = None
    detail: str = ""


@frozen(kw_only=True)
class RosterEntry:
    """What a file says about one character; what is None or empty it does not say.

    `main` is the name of the main that it hangs under, `others` the cells of columns that are none of ours, by title.
    `fault` is why the line can't be taken; where it is not `is_named`, the name can't be read either. `alt_note` is
    what a guild dump tells besides: a flag or a public note.
    """

    line: int
    name: str
    character_class: str = ""
    level: int | None = None
    race: str = ""
    rank: str = ""
    status: CharacterStatus | None = None
    owner: str = ""
    is_main: bool | None = None
    main: str = ""
    joined_on: date | None = None
    notes: str = ""
    others: Mapping[str, str] = field(factory=dict)
    is_flagged_alt: bool = False
    alt_note: str = ""
    fault: str = ""
    is_named: bool = True


@frozen(kw_only=True)
class RosterFile:
    """A file as it was read: each of its lines is an entry, a plain line or blank.

    `titles` are the columns that are none of ours. A guild dump is partial where nobody in it leads the guild.
    """

    kind: RosterFileKind
    entries: tuple[RosterEntry, ...]
    lines: tuple[PlainLine, ...]
    blank: int
    lines_total: int
    sha256: str
    titles: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    is_partial: bool = False
    guild_name: str = ""
    taken_at: datetime | None = None

    @property
    def names(self) -> frozenset[str]:
        """Everybody whom a line names, as itself or as somebody's main, whether the line can be taken or not."""
        named = (name for entry in self.entries for name in (entry.name, entry.main))
        return frozenset(filter(None, (*named, *(line.name for line in self.lines))))

    @property
    def nameless(self) -> int | None:
        """The first line that may name a character and can't be read so far; None where every one is read."""
        unread = (line.line for line in self.lines if line.kind is LineKind.UNREADABLE and line.name is None)
        return min((*unread, *(entry.line for entry in self.entries if not entry.is_named)), default=None)


def read_roster_file(data: Iterable[bytes], *, file_name: str = "", kind: RosterFileKind | None = None) -> RosterFile:
    """Read what a file tells of a roster; its kind is recognised, unless it is named.

    Raises: InvalidValue of the field `file` for what is too large, no text, a web page, empty, or nothing of these.
    """
    whole = WHOLE.data(data)
    lines = WHOLE.lines(whole)
    digest = sha256(whole).hexdigest()
    if kind is RosterFileKind.GUILD_DUMP or (kind is None and is_guild_dump(lines[:SAMPLE_LINES])):
        return _guild_dump(lines, file_name, digest)
    return _Table(lines).read(digest)


def comparable(title: str) -> str:
    """A title as it compares: `Main_Character`, `main-character` and `main character` are one."""
    return name_key(title.replace("_", " ").replace("-", " ").strip())


def _must_be_few(count: int) -> None:
    if count > CHARACTERS_MAX:
        raise InvalidValue("file", f"it names {count:,} characters", f"at most {CHARACTERS_MAX:,} at once")


# --- guild dumps ------------------------------------------------------------------------------------------------------


def _guild_dump(lines: Sequence[str], file_name: str, digest: str) -> RosterFile:
    dump = guild_dump_of(lines, file_name)
    _must_be_few(len(dump.rows))
    plain = tuple(
        PlainLine(
            line=line.number,
            kind=LineKind.REPEATED if line.outcome is GuildLineOutcome.REPEATED else LineKind.UNREADABLE,
            name=line.name,
            detail=line.detail,
        )
        for line in dump.lines
        if line.outcome in (GuildLineOutcome.REPEATED, GuildLineOutcome.UNREADABLE)
    )
    return RosterFile(
        kind=RosterFileKind.GUILD_DUMP,
        entries=tuple(map(_dump_entry, dump.rows)),
        lines=plain,
        blank=sum(line.outcome is GuildLineOutcome.BLANK for line in dump.lines),
        lines_total=len(lines),
        sha256=digest,
        warnings=tuple(warning.sentence for warning in dump.warnings),
        is_partial=not any(row.is_leader for row in dump.rows),
        guild_name=dump.guild_name,
        taken_at=dump.taken_at,
    )


def _dump_entry(row: GuildDumpRow) -> RosterEntry:
    entry = RosterEntry(
        line=row.line, name=row.name, level=row.level, is_flagged_alt=row.is_alt, alt_note=row.public_note
    )
    try:
        return evolve(
            entry,
            character_class=clean_name(row.character_class, "class") if row.character_class else "",
            rank=clean_name(row.rank, "rank") if row.rank else "",
        )
    except InvalidValue as fault:
        return evolve(entry, fault=fault.sentence)


# --- tables -----------------------------------------------------------------------------------------------------------


@frozen
class _Heading:
    """The first line of a table: where each of our fields stands, and what the other columns are called."""

    delimiter: str
    titles: tuple[str, ...]
    columns: Mapping[str, int]

    @classmethod
    def of(cls, line: str, delimiters: Sequence[str]) -> _Heading | None:
        """The heading with the delimiter that gives the most of our columns; None where none names characters."""
        found = [cls._split(line, delimiter) for delimiter in delimiters]
        named = [heading for heading in found if "name" in heading.columns]
        return max(named, key=lambda heading: (len(heading.columns), len(heading.titles)), default=None)

    @classmethod
    def _split(cls, line: str, delimiter: str) -> _Heading:
        try:
            titles = tuple(cell.strip()[:80] for cell in _cells(line, delimiter))
        except csv.Error:
            titles = ()
        places: dict[str, int] = {}
        for place, title in enumerate(titles):
            places.setdefault(comparable(title), place)
        columns = {
            name: places[spelling]
            for name, spellings in HEADINGS.items()
            for spelling in reversed(spellings)
            if spelling in places
        }
        return cls(delimiter, titles, columns)

    @property
    def others(self) -> Mapping[int, str]:
        """The columns that are none of ours, by place; without a title, and without what an export repeats."""
        ours = set(self.columns.values())
        return {
            place: title
            for place, title in enumerate(self.titles)
            if title and place not in ours and comparable(title) not in COMPUTED
        }


class _Table:
    """A table being read, line by line; whatever a cell holds, its line is accounted for."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._next = 0
        self._blank = 0
        self._plain: list[PlainLine] = []
        self._rows: list[tuple[int, list[str]]] = []

    def read(self, digest: str) -> RosterFile:
        heading = self._heading()
        for number, line in self._remaining():
            self._take(number, line, heading.delimiter)
        entries = _entries(self._rows, heading)
        if not entries:
            raise InvalidValue("file", "it names no character below its first line", ACCEPTED)
        _must_be_few(len(entries))
        is_map = set(heading.columns) == {"name", "main"} and not heading.others
        return RosterFile(
            kind=RosterFileKind.MAIN_MAP if is_map else RosterFileKind.CSV,
            entries=entries,
            lines=tuple(self._plain),
            blank=self._blank,
            lines_total=len(self._lines),
            sha256=digest,
            titles=tuple(heading.others.values()),
        )

    def _heading(self) -> _Heading:
        delimiters: Sequence[str] = DELIMITERS
        for number, line in self._remaining():
            if not line.strip():
                self._blank += 1
                continue
            self._plain.append(PlainLine(line=number, kind=LineKind.HEADER, detail=line.strip()[:200]))
            if line.casefold().startswith(SEPARATOR_LINE) and len(line) <= len(SEPARATOR_LINE) + 1:
                named = line[len(SEPARATOR_LINE) :]
                delimiters = (named,) if named in DELIMITERS or named == "|" else DELIMITERS
                continue
            heading = _Heading.of(line, delimiters)
            if heading is None:
                raise InvalidValue("file", f"its first line names no column of names ({line.strip()[:80]!r})", ACCEPTED)
            return heading
        raise InvalidValue("file", "it has no line that names its columns", ACCEPTED)

    def _remaining(self) -> Iterator[tuple[int, str]]:
        while self._next < len(self._lines):
            self._next += 1
            yield self._next, self._lines[self._next - 1]

    def _take(self, number: int, line: str, delimiter: str) -> None:
        if len(line) > LINE_LENGTH_MAX:
            detail = f"it has {len(line):,} characters; at most {LINE_LENGTH_MAX:,} are read"
            self._plain.append(PlainLine(line=number, kind=LineKind.UNREADABLE, detail=detail))
            return
        text = line
        if _is_open(line):
            following = self._following(line)
            if following is None:
                detail = f"a quote opens in it and does not close within {QUOTED_LINES_MAX} lines"
                self._plain.append(PlainLine(line=number, kind=LineKind.UNREADABLE, detail=detail))
                return
            text = "\n".join((line, *following))
            for offset in range(1, len(following) + 1):
                detail = f"it continues line {number}"
                self._plain.append(PlainLine(line=number + offset, kind=LineKind.CONTINUED, detail=detail))
            self._next += len(following)
        try:
            cells = [cell.strip() for cell in _cells(text, delimiter)]
        except csv.Error as fault:
            self._plain.append(PlainLine(line=number, kind=LineKind.UNREADABLE, detail=str(fault)))
            return
        if any(cells):
            self._rows.append((number, cells))
        else:
            self._blank += 1

    def _following(self, line: str) -> tuple[str, ...] | None:
        """The lines that belong to one that ends inside a quote; None where nothing closes it."""
        quotes = line.count('"')
        ahead = self._lines[self._next : self._next + QUOTED_LINES_MAX]
        for count, each in enumerate(ahead, 1):
            quotes += each.count('"')
            if quotes % 2 == 0:
                return tuple(ahead[:count])
        return None


def _is_open(line: str) -> bool:
    return line.count('"') % 2 == 1


def _cells(text: str, delimiter: str) -> list[str]:
    """The cells of a row, quotes undone."""
    if '"' not in text:
        return text.split(delimiter)
    lines = [f"{line}\n" for line in text.replace("\r", " ").split("\n")]
    return next(csv.reader(lines, delimiter=delimiter, skipinitialspace=True), [])


def _entries(rows: Sequence[tuple[int, list[str]]], heading: _Heading) -> tuple[RosterEntry, ...]:
    mains = [
        cells[heading.columns["main"]] for _, cells in rows if len(cells) > heading.columns.get("main", len(cells))
    ]
    # A column of yes and no says who is a main, a column of names whose alt they are.
    is_flag = all(comparable(main) in YES | NO for main in mains if main)
    return tuple(_entry(number, cells, heading, main_is_flag=is_flag) for number, cells in rows)


def _entry(number: int, cells: Sequence[str], heading: _Heading, *, main_is_flag: bool) -> RosterEntry:
    def cell(name: str) -> str:
        place = heading.columns.get(name, len(cells))
        return cells[place] if place < len(cells) else ""

    main = cell("main")
    entry = RosterEntry(
        line=number,
        name=cell("name")[:200],
        main="" if main_is_flag else main[:200],
        owner=cell("owner"),
        others={title: cells[place] for place, title in heading.others.items() if place < len(cells) and cells[place]},
    )
    try:
        entry = evolve(entry, name=clean_name(cell("name")))
    except InvalidValue as fault:
        return evolve(entry, fault=fault.sentence, is_named=False)
    try:
        entry = evolve(
            entry,
            character_class=clean_name(cell("character_class"), "class") if cell("character_class") else "",
            level=_level(cell("level")),
            race=clean_name(cell("race"), "race") if cell("race") else "",
            rank=clean_name(cell("rank"), "rank") if cell("rank") else "",
            status=_status(cell("status")),
            joined_on=_day(cell("joined_on")),
            notes=clean_text(cell("notes"), "notes"),
            main="" if main_is_flag or not main else clean_name(main, "main"),
            is_main=_flag(main if main_is_flag and main else cell("is_main")),
        )
    except InvalidValue as fault:
        return evolve(entry, fault=fault.sentence)
    if entry.main and name_key(entry.main) == name_key(entry.name):
        return evolve(entry, main="", is_main=True)
    if entry.main and entry.is_main:
        return evolve(entry, fault=f"It is a main, and an alt of {entry.main}; one of the two is accepted.")
    return entry


def _flag(cell: str) -> bool | None:
    word = comparable(cell)
    if word and word not in YES | NO:
        raise InvalidValue("is_main", f"{cell[:40]!r} is not accepted", "yes or no, main or alt")
    return word in YES if word else None


def _level(cell: str) -> int | None:
    if not cell:
        return None
    if not (cell.isascii() and cell.isdigit() and len(cell) <= len(str(LEVEL_MAX)) and int(cell) <= LEVEL_MAX):
        raise InvalidValue("level", f"{cell[:40]!r} is no level", f"0 to {LEVEL_MAX}, or nothing")
    return int(cell)


def _status(cell: str) -> CharacterStatus | None:
    if not cell:
        return None
    found = STATUSES.get(comparable(cell))
    if found is None:
        raise InvalidValue("status", f"{cell[:40]!r} is no character status", ", ".join(CharacterStatus))
    return found


def _day(cell: str) -> date | None:
    if not cell:
        return None
    day = "-".join(reversed(cell.split("."))) if cell.count(".") == 2 else cell.replace("/", "-")
    try:
        return date.fromisoformat(day[: len("2026-11-20")])
    except ValueError as fault:
        raise InvalidValue(
            "joined_on", f"{cell[:40]!r} is no day", "a day such as 2026-11-20, or 20.11.2026"
        ) from fault
