"""What an item went for: counted, and rounded half-up."""

from __future__ import annotations

from fractions import Fraction
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.points import POINTS_MAX, Points
from dkp_core.loot import PriceHistory

PRICES = st.lists(st.integers(0, 10_000).map(Points), min_size=1, max_size=9)


def test_what_was_never_sold_has_no_price() -> None:
    """L-1."""
    nothing = PriceHistory(count=0, last=None, median=None, mean=None, minimum=None, maximum=None)
    assert PriceHistory.of([]) == nothing


@given(PRICES)
def test_the_last_price_is_the_first_that_is_given(prices: list[Points]) -> None:
    """L-1: the others don't depend on the order."""
    found, turned = PriceHistory.of(prices), PriceHistory.of(prices[::-1])
    assert (found.last, turned.last) == (prices[0], prices[-1])
    assert (found.count, found.minimum, found.maximum) == (len(prices), min(prices), max(prices))
    assert (found.median, found.mean) == (turned.median, turned.mean)


@given(PRICES)
def test_median_and_mean_are_rounded_half_up(prices: list[Points]) -> None:
    """L-1, P-12."""
    exact = [Fraction(price.hundredths) for price in prices]
    found = PriceHistory.of(prices)
    assert found.median == Points(1).times(Fraction(median(exact)))
    assert found.mean == Points(1).times(Fraction(sum(exact), len(exact)))


def test_prices_may_add_up_to_more_than_points_can_be() -> None:
    """G-3: what is beyond the limits is no amount of points, and none is made of it."""
    most = Points.of(POINTS_MAX.replace(",", ""))
    assert PriceHistory.of([most, most]).mean == most
