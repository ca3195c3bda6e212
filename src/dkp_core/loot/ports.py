"""What the loot context needs kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from attrs import frozen

from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import AuctionId, AwardDraftId, AwardId, ItemId, PoolId, RaidId, UserId
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import Points
from dkp_core.loot.auction import Auction
from dkp_core.loot.award import Award
from dkp_core.loot.award_draft import AwardDraft
from dkp_core.loot.bid import Bid, Bidder, BidRecord, Hold, Purse
from dkp_core.loot.chat import ChatGrammar
from dkp_core.loot.item import Item
from dkp_core.loot.priority import Contest
from dkp_core.loot.rules import Rules, Span
from dkp_core.loot.standing_bid import StandingBid
from dkp_core.loot.views import (
    AuctionFilter,
    AuctionRow,
    AwardDraftFilter,
    AwardDraftRow,
    AwardFilter,
    AwardRow,
    BidRow,
    ItemDetailRow,
    ItemFilter,
    ItemRow,
    OwnHoldRow,
    RulesRow,
    StandingBidRow,
)
from dkp_core.raids import AttendanceShare, RaidsWork


class Items(Protocol):
    """The guild's items."""

    @abstractmethod
    def get(self, item_id: ItemId) -> Item:
        """The item, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def named(self, name: str) -> Item | None:
        """The item of that name, in any case, locked until the transaction ends; None if there is none."""

    @abstractmethod
    def known(self, names: Collection[str]) -> Mapping[str, ItemId]:
        """Which of these are items: by name, in any case, else by external id, the lowest id of several; not locked."""

    @abstractmethod
    def save(self, item: Item) -> None:
        """Store the item and the events it carries. Raises: NameTaken, Stale."""

    @abstractmethod
    def remove(self, item: Item) -> bool:
        """Remove it and its standing bids, and store the events it carries, unless an auction or award names it:

        then nothing is done, and False told.
        """


class HouseRules(Protocol):
    """The rules of the guild's pools, in versions; a pool without any has the defaults, as version 0."""

    @abstractmethod
    def of(self, pool_id: PoolId) -> tuple[int, Rules]:
        """The latest version, and the rules it holds."""

    @abstractmethod
    def append(self, pool_id: PoolId, version: int, rules: Rules, event: DomainEvent) -> None:
        """Keep another version, and store the event. Raises: Stale where that version is there already."""


class ChatGrammars(Protocol):
    """How the guild says bids in chat, in versions; the defaults are version 0."""

    @abstractmethod
    def latest(self) -> tuple[int, ChatGrammar]:
        """The latest version, and the grammar it holds."""

    @abstractmethod
    def append(self, version: int, grammar: ChatGrammar, event: DomainEvent) -> None:
        """Keep another version, and store the event. Raises: Stale where that version is there already."""


