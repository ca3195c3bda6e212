"""Who wins and for how much, as a pure function of bids and rules."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.ids import BidId, RankId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import Bid, Mode, Rules, Settlement, Tie, Tier, roll, settle
from dkp_core.loot.settlement import allot
from tests.unit.loot.bidding_hall import AUCTION, SEED, a_bid, a_share, rules, terms

MODES = tuple(mode for mode in Mode if mode is not Mode.ELSEWHERE)


def won(settlement: Settlement) -> list[tuple[int, int, str]]:
    """Who won how many copies for how much each."""
    return [(win.bid.user_id, win.copies, str(win.price)) for win in settlement.wins]


@st.composite
def rulings(draw: st.DrawFn) -> Rules:
    """Rules of any mode, with any way of ranking bids."""
    limit = draw(st.none() | st.integers(1, 40))
    adds = draw(st.none() | st.integers(0, 300))
    return Rules(
        mode=draw(st.sampled_from(MODES)),
        minimum=Points.of(1),
        increment=Points(draw(st.sampled_from((50, 100, 500)))),
        fixed_price_rolls=True,
        mains_first=draw(st.booleans()),
        alt_limit=None if limit is None else Points.of(limit),
        ties=tuple(draw(st.lists(st.sampled_from(list(Tie)), unique=True))),
        second_price_adds=None if adds is None else Points(adds),
    )


@st.composite
def several_bids(draw: st.DrawFn, *, copies: int = 3) -> list[Bid]:
    """Bids of several users, many of them alike; of each user one, as each has one that stands."""
    bids = []
    for user in range(1, draw(st.integers(0, 7)) + 1):
        amount = draw(st.integers(1, 12)) * 100 + draw(st.sampled_from((0, 0, 0, 50)))
        bids.append(
            a_bid(
                user,
                str(Points(amount)),
                after=draw(st.integers(0, 2)),
                copies=draw(st.integers(1, copies)),
                tier=draw(st.sampled_from(list(Tier))),
                weight=draw(st.sampled_from((5_000, 10_000, 10_000, 15_000))),
                phase=draw(st.sampled_from((0, 0, 1))),
                attendance=draw(st.none() | st.integers(0, 3).map(lambda tens: a_share(tens * 10))),
            )
        )
    return bids


@given(rulings(), several_bids(), st.integers(1, 5), st.randoms(use_true_random=False))
def test_the_result_depends_on_bids_and_rules_alone(
    wanted: Rules, bids: list[Bid], quantity: int, chance: object
) -> None:
    """L-6: whatever order the bids come in, the same winners pay the same."""
    shuffled = list(bids)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert settle(shuffled, terms(wanted, quantity)) == settle(bids, terms(wanted, quantity))


@given(rulings(), several_bids(), st.integers(1, 5))
def test_no_more_is_allotted_than_there_is_or_was_asked_for(wanted: Rules, bids: list[Bid], quantity: int) -> None:
    """L-3: copies go out while they last; what is not had in full counts as beaten."""
    leads, beaten = allot(bids, terms(wanted, quantity))
    assert sum(lead.copies for lead in leads) == min(quantity, sum(bid.copies for bid in bids))
    assert all(1 <= lead.copies <= lead.bid.copies for lead in leads)
    had = {lead.bid.user_id: lead.copies for lead in leads}
    assert {bid.user_id for bid in beaten} == {bid.user_id for bid in bids if had.get(bid.user_id, 0) < bid.copies}


@given(rulings(), several_bids(copies=1), st.integers(1, 5))
def test_the_k_best_win_k_copies(wanted: Rules, bids: list[Bid], quantity: int) -> None:
    """L-3, L-6: whoever won would have won against each of the beaten alone, too."""
    settlement = settle(bids, terms(wanted, quantity))
    winners = [win.bid for win in settlement.wins]
    for winner in winners:
        for loser in (bid for bid in bids if bid not in winners):
            assert won(settle([loser, winner], terms(wanted)))[0][0] == winner.user_id


@given(rulings(), several_bids(), st.integers(1, 5))
def test_nobody_pays_more_than_they_bid_or_less_than_the_minimum(wanted: Rules, bids: list[Bid], quantity: int) -> None:
    """L-3: the second price is at least the minimum and at most the own bid; other modes take the own bid."""
    for win in settle(bids, terms(wanted, quantity)).wins:
        assert wanted.minimum <= win.price <= win.bid.amount
        if wanted.mode is not Mode.SEALED_SECOND_PRICE:
            assert win.price == win.bid.amount


@given(rulings(), several_bids(copies=1), st.integers(1, 5))
def test_the_second_price_would_have_won_as_well(wanted: Rules, bids: list[Bid], quantity: int) -> None:
    """L-3: with a step on top of the second bid, whoever had bid no more than they pay had won all the same."""
    second = evolve(wanted, mode=Mode.SEALED_SECOND_PRICE, second_price_adds=None)
    for win in settle(bids, terms(second, quantity)).wins:
        bid_less = evolve(win.bid, amount=win.price, ceiling=win.price)
        again = settle([bid_less, *(bid for bid in bids if bid is not win.bid)], terms(second, quantity))
        assert win.bid.user_id in [each.bid.user_id for each in again.wins]


@given(several_bids(copies=1), st.integers(1, 5), st.integers(1, 500))
def test_bidding_more_does_not_change_what_a_winner_pays(bids: list[Bid], quantity: int, more: int) -> None:
    """L-3: in a second price auction the price is the others' doing: nobody gains by holding back."""
    second = rules(mode="sealed_second_price")
    for win in settle(bids, terms(second, quantity)).wins:
        raised = Points(win.bid.amount.hundredths + more)
        bids_more = evolve(win.bid, amount=raised, ceiling=raised)
        again = settle([bids_more, *(bid for bid in bids if bid is not win.bid)], terms(second, quantity))
        price = next(each.price for each in again.wins if each.bid.user_id == win.bid.user_id)
        assert price == win.price or win.price == win.bid.amount


