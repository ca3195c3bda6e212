"""What happens to pools and points."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dkp_core.kernel.domain_events import Change, DomainEvent
from dkp_core.kernel.ids import (
    AdjustmentId,
    BatchId,
    CharacterId,
    ClaimId,
    DisputeId,
    EntryId,
    ItemPoolId,
    MergeId,
    PoolId,
    UserId,
)


@frozen(kw_only=True)
class PoolEvent(DomainEvent):
    """Something that happened to a pool."""

    aggregate: ClassVar[str] = "pool"
    pool_id: PoolId

    @property
    def aggregate_id(self) -> str:
        return str(self.pool_id)


@frozen(kw_only=True)
class PoolCreated(PoolEvent):
    """The guild got another pool."""

    name: str


@frozen(kw_only=True)
class PoolChanged(PoolEvent):
    """A pool's name, unit, decimals or state changed."""

    changes: tuple[Change, ...]


@frozen(kw_only=True)
class PoliciesChanged(PoolEvent):
    """A pool got a new version of its policies; what was booked before stays as it was."""

    policies_version: int
    changes: tuple[Change, ...]


@frozen(kw_only=True)
class ItemPoolEvent(DomainEvent):
    """Something that happened to an item pool."""

    aggregate: ClassVar[str] = "item_pool"
    item_pool_id: ItemPoolId

    @property
    def aggregate_id(self) -> str:
        return str(self.item_pool_id)


@frozen(kw_only=True)
class ItemPoolCreated(ItemPoolEvent):
    """The guild got another item pool."""

    name: str


@frozen(kw_only=True)
class ItemPoolChanged(ItemPoolEvent):
    """An item pool's name or the pools it is paid from changed."""

    changes: tuple[Change, ...]


@frozen(kw_only=True)
class AdjustedPoints:
    """One line of an adjustment: whose points moved in which pool, by how much."""

    adjustment_id: AdjustmentId
    user_id: UserId
    pool_id: PoolId
    amount: str


@frozen(kw_only=True)
class AdjustmentEvent(DomainEvent):
    """Something that happened to manual adjustments; one event for all that were made together."""

    aggregate: ClassVar[str] = "adjustment"
    adjustments: tuple[AdjustedPoints, ...]

    @property
    def aggregate_id(self) -> str:
        return str(self.adjustments[0].adjustment_id)


@frozen(kw_only=True)
class PointsAdjusted(AdjustmentEvent):
    """An officer moved points by hand."""

    reason: str


@frozen(kw_only=True)
class AdjustmentReversed(AdjustmentEvent):
    """An adjustment was taken back."""

    reason: str


@frozen(kw_only=True)
class SealedHoldsSeen(DomainEvent):
    """Somebody who bids for members was told what a user's sealed bids and ceilings hold, or could tell (L-11)."""

    aggregate: ClassVar[str] = "user"
    user_id: UserId

    @property
    def aggregate_id(self) -> str:
        return str(self.user_id)


@frozen(kw_only=True)
class MergeEvent(DomainEvent):
    """Something that happened to a merge of two users."""

    aggregate: ClassVar[str] = "merge"
    merge_id: MergeId
    user_id: UserId
    into: UserId
    reason: str

    @property
    def aggregate_id(self) -> str:
        return str(self.merge_id)


@frozen(kw_only=True)
class UsersMerged(MergeEvent):
    """A user's characters and points became another's: they are one person, or the user was unlinked."""

    kind: str
    claim_id: ClaimId | None
    characters: tuple[CharacterId, ...]


@frozen(kw_only=True)
class MergeUndone(MergeEvent):
    """A merge was taken back: what the user had before is theirs again."""


@frozen(kw_only=True)
class DisputeEvent(DomainEvent):
    """Something that happened to a dispute."""

    aggregate: ClassVar[str] = "dispute"
    dispute_id: DisputeId
    entry_id: EntryId

    @property
    def aggregate_id(self) -> str:
        return str(self.dispute_id)


@frozen(kw_only=True)
class DisputeMade(DisputeEvent):
    """A member disputed an entry."""

    user_id: UserId
    made_by: UserId


@frozen(kw_only=True)
class DisputeUpheld(DisputeEvent):
    """An officer found a dispute to be true; these entries were taken back by it."""

    reversed_entries: tuple[EntryId, ...]


@frozen(kw_only=True)
class DisputeRejected(DisputeEvent):
    """An officer found the disputed entry to be right."""


@frozen(kw_only=True)
class DisputeWithdrawn(DisputeEvent):
    """A member took a dispute back."""


@frozen(kw_only=True)
class BatchEvent(DomainEvent):
    """Something that happened to a batch."""

    aggregate: ClassVar[str] = "batch"
    batch_id: BatchId
    pool_id: PoolId

    @property
    def aggregate_id(self) -> str:
        return str(self.batch_id)


@frozen(kw_only=True)
class BatchBooked(BatchEvent):
    """Points of many moved together: by decay, a cap, a bonus, a penalty, or by hand."""

    kind: str
    rule: str
    period: str
    policies_version: int
    lines: int
    total: str


@frozen(kw_only=True)
class BatchReversed(BatchEvent):
    """A batch was taken back as a whole; what had been reversed of it before is not counted."""

    reason: str
    entries: int