class Auctions(Protocol):
    """The guild's auctions."""

    @abstractmethod
    def get(self, auction_id: AuctionId) -> Auction:
        """The auction in the type of its state, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def selling(self, item_id: ItemId, raid_id: RaidId | None) -> tuple[AuctionId, ...]:
        """The auctions that are not over and may sell the same drop, in order of id; not locked.

        They are of that item, and of that raid or without one; where no raid is named, of any.
        """

    @abstractmethod
    def open(self) -> tuple[tuple[AuctionId, str], ...]:
        """The auctions that are open, with the names of their items, in order of id; not locked."""

    @abstractmethod
    def running(self) -> tuple[AuctionId, ...]:
        """The auctions that are not over, in order of id; not locked."""

    @abstractmethod
    def save(self, auction: Auction) -> None:
        """Store the auction and the events it carries. Raises: Stale."""


class Bids(Protocol):
    """The bids of the guild: what is made is kept, accepted or not."""

    @abstractmethod
    def append(self, records: Sequence[BidRecord]) -> None:
        """Keep these bids, in this order, which is that of their making: ids are handed out out of turn."""

    @abstractmethod
    def standing(self, auction_id: AuctionId) -> tuple[Bid, ...]:
        """Of each bidder the last bid that was accepted, unless it was withdrawn since; in order of user id."""

    @abstractmethod
    def made_for(self, auction_id: AuctionId) -> Mapping[UserId, Points]:
        """Of each bidder, what their last accepted bid was for when they made it, before the system raised it."""

    @abstractmethod
    def of(self, auction_id: AuctionId, user_id: UserId) -> Bid | None:
        """The same of one bidder; None where there is none."""


class Bidders(Protocol):
    """Who may be bidding, and what the rules ask about them; nothing is locked.

    What those attended and won who were merged into a user counts as that user's (R-8).
    """

    @abstractmethod
    def find(
        self, *, user_id: UserId | None = None, discord_id: str | None = None, character: str = ""
    ) -> Bidder | None:
        """The user of that id or Discord id, else the present owner of that character; None unless it is somebody who

        has a place in the guild (a membership in force or not, or a history), so that no guild learns of others' users.
        The character is the one named (by a name or alias), else the user's main if it is active or on trial, else
        their first such character by name. `owns_character` is False where that is nobody's, another's, pending or
        retired: then the name is as it was given, and nothing else is told of the character. `is_member` says that the
        membership is in force, as a member or above, or as a trial where the guild lets trials bid, and the user not
        deactivated.
        Attendance, attendance at the raid and wins are left at their defaults.
        """

    @abstractmethod
    def attendance(self, user_id: UserId, days: int, at: datetime) -> AttendanceShare:
        """The user's attendance of the guild's raids in the `days` × 24 h before `at`; 0 is lifetime (D-9)."""

    @abstractmethod
    def attended(self, user_id: UserId, raid_id: RaidId) -> bool:
        """Whether the user attended that raid (D-9)."""

    @abstractmethod
    def attendees(self, raid_id: RaidId) -> tuple[UserId, ...]:
        """Who attended that raid (D-9), in order of user id; who is taken down by this transaction too."""

    @abstractmethod
    def wins(
        self,
        user_id: UserId,
        pool_id: PoolId,
        *,
        raid_id: RaidId | None,
        night: Period,
        but: AuctionId,
        sealed: bool = True,
    ) -> Mapping[Span, tuple[int, ...]]:
        """What counts for limits, in hundredths, the least first: prices of the user's awards that stand, and what the

        user holds (without `sealed` only what all may see of it, unless that is nothing) in the pool's other auctions
        than `but`, copy by copy; of that raid (none where it is None), and of that night (when awarded, or when the
        auction opened).
        """


class Holds(Protocol):
    """What bids keep reserved; the balances show it in the same transaction (P-3, L-5)."""

    @abstractmethod
    def purses(self, pool_id: PoolId, auction_id: AuctionId, users: Collection[UserId]) -> Mapping[UserId, Purse]:
        """What each of these users has in the pool, locked in order of user id until the transaction ends.

        Balances that do not exist yet are made. What this transaction moved before is seen.
        """

    @abstractmethod
    def of(self, auction_id: AuctionId) -> Mapping[UserId, Hold]:
        """What is held for a locked auction, with what this transaction moved; who holds nothing is left out."""

    @abstractmethod
    def move(
        self, auction_id: AuctionId, pool_id: PoolId, before: Mapping[UserId, Hold], after: Mapping[UserId, Hold]
    ) -> None:
        """For each user in either: what was held for the auction (which is locked), and what is held from now on.

        Raises: BalanceOutOfRange, at the latest when the transaction ends.
        """


class Awards(Protocol):
    """The guild's awards: the loot history."""

    @abstractmethod
    def get(self, award_id: AwardId) -> Award:
        """The award, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def standing_since(self, item_id: ItemId, since: datetime) -> tuple[Award, ...]:
        """The item's awards that stand, made at or after that moment, in order of id; not locked."""

    @abstractmethod
    def standing_at(self, raid_id: RaidId) -> tuple[Award, ...]:
        """The raid's awards that stand, in order of id; not locked."""

    @abstractmethod
    def shared_at(self, raid_id: RaidId) -> tuple[Award, ...]:
        """The raid's awards that stand and whose price was shared out, in order of id, locked until the end."""

    @abstractmethod
    def save(self, *awards: Award) -> None:
        """Store the awards and the events they carry. Raises: Stale."""


