"""How pools, balances, history and standings are shown, from SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Subquery,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from dkp_adapters.sql.moments import micros, moment_at, moment_or_none
from dkp_adapters.sql.points import ENTRIES_BESIDE, entry_of, in_force_of
from dkp_adapters.sql.statement import Statement, in_guild, int_sum, json_values
from dkp_adapters.sql.tables.accounts import api_keys, memberships, users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.merges import merges
from dkp_adapters.sql.tables.points import adjustments, balances, entries, item_pools, pool_policies, pools
from dkp_adapters.sql.tables.raids import NEVER, attendance_totals, raid_totals, raids
from dkp_adapters.sql.tables.roster import characters, ranks
from dkp_adapters.sql.views import PAGE_OFFSET, PAGE_SIZE, page_params
from dkp_adapters.sql.views.accounts import has_place
from dkp_adapters.sql.views.actors import names_elsewhere, with_names
from dkp_adapters.sql.views.attendance import (
    AT,
    AttendanceQuery,
    Shares,
    active_people,
    all_people,
    percent,
    shares_of,
    windows_ending,
)
from dkp_adapters.sql.views.batches import SqlBatchesView
from dkp_adapters.sql.views.disputes import ONE_DISPUTE, dispute_row, disputes_that, params_of
from dkp_adapters.sql.views.sorting import Keys, sorted_by
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import DisputeId, EntryId, MergeId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import PAGE_SIZE as PAGE_SIZE_USUAL
from dkp_core.kernel.page import PAGE_SIZE_MAX, Order, Page, PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import (
    AdjustmentFilter,
    AdjustmentRow,
    BalancePartRow,
    BalanceRow,
    Bucket,
    DisputeFilter,
    DisputeRow,
    Entry,
    EntryKind,
    HistoryFilter,
    HistoryRow,
    InForce,
    ItemPoolRow,
    MergeFilter,
    MergeKind,
    MergeRow,
    PointsView,
    PoliciesRow,
    PoolRow,
    SourceKind,
    StandingRow,
    StandingsFilter,
    UserBalancesRow,
    policies_row,
)
from dkp_core.raids import WINDOWS

_the_id: Final = bindparam("the_id", type_=BigInteger)
_user_id: Final = bindparam("user_id", type_=BigInteger)
_pool_id: Final = bindparam("pool_id", type_=BigInteger)

points_of: Final[Callable[[int], Points]] = lru_cache(maxsize=65_536)(Points)
"""Points from hundredths; the same amounts come again and again."""


# --- pools ------------------------------------------------------------------------------------------------------------

_SELECT_POOL: Final = select(
    pools.c.id, pools.c.name, pools.c.unit, pools.c.decimals, pools.c.is_default, pools.c.archived, pools.c.external_id
).where(in_guild(pools))
_POOLS: Final = Statement(_SELECT_POOL.order_by(pools.c.archived, pools.c.is_default.desc(), pools.c.name_key))
_POOL: Final = Statement(_SELECT_POOL.where(pools.c.id == _the_id))
_POLICIES: Final = Statement(
    select(pools.c.id, pool_policies.c.version, pool_policies.c.policies, pool_policies.c.changed_at)
    .join_from(
        pools,
        pool_policies,
        and_(pool_policies.c.guild_id == pools.c.guild_id, pool_policies.c.pool_id == pools.c.id),
        isouter=True,
    )
    .where(in_guild(pools), pools.c.id == _pool_id)
    .order_by(pool_policies.c.version.desc())
)
_ITEM_POOLS: Final = Statement(
    select(item_pools.c.id, item_pools.c.name, item_pools.c.pools, item_pools.c.external_id)
    .where(in_guild(item_pools))
    .order_by(item_pools.c.name_key)
)


def _pool_row(row: tuple[Any, ...]) -> PoolRow:
    pool_id, name, unit, decimals, is_default, archived, external_id = row
    return PoolRow(
        id=pool_id,
        name=name,
        unit=unit,
        decimals=decimals,
        is_default=bool(is_default),
        archived=bool(archived),
        external_id=external_id,
    )


# --- balances ---------------------------------------------------------------------------------------------------------

_NUMBERS: Final = ("earned", "spent", "adjusted", "held")
_people: Final = users.outerjoin(memberships, and_(in_guild(memberships), memberships.c.user_id == users.c.id))
_people_and_pools: Final = _people.outerjoin(pools, in_guild(pools))
_people_and_balances: Final = _people_and_pools.outerjoin(
    balances,
    and_(in_guild(balances), balances.c.pool_id == pools.c.id, balances.c.user_id == users.c.id),
)
_SELECT_BALANCES: Final = (
    select(
        users.c.id,
        users.c.discord_id,
        users.c.username,
        pools.c.id,
        pools.c.name,
        *(func.coalesce(balances.c[number], 0) for number in _NUMBERS),
    )
    .select_from(_people_and_balances)
    .where(has_place())
    .order_by(pools.c.id)
)
_BALANCES: Final = Statement(_SELECT_BALANCES.where(users.c.id == _user_id))
_BALANCES_OF_DISCORD_ID: Final = Statement(
    _SELECT_BALANCES.where(users.c.discord_id == bindparam("discord_id", type_=users.c.discord_id.type))
)
_BALANCE: Final = Statement(_SELECT_BALANCES.where(users.c.id == _user_id, pools.c.id == _pool_id))
# By way of the pools, which are few: the balances are kept by pool, then user.
_SEALED_HOLDS: Final = Statement(
    select(balances.c.pool_id, balances.c.sealed)
    .join_from(pools, balances, and_(balances.c.guild_id == pools.c.guild_id, balances.c.pool_id == pools.c.id))
    .where(in_guild(pools), balances.c.user_id == _user_id, balances.c.sealed != 0)
    .order_by(balances.c.pool_id)
)


def _sum_of(bucket: Bucket) -> ColumnElement[int]:
    return int_sum(case((entries.c.bucket == bucket.value, entries.c.amount), else_=0))


_counted: Final = (
    select(
        entries.c.pool_id,
        _sum_of(Bucket.EARNED).label("earned"),
        (-_sum_of(Bucket.SPENT)).label("spent"),
        _sum_of(Bucket.ADJUSTED).label("adjusted"),
    )
    .where(
        in_guild(entries),
        entries.c.user_id == _user_id,
        entries.c.occurred_at < AT,
        entries.c.recorded_at < bindparam("known_at", type_=BigInteger),
    )
    .group_by(entries.c.pool_id)
    .subquery("counted")
)
_BALANCES_AS_OF: Final = Statement(
    select(
        users.c.id,
        users.c.discord_id,
        users.c.username,
        pools.c.id,
        pools.c.name,
        *(func.coalesce(_counted.c[number], 0) for number in ("earned", "spent", "adjusted")),
        # Holds are of the present.
        cast(0, BigInteger),
    )
    .select_from(_people_and_pools.outerjoin(_counted, _counted.c.pool_id == pools.c.id))
    .where(has_place(), users.c.id == _user_id)
    .order_by(pools.c.id)
)
_PLACE: Final = Statement(select(users.c.id).select_from(_people).where(has_place(), users.c.id == _user_id))


def _balances_row(rows: Sequence[tuple[Any, ...]]) -> UserBalancesRow:
    user_id, discord_id, username = rows[0][:3]
    return UserBalancesRow(
        user_id=user_id,
        discord_id=discord_id,
        username=username,
        # Without any pool there is one row, with nothing in it.
        balances=tuple(_balance_row(row) for row in rows if row[3] is not None),
    )


def _balance_row(row: tuple[Any, ...]) -> BalanceRow:
    _, _, _, pool_id, pool_name, earned, spent, adjusted, held = row
    current = earned - spent + adjusted
    return BalanceRow(
        pool_id=pool_id,
        pool_name=pool_name,
        earned=points_of(earned),
        spent=points_of(spent),
        adjusted=points_of(adjusted),
        current=points_of(current),
        held=points_of(held),
        available=points_of(current - held),
    )


# --- history ----------------------------------------------------------------------------------------------------------

_ENTRY: Final = (
    entries.c.id,
    entries.c.pool_id,
    entries.c.kind,
    entries.c.bucket,
    entries.c.amount,
    entries.c.reason,
    entries.c.note,
    entries.c.character_name,
    entries.c.source_kind,
    entries.c.source_id,
    entries.c.actor_kind,
    entries.c.actor_id,
    entries.c.occurred_at,
    entries.c.recorded_at,
    entries.c.reverses,
    entries.c.policies_version,
)
_AMOUNT: Final = _ENTRY.index(entries.c.amount)
_POOL_ID: Final = _ENTRY.index(entries.c.pool_id)

_of_pools: Final = balances.alias("of_pools")
_counted_entries: Final = (
    select(int_sum(_of_pools.c.entries))
    .select_from(pools)
    .join(_of_pools, and_(_of_pools.c.guild_id == pools.c.guild_id, _of_pools.c.pool_id == pools.c.id))
    .where(in_guild(pools), _of_pools.c.user_id == _user_id)
    .scalar_subquery()
)


def _newest(most: int) -> Statement:
    newest = (
        select(*_ENTRY)
        .where(in_guild(entries), entries.c.user_id == _user_id)
        .order_by(entries.c.occurred_at.desc(), entries.c.id.desc())
        # In the text, since PostgreSQL plans for a tenth of all rows where it does not know how many are wanted.
        .limit(literal_column(str(most), BigInteger))
        .subquery("newest")
    )
    kept = and_(in_guild(balances), balances.c.pool_id == newest.c.pool_id, balances.c.user_id == bindparam("user_id"))
    return Statement(
        select(*newest.c, balances.c.earned - balances.c.spent + balances.c.adjusted, _counted_entries)
        .join_from(newest, balances, kept)
        .order_by(newest.c.occurred_at.desc(), newest.c.id.desc())
    )


_NEWEST: Final = {most: _newest(most) for most in (PAGE_SIZE_USUAL, PAGE_SIZE_MAX)}
"""The first page of a whole history: balances and counts are kept, so that it costs the same however long that is."""

_CHARACTER_NAMES: Final = Statement(
    select(entries.c.character_name).where(in_guild(entries), entries.c.user_id == _user_id).distinct()
)


@lru_cache(maxsize=128)
def _history(wanted: frozenset[str], *, newest_first: bool, counted: bool = False) -> Statement:
    """The statement for these filters and this order; with `counted` only how many entries there are."""
    balance = func.sum(entries.c.amount).over(
        partition_by=entries.c.pool_id, order_by=(entries.c.occurred_at, entries.c.id)
    )
    all_of_them = select(*_ENTRY, cast(balance, BigInteger).label("balance")).where(
        in_guild(entries), entries.c.user_id == _user_id
    )
    # A running balance depends on its own pool and on what was before.
    if "pool_id" in wanted:
        all_of_them = all_of_them.where(entries.c.pool_id == _pool_id)
    if "until" in wanted:
        all_of_them = all_of_them.where(entries.c.occurred_at < bindparam("until", type_=BigInteger))
    lines = all_of_them.subquery("lines")
    query = select(func.count()) if counted else select(*lines.c, func.count().over())
    query = query.select_from(lines)
    if "kind" in wanted:
        query = query.where(lines.c.kind == bindparam("kind"))
    for name in ("bucket", "source_kind", "source_id"):
        if name in wanted:
            query = query.where(lines.c[name] == bindparam(name, type_=entries.c[name].type))
    if "names" in wanted:
        query = query.where(lines.c.character_name.in_(json_values("names", Text())))
    if "since" in wanted:
        query = query.where(lines.c.occurred_at >= bindparam("since", type_=BigInteger))
    if counted:
        return Statement(query)
    order = (lines.c.occurred_at, lines.c.id)
    query = query.order_by(*(column.desc() for column in order) if newest_first else order)
    return Statement(query.limit(PAGE_SIZE).offset(PAGE_OFFSET))


@lru_cache(maxsize=2)
def _balance_parts(*, past: bool) -> Statement:
    """What a user's entries in a pool add up to by bucket and kind; of the past only what occurred before `at`."""
    query = (
        select(entries.c.bucket, entries.c.kind, int_sum(entries.c.amount), func.count())
        .where(in_guild(entries), entries.c.user_id == _user_id, entries.c.pool_id == _pool_id)
        .group_by(entries.c.bucket, entries.c.kind)
        .order_by(entries.c.bucket, entries.c.kind)
    )
    return Statement(query.where(entries.c.occurred_at < AT) if past else query)


