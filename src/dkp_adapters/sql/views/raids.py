"""How event types, raids and attendance are shown, from SQL."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from dkp_adapters.sql.heads import with_heads
from dkp_adapters.sql.moments import micros, moment_at, moment_or_none
from dkp_adapters.sql.raids import lines_of, upload_of
from dkp_adapters.sql.sightings import evidence_of
from dkp_adapters.sql.statement import Statement, in_guild, json_values
from dkp_adapters.sql.tables.accounts import memberships, users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.raids import (
    attendance,
    attendance_totals,
    attended,
    event_types,
    raids,
    unresolved_names,
    uploads,
)
from dkp_adapters.sql.tables.roster import character_names, characters
from dkp_adapters.sql.views import PAGE_OFFSET, PAGE_SIZE, SqlView, ordered_by, page_params, part_of, pattern_of
from dkp_adapters.sql.views.accounts import has_place
from dkp_adapters.sql.views.attendance import (
    AT,
    STARTS,
    AttendanceQuery,
    Shares,
    active_people,
    all_people,
    percent,
    share,
    shares_of,
    windows_ending,
)
from dkp_adapters.sql.views.points import points_of
from dkp_adapters.sql.views.sorting import Keys, sorted_by
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import CharacterId, EventTypeId, PoolId, RaidId, UploadId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.points import Points
from dkp_core.raids import (
    WINDOWS,
    Attendance,
    AttendanceRow,
    AttendanceShareRow,
    EventTypeRow,
    Evidence,
    Presence,
    RaidDetailRow,
    RaidFilter,
    RaidRow,
    RaidStatus,
    RaidsView,
    TickRow,
    UnresolvedRow,
    Upload,
)

_the_id: Final = bindparam("the_id", type_=BigInteger)
_user_id: Final = bindparam("user_id", type_=BigInteger)
_raid_id: Final = bindparam("raid_id", type_=BigInteger)

# --- event types ------------------------------------------------------------------------------------------------------

_SELECT_EVENT_TYPE: Final = (
    select(
        event_types.c.id,
        event_types.c.name,
        event_types.c.pools,
        event_types.c.default_points,
        event_types.c.modifier,
        event_types.c.description,
        event_types.c.metadata,
        event_types.c.item_pools,
        event_types.c.active,
        event_types.c.external_id,
    )
    .where(in_guild(event_types))
    .order_by(event_types.c.name_key)
)
_EVENT_TYPES: Final = Statement(_SELECT_EVENT_TYPE)
_EVENT_TYPE: Final = Statement(_SELECT_EVENT_TYPE.where(event_types.c.id == _the_id))


def _event_type_row(row: tuple[Any, ...]) -> EventTypeRow:
    event_type_id, name, pools, default_points, modifier, description, metadata, item_pools, active, external_id = row
    worth = points_of(default_points)
    return EventTypeRow(
        id=event_type_id,
        name=name,
        pools=tuple(json.loads(pools)),
        default_points=worth,
        modifier=modifier,
        points=worth.times(Decimal(modifier)),
        description=description,
        metadata=json.loads(metadata),
        item_pools=tuple(json.loads(item_pools)),
        active=bool(active),
        external_id=external_id,
    )


# --- raids ------------------------------------------------------------------------------------------------------------

_RAID_KEYS: Final = {
    "starts_at": raids.c.starts_at,
    "event_type": event_types.c.name_key,
    "points": raids.c.points,
    "status": raids.c.status,
    "attendees": raids.c.attendees,
    "id": raids.c.id,
}
_NEVER_NULL: Final[frozenset[str]] = frozenset()
_with_event_type: Final = raids.join(
    event_types, and_(event_types.c.guild_id == raids.c.guild_id, event_types.c.id == raids.c.event_type_id)
)
_with_leader: Final = _with_event_type.outerjoin(users, users.c.id == raids.c.leader)


def awards_in_pool() -> ColumnElement[bool]:
    """Whether the raid awards in the pool of `:pool_pattern` (`pool_pattern_of`)."""
    listed = func.replace(func.replace(raids.c.pools, "[", ",", type_=Text), "]", ",", type_=Text)
    return listed.like(bindparam("pool_pattern", type_=Text()))


def pool_pattern_of(pool_id: PoolId) -> str:
    """The pattern that finds the pool in a raid's list of pools."""
    return f"%,{pool_id},%"


