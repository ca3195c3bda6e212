"""The first look at an export: whether it is whole, what it holds, and which ids there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final, Protocol

from attrs import define, field

from dkp_adapters.sql.guild_export.csv_sheets import CsvReading
from dkp_adapters.sql.guild_export.documents import JsonReading
from dkp_adapters.sql.guild_export.layout import FORMAT, VERSION, Row, Sheet, Unfit, sheets
from dkp_adapters.sql.guild_export.renumbering import Renumbering
from dkp_adapters.sql.references import DEADLINES, GUILD, REFERENCES, USER, Rewriting
from dkp_core.accounts import discord_id_of
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import clean_name
from dkp_core.moving import BrokenExport

ZIP: Final = b"PK"
ID_MAX: Final = 2**53
_MISSING: Final = object()
ACCEPTED: Final = "an export as `dkp export` writes it"

Placed = tuple[Sheet, int, Row]
"""A row, in which table and as which of its rows it stands."""


class Reading(Protocol):
    """An export that is read from its beginning."""

    def header(self) -> dict[str, Any]:
        """What is told of the whole."""

    def rows(self) -> Iterator[tuple[str, int, object]]:
        """Each row with its table and its number there, the table itself as row 0 before."""

    def close(self) -> None:
        """See that nothing follows."""


def reading_of(file: BinaryIO) -> Reading:
    """A reading of the file from its beginning, whichever of the two it is. Raises: BrokenExport."""
    file.seek(0)
    is_zip = file.read(len(ZIP)) == ZIP
    file.seek(0)
    return CsvReading(file) if is_zip else JsonReading(file)


def rows_of(reading: Reading) -> Iterator[Placed]:
    """Every row as it is to be stored, but for its ids; each table once, and none missing. Raises: BrokenExport."""
    for sheet, number, value in _given_in(reading):
        yield sheet, number, _row(sheet, number, value)


def _given_in(reading: Reading) -> Iterator[tuple[Sheet, int, object]]:
    """Every row as it was given."""
    seen: set[str] = set()
    for table, number, value in reading.rows():
        sheet = sheets().get(table)
        if sheet is None:
            raise BrokenExport(f"tables.{table}"[:80], "it is no table of an export", ACCEPTED)
        if number == 0:
            if table in seen:
                raise BrokenExport(f"tables.{table}", "it is there twice", "each table once")
            seen.add(table)
        else:
            yield sheet, number, value
    reading.close()
    for missing in sorted(sheets().keys() - seen):
        raise BrokenExport(f"tables.{missing}", "it is missing", "every table, an empty one too")


def place_of(sheet: Sheet, number: int, column: str = "") -> str:
    """How errors call the place of a row, or of a value in it."""
    return f"tables.{sheet.name}.{number}" + (f".{column}" if column else "")


def _row(sheet: Sheet, number: int, value: object) -> Row:
    """The row, whole and sound. Raises: BrokenExport."""
    if not isinstance(value, dict):
        raise BrokenExport(place_of(sheet, number), "it is no object", "an object of columns")
    row: Row = []
    for name, kind, may_be_nothing in sheet.each:
        given = value.get(name, _MISSING)
        if given is None and may_be_nothing:
            row.append(None)
            continue
        try:
            row.append(kind.taken(given))
        except Unfit as unfit:
            place = place_of(sheet, number, name)
            if given is _MISSING:
                raise BrokenExport(place, "it is missing", ", ".join(sheet.names)) from None
            fault = "it is nothing" if given is None else unfit.fault
            raise BrokenExport(place, fault, unfit.accepted) from unfit
    if len(value) > len(row):
        strange = min(map(str, value.keys() - set(sheet.names)))
        raise BrokenExport(place_of(sheet, number, strange[:40]), "there is no such column", ", ".join(sheet.names))
    return row


@define(eq=False)
class Survey:
    """What an export holds.

    `own` are the ids of each kind that its rows have, `spoken` these and those that it only tells of; `people` and
    `pools` are by their old ids.
    """

    may_come: Callable[[Survey], object]
    program: str = field(default="", init=False)
    guild: Row = field(factory=list, init=False)
    own: dict[str, Renumbering] = field(factory=dict, init=False)
    spoken: dict[str, Renumbering] = field(factory=dict, init=False)
    people: dict[int, Row] = field(factory=dict, init=False)
    counts: dict[str, int] = field(factory=dict, init=False)
    _discord_ids: set[str | None] = field(factory=set, init=False)
    _telling: dict[str, Rewriting] = field(factory=dict, init=False)

    @classmethod
    def of(cls, reading: Reading, may_come: Callable[[Survey], object]) -> Survey:
        """Look through all of it, as far as ids go; `may_come` is asked as soon as the guild is known.

        Raises: BrokenExport, and what `may_come` does.
        """
        survey = cls(may_come)
        survey._look_at_header(reading.header())
        survey.counts = dict.fromkeys(sheets(), 0)
        for sheet, number, value in _given_in(reading):
            survey.counts[sheet.name] += 1
            survey._note(sheet, number, value)
        if not survey.guild:
            raise BrokenExport("tables.guilds", "it is empty", "the one guild")
        return survey

    @property
    def guild_id(self) -> int:
        """The guild's id in the export."""
        return int(self.guild[sheets()["guilds"].place("id")])

    @property
    def slug(self) -> str:
        """The guild's slug in the export."""
        return str(self.guild[sheets()["guilds"].place("slug")])

    def _look_at_header(self, header: Mapping[str, Any]) -> None:
        if header.get("format") != FORMAT:
            raise BrokenExport("format", f"it is {str(header.get('format'))[:40]!r}", f"{FORMAT!r}")
        version = header.get("version")
        if type(version) is not int or version < 1:
            raise BrokenExport("version", f"it is {str(version)[:40]!r}", f"1 to {VERSION}")
        if version > VERSION:
            newer = f"it is {version}, which a newer version of this program wrote"
            raise BrokenExport("version", newer, f"1 to {VERSION}; update this program first")
        self.program = str(header.get("program", ""))[:64]

    def _note(self, sheet: Sheet, number: int, value: object) -> None:
        if sheet.name == "guilds":
            if self.guild:
                raise BrokenExport(place_of(sheet, number), "it is the second guild", "one guild")
            self.guild = _row(sheet, number, value)
            self.may_come(self)
        elif sheet.name == "users":
            self._note_person(sheet, number, _row(sheet, number, value))
        else:
            names = REFERENCES[sheet.name]
            if names.own is not None:
                self._note_own(names.own, sheet, number, value)
            if names.loose:
                self._hear(sheet, number, _row(sheet, number, value))

    def _note_own(self, kind: str, sheet: Sheet, number: int, value: object) -> None:
        own = value.get("id") if isinstance(value, dict) else None
        if type(own) is not int or not 1 <= own < ID_MAX:
            _row(sheet, number, value)  # tells what is wrong, if that is not all
            raise BrokenExport(place_of(sheet, number, "id"), f"{own} is no id", f"1 to {ID_MAX}")
        if not self.own.setdefault(kind, Renumbering()).note(own):
            raise BrokenExport(place_of(sheet, number, "id"), f"{kind} {own} is there twice", "each id once")
        self.spoken.setdefault(kind, Renumbering()).note(own)

    def _note_person(self, sheet: Sheet, number: int, row: Row) -> None:
        user_id, discord_id, username, _ = row
        if not 1 <= user_id < ID_MAX:
            raise BrokenExport(place_of(sheet, number, "id"), f"{user_id} is no id", f"1 to {ID_MAX}")
        if user_id in self.people:
            raise BrokenExport(place_of(sheet, number, "id"), f"user {user_id} is there twice", "each id once")
        if discord_id is not None and discord_id in self._discord_ids:
            raise BrokenExport(place_of(sheet, number, "discord_id"), f"{discord_id} is there twice", "each id once")
        try:
            if clean_name(username, "username") != username:
                raise InvalidValue("username", f"{username!r} is not clean", "a name without needless spaces")
            if discord_id is not None and discord_id_of(discord_id) != discord_id:
                raise InvalidValue("discord_id", f"{discord_id!r} is not accepted", "digits")
        except InvalidValue as fault:
            raise BrokenExport(place_of(sheet, number, fault.name), fault.fault, fault.accepted) from fault
        self.people[user_id] = row
        self._discord_ids.add(discord_id)

    def _hear(self, sheet: Sheet, number: int, row: Row) -> None:
        if sheet.name == "deadlines" and row[sheet.place("kind")] not in DEADLINES:
            place = place_of(sheet, number, "kind")
            raise BrokenExport(place, f"{row[sheet.place('kind')][:40]!r} is none", ", ".join(sorted(DEADLINES)))
        telling = self._telling.get(sheet.name)
        if telling is None:
            telling = self._telling[sheet.name] = Rewriting.of(sheet.name, sheet.names)
        rewritten(telling, list(row), self._heard, place_of(sheet, number))

    def _heard(self, kind: str, number: int, /, *, loose: bool) -> int:
        if loose and kind not in (USER, GUILD) and 1 <= number < ID_MAX:
            self.spoken.setdefault(kind, Renumbering()).note(number)
        return number


def rewritten(rewriting: Rewriting, row: Row, seen: Any, place: str) -> Row:
    """The row with other ids. Raises: BrokenExport, also where ids are not where they should be."""
    built_as_it_should(lambda: rewriting(row, seen), place)
    return row


def built_as_it_should(read: Callable[[], object], place: str) -> None:
    """Do what takes the value at that place for granted. Raises: BrokenExport where it can't be done."""
    try:
        read()
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as fault:
        raise BrokenExport(place, f"it is not built as it should be ({fault})"[:200], ACCEPTED) from fault
