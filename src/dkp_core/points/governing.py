"""The policies of a pool: looking at them and setting them (P-6)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.ids import PoolId, RankId
from dkp_core.kernel.period import zone_named
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Read
from dkp_core.points.batching import held_pool, set_deadline
from dkp_core.points.events import PoliciesChanged
from dkp_core.points.policies import InForce
from dkp_core.points.ports import PointsView, PointsWork
from dkp_core.points.views import PoliciesRow, policies_row


@frozen
class ShowPolicies:
    """Every version of a pool's policies, the latest first."""

    read: Read[PointsView]

    def __call__(self, pool_id: PoolId, *, by: Actor) -> tuple[PoliciesRow, ...]:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.policies(pool_id)


@frozen
class SetPolicies:
    """Change a pool's policies: fields that are not given stay as they are.

    It makes a new version, which holds for what is booked from now on; what was booked before stays as it was.
    """

    begin: Begin[PointsWork]
    clock: Clock

    def __call__(self, pool_id: PoolId, values: Mapping[str, object], *, by: Actor) -> PoliciesRow:
        by.must(Permission.POOLS_WRITE)
        with self.begin(by) as work:
            guild = work.guilds.get(work.guild_id)  # before the pools, as who adds or changes one holds them
            pool = held_pool(work, pool_id)
            pool.must_be_open()
            before = work.policies.of(pool_id)
            today = self.clock.now().astimezone(zone_named(guild.timezone)).date()
            policies = before.policies.with_values(values, "policies").starting(today, before.policies)
            for rank in policies.named_ranks:
                work.ranks.get(RankId(rank))
            if policies == before.policies:
                return policies_row(before)
            in_force = InForce(version=before.version + 1, policies=policies, changed_at=self.clock.now())
            told = _told(before.policies.values(), policies.values())
            event = PoliciesChanged(pool_id=pool_id, policies_version=in_force.version, changes=told)
            work.policies.append(pool_id, in_force, event)
            set_deadline(work, pool)
        return policies_row(in_force)


def _told(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    """What differs; what is more than a text, a number or a flag is told as JSON."""
    return tuple(
        Change(field=name, before=_plain(before[name]), after=_plain(after[name]))
        for name in after
        if before[name] != after[name]
    )


def _plain(value: object) -> str | int | bool | None:
    return value if value is None or isinstance(value, str | int | bool) else json.dumps(value, ensure_ascii=False)
