"""Auctions in their states, and what the system bids in answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AwardId, BidId, RankId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    Auction,
    AuctionNotOpen,
    AuctionStatus,
    AwardedAuction,
    Bid,
    BidRefused,
    BidTooLow,
    CancelledAuction,
    CannotLead,
    ClosedAuction,
    FrozenAuction,
    Hold,
    LeadingBidStays,
    Mode,
    NoBidToWithdraw,
    OpenAuction,
    Placed,
    Purse,
    Rules,
    ScheduledAuction,
    Tier,
    WrongStatus,
    commitment,
    result_of,
)
from dkp_core.loot.events import AuctionStarted, BidPlaced
from dkp_core.loot.judging import least_allowed
from dkp_core.loot.settlement import comes_first, same_group, worth
from tests.unit.loot.bidding_hall import (
    NOW,
    SEED,
    a_bid,
    a_bidder,
    a_purse,
    an_auction,
    an_offer,
    bid,
    leading,
    placed,
    rules,
    start,
)


def later(seconds: float) -> datetime:
    """So many seconds after the opening."""
    return NOW + timedelta(seconds=seconds)


def scheduled(wanted: Rules | None = None) -> ScheduledAuction:
    """An auction that opens in an hour."""
    started = start(wanted, opens_at=later(3600))
    assert isinstance(started, ScheduledAuction)
    return started


def events(auction: Auction) -> list[str]:
    """What the auction announces."""
    return [type(event).event_name() for event in auction.pending]


# --- starting ---------------------------------------------------------------------------------------------------------


def test_an_auction_opens_at_once_or_later() -> None:
    """L-2, L-15: open, or scheduled; the hash of its seed is shown from the start, the seed is not."""
    for opens_at in (None, later(-60), NOW):
        assert start(opens_at=opens_at).status is AuctionStatus.OPEN
    waiting = scheduled()
    assert (waiting.status, waiting.due_at) == (AuctionStatus.SCHEDULED, later(3600))
    (event,) = waiting.pending
    assert isinstance(event, AuctionStarted)
    assert event.seed_hash == waiting.seed_hash == commitment(SEED)
    assert SEED.hex() not in repr(event)
    assert "seed" not in repr(waiting)


@pytest.mark.parametrize("quantity", [0, -1, 101])
def test_one_to_a_hundred_copies_are_sold(quantity: int) -> None:
    """L-2, G-8."""
    with pytest.raises(InvalidValue) as refusal:
        start(quantity=quantity)
    assert refusal.value.field == "quantity"


def test_it_closes_after_it_opens() -> None:
    """L-2: at its time, after so many seconds by the rules, or by hand."""
    for opens_at, closes_at in ((None, NOW), (later(60), later(60)), (later(60), later(30))):
        with pytest.raises(InvalidValue) as refusal:
            start(opens_at=opens_at, closes_at=closes_at)
        assert refusal.value.field == "closes_at"
    assert an_auction().closes_at is None
    assert an_auction(rules(seconds=90)).closes_at == later(90)
    assert an_auction(rules(seconds=90), closes_at=later(30)).closes_at == later(30)
    assert scheduled(rules(seconds=90)).closes_at == later(3690)


def test_phases_say_how_long_it_lasts() -> None:
    """L-2: each phase has its own time; a close beside them would contradict."""
    phased = rules(phases=[{"seconds": 30}, {"seconds": 20}], seconds=5)
    assert an_auction(phased).closes_at == later(30)
    with pytest.raises(InvalidValue) as refusal:
        start(phased, closes_at=later(60))
    assert refusal.value.field == "closes_at"


def test_one_that_opens_late_lasts_as_long() -> None:
    """L-16: an outage at the opening takes no time from bidders, and opening early is not possible."""
    waiting = scheduled(rules(seconds=90))
    opened = waiting.open(later(3700))
    assert (opened.opens_at, opened.closes_at, opened.due_at) == (later(3700), later(3790), later(3790))
    assert waiting.open(later(0)).opens_at == later(3600)
    assert waiting.open(later(3600)).closes_at == later(3690)
    assert events(opened)[-1] == "auction_opened"
    assert scheduled().open(later(3600)).closes_at is None


# --- bidding by hand --------------------------------------------------------------------------------------------------


def test_an_open_bid_leads_until_it_is_beaten() -> None:
    """L-4, L-5: only the leaders' bids hold."""
    auction, first = placed(bid(an_auction(), 1, "10"))
    assert first.holds == {1: Hold(shown=Points.of(10))}
    assert (auction.current_amount, auction.copies_led) == (Points.of(10), 1)
    auction, second = placed(bid(auction, 2, "11"))
    assert second.holds == {1: Hold(), 2: Hold(shown=Points.of(11))}
    assert leading(auction) == {2: "11.00"}
    too_low = bid(auction, 3, "11")
    assert isinstance(too_low, BidTooLow)
    assert too_low.minimum == Points.of(12)


