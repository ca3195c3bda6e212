"""The archive: what has no home here, as it stood, in a file that any program can read (O-2).

A zip with a file of JSON lines for each table of which rows were not imported, or not in full; one for the remarks, one
for the automatic adjustments; and `manifest.json`, which says what is what.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from attrs import fields_dict, frozen

from dkp_adapters.eqdkp.errors import ArchiveNotWritten
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.blanking import BLANK, Blanking
from dkp_adapters.eqdkp.mapping.fitting import chunks
from dkp_adapters.eqdkp.rows import KINDS, columns_of
from dkp_adapters.eqdkp.source import EqdkpSource, RawRow
from dkp_core.moving import ListedRow

MANIFEST: Final = "manifest.json"
RULES: Final = "rules.json"
FORMAT: Final = "rows of EQdkp Plus that were not imported"
VERSION: Final = 1
CHANGED: Final = "changed"
"""Why a row is in the archive that was imported, but not as it stood."""
_IDS: Final[Mapping[str, str]] = {each.table: columns_of(each)[0] for each in KINDS if "id" in fields_dict(each)}
_LINE: Final = json.JSONEncoder(ensure_ascii=False)


def write_archive(source: EqdkpSource, accounting: Accounting, path: Path) -> None:
    """Write the archive, whole or not at all; an earlier one in its place is replaced, another file is not.

    Raises: ArchiveNotWritten.
    """
    if path.exists() and not _is_archive(path):
        raise ArchiveNotWritten(str(path), "another file is there")
    making = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with ZipFile(file, "w", ZIP_DEFLATED) as archive:
                _fill(archive, source, accounting)
            file.flush()
            os.fsync(file.fileno())
        making.replace(path)
    except OSError as fault:
        raise ArchiveNotWritten(str(path), fault.strerror or "it can't be written") from None
    finally:
        making.unlink(missing_ok=True)


def _is_archive(path: Path) -> bool:
    try:
        with ZipFile(path) as archive, archive.open(MANIFEST) as manifest:
            return bool(json.load(manifest)["format"] == FORMAT)
    except (OSError, BadZipFile, KeyError, TypeError, ValueError):
        return False


def _fill(archive: ZipFile, source: EqdkpSource, accounting: Accounting) -> None:
    tables = {}
    for keeping in _keepings(source, accounting):
        kept = keeping.rows(source)
        first = next(kept, None)
        if first is not None:
            name, left_out = f"tables/{keeping.table}.jsonl", keeping.blanking.columns
            count = _write(archive, name, chain((first,), kept))
            tables[keeping.table] = {"file": name, "rows": count, **({"left_out": left_out} if left_out else {})}
    remarks = ({"table": each.table, "old_id": each.old_id, "text": each.text} for each in accounting.remarks)
    _write(archive, "remarks.jsonl", remarks)
    for name, content in ((RULES, _rules(source)), (MANIFEST, _manifest(source, tables))):
        with _opened(archive, name) as file:
            file.write(json.dumps(content, ensure_ascii=False, indent=2, default=str).encode(errors="backslashreplace"))


def _manifest(source: EqdkpSource, tables: Mapping[str, object]) -> Mapping[str, object]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "program": "EQdkp Plus",
        "program_version": source.version,
        "prefix": source.prefix,
        "tables": tables,
        "remarks": "remarks.jsonl",
        "rules": RULES,
        "left_out": f"passwords, keys and sessions are left out; {BLANK!r} stands for them",
    }


def _rules(source: EqdkpSource) -> Mapping[str, object]:
    """The automatic adjustments and their functions, all of them, as they were set."""
    return {
        "adjustments": [{"id": each.id, **each.settings} for each in source.adjustments],
        "functions": {name: each.lines for name, each in source.functions.items()},
    }


def _write(archive: ZipFile, name: str, lines: Iterable[Mapping[str, object]]) -> int:
    """A file of JSON lines; answers how many there are."""
    count = 0
    with _opened(archive, name) as file:
        for some in chunks(lines):
            file.write("".join([f"{_LINE.encode(each)}\n" for each in some]).encode(errors="backslashreplace"))
            count += len(some)
    return count


def _opened(archive: ZipFile, name: str) -> IO[bytes]:
    made = ZipInfo(name)
    made.compress_type = ZIP_DEFLATED
    made.external_attr = 0o600 << 16
    return archive.open(made, "w", force_zip64=True)


@frozen(kw_only=True)
class _Keeping:
    """Which rows of a table are kept, and why: what is `listed`, was `remarked` by its id, or is `cut`, by its row."""

    table: str
    count: int
    listed: Callable[[str, int], ListedRow | None]
    remarked: Mapping[str, str]
    cut: Collection[int]
    blanking: Blanking
    id_place: int | None

    def rows(self, source: EqdkpSource) -> Iterator[Mapping[str, object]]:
        """They, in their order, as they are archived; those that can't be read come last."""
        seen = set()
        for row in source.raw(self.table):
            seen.add(row.ordinal)
            why = self._why(row)
            if why is not None:
                yield _kept(row.ordinal, *why, self.blanking.blanked(row))
        for ordinal in range(1, self.count + 1) if len(seen) < self.count else ():
            listed = None if ordinal in seen else self.listed(self.table, ordinal)
            if listed is not None:
                yield _kept(ordinal, listed.why, listed.reason, None)

    def _why(self, row: RawRow) -> tuple[str, str] | None:
        listed = self.listed(row.table, row.ordinal)
        if listed is not None:
            return listed.why, listed.reason
        old_id = None if self.id_place is None else row.values[self.id_place]
        told = None if old_id is None else self.remarked.get(old_id)
        if told is not None:
            return CHANGED, told
        return (CHANGED, "it is not here in full") if row.ordinal in self.cut else None


def _keepings(source: EqdkpSource, accounting: Accounting) -> Iterator[_Keeping]:
    """The tables of which rows may be kept."""
    remarked: dict[str, dict[str, str]] = {}
    for each in accounting.remarks:
        told = remarked.setdefault(each.table, {})
        told[each.old_id] = f"{told[each.old_id]}; {each.text}" if each.old_id in told else each.text
    cut: dict[str, set[int]] = {}
    for table, row in accounting.cut_rows:
        cut.setdefault(table, set()).add(row)
    listed = {each.table for each in accounting.counts(source.tables) if each.listed}
    for table in sorted(source.tables.keys() & (listed | remarked.keys() | cut.keys())):
        columns = source.columns(table)
        id_ = _IDS.get(table)
        yield _Keeping(
            table=table,
            count=source.tables[table],
            listed=accounting.listed_as,
            remarked=remarked.get(table, {}),
            cut=cut.get(table, ()),
            blanking=Blanking.of(table, columns),
            id_place=columns.index(id_) if id_ in columns else None,
        )


def _kept(row: int, why: str, reason: str, values: Mapping[str, str | None] | None) -> Mapping[str, object]:
    """A row in the archive: which of its table's it is, why it is there, and what it says; None if it can't be read."""
    return {"row": row, "why": why, "reason": reason, "values": values}
