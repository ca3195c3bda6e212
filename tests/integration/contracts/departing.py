"""What every adapter keeps to when somebody leaves whose bids are open: nothing is left of them, whoever is first."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from attrs import evolve

from dkp_core.accounts import ChangeMembership, Membership, MembershipStatus, RoleGroup
from dkp_core.kernel.actor import Actor, job
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import AuctionId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import (
    AuctionStatus,
    BidOutcome,
    BidRefused,
    BidSource,
    Hold,
    Lead,
    LeaveBid,
    OpenAuction,
    StandingBid,
    WithdrawBidsOfLeaver,
    WrongStatus,
)
from dkp_core.loot.events import StandingBidLeft
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.suite import Contract

T = TypeVar("T")

HOUR = timedelta(hours=1)


def persistently(act: Callable[[], T]) -> T:
    """What it answers; it is done again when it lost a race, as the worker does."""
    for _ in range(50):
        try:
            return act()
        except Stale:
            time.sleep(0.01)
    raise AssertionError("it lost every race")


def leaves(hall: Hall, user_id: UserId) -> None:
    """A membership ends."""
    place = hall.place
    change = ChangeMembership(place.installation.begin, place.installation.clock)
    persistently(lambda: change(user_id, status=MembershipStatus.ENDED, reason="left", by=place.by))


def follow(hall: Hall, user_id: UserId) -> None:
    """What follows from it."""
    place = hall.place
    installation = place.installation
    by: Actor = job("withdraw_bids_of_leaver", place.guild_id)
    withdraw = WithdrawBidsOfLeaver(installation.begin, installation.ids, installation.clock)
    left_at = installation.clock.now() + HOUR
    persistently(lambda: withdraw(user_id, left_at=left_at, reason="the membership ended", by=by))


def must_add_up(hall: Hall) -> None:
    """P-3, L-5: what is kept of holds and balances equals its recount."""
    found = hall.place.installation.verifying.verify(lambda _: None).differences
    assert [each for each in found if each.guild_id == hall.place.guild_id] == []


def holds_nothing(hall: Hall, user_id: UserId, *auctions: AuctionId) -> bool:
    """Whether nothing is left of what the user bid."""
    with hall.place.work() as work:
        held = [work.holds.of(each).get(user_id) for each in auctions]
        bids = [work.bids.of(each, user_id) for each in auctions]
    return not any(held) and not any(bids) and hall.purse(user_id).held.points == ZERO


class DepartingContract(Contract):
    """The use case `WithdrawBidsOfLeaver`, and what the ports of loot tell it."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    # --- what the ports tell ------------------------------------------------------------------------------------------

    def test_auctions_that_are_not_over_are_told(self, hall: Hall, elsewhere: Place) -> None:
        """A-10, G-1: in order of id, whatever their state, and this guild's alone."""
        item = hall.item()
        opened = hall.keep(hall.drafted(item))
        later = hall.keep(hall.drafted(item, opens_at=NIGHT + HOUR))
        over = hall.keep(hall.drafted(item))
        hall.keep(over.cancel(reason="", at=NIGHT))
        there = Hall.of(elsewhere)
        there.keep(there.drafted())
        with hall.place.work() as work:
            assert work.auctions.running() == (opened.id, later.id)

    def test_what_a_bid_was_made_for_is_told_whatever_it_was_raised_to(self, hall: Hall) -> None:
        """A-10, L-14: of each bidder the last bid that they made and that was accepted."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        auction_id, other = hall.start(), hall.start("Sword")
        hall.bid(auction_id, ann, ceiling="50")
        hall.bid(auction_id, ben, "20")
        hall.bid(other, ann, "3")
        with hall.place.work() as work:
            made_for = work.bids.made_for(auction_id)
            assert {bid.user_id: str(bid.amount) for bid in work.bids.standing(auction_id)} == {
                ann: "21.00",
                ben: "20.00",
            }
        assert {user: str(points) for user, points in made_for.items()} == {ann: "1.00", ben: "20.00"}

    def test_what_a_user_left_for_later_is_told_by_item(self, hall: Hall) -> None:
        """A-10, L-14."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        items = [hall.item("Sword"), hall.item("Axe")]
        with hall.place.work() as work:
            for item in reversed(items):
                for user_id in (ben, ann):
                    bid = StandingBid(item_id=item.id, user_id=user_id, ceiling=Points.of(5), left_at=NIGHT)
                    work.standing_bids.put(bid, StandingBidLeft(item_id=item.id, user_id=user_id))
        with hall.place.work() as work:
            assert [bid.item_id for bid in work.standing_bids.of_user(ann)] == [item.id for item in items]
            assert {bid.user_id for bid in work.standing_bids.of_user(ann)} == {ann}

    # --- what becomes of it -------------------------------------------------------------------------------------------

    def test_bids_and_holds_go_and_the_next_best_leads(self, hall: Hall) -> None:
        """A-10, L-5: in every auction that is not closed; and it adds up."""
        ann, ben, cid = hall.bidder("Ann"), hall.bidder("Ben"), hall.bidder("Cid")
        first, second = hall.start(quantity=2), hall.start("Sword", rules={"mode": "sealed_first_price"})
        hall.bid(first, ben, ceiling="40")
        hall.bid(first, ann, "30")
        hall.bid(first, cid, "31")
        hall.bid(second, ann, "20")
        leaves(hall, ann)
        follow(hall, ann)
        assert holds_nothing(hall, ann, first, second)
        auction = hall.loaded(first)
        assert {lead.bid.user_id: str(lead.bid.amount) for lead in auction.leads} == {ben: "1.00", cid: "31.00"}
        with hall.place.work() as work:
            assert work.holds.of(first) == {
                ben: Hold(shown=Points.of(1), sealed=Points.of(39)),
                cid: Hold(shown=Points.of(31)),
            }
        last = [(row.user_id, row.outcome, row.source) for row in hall.bids(first)][:2]
        assert last == [(ben, BidOutcome.ACCEPTED, BidSource.PROXY), (ann, BidOutcome.WITHDRAWN, BidSource.LEAVING)]
        must_add_up(hall)
        follow(hall, ann)
        assert len(hall.bids(second)) == 2

    def test_what_is_over_stays(self, hall: Hall, elsewhere: Place) -> None:
        """A-10, L-7, G-1: results that are known, and other guilds' auctions."""
        ann = hall.bidder("Ann")
        there = Hall.of(elsewhere)
        with elsewhere.work() as work:
            work.memberships.save(Membership.begin(elsewhere.guild_id, ann, RoleGroup.MEMBER, NIGHT))
        elsewhere.character("Annelse", owner=ann, is_main=True)
        there.bank.give(ann, there.pool_id, "50")
        auction_id, other = hall.start(), there.start()
        hall.bid(auction_id, ann, "30")
        there.bid(other, ann, "40")
        hall.close(auction_id)
        leaves(hall, ann)
        follow(hall, ann)
        assert hall.loaded(auction_id).status is AuctionStatus.CLOSED
        assert hall.purse(ann).held.points == Points.of(30)
        assert there.purse(ann).held.points == Points.of(40)
        must_add_up(hall)
        must_add_up(there)

    # --- races --------------------------------------------------------------------------------------------------------

    def test_who_bids_while_their_membership_ends_keeps_no_bid(self, hall: Hall) -> None:
        """A-10: whether the bid was in time or not."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        auction_id = hall.start()
        hall.bid(auction_id, ben, "5")
        with hall.place.work() as work:
            membership = work.memberships.get(ann)
            rival = Rival(lambda: persistently(lambda: hall.bid(auction_id, ann, "40")))
            work.memberships.save(membership.end(NIGHT, reason="left"))
        outcome = rival.outcome()
        assert outcome is None or isinstance(outcome, BidRefused)
        follow(hall, ann)
        assert holds_nothing(hall, ann, auction_id)
        assert [lead.bid.user_id for lead in hall.loaded(auction_id).leads] == [ben]
        must_add_up(hall)

    def test_a_bid_that_is_being_made_is_waited_for(self, hall: Hall) -> None:
        """A-10: by who withdraws what the leaver bid, so that it is found."""
        ann = hall.bidder("Ann")
        auction_id = hall.start()

        def left() -> None:
            leaves(hall, ann)
            follow(hall, ann)

        with hall.place.work() as work:
            auction = work.auctions.get(auction_id)
            assert isinstance(auction, OpenAuction)
            purses = work.holds.purses(hall.pool_id, auction_id, {ann})
            rival = Rival(left)
            made = hall.record(auction_id, ann, "40")
            assert made.bid is not None
            work.bids.append([made])
            work.holds.move(auction_id, hall.pool_id, {ann: purses[ann].here}, {ann: Hold(shown=Points.of(40))})
            work.auctions.save(evolve(auction, bids=1, leads=(Lead(bid=made.bid, copies=1),)))
        assert rival.outcome() is None
        assert holds_nothing(hall, ann, auction_id)
        assert hall.loaded(auction_id).leads == ()
        must_add_up(hall)

    def test_an_auction_that_is_being_started_takes_no_bid_of_the_leaver_along(self, hall: Hall) -> None:
        """A-10, L-14: what was left for later is placed by it, or forgotten."""
        ann = hall.bidder("Ann")
        item = hall.item("Sword")
        installation = hall.place.installation
        LeaveBid(installation.begin, installation.clock)(item.id, ceiling=Points.of(40), user_id=ann, by=hall.place.by)
        auction = hall.drafted(item)
        assert isinstance(auction, OpenAuction)

        def left() -> None:
            leaves(hall, ann)
            follow(hall, ann)

        with hall.place.work() as work:
            work.items.get(item.id)  # as whoever opens an auction does, before asking what waits for it
            waiting = work.standing_bids.of_item(item.id)
            purses = work.holds.purses(hall.pool_id, auction.id, {ann})
            rival = Rival(left)
            made = hall.record(auction.id, ann, "40")
            assert made.bid is not None
            work.bids.append([made])
            work.holds.move(auction.id, hall.pool_id, {ann: purses[ann].here}, {ann: Hold(shown=Points.of(40))})
            work.auctions.save(evolve(auction, bids=1, leads=(Lead(bid=made.bid, copies=1),)))
            work.standing_bids.remove(waiting)
        assert rival.outcome() is None
        assert holds_nothing(hall, ann, auction.id)
        must_add_up(hall)

    def test_a_close_and_a_leaver_come_one_after_the_other(self, hall: Hall) -> None:
        """A-10, L-7: either the bid was withdrawn before the close, or what was won is won."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        auctions = [hall.start(f"Item {number}") for number in range(4)]
        for auction_id in auctions:
            hall.bid(auction_id, ben, "5")
            hall.bid(auction_id, ann, "20")
        leaves(hall, ann)
        closes = [lambda each=each: persistently(lambda: hall.close(each)) for each in auctions]
        faults = all_at_once(*closes, lambda: follow(hall, ann))
        assert [fault for fault in faults if fault and not isinstance(fault, WrongStatus)] == []
        for auction_id in auctions:
            results = hall.row(auction_id).results
            held = {user for user, _ in _held(hall, auction_id).items()}
            assert {row.user_id for row in results} == held
            assert held in ({ann}, {ben})
        must_add_up(hall)


def _held(hall: Hall, auction_id: AuctionId) -> dict[UserId, Hold]:
    with hall.place.work() as work:
        return dict(work.holds.of(auction_id))
