"""Which bids are allowed, and by which rule one is not."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId, BidId, RankId
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    AmountNotPositive,
    Bid,
    Bidder,
    BidRefused,
    BidTooLow,
    CannotLead,
    Hold,
    Lead,
    LimitReached,
    NoCeilingHere,
    NotEligible,
    NotThePrice,
    NotYourCharacter,
    Offer,
    OffTheIncrement,
    OverAvailable,
    OverCap,
    Purse,
    Rules,
    Span,
    Tier,
    TooManyCopies,
    UnknownBidder,
)
from dkp_core.loot.judging import fitted, judge, least_allowed, most_allowed, weight_of
from tests.unit.loot.bidding_hall import AUCTION, NOW, a_bid, a_bidder, a_purse, a_share, an_offer, rules, terms


def judged(
    offer: Offer,
    wanted: Rules | None = None,
    *,
    bidder: Bidder | None = None,
    purse: Purse | None = None,
    phase: int = 0,
    leads: tuple[Lead, ...] = (),
    own: Bid | None = None,
    quantity: int = 1,
) -> Bid | BidRefused:
    """What becomes of an offer."""
    return judge(
        offer,
        bidder or a_bidder(),
        purse or a_purse(),
        terms=terms(wanted or Rules(), quantity),
        phase=phase,
        leads=leads,
        own=own,
        bid_id=BidId(9),
        at=NOW,
    )


def refused(answer: Bid | BidRefused, kind: type[BidRefused], **numbers: object) -> None:
    """It was refused by that rule, with these numbers."""
    assert isinstance(answer, kind), answer
    told = {name: getattr(answer, name) for name in numbers}
    assert {name: str(value) if isinstance(value, Points) else value for name, value in told.items()} == numbers
    assert answer.auction == AUCTION


def led_at(user: int, amount: str, *, ceiling: str | None = None, **more: object) -> Lead:
    """A bid that leads."""
    lead = a_bid(user, amount, **more)  # type: ignore[arg-type]  # as the test says
    return Lead(bid=evolve(lead, ceiling=Points.of(ceiling or amount)), copies=lead.copies)


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "who", "why", "sentence"),
    [
        (
            {},
            {"is_member": False},
            "membership",
            "Bidding here takes a membership in force; this bidder has none.",
        ),
        (
            {"trials": False},
            {"is_trial": True},
            "trial",
            "Bidding here takes full membership; this bidder has a trial.",
        ),
        (
            {"ranks": [4, 5]},
            {"rank_id": RankId(6)},
            "rank",
            "Bidding here takes a character of certain ranks; this bidder has one of another rank.",
        ),
        (
            {"classes": ["Monk", "Bard"]},
            {},
            "class",
            "Bidding here takes Monk or Bard; this bidder has Warrior.",
        ),
        (
            {"classes": ["Monk"]},
            {"character_class": None},
            "class",
            "Bidding here takes Monk; this bidder has no class.",
        ),
        (
            {"attendees_only": True},
            {"attended": False},
            "raid",
            "Bidding here takes attendance at this raid; this bidder has none.",
        ),
        (
            {"attendance_at_least": 50},
            {"attendance": evolve(a_share(0), attended=4999, held=10000)},
            "attendance",
            "Bidding here takes 50% attendance; this bidder has 49.99%.",
        ),
    ],
)
def test_who_may_bid_is_a_rule(given: dict[str, object], who: dict[str, object], why: str, sentence: str) -> None:
    """L-2, L-13: by membership, trial, rank, class, raid and attendance; the refusal says what it takes."""
    answer = judged(an_offer("5"), rules(**given), bidder=a_bidder(1, **who))
    refused(answer, NotEligible, why=why)
    assert isinstance(answer, BidRefused)
    assert (answer.sentence, answer.rule, answer.code) == (sentence, "L-2", "not_eligible")


@pytest.mark.parametrize(
    ("given", "who"),
    [
        ({"trials": True}, {"is_trial": True}),
        ({"ranks": [4, 5]}, {"rank_id": RankId(5)}),
        ({"classes": ["WARRIOR"]}, {}),
        ({"attendees_only": True}, {"attended": True}),
        ({"attendance_at_least": 50}, {"attendance": a_share(50)}),
    ],
)
def test_who_fits_the_rules_bids(given: dict[str, object], who: dict[str, object]) -> None:
    """L-2: the rules keep out who they name, and nobody else."""
    assert isinstance(judged(an_offer("5"), rules(**given), bidder=a_bidder(1, **who)), Bid)


def test_nobody_bids_for_a_strangers_character() -> None:
    """L-4: a bid is made for a character of one's own."""
    answer = judged(an_offer("5"), bidder=a_bidder(owns_character=False, character_name="Stranger"))
    refused(answer, NotYourCharacter, character="Stranger")
    assert str(answer) == "The bidder owns no character 'Stranger'."
    nobody = judged(an_offer("5"), bidder=a_bidder(owns_character=False, character_name=""))
    assert str(nobody) == "The bidder owns no character to bid for."


