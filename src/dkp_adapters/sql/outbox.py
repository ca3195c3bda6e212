"""The outbox: what still has to follow from events.

Inside reactions happen exactly once: in one scope, `take` the delivery and run the use case. Outside ones (Discord,
mail) happen at least once: claim, act, `done`; an unknown outcome means to look before acting again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any, Final

from attrs import define
from sqlalchemy import Text, and_, select

from dkp_adapters.sql.claims import Claims, ClaimStatements
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.moments import moment_at
from dkp_adapters.sql.statement import json_values
from dkp_adapters.sql.tables.kernel import deliveries, events
from dkp_adapters.waiting import Delivery, Lag, Retrying
from dkp_core.kernel.ids import GuildId, UserId

_KEY: Final = ("event_id", "reaction")
_ROWS: Final = select(
    deliveries.c.event_id,
    deliveries.c.reaction,
    deliveries.c.guild_id,
    deliveries.c.event_at,
    deliveries.c.attempts,
    deliveries.c.last_error,
    events.c.name,
    events.c.aggregate,
    events.c.aggregate_id,
    events.c.version,
    events.c.data,
    events.c.actor_kind,
    events.c.actor_id,
    events.c.actor_user_id,
    events.c.entrypoint,
    events.c.request_id,
    deliveries.c.claimed_by,
).join_from(
    deliveries,
    events,
    and_(
        events.c.guild_id == deliveries.c.guild_id,
        events.c.at == deliveries.c.event_at,
        events.c.id == deliveries.c.event_id,
    ),
)
_NAMED: Final = deliveries.c.reaction.in_(json_values("reactions", Text()))
_STATEMENTS: Final = {
    True: ClaimStatements.over(deliveries, _KEY, _ROWS, "event_at", _NAMED),
    False: ClaimStatements.over(deliveries, _KEY, _ROWS, "event_at", ~_NAMED),
}
"""By whether only the reactions that are named are claimed, or all but those."""


def _delivery(row: tuple[Any, ...]) -> Delivery:
    event_id, reaction, guild_id, event_at, attempts, last_error, event, aggregate, aggregate_id, *rest = row
    version, data, actor_kind, actor_id, actor_user_id, entrypoint, request_id, claim = rest
    return Delivery(
        event_id=event_id,
        reaction=reaction,
        guild_id=GuildId(guild_id),
        event_at=moment_at(event_at),
        attempts=attempts,
        last_error=last_error,
        event=event,
        aggregate=aggregate,
        aggregate_id=aggregate_id,
        version=version,
        data=json.loads(data),
        actor_kind=actor_kind,
        actor_id=actor_id,
        actor_user_id=None if actor_user_id is None else UserId(actor_user_id),
        entrypoint=entrypoint,
        request_id=request_id,
        claim=claim,
    )


@define(eq=False)
class SqlOutbox:
    """What the worker does with deliveries: claim; then in one scope `take` and react, or react and say `done`."""

    _claims: Claims

    @classmethod
    def of(
        cls,
        database: SqlDatabase,
        retrying: Retrying | None = None,
        chance: Callable[[], float] | None = None,
        *,
        only: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> SqlOutbox:
        """The outbox of a database; `chance` in [0, 1) spreads the retries.

        Of `only` these reactions deliveries are claimed, or of all `without` these.
        """
        named = without if only is None else only
        asked = {"reactions": sorted(named)}
        claims = Claims(database, _STATEMENTS[only is not None], _KEY, retrying or Retrying(), asked=asked)
        if chance is not None:
            claims.chance = chance
        return cls(claims)

    def claim(self, limit: int = 20, seconds: float = 60) -> tuple[Delivery, ...]:
        """Up to `limit` deliveries that are due, oldest event first, for `seconds` by the clock nobody else's."""
        return tuple(_delivery(row) for row in self._claims.claim(limit, seconds))

    def take(self, delivery: Delivery) -> bool:
        """In the scope that reacts: remove it; False when another worker has taken it over or finished it."""
        return delivery.claim is not None and self._claims.take(delivery.claim, delivery.event_id, delivery.reaction)

    def done(self, delivery: Delivery) -> bool:
        """In a transaction of its own, after an effect outside: remove it; False when it is no longer ours."""
        with self._claims.database.scope():
            return self.take(delivery)

    def failed(self, delivery: Delivery, error: str) -> bool:
        """Try it again after a growing delay, or park it; False when it is no longer ours."""
        if delivery.claim is None:
            return False
        return self._claims.failed(
            delivery.claim, delivery.event_id, delivery.reaction, attempts=delivery.attempts, error=error
        )

    def parked(self) -> tuple[Delivery, ...]:
        """The deliveries that were given up on, with the last error."""
        return tuple(_delivery(row) for row in self._claims.parked())

    def resume(self, delivery: Delivery) -> bool:
        """Try a parked one again; False when it is not parked."""
        return self._claims.resume(delivery.event_id, delivery.reaction)

    def lag(self) -> Lag:
        """How old the oldest waiting event is, and how many deliveries wait; also while they are tried again later."""
        return self._claims.lag()
