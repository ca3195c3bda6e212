"""The rows of a source, put down in a temporary file as they come, and read from there as often as needed.

One pass over a dump, or one short transaction of a live database, is all that the source itself is asked for. The file
has no name and goes with the process; only where things stand in it is kept in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Final, Protocol

import msgspec
from attrs import define, field, frozen

from dkp_adapters.eqdkp.statements import Cells

BATCH_BYTES: Final = 2**17
BATCH_ROWS: Final = 2000
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[Cells])


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
        data = _ENCODER.encode(rows)
        self._file.seek(self._end)
        self._file.write(data)
        table._batches.append(_Batch(self._end, len(data), table.count - len(rows) + 1))
        self._end += len(data)
        self._waiting = []
        self._weight = 0

    def rows(self, name: str) -> Iterator[tuple[int, Cells]]:
        """The rows of a table with their ordinals; several may be read at the same time."""
        self.flush()
        for batch in self.tables[name]._batches:
            self._file.seek(batch.at)
            yield from enumerate(_DECODER.decode(self._file.read(batch.size)), batch.first)

    def close(self) -> None:
        """Lets the file go."""
        self._file.close()
