"""Chance that anybody can check."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId, BidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import SEED_BYTES, MadeAs, commitment, receipt, roll

SEEDS = st.binary(min_size=SEED_BYTES, max_size=SEED_BYTES)
NUMBERS = st.integers(1, 2**53)


@given(SEEDS)
def test_the_seed_is_committed_to_by_its_hash(seed: bytes) -> None:
    """L-15: whoever is shown the seed later can see that it is the one."""
    assert commitment(seed) == hashlib.sha256(seed).hexdigest()


@given(SEEDS, NUMBERS, NUMBERS)
def test_anyone_can_recompute_a_roll(seed: bytes, auction: int, user: int) -> None:
    """L-15: by the words of the documentation alone."""
    drawn = hmac.new(seed, f"roll:{auction}:{user}".encode(), hashlib.sha256).hexdigest()
    assert roll(seed, AuctionId(auction), UserId(user)) == int(drawn, 16)


@given(SEEDS, NUMBERS, st.integers(1, 10**9))
def test_anyone_can_recompute_a_receipt(seed: bytes, number: int, hundredths: int) -> None:
    """L-15: the receipt proves which bid was made, and for how much."""
    amount = Points(hundredths)
    made = receipt(seed, AuctionId(7), BidId(number), UserId(3), amount)
    told = f"bid:7:{number}:3:{hundredths // 100}.{hundredths % 100:02d}"
    assert made == hmac.new(seed, told.encode(), hashlib.sha256).hexdigest()
    assert made != receipt(seed, AuctionId(7), BidId(number), UserId(3), Points(hundredths + 1))


@given(SEEDS, NUMBERS, NUMBERS, NUMBERS)
def test_what_moved_goes_by_the_ids_that_it_was_made_under(seed: bytes, auction: int, bid: int, user: int) -> None:
    """L-15, O-6: as text, too, since everybody is shown them."""
    made_as = MadeAs(AuctionId(auction), BidId(bid), UserId(user))
    assert MadeAs.of(str(made_as)) == made_as
    assert made_as.roll(seed) == roll(seed, AuctionId(auction), UserId(user))
    amount = Points.of("7.50")
    assert made_as.receipt(seed, amount) == receipt(seed, AuctionId(auction), BidId(bid), UserId(user), amount)


@pytest.mark.parametrize("text", ["", "7", "7-12", "7-12-3-4", "7-12-x", "7--3", "²-1-1", "7-12-3 "])
def test_ids_that_are_none_are_refused(text: str) -> None:
    """L-15, G-8."""
    with pytest.raises(InvalidValue) as refused:
        MadeAs.of(text)
    assert refused.value.name == "made_as"


def test_rolls_are_even() -> None:
    """L-15: over many seeds each of four wins about a quarter."""
    wins = dict.fromkeys(range(4), 0)
    for number in range(4000):
        seed = hashlib.sha256(str(number).encode()).digest()
        wins[min(range(4), key=lambda user: roll(seed, AuctionId(1), UserId(user)))] += 1
    assert all(880 < count < 1120 for count in wins.values())
