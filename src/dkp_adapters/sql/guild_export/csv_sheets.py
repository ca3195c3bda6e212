"""An export as CSV files in a zip, one for each table, with a manifest of what they are."""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Final

from attrs import define, field

from dkp_adapters.sql.guild_export.layout import Content, Row, Sheet, Unfit, sheets
from dkp_adapters.sql.statement import to_json
from dkp_core.moving import BrokenExport
from dkp_core.raids import KEPT_BYTES_MAX

Sink = Callable[[bytes], object]

MANIFEST: Final = "manifest.json"
MANIFEST_BYTES_MAX: Final = 1024 * 1024
ROW_LETTERS_MAX: Final = 16 * 1024 * 1024
"""What a row has beside files. A zip may hold a thousand times what it is long: no more of it than this is unpacked."""
CONTENT_LETTERS_MAX: Final = 2 * KEPT_BYTES_MAX
"""What a file comes to in letters, at most."""
_ENDING: Final = ".csv"
_ACCEPTED: Final = "a zip as `dkp export` writes it"


class _Out(io.RawIOBase):
    """A file that can only be written on."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._sink(bytes(data))
        return len(data)


@define(eq=False)
class CsvSheets:
    """Writes an export as CSV files: nothing is an empty cell, text that could be taken for a formula is after a '."""

    sink: Sink
    _zip: zipfile.ZipFile = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._zip = zipfile.ZipFile(_Out(self.sink), "w", zipfile.ZIP_DEFLATED)

    def begin(self, header: Mapping[str, object]) -> None:
        """Write what is told of the whole."""
        self._zip.writestr(MANIFEST, to_json(dict(header)) + "\n")

    def table(self, sheet: Sheet, pieces: Iterator[list[Row]]) -> int:
        """Write a table; answers how many rows it has."""
        count = 0
        with (
            self._zip.open(f"{sheet.name}{_ENDING}", "w", force_zip64=True) as member,
            io.TextIOWrapper(member, "utf-8", newline="") as text,
        ):
            writer = csv.writer(text)
            writer.writerow(sheet.names)
            for rows in pieces:
                writer.writerows(
                    ["" if value is None else field.cell(value) for field, value in zip(sheet.fields, row, strict=True)]
                    for row in rows
                )
                count += len(rows)
        return count

    def end(self) -> None:
        """Write what closes it."""
        self._zip.close()


@define(eq=False)
class _Lines:
    """The lines of a sheet, no longer than rows can be; who reads them sets `read` back with each row."""

    text: io.TextIOWrapper
    most: int
    read: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(self.most + 1):
            self.read += len(line)
            if self.read > self.most:
                raise csv.Error(f"it is longer than {self.most:,} characters")
            yield line


def _letters_most(table: str) -> int:
    """How long a row of the table may be."""
    has_files = table in sheets() and any(isinstance(each, Content) for each in sheets()[table].fields)
    return ROW_LETTERS_MAX + (CONTENT_LETTERS_MAX if has_files else 0)


@define(eq=False)
class CsvReading:
    """Reads such a zip from its beginning."""

    file: BinaryIO
    _zip: zipfile.ZipFile = field(init=False)

    def __attrs_post_init__(self) -> None:
        try:
            self._zip = zipfile.ZipFile(self.file)
        except zipfile.BadZipFile as fault:
            raise BrokenExport("the zip", str(fault), _ACCEPTED) from fault

    def header(self) -> dict[str, Any]:
        """What is told of the whole. Raises: BrokenExport."""
        try:
            with self._zip.open(MANIFEST) as member:
                text = member.read(MANIFEST_BYTES_MAX + 1)
            if len(text) > MANIFEST_BYTES_MAX:
                raise BrokenExport(MANIFEST, "it is too long", f"at most {MANIFEST_BYTES_MAX:,} bytes")
            header = json.loads(text)
        except KeyError as fault:
            raise BrokenExport(MANIFEST, "it is missing", _ACCEPTED) from fault
        except (zipfile.BadZipFile, ValueError) as fault:
            raise BrokenExport(MANIFEST, str(fault), "JSON") from fault
        if not isinstance(header, dict):
            raise BrokenExport(MANIFEST, "it is no object", _ACCEPTED)
        return header

    def rows(self) -> Iterator[tuple[str, int, object]]:
        """Each row with its table and its number there; a table comes first as row 0. Raises: BrokenExport."""
        limit = csv.field_size_limit(ROW_LETTERS_MAX + CONTENT_LETTERS_MAX)
        try:
            for name in self._zip.namelist():
                if name != MANIFEST:
                    yield from self._of(name)
        finally:
            csv.field_size_limit(limit)

    def close(self) -> None:
        """Nothing follows."""

    def _of(self, name: str) -> Iterator[tuple[str, int, object]]:
        if not name.endswith(_ENDING):
            raise BrokenExport(name, "it is no table of an export", _ACCEPTED)
        table, number = name.removesuffix(_ENDING), 0
        yield table, 0, None
        fields = {} if table not in sheets() else dict(zip(sheets()[table].names, sheets()[table].fields, strict=True))
        try:
            with self._zip.open(name) as member, io.TextIOWrapper(member, "utf-8-sig", newline="") as text:
                lines = _Lines(text, _letters_most(table))
                rows = csv.reader(lines, strict=True)
                names = next(rows, [])
                for number, cells in enumerate(rows, 1):
                    lines.read = 0
                    if len(cells) != len(names):
                        fault = f"it has {len(cells)} cells"
                        raise BrokenExport(f"tables.{table}.{number}", fault, f"{len(names)}, as its head says")
                    row: dict[str, object] = {}
                    for column, cell in zip(names, cells, strict=True):
                        found = fields.get(column)
                        try:
                            row[column] = None if cell == "" else cell if found is None else found.read(cell)
                        except Unfit as unfit:
                            where = f"tables.{table}.{number}.{column}"
                            raise BrokenExport(where, unfit.fault, unfit.accepted) from unfit
                    yield table, number, row
        except (csv.Error, UnicodeDecodeError, zipfile.BadZipFile, EOFError, NotImplementedError) as fault:
            raise BrokenExport(f"tables.{table}.{number + 1}", str(fault), "CSV in UTF-8") from fault
        except zlib.error as fault:
            raise BrokenExport(f"tables.{table}.{number + 1}", str(fault), "a sound zip") from fault
