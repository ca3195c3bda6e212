"""The worker's day: claim what is due, do it once, try again what failed, and otherwise wait."""

from __future__ import annotations

import logging
import os
import random
import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Self

from attrs import define, field

from dkp_adapters.commits import Commit
from dkp_adapters.waiting import Delivery, DueDeadline, Lease, Retrying
from dkp_core.kernel.errors import Stale, Unavailable
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.worker.reacting import Reacting
from dkp_entrypoints.worker.store import AnsweredRequests, Leases, Row, Store, Waiting

EMBEDDED_LEASE: Final = "embedded worker"
LEASE_SECONDS: Final = 30.0
RACES_MAX: Final = 3
PRUNE_SECONDS: Final = 3600.0

_logger: Final = logging.getLogger(__name__)


def _holder() -> str:
    return f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(4)}"


def _named(row: object) -> str:
    if isinstance(row, Delivery):
        return f"reaction {row.reaction} to event {row.event_id} in guild {row.guild_id}, attempt {row.attempts},"
    if isinstance(row, DueDeadline):
        return f"deadline {row.key} in guild {row.guild_id}, attempt {row.attempts},"
    return type(row).__name__


@define(eq=False, kw_only=True)
class Worker:
    """Does what follows from events and what has become due; any number of them share the work.

    It looks as soon as a commit of this process leaves something to do, and else every 0.2 to 2 seconds, the longer
    the less there is. `alone` is the lease that it needs to work at all; without one it shares with all others.
    `claim_seconds` is for how long what it claims is nobody else's: where a worker dies, others take over after that.
    """

    store: Store
    outbox: Waiting[Delivery]
    due_deadlines: Waiting[DueDeadline]
    leases: Leases
    answered_requests: AnsweredRequests
    reacting: Reacting
    alone: str | None = None
    batch: int = 20
    claim_seconds: float = 60
    poll_seconds_min: float = 0.2
    poll_seconds_max: float = 2
    holder: str = field(factory=_holder)
    _woken: threading.Event = field(factory=threading.Event, init=False)
    _lease: Lease | None = field(default=None, init=False)
    _renew_at: float = field(default=0.0, init=False)
    _prune_at: float = field(default=0.0, init=False)

    @classmethod
    def of(cls, use_cases: UseCases, *, retrying: Retrying | None = None, **options: Any) -> Self:
        """The worker of the SQL database that these use cases work on."""
        from dkp_adapters.sql.answered_requests import SqlAnsweredRequests
        from dkp_adapters.sql.due_deadlines import SqlDueDeadlines
        from dkp_adapters.sql.leases import SqlLeases
        from dkp_adapters.sql.outbox import SqlOutbox

        database = use_cases.database()
        return cls(
            store=database,
            outbox=SqlOutbox.of(database, retrying),
            due_deadlines=SqlDueDeadlines.of(database, retrying),
            leases=SqlLeases(database),
            answered_requests=SqlAnsweredRequests(database),
            reacting=Reacting(use_cases, database),
            **options,
        )

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; what runs then is finished. `wake` makes it look at once."""
        self.store.after_commit(self._told)
        pause, beaten, answering = self.poll_seconds_min, False, True
        while not stop.is_set():
            done = 0
            try:
                if self._may_work():
                    if not beaten:
                        self.reacting.beat()
                        beaten = True
                    done = self.run_due()
                    self._prune()
                if not answering:
                    _logger.info("the database answers again")
                answering = True
            except (Unavailable, Stale) as gone:
                if answering:
                    _logger.warning("the database does not answer, trying again: %s", gone)
                answering = False
            except Exception:
                # A worker that ended would be missed by nobody.
                _logger.exception("the worker goes on after a fault")
            if done:
                pause = self.poll_seconds_min
                continue
            if self._woken.wait(pause):
                self._woken.clear()
                pause = self.poll_seconds_min
            else:
                pause = min(pause * 2, self.poll_seconds_max)
        self._let_go()

    def wake(self) -> None:
        """Look now whether there is something to do, or whether to stop."""
        self._woken.set()

    def run_due(self) -> int:
        """Do what is due now; tells how much was done. Raises: Unavailable, Stale."""
        return self.run_reactions() + self._through(self.due_deadlines, self.reacting.meet)

    def run_reactions(self) -> int:
        """Let follow what follows from events that were stored so far; tells how many reactions were done.

        Raises: Unavailable, Stale.
        """
        return self._through(self.outbox, self.reacting.react)

    def _through(self, waiting: Waiting[Row], act: Callable[[Row], None]) -> int:
        done = 0
        for row in waiting.claim(self.batch, self.claim_seconds):
            done += self._once(waiting, row, act)
        return done

    def _once(self, waiting: Waiting[Row], row: Row, act: Callable[[Row], None]) -> bool:
        """Act on a row and remove it, in one transaction; whatever fails is noted with the row and tried again."""
        for race in range(1, RACES_MAX + 1):
            try:
                with self.store.scope():
                    if not waiting.take(row):
                        return False
                    act(row)
                return True
            except Unavailable:
                raise
            except Stale as lost:
                if race == RACES_MAX:
                    waiting.failed(row, f"it lost {RACES_MAX} races: {lost}")
                time.sleep(random.uniform(0.005, 0.05) * race)
            except Exception as error:
                # It is kept with the row, where health and people see it, and everything else goes on.
                _logger.warning("%s failed", _named(row), exc_info=error)
                waiting.failed(row, f"{type(error).__name__}: {error}")
                return False
        return False

    def _told(self, commit: Commit) -> None:
        if commit.deliveries:
            self.wake()

    def _may_work(self) -> bool:
        """Whether nobody else holds the lease that this worker needs."""
        now = time.monotonic()
        if self.alone is None or (self._lease is not None and now < self._renew_at):
            return True
        if self._lease is not None:
            self._lease = self.leases.renew(self._lease, LEASE_SECONDS)
        else:
            self._lease = self.leases.acquire(self.alone, self.holder, LEASE_SECONDS)
        self._renew_at = now + LEASE_SECONDS / 3
        return self._lease is not None

    def _let_go(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            try:
                self.leases.release(lease)
            except (Unavailable, Stale) as gone:
                _logger.warning("the lease runs out by itself: %s", gone)

    def _prune(self) -> None:
        now = time.monotonic()
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_SECONDS
            self.answered_requests.prune()
