"""Manual adjustments: points an officer moves by hand, with a reason (P-8)."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AdjustmentId, BatchId, EntryId, GuildId, PoolId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.kernel.points import Points
from dkp_core.points.entry import BUCKETS, Entry, EntryKind, Source, SourceKind
from dkp_core.points.errors import AlreadyReversed


def _required(reason: str) -> str:
    cleaned = clean_text(reason, "reason", length_max=500)
    if not cleaned:
        raise InvalidValue("reason", "it is empty", "why the points move, in up to 500 characters")
    return cleaned


@frozen(kw_only=True)
class Adjustment:
    """One user's points moved by hand in one pool; never changed, only reversed.

    Those that were made together, several at once, are of one batch.
    """

    id: AdjustmentId
    guild_id: GuildId
    user_id: UserId
    pool_id: PoolId
    amount: Points
    reason: str
    note: str
    character_name: str
    actor_kind: ActorKind
    actor_id: str
    occurred_at: datetime
    recorded_at: datetime
    entry_id: EntryId
    reversed_at: datetime | None = None
    batch_id: BatchId | None = None
    external_id: str | None = None

    @classmethod
    def make(
        cls,
        adjustment_id: AdjustmentId,
        entry_id: EntryId,
        *,
        user_id: UserId,
        pool_id: PoolId,
        amount: Points,
        reason: str,
        note: str = "",
        character_name: str = "",
        occurred_at: datetime,
        recorded_at: datetime,
        batch_id: BatchId | None = None,
        by: Actor,
    ) -> Adjustment:
        """A new adjustment. Raises: InvalidValue without a reason, for no points, or for a time to come."""
        if not amount:
            raise InvalidValue("amount", "it moves no points", "an amount other than 0")
        if occurred_at > recorded_at:
            raise InvalidValue("occurred_at", f"{occurred_at.isoformat()} is in the future", "a time that has been")
        return cls(
            id=adjustment_id,
            guild_id=by.guild,
            user_id=user_id,
            pool_id=pool_id,
            amount=amount,
            reason=_required(reason),
            note=clean_text(note, "note"),
            character_name=clean_text(character_name, "character_name", length_max=64),
            actor_kind=by.kind,
            actor_id=by.id,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            entry_id=entry_id,
            batch_id=batch_id,
        )

    def entry(self) -> Entry:
        """The line it makes in the ledger."""
        return Entry(
            id=self.entry_id,
            pool_id=self.pool_id,
            user_id=self.user_id,
            kind=EntryKind.ADJUSTMENT,
            bucket=BUCKETS[EntryKind.ADJUSTMENT],
            amount=self.amount,
            reason=self.reason,
            note=self.note,
            character_name=self.character_name,
            source=Source(SourceKind.ADJUSTMENT, self.id),
            actor_kind=self.actor_kind,
            actor_id=self.actor_id,
            occurred_at=self.occurred_at,
            recorded_at=self.recorded_at,
        )

    def reverse(self, *, reason: str, at: datetime) -> Adjustment:
        """The adjustment as reversed; its entries are to be taken back. Raises: AlreadyReversed, InvalidValue."""
        if self.reversed_at is not None:
            raise AlreadyReversed(self.id)
        _required(reason)
        return evolve(self, reversed_at=at)
