"""Event types, raids, attendance and uploads in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import evolve, frozen

from dkp_adapters.memory.merges import heads_in
from dkp_adapters.memory.tables import GuildTables
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import EventTypeId, RaidId, UploadId
from dkp_core.kernel.names import name_key
from dkp_core.raids import (
    Attendance,
    Attendances,
    Decision,
    EventType,
    EventTypes,
    Evidence,
    Present,
    Raid,
    Raids,
    RaidStatus,
    Sighting,
    Sightings,
    Upload,
    Uploads,
    owner_of,
)


@frozen
class MemoryEventTypes(EventTypes):
    """The guild's event types."""

    session: Session

    def get(self, event_type_id: EventTypeId) -> EventType:
        event_type = self.session.tables.event_types.get(event_type_id)
        if event_type is None:
            raise NoSuch("event type", event_type_id)
        return event_type

    def named(self, name: str) -> EventType:
        event_type = self._find(name)
        if event_type is None:
            raise NoSuch("event type", name)
        return event_type

    def save(self, event_type: EventType) -> None:
        other = self._find(event_type.name)
        if other is not None and other.id != event_type.id:
            raise NameTaken("event type", event_type.name)
        self.session.save(self.session.tables.event_types, event_type.id, event_type)

    def remove(self, event_type: EventType) -> bool:
        tables = self.session.tables
        if any(raid.event_type_id == event_type.id for raid in tables.raids.values()):
            return False
        self.session.remove(tables.event_types, event_type.id, event_type)
        return True

    def _find(self, name: str) -> EventType | None:
        key, event_types = name_key(name), self.session.tables.event_types.values()
        return next((event_type for event_type in event_types if name_key(event_type.name) == key), None)


@frozen
class MemoryRaids(Raids):
    """The guild's raids."""

    session: Session

    def get(self, raid_id: RaidId) -> Raid:
        raid = self.session.tables.raids.get(raid_id)
        if raid is None:
            raise NoSuch("raid", raid_id)
        return raid

    def save(self, raid: Raid) -> None:
        self.session.save(self.session.tables.raids, raid.id, raid)

    def remove(self, raid: Raid) -> bool:
        tables = self.session.tables
        if any(line.raid_id == raid.id for line in tables.attendance.values()) or any(
            draft.raid_id == raid.id for draft in tables.award_drafts.values()
        ):
            return False
        self.session.remove(tables.raids, raid.id, raid)
        return True


