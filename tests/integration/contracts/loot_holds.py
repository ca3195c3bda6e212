"""What every adapter of the loot context keeps to, as to what bids keep reserved."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from dkp_core.kernel.ids import AuctionId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import NOTHING_HELD, Auction, Hold, OverAvailable, Purse
from dkp_core.points import BalanceOutOfRange, StandingsFilter
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.loot_deeds import SEALED, Hall
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.suite import Contract


def hold(shown: str = "0", sealed: str = "0", copies: int = 1) -> Hold:
    """So much held."""
    return Hold(shown=Points.of(shown), sealed=Points.of(sealed), copies=copies)


class HoldsContract(Contract):
    """The port `Holds`, and what balances and standings show of it."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    @pytest.fixture
    def auction(self, hall: Hall) -> Auction:
        """One that is open."""
        return hall.keep(hall.drafted())

    def another(self, hall: Hall) -> Auction:
        """One more that is open."""
        auction_id = AuctionId(hall.place.installation.ids.next("auction"))
        return hall.keep(hall.drafted(hall.item(f"Item {auction_id}")))

    # --- purses -------------------------------------------------------------------------------------------------------

    def test_a_purse_tells_what_its_owner_has_and_holds(self, hall: Hall, auction: Auction) -> None:
        """L-5: in the pool, and of it in this auction."""
        ann, other = hall.bidder("Ann", "100.50"), self.another(hall)
        hall.hold(auction.id, ann, "10.25", "5")
        hall.hold(other.id, ann, "2", "1.75")
        expected = Purse(current=Points.of("100.50"), held=hold("12.25", "6.75"), here=hold("10.25", "5"))
        assert hall.purse(ann, auction.id) == expected
        assert hall.purse(ann).here == NOTHING_HELD
        assert hall.purse(ann).held == expected.held

    def test_a_hold_tells_how_many_copies_it_is_for(self, hall: Hall, auction: Auction) -> None:
        """L-5: in its auction alone; of all auctions together there is a sum of points."""
        ann = hall.bidder("Ann")
        hall.hold(auction.id, ann, "30", "12", copies=3)
        hall.hold(self.another(hall).id, ann, "4", copies=2)
        assert hall.purse(ann, auction.id).here == hold("30", "12", copies=3)
        assert hall.purse(ann, auction.id).held == hold("34", "12")
        with hall.place.views() as views:
            row = views.bidding(auction.id, user_id=ann, discord_id=None, character="", sealed=True, at=NIGHT)
        assert row.purse == hall.purse(ann, auction.id)
        with hall.place.work() as work:
            assert work.holds.of(auction.id) == {ann: hold("30", "12", copies=3)}

    def test_the_same_points_may_be_held_for_other_copies(self, hall: Hall, auction: Auction) -> None:
        """L-5: one copy at 10 instead of two at 5; the balance does not move."""
        ann = hall.bidder("Ann")
        hall.hold(auction.id, ann, "10", copies=2)
        hall.hold(auction.id, ann, "10")
        assert hall.purse(ann, auction.id).here == hold("10")
        assert hall.bank.numbers(ann, hall.pool_id)[4:] == ["10.00", "90.00"]

    def test_several_purses_are_told_at_once(self, hall: Hall, auction: Auction) -> None:
        """L-5."""
        ann, ben, cid = hall.bidder("Ann", "5"), hall.bidder("Ben", "7"), hall.bidder("Cid", "0")
        hall.hold(auction.id, ben, "3")
        with hall.place.work() as work:
            purses = work.holds.purses(hall.pool_id, auction.id, {cid, ann, ben})
            assert work.holds.purses(hall.pool_id, auction.id, set()) == {}
        assert purses == {
            ann: Purse(current=Points.of(5)),
            ben: Purse(current=Points.of(7), held=hold("3"), here=hold("3")),
            cid: Purse(current=ZERO),
        }

    def test_a_balance_that_is_asked_for_is_made(self, hall: Hall, auction: Auction) -> None:
        """L-5: so that it can be locked; as with every balance, it is listed among everyone's."""
        stranger = hall.place.user("Stranger")

        def listed() -> set[UserId]:
            return {row.user_id for row in hall.bank.standings(hall.pool_id, StandingsFilter(everyone=True))}

        assert stranger not in listed()
        assert hall.purse(stranger, auction.id) == Purse(current=ZERO)
        assert stranger in listed()
        assert hall.purse(stranger, auction.id) == Purse(current=ZERO)
        assert hall.bank.differences() == []

    def test_holds_in_one_pool_take_nothing_in_another(self, hall: Hall, auction: Auction) -> None:
        """L-5, P-5."""
        ann, other_pool = hall.bidder("Ann"), hall.bank.pool()
        hall.hold(auction.id, ann, "10", "10")
        with hall.place.work() as work:
            purses = work.holds.purses(other_pool, AuctionId(0), {ann})
        assert purses == {ann: Purse(current=ZERO)}
        assert hall.bank.numbers(ann, other_pool)[4:] == ["0.00", "0.00"]

    def test_another_guild_knows_of_no_holds(self, hall: Hall, auction: Auction, elsewhere: Place) -> None:
        """G-1."""
        ann = hall.bidder("Ann")
        hall.hold(auction.id, ann, "10", "5")
        with elsewhere.work() as work:
            assert work.holds.of(auction.id) == {}
            assert work.holds.purses(hall.pool_id, auction.id, {ann}) == {ann: Purse(current=ZERO)}
        assert hall.purse(ann, auction.id).here == hold("10", "5")

    # --- moving -------------------------------------------------------------------------------------------------------

    def test_holds_of_an_auction_are_told(self, hall: Hall, auction: Auction) -> None:
        """L-5: of who holds nothing, there is none."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        with hall.place.work() as work:
            assert work.holds.of(auction.id) == {}
        hall.hold(auction.id, ann, "10", "5")
        hall.hold(auction.id, ben, sealed="3")
        hall.hold(self.another(hall).id, ann, "1")
        with hall.place.work() as work:
            assert work.holds.of(auction.id) == {ann: hold("10", "5"), ben: hold("0", "3")}
        hall.hold(auction.id, ann)
        with hall.place.work() as work:
            assert work.holds.of(auction.id) == {ben: hold("0", "3")}

    def test_what_is_moved_is_seen_in_the_same_transaction(self, hall: Hall, auction: Auction) -> None:
        """L-10: a line of chat after another, on several auctions."""
        ann, other = hall.bidder("Ann"), self.another(hall)
        with hall.place.work() as work:
            for step, auction_id in enumerate((auction.id, other.id, auction.id), start=1):
                purse = work.holds.purses(hall.pool_id, auction_id, {ann})[ann]
                work.holds.move(auction_id, hall.pool_id, {ann: purse.here}, {ann: hold(str(step), str(10 * step))})
            assert work.holds.of(auction.id) == {ann: hold("3", "30")}
            purse = work.holds.purses(hall.pool_id, other.id, {ann})[ann]
        assert purse == Purse(current=Points.of(100), held=hold("5", "50"), here=hold("2", "20"))
        assert hall.purse(ann, other.id) == purse

    def test_who_is_in_either_is_moved(self, hall: Hall, auction: Auction) -> None:
        """L-5: who is in neither keeps what they hold."""
        ann, ben, cid = (hall.bidder(name) for name in ("Ann", "Ben", "Cid"))
        for user_id in (ann, ben):
            hall.hold(auction.id, user_id, "5", "1")
        with hall.place.work() as work:
            work.auctions.get(auction.id)
            work.holds.purses(hall.pool_id, auction.id, {ann, cid})
            work.holds.move(auction.id, hall.pool_id, {ann: hold("5", "1")}, {cid: hold("6")})
        with hall.place.work() as work:
            assert work.holds.of(auction.id) == {ben: hold("5", "1"), cid: hold("6")}
        assert [hall.bank.numbers(user_id, hall.pool_id)[4] for user_id in (ann, ben, cid)] == ["0.00", "5.00", "6.00"]
        assert hall.purse(ann).held == NOTHING_HELD

    def test_nothing_moved_changes_nothing(self, hall: Hall, auction: Auction) -> None:
        ann = hall.bidder("Ann")
        with hall.place.work() as work:
            work.holds.move(auction.id, hall.pool_id, {}, {})
            work.holds.move(auction.id, hall.pool_id, {ann: NOTHING_HELD}, {ann: NOTHING_HELD})
            assert work.holds.of(auction.id) == {}

    def test_holds_and_entries_move_a_balance_together(self, hall: Hall, auction: Auction) -> None:
        """P-3, L-7: an award takes the price and lets the hold go, in one transaction."""
        ann = hall.bidder("Ann", "100")
        hall.hold(auction.id, ann, "30", "10")
        with hall.place.work() as work:
            work.ledger.append([hall.bank.drafted(ann, hall.pool_id, "-30")])
            work.holds.move(auction.id, hall.pool_id, {ann: hold("30", "10")}, {})
            work.ledger.append([hall.bank.drafted(ann, hall.pool_id, "1")])
        assert hall.bank.numbers(ann, hall.pool_id)[3:] == ["71.00", "0.00", "71.00"]
        assert hall.purse(ann, auction.id) == Purse(current=Points.of(71))

    def test_a_failed_block_moves_nothing(self, hall: Hall, auction: Auction) -> None:
        """G-6."""
        ann = hall.bidder("Ann")

        def hold_and_fail() -> None:
            with hall.place.work() as work:
                work.holds.purses(hall.pool_id, auction.id, {ann})
                work.holds.move(auction.id, hall.pool_id, {}, {ann: hold("5", "5")})
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            hold_and_fail()
        assert hall.purse(ann, auction.id) == Purse(current=Points.of(100))
        assert hall.bank.numbers(ann, hall.pool_id)[4:] == ["0.00", "100.00"]

    # --- what is shown ------------------------------------------------------------------------------------------------

    def test_balances_show_what_everybody_may_see(self, hall: Hall, auction: Auction) -> None:
        """P-3, L-11: held is what is shown of it; available is what it leaves."""
        ann = hall.bidder("Ann")
        hall.hold(auction.id, ann, "30", "12.50")
        assert hall.bank.numbers(ann, hall.pool_id)[3:] == ["100.00", "30.00", "70.00"]
        with hall.place.views() as views:
            (balance,) = views.balances(ann).balances
            assert views.sealed_holds(ann) == {hall.pool_id: Points.of("12.50")}
        assert (balance.held, balance.available) == (Points.of(30), Points.of(70))
        (standing,) = hall.bank.standings(hall.pool_id)
        assert (standing.held, standing.available) == (Points.of(30), Points.of(70))

    def test_as_of_a_moment_nothing_is_held(self, hall: Hall, auction: Auction) -> None:
        """P-4."""
        ann = hall.bidder("Ann")
        hall.hold(auction.id, ann, "30", "12.50")
        with hall.place.views() as views:
            (balance,) = views.balances_as_of(ann, NIGHT + timedelta(days=1), None).balances
        assert (balance.held, balance.available) == (ZERO, Points.of(100))

    def test_sealed_holds_are_told_by_pool(self, hall: Hall, auction: Auction, elsewhere: Place) -> None:
        """L-11, G-1: their sum; pools without any are left out, and what others hold."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        hall.hold(auction.id, ann, "1", "12.50")
        hall.hold(self.another(hall).id, ann, "1", "2.25")
        hall.hold(auction.id, ben, "5")
        with hall.place.views() as views:
            assert views.sealed_holds(ann) == {hall.pool_id: Points.of("14.75")}
            assert views.sealed_holds(ben) == {}
            assert views.sealed_holds(UserId(0)) == {}
        with elsewhere.views() as views:
            assert views.sealed_holds(ann) == {}

    def test_the_standings_revision_changes_with_what_is_shown(self, hall: Hall, auction: Auction) -> None:
        """P-10: as the standings do."""
        ann = hall.bidder("Ann")
        before = hall.bank.revision(hall.pool_id)
        hall.hold(auction.id, ann, "5")
        assert hall.bank.revision(hall.pool_id) != before

    # --- at the same time ---------------------------------------------------------------------------------------------

    def test_purses_are_locked_until_the_transaction_ends(self, hall: Hall, auction: Auction) -> None:
        """L-5: who looks next, from another auction, sees what is held by then."""
        ann, other = hall.bidder("Ann", "10"), self.another(hall)
        seen: list[Purse] = []

        def look() -> None:
            with hall.place.work() as work:
                work.auctions.get(other.id)
                seen.append(work.holds.purses(hall.pool_id, other.id, {ann})[ann])

        with hall.place.work() as work:
            work.auctions.get(auction.id)
            work.holds.purses(hall.pool_id, auction.id, {ann})
            rival = Rival(look)
            work.holds.move(auction.id, hall.pool_id, {}, {ann: hold("4", "3")})
        assert rival.outcome() is None
        assert seen == [Purse(current=Points.of(10), held=hold("4", "3"))]

    def test_a_balance_that_was_not_there_is_locked_too(self, hall: Hall, auction: Auction) -> None:
        """L-5: whose first points are held as they come."""
        ann, other = hall.bidder("Ann", "0"), self.another(hall)
        seen: list[Purse] = []

        def look() -> None:
            with hall.place.work() as work:
                work.auctions.get(other.id)
                seen.append(work.holds.purses(hall.pool_id, other.id, {ann})[ann])

        with hall.place.work() as work:
            work.auctions.get(auction.id)
            work.holds.purses(hall.pool_id, auction.id, {ann})
            rival = Rival(look)
            work.holds.move(auction.id, hall.pool_id, {}, {ann: hold(sealed="3")})
        assert rival.outcome() is None
        assert seen == [Purse(current=ZERO, held=hold("0", "3"))]

    def test_points_are_spent_once_however_many_auctions_run(self, hall: Hall) -> None:
        """L-5: all one has is bid on four auctions at the same moment; one bid stands."""
        ann = hall.bidder("Ann", "10")
        auctions = [self.another(hall) for _ in range(4)]
        outcomes = all_at_once(*(partial(hall.bid, each.id, ann, ceiling="10") for each in auctions))
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, OverAvailable) for fault in outcomes if fault is not None)
        assert hall.purse(ann).held == hold("1", "9")
        assert hall.bank.differences() == []

    def test_bidders_of_several_auctions_wait_in_no_circle(self, hall: Hall) -> None:
        """L-5: purses are locked in order of user id, whatever order they are named in."""
        users = [hall.bidder(f"Bidder{number}", "0") for number in range(6)]
        auctions = [self.another(hall) for _ in range(6)]

        def take(number: int) -> None:
            named = users[number:] + users[:number]
            with hall.place.work() as work:
                work.auctions.get(auctions[number].id)
                work.holds.purses(hall.pool_id, auctions[number].id, named)
                work.holds.move(auctions[number].id, hall.pool_id, {}, dict.fromkeys(named, hold("1", "2")))

        assert all_at_once(*(partial(take, number) for number in range(6))) == [None] * 6
        assert {hall.purse(user_id).held for user_id in users} == {hold("6", "12")}

    def test_holds_and_raids_move_balances_at_the_same_time(self, hall: Hall) -> None:
        """P-13: nothing of either is lost."""
        ann = hall.bidder("Ann", "0")
        holding = [partial(hall.hold, self.another(hall).id, ann, "1", "1") for _ in range(3)]
        earning = [partial(hall.bank.give, ann, hall.pool_id, "2") for _ in range(3)]
        assert all_at_once(*holding, *earning) == [None] * 6
        assert hall.purse(ann) == Purse(current=Points.of(6), held=hold("3", "3"))

    def test_no_more_is_held_than_points_can_be(self, hall: Hall, auction: Auction) -> None:
        """P-1: beyond, nothing is kept."""
        ann, other = hall.bidder("Ann"), self.another(hall)
        hall.hold(auction.id, ann, "9999999999.99")
        with pytest.raises(BalanceOutOfRange):
            hall.hold(other.id, ann, "0.01")
        assert hall.bank.numbers(ann, hall.pool_id)[4] == "9999999999.99"

    def test_what_sealed_bids_hold_is_verified(self, hall: Hall) -> None:
        """P-13: through bids, withdrawal, close and award, everything equals its recount."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        sealed, opened = hall.start("Cloak", rules=SEALED), hall.start("Robe")
        for auction_id in (sealed, opened):
            hall.bid(auction_id, ann, "5")
            hall.bid(auction_id, ben, "9")
        hall.withdraw(sealed, ann)
        assert hall.bank.differences() == []
        for auction_id in (sealed, opened):
            hall.close(auction_id)
            assert hall.bank.differences() == []
            hall.award(auction_id)
        assert hall.bank.differences() == []
        assert hall.bank.numbers(ben, hall.pool_id)[3:] == ["82.00", "0.00", "82.00"]

    @pytest.mark.parametrize("mode", ["open", "sealed_first_price", "sealed_second_price"])
    def test_what_bids_for_several_copies_hold_is_verified(self, hall: Hall, mode: str) -> None:
        """P-13, L-14: also where one gets fewer copies than they bid for, at the close and before."""
        users = [hall.bidder(name) for name in ("Ann", "Ben", "Cid")]
        auction_id = hall.start(quantity=3, rules={"mode": mode, "copies_each": 2})
        for user_id, amount in zip(users, ("5", "7", "9"), strict=True):
            hall.bid(auction_id, user_id, amount, copies=2)
            assert hall.bank.differences() == []
        copies = {"open": (1, 1, 2)}.get(mode, (2, 2, 2))
        assert tuple(hall.purse(user_id, auction_id).here.copies for user_id in users) == copies
        hall.close(auction_id)
        assert [hall.purse(user_id, auction_id).here.copies for user_id in users[1:]] == [1, 2]
        assert hall.purse(users[0], auction_id).here == NOTHING_HELD
        assert hall.bank.differences() == []
        assert len(hall.award(auction_id)) == 3
        assert hall.bank.differences() == []
