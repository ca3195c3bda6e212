"""Making a backup, and restoring one: each as a whole or not at all, and proven before it counts."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from attrs import frozen

from dkp_adapters.sql import schema
from dkp_adapters.sql.backup.bundles import Manifest, digest, manifest_of, pack, prove, unpack
from dkp_adapters.sql.backup.contents import Content, content_of
from dkp_adapters.sql.backup.errors import BackupDamaged, BackupRefused, TargetNotEmpty
from dkp_adapters.sql.backup.files import private, settled
from dkp_adapters.sql.engine import Engine
from dkp_adapters.sql.schema import SchemaState, SchemaStatus, SchemaUnfit
from dkp_adapters.sql.statement import DialectName
from dkp_core.kernel.errors import InvalidValue

SUFFIX: Final = ".dkp-backup"
SCHEDULED: Final = "scheduled"
UNFINISHED: Final = ".unfinished"
SPOKEN: Final[dict[DialectName, str]] = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MariaDB"}
_STRANGE: Final = re.compile(r"[^A-Za-z0-9_-]+")


@frozen(kw_only=True)
class Backup:
    """A backup that was made, and proven."""

    path: Path
    bytes: int
    manifest: Manifest


@frozen(kw_only=True)
class Plan:
    """What a restore would do: what the backup brings, and what the database holds now."""

    manifest: Manifest
    database: str
    tables: int
    rows: int


def database_named(url: str) -> str:
    """What the database of that URL is called in the names of backups: letters, digits, and what joins them."""
    with _engine(url) as engine:
        name = Path(engine.url.database or "").stem if engine.dialect == "sqlite" else engine.url.database or ""
    return _STRANGE.sub("_", name) or "database"


def file_for(url: str, at: datetime, *, scheduled: bool = False) -> str:
    """The name of a backup that is made at that moment."""
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{'-'.join([database_named(url), *([SCHEDULED] if scheduled else []), stamp])}{SUFFIX}"


def back_up(url: str, to: Path, *, at: datetime, program: str, scheduled: bool = False) -> Backup:
    """Write the database of that URL to a file of that name, which must not be there yet.

    It is written beside it under another name, read again from its first to its last byte, and gets its name then: a
    file of that name is whole. Whatever fails leaves nothing. Raises: SchemaUnfit for a database that is missing or
    newer; InvalidValue, BackupRefused, BackupDamaged, ProgramMissing, ProgramFailed, Unavailable, OSError.
    """
    if to.exists():
        raise InvalidValue("file", f"{to} is there already", "the name of a file that is not, or a folder")
    if not to.parent.is_dir():
        raise InvalidValue("file", f"there is no folder {to.parent}", "a file or folder in a folder that is there")
    revision = _revision(url)
    dumped, packed = (to.with_name(f".{to.name}.{part}{UNFINISHED}") for part in ("content", "bundle"))
    try:
        private(dumped)
        with _engine(url) as engine:
            counts = content_of(engine).dump(dumped)
            if _revision(url) != revision:
                raise BackupRefused("The database was upgraded meanwhile", "another attempt")
            with dumped.open("rb") as content:
                sha256, size = digest(content)
            manifest = Manifest(
                made_at=at.astimezone(UTC),
                program=program,
                revision=revision,
                dialect=engine.dialect,
                database=database_named(url),
                scheduled=scheduled,
                tables=dict(sorted(counts.items())),
                sha256=sha256,
                bytes=size,
            )
        private(packed)
        with packed.open("wb") as file:
            pack(file, dumped, manifest)
            file.flush()
            os.fsync(file.fileno())
        if prove(packed) != manifest:
            raise BackupDamaged(to.name, "what was written is not what is read")
        packed.rename(to)
        settled(to.parent)
        return Backup(path=to, bytes=to.stat().st_size, manifest=manifest)
    finally:
        for path in (dumped, packed, *(dumped.with_name(dumped.name + end) for end in ("-journal", "-wal", "-shm"))):
            path.unlink(missing_ok=True)


def planned(url: str, path: Path, *, overwrite: bool) -> Plan:
    """What restoring the backup would do, once the whole file is proven right.

    Raises: BackupDamaged; BackupRefused for a backup of another kind of database or a newer program; TargetNotEmpty
    unless `overwrite`; Unavailable.
    """
    manifest = prove(path)
    with _engine(url) as engine:
        _must_fit(manifest, engine.dialect)
        held = content_of(engine).counts()
        if held and not overwrite:
            raise TargetNotEmpty(len(held))
        return Plan(manifest=manifest, database=database_named(url), tables=len(held), rows=sum(held.values()))


def restore(
    url: str, path: Path, *, overwrite: bool = False, progress: Callable[[str], None] = lambda _: None
) -> SchemaStatus:
    """Make the database of that URL what the backup holds, and bring it to this program's revision.

    The file is proven right first, and every table's rows are counted after. SQLite and PostgreSQL are restored as a
    whole or not at all; MariaDB, which can't take back a change of its tables, is left empty where it fails.
    Raises: as `planned`; TargetInUse, ProgramMissing, ProgramFailed, OSError.
    """
    _must_fit(manifest_of(path), None)
    with tempfile.TemporaryDirectory(prefix="dkp-restore-") as folder, _engine(url) as engine:
        unpacked = Path(folder) / "content"
        private(unpacked)
        manifest = unpack(path, unpacked)
        _must_fit(manifest, engine.dialect)
        progress(f"{path.name} is whole: {manifest.rows} rows in {len(manifest.tables)} tables")
        content: Content = content_of(engine)
        content.load(unpacked, overwrite=overwrite)
        if (found := content.counts()) != manifest.tables:
            wrong = sorted({name for name, _ in {*found.items()} ^ {*manifest.tables.items()}})
            raise BackupDamaged(path.name, f"after restoring it, rows are missing or too many in {', '.join(wrong)}")
        progress(f"{manifest.rows} rows are back")
    return schema.upgrade(url, progress)


def _must_fit(manifest: Manifest, dialect: DialectName | None) -> None:
    """Raises: BackupRefused where the backup is not for this kind of database, or this program is too old for it."""
    if dialect is not None and manifest.dialect != dialect:
        of, on = SPOKEN[manifest.dialect], SPOKEN[dialect]
        raise BackupRefused(f"The backup is of a {of} database, not of a {on} one", f"the URL of a {of} database")
    known = schema.known_revisions()
    if manifest.revision not in known:
        raise BackupRefused(
            f"The backup is at revision {manifest.revision}, which this program does not know",
            f"backups up to revision {known[-1]}, or the newer program ({manifest.program}) that made it",
        )


def _revision(url: str) -> str:
    """The revision that the database is at. Raises: SchemaUnfit where there is none, or one that is not known here."""
    status = schema.check(url)
    if status.revision is None or status.state is SchemaState.NEWER:
        raise SchemaUnfit(status)
    return status.revision


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = Engine.open(url)
    try:
        yield engine
    finally:
        engine.close()
