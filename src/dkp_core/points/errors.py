"""What can be refused about points."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict
from dkp_core.kernel.ids import AdjustmentId, BatchId, DisputeId, EntryId, MergeId, PoolId, UserId
from dkp_core.kernel.points import POINTS_MAX, Points


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
class MainChangeNotAffordable(Conflict):
    """A main change costs points here, and they have to be there."""

    user_id: UserId
    price: Points
    code: ClassVar[str] = "main_change_not_affordable"

    @property
    def sentence(self) -> str:
        return f"Changing the main costs {self.price} points, more than user {self.user_id} has available."


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


@define
class FormulaFails(Conflict):
    """A formula comes to no amount of points for a value it meets; nothing of that run is booked."""

    formula: str
    value: str
    at: int
    fault: str
    code: ClassVar[str] = "formula_fails"

    @property
    def sentence(self) -> str:
        return (
            f"The formula {self.formula[:200]!r} can't be worked out for the value {self.value}: "
            f"at character {self.at}, {self.fault}. Change the formula of the pool's decay, and try again."
        )


@define
class NotDisputable(Conflict):
    """What can be disputed is an entry that stands, and that can be taken back by itself."""

    entry_id: EntryId
    fault: str
    code: ClassVar[str] = "not_disputable"

    @property
    def sentence(self) -> str:
        return f"Entry {self.entry_id} can't be disputed: {self.fault}."


@define
class DisputeIsOpen(Conflict):
    """An entry is disputed once at a time."""

    dispute_id: DisputeId
    code: ClassVar[str] = "dispute_open"

    @property
    def sentence(self) -> str:
        return f"Dispute {self.dispute_id} about this entry waits for an officer's answer."


@define
class DisputeIsDecided(Conflict):
    """A dispute is answered or withdrawn once."""

    dispute_id: DisputeId
    status: str
    code: ClassVar[str] = "dispute_decided"

    @property
    def sentence(self) -> str:
        return f"Dispute {self.dispute_id} was {self.status} already."


@define
class TooManyDisputes(Conflict):
    """So many disputes of one member may wait for an answer."""

    count: int
    code: ClassVar[str] = "too_many_disputes"

    @property
    def sentence(self) -> str:
        return f"{self.count} of your disputes wait for an answer; withdraw one, or wait until one is answered."


@define
class BatchIsReversed(Conflict):
    """A batch is taken back once."""

    batch_id: BatchId
    code: ClassVar[str] = "batch_reversed"

    @property
    def sentence(self) -> str:
        return f"Batch {self.batch_id} was reversed already."


@define
class BatchIsThere(Conflict):
    """What a batch is made for, it is made for once."""

    batch_id: BatchId
    period: str
    code: ClassVar[str] = "batch_exists"

    @property
    def sentence(self) -> str:
        return f"Batch {self.batch_id} was booked for {self.period!r} already; reverse it first to book it anew."


@define
class PreviewIsOld(Conflict):
    """Only what was previewed is booked; meanwhile, something else would be."""

    batch: str
    code: ClassVar[str] = "preview_is_old"

    @property
    def sentence(self) -> str:
        return f"Since the preview, what {self.batch!r} would book has changed; preview it again."


@define
class NothingIsDue(Conflict):
    """A rule runs at the moments of its schedule."""

    rule: str
    next_at: str | None = None
    code: ClassVar[str] = "nothing_due"

    @property
    def sentence(self) -> str:
        if self.next_at is None:
            return f"The pool's policies have no {self.rule} that runs by a schedule."
        return f"No run of {self.rule} is due; the next is at {self.next_at}. It can be run now, in place of that one."
