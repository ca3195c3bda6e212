"""`dkp raid`: raids, their ticks, attendance and dumps."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer
from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import RaidId
from dkp_core.kernel.names import clean_text
from dkp_core.kernel.points import Points
from dkp_core.raids import (
    AddTick,
    AttendanceRow,
    CancelRaid,
    ChangeRaid,
    ChangeTick,
    Corrected,
    DecideDisagreements,
    DumpFormat,
    ImportedLine,
    ImportOutcome,
    ImportReport,
    ListDisagreements,
    ListRaids,
    ListUnresolved,
    NamedPresence,
    Presence,
    RaidDetailRow,
    RaidFilter,
    RaidStatus,
    RecordAttendance,
    RecordRaid,
    Resolved,
    points_to_award,
)
from dkp_entrypoints.cli import raid_attendance, standby
from dkp_entrypoints.cli.answering import EXTERNAL_ID, LIMIT, ORDER, answer, answer_rows, done, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.files import opened
from dkp_entrypoints.cli.moments import local_time, moment
from dkp_entrypoints.cli.naming import character, event_type, event_type_id, pool_id, raid_id, user_id
from dkp_entrypoints.cli.printing import note as tell
from dkp_entrypoints.cli.printing import plain, print_json, print_one, print_rows

app = family("raid", "Raids, their ticks, attendance and dumps. A RAID is its id, or an old one such as eqdkp:152.")
app.add_typer(raid_attendance.app)
app.add_typer(standby.app)

RAID = Annotated[str, typer.Argument(metavar="RAID", help="The raid's id.")]
NOTE = Annotated[str | None, typer.Option(help="Anything to be kept with the raid.")]
LEADER = Annotated[str | None, typer.Option(metavar="USER", help="Who leads it: an id, a character or a username.")]
POINTS = Annotated[str | None, typer.Option(metavar="POINTS", help="What it awards, such as 12.50.")]
ZONE = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="The time zone of times without an offset, such as Europe/Berlin; the guild's."),
]

_RAIDS = ("id", "starts_at", "event_type", "points", "status", "attendees", "unresolved", "note")
_ATTENDANCE = ("tick", "name", "character", "username", "status", "points_awarded", "unresolved", "line")
_LINES = ("line", "name", "outcome", "points", "detail")

IMPORT = """Read attendance from a file and record it: a new raid of an event type, or a tick of a raid that is there.

The same bytes find the raid they made before and add nothing, unless --again. Times in files have no zone: --zone names
it, else the one named at the last import is taken, else the guild's. In a log that holds several checks, --at names the
one that is meant."""
RESOLVE = """Say who a name is that stood for nobody: a character, a user, or nobody to be counted.

