"""A source of EQdkp Plus 2.3: a live database, a dump or a backup, opened and read row by row (O-1, O-2).

Nothing is lost on the way: each row of each table is either given or listed as a fault with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from attrs import define, field, frozen

from dkp_adapters.eqdkp.cells import codec_of, decoded
from dkp_adapters.eqdkp.ciphered import TRIED_MAX, Key, NotOpened
from dkp_adapters.eqdkp.errors import (
    NoSource,
    NoSuchInstallation,
    NotEqdkp,
    OlderEqdkp,
    PartsMissing,
    RulesUnreadable,
    SeveralInstallations,
    WrongKey,
    listed,
)
from dkp_adapters.eqdkp.rows import (
    KINDS,
    OLD_LEFTOVERS,
    PASSED_OVER,
    POINTS_ARE_OF,
    R,
    columns_of,
    needed_columns_of,
    reader_of,
)
from dkp_adapters.eqdkp.rules import FILE_BYTES_MAX, AutomaticAdjustment, RuleFunction, functions_of, rules_of
from dkp_adapters.eqdkp.spool import Fault, S, Spool, Spooled
from dkp_adapters.eqdkp.statements import Cells
from dkp_adapters.eqdkp.taking import Progress, Taken, taken_from_database, taken_from_file

OLDEST: Final = (2, 3)
_SCHEMES: Final = ("mysql://", "mariadb://", "mysql+pymysql://", "mariadb+pymysql://")
_CHARACTERS: Final = "members"
_BESIDE: Final = ("raid_attendees", "multidkp")
_OF_A_PLUGIN: Final = "guildrequest_"
_ENCRYPTED: Final = (("users", "user_email"), ("users", "auth_account"), ("guildrequest_requests", "email"))


@frozen
class RawRow:
    """A row as it is stored, for an archive: texts as they stand, bytes that are no text as `0x…`."""

    table: str
    ordinal: int
    columns: Sequence[str]
    values: Sequence[str | None]


@define
class EqdkpSource:
    """An installation of EQdkp Plus, read into a temporary file that goes when it is closed.

    Tables are named without their prefix. `tables` has how many rows each has; `missing` the tables, and the columns of
    tables, that are read where they are there; `extra` the columns that are not read; `notes` what should be known.
    `knows_rules` says whether the file with the automatic adjustments was there.
    """

    version: str | None
    prefix: str
    tables: Mapping[str, int]
    missing: Sequence[str]
    extra: Sequence[str]
    notes: Sequence[str]
    knows_rules: bool
    adjustments: Sequence[AutomaticAdjustment]
    functions: Mapping[str, RuleFunction]
    _spool: Spool = field(repr=False)
    _key: Key | None = field(repr=False)
    _now: datetime = field(repr=False)
    _faults: dict[tuple[str, int], Fault] = field(factory=dict, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets the temporary file go."""
        self._spool.close()

    @property
    def faults(self) -> Sequence[Fault]:
        """The rows that were not given, so far as they were asked for, each with its reason."""
        return tuple(self._faults.values())

    def rows(self, kind: type[R]) -> Iterator[R]:
        """The rows of a kind; none where its table is missing. Those that can't be read come into `faults` instead."""
        table = self._table(kind.table)
        if table is None:
            return
        read = reader_of(kind, table.columns, _codecs(table), key=self._key, now=self._now)
        for first, batch in self._spool.batches(table.name):
            given, faults = read(first, batch)
            for ordinal, reason in faults.items():
                self._faults[kind.table, ordinal] = Fault(kind.table, ordinal, reason)
            yield from given

    def columns(self, table: str) -> Sequence[str]:
        """The columns of any table; none where there is no such table."""
        found = self._table(table)
        return () if found is None else found.columns

    def raw(self, table: str) -> Iterator[RawRow]:
        """The rows of any table as they are stored; none where there is no such table."""
        found = self._table(table)
        if found is None:
            return
        codecs, absent = _codecs(found), (None,) * len(found.columns)
        for first, batch in self._spool.batches(found.name):
            for ordinal, cells in enumerate(batch, first):
                texts = _texts(cells, codecs, found)
                yield RawRow(table, ordinal, found.columns, (*texts, *absent[len(texts) :]))

    def stored(self, table: str) -> Iterator[Sequence[bytes | None]]:
        """The bytes of a table's rows, in UTF-8 where they are text; none where there is no such table."""
        found = self._table(table)
        if found is None:
            return
        codecs = _codecs(found)
        is_utf8 = all(each == "utf-8" for each in codecs)
        for cells in self._spool.rows(found.name):
            if is_utf8:
                yield cells
            else:
                yield [
                    cell if cell is None or codec == "utf-8" else decoded(cell, codec)[0].encode()
                    for cell, codec in zip(cells, codecs, strict=False)
                ]

    def put_aside(self, what: str, kind: type[S], given: Iterable[S]) -> Iterable[S]:
        """Puts down what was made of rows, until the source is closed; it may be read again as often as needed.

        Raises: NoSource where there is no room.
        """
        try:
            return self._spool.put_aside(kind, given)
        except OSError as fault:
            raise NoSource(what, fault.strerror or "what was read can't be kept") from None

    def opened(self, encrypted: str) -> str | None:
        """What a setting such as `admin_email` has encrypted; None without the key, and where it does not open it."""
        try:
            return None if self._key is None else self._key.opened(encrypted)
        except NotOpened:
            return None

    def _table(self, name: str) -> Spooled | None:
        return self._spool.tables.get(self.prefix + name) if name in self.tables else None


