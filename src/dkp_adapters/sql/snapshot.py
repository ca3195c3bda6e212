"""One state of the database to read, however long that takes; nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from dkp_adapters.sql.engine import Connection, Engine
from dkp_adapters.sql.statement import DialectName

# What does not fit into a little memory goes to a file.
_SNAPSHOT: Final[Mapping[DialectName, Sequence[str]]] = {
    "sqlite": ("PRAGMA temp_store = FILE", "BEGIN"),
    "postgresql": ("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",),
    "mysql": (
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ),
}


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose transaction reads what is committed now, and only reads. Raises: Unavailable, Stale."""
    connection = engine.connect("long read")
    try:
        try:
            for text in _SNAPSHOT[connection.dialect]:
                connection.execute(text)
        except connection.faults as fault:
            raise connection.translated(fault, None, {}) from fault
        yield connection
    finally:
        connection.close()
