"""What happens to event types, raids and attendance."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dkp_core.kernel.domain_events import Change, DomainEvent
from dkp_core.kernel.ids import CharacterId, EventTypeId, RaidId, UploadId, UserId


@frozen(kw_only=True)
class EventTypeEvent(DomainEvent):
    """Something that happened to an event type."""

    aggregate: ClassVar[str] = "event_type"
    event_type_id: EventTypeId

    @property
    def aggregate_id(self) -> str:
        return str(self.event_type_id)


@frozen(kw_only=True)
class EventTypeCreated(EventTypeEvent):
    """The guild got another kind of raid."""

    name: str


@frozen(kw_only=True)
class EventTypeChanged(EventTypeEvent):
    """An event type's name, points, pools or state changed."""

    changes: tuple[Change, ...]


@frozen(kw_only=True)
class EventTypeRemoved(EventTypeEvent):
    """An event type that no raid names was removed."""

    name: str


@frozen(kw_only=True)
class RaidEvent(DomainEvent):
    """Something that happened to a raid."""

    aggregate: ClassVar[str] = "raid"
    raid_id: RaidId

    @property
    def aggregate_id(self) -> str:
        return str(self.raid_id)


@frozen(kw_only=True)
class RaidRecorded(RaidEvent):
    """A raid that took place was written down."""

    event_type_id: EventTypeId
    starts_at: str
    points: str


@frozen(kw_only=True)
class RaidChanged(RaidEvent):
    """A raid's end, leader, note, points or state changed."""

    changes: tuple[Change, ...]


@frozen(kw_only=True)
class TickAdded(RaidEvent):
    """A raid got another attendance check."""

    tick: int
    name: str
    at: str
    points: str


@frozen(kw_only=True)
class TickChanged(RaidEvent):
    """An attendance check got another name, time or other points."""

    tick: int
    changes: tuple[Change, ...]


@frozen(kw_only=True)
class AttendanceRecorded(RaidEvent):
    """Characters were noted as there at a tick, and their owners awarded."""

    tick: int
    recorded: int
    awarded: int
    unresolved: int
    points: str
    upload_id: UploadId | None = None


@frozen(kw_only=True)
class AttendanceCorrected(RaidEvent):
    """Lines of attendance at a tick were changed or removed, and the ledger followed.

    `changes` tell the status of each before and after (nothing where its line is gone), by the character's id, else
    the user's, else as an unresolved name.
    """

    tick: int
    changed: int
    removed: int
    reversed_entries: int
    booked_entries: int
    changes: tuple[Change, ...]


@frozen(kw_only=True)
class ClosedRaidChanged(RaidEvent):
    """Who was there, or when, changed of a raid that is closed: the bonuses that it gave are reckoned anew."""


@frozen(kw_only=True)
class DisagreementsDecided(RaidEvent):
    """Somebody decided on names on which files disagreed: how they were there, or (no status) that they were not."""

    tick: int
    names: int
    status: str | None


@frozen(kw_only=True)
class StandbyClaimed(RaidEvent):
    """A member noted one of their own characters as standing by at a tick."""

    tick: int
    character_id: CharacterId
    user_id: UserId


@frozen(kw_only=True)
class StandbyWithdrawn(RaidEvent):
    """A member took back that they noted one of their own characters as standing by."""

    tick: int
    character_id: CharacterId | None
    user_id: UserId


@frozen(kw_only=True)
class NameResolved(RaidEvent):
    """A name that had stood for nobody was resolved, or told to be ignored."""

    lines: int
    character_id: CharacterId | None
    user_id: UserId | None
    ignored: bool


@frozen(kw_only=True)
class RaidCancelled(RaidEvent):
    """A raid was cancelled and its points taken back."""

    reason: str
    reversed_entries: int


@frozen(kw_only=True)
class RaidRemoved(RaidEvent):
    """A raid without any attendance was removed."""
