"""How loot is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import AuctionId, AwardDraftId, AwardId, BidId, ItemId, ItemPoolId, PoolId, RaidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot.award import AwardStatus
from dkp_core.loot.award_draft import DraftStatus
from dkp_core.loot.bid import BidOutcome, BidSource
from dkp_core.loot.rules import Mode
from dkp_core.loot.status import AuctionStatus
from dkp_core.loot.tier import Tier


@frozen(kw_only=True)
class ItemRow:
    """One item, with how often it was awarded and last for how much, counted as for its price history."""

    id: ItemId
    name: str
    description: str
    item_pool_id: ItemPoolId | None
    item_pool: str | None
    rarity: str
    external_id: str
    link: str
    icon: str
    metadata: Mapping[str, str]
    active: bool
    awards: int
    last_price: Points | None
    last_awarded_at: datetime | None


@frozen(kw_only=True)
class PriceHistory:
    """What an item went for, each amount rounded half-up; None where it never did (L-1).

    Awards to somebody count, also those that were returned, but not what was revoked or moved.
    """

    count: int
    last: Points | None
    median: Points | None
    mean: Points | None
    minimum: Points | None
    maximum: Points | None

    @classmethod
    def of(cls, prices: Sequence[Points]) -> PriceHistory:
        """What these prices come to, the latest first."""
        ranked, count = sorted(prices), len(prices)
        return cls(
            count=count,
            last=prices[0] if prices else None,
            median=_mean(ranked[(count - 1) // 2 : count // 2 + 1]),
            mean=_mean(ranked),
            minimum=ranked[0] if ranked else None,
            maximum=ranked[-1] if ranked else None,
        )


def _mean(prices: Sequence[Points]) -> Points | None:
    """The mean of prices, rounded half-up (P-12); their sum may be more than points can be."""
    if not prices:
        return None
    total, count = sum(price.hundredths for price in prices), len(prices)
    return Points((2 * total + count) // (2 * count))


@frozen(kw_only=True)
class ItemDetailRow(ItemRow):
    """One item with its price history."""

    prices: PriceHistory


@frozen(kw_only=True)
class AwardDraftRow:
    """One award draft: `item` and `character` as the file has them, item and user where they were known.

    `amount` is the cost that the file names, of each copy; `awards` are those it was confirmed as.
    """

    id: AwardDraftId
    raid_id: RaidId
    item: str
    item_id: ItemId | None
    character: str
    user_id: UserId | None
    username: str | None
    quantity: int
    amount: Points | None
    rot: bool
    note: str
    local_time: str
    line: int
    sha256: str
    status: DraftStatus
    awards: tuple[AwardId, ...]
    reason: str
    drafted_at: datetime


@frozen(kw_only=True)
class AwardDraftFilter:
    """Which award drafts of a raid are wanted; what is None does not restrict."""

    raid_id: RaidId
    status: DraftStatus | None = None


@frozen(kw_only=True)
class ItemFilter:
    """Which items are wanted; what is None does not restrict. `search` is a part of the name.

    `external_id` is the item's own, or that of an award of it: EQdkp Plus counts what was handed out, not what drops.
    """

    search: str = ""
    item_pool_id: ItemPoolId | None = None
    rarity: str | None = None
    external_id: str | None = None
    active: bool | None = None


@frozen(kw_only=True)
class LeaderRow:
    """A bid that leads an open auction, as everybody sees it."""

    user_id: UserId
    username: str
    character: str
    amount: Points
    copies: int


@frozen(kw_only=True)
class ResultRow:
    """A bid that won: so many copies, for this price each, and why."""

    user_id: UserId
    username: str
    character: str
    tier: Tier
    amount: Points
    copies: int
    price: Points
    because: str


@frozen(kw_only=True)
class AuctionRow:
    """One auction as everybody sees it who may see auctions.

    `leaders` stand by amount, the highest first, then by user id: the order they lead in would tell of ceilings.
    `current_amount`, `leader_id` and `leader_character` are those of the last of them (None where bids are sealed, or
    none leads). `seed` is None and `results` empty until it is closed; both stay where it is called off after that.
    Bidding that was done elsewhere has no seed: it and `seed_hash` are empty. `phase` counts from 1, of at least one;
    `minimum_bid` is that of the phase. `reason` is why it was called off.
    """

    id: AuctionId
    item_id: ItemId
    item: str
    quantity: int
    raid_id: RaidId | None
    pool_id: PoolId
    status: AuctionStatus
    mode: Mode
    minimum_bid: Points
    increment: Points
    current_amount: Points | None
    leader_id: UserId | None
    leader_character: str | None
    leaders: tuple[LeaderRow, ...]
    bids: int
    opens_at: datetime
    closes_at: datetime | None
    phase: int
    phases: int
    rules: Mapping[str, object]
    rules_version: int
    seed_hash: str
    seed: str | None
    results: tuple[ResultRow, ...]
    reason: str
    version: int


@frozen(kw_only=True)
class AuctionFilter:
    """Which auctions are wanted; what is None does not restrict. `running` are those that are not over."""

    status: AuctionStatus | None = None
    running: bool | None = None
    pool_id: PoolId | None = None
    raid_id: RaidId | None = None
    item_id: ItemId | None = None
    search: str = ""


@frozen(kw_only=True)
class BidRow:
    """One bid; what who asks may not know is None. `receipt` is that of a sealed bid (L-15).

    `made_as` are the ids of auction, bid and user that chance knows it by, such as 7-12-3, where it moved here from
    another installation; else those are the ones that it has.
    """

    id: BidId
    auction_id: AuctionId
    item_id: ItemId
    item: str
    user_id: UserId | None
    username: str | None
    character: str
    tier: Tier | None
    amount: Points | None
    ceiling: Points | None
    copies: int
    outcome: BidOutcome
    refusal: str
    reason: str | None
    source: BidSource
    receipt: str | None
    placed_at: datetime
    made_as: str | None = None


@frozen(kw_only=True)
class OwnHoldRow:
    """What one's bid in an auction keeps reserved; `sealed` is what others don't see of it."""

    auction_id: AuctionId
    item: str
    pool_id: PoolId
    held: Points
    sealed: Points


@frozen(kw_only=True)
class OwnLoot:
    """A user's own view: what their bids hold, which bids wait for an auction, and what they won (L-12)."""

    holds: tuple[OwnHoldRow, ...]
    standing: tuple[StandingBidRow, ...]
    wins: tuple[AwardRow, ...]