def test_a_stranger_is_told_that_nobody_knows_them() -> None:
    """L-13: the refusal names who was meant."""
    answer = UnknownBidder(AuctionId(7), "1234")
    assert (answer.sentence, answer.rule) == ("Nobody in this guild is known as '1234'.", "L-4")


# --- phases -----------------------------------------------------------------------------------------------------------

THREE_PHASES = rules(
    phases=[
        {"tiers": ["main"], "minimum": "50", "seconds": 60},
        {"tiers": ["main", "alt"], "ranks": [4], "seconds": 30},
        {"minimum": "1"},
    ],
    minimum="10",
)


def test_a_phase_says_who_may_begin_to_bid() -> None:
    """L-2: mains, then alts, then everyone."""
    alt = a_bidder(tier=Tier.ALT, rank_id=RankId(4))
    first = judged(an_offer("60"), THREE_PHASES, bidder=alt)
    refused(first, NotEligible, why="phase", wanted="a bid as main in this phase", found="one as alt")
    assert isinstance(judged(an_offer("60"), THREE_PHASES, bidder=alt, phase=1), Bid)
    other_rank = judged(an_offer("60"), THREE_PHASES, bidder=evolve(alt, rank_id=RankId(5)), phase=1)
    refused(other_rank, NotEligible, why="phase", found="one of another rank")
    box = judged(an_offer("60"), THREE_PHASES, bidder=a_bidder(tier=Tier.BOX, rank_id=RankId(4)), phase=1)
    refused(box, NotEligible, why="phase", wanted="a bid as main or alt in this phase", found="one as box")
    assert isinstance(judged(an_offer("1"), THREE_PHASES, bidder=a_bidder(tier=Tier.BOX), phase=2), Bid)


def test_each_phase_has_its_own_minimum() -> None:
    """L-2: each with its own minimum, else the auction's."""
    member = a_bidder(rank_id=RankId(4))
    for phase, least, less in ((0, "50", "49"), (1, "10", "9"), (2, "1", "0.50")):
        assert isinstance(judged(an_offer(least), THREE_PHASES, bidder=member, phase=phase), Bid)
        low = judged(an_offer(less), THREE_PHASES, bidder=member, phase=phase)
        refused(low, BidTooLow, minimum=str(Points.of(least)))


def test_who_has_begun_to_bid_goes_on_in_their_phase() -> None:
    """L-2: a later phase shuts nobody out who bid in an earlier one, and takes no rank from them."""
    begun = judged(an_offer("60"), THREE_PHASES, phase=1, own=a_bid(1, "50"))
    assert isinstance(begun, Bid)
    assert begun.phase == 0
    refused(judged(an_offer("49"), THREE_PHASES, phase=1, own=a_bid(1, "50")), BidTooLow, minimum="50.00")


# --- what -------------------------------------------------------------------------------------------------------------


def test_one_copy_each_unless_the_rule_says_more() -> None:
    """L-3: copies_each."""
    answer = judged(an_offer("5", copies=2), quantity=3)
    refused(answer, TooManyCopies, copies=2, at_most=1)
    assert (str(answer), TooManyCopies.rule) == ("One user gets 1 at most here; 2 were bid for.", "L-3")
    assert isinstance(judged(an_offer("5", copies=2), rules(copies_each=2), quantity=3), Bid)
    for mode in ("open", "sealed_first_price"):
        more_than_there_are = judged(an_offer("5", copies=2), rules(copies_each=2, mode=mode), quantity=1)
        refused(more_than_there_are, TooManyCopies, copies=2, at_most=1)


