"""Start points: what who becomes a member begins with (P-6)."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import EntryId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.points.booking import book
from dkp_core.points.entry import BUCKETS, Entry, EntryKind, Source, SourceKind
from dkp_core.points.policies import Policies
from dkp_core.points.ports import PointsWork


def start_points_of(policies: Policies, role_group: RoleGroup) -> Points | None:
    """What who becomes a member by that role group begins with: what is set for it, else for the next one below."""
    fitting = [each for each in policies.start_points if not each.role_group.is_above(role_group)]
    if not fitting:
        return None
    highest = fitting[0]
    for each in fitting:
        if each.role_group.is_above(highest.role_group):
            highest = each
    return highest.points


@frozen
class GiveStartPoints:
    """What follows when a membership first becomes that of a member or above: each pool gives its start points, once.

    Who got any in a pool, also as whoever was merged into them since, gets none there again.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(self, user_id: UserId, role_group: RoleGroup, *, at: datetime, by: Actor) -> int:
        with self.begin(by) as work:
            if work.memberships.find(user_id) is None:
                return 0
            work.memberships.get(user_id)  # held: who asks at the same time waits, and finds what is given here
            given: list[tuple[PoolId, Points]] = []
            for pool in work.pools.all():
                points = None if pool.archived else start_points_of(work.policies.of(pool.id).policies, role_group)
                if points is not None:
                    given.append((pool.id, points))
            if given:
                had = self._had(work, user_id)
                given = [(pool_id, points) for pool_id, points in given if pool_id not in had]
            if not given:
                return 0
            first = self.ids.next("entry", len(given))
            recorded_at = self.clock.now()
            book(
                work,
                [
                    Entry(
                        id=EntryId(first + index),
                        pool_id=pool_id,
                        user_id=user_id,
                        kind=EntryKind.START,
                        bucket=BUCKETS[EntryKind.START],
                        amount=points,
                        reason=f"Start points for a new {role_group}",
                        source=Source(SourceKind.MEMBERSHIP, user_id),
                        actor_kind=by.kind,
                        actor_id=by.id,
                        occurred_at=at,
                        recorded_at=recorded_at,
                    )
                    for index, (pool_id, points) in enumerate(given)
                ],
                ids=self.ids,
            )
        return len(given)

    def _had(self, work: PointsWork, user_id: UserId) -> frozenset[PoolId]:
        """The pools that gave this user start points, or anybody who turned out to be this user."""
        return frozenset(
            entry.pool_id
            for each in (user_id, *work.memberships.merged_into(user_id))
            for entry in work.ledger.standing(Source(SourceKind.MEMBERSHIP, each), {each})
        )
