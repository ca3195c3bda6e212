"""Connections: the one place, with its drivers, that knows how databases are spoken to and what their faults mean.

A writer is a connection that works in transactions, a reader one that answers each query by itself. Faults become
`Stale` (lost a race: try again), `Unavailable` (the store is gone), the error that the statement names for a broken
constraint, or `ConstraintViolated`.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any, ClassVar, Final, Literal

from attrs import define, field, frozen
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from dkp_adapters.sql.statement import DialectName, Params, Statement
from dkp_core.kernel.errors import InvalidValue, Stale, Unavailable

Purpose = Literal["write", "read", "long write", "long read", "aside"]
Told = Callable[[int], None]
"""Hears how many rows a statement changed."""

LOCK_SECONDS_MAX: Final = 2
LOCK_SECONDS_MAX_LONG: Final = 30
STATEMENT_SECONDS_MAX: Final = 10
CONNECT_SECONDS_MAX: Final = 5
POOL_SECONDS_MAX: Final = 10
BUSY_SECONDS_MAX: Final = 5

URL_ACCEPTED: Final = "sqlite:///file.db, postgresql://user@host/database or mariadb://user@host/database"


@define
class ConstraintViolated(Exception):
    """A constraint of the database stopped what the core let pass: a broken promise of ours."""

    constraint: str
    detail: str

    def __str__(self) -> str:
        return f"{self.constraint}: {self.detail}"


def parsed(url: str) -> URL:
    """The parts of a database's URL. Raises: InvalidValue, naming `database_url` and what is accepted."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError) as fault:
        raise InvalidValue("database_url", "it is not a URL", URL_ACCEPTED) from fault
    if parts.get_backend_name() not in _DRIVERS:
        raise InvalidValue("database_url", f"{parts.get_backend_name()!r} is not supported", URL_ACCEPTED)
    if not parts.database or parts.database == ":memory:":
        raise InvalidValue("database_url", "it names no database", URL_ACCEPTED)
    return parts


class _Waited(threading.local):
    """How long each thread has waited for databases, in seconds."""

    seconds: float = 0.0


_waited: Final = _Waited()


def note_wait(seconds: float) -> None:
    """The present thread has waited so long."""
    _waited.seconds += seconds


def waited_seconds() -> float:
    """How long the present thread has waited for databases so far: for statements and commits."""
    return _waited.seconds


