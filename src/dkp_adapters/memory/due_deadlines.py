"""Deadlines in memory from the worker's side: what is due, exactly once however many workers there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from attrs import define

from dkp_adapters.memory.claims import Claims
from dkp_adapters.memory.installation import MemoryInstallation
from dkp_adapters.memory.tables import WaitingDeadline
from dkp_adapters.waiting import DueDeadline, Lag, Retrying
from dkp_core.kernel.ids import GuildId


@define(eq=False)
class MemoryDueDeadlines:
    """What the worker does with deadlines: claim, then in one scope `take` and run the use case; or `failed`."""

    _claims: Claims[tuple[GuildId, str], WaitingDeadline]

    @classmethod
    def of(
        cls,
        installation: MemoryInstallation,
        retrying: Retrying | None = None,
        chance: Callable[[], float] | None = None,
    ) -> Self:
        """The deadlines of an installation; `chance` in [0, 1) spreads the retries."""
        claims = Claims(installation, lambda tables: tables.deadlines, retrying or Retrying())
        if chance is not None:
            claims.chance = chance
        return cls(claims)

    def claim(self, limit: int = 20, seconds: float = 60) -> tuple[DueDeadline, ...]:
        """Up to `limit` deadlines that are due by the clock, for `seconds` nobody else's."""
        return tuple(_due(row) for row in self._claims.claim(limit, seconds))

    def take(self, deadline: DueDeadline) -> bool:
        """In the scope that acts on it: remove it; False when it was moved, cancelled or acted upon meanwhile."""
        return self._claims.take((deadline.guild_id, deadline.key), deadline.claim)

    def failed(self, deadline: DueDeadline, error: str) -> bool:
        """Try it again after a growing delay, or park it; False when it is no longer ours."""
        return self._claims.failed((deadline.guild_id, deadline.key), deadline.claim, error)

    def parked(self) -> tuple[DueDeadline, ...]:
        """The deadlines that were given up on, with the last error."""
        return tuple(_due(row) for row in self._claims.parked())

    def resume(self, deadline: DueDeadline) -> bool:
        """Try a parked one again; False when it is not parked."""
        return self._claims.resume((deadline.guild_id, deadline.key))

    def lag(self) -> Lag:
        """How late the oldest due deadline is, and how many there are."""
        return self._claims.lag()


def _due(row: WaitingDeadline) -> DueDeadline:
    return DueDeadline(
        guild_id=row.guild_id,
        key=row.key,
        kind=row.kind,
        due_at=row.due_at,
        data=row.data,
        attempts=row.wait.attempts,
        last_error=row.wait.last_error,
        claim=row.wait.claim,
    )
