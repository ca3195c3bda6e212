"""How points are shown."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import AdjustmentId, AwardId, ClaimId, EntryId, GuildId, ItemPoolId, MergeId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points.entry import EntryKind, SourceKind
from dkp_core.points.merge import MergeKind


@frozen(kw_only=True)
class PoolRow:
    """One pool."""

    id: PoolId
    name: str
    unit: str
    decimals: int
    is_default: bool
    archived: bool


@frozen(kw_only=True)
class ItemPoolRow:
    """One item pool, with the pools it is paid from."""

    id: ItemPoolId
    name: str
    pools: tuple[PoolId, ...]


@frozen(kw_only=True)
class BalanceRow:
    """A user's balance in one pool."""

    pool_id: PoolId
    pool_name: str
    earned: Points
    spent: Points
    adjusted: Points
    current: Points
    held: Points
    available: Points


@frozen(kw_only=True)
class UserBalancesRow:
    """A user's balances in every pool of the guild."""

    user_id: UserId
    discord_id: str | None
    username: str
    balances: tuple[BalanceRow, ...]


@frozen(kw_only=True)
class HistoryRow:
    """One entry of a user, with the pool's running balance right after it."""

    id: EntryId
    pool_id: PoolId
    kind: EntryKind
    bucket: str
    amount: Points
    balance: Points
    reason: str
    note: str
    character_name: str
    raid_id: int | None
    source_kind: SourceKind
    source_id: int
    actor_kind: ActorKind
    actor_id: str
    occurred_at: datetime
    recorded_at: datetime
    reverses: EntryId | None


@frozen(kw_only=True)
class HistoryFilter:
    """Which entries are wanted; what is None does not restrict. `since` belongs to it, `until` does not."""

    pool_id: PoolId | None = None
    kind: EntryKind | None = None
    character: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@frozen(kw_only=True)
class StandingRow:
    """One line of a pool's standings; attendance in percent with two decimals."""

    position: int
    user_id: UserId
    username: str
    main_character: str | None
    character_class: str | None
    rank: str | None
    earned: Points
    spent: Points
    adjusted: Points
    current: Points
    held: Points
    available: Points
    attendance_30: str
    attendance_60: str
    attendance_90: str
    attendance_lifetime: str
    last_raid: datetime | None


@frozen(kw_only=True)
class StandingsFilter:
    """Whom the standings list: active members unless `everyone` (all who have a balance row or a membership).

    Who was merged into somebody is in neither.
    """

    character_class: str | None = None
    rank: str | None = None
    search: str = ""
    everyone: bool = False


@frozen(kw_only=True)
class AdjustmentRow:
    """One manual adjustment."""

    id: AdjustmentId
    user_id: UserId
    username: str
    pool_id: PoolId
    amount: Points
    reason: str
    note: str
    character_name: str
    actor_kind: ActorKind
    actor_id: str
    occurred_at: datetime
    recorded_at: datetime
    reversed_at: datetime | None


@frozen(kw_only=True)
class AdjustmentFilter:
    """Which adjustments are wanted; what is None does not restrict."""

    pool_id: PoolId | None = None
    user_id: UserId | None = None
    reversed: bool | None = None


@frozen(kw_only=True)
class MergeRow:
    """A merge: whose things became whose, when, by whom and why; `characters` tells how many went along."""

    id: MergeId
    user_id: UserId
    username: str
    into: UserId
    into_username: str
    kind: MergeKind
    at: datetime
    reason: str
    claim_id: ClaimId | None
    characters: int
    actor_kind: ActorKind
    actor_id: str
    undone_at: datetime | None
    undone_reason: str


@frozen(kw_only=True)
class MergeFilter:
    """Which merges are wanted; what is None does not restrict. `user_id` is on either side."""

    user_id: UserId | None = None
    undone: bool | None = None


@frozen(kw_only=True)
class Difference:
    """A number that is kept and does not equal what it should add up to."""

    guild_id: GuildId
    what: str
    pool_id: PoolId | None
    user_id: UserId | None
    kept: str
    counted: str


@frozen(kw_only=True)
class Overbid:
    """An award that stands and was more than its user had available in that pool: an officer let it pass (P-13)."""

    guild_id: GuildId
    award_id: AwardId
    user_id: UserId
    pool_id: PoolId
    price: Points


@frozen(kw_only=True)
class Verification:
    """What `verify` looked at, every difference it found, and the overbids, which are no fault but good to know."""

    guilds: int
    balances: int
    entries: int
    differences: tuple[Difference, ...]
    overbids: tuple[Overbid, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether everything that is kept equals its sum."""
        return not self.differences