def _history_row(row: Sequence[Any], balance: int) -> HistoryRow:
    (
        entry_id,
        pool_id,
        kind,
        bucket,
        amount,
        reason,
        note,
        character_name,
        source_kind,
        source_id,
        actor_kind,
        actor_id,
        occurred_at,
        recorded_at,
        reverses,
        policies_version,
    ) = row[: len(_ENTRY)]
    source = SourceKind(source_kind)
    return HistoryRow(
        id=entry_id,
        pool_id=pool_id,
        kind=EntryKind(kind),
        bucket=bucket,
        amount=points_of(amount),
        balance=points_of(balance),
        reason=reason,
        note=note,
        character_name=character_name,
        raid_id=source_id if source is SourceKind.RAID else None,
        source_kind=source,
        source_id=source_id,
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        actor_name=None,
        occurred_at=moment_at(occurred_at),
        recorded_at=moment_at(recorded_at),
        reverses=reverses,
        policies_version=policies_version,
    )


# --- who made an entry ------------------------------------------------------------------------------------------------

_USERNAME: Final = Statement(select(users.c.username).where(users.c.id == _the_id))
_KEY_NAME: Final = Statement(
    select(func.coalesce(users.c.username, api_keys.c.name))
    .select_from(api_keys.outerjoin(users, users.c.id == api_keys.c.owner))
    .where(
        api_keys.c.id == bindparam("key", type_=api_keys.c.id.type),
        or_(in_guild(api_keys), api_keys.c.owner.is_not(None)),
    )
)

