"""Points are exact hundredths, whatever is done with them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import ZERO, Points

LIMIT = 999_999_999_999

hundredths = st.integers(-LIMIT, LIMIT)
points = hundredths.map(Points)


@given(points)
def test_points_come_back_from_their_text(amount: Points) -> None:
    """G-3: out as strings, in as strings, and nothing is lost between."""
    assert Points.of(str(amount)) == amount


@given(points)
def test_points_come_back_from_a_decimal(amount: Points) -> None:
    """G-3: a Decimal with two places is exact."""
    assert Points.of(Decimal(str(amount))) == amount


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("125.50", "125.50"),
        ("125.5", "125.50"),
        ("125", "125.00"),
        ("+7", "7.00"),
        ("-0.05", "-0.05"),
        ("  3.10 ", "3.10"),
        ("-12.34", "-12.34"),
        ("0", "0.00"),
        ("-0", "0.00"),
        (12, "12.00"),
        (-12, "-12.00"),
        (0, "0.00"),
        (Decimal("1.5"), "1.50"),
        (Decimal("1E+3"), "1000.00"),
        (Points(1), "0.01"),
        ("9999999999.99", "9999999999.99"),
        ("-9999999999.99", "-9999999999.99"),
        (9_999_999_999, "9999999999.00"),
        (-9_999_999_999, "-9999999999.00"),
    ],
)
def test_exact_amounts_are_taken(given_: object, shown: str) -> None:
    """G-3: whole numbers, strings with up to two decimals and Decimals, up to the limits."""
    assert str(Points.of(given_)) == shown


@pytest.mark.parametrize(
    "given_",
    [
        0.5,
        1.0,
        float("nan"),
        float("inf"),
        True,
        False,
        None,
        [],
        b"1",
        "",
        " ",
        ".",
        ".5",
        "1.",
        "1.234",
        "1,50",
        "1 000",
        "1e3",
        "NaN",
        "Infinity",
        "--1",
        "+-1",
        "0x10",
        "١٢",
        "1.5\n2",
        "12345678901",
        "10000000000",
        10_000_000_000,
        -10_000_000_000,
        Decimal("1.234"),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("-Infinity"),
        Decimal("sNaN"),
        Decimal(10_000_000_000),
    ],
)
def test_anything_else_is_refused(given_: object) -> None:
    """G-3, G-8: a JSON float is refused, and the field is named, what was wrong and what is accepted."""
    with pytest.raises(InvalidValue) as refused:
        Points.of(given_, "amount")
    assert refused.value.field == "amount"
    assert refused.value.sentence.startswith("amount: ")
    assert "accepted: a whole number or a string with at most two decimals" in refused.value.sentence
    assert "9,999,999,999.99" in refused.value.accepted


@pytest.mark.parametrize(
    ("given_", "fault"),
    [
        (0.5, "0.5 is not an exact amount"),
        (True, "True is not an exact amount"),
        (None, "None is not an exact amount"),
        (Decimal("NaN"), "'NaN' is not an amount of points"),
        (Decimal("Infinity"), "'Infinity' is not an amount of points"),
        ("1.234", "'1.234' is not an amount of points"),
        (10_000_000_000, "the amount is beyond the limits"),
    ],
)
def test_what_was_wrong_is_told(given_: object, fault: str) -> None:
    """G-8: as it was given."""
    with pytest.raises(InvalidValue) as refused:
        Points.of(given_)
    assert refused.value.fault == fault


def test_a_long_text_is_shown_cut_in_the_refusal() -> None:
    """G-8: who sends a book gets no book back."""
    with pytest.raises(InvalidValue) as refused:
        Points.of("x" * 1000)
    assert refused.value.fault == f"'{'x' * 40}' is not an amount of points"
    assert refused.value.name == "points"


@given(points, points)
def test_a_sum_is_exact_or_refused(one: Points, other: Points) -> None:
    """G-3: nothing overflows, wraps or is rounded."""
    exact = one.hundredths + other.hundredths
    if abs(exact) <= LIMIT:
        assert (one + other).hundredths == exact
        assert one + other - other == one
    else:
        with pytest.raises(InvalidValue, match="beyond the limits"):
            _ = one + other


@given(points, points)
def test_a_difference_is_a_sum_with_the_opposite(one: Points, other: Points) -> None:
    """G-3: spending is earning the opposite."""
    if abs(one.hundredths - other.hundredths) <= LIMIT:
        assert one - other == one + -other
    assert one - one == ZERO


@pytest.mark.parametrize("amount", [LIMIT + 1, -LIMIT - 1])
def test_no_amount_lies_beyond_the_limits(amount: int) -> None:
    """G-3: at most ±9,999,999,999.99, however it is made."""
    with pytest.raises(InvalidValue) as refused:
        Points(amount)
    assert refused.value.sentence == (
        "points: the amount is beyond the limits; accepted: a whole number or a string with at most two decimals, "
        "between -9,999,999,999.99 and 9,999,999,999.99."
    )


def test_the_limits_themselves_are_amounts() -> None:
    """G-3: the last hundredth counts."""
    assert str(Points(LIMIT)) == "9999999999.99"
    assert str(Points(-LIMIT)) == "-9999999999.99"


@given(points, points)
def test_points_compare_as_numbers(one: Points, other: Points) -> None:
    """P-10: standings are ordered by amount."""
    assert (one < other) == (one.hundredths < other.hundredths)
    assert (one == other) == (one.hundredths == other.hundredths)


def test_only_no_points_are_false() -> None:
    """P-8: an adjustment must move something."""
    assert not ZERO
    assert Points(1)
    assert Points(-1)


@given(
    st.integers(-10_000_000, 10_000_000).map(Points),
    st.decimals(-1000, 1000, places=4, allow_nan=False, allow_infinity=False),
)
def test_a_product_is_rounded_half_up_away_from_zero(amount: Points, factor: Decimal) -> None:
    """P-12: half-up at two places, as Decimal's ROUND_HALF_UP does it."""
    exact = Decimal(str(amount)) * factor
    assert str(amount.times(factor)) == str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP) + 0).replace("-0.00", "0.00")


