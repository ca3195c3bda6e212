"""Event types, raids, attendance and the files it is read from, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from attrs import frozen
from msgspec import Meta

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, EventTypeId, ItemPoolId, PoolId, RaidId, UserId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.raids import (
    AttendanceRow,
    AttendanceShareRow,
    Corrected,
    Disagreement,
    DumpFormat,
    EventTypeRow,
    ImportReport,
    LineChange,
    NamedPresence,
    Presence,
    RaidDetailRow,
    RaidFilter,
    RaidRow,
    RaidStatus,
    Resolved,
    TickRow,
    UnresolvedRow,
    modifier_of,
)
from dkp_core.raids.raid import FIRST_TICK
from dkp_entrypoints.http.operation import Call, Files, Operations, Speed
from dkp_entrypoints.http.reading import Amount, Body, ExternalId, Id, Moment, Paged, Query, Text, moment_of, points_of

NAMES_MAX: Final = 2000
LEADER: Final = "the raid's leader"

event_types: Final = Operations("Event types")
raids: Final = Operations("Raids")

Modifier = Annotated[
    int | str,
    Meta(description="A whole number or a string such as 1.25, from 0 to 1000.", extra_json_schema={"x-amount": True}),
]


class EventTypesQuery(Query, frozen=True, kw_only=True):
    """Which event types are wanted."""

    active: bool | None = None
    external_id: ExternalId | None = None


class NewEventTypeBody(Body, frozen=True, kw_only=True):
    """A kind of raid."""

    name: str
    pools: Annotated[tuple[Id, ...], Meta(description="Else the guild's default pool.")] | None = None
    default_points: Amount = 0
    modifier: Modifier = 1
    description: Text = ""
    metadata: dict[str, str] | None = None
    item_pools: tuple[Id, ...] = ()


class EventTypeBody(Body, frozen=True, kw_only=True):
    """What changes about a kind of raid."""

    name: str | None = None
    pools: tuple[Id, ...] | None = None
    default_points: Amount | None = None
    modifier: Modifier | None = None
    description: Text | None = None
    metadata: dict[str, str] | None = None
    item_pools: tuple[Id, ...] | None = None
    active: bool | None = None


@event_types.get("/api/events/", Permission.RAIDS_READ, polled=True)
def list_event_types(call: Call, query: EventTypesQuery) -> tuple[EventTypeRow, ...]:
    return call.use_cases.list_event_types()(active=query.active, external_id=query.external_id, by=call.by)


@event_types.post("/api/events/", Permission.RAIDS_WRITE)
def create_event_type(call: Call, body: NewEventTypeBody) -> EventTypeRow:
    made = call.use_cases.create_event_type()(
        name=body.name,
        pools=_pools(body.pools),
        default_points=points_of(body.default_points, "default_points"),
        modifier=modifier_of(body.modifier),
        description=body.description,
        metadata=body.metadata,
        item_pools=tuple(map(ItemPoolId, body.item_pools)),
        by=call.by,
    )
    return _shown_event_type(call, made.id)


@event_types.get("/api/events/{event_type_id}/", Permission.RAIDS_READ)
def show_event_type(call: Call, event_type_id: EventTypeId) -> EventTypeRow:
    return call.use_cases.show_event_type()(event_type_id, by=call.by)


@event_types.change("/api/events/{event_type_id}/", Permission.RAIDS_WRITE)
def change_event_type(call: Call, event_type_id: EventTypeId, body: EventTypeBody) -> EventTypeRow:
    call.use_cases.change_event_type()(
        event_type_id,
        name=body.name,
        pools=_pools(body.pools),
        default_points=_points(body.default_points, "default_points"),
        modifier=None if body.modifier is None else modifier_of(body.modifier),
        description=body.description,
        metadata=body.metadata,
        item_pools=None if body.item_pools is None else tuple(map(ItemPoolId, body.item_pools)),
        active=body.active,
        by=call.by,
    )
    return _shown_event_type(call, event_type_id)


@event_types.delete("/api/events/{event_type_id}/", Permission.RAIDS_WRITE)
def remove_event_type(call: Call, event_type_id: EventTypeId) -> None:
    call.use_cases.remove_event_type()(event_type_id, by=call.by)


def _shown_event_type(call: Call, event_type_id: EventTypeId) -> EventTypeRow:
    return call.use_cases.show_event_type()(event_type_id, by=call.seeing(Permission.RAIDS_READ))


def _pools(given: tuple[int, ...] | None) -> tuple[PoolId, ...] | None:
    return None if given is None else tuple(map(PoolId, given))


def _points(given: int | str | None, field: str) -> Points | None:
    return None if given is None else points_of(given, field)


# --- raids ------------------------------------------------------------------------------------------------------------


class RaidsQuery(Paged, frozen=True, kw_only=True):
    """Which raids are wanted; `since` belongs to it, `until` does not."""

    event_type_id: Id | None = None
    status: RaidStatus | None = None
    pool_id: Id | None = None
    user_id: Annotated[Id, Meta(description="Raids that this user attended.")] | None = None
    since: Moment | None = None
    until: Moment | None = None
    external_id: ExternalId | None = None
    search: str = ""
    ordering: str = ""


class NewRaidBody(Body, frozen=True, kw_only=True):
    """A raid that took place; `event` is another word for `event_type`."""

    starts_at: Moment
    event_type: Id | None = None
    event: Id | None = None
    ends_at: Moment | None = None
    leader: Annotated[Id, Meta(description="A user's id.")] | None = None
    note: Text = ""
    points: Annotated[Amount, Meta(description="Else the event type's.")] | None = None
    tick_name: str = FIRST_TICK


class RaidBody(Body, frozen=True, kw_only=True):
    """What changes about a raid; it is cancelled by DELETE."""

    ends_at: Moment | None = None
    leader: Annotated[Id, Meta(description="A user's id.")] | None = None
    note: Text | None = None
    closed: bool | None = None
    points: Annotated[Amount, Meta(description="Its first tick's too; whoever was there is paid anew.")] | None = None


class CancellationQuery(Query, frozen=True, kw_only=True):
    """Why it is taken back."""

    reason: Text = ""


@raids.get("/api/raids/", Permission.RAIDS_READ, polled=True)
def list_raids(call: Call, query: RaidsQuery) -> Page[RaidRow]:
    wanted = RaidFilter(
        event_type_id=None if query.event_type_id is None else EventTypeId(query.event_type_id),
        status=query.status,
        pool_id=None if query.pool_id is None else PoolId(query.pool_id),
        user_id=None if query.user_id is None else UserId(query.user_id),
        since=moment_of(query.since, "since"),
        until=moment_of(query.until, "until"),
        external_id=query.external_id,
        search=query.search,
    )
    return call.use_cases.list_raids()(wanted, ordering=query.ordering, page=query.wanted, by=call.by)


@raids.post("/api/raids/", Permission.RAIDS_WRITE, idempotent=True)
def record_raid(call: Call, body: NewRaidBody) -> RaidDetailRow:
    event_type_id = _event_type(body.event_type, body.event)
    starts_at = moment_of(body.starts_at, "starts_at")
    assert starts_at is not None, "it is required"
    if event_type_id is None:
        raise InvalidValue("event_type", "it is missing", "the id of an event type")
    raid = call.use_cases.record_raid()(
        event_type_id=event_type_id,
        starts_at=starts_at,
        ends_at=moment_of(body.ends_at, "ends_at"),
        leader=None if body.leader is None else UserId(body.leader),
        note=body.note,
        points=_points(body.points, "points"),
        tick_name=body.tick_name,
        by=call.by,
    )
    return _shown_raid(call, raid.id)


@raids.get("/api/raids/{raid_id}/", Permission.RAIDS_READ)
def show_raid(call: Call, raid_id: RaidId) -> RaidDetailRow:
    return call.use_cases.show_raid()(raid_id, by=call.by)


@raids.change("/api/raids/{raid_id}/", Permission.RAIDS_WRITE)
def change_raid(call: Call, raid_id: RaidId, body: RaidBody) -> RaidDetailRow:
    call.use_cases.change_raid()(
        raid_id,
        ends_at=moment_of(body.ends_at, "ends_at"),
        leader=None if body.leader is None else UserId(body.leader),
        note=body.note,
        closed=body.closed,
        points=_points(body.points, "points"),
        by=call.by,
    )
    return _shown_raid(call, raid_id)


@raids.delete("/api/raids/{raid_id}/", Permission.RAIDS_WRITE)
def cancel_raid(call: Call, raid_id: RaidId, query: CancellationQuery) -> None:
    call.use_cases.cancel_raid()(raid_id, reason=query.reason, by=call.by)


def _event_type(event_type: int | None, event: int | None) -> EventTypeId | None:
    if event_type is not None and event not in (None, event_type):
        raise InvalidValue("event", "it names another event type than event_type", "one of the two")
    named = event_type if event_type is not None else event
    return None if named is None else EventTypeId(named)


def _shown_raid(call: Call, raid_id: RaidId) -> RaidDetailRow:
    return call.use_cases.show_raid()(raid_id, by=call.seeing(Permission.RAIDS_READ))


# --- attendance -------------------------------------------------------------------------------------------------------


class PresenceBody(Body, frozen=True, kw_only=True):
    """A character, and how it was there."""

    name: str
    status: Presence = Presence.PRESENT


class AttendanceBody(Body, frozen=True, kw_only=True):
    """Who was at a tick (the first, unless named): names, or names with how they were there."""

    characters: Annotated[tuple[str | PresenceBody, ...], Meta(min_length=1, max_length=NAMES_MAX)]
    tick: Annotated[int, Meta(ge=1, le=1000)] | None = None


class PresenceChangeBody(Body, frozen=True, kw_only=True):
    """A name at the tick, and what is other about it: how its bearer was there, or whose it is."""

    name: str
    status: Presence | None = None
    character: Annotated[Id, Meta(description="A character's id.")] | None = None
    user: Annotated[Id, Meta(description="A user's id.")] | None = None


class AttendanceChangeBody(Body, frozen=True, kw_only=True):
    """What changes about who was at a tick (the first, unless named)."""

    characters: Annotated[tuple[PresenceChangeBody, ...], Meta(min_length=1, max_length=NAMES_MAX)]
    tick: Annotated[int, Meta(ge=1, le=1000)] | None = None
    dry_run: bool = False


class AttendanceRemovalBody(Body, frozen=True, kw_only=True):
    """Who was not at a tick (the first, unless named) after all."""

    characters: Annotated[tuple[str, ...], Meta(min_length=1, max_length=NAMES_MAX)]
    tick: Annotated[int, Meta(ge=1, le=1000)] | None = None
    dry_run: bool = False


class DisagreementBody(Body, frozen=True, kw_only=True):
    """How somebody was at a tick (the first, unless named) on whom files disagree, or that they were absent."""

    characters: Annotated[tuple[str, ...], Meta(min_length=1, max_length=NAMES_MAX)]
    status: Presence | None = None
    absent: bool = False
    tick: Annotated[int, Meta(ge=1, le=1000)] | None = None


class TickChangeBody(Body, frozen=True, kw_only=True):
    """What changes about an attendance check."""

    name: str | None = None
    at: Moment | None = None
    points: Amount | None = None


class StandbyBody(Body, frozen=True, kw_only=True):
    """Which of one's own characters stands by, and at which tick: the main and the latest, unless named."""

    character: Annotated[Id, Meta(description="A character's id.")] | None = None
    tick: Annotated[int, Meta(ge=1, le=1000)] | None = None