def test_the_k_best_lead() -> None:
    """L-3, L-5: with several copies several bids lead; the lowest of them is what has to be beaten."""
    auction = an_auction(quantity=2)
    for user, amount in ((1, "10"), (2, "20")):
        auction, _ = placed(bid(auction, user, amount))
    assert (auction.current_amount, auction.copies_led) == (Points.of(10), 2)
    auction, answer = placed(bid(auction, 3, "15"))
    assert leading(auction) == {2: "20.00", 3: "15.00"}
    assert answer.holds == {1: Hold(), 2: Hold(shown=Points.of(20)), 3: Hold(shown=Points.of(15))}


@pytest.mark.parametrize(
    ("mode", "hold"),
    [
        ("sealed_first_price", Hold(sealed=Points.of(10))),
        ("sealed_second_price", Hold(sealed=Points.of(10))),
        ("fixed_price_roll", Hold(shown=Points.of(10))),
    ],
)
def test_other_bids_hold_until_the_close(mode: str, hold: Hold) -> None:
    """L-5, L-11: a sealed bid holds out of sight, a roll holds its price; nobody leads."""
    auction = an_auction(rules(mode=mode, minimum="10", fixed_price_rolls=True))
    auction, answer = placed(bid(auction, 1, "10"))
    assert answer.holds == {1: hold}
    assert (auction.leads, auction.current_amount, auction.bids) == ((), None, 1)


def test_no_event_tells_what_is_sealed() -> None:
    """L-11: a sealed amount and a ceiling are in no event, and in no repr."""
    for mode, shown in (("sealed_first_price", None), ("open", "1.00")):
        amount, ceiling = (None, "77") if mode == "open" else ("77", None)
        auction, answer = placed(bid(an_auction(rules(mode=mode)), 1, amount, ceiling=ceiling))
        event = auction.pending[-1]
        assert isinstance(event, BidPlaced)
        assert event.amount == shown
        assert "77" not in repr((event, auction, answer.holds, answer.bid))
        assert "7700" not in repr((event, auction, answer.holds, answer.bid))


def test_a_bid_leaves_time_for_an_answer() -> None:
    """L-2: anti-snipe: so many seconds are left after any bid; never less than before."""
    auction = an_auction(rules(seconds=60, anti_snipe_seconds=20))
    auction, _ = placed(bid(auction, 1, "10", after=30))
    assert auction.closes_at == later(60)
    auction, _ = placed(bid(auction, 2, "11", after=50))
    assert auction.closes_at == auction.due_at == later(70)
    event = auction.pending[-1]
    assert isinstance(event, BidPlaced)
    assert event.closes_at == later(70).isoformat()
    still, _ = placed(bid(an_auction(rules(seconds=60)), 1, "10", after=59))
    assert still.closes_at == later(60)
    by_hand, _ = placed(bid(an_auction(rules(anti_snipe_seconds=20)), 1, "10"))
    assert by_hand.closes_at is None


