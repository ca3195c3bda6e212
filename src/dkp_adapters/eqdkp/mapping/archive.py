"""The archive: what has no home here, as it stood, in a file that any program can read (O-2).

A zip with a file of JSON lines for each table of which rows were not imported, or not in full; one for the remarks, one
for the automatic adjustments; and `manifest.json`, which says what is what.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from attrs import asdict, fields_dict, frozen

from dkp_adapters.eqdkp.errors import ArchiveNotWritten
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.blanking import BLANK, blanked, blanked_columns
from dkp_adapters.eqdkp.rows import KINDS, columns_of
from dkp_adapters.eqdkp.source import EqdkpSource, RawRow

MANIFEST: Final = "manifest.json"
RULES: Final = "rules.json"
FORMAT: Final = "rows of EQdkp Plus that were not imported"
VERSION: Final = 1
CHANGED: Final = "changed"
"""Why a row is in the archive that was imported, but not as it stood."""
_IDS: Final[Mapping[str, str]] = {each.table: columns_of(each)[0] for each in KINDS if "id" in fields_dict(each)}


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


@frozen
class _Kept:
    """A row in the archive: which of its table's it is, why it is there, and what it says; None if it can't be read."""

    row: int
    why: str
    reason: str
    values: Mapping[str, str | None] | None


def _fill(archive: ZipFile, source: EqdkpSource, accounting: Accounting) -> None:
    keeping = _Keeping.of(accounting)
    tables = {}
    for table in sorted(source.tables):
        kept = keeping.rows(source, table)
        first = next(kept, None)
        if first is not None:
            name = f"tables/{table}.jsonl"
            count = _write(archive, name, first, kept)
            tables[table] = {"file": name, "rows": count, **_left_out(source, table)}
    with _opened(archive, "remarks.jsonl") as file:
        for remark in accounting.remarks:
            _line(file, asdict(remark))
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


def _left_out(source: EqdkpSource, table: str) -> dict[str, Sequence[str]]:
    row = next(source.raw(table), None)
    columns = blanked_columns(row.columns) if row else ()
    return {"left_out": columns} if columns else {}


def _write(archive: ZipFile, name: str, first: _Kept, others: Iterator[_Kept]) -> int:
    count = 1
    with _opened(archive, name) as file:
        _line(file, asdict(first))
        for count, each in enumerate(others, 2):  # noqa: B007  # the last one counts
            _line(file, asdict(each))
    return count


def _opened(archive: ZipFile, name: str) -> IO[bytes]:
    made = ZipInfo(name)
    made.compress_type = ZIP_DEFLATED
    made.external_attr = 0o600 << 16
    return archive.open(made, "w", force_zip64=True)


def _line(file: IO[bytes], what: Mapping[str, object]) -> None:
    file.write(json.dumps(what, ensure_ascii=False).encode(errors="backslashreplace") + b"\n")


@frozen
class _Keeping:
    """Which rows are kept, and why."""

    accounting: Accounting
    changed: Mapping[tuple[str, str], str]
    """What was remarked, by table and old id."""
    cut: frozenset[tuple[str, int]]

    @classmethod
    def of(cls, accounting: Accounting) -> _Keeping:
        changed: dict[tuple[str, str], str] = {}
        for each in accounting.remarks:
            key = each.table, each.old_id
            changed[key] = f"{changed[key]}; {each.text}" if key in changed else each.text
        return cls(accounting, changed, frozenset(accounting.cut_rows))

    def rows(self, source: EqdkpSource, table: str) -> Iterator[_Kept]:
        """The rows of a table that are kept, in their order; those that can't be read come last."""
        seen = set()
        for row in source.raw(table):
            seen.add(row.ordinal)
            why = self._why(row)
            if why is not None:
                yield _Kept(row.ordinal, *why, blanked(row))
        for ordinal in range(1, source.tables[table] + 1) if len(seen) < source.tables[table] else ():
            listed = None if ordinal in seen else self.accounting.listed_as(table, ordinal)
            if listed is not None:
                yield _Kept(ordinal, listed.why, listed.reason, None)

    def _why(self, row: RawRow) -> tuple[str, str] | None:
        listed = self.accounting.listed_as(row.table, row.ordinal)
        if listed is not None:
            return listed.why, listed.reason
        id_ = _IDS.get(row.table)
        old_id = row.values[row.columns.index(id_)] if id_ in row.columns else None
        told = None if old_id is None else self.changed.get((row.table, old_id))
        if told is not None:
            return CHANGED, told
        return (CHANGED, "it is not here in full") if (row.table, row.ordinal) in self.cut else None