class Connection(ABC):
    """One connection of a driver, used by one thread at a time."""

    dialect: ClassVar[DialectName]
    faults: ClassVar[type[Exception]]
    broken: bool = False
    """It can't be used any more."""
    failed: bool = False
    """A statement of the present transaction failed, so that it must not be committed."""

    @abstractmethod
    def execute(self, sql: str, args: Any = ()) -> Any:
        """Run a text as the driver wants it; answers the cursor. Raises: what the driver raises."""

    def all(self, statement: Statement, params: Params) -> list[tuple[Any, ...]]:
        """Every row of the answer."""
        compiled = statement.by_dialect.get(self.dialect) or statement.compiled(self.dialect)
        args = compiled.args(params)
        began = perf_counter()
        try:
            rows: list[tuple[Any, ...]] = self.execute(compiled.sql, args).fetchall()
        except self.faults as fault:
            self.failed = True
            raise self.translated(fault, statement, params) from fault
        finally:
            _waited.seconds += perf_counter() - began
        return rows

    def first(self, statement: Statement, params: Params) -> tuple[Any, ...] | None:
        """The first row of the answer, or None."""
        compiled = statement.by_dialect.get(self.dialect) or statement.compiled(self.dialect)
        args = compiled.args(params)
        began = perf_counter()
        try:
            row: tuple[Any, ...] | None = self.execute(compiled.sql, args).fetchone()
        except self.faults as fault:
            self.failed = True
            raise self.translated(fault, statement, params) from fault
        finally:
            _waited.seconds += perf_counter() - began
        return row

    def run(self, statement: Statement, params: Params) -> int:
        """How many rows were changed (matched, by an UPDATE)."""
        compiled = statement.by_dialect.get(self.dialect) or statement.compiled(self.dialect)
        args = compiled.args(params)
        began = perf_counter()
        try:
            count: int = self.execute(compiled.sql, args).rowcount
        except self.faults as fault:
            self.failed = True
            raise self.translated(fault, statement, params) from fault
        finally:
            _waited.seconds += perf_counter() - began
        return count

    def later(self, statement: Statement, params: Params, told: Told | None = None) -> None:
        """Run it by the next statement at the latest, or by the commit, which then raise its faults; order is kept.

        `told` hears how many rows were changed, and may raise. Most databases have no use for waiting.
        """
        count = self.run(statement, params)
        if told is not None:
            told(count)

    def fill(self, statement: Statement, rows: Iterable[Sequence[Any]]) -> None:
        """Insert very many rows, each as `filling` names the columns."""
        compiled = statement.by_dialect.get(self.dialect) or statement.compiled(self.dialect)
        began = perf_counter()
        try:
            self.put(compiled.sql, rows)
        except BaseException as fault:
            self.failed = True  # some of them may be there, whatever it was
            if isinstance(fault, self.faults):
                raise self.translated(fault, statement, {}) from fault
            raise
        finally:
            _waited.seconds += perf_counter() - began

    def ask(self, sql: str, args: Any = ()) -> tuple[Any, ...] | None:
        """The first row of the answer to a text of the driver's own dialect."""
        began = perf_counter()
        try:
            row: tuple[Any, ...] | None = self.execute(sql, args).fetchone()
        except self.faults as fault:
            self.failed = True
            raise self.translated(fault, None, {}) from fault
        finally:
            _waited.seconds += perf_counter() - began
        return row

    @abstractmethod
    def put(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Send rows after the text of a `filling`. Raises: what the driver raises."""

    @abstractmethod
    def begin(self) -> None:
        """Start a transaction."""

    @abstractmethod
    def commit(self) -> None:
        """Keep what the transaction wrote."""

    def committed(self) -> None:
        """Keep what the transaction wrote, and count how long that took."""
        began = perf_counter()
        try:
            self.commit()
        finally:
            _waited.seconds += perf_counter() - began

    @abstractmethod
    def rollback(self) -> None:
        """Forget what the transaction wrote."""

    @abstractmethod
    def lock(self, name: str, taken: Callable[[], Exception], /) -> None:
        """Hold the lock of that name until the transaction ends, from the next statement on at the latest.

        Raises: what `taken` makes when another transaction has it: now, or in the place of the next statement's answer.
        """

    @abstractmethod
    def alive(self) -> bool:
        """Whether an idle connection still has its server, as far as that shows without asking."""

    @abstractmethod
    def close(self) -> None:
        """End it; never raises."""

    @abstractmethod
    def translated(self, fault: Exception, statement: Statement | None, params: Params) -> Exception:
        """What a driver's fault means; marks the connection broken when it can't be used any more."""


def violated(constraint: str, detail: str, statement: Statement | None, params: Params) -> Exception:
    """The error that the statement names for a broken constraint."""
    if statement is not None and constraint in statement.violations:
        return statement.violations[constraint](params)
    return ConstraintViolated(constraint, detail)


@define(eq=False)
class Pool:
    """Connections of one purpose, at most `most` of them in use at once; idle ones are used again, latest first."""

    connect: Callable[[], Connection]
    most: int
    exhausted: type[Exception] = Unavailable
    _idle: deque[Connection] = field(init=False, factory=deque)
    _free: SimpleQueue[None] = field(init=False, factory=SimpleQueue)
    _closed: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        for _ in range(self.most):
            self._free.put(None)

    def take(self) -> Connection:
        """A connection, for `give_back`. Raises: Unavailable when none can be had."""
        try:
            self._free.get(timeout=POOL_SECONDS_MAX)
        except Empty:
            wait = f"all {self.most} connections were in use for {POOL_SECONDS_MAX} seconds"
            raise self.exhausted(wait) from None
        try:
            while True:
                try:
                    connection = self._idle.pop()
                except IndexError:
                    if self._closed:
                        raise Unavailable("the database was closed") from None
                    return self.connect()
                if connection.alive():
                    return connection
                connection.close()
        except BaseException:
            self._free.put(None)
            raise

    def give_back(self, connection: Connection) -> None:
        """Keep the connection for the next, or let go of it when it is broken: then so are the idle ones, likely."""
        connection.failed = False
        if connection.broken:
            connection.close()
            self.close_idle()
        elif self._closed:
            connection.close()
        else:
            self._idle.append(connection)
        self._free.put(None)

    def close_idle(self) -> None:
        """Ends the connections that nobody uses."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def close(self) -> None:
        """Ends the idle connections now and those in use when they come back."""
        self._closed = True
        self.close_idle()


@frozen(kw_only=True)
class Engine:
    """A database's connections: writers, readers, and one aside for what must not share a transaction (ids)."""

    dialect: DialectName
    url: URL
    writers: Pool
    readers: Pool
    aside: Pool
    connect: Callable[[Purpose], Connection]

    @classmethod
    def open(cls, url: str, *, writers: int = 4, readers: int = 4) -> Engine:
        """An engine for the URL; nothing is connected yet. Raises: InvalidValue for a URL that is not accepted.

        SQLite has one writer whatever is asked for: the others wait for it here, which is fair and costs nothing.
        """
        parts = parsed(url)
        dialect, driver = _DRIVERS[parts.get_backend_name()]
        connect = driver(parts)
        one_writer = dialect == "sqlite"
        return cls(
            dialect=dialect,
            url=parts,
            writers=Pool(lambda: connect("write"), 1 if one_writer else writers, Stale if one_writer else Unavailable),
            readers=Pool(lambda: connect("read"), readers),
            aside=Pool(lambda: connect("aside"), 1),
            connect=connect,
        )

    def writer(self, *, long: bool) -> Connection:
        """A connection to write with, for `writer_done`; a long one is made for the purpose, as its limits differ."""
        return self.connect("long write") if long and self.dialect != "sqlite" else self.writers.take()

    def writer_done(self, connection: Connection, *, long: bool) -> None:
        """Takes it back."""
        if long and self.dialect != "sqlite":
            connection.close()
        else:
            self.writers.give_back(connection)

    def reader(self, *, long: bool) -> Connection:
        """A connection to read with, for `reader_done`."""
        return self.connect("long read") if long else self.readers.take()

    def reader_done(self, connection: Connection, *, long: bool) -> None:
        """Takes it back."""
        if long:
            connection.close()
        else:
            self.readers.give_back(connection)

    def close(self) -> None:
        """Ends every connection."""
        for pool in (self.writers, self.readers, self.aside):
            pool.close()


# Drivers are dear to import: only the one that is used is.


def _sqlite(url: URL) -> Callable[[Purpose], Connection]:
    from dkp_adapters.sql.drivers.sqlite import connector

    return connector(url)


def _postgresql(url: URL) -> Callable[[Purpose], Connection]:
    from dkp_adapters.sql.drivers.postgresql import connector

    return connector(url)


def _mariadb(url: URL) -> Callable[[Purpose], Connection]:
    from dkp_adapters.sql.drivers.mariadb import connector

    return connector(url)


_DRIVERS: Final[dict[str, tuple[DialectName, Callable[[URL], Callable[[Purpose], Connection]]]]] = {
    "sqlite": ("sqlite", _sqlite),
    "postgresql": ("postgresql", _postgresql),
    "postgres": ("postgresql", _postgresql),
    "mariadb": ("mysql", _mariadb),
    "mysql": ("mysql", _mariadb),
}