class AwardDrafts(Protocol):
    """What files tell of loot, until it is awarded or dismissed (D-11)."""

    @abstractmethod
    def get(self, draft_id: AwardDraftId) -> AwardDraft:
        """The draft, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def drafted(self, raid_id: RaidId, fingerprints: Sequence[str]) -> Mapping[str, RaidId]:
        """For which raid there is a draft with each of these fingerprints: that raid, or else another of the guild's.

        Others that were cancelled do not count, nor do drafts for others that were dismissed.
        """

    @abstractmethod
    def of_user(self, user_id: UserId) -> tuple[AwardDraft, ...]:
        """The drafts of what that user is taken to have looted, in order of id, locked until the transaction ends."""

    @abstractmethod
    def append(self, drafts: Sequence[AwardDraft], event: DomainEvent) -> None:
        """Keep these, and store the event. Raises: Stale where another drafted one of them meanwhile."""

    @abstractmethod
    def save(self, draft: AwardDraft) -> None:
        """Store what became of a draft, and the events it carries. Raises: Stale."""


class StandingBids(Protocol):
    """Bids that wait for their auction (L-14)."""

    @abstractmethod
    def of_item(self, item_id: ItemId) -> tuple[StandingBid, ...]:
        """Those left for an item, the earliest first."""

    @abstractmethod
    def of_user(self, user_id: UserId) -> tuple[StandingBid, ...]:
        """Those that a user left, in order of item id; not locked."""

    @abstractmethod
    def find(self, item_id: ItemId, user_id: UserId) -> StandingBid | None:
        """The one of that user, locked; None if there is none."""

    @abstractmethod
    def put(self, bid: StandingBid, event: DomainEvent) -> None:
        """Keep it in place of the user's earlier one, and store the event."""

    @abstractmethod
    def remove(self, bids: Sequence[StandingBid], *events: DomainEvent) -> None:
        """Forget these, and store the events."""


class ChatLines(Protocol):
    """Lines of chat that were applied: none is applied twice (L-10)."""

    @abstractmethod
    def applied(self, fingerprints: Sequence[str]) -> frozenset[str]:
        """Which of these were applied before."""

    @abstractmethod
    def append(self, fingerprints: Sequence[str]) -> None:
        """Remember that these were applied. Raises: Stale where another did meanwhile."""


class LootWork(RaidsWork, Protocol):
    """A transaction over a guild's loot."""

    @property
    @abstractmethod
    def items(self) -> Items:
        """The guild's items."""

    @property
    @abstractmethod
    def house_rules(self) -> HouseRules:
        """The pools' rules."""

    @property
    @abstractmethod
    def chat_grammars(self) -> ChatGrammars:
        """How bids are said in chat."""

    @property
    @abstractmethod
    def auctions(self) -> Auctions:
        """The guild's auctions."""

    @property
    @abstractmethod
    def bids(self) -> Bids:
        """The guild's bids."""

    @property
    @abstractmethod
    def bidders(self) -> Bidders:
        """Who may be bidding."""

    @property
    @abstractmethod
    def holds(self) -> Holds:
        """What bids keep reserved."""

    @property
    @abstractmethod
    def awards(self) -> Awards:
        """The loot history."""

    @property
    @abstractmethod
    def award_drafts(self) -> AwardDrafts:
        """What files tell of loot."""

    @property
    @abstractmethod
    def standing_bids(self) -> StandingBids:
        """Bids that wait for their auction."""

    @property
    @abstractmethod
    def chat_lines(self) -> ChatLines:
        """Lines of chat that were applied."""


ITEM_COLUMNS: Final = ("name", "rarity", "item_pool", "awards", "last_price", "last_awarded_at", "id")
AUCTION_COLUMNS: Final = ("opens_at", "closes_at", "item", "status", "bids", "id")
AWARD_COLUMNS: Final = ("awarded_at", "item", "username", "price", "id")


@frozen(kw_only=True)
class BiddingRow:
    """What a bid is judged by at this moment, without locking anything: the auction and its bidder's means.

    `own` is the bidder's bid that stands, where the rules have phases; nothing else asks for it.
    """

    auction: Auction
    bidder: Bidder | None
    purse: Purse
    own: Bid | None


