"""Kinds of raids, raids, attendance and uploads in SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, and_, bindparam, delete, exists, insert, literal, select, update

from dkp_adapters.sql.attendance_summaries import AttendanceSummaries, has_points
from dkp_adapters.sql.heads import with_heads
from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import (
    GUILD,
    Params,
    Statement,
    binds,
    in_guild,
    insert_rows,
    json_rows,
    json_values,
    locking,
    to_json,
)
from dkp_adapters.sql.tables.loot import award_drafts
from dkp_adapters.sql.tables.raids import attendance, event_types, raids, unresolved_names, uploads
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import EventTypeId, PoolId, RaidId, UploadId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import Points
from dkp_core.raids import (
    Attendance,
    Attendances,
    DumpFormat,
    EventType,
    EventTypes,
    Presence,
    Present,
    Raid,
    Raids,
    RaidStatus,
    Tick,
    Upload,
    Uploads,
    owner_of,
)

_the_id: Final = bindparam("the_id", type_=BigInteger)
_read_version: Final = bindparam("read_version", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else made it first")


# --- event types ------------------------------------------------------------------------------------------------------

_EVENT_TYPE_WRITTEN: Final = (
    "name",
    "name_key",
    "pools",
    "default_points",
    "modifier",
    "description",
    "metadata",
    "item_pools",
    "active",
    "external_id",
)
EVENT_TYPE_COLUMNS: Final = (
    event_types.c.id,
    event_types.c.guild_id,
    event_types.c.name,
    event_types.c.pools,
    event_types.c.default_points,
    event_types.c.modifier,
    event_types.c.description,
    event_types.c.metadata,
    event_types.c.item_pools,
    event_types.c.active,
    event_types.c.external_id,
    event_types.c.version,
)
_SELECT_EVENT_TYPE: Final = select(*EVENT_TYPE_COLUMNS).where(in_guild(event_types))
_EVENT_TYPE: Final = Statement(locking(_SELECT_EVENT_TYPE.where(event_types.c.id == _the_id)))
_EVENT_TYPE_NAMED: Final = Statement(_SELECT_EVENT_TYPE.where(event_types.c.name_key == bindparam("name_key")))


def _event_type_name_taken(params: Params) -> Exception:
    return NameTaken("event type", params["name"])


_EVENT_TYPE_VIOLATIONS: Final = {
    "uq_event_types_guild_id_name_key": _event_type_name_taken,
    "pk_event_types": _lost,
}
_INSERT_EVENT_TYPE: Final = Statement(
    insert(event_types).values({**binds(event_types, "guild_id", "id", *_EVENT_TYPE_WRITTEN), "version": 1}),
    violations=_EVENT_TYPE_VIOLATIONS,
)
_UPDATE_EVENT_TYPE: Final = Statement(
    update(event_types)
    .where(in_guild(event_types), event_types.c.id == _the_id, event_types.c.version == _read_version)
    .values({**binds(event_types, *_EVENT_TYPE_WRITTEN), "version": event_types.c.version + 1}),
    violations=_EVENT_TYPE_VIOLATIONS,
)
_DELETE_EVENT_TYPE: Final = Statement(
    delete(event_types).where(
        in_guild(event_types),
        event_types.c.id == _the_id,
        ~exists(select(literal(1)).where(in_guild(raids), raids.c.event_type_id == _the_id)),
    )
)


class SqlEventTypes(EventTypes):
    """The guild's event types."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, event_type_id: EventTypeId) -> EventType:
        row = self.session.first(_EVENT_TYPE, the_id=event_type_id)
        if row is None:
            raise NoSuch("event type", event_type_id)
        return event_type_of(row)

    def named(self, name: str) -> EventType:
        row = self.session.first(_EVENT_TYPE_NAMED, name_key=name_key(name))
        if row is None:
            raise NoSuch("event type", name)
        return event_type_of(row)

    def save(self, event_type: EventType) -> None:
        values = {
            "name": event_type.name,
            "name_key": name_key(event_type.name),
            "pools": to_json(event_type.pools),
            "default_points": event_type.default_points.hundredths,
            "modifier": format(event_type.modifier, "f"),
            "description": event_type.description,
            "metadata": to_json(dict(event_type.metadata)),
            "item_pools": to_json(event_type.item_pools),
            "active": int(event_type.active),
            "external_id": event_type.external_id,
        }
        if event_type.version == 0:
            self.session.run(_INSERT_EVENT_TYPE, id=event_type.id, **values)
        else:
            count = self.session.run(
                _UPDATE_EVENT_TYPE, the_id=event_type.id, read_version=event_type.version, **values
            )
            self.session.saved(count)
        self.session.save_events(event_type)

    def remove(self, event_type: EventType) -> bool:
        if self.session.run(_DELETE_EVENT_TYPE, the_id=event_type.id) == 0:
            return False
        self.session.save_events(event_type)
        return True


