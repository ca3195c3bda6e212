"""What each reaction and each deadline does: which use case stands behind its name."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import frozen

from dkp_adapters.waiting import Delivery, DueDeadline
from dkp_core.kernel.actor import job
from dkp_core.kernel.ids import AuctionId, CharacterId
from dkp_core.loot import ADVANCE_AUCTION
from dkp_core.raids import PRUNE_UPLOADS
from dkp_core.reactions import AWARD_WAITING_NAMES, SCHEDULE_RETENTION
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.worker.store import Store

HEARTBEAT: Final = "heartbeat"
BEAT: Final = timedelta(seconds=30)


class NotKnownHere(Exception):
    """A newer program left something to do that this one does not know; it waits until one comes that does."""


@frozen
class Reacting:
    """Runs the use case that a delivery or a deadline names, as a job in its guild."""

    use_cases: UseCases
    store: Store

    def react(self, delivery: Delivery) -> None:
        """Let follow what follows from an event. Raises: NotKnownHere, and whatever the use case raises."""
        by = job(delivery.reaction, delivery.guild_id)
        if delivery.reaction == AWARD_WAITING_NAMES:
            character_id = CharacterId(int(str(delivery.data["character_id"])))
            self.use_cases.award_waiting_names()(character_id, by=by)
        elif delivery.reaction == SCHEDULE_RETENTION:
            self.use_cases.schedule_retention()(by=by)
        else:
            raise NotKnownHere(f"no reaction is called {delivery.reaction!r}")

    def meet(self, deadline: DueDeadline) -> None:
        """Do what has become due. Raises: NotKnownHere, and whatever the use case raises."""
        by = job(deadline.kind, deadline.guild_id)
        if deadline.kind == PRUNE_UPLOADS:
            self.use_cases.prune_uploads()(by=by)
        elif deadline.kind == ADVANCE_AUCTION:
            self.use_cases.advance_auction()(AuctionId(int(str(deadline.data["auction_id"]))), by=by)
        elif deadline.kind == HEARTBEAT:
            self.beat()
        else:
            raise NotKnownHere(f"nothing that becomes due is called {deadline.kind!r}")

    def beat(self) -> None:
        """Set the worker's own deadline a little ahead: where it is overdue, no worker runs, and health tells."""
        with self.store.begin_installation(job(HEARTBEAT)) as work:
            work.deadlines.set(HEARTBEAT, HEARTBEAT, self.store.clock.now() + BEAT, {})