# --- standings --------------------------------------------------------------------------------------------------------


def _standings(people: Subquery) -> Statement:
    query = AttendanceQuery(people)
    main = and_(in_guild(characters), characters.c.main_of == query.user_id)
    rank = and_(ranks.c.guild_id == characters.c.guild_id, ranks.c.id == characters.c.rank_id)
    kept = and_(in_guild(balances), balances.c.pool_id == _pool_id, balances.c.user_id == query.user_id)
    tables = (
        query.tables.join(users, users.c.id == query.user_id)
        .join(pools, and_(pools.c.guild_id == guilds.c.id, pools.c.id == _pool_id))
        .outerjoin(characters, main)
        .outerjoin(ranks, rank)
        .outerjoin(balances, kept)
    )
    columns = (
        query.user_id,
        users.c.username,
        characters.c.name,
        characters.c.character_class,
        characters.c.rank_id,
        ranks.c.name,
        *(func.coalesce(balances.c[number], literal_column("0", BigInteger)) for number in _NUMBERS),
    )
    return Statement(query.select(*columns, tables=tables))


_STANDINGS: Final = _standings(active_people())
_STANDINGS_OF_ALL: Final = _standings(all_people(balances, balances.c.pool_id == _pool_id))
_ATTENDANCE: Final = 10
"""Where the columns of attendance begin."""


