"""The rows of a source, put down in a temporary file as they come, and read from there as often as needed.

One pass over a dump, or one short transaction of a live database, is all that the source itself is asked for. The file
has no name and goes with the process; only where things stand in it is kept in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, Generic, Protocol, TypeVar

import msgspec
from attrs import define, field, frozen

from dkp_adapters.eqdkp.statements import Cells

BATCH_BYTES: Final = 2**17
BATCH_ROWS: Final = 2000
ASIDE_ROWS: Final = 500
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[Cells])

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")


@frozen
class Fault:
    """A row that could not be read: its table, which of its rows it is, and why."""

    table: str
    ordinal: int
    reason: str


@frozen
class _Batch:
    """Rows that follow each other: where they stand, and the ordinal of the first."""

    at: int
    size: int
    first: int


@define
class Spooled:
    """A table: its columns, in what charset each is, which hold bytes, and where its rows stand."""

    name: str
    columns: tuple[str, ...]
    binary: frozenset[str] = frozenset()
    charsets: dict[str, str] = field(factory=dict)
    count: int = 0
    faults: list[Fault] = field(factory=list)
    created: bool = False
    _batches: list[_Batch] = field(factory=list)


class _File(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def seek(self, place: int, whence: int = 0, /) -> int: ...
    def write(self, data: bytes, /) -> int: ...
    def close(self) -> None: ...


def _temporary() -> _File:
    return tempfile.TemporaryFile(prefix="dkp-eqdkp-")


@define
class Spool:
    """All tables of a source."""

    tables: dict[str, Spooled] = field(factory=dict)
    _file: _File = field(factory=_temporary, repr=False)
    _end: int = field(default=0, init=False)
    _waiting: list[Cells] = field(factory=list, init=False, repr=False)
    _weight: int = field(default=0, init=False)
    _filling: Spooled | None = field(default=None, init=False, repr=False)

    def table(self, name: str) -> Spooled:
        """The table of that name, made where there is none yet."""
        return self.tables.setdefault(name, Spooled(name, ()))

    def add(self, table: Spooled, cells: Cells, size: int) -> None:
        """A row of about so many bytes, in the order of the table's columns."""
        if self._filling is not table:
            self.flush()
            self._filling = table
        table.count += 1
        self._waiting.append(cells)
        self._weight += size
        if self._weight > BATCH_BYTES or len(self._waiting) >= BATCH_ROWS:
            self.flush()

    def refuse(self, table: Spooled, reason: str) -> None:
        """A row that can't be read counts, and is listed."""
        self.flush()
        table.count += 1
        table.faults.append(Fault(table.name, table.count, reason))

    def flush(self) -> None:
        """Puts down what waits."""
        if not self._waiting or self._filling is None:
            return
        table, rows = self._filling, self._waiting
        table._batches.append(self._put_down(rows, table.count - len(rows) + 1))
        self._waiting = []
        self._weight = 0

    def put_aside(self, kind: type[S], given: Iterable[S]) -> Aside[S]:
        """Puts down what something else made of the rows."""
        batches, things = [], iter(given)
        while some := list(islice(things, ASIDE_ROWS)):
            batches.append(self._put_down(some, 0))
        return Aside(self, batches, msgspec.msgpack.Decoder(list[kind]))  # type: ignore[valid-type]  # known when it runs

    def _put_down(self, rows: Sequence[object], first: int) -> _Batch:
        data = _ENCODER.encode(rows)
        self._file.seek(self._end)
        self._file.write(data)
        self._end += len(data)
        return _Batch(self._end - len(data), len(data), first)

    def _taken_up(self, batch: _Batch, decoder: msgspec.msgpack.Decoder[list[T]]) -> list[T]:
        self._file.seek(batch.at)
        return decoder.decode(self._file.read(batch.size))

    def batches(self, name: str) -> Iterator[tuple[int, Sequence[Cells]]]:
        """The rows of a table, some that follow each other at a time, with the ordinal of the first of them.

        Several may be read at the same time.
        """
        self.flush()
        for batch in self.tables[name]._batches:
            yield batch.first, self._taken_up(batch, _DECODER)

    def rows(self, name: str) -> Iterator[Cells]:
        """The rows of a table one by one."""
        for _, batch in self.batches(name):
            yield from batch

    def close(self) -> None:
        """Lets the file go."""
        self._file.close()


@frozen
class Aside(Generic[S]):
    """What was made of rows and put down, to be taken up as often as needed."""

    _spool: Spool
    _batches: Sequence[_Batch]
    _decoder: msgspec.msgpack.Decoder[list[S]]

    def __iter__(self) -> Iterator[S]:
        for batch in self._batches:
            yield from self._spool._taken_up(batch, self._decoder)