class StandbyQuery(Query, frozen=True, kw_only=True):
    """Which claim is taken back: the main's at the latest tick, unless named."""

    character: Id | None = None
    tick: Annotated[int, Meta(ge=1, le=1000)] | None = None


@frozen(kw_only=True)
class StandbyTaken:
    """A claim of standby; `points` is what it pays in the pool that pays most."""

    raid_id: RaidId
    tick: int
    name: str
    character_id: CharacterId | None
    user_id: UserId | None
    points: Points
    counts: bool


class TickBody(Body, frozen=True, kw_only=True):
    """An attendance check."""

    name: str
    at: Annotated[Moment, Meta(description="Now, unless named.")] | None = None
    points: Annotated[Amount, Meta(description="Else the raid's.")] | None = None


@frozen(kw_only=True)
class AttendanceTaken:
    """What taking attendance came to; `points` is what the tick awards in each pool."""

    raid_id: RaidId
    tick: int
    recorded: int
    awarded: int
    already_present: int
    unresolved: tuple[str, ...]
    points: Points


@raids.get("/api/raids/{raid_id}/attendance/", Permission.RAIDS_READ)
def show_attendance(call: Call, raid_id: RaidId) -> tuple[AttendanceRow, ...]:
    return call.use_cases.show_attendance()(raid_id, by=call.by)