It is resolved in every raid that waits for it, or in one, and whoever owned the character at the time is awarded."""

# What people need not see of a dump line by line; it is counted for them.
_COUNTED = {
    *(ImportOutcome.OTHER_CHECK, ImportOutcome.HEADER, ImportOutcome.METADATA, ImportOutcome.FOOTER),
    ImportOutcome.LOOT,
}


@command(app, "list", ListRaids)
def list_raids(
    call: Call,
    event_type_: Annotated[str | None, typer.Option("--event-type", metavar="EVENT_TYPE", help="Only of this.")] = None,
    status: Annotated[RaidStatus | None, typer.Option(help="Only of this status.")] = None,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="Only those that award in this pool.")] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only those that this user attended.")] = None,
    since: Annotated[str | None, typer.Option(help="Only from this time on.")] = None,
    until: Annotated[str | None, typer.Option(help="Only before this time.")] = None,
    external_id: EXTERNAL_ID = None,
    search: Annotated[str, typer.Option(help="A part of the note or of the event type.")] = "",
    order: ORDER = "",
    limit: LIMIT = None,
) -> None:
    wanted = RaidFilter(
        event_type_id=event_type_id(call, event_type_),
        status=status,
        pool_id=pool_id(call, pool),
        user_id=None if user is None else user_id(call, user),
        since=moment(call, since, "since"),
        until=moment(call, until, "until"),
        external_id=external_id,
        search=search,
    )
    rows = every(lambda page: call.use_cases().list_raids()(wanted, ordering=order, page=page, by=call.by()), limit)
    answer_rows(call, rows, _RAIDS, nothing="No raid.")


@command(app, "show", "One raid with its ticks, and who was there.")
def show(call: Call, raid: RAID) -> None:
    found = call.use_cases().show_raid()(raid_id(call, raid), by=call.by())
    lines = call.use_cases().show_attendance()(found.id, by=call.by())
    if call.as_json:
        print_json({**plain(found), "attendance": plain(lines)})
        return
    zone = call.guild().timezone
    print_one(found, zone=zone, without=("ticks",))
    print()
    print_rows(found.ticks, ("number", "name", "at", "points"), zone=zone)
    print()
    print_rows(lines, _ATTENDANCE, zone=zone, nothing="Nobody was there.")


@command(app, "add", RecordRaid, changes=True)
def add(
    call: Call,
    event_type_: Annotated[str, typer.Argument(metavar="EVENT_TYPE", help="What kind of raid: an id or a name.")],
    at: Annotated[str, typer.Option(help="When it began, such as 2026-11-20T20:15; now is a time too.")] = "now",
    ends_at: Annotated[str | None, typer.Option(help="When it ended.")] = None,
    leader: LEADER = None,
    note: NOTE = None,
    points: POINTS = None,
    tick: Annotated[str | None, typer.Option(metavar="NAME", help="What the first tick is called.")] = None,
    zone: ZONE = None,
) -> None:
    def added(by: Actor) -> RaidDetailRow:
        starts_at = moment(call, at, "at", zone=zone)
        assert starts_at is not None, "now, unless it is given"
        named = {} if tick is None else {"tick_name": tick}
        made = call.use_cases().record_raid()(
            event_type_id=event_type(call, event_type_).id,
            starts_at=starts_at,
            ends_at=moment(call, ends_at, "ends_at", zone=zone),
            leader=None if leader is None else user_id(call, leader),
            note=note or "",
            points=None if points is None else points_to_award(points),
            **named,
            by=by,
        )
        return call.use_cases().show_raid()(made.id, by=by)

    answer(call, call.change(added))


@command(app, "set", ChangeRaid, changes=True)
def set_raid(
    call: Call,
    raid: RAID,
    ends_at: Annotated[str | None, typer.Option(help="When it ended.")] = None,
    leader: LEADER = None,
    note: NOTE = None,
    closed: Annotated[bool | None, typer.Option("--close/--open", help="Whether it is done, or goes on.")] = None,
    points: POINTS = None,
    zone: ZONE = None,
) -> None:
    def changed(by: Actor) -> RaidDetailRow:
        found = raid_id(call, raid)
        call.use_cases().change_raid()(
            found,
            ends_at=moment(call, ends_at, "ends_at", zone=zone),
            leader=None if leader is None else user_id(call, leader),
            note=note,
            closed=closed,
            points=None if points is None else points_to_award(points),
            by=by,
        )
        return call.use_cases().show_raid()(found, by=by)

    answer(call, call.change(changed))


@command(app, "tick", AddTick, changes=True)
def tick(
    call: Call,
    raid: RAID,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the tick is called, such as 21:00.")],
    at: Annotated[str | None, typer.Option(help="When it was; now, unless given.")] = None,
    points: POINTS = None,
    zone: ZONE = None,
) -> None:
    def added(by: Actor) -> RaidDetailRow:
        found = raid_id(call, raid)
        call.use_cases().add_tick()(
            found,
            name=name,
            at=moment(call, at, "at", zone=zone),
            points=None if points is None else points_to_award(points),
            by=by,
        )
        return call.use_cases().show_raid()(found, by=by)

    answer(call, call.change(added))


@command(app, "set-tick", ChangeTick, changes=True)
def set_tick(
    call: Call,
    raid: RAID,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Which tick.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What the tick is called.")] = None,
    at: Annotated[str | None, typer.Option(help="When it was.")] = None,
    points: POINTS = None,
    zone: ZONE = None,
) -> None:
    def changed(by: Actor) -> RaidDetailRow:
        found = raid_id(call, raid)
        call.use_cases().change_tick()(
            found,
            number,
            name=name,
            at=moment(call, at, "at", zone=zone),
            points=None if points is None else points_to_award(points),
            by=by,
        )
        return call.use_cases().show_raid()(found, by=by)

    answer(call, call.change(changed))


@command(app, "disagreements", ListDisagreements)
def list_disagreements(call: Call, raid: RAID) -> None:
    rows = call.use_cases().list_disagreements()(raid_id(call, raid), by=call.by())
    if call.as_json:
        print_json(rows)
        return
    told = [
        _Told(
            tick=row.tick,
            name=row.name,
            stands=row.stands.value if row.stands else "absent",
            file=each.file_name or f"upload {each.upload_id}",
            line=each.line,
            says=each.presence.value if each.presence else "absent",
        )
        for row in rows
        for each in row.said
    ]
    print_rows(told, ("tick", "name", "stands", "file", "line", "says"), nothing="No files disagree.")


@command(app, "decide", DecideDisagreements, changes=True)
def decide(
    call: Call,
    raid: RAID,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names on which files disagree.")],
    status: Annotated[Presence | None, typer.Option(help="How they were there.")] = None,
    absent: Annotated[bool, typer.Option("--absent", help="They were not there.")] = False,
    tick: Annotated[int | None, typer.Option(metavar="NUMBER", help="At which tick; the first, unless given.")] = None,
) -> None:
    def decided(by: Actor) -> Corrected:
        return call.use_cases().decide_disagreements()(
            raid_id(call, raid), names, presence=status, absent=absent, tick=tick, by=by
        )

    raid_attendance.tell(call, call.change(decided))


@command(app, "cancel", CancelRaid, changes=True)
def cancel(call: Call, raid: RAID, reason: Annotated[str, typer.Option(help="Why.")] = "") -> None:
    found = raid_id(call, raid)

    def cancelled(by: Actor) -> str:
        call.use_cases().cancel_raid()(found, reason=reason, by=by)
        try:
            call.use_cases().show_raid()(found, by=by)
        except NoSuch:
            return "removed"
        return "cancelled"

    outcome = call.change(cancelled)
    told = "is cancelled and its points are taken back" if outcome == "cancelled" else "is gone, nobody attended it"
    done(call, f"Raid {found} {told}.", id=found, outcome=outcome)


@command(app, "attend", RecordAttendance, changes=True)
def attend(
    call: Call,
    raid: RAID,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Who was there: names of characters.")],
    tick: Annotated[int | None, typer.Option(metavar="NUMBER", help="At which tick; the first, unless given.")] = None,
    status: Annotated[Presence, typer.Option(help="How they were there.")] = Presence.PRESENT,
) -> None:
    found = raid_id(call, raid)
    noted = [NamedPresence(name=clean_text(name, "names"), presence=status) for name in names]

    def attended(by: Actor) -> tuple[AttendanceRow, ...]:
        chosen, taken = call.use_cases().record_attendance()(found, noted, tick=tick, by=by)
        noted_now = {line.name for line in taken.noted}
        lines = call.use_cases().show_attendance()(found, by=by)
        return tuple(line for line in lines if line.tick == chosen.number and line.name in noted_now)

    answer_rows(call, call.change(attended), _ATTENDANCE, nothing="All of them were noted before.")


@command(app, "import", IMPORT, changes=True, remote=True)
def import_dump(
    call: Call,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The dump or log; - is standard input.")],
    event_type_: Annotated[
        str | None, typer.Option("--event-type", metavar="EVENT_TYPE", help="It makes a raid of this kind.")
    ] = None,
    raid: Annotated[str | None, typer.Option(metavar="RAID", help="Or it adds to this raid.")] = None,
    at: Annotated[
        str | None, typer.Option(help="When it was taken; as the file says, unless given; in a log, which check.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="The zone of its times; the last one named, else the guild's."),
    ] = None,
    tick: Annotated[str | None, typer.Option(metavar="NAME", help="The tick it is for, added if need be.")] = None,
    format_: Annotated[
        DumpFormat | None, typer.Option("--format", help="What kind of file it is; recognised, unless given.")
    ] = None,
    note: Annotated[str, typer.Option(help="Anything to be kept with the raid.")] = "",
    name: Annotated[
        str | None, typer.Option("--file-name", metavar="NAME", help="What the file is called; its own name.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Make another raid, though the file made one before.")] = False,
) -> None:
    with opened(file) as pieces:

        def imported(by: Actor) -> ImportReport:
            return call.use_cases().import_dump()(
                pieces(),
                file_name=name or pieces.name,
                format=format_,
                event_type_id=event_type_id(call, event_type_),
                raid_id=None if raid is None else raid_id(call, raid),
                at=local_time(at, "at"),
                zone=zone,
                tick_name=tick,
                note=note,
                again=again,
                apply=not call.dry_run,
                by=by,
            )

        report = call.once(lambda: imported(call.by()), long=True)
    if call.as_json:
        print_json(report)
    else:
        _tell(call, report)


@frozen(kw_only=True)
class _Told:
    """What one file says of a name on which files disagree."""

    tick: int
    name: str
    stands: str
    file: str
    line: int | None
    says: str


@frozen(kw_only=True)
class _Summary:
    """What came of a file, in short."""

    file: str
    format: str
    taken_at: str
    place: str | None
    raid: RaidId | None
    tick: int | None
    points: Points
    awarded: int
    recorded: int
    already_present: int
    unresolved: int
    lines: str


def _tell(call: Call, report: ImportReport) -> None:
    """What came of a file, as people read it: a summary, warnings, and the lines that mean something."""
    if report.already_imported:
        tell(f"This very file made raid {report.raid_id} before; nothing was added (--again makes another).")
    elif not report.applied:
        tell("Dry run: this is what would be; nothing was changed.")
    counts = Counter(line.outcome for line in report.lines)
    counted = [f"{counts[outcome]} {outcome.value}" for outcome in sorted(_COUNTED) if counts[outcome]]
    told = ", ".join([f"{report.lines_total} in all", *counted, *([f"{report.noise} noise"] if report.noise else [])])
    summary = _Summary(
        file=report.file_name or "standard input",
        format=report.format.value,
        taken_at=f"{report.local_time or report.at.isoformat()} ({report.zone})",
        place=report.place,
        raid=report.raid_id,
        tick=report.tick,
        points=report.points,
        awarded=report.awarded,
        recorded=report.recorded,
        already_present=report.already_present,
        unresolved=len(report.unresolved),
        lines=told,
    )
    print_one(summary, zone=call.guild().timezone)
    print()
    shown: list[ImportedLine] = [line for line in report.lines if line.outcome not in _COUNTED]
    print_rows(shown, _LINES, nothing="No line of it names anybody.")
    for warning in report.warnings:
        tell(f"Warning: {warning}")
    if report.disagreements:
        names = ", ".join(each.name for each in report.disagreements)
        tell(f"Files disagree on {names}: dkp raid disagreements shows what each says, dkp raid decide settles it.")
    if report.unresolved:
        tell(f"Nobody is known as {', '.join(report.unresolved)}: dkp raid resolve NAME says who they are.")


@command(app, "resolve", RESOLVE, changes=True)
def resolve(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name as it was read.")],
    character_: Annotated[
        str | None, typer.Option("--character", metavar="CHARACTER", help="It is this character, this time.")
    ] = None,
    alias_of: Annotated[
        str | None, typer.Option(metavar="CHARACTER", help="It is this character, and stays an alias of it.")
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="It is this user.")] = None,
    ignore: Annotated[bool, typer.Option("--ignore", help="It is nobody to be counted.")] = False,
    raid: Annotated[str | None, typer.Option(metavar="RAID", help="In this raid only.")] = None,
) -> None:
    if [character_ is not None, alias_of is not None, user is not None, ignore].count(True) != 1:
        accepted = "exactly one of --character, --alias-of, --user and --ignore"
        raise InvalidValue("name", "it is not said who it is, or said twice", accepted)

    def resolved(by: Actor) -> Resolved:
        known = character_ or alias_of
        return call.use_cases().resolve_name()(
            name,
            character_id=None if known is None else character(call, known).id,
            remember=alias_of is not None,
            user_id=None if user is None else user_id(call, user),
            ignore=ignore,
            raid_id=None if raid is None else raid_id(call, raid),
            by=by,
        )

    answer(call, call.change(resolved))


@command(app, "unresolved", ListUnresolved)
def unresolved(
    call: Call, raid: Annotated[str | None, typer.Option(metavar="RAID", help="Of this raid only.")] = None
) -> None:
    found = None if raid is None else raid_id(call, raid)
    rows = call.use_cases().list_unresolved()(raid_id=found, by=call.by())
    answer_rows(call, rows, ("name", "lines", "raids", "last_seen", "suggestions"), nothing="Every name is resolved.")