@frozen
class _Standing:
    """A line of the standings, with what it is sorted and narrowed by."""

    row: StandingRow
    shares: Shares
    rank_id: int | None


def _key_of(name: str | None) -> str | None:
    return None if name is None else name_key(name)


_STANDING_KEYS: Final[Keys[_Standing]] = {
    "position": lambda line: line.row.position,
    "user_id": lambda line: line.row.user_id,
    "username": lambda line: name_key(line.row.username),
    "main_character": lambda line: _key_of(line.row.main_character),
    "character_class": lambda line: _key_of(line.row.character_class),
    "rank": lambda line: _key_of(line.row.rank),
    "earned": lambda line: line.row.earned,
    "spent": lambda line: line.row.spent,
    "adjusted": lambda line: line.row.adjusted,
    "current": lambda line: line.row.current,
    "held": lambda line: line.row.held,
    "available": lambda line: line.row.available,
    "attendance_30": lambda line: line.shares.recent[0].fraction,
    "attendance_60": lambda line: line.shares.recent[1].fraction,
    "attendance_90": lambda line: line.shares.recent[2].fraction,
    "attendance_lifetime": lambda line: line.shares.lifetime.fraction,
    "last_raid": lambda line: line.row.last_raid,
}


def _by_current(row: tuple[Any, ...]) -> tuple[int, int]:
    return row[7] - row[6] - row[8], row[0]


