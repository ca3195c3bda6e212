"""Attendance as part of other queries: who is listed, and the raids that each of them attended and could have (D-9).

Windows are one range of the last 90 days; lifetime comes from counts that are kept, so that neither grows with the
guild's history. Everything is exact at any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.statement import in_guild, int_sum
from dkp_adapters.sql.tables.accounts import memberships
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.raids import NEVER, attendance_totals, attended, raid_totals, raids
from dkp_core.accounts import MembershipStatus
from dkp_core.accounts.role_group import ACTIVE_ROLE_GROUPS
from dkp_core.raids import WINDOWS, AttendanceShare

_DAY: Final = 24 * 60 * 60 * 1_000_000

AT: Final[BindParameter[int]] = bindparam("at", type_=BigInteger)
_STARTS: Final[Sequence[BindParameter[int]]] = [bindparam(f"at_{days}", type_=BigInteger) for days in WINDOWS]


def windows_ending(at: datetime) -> dict[str, int]:
    """The parameters of a query with attendance: where the windows end, and where each begins."""
    end = micros(at)
    return {"at": end, **{f"at_{days}": end - days * _DAY for days in WINDOWS}}


def is_active() -> ColumnElement[bool]:
    """An active member: in force, and a member or above, or a trial where the guild counts them."""
    groups = [group.value for group in ACTIVE_ROLE_GROUPS]
    return and_(
        memberships.c.status == MembershipStatus.IN_FORCE.value,
        or_(
            *(memberships.c.role_group == group for group in groups),
            and_(memberships.c.trial == 1, guilds.c.trials_are_active == 1),
        ),
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
    """Who has a membership of any status, or is among `others`, as `user_id` and `joined_at` (which may be NULL)."""
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
        .subquery("people")
    )


# --- the query --------------------------------------------------------------------------------------------------------


def _counted(moment: ColumnElement[int], *also: ColumnElement[bool]) -> list[ColumnElement[int]]:
    """How many rows lie in each window, and how many at its end or later."""
    spans = [and_(moment >= start, moment < AT) for start in _STARTS]
    return [int_sum(case((and_(span, *also), 1), else_=0)) for span in (*spans, moment >= AT)]


_NAMES: Final = (*(f"last_{days}" for days in WINDOWS), "later")


def _named(prefix: str, columns: Sequence[ColumnElement[int]]) -> list[Any]:
    return [column.label(f"{prefix}_{name}") for column, name in zip(columns, _NAMES, strict=True)]


@frozen
class AttendanceColumns:
    """The columns that an `AttendanceReader` reads, over `people`; `joined` is the FROM with all that they need.

    `only` restricts whose recent raids are looked at, for a query over few people.
    """

    people: Subquery
    only: ColumnElement[bool] | None = None
    joined: FromClause = field(init=False)
    columns: tuple[ColumnElement[Any], ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        held = (
            select(*_named("held", _counted(raids.c.starts_at)))
            .where(in_guild(raids), raids.c.counts == 1, raids.c.starts_at >= _STARTS[-1])
            .subquery("held_recently")
        )
        came = attended.c.present == 1
        recent = (
            select(
                attended.c.user_id,
                *_named("came", _counted(attended.c.starts_at, came)),
                *_named("excused", _counted(attended.c.starts_at, attended.c.present == 0)),
            )
            .where(in_guild(attended), attended.c.starts_at >= _STARTS[-1])
            .group_by(attended.c.user_id)
        )
        recently = (recent if self.only is None else recent.where(self.only)).subquery("recently")
        people, totals = self.people, attendance_totals
        joined = (
            guilds.join(people, true())
            .join(held, true())
            .outerjoin(raid_totals, raid_totals.c.guild_id == guilds.c.id)
            .outerjoin(totals, and_(in_guild(totals), totals.c.user_id == people.c.user_id))
            .outerjoin(recently, recently.c.user_id == people.c.user_id)
        )
        object.__setattr__(self, "joined", joined)
        settled, since = _lifetime_of(people)
        columns = (
            guilds.c.leave_out_excused,
            totals.c.last_raid,
            *(held.c[f"held_{name}"] for name in _NAMES),
            *(func.coalesce(recently.c[f"came_{name}"], 0) for name in _NAMES),
            *(func.coalesce(recently.c[f"excused_{name}"], 0) for name in _NAMES),
            func.coalesce(totals.c.attended, 0),
            case(
                (settled, func.coalesce(raid_totals.c.held, 0) - totals.c.held_before),
                else_=_held_since(since),
            ),
            case(
                (guilds.c.leave_out_excused == 0, literal(0, BigInteger())),
                (settled, totals.c.excused),
                else_=_excused_since(people, since),
            ),
        )
        object.__setattr__(self, "columns", columns)


def _lifetime_of(people: FromClause) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    """Whether the counts of a user's lifetime may be used, and when it began."""
    totals = attendance_totals
    known = func.coalesce(totals.c.since, NEVER)
    earlier = and_(people.c.joined_at.is_not(None), people.c.joined_at < known)
    settled = and_(totals.c.held_before.is_not(None), not_(earlier))
    return settled, case((earlier, people.c.joined_at), else_=known)


def _held_since(since: ColumnElement[int]) -> ColumnElement[int]:
    held = raids.alias("held_since")
    return (
        select(func.count())
        .select_from(held)
        .where(in_guild(held), held.c.counts == 1, held.c.starts_at >= since)
        .scalar_subquery()
    )


def _excused_since(people: FromClause, since: ColumnElement[int]) -> ColumnElement[int]:
    excused = attended.alias("excused_since")
    return (
        select(func.count())
        .select_from(excused)
        .where(
            in_guild(excused),
            excused.c.starts_at >= since,
            excused.c.user_id == people.c.user_id,
            excused.c.present == 0,
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
    """The attendance in the columns of `AttendanceColumns`, in their order."""
    leave_out, last_raid = row[0], row[1]
    held, came, excused = row[2:6], row[6:10], row[10:14]
    lifetime_came, lifetime_held, lifetime_excused = row[14:]
    if not leave_out:
        excused = (0, 0, 0, 0)
    recent = tuple(share(came[i], held[i] - excused[i]) for i in range(len(WINDOWS)))
    held_up_to_now = lifetime_held - held[-1] - lifetime_excused + excused[-1]
    return Shares(recent, share(lifetime_came - came[-1], max(held_up_to_now, 0)), last_raid)


@lru_cache(maxsize=65_536)
def share(attended_raids: int, held_raids: int) -> AttendanceShare:
    """The share of those numbers; they repeat."""
    return AttendanceShare(attended_raids, held_raids)


@lru_cache(maxsize=65_536)
def percent(of: AttendanceShare) -> str:
    """In percent with two decimals; they repeat."""
    return of.percent
