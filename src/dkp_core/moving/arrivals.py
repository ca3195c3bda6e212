"""What moves into a guild from elsewhere: people, and things of every context, made as they are to be kept (O-1)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from attrs import define, field, frozen

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import ApplicationId, GuildId, ImportId, PoolId, UserId
from dkp_core.loot import Award, Item
from dkp_core.moving.report import Found, Report
from dkp_core.points import Adjustment, Entry, InForce, ItemPool, Pool
from dkp_core.raids import Attendance, EventType, Raid
from dkp_core.recruitment import Application, Comment, Form, Transition
from dkp_core.roster import Character, ProfileField, Rank


class Kind(StrEnum):
    """Kinds of things that get ids of ours; the words are those that ids are handed out by."""

    USER = "user"
    RANK = "rank"
    PROFILE_FIELD = "profile_field"
    CHARACTER = "character"
    POOL = "pool"
    ITEM_POOL = "item_pool"
    EVENT_TYPE = "event_type"
    RAID = "raid"
    ITEM = "item"
    AWARD = "award"
    ADJUSTMENT = "adjustment"
    ENTRY = "entry"
    APPLICATION = "application"
    COMMENT = "comment"


@frozen(kw_only=True)
class Origin:
    """Where it comes from. `name` is the source as it was named, without a password; `fingerprint` (64 hex digits)
    is the same for the same content, `read_at` the moment at which the numbers there are reckoned."""

    program: str
    version: str
    name: str
    fingerprint: str
    read_at: datetime


@frozen(kw_only=True)
class Person:
    """Somebody who moves in, by the number that the source gave them here; `external_id` is the old id, if any.

    Whose Discord id is known is that user; everybody else becomes an unlinked user (A-13).
    """

    number: int
    name: str
    discord_id: str | None = None
    timezone: str = "UTC"
    locale: str = "en"
    role_group: RoleGroup = RoleGroup.MEMBER
    status: MembershipStatus = MembershipStatus.IN_FORCE
    reason: str = ""
    joined_at: datetime
    external_id: str | None = None


@frozen(kw_only=True)
class PoliciesOf:
    """A version of a pool's policies."""

    pool_id: PoolId
    in_force: InForce


@frozen(kw_only=True)
class FormVersion:
    """A version of the guild's questions to applicants, and since when."""

    version: int
    form: Form
    at: datetime


@frozen(kw_only=True)
class OldTransition:
    """A step of an application that was taken elsewhere, and who took it, by the name they had there."""

    application_id: ApplicationId
    transition: Transition
    by: str


@frozen(kw_only=True)
class OldDeed:
    """Something that the old system logged: when, by whom (the name they had there), and what."""

    at: datetime
    by: str
    event: DomainEvent


Thing: TypeAlias = (
    Rank
    | ProfileField
    | Character
    | Pool
    | PoliciesOf
    | ItemPool
    | EventType
    | Raid
    | Attendance
    | Item
    | Award
    | Adjustment
    | Entry
    | FormVersion
    | Application
    | OldTransition
    | Comment
    | OldDeed
)
"""What is kept as it is given: its events, if it carries any, are not told."""


@define
class Numbers:
    """The ids of ours that one import hands out, by the ids of the source.

    `named` are ids of ranks and pools that the guild has already, by the keys of their names: those are used again.
    `rank_order` is the first place that none of the guild's ranks has, `timezone` the guild's, on whose clocks
    schedules run.
    """

    guild_id: GuildId
    import_id: ImportId
    at: datetime
    users: Mapping[int, UserId]
    named: Mapping[Kind, Mapping[str, int]]
    default_rank: int
    _next: dict[Kind, int]
    _ends: Mapping[Kind, int]
    rank_order: int = 0
    timezone: str = "UTC"
    _given: dict[tuple[Kind, int], int] = field(factory=dict, init=False)

    def new(self, kind: Kind, key: int | None = None) -> int:
        """A new id, of what has that key in the source."""
        made = self._next[kind]
        assert made < self._ends[kind], f"more of {kind} came than was told"
        self._next[kind] = made + 1
        if key is not None:
            self._given[kind, key] = made
        return made

    def reuse(self, kind: Kind, key: int, known: int) -> int:
        """What has that key in the source is something that the guild has already."""
        self._given[kind, key] = known
        return known

    def of(self, kind: Kind, key: int) -> int:
        """The id of what has that key in the source; it was made before."""
        return self._given[kind, key]

    def has(self, kind: Kind, key: int) -> bool:
        """Whether what has that key in the source was made."""
        return (kind, key) in self._given


class Arrivals(Protocol):
    """All that moves in from one source."""

    @property
    @abstractmethod
    def origin(self) -> Origin:
        """Where it comes from."""

    @property
    @abstractmethod
    def people(self) -> Sequence[Person]:
        """Everybody, no Discord id twice."""

    @property
    @abstractmethod
    def counts(self) -> Mapping[Kind, int]:
        """How many ids of each kind are needed at most, but for users."""

    @property
    @abstractmethod
    def default_pool(self) -> int | None:
        """The key, in the source, of the pool that the guild's default is to be; None to leave it."""

    @abstractmethod
    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        """Everything, some at a time, each time of one type, and what is named before what names it.

        It may be asked for again, with other numbers.
        """

    @abstractmethod
    def report(self, numbers: Numbers, found: Found) -> Report:
        """What came of each row, and every number of the source against what the store says (O-2)."""
