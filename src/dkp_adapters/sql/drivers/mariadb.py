"""MariaDB, and MySQL 8, through PyMySQL."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, ClassVar, Final

import msgspec
import pymysql
from pymysql.constants import CLIENT, CR, ER
from sqlalchemy.engine import URL

from dkp_adapters.sql.engine import (
    CONNECT_SECONDS_MAX,
    LOCK_SECONDS_MAX,
    LOCK_SECONDS_MAX_LONG,
    STATEMENT_SECONDS_MAX,
    Connection,
    Purpose,
    violated,
)
from dkp_adapters.sql.statement import DialectName, Params, Statement
from dkp_core.kernel.errors import InvalidValue, Stale, Unavailable

_OPTIONS: Final = frozenset({"unix_socket", "ssl_ca", "ssl_cert", "ssl_key"})
_NO_ANSWER_SECONDS_MAX: Final = 60
_IDLE_SECONDS_TRUSTED: Final = 1.0

_STALE: Final = frozenset({ER.LOCK_DEADLOCK, ER.LOCK_WAIT_TIMEOUT, ER.CHECKREAD})
_TABLE_CHANGED: Final = 1412  # by a migration
_BROKEN: Final = frozenset(
    {
        0,
        CR.CR_CONNECTION_ERROR,
        CR.CR_CONN_HOST_ERROR,
        CR.CR_SERVER_GONE_ERROR,
        CR.CR_SERVER_LOST,
        CR.CR_SERVER_LOST_EXTENDED,
        ER.SERVER_SHUTDOWN,
        ER.QUERY_INTERRUPTED,
        1927,  # connection was killed
        4031,  # idle for too long (MySQL)
    }
)
_GONE: Final = _BROKEN | {
    ER.CON_COUNT_ERROR,
    ER.DISK_FULL,
    ER.RECORD_FILE_FULL,
    ER.OPTION_PREVENTS_STATEMENT,  # the server was made read-only
    ER.TOO_MANY_USER_CONNECTIONS,
    ER.OUT_OF_RESOURCES,
    1969,  # max_statement_time
    3024,  # max_execution_time (MySQL)
}
_DUPLICATE: Final = re.compile(r"for key '(?:[^'.]*\.)?([^']+)'")
_CHECK: Final = re.compile(r"(?:CONSTRAINT `([^`]+)` failed|Check constraint '([^']+)' is violated)")
_RARE: Final = re.compile(rb"\\(?:u00(..)|.)")
_encode: Final = msgspec.json.Encoder().encode
_FOREIGN: Final = re.compile(r"CONSTRAINT `([^`]+)` FOREIGN KEY")


class MariadbConnection(Connection):
    """A connection to the server; a writer's transaction begins with its first statement."""

    dialect: ClassVar[DialectName] = "mysql"
    faults: ClassVar[type[Exception]] = pymysql.err.MySQLError

    def __init__(self, raw: pymysql.Connection[Any]) -> None:
        self.raw = raw
        self.cursor = raw.cursor()
        self.used_at = time.monotonic()
        self.locked = False

    def execute(self, sql: str, args: Any = ()) -> Any:
        self.cursor.execute(sql, args)
        return self.cursor

    def all(self, statement: Statement, params: Params) -> list[tuple[Any, ...]]:
        return list(super().all(statement, params))

    def put(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        if values := _values(rows):
            self.cursor.execute(sql.encode() + values)

    def begin(self) -> None:
        """Nothing to send: without autocommit the first statement begins."""

    def commit(self) -> None:
        try:
            self.raw.commit()
        except pymysql.err.MySQLError as fault:
            raise self.translated(fault, None, {}) from fault
        self._unlock()
        self.used_at = time.monotonic()

    def rollback(self) -> None:
        try:
            self.raw.rollback()
        except pymysql.err.MySQLError as fault:
            self.broken = True
            raise self.translated(fault, None, {}) from fault
        self._unlock()

    def lock(self, name: str, taken: Callable[[], Exception], /) -> None:
        # Locks of that kind outlive the transaction, but not the connection.
        row = self.ask("SELECT GET_LOCK(%s, 0)", (sha256(name.encode()).hexdigest(),))
        if row is None or row[0] != 1:
            raise taken()
        self.locked = True

    def _unlock(self) -> None:
        if self.locked:
            self.locked = False
            try:
                self.execute("DO RELEASE_ALL_LOCKS()")
            except pymysql.err.MySQLError:
                self.broken = True  # and closed, which lets go of them as well

    def alive(self) -> bool:
        now = time.monotonic()
        if now - self.used_at > _IDLE_SECONDS_TRUSTED:
            try:
                self.raw.ping(reconnect=False)
            except pymysql.err.MySQLError:
                return False
            self.used_at = now
        return True

    def close(self) -> None:
        with suppress(pymysql.err.MySQLError, OSError):
            self.raw.close()

    def translated(self, fault: Exception, statement: Statement | None, params: Params) -> Exception:
        number = fault.args[0] if fault.args and isinstance(fault.args[0], int) else -1
        detail = str(fault.args[1]) if len(fault.args) > 1 else str(fault)
        if number in _BROKEN or not self.raw.open:
            self.broken = True
        if number in _STALE or number == _TABLE_CHANGED:
            return Stale(f"MariaDB: {detail}")
        if self.broken or number in _GONE:
            return Unavailable(f"MariaDB: {detail or 'the connection is gone'}")
        if number in (ER.DUP_ENTRY, 4025, 3819, 1451, 1452, ER.BAD_NULL_ERROR):
            return violated(_constraint(detail, statement), detail, statement, params)
        return fault


def _constraint(detail: str, statement: Statement | None) -> str:
    """The name of a broken constraint; primary keys are all called PRIMARY here."""
    if found := _DUPLICATE.search(detail):
        if found[1] != "PRIMARY":
            return found[1]
        target = None if statement is None else statement.compiled("mysql").target
        return "PRIMARY" if target is None else str(target.primary_key.name)
    if found := _CHECK.search(detail):
        return found[1] or found[2]
    if found := _FOREIGN.search(detail):
        return found[1]
    return detail


def _values(rows: Iterable[Sequence[Any]]) -> bytes:
    """The rows as VALUES has them: numbers, texts and null are written as in JSON, but for what is rare in them.

    So our `sql_mode` reads double quotes and backslashes. PyMySQL would write each value by itself, which takes longer
    than the server needs for the row.
    """
    values = b",".join([b"(%b)" % _encode(row)[1:-1] for row in rows])
    return _RARE.sub(_unescaped, values) if rb"\u" in values or rb"\f" in values else values


def _unescaped(escaped: re.Match[bytes]) -> bytes:
    """The character that JSON escapes, where the server does not know the escape."""
    if escaped[1]:
        return bytes([int(escaped[1], 16)])
    return b"\f" if escaped[0] == rb"\f" else escaped[0]


def connector(url: URL) -> Callable[[Purpose], Connection]:
    """How to connect to the server of that URL; its query may hold a socket and what TLS needs."""
    if strange := url.query.keys() - _OPTIONS:
        raise InvalidValue("database_url", f"it has an option {min(strange)!r}", ", ".join(sorted(_OPTIONS)))
    named: dict[str, Any] = {
        "host": url.host or "127.0.0.1",
        "port": url.port or 3306,
        "user": url.username,
        "password": url.password or "",
        "database": url.database,
        **url.query,
    }

    def connect(purpose: Purpose) -> Connection:
        long = purpose.startswith("long")
        try:
            raw = pymysql.connect(
                **named,
                charset="utf8mb4",
                collation="utf8mb4_bin",
                connect_timeout=CONNECT_SECONDS_MAX,
                read_timeout=None if long else _NO_ANSWER_SECONDS_MAX,
                write_timeout=_NO_ANSWER_SECONDS_MAX,
                autocommit=purpose.endswith("read"),
                client_flag=CLIENT.FOUND_ROWS,  # an UPDATE that changes nothing still found its row
            )
        except (pymysql.err.MySQLError, OSError) as fault:
            raise Unavailable(f"MariaDB: {fault}") from fault
        connection = MariadbConnection(raw)
        version = str(raw.get_server_info())  # type: ignore[no-untyped-call]  # as PyMySQL's types have it
        limit = "max_statement_time = {}" if "MariaDB" in version else "max_execution_time = {}000"
        try:
            connection.execute(
                "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
                f"innodb_lock_wait_timeout = {LOCK_SECONDS_MAX_LONG if long else LOCK_SECONDS_MAX}, "
                f"{limit.format(0 if long else STATEMENT_SECONDS_MAX)}"
            )
            access = ", READ ONLY" if purpose.endswith("read") else ""
            connection.execute(f"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED{access}")
        except pymysql.err.MySQLError as fault:
            connection.close()
            raise connection.translated(fault, None, {}) from fault
        return connection

    return connect