def event_type_of(row: tuple[Any, ...]) -> EventType:
    """The event type that a row of EVENT_TYPE_COLUMNS is."""
    (
        event_type_id,
        guild_id,
        name,
        pools,
        default_points,
        modifier,
        description,
        metadata,
        item_pools,
        active,
        external_id,
        version,
    ) = row
    return EventType(
        id=event_type_id,
        guild_id=guild_id,
        name=name,
        pools=tuple(json.loads(pools)),
        default_points=Points(default_points),
        modifier=Decimal(modifier),
        description=description,
        metadata=json.loads(metadata),
        item_pools=tuple(json.loads(item_pools)),
        active=bool(active),
        external_id=external_id,
        version=version,
    )


# --- raids ------------------------------------------------------------------------------------------------------------

RAID_WRITTEN: Final = (
    "event_type_id",
    "title",
    "starts_at",
    "ends_at",
    "leader",
    "points",
    "status",
    "pools",
    "note",
    "note_key",
    "ticks",
    "ticks_count",
    "corrected",
    "external_id",
)
RAID_COLUMNS: Final = (
    raids.c.id,
    raids.c.guild_id,
    raids.c.event_type_id,
    raids.c.title,
    raids.c.pools,
    raids.c.starts_at,
    raids.c.ends_at,
    raids.c.leader,
    raids.c.note,
    raids.c.points,
    raids.c.status,
    raids.c.ticks,
    raids.c.corrected,
    raids.c.external_id,
    raids.c.version,
    raids.c.counts,
)
_RAID: Final = Statement(locking(select(*RAID_COLUMNS).where(in_guild(raids), raids.c.id == _the_id)))
_INSERT_RAID: Final = Statement(
    insert(raids).values(
        {
            **binds(raids, "guild_id", "id", *RAID_WRITTEN, "counts"),
            "attendees": 0,
            "unresolved": 0,
            "version": 1,
        }
    ),
    violations={"pk_raids": _lost},
)
_UPDATE_RAID: Final = Statement(
    update(raids)
    .where(in_guild(raids), raids.c.id == _the_id, raids.c.version == _read_version)
    .values({**binds(raids, *RAID_WRITTEN), "version": raids.c.version + 1})
)
_CHANGE_COUNTS: Final = Statement(
    update(raids)
    .where(in_guild(raids), raids.c.id == _the_id, raids.c.counts != bindparam("now_counts", type_=BigInteger))
    .values(counts=bindparam("now_counts", type_=BigInteger))
)
_named: Final = exists(select(literal(1)).where(in_guild(attendance), attendance.c.raid_id == _the_id))
_IS_NAMED: Final = Statement(select(_named.label("named")))
_drafted: Final = exists(select(literal(1)).where(in_guild(award_drafts), award_drafts.c.raid_id == _the_id))
_DELETE_RAID: Final = Statement(delete(raids).where(in_guild(raids), raids.c.id == _the_id, ~_named, ~_drafted))


class SqlRaids(Raids):
    """The guild's raids."""

    def __init__(self, session: Session, summaries: AttendanceSummaries) -> None:
        self.session = session
        self.summaries = summaries
        # Of those that were got, and so are locked.
        self._counting: dict[RaidId, bool] = {}

    def get(self, raid_id: RaidId) -> Raid:
        row = self.session.first(_RAID, the_id=raid_id)
        if row is None:
            raise NoSuch("raid", raid_id)
        self._counting[raid_id] = bool(row[-1])
        return raid_of_row(row)

    def save(self, raid: Raid) -> None:
        values = raid_values(raid)
        if raid.version == 0:
            counts = _stands(raid) and has_points(raid)
            self.session.write(_INSERT_RAID, id=raid.id, counts=int(counts), **values)
            if counts:
                self.summaries.counts(raid)
        else:
            self.session.save(_UPDATE_RAID, the_id=raid.id, read_version=raid.version, **values)
            self._save_counts(raid)
        self.session.save_events(raid)

    def _save_counts(self, raid: Raid) -> None:
        counts = _stands(raid) and (has_points(raid) or self._is_named(raid.id))
        if counts is self._counting.get(raid.id):
            return
        self._counting[raid.id] = counts
        if self.session.run(_CHANGE_COUNTS, the_id=raid.id, now_counts=int(counts)):
            if counts:
                self.summaries.counts(raid)
            else:
                self.summaries.counts_no_more(raid)

    def _is_named(self, raid_id: RaidId) -> bool:
        row = self.session.first(_IS_NAMED, the_id=raid_id)
        return row is not None and bool(row[0])

    def remove(self, raid: Raid) -> bool:
        if self.session.run(_DELETE_RAID, the_id=raid.id) == 0:
            return False
        if _stands(raid) and has_points(raid):
            self.summaries.counts_no_more(raid)
        self.session.save_events(raid)
        return True