@raids.post("/api/raids/{raid_id}/attendance/", Permission.RAIDS_WRITE, own=LEADER, idempotent=True)
def record_attendance(call: Call, raid_id: RaidId, body: AttendanceBody) -> AttendanceTaken:
    names = [
        NamedPresence(name=each) if isinstance(each, str) else NamedPresence(name=each.name, presence=each.status)
        for each in body.characters
    ]
    tick, taken = call.use_cases.record_attendance()(raid_id, names, tick=body.tick, by=call.by)
    return AttendanceTaken(
        raid_id=raid_id,
        tick=tick.number,
        recorded=len(taken.noted),
        awarded=len(taken.awarded),
        already_present=len(taken.already_present),
        unresolved=taken.unresolved,
        points=tick.points,
    )


@raids.change("/api/raids/{raid_id}/attendance/", Permission.RAIDS_WRITE, own=LEADER)
def change_attendance(call: Call, raid_id: RaidId, body: AttendanceChangeBody) -> Corrected:
    changes = [
        LineChange(
            name=each.name,
            presence=each.status,
            character_id=None if each.character is None else CharacterId(each.character),
            user_id=None if each.user is None else UserId(each.user),
        )
        for each in body.characters
    ]
    return call.use_cases.change_attendance()(raid_id, changes, tick=body.tick, dry_run=body.dry_run, by=call.by)