def test_nobody_bids_past_the_close() -> None:
    """L-4: the close is not in the auction, whether or not a job has come to close it."""
    auction = an_auction(rules(seconds=60))
    assert isinstance(bid(auction, 1, "10", after=59.999), Placed)
    answer = bid(auction, 1, "10", after=60)
    assert isinstance(answer, AuctionNotOpen)
    assert str(answer) == "Auction 7 is past its close, not open."
    assert isinstance(auction.withdraw(UserId(1), own=a_bid(1, "10"), at=later(60)), AuctionNotOpen)


def test_an_auctions_clock_never_goes_back() -> None:
    """L-16, L-6: a host whose clock is behind writes no bid before, or at the time of, one that was there."""
    auction, _ = placed(bid(an_auction(rules(seconds=60)), 1, "10", after=30))
    auction, answer = placed(bid(auction, 2, "11", after=10))
    assert auction.last_at == answer.bid.placed_at == later(30) + timedelta(microseconds=1)
    assert auction.close([], later(5)).closes_at == auction.last_at


# --- withdrawing ------------------------------------------------------------------------------------------------------


def test_an_open_bid_is_withdrawn_only_while_it_does_not_lead() -> None:
    """L-4."""
    auction, first = placed(bid(an_auction(), 1, "10"))
    stays = auction.withdraw(UserId(1), own=first.bid, at=later(1))
    assert isinstance(stays, LeadingBidStays)
    assert (str(stays), stays.rule) == ("The bid of 10.00 leads, and can't be withdrawn.", "L-4")
    auction, _ = placed(bid(auction, 2, "11"))
    gone = auction.withdraw(UserId(1), own=first.bid, at=later(1))
    assert isinstance(gone, OpenAuction)
    assert leading(gone) == {2: "11.00"}
    assert events(gone)[-1] == "bid_withdrawn"
    nothing = auction.withdraw(UserId(3), own=None, at=later(1))
    assert isinstance(nothing, NoBidToWithdraw)
    assert str(nothing) == "The bidder has no bid on auction 7."


def test_what_is_told_of_a_lead_that_stays_is_what_all_see() -> None:
    """L-11: the visible amount, not the ceiling."""
    auction, first = placed(bid(an_auction(), 1, ceiling="50"))
    stays = auction.withdraw(UserId(1), own=first.bid, at=later(1))
    assert isinstance(stays, LeadingBidStays)
    assert str(stays.amount) == "1.00"


# --- proxies ----------------------------------------------------------------------------------------------------------


def test_the_system_bids_the_least_that_leads() -> None:
    """L-14: up to the ceiling, which is held in full, the rest of it out of sight."""
    auction, answer = placed(bid(an_auction(), 1, ceiling="50"))
    assert (leading(auction), answer.holds) == ({1: "1.00"}, {1: Hold(shown=Points.of(1), sealed=Points.of(49))})
    auction, answer = placed(bid(auction, 2, "20"))
    assert leading(auction) == {1: "21.00"}
    assert answer.holds == {1: Hold(shown=Points.of(21), sealed=Points.of(29)), 2: Hold()}
    assert [(each.user_id, str(each.amount)) for each in answer.raised] == [(1, "21.00")]
    assert str(answer.bid.amount) == "20.00"
    auction, answer = placed(bid(auction, 3, ceiling="70"))
    assert leading(auction) == {3: "51.00"}
    assert answer.holds == {1: Hold(), 3: Hold(shown=Points.of(51), sealed=Points.of(19))}
    assert answer.raised == ()


def test_a_beaten_ceiling_is_recorded_as_far_as_it_went() -> None:
    """L-14: who is beaten at once has bid all they would, as by hand."""
    auction, _ = placed(bid(an_auction(), 1, ceiling="50"))
    auction, answer = placed(bid(auction, 2, ceiling="30"))
    assert (str(answer.bid.amount), leading(auction)) == ("30.00", {1: "31.00"})


def test_of_equal_ceilings_the_earlier_leads_at_it() -> None:
    """L-6, L-14: a tie is a tie."""
    auction, _ = placed(bid(an_auction(), 1, ceiling="50"))
    auction, _ = placed(bid(auction, 2, ceiling="50", after=1))
    assert leading(auction) == {1: "50.00"}
    auction, _ = placed(bid(an_auction(rules(mains_first=False)), 1, ceiling="50", tier=Tier.ALT))
    auction, _ = placed(bid(auction, 2, ceiling="50", after=1))
    assert leading(auction) == {2: "50.00"}


