"""How raids and attendance are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from dkp_core.kernel.ids import CharacterId, EventTypeId, ItemPoolId, PoolId, RaidId, UploadId, UserId
from dkp_core.kernel.points import Points
from dkp_core.raids.formats import Presence
from dkp_core.raids.raid import RaidStatus


@frozen(kw_only=True)
class EventTypeRow:
    """One kind of raid; `points` is default × modifier."""

    id: EventTypeId
    name: str
    pools: tuple[PoolId, ...]
    default_points: Points
    modifier: str
    points: Points
    description: str
    metadata: Mapping[str, str]
    item_pools: tuple[ItemPoolId, ...]
    active: bool
    external_id: str | None


@frozen(kw_only=True)
class TickRow:
    """One attendance check, with how many names stand at it."""

    number: int
    name: str
    at: datetime
    points: Points
    attendees: int


@frozen(kw_only=True)
class RaidRow:
    """One raid in the list; `attendees` counts users who attended, `unresolved` names that stand for nobody yet."""

    id: RaidId
    event_type_id: EventTypeId
    event_type: str
    starts_at: datetime
    ends_at: datetime | None
    leader_id: UserId | None
    leader: str | None
    note: str
    points: Points
    status: RaidStatus
    ticks: int
    attendees: int
    unresolved: int
    external_id: str | None


@frozen(kw_only=True)
class RaidDetailRow:
    """One raid in full."""

    id: RaidId
    event_type_id: EventTypeId
    event_type: str
    pools: tuple[PoolId, ...]
    starts_at: datetime
    ends_at: datetime | None
    leader_id: UserId | None
    leader: str | None
    note: str
    points: Points
    status: RaidStatus
    ticks: tuple[TickRow, ...]
    attendees: int
    unresolved: int
    external_id: str | None


@frozen(kw_only=True)
class AttendanceRow:
    """One name at one tick of a raid.

    `points_awarded` is what the pool of the raid paid that pays most; `alt` and `counts` (for attendance) are as they
    were judged, and it was `claimed` where the member noted themselves.
    """

    tick: int
    name: str
    character_id: CharacterId | None
    character: str | None
    user_id: UserId | None
    username: str | None
    status: Presence
    points_awarded: Points
    unresolved: bool
    ignored: bool
    upload_id: UploadId | None
    line: int | None
    alt: bool
    counts: bool
    claimed: bool


@frozen(kw_only=True)
class UnresolvedRow:
    """A name that stands for nobody yet, with the raids that wait for it, the latest first."""

    name: str
    raids: tuple[RaidId, ...]
    lines: int
    last_seen: datetime
    suggestions: tuple[str, ...]


@frozen(kw_only=True)
class AttendanceShareRow:
    """A user's attendance: raids attended, held and their percentage in each window (D-9)."""

    user_id: UserId
    username: str
    main_character: str | None
    attended_30: int
    held_30: int
    attendance_30: str
    attended_60: int
    held_60: int
    attendance_60: str
    attended_90: int
    held_90: int
    attendance_90: str
    attended_lifetime: int
    held_lifetime: int
    attendance_lifetime: str
    last_raid: datetime | None


@frozen(kw_only=True)
class RaidFilter:
    """Which raids are wanted; what is None does not restrict. `since` belongs to it, `until` does not."""

    event_type_id: EventTypeId | None = None
    status: RaidStatus | None = None
    pool_id: PoolId | None = None
    user_id: UserId | None = None
    since: datetime | None = None
    until: datetime | None = None
    external_id: str | None = None
    search: str = ""