def open_source(
    source: str | Path,
    key: str | None = None,
    prefix: str | None = None,
    apa: bytes | Path | None = None,
    apa_functions: bytes | Path | None = None,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> EqdkpSource:
    """Opens `mysql://user:password@host/database`, a dump (.sql, packed or not), or a backup (.zip), and reads it once.

    `key` is the encryption key in config.php, or that file's text; `prefix` that of the tables, where several
    installations share a database; `apa` and `apa_functions` are apatab.php and apafunc.php. A dump has to be whole.
    Raises: NoSource, NotADump, DumpCutOff, DumpUnreadable, ConnectionLost, NotEqdkp, OlderEqdkp, SeveralInstallations,
    NoSuchInstallation, PartsMissing, WrongKey, RulesUnreadable, InvalidValue.
    """
    opener = None if key is None else Key.of(key)
    taken = _taken(source, prefix, progress)
    try:
        return _opened(taken, opener, prefix, (apa, apa_functions), now or datetime.now(UTC))
    except BaseException:
        taken.spool.close()
        raise


def _taken(source: str | Path, prefix: str | None, progress: Progress | None) -> Taken:
    if isinstance(source, str) and source.lower().startswith(_SCHEMES):
        return taken_from_database(source, lambda names: _tables_of(_prefix(names, prefix), names), progress)
    if isinstance(source, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source):
        raise NoSource(source.partition(":")[0] + "://…", "another kind of address")
    return taken_from_file(Path(source), progress)


def _opened(
    taken: Taken,
    key: Key | None,
    prefix: str | None,
    rules: tuple[bytes | Path | None, bytes | Path | None],
    now: datetime,
) -> EqdkpSource:
    names = list(taken.spool.tables)
    prefix = _prefix(names, prefix)
    tables = {name[len(prefix) :]: taken.spool.tables[name] for name in _tables_of(prefix, names)}
    missing, extra = _parts(tables)
    version = _must_be_of_today(tables, taken.spool, missing)
    notes = [*taken.notes, *_notes_on_parts(missing, extra), *_notes_on_key(tables, taken.spool, key)]
    apa, functions = _rules(taken, *rules)
    if apa is None:
        notes.append("apatab.php was not given: what EQdkp Plus shows after decay, caps and start points is not known")
    return EqdkpSource(
        version=version,
        prefix=prefix,
        tables={name: table.count for name, table in tables.items()},
        missing=missing,
        extra=extra,
        notes=notes,
        knows_rules=apa is not None,
        adjustments=rules_of(apa or b""),
        functions=functions_of(functions or b""),
        spool=taken.spool,
        key=key,
        now=now,
        faults={
            (name, each.ordinal): Fault(name, each.ordinal, each.reason)
            for name, table in tables.items()
            for each in table.faults
        },
    )


# --- which installation, and is it one --------------------------------------------------------------------------------


def _prefixes(names: Sequence[str]) -> Sequence[str]:
    known = frozenset(names)
    found = [name.removesuffix(_CHARACTERS) for name in names if name.endswith(_CHARACTERS)]
    return sorted(each for each in found if all(each + other in known for other in _BESIDE))


def _prefix(names: Sequence[str], asked: str | None) -> str:
    """The prefix of the installation that is meant.

    Raises: NotEqdkp, OlderEqdkp, SeveralInstallations, NoSuchInstallation.
    """
    found = _prefixes(names)
    if not found:
        for name in names:
            before = name.removesuffix(_CHARACTERS)
            if before != name and f"{before}raid_attendees" in names:
                raise OlderEqdkp(None, ["table multidkp"])
        raise NotEqdkp(sorted(names))
    if asked is None:
        if len(found) > 1:
            raise SeveralInstallations(found)
        return found[0]
    if asked not in found:
        raise NoSuchInstallation(asked, found)
    return asked


def _tables_of(prefix: str, names: Sequence[str]) -> Sequence[str]:
    """The tables of an installation: not those of another whose prefix begins alike."""
    longer = tuple(each for each in _prefixes(names) if each != prefix and each.startswith(prefix))
    return [name for name in names if name.startswith(prefix) and not name.startswith(longer)]


def _parts(tables: Mapping[str, Spooled]) -> tuple[Sequence[str], Sequence[str]]:
    """What is missing of what is read, and which columns of those tables are not known, by name."""
    missing: list[str] = []
    extra: list[str] = []
    for kind in KINDS:
        table = tables.get(kind.table)
        if table is None:
            missing.append(f"table {kind.table}")
            continue
        there, known = frozenset(table.columns), frozenset(columns_of(kind)) | PASSED_OVER.get(kind.table, frozenset())
        missing += [f"column {kind.table}.{each}" for each in columns_of(kind) if there and each not in there]
        extra += [f"column {kind.table}.{each}" for each in table.columns if each not in known]
    return [each for each in missing if each not in OLD_LEFTOVERS], extra


def _notes_on_parts(missing: Sequence[str], extra: Sequence[str]) -> Iterator[str]:
    own = [each for each in missing if _OF_A_PLUGIN not in each]
    if own:
        yield f"it has no {listed(own)}: what stands there on other sites is not known"
    if extra:
        yield f"what stands in columns that EQdkp Plus itself has not is not read: {listed(extra)}"


def _must_be_of_today(tables: Mapping[str, Spooled], spool: Spool, missing: Sequence[str]) -> str | None:
    """The version that the installation says it has. Raises: OlderEqdkp, PartsMissing."""
    version = _setting(tables, spool, "plus_version")
    needed = {f"table {kind.table}" for kind in POINTS_ARE_OF} | {
        f"column {kind.table}.{each}" for kind in KINDS for each in needed_columns_of(kind)
    }
    lacking = [each for each in missing if each in needed]
    numbers = tuple(int(each) for each in re.findall(r"[0-9]+", version or "")[:2])
    if numbers and numbers < OLDEST:
        raise OlderEqdkp(version, lacking)
    if "column raid_attendees.member_id" in lacking:  # until 0.7, attendees had names
        raise OlderEqdkp(version, lacking)
    if lacking:
        raise PartsMissing(lacking)
    return version


def _setting(tables: Mapping[str, Spooled], spool: Spool, name: str) -> str | None:
    for stored, value in _columns(tables, spool, "config", "config_name", "config_value"):
        if stored == name:
            return value
    return None


def _columns(tables: Mapping[str, Spooled], spool: Spool, name: str, *wanted: str) -> Iterator[Sequence[str]]:
    """The texts in some columns of a table; none where a column is missing."""
    table = tables.get(name)
    if table is None or not set(wanted) <= set(table.columns):
        return
    places = [table.columns.index(each) for each in wanted]
    for cells in spool.rows(table.name):
        yield [decoded(cells[place] or b"")[0] if place < len(cells) else "" for place in places]


def _notes_on_key(tables: Mapping[str, Spooled], spool: Spool, key: Key | None) -> Iterator[str]:
    """Whether the key opens what is encrypted. Raises: WrongKey."""
    values = list(_encrypted(tables, spool))
    if key is None:
        if values:
            yield "no key was given: e-mail addresses and linked accounts, such as Discord's, are not read"
    elif not values:
        yield "nothing in the installation is encrypted, so the key was not tried"
    elif not key.fits(values):
        raise WrongKey(len(values))


def _encrypted(tables: Mapping[str, Spooled], spool: Spool) -> Iterator[str]:
    """As many encrypted values as are tried."""
    found = 0
    admin = _setting(tables, spool, "admin_email")
    if admin and "@" not in admin:
        found += 1
        yield admin
    for name, column in _ENCRYPTED:
        for (value,) in _columns(tables, spool, name, column):
            if found >= TRIED_MAX:
                return
            if value and "@" not in value and not value.startswith("a:"):
                found += 1
                yield value


# --- what stands beside -----------------------------------------------------------------------------------------------


def _rules(taken: Taken, apa: bytes | Path | None, functions: bytes | Path | None) -> tuple[bytes | None, bytes | None]:
    """The files that were given, else those that lay in the backup."""
    return (
        taken.beside.get("apatab.php") if apa is None else _content("apa", apa),
        taken.beside.get("apafunc.php") if functions is None else _content("apa_functions", functions),
    )


def _content(which: str, given: bytes | Path) -> bytes:
    if isinstance(given, bytes):
        return given
    try:
        with given.open("rb") as file:
            return file.read(FILE_BYTES_MAX + 1)
    except OSError as fault:
        raise RulesUnreadable(which, fault.strerror or "it can't be opened") from None


def _codecs(table: Spooled) -> Sequence[str]:
    return [codec_of(table.charsets.get(column, "utf8mb4")) for column in table.columns]


def _texts(cells: Cells, codecs: Sequence[str], table: Spooled) -> Sequence[str | None]:
    """The cells of a row as texts; bytes that are none as they are written in SQL."""
    try:
        return [None if cell is None else cell.decode(codec) for cell, codec in zip(cells, codecs, strict=False)]
    except UnicodeDecodeError:
        given = zip(cells, codecs, table.columns, strict=False)
        return [_archived(cell, codec, column in table.binary) for cell, codec, column in given]


def _archived(cell: bytes | None, codec: str, is_binary: bool) -> str | None:
    if cell is None:
        return None
    text, is_repaired = decoded(cell, codec)
    return "0x" + cell.hex() if is_binary and is_repaired else text