def test_a_raised_ceiling_says_nothing_to_others() -> None:
    """L-14: nothing that others see changes."""
    auction, _ = placed(bid(an_auction(), 1, ceiling="50"))
    auction, answer = placed(bid(auction, 1, ceiling="60"))
    assert (leading(auction), str(answer.bid.ceiling), answer.raised) == ({1: "1.00"}, "60.00", ())


def by_clock(ceilings: Mapping[int, int], quantity: int) -> Mapping[int, int]:
    """An auction by hand: the price climbs step by step, until no more are in than there are copies.

    If that leaves copies over, they go to those who left last, in order of arrival, at what they stayed in for.
    """
    price = 1
    while sum(ceiling >= price for ceiling in ceilings.values()) > quantity:
        price += 1
    result = {user: price for user, ceiling in ceilings.items() if ceiling >= price}
    left_last = [user for user, ceiling in ceilings.items() if ceiling == price - 1]
    return result | dict.fromkeys(left_last[: quantity - len(result)], price - 1)


@given(st.lists(st.integers(1, 12), max_size=8), st.integers(1, 4))
def test_proxies_end_where_an_auction_by_hand_would(ceilings: Sequence[int], quantity: int) -> None:
    """L-14: the same winners at the same prices as where the price climbs; fair for all, no client bots needed."""
    auction, taking_part = an_auction(quantity=quantity), {}
    for user, ceiling in enumerate(ceilings, 1):
        answer = bid(auction, user, ceiling=str(ceiling), after=user)
        if isinstance(answer, Placed):
            taking_part[user] = ceiling
            auction, _ = placed(answer)
        else:  # by hand there would have been nothing to say either
            assert isinstance(answer, BidTooLow)
    expected = {user: str(Points.of(price)) for user, price in by_clock(taking_part, quantity).items()}
    assert leading(auction) == expected
    closed = auction.close([], later(99))
    assert {win.bid.user_id: str(win.price) for win in closed.settlement.wins} == expected
    assert all(win.bid.ceiling == win.bid.amount for win in closed.settlement.wins)


@given(st.lists(st.integers(1, 30), max_size=7, unique=True), st.integers(1, 4), st.data())
def test_bidding_step_by_step_comes_to_the_same(ceilings: Sequence[int], quantity: int, data: st.DataObject) -> None:
    """L-14: people who bid the least they may, again and again up to their limits, get what their proxies would."""
    means = dict(enumerate(ceilings, 1))
    by_proxy = an_auction(quantity=quantity)
    for user in data.draw(st.permutations(sorted(means))):
        answer = bid(by_proxy, user, ceiling=str(means[user]))
        by_proxy = by_proxy if isinstance(answer, BidRefused) else placed(answer)[0]
    by_hand = an_auction(quantity=quantity)
    while ready := [user for user in means if _next_step(by_hand, user) <= means[user] and not _leads(by_hand, user)]:
        user = data.draw(st.sampled_from(ready))
        by_hand, _ = placed(bid(by_hand, user, str(_next_step(by_hand, user))))
    assert set(leading(by_hand)) == set(leading(by_proxy))
    for user, amount in leading(by_hand).items():
        assert abs(Points.of(amount).hundredths - Points.of(leading(by_proxy)[user]).hundredths) <= 100


def _next_step(auction: OpenAuction, user: int) -> int:
    least = least_allowed(
        a_bidder(user), a_purse(), terms=auction.terms, phase=0, leads=auction.leads, own=None, at=NOW
    )
    assert least is not None, "nobody is put first here"
    return least.hundredths // 100


def _leads(auction: OpenAuction, user: int) -> bool:
    return auction.led_by(UserId(user)) is not None


