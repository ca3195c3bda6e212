"""Short ways to move points and hold raids in a guild of a test's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts import Membership, RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import AdjustmentId, EntryId, EventTypeId, PoolId, RaidId, UserId
from dkp_core.kernel.page import ordering_of
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import (
    BUCKETS,
    STANDINGS_COLUMNS,
    Adjustment,
    BalanceRow,
    Bucket,
    Entry,
    EntryKind,
    HistoryFilter,
    HistoryRow,
    Pool,
    Source,
    SourceKind,
    StandingRow,
    StandingsFilter,
)
from dkp_core.points.events import AdjustedPoints, AdjustmentReversed, PointsAdjusted
from dkp_core.raids import ATTENDANCE_COLUMNS, Attendance, AttendanceShareRow, EventType, Presence, Raid, Tick
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
RECORDED: Final = NIGHT - HOUR


@frozen
class Bank:
    """Pools of a guild, and the points in them."""

    place: Place

    def pool(self, name: str = "", *, archived: bool = False) -> PoolId:
        """A pool."""
        pool_id = PoolId(self.place.installation.ids.next("pool"))
        pool = Pool.create(pool_id, self.place.guild_id, name=name or f"Pool {pool_id}")
        with self.place.work() as work:
            work.pools.save(evolve(pool, archived=archived))
        return pool_id

    def drafted(
        self,
        user_id: UserId,
        pool_id: PoolId,
        amount: str,
        *,
        kind: EntryKind = EntryKind.ATTENDANCE,
        bucket: Bucket | None = None,
        occurred_at: datetime = RECORDED,
        recorded_at: datetime = RECORDED,
        source: Source | None = None,
        character_name: str = "",
        reason: str = "for a test",
    ) -> Entry:
        """An entry that is not in the ledger yet."""
        entry_id = EntryId(self.place.installation.ids.next("entry"))
        return Entry(
            id=entry_id,
            pool_id=pool_id,
            user_id=user_id,
            kind=kind,
            bucket=bucket or BUCKETS[kind],
            amount=Points.of(amount),
            reason=reason,
            character_name=character_name,
            source=source or Source(SourceKind.IMPORT, 1),
            actor_kind=ActorKind.OPERATOR,
            actor_id="operator",
            occurred_at=occurred_at,
            recorded_at=recorded_at,
        )

    def reversal(self, entry: Entry, *, at: datetime = NIGHT) -> Entry:
        """The entry that takes another back."""
        entry_id = EntryId(self.place.installation.ids.next("entry"))
        return entry.reversed_by(entry_id, reason="a mistake", by=self.place.by, at=at)

    def book(self, *entries: Entry) -> tuple[Entry, ...]:
        """Put entries into the ledger, in one transaction."""
        with self.place.work() as work:
            work.ledger.append(entries)
        return entries

    def give(self, user_id: UserId, pool_id: PoolId, amount: str, *, occurred_at: datetime = RECORDED) -> Entry:
        """Points that a user earns."""
        return self.book(self.drafted(user_id, pool_id, amount, occurred_at=occurred_at))[0]

    def balance(self, user_id: UserId, pool_id: PoolId) -> BalanceRow:
        """A user's balance in one pool."""
        with self.place.views() as views:
            return views.balance(user_id, pool_id)

    def numbers(self, user_id: UserId, pool_id: PoolId) -> list[str]:
        """Earned, spent, adjusted, current, held, available of a balance."""
        return numbers_of(self.balance(user_id, pool_id))

    def history(
        self, user_id: UserId, wanted: HistoryFilter = HistoryFilter(), *, newest_first: bool = False
    ) -> tuple[HistoryRow, ...]:
        """A user's entries that match, all of them."""
        with self.place.views() as views:
            page = views.history(user_id, wanted, page=EVERYTHING, newest_first=newest_first)
        assert page.count == len(page.results)
        return page.results

    def standings(
        self,
        pool_id: PoolId,
        wanted: StandingsFilter = StandingsFilter(),
        ordering: str = "",
        *,
        at: datetime = NIGHT,
    ) -> tuple[StandingRow, ...]:
        """The standings of a pool."""
        orders = ordering_of(ordering, STANDINGS_COLUMNS)
        with self.place.views() as views:
            return views.standings(pool_id, wanted, ordering=orders, at=at)

    def revision(self, pool_id: PoolId, *, at: datetime = NIGHT) -> str:
        """The revision of a pool's standings."""
        with self.place.views() as views:
            return views.standings_revision(pool_id, at)

    def differences(self) -> list[str]:
        """What a recount finds wrong in this guild."""
        found = self.place.installation.verifying.verify(lambda _: None).differences
        return [f"{each.what}: {each.kept}, {each.counted}" for each in found if each.guild_id == self.place.guild_id]

    # --- adjustments --------------------------------------------------------------------------------------------------

    def drafted_adjustment(
        self, user_id: UserId, pool_id: PoolId, amount: str = "1.00", *, reason: str = "because"
    ) -> Adjustment:
        """An adjustment that is not kept yet."""
        ids = self.place.installation.ids
        return Adjustment.make(
            AdjustmentId(ids.next("adjustment")),
            EntryId(ids.next("entry")),
            user_id=user_id,
            pool_id=pool_id,
            amount=Points.of(amount),
            reason=reason,
            note="Notiz 🐉",
            character_name="Élan",
            occurred_at=RECORDED,
            recorded_at=NIGHT,
            by=self.place.by,
        )

    def adjust(self, *adjustments: Adjustment) -> None:
        """Make adjustments, with their entries and the event."""
        with self.place.work() as work:
            work.adjustments.append(adjustments, PointsAdjusted(adjustments=told_of(adjustments), reason="because"))
            work.ledger.append([each.entry() for each in adjustments])

    def take_back(self, adjustment_id: AdjustmentId) -> None:
        """Reverse an adjustment. Raises: AlreadyReversed."""
        entry_id = EntryId(self.place.installation.ids.next("entry"))
        with self.place.work() as work:
            found = work.adjustments.get(adjustment_id)
            adjustment = found.reverse(reason="a mistake", at=NIGHT)
            entry = found.entry().reversed_by(entry_id, reason="a mistake", by=self.place.by, at=NIGHT)
            event = AdjustmentReversed(adjustments=told_of([adjustment]), reason="a mistake")
            work.adjustments.reverse(adjustment, event)
            work.ledger.append([entry])