@raids.delete("/api/raids/{raid_id}/attendance/", Permission.RAIDS_WRITE, own=LEADER, status=200)
def remove_attendance(call: Call, raid_id: RaidId, body: AttendanceRemovalBody) -> Corrected:
    return call.use_cases.remove_attendance()(
        raid_id, body.characters, tick=body.tick, dry_run=body.dry_run, by=call.by
    )


@raids.post("/api/raids/{raid_id}/standby/", Permission.CHARACTERS_OWN, idempotent=True)
def claim_standby(call: Call, raid_id: RaidId, body: StandbyBody) -> StandbyTaken:
    line = call.use_cases.claim_standby()(raid_id, character_id=_character(body.character), tick=body.tick, by=call.by)
    return StandbyTaken(
        raid_id=raid_id,
        tick=line.tick,
        name=line.name,
        character_id=line.character_id,
        user_id=line.user_id,
        points=line.awarded,
        counts=line.counts,
    )


@raids.delete("/api/raids/{raid_id}/standby/", Permission.CHARACTERS_OWN)
def withdraw_standby(call: Call, raid_id: RaidId, query: StandbyQuery) -> None:
    call.use_cases.withdraw_standby()(raid_id, character_id=_character(query.character), tick=query.tick, by=call.by)


def _character(given: int | None) -> CharacterId | None:
    return None if given is None else CharacterId(given)


@raids.get("/api/raids/{raid_id}/ticks/", Permission.RAIDS_READ, use_case="show_raid")
def list_ticks(call: Call, raid_id: RaidId) -> tuple[TickRow, ...]:
    """Just the ticks."""
    return call.use_cases.show_raid()(raid_id, by=call.by).ticks


@raids.post("/api/raids/{raid_id}/ticks/", Permission.RAIDS_WRITE, own=LEADER)
def add_tick(call: Call, raid_id: RaidId, body: TickBody) -> TickRow:
    raid = call.use_cases.add_tick()(
        raid_id, name=body.name, at=moment_of(body.at, "at"), points=_points(body.points, "points"), by=call.by
    )
    tick = raid.ticks[-1]
    return TickRow(number=tick.number, name=tick.name, at=tick.at, points=tick.points, attendees=0)


@raids.change("/api/raids/{raid_id}/ticks/{tick}/", Permission.RAIDS_WRITE, own=LEADER)
def change_tick(call: Call, raid_id: RaidId, tick: int, body: TickChangeBody) -> TickRow:
    call.use_cases.change_tick()(
        raid_id,
        tick,
        name=body.name,
        at=moment_of(body.at, "at"),
        points=_points(body.points, "points"),
        by=call.by,
    )
    return next(each for each in _shown_raid(call, raid_id).ticks if each.number == tick)


@raids.get("/api/raids/{raid_id}/disagreements/", Permission.RAIDS_READ)
def list_disagreements(call: Call, raid_id: RaidId) -> tuple[Disagreement, ...]:
    return call.use_cases.list_disagreements()(raid_id, by=call.by)


@raids.post("/api/raids/{raid_id}/disagreements/", Permission.RAIDS_WRITE, own=LEADER, status=200, idempotent=True)
def decide_disagreements(call: Call, raid_id: RaidId, body: DisagreementBody) -> Corrected:
    return call.use_cases.decide_disagreements()(
        raid_id, body.characters, presence=body.status, absent=body.absent, tick=body.tick, by=call.by
    )