@pytest.mark.parametrize("mode", ["sealed_first_price", "sealed_second_price", "fixed_price_roll"])
def test_ceilings_are_for_open_auctions(mode: str) -> None:
    """L-14: the system bids on where bids are open."""
    answer = judged(an_offer(ceiling="5"), rules(mode=mode, minimum="5", fixed_price_rolls=True))
    refused(answer, NoCeilingHere, mode=mode)
    assert str(answer) == f"Ceilings are for open auctions; this one is {mode}: bid an amount."


@pytest.mark.parametrize(("amount", "ceiling"), [("0", None), ("-5", None), ("5", "0"), (None, "-1")])
def test_a_bid_offers_something(amount: str | None, ceiling: str | None) -> None:
    """L-5: more than 0."""
    answer = judged(an_offer(amount, ceiling))
    assert isinstance(answer, AmountNotPositive)
    assert answer.sentence.endswith("offers nothing; it has to be more than 0.")


def test_a_ceiling_is_not_below_the_amount() -> None:
    """L-14: the bid is within its ceiling."""
    refused(judged(an_offer("10", "9")), BidTooLow, amount="9.00", minimum="10.00")


def test_an_offer_says_an_amount_but_for_a_roll() -> None:
    """L-3, G-8: a roll has its price; elsewhere an amount or a ceiling has to be said."""
    for mode in ("open", "sealed_first_price", "sealed_second_price"):
        with pytest.raises(InvalidValue) as asked:
            judged(Offer(), rules(mode=mode))
        assert asked.value.field == "amount"
    rolled = judged(Offer(), rules(mode="fixed_price_roll", minimum="25", fixed_price_rolls=True))
    assert isinstance(rolled, Bid)
    assert str(rolled.amount) == "25.00"


@pytest.mark.parametrize("copies", [0, -1, 101])
def test_copies_are_counted_from_1_to_100(copies: int) -> None:
    """L-2, G-8: a limit on everything."""
    with pytest.raises(InvalidValue) as refusal:
        an_offer("1", copies=copies)
    assert refusal.value.field == "copies"


@pytest.mark.parametrize("amount", ["9", "11"])
def test_a_roll_is_for_the_price(amount: str) -> None:
    """L-3: the price is the auction's, no more and no less."""
    answer = judged(an_offer(amount), rules(mode="fixed_price_roll", minimum="10", fixed_price_rolls=True))
    refused(answer, NotThePrice, amount=str(Points.of(amount)), price="10.00")
    assert str(answer) == f"The price is 10.00; {Points.of(amount)} was bid."


def test_the_price_of_a_roll_is_its_phases() -> None:
    """L-2, L-3: a phase with a minimum of its own has that for a price."""
    phases = [{"minimum": "20"}, {}]
    roll = rules(mode="fixed_price_roll", minimum="10", fixed_price_rolls=True, phases=phases)
    for phase, price in ((0, "20.00"), (1, "10.00")):
        made = judged(Offer(), roll, phase=phase)
        assert isinstance(made, Bid)
        assert str(made.amount) == price
        refused(judged(an_offer("15"), roll, phase=phase), NotThePrice, price=price)
    again = judged(Offer(), roll, phase=1, own=a_bid(1, "20"))
    assert isinstance(again, Bid)
    assert str(again.amount) == "20.00"


# --- how much ---------------------------------------------------------------------------------------------------------


def test_a_bid_is_at_least_the_minimum() -> None:
    """L-5, L-13: with the number that it takes."""
    answer = judged(an_offer("9"), rules(minimum="10"))
    refused(answer, BidTooLow, amount="9.00", minimum="10.00")
    assert str(answer) == "The bid must be at least 10.00; 9.00 was bid."


def test_bids_are_the_minimum_and_whole_increments() -> None:
    """L-5: the amount and the ceiling, both; the refusal names the two next to it."""
    fives = rules(minimum="10", increment="5")
    answer = judged(an_offer("18"), fives)
    refused(answer, OffTheIncrement, amount="18.00", increment="5.00", lower="15.00", higher="20.00")
    assert str(answer) == "Bids go in steps of 5.00: 15.00 or 20.00, not 18.00."
    refused(judged(an_offer("15", "18"), fives), OffTheIncrement, amount="18.00")
    for amount in ("10", "15", "20"):
        assert isinstance(judged(an_offer(amount), fives), Bid)


