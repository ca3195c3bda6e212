"""What a pool's priorities are reckoned from, in SQL: everybody's points and attendance, and who got what where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Text, and_, bindparam, case, func, literal_column, select

from dkp_adapters.sql.heads import FOR_GOOD_MICROS, with_heads
from dkp_adapters.sql.moments import moment_or_none
from dkp_adapters.sql.points import policies_of
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, in_guild, json_values
from dkp_adapters.sql.tables.accounts import memberships, users
from dkp_adapters.sql.tables.loot import awards
from dkp_adapters.sql.tables.merges import merged_users
from dkp_adapters.sql.tables.points import balances, pool_policies, pools
from dkp_adapters.sql.tables.raids import attended, raids
from dkp_adapters.sql.tables.roster import characters, ranks
from dkp_adapters.sql.views.attendance import AttendanceQuery, all_people, is_active, shares_of, windows_ending
from dkp_adapters.sql.views.points import points_of
from dkp_adapters.sql.views.raids import pool_pattern_of
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import PoolId, RaidId, UserId
from dkp_core.loot import KINGS, AwardStatus, Contender, Contest, Fall
from dkp_core.points import Policies
from dkp_core.raids import WINDOWS

_pool_id: Final = bindparam("pool_id", type_=BigInteger)
_zero: Final = literal_column("0", BigInteger)

_POLICIES: Final = Statement(
    select(pools.c.id, pool_policies.c.policies)
    .join_from(
        pools,
        pool_policies,
        and_(pool_policies.c.guild_id == pools.c.guild_id, pool_policies.c.pool_id == pools.c.id),
        isouter=True,
    )
    .where(in_guild(pools), pools.c.id == _pool_id)
    .order_by(pool_policies.c.version.desc())
    .limit(literal_column("1", BigInteger))
)

_query: Final = AttendanceQuery(all_people(balances, balances.c.pool_id == _pool_id))
_main: Final = and_(in_guild(characters), characters.c.main_of == _query.user_id)
_rank: Final = and_(ranks.c.guild_id == characters.c.guild_id, ranks.c.id == characters.c.rank_id)
_membership: Final = and_(in_guild(memberships), memberships.c.user_id == _query.user_id)
_kept: Final = and_(in_guild(balances), balances.c.pool_id == _pool_id, balances.c.user_id == _query.user_id)
_CONTENDERS: Final = Statement(
    _query.select(
        _query.user_id,
        users.c.username,
        characters.c.name,
        characters.c.character_class,
        characters.c.rank_id,
        ranks.c.name,
        case((is_active(), 1), else_=0),
        memberships.c.joined_at,
        *(func.coalesce(balances.c[number], _zero) for number in ("earned", "spent", "adjusted")),
        tables=_query.tables.join(users, users.c.id == _query.user_id)
        .outerjoin(memberships, _membership)
        .outerjoin(characters, _main)
        .outerjoin(ranks, _rank)
        .outerjoin(balances, _kept),
    ).order_by(_query.user_id)
)
_ATTENDANCE: Final = 11
"""Where the columns of attendance begin."""

_MERGED_AWAY: Final = Statement(
    select(merged_users.c.user_id, merged_users.c.head).where(
        in_guild(merged_users),
        merged_users.c.user_id.in_(json_values("start_list")),
        merged_users.c.until == bindparam("for_good", FOR_GOOD_MICROS, type_=BigInteger),
    )
)
_listed_pools: Final = func.replace(func.replace(awards.c.pools, "[", ",", type_=Text), "]", ",", type_=Text)
_stands_in_pool: Final = and_(
    in_guild(awards),
    awards.c.status == AwardStatus.STANDING.value,
    awards.c.user_id.is_not(None),
    _listed_pools.like(bindparam("pool_pattern", type_=Text())),
)
_with_raids: Final = awards.outerjoin(
    raids, and_(raids.c.guild_id == awards.c.guild_id, raids.c.id == awards.c.raid_id)
)
_with_heads, _head = with_heads(_with_raids, awards.c.user_id, awards.c.awarded_at)
_FALLS: Final = Statement(
    select(_head, awards.c.raid_id, raids.c.starts_at)
    .select_from(_with_heads)
    .where(_stands_in_pool)
    .order_by(awards.c.awarded_at, awards.c.id)
)
_sold_at: Final = (
    select(awards.c.raid_id).where(_stands_in_pool, awards.c.raid_id.is_not(None)).distinct().subquery("sold_at")
)
_ATTENDEES: Final = Statement(
    select(attended.c.raid_id, attended.c.user_id)
    .select_from(
        _sold_at.join(raids, and_(in_guild(raids), raids.c.id == _sold_at.c.raid_id)).join(
            attended,
            and_(
                attended.c.guild_id == raids.c.guild_id,
                attended.c.starts_at == raids.c.starts_at,
                attended.c.raid_id == raids.c.id,
            ),
        )
    )
    .where(attended.c.present == 1)
)


def contest_of(session: Session, pool_id: PoolId, at: datetime) -> Contest:
    """What the pool's priorities are reckoned from; of the loot no more than its point system asks for."""
    row = session.first(_POLICIES, pool_id=pool_id)
    if row is None:
        raise NoSuch("pool", pool_id)
    policies = Policies() if row[1] is None else policies_of(row[1])
    rows = session.all(_CONTENDERS, pool_id=pool_id, **windows_ending(at))
    contenders = tuple(_contender(row, policies.effective_days) for row in rows)
    if policies.system not in KINGS:
        return Contest(policies=policies, contenders=contenders)
    pattern = pool_pattern_of(pool_id)
    falls = session.all(_FALLS, pool_pattern=pattern)
    return Contest(
        policies=policies,
        contenders=contenders,
        start_list=_start_list(session, policies),
        falls=tuple(
            Fall(user_id=user_id, raid_id=raid_id, raid_began_at=moment_or_none(began))
            for user_id, raid_id, began in falls
        ),
        attendees=_attendees(session, pattern),
    )


def _contender(row: tuple[Any, ...], days: int) -> Contender:
    user_id, username, main, character_class, rank_id, rank, active, joined, earned, spent, adjusted = row[:_ATTENDANCE]
    shares = shares_of(row[_ATTENDANCE:])
    return Contender(
        user_id=user_id,
        username=username,
        main_character=main,
        character_class=character_class,
        rank_id=rank_id,
        rank=rank,
        is_active=bool(active),
        joined_at=moment_or_none(joined),
        earned=points_of(earned),
        spent=points_of(spent),
        adjusted=points_of(adjusted),
        attendance=shares.recent[WINDOWS.index(days)] if days else shares.lifetime,
    )


def _start_list(session: Session, policies: Policies) -> tuple[UserId, ...]:
    if not policies.start_list:
        return ()
    heads = dict(session.all(_MERGED_AWAY, start_list=policies.start_list))
    return tuple(UserId(heads.get(user_id, user_id)) for user_id in policies.start_list)


def _attendees(session: Session, pattern: str) -> Mapping[RaidId, frozenset[UserId]]:
    found: defaultdict[RaidId, set[UserId]] = defaultdict(set)
    for raid_id, user_id in session.all(_ATTENDEES, pool_pattern=pattern):
        found[raid_id].add(user_id)
    return {raid_id: frozenset(there) for raid_id, there in found.items()}