@st.composite
def bidding(draw: st.DrawFn) -> tuple[OpenAuction, Mapping[UserId, Bid]]:
    """An open auction after any bids, for any of one's characters, with ceilings or without, for several copies.

    With it goes what stands. Whoever bids has points for some of it, and always keeps the floor.
    """
    plain = draw(st.booleans())
    house: dict[str, object] = {"floor": draw(st.integers(0, 5)), "copies_each": 2}
    if not plain:
        house |= {
            "mains_first": draw(st.booleans()),
            "alt_limit": draw(st.none() | st.integers(1, 9)),
            "box_multiplier": draw(st.sampled_from(["0.50", "1", "2"])),
            "rank_multipliers": [{"rank": 4, "times": draw(st.sampled_from(["0.50", "2"]))}],
        }
    wanted = rules(**house)
    auction = an_auction(wanted, quantity=draw(st.integers(1, 3)))
    standing: dict[UserId, Bid] = {}
    means = {UserId(user): Points(draw(st.integers(600, 3000))) for user in range(1, 4)}
    held = dict.fromkeys(means, Hold())
    for step in range(draw(st.integers(0, 12))):
        user, as_ceiling, before = UserId(draw(st.integers(1, 3))), draw(st.booleans()), auction.leads
        purse = Purse(current=means[user], held=held[user], here=held[user])
        tier, rank_id = draw(st.sampled_from(list(Tier))), draw(st.sampled_from([None, RankId(4)]))
        bidder = a_bidder(user) if plain else a_bidder(user, tier=tier, rank_id=rank_id)
        least = least_allowed(
            bidder, purse, terms=auction.terms, phase=0, leads=auction.leads, own=None, at=later(step)
        ) or Points(100)
        more = draw(st.integers(-1, 3))
        amount = str(least + Points(100 * more)) if draw(st.integers(0, 5)) else str(purse.free - wanted.to_leave)
        answer = bid(
            auction,
            user,
            None if as_ceiling else amount,
            ceiling=amount if as_ceiling else None,
            after=step,
            copies=1 if plain else draw(st.integers(1, 2)),
            purse=purse,
            tier=bidder.tier,
            rank_id=bidder.rank_id,
        )
        if isinstance(answer, Placed):
            auction, _ = placed(answer)
            for lead in auction.leads:
                kept = answer.holds[lead.bid.user_id]
                assert kept.shown.hundredths == lead.bid.amount.hundredths * lead.copies
                assert kept.points.hundredths == lead.bid.ceiling.hundredths * lead.copies
            assert set(answer.holds) >= {lead.bid.user_id for lead in before} | {user}
            standing |= {made.user_id: made for made in (answer.bid, *answer.raised)}
            held |= answer.holds
            assert all(means[each] - held[each].points >= wanted.to_leave or not held[each].points for each in means)
    return auction, standing


@given(bidding())
def test_leads_are_within_their_ceilings_and_the_copies(bid_on: tuple[OpenAuction, Mapping[UserId, Bid]]) -> None:
    """L-3, L-14: never over the ceiling, nor below the minimum; never more than there is; each user once."""
    auction, _ = bid_on
    assert auction.copies_led <= auction.quantity
    assert len({lead.bid.user_id for lead in auction.leads}) == len(auction.leads)
    for lead in auction.leads:
        assert auction.rules.minimum <= lead.bid.amount <= lead.bid.ceiling
        assert 1 <= lead.copies <= lead.bid.copies


@settings(max_examples=250)
@given(bidding())
def test_nobody_who_was_beaten_comes_before_who_leads(bid_on: tuple[OpenAuction, Mapping[UserId, Bid]]) -> None:
    """L-6, L-14: by what everybody sees, a lead is worth what was bid for it at least, whoever leads since."""
    auction, standing = bid_on
    for lead in auction.leads:
        for other in standing.values():
            if other.user_id not in auction.concerned:
                assert not comes_first(other, lead.bid, auction.rules)
                if same_group(lead.bid, other, auction.rules):
                    best, beaten = (worth(each, each.amount, auction.rules) for each in (lead.bid, other))
                    assert best <= beaten


