"""What applicants have done, by user and by the lines of their name that stand for nobody yet, in SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BigInteger, ColumnElement, FromClause, and_, bindparam, exists, func, literal, select

from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.points import SqlPoolPolicies
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import GUILD, Statement, in_guild
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.merges import merged_users
from dkp_adapters.sql.tables.points import balances, pools
from dkp_adapters.sql.tables.raids import attendance, attended, raids, unresolved_names
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import Policies
from dkp_core.raids import AttendanceShare, Presence, expected
from dkp_core.recruitment import Performance, Performances

_user_id: Final = bindparam("user_id", type_=BigInteger)
_name_key: Final = bindparam("name_key", type_=unresolved_names.c.name_key.type)


def _held_in(prefix: str) -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(raids)
        .where(
            in_guild(raids),
            raids.c.counts == 1,
            raids.c.starts_at >= bindparam(f"{prefix}_from", type_=BigInteger),
            raids.c.starts_at < bindparam(f"{prefix}_until", type_=BigInteger),
        )
        .scalar_subquery()
    )


_HELD: Final = Statement(
    select(guilds.c.leave_out_excused, _held_in("over"), _held_in("recent")).where(guilds.c.id == GUILD)
)
_CAME: Final = Statement(
    select(attended.c.raid_id, attended.c.starts_at, attended.c.present).where(
        in_guild(attended),
        attended.c.starts_at >= bindparam("first", type_=BigInteger),
        attended.c.starts_at < bindparam("last", type_=BigInteger),
        attended.c.user_id == _user_id,
    )
)


def is_theirs(rows: FromClause, at: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a row of a user at that moment counts for the user of `:user_id`, by whatever merges there were (R-8)."""
    merged = merged_users.alias("merged")
    head = select(merged.c.head).where(in_guild(merged), merged.c.user_id == rows.c.user_id, merged.c.until > at)
    return func.coalesce(head.correlate(rows).scalar_subquery(), rows.c.user_id) == _user_id


_paid: Final = attendance.alias("paid")
_was_paid: Final = exists(
    select(literal(1)).where(
        _paid.c.guild_id == attendance.c.guild_id,
        _paid.c.raid_id == attendance.c.raid_id,
        _paid.c.tick == attendance.c.tick,
        _paid.c.awarded != 0,
        is_theirs(_paid, _paid.c.at),
    )
)
_WAITING: Final = Statement(
    select(
        attendance.c.raid_id,
        attendance.c.tick,
        attendance.c.status,
        attendance.c.counts,
        raids.c.starts_at,
        raids.c.pools,
        raids.c.ticks,
        _was_paid.label("was_paid"),
    )
    .select_from(
        unresolved_names.join(
            attendance,
            and_(
                attendance.c.guild_id == unresolved_names.c.guild_id,
                attendance.c.raid_id == unresolved_names.c.raid_id,
                attendance.c.tick == unresolved_names.c.tick,
                attendance.c.name_key == unresolved_names.c.name_key,
            ),
        ).join(raids, and_(raids.c.guild_id == attendance.c.guild_id, raids.c.id == attendance.c.raid_id))
    )
    .where(in_guild(unresolved_names), unresolved_names.c.name_key == _name_key)
)
_earned: Final = (
    select(pools.c.id, func.coalesce(balances.c.earned, 0).label("earned"))
    .join_from(
        pools,
        balances,
        and_(
            balances.c.guild_id == pools.c.guild_id,
            balances.c.pool_id == pools.c.id,
            balances.c.user_id == _user_id,
        ),
        isouter=True,
    )
    .where(in_guild(pools))
)
_EARNED: Final = Statement(_earned.where(pools.c.id == bindparam("pool_id", type_=BigInteger)))
_EARNED_BY_DEFAULT: Final = Statement(_earned.where(pools.c.is_default == 1))


@frozen
class _Line:
    """A line of the name that waits for somebody; `is_paid`: the tick has paid something to the user already."""

    raid_id: int
    tick: int
    presence: Presence
    counts: bool
    starts_at: int
    pools: str
    ticks: str
    is_paid: bool


class SqlPerformances(Performances):
    """What applicants to the guild have done; a few statements whatever the length of the trial."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def performance(
        self, user_id: UserId, character_name: str, *, over: Period, recent: Period, pool_id: PoolId | None
    ) -> Performance:
        spans = {"over": _span(over), "recent": _span(recent)}
        bounds = {f"{name}_{end}": at for name, span in spans.items() for end, at in zip(_ENDS, span, strict=True)}
        found = self.session.first(_HELD, **bounds)
        assert found is not None, "the guild at work exists"
        leave_out, *held = found
        first, last = (edge(span[end] for span in spans.values()) for end, edge in enumerate((min, max)))
        came = self.session.all(_CAME, user_id=user_id, first=first, last=last)
        waiting = [_line(row) for row in self.session.all(_WAITING, user_id=user_id, name_key=name_key(character_name))]
        shares = []
        for (start, end), raids_held in zip(spans.values(), held, strict=True):
            there: dict[int, bool] = {raid_id: bool(present) for raid_id, at, present in came if start <= at < end}
            for line in waiting:
                if start <= line.starts_at < end:
                    there[line.raid_id] = there.get(line.raid_id, False) or line.counts
            excused = sum(not present for present in there.values()) if leave_out else 0
            shares.append(AttendanceShare(sum(there.values()), raids_held - excused))
        return Performance(
            attendance=shares[0],
            recent=shares[1],
            raids=shares[0].attended,
            points=self._points(user_id, pool_id, waiting),
        )

    def _points(self, user_id: UserId, pool_id: PoolId | None, waiting: Iterable[_Line]) -> Points:
        if pool_id is None:
            row = self.session.first(_EARNED_BY_DEFAULT, user_id=user_id)
        else:
            row = self.session.first(_EARNED, user_id=user_id, pool_id=pool_id)
        if row is None:
            return ZERO
        found, earned = row
        policies = [SqlPoolPolicies(self.session).of(found).policies]
        worth = (
            worth_of(line.presence, line.tick, line.ticks, policies, is_paid=line.is_paid)
            for line in waiting
            if found in json.loads(line.pools)
        )
        return sum(worth, Points(earned))


_ENDS: Final = ("from", "until")


def _span(period: Period) -> tuple[int, int]:
    return micros(period.start), micros(period.end)


def _line(row: tuple[Any, ...]) -> _Line:
    raid_id, tick, status, counts, starts_at, of_pools, ticks, was_paid = row
    return _Line(raid_id, tick, Presence(status), bool(counts), starts_at, of_pools, ticks, bool(was_paid))


def worth_of(presence: Presence, tick: int, ticks: str, pools: Sequence[Policies], *, is_paid: bool) -> Points:
    """What a line at that tick would be awarded: nothing where the tick has paid its user already (D-4)."""
    if is_paid:
        return ZERO
    all_ticks = json.loads(ticks)
    points = next((points for number, _, _, points in all_ticks if number == tick), 0)
    return expected(Points(points), presence, pools, alone=len(all_ticks) == 1)
