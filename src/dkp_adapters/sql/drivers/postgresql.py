"""PostgreSQL through psycopg 3, and where it counts through the libpq below: what need not be answered at once waits.

Statements whose answers nobody waits for travel with the next one, in one pipeline, as does the BEGIN. Cursors can do
that as well, and gain hardly anything by it.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any, ClassVar, Final, cast

import psycopg
from attrs import define
from psycopg import generators, waiting
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import Int8BinaryDumper
from sqlalchemy.engine import URL

from dkp_adapters.sql.engine import (
    CONNECT_SECONDS_MAX,
    LOCK_SECONDS_MAX,
    LOCK_SECONDS_MAX_LONG,
    STATEMENT_SECONDS_MAX,
    Connection,
    Purpose,
    Told,
    note_wait,
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
_SIGNALS_SECONDS: Final = 0.1  # how often Ctrl-C is looked for while waiting
_CANCEL_SECONDS_MAX: Final = 2.0


@define(eq=False)
class _Request:
    """A statement to be sent, as the protocol wants it, and who hears how many rows it changed."""

    sql: str
    args: Sequence[bytes | None]
    statement: Statement | None
    params: Params
    told: Told | None = None


_BEGIN: Final = _Request("BEGIN", (), None, {})
_COMMIT: Final = _Request("COMMIT", (), None, {})
_LOCK: Final = "SELECT 1 WHERE pg_try_advisory_xact_lock(hashtextextended($1::TEXT, 0))"


class PostgresqlConnection(Connection):
    """A connection to the server; a writer's transaction begins with its first statement."""

    dialect: ClassVar[DialectName] = "postgresql"
    faults: ClassVar[type[Exception]] = psycopg.Error

    def __init__(self, raw: psycopg.Connection[tuple[Any, ...]], prepared_after: int | None = _PREPARED_AFTER) -> None:
        self.raw = raw
        self.prepared_after = prepared_after
        self._pg = raw.pgconn
        self._socket = raw.pgconn.socket
        self._rows = Transformer.from_context(raw)
        self._cursor = psycopg.RawCursor(raw)  # for what is seldom done, and for what all this is measured against
        self._names: dict[str, bytes] = {}
        self._uses: dict[str, int] = {}
        self._held: list[_Request] = []
        self._begins = False
        self._poll = None
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(self._socket, select.POLLIN | select.POLLHUP | select.POLLERR)

    def execute(self, sql: str, args: Any = ()) -> Any:
        return self._cursor.execute(cast(Any, sql), args)

    def all(self, statement: Statement, params: Params) -> list[tuple[Any, ...]]:
        compiled = statement.by_dialect.get("postgresql") or statement.compiled("postgresql")
        answer = self._answer(compiled.sql, compiled.args(params), statement, params)
        self._rows.set_pgresult(answer)
        return self._rows.load_rows(0, answer.ntuples, tuple)

    def first(self, statement: Statement, params: Params) -> tuple[Any, ...] | None:
        compiled = statement.by_dialect.get("postgresql") or statement.compiled("postgresql")
        return self._first(self._answer(compiled.sql, compiled.args(params), statement, params))

    def run(self, statement: Statement, params: Params) -> int:
        compiled = statement.by_dialect.get("postgresql") or statement.compiled("postgresql")
        return self._answer(compiled.sql, compiled.args(params), statement, params).command_tuples or 0

    def later(self, statement: Statement, params: Params, told: Told | None = None) -> None:
        compiled = statement.by_dialect.get("postgresql") or statement.compiled("postgresql")
        self._held.append(_Request(compiled.sql, self._spelled(compiled.args(params)), statement, params, told))

    def ask(self, sql: str, args: Any = ()) -> tuple[Any, ...] | None:
        return self._first(self._answer(sql, args, None, {}))

    def put(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        if self._held or self._begins:
            self._exchange()
        with self._cursor.copy(cast(Any, sql)) as copy:
            for row in rows:
                copy.write_row(row)

    def begin(self) -> None:
        self._begins = True

    def commit(self) -> None:
        if not self._held and self._pg.transaction_status == TransactionStatus.IDLE:
            self._begins = False  # nothing was sent
            return
        if any(request.told for request in self._held):
            self._exchange()  # who hears of it may say no
        self._exchange(_COMMIT)

    def rollback(self) -> None:
        self._held.clear()
        self._begins = False
        if self.broken:
            self.close()
            return
        try:
            self.raw.rollback()
        except psycopg.Error as fault:
            self.broken = True
            raise self.translated(fault, None, {}) from fault

    def lock(self, name: str, taken: Callable[[], Exception], /) -> None:
        def heard(count: int) -> None:
            if count == 0:
                raise taken()

        self._held.append(_Request(_LOCK, self._spelled((name,)), None, {}, heard))

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

    def _first(self, answer: PGresult) -> tuple[Any, ...] | None:
        if answer.ntuples == 0:
            return None
        self._rows.set_pgresult(answer)
        return self._rows.load_row(0, tuple)

    def _spelled(self, args: Sequence[Any]) -> list[bytes | None]:
        """The arguments as the protocol wants them. Raises: DataError, UnicodeError (half a surrogate pair)."""
        try:
            return [_spelled(arg) for arg in args]
        except (psycopg.DataError, UnicodeError):
            self.failed = True
            raise

    def _answer(self, sql: str, args: Sequence[Any], statement: Statement | None, params: Params) -> PGresult:
        """What the server answers to this, after all that was held back for it."""
        request = _Request(sql, self._spelled(args), statement, params)
        began = perf_counter()
        try:
            return self._exchange(request)
        finally:
            note_wait(perf_counter() - began)

    def _exchange(self, *last: _Request) -> PGresult:
        """Send what was held back, and these; answers what the server says to the last of them all."""
        requests = [*self._held, *last]
        self._held.clear()
        if self._begins:
            self._begins = False
            requests.insert(0, _BEGIN)
        request = requests[-1]
        try:
            answers = self._sent(requests)
            for request, answer in zip(requests, answers, strict=False):
                if answer.status == ExecStatus.FATAL_ERROR:  # then nothing comes after it
                    raise error_from_result(answer)
                if request.told is not None:
                    request.told(answer.command_tuples or 0)
        except psycopg.Error as fault:
            self.failed = True
            raise self.translated(fault, request.statement, request.params) from fault
        return answers[-1]

    def _sent(self, requests: Sequence[_Request]) -> list[PGresult]:
        """What the server answers to each, up to the first that fails. Raises: psycopg.Error."""
        server, answers = self._pg, list[PGresult]()
        named = [self._names.get(request.sql) or self._named(request.sql) for request in requests]
        try:
            if len(requests) == 1:
                self._send(named[0], requests[0])
                return waiting.wait(generators.execute(server), self._socket, _SIGNALS_SECONDS)
            server.enter_pipeline_mode()
            for name, request in zip(named, requests, strict=True):
                self._send(name, request)
            server.pipeline_sync()
            waiting.wait(generators.send(server), self._socket, _SIGNALS_SECONDS)
            while (answer := self._next()) is None or answer.status != ExecStatus.PIPELINE_SYNC:
                if answer is not None:
                    answers.append(answer)
                elif server.status == ConnStatus.BAD:  # otherwise it is what follows on each answer
                    raise psycopg.OperationalError("the connection is lost")
            server.exit_pipeline_mode()
        except BaseException as fault:
            self.broken = True  # in the middle of something
            if not isinstance(fault, psycopg.Error):
                self.failed = True
                with suppress(psycopg.Error):
                    self.raw.cancel_safe(timeout=_CANCEL_SECONDS_MAX)
                raise
            if not any(answer.status == ExecStatus.FATAL_ERROR for answer in answers):
                raise
        return answers

    def _send(self, name: bytes | None, request: _Request) -> None:
        if name is None:
            self._pg.send_query_params(request.sql.encode(), request.args)
        else:
            self._pg.send_query_prepared(name, request.args)

    def _next(self) -> PGresult | None:
        if self._pg.is_busy():  # asking for a result that is not there yet would hold up every other thread
            result: PGresult | None = waiting.wait(generators.fetch(self._pg), self._socket, _SIGNALS_SECONDS)
            return result
        return self._pg.get_result()

    def _named(self, sql: str) -> bytes | None:
        """The name under which the server has prepared the text, or None for one that is sent as it is."""
        uses = self._uses[sql] = self._uses.get(sql, 0) + 1
        if self.prepared_after is None or uses <= self.prepared_after:
            return None
        name = b"dkp%d" % len(self._names)
        answer = self._pg.prepare(name, sql.encode())
        if answer.status != ExecStatus.COMMAND_OK:
            raise error_from_result(answer)
        self._names[sql] = name
        return name


def _spelled(arg: Any) -> bytes | None:
    if arg is None:
        return None
    if isinstance(arg, str):
        if "\0" in arg:  # it would end there, without a word
            raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        return arg.encode()
    return b"%d" % arg if isinstance(arg, int) else b"\\x" + bytes(arg).hex().encode()


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
    threshold = None if prepared_after == "none" else int(prepared_after)

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
                client_encoding="utf8",
                autocommit=purpose.endswith("read"),
                prepare_threshold=threshold,
            )
        except psycopg.Error as fault:
            raise Unavailable(f"PostgreSQL: {fault}") from fault
        # One type for every integer, or each mix of small and large ones would be a statement of its own to prepare.
        raw.adapters.register_dumper(int, Int8BinaryDumper)
        return PostgresqlConnection(raw, threshold)

    return connect
