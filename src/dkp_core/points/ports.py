"""What the points context needs kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from dkp_core.accounts import AccountsInstallation
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import (
    AdjustmentId,
    BatchId,
    DisputeId,
    EntryId,
    GuildId,
    ItemPoolId,
    MergeId,
    PoolId,
    RaidId,
    UserId,
)
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import Points
from dkp_core.points.adjustment import Adjustment
from dkp_core.points.batch import Batch, BatchKind
from dkp_core.points.dispute import Dispute
from dkp_core.points.entry import Balance, Entry, Source
from dkp_core.points.merge import Merge
from dkp_core.points.policies import InForce
from dkp_core.points.pool import ItemPool, Pool
from dkp_core.points.views import (
    AdjustmentFilter,
    AdjustmentRow,
    BalancePartRow,
    BalanceRow,
    BatchFilter,
    BatchLineRow,
    BatchRow,
    DisputeFilter,
    DisputeRow,
    HistoryFilter,
    HistoryRow,
    ItemPoolRow,
    MergeFilter,
    MergeRow,
    NamedUser,
    PoliciesRow,
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


class PoolPolicies(Protocol):
    """The policies of the guild's pools, in versions; none is ever changed."""

    @abstractmethod
    def of(self, pool_id: PoolId) -> InForce:
        """The latest version; a pool that none were set for has the defaults, as version 0."""

    @abstractmethod
    def all(self, pool_id: PoolId) -> tuple[InForce, ...]:
        """Every version, the defaults as version 0 first."""

    @abstractmethod
    def append(self, pool_id: PoolId, in_force: InForce, event: DomainEvent) -> None:
        """Keep a new version, and store the event. Raises: Stale where somebody else made that version first."""


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
    def held(self, pool_id: PoolId, users: Collection[UserId]) -> Mapping[UserId, Balance]:
        """The balances of these users in that pool (0 where nothing ever moved), locked until the transaction ends."""

    @abstractmethod
    def as_of(self, pool_id: PoolId, at: datetime) -> Mapping[UserId, Points]:
        """What everybody has in the pool of what occurred before that moment, or was booked by batches at that moment.

        Every balance of the pool is locked until the transaction ends; who never had anything there is left out.
        """

    @abstractmethod
    def up_to(self, pool_id: PoolId, at: datetime) -> Mapping[UserId, tuple[Entry, ...]]:
        """Everybody's entries in the pool that occurred until that moment, with those at it, by (occurred at, id)."""

    @abstractmethod
    def earned(self, pool_id: PoolId, users: Collection[UserId], period: Period) -> Mapping[UserId, Points]:
        """What occurred in that period and counts as earned, less what caps took of it; who has none is left out.

        Start points were not earned in a period, nor was what only came by a merge.
        """

    @abstractmethod
    def unreversed(self, source: Source, lines: Sequence[tuple[UserId, datetime]]) -> tuple[Entry, ...]:
        """The entries of that source (of any part) at these users and times of occurrence, in order of id,

        that reverse nothing and that no entry reverses.
        """

    @abstractmethod
    def standing(self, source: Source, users: Collection[UserId]) -> tuple[Entry, ...]:
        """The same of these users, whenever they occurred; it takes the longer, the more these users' entries are."""

    @abstractmethod
    def beside(self, user_id: UserId, entry_id: EntryId) -> tuple[Entry, ...]:
        """That entry of the user, and what stands beside it: the same time, source (any part) and user; by id.

        Nothing where the user has no such entry.
        """


