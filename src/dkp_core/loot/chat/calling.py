"""Calls for bids: which items, and how many of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import name_key
from dkp_core.loot.chat.grammar import ChatGrammar
from dkp_core.loot.chat.said import AuctionCalled
from dkp_core.loot.chat.words import folded
from dkp_core.loot.item import item_name
from dkp_core.loot.rules import COPIES_MAX

_SEPARATOR: Final = re.compile(r"[,|]")
_QUANTITY: Final = re.compile(r"(?:[x!](\d{1,2})|(\d{1,2})x|\(x?(\d{1,2})\))", re.ASCII | re.IGNORECASE)
_GLUED: Final = re.compile(r"([^\s(])(\(x?\d{1,2}\))(?=\s|$)", re.ASCII | re.IGNORECASE)
_DANGLING: Final = " -–—:"
_SMALL_WORDS: Final = frozenset({"a", "an", "and", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})

Counted = tuple[str, int]


def named(text: str) -> str | None:
    """An item's name as it is kept, or None for what no item can be called."""
    try:
        return item_name(text)
    except InvalidValue:
        return None


def auction_called(body: str, grammar: ChatGrammar) -> AuctionCalled | None:
    """The items that bids are asked for; None where it is no call, or not clear of what."""
    words = body.replace(grammar.item_marker, f" {grammar.item_marker} ").split()
    keys = [folded(word) for word in words]
    for phrase in sorted(grammar.call_phrases, key=len, reverse=True):
        sought = phrase.split()
        for start in range(len(keys) - len(sought) + 1):
            if keys[start : start + len(sought)] == sought:
                return _called(phrase, words[:start], words[start + len(sought) :], grammar.item_marker)
    return None


def _called(phrase: str, before: list[str], after: list[str], marker: str) -> AuctionCalled | None:
    times: int | None = 1
    if phrase.startswith("!"):
        if before:
            return None
        items = _items(" ".join(after), marker, must_look_named=False)
    else:
        items = _items(" ".join(before), marker, must_look_named=True)
        times = _times(after)
    if not items or times is None or (times > 1 and (len(items) > 1 or items[0][1] > 1)):
        return None
    counts: dict[str, Counted] = {}
    for name, count in items:
        first, sum_before = counts.get(name_key(name), (name, 0))
        counts[name_key(name)] = (first, sum_before + count * times)
    if any(count > COPIES_MAX for _, count in counts.values()):
        return None
    return AuctionCalled(items=tuple(counts.values()))


def _times(after: Sequence[str]) -> int | None:
    """How many copies the words after the phrase say: `X2`, or `to Karnor`, which says nothing of it."""
    words = [word for word in after if folded(word) not in {"", "-"}]
    if len(words) >= 2 and folded(words[0]) == "to":
        words = words[2:]
    if not words:
        return 1
    return _quantity(words[0]) if len(words) == 1 else None


def _quantity(word: str) -> int | None:
    quantity = _QUANTITY.fullmatch(word)
    count = int(quantity[quantity.lastindex or 0]) if quantity is not None else 0
    return count or None


def _items(text: str, marker: str, *, must_look_named: bool) -> list[Counted] | None:
    """Each item of a list with its quantity; None where a part of it is no item."""
    segments = text.split(marker)
    if len(segments) == 1:
        parts = [part for part in _SEPARATOR.split(text) if part.strip()]
        counted = [_counted(part, must_look_named=must_look_named) for part in parts]
    elif len(segments) % 2 == 0 or segments[0].strip(" ,|"):
        return None
    else:
        counted = [
            _with_quantity(name, after.strip(" ,|")) for name, after in zip(segments[1::2], segments[2::2], strict=True)
        ]
    items = [each for each in counted if each is not None]
    return items if len(items) == len(counted) else None


def _with_quantity(name: str, quantity: str) -> Counted | None:
    count = _quantity(quantity) if quantity else 1
    item = named(name)
    return (item, count) if item is not None and count is not None else None


def _counted(part: str, *, must_look_named: bool) -> Counted | None:
    """An item in a list, with the quantity that stands on either side of it."""
    words = _GLUED.sub(r"\1 \2", part.strip(_DANGLING)).split()
    at = next((end for end in (-1, 0) if words and _quantity(words[end]) is not None), None)
    quantity = words.pop(at) if at is not None else ""
    if must_look_named and not _looks_named(words):
        return None
    return _with_quantity(" ".join(words), quantity)


def _looks_named(words: Sequence[str]) -> bool:
    """Whether it is written as the game writes names, `Rod of the Tides`: people say `please send tells`, too."""
    if len(words) < 2 or words[0][0].islower():
        return False
    return all(not word[0].islower() or word in _SMALL_WORDS for word in words)
