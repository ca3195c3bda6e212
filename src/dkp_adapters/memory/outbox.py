"""The outbox in memory: what still has to follow from events.

Inside reactions happen exactly once: in one scope, `take` the delivery and run the use case. Outside ones (Discord,
mail) happen at least once: claim, act, `done`; an unknown outcome means to look before acting again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Self

from attrs import define

from dkp_adapters.event_json import event_to_json
from dkp_adapters.memory.claims import Claims
from dkp_adapters.memory.installation import MemoryInstallation
from dkp_adapters.memory.tables import WaitingDelivery
from dkp_adapters.waiting import Delivery, Lag, Retrying


@define(eq=False)
class MemoryOutbox:
    """What the worker does with deliveries: claim; then in one scope `take` and react, or react and say `done`."""

    _claims: Claims[tuple[int, str], WaitingDelivery]

    @classmethod
    def of(
        cls,
        installation: MemoryInstallation,
        retrying: Retrying | None = None,
        chance: Callable[[], float] | None = None,
        *,
        only: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> Self:
        """The outbox of an installation; `chance` in [0, 1) spreads the retries.

        Of `only` these reactions deliveries are claimed, or of all `without` these.
        """
        claims = Claims(installation, lambda tables: tables.deliveries, retrying or Retrying())
        claims.among = lambda row: row.reaction not in without if only is None else row.reaction in only
        if chance is not None:
            claims.chance = chance
        return cls(claims)

    def claim(self, limit: int = 20, seconds: float = 60) -> tuple[Delivery, ...]:
        """Up to `limit` deliveries that are due, oldest event first, for `seconds` by the clock nobody else's."""
        return tuple(_delivery(row) for row in self._claims.claim(limit, seconds))

    def take(self, delivery: Delivery) -> bool:
        """In the scope that reacts: remove it; False when another worker has taken it over or finished it."""
        return self._claims.take((delivery.event_id, delivery.reaction), delivery.claim)

    def done(self, delivery: Delivery) -> bool:
        """In a transaction of its own, after an effect outside: remove it; False when it is no longer ours."""
        with self._claims.installation.scope():
            return self.take(delivery)

    def failed(self, delivery: Delivery, error: str) -> bool:
        """Try it again after a growing delay, or park it; False when it is no longer ours."""
        return self._claims.failed((delivery.event_id, delivery.reaction), delivery.claim, error)

    def parked(self) -> tuple[Delivery, ...]:
        """The deliveries that were given up on, with the last error."""
        return tuple(_delivery(row) for row in self._claims.parked())

    def resume(self, delivery: Delivery) -> bool:
        """Try a parked one again; False when it is not parked."""
        return self._claims.resume((delivery.event_id, delivery.reaction))

    def lag(self) -> Lag:
        """How old the oldest waiting event is, and how many deliveries wait; also while they are tried again later."""
        return self._claims.lag()


def _delivery(row: WaitingDelivery) -> Delivery:
    recorded = row.recorded
    return Delivery(
        event_id=recorded.id,
        reaction=row.reaction,
        guild_id=recorded.guild_id,
        event_at=recorded.at,
        attempts=row.wait.attempts,
        last_error=row.wait.last_error,
        event=recorded.event.event_name(),
        aggregate=recorded.event.aggregate,
        aggregate_id=recorded.event.aggregate_id,
        version=recorded.version,
        data=json.loads(event_to_json(recorded.event)),
        actor_kind=recorded.by.kind.value,
        actor_id=recorded.by.id,
        actor_user_id=recorded.by.user_id,
        entrypoint=recorded.by.entrypoint,
        request_id=recorded.by.request_id,
        claim=row.wait.claim,
    )