def _was_attended() -> ColumnElement[bool]:
    """Whether the user of `:user_id` attended the raid; of cancelled ones, which are few, only the lines are kept."""
    counted = exists(
        select(literal(1)).where(
            attended.c.guild_id == raids.c.guild_id,
            attended.c.starts_at == raids.c.starts_at,
            attended.c.user_id == _user_id,
            attended.c.raid_id == raids.c.id,
            attended.c.present == 1,
        )
    )
    with_their_heads, head = with_heads(attendance, attendance.c.user_id, attendance.c.at)
    noted = exists(
        select(literal(1))
        .select_from(with_their_heads)
        .where(
            attendance.c.guild_id == raids.c.guild_id,
            attendance.c.raid_id == raids.c.id,
            head == _user_id,
            attendance.c.counts == 1,
        )
    )
    return or_(counted, and_(raids.c.status == RaidStatus.CANCELLED.value, noted))


@lru_cache(maxsize=512)
def _raids(wanted: frozenset[str], ordering: tuple[Order, ...], *, counted: bool = False) -> Statement:
    """The statement for these filters and this order; with `counted` only how many there are."""
    possible = {
        "event_type_id": raids.c.event_type_id == bindparam("event_type_id", type_=BigInteger),
        "status": raids.c.status == bindparam("status"),
        "since": raids.c.starts_at >= bindparam("since", type_=BigInteger),
        "until": raids.c.starts_at < bindparam("until", type_=BigInteger),
        "external_id": raids.c.external_id == bindparam("external_id", type_=raids.c.external_id.type),
        "search": or_(part_of(raids.c.note_key), part_of(event_types.c.name_key)),
        "pool_pattern": awards_in_pool(),
        "user_id": _was_attended(),
    }
    conditions = [in_guild(raids), *(possible[name] for name in sorted(wanted))]
    count = select(func.count()).select_from(_with_event_type if "search" in wanted else raids).where(*conditions)
    if counted:
        return Statement(count)
    return Statement(
        select(
            raids.c.id,
            raids.c.event_type_id,
            event_types.c.name,
            raids.c.starts_at,
            raids.c.ends_at,
            raids.c.leader,
            users.c.username,
            raids.c.note,
            raids.c.points,
            raids.c.status,
            raids.c.ticks_count,
            raids.c.attendees,
            raids.c.unresolved,
            raids.c.external_id,
            count.correlate(None).scalar_subquery(),
        )
        .select_from(_with_leader)
        .where(*conditions)
        .order_by(*ordered_by(ordering, _RAID_KEYS, _NEVER_NULL), raids.c.starts_at.desc(), raids.c.id.desc())
        .limit(PAGE_SIZE)
        .offset(PAGE_OFFSET)
    )


_names_at: Final = (
    select(attendance.c.tick, func.count().label("names"))
    .where(in_guild(attendance), attendance.c.raid_id == _raid_id)
    .group_by(attendance.c.tick)
    .subquery("names_at")
)
_RAID: Final = Statement(
    select(
        raids.c.id,
        raids.c.event_type_id,
        event_types.c.name,
        raids.c.pools,
        raids.c.starts_at,
        raids.c.ends_at,
        raids.c.leader,
        users.c.username,
        raids.c.note,
        raids.c.points,
        raids.c.status,
        raids.c.ticks,
        raids.c.attendees,
        raids.c.unresolved,
        raids.c.external_id,
        _names_at.c.tick,
        _names_at.c.names,
    )
    .select_from(_with_leader.outerjoin(_names_at, literal(1) == 1))
    .where(in_guild(raids), raids.c.id == _raid_id)
)


