"""Explaining a balance: what it is made of, each part with the query that lists its entries (P-14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import Read
from dkp_core.points.entry import Bucket, EntryKind
from dkp_core.points.ports import PointsView
from dkp_core.points.views import BalancePartRow


@frozen(kw_only=True)
class ExplainedPart:
    """What the entries of one kind come to in one bucket; `query` is what the history is asked for to list them."""

    bucket: Bucket
    kind: EntryKind
    amount: Points
    entries: int
    query: Mapping[str, str]


@frozen(kw_only=True)
class ExplainedBalance:
    """A balance and the parts that add up to it: earned − spent + adjusted = current.

    The parts have the sign of their entries: what is spent is negative.
    """

    user_id: UserId
    pool_id: PoolId
    pool_name: str
    as_of: datetime | None
    earned: Points
    spent: Points
    adjusted: Points
    current: Points
    parts: tuple[ExplainedPart, ...]


@frozen
class ExplainBalance:
    """What a user's balance in a pool is made of: the sum and the number of entries of each kind.

    As of a moment, only what occurred before it counts. Each part tells what to ask the history for, to list its
    entries.
    """

    read: Read[PointsView]

    def __call__(
        self, user_id: UserId, pool_id: PoolId, *, as_of: datetime | None = None, by: Actor
    ) -> ExplainedBalance:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            balance = views.balance(user_id, pool_id)
            parts = views.balance_parts(user_id, pool_id, as_of)
        sums = {bucket: sum(each.amount.hundredths for each in parts if each.bucket is bucket) for bucket in Bucket}
        return ExplainedBalance(
            user_id=user_id,
            pool_id=pool_id,
            pool_name=balance.pool_name,
            as_of=as_of,
            earned=Points(sums[Bucket.EARNED]),
            spent=Points(-sums[Bucket.SPENT]),
            adjusted=Points(sums[Bucket.ADJUSTED]),
            current=Points(sum(sums.values())),
            parts=tuple(_explained(part, pool_id, as_of) for part in parts),
        )


def _explained(part: BalancePartRow, pool_id: PoolId, as_of: datetime | None) -> ExplainedPart:
    query = {"pool_id": str(pool_id), "bucket": part.bucket.value, "kind": part.kind.value}
    if as_of is not None:
        query["until"] = as_of.isoformat()
    return ExplainedPart(bucket=part.bucket, kind=part.kind, amount=part.amount, entries=part.entries, query=query)