@frozen(kw_only=True)
class StandingBidRow:
    """A bid that waits for its auction."""

    item_id: ItemId
    item: str
    ceiling: Points
    character: str
    left_at: datetime


@frozen(kw_only=True)
class AwardRow:
    """One award; `user_id` is None where nobody got it.

    `actor_name` is that of who made it elsewhere, where it was imported.
    """

    id: AwardId
    item_id: ItemId
    item: str
    auction_id: AuctionId | None
    raid_id: RaidId | None
    user_id: UserId | None
    username: str | None
    character: str
    pools: tuple[PoolId, ...]
    amount: Points
    because: str
    overbid: bool
    moved_from: AwardId | None
    status: AwardStatus
    awarded_at: datetime
    actor_kind: ActorKind
    actor_id: str
    actor_name: str | None
    external_id: str | None


@frozen(kw_only=True)
class AwardFilter:
    """Which awards are wanted; what is None does not restrict. `search` is a part of the item's name."""

    item_id: ItemId | None = None
    raid_id: RaidId | None = None
    user_id: UserId | None = None
    pool_id: PoolId | None = None
    status: AwardStatus | None = None
    overbid: bool | None = None
    external_id: str | None = None
    search: str = ""


@frozen(kw_only=True)
class RulesRow:
    """A version of rules or grammar, every field with its value; `changed_at` is None for the defaults."""

    version: int
    values: Mapping[str, object]
    changed_at: datetime | None
