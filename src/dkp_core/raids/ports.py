"""What the raids context needs kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from dkp_core.guilds import GuildsView
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import CharacterId, EventTypeId, PoolId, RaidId, UploadId, UserId
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.points import PastEntry, PointsView, PointsWork, Turnout
from dkp_core.raids.attendance import Attendance, Present
from dkp_core.raids.event_type import EventType
from dkp_core.raids.raid import Raid
from dkp_core.raids.sighting import Decision, Evidence, Sighting
from dkp_core.raids.upload import Upload
from dkp_core.raids.views import (
    AttendanceRow,
    AttendanceShareRow,
    EventTypeRow,
    RaidDetailRow,
    RaidFilter,
    RaidRow,
    UnresolvedRow,
)


class EventTypes(Protocol):
    """The guild's event types."""

    @abstractmethod
    def get(self, event_type_id: EventTypeId) -> EventType:
        """The event type, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def named(self, name: str) -> EventType:
        """The event type of that name, in any case. Raises: NoSuch."""

    @abstractmethod
    def save(self, event_type: EventType) -> None:
        """Store the event type and the events it carries. Raises: NameTaken, Stale."""

    @abstractmethod
    def remove(self, event_type: EventType) -> bool:
        """Remove it and store the events it carries, unless a raid names it: then nothing is done, and False told."""


class Raids(Protocol):
    """The guild's raids."""

    @abstractmethod
    def get(self, raid_id: RaidId) -> Raid:
        """The raid with its ticks, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def save(self, raid: Raid) -> None:
        """Store the raid, new ticks of it, and the events it carries. Raises: Stale.

        A raid that is saved as cancelled counts for nobody's attendance from then on.
        """

    @abstractmethod
    def remove(self, raid: Raid) -> bool:
        """Remove a raid and store its events, unless attendance or award drafts name it:

        then nothing is done, and False told.
        """


class Attendances(Protocol):
    """Attendance of the guild's raids: it grows, unresolved lines are resolved, and officers correct it.

    The attendance summaries follow whatever happens to it: who attended which raid, how many, since when.
    """

    @abstractmethod
    def present(self, raid_id: RaidId, tick: int) -> Present:
        """The lines of a tick, by key, and for whom those of users count who were merged into others (R-8)."""

    @abstractmethod
    def of_raid(self, raid_id: RaidId) -> tuple[Attendance, ...]:
        """Every line of the raid, by tick and key."""

    @abstractmethod
    def append(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        """Store new lines. Raises: Stale where a name stands at that tick already."""

    @abstractmethod
    def change(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        """Store what lines of that raid, which is held, are from now on: all but name, tick, upload and line."""

    @abstractmethod
    def remove(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        """Remove lines of that raid, which is held; those that are not there are passed over."""

    @abstractmethod
    def unresolved(self, key: str) -> tuple[Attendance, ...]:
        """The unresolved lines of that name key in raids that stand, in order of raid and tick."""

    @abstractmethod
    def resolve(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        """Store what became of unresolved lines of that raid (character, user, award, ignored).

        Raises: Stale where one of them was resolved meanwhile.
        """


class Uploads(Protocol):
    """The raw files of the guild."""

    @abstractmethod
    def made(self, sha256: str, check: str) -> RaidId | None:
        """The latest raid that stands and that this file (and check in it) made; None if there is none."""

    @abstractmethod
    def append(self, upload: Upload) -> None:
        """Keep an upload."""

    @abstractmethod
    def last_zone(self, by: Actor) -> str | None:
        """The zone this actor named last at an upload; None where they never named one."""

    @abstractmethod
    def kept_after(self, upload_id: UploadId) -> Upload | None:
        """The next upload after that one, by id, whose content is kept, locked until the transaction ends."""

    @abstractmethod
    def rewrite(self, upload_id: UploadId, content: bytes) -> None:
        """Keep this content instead; hash and size stay those of the file that came. Unknown ids are passed over."""

    @abstractmethod
    def forget_names(self, actors: Collection[tuple[ActorKind, str]]) -> None:
        """Forget what the files were called that these uploaded, but for logs of the game (`owner_of`)."""

    @abstractmethod
    def prune(self, before: datetime) -> int:
        """Forget the content (not the hash) of what was uploaded before; tells of how many."""


class Sightings(Protocol):
    """What files say of the ticks of the guild's raids; it only grows, but for what is decided of it."""

    @abstractmethod
    def append(self, raid: Raid, sightings: Sequence[Sighting]) -> None:
        """Keep what a file says; it names each name once at a tick. Its upload is kept in the same transaction."""

    @abstractmethod
    def of_raid(self, raid_id: RaidId) -> Evidence:
        """What files say of the raid's ticks, by tick, upload and key, and what was decided, by tick and key."""

    @abstractmethod
    def decide(self, raid: Raid, decisions: Sequence[Decision]) -> None:
        """Keep what was decided, instead of what was decided of the same name at that tick before."""


