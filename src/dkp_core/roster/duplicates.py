"""Names that look alike: an alt that was entered twice, or a misspelling that became a character (R-10)."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from dkp_core.kernel.names import name_key

SPELLED_ALIKE_LENGTH_MIN: Final = 5


def look_alike(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of names that could be meant for one, each in order, the groups by their first name.

    Two names look alike when only accents and case tell them apart, or when, with at least 5 letters, one letter more,
    less or other does. A group holds what looks like any other name in it.
    """
    known = sorted(set(names), key=lambda name: (name_key(name), name))
    groups = _Groups(len(known))
    for alike in _neighbours(known):
        groups.join(alike)
    return tuple(tuple(known[index] for index in group) for group in groups.of_several())


def _neighbours(names: list[str]) -> Iterator[list[int]]:
    """Indexes of names that share a form, so that the work grows with the names and not with their pairs.

    The forms of a name, each with its place, are the name less one letter and the name with a gap. Two names share one
    exactly if one edit leads from one to the other: less the same letter's place where a letter differs, and where one
    is longer, less that letter and with a gap in its place.
    """
    forms: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for index, name in enumerate(names):
        bare = _bare(name)
        forms[bare, -1].append(index)
        if len(bare) >= SPELLED_ALIKE_LENGTH_MIN:
            for place in range(len(bare)):
                forms[bare[:place] + bare[place + 1 :], place].append(index)
            for place in range(len(bare) + 1):
                forms[bare, place].append(index)
    yield from (sharing for sharing in forms.values() if len(sharing) > 1)


def _bare(name: str) -> str:
    """The name without accents and case."""
    parts = unicodedata.normalize("NFKD", name_key(name))
    return "".join(char for char in parts if not unicodedata.combining(char)) or parts


class _Groups:
    """Indexes that belong together, joined pair by pair."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def join(self, indexes: list[int]) -> None:
        for one, other in pairwise(indexes):
            first, second = sorted((self._head(one), self._head(other)))
            self._above[second] = first

    def of_several(self) -> list[list[int]]:
        members: defaultdict[int, list[int]] = defaultdict(list)
        for index in range(len(self._above)):
            members[self._head(index)].append(index)
        return [group for group in members.values() if len(group) > 1]

    def _head(self, index: int) -> int:
        while self._above[index] != index:
            self._above[index] = self._above[self._above[index]]
            index = self._above[index]
        return index
