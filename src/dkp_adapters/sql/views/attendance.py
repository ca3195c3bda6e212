"""Attendance as part of other queries: who is listed, and the raids that each of them attended and could have (D-9).

Windows are one range of the last 90 days; lifetime comes from counts that are kept, so that neither grows with the
guild's history. Everything is exact at any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)

from dkp_adapters.sql.heads import is_merged_away
from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.statement import in_guild
from dkp_adapters.sql.tables.accounts import memberships
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.raids import NEVER, attendance_totals, attended, raid_totals, raids
from dkp_core.accounts import MembershipStatus
from dkp_core.accounts.role_group import ACTIVE_ROLE_GROUPS
from dkp_core.raids import WINDOWS, AttendanceShare

_DAY: Final = 24 * 60 * 60 * 1_000_000

# Constants of ours are part of the text: as parameters they would be sent anew each time.
_ZERO: Final[ColumnElement[int]] = literal_column("0", BigInteger)
_ONE: Final[ColumnElement[int]] = literal_column("1", BigInteger)
_NEVER: Final[ColumnElement[int]] = literal_column(str(NEVER), BigInteger)

AT: Final[BindParameter[int]] = bindparam("at", type_=BigInteger)
STARTS: Final[Sequence[BindParameter[int]]] = [bindparam(f"at_{days}", type_=BigInteger) for days in WINDOWS]


def windows_ending(at: datetime) -> dict[str, int]:
    """The parameters of a query with attendance: where the windows end, and where each begins."""
    end = micros(at)
    return {"at": end, **{f"at_{days}": end - days * _DAY for days in WINDOWS}}


def _word(word: StrEnum) -> ColumnElement[str]:
    assert word.isidentifier()
    return literal_column(f"'{word}'", Text)


def is_active() -> ColumnElement[bool]:
    """An active member: in force, and a member or above, or a trial where the guild counts them."""
    trial = and_(memberships.c.trial == _ONE, guilds.c.trials_are_active == _ONE)
    groups = [_word(group) for group in ACTIVE_ROLE_GROUPS]
    return and_(
        memberships.c.status == _word(MembershipStatus.IN_FORCE), or_(memberships.c.role_group.in_(groups), trial)
    )


def active_people() -> Subquery:
    """The active members of the guild at work, as `user_id` and `joined_at`."""
    return (
        select(memberships.c.user_id, memberships.c.joined_at)
        .join_from(guilds, memberships, memberships.c.guild_id == guilds.c.id)
        .where(in_guild(memberships), is_active())
        .subquery("people")
    )


def all_people(others: FromClause, *wanted: ColumnElement[bool]) -> Subquery:
    """Who has a membership of any status, or is among `others`, as `user_id` and `joined_at` (which may be NULL).

    Who was merged into another user is nobody any more.
    """
    everyone = (
        select(memberships.c.user_id)
        .where(in_guild(memberships))
        .union(select(others.c.user_id).where(in_guild(others), *wanted))
        .subquery("everyone")
    )
    mine = and_(in_guild(memberships), memberships.c.user_id == everyone.c.user_id)
    return (
        select(everyone.c.user_id, memberships.c.joined_at)
        .join_from(everyone, memberships, mine, isouter=True)
        .where(~is_merged_away(everyone.c.user_id))
        .subquery("people")
    )


# --- the query --------------------------------------------------------------------------------------------------------

_NAMES: Final = (*(f"last_{days}" for days in WINDOWS), "later")


def _since_each(prefix: str, moment: ColumnElement[int], *also: ColumnElement[bool]) -> list[Any]:
    """How many rows there are since each window began (the query begins with the last) and since they end."""
    counted = [_count(moment >= start, *also) for start in STARTS[:-1]]
    counted += [_count(*also), _count(moment >= AT, *also)]
    return [column.label(f"{prefix}_{name}") for column, name in zip(counted, _NAMES, strict=True)]


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((and_(*conditions), _ONE))) if conditions else func.count()


def _lives(people: Subquery) -> Subquery:
    """Each user's lifetime: since when, what was attended, and what was held before, where that may be used."""
    totals = attendance_totals
    joined_earlier = people.c.joined_at < func.coalesce(totals.c.since, _NEVER)
    return (
        select(
            people.c.user_id,
            totals.c.attended,
            totals.c.excused,
            totals.c.last_raid,
            case((joined_earlier, null()), else_=totals.c.held_before).label("held_before"),
            case((joined_earlier, people.c.joined_at), else_=func.coalesce(totals.c.since, _NEVER)).label("since"),
        )
        .join_from(people, totals, and_(in_guild(totals), totals.c.user_id == people.c.user_id), isouter=True)
        .subquery("lives")
    )


