"""Attendance from files: a preview of what a dump would do, and doing it (D-5 to D-7, D-13, D-14)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import define, evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, EventTypeId, RaidId, UploadId, UserId
from dkp_core.kernel.names import clean_text, name_key
from dkp_core.kernel.period import AmbiguousTime, moment_of, zone_named
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.points import hear
from dkp_core.raids.attendance import Attendance, NamedPresence, Taken
from dkp_core.raids.chat_line import codes_told
from dkp_core.raids.errors import CheckNotChosen, TimeNeeded
from dkp_core.raids.formats import Check, Dump, DumpFormat, Line, LineOutcome, read_dump
from dkp_core.raids.ports import RaidsWork
from dkp_core.raids.raid import FIRST_TICK, Raid, Tick
from dkp_core.raids.recording import UNMADE, credited, event_type_to_record, judged, must_run
from dkp_core.raids.sighting import Disagreement, Sighting, disagreements
from dkp_core.raids.upload import KEPT_BYTES_MAX, Upload
from dkp_core.roster import CODE_MARK

PARSER_VERSION: Final = 1

# How near the time named must lie to a check in a log to mean it.
CHECK_WITHIN: Final = timedelta(minutes=5)
FILE_NAME_LENGTH_MAX: Final = 255
# Stands for the upload that a preview would make.
_TO_COME: Final = UploadId(2**62)


class ImportOutcome(StrEnum):
    """What became of a line of the file."""

    AWARDED = "awarded"
    RECORDED = "recorded"
    UNRESOLVED = "unresolved"
    ALREADY_PRESENT = "already_present"
    OTHER_CHECK = "other_check"
    LOOT = "loot"
    REPEATED = "repeated"
    HEADER = "header"
    FOOTER = "footer"
    METADATA = "metadata"
    UNREADABLE = "unreadable"


@frozen(kw_only=True)
class ImportedLine:
    """One line of the file, and what became of it; `points` were awarded for it in each pool."""

    line: int
    outcome: ImportOutcome
    name: str | None
    detail: str
    character_id: CharacterId | None = None
    user_id: UserId | None = None
    points: Points = ZERO


@frozen(kw_only=True)
class ImportReport:
    """What a file said and what came of it: every line is accounted for, lines of no meaning (`noise`) by their number.

    `disagreements` are names of the tick on which this file and others that tell of it disagree (D-12): nothing changes
    until somebody decides. `applied` is False for a preview. `already_imported`: the same bytes made this raid before,
    and nothing was added.
    """

    applied: bool
    already_imported: bool
    raid_id: RaidId | None
    tick: int | None
    event_type_id: EventTypeId | None
    at: datetime
    local_time: str
    zone: str
    place: str | None
    format: DumpFormat
    file_name: str
    sha256: str
    recorded: int
    awarded: int
    already_present: int
    unresolved: tuple[str, ...]
    points: Points
    disagreements: tuple[Disagreement, ...]
    warnings: tuple[str, ...]
    lines_total: int
    noise: int
    lines: tuple[ImportedLine, ...]


@define
class _Received:
    """The bytes of a file as they pass by: hashed whole, kept up to a limit."""

    digest: hashlib._Hash
    kept: bytearray
    size: int = 0

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.digest.update(chunk)
            self.size += len(chunk)
            if len(self.kept) <= KEPT_BYTES_MAX:
                self.kept += chunk[: KEPT_BYTES_MAX + 1 - len(self.kept)]
            yield chunk

    @property
    def whole(self) -> bool:
        return self.size <= KEPT_BYTES_MAX


@frozen
class _Reading:
    """A file that was read, and the check in it that is meant."""

    dump: Dump
    check: Check
    file_name: str
    received: _Received

    @property
    def chosen(self) -> bool:
        """Whether the check is one of several, so that the time named tells which, and not when it was."""
        return len(_with_attendees(self.dump)) > 1

    @property
    def key(self) -> str:
        """Tells the check apart from others of the same log; empty where the file holds but one."""
        taken_at = self.check.taken_at
        return taken_at.isoformat() if taken_at is not None and len(self.dump.checks) > 1 else ""

    @property
    def sha256(self) -> str:
        return self.received.digest.hexdigest()

    def upload(
        self, upload_id: UploadId, raid: Raid, tick: Tick, *, zone: str, zone_named: bool, by: Actor, at: datetime
    ) -> Upload:
        """The file as it is kept."""
        return Upload(
            id=upload_id,
            guild_id=raid.guild_id,
            sha256=self.sha256,
            check=self.key,
            file_name=clean_text(self.file_name, "file_name", length_max=FILE_NAME_LENGTH_MAX),
            format=self.dump.format,
            parser_version=PARSER_VERSION,
            size=self.received.size,
            zone=zone,
            zone_named=zone_named,
            content=bytes(self.received.kept) if self.received.whole else self._extract(),
            whole=self.received.whole,
            raid_id=raid.id,
            tick=tick.number,
            actor_kind=by.kind,
            actor_id=by.id,
            uploaded_at=at,
        )

    def _extract(self) -> bytes:
        lines = self.check.lines
        return "\n".join(f"{each.number}\t{each.outcome}\t{each.name or ''}\t{each.detail}" for each in lines).encode()

    def sightings(self, tick: Tick, upload_id: UploadId) -> tuple[Sighting, ...]:
        """What the check says of each name, as it says it first."""
        found: dict[str, Sighting] = {}
        for each in self.check.attendees:
            sighting = Sighting(
                tick=tick.number,
                name=each.name,
                presence=each.presence,
                upload_id=upload_id,
                file_name=self.file_name,
                line=each.line,
            )
            found.setdefault(sighting.key, sighting)
        return tuple(found.values())

    def lines(self, added: Mapping[str, Attendance]) -> Iterator[ImportedLine]:
        """Every line that means something, of whichever check, and what became of it."""
        for check in self.dump.checks:
            for line in check.lines:
                if line.outcome is LineOutcome.ATTENDEE:
                    yield self._attendee(check, line, added)
                else:
                    yield ImportedLine(
                        line=line.number, outcome=_PLAIN[line.outcome], name=line.name, detail=line.detail
                    )

    def _attendee(self, check: Check, line: Line, added: Mapping[str, Attendance]) -> ImportedLine:
        made = added.get(name_key(line.name or ""))
        if check is not self.check:
            return ImportedLine(line=line.number, outcome=ImportOutcome.OTHER_CHECK, name=line.name, detail=line.detail)
        if made is None:
            outcome = ImportOutcome.ALREADY_PRESENT
            return ImportedLine(line=line.number, outcome=outcome, name=line.name, detail=line.detail)
        outcome = (
            ImportOutcome.UNRESOLVED
            if made.is_unresolved
            else ImportOutcome.AWARDED
            if made.awarded
            else ImportOutcome.RECORDED
        )
        return ImportedLine(
            line=line.number,
            outcome=outcome,
            name=line.name,
            detail=line.detail,
            character_id=made.character_id,
            user_id=made.user_id,
            points=made.awarded,
        )


@frozen
class ImportDump:
    """Read attendance from a file and record it: a new raid of an event type, or a tick of a raid that is there.

    With `apply` False nothing is changed, and the report tells what would be. The same bytes find the raid they
    made before and add nothing, unless `again`. Times in files have no zone: `zone` names it, else the zone that
    this uploader named last is taken, else the one they live in, else the guild's. In a log with several checks
    `at` names the one that is meant. The code of a claim that somebody says in a log proves the claim.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        data: Iterable[bytes],
        *,
        file_name: str = "",
        format: DumpFormat | None = None,  # noqa: A002  # the word the interfaces use for it
        event_type_id: EventTypeId | None = None,
        raid_id: RaidId | None = None,
        at: datetime | None = None,
        zone: str | None = None,
        tick_name: str | None = None,
        note: str = "",
        again: bool = False,
        apply: bool = True,
        by: Actor,
    ) -> ImportReport:
        if raid_id is None:
            by.must(Permission.RAIDS_WRITE)
        else:
            by.must(Permission.RAIDS_READ, Permission.RAIDS_WRITE)
        accepted = "the event type of a new raid, or a raid that is there"
        if raid_id is not None and event_type_id is not None:
            raise InvalidValue("event_type", "a raid is named as well", accepted)
        if apply and raid_id is None and event_type_id is None:
            raise InvalidValue("event_type", "neither an event type nor a raid is named", accepted)
        if zone is not None:
            zone_named(zone, "zone")
        received = _Received(hashlib.sha256(), bytearray())
        dump = read_dump(received.passing(data), file_name=file_name, format=format, mark=CODE_MARK)
        new_raid_id = RaidId(self.ids.next("raid")) if apply and raid_id is None else UNMADE
        with self.begin(by) as work:
            if apply and dump.marked:
                hear(work, codes_told(dump.marked), ids=self.ids, at=self.clock.now(), by=by)
            # Holding the guild, whoever else applies the same bytes finds the raid that they make here (D-7).
            guild = work.guilds.get(work.guild_id)
            if raid_id is not None:
                must_run(work.raids.get(raid_id), by)
            named, zone = zone, zone or self._zone(work, by) or guild.timezone
            reading = _Reading(dump, _meant(dump, at, zone), file_name, received)
            when = self._moment(reading, at, zone, apply=apply)
            made = None if again else work.uploads.made(reading.sha256, reading.key)
            if made is not None:
                return _found(work.raids.get(made), work.attendances.of_raid(made), reading, when, zone)
            raid = self._raid(work, new_raid_id, event_type_id, raid_id, when, tick_name, note)
            tick = self._tick(raid, when, tick_name)
            upload_id = UploadId(self.ids.next("upload")) if apply else None
            names = [
                NamedPresence(name=each.name, presence=each.presence, line=each.line)
                for each in reading.check.attendees
            ]
            taken = judged(work, raid, tick, names, upload_id, for_good=apply)
            if raid is not None and upload_id is not None:
                now = self.clock.now()
                if raid.pending:  # it is new, or has a new tick: it must stand before anybody can be there
                    work.raids.save(raid)
                    raid = raid.saved()
                work.raids.save(credited(work, raid, tick, taken, ids=self.ids, at=now, by=by, upload_id=upload_id))
                work.uploads.append(
                    reading.upload(upload_id, raid, tick, zone=zone, zone_named=named is not None, by=by, at=now)
                )
                work.sightings.append(raid, reading.sightings(tick, upload_id))
            differing = _differing(work, reading, raid_id, tick, upload_id)
        return _report(reading, raid, tick, taken, differing, when=when, zone=zone, applied=apply)

    def _zone(self, work: RaidsWork, by: Actor) -> str | None:
        """The zone this uploader named last, else the one they live in, if they said so (A-5)."""
        last = work.uploads.last_zone(by)
        if last is not None or by.user_id is None:
            return last
        preferred = work.users.get(by.user_id).timezone
        return None if preferred == "UTC" else preferred

    def _moment(self, reading: _Reading, at: datetime | None, zone: str, *, apply: bool) -> datetime:
        """When the file was taken: as it says itself, unless somebody says otherwise. Raises: TimeNeeded and others."""
        local = reading.check.taken_at if reading.chosen or at is None else at
        if local is None and apply:
            raise TimeNeeded
        try:
            return self.clock.now() if local is None else moment_of(local, zone)
        except AmbiguousTime as twice:
            if at is None or at.tzinfo is None:
                raise
            meant = at.astimezone(UTC)
            return min((twice.earlier, twice.later), key=lambda moment: abs(moment - meant)).astimezone(UTC)

    def _raid(
        self,
        work: RaidsWork,
        new_raid_id: RaidId,
        event_type_id: EventTypeId | None,
        raid_id: RaidId | None,
        when: datetime,
        tick_name: str | None,
        note: str,
    ) -> Raid | None:
        """The raid that the file is about, with the tick; None for a preview that names neither raid nor event type."""
        now = self.clock.now()
        if event_type_id is not None:
            return Raid.record(
                new_raid_id,
                work.guild_id,
                event_type=event_type_to_record(work, event_type_id),
                starts_at=when,
                note=note,
                tick_name=tick_name or FIRST_TICK,
                now=now,
            )
        if raid_id is None:
            return None
        raid = work.raids.get(raid_id)
        if tick_name is None or _tick_named(raid, tick_name) is not None:
            return raid
        return raid.add_tick(name=tick_name, at=when, points=None, now=now)

    def _tick(self, raid: Raid | None, when: datetime, tick_name: str | None) -> Tick:
        if raid is None:
            return Tick(number=1, name=tick_name or FIRST_TICK, at=when, points=ZERO)
        return raid.tick() if tick_name is None else _tick_named(raid, tick_name) or raid.tick()


