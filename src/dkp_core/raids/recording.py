"""Raids and who was there: recording, changing and cancelling (D-2 to D-4, D-8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import CharacterId, EventTypeId, PoolId, RaidId, UploadId, UserId
from dkp_core.kernel.names import clean_name
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.points import Source, SourceKind, take_back
from dkp_core.raids.attendance import NamedPresence, Taken, take_attendance
from dkp_core.raids.event_type import EventType
from dkp_core.raids.events import AttendanceRecorded, RaidRemoved
from dkp_core.raids.ports import ATTENDANCE_COLUMNS, RAID_COLUMNS, RaidsView, RaidsWork
from dkp_core.raids.raid import FIRST_TICK, Raid, Tick
from dkp_core.raids.settling import carry_out, pay_at
from dkp_core.raids.views import AttendanceRow, AttendanceShareRow, RaidDetailRow, RaidFilter, RaidRow

NAMES_MAX: Final = 2000
# Stands for the raid that a preview would make.
UNMADE: Final = RaidId(0)


@frozen
class RecordRaid:
    """Write down a raid that took place, with its first tick; its points are its event type's unless given."""

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        *,
        event_type_id: EventTypeId,
        starts_at: datetime,
        ends_at: datetime | None = None,
        leader: UserId | None = None,
        note: str = "",
        points: Points | None = None,
        tick_name: str = FIRST_TICK,
        by: Actor,
    ) -> Raid:
        by.must(Permission.RAIDS_WRITE)
        raid_id = RaidId(self.ids.next("raid"))
        with self.begin(by) as work:
            must_be_known(work, leader)
            raid = Raid.record(
                raid_id,
                work.guild_id,
                event_type=event_type_to_record(work, event_type_id),
                points=points,
                starts_at=starts_at,
                ends_at=ends_at,
                leader=leader,
                note=note,
                tick_name=tick_name,
                now=self.clock.now(),
            )
            work.raids.save(raid)
        return raid


@frozen
class AddTick:
    """Add an attendance check to a raid; its points are the raid's, unless an officer gives others."""

    begin: Begin[RaidsWork]
    clock: Clock

    def __call__(
        self, raid_id: RaidId, *, name: str, at: datetime | None = None, points: Points | None = None, by: Actor
    ) -> Raid:
        must_write_or_lead(by)
        if points is not None:
            by.must(Permission.RAIDS_WRITE)
        now = self.clock.now()
        with self.begin(by) as work:
            raid = work.raids.get(raid_id)
            must_run(raid, by)
            changed = raid.add_tick(name=name, at=at or now, points=points, now=now)
            work.raids.save(changed)
        return changed


@frozen
class CancelRaid:
    """Take a raid back: every point it gave is reversed, and it counts for nobody's attendance.

    A raid that nobody attended is removed.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(self, raid_id: RaidId, *, reason: str = "", by: Actor) -> None:
        by.must(Permission.RAIDS_WRITE)
        with self.begin(by) as work:
            raid = work.raids.get(raid_id)
            raid.must_stand()
            if not raid.corrected and work.raids.remove(raid.announcing(RaidRemoved(raid_id=raid_id))):
                return
            paid = [
                (line.user_id, line.at) for line in work.attendances.of_raid(raid_id) if line.user_id and line.awarded
            ]
            standing = work.ledger.unreversed(Source(SourceKind.RAID, raid_id), paid)
            why = reason.strip() or f"Raid {raid_id} cancelled"
            work.raids.save(raid.cancel(reason=reason, reversed_entries=len(standing)))
            take_back(work, standing, reason=why, ids=self.ids, at=self.clock.now(), by=by)


@frozen
class RecordAttendance:
    """Note who was at a raid's tick (the first, unless named), and award their owners.

    Each name counts once. Each user is paid once a tick in each pool, for the character that pays most there, unless
    the pool pays each character. Names that nobody is known by are kept, and awarded once they are resolved. Recording
    the same names twice adds nothing.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self, raid_id: RaidId, names: Sequence[NamedPresence], *, tick: int | None = None, by: Actor
    ) -> tuple[Tick, Taken]:
        must_write_or_lead(by)
        if not 1 <= len(names) <= NAMES_MAX:
            raise InvalidValue("characters", f"there are {len(names)} names", f"1 to {NAMES_MAX}")
        cleaned = [_cleaned(named) for named in names]
        with self.begin(by) as work:
            raid = work.raids.get(raid_id)
            must_run(raid, by)
            chosen = raid.tick(tick)
            taken = judged(work, raid, chosen, cleaned, for_good=True)
            work.raids.save(credited(work, raid, chosen, taken, ids=self.ids, at=self.clock.now(), by=by))
        return chosen, taken


def event_type_to_record(work: RaidsWork, event_type_id: EventTypeId) -> EventType:
    """The event type of a new raid. Raises: NoSuch, PoolIsArchived."""
    event_type = work.event_types.get(event_type_id)
    for pool_id in event_type.pools:
        work.pools.get(pool_id).must_be_open()
    return event_type


def _cleaned(named: NamedPresence) -> NamedPresence:
    name = clean_name(named.name, "characters")
    return named if name == named.name else evolve(named, name=name)


def must_write_or_lead(by: Actor) -> None:
    """Refuse who could lead no raid: they are not told which raids there are. Raises: NotPermitted."""
    by.must(Permission.RAIDS_WRITE, Permission.RAIDS_READ)


