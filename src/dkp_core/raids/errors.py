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
