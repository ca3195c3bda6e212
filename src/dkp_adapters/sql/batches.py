"""Batches, what they booked, and who came, in SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
from dkp_adapters.sql.points import ENTRY_COLUMNS, entry_of
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Params, Statement, binds, in_guild, json_values, locking, to_json
from dkp_adapters.sql.tables.accounts import users
from dkp_adapters.sql.tables.points import adjustments, balances, batches, entries
from dkp_adapters.sql.tables.raids import attended
from dkp_adapters.sql.tables.roster import characters
from dkp_adapters.sql.views.attendance import AttendanceQuery, active_people, shares_of, windows_ending
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import BatchId, GuildId, PoolId, RaidId, UserId
from dkp_core.kernel.period import Period
from dkp_core.points import (
    OF_A_RAID,
    Batch,
    Batches,
    BatchKind,
    Entry,
    NamedUser,
    SourceKind,
    Turnout,
)
from dkp_core.raids import WINDOWS

_the_id: Final = bindparam("the_id", type_=BigInteger)
_pool_id: Final = bindparam("pool_id", type_=BigInteger)
_at: Final = bindparam("at", type_=BigInteger)
_kind: Final = bindparam("kind", type_=batches.c.kind.type)
_period: Final = bindparam("period", type_=batches.c.period.type)

_COLUMNS: Final = tuple(column for column in batches.c if column.name not in ("guild_id", "standing"))
_WRITTEN: Final = tuple(column.name for column in _COLUMNS if column.name != "version")
_SELECT: Final = select(*_COLUMNS).where(in_guild(batches))
_BATCH: Final = Statement(locking(_SELECT.where(batches.c.id == _the_id)))
_MADE_FOR: Final = Statement(
    _SELECT.where(
        batches.c.pool_id == _pool_id,
        batches.c.kind == _kind,
        batches.c.rule == bindparam("rule", type_=batches.c.rule.type),
        batches.c.period == _period,
    ).order_by(batches.c.id)
)
_OF_PERIOD: Final = Statement(
    _SELECT.where(batches.c.kind == _kind, batches.c.period == _period).order_by(batches.c.id)
)
_OF_RAID: Final = Statement(
    _SELECT.where(batches.c.raid_id == bindparam("raid_id", type_=BigInteger), batches.c.standing == 1).order_by(
        batches.c.id
    )
)
_STANDING: Final = Statement(
    _SELECT.where(
        batches.c.kind == _kind, batches.c.pool_id == _pool_id, batches.c.standing == 1, batches.c.at < _at
    ).order_by(batches.c.at, batches.c.id)
)
_LAST_RUNS: Final = Statement(
    select(batches.c.kind, batches.c.rule, func.max(batches.c.at))
    .where(in_guild(batches), batches.c.pool_id == _pool_id, batches.c.period.not_like(f"{OF_A_RAID}%"))
    .group_by(batches.c.kind, batches.c.rule)
)


def _there(_: Params) -> Exception:
    return Stale("somebody else made it first")


_VIOLATIONS: Final = {"uq_batches_standing": _there, "pk_batches": _there}
_INSERT: Final = Statement(
    insert(batches).values({**binds(batches, "guild_id", "standing", *_WRITTEN), "version": 1}), violations=_VIOLATIONS
)
_UPDATE: Final = Statement(
    update(batches)
    .where(in_guild(batches), batches.c.id == _the_id, batches.c.version == bindparam("read_version", type_=BigInteger))
    .values(
        {
            **binds(batches, "standing", "reversed_at", "reversed_kind", "reversed_by", "reason"),
            "version": batches.c.version + 1,
        }
    )
)


def booked_by(batch: FromClause) -> tuple[FromClause, ColumnElement[bool]]:
    """The balances of a batch's pool with the entries that it booked, and what tells them.

    By way of the balances, since entries are kept by user and time: a seek for each user.
    """
    theirs = and_(
        entries.c.guild_id == balances.c.guild_id,
        entries.c.user_id == balances.c.user_id,
        entries.c.occurred_at == batch.c.at,
    )
    tables = batch.join(
        balances, and_(balances.c.guild_id == batch.c.guild_id, balances.c.pool_id == batch.c.pool_id)
    ).join(entries, theirs)
    return tables, and_(_its_own(batch), entries.c.reverses.is_(None))


def _its_own(batch: FromClause) -> ColumnElement[bool]:
    return and_(entries.c.source_kind == SourceKind.BATCH.value, entries.c.source_id == batch.c.id)


def adjusted_by(batch: FromClause) -> tuple[FromClause, ColumnElement[bool]]:
    """The adjustments of a batch with the entries that they booked, and what tells them."""
    theirs = and_(
        entries.c.guild_id == adjustments.c.guild_id,
        entries.c.user_id == adjustments.c.user_id,
        entries.c.occurred_at == adjustments.c.occurred_at,
    )
    tables = batch.join(
        adjustments, and_(adjustments.c.guild_id == batch.c.guild_id, adjustments.c.batch_id == batch.c.id)
    ).join(entries, theirs)
    its_own = and_(entries.c.source_kind == SourceKind.ADJUSTMENT.value, entries.c.source_id == adjustments.c.id)
    return tables, and_(its_own, entries.c.reverses.is_(None))


def _standing_entries(tables: FromClause, its_own: ColumnElement[bool]) -> Statement:
    reversal = entries.alias("reversal")
    is_reversed = exists(
        select(literal(1)).where(
            reversal.c.guild_id == entries.c.guild_id,
            reversal.c.user_id == entries.c.user_id,
            reversal.c.occurred_at == entries.c.occurred_at,
            reversal.c.reverses == entries.c.id,
        )
    )
    return Statement(
        select(*ENTRY_COLUMNS)
        .select_from(tables)
        .where(in_guild(batches), batches.c.id == _the_id, its_own, ~is_reversed)
        .order_by(entries.c.id)
        .prefix_with("STRAIGHT_JOIN", dialect="mysql")
    )


_ENTRIES: Final = _standing_entries(*booked_by(batches))
_ALL_ENTRIES: Final = Statement(
    select(*ENTRY_COLUMNS)
    .select_from(booked_by(batches)[0])
    .where(in_guild(batches), batches.c.id == _the_id, _its_own(batches))
    .order_by(entries.c.id)
    .prefix_with("STRAIGHT_JOIN", dialect="mysql")
)
_ADJUSTED: Final = _standing_entries(*adjusted_by(batches))


class SqlBatches(Batches):
    """What moved the points of many together."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, batch_id: BatchId) -> Batch:
        row = self.session.first(_BATCH, the_id=batch_id)
        if row is None:
            raise NoSuch("batch", batch_id)
        return self._batch(row)

    def of(self, pool_id: PoolId, kind: BatchKind, rule: str, period: str) -> tuple[Batch, ...]:
        return self._all(_MADE_FOR, pool_id=pool_id, kind=kind.value, rule=rule, period=period)

    def of_period(self, kind: BatchKind, period: str) -> tuple[Batch, ...]:
        return self._all(_OF_PERIOD, kind=kind.value, period=period)

    def of_raid(self, raid_id: RaidId) -> tuple[Batch, ...]:
        return self._all(_OF_RAID, raid_id=raid_id)

    def standing(self, pool_id: PoolId, kind: BatchKind, until: datetime) -> tuple[Batch, ...]:
        return self._all(_STANDING, pool_id=pool_id, kind=kind.value, at=micros(until))

    def last_runs(self, pool_id: PoolId) -> Mapping[tuple[BatchKind, str], datetime]:
        rows = self.session.all(_LAST_RUNS, pool_id=pool_id)
        return {(BatchKind(kind), rule): moment_at(at) for kind, rule, at in rows}

    def entries(self, batch: Batch) -> tuple[Entry, ...]:
        statement = _ADJUSTED if batch.kind is BatchKind.ADJUSTMENT else _ENTRIES
        return tuple(map(entry_of, self.session.all(statement, the_id=batch.id)))

    def all_entries(self, batch: Batch) -> tuple[Entry, ...]:
        return tuple(map(entry_of, self.session.all(_ALL_ENTRIES, the_id=batch.id)))

    def save(self, batch: Batch) -> None:
        reversal = {
            "standing": 1 if batch.stands else None,
            "reversed_at": micros_or_none(batch.reversed_at),
            "reversed_kind": None if batch.reversed_kind is None else batch.reversed_kind.value,
            "reversed_by": batch.reversed_by,
            "reason": batch.reason,
        }
        if batch.version == 0:
            self.session.run(
                _INSERT,
                id=batch.id,
                pool_id=batch.pool_id,
                at=micros(batch.at),
                recorded_at=micros(batch.recorded_at),
                total=int(batch.total.scaleb(2)),
                policies_version=batch.policies_version,
                lines=batch.lines,
                kind=batch.kind.value,
                rule=batch.rule,
                period=batch.period,
                actor_kind=batch.actor_kind.value,
                actor_id=batch.actor_id,
                title=batch.title,
                raid_id=batch.raid_id,
                exempt=to_json(sorted(batch.exempt)),
                **reversal,
            )
        else:
            self.session.saved(self.session.run(_UPDATE, the_id=batch.id, read_version=batch.version, **reversal))
        self.session.save_events(batch)

    def _all(self, statement: Statement, **params: Any) -> tuple[Batch, ...]:
        return tuple(map(self._batch, self.session.all(statement, **params)))

    def _batch(self, row: Sequence[Any]) -> Batch:
        return _batch(self.session.guild_id, row)


