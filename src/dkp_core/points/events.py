"""What happens to pools and points."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dkp_core.kernel.domain_events import Change, DomainEvent
from dkp_core.kernel.ids import AdjustmentId, CharacterId, ClaimId, ItemPoolId, MergeId, PoolId, UserId


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
