"""Scheduled backups: made when they are due, by one worker however many there are, and the oldest thrown away (O-7)."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from attrs import define, field

from dkp_core.kernel.errors import DomainError, Stale, Unavailable
from dkp_core.kernel.ports import Clock
from dkp_entrypoints.worker.store import Leases

if TYPE_CHECKING:
    from dkp_adapters.sql.backup import SqlBackupNotes
    from dkp_entrypoints.containers import UseCases

BACKUP_LEASE: Final = "scheduled backup"
# Longer than the programs that write a backup, and read it again, may take.
LEASE_SECONDS: Final = 3 * 3600.0
LOOK_SECONDS: Final = 30.0
AGAIN_AFTER: Final = timedelta(minutes=15)

_logger: Final = logging.getLogger(__name__)


@define(eq=False, kw_only=True)
class BackingUp:
    """Backs up a database into a directory every so often, and keeps the last few."""

    database_url: str
    directory: Path
    every: timedelta
    keep: int
    program: str
    notes: SqlBackupNotes
    leases: Leases
    clock: Clock
    holder: str
    _look_at: float = field(default=0.0, init=False)

    @classmethod
    def of(cls, use_cases: UseCases, leases: Leases, holder: str) -> Self | None:
        """The one that the settings ask for; None where they ask for none."""
        settings = use_cases.settings()
        if not settings.backup_dir:
            return None
        from dkp_adapters.sql.backup import SqlBackupNotes
        from dkp_entrypoints.version import own_version

        database = use_cases.database()
        return cls(
            database_url=settings.database_url,
            directory=Path(settings.backup_dir),
            every=timedelta(hours=settings.backup_every_hours),
            keep=settings.keep_backups,
            program=own_version(),
            notes=SqlBackupNotes(database),
            leases=leases,
            clock=database.clock,
            holder=holder,
        )

    def run_due(self) -> bool:
        """Make one if it is due and nobody else is at it; whether one was made. Raises: Unavailable, Stale.

        It looks now and then only, however often it is asked.
        """
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_SECONDS
        if not self._due():
            return False
        lease = self.leases.acquire(BACKUP_LEASE, self.holder, LEASE_SECONDS)
        if lease is None:
            return False
        try:
            return self._due() and self._back_up()  # another may have been quicker
        finally:
            with suppress(Unavailable, Stale):  # it runs out by itself
                self.leases.release(lease)

    def _due(self) -> bool:
        state, now = self.notes.state(), self.clock.now()
        if state.failed and state.failed_at is not None and now < state.failed_at + AGAIN_AFTER:
            return False
        return state.made_at is None or now >= state.made_at + self.every

    def _back_up(self) -> bool:
        from dkp_adapters.sql.backup import back_up, file_for, forget_oldest, forget_unfinished
        from dkp_adapters.sql.schema import SchemaUnfit

        at = self.clock.now()
        try:
            forget_unfinished(self.directory, self.database_url)
            path = self.directory / file_for(self.database_url, at, scheduled=True)
            backup = back_up(self.database_url, path, at=at, program=self.program, scheduled=True)
        except (DomainError, SchemaUnfit, Unavailable, Stale, OSError) as failed:
            _logger.warning("the scheduled backup failed: %s", failed)
            self.notes.failed(at, str(failed))
            return False
        self.notes.made(at, backup.bytes)
        _logger.info("backed up %s rows as %s, %s bytes", backup.manifest.rows, path.name, backup.bytes)
        try:
            for forgotten in forget_oldest(self.directory, self.database_url, keep=self.keep):
                _logger.info("the backup %s was one too many, and is deleted", forgotten.name)
        except OSError as kept:
            _logger.warning("backups that are too many could not be deleted: %s", kept)
        return True