@frozen
class MemoryAttendances(Attendances):
    """Attendance of the guild's raids; percentages are counted when they are asked for, so no summary is kept."""

    session: Session

    def present(self, raid_id: RaidId, tick: int) -> Present:
        lines = tuple(line for line in self.of_raid(raid_id) if line.tick == tick)
        head = heads_in(self.session.tables)
        counted = {line.user_id: head(line.user_id, line.at) for line in lines if line.user_id is not None}
        return Present(lines=lines, heads={user: into for user, into in counted.items() if user != into})

    def of_raid(self, raid_id: RaidId) -> tuple[Attendance, ...]:
        lines = (line for line in self.session.tables.attendance.values() if line.raid_id == raid_id)
        return tuple(sorted(lines, key=_by_tick))

    def append(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        for line in lines:
            assert (raid.id, line.tick, line.key) not in self.session.tables.attendance, "a name stands once at a tick"
            self._put(raid, line)

    def change(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        for line in lines:
            if (raid.id, line.tick, line.key) in self.session.tables.attendance:
                self._put(raid, line)

    def remove(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        for line in lines:
            self.session.tables.attendance.drop((raid.id, line.tick, line.key))

    def unresolved(self, key: str) -> tuple[Attendance, ...]:
        tables = self.session.tables
        standing = {raid.id for raid in tables.raids.values() if raid.status is not RaidStatus.CANCELLED}
        lines = (
            line
            for line in tables.attendance.values()
            if line.key == key and line.is_unresolved and line.raid_id in standing
        )
        return tuple(sorted(lines, key=_by_tick))

    def resolve(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        kept = self.session.tables.attendance
        if not all(kept[line.raid_id, line.tick, line.key].is_unresolved for line in lines):
            raise Stale(f"a name of raid {raid.id} was resolved by somebody else first")
        for line in lines:
            self._put(raid, line)

    def _put(self, raid: Raid, line: Attendance) -> None:
        assert line.raid_id == raid.id, "the line is another raid's"
        self.session.tables.attendance.put((raid.id, line.tick, line.key), line)


def _by_tick(line: Attendance) -> tuple[RaidId, int, str]:
    return line.raid_id, line.tick, line.key


@frozen
class MemoryUploads(Uploads):
    """The raw files of the guild."""

    session: Session

    def made(self, sha256: str, check: str) -> RaidId | None:
        raids = self.session.tables.raids
        for upload in sorted(self.session.tables.uploads.values(), key=_by_time, reverse=True):
            if (upload.sha256, upload.check) == (sha256, check):
                raid = raids.get(upload.raid_id)
                if raid is not None and raid.status is not RaidStatus.CANCELLED:
                    return raid.id
        return None

    def append(self, upload: Upload) -> None:
        self.session.tables.uploads.put(upload.id, upload)

    def last_zone(self, by: Actor) -> str | None:
        uploads = self.session.tables.uploads.values()
        named = (upload for upload in uploads if upload.zone_named)
        mine = [upload for upload in named if (upload.actor_kind, upload.actor_id) == (by.kind, by.id)]
        return max(mine, key=_by_time).zone if mine else None

    def kept_after(self, upload_id: UploadId) -> Upload | None:
        uploads = self.session.tables.uploads.values()
        kept = (upload for upload in uploads if upload.id > upload_id and upload.content is not None)
        return min(kept, key=lambda upload: upload.id, default=None)

    def rewrite(self, upload_id: UploadId, content: bytes) -> None:
        uploads = self.session.tables.uploads
        if upload_id in uploads:
            uploads.put(upload_id, evolve(uploads[upload_id], content=content))

    def forget_names(self, actors: Collection[tuple[ActorKind, str]]) -> None:
        uploads = self.session.tables.uploads
        for upload in list(uploads.values()):
            if (upload.actor_kind, upload.actor_id) in actors and owner_of(upload.file_name) is None:
                uploads.put(upload.id, evolve(upload, file_name=""))

    def prune(self, before: datetime) -> int:
        uploads = self.session.tables.uploads
        old = [upload for upload in uploads.values() if upload.uploaded_at < before and upload.content is not None]
        for upload in old:
            uploads.put(upload.id, evolve(upload, content=None))
        return len(old)


@frozen
class MemorySightings(Sightings):
    """What files say of the guild's ticks."""

    session: Session

    def append(self, raid: Raid, sightings: Sequence[Sighting]) -> None:
        for each in sightings:
            # The name of the file is the upload's: there it can be forgotten.
            kept = evolve(each, file_name="")
            self.session.tables.sightings.put((raid.id, each.tick, each.upload_id, each.key), kept)

    def of_raid(self, raid_id: RaidId) -> Evidence:
        return evidence_of(self.session.tables, raid_id)

    def decide(self, raid: Raid, decisions: Sequence[Decision]) -> None:
        for each in decisions:
            self.session.tables.decisions.put((raid.id, each.tick, each.key), each)


def evidence_of(tables: GuildTables, raid_id: RaidId) -> Evidence:
    """What files say of a raid's ticks, and what was decided."""
    return Evidence(
        sightings=tuple(
            evolve(each, file_name=tables.uploads[each.upload_id].file_name)
            for key, each in sorted(tables.sightings.items(), key=lambda item: item[0])
            if key[0] == raid_id
        ),
        decisions=tuple(
            each for key, each in sorted(tables.decisions.items(), key=lambda item: item[0]) if key[0] == raid_id
        ),
    )


def _by_time(upload: Upload) -> tuple[datetime, int]:
    return upload.uploaded_at, upload.id
