"""What a use case sends to its database, noted, and sent again by the bare driver.

The second connects as the program does, so that nothing but the program itself lies between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.engine import Connection, Engine
from dkp_adapters.sql.statement import Params, Statement

Statements = list[tuple[str, Any]]


def noted(database: SqlDatabase, call: Callable[[int], object], times: int) -> list[Statements]:
    """Every statement that each of so many calls sends when it writes: a list for each call."""
    calls: list[Statements] = []
    writers, connect = database.engine.writers, database.engine.writers.connect

    def noting() -> Connection:
        connection = connect()

        def noted_by(send: Callable[..., Any]) -> Callable[..., Any]:
            def note(statement: Statement, params: Params, *more: Any) -> Any:
                compiled = statement.compiled(connection.dialect)
                calls[-1].append((compiled.sql, compiled.args(dict(params))))
                return send(statement, params, *more)

            return note

        for name in sending(connection):
            setattr(connection, name, noted_by(getattr(connection, name)))
        return connection

    writers.close_idle()
    writers.connect = noting
    for number in range(times):
        calls.append([])
        call(number)
    writers.connect = connect
    writers.close_idle()
    return calls


def sending(connection: Connection) -> Sequence[str]:
    """The methods that send statements, each by itself: where nothing is sent later, `later` is another's `run`."""
    return ("all", "first", "run", *(["later"] if type(connection).later is not Connection.later else []))


@contextmanager
def bare(url: str) -> Iterator[Callable[[Statements], None]]:
    """Sends such a list again in a transaction, with the driver alone."""
    connection = Engine.open(url).connect("write")

    def send(statements: Statements) -> None:
        connection.begin()
        for sql, args in statements:
            cursor = connection.execute(sql, args)
            if cursor.description is not None:
                cursor.fetchall()
        connection.commit()

    try:
        yield send
    finally:
        connection.close()
