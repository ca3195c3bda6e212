"""Files in JSON: read whole, under limits, with the line on which each object starts."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from dkp_core.raids.formats.errors import DumpIsBroken
from dkp_core.raids.formats.format import Sample
from dkp_core.raids.formats.sheet import Sheet
from dkp_core.raids.formats.text import DumpText

DEPTH_MAX: Final = 64
"""Objects within objects. What is read here nests five deep."""

OBJECTS_MAX: Final = 200_000
"""Objects and lists. A thousand sign-ups have a thousand and a few."""

DIGITS_MAX: Final = 20
"""Digits of a number; Discord's ids have at most that many."""

SIGN: Final = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)
"""A string, or the end of one that never closes, or a bracket: all that tells how the document nests."""

SECONDS_MIN: Final = 946_684_800
SECONDS_MAX: Final = 4_102_444_800
"""2000 to 2100, so that what is meant in milliseconds is not taken for seconds."""

ISO_LENGTH_MAX: Final = 40


class Located(dict[str, object]):
    """An object of the document, with the number of the line on which it starts."""

    line: int = 1


@frozen
class Node:
    """An object of the document; what it lacks, or has in another form, reads as empty."""

    values: Located

    @property
    def line(self) -> int:
        """The line on which it starts, from 1."""
        return self.values.line

    def text(self, key: str) -> str:
        """The string, number or truth under that key as text."""
        value = self.values.get(key)
        if isinstance(value, bool):
            return "true" if value else "false"
        return _plain(value) if isinstance(value, str | int) else ""

    def texts(self, key: str) -> tuple[str, ...]:
        """The strings and numbers of a list."""
        value = self.values.get(key)
        return tuple(_plain(each) for each in value if isinstance(each, str | int)) if isinstance(value, list) else ()

    def child(self, key: str) -> Node:
        """The object under that key."""
        value = self.values.get(key)
        return Node(value if isinstance(value, Located) else Located())

    def children(self, key: str) -> tuple[Node, ...]:
        """The objects of a list."""
        value = self.values.get(key)
        return tuple(Node(each) for each in value if isinstance(each, Located)) if isinstance(value, list) else ()


def _plain(value: str | int) -> str:
    """The text of a value; what no text holds, half a character or NUL, shows as such."""
    text = str(value).strip()
    return text if text.isascii() and "\x00" not in text else _whole(text)


def _whole(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


@frozen
class Document:
    """A file that holds one object of JSON."""

    root: Node
    lines: int

    def account_for_the_rest(self, sheet: Sheet) -> None:
        """Count the lines that start nothing of what was read: brackets, and values of the objects above."""
        sheet.noise(self.lines - len(sheet.numbers))


def looks_like_document(sample: Sample, *keys: str) -> bool:
    """Whether a file starts as an object does and soon has one of these keys."""
    return sample.start.startswith("{") and any(key in sample.start for key in keys)


def document_of(text: DumpText) -> Document:
    """The whole file as one object.

    Raises: DumpIsBroken, which names the line, for what is no JSON, nests too deep, has too many objects or is none.
    """
    if not text.opening.lstrip().startswith(b"{"):
        raise DumpIsBroken("JSON", 1, "it does not start with {")
    lines = [line for _, line in text.lines()]
    whole = "\n".join(lines)
    starts = iter(_object_lines(whole, lines))

    def located(pairs: list[tuple[str, object]]) -> Located:
        made = Located(pairs)
        made.line = next(starts, 1)
        return made

    try:
        root = json.loads(
            whole, object_pairs_hook=located, parse_int=_integer, parse_float=str, parse_constant=_no_number
        )
    except json.JSONDecodeError as fault:
        raise DumpIsBroken("JSON", fault.lineno, fault.msg[:1].lower() + fault.msg[1:]) from fault
    if not isinstance(root, Located):
        raise DumpIsBroken("JSON", 1, "it is no object")
    return Document(Node(root), len(lines))


def _object_lines(whole: str, lines: Sequence[str]) -> list[int]:
    """The line on which each object starts, in the order in which they end. Raises: DumpIsBroken for too many."""
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    opened: list[int] = []
    found: list[int] = []
    count = 0
    for sign in SIGN.finditer(whole):
        bracket = sign[0]
        if bracket in "{[":
            opened.append(sign.start() if bracket == "{" else -1)
            count += 1
            if count > OBJECTS_MAX:
                number = bisect_right(offsets, sign.start())
                raise DumpIsBroken("JSON", number, f"it has more than {OBJECTS_MAX:,} objects and lists")
            if len(opened) > DEPTH_MAX:
                raise DumpIsBroken(
                    "JSON", bisect_right(offsets, sign.start()), f"it nests deeper than {DEPTH_MAX} levels"
                )
        elif bracket in "}]" and opened:
            start = opened.pop()
            if bracket == "}":
                found.append(bisect_right(offsets, max(start, 0)))
    return found


def _integer(digits: str) -> int | str:
    """A number, or the text of one that is none that anybody means."""
    return int(digits) if len(digits) <= DIGITS_MAX else digits


def _no_number(word: str) -> str:
    """What some programs write for no number, which JSON does not have: text."""
    return word


def moment_of_text(text: str) -> datetime | None:
    """The moment that seconds since 1970 or an ISO time with an offset tell; None for anything else.

    A time without an offset is nobody's: it is left.
    """
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX:
        seconds = int(text)
        return datetime.fromtimestamp(seconds, UTC) if SECONDS_MIN <= seconds <= SECONDS_MAX else None
    try:
        moment = datetime.fromisoformat(text) if len(text) <= ISO_LENGTH_MAX else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