@given(several_bids(copies=1), st.integers(1, 5))
def test_a_roll_can_be_recomputed_from_its_seed(bids: list[Bid], quantity: int) -> None:
    """L-15: the lowest HMAC of the revealed seed wins; nothing but the phase comes before it in a plain roll."""
    price = Points.of(5)
    at_the_price = [evolve(bid, amount=price, ceiling=price, phase=0) for bid in bids]
    plain = rules(mode="fixed_price_roll", minimum="5", fixed_price_rolls=True)
    expected = sorted((bid.user_id for bid in bids), key=lambda user: roll(SEED, AUCTION, user))
    settlement = settle(at_the_price, terms(plain, quantity))
    assert [win.bid.user_id for win in settlement.wins] == expected[:quantity]
    assert list(settlement.beaten) == expected[quantity:]
    assert all(win.price == price for win in settlement.wins)


@given(several_bids(), st.integers(1, 5))
def test_phases_come_before_every_amount(bids: list[Bid], quantity: int) -> None:
    """L-2: who began to bid in an earlier phase gets a copy before anybody of a later one."""
    settlement = settle(bids, terms(Rules(mode=Mode.SEALED_FIRST_PRICE), quantity))
    phases = [win.bid.phase for win in settlement.wins]
    assert phases == sorted(phases)
    assert [phase for phase, _ in groupby(phases)] == sorted(set(phases))


def test_without_bids_nobody_wins() -> None:
    """L-7: there is nothing to settle."""
    assert settle([], terms(rules())) == Settlement()


@pytest.mark.parametrize(
    ("adds", "bids", "price"),
    [
        (None, ["30"], "10.00"),
        (None, ["30", "18"], "20.00"),
        (None, ["30", "29"], "30.00"),
        ("0", ["30", "18"], "18.00"),
        ("1", ["30", "18"], "19.00"),
        ("0", ["30", "30"], "30.00"),
    ],
)
def test_the_second_price_is_the_second_bid_and_the_step(adds: str | None, bids: list[str], price: str) -> None:
    """L-3: second bid plus increment, at least the minimum, at most the own bid; what it adds is a rule."""
    second = rules(mode="sealed_second_price", minimum="10", increment="2", second_price_adds=adds)
    made = [a_bid(user, amount, after=user) for user, amount in enumerate(bids, 1)]
    assert won(settle(made, terms(second))) == [(1, 1, price)]


def test_k_copies_sell_for_the_price_after_the_last_winner() -> None:
    """L-3: with quantity k, each of the k best pays the (k+1)th bid plus the step."""
    second = rules(mode="sealed_second_price")
    bids = [a_bid(1, "50"), a_bid(2, "40"), a_bid(3, "30"), a_bid(4, "20")]
    assert won(settle(bids, terms(second, 2))) == [(1, 1, "31.00"), (2, 1, "31.00")]


def test_ones_own_bid_for_more_copies_is_no_rival() -> None:
    """L-3: who gets two of three copies asked for does not pay against themselves."""
    second = rules(mode="sealed_second_price", copies_each=3)
    assert won(settle([a_bid(1, "50", copies=3)], terms(second, 2))) == [(1, 2, "1.00")]
    assert won(settle([a_bid(1, "50", copies=3), a_bid(2, "9")], terms(second, 2))) == [(1, 2, "10.00")]