def _standing(position: int, row: tuple[Any, ...]) -> _Standing:
    user_id, username, main_character, character_class, rank_id, rank, earned, spent, adjusted, held = row[:_ATTENDANCE]
    shares = shares_of(row[_ATTENDANCE:])
    last_30, last_60, last_90 = shares.recent
    current = earned - spent + adjusted
    standing = StandingRow(
        position=position,
        user_id=user_id,
        username=username,
        main_character=main_character,
        character_class=character_class,
        rank=rank,
        earned=points_of(earned),
        spent=points_of(spent),
        adjusted=points_of(adjusted),
        current=points_of(current),
        held=points_of(held),
        available=points_of(current - held),
        attendance_30=percent(last_30),
        attendance_60=percent(last_60),
        attendance_90=percent(last_90),
        attendance_lifetime=percent(shares.lifetime),
        last_raid=moment_or_none(shares.last_raid),
    )
    return _Standing(standing, shares, rank_id)


def _is_listed(line: _Standing, wanted: StandingsFilter) -> bool:
    row = line.row
    if wanted.character_class and _key_of(row.character_class) != name_key(wanted.character_class):
        return False
    if wanted.rank and wanted.rank != str(line.rank_id) and name_key(wanted.rank) != _key_of(row.rank):
        return False
    part = name_key(wanted.search)
    return any(part in name_key(name) for name in (row.username, row.main_character) if name is not None)


def _last_start_before(moment: ColumnElement[int]) -> Any:
    """When the last raid before that moment began: as time goes by, it changes when windows hold other raids."""
    return (
        select(func.max(raids.c.starts_at))
        .where(in_guild(raids), raids.c.counts == 1, raids.c.starts_at < moment)
        .scalar_subquery()
    )


_REVISION: Final = Statement(
    select(
        guilds.c.version,
        guilds.c.roster_revision,
        func.coalesce(raid_totals.c.version, 0),
        select(int_sum(attendance_totals.c.version)).where(in_guild(attendance_totals)).scalar_subquery(),
        select(int_sum(balances.c.version)).where(in_guild(balances), balances.c.pool_id == _pool_id).scalar_subquery(),
        _last_start_before(AT),
        *(_last_start_before(bindparam(f"at_{days}", type_=BigInteger)) for days in WINDOWS),
    )
    .select_from(
        guilds.join(pools, and_(pools.c.guild_id == guilds.c.id, pools.c.id == _pool_id)).outerjoin(
            raid_totals, raid_totals.c.guild_id == guilds.c.id
        )
    )
    .where(guilds.c.id == bindparam("guild_id", type_=BigInteger))
)

# --- adjustments ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def _adjustments(wanted: frozenset[str], *, counted: bool = False) -> Statement:
    """The statement for these filters, the newest first; with `counted` only how many there are."""
    conditions: list[ColumnElement[bool]] = [in_guild(adjustments)]
    if "pool_id" in wanted:
        conditions.append(adjustments.c.pool_id == _pool_id)
    if "user_id" in wanted:
        conditions.append(adjustments.c.user_id == _user_id)
    if "reversed" in wanted:
        conditions.append(adjustments.c.reversed_at.is_not(None))
    if "standing" in wanted:
        conditions.append(adjustments.c.reversed_at.is_(None))
    if "external_id" in wanted:
        given = bindparam("external_id", type_=adjustments.c.external_id.type)
        conditions.append(adjustments.c.external_id == given)
    count = select(func.count()).select_from(adjustments).where(*conditions)
    if counted:
        return Statement(count)
    return Statement(
        select(
            adjustments.c.id,
            adjustments.c.user_id,
            users.c.username,
            adjustments.c.pool_id,
            adjustments.c.amount,
            adjustments.c.reason,
            adjustments.c.note,
            adjustments.c.character_name,
            adjustments.c.actor_kind,
            adjustments.c.actor_id,
            adjustments.c.occurred_at,
            adjustments.c.recorded_at,
            adjustments.c.reversed_at,
            adjustments.c.external_id,
            count.correlate(None).scalar_subquery(),
        )
        .join_from(adjustments, users, users.c.id == adjustments.c.user_id)
        .where(*conditions)
        .order_by(adjustments.c.id.desc())
        .limit(PAGE_SIZE)
        .offset(PAGE_OFFSET)
    )


def _adjustment_row(row: tuple[Any, ...]) -> AdjustmentRow:
    (
        adjustment_id,
        user_id,
        username,
        pool_id,
        amount,
        reason,
        note,
        character_name,
        actor_kind,
        actor_id,
        occurred_at,
        recorded_at,
        reversed_at,
        external_id,
        _,
    ) = row
    return AdjustmentRow(
        id=adjustment_id,
        user_id=user_id,
        username=username,
        pool_id=pool_id,
        amount=points_of(amount),
        reason=reason,
        note=note,
        character_name=character_name,
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        actor_name=None,
        occurred_at=moment_at(occurred_at),
        recorded_at=moment_at(recorded_at),
        reversed_at=moment_or_none(reversed_at),
        external_id=external_id,
    )