def test_all_in_is_off_the_step_where_the_rules_allow_it() -> None:
    """L-5: what one has above the floor, to the hundredth, for all the copies together."""
    odd = a_purse("17.35")
    assert isinstance(judged(an_offer("17.35"), purse=odd), Bid)
    assert isinstance(judged(an_offer("14.35"), rules(floor="3"), purse=odd), Bid)
    assert isinstance(judged(an_offer("8.60", copies=2), rules(copies_each=2), purse=a_purse("17.20"), quantity=2), Bid)
    refused(judged(an_offer("17.35"), rules(all_in=False), purse=odd), OffTheIncrement, amount="17.35")
    refused(judged(an_offer("17.34"), purse=odd), OffTheIncrement, lower="17.00", higher="18.00")
    assert isinstance(judged(an_offer("10", "17.35"), purse=odd), Bid)
    refused(judged(an_offer("10.35", "17.35"), purse=odd), OffTheIncrement, amount="10.35")


def test_all_in_is_a_whole_step_above_what_leads_and_no_more() -> None:
    """L-5: where a lead is off the grid, who goes all in need not reach the next whole step; others do."""
    leads = (led_at(2, "17.35"),)
    assert isinstance(judged(an_offer("18.35"), leads=leads, purse=a_purse("18.35")), Bid)
    assert isinstance(judged(an_offer("18.40"), leads=leads, purse=a_purse("18.40")), Bid)
    refused(judged(an_offer("18.34"), leads=leads, purse=a_purse("18.34")), BidTooLow, minimum="19.00")
    refused(judged(an_offer("18.35"), leads=leads), BidTooLow, minimum="19.00")
    not_all_in = judged(an_offer("18.35"), rules(all_in=False), leads=leads, purse=a_purse("18.35"))
    refused(not_all_in, BidTooLow, minimum="19.00")


def test_an_open_bid_is_a_step_above_the_lowest_that_leads() -> None:
    """L-5: at least the lowest leading bid plus one increment, while no copy is free."""
    leads = (led_at(2, "20"), led_at(3, "10"))
    refused(judged(an_offer("10"), leads=leads, quantity=2), BidTooLow, minimum="11.00")
    assert isinstance(judged(an_offer("11"), leads=leads, quantity=2), Bid)
    assert isinstance(judged(an_offer("1"), leads=leads, quantity=3), Bid)


def test_a_lead_only_goes_up() -> None:
    """L-4: raised by a step at least; while it leads, its secret ceiling stays where it is higher."""
    leads = (led_at(1, "20", ceiling="50"),)
    refused(judged(an_offer("20"), leads=leads), BidTooLow, minimum="21.00")
    raised = judged(an_offer("30"), leads=leads)
    assert isinstance(raised, Bid)
    assert (str(raised.amount), str(raised.ceiling)) == ("30.00", "50.00")
    refused(judged(an_offer(ceiling="19"), leads=leads), BidTooLow, minimum="20.00")
    kept = judged(an_offer(ceiling="60"), leads=leads)
    assert isinstance(kept, Bid)
    assert (str(kept.amount), str(kept.ceiling), kept.placed_at) == ("20.00", "60.00", NOW)


def test_a_higher_ceiling_is_as_old_as_it_is() -> None:
    """L-6: earliest counts from when that much was offered; a raise below the ceiling changes nothing of it."""
    lead = led_at(1, "20", ceiling="50", after=-60)
    kept, raised = judged(an_offer("30"), leads=(lead,)), judged(an_offer(ceiling="51"), leads=(lead,))
    assert isinstance(kept, Bid)
    assert isinstance(raised, Bid)
    assert (kept.placed_at, raised.placed_at) == (lead.bid.placed_at, NOW)


def test_a_lead_keeps_its_copies_and_pays_for_more_with_its_ceiling() -> None:
    """L-4, L-5: nothing is withdrawn by raising; and what is held for all copies is covered."""
    several = rules(copies_each=3)
    lead = led_at(1, "10", ceiling="50", copies=2)
    kept = judged(an_offer("20"), several, leads=(lead,), quantity=3)
    assert isinstance(kept, Bid)
    assert kept.copies == 2
    held = Hold(shown=Points.of(20), sealed=Points.of(80))
    means = a_purse("149", held=held, here=held)
    more = judged(an_offer("20", copies=3), several, leads=(lead,), quantity=3, purse=means)
    assert isinstance(more, OverAvailable)
    assert isinstance(
        judged(
            an_offer("20", copies=3), several, leads=(lead,), quantity=3, purse=evolve(means, current=Points.of(150))
        ),
        Bid,
    )


