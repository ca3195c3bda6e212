"""Rows in memory that wait to be acted upon: claimed by one worker for a while, tried again later, parked in the end.

A claim that is not finished in time makes the row due again; whoever acts drops the row in the same transaction and by
its claim, so that of two workers one finds nothing left to do.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Generic, TypeVar

from attrs import define, evolve, field

from dkp_adapters.memory.installation import MemoryInstallation
from dkp_adapters.memory.tables import InstallationTables, Rows, WaitingDeadline, WaitingDelivery
from dkp_adapters.waiting import Lag, Retrying

ERROR_LENGTH_MAX: Final = 4000

K = TypeVar("K")
W = TypeVar("W", WaitingDelivery, WaitingDeadline)


@define(eq=False)
class Claims(Generic[K, W]):
    """The rows of one table that wait for a worker, of which those `among` are claimed.

    Moments are those of the installation's clock.
    """

    installation: MemoryInstallation
    table: Callable[[InstallationTables], Rows[K, W]]
    retrying: Retrying = field(factory=Retrying)
    chance: Callable[[], float] = random.random
    among: Callable[[W], bool] = lambda _: True

    def claim(self, limit: int, seconds: float) -> list[W]:
        """Up to `limit` rows that are due, for the next `seconds` nobody else's."""
        now = self.installation.clock.now()
        claimed = []
        with self.installation.scope():
            rows = self._rows()
            due = [
                (key, row)
                for key, row in rows.items()
                if not row.wait.parked and row.wait.try_at <= now and self.among(row)
            ]
            for key, row in sorted(due, key=lambda each: each[1].wait.try_at)[:limit]:
                if row.wait.attempts >= self.retrying.attempts_max:
                    error = row.wait.last_error or "the worker ended while at it"
                    rows.put(key, evolve(row, wait=evolve(row.wait, parked=True, claim=None, last_error=error)))
                    continue
                wait = evolve(
                    row.wait,
                    try_at=now + timedelta(seconds=seconds),
                    attempts=row.wait.attempts + 1,
                    claim=str(self.installation.ids.next("claim")),
                )
                claimed.append(evolve(row, wait=wait))
                rows.put(key, claimed[-1])
        return sorted(claimed, key=lambda row: row.since)

    def take(self, key: K, claim: str | None) -> bool:
        """In a scope: drop the row with what the scope does; False when it is no longer this claim's."""
        if self._claimed(key, claim) is None:
            return False
        self._rows().drop(key)
        return True

    def failed(self, key: K, claim: str | None, error: str) -> bool:
        """In a transaction of its own: try again later, or park it; False when it is no longer this claim's."""
        with self.installation.scope():
            row = self._claimed(key, claim)
            if row is None:
                return False
            attempts = row.wait.attempts
            seconds = self.retrying.delay_seconds(attempts, self.chance())
            wait = evolve(
                row.wait,
                try_at=self.installation.clock.now() + timedelta(seconds=seconds),
                parked=attempts >= self.retrying.attempts_max,
                claim=None,
                last_error=error[:ERROR_LENGTH_MAX],
            )
            self._rows().put(key, evolve(row, wait=wait))
        return True

    def parked(self) -> list[W]:
        """The rows that were given up on."""
        with self.installation.scope():
            given_up = [row for row in self._rows().values() if row.wait.parked]
        return sorted(given_up, key=lambda row: row.since)

    def resume(self, key: K) -> bool:
        """Try a parked row again, from now on; False when it is not parked."""
        with self.installation.scope():
            row = self._rows().get(key)
            if row is None or not row.wait.parked:
                return False
            wait = evolve(row.wait, parked=False, attempts=0, try_at=self.installation.clock.now())
            self._rows().put(key, evolve(row, wait=wait))
        return True

    def lag(self) -> Lag:
        """How far behind the work is."""
        now = self.installation.clock.now()
        with self.installation.scope():
            rows = list(self._rows().values())
        waiting = [row.since for row in rows if not row.wait.parked and row.since <= now]
        oldest = (now - min(waiting)).total_seconds() if waiting else 0.0
        return Lag(due=len(waiting), oldest_seconds=oldest, parked=sum(row.wait.parked for row in rows))

    def _rows(self) -> Rows[K, W]:
        return self.table(self.installation.current_transaction().installation)

    def _claimed(self, key: K, claim: str | None) -> W | None:
        row = self._rows().get(key)
        return row if row is not None and claim is not None and row.wait.claim == claim else None
