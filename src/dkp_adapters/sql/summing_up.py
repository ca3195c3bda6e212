"""Reckoning everything that is summed up in a guild anew, at once: where so much moved that steps would take too long.

Nobody else may change the guild meanwhile. What it comes to is what `AttendanceSummaries` and `BalanceMoves` keep.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    select,
    union_all,
    update,
)

from dkp_adapters.sql.attendance_summaries import IS_SUMMED_UP, RECOUNTED
from dkp_adapters.sql.heads import with_heads
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import GUILD, Statement, in_guild, insert_rows, int_sum, json_rows
from dkp_adapters.sql.tables.accounts import memberships
from dkp_adapters.sql.tables.points import balances
from dkp_adapters.sql.tables.raids import (
    NEVER,
    attendance,
    attendance_totals,
    attended,
    raid_totals,
    raids,
    unresolved_names,
)
from dkp_adapters.sql.verifying import BALANCE_NUMBERS, BALANCE_SUMS, EXCUSED, HELD_BEFORE
from dkp_core.points import BalanceOutOfRange
from dkp_core.raids import RaidStatus

_nothing: Final = literal(0, BigInteger)
_one: Final = literal(1, BigInteger)
_no_moment: Final = literal(None, BigInteger)


_ADD_BALANCES: Final = Statement(
    insert_rows(
        balances,
        select(
            GUILD,
            BALANCE_SUMS.c.pool_id,
            BALANCE_SUMS.c.user_id,
            *(int_sum(BALANCE_SUMS.c[number]).label(number) for number in BALANCE_NUMBERS),
            (int_sum(BALANCE_SUMS.c.entries) + 1).label("version"),
        ).group_by(BALANCE_SUMS.c.pool_id, BALANCE_SUMS.c.user_id),
    ),
    violations={
        f"ck_balances_{number}": lambda _: BalanceOutOfRange()
        for number in ("earned", "spent", "adjusted", "held", "sealed", "current", "available")
    },
)

_stands: Final = raids.c.status != RaidStatus.CANCELLED.value
_of_raid: Final = and_(attendance.c.guild_id == raids.c.guild_id, attendance.c.raid_id == raids.c.id)
_COUNT_RAIDS: Final = Statement(
    update(raids)
    .where(in_guild(raids), raids.c.counts == 0, _stands, exists(select(literal(1)).where(_of_raid).correlate(raids)))
    .values(counts=1)
)
_lines: Final = attendance.join(raids, _of_raid)
_lines_with_heads, _head = with_heads(_lines, attendance.c.user_id, attendance.c.at)
_ADD_UNRESOLVED: Final = Statement(
    insert_rows(
        unresolved_names,
        select(GUILD, attendance.c.name_key, attendance.c.raid_id, attendance.c.tick)
        .select_from(_lines)
        .where(in_guild(attendance), attendance.c.user_id.is_(None), attendance.c.ignored == 0, _stands),
    )
)
_ADD_ATTENDED: Final = Statement(
    insert_rows(
        attended,
        select(
            GUILD,
            raids.c.starts_at,
            _head.label("user_id"),
            raids.c.id.label("raid_id"),
            func.max(case((attendance.c.counts == 1, 1), else_=0)).label("present"),
        )
        .select_from(_lines_with_heads)
        .where(
            in_guild(attendance), attendance.c.user_id.is_not(None), attendance.c.ignored == 0, IS_SUMMED_UP, _stands
        )
        .group_by(raids.c.starts_at, _head, raids.c.id),
    )
)
_RECOUNT: Final = Statement(update(raids).where(in_guild(raids), _stands).values(dict(RECOUNTED)))


def _when_present(value: Column[int]) -> ColumnElement[Any]:
    return case((attended.c.present == 1, value), else_=_no_moment)


_came: Final = (
    select(
        attended.c.user_id,
        int_sum(attended.c.present).label("attended"),
        func.min(_when_present(attended.c.starts_at)).label("first_raid"),
        func.max(_when_present(attended.c.starts_at)).label("last_raid"),
        _no_moment.label("joined_at"),
    )
    .where(in_guild(attended))
    .group_by(attended.c.user_id)
)
_joined: Select[Any] = select(memberships.c.user_id, _nothing, _no_moment, _no_moment, memberships.c.joined_at).where(
    in_guild(memberships)
)
_people: Final = union_all(_came, _joined).subquery("people")
_first_raid: Final = func.coalesce(func.min(_people.c.first_raid), NEVER)
_joined_at: Final = func.coalesce(func.min(_people.c.joined_at), NEVER)
_ADD_TOTALS: Final = Statement(
    insert_rows(
        attendance_totals,
        select(
            GUILD,
            _people.c.user_id,
            int_sum(_people.c.attended).label("attended"),
            _nothing.label("excused"),
            _no_moment.label("held_before"),
            case((_first_raid < _joined_at, _first_raid), else_=_joined_at).label("since"),
            func.max(_people.c.last_raid).label("last_raid"),
            _one.label("version"),
        ).group_by(_people.c.user_id),
    )
)
_COUNT_HELD_BEFORE: Final = Statement(
    update(attendance_totals)
    .where(in_guild(attendance_totals), attendance_totals.c.user_id == HELD_BEFORE.c.user_id)
    .values(held_before=HELD_BEFORE.c.held)
)
_EXCUSED: Final = Statement(EXCUSED)
_excused: Final = json_rows("excused", attendance_totals.c.user_id, attendance_totals.c.excused)
_PUT_EXCUSED: Final = Statement(
    update(attendance_totals)
    .where(in_guild(attendance_totals), attendance_totals.c.user_id == _excused.c.user_id)
    .values(excused=_excused.c.excused)
)
_counted: Final[tuple[ColumnElement[Any], ...]] = (GUILD, func.count().label("held"), _one.label("version"))
_held_raids: Final = select(*_counted).where(in_guild(raids), raids.c.counts == 1).having(func.count() > 0)
_HOLD: Final = Statement(insert_rows(raid_totals, _held_raids))
_HAS_RAIDS: Final = Statement(select(raid_totals.c.held).where(in_guild(raid_totals)))
_FORGET: Final = tuple(
    Statement(delete(table).where(in_guild(table)))
    for table in (balances, unresolved_names, attended, attendance_totals, raid_totals)
)


def sum_up(session: Session) -> None:
    """Balances, who attended what, and everything that is counted of it. Raises: BalanceOutOfRange."""
    for statement in _FORGET:
        session.write(statement)
    for statement in (_ADD_BALANCES, _COUNT_RAIDS, _ADD_UNRESOLVED, _ADD_ATTENDED, _RECOUNT, _HOLD):
        session.write(statement)
    if session.first(_HAS_RAIDS) is None:
        return
    session.write(_ADD_TOTALS)
    session.write(_COUNT_HELD_BEFORE)
    excused = session.all(_EXCUSED)
    if excused:
        session.write(_PUT_EXCUSED, excused=excused)