def test_a_sealed_bid_goes_either_way() -> None:
    """L-4: it can also be lowered until the close."""
    sealed = rules(mode="sealed_first_price")
    lowered = judged(an_offer("5"), sealed, own=a_bid(1, "50"))
    assert isinstance(lowered, Bid)
    assert str(lowered.ceiling) == "5.00"


def test_nobody_leads_before_whom_the_rules_put_first() -> None:
    """L-6: an alt behind a main, or over the limit, is told that no amount leads."""
    alt = a_bidder(tier=Tier.ALT)
    behind = judged(an_offer("500"), rules(mains_first=True), bidder=alt, leads=(led_at(2, "1"),))
    refused(behind, CannotLead)
    assert str(behind) == "No bid of this bidder can lead: tier, phase or limit puts the others first."
    limited = rules(alt_limit="10")
    refused(judged(an_offer("500"), limited, bidder=alt, leads=(led_at(2, "10"),)), CannotLead)
    assert isinstance(judged(an_offer("10"), limited, bidder=alt, leads=(led_at(2, "9"),)), Bid)
    main = judged(an_offer("1"), rules(mains_first=True), leads=(led_at(2, "90", tier=Tier.ALT),))
    assert isinstance(main, Bid)


def test_among_alts_over_the_limit_the_amount_decides() -> None:
    """L-2, L-5: the limit is against mains."""
    alt = a_bidder(tier=Tier.ALT)
    leads = (led_at(2, "15", tier=Tier.ALT),)
    refused(judged(an_offer("15"), rules(alt_limit="10"), bidder=alt, leads=leads), BidTooLow, minimum="16.00")
    assert isinstance(judged(an_offer("16"), rules(alt_limit="10"), bidder=alt, leads=leads), Bid)


def test_who_counts_half_bids_twice() -> None:
    """L-2: the minimum told is in the bidder's own points, a step more than counts as much."""
    half = rules(box_multiplier="0.50")
    box = a_bidder(tier=Tier.BOX)
    refused(judged(an_offer("20"), half, bidder=box, leads=(led_at(2, "10"),)), BidTooLow, minimum="21.00")
    made = judged(an_offer("21"), half, bidder=box, leads=(led_at(2, "10"),))
    assert isinstance(made, Bid)
    assert made.weight == 5_000


def test_weights_are_exact_however_small() -> None:
    """L-2: by rank and for boxes together, to the last decimal; none is ever 0."""
    for times, box, weight, beats in (
        ("0.01", "0.50", 50, "2001.00"),
        ("0.01", "0.01", 1, "100001.00"),
        ("1.50", "1.25", 18_750, "7.00"),
        ("100", "100", 100_000_000, "2.00"),
    ):
        weighing = rules(rank_multipliers=[{"rank": 4, "times": times}], box_multiplier=box)
        bidder, rich = a_bidder(tier=Tier.BOX, rank_id=RankId(4)), a_purse("200000")
        made = judged(an_offer("1"), weighing, bidder=bidder)
        assert isinstance(made, Bid)
        assert made.weight == weight
        leads = (led_at(2, "10"),)
        refused(judged(an_offer("1"), weighing, bidder=bidder, leads=leads, purse=rich), BidTooLow, minimum=beats)
        assert isinstance(judged(an_offer(beats), weighing, bidder=bidder, leads=leads, purse=rich), Bid)


def test_a_main_may_bid_as_an_alt_and_not_the_other_way_round() -> None:
    """L-2: what is said lowers the tier, never lifts it."""
    for owned, said, counted in (
        (Tier.MAIN, Tier.BOX, Tier.BOX),
        (Tier.MAIN, None, Tier.MAIN),
        (Tier.ALT, Tier.MAIN, Tier.ALT),
        (Tier.BOX, Tier.ALT, Tier.BOX),
    ):
        made = judged(an_offer("5", tier=said), bidder=a_bidder(tier=owned))
        assert isinstance(made, Bid)
        assert made.tier is counted


# --- caps and limits --------------------------------------------------------------------------------------------------

CAPS = [{"from_percent": 0, "at_most": "20"}, {"from_percent": 35}, {"from_percent": 15, "at_most": "50"}]