def _batch(guild_id: GuildId, row: Sequence[Any]) -> Batch:
    (
        batch_id,
        pool_id,
        at,
        recorded_at,
        reversed_at,
        total,
        policies_version,
        lines,
        version,
        kind,
        rule,
        period,
        actor_kind,
        actor_id,
        reversed_kind,
        reversed_by,
        title,
        reason,
        raid_id,
        exempt,
    ) = row
    return Batch(
        id=batch_id,
        guild_id=guild_id,
        pool_id=pool_id,
        kind=BatchKind(kind),
        rule=rule,
        period=period,
        title=title,
        at=moment_at(at),
        policies_version=policies_version,
        lines=lines,
        total=Decimal(total).scaleb(-2),
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        recorded_at=moment_at(recorded_at),
        reversed_at=moment_or_none(reversed_at),
        reversed_kind=None if reversed_kind is None else ActorKind(reversed_kind),
        reversed_by=reversed_by,
        reason=reason,
        raid_id=raid_id,
        exempt=frozenset(json.loads(exempt)),
        version=version,
    )


# --- who came ---------------------------------------------------------------------------------------------------------

_active: Final = active_people()
_MEMBERS: Final = Statement(select(_active.c.user_id, _active.c.joined_at).order_by(_active.c.user_id))
_ATTENDED: Final = Statement(
    select(attended.c.user_id)
    .where(
        in_guild(attended),
        attended.c.present == 1,
        attended.c.starts_at >= bindparam("since", type_=BigInteger),
        attended.c.starts_at < bindparam("until", type_=BigInteger),
    )
    .distinct()
)
_query: Final = AttendanceQuery(active_people())
_ATTENDANCE: Final = Statement(_query.select(_query.user_id, tables=_query.tables))
_NAMED: Final = Statement(
    select(users.c.id, users.c.username, characters.c.name)
    .select_from(users.outerjoin(characters, and_(in_guild(characters), characters.c.main_of == users.c.id)))
    .where(users.c.id.in_(json_values("ids")))
    .order_by(users.c.id)
)
_WITH_RANK: Final = Statement(
    select(characters.c.main_of).where(
        in_guild(characters), characters.c.main_of.is_not(None), characters.c.rank_id.in_(json_values("ranks"))
    )
)


class SqlTurnout(Turnout):
    """Who is a member and who came; attendance is counted as it is in the standings."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def members(self) -> Mapping[UserId, datetime]:
        return {user_id: moment_at(joined_at) for user_id, joined_at in self.session.all(_MEMBERS)}

    def attended(self, period: Period) -> frozenset[UserId]:
        rows = self.session.all(_ATTENDED, since=micros(period.start), until=micros(period.end))
        return frozenset(user_id for (user_id,) in rows)

    def attendance(self, days: int, at: datetime) -> Mapping[UserId, tuple[int, int]]:
        found = {}
        for user_id, *row in self.session.all(_ATTENDANCE, **windows_ending(at)):
            shares = shares_of(row)
            share = shares.recent[WINDOWS.index(days)] if days else shares.lifetime
            found[user_id] = (share.attended, share.held)
        return found

    def named(self, users: Collection[UserId]) -> tuple[NamedUser, ...]:
        return tuple(NamedUser(*row) for row in self.session.all(_NAMED, ids=sorted(set(users))))

    def with_rank(self, ranks: Collection[int]) -> frozenset[UserId]:
        return frozenset(user_id for (user_id,) in self.session.all(_WITH_RANK, ranks=sorted(ranks)))