def test_where_tiers_decide_the_price_looks_at_the_winners_tier() -> None:
    """L-3: a main who wins before all alts pays by the beaten mains, however much an alt bid."""
    second = rules(mode="sealed_second_price", mains_first=True)
    bids = [a_bid(1, "20"), a_bid(2, "12"), a_bid(3, "90", tier=Tier.ALT)]
    assert won(settle(bids, terms(second))) == [(1, 1, "13.00")]
    assert won(settle([bids[0], bids[2]], terms(second))) == [(1, 1, "1.00")]


def test_alts_over_the_limit_compete_by_amount() -> None:
    """L-2, L-3: an alt's bid counts for the limit at most against mains; among alts the higher wins."""
    second = rules(mode="sealed_second_price", alt_limit="10")
    alts = [a_bid(1, "20", tier=Tier.ALT), a_bid(2, "15", tier=Tier.ALT)]
    assert won(settle(alts, terms(second))) == [(1, 1, "16.00")]
    assert won(settle([*alts, a_bid(3, "10")], terms(second))) == [(3, 1, "10.00")]
    assert won(settle([*alts, a_bid(3, "9")], terms(second))) == [(1, 1, "16.00")]
    assert won(settle([alts[0], a_bid(3, "9")], terms(second))) == [(1, 1, "10.00")]
    assert won(settle([alts[0], a_bid(3, "15", tier=Tier.BOX)], terms(second))) == [(1, 1, "11.00")]


def test_a_multiplier_changes_what_a_bid_counts_not_what_it_pays() -> None:
    """L-2: weighted, 10 at double beats 19; the price is what the winner had to bid themselves."""
    first, second = rules(mode="sealed_first_price"), rules(mode="sealed_second_price")
    bids = [a_bid(1, "15", weight=20_000), a_bid(2, "19")]
    assert won(settle(bids, terms(first))) == [(1, 1, "15.00")]
    assert won(settle(bids, terms(second))) == [(1, 1, "10.50")]


def test_rules_weigh_ranks_and_boxes() -> None:
    """L-2: multipliers by rank or for boxes, both where both apply; the default is once."""
    weighing = rules(rank_multipliers=[{"rank": 4, "times": "1.50"}], box_multiplier="0.5")
    assert weighing.weight_of(Tier.MAIN, RankId(4)) == Fraction(3, 2)
    assert weighing.weight_of(Tier.BOX, RankId(4)) == Fraction(3, 4)
    assert weighing.weight_of(Tier.BOX, None) == Fraction(1, 2)
    assert weighing.weight_of(Tier.ALT, RankId(5)) == 1


@pytest.mark.parametrize(
    ("ties", "winner"),
    [([], 2), (["earliest"], 2), (["attendance"], 3), (["attendance", "roll"], 3), (["roll"], None)],
)
def test_equal_bids_are_told_apart_by_the_tie_rules(ties: list[str], winner: int | None) -> None:
    """L-6: earliest, highest attendance, roll; one after another, and the time at last."""
    bids = [
        a_bid(1, "10", after=3, attendance=a_share(50)),
        a_bid(2, "10", after=1, attendance=a_share(50)),
        a_bid(3, "10", after=2, attendance=a_share(80)),
    ]
    rolled = min((UserId(user) for user in (1, 2, 3)), key=lambda user: roll(SEED, AUCTION, user))
    expected = rolled if winner is None else winner
    assert settle(bids, terms(rules(ties=ties))).wins[0].bid.user_id == expected


def test_attendance_is_compared_exactly() -> None:
    """L-6, D-9: 2 of 3 raids are more than 66.66%, and no record counts as none."""
    almost = a_share(66)
    bids = [a_bid(1, "10", attendance=almost), a_bid(2, "10", after=1, attendance=evolve(almost, attended=2, held=3))]
    assert settle(bids, terms(rules(ties=["attendance"]))).wins[0].bid.user_id == 2
    bids = [a_bid(1, "10"), a_bid(2, "10", after=1, attendance=a_share(1))]
    assert settle(bids, terms(rules(ties=["attendance"]))).wins[0].bid.user_id == 2


def test_bids_of_one_moment_are_told_apart_by_their_number() -> None:
    """L-6: the order is total, to the last."""
    bids = [a_bid(1, "10"), evolve(a_bid(2, "10"), id=BidId(0))]
    assert settle(bids, terms(rules())).wins[0].bid.user_id == 2


