"""What a pool's priorities are reckoned from, from memory."""

from __future__ import annotations

from datetime import datetime

from dkp_adapters.memory.points import policies_of
from dkp_adapters.memory.views.attendance import AttendanceCounts
from dkp_adapters.memory.views.bidders import MemoryBidders
from dkp_adapters.memory.views.glance import Glance
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.period import BEGINNING
from dkp_core.loot import KINGS, Award, AwardStatus, Contender, Contest, Fall
from dkp_core.points import Balance, Policies
from dkp_core.raids import WINDOWS, AttendanceShare


def contest_of(glance: Glance, pool_id: PoolId, at: datetime) -> Contest:
    """What the pool's priorities are reckoned from; of the loot no more than its point system asks for."""
    if pool_id not in glance.tables.pools:
        raise NoSuch("pool", pool_id)
    policies = policies_of(glance.tables, pool_id)[-1].policies
    contenders = _contenders(glance, pool_id, policies, at)
    if policies.system not in KINGS:
        return Contest(policies=policies, contenders=contenders)
    bidders = MemoryBidders(lambda: glance)
    sold = [
        award
        for award in sorted(glance.tables.awards.values(), key=lambda award: (award.awarded_at, award.id))
        if award.status is AwardStatus.STANDING and award.user_id is not None and pool_id in award.pools
    ]
    raids = {award.raid_id for award in sold if award.raid_id is not None}
    attendees = {raid_id: frozenset(bidders.attendees(raid_id)) for raid_id in raids}
    return Contest(
        policies=policies,
        contenders=contenders,
        start_list=tuple(_own_or_head(glance, UserId(user_id)) for user_id in policies.start_list),
        falls=tuple(_fall(glance, award) for award in sold),
        attendees={raid_id: there for raid_id, there in attendees.items() if there},
    )


def _contenders(glance: Glance, pool_id: PoolId, policies: Policies, at: datetime) -> tuple[Contender, ...]:
    owners = (user_id for of_pool, user_id in glance.tables.balances if of_pool == pool_id)
    listed = frozenset(glance.tables.memberships).union(owners) - glance.merged_away
    counts = AttendanceCounts(glance, at)
    return tuple(
        _contender(glance, user_id, pool_id, _attendance(counts, user_id, policies.effective_days))
        for user_id in sorted(listed)
    )


def _attendance(counts: AttendanceCounts, user_id: UserId, days: int) -> AttendanceShare:
    count = counts.of(user_id)
    return count.windows[WINDOWS.index(days)] if days else count.lifetime


def _contender(glance: Glance, user_id: UserId, pool_id: PoolId, attendance: AttendanceShare) -> Contender:
    main = glance.mains.get(user_id)
    membership = glance.tables.memberships.get(user_id)
    balance = glance.tables.balances.get((pool_id, user_id), Balance())
    return Contender(
        user_id=user_id,
        username=glance.username(user_id),
        main_character=main.name if main else None,
        character_class=main.character_class if main else None,
        rank_id=main.rank_id if main else None,
        rank=glance.rank_name(main.rank_id) if main else None,
        is_active=user_id in glance.members,
        joined_at=membership.joined_at if membership else None,
        earned=balance.earned,
        spent=balance.spent,
        adjusted=balance.adjusted,
        attendance=attendance,
    )


def _fall(glance: Glance, award: Award) -> Fall:
    assert award.user_id is not None, "what nobody got makes nobody fall"
    raid = None if award.raid_id is None else glance.tables.raids.get(award.raid_id)
    return Fall(
        user_id=glance.head(award.user_id, award.awarded_at),
        raid_id=award.raid_id,
        raid_began_at=raid.starts_at if raid else None,
    )


def _own_or_head(glance: Glance, user_id: UserId) -> UserId:
    """Who took the user's place since they were merged for good."""
    return glance.head(user_id, BEGINNING) if user_id in glance.merged_away else user_id