def told_of(adjustments: Sequence[Adjustment]) -> tuple[AdjustedPoints, ...]:
    """How events tell of adjustments."""
    return tuple(
        AdjustedPoints(adjustment_id=each.id, user_id=each.user_id, pool_id=each.pool_id, amount=str(each.amount))
        for each in adjustments
    )


def numbers_of(row: BalanceRow) -> list[str]:
    """Earned, spent, adjusted, current, held, available."""
    found = (row.earned, row.spent, row.adjusted, row.current, row.held, row.available)
    return [str(points) for points in found]


@frozen
class Raiding:
    """Raids of one event type in a guild."""

    place: Place
    pool_id: PoolId
    event_type: EventType

    @classmethod
    def at(cls, place: Place, name: str = "") -> Raiding:
        """Raids that award 10 in a pool of their own."""
        pool_id = Bank(place).pool()
        type_id = EventTypeId(place.installation.ids.next("event_type"))
        event_type = EventType(
            id=type_id,
            guild_id=place.guild_id,
            name=name or f"Raid {type_id}",
            pools=(pool_id,),
            default_points=Points.of(10),
        )
        with place.work() as work:
            work.event_types.save(event_type.created())
        return cls(place, pool_id, event_type)

    def drafted(self, starts_at: datetime, *, points: str = "10", note: str = "", leader: UserId | None = None) -> Raid:
        """A raid that is not kept yet."""
        return Raid.record(
            RaidId(self.place.installation.ids.next("raid")),
            self.place.guild_id,
            event_type=self.event_type,
            points=Points.of(points),
            starts_at=starts_at,
            note=note,
            leader=leader,
            now=starts_at,
        )

    def raid(
        self,
        starts_at: datetime = NIGHT - DAY,
        present: Mapping[UserId, Presence] | Sequence[UserId] = (),
        *,
        points: str = "10",
        note: str = "",
        leader: UserId | None = None,
    ) -> RaidId:
        """A raid, with a line of attendance for each of these users at its first tick."""
        raid = self.drafted(starts_at, points=points, note=note, leader=leader)
        with self.place.work() as work:
            work.raids.save(raid)
        if present:
            self.attend(raid.id, present)
        return raid.id

    def line(
        self, raid: Raid, name: str, user_id: UserId | None, presence: Presence = Presence.PRESENT, tick: int = 1
    ) -> Attendance:
        """A line of attendance; who is known is awarded the tick's points in full, but for excused absences."""
        check = raid.tick(tick)
        pays = user_id is not None and presence is not Presence.ABSENT_EXCUSED
        return Attendance(
            raid_id=raid.id,
            tick=check.number,
            name=name,
            presence=presence,
            character_id=None,
            user_id=user_id,
            awarded=check.points if pays else ZERO,
            at=check.at,
        )

    def attend(self, raid_id: RaidId, present: Mapping[UserId, Presence] | Sequence[UserId], *, tick: int = 1) -> None:
        """Note these users at a tick, and book what they are awarded."""
        statuses = present if isinstance(present, Mapping) else dict.fromkeys(present, Presence.PRESENT)
        with self.place.work() as work:
            raid = work.raids.get(raid_id)
            lines = [self.line(raid, f"Hero {user_id}", user_id, each, tick) for user_id, each in statuses.items()]
            work.attendances.append(raid, lines)
            work.ledger.append([self.entry(raid, line) for line in lines if line.awarded])

    def note(self, raid_id: RaidId, *names: str, tick: int = 1) -> None:
        """Note names that stand for nobody."""
        with self.place.work() as work:
            raid = work.raids.get(raid_id)
            work.attendances.append(raid, [self.line(raid, name, None, tick=tick) for name in names])

    def entry(self, raid: Raid, line: Attendance) -> Entry:
        """What a line that pays becomes in the ledger."""
        assert line.user_id is not None
        return Bank(self.place).drafted(
            line.user_id,
            self.pool_id,
            str(line.awarded),
            occurred_at=line.at,
            source=Source(SourceKind.RAID, raid.id, line.tick),
            character_name=line.name,
            reason=raid.title,
        )

    def resolve(self, name_key: str, user_id: UserId | None) -> None:
        """Let every unresolved line of that name be this user's, or (None) nobody's."""
        with self.place.work() as work:
            for line in work.attendances.unresolved(name_key):
                raid = work.raids.get(line.raid_id)
                points = raid.tick(line.tick).points
                done = evolve(
                    line, user_id=user_id, ignored=user_id is None, awarded=ZERO if user_id is None else points
                )
                work.attendances.resolve(raid, [done])
                if done.awarded:
                    work.ledger.append([self.entry(raid, done)])

    def add_tick(self, raid_id: RaidId, *, points: str = "5", at: datetime | None = None) -> Tick:
        """Another attendance check."""
        with self.place.work() as work:
            raid = work.raids.get(raid_id)
            when = raid.starts_at + HOUR if at is None else at
            changed = raid.add_tick(name="Later", at=when, points=Points.of(points), now=when)
            work.raids.save(changed)
        return changed.ticks[-1]

    def cancel(self, raid_id: RaidId) -> None:
        """Take a raid back, with what it gave."""
        bank = Bank(self.place)
        with self.place.work() as work:
            raid = work.raids.get(raid_id)
            lines = work.attendances.of_raid(raid_id)
            paid = [(line.user_id, line.at) for line in lines if line.user_id is not None and line.awarded]
            given = work.ledger.unreversed(Source(SourceKind.RAID, raid_id), paid)
            work.raids.save(raid.cancel(reason="a mistake", reversed_entries=len(given)))
            work.ledger.append([bank.reversal(entry) for entry in given])

    def shares(
        self,
        *,
        at: datetime = NIGHT,
        user_id: UserId | None = None,
        pool_id: PoolId | None = None,
        everyone: bool = False,
        ordering: str = "",
    ) -> tuple[AttendanceShareRow, ...]:
        """The list of attendance."""
        orders = ordering_of(ordering, ATTENDANCE_COLUMNS)
        with self.place.views() as views:
            return views.attendance_shares(user_id=user_id, pool_id=pool_id, everyone=everyone, ordering=orders, at=at)

    def share(self, user_id: UserId, *, at: datetime = NIGHT, pool_id: PoolId | None = None) -> str:
        """A user's attendance as attended/held over 30, 60 and 90 days and lifetime."""
        (row,) = self.shares(at=at, user_id=user_id, pool_id=pool_id)
        return share_of(row)


def share_of(row: AttendanceShareRow) -> str:
    """Attended/held over 30, 60 and 90 days and lifetime."""
    return (
        f"{row.attended_30}/{row.held_30} {row.attended_60}/{row.held_60} {row.attended_90}/{row.held_90} "
        f"{row.attended_lifetime}/{row.held_lifetime}"
    )


def end_membership(place: Place, user_id: UserId) -> None:
    """The user leaves the guild."""
    with place.work() as work:
        work.memberships.save(work.memberships.get(user_id).end(NIGHT, reason="left"))


def join(place: Place, user_id: UserId, joined_at: datetime) -> None:
    """The user becomes a member, since that moment."""
    with place.work() as work:
        membership = work.memberships.find(user_id)
        assert membership is None, "they are one already"
        work.memberships.save(Membership.begin(place.guild_id, user_id, RoleGroup.MEMBER, joined_at))
