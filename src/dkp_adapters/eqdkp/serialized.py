"""What PHP's serialize() wrote, read as plain values.

Read by hand, since the one library for it (phpserialize, last released in 2016) recurses as deep as it is told to and
makes floats of amounts. Objects and references are refused: the program writes none.
Source: PHP's manual, and the columns of EQdkp Plus 2.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

LENGTH_MAX: Final = 16_000_000
DEPTH_MAX: Final = 40

Key: TypeAlias = int | str
Plain: TypeAlias = bool | int | Decimal | str | Mapping[Key, "Plain"] | None

_TOKEN: Final = re.compile(
    rb's:([0-9]{1,9}):"|i:([+-]?[0-9]{1,20});|a:([0-9]{1,9}):\{|b:([01]);|d:([-+0-9.eE]{1,40}|-?INF|NAN);|(N);'
)
_TEXT, _WHOLE, _ARRAY, _TRUTH, _NUMBER = range(1, 6)
_REFUSED: Final = {b"O": "an object", b"C": "an object", b"E": "an enum", b"R": "a reference", b"r": "a reference"}


class NotSerialized(Exception):
    """The bytes are not what serialize() writes; says where and why."""


def unserialized(raw: bytes, text: Callable[[bytes], str] = bytes.decode) -> Plain:
    """The value that was serialized; arrays are mappings, numbers with a fraction exact decimals.

    Raises: NotSerialized, also for what is too long, too deep, an object or a reference.
    """
    if len(raw) > LENGTH_MAX:
        raise NotSerialized(f"it has {len(raw):,} bytes, more than {LENGTH_MAX:,}")
    value, end = _value(raw, text)
    if end != len(raw.rstrip()):
        raise _fault(end, "there is more than one value")
    return value


def _value(raw: bytes, text: Callable[[bytes], str]) -> tuple[Plain, int]:
    """The value that stands first, and where it ends. Arrays that are open stand on a list, not on Python's stack."""
    at, left = 0, 0
    array: dict[Key, Plain] | None = None  # the innermost that is open; it has so many values `left` to come,
    key: Any = None  # the next of them under this key, once that was read
    around: list[tuple[dict[Key, Plain] | None, int, Key | None]] = []
    while True:
        kind, value, at = _token(raw, at, text)
        if array is not None and key is None:
            if kind > _WHOLE:
                raise _fault(at, "the key of an array is neither a whole number nor a text")
            key = value
            continue
        if kind == _ARRAY:
            if len(around) >= DEPTH_MAX:
                raise _fault(at, f"arrays stand more than {DEPTH_MAX} deep in each other")
            around.append((array, left, key))
            array, left, key = {}, value, None
        elif array is not None:
            array[key] = value
            left, key = left - 1, None
        while array is not None and not left:
            if raw[at : at + 1] != b"}":
                raise _fault(at, "} was expected")
            at += 1
            value = array
            array, left, key = around.pop()
            if array is not None:
                array[key] = value
                left, key = left - 1, None
        if array is None:
            return value, at


def _token(raw: bytes, at: int, text: Callable[[bytes], str]) -> tuple[int, Any, int]:
    """What stands there, its value (how many values an array has), and where it ends."""
    found = _TOKEN.match(raw, at)
    if found is None:
        what = _REFUSED.get(raw[at : at + 1], "something else")
        raise _fault(at, f"{what} stands where a value was expected")
    kind, at = found.lastindex or 0, found.end()
    if kind == _TEXT:
        ends = at + int(found[_TEXT])
        if raw[ends : ends + 2] != b'";':
            raise _fault(ends, 'the end of a text, " was expected')
        try:
            return kind, text(raw[at:ends]), ends + 2
        except UnicodeDecodeError:
            raise _fault(at, "a text is not UTF-8") from None
    if kind in (_WHOLE, _ARRAY):
        return kind, int(found[kind]), at
    if kind == _NUMBER:
        return kind, _decimal(found[kind], at), at
    return kind, found[kind] == b"1" if kind == _TRUTH else None, at


def _decimal(number: bytes, at: int) -> Decimal:
    try:
        return Decimal(number.decode().replace("INF", "Infinity"))
    except ArithmeticError:
        raise _fault(at, "a number can't be read") from None


def _fault(at: int, fault: str) -> NotSerialized:
    return NotSerialized(f"at byte {at}, {fault}")
