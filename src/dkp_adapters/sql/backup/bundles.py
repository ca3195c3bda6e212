"""The file that a backup is: a zip of the database's content and a manifest, which tells what must be in it.

The manifest is written last: a file that was cut off has none, and no list of what is in it either.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, get_args

from attrs import Factory, asdict, frozen

from dkp_adapters.sql.backup.errors import BackupDamaged, BackupRefused
from dkp_adapters.sql.statement import DialectName

FORMAT: Final = 1
CONTENT: Final = "content"
MANIFEST: Final = "manifest.json"
MANIFEST_BYTES_MAX: Final = 1024 * 1024
PIECE: Final = 1024 * 1024
_COMPRESSED_ALREADY: Final = frozenset({"postgresql"})
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@frozen(kw_only=True)
class Manifest:
    """What is in a backup: of which database, at which revision, when, how many rows, and the content's checksum."""

    made_at: datetime
    program: str
    revision: str
    dialect: DialectName
    database: str
    scheduled: bool
    tables: Mapping[str, int]
    sha256: str
    bytes: int
    format: int = Factory(lambda: FORMAT)

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(self.tables.values())


def digest(file: IO[bytes]) -> tuple[str, int]:
    """The checksum of what is left in a file, and how many bytes that is."""
    found, size = hashlib.sha256(), 0
    for piece in iter(lambda: file.read(PIECE), b""):
        found.update(piece)
        size += len(piece)
    return found.hexdigest(), size


def pack(file: IO[bytes], content: Path, manifest: Manifest) -> None:
    """Write the bundle. Raises: OSError."""
    how = zipfile.ZIP_STORED if manifest.dialect in _COMPRESSED_ALREADY else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(file, "w", how, compresslevel=6) as bundle:
        with content.open("rb") as source, bundle.open(CONTENT, "w", force_zip64=True) as entry:
            for piece in iter(lambda: source.read(PIECE), b""):
                entry.write(piece)
        told = {**asdict(manifest), "made_at": manifest.made_at.isoformat()}
        bundle.writestr(MANIFEST, json.dumps(told, indent=2, ensure_ascii=False))


def manifest_of(path: Path) -> Manifest:
    """What the bundle says of itself. Raises: BackupDamaged; BackupRefused for a newer format."""
    with _opened(path) as bundle:
        return _manifest(bundle, path)


def unpack(path: Path, into: Path) -> Manifest:
    """Write the content to a file, once its checksum is proven right. Raises: BackupDamaged, BackupRefused, OSError."""
    manifest = prove(path)
    with _opened(path) as bundle, bundle.open(CONTENT) as entry, into.open("wb") as out:
        for piece in iter(lambda: entry.read(PIECE), b""):
            out.write(piece)
    return manifest


def prove(path: Path) -> Manifest:
    """The manifest, once every byte of the content has been read and adds up. Raises: BackupDamaged, BackupRefused."""
    with _opened(path) as bundle:
        manifest = _manifest(bundle, path)
        with bundle.open(CONTENT) as entry:
            found = digest(entry)
    if found != (manifest.sha256, manifest.bytes):
        raise BackupDamaged(path.name, f"its checksum is {found[0][:16]}…, where {manifest.sha256[:16]}… is written")
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        opened = zipfile.ZipFile(path)
    except zipfile.BadZipFile as damaged:
        raise BackupDamaged(path.name, f"it is no backup, or it was cut off ({damaged})") from damaged
    except OSError as unreadable:
        raise BackupDamaged(path.name, f"it can't be read ({unreadable.strerror or unreadable})") from unreadable
    try:
        with opened as bundle:
            yield bundle
    except KeyError as missing:
        raise BackupDamaged(path.name, "there is no backup of ours in it") from missing
    except _UNREADABLE as damaged:
        raise BackupDamaged(path.name, f"it is damaged ({damaged})") from damaged


def _manifest(bundle: zipfile.ZipFile, path: Path) -> Manifest:
    entry = bundle.getinfo(MANIFEST)
    if entry.file_size > MANIFEST_BYTES_MAX:
        raise BackupDamaged(path.name, "its manifest is too large")
    try:
        told: Any = json.loads(bundle.read(entry))
        if not isinstance(told, dict) or not isinstance(told["format"], int):
            raise BackupDamaged(path.name, "its manifest is none of ours")
        if told["format"] > FORMAT:
            raise BackupRefused(f"{path.name} is of the format {told['format']}", f"formats up to {FORMAT}")
        if told["dialect"] not in get_args(DialectName):
            raise BackupDamaged(path.name, "its manifest names no database that we know")
        tables = {str(name): int(count) for name, count in told["tables"].items()}
        return Manifest(
            made_at=datetime.fromisoformat(told["made_at"]),
            program=str(told["program"]),
            revision=str(told["revision"]),
            dialect=told["dialect"],
            database=str(told["database"]),
            scheduled=told["scheduled"] is True,
            tables=tables,
            sha256=str(told["sha256"]),
            bytes=int(told["bytes"]),
            format=told["format"],
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as unreadable:
        raise BackupDamaged(path.name, "its manifest can't be read") from unreadable