class AttendanceQuery:
    """A query over `people` with their attendance; `only` restricts whose recent raids are looked at."""

    def __init__(self, people: Subquery, only: ColumnElement[bool] | None = None) -> None:
        self._lives = _lives(people)
        self._held = (
            select(*_since_each("held", raids.c.starts_at))
            .where(in_guild(raids), raids.c.counts == _ONE, raids.c.starts_at >= STARTS[-1])
            .subquery("held_recently")
        )
        recent = (
            select(
                attended.c.user_id,
                *_since_each("noted", attended.c.starts_at),
                *_since_each("came", attended.c.starts_at, attended.c.present == _ONE),
            )
            .where(in_guild(attended), attended.c.starts_at >= STARTS[-1])
            .group_by(attended.c.user_id)
        )
        self._recently = (recent if only is None else recent.where(only)).subquery("recently")

    @property
    def user_id(self) -> ColumnElement[int]:
        """Whose row it is."""
        return self._lives.c.user_id

    @property
    def tables(self) -> FromClause:
        """What the query reads; other tables may be joined to it."""
        return (
            guilds.join(self._lives, true())
            .join(self._held, true())
            .outerjoin(raid_totals, raid_totals.c.guild_id == guilds.c.id)
            .outerjoin(self._recently, self._recently.c.user_id == self._lives.c.user_id)
        )

    def select(self, *columns: ColumnElement[Any], tables: FromClause) -> Select[Any]:
        """A row for each of the people: these columns, then those that `shares_of` reads."""
        lives = self._lives
        unsettled = lives.c.held_before.is_(None)
        return (
            select(
                *columns,
                guilds.c.leave_out_excused,
                lives.c.last_raid,
                *(self._held.c[f"held_{name}"] for name in _NAMES),
                *(self._recently.c[f"noted_{name}"] for name in _NAMES),
                *(self._recently.c[f"came_{name}"] for name in _NAMES),
                lives.c.attended,
                case((unsettled, _held_since(lives)), else_=raid_totals.c.held - lives.c.held_before),
                case(
                    (guilds.c.leave_out_excused == _ZERO, _ZERO),
                    (unsettled, _excused_since(lives)),
                    else_=lives.c.excused,
                ),
            )
            .select_from(tables)
            .where(guilds.c.id == bindparam("guild_id", type_=BigInteger))
        )


def _held_since(lives: FromClause) -> Any:
    held = raids.alias("held")
    return (
        select(func.count())
        .select_from(held)
        .where(in_guild(held), held.c.counts == _ONE, held.c.starts_at >= lives.c.since)
        .scalar_subquery()
    )


def _excused_since(lives: FromClause) -> Any:
    excused = attended.alias("excused")
    return (
        select(func.count())
        .select_from(excused)
        .where(
            in_guild(excused),
            excused.c.starts_at >= lives.c.since,
            excused.c.user_id == lives.c.user_id,
            excused.c.present == _ZERO,
        )
        .scalar_subquery()
    )


@frozen
class Shares:
    """A user's attendance: a share for each of WINDOWS, that of the whole lifetime, and the last raid (µs)."""

    recent: tuple[AttendanceShare, ...]
    lifetime: AttendanceShare
    last_raid: int | None


def shares_of(row: Sequence[Any]) -> Shares:
    """The attendance in the columns that `AttendanceQuery` adds, in their order."""
    leave_out, last_raid, held_30, held_60, held_90, held_later = row[:6]
    noted_30, noted_60, noted_90, noted_later, came_30, came_60, came_90, came_later, life, held, excused = row[6:]
    if came_30 is None:  # nothing noted in the last 90 days
        noted_30 = noted_60 = noted_90 = noted_later = came_30 = came_60 = came_90 = came_later = 0
    if leave_out:
        absent_later = noted_later - came_later
        held_30 += came_30 - noted_30 + absent_later
        held_60 += came_60 - noted_60 + absent_later
        held_90 += came_90 - noted_90 + absent_later
        held += absent_later - excused
    return Shares(
        (
            share(came_30 - came_later, held_30 - held_later),
            share(came_60 - came_later, held_60 - held_later),
            share(came_90 - came_later, held_90 - held_later),
        ),
        share((life or 0) - came_later, max(held - held_later, 0)),
        last_raid,
    )


@lru_cache(maxsize=65_536)
def share(attended_raids: int, held_raids: int) -> AttendanceShare:
    """The share of those numbers; they repeat."""
    return AttendanceShare(attended_raids, held_raids)


@lru_cache(maxsize=65_536)
def percent(of: AttendanceShare) -> str:
    """In percent with two decimals; they repeat."""
    return of.percent
