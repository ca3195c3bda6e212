"""What can be refused about raids."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict, Invalid, InvalidValue
from dkp_core.kernel.ids import CharacterId, EventTypeId, RaidId


@define
class RaidIsCancelled(Conflict):
    """Nothing is added to a cancelled raid."""

    raid_id: RaidId
    code: ClassVar[str] = "raid_cancelled"

    @property
    def sentence(self) -> str:
        return f"Raid {self.raid_id} is cancelled."


@define
class RaidIsClosed(Conflict):
    """Members claim nothing at a raid that is done."""

    raid_id: RaidId
    code: ClassVar[str] = "raid_closed"

    @property
    def sentence(self) -> str:
        return f"Raid {self.raid_id} is closed; an officer may still note who stood by."


@define
class StandbyIsForOfficers(Conflict):
    """None of the raid's pools lets members note themselves as standing by."""

    raid_id: RaidId
    code: ClassVar[str] = "standby_for_officers"

    @property
    def sentence(self) -> str:
        return f"At raid {self.raid_id} officers note who stands by; no pool of it lets members claim it."


@define
class StandbyIsOver(Conflict):
    """Members claim standby on the night of the raid, not long after."""

    raid_id: RaidId
    tick: int
    until: datetime
    code: ClassVar[str] = "standby_over"

    @property
    def sentence(self) -> str:
        return (
            f"Standby at tick {self.tick} of raid {self.raid_id} was to be claimed by {self.until.isoformat()}; "
            "an officer may still note who stood by."
        )


@define
class NotedAlready(Conflict):
    """The name stands at the tick already, and not as a claim of standby, or its member does by another character."""

    raid_id: RaidId
    tick: int
    name: str
    code: ClassVar[str] = "noted_already"

    @property
    def sentence(self) -> str:
        return f"{self.name} is noted at tick {self.tick} of raid {self.raid_id} already; an officer may change it."


@define
class NoDisagreement(Conflict):
    """No two files disagree on that name, so that there is nothing to decide."""

    name: str
    tick: int
    code: ClassVar[str] = "no_disagreement"

    @property
    def sentence(self) -> str:
        return f"No files disagree on {self.name!r} at tick {self.tick}; attendance is changed without deciding."


@define
class EventTypeIsInactive(Conflict):
    """No new raids of an inactive event type."""

    event_type_id: EventTypeId
    code: ClassVar[str] = "event_type_inactive"

    @property
    def sentence(self) -> str:
        return f"Event type {self.event_type_id} is inactive; bring it back first."


@define
class TimeInFuture(Invalid):
    """Raids are written down after they began."""

    name: str
    at: datetime
    now: datetime
    code: ClassVar[str] = "time_in_future"

    @property
    def field(self) -> str:
        return self.name

    @property
    def sentence(self) -> str:
        return (
            f"{self.name}: {self.at.isoformat()} is in the future; accepted: a time up to now, {self.now.isoformat()}."
        )


@define
class TimeNeeded(Invalid):
    """The file does not say when it was taken."""

    code: ClassVar[str] = "time_needed"

    @property
    def field(self) -> str:
        return "at"

    @property
    def sentence(self) -> str:
        return "at: the file does not tell when it was taken; accepted: a date and time such as 2026-11-20T20:15."


@define
class CheckNotChosen(Invalid):
    """A log holds several attendance checks, and it is not said which one is meant."""

    times: tuple[datetime, ...]
    code: ClassVar[str] = "check_not_chosen"

    @property
    def field(self) -> str:
        return "at"

    @property
    def sentence(self) -> str:
        shown = ", ".join(f"{time:%Y-%m-%dT%H:%M:%S}" for time in self.times[:20])
        more = f" and {len(self.times) - 20} more" if len(self.times) > 20 else ""
        return (
            f"at: the log holds {len(self.times)} attendance checks; accepted: the time of one of them: {shown}{more}."
        )


@define
class UnknownStatus(InvalidValue):
    """An attendance status that there is not."""

    code: ClassVar[str] = "unknown_status"


@define
class NotUnresolved(Conflict):
    """No unresolved attendance bears that name."""

    name: str
    code: ClassVar[str] = "not_unresolved"

    @property
    def sentence(self) -> str:
        return f"No unresolved attendance bears the name {self.name!r}."


@define
class NobodyOwnedIt(Conflict):
    """The character belonged to nobody when its name was read, so that there is nobody to award."""

    name: str
    character_id: CharacterId
    code: ClassVar[str] = "nobody_owned_it"

    @property
    def sentence(self) -> str:
        return (
            f"Nobody owned character {self.character_id} when {self.name!r} was read; "
            "give it an owner, or name the user."
        )
