"""Amounts: hundredths of points, exact, and how the program rounds them."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, TypeAlias

from dkp_core.points.formula import rounded

# Whole hundredths, or parts of one where a decay has left them.
Amount: TypeAlias = int | Fraction

_FINE: Final = 10**30


def to_precision(amount: Amount, precision: int) -> Amount:
    """The amount at that many decimals of a point, half away from zero; what the program calls `runden`."""
    if precision == 2:
        return amount if isinstance(amount, int) else rounded(amount)
    unit = 10**precision
    return whole(Fraction(rounded(Fraction(amount) * unit / 100) * 100, unit))


def product(amount: Amount, factor: Fraction) -> Amount:
    """The product in whole hundredths, half away from zero."""
    if not isinstance(amount, int):
        return rounded(amount * factor)
    hundredths = (2 * abs(amount) * factor.numerator + factor.denominator) // (2 * factor.denominator)
    return -hundredths if amount < 0 else hundredths


def fine(amount: Fraction) -> Amount:
    """The amount to 30 decimals of a hundredth: far beyond what is shown or what the program has, and quick to add."""
    return amount.numerator if amount.denominator == 1 else whole(Fraction(rounded(amount * _FINE), _FINE))


def whole(amount: Fraction) -> Amount:
    """The same amount, as an int where it is one: those are quick to add."""
    return amount.numerator if amount.denominator == 1 else amount


def shown(amount: Amount, precision: int = 2) -> str:
    """The amount as a points page prints it: `-34.97`."""
    digits = rounded(Fraction(amount) * 10**precision / 100)
    text = str(abs(digits)).rjust(precision + 1, "0")
    sign = "-" if digits < 0 else ""
    return f"{sign}{text[:-precision]}.{text[-precision:]}" if precision else f"{sign}{text}"
