"""What PHP's serialize() wrote, read as plain values.

Read by hand, since the one library for it (phpserialize, last released in 2016) recurses as deep as it is told to and
makes floats of amounts. Objects and references are refused: the program writes none.
Source: PHP's manual, and the columns of EQdkp Plus 2.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, TypeAlias

LENGTH_MAX: Final = 16_000_000
DEPTH_MAX: Final = 40

Key: TypeAlias = int | str
Plain: TypeAlias = bool | int | Decimal | str | Mapping[Key, "Plain"] | None

_SCALAR: Final = re.compile(rb"N;|b:([01]);|i:([+-]?[0-9]{1,20});|d:([-+0-9.eE]{1,40}|-?INF|NAN);|([sa]):([0-9]{1,9}):")
_REFUSED: Final = {b"O": "an object", b"C": "an object", b"E": "an enum", b"R": "a reference", b"r": "a reference"}


class NotSerialized(Exception):
    """The bytes are not what serialize() writes; says where and why."""


def unserialized(raw: bytes, text: Callable[[bytes], str] = bytes.decode) -> Plain:
    """The value that was serialized; arrays are mappings, numbers with a fraction exact decimals.

    Raises: NotSerialized, also for what is too long, too deep, an object or a reference.
    """
    if len(raw) > LENGTH_MAX:
        raise NotSerialized(f"it has {len(raw):,} bytes, more than {LENGTH_MAX:,}")
    reading = _Reading(raw, text)
    value = reading.value()
    if reading.at != len(raw.rstrip()):
        raise NotSerialized(f"at byte {reading.at}, there is more than one value")
    return value


class _Reading:
    """One pass over the bytes. Arrays that are open stand on a list, not on Python's stack."""

    def __init__(self, raw: bytes, text: Callable[[bytes], str]) -> None:
        self.raw = raw
        self.text = text
        self.at = 0

    def value(self) -> Plain:
        open_: list[tuple[dict[Key, Plain], int, Key | None]] = []
        while True:
            value, left = self._one()
            if isinstance(value, dict) and left:
                if len(open_) >= DEPTH_MAX:
                    raise self._fault(f"arrays stand more than {DEPTH_MAX} deep in each other")
                open_.append((value, left, self._key()))
                continue
            if isinstance(value, dict):
                self._expect(b"}")
            while open_:
                array, left, key = open_.pop()
                assert key is not None, "an array that has values left waits for one under a key"
                array[key] = value
                if left > 1:
                    open_.append((array, left - 1, self._key()))
                    break
                self._expect(b"}")
                value = array
            else:
                return value

    def _one(self) -> tuple[Plain, int]:
        """A scalar, or an array yet to be filled and how many values it has."""
        found = _SCALAR.match(self.raw, self.at)
        if found is None:
            what = _REFUSED.get(self.raw[self.at : self.at + 1], "something else")
            raise self._fault(f"{what} stands where a value was expected")
        self.at = found.end()
        truth, whole, number, kind, length = found.groups()
        if truth is not None:
            return truth == b"1", 0
        if whole is not None:
            return int(whole), 0
        if number is not None:
            return self._decimal(number), 0
        if kind == b"s":
            value = self._string(int(length))
            self._expect(b";")
            return value, 0
        if kind == b"a":
            self._expect(b"{")
            return {}, int(length)
        return None, 0

    def _key(self) -> Key:
        key, _ = self._one()
        if isinstance(key, bool) or not isinstance(key, int | str):
            raise self._fault("the key of an array is neither a whole number nor a text")
        return key

    def _string(self, length: int) -> str:
        self._expect(b'"')
        end = self.at + length
        piece = self.raw[self.at : end]
        self.at = end
        self._expect(b'"')
        try:
            return self.text(piece)
        except UnicodeDecodeError:
            raise self._fault("a text is not UTF-8") from None

    def _decimal(self, number: bytes) -> Decimal:
        try:
            return Decimal(number.decode().replace("INF", "Infinity"))
        except ArithmeticError:
            raise self._fault("a number can't be read") from None

    def _expect(self, mark: bytes) -> None:
        if self.raw[self.at : self.at + 1] != mark:
            raise self._fault(f"{mark.decode()} was expected")
        self.at += 1

    def _fault(self, fault: str) -> NotSerialized:
        return NotSerialized(f"at byte {self.at}, {fault}")