def _differing(
    work: RaidsWork, reading: _Reading, raid_id: RaidId | None, tick: Tick, upload_id: UploadId | None
) -> tuple[Disagreement, ...]:
    """Where this file and others disagree on a tick of a raid that was there; a preview's file is the last of all."""
    if raid_id is None:
        return ()
    evidence = work.sightings.of_raid(raid_id)
    if upload_id is None:
        evidence = evolve(evidence, sightings=(*evidence.sightings, *reading.sightings(tick, _TO_COME)))
    found = disagreements(evidence, work.attendances.of_raid(raid_id))
    return tuple(each for each in found if each.tick == tick.number)


def _tick_named(raid: Raid, name: str) -> Tick | None:
    return next((tick for tick in raid.ticks if name_key(tick.name) == name_key(name)), None)


def _with_attendees(dump: Dump) -> list[Check]:
    return [check for check in dump.checks if check.attendees]


def _meant(dump: Dump, at: datetime | None, zone: str) -> Check:
    """The check that is meant: the only one, or the one nearest to the time named. Raises: CheckNotChosen."""
    checks = _with_attendees(dump)
    if len(checks) == 1:
        return checks[0]
    times = tuple(check.taken_at for check in checks if check.taken_at is not None)
    if at is None:
        raise CheckNotChosen(times)
    local = at if at.tzinfo is None else at.astimezone(zone_named(zone)).replace(tzinfo=None)
    near = [check for check in checks if check.taken_at and abs(check.taken_at - local) <= CHECK_WITHIN]
    if not near:
        raise CheckNotChosen(times)
    return min(near, key=lambda check: abs((check.taken_at or local) - local))


