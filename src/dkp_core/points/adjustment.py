"""Manual adjustments: points an officer moves by hand, with a reason (P-8)."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AdjustmentId, EntryId, GuildId, PoolId, UserId
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
    """One user's points moved by hand in one pool; never changed, only reversed."""

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

    def reverse(self, entry_id: EntryId, *, reason: str, by: Actor, at: datetime) -> tuple[Adjustment, Entry]:
        """The adjustment as reversed, and the entry that reverses it. Raises: AlreadyReversed, InvalidValue."""
        if self.reversed_at is not None:
            raise AlreadyReversed(self.id)
        return evolve(self, reversed_at=at), self.entry().reversed_by(entry_id, reason=_required(reason), by=by, at=at)