@settings(max_examples=250)
@given(bidding())
def test_the_close_finds_the_leaders(bid_on: tuple[OpenAuction, Mapping[UserId, Bid]]) -> None:
    """L-6, L-7: who led wins, for what everybody saw, and alone holds the price until the award."""
    auction, standing = bid_on
    closed = auction.close(standing.values(), later(99))
    assert set(closed.settlement.beaten) == set(standing) - auction.concerned
    assert {win.bid.user_id: (str(win.price), win.copies) for win in closed.settlement.wins} == {
        lead.bid.user_id: (str(lead.bid.amount), lead.copies) for lead in auction.leads
    }
    assert closed.holds == {
        lead.bid.user_id: Hold(shown=Points(lead.bid.amount.hundredths * lead.copies), copies=lead.copies)
        for lead in auction.leads
    }


def test_who_raises_a_ceiling_after_a_tie_still_wins() -> None:
    """L-6, L-7: who leads has won, also where the ceiling is younger by now than the bid that it beat."""
    auction, _ = placed(bid(an_auction(), 1, ceiling="90"))
    auction, beaten = placed(bid(auction, 2, ceiling="90", after=1))
    assert leading(auction) == {1: "90.00"}
    auction, raised = placed(bid(auction, 1, ceiling="150", after=2))
    closed = auction.close([beaten.bid, raised.bid], later(3))
    (win,) = closed.settlement.wins
    assert (win.bid.user_id, str(win.price), str(win.bid.ceiling)) == (1, "90.00", "90.00")
    assert (closed.settlement.beaten, closed.holds) == ((2,), {1: Hold(shown=Points.of(90))})


def test_a_lead_is_not_exchanged_for_one_that_ranks_lower() -> None:
    """L-4, L-6: else who was outbid by it had been outbid for nothing."""
    cases: tuple[tuple[dict[str, object], dict[str, object], dict[str, object]], ...] = (
        ({"mains_first": True}, {}, {"tier": Tier.ALT}),
        ({"alt_limit": "10"}, {}, {"tier": Tier.ALT}),
        ({}, {}, {"tier": Tier.ALT}),
        ({}, {"tier": Tier.ALT}, {"tier": Tier.BOX}),
        ({"box_multiplier": "2"}, {"tier": Tier.BOX}, {}),
        ({"rank_multipliers": [{"rank": 4, "times": "0.50"}]}, {}, {"rank_id": RankId(4)}),
        ({"rank_multipliers": [{"rank": 4, "times": "0.50"}]}, {"tier": Tier.ALT}, {"rank_id": RankId(4)}),
    )
    for given_, first, then in cases:
        auction, _ = placed(bid(an_auction(rules(**given_)), 2, "9", tier=Tier.ALT))
        auction, _ = placed(bid(auction, 1, "20", **first))  # type: ignore[arg-type]  # as the case says
        answer = bid(auction, 1, "30", **then)  # type: ignore[arg-type]  # as the case says
        assert isinstance(answer, CannotLead), (given_, first, then)
        assert str(answer) == ("No bid of this bidder can lead: it leads for a character that comes before this one.")
        again = bid(auction, 1, "30", **first)  # type: ignore[arg-type]  # as the case says
        assert isinstance(again, Placed), "for the same one it goes up"


def test_a_lead_may_be_exchanged_for_one_that_ranks_higher() -> None:
    """L-4: and where mains come first, a main of less weight still comes before every alt."""
    auction, _ = placed(bid(an_auction(), 1, "20", tier=Tier.ALT))
    assert isinstance(bid(auction, 1, "21"), Placed)
    weighing = rules(mains_first=True, rank_multipliers=[{"rank": 4, "times": "0.50"}])
    auction, _ = placed(bid(an_auction(weighing), 1, "20", tier=Tier.ALT))
    assert isinstance(bid(auction, 1, "21", rank_id=RankId(4)), Placed)


def test_what_everybody_sees_of_an_auction_is_without_ceilings() -> None:
    """L-11, L-14."""
    auction, _ = placed(bid(an_auction(), 1, ceiling="90"))
    (seen,) = auction.as_seen.leads
    assert (str(seen.bid.amount), str(seen.bid.ceiling), seen.copies) == ("1.00", "1.00", 1)


