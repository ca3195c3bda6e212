"""Whether this process and what it needs are well (O-11)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from dkp_adapters.fanout import FanOut
from dkp_adapters.waiting import Lag
from dkp_core.kernel.errors import Unavailable
from dkp_core.kernel.permission import Permission
from dkp_entrypoints.execution import Lanes
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.version import own_version

if TYPE_CHECKING:
    from dkp_adapters.sql.backup import BackupState
    from dkp_adapters.sql.database import SqlDatabase

# A worker that is this far behind is not doing its work.
LAG_SECONDS_MAX: Final = 300
SCHEMA_CHECK_SECONDS: Final = 30
# A backup may take its time, and a failed one is tried again first.
BACKUP_GRACE: Final = timedelta(hours=1)
NOTICES: Final = "notices"


@frozen(kw_only=True)
class Part:
    """One thing that is needed, and how it is."""

    name: str
    ok: bool
    detail: str


@frozen(kw_only=True)
class Readiness:
    """Whether requests can be answered: `ready` needs database and migrations; the others only degrade it."""

    ready: bool
    degraded: bool
    parts: tuple[Part, ...]


@frozen(kw_only=True)
class LaneHealth:
    """How many jobs wait or run in a lane, and how many it takes at most."""

    name: str
    depth: int
    most: int


@frozen(kw_only=True)
class SystemHealth:
    """How the installation is, for those who look after it."""

    ready: bool
    degraded: bool
    version: str
    database: str
    uptime_seconds: int
    parts: tuple[Part, ...]
    lanes: tuple[LaneHealth, ...]


@define(eq=False)
class Checkup:
    """Looks after the database, its migrations, the worker, backups and the fan-out where that needs a server.

    `backup_every` is how often the worker backs up; None where it does not.
    """

    database: SqlDatabase
    database_url: str
    lanes: Lanes
    fan_out: FanOut | None = None
    started: float = field(factory=time.monotonic)
    backup_every: timedelta | None = field(default=None, kw_only=True)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)
    _schema: tuple[float, Part] | None = field(init=False, default=None)

    def readiness(self) -> Readiness:
        """Everything that requests need."""
        parts = [self._part("database", self._database)]
        if parts[0].ok:
            parts += [
                self._part("migrations", self._migrations),
                self._part("worker", self._worker),
                self._part(NOTICES, self._notices),
            ]
            if self.backup_every is not None:
                every = self.backup_every
                parts.append(self._part("backup", lambda: self._backup(every)))
        if self.fan_out is not None:
            fault = self.fan_out.fault()
            parts.append(Part(name="redis", ok=fault is None, detail=fault or "answered"))
        needed = [part.ok for part in parts if part.name in ("database", "migrations")]
        return Readiness(ready=all(needed), degraded=not all(part.ok for part in parts), parts=tuple(parts))

    def system(self) -> SystemHealth:
        """Everything that an installation's keeper wants to know."""
        ready = self.readiness()
        return SystemHealth(
            ready=ready.ready,
            degraded=ready.degraded,
            version=own_version(),
            database=self.database.engine.dialect,
            uptime_seconds=int(time.monotonic() - self.started),
            parts=ready.parts,
            lanes=tuple(
                LaneHealth(name=lane.name, depth=lane.depth, most=lane.threads + lane.waiting_max)
                for lane in self.lanes.all
            ),
        )

    def lags(self) -> dict[str, Lag]:
        """How far the worker is behind, by what waits for it. Raises: Unavailable."""
        from dkp_adapters.sql.due_deadlines import SqlDueDeadlines  # adapters are dear to import
        from dkp_adapters.sql.notice_queue import SqlNoticeQueue  # as above
        from dkp_adapters.sql.outbox import SqlOutbox  # as above

        return {
            "deliveries": SqlOutbox.of(self.database).lag(),
            "deadlines": SqlDueDeadlines.of(self.database).lag(),
            NOTICES: SqlNoticeQueue(self.database).lag(),
        }

    def backup(self) -> BackupState | None:
        """What became of the scheduled backups; None where there is no schedule. Raises: Unavailable."""
        if self.backup_every is None:
            return None
        from dkp_adapters.sql.backup import SqlBackupNotes  # as above

        return SqlBackupNotes(self.database).state()

    def _part(self, name: str, look: Callable[[], Part]) -> Part:
        try:
            return look()
        except Unavailable:
            return Part(name=name, ok=False, detail="the database does not answer")

    def _database(self) -> Part:
        began = time.perf_counter()
        with self.database.reading() as views:
            views.session.connection.ask("SELECT 1")
        took = (time.perf_counter() - began) * 1000
        return Part(name="database", ok=True, detail=f"answered in {took:.1f} ms")

    def _migrations(self) -> Part:
        """Asked anew now and then only: it opens a connection of its own."""
        with self._lock:
            if self._schema is not None and time.monotonic() - self._schema[0] < SCHEMA_CHECK_SECONDS:
                return self._schema[1]
            from dkp_adapters.sql import schema  # adapters are dear to import

            status = schema.check(self.database_url)
            ok = status.state is schema.SchemaState.CURRENT
            wanted = "" if ok else f", {status.wanted} is needed"
            part = Part(name="migrations", ok=ok, detail=f"{status.state}: {status.revision}{wanted}")
            self._schema = (time.monotonic(), part) if ok else None
            return part

    def _worker(self) -> Part:
        lags = [lag for kind, lag in self.lags().items() if kind != NOTICES]
        oldest = max(lag.oldest_seconds for lag in lags)
        parked = sum(lag.parked for lag in lags)
        due = sum(lag.due for lag in lags)
        ok = oldest < LAG_SECONDS_MAX and not parked
        return Part(name="worker", ok=ok, detail=f"{due} due, the oldest for {oldest:.0f} s; {parked} parked")

    def _notices(self) -> Part:
        """What was given up on says nothing of the installation: a guild's webhook may be gone for good."""
        lag = self.lags()[NOTICES]
        detail = f"{lag.due} wait, the oldest for {lag.oldest_seconds:.0f} s; {lag.parked} parked"
        return Part(name=NOTICES, ok=lag.oldest_seconds < LAG_SECONDS_MAX, detail=detail)

    def _backup(self, every: timedelta) -> Part:
        """One that is missing, or failed; why it failed, and where it lies, is in the log alone."""
        state = self.backup()
        assert state is not None
        limit = every + BACKUP_GRACE
        if state.made_at is None:
            up = timedelta(seconds=time.monotonic() - self.started)
            ok, detail = up < limit, "none was made yet"
        else:
            age = self.database.clock.now() - state.made_at
            ok = age < limit
            late = "" if ok else f", though one is due every {_hours(every)}"
            detail = f"the last was made {_hours(age)} ago, {state.bytes} bytes{late}"
        if state.failed:
            return Part(name="backup", ok=False, detail=f"{detail}; the last attempt failed, the log says why")
        return Part(name="backup", ok=ok, detail=detail)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} h"


@frozen(kw_only=True)
class Alive:
    """That the process answers."""

    status: str


def operations(checkup: Checkup) -> Operations:
    """The operations that tell how this process is."""
    found = Operations("Health")

    @found.get("/health/live/", anonymous=True, use_case=None)
    def show_liveness(_: Call) -> Alive:
        """Whether the process answers at all."""
        return Alive(status="live")

    @found.get("/health/ready/", anonymous=True, use_case=None, other=(503, lambda readiness: not readiness.ready))
    def show_readiness(_: Call) -> Readiness:
        """Whether requests can be answered: database, migrations, worker, backups and Redis if any, with details."""
        return checkup.readiness()

    @found.get("/api/admin/system-health/", Permission.HEALTH_READ, use_case=None)
    def show_system_health(call: Call) -> SystemHealth:
        """How the installation is: database, migrations, worker and lanes."""
        call.by.must(Permission.HEALTH_READ)
        return checkup.system()

    return found