def _raid_row(row: tuple[Any, ...]) -> RaidRow:
    (
        raid_id,
        event_type_id,
        event_type,
        starts_at,
        ends_at,
        leader_id,
        leader,
        note,
        points,
        status,
        ticks,
        attendees,
        unresolved,
        external_id,
        _,
    ) = row
    return RaidRow(
        id=raid_id,
        event_type_id=event_type_id,
        event_type=event_type,
        starts_at=moment_at(starts_at),
        ends_at=moment_or_none(ends_at),
        leader_id=leader_id,
        leader=leader,
        note=note,
        points=points_of(points),
        status=RaidStatus(status),
        ticks=ticks,
        attendees=attendees,
        unresolved=unresolved,
        external_id=external_id,
    )


def _raid_detail_row(rows: Sequence[tuple[Any, ...]]) -> RaidDetailRow:
    (
        raid_id,
        event_type_id,
        event_type,
        pools,
        starts_at,
        ends_at,
        leader_id,
        leader,
        note,
        points,
        status,
        ticks,
        attendees,
        unresolved,
        external_id,
    ) = rows[0][:-2]
    names_at = {tick: names for *_, tick, names in rows}
    return RaidDetailRow(
        id=raid_id,
        event_type_id=event_type_id,
        event_type=event_type,
        pools=tuple(json.loads(pools)),
        starts_at=moment_at(starts_at),
        ends_at=moment_or_none(ends_at),
        leader_id=leader_id,
        leader=leader,
        note=note,
        points=points_of(points),
        status=RaidStatus(status),
        ticks=tuple(
            TickRow(number=number, name=name, at=moment_at(at), points=Points(worth), attendees=names_at.get(number, 0))
            for number, name, at, worth in json.loads(ticks)
        ),
        attendees=attendees,
        unresolved=unresolved,
        external_id=external_id,
    )


# --- lines of attendance ----------------------------------------------------------------------------------------------

_LINES: Final = Statement(
    select(
        attendance.c.tick,
        attendance.c.name,
        attendance.c.character_id,
        characters.c.name,
        attendance.c.user_id,
        users.c.username,
        attendance.c.status,
        attendance.c.awarded,
        attendance.c.ignored,
        attendance.c.upload_id,
        attendance.c.line,
        attendance.c.alt,
        attendance.c.counts,
        attendance.c.claimed,
    )
    .select_from(
        raids.outerjoin(attendance, and_(attendance.c.guild_id == raids.c.guild_id, attendance.c.raid_id == raids.c.id))
        .outerjoin(
            characters,
            and_(characters.c.guild_id == attendance.c.guild_id, characters.c.id == attendance.c.character_id),
        )
        .outerjoin(users, users.c.id == attendance.c.user_id)
    )
    .where(in_guild(raids), raids.c.id == _raid_id)
    .order_by(attendance.c.tick, attendance.c.name_key)
)
_RAID_VERSIONS: Final = Statement(
    select(raids.c.id, raids.c.version).where(in_guild(raids)).order_by(raids.c.guild_id, raids.c.id)
)
_SEEN_WITH_RAIDS: Final = Statement(
    select(guilds.c.version, guilds.c.roster_revision).where(guilds.c.id == bindparam("guild_id", type_=BigInteger))
)
_ATTENDEES: Final = Statement(
    select(attendance.c.raid_id, attendance.c.character_id)
    .where(
        in_guild(attendance),
        attendance.c.raid_id.in_(json_values("raid_ids")),
        attendance.c.character_id.is_not(None),
        attendance.c.ignored == 0,
    )
    .distinct()
    .order_by(attendance.c.raid_id, attendance.c.character_id)
)
_WAITING: Final = (
    attendance.c.name_key,
    attendance.c.name,
    attendance.c.at,
    attendance.c.raid_id,
    attendance.c.tick,
    raids.c.starts_at,
)
_of_its_raid: Final = and_(raids.c.guild_id == attendance.c.guild_id, raids.c.id == attendance.c.raid_id)
_UNRESOLVED_OF_RAID: Final = Statement(
    select(*_WAITING)
    .join_from(attendance, raids, _of_its_raid)
    .where(
        in_guild(attendance),
        attendance.c.raid_id == _raid_id,
        attendance.c.user_id.is_(None),
        attendance.c.ignored == 0,
    )
    .order_by(attendance.c.name_key)
)
_UNRESOLVED: Final = Statement(
    select(*_WAITING)
    .select_from(
        unresolved_names.join(
            attendance,
            and_(
                attendance.c.guild_id == unresolved_names.c.guild_id,
                attendance.c.raid_id == unresolved_names.c.raid_id,
                attendance.c.tick == unresolved_names.c.tick,
                attendance.c.name_key == unresolved_names.c.name_key,
            ),
        ).join(raids, _of_its_raid)
    )
    .where(in_guild(unresolved_names))
    .order_by(unresolved_names.c.name_key)
)
_KNOWN_NAMES: Final = Statement(
    select(character_names.c.name)
    .where(in_guild(character_names))
    .order_by(character_names.c.name_key, character_names.c.name)
)