class Disputes(Protocol):
    """What members say is wrong with their entries."""

    @abstractmethod
    def get(self, dispute_id: DisputeId) -> Dispute:
        """The dispute, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def open_on(self, entry_id: EntryId) -> Dispute | None:
        """The dispute about that entry which waits for an answer; None where none does."""

    @abstractmethod
    def count_open(self, made_by: UserId) -> int:
        """How many disputes of a member wait for an answer."""

    @abstractmethod
    def made_by(self, user_id: UserId) -> tuple[Dispute, ...]:
        """Every dispute that a user made, in order of id, locked until the transaction ends."""

    @abstractmethod
    def save(self, dispute: Dispute) -> None:
        """Store the dispute and the events it carries. Raises: Stale, also where its entry was disputed first."""


class Adjustments(Protocol):
    """The guild's manual adjustments."""

    @abstractmethod
    def get(self, adjustment_id: AdjustmentId) -> Adjustment:
        """The adjustment, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def of_batch(self, batch_id: BatchId) -> tuple[Adjustment, ...]:
        """Those that were made together in that batch, in order of id, locked until the transaction ends."""

    @abstractmethod
    def append(self, adjustments: Sequence[Adjustment], event: DomainEvent) -> None:
        """Store new adjustments, and the one event that tells of them all."""

    @abstractmethod
    def reverse_all(self, adjustments: Sequence[Adjustment], event: DomainEvent) -> None:
        """Note that these were reversed, and store the event. Raises: Stale where one of them was meanwhile."""

    @abstractmethod
    def reverse(self, adjustment: Adjustment, event: DomainEvent) -> None:
        """Note that the adjustment was reversed, and store the event. Raises: Stale where it was meanwhile."""


class Batches(Protocol):
    """What moved the points of many together. Who makes or reverses one holds the guild's pools (`Pools.all`)."""

    @abstractmethod
    def get(self, batch_id: BatchId) -> Batch:
        """The batch, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def of(self, pool_id: PoolId, kind: BatchKind, rule: str, period: str) -> tuple[Batch, ...]:
        """All that were made for this, in order of id; one of them stands at most."""

    @abstractmethod
    def of_period(self, kind: BatchKind, period: str) -> tuple[Batch, ...]:
        """All of that kind that were made for that period, in any pool, in order of id."""

    @abstractmethod
    def of_raid(self, raid_id: RaidId) -> tuple[Batch, ...]:
        """All that officers gave for that raid and that stand, in order of id."""

    @abstractmethod
    def standing(self, pool_id: PoolId, kind: BatchKind, until: datetime) -> tuple[Batch, ...]:
        """All of that kind in the pool that stand and whose moment is before that one, in order of their moments."""

    @abstractmethod
    def last_runs(self, pool_id: PoolId) -> Mapping[tuple[BatchKind, str], datetime]:
        """When each kind and rule ran last, also if it was reversed since; bonuses for raids are no runs."""

    @abstractmethod
    def entries(self, batch: Batch) -> tuple[Entry, ...]:
        """What it booked that nothing reverses, in order of id; of adjustments, also what caps took of them."""

    @abstractmethod
    def all_entries(self, batch: Batch) -> tuple[Entry, ...]:
        """What it booked and what reverses any of it, in order of id; of a batch of adjustments nothing."""

    @abstractmethod
    def save(self, batch: Batch) -> None:
        """Store the batch and the events it carries. Raises: Stale, also where another stands for the same."""


class Turnout(Protocol):
    """Who is a member and who came; nothing is locked."""

    @abstractmethod
    def members(self) -> Mapping[UserId, datetime]:
        """The active members, in order of user id, each with when they joined."""

    @abstractmethod
    def attended(self, period: Period) -> frozenset[UserId]:
        """Who attended a raid that counts and began in that period (D-9)."""

    @abstractmethod
    def attendance(self, days: int, at: datetime) -> Mapping[UserId, tuple[int, int]]:
        """The raids that each active member attended, and those that were held for them, in the `days` × 24 h before

        that moment: 30, 60 or 90, or 0 for lifetime (D-9).
        """

    @abstractmethod
    def named(self, users: Collection[UserId]) -> tuple[NamedUser, ...]:
        """What these users and their mains are called, in order of user id."""

    @abstractmethod
    def with_rank(self, ranks: Collection[int]) -> frozenset[UserId]:
        """Whose main holds one of these ranks."""


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
    def policies(self) -> PoolPolicies:
        """The policies of the guild's pools."""

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
    def disputes(self) -> Disputes:
        """What members say is wrong with their entries."""

    @property
    @abstractmethod
    def batches(self) -> Batches:
        """What moved the points of many together."""

    @property
    @abstractmethod
    def turnout(self) -> Turnout:
        """Who came."""

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
    def policies(self, pool_id: PoolId) -> tuple[PoliciesRow, ...]:
        """Every version of a pool's policies, the latest first; the defaults are version 0. Raises: NoSuch."""

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
    def beside(self, user_id: UserId, entry_id: EntryId) -> tuple[Entry, ...]:
        """That entry of the user, and what stands beside it: the same time, source (any part) and user; by id.

        Nothing where the user has no such entry.
        """

    @abstractmethod
    def balance_parts(self, user_id: UserId, pool_id: PoolId, at: datetime | None) -> tuple[BalancePartRow, ...]:
        """What a user's entries in a pool add up to by bucket and kind, in this order, before `at` or altogether."""

    @abstractmethod
    def actor_name(self, kind: ActorKind, actor_id: str) -> str | None:
        """What people call an actor of an entry: a user's name, a bot key's, of a personal key its owner's.

        Of an import it is the name of who has that external id, or who that one turned out to be. None for all others.
        """

    @abstractmethod
    def disputes(self, wanted: DisputeFilter, *, page: PageRequest) -> Page[DisputeRow]:
        """Disputes that match, the newest first by id."""

    @abstractmethod
    def dispute(self, dispute_id: DisputeId) -> DisputeRow:
        """One dispute. Raises: NoSuch."""

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
    def batches(self, wanted: BatchFilter, *, page: PageRequest) -> Page[BatchRow]:
        """Batches that match, the newest first by id."""

    @abstractmethod
    def batch(self, batch_id: BatchId) -> BatchRow:
        """One batch. Raises: NoSuch."""

    @abstractmethod
    def batch_lines(self, batch_id: BatchId, *, page: PageRequest) -> Page[BatchLineRow]:
        """What a batch booked, by user and id of the entry; what reverses it is not among it. Raises: NoSuch."""

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
