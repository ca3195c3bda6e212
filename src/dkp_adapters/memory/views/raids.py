"""How event types, raids and attendance are shown, from memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from dkp_adapters.memory.raids import evidence_of
from dkp_adapters.memory.views.attendance import AttendanceCount, AttendanceCounts
from dkp_adapters.memory.views.glance import Glance, MemoryView, in_order_of_name, part_of
from dkp_adapters.memory.views.ordering import Columns, ordered, page_of
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import CharacterId, EventTypeId, PoolId, RaidId, UploadId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.raids import (
    Attendance,
    AttendanceRow,
    AttendanceShareRow,
    EventType,
    EventTypeRow,
    Evidence,
    Raid,
    RaidDetailRow,
    RaidFilter,
    RaidRow,
    RaidStatus,
    RaidsView,
    TickRow,
    UnresolvedRow,
    Upload,
)


@frozen
class _Share:
    """A line of the attendance list, with the fractions that it shows in percent."""

    row: AttendanceShareRow
    attendance: AttendanceCount


_RAID_COLUMNS: Final[Columns[RaidRow]] = {
    "starts_at": lambda row: row.starts_at,
    "event_type": lambda row: name_key(row.event_type),
    "points": lambda row: row.points,
    "status": lambda row: row.status.value,
    "attendees": lambda row: row.attendees,
    "id": lambda row: row.id,
}

_SHARE_COLUMNS: Final[Columns[_Share]] = {
    "user_id": lambda line: line.row.user_id,
    "username": lambda line: name_key(line.row.username),
    "main_character": lambda line: None if line.row.main_character is None else name_key(line.row.main_character),
    "attendance_30": lambda line: line.attendance.windows[0].fraction,
    "attendance_60": lambda line: line.attendance.windows[1].fraction,
    "attendance_90": lambda line: line.attendance.windows[2].fraction,
    "attendance_lifetime": lambda line: line.attendance.lifetime.fraction,
    "last_raid": lambda line: line.row.last_raid,
}


@frozen
class MemoryRaidsView(MemoryView, RaidsView):
    """Reads event types, raids and attendance."""

    def event_types(self, *, active: bool | None, external_id: str | None = None) -> tuple[EventTypeRow, ...]:
        event_types = (
            each
            for each in self.look().tables.event_types.values()
            if active in (None, each.active) and external_id in (None, each.external_id)
        )
        return tuple(map(_event_type_row, sorted(event_types, key=lambda each: name_key(each.name))))

    def event_type(self, event_type_id: EventTypeId) -> EventTypeRow:
        event_type = self.look().tables.event_types.get(event_type_id)
        if event_type is None:
            raise NoSuch("event type", event_type_id)
        return _event_type_row(event_type)

    def raids(self, wanted: RaidFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[RaidRow]:
        glance = self.look()
        lines = _lines_by_raid(glance)
        latest_first = sorted(glance.tables.raids.values(), key=lambda raid: (raid.starts_at, raid.id), reverse=True)
        rows = [
            _raid_row(glance, raid, lines[raid.id])
            for raid in latest_first
            if _is_wanted(glance, raid, lines[raid.id], wanted)
        ]
        return page_of(ordered(rows, ordering, _RAID_COLUMNS), page)

    def raid(self, raid_id: RaidId) -> RaidDetailRow:
        glance = self.look()
        raid = _raid(glance, raid_id)
        lines = _lines_by_raid(glance)[raid_id]
        return RaidDetailRow(
            id=raid.id,
            event_type_id=raid.event_type_id,
            event_type=glance.tables.event_types[raid.event_type_id].name,
            pools=raid.pools,
            starts_at=raid.starts_at,
            ends_at=raid.ends_at,
            leader_id=raid.leader,
            leader=glance.username_or_none(raid.leader),
            note=raid.note,
            points=raid.points,
            status=raid.status,
            ticks=tuple(
                TickRow(
                    number=tick.number,
                    name=tick.name,
                    at=tick.at,
                    points=tick.points,
                    attendees=sum(line.tick == tick.number for line in lines),
                )
                for tick in raid.ticks
            ),
            attendees=len(_attendees(glance, lines)),
            unresolved=len({line.key for line in lines if line.is_unresolved}),
            external_id=raid.external_id,
        )

    def attendance(self, raid_id: RaidId) -> tuple[AttendanceRow, ...]:
        glance = self.look()
        _raid(glance, raid_id)
        lines = sorted(_lines_by_raid(glance)[raid_id], key=lambda line: (line.tick, line.key))
        return tuple(_attendance_row(glance, line) for line in lines)

    def raids_revision(self) -> str:
        return str(self.look().snapshot.revision)

    def attendees(self, raid_ids: Collection[RaidId]) -> Mapping[RaidId, tuple[CharacterId, ...]]:
        wanted, found = set(raid_ids), defaultdict[RaidId, set[CharacterId]](set)
        for line in self.look().tables.attendance.values():
            if line.raid_id in wanted and line.character_id is not None and not line.ignored:
                found[line.raid_id].add(line.character_id)
        return {raid_id: tuple(sorted(characters)) for raid_id, characters in found.items()}

    def upload(self, upload_id: UploadId, *, with_content: bool) -> Upload:
        upload = self.look().tables.uploads.get(upload_id)
        if upload is None:
            raise NoSuch("upload", upload_id)
        return upload if with_content else evolve(upload, content=None)

    def standing(self, raid_id: RaidId) -> tuple[Attendance, ...]:
        glance = self.look()
        lines = _lines_by_raid(glance)[_raid(glance, raid_id).id]
        return tuple(sorted(lines, key=lambda line: (line.tick, line.key)))

    def evidence(self, raid_id: RaidId) -> Evidence:
        return evidence_of(self.look().tables, raid_id)

    def unresolved(self, raid_id: RaidId | None) -> tuple[UnresolvedRow, ...]:
        glance = self.look()
        raids = glance.tables.raids
        waiting: defaultdict[str, list[Attendance]] = defaultdict(list)
        for line in glance.tables.attendance.values():
            stands = raids[line.raid_id].status is not RaidStatus.CANCELLED
            if line.is_unresolved and (stands if raid_id is None else line.raid_id == raid_id):
                waiting[line.key].append(line)
        return tuple(_unresolved_row(glance, lines) for _, lines in sorted(waiting.items()))

    def known_names(self) -> tuple[str, ...]:
        return tuple(in_order_of_name(borne.name for borne in self.look().tables.names.values()))

    def attendance_shares(
        self,
        *,
        user_id: UserId | None,
        pool_id: PoolId | None,
        everyone: bool,
        ordering: tuple[Order, ...],
        at: datetime,
    ) -> tuple[AttendanceShareRow, ...]:
        glance = self.look()
        counts = AttendanceCounts(glance, at, pool_id)
        listed = glance.members
        if user_id is not None:
            listed = frozenset({glance.user(user_id).id})
        elif everyone:
            listed = counts.users.union(glance.tables.memberships) - glance.merged_away
        lines = [_share(glance, each, counts.of(each)) for each in listed]
        lines.sort(key=lambda line: (name_key(line.row.username), line.row.user_id))
        return tuple(line.row for line in ordered(lines, ordering, _SHARE_COLUMNS))


def _raid(glance: Glance, raid_id: RaidId) -> Raid:
    raid = glance.tables.raids.get(raid_id)
    if raid is None:
        raise NoSuch("raid", raid_id)
    return raid


def _lines_by_raid(glance: Glance) -> defaultdict[RaidId, list[Attendance]]:
    lines: defaultdict[RaidId, list[Attendance]] = defaultdict(list)
    for line in glance.tables.attendance.values():
        lines[line.raid_id].append(line)
    return lines


def _attendees(glance: Glance, lines: Iterable[Attendance]) -> frozenset[UserId]:
    attended = (line for line in lines if line.counts)
    return frozenset(glance.head(line.user_id, line.at) for line in attended if line.user_id is not None)


def _is_wanted(glance: Glance, raid: Raid, lines: Iterable[Attendance], wanted: RaidFilter) -> bool:
    event_type = glance.tables.event_types[raid.event_type_id]
    return (
        wanted.event_type_id in (None, raid.event_type_id)
        and wanted.status in (None, raid.status)
        and (wanted.pool_id is None or wanted.pool_id in raid.pools)
        and (wanted.user_id is None or wanted.user_id in _attendees(glance, lines))
        and (wanted.since is None or wanted.since <= raid.starts_at)
        and (wanted.until is None or raid.starts_at < wanted.until)
        and wanted.external_id in (None, raid.external_id)
        and part_of(wanted.search, raid.note, event_type.name)
    )


def _event_type_row(event_type: EventType) -> EventTypeRow:
    return EventTypeRow(
        id=event_type.id,
        name=event_type.name,
        pools=event_type.pools,
        default_points=event_type.default_points,
        modifier=f"{event_type.modifier:f}",
        points=event_type.points,
        description=event_type.description,
        metadata=event_type.metadata,
        item_pools=event_type.item_pools,
        active=event_type.active,
        external_id=event_type.external_id,
    )


def _raid_row(glance: Glance, raid: Raid, lines: list[Attendance]) -> RaidRow:
    return RaidRow(
        id=raid.id,
        event_type_id=raid.event_type_id,
        event_type=glance.tables.event_types[raid.event_type_id].name,
        starts_at=raid.starts_at,
        ends_at=raid.ends_at,
        leader_id=raid.leader,
        leader=glance.username_or_none(raid.leader),
        note=raid.note,
        points=raid.points,
        status=raid.status,
        ticks=len(raid.ticks),
        attendees=len(_attendees(glance, lines)),
        unresolved=len({line.key for line in lines if line.is_unresolved}),
        external_id=raid.external_id,
    )


def _attendance_row(glance: Glance, line: Attendance) -> AttendanceRow:
    character = None if line.character_id is None else glance.tables.characters.get(line.character_id)
    return AttendanceRow(
        tick=line.tick,
        name=line.name,
        character_id=line.character_id,
        character=None if character is None else character.name,
        user_id=line.user_id,
        username=glance.username_or_none(line.user_id),
        status=line.presence,
        points_awarded=line.awarded,
        unresolved=line.is_unresolved,
        ignored=line.ignored,
        upload_id=line.upload_id,
        line=line.line,
        alt=line.alt,
        counts=line.counts,
        claimed=line.claimed,
    )


def _unresolved_row(glance: Glance, lines: list[Attendance]) -> UnresolvedRow:
    latest_first = sorted(lines, key=lambda line: (line.at, line.raid_id, line.tick), reverse=True)
    raids = {line.raid_id: glance.tables.raids[line.raid_id] for line in lines}.values()
    in_order = sorted(raids, key=lambda raid: (raid.starts_at, raid.id), reverse=True)
    return UnresolvedRow(
        name=latest_first[0].name,
        raids=tuple(raid.id for raid in in_order),
        lines=len(lines),
        last_seen=latest_first[0].at,
        suggestions=(),
    )


def _share(glance: Glance, user_id: UserId, attendance: AttendanceCount) -> _Share:
    windows = attendance.windows
    row = AttendanceShareRow(
        user_id=user_id,
        username=glance.username(user_id),
        main_character=glance.main_name(user_id),
        attended_30=windows[0].attended,
        held_30=windows[0].held,
        attendance_30=windows[0].percent,
        attended_60=windows[1].attended,
        held_60=windows[1].held,
        attendance_60=windows[1].percent,
        attended_90=windows[2].attended,
        held_90=windows[2].held,
        attendance_90=windows[2].percent,
        attended_lifetime=attendance.lifetime.attended,
        held_lifetime=attendance.lifetime.held,
        attendance_lifetime=attendance.lifetime.percent,
        last_raid=attendance.last_raid,
    )
    return _Share(row, attendance)
