"""What can be refused about points."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict
from dkp_core.kernel.ids import AdjustmentId, MergeId, PoolId, UserId
from dkp_core.kernel.points import POINTS_MAX


@define
class PoolIsArchived(Conflict):
    """Nothing new begins in an archived pool: no adjustments, no raids; what was begun is finished, and corrected."""

    pool_id: PoolId
    code: ClassVar[str] = "pool_archived"

    @property
    def sentence(self) -> str:
        return f"Pool {self.pool_id} is archived; bring it back first."


@define
class DefaultPoolNeeded(Conflict):
    """A guild keeps a default pool."""

    pool_id: PoolId
    code: ClassVar[str] = "default_pool_needed"

    @property
    def sentence(self) -> str:
        return f"Pool {self.pool_id} is the guild's default; make another the default first."


@define
class AlreadyReversed(Conflict):
    """An adjustment is taken back once."""

    adjustment_id: AdjustmentId
    code: ClassVar[str] = "already_reversed"

    @property
    def sentence(self) -> str:
        return f"Adjustment {self.adjustment_id} was reversed already."


@define
class BalanceOutOfRange(Conflict):
    """A balance would leave the limits of what points can be."""

    pool_id: PoolId | None = None
    user_id: UserId | None = None
    code: ClassVar[str] = "balance_out_of_range"

    @property
    def sentence(self) -> str:
        whose = "A balance" if self.user_id is None else f"The balance of user {self.user_id} in pool {self.pool_id}"
        return f"{whose} would pass ±{POINTS_MAX}."


@define
class MergeIsUndone(Conflict):
    """A merge is undone once."""

    merge_id: MergeId
    code: ClassVar[str] = "merge_undone"

    @property
    def sentence(self) -> str:
        return f"Merge {self.merge_id} was undone already."


@define
class MergeIsBuried(Conflict):
    """What a merge brought together went on to somebody else since; that has to be undone first."""

    merge_id: MergeId
    later: MergeId
    code: ClassVar[str] = "merge_buried"

    @property
    def sentence(self) -> str:
        return (
            f"Merge {self.later} took along what merge {self.merge_id} brought together; undo merge {self.later} first."
        )


@define
class UnlinkedBefore(Conflict):
    """What somebody left behind here when they were unlinked is somebody's still; nobody is unlinked twice."""

    user_id: UserId
    merge_id: MergeId
    code: ClassVar[str] = "unlinked_before"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} was unlinked here before (merge {self.merge_id}); undo that first."


@define
class StillBidding(Conflict):
    """Points that bids hold can't go to somebody else."""

    user_id: UserId
    code: ClassVar[str] = "still_bidding"

    @property
    def sentence(self) -> str:
        return (
            f"User {self.user_id} has bids in auctions that are not over; "
            "close or cancel these, or end the membership, and try again."
        )
