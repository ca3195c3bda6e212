"""Bids that are left before the raid, and a user's own view of bidding (L-12, L-14)."""

from __future__ import annotations

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import ItemId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import Begin, Clock, Read
from dkp_core.loot.bidding import Whose, must_be_own
from dkp_core.loot.errors import IsUpNow
from dkp_core.loot.events import StandingBidLeft, StandingBidTakenBack
from dkp_core.loot.ports import LootView, LootWork
from dkp_core.loot.standing_bid import StandingBid
from dkp_core.loot.views import AwardFilter, BidRow, OwnLoot


@frozen
class LeaveBid:
    """Leave a bid for an item that is not up yet, or change it: how far one would go.

    It holds nothing until an auction of the item opens, and is placed then, before others can bid.
    """

    begin: Begin[LootWork]
    clock: Clock

    def __call__(
        self,
        item_id: ItemId,
        *,
        ceiling: Points,
        character: str = "",
        user_id: UserId | None = None,
        discord_id: str | None = None,
        by: Actor,
    ) -> StandingBid:
        whose = Whose(user_id=user_id, discord_id=discord_id, character=character).asked_by(by)
        with self.begin(by) as work:
            item = work.items.get(item_id)
            up = next((found for found, name in work.auctions.open() if name_key(name) == name_key(item.name)), None)
            if up is not None:
                raise IsUpNow(up, item.name)
            bidder = work.bidders.find(user_id=whose.user_id, discord_id=whose.discord_id, character=character)
            must_be_own(bidder, by)
            if bidder is None:
                raise NoSuch("user", whose.said)
            if not bidder.owns_character:
                accepted = "the name of one of the bidder's characters"
                raise InvalidValue("character", f"the bidder owns no character {character[:64]!r}", accepted)
            name = bidder.character_name if character else ""
            bid = StandingBid.leave(item.id, bidder.user_id, ceiling=ceiling, character_name=name, at=self.clock.now())
            work.standing_bids.put(bid, StandingBidLeft(item_id=item.id, user_id=bidder.user_id))
        return bid


@frozen
class TakeBidBack:
    """Take back a bid that waits for its auction."""

    begin: Begin[LootWork]

    def __call__(
        self, item_id: ItemId, *, user_id: UserId | None = None, discord_id: str | None = None, by: Actor
    ) -> None:
        whose = Whose(user_id=user_id, discord_id=discord_id).asked_by(by)
        with self.begin(by) as work:
            bidder = work.bidders.find(user_id=whose.user_id, discord_id=whose.discord_id)
            must_be_own(bidder, by)
            bid = None if bidder is None else work.standing_bids.find(item_id, bidder.user_id)
            if bid is None:
                raise NoSuch("standing bid", item_id)
            work.standing_bids.remove([bid], StandingBidTakenBack(item_id=item_id, user_id=bid.user_id))


@frozen
class ShowOwnLoot:
    """One's own view: what one's bids hold, sealed ones too, which bids wait for their auction, and what one won."""

    read: Read[LootView]

    def __call__(self, *, by: Actor) -> OwnLoot:
        user_id = _oneself(by)
        with self.read(by) as views:
            wins = views.awards(AwardFilter(user_id=user_id), ordering=(), page=PageRequest())
            return OwnLoot(holds=views.own_holds(user_id), standing=views.standing_bids(user_id), wins=wins.results)


@frozen
class ListOwnBids:
    """Every bid one made, the newest first, with amounts, reasons, and the receipts of those that are sealed."""

    read: Read[LootView]

    def __call__(self, *, page: PageRequest, by: Actor) -> Page[BidRow]:
        user_id = _oneself(by)
        with self.read(by) as views:
            return views.own_bids(user_id, page=page)


def _oneself(by: Actor) -> UserId:
    by.must(Permission.BIDS_OWN)
    if by.user_id is None:
        raise InvalidValue("user", "only a person has bids of their own", "a personal key or a session")
    return by.user_id
