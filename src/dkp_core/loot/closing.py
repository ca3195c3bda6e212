"""Closing auctions, at their time or by hand; exactly once (L-6, L-7, L-16)."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import AuctionId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.loot.auction import Auction, OpenAuction, RunningAuction, ScheduledAuction
from dkp_core.loot.auctioning import with_standing_bids
from dkp_core.loot.awarding import award_winners, closed
from dkp_core.loot.bidding import schedule
from dkp_core.loot.errors import LootRefused
from dkp_core.loot.ports import LootWork
from dkp_core.loot.rules import Mode
from dkp_core.loot.status import AuctionStatus


@frozen
class CloseAuction:
    """Close an auction by hand: winners, prices and reasons are found, and what the others' bids held is let go.

    The winner's price stays held until the award; where the pool's rules say so, the award follows at once.
    """

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(self, auction_id: AuctionId, *, by: Actor) -> Auction:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            auction = work.auctions.get(auction_id)
            if not isinstance(auction, RunningAuction):
                raise auction.must_be(AuctionStatus.OPEN)
            return close(work, auction, ids=self.ids, at=self.clock.now(), by=by)


@frozen
class AdvanceAuction:
    """What is due of an auction: it opens, goes on to its next phase, or closes; nothing where it moved meanwhile."""

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(self, auction_id: AuctionId, *, by: Actor) -> None:
        at = self.clock.now()
        with self.begin(by) as work:
            auction = work.auctions.get(auction_id)
            if auction.due_at is None or at < auction.due_at:
                return
            if isinstance(auction, ScheduledAuction):
                _go_on(work, auction, auction.open(at), ids=self.ids, at=at, by=by)
            elif isinstance(auction, OpenAuction):
                self._at_its_end(work, auction, at, by)

    def _at_its_end(self, work: LootWork, auction: OpenAuction, at: datetime, by: Actor) -> None:
        late = auction.rules.freeze_after_outage_seconds
        if late is not None and auction.due_at is not None and at >= auction.due_at + timedelta(seconds=late):
            # So much of its time, at least, nobody could use: it gets that back when it goes on.
            given_back = auction.extend(at + timedelta(seconds=late), at=at)
            frozen_ = given_back.freeze(reason="Nothing ran when it was to close.", at=at)
            work.auctions.save(frozen_)
            schedule(work, auction, frozen_)
            return
        going_on = auction.next_phase(at, filled=is_filled(work, auction))
        if going_on is None:
            close(work, auction, ids=self.ids, at=at, by=by)
        else:
            _go_on(work, auction, going_on, ids=self.ids, at=at, by=by)


def _go_on(work: LootWork, before: Auction, after: OpenAuction, *, ids: Ids, at: datetime, by: Actor) -> None:
    work.auctions.save(after)
    schedule(work, before, after)
    work.items.get(after.item_id)  # locked, so that no bid that is being left for it is lost
    with_standing_bids(work, after.saved(), ids=ids, at=at, by=by)


def is_filled(work: LootWork, auction: OpenAuction) -> bool:
    """Whether every copy has a bid: then a phase is the last."""
    if auction.rules.mode is Mode.OPEN:
        return auction.copies_led >= auction.quantity
    return sum(bid.copies for bid in work.bids.standing(auction.id)) >= auction.quantity


def close(work: LootWork, auction: RunningAuction, *, ids: Ids, at: datetime, by: Actor) -> Auction:
    """Close an auction that is locked, and award it where the rules say so and nothing refuses it."""
    after = closed(work, auction, at)
    if after.rules.award_at_close and after.settlement.wins:
        answer = award_winners(work, after, after.settlement, allow_overbid=False, reason="", ids=ids, at=at, by=by)
        if not isinstance(answer, LootRefused):
            return answer[0]
    work.auctions.save(after)
    return after
