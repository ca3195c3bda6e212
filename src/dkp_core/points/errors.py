"""What can be refused about points."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict
from dkp_core.kernel.ids import AdjustmentId, PoolId, UserId
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
