"""Chat as words: folded as names compare, without what people put around them."""

from __future__ import annotations

import re
from typing import Final

from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import Points

_BEFORE: Final = ',;:="'
_AFTER: Final = ',;:=!."'
_BETWEEN: Final = frozenset({"", "-", "--", "–", "—", "|"})
_AMOUNT: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?", re.ASCII)


def folded(word: str) -> str:
    """One word as it compares: `OPEN!` is `open`."""
    return name_key(word).lstrip(_BEFORE).rstrip(_AFTER)


def words_of(text: str) -> list[str]:
    """The words of a text as they compare; dashes that stand alone are none."""
    return [word for word in map(folded, name_key(text).split()) if word not in _BETWEEN]


def amount_of(word: str, digits_max: int) -> Points | None:
    """The points a word names: digits, `1,000` too, with at most two decimals; None for anything else."""
    amount = _AMOUNT.fullmatch(word)
    if amount is None or len(amount[1].replace(",", "")) > digits_max:
        return None
    return Points.of(word.replace(",", ""))
