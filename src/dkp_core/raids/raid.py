"""A raid: one instance of an event type, that took place; its ticks are the attendance checks (D-2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from attrs import evolve, frozen

from dkp_core.kernel.domain_events import Aggregate, DomainEvent, changes
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import EventTypeId, GuildId, PoolId, RaidId, UserId
from dkp_core.kernel.names import clean_name, clean_text
from dkp_core.kernel.points import Points
from dkp_core.raids.errors import RaidIsCancelled, TimeInFuture
from dkp_core.raids.event_type import EventType, points_to_award
from dkp_core.raids.events import (
    ClosedRaidChanged,
    RaidCancelled,
    RaidChanged,
    RaidRecorded,
    RaidRemoved,
    TickAdded,
    TickChanged,
)

# Clocks of game clients run a little ahead of ours.
CLOCK_SKEW: Final = timedelta(minutes=5)
TICKS_MAX: Final = 200
FIRST_TICK: Final = "Attendance"


class RaidStatus(StrEnum):
    """Whether a raid goes on, is done (what turns up late is still noted), or was taken back."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@frozen(kw_only=True)
class Tick:
    """One attendance check of a raid, with its own points; numbered from 1."""

    number: int
    name: str
    at: datetime
    points: Points


def must_have_been(at: datetime, now: datetime, name: str) -> None:
    """Refuse a time to come. Raises: TimeInFuture."""
    if at > now + CLOCK_SKEW:
        raise TimeInFuture(name, at, now)


