"""Deadlines from the worker's side: what is due, exactly once however many workers there are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from attrs import define
from sqlalchemy import select

from dkp_adapters.sql.claims import Claims, ClaimStatements
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.moments import moment_at
from dkp_adapters.sql.tables.kernel import deadlines
from dkp_adapters.waiting import DueDeadline, Lag, Retrying
from dkp_core.kernel.ids import GuildId

_KEY: Final = ("guild_id", "key")
_COLUMNS = deadlines.c
_STATEMENTS: Final = ClaimStatements.over(
    deadlines,
    _KEY,
    select(
        _COLUMNS.guild_id,
        _COLUMNS.key,
        _COLUMNS.kind,
        _COLUMNS.due_at,
        _COLUMNS.data,
        _COLUMNS.attempts,
        _COLUMNS.last_error,
        _COLUMNS.claimed_by,
    ),
    "due_at",
)


def _due(row: tuple[Any, ...]) -> DueDeadline:
    guild_id, key, kind, due_at, data, attempts, last_error, claim = row
    return DueDeadline(
        guild_id=GuildId(guild_id),
        key=key,
        kind=kind,
        due_at=moment_at(due_at),
        data=json.loads(data),
        attempts=attempts,
        last_error=last_error,
        claim=claim,
    )


@define(eq=False)
class SqlDueDeadlines:
    """What the worker does with deadlines: claim, then in one scope `take` and run the use case; or `failed`."""

    _claims: Claims

    @classmethod
    def of(
        cls,
        database: SqlDatabase,
        retrying: Retrying | None = None,
        chance: Callable[[], float] | None = None,
    ) -> SqlDueDeadlines:
        """The deadlines of a database; `chance` in [0, 1) spreads the retries."""
        claims = Claims(database, _STATEMENTS, _KEY, retrying or Retrying())
        if chance is not None:
            claims.chance = chance
        return cls(claims)

    def claim(self, limit: int = 20, seconds: float = 60) -> tuple[DueDeadline, ...]:
        """Up to `limit` deadlines that are due by the clock, for `seconds` nobody else's."""
        return tuple(_due(row) for row in self._claims.claim(limit, seconds))

    def take(self, deadline: DueDeadline) -> bool:
        """In the scope that acts on it: remove it; False when it was moved, cancelled or acted upon meanwhile."""
        return deadline.claim is not None and self._claims.take(deadline.claim, deadline.guild_id, deadline.key)

    def failed(self, deadline: DueDeadline, error: str) -> bool:
        """Try it again after a growing delay, or park it; False when it is no longer ours."""
        if deadline.claim is None:
            return False
        return self._claims.failed(
            deadline.claim, deadline.guild_id, deadline.key, attempts=deadline.attempts, error=error
        )

    def parked(self) -> tuple[DueDeadline, ...]:
        """The deadlines that were given up on, with the last error."""
        return tuple(_due(row) for row in self._claims.parked())

    def resume(self, deadline: DueDeadline) -> bool:
        """Try a parked one again; False when it is not parked."""
        return self._claims.resume(deadline.guild_id, deadline.key)

    def lag(self) -> Lag:
        """How late the oldest due deadline is, and how many there are."""
        return self._claims.lag()