@pytest.mark.parametrize(
    ("amount", "factor", "product"),
    [
        ("0.01", Fraction(1, 2), "0.01"),
        ("-0.01", Fraction(1, 2), "-0.01"),
        ("0.01", Decimal("0.4999"), "0.00"),
        ("-0.01", Decimal("0.4999"), "0.00"),
        ("10.05", Fraction(1, 10), "1.01"),
        ("10.04", Fraction(1, 10), "1.00"),
        ("0.03", Fraction(1, 3), "0.01"),
        ("100.00", Fraction(2, 3), "66.67"),
        ("12.50", 2, "25.00"),
        ("12.50", 0, "0.00"),
        ("12.50", -1, "-12.50"),
    ],
)
def test_products_by_example(amount: str, factor: Fraction | Decimal | int, product: str) -> None:
    """P-12: written down, so that an officer can check it."""
    assert str(Points.of(amount).times(factor)) == product


@given(points, st.integers(1, 300))
def test_shares_add_up_to_the_whole(amount: Points, count: int) -> None:
    """P-12: shares are split so that no hundredth is lost or made, and as equally as can be."""
    shares = amount.shares(count)
    assert len(shares) == count
    assert sum(share.hundredths for share in shares) == amount.hundredths
    assert max(shares).hundredths - min(shares).hundredths <= 1


@pytest.mark.parametrize(
    ("amount", "count", "shares"),
    [
        ("0.05", 3, ["0.02", "0.02", "0.01"]),
        ("-0.05", 3, ["-0.02", "-0.02", "-0.01"]),
        ("1.00", 4, ["0.25", "0.25", "0.25", "0.25"]),
        ("0.01", 3, ["0.01", "0.00", "0.00"]),
        ("0.00", 2, ["0.00", "0.00"]),
        ("7.77", 1, ["7.77"]),
    ],
)
def test_the_first_get_the_hundredths_that_are_left_over(amount: str, count: int, shares: list[str]) -> None:
    """P-6: left-over hundredths one each, in order."""
    assert [str(share) for share in Points.of(amount).shares(count)] == shares


def test_nobody_shares_with_nobody() -> None:
    """P-12: a promise of the caller, not an input."""
    with pytest.raises(AssertionError, match="somebody"):
        ZERO.shares(0)


def test_points_show_themselves_as_they_are_written() -> None:
    """What a failing test prints can be pasted."""
    assert repr(Points.of("12.50")) == "Points.of('12.50')"
