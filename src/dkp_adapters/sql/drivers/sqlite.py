"""SQLite through the standard library: one file, one writer, any number of readers."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.engine import URL
from sqlalchemy.schema import ColumnCollectionConstraint

from dkp_adapters.sql.engine import BUSY_SECONDS_MAX, Connection, Purpose, violated
from dkp_adapters.sql.statement import DialectName, Params, Statement
from dkp_core.kernel.errors import InvalidValue, Stale, Unavailable

_FAILED: Final = re.compile(r"^([A-Z ]+?) constraint failed(?:: (.*))?$")
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_GONE: Final = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
_SYNCHRONOUS: Final = ("off", "normal", "full", "extra")


class SqliteConnection(Connection):
    """A connection to the file."""

    dialect: ClassVar[DialectName] = "sqlite"
    faults: ClassVar[type[Exception]] = sqlite3.Error

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.execute = raw.execute  # type: ignore[method-assign,assignment]  # the driver's own, without a call between

    def execute(self, sql: str, args: Any = ()) -> Any:
        return self.raw.execute(sql, args)

    def put(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self.raw.executemany(sql, rows)

    def begin(self) -> None:
        # IMMEDIATE: a transaction that reads first and writes later would fail, not wait, when another wrote between.
        self._control("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._control("COMMIT")

    def rollback(self) -> None:
        if self.raw.in_transaction:  # a full disk has rolled it back already
            self._control("ROLLBACK")

    def _control(self, sql: str) -> None:
        try:
            self.raw.execute(sql)
        except sqlite3.Error as fault:
            raise self.translated(fault, None, {}) from fault

    def lock(self, _name: str, _taken: Callable[[], Exception], /) -> None:
        """Nothing to do: whoever writes is alone."""

    def alive(self) -> bool:
        return True

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.raw.close()

    def translated(self, fault: Exception, statement: Statement | None, params: Params) -> Exception:
        code = (getattr(fault, "sqlite_errorcode", None) or 0) & 0xFF
        if code == sqlite3.SQLITE_CONSTRAINT:
            return violated(_constraint(str(fault), statement), str(fault), statement, params)
        if code in _BUSY:
            return Stale(f"SQLite: {fault}")
        if code in _GONE or (isinstance(fault, sqlite3.ProgrammingError) and "closed" in str(fault)):
            self.broken = True
            return Unavailable(f"SQLite: {fault}")
        return fault


def _constraint(message: str, statement: Statement | None) -> str:
    """The name of a broken constraint, of which SQLite tells the kind and, mostly, the columns."""
    found = _FAILED.match(message)
    if found is None:
        return message
    kind, where = found[1], found[2] or ""
    target = None if statement is None else statement.compiled("sqlite").target
    if kind == "CHECK":
        return where
    if kind == "FOREIGN KEY":
        names = [str(key.name) for key in target.foreign_key_constraints] if target is not None else []
        return names[0] if len(names) == 1 else "foreign key"
    if where.startswith("index "):
        return where.removeprefix("index ").strip("'")
    columns = {part.strip().rpartition(".")[2] for part in where.split(",")}
    if target is None or kind != "UNIQUE":
        return f"{kind.lower()} {where}"
    unique: list[ColumnCollectionConstraint | Index] = [index for index in target.indexes if index.unique]
    unique += [each for each in target.constraints if isinstance(each, UniqueConstraint | PrimaryKeyConstraint)]
    for constraint in unique:
        if {column.name for column in constraint.columns} == columns:
            return str(constraint.name)
    return f"unique {where}"


def path_of(url: URL) -> Path:
    """Where the file is."""
    return Path(url.database or "")


def connector(url: URL) -> Callable[[Purpose], Connection]:
    """How to connect to the file of that URL.

    Every commit waits for the disk (`synchronous=FULL`), so that a power cut loses nothing that was answered: about
    4 ms on an ordinary disk. With `?synchronous=normal` it takes 25 µs, survives the end of the process all the same,
    and a power cut may undo the last commits.
    """
    if strange := url.query.keys() - {"synchronous"}:
        raise InvalidValue("database_url", f"it has an option {min(strange)!r}", "synchronous")
    synchronous = str(url.query.get("synchronous", "full")).lower()
    if synchronous not in _SYNCHRONOUS:
        raise InvalidValue("database_url", f"synchronous={synchronous}", ", ".join(_SYNCHRONOUS))
    # mode=rw: a mistyped name is an error, not a new and empty database.
    address = f"{path_of(url).absolute().as_uri()}?mode=rw"
    settings = [
        f"PRAGMA busy_timeout={BUSY_SECONDS_MAX * 1000}",
        f"PRAGMA synchronous={synchronous}",
        "PRAGMA foreign_keys=ON",
        "PRAGMA temp_store=MEMORY",
        "PRAGMA cache_size=-16000",
        "PRAGMA journal_size_limit=67108864",
    ]

    def connect(purpose: Purpose) -> Connection:
        try:
            raw = sqlite3.connect(
                address,
                uri=True,
                timeout=BUSY_SECONDS_MAX,
                isolation_level=None,
                check_same_thread=False,  # the pool gives it to one thread at a time
                cached_statements=512,
            )
        except sqlite3.Error as fault:
            raise Unavailable(f"SQLite: {fault}: {path_of(url)}") from fault
        connection = SqliteConnection(raw)
        try:
            for setting in settings:
                raw.execute(setting)
            raw.execute("PRAGMA query_only=ON" if purpose.endswith("read") else "PRAGMA journal_mode=WAL")
        except sqlite3.Error as fault:
            connection.close()
            raise connection.translated(fault, None, {}) from fault
        return connection

    return connect
