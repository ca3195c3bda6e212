"""New ids for old ones, in the same order and without gaps, in little memory however many there are."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from attrs import define, field

_BITS: Final = 10
_PART: Final = 1 << _BITS


@define
class Renumbering:
    """Whole numbers from 1 as a set, in parts of bits; once all are noted, each has a place in their order."""

    _parts: dict[int, int] = field(factory=dict, init=False)
    _keys: list[int] = field(factory=list, init=False)
    _before: list[int] = field(factory=list, init=False)
    _offset: dict[int, int] = field(factory=dict, init=False)
    count: int = field(default=0, init=False)
    first: int = field(default=0, init=False)

    def note(self, number: int) -> bool:
        """Take it in; False where it was there."""
        key, bit = number >> _BITS, 1 << (number & (_PART - 1))
        part = self._parts.get(key, 0)
        if part & bit:
            return False
        self._parts[key] = part | bit
        self.count += 1
        return True

    def has(self, number: int) -> bool:
        """Whether it was noted."""
        return bool(self._parts.get(number >> _BITS, 0) & (1 << (number & (_PART - 1))))

    def place(self, first: int) -> None:
        """From now on the smallest is `first`, and the others follow it."""
        self.first = first
        self._keys = sorted(self._parts)
        self._before = []
        passed = 0
        for key in self._keys:
            self._before.append(passed)
            self._offset[key] = first + passed
            passed += self._parts[key].bit_count()

    def of(self, number: int) -> int:
        """The new number. Raises: KeyError where the old one was not noted."""
        key, bit = number >> _BITS, 1 << (number & (_PART - 1))
        part = self._parts[key]
        if not part & bit:
            raise KeyError(number)
        return self._offset[key] + (part & (bit - 1)).bit_count()

    def below(self, number: int) -> int:
        """How many of them are less than that number."""
        key, bit = number >> _BITS, 1 << (number & (_PART - 1))
        index = bisect_right(self._keys, key) - 1
        if index < 0:
            return 0
        found = self._keys[index]
        part = self._parts[found]
        return self._before[index] + (part if found < key else part & (bit - 1)).bit_count()