@pytest.mark.parametrize(
    ("given", "winner", "rival", "because"),
    [
        ({}, a_bid(1, "20"), None, "there was a copy for every bid"),
        ({}, a_bid(1, "20"), a_bid(2, "10"), "it is higher"),
        ({}, a_bid(1, "5"), a_bid(2, "10", phase=1), "it was bid in an earlier phase"),
        (
            {"mains_first": True},
            a_bid(1, "5"),
            a_bid(2, "10", tier=Tier.ALT),
            "a bid as main comes before one as alt",
        ),
        (
            {"alt_limit": "4"},
            a_bid(1, "5"),
            a_bid(2, "10", tier=Tier.ALT),
            "it counts more: main × 1 against alt × 1",
        ),
        (
            {},
            a_bid(1, "10"),
            a_bid(2, "10", tier=Tier.BOX),
            "at the same amount a bid as main comes before one as box",
        ),
        (
            {"alt_limit": "4"},
            a_bid(1, "10", tier=Tier.ALT),
            a_bid(2, "9", tier=Tier.ALT),
            "it is higher",
        ),
        ({}, a_bid(1, "10"), a_bid(2, "10", after=1), "the amounts are equal, and it was bid first"),
        (
            {"ties": ["attendance", "roll"]},
            a_bid(1, "10", attendance=a_share(9)),
            a_bid(2, "10"),
            "the amounts are equal, and the bidder's attendance is higher",
        ),
        (
            {"ties": ["attendance"]},
            a_bid(1, "10"),
            a_bid(2, "10", after=1),
            "the amounts are equal, and it was bid first",
        ),
        (
            {"ties": ["roll"]},
            a_bid(1, "10") if roll(SEED, AUCTION, UserId(1)) < roll(SEED, AUCTION, UserId(2)) else a_bid(2, "10"),
            a_bid(2, "10") if roll(SEED, AUCTION, UserId(1)) < roll(SEED, AUCTION, UserId(2)) else a_bid(1, "10"),
            "the amounts are equal, and it rolled better",
        ),
    ],
)
def test_the_reason_is_kept_with_the_result(
    given: dict[str, object], winner: Bid, rival: Bid | None, because: str
) -> None:
    """L-6: the reasoning is kept, in words."""
    settlement = settle([winner] if rival is None else [rival, winner], terms(rules(**given)))
    assert [(win.bid.user_id, win.because) for win in settlement.wins] == [(winner.user_id, because)]
    assert settlement.beaten == (() if rival is None else (rival.user_id,))


def test_in_a_roll_all_chances_are_even() -> None:
    """L-3: amounts are one, so neither an alt's limit nor a multiplier weighs; the reason speaks of the roll alone."""
    even = rules(mode="fixed_price_roll", minimum="5", fixed_price_rolls=True, alt_limit="1", box_multiplier="2")
    lucky = min((UserId(1), UserId(2)), key=lambda user: roll(SEED, AUCTION, user))
    for tier, weight in ((Tier.ALT, 10_000), (Tier.BOX, 20_000), (Tier.BOX, 5_000)):
        for first, other in (({"tier": tier, "weight": weight}, {}), ({}, {"tier": tier, "weight": weight})):
            bids = [a_bid(lucky, "5", **first), a_bid(3 - lucky, "5", **other)]  # type: ignore[arg-type]  # as the case says
            (win,) = settle(bids, terms(even)).wins
            assert (win.bid.user_id, win.because) == (lucky, "the amounts are equal, and it rolled better")


def test_a_roll_looks_at_no_amount() -> None:
    """L-3: also where the price changed from phase to phase, and who began earlier rolls on."""
    even = rules(mode="fixed_price_roll", minimum="5", fixed_price_rolls=True)
    lucky = min((UserId(1), UserId(2)), key=lambda user: roll(SEED, AUCTION, user))
    (win,) = settle([a_bid(lucky, "5"), a_bid(3 - lucky, "20")], terms(even)).wins
    assert (win.bid.user_id, str(win.price), win.because) == (
        lucky,
        "5.00",
        "the amounts are equal, and it rolled better",
    )


def test_weights_are_told_as_they_were_set() -> None:
    """L-6: the reason names how many times each bid counts."""
    bids = [a_bid(1, "15", weight=18_750), a_bid(2, "19", tier=Tier.BOX, weight=50), a_bid(3, "16", weight=1_000_000)]
    because = [win.because for win in settle(bids, terms(rules(), 2)).wins]
    assert because == [
        "it counts more: main × 100 against box × 0.005",
        "it counts more: main × 1.875 against box × 0.005",
    ]


def test_a_fixed_price_roll_has_no_tiers_unless_the_rules_put_them_first() -> None:
    """L-3: a roll is even between mains and alts, but for mains_first."""
    user = min((UserId(1), UserId(2)), key=lambda user: roll(SEED, AUCTION, user))
    other = UserId(3 - user)
    bids = [a_bid(user, "5", tier=Tier.ALT), a_bid(other, "5")]
    even = rules(mode="fixed_price_roll", minimum="5", fixed_price_rolls=True)
    assert settle(bids, terms(even)).wins[0].bid.user_id == user
    assert settle(bids, terms(evolve(even, mains_first=True))).wins[0].bid.user_id == other