_PLAIN: Final = {
    LineOutcome.LOOT: ImportOutcome.LOOT,
    LineOutcome.REPEATED: ImportOutcome.REPEATED,
    LineOutcome.HEADER: ImportOutcome.HEADER,
    LineOutcome.FOOTER: ImportOutcome.FOOTER,
    LineOutcome.METADATA: ImportOutcome.METADATA,
    LineOutcome.UNREADABLE: ImportOutcome.UNREADABLE,
}


def _report(
    reading: _Reading,
    raid: Raid | None,
    tick: Tick,
    taken: Taken,
    differing: tuple[Disagreement, ...],
    *,
    when: datetime,
    zone: str,
    applied: bool,
) -> ImportReport:
    """What came of the file, line by line."""
    return _told(
        reading,
        {line.key: line for line in taken.noted},
        raid=raid,
        tick=tick.number,
        when=when,
        zone=zone,
        applied=applied,
        already_imported=False,
        already_present=len(taken.already_present),
        points=tick.points,
        differing=differing,
    )


def _found(raid: Raid, lines: Sequence[Attendance], reading: _Reading, when: datetime, zone: str) -> ImportReport:
    """What the same bytes came to before: the raid they made, and nothing added to it."""
    keys = {name_key(each.name) for each in reading.check.attendees}
    there = [line for line in lines if line.key in keys]
    return _told(
        reading,
        {},
        raid=raid,
        tick=there[0].tick if there else 1,
        when=when,
        zone=zone,
        applied=False,
        already_imported=True,
        already_present=len({line.key for line in there}),
        points=raid.points,
    )


