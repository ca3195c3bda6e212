"""Taking the rows of a source into a spool: from a dump, packed or not, or from a live database (O-1)."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast
from urllib.parse import unquote, urlsplit
from zipfile import BadZipFile, ZipFile, ZipInfo

from attrs import define, field

from dkp_adapters.eqdkp.errors import ConnectionLost, DumpCutOff, NoSource, NotADump
from dkp_adapters.eqdkp.rules import FILE_BYTES_MAX
from dkp_adapters.eqdkp.spool import Spool, Spooled
from dkp_adapters.eqdkp.statements import Created, Filled, Passed, RowUnreadable, Statements, cells_of

Progress: TypeAlias = Callable[[int, "int | None"], None]
"""Told how many bytes of a file, or rows of a database, are taken, and of how many, where that is known."""

_SECONDS_MAX: Final = 60
_GZIP: Final = b"\x1f\x8b"
_BZIP2: Final = b"BZh"
_ZIP: Final = b"PK\x03\x04"
_UNNAMED: Final = "no statement before it says what its columns are"


@define
class Taken:
    """What came out of a source: its rows, the files with rules that lay beside them, and what should be known."""

    spool: Spool = field(factory=Spool)
    beside: dict[str, bytes] = field(factory=dict)
    notes: list[str] = field(factory=list)


# --- dumps ------------------------------------------------------------------------------------------------------------


def taken_from_file(path: Path, progress: Progress | None) -> Taken:
    """A dump, packed or not, or a backup. Raises: NoSource, NotADump, DumpCutOff, DumpUnreadable."""
    taken = Taken()
    try:
        size = path.stat().st_size
        with path.open("rb") as raw, _unpacked(path.name, raw, taken) as file:
            told = (lambda: None) if progress is None else (lambda: progress(raw.tell(), size))
            _take_statements(Statements(path.name, file, told), taken.spool)
    except OSError as fault:
        taken.spool.close()
        raise NoSource(path.name, fault.strerror or "it can't be opened") from None
    except BaseException:
        taken.spool.close()
        raise
    taken.spool.flush()
    return taken


@contextmanager
def _unpacked(name: str, raw: BinaryIO, taken: Taken) -> Iterator[BinaryIO]:
    begins = raw.read(4)
    raw.seek(0)
    if begins.startswith(_GZIP):
        with gzip.open(raw) as file:
            yield cast(BinaryIO, file)
    elif begins.startswith(_BZIP2):
        with bz2.open(raw) as file:
            yield cast(BinaryIO, file)
    elif begins == _ZIP:
        with _opened_zip(name, raw) as archive:
            taken.beside.update(_beside(archive))
            with archive.open(_dump_in(name, archive)) as inner:
                yield cast(BinaryIO, inner)
    else:
        yield raw


def _opened_zip(name: str, raw: BinaryIO) -> ZipFile:
    try:
        return ZipFile(raw)
    except BadZipFile:
        size = raw.seek(0, 2)
        raise DumpCutOff(size, None, f"{name} is a zip without the list of files at its end") from None


def _dump_in(name: str, archive: ZipFile) -> ZipInfo:
    dumps = [each for each in archive.infolist() if each.filename.lower().endswith(".sql")]
    if len(dumps) != 1:
        found = ", ".join(each.filename for each in (dumps or archive.infolist())[:8]) or "nothing"
        raise NotADump(name, f"one file that ends in .sql was expected in it; there is {found}")
    if dumps[0].flag_bits & 1:
        raise NotADump(name, "it is locked with a password; unpack it first")
    return dumps[0]


def _beside(archive: ZipFile) -> Iterator[tuple[str, bytes]]:
    """The files with rules, which some versions of the program put into their backups."""
    for each in archive.infolist():
        name = each.filename.rpartition("/")[2]
        if name in ("apatab.php", "apafunc.php") and each.file_size <= FILE_BYTES_MAX and not each.flag_bits & 1:
            yield name, archive.read(each)


def _take_statements(statements: Statements, spool: Spool) -> None:
    for each in statements:
        table = spool.table(each.table)
        match each:
            case Created():
                if table.created and table.count:
                    raise statements.unreadable(f"table {each.table} is made twice; dump one database alone")
                if not table.created:
                    table.columns, table.binary, table.created = each.columns, each.binary, True
            case Filled():
                table.charsets = dict.fromkeys(table.columns, statements.charset)
                _take_rows(each, table, spool)
            case Passed():
                spool.refuse(table, each.fault)


def _take_rows(filled: Filled, table: Spooled, spool: Spool) -> None:
    if filled.columns is not None:
        table.columns += tuple(each for each in filled.columns if each not in table.columns)
    given = table.columns if filled.columns is None else filled.columns
    places = [given.index(each) if each in given else None for each in table.columns]
    in_order = given == table.columns
    for row in filled.rows:
        try:
            cells = cells_of(row)
        except RowUnreadable as fault:
            spool.refuse(table, str(fault))
            continue
        if len(cells) != len(given):
            spool.refuse(table, f"it has {len(cells)} values for {len(given)} columns" if given else _UNNAMED)
        elif in_order:
            spool.add(table, cells, len(row))
        else:
            spool.add(table, tuple([None if place is None else cells[place] for place in places]), len(row))


# --- live databases ---------------------------------------------------------------------------------------------------

Chosen: TypeAlias = Callable[[Sequence[str]], Sequence[str]]
"""Of the names of all tables, those to take; raises what is wrong with them."""


def taken_from_database(url: str, chosen: Chosen, progress: Progress | None) -> Taken:
    """The chosen tables of a live database, read in one consistent snapshot that changes nothing.

    Raises: NoSource, ConnectionLost, and what `chosen` raises.
    """
    import pymysql

    taken = Taken()
    try:
        connection = _connected(url)
    except (pymysql.err.MySQLError, ValueError, OSError) as fault:
        taken.spool.close()
        raise NoSource(_shown(url), _reason(fault)) from None
    reading = "information_schema"
    try:
        _begin(connection)
        engines = _engines(connection)
        tables = chosen(list(engines))
        taken.notes.extend(_not_in_the_snapshot([each for each in tables if engines[each].lower() == "myisam"]))
        _describe(connection, tables, taken.spool)
        rows = 0
        for reading in tables:
            for _ in _take_table(connection, reading, taken.spool):
                rows += 1
                if progress is not None and rows % 1000 == 0:
                    progress(rows, None)
    except OSError as fault:  # of the temporary file: those of the network are the driver's
        taken.spool.close()
        raise NoSource(_shown(url), fault.strerror or "what was read can't be kept") from None
    except pymysql.err.MySQLError as fault:
        taken.spool.close()
        raise ConnectionLost(reading, _reason(fault)) from None
    except BaseException:
        taken.spool.close()
        raise
    finally:
        _closed(connection)
    taken.spool.flush()
    return taken


def _connected(url: str) -> Any:
    import pymysql
    from pymysql.cursors import SSCursor

    parts = urlsplit(url)
    if not parts.hostname or not parts.path.strip("/"):
        raise ValueError("it names no host, or no database")
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.strip("/")),
        charset="utf8mb4",
        use_unicode=False,
        conv={},  # values as the server prints them: amounts are not floats
        cursorclass=SSCursor,
        connect_timeout=10,
        read_timeout=_SECONDS_MAX,
        autocommit=True,
    )


def _begin(connection: Any) -> None:
    for statement in (
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        # Bytes come as they are stored: those that are wrong for their charset would else become question marks.
        "SET character_set_results = NULL",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ):
        _all(connection, statement)


def _engines(connection: Any) -> dict[str, str]:
    rows = _all(
        connection,
        "SELECT table_name, engine FROM information_schema.tables "
        "WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name",
    )
    return {name.decode(): (engine or b"").decode() for name, engine in rows}


def _not_in_the_snapshot(tables: Sequence[str]) -> Iterator[str]:
    if tables:
        yield (
            f"{len(tables)} tables are of MyISAM, which has no snapshots ({tables[0]} and the like): what the site "
            "writes while they are read may be there by half; switch the site off meanwhile"
        )


def _describe(connection: Any, tables: Sequence[str], spool: Spool) -> None:
    """What columns the tables have, in what charset, and which hold bytes."""
    for name, column, kind, charset in _all(
        connection,
        "SELECT table_name, column_name, data_type, character_set_name FROM information_schema.columns "
        "WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position",
    ):
        if name.decode() in tables:
            table = spool.table(name.decode())
            table.columns += (column.decode(),)
            table.charsets[column.decode()] = (charset or b"utf8mb4").decode()
            if kind.lower().endswith((b"blob", b"binary")):
                table.binary |= {column.decode()}


def _take_table(connection: Any, name: str, spool: Spool) -> Iterator[None]:
    table = spool.table(name)
    cursor = connection.cursor()  # not closed where it fails: it would read all that is left
    columns = ", ".join(_quoted(each) for each in table.columns)
    cursor.execute(f"SELECT {columns} FROM {_quoted(name)}")  # noqa: S608  # names that the server itself gave
    while row := cursor.fetchone():
        spool.add(table, tuple(row), sum([len(cell) for cell in row if cell is not None]))
        yield
    cursor.close()


def _all(connection: Any, statement: str) -> Sequence[Any]:
    cursor = connection.cursor()  # not closed where it fails: it would ask what is gone for all that is left
    cursor.execute(statement)
    rows = list(cursor.fetchall())
    cursor.close()
    return rows


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _closed(connection: Any) -> None:
    """Lets go of it at once: to end a statement properly, the driver would read all of its rows."""
    if connection._result is not None:
        connection._result.unbuffered_active = False
        connection._result.connection = None
    connection._force_close()


def _shown(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


def _reason(fault: Exception) -> str:
    said = fault.args[-1] if fault.args else ""
    return str(said).splitlines()[0] if str(said) else type(fault).__name__
