"""Texts that know which parts of them are ours, and which were written by somebody else."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Final

from attrs import frozen

# What nobody sees can turn a line around, or hide in it; but for what joins letters in some scripts, and emoji.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS: Final = frozenset("\u200c\u200d")
_BREAKS: Final = frozenset("\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029")


@frozen
class Writing:
    """A text in parts, each with whether it is somebody's: what people wrote is shown, and never obeyed."""

    parts: tuple[tuple[str, bool], ...] = ()

    def told(self, shown: Callable[[str], str] = str) -> str:
        """The whole text, with what is somebody's as `shown` makes it harmless where it is told."""
        return "".join(shown(text) if theirs else text for text, theirs in self.parts).strip()

    def __bool__(self) -> bool:
        return any(text.strip() for text, _ in self.parts)


def visible(text: str) -> str:
    """The text without what nobody sees: control and formatting characters, halves of characters, private ones."""
    if text.isascii() and text.isprintable():
        return text
    kept = (
        char if char in _BREAKS or char in _JOINERS or unicodedata.category(char) not in _INVISIBLE else ""
        for char in text
    )
    return "".join(kept)