def must_run(raid: Raid, by: Actor) -> None:
    """Refuse who may not take this raid's attendance, and a raid that was cancelled.

    Officers may, and the raid's leader while they are in the guild (A-3). Raises: NotPermitted, RaidIsCancelled.
    """
    if raid.leader is not None and raid.leader == by.user_id:
        by.must(Permission.RAIDS_READ)
    else:
        by.must(Permission.RAIDS_WRITE)
    raid.must_stand()


def judged(
    work: RaidsWork,
    raid: Raid | None,
    tick: Tick,
    names: Sequence[NamedPresence],
    upload_id: UploadId | None = None,
    *,
    for_good: bool,
) -> Taken:
    """What taking attendance at a tick comes to; nothing is written. `for_good`: it is going to be.

    Without a raid it tells who would stand there, and pays nothing.
    """
    raid_id = UNMADE if raid is None else raid.id
    pay = pay_at(work, raid, tick)

    def looked_at() -> Taken:
        return take_attendance(
            raid_id,
            tick,
            names,
            known=work.characters.attributed([named.name for named in names], tick.at),
            present=work.attendances.present(raid_id, tick.number),
            pay=pay,
            upload_id=upload_id,
        )

    taken = looked_at()
    if for_good and taken.unresolved:
        # A character that comes to count at this moment would award the names that wait for it before these do, and
        # they would wait for ever. Whoever changes the roster writes the guild's row before it commits: either that
        # is done, and shows now, or it has to wait until these names can be found.
        work.guilds.get(work.guild_id)
        taken = looked_at()
    return taken


def credited(
    work: RaidsWork,
    raid: Raid,
    tick: Tick,
    taken: Taken,
    *,
    ids: Ids,
    at: datetime,
    by: Actor,
    upload_id: UploadId | None = None,
) -> Raid:
    """Write down attendance that was judged, and its entries; the raid that carries the news is to be saved."""
    if not taken.correction:
        return raid
    carry_out(work, raid, taken.correction, ids=ids, at=at, by=by)
    event = AttendanceRecorded(
        raid_id=raid.id,
        tick=tick.number,
        recorded=len(taken.noted),
        awarded=len(taken.awarded),
        unresolved=len(taken.unresolved),
        points=str(tick.points),
        upload_id=upload_id,
    )
    return evolve(raid, corrected=raid.corrected or bool(taken.removed)).announcing(event)


def must_be_known(work: RaidsWork, leader: UserId | None) -> None:
    """Refuse a leader who has no membership. Raises: NoSuch."""
    if leader is not None and work.memberships.find(leader) is None:
        raise NoSuch("user", leader)


@frozen
class ListRaids:
    """The guild's raids, the latest first: by event type, status, pool, attendee, date and external id, in pages."""

    read: Read[RaidsView]

    def __call__(self, wanted: RaidFilter, *, ordering: str = "", page: PageRequest, by: Actor) -> Page[RaidRow]:
        by.must(Permission.RAIDS_READ)
        orders = ordering_of(ordering, RAID_COLUMNS)
        with self.read(by) as views:
            return views.raids(wanted, ordering=orders, page=page)


@frozen
class ShowRaid:
    """One raid with its ticks."""

    read: Read[RaidsView]

    def __call__(self, raid_id: RaidId, *, by: Actor) -> RaidDetailRow:
        by.must(Permission.RAIDS_READ)
        with self.read(by) as views:
            return views.raid(raid_id)


@frozen
class ShowAttendance:
    """Who was at a raid, tick by tick, and what each was awarded."""

    read: Read[RaidsView]

    def __call__(self, raid_id: RaidId, *, by: Actor) -> tuple[AttendanceRow, ...]:
        by.must(Permission.RAIDS_READ)
        with self.read(by) as views:
            return views.attendance(raid_id)


@frozen
class ListAttendees:
    """Which characters were at raids, many raids at once; a raid without any is left out."""

    read: Read[RaidsView]

    def __call__(self, raid_ids: Collection[RaidId], *, by: Actor) -> Mapping[RaidId, tuple[CharacterId, ...]]:
        by.must(Permission.RAIDS_READ)
        with self.read(by) as views:
            return views.attendees(raid_ids)


@frozen
class RaidsRevision:
    """A text that changes whenever raids, their attendance or the names in it do; cheap to ask for.

    What kinds of raids there are is not in it.
    """

    read: Read[RaidsView]

    def __call__(self, *, by: Actor) -> str:
        by.must(Permission.RAIDS_READ)
        with self.read(by) as views:
            return views.raids_revision()


@frozen
class ListAttendanceShares:
    """Attendance of the active members over 30, 60 and 90 days and lifetime; overall, or of one pool's raids."""

    read: Read[RaidsView]
    clock: Clock

    def __call__(
        self,
        *,
        user_id: UserId | None = None,
        pool_id: PoolId | None = None,
        everyone: bool = False,
        ordering: str = "",
        by: Actor,
    ) -> tuple[AttendanceShareRow, ...]:
        by.must(Permission.RAIDS_READ)
        orders = ordering_of(ordering, ATTENDANCE_COLUMNS)
        at = self.clock.now()
        with self.read(by) as views:
            return views.attendance_shares(user_id=user_id, pool_id=pool_id, everyone=everyone, ordering=orders, at=at)