def _attendance_row(row: tuple[Any, ...]) -> AttendanceRow:
    tick, name, character_id, character, user_id, username, status, awarded, ignored, upload_id, line, *judged = row
    alt, counts, claimed = map(bool, judged)
    return AttendanceRow(
        tick=tick,
        name=name,
        character_id=character_id,
        character=character,
        user_id=user_id,
        username=username,
        status=Presence(status),
        points_awarded=points_of(awarded),
        unresolved=user_id is None and not ignored,
        ignored=bool(ignored),
        upload_id=upload_id,
        line=line,
        alt=alt,
        counts=counts,
        claimed=claimed,
    )


def _unresolved_row(lines: Iterable[tuple[Any, ...]]) -> UnresolvedRow:
    latest_first = sorted(((at, raid_id, tick, name) for _, name, at, raid_id, tick, _ in lines), reverse=True)
    began = {raid_id: starts_at for _, _, _, raid_id, _, starts_at in lines}
    return UnresolvedRow(
        name=latest_first[0][3],
        raids=tuple(sorted(began, key=lambda raid_id: (began[raid_id], raid_id), reverse=True)),
        lines=len(latest_first),
        last_seen=moment_at(latest_first[0][0]),
        suggestions=(),
    )


# --- shares of attendance ---------------------------------------------------------------------------------------------


def _one_person() -> Subquery:
    """The user of `:user_id`, with a place in the guild at work."""
    return (
        select(users.c.id.label("user_id"), memberships.c.joined_at)
        .join_from(users, memberships, and_(in_guild(memberships), memberships.c.user_id == users.c.id), isouter=True)
        .where(users.c.id == _user_id, has_place())
        .subquery("people")
    )


def _shares(people: Subquery, only: ColumnElement[bool] | None = None) -> Statement:
    query = AttendanceQuery(people, only)
    tables = query.tables.join(users, users.c.id == query.user_id).outerjoin(characters, _main_of(query.user_id))
    return Statement(query.select(query.user_id, users.c.username, characters.c.name, tables=tables))


