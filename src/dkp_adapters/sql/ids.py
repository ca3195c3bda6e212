"""Ids from a table of counters, reserved outside the transactions that use them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from attrs import define, field
from sqlalchemy import BigInteger, bindparam, case, select, update

from dkp_adapters.sql.engine import Connection, Engine
from dkp_adapters.sql.statement import Statement, binds, upsert
from dkp_adapters.sql.tables.kernel import counters
from dkp_core.kernel.ports import Ids

BLOCKS: Final[Mapping[str, int]] = {"bid": 1000, "entry": 1000, "event": 1000}
"""How many are reserved at once, by kind; people type the ids of all others, so those have no gaps."""

_SEEN: Final = bindparam("seen", type_=BigInteger)
_ADVANCE: Final = Statement(
    update(counters)
    .where(counters.c.kind == bindparam("kind"))
    .values(last=case((counters.c.last < _SEEN, _SEEN), else_=counters.c.last) + bindparam("count", type_=BigInteger))
)
_LAST: Final = Statement(select(counters.c.last).where(counters.c.kind == bindparam("kind")))
_FIRST_OF_KIND: Final = Statement(upsert(counters, binds(counters, "kind", "last"), key=("kind",)))


@define
class _Stock:
    next: int = 1
    end: int = 1

    @property
    def left(self) -> int:
        return self.end - self.next


@define(eq=False)
class SqlIds(Ids):
    """Ids per kind from the `counters` table.

    Kinds that are asked for in numbers are kept in stock, in blocks that are reserved in a transaction of their own
    before the business transaction begins: a stock taken inside one would be handed out again after its rollback.
    On SQLite, whose one writer may be this very thread, what is missing inside a transaction is reserved by that
    transaction, exactly, and nothing of it is kept. Other processes never wait for more than one short update.
    """

    engine: Engine
    blocks: Mapping[str, int] = field(factory=lambda: dict(BLOCKS))
    _stocks: dict[str, _Stock] = field(factory=dict, init=False)
    _seen: dict[str, int] = field(factory=dict, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _open: threading.local = field(factory=threading.local, init=False)

    def next(self, kind: str, count: int = 1) -> int:
        assert count > 0, "ids are asked for in whole numbers from 1"
        block = self.blocks.get(kind, 1)
        if block > 1:
            with self._lock:
                stock = self._stocks.get(kind)
                if stock is not None and stock.left >= count:
                    first = stock.next
                    stock.next += count
                    return first
        writing: Connection | None = getattr(self._open, "connection", None)
        if writing is not None:
            return self._reserve(writing, kind, count)
        with self._aside() as connection:
            if block == 1:
                return self._reserve(connection, kind, count)
            first = self._reserve(connection, kind, count + block)
        self._put(kind, first + count, first + count + block)
        return first

    def stock_up(self) -> None:
        """Reserve blocks of the kinds that run low; called before a business transaction begins."""
        low = [kind for kind, block in self.blocks.items() if self._left(kind) < block // 4]
        if low:
            with self._aside() as connection:
                reserved = [(kind, self._reserve(connection, kind, self.blocks[kind])) for kind in low]
            for kind, first in reserved:
                self._put(kind, first, first + self.blocks[kind])

    def writing_on(self, connection: Connection | None) -> None:
        """While this thread's transaction is open on the connection: on SQLite nobody else could write."""
        if self.engine.dialect == "sqlite":
            self._open.connection = connection

    def _left(self, kind: str) -> int:
        stock = self._stocks.get(kind)
        return 0 if stock is None else stock.left

    def _put(self, kind: str, first: int, end: int) -> None:
        with self._lock:
            stock = self._stocks.get(kind)
            # Two threads may have reserved at once: the longer stock is kept, the rest of the other is a gap.
            if stock is None or stock.left < end - first:
                self._stocks[kind] = _Stock(first, end)

    @contextmanager
    def _aside(self) -> Iterator[Connection]:
        """A short transaction of its own. Commits of a crash are lost in order, so a block is as safe as its users."""
        pool = self.engine.writers if self.engine.dialect == "sqlite" else self.engine.aside
        connection = pool.take()
        try:
            connection.begin()
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
        finally:
            pool.give_back(connection)

    def _reserve(self, connection: Connection, kind: str, count: int) -> int:
        asked = {"kind": kind, "count": count, "seen": self._seen.get(kind, 0)}
        if connection.run(_ADVANCE, asked) == 0:
            connection.run(_FIRST_OF_KIND, {"kind": kind, "last": 0})
            connection.run(_ADVANCE, asked)
        row = connection.first(_LAST, {"kind": kind})
        assert row is not None
        last = int(row[0])
        with self._lock:
            # After a rollback the counter is back where it was, but this process has seen these ids.
            self._seen[kind] = max(self._seen.get(kind, 0), last)
        return last - count + 1
