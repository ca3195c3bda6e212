"""Who leaves the guild, or is shut out of it, bids no longer: what they bid goes with what it holds (A-10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import AuctionId, BidId, ItemId, PoolId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.loot.auction import RunningAuction
from dkp_core.loot.bid import NOTHING_HELD, Bid, BidOutcome, BidSource
from dkp_core.loot.bidding import accepted
from dkp_core.loot.events import StandingBidTakenBack
from dkp_core.loot.ports import LootWork
from dkp_core.loot.standing_bid import StandingBid


@frozen(kw_only=True)
class _Parting:
    """A bid that is to go: the auction it was made in, the bid, and those of others that stand there."""

    auction: RunningAuction
    own: Bid
    others: tuple[Bid, ...]


@frozen
class WithdrawBidsOfLeaver:
    """Withdraw the open bids of somebody who left the guild or was shut out of it, and those they left for later.

    What the bids hold is let go, and open auctions go on as if they had never bid. An auction that was closed before
    keeps its result. Who is back since then keeps what they bid since.
    """

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(self, user_id: UserId, *, left_at: datetime, reason: str, by: Actor) -> None:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            until = left_at if _is_back(work, user_id) else None
            # First what waits for later, with its items: an auction that is being started takes such bids up, and is
            # seen once it lets go of its item. Then all auctions that are not over, also those without a bid: one may
            # be made at this moment by who was asked about before the membership ended.
            for waiting in work.standing_bids.of_user(user_id):
                _forget(work, waiting.item_id, user_id, until)
            auctions = [work.auctions.get(auction_id) for auction_id in work.auctions.running()]
            running = (auction for auction in auctions if isinstance(auction, RunningAuction))
            partings = [each for auction in running if (each := _parting(work, auction, user_id, until)) is not None]
            _hold_purses(work, partings)
            for each in partings:
                self._part(work, each, reason=reason, by=by)

    def _part(self, work: LootWork, parting: _Parting, *, reason: str, by: Actor) -> None:
        auction, own = parting.auction, parting.own
        purses = work.holds.purses(auction.pool_id, auction.id, {bid.user_id for bid in parting.others})
        made_for = work.bids.made_for(auction.id)
        released = auction.without(own, parting.others, made_for, purses, reason=reason, at=self.clock.now())
        when = released.auction.last_at
        gone = evolve(
            accepted(own, BidSource.LEAVING, when, by),
            id=BidId(self.ids.next("bid")),
            outcome=BidOutcome.WITHDRAWN,
            bid=None,
        )
        moved = [
            accepted(evolve(bid, id=BidId(self.ids.next("bid"))), BidSource.PROXY, when, by) for bid in released.moved
        ]
        work.bids.append([gone, *moved])
        held = work.holds.of(auction.id)
        before = {each: held.get(each, NOTHING_HELD) for each in released.holds}
        work.holds.move(auction.id, auction.pool_id, before, released.holds)
        work.auctions.save(released.auction)


def _is_back(work: LootWork, user_id: UserId) -> bool:
    """Whether the user may bid again by now."""
    bidder = work.bidders.find(user_id=user_id)
    return bidder is not None and bidder.is_member


def _forget(work: LootWork, item_id: ItemId, user_id: UserId, until: datetime | None) -> None:
    work.items.get(item_id)  # locked, so that nobody takes the bid up meanwhile
    bid: StandingBid | None = work.standing_bids.find(item_id, user_id)
    if bid is not None and (until is None or bid.left_at <= until):
        work.standing_bids.remove([bid], StandingBidTakenBack(item_id=item_id, user_id=user_id))


def _parting(work: LootWork, auction: RunningAuction, user_id: UserId, until: datetime | None) -> _Parting | None:
    standing = work.bids.standing(auction.id)
    own = next((bid for bid in standing if bid.user_id == user_id), None)
    if own is None or (until is not None and own.placed_at > until):
        return None
    return _Parting(auction=auction, own=own, others=tuple(bid for bid in standing if bid.user_id != user_id))


def _hold_purses(work: LootWork, partings: Sequence[_Parting]) -> None:
    """Lock whatever balances may be concerned, pool by pool and in order of user id, before any is asked about."""
    concerned: dict[PoolId, set[UserId]] = {}
    for each in partings:
        bidders = {each.own.user_id, *(bid.user_id for bid in each.others)}
        concerned.setdefault(each.auction.pool_id, set()).update(bidders)
    for pool_id, users in sorted(concerned.items()):
        work.holds.purses(pool_id, AuctionId(0), users)
