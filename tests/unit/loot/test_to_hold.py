"""What an auction keeps reserved, counted anew from its bids: as it was held bid by bid."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.kernel.ids import UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import Hold, RunningAuction
from tests.unit.loot.bidding_hall import NOW, an_auction, bid, placed, rules, start

LATER = NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("mode", "held"),
    [
        ("sealed_first_price", Hold(sealed=Points.of(14), copies=2)),
        ("sealed_second_price", Hold(sealed=Points.of(14), copies=2)),
        ("fixed_price_roll", Hold(shown=Points.of(14), copies=2)),
    ],
)
def test_where_nobody_leads_all_that_is_offered_is_held(mode: str, held: Hold) -> None:
    """L-5, L-11: for every copy; for all to see only where the price is the same for all."""
    wanted = rules(mode=mode, copies_each=2, minimum="7", fixed_price_rolls=True)
    auction, answer = placed(bid(an_auction(wanted, quantity=2), 1, "7", copies=2))
    assert auction.to_hold([answer.bid]) == answer.holds == {UserId(1): held}


def test_in_an_open_auction_those_who_lead_hold_their_ceilings() -> None:
    """L-5, L-14: whoever was outbid holds nothing."""
    auction, first = placed(bid(an_auction(), 1, "5"))
    auction, second = placed(bid(auction, 2, "7", ceiling="20"))
    held = Hold(shown=Points.of(7), sealed=Points.of(13))
    assert auction.to_hold([first.bid, second.bid]) == {UserId(2): held}


def test_what_is_held_stays_held_while_the_clock_stands_still() -> None:
    """L-16."""
    auction, answer = placed(bid(an_auction(rules(mode="sealed_first_price")), 1, "5"))
    assert auction.freeze(reason="", at=LATER).to_hold([answer.bid]) == answer.holds


def test_after_the_close_the_winners_hold_what_they_pay() -> None:
    """L-6: for all to see; nobody else holds anything."""
    auction: RunningAuction
    auction, first = placed(bid(an_auction(rules(mode="sealed_second_price")), 1, "5"))
    auction, second = placed(bid(auction, 2, "9"))
    bids = [first.bid, second.bid]
    closed = auction.close(bids, LATER)
    assert closed.to_hold(bids) == closed.holds
    assert set(closed.to_hold(bids)) == {UserId(2)}


def test_what_has_not_opened_or_is_over_holds_nothing() -> None:
    """L-5: whatever bids there were."""
    auction, answer = placed(bid(an_auction(), 1, "5"))
    closed = auction.close([answer.bid], LATER)
    assert start(opens_at=LATER).to_hold([]) == {}
    assert auction.cancel(reason="", at=LATER).to_hold([answer.bid]) == {}
    assert closed.award(closed.settlement, [], LATER).to_hold([answer.bid]) == {}