@pytest.mark.parametrize(
    ("percent", "most", "told"),
    [(0, "20", "0.00"), (14, "20", "14.00"), (15, "50", "15.00"), (34, "50", "34.00"), (35, None, "")],
)
def test_the_cap_is_that_of_the_highest_tier_reached(percent: int, most: str | None, told: str) -> None:
    """L-2: by attendance, compared exactly."""
    capped, bidder = rules(attendance_caps=CAPS), a_bidder(attendance=a_share(percent))
    if most is None:
        assert isinstance(judged(an_offer("1000"), capped, bidder=bidder), Bid)
        return
    assert isinstance(judged(an_offer(most), capped, bidder=bidder), Bid)
    over = judged(an_offer(str(Points.of(most) + Points.of(1))), capped, bidder=bidder)
    refused(over, OverCap, cap=str(Points.of(most)))
    assert str(over) == (
        f"Who has {told}% attendance may bid {Points.of(most)} at most; {Points.of(most) + Points.of(1)} was bid."
    )


def test_a_hair_below_a_tier_is_below_it() -> None:
    """L-2, D-9: 14.999% is shown as 15.00, and is not 15."""
    hair = evolve(a_share(0), attended=14_999, held=100_000)
    refused(judged(an_offer("21"), rules(attendance_caps=CAPS), bidder=a_bidder(attendance=hair)), OverCap, cap="20.00")


def test_caps_bind_ranks_and_trials() -> None:
    """L-2: cap by rank or trial; the ceiling is what they cap."""
    capped = rules(rank_caps=[{"rank": 4, "at_most": "30"}], trial_cap="10")
    refused(judged(an_offer("31"), capped, bidder=a_bidder(rank_id=RankId(4))), OverCap, cap="30.00")
    refused(judged(an_offer(ceiling="31"), capped, bidder=a_bidder(rank_id=RankId(4))), OverCap, amount="31.00")
    refused(judged(an_offer("11"), capped, bidder=a_bidder(is_trial=True)), OverCap, why="A trial member")
    assert isinstance(judged(an_offer("31"), capped, bidder=a_bidder(rank_id=RankId(5))), Bid)
    assert isinstance(judged(an_offer("10"), capped, bidder=a_bidder(is_trial=True)), Bid)


def test_a_limit_counts_items_over_its_price() -> None:
    """L-2: one item over 20 per night; cheaper ones are free, and cheaper bids are, too."""
    limited = rules(limits=[{"items": 1, "over": "20", "per": "night"}])
    won = a_bidder(wins={Span.NIGHT: (2001,), Span.RAID: ()})
    answer = judged(an_offer("21"), limited, bidder=won)
    refused(answer, LimitReached, items=1, over="20.00", per="night")
    assert str(answer) == (
        "1 item(s) for more than 20.00 each night is the limit, and the bidder has won or leads so many."
    )
    assert isinstance(judged(an_offer("20"), limited, bidder=won), Bid)
    refused(judged(an_offer("20", "21"), limited, bidder=won), LimitReached)
    assert isinstance(judged(an_offer("21"), limited, bidder=a_bidder(wins={Span.NIGHT: (2000,)})), Bid)
    assert isinstance(judged(an_offer("21"), limited, bidder=a_bidder(wins={Span.RAID: (2001,)})), Bid)


def test_copies_count_towards_a_limit() -> None:
    """L-2: two copies are two items."""
    limited = rules(limits=[{"items": 2, "per": "raid"}], copies_each=3)
    refused(judged(an_offer("1", copies=3), limited, quantity=3), LimitReached, items=2, per="raid")
    assert isinstance(judged(an_offer("1", copies=2), limited, quantity=3), Bid)


def test_a_limit_for_trials_binds_trials() -> None:
    """L-2: trial members one item."""
    limited = rules(limits=[{"items": 1, "trials_only": True}])
    wins = {Span.NIGHT: (100,)}
    refused(judged(an_offer("1"), limited, bidder=a_bidder(is_trial=True, wins=wins)), LimitReached)
    assert isinstance(judged(an_offer("1"), limited, bidder=a_bidder(wins=wins)), Bid)


# --- points -----------------------------------------------------------------------------------------------------------


