"""How points are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import (
    AdjustmentId,
    AwardId,
    BatchId,
    ClaimId,
    DisputeId,
    EntryId,
    GuildId,
    ItemPoolId,
    MergeId,
    PoolId,
    UserId,
)
from dkp_core.kernel.points import Points
from dkp_core.points.batch import BatchKind
from dkp_core.points.dispute import DisputeStatus
from dkp_core.points.entry import Bucket, EntryKind, SourceKind
from dkp_core.points.merge import MergeKind
from dkp_core.points.policies import InForce


@frozen(kw_only=True)
class PoolRow:
    """One pool."""

    id: PoolId
    name: str
    unit: str
    decimals: int
    is_default: bool
    archived: bool
    external_id: str | None = None


@frozen(kw_only=True)
class ItemPoolRow:
    """One item pool, with the pools it is paid from."""

    id: ItemPoolId
    name: str
    pools: tuple[PoolId, ...]
    external_id: str | None = None


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
class PoliciesRow:
    """A version of a pool's policies; `values` has every field."""

    version: int
    values: Mapping[str, object]
    changed_at: datetime | None


def policies_row(in_force: InForce) -> PoliciesRow:
    """A version of policies as it is shown."""
    changed_at = in_force.changed_at if in_force.version else None
    return PoliciesRow(version=in_force.version, values=in_force.policies.values(), changed_at=changed_at)


@frozen(kw_only=True)
class HistoryRow:
    """One entry of a user, with the pool's running balance right after it.

    `actor_name` is that of who did it elsewhere, in what was imported: there `actor_id` is their external id.
    """

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
    actor_name: str | None
    occurred_at: datetime
    recorded_at: datetime
    reverses: EntryId | None
    policies_version: int


@frozen(kw_only=True)
class HistoryFilter:
    """Which entries are wanted; what is None does not restrict. `since` belongs to it, `until` does not."""

    pool_id: PoolId | None = None
    kind: EntryKind | None = None
    bucket: Bucket | None = None
    source_kind: SourceKind | None = None
    source_id: int | None = None
    character: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@frozen(kw_only=True)
class BalancePartRow:
    """What the entries of one kind come to in one bucket: their sum, and how many they are."""

    bucket: Bucket
    kind: EntryKind
    amount: Points
    entries: int


@frozen(kw_only=True)
class DisputeRow:
    """A dispute, with the entry that it is about."""

    id: DisputeId
    entry_id: EntryId
    user_id: UserId
    pool_id: PoolId
    kind: EntryKind
    amount: Points
    entry_reason: str
    occurred_at: datetime
    made_by: UserId
    made_by_name: str
    text: str
    made_at: datetime
    status: DisputeStatus
    decided_at: datetime | None
    decided_kind: ActorKind | None
    decided_by: str | None
    reason: str


@frozen(kw_only=True)
class DisputeFilter:
    """Which disputes are wanted; what is None does not restrict."""

    status: DisputeStatus | None = None
    pool_id: PoolId | None = None
    user_id: UserId | None = None
    made_by: UserId | None = None
    entry_id: EntryId | None = None


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
    """One manual adjustment; `actor_name` is that of who made it elsewhere, where it was imported."""

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
    actor_name: str | None
    occurred_at: datetime
    recorded_at: datetime
    reversed_at: datetime | None
    external_id: str | None


@frozen(kw_only=True)
class AdjustmentFilter:
    """Which adjustments are wanted; what is None does not restrict."""

    pool_id: PoolId | None = None
    user_id: UserId | None = None
    reversed: bool | None = None
    external_id: str | None = None


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


@frozen(kw_only=True)
class BatchRow:
    """Points of many that moved together: what for, by whom, how many lines, and what they come to."""

    id: BatchId
    pool_id: PoolId
    kind: BatchKind
    rule: str
    period: str
    title: str
    at: datetime
    policies_version: int
    lines: int
    total: str
    actor_kind: ActorKind
    actor_id: str
    recorded_at: datetime
    reversed_at: datetime | None
    reversed_kind: ActorKind | None
    reversed_by: str | None
    reason: str


@frozen(kw_only=True)
class BatchLineRow:
    """One entry of a batch, and the entry that reverses it, if one does."""

    entry_id: EntryId
    user_id: UserId
    username: str
    main_character: str | None
    kind: EntryKind
    amount: Points
    reason: str
    reversed_by: EntryId | None


@frozen(kw_only=True)
class BatchFilter:
    """Which batches are wanted; what is None does not restrict."""

    pool_id: PoolId | None = None
    kind: BatchKind | None = None
    reversed: bool | None = None


@frozen
class NamedUser:
    """What a user is called, and their main, if they have one."""

    user_id: UserId
    username: str
    main: str | None


@frozen(kw_only=True)
class DraftedLineRow:
    """What a batch would move for a user: before, by how much, what of it a cap would take, and after."""

    user_id: UserId
    username: str
    main_character: str | None
    before: Points
    amount: Points
    cut: Points
    after: Points
    reason: str


@frozen(kw_only=True)
class BatchPreview:
    """What a batch would book, were it made now; it is booked as it is with its `checksum`."""

    pool_id: PoolId
    kind: BatchKind
    rule: str
    period: str
    title: str
    at: datetime
    policies_version: int
    count: int
    total: str
    checksum: str
    lines: tuple[DraftedLineRow, ...]