# --- phases, close, freeze --------------------------------------------------------------------------------------------


def test_a_phase_hands_over_while_copies_are_free() -> None:
    """L-2: mains, then alts, then everyone, each with its own time; a phase that filled is the last."""
    phased = rules(phases=[{"tiers": ["main"], "seconds": 30}, {"seconds": 20}])
    auction = an_auction(phased)
    assert auction.next_phase(later(30), filled=True) is None
    second = auction.next_phase(later(33), filled=False)
    assert second is not None
    assert (second.phase, second.closes_at, events(second)[-1]) == (1, later(53), "phase_began")
    assert second.next_phase(later(53), filled=False) is None
    assert an_auction().next_phase(later(1), filled=False) is None


def test_a_later_phase_takes_nothing_from_an_earlier_one() -> None:
    """L-2: bids of an earlier phase come first, whatever is bid later."""
    phased = rules(phases=[{"tiers": ["main"], "minimum": "5"}, {}])
    auction, first = placed(bid(an_auction(phased, quantity=2), 1, "5"))
    second = auction.next_phase(later(60), filled=False)
    assert second is not None
    assert isinstance(bid(second, 2, "0.50", after=61), BidTooLow)
    second, _ = placed(bid(second, 2, "90", after=61, tier=Tier.ALT))
    assert leading(second) == {1: "5.00", 2: "90.00"}
    assert not isinstance(bid(second, 3, "5", after=62), Placed)
    closed = second.close([], later(99))
    assert [win.bid.user_id for win in closed.settlement.wins] == [1, 2]
    assert first.bid.phase == 0


def test_sealed_bids_are_settled_at_the_close() -> None:
    """L-7: exactly once; the losers' holds go, the winner's is the price until the award."""
    auction = an_auction(rules(mode="sealed_second_price"))
    bids = []
    for user, amount in ((1, "10"), (2, "30")):
        auction, answer = placed(bid(auction, user, amount))
        bids.append(answer.bid)
    closed = auction.close(bids, later(9))
    assert (closed.status, closed.due_at, closed.closes_at) == (AuctionStatus.CLOSED, None, later(9))
    assert closed.holds == {2: Hold(shown=Points.of(11))}
    assert events(closed)[-1] == "auction_closed"
    assert not hasattr(closed, "close"), "what is closed can't be closed again"
    awarded = closed.award(closed.settlement, [AwardId(4)], later(10))
    assert (awarded.status, events(awarded)[-1]) == (AuctionStatus.AWARDED, "auction_awarded")
    assert not hasattr(awarded, "award"), "what is awarded can't be awarded again"


def test_a_frozen_auction_stands_still() -> None:
    """L-16: nobody bids, nothing is due, leads stay; it goes on for as long as it had left."""
    auction, first = placed(bid(an_auction(rules(seconds=60)), 1, ceiling="50"))
    frozen = auction.freeze(reason=" server down ", at=later(20))
    assert (frozen.status, frozen.due_at, frozen.leads) == (AuctionStatus.FROZEN, None, auction.leads)
    assert isinstance(bid_on_any(frozen), AuctionNotOpen)
    assert isinstance(frozen.withdraw(UserId(1), own=first.bid, at=later(21)), AuctionNotOpen)
    resumed = frozen.resume(later(500))
    assert (resumed.status, resumed.closes_at) == (AuctionStatus.OPEN, later(540))
    assert resumed.leads == auction.leads
    assert events(resumed)[-2:] == ["auction_frozen", "auction_resumed"]
    assert an_auction().freeze(reason="", at=later(1)).resume(later(2)).closes_at is None
    with pytest.raises(InvalidValue):
        auction.freeze(reason="x" * 501, at=later(20))


def test_one_frozen_past_its_close_has_a_moment_left() -> None:
    """L-16: resuming never closes in the past."""
    frozen = an_auction(rules(seconds=60)).freeze(reason="outage", at=later(600))
    assert frozen.resume(later(700)).closes_at == later(701)