def test_no_bid_is_over_what_is_available() -> None:
    """L-5: current less holds elsewhere, one's own hold in this auction not counted, and the floor left."""
    here, elsewhere = Hold(shown=Points.of(30), sealed=Points.of(10)), Hold(shown=Points.of(60), sealed=Points.of(20))
    purse = a_purse("100", held=elsewhere, here=here)
    assert isinstance(judged(an_offer("60"), purse=purse), Bid)
    answer = judged(an_offer("61"), purse=purse)
    refused(answer, OverAvailable, amount="61.00", available="60.00", floor="0.00")
    assert str(answer) == "61.00 is more than the 60.00 available."
    floored = judged(an_offer("56"), rules(floor="5"), purse=purse)
    refused(floored, OverAvailable, available="60.00", floor="5.00")
    assert str(floored) == "56.00 is more than the 60.00 available, of which 5.00 have to be left."
    refused(judged(an_offer("1", "61"), purse=purse), OverAvailable, amount="61.00")
    refused(judged(an_offer("31", copies=2), rules(copies_each=2), quantity=2, purse=purse), OverAvailable)


def test_who_may_not_know_is_not_told_what_is_available() -> None:
    """L-11, L-13: a sentence without the number that sealed bids hide."""
    assert OverAvailable(AUCTION, Points.of(9), None, Points.of(0)).sentence == (
        "9.00 is more than the bidder has available."
    )


def test_the_most_one_may_bid_is_within_caps_and_means() -> None:
    """L-9: max bid: what is free above the floor, within the caps; never below 0."""
    capped = rules(floor="10", trial_cap="40", rank_caps=[{"rank": 4, "at_most": "30"}])
    assert most_allowed(a_bidder(), a_purse("100"), capped) == Points.of(90)
    assert most_allowed(a_bidder(is_trial=True), a_purse("100"), capped) == Points.of(40)
    assert most_allowed(a_bidder(is_trial=True, rank_id=RankId(4)), a_purse("100"), capped) == Points.of(30)
    assert most_allowed(a_bidder(is_trial=True), a_purse("25"), capped) == Points.of(15)
    assert most_allowed(a_bidder(), a_purse("5"), capped) == Points.of(0)
    attending = a_bidder(attendance=a_share(20))
    assert most_allowed(attending, a_purse("100"), rules(attendance_caps=CAPS)) == Points.of(50)


# --- bids that were left before the rules were known ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "points", "left", "goes"),
    [
        ({}, "1000", "77", "77.00"),
        ({"minimum": "10", "increment": "5"}, "1000", "77", "75.00"),
        ({"minimum": "10", "increment": "5"}, "1000", "10", "10.00"),
        ({}, "60", "77", "60.00"),
        ({}, "60.35", "77", "60.35"),
        ({"all_in": False}, "60.35", "77", "60.00"),
        ({"floor": "10"}, "60.35", "77", "50.35"),
        ({"trial_cap": "30.50"}, "1000", "77", "30.00"),
        ({"attendance_caps": [{"at_most": "20"}], "trial_cap": "30"}, "1000", "77", "20.00"),
        ({"minimum": "100"}, "1000", "77", "77.00"),
        ({"minimum": "70"}, "60", "77", "77.00"),
    ],
)
def test_a_bid_that_was_left_goes_as_far_as_it_may(given: dict[str, object], points: str, left: str, goes: str) -> None:
    """L-14: as far as points, floor, caps and steps let it; one that can't reach the minimum stays as it was left."""
    wanted, bidder = rules(**given), a_bidder(is_trial=True, attendance=a_share(10))
    for offer in (an_offer(left), an_offer(ceiling=left)):
        fit = fitted(offer, bidder, a_purse(points), wanted, 0)
        assert str(fit.amount if offer.ceiling is None else fit.ceiling) == goes
        assert (fit.amount is None, fit.ceiling is None) == (offer.amount is None, offer.ceiling is None)


@given(st.integers(1, 5000), st.integers(0, 5000), st.integers(1, 2000), st.sampled_from([50, 100, 500]), st.booleans())
def test_what_was_left_is_never_refused_while_the_minimum_is_within_reach(
    left: int, points: int, minimum: int, step: int, all_in: bool
) -> None:
    """L-14: nor does it ever go further than its bidder said."""
    wanted = rules(minimum=str(Points(minimum)), increment=str(Points(step)), all_in=all_in)
    purse = a_purse(str(Points(points)))
    fit = fitted(Offer(ceiling=Points(left)), a_bidder(), purse, wanted, 0)
    assert fit.ceiling is not None
    assert fit.ceiling <= Points(left)
    reaches = min(left, points) >= minimum
    assert isinstance(judged(fit, wanted, purse=purse), Bid) is reaches