class RaidsWork(PointsWork, Protocol):
    """A transaction over a guild's raids."""

    @property
    @abstractmethod
    def event_types(self) -> EventTypes:
        """The guild's event types."""

    @property
    @abstractmethod
    def raids(self) -> Raids:
        """The guild's raids."""

    @property
    @abstractmethod
    def attendances(self) -> Attendances:
        """Who was there."""

    @property
    @abstractmethod
    def uploads(self) -> Uploads:
        """The raw files."""

    @property
    @abstractmethod
    def sightings(self) -> Sightings:
        """What files say of ticks."""


RAID_COLUMNS: Final = ("starts_at", "event_type", "points", "status", "attendees", "id")
ATTENDANCE_COLUMNS: Final = (
    "user_id",
    "username",
    "main_character",
    "attendance_30",
    "attendance_60",
    "attendance_90",
    "attendance_lifetime",
    "last_raid",
)


class RaidsView(Protocol):
    """Reads event types, raids and attendance."""

    @abstractmethod
    def event_types(self, *, active: bool | None, external_id: str | None = None) -> tuple[EventTypeRow, ...]:
        """The event types, by name; `active` restricts to those that are, or are not, `external_id` to the one."""

    @abstractmethod
    def event_type(self, event_type_id: EventTypeId) -> EventTypeRow:
        """One event type. Raises: NoSuch."""

    @abstractmethod
    def raids(self, wanted: RaidFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[RaidRow]:
        """Raids that match, ordered by RAID_COLUMNS, else the latest first; `search` is a part of note or event type,

        `user_id` wants raids that the user attended.
        """

    @abstractmethod
    def raid(self, raid_id: RaidId) -> RaidDetailRow:
        """One raid. Raises: NoSuch."""

    @abstractmethod
    def attendance(self, raid_id: RaidId) -> tuple[AttendanceRow, ...]:
        """Every line of the raid, by tick and name. Raises: NoSuch."""

    @abstractmethod
    def raids_revision(self) -> str:
        """A text that changes whenever what is shown of the raids does: who was there, and what they are called."""

    @abstractmethod
    def attendees(self, raid_ids: Collection[RaidId]) -> Mapping[RaidId, tuple[CharacterId, ...]]:
        """The characters that stand at any tick of these raids, by id; a raid without any is left out."""

    @abstractmethod
    def upload(self, upload_id: UploadId, *, with_content: bool) -> Upload:
        """One upload; its content only where that is asked for. Raises: NoSuch."""

    @abstractmethod
    def standing(self, raid_id: RaidId) -> tuple[Attendance, ...]:
        """Every line of the raid, by tick and key, as it is kept. Raises: NoSuch."""

    @abstractmethod
    def evidence(self, raid_id: RaidId) -> Evidence:
        """What files say of the raid's ticks, as `Sightings.of_raid` tells it; nothing of one that is not there."""

    @abstractmethod
    def unresolved(self, raid_id: RaidId | None) -> tuple[UnresolvedRow, ...]:
        """Names that stand for nobody yet, of one raid or of all that stand, by name; `suggestions` is empty."""

    @abstractmethod
    def known_names(self) -> tuple[str, ...]:
        """Every character name and alias of the guild."""

    @abstractmethod
    def attendance_shares(
        self,
        *,
        user_id: UserId | None,
        pool_id: PoolId | None,
        everyone: bool,
        ordering: tuple[Order, ...],
        at: datetime,
    ) -> tuple[AttendanceShareRow, ...]:
        """Attendance of the active members (or everyone), or of one user; ordered by ATTENDANCE_COLUMNS, else by name.

        Windows are [at − N × 24 h, at) by raid start, cancelled raids not counted, nor raids without points and
        attendance (D-15); `pool_id` counts only raids that award in that pool. Lifetime begins when the user joined,
        or at their first raid if earlier. It equals a recount at any time. Who was merged into somebody counts for
        them, and is in no list.
        """


class PastView(RaidsView, PointsView, GuildsView, Protocol):
    """Reads what was booked in a pool; it is opened on one state of everything, whatever is written meanwhile."""

    @property
    @abstractmethod
    def turnout(self) -> Turnout:
        """Who is a member and who came."""

    @abstractmethod
    def past_balances(self, pool_id: PoolId) -> Mapping[UserId, tuple[int, int, int]]:
        """What each user earned, spent and was adjusted by in the pool, in hundredths: what is spent is negative."""

    @abstractmethod
    def past_entries(
        self, pool_id: PoolId, *, booked_since: datetime, occurred_since: datetime
    ) -> tuple[PastEntry, ...]:
        """The entries of a pool that were booked, or occurred, from these moments on, in order of id."""

    @abstractmethod
    def past_raids(
        self, pool_id: PoolId, *, starts_since: datetime, named: Collection[RaidId]
    ) -> tuple[tuple[Raid, tuple[Attendance, ...]], ...]:
        """The raids that award in a pool and began from that moment on, or are named, by id, each with every line."""
