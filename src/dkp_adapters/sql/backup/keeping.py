"""The scheduled backups: which files they are, and what became of the last one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from attrs import define, evolve, frozen
from sqlalchemy import bindparam, select

from dkp_adapters.sql.backup.bundles import manifest_of
from dkp_adapters.sql.backup.making import SCHEDULED, SUFFIX, UNFINISHED, database_named
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.statement import Statement, binds, upsert
from dkp_adapters.sql.tables.kernel import installation
from dkp_core.kernel.actor import job
from dkp_core.kernel.errors import DomainError

BACK_UP: Final = "back_up"
_KEY: Final = "scheduled backup"
_C: Final = installation.c
_STATE: Final = Statement(select(_C.value).where(_C.key == bindparam("named")))
_NOTE: Final = Statement(
    upsert(installation, binds(installation, "key", "value"), key=("key",), update=lambda _, new: {"value": new.value})
)


@frozen(kw_only=True)
class BackupState:
    """When the last scheduled backup was made, how large it is, and when the last attempt failed and why."""

    made_at: datetime | None = None
    bytes: int = 0
    failed_at: datetime | None = None
    why: str = ""

    @property
    def failed(self) -> bool:
        """Whether the last attempt came to nothing."""
        return self.failed_at is not None and (self.made_at is None or self.failed_at > self.made_at)


@define(eq=False)
class SqlBackupNotes:
    """What the database itself remembers of its scheduled backups."""

    database: SqlDatabase

    def state(self) -> BackupState:
        """What became of the last ones. Raises: Unavailable."""
        with self.database.reading() as views:
            row = views.session.first(_STATE, named=_KEY)
        told: Any = {} if row is None else json.loads(row[0])
        return BackupState(
            made_at=_moment(told.get("made_at")),
            bytes=int(told.get("bytes", 0)),
            failed_at=_moment(told.get("failed_at")),
            why=str(told.get("why", "")),
        )

    def made(self, at: datetime, size: int) -> None:
        """Note that one was made. Raises: Unavailable, Stale."""
        self._note(evolve(self.state(), made_at=at, bytes=size))

    def failed(self, at: datetime, why: str) -> None:
        """Note that an attempt came to nothing. Raises: Unavailable, Stale."""
        self._note(evolve(self.state(), failed_at=at, why=why))

    def _note(self, state: BackupState) -> None:
        told = {
            "made_at": None if state.made_at is None else state.made_at.isoformat(),
            "bytes": state.bytes,
            "failed_at": None if state.failed_at is None else state.failed_at.isoformat(),
            "why": state.why,
        }
        with self.database.begin_installation(job(BACK_UP)) as work:
            work.session.run(_NOTE, key=_KEY, value=json.dumps(told, ensure_ascii=False))


def _moment(text: object) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))


def forget_oldest(directory: Path, url: str, *, keep: int) -> Sequence[Path]:
    """Delete all but the newest scheduled backups of this database; tells which. Raises: OSError.

    What is not called like one, and what does not say of itself that it is one, is somebody else's and stays.
    """
    name = database_named(url)
    pattern = re.compile(rf"{re.escape(name)}-{SCHEDULED}-\d{{8}}T\d{{6}}Z{re.escape(SUFFIX)}")
    named = sorted((path for path in directory.iterdir() if pattern.fullmatch(path.name)), reverse=True)
    found = [path for path in named if path.is_file() and not path.is_symlink() and _is_ours(path, name)]
    for path in found[keep:]:
        path.unlink(missing_ok=True)
    return found[keep:]


def forget_unfinished(directory: Path, url: str) -> None:
    """Delete what a scheduled backup left that was killed; who holds the lease is alone with it. Raises: OSError."""
    for path in directory.glob(f".{database_named(url)}-{SCHEDULED}-*{SUFFIX}.*{UNFINISHED}*"):
        path.unlink(missing_ok=True)


def _is_ours(path: Path, database: str) -> bool:
    try:
        manifest = manifest_of(path)
    except DomainError:
        return False
    return manifest.scheduled and manifest.database == database
