"""What happens to items, auctions and awards. No event tells what a sealed bid or a ceiling is (L-11)."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dkp_core.kernel.domain_events import Change, DomainEvent
from dkp_core.kernel.ids import AuctionId, AwardDraftId, AwardId, BidId, ItemId, PoolId, RaidId, UserId


@frozen(kw_only=True)
class ItemEvent(DomainEvent):
    """Something that happened to an item."""

    aggregate: ClassVar[str] = "item"
    item_id: ItemId

    @property
    def aggregate_id(self) -> str:
        return str(self.item_id)


@frozen(kw_only=True)
class ItemEntered(ItemEvent):
    """The guild knows another item."""

    name: str


@frozen(kw_only=True)
class ItemChanged(ItemEvent):
    """What is known of an item changed."""

    changes: tuple[Change, ...]


@frozen(kw_only=True)
class ItemRemoved(ItemEvent):
    """An item that nothing named was removed."""

    name: str


@frozen(kw_only=True)
class RulesChanged(DomainEvent):
    """A pool's rules for auctions changed; auctions that were started keep theirs."""

    aggregate: ClassVar[str] = "house_rules"
    pool_id: PoolId
    rules_version: int
    changes: tuple[Change, ...]

    @property
    def aggregate_id(self) -> str:
        return str(self.pool_id)


@frozen(kw_only=True)
class StartListDrawn(DomainEvent):
    """The list that a pool's suicide kings start with was drawn by chance, from this seed."""

    aggregate: ClassVar[str] = "pool"
    pool_id: PoolId
    policies_version: int
    seed: str

    @property
    def aggregate_id(self) -> str:
        return str(self.pool_id)


@frozen(kw_only=True)
class GrammarChanged(DomainEvent):
    """How the guild says bids in chat changed."""

    aggregate: ClassVar[str] = "chat_grammar"
    grammar_version: int
    changes: tuple[Change, ...]

    @property
    def aggregate_id(self) -> str:
        return "chat"


@frozen(kw_only=True)
class AuctionEvent(DomainEvent):
    """Something that happened to an auction."""

    aggregate: ClassVar[str] = "auction"
    auction_id: AuctionId

    @property
    def aggregate_id(self) -> str:
        return str(self.auction_id)


@frozen(kw_only=True)
class AuctionStarted(AuctionEvent):
    """An auction was started, or is to open later."""

    item_id: ItemId
    pool_id: PoolId
    raid_id: RaidId | None
    quantity: int
    mode: str
    seed_hash: str
    opens_at: str
    closes_at: str | None


@frozen(kw_only=True)
class AuctionOpened(AuctionEvent):
    """A scheduled auction opened at its time."""

    closes_at: str | None


@frozen(kw_only=True)
class PhaseBegan(AuctionEvent):
    """An auction went on to its next phase (numbered from 1)."""

    phase: int
    closes_at: str | None


@frozen(kw_only=True)
class BidPlaced(AuctionEvent):
    """A bid was accepted; `amount` is None where it is sealed."""

    bid_id: BidId
    user_id: UserId
    amount: str | None
    closes_at: str | None


@frozen(kw_only=True)
class BidWithdrawn(AuctionEvent):
    """A bid was taken back; `reason` says why where it was not by the bidder's will."""

    bid_id: BidId
    user_id: UserId
    reason: str = ""


@frozen(kw_only=True)
class AuctionExtended(AuctionEvent):
    """An officer moved an auction's close."""

    closes_at: str | None


@frozen(kw_only=True)
class AuctionFrozen(AuctionEvent):
    """An auction's clock stands still."""

    reason: str


@frozen(kw_only=True)
class AuctionResumed(AuctionEvent):
    """A frozen auction goes on."""

    closes_at: str | None


@frozen(kw_only=True)
class AuctionClosed(AuctionEvent):
    """An auction's winners and prices are found."""

    winners: tuple[UserId, ...]


@frozen(kw_only=True)
class AuctionCancelled(AuctionEvent):
    """An auction was called off; nothing is held for it any more."""

    reason: str


@frozen(kw_only=True)
class AuctionAwarded(AuctionEvent):
    """What an auction sold was handed out."""

    awards: tuple[AwardId, ...]


@frozen(kw_only=True)
class AwardEvent(DomainEvent):
    """Something that happened to an award."""

    aggregate: ClassVar[str] = "award"
    award_id: AwardId

    @property
    def aggregate_id(self) -> str:
        return str(self.award_id)


@frozen(kw_only=True)
class ItemAwarded(AwardEvent):
    """Somebody got an item for a price; nobody (`user_id` None) where it rots or goes to the bank."""

    item_id: ItemId
    user_id: UserId | None
    price: str
    overbid: bool


@frozen(kw_only=True)
class AwardRevoked(AwardEvent):
    """An award was taken back, and its entries reversed."""

    reason: str
    moved_to: AwardId | None


@frozen(kw_only=True)
class ItemReturned(AwardEvent):
    """An awarded item came back; the refund is what the rules give for it."""

    reason: str
    refund: str


@frozen(kw_only=True)
class AwardReshared(AwardEvent):
    """What an award cost in a zero-sum pool was shared out anew, among these users."""

    reason: str
    shared_with: tuple[UserId, ...]


@frozen(kw_only=True)
class StandingBidEvent(DomainEvent):
    """Something that happened to a bid that waits for its auction; what it offers is not told."""

    aggregate: ClassVar[str] = "standing_bid"
    item_id: ItemId
    user_id: UserId

    @property
    def aggregate_id(self) -> str:
        return f"{self.item_id}-{self.user_id}"


@frozen(kw_only=True)
class StandingBidLeft(StandingBidEvent):
    """A bid was left for an item that is not up yet, or changed."""


@frozen(kw_only=True)
class StandingBidTakenBack(StandingBidEvent):
    """A bid that waited was taken back."""


@frozen(kw_only=True)
class LootDrafted(DomainEvent):
    """What a file tells of a raid's loot was drafted, for officers to award."""

    aggregate: ClassVar[str] = "raid"
    raid_id: RaidId
    drafts: tuple[AwardDraftId, ...]

    @property
    def aggregate_id(self) -> str:
        return str(self.raid_id)


@frozen(kw_only=True)
class AwardDraftEvent(DomainEvent):
    """Something that happened to an award draft."""

    aggregate: ClassVar[str] = "award_draft"
    draft_id: AwardDraftId
    raid_id: RaidId

    @property
    def aggregate_id(self) -> str:
        return str(self.draft_id)


@frozen(kw_only=True)
class AwardDraftConfirmed(AwardDraftEvent):
    """A draft was awarded."""

    awards: tuple[AwardId, ...]


@frozen(kw_only=True)
class AwardDraftDismissed(AwardDraftEvent):
    """A draft was found to be nothing to award."""

    reason: str
