"""What the points context needs kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from dkp_core.accounts import AccountsInstallation
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import AdjustmentId, GuildId, ItemPoolId, MergeId, PoolId, UserId
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points.adjustment import Adjustment
from dkp_core.points.entry import Balance, Entry, Source
from dkp_core.points.merge import Merge
from dkp_core.points.pool import ItemPool, Pool
from dkp_core.points.views import (
    AdjustmentFilter,
    AdjustmentRow,
    BalanceRow,
    HistoryFilter,
    HistoryRow,
    ItemPoolRow,
    MergeFilter,
    MergeRow,
    PoolRow,
    StandingRow,
    StandingsFilter,
    UserBalancesRow,
    Verification,
)
from dkp_core.roster import RosterWork


class Pools(Protocol):
    """The guild's pools."""

    @abstractmethod
    def get(self, pool_id: PoolId) -> Pool:
        """The pool, not locked. Raises: NoSuch."""

    @abstractmethod
    def named(self, name: str) -> Pool:
        """The pool of that name, in any case. Raises: NoSuch."""

    @abstractmethod
    def all(self) -> tuple[Pool, ...]:
        """Every pool, archived ones too, in order of id, locked until the transaction ends."""

    @abstractmethod
    def save(self, pool: Pool) -> None:
        """Store the pool and the events it carries. Raises: NameTaken, Stale."""


class ItemPools(Protocol):
    """The guild's item pools."""

    @abstractmethod
    def get(self, item_pool_id: ItemPoolId) -> ItemPool:
        """The item pool, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def save(self, item_pool: ItemPool) -> None:
        """Store the item pool and the events it carries. Raises: NameTaken, Stale."""


class Ledger(Protocol):
    """The guild's ledger: it only grows, and it is the only way a balance moves."""

    @abstractmethod
    def append(self, entries: Sequence[Entry]) -> None:
        """Store the entries and move the balances by them, in one transaction.

        No balance needs to exist before; concurrent appends to one balance lose nothing. What is booked on a user whose
        things are another's since a merge goes on to the other, by entries of kind transfer (`follow` says which).
        Raises: BalanceOutOfRange, at the latest when the transaction ends.
        """

    @abstractmethod
    def unreversed(self, source: Source, lines: Sequence[tuple[UserId, datetime]]) -> tuple[Entry, ...]:
        """The entries of that source (of any part) at these users and times of occurrence, in order of id,

        that reverse nothing and that no entry reverses.
        """

    @abstractmethod
    def standing(self, source: Source, users: Collection[UserId]) -> tuple[Entry, ...]:
        """The same of these users, whenever they occurred; it takes the longer, the more these users' entries are."""


class Adjustments(Protocol):
    """The guild's manual adjustments."""

    @abstractmethod
    def get(self, adjustment_id: AdjustmentId) -> Adjustment:
        """The adjustment, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def append(self, adjustments: Sequence[Adjustment], event: DomainEvent) -> None:
        """Store new adjustments, and the one event that tells of them all."""

    @abstractmethod
    def reverse(self, adjustment: Adjustment, event: DomainEvent) -> None:
        """Note that the adjustment was reversed, and store the event. Raises: Stale where it was meanwhile."""


class Merges(Protocol):
    """The guild's merges: whose things are whose."""

    @abstractmethod
    def get(self, merge_id: MergeId) -> Merge:
        """The merge, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def of(self, users: Collection[UserId]) -> tuple[Merge, ...]:
        """The merges that stand and name one of these users, on either side, in order of id; not locked."""

    @abstractmethod
    def head(self, user_id: UserId, at: datetime) -> UserId:
        """For whom it counts what the user had at that moment: whom they were merged into, else themselves."""

    @abstractmethod
    def hold(self, user_id: UserId, into: UserId) -> Mapping[UserId, Mapping[PoolId, Balance]]:
        """What each of both users has in each pool, held secretly or not.

        Pools where nothing ever moved are left out, or empty. Their balances, the raids they attended and what is
        summed up of these are locked until the transaction ends. Raises: Stale.
        """

    @abstractmethod
    def save(self, merge: Merge) -> None:
        """Store the merge and the events it carries; both users are held.

        What is summed up of attendance counts for whom the merges that stand say, when the transaction ends; what a
        name stands for (`Characters.attributed`) does so at once. Raises: Stale.
        """


class PointsWork(RosterWork, Protocol):
    """A transaction over a guild's points."""

    @property
    @abstractmethod
    def pools(self) -> Pools:
        """The guild's pools."""

    @property
    @abstractmethod
    def item_pools(self) -> ItemPools:
        """The guild's item pools."""

    @property
    @abstractmethod
    def ledger(self) -> Ledger:
        """The guild's ledger."""

    @property
    @abstractmethod
    def adjustments(self) -> Adjustments:
        """The guild's manual adjustments."""

    @property
    @abstractmethod
    def merges(self) -> Merges:
        """The guild's merges."""


