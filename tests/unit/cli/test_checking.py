"""Checking an auction by what is published of it: what agrees, what does not, and what nobody can say."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId, BidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    AuctionRow,
    AuctionStatus,
    BidOutcome,
    BidRow,
    MadeAs,
    Mode,
    Tier,
    WrongStatus,
    commitment,
    receipt,
    roll,
)
from dkp_entrypoints.cli.checking import checked
from tests.unit.cli.auctions_shown import AUCTION, SEED, auction, bid

BIDS = (bid(3, 9, "50"), bid(2, 4, "40"))
WON = auction(results=[(9, "50")])
ROLLED = auction(Mode.FIXED_PRICE_ROLL, rules={"minimum": "5"}, results=[])


def wrong(row: AuctionRow, *bids: BidRow, **noted: Any) -> list[str]:
    """What does not agree."""
    found = checked(row, bids, **noted)
    told = [check.what for check in found.checks if check.holds is False]
    assert found.holds is not bool(told)
    return told


def test_an_honest_auction_agrees() -> None:
    """L-15: seed, receipts and result."""
    assert wrong(WON, *BIDS, seed_hashes={"as noted": commitment(SEED)}, receipts=[BIDS[0].receipt]) == []


def test_an_exchanged_seed_is_found() -> None:
    """L-15: by its hash and by every receipt; by who noted the hash, even where that was exchanged too."""
    other = bytes(32)
    told = wrong(evolve(WON, seed=other.hex()), *BIDS)
    assert told == ["seed hash as published", "receipt of bid 3, Character9", "receipt of bid 2, Character4"]
    forged = evolve(WON, seed=other.hex(), seed_hash=commitment(other))
    made = [
        evolve(each, receipt=receipt(other, AUCTION, each.id, UserId(each.user_id or 0), each.amount or Points(0)))
        for each in BIDS
    ]
    assert wrong(forged, *made) == []
    noted = {"as noted": commitment(SEED)}
    assert wrong(forged, *made, seed_hashes=noted) == ["seed hash as noted"]
    assert wrong(forged, *made, receipts=[BIDS[1].receipt]) == ["a receipt that was given"]


def test_a_changed_bid_is_found() -> None:
    """L-15: its receipt is of another amount; so does a bid without one, or without an amount."""
    for changed in ({"amount": Points.of(51)}, {"receipt": None}, {"amount": Points.of(51), "receipt": ""}):
        assert "receipt of bid 3, Character9" in wrong(WON, evolve(BIDS[0], **changed), BIDS[1])


def test_a_bid_that_was_left_out_is_found_by_its_receipt() -> None:
    """L-15: the others agree without it; whoever made it holds the proof."""
    row = auction(results=[(4, "40")])
    assert wrong(row, BIDS[1]) == []
    assert wrong(row, BIDS[1], receipts=[BIDS[0].receipt]) == ["a receipt that was given"]


@pytest.mark.parametrize("results", [[(4, "40")], [(9, "49")], [], [(9, "50"), (4, "40")]])
def test_another_result_is_found(results: list[tuple[int, str]]) -> None:
    """L-6: the winner, the price, and that there is one."""
    assert wrong(auction(results=results), *BIDS)


def test_second_prices_are_recomputed() -> None:
    """L-3: the second bid plus a step."""
    for price, told in (("41", []), ("42", ["what Character9 won"])):
        assert wrong(auction(Mode.SEALED_SECOND_PRICE, results=[(9, price)]), *BIDS) == told


def test_rolls_are_recomputed_and_shown() -> None:
    """L-15: the lowest wins."""
    bids = [bid(number, user, "5", receipt=None) for number, user in ((2, 4), (1, 9))]
    best, other = sorted((4, 9), key=lambda user: roll(SEED, AUCTION, UserId(user)))
    assert wrong(auction(Mode.FIXED_PRICE_ROLL, rules={"minimum": "5"}, results=[(best, "5")]), *bids) == []
    assert wrong(auction(Mode.FIXED_PRICE_ROLL, rules={"minimum": "5"}, results=[(other, "5")]), *bids)
    rolls = [check for check in checked(ROLLED, bids).checks if check.what.startswith("roll of ")]
    assert {check.recomputed[:12] for check in rolls} == {
        f"{roll(SEED, AUCTION, UserId(user)):064x}"[:12] for user in (4, 9)
    }


def test_a_bid_that_moved_here_goes_by_the_ids_that_it_was_made_under() -> None:
    """L-15, O-6: its receipt, its roll, and who wins by it."""
    moved = {2: MadeAs(AuctionId(5), BidId(61), UserId(40)), 3: MadeAs(AuctionId(5), BidId(62), UserId(41))}
    first, _ = sorted(moved, key=lambda user: moved[user].roll(SEED))
    made = [
        bid(number, user, "5.00", made_as=str(made_as), receipt=made_as.receipt(SEED, Points.of(5)))
        for number, (user, made_as) in enumerate(moved.items(), 1)
    ]
    sold = auction(rules={"ties": ["roll"]}, results=[(first, "5.00")])
    given = [each.receipt(SEED, Points.of(5)) for each in moved.values()]
    found = checked(sold, made, receipts=given)
    assert found.holds, found
    rolled = {each.what: each.recomputed for each in found.checks if each.what.startswith("roll of")}
    assert rolled == {
        f"roll of Character{user}": f"{made_as.roll(SEED):064x}"[:12] + "…" for user, made_as in moved.items()
    }
    assert not checked(sold, [evolve(each, made_as=None) for each in made]).holds


def test_only_the_last_bid_of_each_counts() -> None:
    """L-4: one that was raised, or withdrawn since, does not; a refusal changes nothing."""
    withdrawn = bid(4, 9, "50", outcome=BidOutcome.WITHDRAWN)
    refused = bid(5, 4, "1", outcome=BidOutcome.REFUSED)
    stranger = bid(6, 0, "99", outcome=BidOutcome.REFUSED, user_id=None)
    assert wrong(auction(results=[(4, "40")]), stranger, refused, withdrawn, *BIDS) == []
    assert wrong(auction(results=[(9, "45")]), bid(4, 9, "45"), *BIDS) == []


def test_who_was_passed_over_is_told() -> None:
    """L-7: officers may do it at the award; before that, there is no such thing."""
    row = auction(results=[(4, "40")])
    assert wrong(row, *BIDS)
    found = checked(evolve(row, status=AuctionStatus.AWARDED), BIDS)
    assert found.holds
    assert "Character9 was passed over" in [check.what for check in found.checks]
    assert checked(evolve(row, status=AuctionStatus.AWARDED, results=()), BIDS).holds


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"phases": [{"seconds": 60}]}, "phases"),
        ({"rank_multipliers": [{"rank": 1, "times": "2"}]}, "multipliers by rank"),
        ({"ties": ["attendance"]}, "attendance"),
    ],
)
def test_what_takes_more_than_is_published_is_not_judged(rules: dict[str, object], said: str) -> None:
    """L-15: it says what it can't tell, and the rest still has to agree."""
    found = checked(auction(rules=rules, results=[(4, "1")]), BIDS)
    assert found.holds
    assert said in next(check.recomputed for check in found.checks if check.what == "winners")