def test_an_offer_of_no_amount_is_left_as_it_is() -> None:
    """L-14, L-3: a roll needs none."""
    assert fitted(Offer(), a_bidder(), a_purse(), rules(), 0) == Offer()


@st.composite
def open_cases(draw: st.DrawFn) -> tuple[Rules, int, tuple[Lead, ...], Bidder]:
    """An open auction with some leads, and somebody who wants to bid."""
    limit = draw(st.none() | st.integers(1, 30))
    wanted = rules(
        minimum=draw(st.integers(1, 10)),
        increment=draw(st.sampled_from(["0.50", "1", "5"])),
        mains_first=draw(st.booleans()),
        alt_limit=limit,
        box_multiplier=draw(st.sampled_from(["0.50", "1", "1.33"])),
        rank_multipliers=[{"rank": 4, "times": draw(st.sampled_from(["0.75", "2"]))}],
        copies_each=3,
    )
    quantity = draw(st.integers(1, 4))
    leads: list[Lead] = []
    for user in range(2, 7):
        copies = draw(st.integers(1, 3))
        left = quantity - sum(lead.copies for lead in leads)
        if left < 1:
            break
        tier, rank = draw(st.sampled_from(list(Tier))), draw(st.sampled_from([None, RankId(4)]))
        steps = draw(st.integers(0, 20))
        amount = Points(wanted.minimum.hundredths + steps * wanted.increment.hundredths)
        weight = weight_of(tier, rank, wanted)
        made = a_bid(user, str(amount), tier=tier, weight=weight, copies=copies)
        leads.append(Lead(bid=made, copies=min(copies, left)))
    bidder = a_bidder(tier=draw(st.sampled_from(list(Tier))), rank_id=draw(st.sampled_from([None, RankId(4)])))
    return wanted, quantity, tuple(leads), bidder


@given(open_cases())
def test_the_minimum_told_is_one_that_can_be_bid(case: tuple[Rules, int, tuple[Lead, ...], Bidder]) -> None:
    """L-5, L-13: the least that is told is accepted, and a step less is refused with that number."""
    wanted, quantity, leads, bidder = case
    least = least_allowed(bidder, a_purse(), terms=terms(wanted, quantity), phase=0, leads=leads, own=None, at=NOW)
    rich = a_purse("100000")
    if least is None:
        refused(
            judged(an_offer("90000"), wanted, leads=leads, quantity=quantity, bidder=bidder, purse=rich), CannotLead
        )
        return
    accepted = judged(an_offer(str(least)), wanted, leads=leads, quantity=quantity, bidder=bidder, purse=rich)
    assert isinstance(accepted, Bid)
    less = least - wanted.increment
    assume(less > Points(0))
    answer = judged(an_offer(str(less)), wanted, leads=leads, quantity=quantity, bidder=bidder, purse=rich)
    refused(answer, BidTooLow, minimum=str(least))


def test_the_first_rule_that_refuses_is_told() -> None:
    """L-13: who may not bid at all is not told about amounts."""
    answer = judged(an_offer("0.01"), rules(minimum="10"), bidder=a_bidder(is_member=False), purse=a_purse("0"))
    assert isinstance(answer, NotEligible)


def test_a_bid_keeps_what_ranks_it() -> None:
    """L-4, L-6: tier, weight, attendance, phase and time, as they were."""
    bidder = a_bidder(attendance=a_share(40), rank_id=RankId(4), tier=Tier.ALT)
    wanted = rules(rank_multipliers=[{"rank": 4, "times": "1.50"}])
    made = judged(an_offer("5"), wanted, bidder=bidder)
    assert isinstance(made, Bid)
    assert (made.id, made.user_id, made.character_id, made.character_name) == (9, 1, 1, "Hero1")
    assert (made.tier, made.weight, made.attendance, made.phase, made.placed_at) == (
        Tier.ALT,
        15_000,
        a_share(40),
        0,
        NOW,
    )
    assert "5.00" not in repr(made)
    assert "5.00" not in repr(an_offer("5"))
