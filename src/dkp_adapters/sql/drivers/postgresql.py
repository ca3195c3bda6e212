"""PostgreSQL through psycopg 3."""

from __future__ import annotations

import select
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, Final, cast

import psycopg
from psycopg.types.numeric import Int8BinaryDumper
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

# deadlock, serialisation, lock timeout; a plan that a migration outdated
_STALE: Final = frozenset({"40P01", "40001", "55P03", "0A000"})
# connection, resources and disk, operator intervention (and a statement that ran too long), system
_GONE_CLASSES: Final = frozenset({"08", "53", "57", "58", "XX"})
_PREPARED_AFTER: Final = 2
_READ_ONLY: Final = "25006"  # a standby after a failover
_BROKEN: Final = frozenset({"0A000", _READ_ONLY, "57P01", "57P02", "57P03"})


class PostgresqlConnection(Connection):
    """A connection to the server; a writer's transaction begins with its first statement."""

    dialect: ClassVar[DialectName] = "postgresql"
    faults: ClassVar[type[Exception]] = psycopg.Error

    def __init__(self, raw: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.raw = raw
        self.execute = raw.cursor().execute  # type: ignore[method-assign,assignment]  # the driver's own, without a call between
        self._poll = None
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(raw.pgconn.socket, select.POLLIN | select.POLLHUP | select.POLLERR)

    def execute(self, sql: str, args: Any = ()) -> Any:
        return self.raw.cursor().execute(cast(Any, sql), args)

    def begin(self) -> None:
        """Nothing to send: the driver begins with the first statement."""

    def commit(self) -> None:
        try:
            self.raw.commit()
        except psycopg.Error as fault:
            raise self.translated(fault, None, {}) from fault

    def rollback(self) -> None:
        try:
            self.raw.rollback()
        except psycopg.Error as fault:
            self.broken = True
            raise self.translated(fault, None, {}) from fault

    def try_lock(self, name: str, /) -> bool:
        row = self.ask("SELECT pg_try_advisory_xact_lock(hashtextextended(%s::TEXT, 0))", (name,))
        return row is not None and bool(row[0])

    def alive(self) -> bool:
        # An idle server says nothing: what there is to read is its farewell.
        return not self.raw.closed and not (self._poll is not None and self._poll.poll(0))

    def close(self) -> None:
        with suppress(psycopg.Error):
            self.raw.close()

    def translated(self, fault: Exception, statement: Statement | None, params: Params) -> Exception:
        assert isinstance(fault, psycopg.Error)
        state = fault.sqlstate or ""
        if self.raw.closed or state in _BROKEN:
            self.broken = True
        if state.startswith("23"):
            name = fault.diag.constraint_name or f"not null {fault.diag.table_name}.{fault.diag.column_name}"
            return violated(name, str(fault), statement, params)
        if state in _STALE:
            return Stale(f"PostgreSQL: {fault}")
        if self.broken or state[:2] in _GONE_CLASSES or (not state and isinstance(fault, psycopg.OperationalError)):
            return Unavailable(f"PostgreSQL: {fault}")
        return fault


def connector(url: URL) -> Callable[[Purpose], Connection]:
    """How to connect to the server of that URL; its query may hold whatever libpq knows (`?sslmode=require`).

    A pooler between that does not keep prepared statements needs `?prepare_threshold=none`.
    """
    named: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS_MAX,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        "application_name": "dkp",
        **url.query,
    }
    address = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
    }
    named |= {part: value for part, value in address.items() if value is not None}
    options = str(named.pop("options", ""))
    prepared_after = str(named.pop("prepare_threshold", _PREPARED_AFTER))
    if not prepared_after.isdecimal() and prepared_after != "none":
        raise InvalidValue("database_url", f"prepare_threshold={prepared_after}", "a number of uses, or none")

    def connect(purpose: Purpose) -> Connection:
        long = purpose.startswith("long")
        settings = {
            "lock_timeout": f"{LOCK_SECONDS_MAX_LONG if long else LOCK_SECONDS_MAX}s",
            "statement_timeout": "0" if long else f"{STATEMENT_SECONDS_MAX}s",
            "idle_in_transaction_session_timeout": "0" if long else "60s",
            "default_transaction_isolation": "read\\ committed",
            "default_transaction_read_only": "on" if purpose.endswith("read") else "off",
            # Ids set aside are safe by the next commit at the latest, and nothing that uses them is safe before.
            "synchronous_commit": "off" if purpose == "aside" else "on",
            "jit": "off",  # our queries are over before it has compiled them
            # Rows are found by keys whatever the values are; planning the standings took longer than reading them.
            "plan_cache_mode": "force_generic_plan",
        }
        chosen = " ".join(f"-c {name}={value}" for name, value in settings.items())
        try:
            raw = psycopg.connect(
                **named,
                options=f"{chosen} {options}",
                autocommit=purpose.endswith("read"),
                prepare_threshold=None if prepared_after == "none" else int(prepared_after),
            )
        except psycopg.Error as fault:
            raise Unavailable(f"PostgreSQL: {fault}") from fault
        # One type for every integer, or each mix of small and large ones would be a statement of its own to prepare.
        raw.adapters.register_dumper(int, Int8BinaryDumper)
        raw.prepared_max = 500
        return PostgresqlConnection(raw)

    return connect