def _stands(raid: Raid) -> bool:
    return raid.status is not RaidStatus.CANCELLED


def raid_values(raid: Raid) -> dict[str, Any]:
    """What is kept of the raid itself, by column."""
    return {
        "event_type_id": raid.event_type_id,
        "title": raid.title,
        "starts_at": micros(raid.starts_at),
        "ends_at": micros_or_none(raid.ends_at),
        "leader": raid.leader,
        "points": raid.points.hundredths,
        "status": raid.status.value,
        "pools": to_json(raid.pools),
        "note": raid.note,
        "note_key": name_key(raid.note),
        "ticks": to_json([[tick.number, tick.name, micros(tick.at), tick.points.hundredths] for tick in raid.ticks]),
        "ticks_count": len(raid.ticks),
        "corrected": int(raid.corrected),
        "external_id": raid.external_id,
    }


def raid_of_row(row: tuple[Any, ...]) -> Raid:
    """The raid that a row of RAID_COLUMNS is."""
    (
        raid_id,
        guild_id,
        event_type_id,
        title,
        pools,
        starts_at,
        ends_at,
        leader,
        note,
        points,
        status,
        ticks,
        corrected,
        external_id,
        version,
        _,
    ) = row
    return Raid(
        id=raid_id,
        guild_id=guild_id,
        event_type_id=event_type_id,
        title=title,
        pools=tuple(json.loads(pools)),
        starts_at=moment_at(starts_at),
        ends_at=moment_or_none(ends_at),
        leader=leader,
        note=note,
        points=Points(points),
        status=RaidStatus(status),
        ticks=tuple(
            Tick(number=number, name=name, at=moment_at(at), points=Points(worth))
            for number, name, at, worth in json.loads(ticks)
        ),
        corrected=bool(corrected),
        external_id=external_id,
        version=version,
    )


# --- attendance -------------------------------------------------------------------------------------------------------