# --- merges -----------------------------------------------------------------------------------------------------------

_into: Final = users.alias("into")
_MERGE: Final = (
    merges.c.id,
    merges.c.user_id,
    users.c.username,
    merges.c.into_user,
    _into.c.username,
    merges.c.kind,
    merges.c.at,
    merges.c.reason,
    merges.c.claim_id,
    merges.c.characters,
    merges.c.actor_kind,
    merges.c.actor_id,
    merges.c.undone_at,
    merges.c.undone_reason,
)
_merges_with_names: Final = merges.join(users, users.c.id == merges.c.user_id).join(
    _into, _into.c.id == merges.c.into_user
)
_MERGE_FILTERS: Final = {
    "user_id": or_(merges.c.user_id == _user_id, merges.c.into_user == _user_id),
    "undone": merges.c.undone_at.is_not(None),
    "standing": merges.c.undone_at.is_(None),
}


@lru_cache(maxsize=32)
def _merges(wanted: frozenset[str], *, counted: bool = False) -> Statement:
    """The statement for these filters, the newest first; with `counted` only how many there are."""
    conditions = [in_guild(merges), *(_MERGE_FILTERS[name] for name in sorted(wanted))]
    if counted:
        return Statement(select(func.count()).select_from(merges).where(*conditions))
    query = select(*_MERGE, func.count().over()).select_from(_merges_with_names).where(*conditions)
    return Statement(query.order_by(merges.c.id.desc()).limit(PAGE_SIZE).offset(PAGE_OFFSET))


_ONE_MERGE: Final = Statement(
    select(*_MERGE, literal_column("1")).select_from(_merges_with_names).where(in_guild(merges), merges.c.id == _the_id)
)


def _merge_row(row: tuple[Any, ...]) -> MergeRow:
    (
        merge_id,
        user_id,
        username,
        into,
        into_username,
        kind,
        at,
        reason,
        claim_id,
        moved,
        actor_kind,
        actor_id,
        undone_at,
        undone_reason,
        _,
    ) = row
    return MergeRow(
        id=merge_id,
        user_id=user_id,
        username=username,
        into=into,
        into_username=into_username,
        kind=MergeKind(kind),
        at=moment_at(at),
        reason=reason,
        claim_id=claim_id,
        characters=len(json.loads(moved)),
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        undone_at=moment_or_none(undone_at),
        undone_reason=undone_reason,
    )