class FoundingInstallation(AccountsInstallation, Protocol):
    """A transaction that founds a guild and then works in it."""

    @abstractmethod
    def enter(self, guild_id: GuildId) -> PointsWork:
        """The guild's own work, in the same transaction."""


STANDINGS_COLUMNS: Final = (
    "position",
    "user_id",
    "username",
    "main_character",
    "character_class",
    "rank",
    "earned",
    "spent",
    "adjusted",
    "current",
    "held",
    "available",
    "attendance_30",
    "attendance_60",
    "attendance_90",
    "attendance_lifetime",
    "last_raid",
)


class PointsView(Protocol):
    """Reads pools, balances, history and standings."""

    @abstractmethod
    def pools(self) -> tuple[PoolRow, ...]:
        """Every pool, the default first, then by name; archived ones last."""

    @abstractmethod
    def pool(self, pool_id: PoolId) -> PoolRow:
        """One pool. Raises: NoSuch."""

    @abstractmethod
    def item_pools(self) -> tuple[ItemPoolRow, ...]:
        """Every item pool, by name."""

    @abstractmethod
    def balances(self, user_id: UserId) -> UserBalancesRow:
        """A user's balance in every pool (0 where nothing ever moved), in order of pool id; held as everybody sees it.

        Raises: NoSuch for a user without membership or history in the guild.
        """

    @abstractmethod
    def balances_of_discord_id(self, discord_id: str) -> UserBalancesRow:
        """The same by Discord id. Raises: NoSuch."""

    @abstractmethod
    def balance(self, user_id: UserId, pool_id: PoolId) -> BalanceRow:
        """A user's balance in one pool. Raises: NoSuch for the pool, or for a user without a place here."""

    @abstractmethod
    def sealed_holds(self, user_id: UserId) -> Mapping[PoolId, Points]:
        """What a user's sealed bids and ceilings hold, by pool; pools where they hold nothing are left out (L-11)."""

    @abstractmethod
    def balances_as_of(self, user_id: UserId, at: datetime, known_at: datetime | None) -> UserBalancesRow:
        """What occurred before `at` counts, and of that only what was recorded before `known_at`; `held` is 0.

        Raises: NoSuch (P-4).
        """

    @abstractmethod
    def history(
        self, user_id: UserId, wanted: HistoryFilter, *, page: PageRequest, newest_first: bool
    ) -> Page[HistoryRow]:
        """A user's entries by (occurred at, id), each with its pool's running balance (of all entries, unfiltered).

        Raises: NoSuch for a user without a place here.
        """

    @abstractmethod
    def standings(
        self, pool_id: PoolId, wanted: StandingsFilter, *, ordering: tuple[Order, ...], at: datetime
    ) -> tuple[StandingRow, ...]:
        """The standings of a pool: `position` counts by current (highest first, then user id) among those listed

        before `wanted` narrows them; ordered by STANDINGS_COLUMNS, else by position. `at` ends the attendance windows.
        Raises: NoSuch for the pool.
        """

    @abstractmethod
    def adjustments(self, wanted: AdjustmentFilter, *, page: PageRequest) -> Page[AdjustmentRow]:
        """Manual adjustments, the newest first."""

    @abstractmethod
    def merges(self, wanted: MergeFilter, *, page: PageRequest) -> Page[MergeRow]:
        """Merges that match, the newest first by id."""

    @abstractmethod
    def merge(self, merge_id: MergeId) -> MergeRow:
        """One merge. Raises: NoSuch."""

    @abstractmethod
    def standings_revision(self, pool_id: PoolId, at: datetime) -> str:
        """A text that differs whenever `standings` would answer something else; cheap to ask for."""


class Verifying(Protocol):
    """Recounts what is kept, over the whole installation."""

    @abstractmethod
    def verify(self, progress: Callable[[str], None]) -> Verification:
        """Every balance against the sum of its entries, every count and attendance summary against a recount.

        It sees one state of the database. `progress` is told what is being looked at.
        """