@raids.get("/api/raids/{raid_id}/unresolved/", Permission.RAIDS_READ, use_case="list_unresolved")
def list_unresolved_of_raid(call: Call, raid_id: RaidId) -> tuple[UnresolvedRow, ...]:
    call.use_cases.show_raid()(raid_id, by=call.by)  # a raid that is not there has no names, and no list of them
    return call.use_cases.list_unresolved()(raid_id=raid_id, by=call.by)


class SharesQuery(Query, frozen=True, kw_only=True):
    """Whose attendance, and over which raids."""

    user_id: Id | None = None
    pool_id: Id | None = None
    everyone: bool = False
    ordering: str = ""


@raids.get("/api/attendance/", Permission.RAIDS_READ, polled=True)
def list_attendance_shares(call: Call, query: SharesQuery) -> tuple[AttendanceShareRow, ...]:
    return call.use_cases.list_attendance_shares()(
        user_id=None if query.user_id is None else UserId(query.user_id),
        pool_id=None if query.pool_id is None else PoolId(query.pool_id),
        everyone=query.everyone,
        ordering=query.ordering,
        by=call.by,
    )


# --- names and files --------------------------------------------------------------------------------------------------


class ResolutionBody(Body, frozen=True, kw_only=True):
    """Who a name is: a character, a user, or nobody to be counted; in every raid that waits for it, or in one."""

    name: str
    character: Annotated[Id, Meta(description="A character's id.")] | None = None
    user: Annotated[Id, Meta(description="A user's id.")] | None = None
    ignore: bool = False
    remember: Annotated[bool, Meta(description="Keep the name as an alias of the character.")] = False
    raid: Annotated[Id, Meta(description="A raid's id.")] | None = None


class DumpBody(Body, frozen=True, kw_only=True):
    """Attendance as a file tells it: its content in `text`, or the file itself in the form's `file`.

    `event` is another word for `event_type`.
    """

    text: str | None = None
    file_name: Annotated[str, Meta(max_length=255)] = ""
    format: DumpFormat | None = None
    event_type: Id | None = None
    event: Id | None = None
    raid: Id | None = None
    at: (
        Annotated[datetime, Meta(description="A date and time; without an offset it is local time in `zone`.")] | None
    ) = None
    zone: Annotated[str, Meta(max_length=64)] | None = None
    tick: Annotated[str, Meta(description="The name of the tick.")] | None = None
    note: Text = ""
    again: bool = False
    apply: bool = False


@raids.get("/api/unresolved-names/", Permission.RAIDS_READ)
def list_unresolved(call: Call) -> tuple[UnresolvedRow, ...]:
    return call.use_cases.list_unresolved()(by=call.by)


@raids.post("/api/unresolved-names/", Permission.RAIDS_WRITE, status=200, idempotent=True)
def resolve_name(call: Call, body: ResolutionBody) -> Resolved:
    return call.use_cases.resolve_name()(
        body.name,
        character_id=None if body.character is None else CharacterId(body.character),
        remember=body.remember,
        user_id=None if body.user is None else UserId(body.user),
        ignore=body.ignore,
        raid_id=None if body.raid is None else RaidId(body.raid),
        by=call.by,
    )


@raids.post(
    "/api/points/parse-attendance/",
    Permission.RAIDS_WRITE,
    own=LEADER,
    use_case="import_dump",
    speed=Speed.LONG,
    status=200,
    other=(201, lambda report: report.applied),
    idempotent=True,
    files=Files.FORM,
)
def import_dump(call: Call, body: DumpBody) -> ImportReport:
    """A preview, unless `apply` is true. A file's name helps to recognise it and to tell when it was taken."""
    if (body.text is None) == (call.upload is None):
        fault = "there is no file" if body.text is None else "there are two files"
        raise InvalidValue("text", fault, "the content of a file as text, or a file in the form's field file")
    data = call.upload.data if call.upload is not None else (body.text or "").encode()
    return call.use_cases.import_dump()(
        [data],
        file_name=body.file_name or (call.upload.name if call.upload is not None else ""),
        format=body.format,
        event_type_id=_event_type(body.event_type, body.event),
        raid_id=None if body.raid is None else RaidId(body.raid),
        at=body.at,
        zone=body.zone,
        tick_name=body.tick,
        note=body.note,
        again=body.again,
        apply=body.apply,
        by=call.by,
    )