class LootView(Protocol):
    """Reads items, auctions, bids and awards.

    Until an auction is closed nobody but `viewer` (who asks, if it is a user) sees amount or receipt of a sealed bid,
    or anything that could be reckoned from it; those of an auction that was called off before it was closed stay
    secret, or else an officer could look at the bids and start anew. A ceiling, and of a refused bid amount and reason,
    only its bidder ever sees (L-11).
    """

    @abstractmethod
    def items(self, wanted: ItemFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[ItemRow]:
        """Items that match, ordered by ITEM_COLUMNS, else by name, then id."""

    @abstractmethod
    def item(self, item_id: ItemId) -> ItemDetailRow:
        """One item with its price history. Raises: NoSuch."""

    @abstractmethod
    def item_named(self, name: str) -> ItemDetailRow:
        """The item of that name, in any case. Raises: NoSuch."""

    @abstractmethod
    def bids_of_item(self, item_id: ItemId, *, viewer: UserId | None, page: PageRequest) -> Page[BidRow]:
        """Every bid of the item's auctions, the newest first (by time, auction and order of making). Raises: NoSuch."""

    @abstractmethod
    def auctions(self, wanted: AuctionFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[AuctionRow]:
        """Auctions that match, ordered by AUCTION_COLUMNS, else by id, the newest first."""

    @abstractmethod
    def running(self, auction_ids: Collection[AuctionId] | None = None) -> tuple[AuctionRow, ...]:
        """Those auctions, whatever their state, or all that are not over; in order of id."""

    @abstractmethod
    def auction(self, auction_id: AuctionId) -> AuctionRow:
        """One auction. Raises: NoSuch."""

    @abstractmethod
    def bids_of_auction(self, auction_id: AuctionId, *, viewer: UserId | None, page: PageRequest) -> Page[BidRow]:
        """Every bid of an auction, the newest first. Raises: NoSuch."""

    @abstractmethod
    def own_bids(self, user_id: UserId, *, page: PageRequest) -> Page[BidRow]:
        """Every bid of a user as the user sees it, with receipts, the newest first."""

    @abstractmethod
    def own_holds(self, user_id: UserId) -> tuple[OwnHoldRow, ...]:
        """What a user's bids hold, sealed ones too, in order of auction id."""

    @abstractmethod
    def standing_bids(self, user_id: UserId) -> tuple[StandingBidRow, ...]:
        """A user's bids that wait for their auction, by item name."""

    @abstractmethod
    def awards_revision(self) -> str:
        """A text that changes whenever an award does, or an item."""

    @abstractmethod
    def awards(self, wanted: AwardFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[AwardRow]:
        """Awards that match, ordered by AWARD_COLUMNS, else the newest first by (awarded at, id).

        A user's are also those that count for them, since others were merged into them (R-8).
        """

    @abstractmethod
    def award(self, award_id: AwardId) -> AwardRow:
        """One award. Raises: NoSuch."""

    @abstractmethod
    def award_drafts(self, wanted: AwardDraftFilter, *, page: PageRequest) -> Page[AwardDraftRow]:
        """Award drafts that match, in order of id. Raises: NoSuch for a raid that is not there."""

    @abstractmethod
    def award_draft(self, draft_id: AwardDraftId) -> AwardDraftRow:
        """One award draft. Raises: NoSuch."""

    @abstractmethod
    def rules(self, pool_id: PoolId) -> tuple[RulesRow, ...]:
        """Every version of a pool's rules, the latest first; without any the defaults, as version 0. Raises: NoSuch."""

    @abstractmethod
    def latest_rules(self, pool_id: PoolId | None) -> tuple[PoolId, Rules]:
        """A pool's latest rules, or those of the default pool, and which pool that is; the floor is the one in force.

        Raises: NoSuch.
        """

    @abstractmethod
    def contest(self, pool_id: PoolId, *, at: datetime) -> Contest:
        """What a pool's priorities are reckoned from; `at` ends the window of attendance. Raises: NoSuch.

        Who was merged into somebody is in no part of it: what was theirs counts for the other.
        """

    @abstractmethod
    def chat_grammar(self) -> RulesRow:
        """The latest version of how bids are said in chat."""

    @abstractmethod
    def bidding(
        self,
        auction_id: AuctionId,
        *,
        user_id: UserId | None,
        discord_id: str | None,
        character: str,
        sealed: bool,
        at: datetime,
    ) -> BiddingRow:
        """What a bid on that auction would be judged by, with everything its rules ask about; `sealed` as for `wins`.

        Where there is no such bidder, there is no own bid, and the purse is empty. Raises: NoSuch for the auction.
        """

    @abstractmethod
    def purse(self, user_id: UserId, pool_id: PoolId) -> Purse:
        """What a user has in a pool, and all that is held there. Raises: NoSuch for the pool."""

    @abstractmethod
    def user_with(self, *, user_id: UserId | None, discord_id: str | None) -> UserId:
        """The user of that id or Discord id who has a place in the guild. Raises: NoSuch."""