def test_a_frozen_auction_can_be_closed() -> None:
    """L-7, L-16: any officer can continue it, or end it."""
    auction, _ = placed(bid(an_auction(), 1, "10"))
    closed = auction.freeze(reason="", at=later(5)).close([], later(9))
    assert [win.bid.user_id for win in closed.settlement.wins] == [1]


def test_the_close_is_moved_to_a_time_to_come() -> None:
    """L-16: or to none, until it is closed by hand."""
    auction = an_auction(rules(seconds=60))
    extended = auction.extend(later(90), at=later(10))
    assert (extended.closes_at, events(extended)[-1]) == (later(90), "auction_extended")
    assert auction.extend(later(11), at=later(10)).closes_at == later(11)
    assert auction.extend(None, at=later(10)).due_at is None
    with pytest.raises(InvalidValue) as refusal:
        auction.extend(later(10), at=later(10))
    assert refusal.value.field == "closes_at"


def every_state() -> list[Auction]:
    """An auction in each of its states."""
    opened, _ = placed(bid(an_auction(), 1, "10"))
    closed = opened.close([], later(9))
    return [
        scheduled(),
        opened,
        opened.freeze(reason="", at=later(1)),
        closed,
        closed.award(closed.settlement, [], later(10)),
        opened.cancel(reason="", at=later(1)),
    ]


def test_each_state_is_another_type() -> None:
    """L-2: scheduled, open, frozen, closed, awarded, cancelled."""
    kinds = [ScheduledAuction, OpenAuction, FrozenAuction, ClosedAuction, AwardedAuction, CancelledAuction]
    assert [type(auction) for auction in every_state()] == kinds
    assert [auction.status for auction in every_state()] == list(AuctionStatus)


def bid_on_any(auction: Auction) -> Placed | BidRefused:
    """What a bid comes to, in whatever state the auction is."""
    return auction.place(an_offer("20"), a_bidder(2), a_purse(), own=None, bid_id=BidId(99), at=later(11))


def test_nobody_bids_on_an_auction_that_is_not_open() -> None:
    """L-4, L-13: the refusal says how it stands."""
    for auction in every_state():
        answer, withdrawn = bid_on_any(auction), auction.withdraw(UserId(1), own=a_bid(1, "10"), at=later(11))
        if auction.status is AuctionStatus.OPEN:
            assert isinstance(answer, Placed)
            continue
        for refusal in (answer, withdrawn):
            assert isinstance(refusal, AuctionNotOpen)
            assert str(refusal) == f"Auction 7 is {auction.status}, not open."


def test_what_is_not_over_can_be_called_off() -> None:
    """L-2: nothing leads or is held any more; what is over stays as it is."""
    for auction in every_state():
        if auction.status in {AuctionStatus.AWARDED, AuctionStatus.CANCELLED}:
            with pytest.raises(WrongStatus) as refusal:
                auction.cancel(reason="why", at=later(20))
            assert str(refusal.value) == f"Auction 7 is {auction.status}; this takes one that is not over."
        else:
            cancelled = auction.cancel(reason=" wrong item ", at=later(20))
            assert (cancelled.reason, cancelled.leads, cancelled.due_at) == ("wrong item", (), None)
            assert events(cancelled)[-1] == "auction_cancelled"
            # What was published stays so; what was not never is.
            published = auction.settlement if isinstance(auction, ClosedAuction) else None
            assert (cancelled.settlement, result_of(cancelled)) == (published, published)
            with pytest.raises(InvalidValue):
                auction.cancel(reason="x" * 501, at=later(20))


def test_every_mode_but_elsewhere_can_be_bid_in() -> None:
    """L-3: open ascending, sealed first price, sealed second price, fixed price roll."""
    for mode in Mode:
        if mode is Mode.ELSEWHERE:
            continue
        wanted = Rules(mode=mode, fixed_price_rolls=True)
        auction, answer = placed(bid(an_auction(wanted), 1, "1"))
        closed = auction.close([answer.bid], later(9))
        assert [(win.bid.user_id, str(win.price)) for win in closed.settlement.wins] == [(1, "1.00")]