def _told(
    reading: _Reading,
    added: Mapping[str, Attendance],
    *,
    raid: Raid | None,
    tick: int,
    when: datetime,
    zone: str,
    applied: bool,
    already_imported: bool,
    already_present: int,
    points: Points,
    differing: tuple[Disagreement, ...] = (),
) -> ImportReport:
    new = list(added.values())
    made = raid is not None and (applied or raid.id != UNMADE)
    taken_at = reading.check.taken_at
    return ImportReport(
        applied=applied,
        already_imported=already_imported,
        raid_id=raid.id if raid is not None and made else None,
        tick=tick if made else None,
        event_type_id=raid.event_type_id if raid is not None else None,
        at=when,
        local_time=taken_at.isoformat() if taken_at else "",
        zone=zone,
        place=reading.check.place,
        format=reading.dump.format,
        file_name=reading.file_name,
        sha256=reading.sha256,
        recorded=len(new),
        awarded=sum(1 for line in new if line.awarded),
        already_present=already_present,
        unresolved=tuple(line.name for line in new if line.is_unresolved),
        points=points,
        disagreements=differing,
        warnings=tuple(warning.sentence for warning in reading.check.warnings),
        lines_total=reading.dump.lines_total,
        noise=reading.dump.counts[LineOutcome.NOISE],
        lines=tuple(sorted(reading.lines(added), key=lambda line: line.line)),
    )