def _main_of(user_id: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(in_guild(characters), characters.c.main_of == user_id)


_SHARES: Final = _shares(active_people())
_SHARES_OF_ALL: Final = _shares(all_people(attendance_totals, attendance_totals.c.attended > 0))
_SHARES_OF_ONE: Final = _shares(_one_person(), attended.c.user_id == _user_id)


@frozen
class _Share:
    """A line of the list of attendance, with what it is sorted by."""

    row: AttendanceShareRow
    shares: Shares


_SHARE_KEYS: Final[Keys[_Share]] = {
    "user_id": lambda line: line.row.user_id,
    "username": lambda line: name_key(line.row.username),
    "main_character": lambda line: None if line.row.main_character is None else name_key(line.row.main_character),
    "attendance_30": lambda line: line.shares.recent[0].fraction,
    "attendance_60": lambda line: line.shares.recent[1].fraction,
    "attendance_90": lambda line: line.shares.recent[2].fraction,
    "attendance_lifetime": lambda line: line.shares.lifetime.fraction,
    "last_raid": lambda line: line.row.last_raid,
}


def _by_name(line: _Share) -> tuple[str, int]:
    return name_key(line.row.username), line.row.user_id


def _share(user_id: UserId, username: str, main_character: str | None, shares: Shares) -> _Share:
    last_30, last_60, last_90 = shares.recent
    row = AttendanceShareRow(
        user_id=user_id,
        username=username,
        main_character=main_character,
        attended_30=last_30.attended,
        held_30=last_30.held,
        attendance_30=percent(last_30),
        attended_60=last_60.attended,
        held_60=last_60.held,
        attendance_60=percent(last_60),
        attended_90=last_90.attended,
        held_90=last_90.held,
        attendance_90=percent(last_90),
        attended_lifetime=shares.lifetime.attended,
        held_lifetime=shares.lifetime.held,
        attendance_lifetime=percent(shares.lifetime),
        last_raid=moment_or_none(shares.last_raid),
    )
    return _Share(row, shares)


# --- shares of one pool's raids ---------------------------------------------------------------------------------------

_HELD, _CAME, _EXCUSED, _PERSON = range(4)
_no_number: Final = literal(None, BigInteger)
_no_names: Final = (literal(None, Text),) * 2
_no_counts: Final = (_no_number,) * (len(WINDOWS) + 1)
_of_pool: Final = (in_guild(raids), raids.c.counts == 1, awards_in_pool())
# Distinct: so SQLite looks once whether a raid awards in the pool, and not for each who came to it.
_awarding: Final = select(raids.c.id, raids.c.starts_at).where(*_of_pool).distinct().subquery("awarding")
_who: Final = attended.join(
    _awarding, and_(attended.c.starts_at == _awarding.c.starts_at, attended.c.raid_id == _awarding.c.id)
)


def _kind(number: int) -> ColumnElement[int]:
    return literal(number, BigInteger)


def _in_pool(people: Subquery) -> Statement:
    """All there is to count in one answer, so that it is of one moment: raids, who came to them, and people.

    Who came is counted by window and until the windows end, with the first raid and the last.
    """
    held: Select[Any] = select(_kind(_HELD), raids.c.starts_at, _no_number, _no_number, *_no_names, *_no_counts).where(
        *_of_pool
    )
    at = attended.c.starts_at
    came: Select[Any] = (
        select(
            _kind(_CAME),
            func.min(at),
            attended.c.user_id,
            func.max(at),
            *_no_names,
            *(func.count(case((and_(at >= start, at < AT), 1))) for start in STARTS),
            func.count(case((at < AT, 1))),
        )
        .select_from(_who)
        .where(in_guild(attended), attended.c.present == 1)
        .group_by(attended.c.user_id)
    )
    excused: Select[Any] = (
        select(_kind(_EXCUSED), at, attended.c.user_id, _no_number, *_no_names, *_no_counts)
        .select_from(_who)
        .where(in_guild(attended), attended.c.present == 0)
    )
    persons: Select[Any] = (
        select(
            _kind(_PERSON),
            people.c.joined_at,
            people.c.user_id,
            guilds.c.leave_out_excused,
            users.c.username,
            characters.c.name,
            *_no_counts,
        )
        .select_from(
            guilds.join(people, literal(1) == 1)
            .join(users, users.c.id == people.c.user_id)
            .outerjoin(characters, _main_of(people.c.user_id))
        )
        .where(guilds.c.id == bindparam("guild_id", type_=BigInteger))
    )
    return Statement(union_all(held, came, excused, persons))


_IN_POOL: Final = _in_pool(active_people())
_IN_POOL_OF_ALL: Final = _in_pool(all_people(attendance_totals, attendance_totals.c.attended > 0))
_IN_POOL_OF_ONE: Final = _in_pool(_one_person())


_NEVER_CAME: Final = (None, None, (0,) * len(_no_counts))


class _PoolCount:
    """The raids of one pool, and who came to each, counted afresh."""

    def __init__(self, rows: Iterable[tuple[Any, ...]], at: datetime) -> None:
        ends = windows_ending(at)
        self.end = ends["at"]
        self.starts = tuple(ends[f"at_{days}"] for days in WINDOWS)
        self.held: list[int] = []
        self.came: dict[int, tuple[int | None, int | None, Sequence[int]]] = {}
        self.excused: dict[int, list[int]] = {}
        self.people: list[tuple[Any, ...]] = []
        for kind, moment, user_id, number, username, main, *counts in rows:
            if kind == _HELD:
                self.held.append(moment)
            elif kind == _CAME:
                self.came[user_id] = moment, number, counts
            elif kind == _EXCUSED:
                self.excused.setdefault(user_id, []).append(moment)
            else:
                self.people.append((user_id, moment, number, username, main))
        for moments in (self.held, *self.excused.values()):
            moments.sort()

    def shares(self, user_id: int, joined_at: int | None, leave_out_excused: bool) -> Shares:
        """A user's attendance."""
        first, last, counts = self.came.get(user_id, _NEVER_CAME)
        excused = self.excused.get(user_id, []) if leave_out_excused else []
        since = min((moment for moment in (joined_at, first) if moment is not None), default=self.end)
        *recent, lifetime = (
            share(came, self._count(self.held, start) - self._count(excused, start))
            for came, start in zip(counts, (*self.starts, since), strict=True)
        )
        return Shares(tuple(recent), lifetime, last)

    def _count(self, moments: Sequence[int], start: int) -> int:
        return max(bisect_left(moments, self.end) - bisect_left(moments, start), 0)


_with_content: Final = bindparam("with_content", type_=BigInteger)
_UPLOAD: Final = Statement(
    select(
        *(
            case((_with_content == 1, uploads.c.content)).label("content") if each is uploads.c.content else each
            for each in uploads.c
        )
    ).where(in_guild(uploads), uploads.c.id == bindparam("the_id", type_=BigInteger))
)


class SqlRaidsView(SqlView, RaidsView):
    """Reads event types, raids and attendance."""

    def event_types(self, *, active: bool | None, external_id: str | None = None) -> tuple[EventTypeRow, ...]:
        rows = map(_event_type_row, self.session.all(_EVENT_TYPES))
        return tuple(row for row in rows if active in (None, row.active) and external_id in (None, row.external_id))

    def event_type(self, event_type_id: EventTypeId) -> EventTypeRow:
        row = self.session.first(_EVENT_TYPE, the_id=event_type_id)
        if row is None:
            raise NoSuch("event type", event_type_id)
        return _event_type_row(row)

    def raids(self, wanted: RaidFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[RaidRow]:
        params: dict[str, Any] = {}
        if wanted.event_type_id is not None:
            params["event_type_id"] = wanted.event_type_id
        if wanted.status is not None:
            params["status"] = wanted.status.value
        if wanted.pool_id is not None:
            params["pool_pattern"] = pool_pattern_of(wanted.pool_id)
        if wanted.user_id is not None:
            params["user_id"] = wanted.user_id
        if wanted.since is not None:
            params["since"] = micros(wanted.since)
        if wanted.until is not None:
            params["until"] = micros(wanted.until)
        if wanted.external_id is not None:
            params["external_id"] = wanted.external_id
        if name_key(wanted.search):
            params["search"] = pattern_of(wanted.search)
        filters = frozenset(params)
        rows = self.session.all(_raids(filters, ordering), **params, **page_params(page))
        if rows:
            return Page(tuple(map(_raid_row, rows)), rows[0][-1])
        counted = self.session.first(_raids(filters, (), counted=True), **params) if page.offset else None
        return Page((), counted[0] if counted else 0)

    def raid(self, raid_id: RaidId) -> RaidDetailRow:
        rows = self.session.all(_RAID, raid_id=raid_id)
        if not rows:
            raise NoSuch("raid", raid_id)
        return _raid_detail_row(rows)

    def attendance(self, raid_id: RaidId) -> tuple[AttendanceRow, ...]:
        rows = self.session.all(_LINES, raid_id=raid_id)
        if not rows:
            raise NoSuch("raid", raid_id)
        # A raid that nobody attended is one row, with nothing in it.
        return tuple(_attendance_row(row) for row in rows if row[0] is not None)

    def raids_revision(self) -> str:
        """Of each raid its version, which goes up with its attendance too; raids may go, so that sums won't do."""
        digest = hashlib.blake2b(repr(self.session.all(_RAID_VERSIONS)).encode(), digest_size=15)
        return f"{self.session.all(_SEEN_WITH_RAIDS)}-{digest.hexdigest()}"

    def attendees(self, raid_ids: Collection[RaidId]) -> Mapping[RaidId, tuple[CharacterId, ...]]:
        found: dict[RaidId, list[CharacterId]] = {}
        for raid_id, character_id in self.session.all(_ATTENDEES, raid_ids=list(raid_ids)):
            found.setdefault(raid_id, []).append(character_id)
        return {raid_id: tuple(characters) for raid_id, characters in found.items()}

    def upload(self, upload_id: UploadId, *, with_content: bool) -> Upload:
        row = self.session.first(_UPLOAD, the_id=upload_id, with_content=int(with_content))
        if row is None:
            raise NoSuch("upload", upload_id)
        return upload_of(row)

    def standing(self, raid_id: RaidId) -> tuple[Attendance, ...]:
        self.raid(raid_id)
        return lines_of(self.session, raid_id)

    def evidence(self, raid_id: RaidId) -> Evidence:
        return evidence_of(self.session, raid_id)

    def unresolved(self, raid_id: RaidId | None) -> tuple[UnresolvedRow, ...]:
        if raid_id is None:
            rows = self.session.all(_UNRESOLVED)
        else:
            rows = self.session.all(_UNRESOLVED_OF_RAID, raid_id=raid_id)
        lines_of: dict[str, list[tuple[Any, ...]]] = {}
        for row in rows:
            lines_of.setdefault(row[0], []).append(row)
        return tuple(map(_unresolved_row, lines_of.values()))

    def known_names(self) -> tuple[str, ...]:
        return tuple(name for (name,) in self.session.all(_KNOWN_NAMES))

    def attendance_shares(
        self,
        *,
        user_id: UserId | None,
        pool_id: PoolId | None,
        everyone: bool,
        ordering: tuple[Order, ...],
        at: datetime,
    ) -> tuple[AttendanceShareRow, ...]:
        params: dict[str, Any] = {} if user_id is None else {"user_id": user_id}
        if pool_id is None:
            statement = _SHARES_OF_ALL if everyone else _SHARES
            rows = self.session.all(statement if user_id is None else _SHARES_OF_ONE, **params, **windows_ending(at))
            lines = [_share(row[0], row[1], row[2], shares_of(row[3:])) for row in rows]
        else:
            statement = _IN_POOL_OF_ALL if everyone else _IN_POOL
            rows = self.session.all(
                statement if user_id is None else _IN_POOL_OF_ONE,
                **params,
                **windows_ending(at),
                pool_pattern=pool_pattern_of(pool_id),
            )
            count = _PoolCount(rows, at)
            lines = [
                _share(person, username, main, count.shares(person, joined_at, bool(leave_out)))
                for person, joined_at, leave_out, username, main in count.people
                if user_id is not None or not everyone or joined_at is not None or person in count.came
            ]
        if user_id is not None and not lines:
            raise NoSuch("user", user_id)
        lines.sort(key=_by_name)
        return tuple(line.row for line in sorted_by(lines, ordering, _SHARE_KEYS))