def test_boxes_are_weighed_as_at_the_close() -> None:
    """L-6: a box's bid counts as often as the rules say, to their last digit."""
    boxed = evolve(BIDS[0], tier=Tier.BOX)
    for times, winner, price in (("0.80", 4, "40"), ("0.81", 9, "50")):
        rules: dict[str, object] = {"box_multiplier": times, "minimum": "1"}
        assert wrong(auction(rules=rules, results=[(winner, price)]), boxed, BIDS[1]) == []


def test_ranks_do_not_count_in_rolls() -> None:
    """L-3: so a roll among ranks with multipliers can be recomputed."""
    rules: dict[str, object] = {"minimum": "5", "rank_multipliers": [{"rank": 1, "times": "2"}]}
    bids = [bid(number, user, "5", receipt=None) for number, user in ((2, 4), (1, 9))]
    best, other = sorted((4, 9), key=lambda user: roll(SEED, AUCTION, UserId(user)))
    assert wrong(auction(Mode.FIXED_PRICE_ROLL, rules=rules, results=[(best, "5")]), *bids) == []
    assert wrong(auction(Mode.FIXED_PRICE_ROLL, rules=rules, results=[(other, "5")]), *bids)


def test_an_auction_that_was_called_off_after_its_close_is_checked() -> None:
    """L-15: its result stays published, and so has to be true; one that was called off before tells nothing."""
    called_off = evolve(WON, status=AuctionStatus.CANCELLED)
    assert wrong(called_off, *BIDS) == []
    assert wrong(evolve(called_off, results=()), *BIDS) == ["what Character9 won"]
    with pytest.raises(WrongStatus):
        checked(evolve(called_off, seed=None, results=()), BIDS)


def test_an_open_auction_was_decided_before_all_eyes() -> None:
    """L-15: there is its seed to check, and no receipt."""
    found = checked(auction(Mode.OPEN, results=[(9, "50")]), [bid(1, 9, "50", receipt=None)])
    assert [check.what for check in found.checks] == ["seed hash as published"]


def test_what_was_not_closed_here_is_not_checked() -> None:
    """L-15: the seed is secret until the close; elsewhere there was none."""
    with pytest.raises(WrongStatus):
        checked(auction(status=AuctionStatus.OPEN, seed=None), BIDS)
    with pytest.raises(InvalidValue, match="made elsewhere"):
        checked(evolve(auction(), mode=Mode.ELSEWHERE, seed=""), ())