LINE_COLUMNS: Final = (
    attendance.c.raid_id,
    attendance.c.tick,
    attendance.c.name_key,
    attendance.c.name,
    attendance.c.status,
    attendance.c.character_id,
    attendance.c.user_id,
    attendance.c.awarded,
    attendance.c.at,
    attendance.c.upload_id,
    attendance.c.line,
    attendance.c.ignored,
    attendance.c.elsewhere,
    attendance.c.alt,
    attendance.c.claimed,
    attendance.c.waived,
    attendance.c.counts,
)
_with_heads, _head = with_heads(attendance, attendance.c.user_id, attendance.c.at)
_PRESENT: Final = Statement(
    select(*LINE_COLUMNS, _head)
    .select_from(_with_heads)
    .where(
        in_guild(attendance),
        attendance.c.raid_id == bindparam("raid_id"),
        attendance.c.tick == bindparam("tick"),
    )
    .order_by(attendance.c.name_key)
)
_OF_RAID: Final = Statement(
    select(*LINE_COLUMNS)
    .where(in_guild(attendance), attendance.c.raid_id == bindparam("raid_id"))
    .order_by(attendance.c.tick, attendance.c.name_key)
)
_UNRESOLVED: Final = Statement(
    select(*LINE_COLUMNS)
    .join_from(
        unresolved_names,
        attendance,
        and_(
            attendance.c.guild_id == unresolved_names.c.guild_id,
            attendance.c.raid_id == unresolved_names.c.raid_id,
            attendance.c.tick == unresolved_names.c.tick,
            attendance.c.name_key == unresolved_names.c.name_key,
        ),
    )
    .where(in_guild(unresolved_names), unresolved_names.c.name_key == bindparam("key"))
    .order_by(attendance.c.raid_id, attendance.c.tick)
)
_new_lines: Final = json_rows("rows", *LINE_COLUMNS)
_INSERT_LINES: Final = Statement(
    insert_rows(attendance, select(GUILD, *_new_lines.c)),
    violations={"pk_attendance": lambda _: Stale("somebody else noted the same name first")},
)
_waiting: Final = json_rows("waiting", unresolved_names.c.name_key, unresolved_names.c.raid_id, unresolved_names.c.tick)
_INSERT_UNRESOLVED: Final = Statement(insert_rows(unresolved_names, select(GUILD, *_waiting.c)))
# One by one: given a list, MariaDB would look at each name that waits in the guild, and wait for those being written.
_DELETE_UNRESOLVED: Final = Statement(
    delete(unresolved_names).where(
        in_guild(unresolved_names),
        unresolved_names.c.name_key == bindparam("key"),
        unresolved_names.c.raid_id == bindparam("raid_id"),
        unresolved_names.c.tick == bindparam("tick"),
    )
)
_WAITING_IN: Final = Statement(
    select(unresolved_names.c.name_key, unresolved_names.c.tick).where(
        in_guild(unresolved_names), unresolved_names.c.raid_id == bindparam("raid_id")
    )
)
_CHANGING: Final = (
    "status",
    "character_id",
    "user_id",
    "awarded",
    "at",
    "ignored",
    "elsewhere",
    "alt",
    "claimed",
    "waived",
    "counts",
)
_outcomes: Final = json_rows(
    "outcomes",
    attendance.c.raid_id,
    attendance.c.tick,
    attendance.c.name_key,
    *(attendance.c[name] for name in _CHANGING),
)
_CHANGE: Final = (
    update(attendance)
    .where(
        in_guild(attendance),
        attendance.c.raid_id == _outcomes.c.raid_id,
        attendance.c.tick == _outcomes.c.tick,
        attendance.c.name_key == _outcomes.c.name_key,
    )
    .values({name: _outcomes.c[name] for name in _CHANGING})
)
_CHANGE_LINES: Final = Statement(_CHANGE)
_RESOLVE: Final = Statement(_CHANGE.where(attendance.c.user_id.is_(None), attendance.c.ignored == 0))
# One by one, as above.
_REMOVE_LINE: Final = Statement(
    delete(attendance).where(
        in_guild(attendance),
        attendance.c.raid_id == bindparam("raid_id"),
        attendance.c.tick == bindparam("tick"),
        attendance.c.name_key == bindparam("key"),
    )
)


