"""Points: exact hundredths, never a float."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Self

from attrs import field, frozen

from dkp_core.kernel.errors import InvalidValue

POINTS_MAX: Final = "9,999,999,999.99"
_LIMIT: Final = 999_999_999_999
_TEXT: Final = re.compile(r"[+-]?[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)
_ACCEPTED: Final = f"a whole number or a string with at most two decimals, between -{POINTS_MAX} and {POINTS_MAX}"


def _within(_: object, __: object, hundredths: int) -> None:
    if not -_LIMIT <= hundredths <= _LIMIT:
        raise InvalidValue("points", "the amount is beyond the limits", _ACCEPTED)


@frozen(order=True, slots=True, repr=False)
class Points:
    """An exact amount of points, in hundredths, at most ±9,999,999,999.99 (G-3)."""

    hundredths: int = field(validator=_within)

    @classmethod
    def of(cls, value: object, name: str = "points") -> Self:
        """Points from a string such as `"125.50"`, a whole number or a Decimal; anything else is refused.

        Raises: InvalidValue, naming the field `name`, for floats, NaN, three decimals or too large an amount.
        """
        if isinstance(value, Points):
            return cls(value.hundredths)
        if isinstance(value, Decimal):
            value = format(value, "f") if value.is_finite() else str(value)
        if isinstance(value, bool) or not isinstance(value, int | str):
            fault = f"{value!r} is not an exact amount"
            raise InvalidValue(name, fault, _ACCEPTED)
        if isinstance(value, int):
            if abs(value) > _LIMIT // 100:
                raise InvalidValue(name, "the amount is beyond the limits", _ACCEPTED)
            return cls(value * 100)
        text = value.strip()
        if not _TEXT.fullmatch(text):
            raise InvalidValue(name, f"{text[:40]!r} is not an amount of points", _ACCEPTED)
        whole, _, decimals = text.lstrip("+-").partition(".")
        hundredths = int(whole) * 100 + int(decimals.ljust(2, "0") or "0")
        return cls(-hundredths if text.startswith("-") else hundredths)

    def __str__(self) -> str:
        whole, decimals = divmod(abs(self.hundredths), 100)
        return f"{'-' if self.hundredths < 0 else ''}{whole}.{decimals:02d}"

    def __repr__(self) -> str:
        return f"Points.of('{self}')"

    def __add__(self, other: Points) -> Points:
        return Points(self.hundredths + other.hundredths)

    def __sub__(self, other: Points) -> Points:
        return Points(self.hundredths - other.hundredths)

    def __neg__(self) -> Points:
        return Points(-self.hundredths)

    def __bool__(self) -> bool:
        return self.hundredths != 0

    def times(self, factor: Fraction | Decimal | int) -> Points:
        """The product, rounded half-up (away from zero) at two places (P-12)."""
        product = Fraction(factor) * self.hundredths
        rounded = (2 * abs(product.numerator) + product.denominator) // (2 * product.denominator)
        return Points(-rounded if product < 0 else rounded)

    def shares(self, count: int) -> Sequence[Points]:
        """`count` shares as equal as can be that add up to the whole; left-over hundredths go to the first ones.

        Source: P-6 and P-12: no hundredth is lost or made. `count` is at least 1.
        """
        assert count > 0, "shares need somebody to share"
        sign = -1 if self.hundredths < 0 else 1
        each, left = divmod(abs(self.hundredths), count)
        return tuple(Points(sign * (each + (1 if i < left else 0))) for i in range(count))


ZERO: Final = Points(0)