class SqlPointsView(SqlBatchesView, PointsView):
    """Reads pools, balances, history and standings."""

    def pools(self) -> tuple[PoolRow, ...]:
        return tuple(map(_pool_row, self.session.all(_POOLS)))

    def pool(self, pool_id: PoolId) -> PoolRow:
        row = self.session.first(_POOL, the_id=pool_id)
        if row is None:
            raise NoSuch("pool", pool_id)
        return _pool_row(row)

    def policies(self, pool_id: PoolId) -> tuple[PoliciesRow, ...]:
        rows = self.session.all(_POLICIES, pool_id=pool_id)
        if not rows:
            raise NoSuch("pool", pool_id)
        kept = [in_force_of(row) for _, *row in rows if row[1] is not None]
        return tuple(map(policies_row, (*kept, InForce())))

    def item_pools(self) -> tuple[ItemPoolRow, ...]:
        return tuple(
            ItemPoolRow(id=item_pool_id, name=name, pools=tuple(json.loads(paid_from)), external_id=external_id)
            for item_pool_id, name, paid_from, external_id in self.session.all(_ITEM_POOLS)
        )

    # --- balances -----------------------------------------------------------------------------------------------------

    def balances(self, user_id: UserId) -> UserBalancesRow:
        rows = self.session.all(_BALANCES, user_id=user_id)
        if not rows:
            raise NoSuch("user", user_id)
        return _balances_row(rows)

    def balances_of_discord_id(self, discord_id: str) -> UserBalancesRow:
        rows = self.session.all(_BALANCES_OF_DISCORD_ID, discord_id=discord_id)
        if not rows:
            raise NoSuch("user with Discord id", discord_id)
        return _balances_row(rows)

    def balance(self, user_id: UserId, pool_id: PoolId) -> BalanceRow:
        row = self.session.first(_BALANCE, user_id=user_id, pool_id=pool_id)
        if row is None:
            self.pool(pool_id)
            raise NoSuch("user", user_id)
        return _balance_row(row)

    def sealed_holds(self, user_id: UserId) -> Mapping[PoolId, Points]:
        return {pool_id: Points(sealed) for pool_id, sealed in self.session.all(_SEALED_HOLDS, user_id=user_id)}

    def balances_as_of(self, user_id: UserId, at: datetime, known_at: datetime | None) -> UserBalancesRow:
        known = NEVER if known_at is None else micros(known_at)
        rows = self.session.all(_BALANCES_AS_OF, user_id=user_id, at=micros(at), known_at=known)
        if not rows:
            raise NoSuch("user", user_id)
        return _balances_row(rows)

    # --- history ------------------------------------------------------------------------------------------------------

    def history(
        self, user_id: UserId, wanted: HistoryFilter, *, page: PageRequest, newest_first: bool
    ) -> Page[HistoryRow]:
        if newest_first and page.number == 1 and page.size <= PAGE_SIZE_MAX and wanted == HistoryFilter():
            found = self._newest(user_id, page.size)
        else:
            found = self._history(user_id, wanted, page, newest_first)
        if not found.count and self.session.first(_PLACE, user_id=user_id) is None:
            raise NoSuch("user", user_id)
        return found

    def _newest(self, user_id: UserId, size: int) -> Page[HistoryRow]:
        statement = _NEWEST[PAGE_SIZE_USUAL if size <= PAGE_SIZE_USUAL else PAGE_SIZE_MAX]
        rows = self.session.all(statement, user_id=user_id)[:size]
        running: dict[PoolId, int] = {}
        results = []
        for row in rows:
            balance = running.get(row[_POOL_ID], row[-2])
            running[row[_POOL_ID]] = balance - row[_AMOUNT]
            results.append(_history_row(row, balance))
        return Page(with_names(self.session, results), rows[0][-1] if rows else 0)

    def _history(
        self, user_id: UserId, wanted: HistoryFilter, page: PageRequest, newest_first: bool
    ) -> Page[HistoryRow]:
        params: dict[str, Any] = {}
        if wanted.pool_id is not None:
            params["pool_id"] = wanted.pool_id
        if wanted.kind is not None:
            params["kind"] = wanted.kind.value
        if wanted.bucket is not None:
            params["bucket"] = wanted.bucket.value
        if wanted.source_kind is not None:
            params["source_kind"] = wanted.source_kind.value
        if wanted.source_id is not None:
            params["source_id"] = wanted.source_id
        if wanted.since is not None:
            params["since"] = micros(wanted.since)
        if wanted.until is not None:
            params["until"] = micros(wanted.until)
        if wanted.character is not None:
            params["names"] = self._spellings(user_id, wanted.character)
        filters = frozenset(params)
        statement = _history(filters, newest_first=newest_first)
        rows = self.session.all(statement, user_id=user_id, **params, **page_params(page))
        if rows:
            return Page(with_names(self.session, (_history_row(row, row[-2]) for row in rows)), rows[0][-1])
        if not page.offset:
            return Page((), 0)
        counted = self.session.first(_history(filters, newest_first=False, counted=True), user_id=user_id, **params)
        return Page((), counted[0] if counted else 0)

    def _spellings(self, user_id: UserId, name: str) -> list[str]:
        """How the character's name was written in the user's entries: databases fold case in ways of their own."""
        key = name_key(name)
        rows = self.session.all(_CHARACTER_NAMES, user_id=user_id)
        return [spelling for (spelling,) in rows if name_key(spelling) == key]

    def beside(self, user_id: UserId, entry_id: EntryId) -> tuple[Entry, ...]:
        return tuple(map(entry_of, self.session.all(ENTRIES_BESIDE, user_id=user_id, entry_id=entry_id)))

    def balance_parts(self, user_id: UserId, pool_id: PoolId, at: datetime | None) -> tuple[BalancePartRow, ...]:
        past = {} if at is None else {"at": micros(at)}
        rows = self.session.all(_balance_parts(past=at is not None), user_id=user_id, pool_id=pool_id, **past)
        return tuple(
            BalancePartRow(bucket=Bucket(bucket), kind=EntryKind(kind), amount=points_of(amount), entries=count)
            for bucket, kind, amount, count in rows
        )

    def actor_name(self, kind: ActorKind, actor_id: str) -> str | None:
        if kind is ActorKind.USER and actor_id.isdecimal():
            row = self.session.first(_USERNAME, the_id=int(actor_id))
        elif kind in (ActorKind.API_KEY, ActorKind.BOT):
            row = self.session.first(_KEY_NAME, key=actor_id)
        elif kind is ActorKind.IMPORT:
            return names_elsewhere(self.session, {actor_id}).get(actor_id)
        else:
            row = None
        return None if row is None else str(row[0])

    # --- disputes -----------------------------------------------------------------------------------------------------

    def disputes(self, wanted: DisputeFilter, *, page: PageRequest) -> Page[DisputeRow]:
        params = params_of(wanted)
        rows = self.session.all(disputes_that(frozenset(params)), **params, **page_params(page))
        if rows:
            return Page(tuple(map(dispute_row, rows)), rows[0][-1])
        counted = self.session.first(disputes_that(frozenset(params), counted=True), **params) if page.offset else None
        return Page((), counted[0] if counted else 0)

    def dispute(self, dispute_id: DisputeId) -> DisputeRow:
        row = self.session.first(ONE_DISPUTE, the_id=dispute_id)
        if row is None:
            raise NoSuch("dispute", dispute_id)
        return dispute_row(row)

    # --- standings ----------------------------------------------------------------------------------------------------

    def standings(
        self, pool_id: PoolId, wanted: StandingsFilter, *, ordering: tuple[Order, ...], at: datetime
    ) -> tuple[StandingRow, ...]:
        statement = _STANDINGS_OF_ALL if wanted.everyone else _STANDINGS
        rows = self.session.all(statement, pool_id=pool_id, **windows_ending(at))
        if not rows:
            self.pool(pool_id)
        rows.sort(key=_by_current)
        lines = [_standing(position, row) for position, row in enumerate(rows, start=1)]
        if wanted.character_class or wanted.rank or wanted.search:
            lines = [line for line in lines if _is_listed(line, wanted)]
        return tuple(line.row for line in sorted_by(lines, ordering, _STANDING_KEYS))

    def standings_revision(self, pool_id: PoolId, at: datetime) -> str:
        row = self.session.first(_REVISION, pool_id=pool_id, **windows_ending(at))
        if row is None:
            raise NoSuch("pool", pool_id)
        return "-".join("" if part is None else str(part) for part in row)

    # --- adjustments --------------------------------------------------------------------------------------------------

    def adjustments(self, wanted: AdjustmentFilter, *, page: PageRequest) -> Page[AdjustmentRow]:
        params: dict[str, Any] = {}
        if wanted.pool_id is not None:
            params["pool_id"] = wanted.pool_id
        if wanted.user_id is not None:
            params["user_id"] = wanted.user_id
        if wanted.external_id is not None:
            params["external_id"] = wanted.external_id
        filters = frozenset(params)
        if wanted.reversed is not None:
            filters |= {"reversed" if wanted.reversed else "standing"}
        rows = self.session.all(_adjustments(filters), **params, **page_params(page))
        if rows:
            return Page(with_names(self.session, map(_adjustment_row, rows)), rows[0][-1])
        counted = self.session.first(_adjustments(filters, counted=True), **params) if page.offset else None
        return Page((), counted[0] if counted else 0)

    # --- merges -------------------------------------------------------------------------------------------------------

    def merges(self, wanted: MergeFilter, *, page: PageRequest) -> Page[MergeRow]:
        params: dict[str, Any] = {} if wanted.user_id is None else {"user_id": wanted.user_id}
        filters = frozenset(params)
        if wanted.undone is not None:
            filters |= {"undone" if wanted.undone else "standing"}
        rows = self.session.all(_merges(filters), **params, **page_params(page))
        if rows:
            return Page(tuple(map(_merge_row, rows)), rows[0][-1])
        counted = self.session.first(_merges(filters, counted=True), **params) if page.offset else None
        return Page((), counted[0] if counted else 0)

    def merge(self, merge_id: MergeId) -> MergeRow:
        row = self.session.first(_ONE_MERGE, the_id=merge_id)
        if row is None:
            raise NoSuch("merge", merge_id)
        return _merge_row(row)
