"""An export as one JSON document: written as it is read, and read without holding it all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final

from attrs import define, field

from dkp_adapters.sql.guild_export.layout import Row, Sheet
from dkp_adapters.sql.statement import to_json
from dkp_core.moving import BrokenExport

Sink = Callable[[bytes], object]

PIECE_BYTES: Final = 256 * 1024
VALUE_BYTES_MAX: Final = 512 * 1024 * 1024
_DECODER: Final = json.JSONDecoder()
_SPACE: Final = " \t\r\n"


@define(eq=False)
class JsonDocument:
    """Writes an export as JSON, a row a line."""

    sink: Sink
    _tables: int = field(default=0, init=False)

    def begin(self, header: Mapping[str, object]) -> None:
        """Write what is told of the whole."""
        self.sink(to_json(dict(header)).encode()[:-1] + b',"tables":{')

    def table(self, sheet: Sheet, pieces: Iterator[list[Row]]) -> int:
        """Write a table; answers how many rows it has."""
        self.sink((",\n" if self._tables else "\n").encode() + to_json(sheet.name).encode() + b":[")
        self._tables += 1
        count = 0
        for rows in pieces:
            lines = [to_json(_object(sheet, row)) for row in rows]
            if lines:
                self.sink(((",\n" if count else "\n") + ",\n".join(lines)).encode())
                count += len(lines)
        self.sink(b"]")
        return count

    def end(self) -> None:
        """Write what closes it."""
        self.sink(b"\n}}\n")


def _object(sheet: Sheet, row: Row) -> dict[str, object]:
    return {
        name: None if value is None else field.shown(value)
        for name, field, value in zip(sheet.names, sheet.fields, row, strict=True)
    }


@define(eq=False)
class JsonReading:
    """Reads such a document from its beginning, whoever wrote it, however it is set out."""

    file: BinaryIO
    _text: str = field(default="", init=False)
    _at: int = field(default=0, init=False)
    _rest: bytes = field(default=b"", init=False)
    _ended: bool = field(default=False, init=False)
    _asked: int = field(default=PIECE_BYTES, init=False)

    def header(self) -> dict[str, Any]:
        """What is told of the whole, before the tables. Raises: BrokenExport."""
        found: dict[str, Any] = {}
        self._expect("{")
        while (name := self._name("the document")) != "tables":
            found[name] = self._value(name)
            self._expect(",")
        return found

    def rows(self) -> Iterator[tuple[str, int, object]]:
        """Each row with its table and its number there; a table comes first as row 0. Raises: BrokenExport."""
        self._expect("{")
        if self._next() == "}":
            return
        while True:
            table = self._name("tables")
            yield table, 0, None
            self._expect("[")
            number = 0
            if self._next() == "]":
                self._at += 1
            else:
                while True:
                    number += 1
                    yield table, number, self._value(f"tables.{table}.{number}")
                    if not self._goes_on("]", f"tables.{table}.{number}"):
                        break
            if not self._goes_on("}", f"tables.{table}"):
                return

    def close(self) -> None:
        """See that nothing but the end follows. Raises: BrokenExport."""
        while self._next() == ",":
            self._at += 1
            self._value(self._name("the document"))
        self._expect("}")
        if self._next():
            raise BrokenExport("the document", "something follows its end", "one JSON document")

    def _name(self, where: str) -> str:
        name = self._value(where)
        if not isinstance(name, str):
            raise BrokenExport(where, f"{str(name)[:40]!r} is no name", "an object")
        self._expect(":")
        return name

    def _goes_on(self, end: str, where: str) -> bool:
        found = self._next()
        if found not in (",", end) or not found:
            raise self._broken(where)
        self._at += 1
        return found == ","

    def _expect(self, sign: str) -> None:
        if self._next() != sign:
            raise self._broken("the document")
        self._at += 1

    def _next(self) -> str:
        """The next sign that is no space; "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _value(self, where: str) -> Any:
        if not self._next():
            raise self._broken(where)
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (json.JSONDecodeError, RecursionError) as fault:
                # Half a value looks broken too: as long as there is more, it may still become whole.
                if (
                    len(self._text) - self._at > VALUE_BYTES_MAX
                    or isinstance(fault, RecursionError)
                    or not self._more()
                ):
                    raise self._broken(where) from fault
                continue
            if end == len(self._text) and self._more():
                continue  # a number may go on
            self._at = end
            self._asked = PIECE_BYTES
            return value

    def _more(self) -> bool:
        """Read on; False at the end. Raises: BrokenExport where it is no UTF-8."""
        if self._ended:
            return False
        piece = self.file.read(self._asked)
        self._asked = min(self._asked * 2, VALUE_BYTES_MAX)
        self._ended = not piece
        data = self._rest + piece
        try:
            text = data.decode()
            self._rest = b""
        except UnicodeDecodeError as fault:
            if self._ended or len(data) - fault.start > 3:
                raise BrokenExport("the document", "it is no UTF-8", "JSON in UTF-8") from fault
            text, self._rest = data[: fault.start].decode(), data[fault.start :]
        self._text = self._text[self._at :] + text
        self._at = 0
        return not self._ended

    def _broken(self, where: str) -> BrokenExport:
        shown = self._text[self._at : self._at + 40]
        fault = f"there is {shown!r}" if shown else "it ends in the middle"
        return BrokenExport(where, fault, "an export as `dkp export` writes it")