class SqlAttendances(Attendances):
    """Attendance of the guild's raids."""

    def __init__(self, session: Session, summaries: AttendanceSummaries) -> None:
        self.session = session
        self.summaries = summaries

    def present(self, raid_id: RaidId, tick: int) -> Present:
        rows = self.session.all(_PRESENT, raid_id=raid_id, tick=tick)
        lines = tuple(line_of(row[:-1]) for row in rows)
        heads = {
            line.user_id: UserId(row[-1])
            for line, row in zip(lines, rows, strict=True)
            if line.user_id is not None and line.user_id != row[-1]
        }
        return Present(lines=lines, heads=heads)

    def of_raid(self, raid_id: RaidId) -> tuple[Attendance, ...]:
        return lines_of(self.session, raid_id)

    def append(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        if not lines:
            return
        self.session.write(_INSERT_LINES, rows=[line_row(line) for line in lines])
        waiting = [[line.key, raid.id, line.tick] for line in lines if line.is_unresolved]
        if waiting and _stands(raid):
            self.session.write(_INSERT_UNRESOLVED, waiting=waiting)
        self.summaries.took(raid, lines)

    def change(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        if not lines:
            return
        self.session.run(_CHANGE_LINES, outcomes=[_outcome(raid, line) for line in lines])
        waiting = set(self.session.all(_WAITING_IN, raid_id=raid.id))
        known = [line for line in lines if not line.is_unresolved and (line.key, line.tick) in waiting]
        self._wait_no_more(raid, known)
        self.summaries.corrected(raid, lines)

    def remove(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        if not lines:
            return
        for line in lines:
            self.session.run(_REMOVE_LINE, raid_id=raid.id, tick=line.tick, key=line.key)
        self._wait_no_more(raid, [line for line in lines if line.is_unresolved])
        self.summaries.corrected(raid, ())

    def _wait_no_more(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        for line in lines:
            self.session.run(_DELETE_UNRESOLVED, key=line.key, raid_id=raid.id, tick=line.tick)

    def unresolved(self, key: str) -> tuple[Attendance, ...]:
        return tuple(map(line_of, self.session.all(_UNRESOLVED, key=key)))

    def resolve(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        if not lines:
            return
        outcomes = [_outcome(raid, line) for line in lines]
        if self.session.run(_RESOLVE, outcomes=outcomes) != len(outcomes):
            raise Stale("somebody else resolved the name first")
        self._wait_no_more(raid, [line for line in lines if not line.is_unresolved])
        self.summaries.took(raid, lines)


def lines_of(session: Session, raid_id: RaidId) -> tuple[Attendance, ...]:
    """Every line of the raid, by tick and key."""
    return tuple(map(line_of, session.all(_OF_RAID, raid_id=raid_id)))


def line_row(line: Attendance) -> list[Any]:
    """The line in the order of LINE_COLUMNS."""
    return [
        line.raid_id,
        line.tick,
        line.key,
        line.name,
        str(line.presence),
        line.character_id,
        line.user_id,
        line.awarded.hundredths,
        micros(line.at),
        line.upload_id,
        line.line,
        int(line.ignored),
        _elsewhere(line),
        int(line.alt),
        int(line.claimed),
        _waived(line),
        int(line.counts),
    ]


def _outcome(raid: Raid, line: Attendance) -> list[Any]:
    """What a line is from now on, in the order of _outcomes."""
    return [
        raid.id,
        line.tick,
        line.key,
        line.presence.value,
        line.character_id,
        line.user_id,
        line.awarded.hundredths,
        micros(line.at),
        int(line.ignored),
        _elsewhere(line),
        int(line.alt),
        int(line.claimed),
        _waived(line),
        int(line.counts),
    ]


def _elsewhere(line: Attendance) -> str | None:
    """What pools pay that don't pay what most of it says, as a JSON object; NULL for most lines, where none does."""
    if not line.elsewhere:
        return None
    return to_json({str(pool_id): points.hundredths for pool_id, points in line.elsewhere})


def _waived(line: Attendance) -> str | None:
    return to_json(line.waived) if line.waived else None


def line_of(row: tuple[Any, ...]) -> Attendance:
    """The line of attendance that a row of LINE_COLUMNS is."""
    (
        raid_id,
        tick,
        _,
        name,
        status,
        character_id,
        user_id,
        awarded,
        at,
        upload_id,
        line,
        ignored,
        elsewhere,
        alt,
        claimed,
        waived,
        counts,
    ) = row
    return Attendance(
        raid_id=raid_id,
        tick=tick,
        name=name,
        presence=Presence(status),
        character_id=character_id,
        user_id=user_id,
        awarded=Points(awarded),
        at=moment_at(at),
        upload_id=upload_id,
        line=line,
        ignored=bool(ignored),
        elsewhere=() if elsewhere is None else _elsewhere_of(elsewhere),
        alt=bool(alt),
        claimed=bool(claimed),
        waived=() if waived is None else tuple(map(PoolId, json.loads(waived))),
        counts=bool(counts),
    )


def _elsewhere_of(text: str) -> tuple[tuple[PoolId, Points], ...]:
    return tuple(sorted((PoolId(int(pool)), Points(amount)) for pool, amount in json.loads(text).items()))


# --- uploads ----------------------------------------------------------------------------------------------------------

_INSERT_UPLOAD: Final = Statement(insert(uploads).values(binds(uploads, *uploads.c.keys())))
_MADE: Final = Statement(
    select(uploads.c.raid_id)
    .join_from(uploads, raids, and_(raids.c.guild_id == uploads.c.guild_id, raids.c.id == uploads.c.raid_id))
    .where(
        in_guild(uploads),
        uploads.c.sha256 == bindparam("sha256"),
        uploads.c.check_named == bindparam("check_named"),
        raids.c.status != RaidStatus.CANCELLED.value,
    )
    .order_by(uploads.c.uploaded_at.desc(), uploads.c.id.desc())
    .limit(1)
)
_LAST_ZONE: Final = Statement(
    select(uploads.c.zone)
    .where(
        in_guild(uploads),
        uploads.c.zone_named == 1,
        uploads.c.actor_id == bindparam("actor_id"),
        uploads.c.actor_kind == bindparam("actor_kind"),
    )
    .order_by(uploads.c.uploaded_at.desc(), uploads.c.id.desc())
    .limit(1)
)
_PRUNE: Final = Statement(
    update(uploads)
    .where(in_guild(uploads), uploads.c.uploaded_at < bindparam("before"), uploads.c.content.is_not(None))
    .values(content=None)
)
_UPLOAD_COLUMNS: Final = tuple(uploads.c.keys())
_KEPT_AFTER: Final = Statement(
    locking(
        select(*uploads.c)
        .where(in_guild(uploads), uploads.c.id > bindparam("after", type_=BigInteger), uploads.c.content.is_not(None))
        .order_by(uploads.c.id)
        .limit(1)
    )
)
_REWRITE: Final = Statement(
    update(uploads)
    .where(in_guild(uploads), uploads.c.id == bindparam("the_id", type_=BigInteger))
    .values(content=bindparam("content", type_=uploads.c.content.type))
)
_uploaders: Final = json_rows("uploaders", uploads.c.actor_kind, uploads.c.actor_id)
_FILE_NAMES: Final = Statement(
    select(uploads.c.id, uploads.c.file_name).where(
        in_guild(uploads),
        exists(
            select(literal(1))
            .select_from(_uploaders)
            .where(uploads.c.actor_id == _uploaders.c.actor_id, uploads.c.actor_kind == _uploaders.c.actor_kind)
        ),
    )
)
_FORGET_NAMES: Final = Statement(
    update(uploads).where(in_guild(uploads), uploads.c.id.in_(json_values("ids"))).values(file_name="")
)


class SqlUploads(Uploads):
    """The raw files of the guild."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def made(self, sha256: str, check: str) -> RaidId | None:
        row = self.session.first(_MADE, sha256=sha256, check_named=check)
        return None if row is None else RaidId(row[0])

    def append(self, upload: Upload) -> None:
        self.session.run(
            _INSERT_UPLOAD,
            id=upload.id,
            sha256=upload.sha256,
            check_named=upload.check,
            file_name=upload.file_name,
            format=upload.format.value,
            parser_version=upload.parser_version,
            size=upload.size,
            zone=upload.zone,
            zone_named=int(upload.zone_named),
            whole=int(upload.whole),
            raid_id=upload.raid_id,
            tick=upload.tick,
            actor_kind=upload.actor_kind.value,
            actor_id=upload.actor_id,
            uploaded_at=micros(upload.uploaded_at),
            content=upload.content,
        )

    def last_zone(self, by: Actor) -> str | None:
        row = self.session.first(_LAST_ZONE, actor_id=by.id, actor_kind=by.kind.value)
        return None if row is None else str(row[0])

    def kept_after(self, upload_id: UploadId) -> Upload | None:
        row = self.session.first(_KEPT_AFTER, after=upload_id)
        return None if row is None else upload_of(row)

    def rewrite(self, upload_id: UploadId, content: bytes) -> None:
        self.session.run(_REWRITE, the_id=upload_id, content=content)

    def forget_names(self, actors: Collection[tuple[ActorKind, str]]) -> None:
        uploaders = [[kind.value, actor_id] for kind, actor_id in sorted(actors)]
        rows = self.session.all(_FILE_NAMES, uploaders=uploaders)
        ids = [upload_id for upload_id, file_name in rows if file_name and owner_of(file_name) is None]
        if ids:
            self.session.run(_FORGET_NAMES, ids=ids)

    def prune(self, before: datetime) -> int:
        return self.session.run(_PRUNE, before=micros(before))


def upload_of(row: Sequence[Any]) -> Upload:
    """The upload that a row is."""
    values = dict(zip(_UPLOAD_COLUMNS, row, strict=True))
    return Upload(
        id=values["id"],
        guild_id=values["guild_id"],
        sha256=values["sha256"],
        check=values["check_named"],
        file_name=values["file_name"],
        format=DumpFormat(values["format"]),  # type: ignore[call-arg]  # by its word, as of every enumeration
        parser_version=values["parser_version"],
        size=values["size"],
        zone=values["zone"],
        zone_named=bool(values["zone_named"]),
        content=values["content"],
        whole=bool(values["whole"]),
        raid_id=values["raid_id"],
        tick=values["tick"],
        actor_kind=ActorKind(values["actor_kind"]),
        actor_id=values["actor_id"],
        uploaded_at=moment_at(values["uploaded_at"]),
    )
