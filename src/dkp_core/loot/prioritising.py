"""A pool's priorities by its point system, and drawing the list that suicide kings start with (P-6, P-10)."""

from __future__ import annotations

import json

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Chance, Clock, Read
from dkp_core.loot.chance import SEED_BYTES, drawn
from dkp_core.loot.events import StartListDrawn
from dkp_core.loot.ports import LootView, LootWork
from dkp_core.loot.priority import Contender, PriorityRow, priorities
from dkp_core.points import USERS_MAX, InForce, PoliciesChanged, StandingsFilter


@frozen
class ShowPriorities:
    """Who comes first in a pool by its point system, with the numbers that it is made of: active members, unless all.

    EPGP, effective DKP and suicide kings are reckoned from the same ledger and loot history; without a system the
    points decide. `position` counts among those listed, before a class, rank or name narrows them.
    """

    read: Read[LootView]
    clock: Clock

    def __call__(self, pool_id: PoolId, wanted: StandingsFilter, *, by: Actor) -> tuple[PriorityRow, ...]:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            contest = views.contest(pool_id, at=self.clock.now())
        listed = {each.user_id for each in contest.contenders if each.is_active or wanted.everyone}
        shown = {each.user_id for each in contest.contenders if _is_wanted(each, wanted)}
        return tuple(row for row in priorities(contest, among=listed) if row.user_id in shown)


def _is_wanted(contender: Contender, wanted: StandingsFilter) -> bool:
    if wanted.character_class and name_key(contender.character_class or "") != name_key(wanted.character_class):
        return False
    ranks = (str(contender.rank_id), name_key(contender.rank or ""))
    if wanted.rank and wanted.rank not in ranks and name_key(wanted.rank) not in ranks:
        return False
    part = name_key(wanted.search)
    return part in name_key(contender.username) or part in name_key(contender.main_character or "")


@frozen(kw_only=True)
class StartListDraw:
    """A list that was drawn: the users in their order, and the seed from which anybody can recompute it."""

    pool_id: PoolId
    policies_version: int
    seed: str
    users: tuple[UserId, ...]


@frozen
class ShuffleStartList:
    """Draw the order that a pool's suicide kings start in: everybody with a membership, by chance.

    It makes a new version of the pool's policies. The seed is shown, and kept in the audit log: the users stand in the
    order of HMAC-SHA-256 of `start:<pool>:<user>` under it, so that anybody can recompute what was drawn.
    """

    begin: Begin[LootWork]
    chance: Chance
    clock: Clock

    def __call__(self, pool_id: PoolId, *, by: Actor) -> StartListDraw:
        by.must(Permission.POOLS_WRITE)
        seed = self.chance.token(SEED_BYTES)
        with self.begin(by) as work:
            work.pools.get(pool_id).must_be_open()
            before = work.policies.of(pool_id)
            members = [member.user_id for member in work.memberships.named()]
            if len(members) > USERS_MAX:
                raise InvalidValue("start_list", f"there are {len(members)} members", f"at most {USERS_MAX}")
            users = tuple(sorted(members, key=lambda user_id: drawn(seed, pool_id, user_id)))
            policies = evolve(before.policies, start_list=users)
            in_force = InForce(version=before.version + 1, policies=policies, changed_at=self.clock.now())
            was, becomes = json.dumps(before.policies.start_list), json.dumps(users)
            change = Change(field="start_list", before=was, after=becomes)
            event = PoliciesChanged(pool_id=pool_id, policies_version=in_force.version, changes=(change,))
            work.policies.append(pool_id, in_force, event)
            work.announce(StartListDrawn(pool_id=pool_id, policies_version=in_force.version, seed=seed.hex()))
        return StartListDraw(pool_id=pool_id, policies_version=in_force.version, seed=seed.hex(), users=users)