@frozen(kw_only=True)
class Raid(Aggregate):
    """A raid that took place. Its points are its first tick's and the default of those added.

    `pools` are those of its event type when it was recorded: each is awarded in full. `title` is the event type's
    name at that time, which the ledger gives as the reason. It is `corrected` once attendance of it was removed, so
    that the ledger names it though nobody may stand in it any more. `external_id` is what the system that it was
    imported from calls it (O-4).
    """

    id: RaidId
    guild_id: GuildId
    event_type_id: EventTypeId
    title: str
    pools: tuple[PoolId, ...]
    starts_at: datetime
    ends_at: datetime | None = None
    leader: UserId | None = None
    note: str = ""
    points: Points
    status: RaidStatus = RaidStatus.OPEN
    ticks: tuple[Tick, ...]
    corrected: bool = False
    external_id: str | None = None

    @classmethod
    def record(
        cls,
        raid_id: RaidId,
        guild_id: GuildId,
        *,
        event_type: EventType,
        points: Points | None = None,
        starts_at: datetime,
        ends_at: datetime | None = None,
        leader: UserId | None = None,
        note: str = "",
        tick_name: str = FIRST_TICK,
        now: datetime,
    ) -> Raid:
        """A raid as written down, with its first tick. Raises: EventTypeIsInactive, InvalidValue, TimeInFuture."""
        must_have_been(starts_at, now, "starts_at")
        event_type.must_be_active()
        worth = event_type.points if points is None else points_to_award(points)
        raid = cls(
            id=raid_id,
            guild_id=guild_id,
            event_type_id=event_type.id,
            title=event_type.name,
            pools=event_type.pools,
            starts_at=starts_at,
            ends_at=_end(starts_at, ends_at),
            leader=leader,
            note=clean_text(note, "note"),
            points=worth,
            ticks=(Tick(number=1, name=clean_name(tick_name, "tick"), at=starts_at, points=worth),),
        )
        event = RaidRecorded(
            raid_id=raid_id, event_type_id=event_type.id, starts_at=starts_at.isoformat(), points=str(worth)
        )
        return raid.announcing(event)

    def announcing(self, *events: DomainEvent) -> Self:
        """The same, carrying these events too; where it is closed, also that its bonuses are reckoned anew (P-9)."""
        told = super().announcing(*events)
        changed = any(not isinstance(event, RaidChanged | RaidRemoved) for event in events)
        again = ClosedRaidChanged(raid_id=self.id)
        if self.status is RaidStatus.CLOSED and changed and again not in told.pending:
            return super(Raid, told).announcing(again)
        return told

    def tick(self, number: int | None = None) -> Tick:
        """The tick of that number; the first where none is named. Raises: NoSuch."""
        found = next((tick for tick in self.ticks if tick.number == (1 if number is None else number)), None)
        if found is None:
            raise NoSuch("tick", number)
        return found

    def add_tick(self, *, name: str, at: datetime, points: Points | None, now: datetime) -> Raid:
        """With another tick. Raises: RaidIsCancelled, InvalidValue, TimeInFuture."""
        self.must_stand()
        must_have_been(at, now, "at")
        if len(self.ticks) >= TICKS_MAX:
            raise InvalidValue("ticks", f"the raid has {len(self.ticks)}", f"at most {TICKS_MAX}")
        tick = Tick(
            number=max(tick.number for tick in self.ticks) + 1,
            name=clean_name(name, "tick"),
            at=at,
            points=self.points if points is None else points_to_award(points),
        )
        event = TickAdded(raid_id=self.id, tick=tick.number, name=tick.name, at=at.isoformat(), points=str(tick.points))
        return evolve(self, ticks=(*self.ticks, tick)).announcing(event)

    def change(
        self,
        *,
        ends_at: datetime | None = None,
        leader: UserId | None = None,
        note: str | None = None,
        closed: bool | None = None,
        points: Points | None = None,
    ) -> Raid:
        """With another end, leader, note or state; other points are its first tick's too.

        Raises: RaidIsCancelled, InvalidValue.
        """
        self.must_stand()
        status = self.status if closed is None else RaidStatus.CLOSED if closed else RaidStatus.OPEN
        worth = self.points if points is None else points_to_award(points)
        changed = evolve(
            self,
            ends_at=_end(self.starts_at, ends_at) or self.ends_at,
            leader=leader or self.leader,
            note=self.note if note is None else clean_text(note, "note"),
            status=status,
            points=worth,
        )
        told = changes(self, changed, ("ends_at", "leader", "note", "status", "points"))
        changed = changed.announcing(RaidChanged(raid_id=self.id, changes=told)) if told else self
        return changed if points is None else changed._with_tick(evolve(changed.tick(), points=worth))

    def change_tick(
        self,
        number: int,
        *,
        name: str | None = None,
        at: datetime | None = None,
        points: Points | None = None,
        now: datetime,
    ) -> Raid:
        """With another name, time or other points of a tick. Raises: RaidIsCancelled, NoSuch, TimeInFuture."""
        self.must_stand()
        tick = self.tick(number)
        if at is not None:
            must_have_been(at, now, "at")
        return self._with_tick(
            evolve(
                tick,
                name=tick.name if name is None else clean_name(name, "tick"),
                at=at or tick.at,
                points=tick.points if points is None else points_to_award(points),
            )
        )

    def _with_tick(self, changed: Tick) -> Raid:
        told = changes(self.tick(changed.number), changed, ("name", "at", "points"))
        if not told:
            return self
        ticks = tuple(changed if tick.number == changed.number else tick for tick in self.ticks)
        return evolve(self, ticks=ticks).announcing(TickChanged(raid_id=self.id, tick=changed.number, changes=told))

    def cancel(self, *, reason: str, reversed_entries: int) -> Raid:
        """Cancelled, its points taken back. Raises: RaidIsCancelled."""
        self.must_stand()
        event = RaidCancelled(raid_id=self.id, reason=clean_text(reason, "reason"), reversed_entries=reversed_entries)
        return evolve(self, status=RaidStatus.CANCELLED).announcing(event)

    def must_stand(self) -> None:
        """Refuse where the raid was cancelled. Raises: RaidIsCancelled."""
        if self.status is RaidStatus.CANCELLED:
            raise RaidIsCancelled(self.id)


def _end(starts_at: datetime, ends_at: datetime | None) -> datetime | None:
    if ends_at is not None and ends_at < starts_at:
        raise InvalidValue("ends_at", f"{ends_at.isoformat()} is before the start", "a time from the start on")
    return ends_at
