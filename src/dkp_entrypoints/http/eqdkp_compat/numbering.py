"""Which number stands for what: the old one of what was imported, ours of the rest (O-4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Protocol, Self

from attrs import frozen

ORIGIN: Final = "eqdkp:"
BEYOND: Final = 1_000_000_000
"""Added to an id of ours where an old number is the same; no old site counted so far."""

_OLD: Final = re.compile(r"eqdkp:([0-9]{1,18})", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


class Numbered(Protocol):
    """What has an id of ours, and one of the system it came from if any."""

    @property
    def id(self) -> int:
        """Ours."""

    @property
    def external_id(self) -> str | None:
        """Theirs."""


def old_number(external_id: str | None) -> int | None:
    """The number that something had in EQdkp Plus; None where it does not come from there."""
    found = None if external_id is None else _OLD.fullmatch(external_id)
    return None if found is None else int(found[1])


def named_old(text: str) -> int | None:
    """The number that is written so, if it is said to be an old one, in any case; else None."""
    return old_number(text.strip().lower())


def number_in(text: str) -> int | None:
    """The number that is written so, with or without saying that it is an old one; None where it is none."""
    if (old := named_old(text)) is not None:
        return old
    return int(text) if _NUMBER.fullmatch(text) else None


@frozen
class Numbering:
    """The numbers of everything of one kind: no two things have the same."""

    shown: Mapping[int, int]
    """By our id."""
    ours: Mapping[int, int]
    """By the number."""

    @classmethod
    def of(cls, things: Iterable[Numbered]) -> Self:
        """The old number where there is one; else ours, `BEYOND` it where that is an old number of another."""
        every = list(things)
        old = {each.id: number for each in every if (number := old_number(each.external_id)) is not None}
        taken = set(old.values())
        shown = {each.id: old.get(each.id, each.id + BEYOND if each.id in taken else each.id) for each in every}
        return cls(shown, {number: ours for ours, number in shown.items()})

    @classmethod
    def in_order(cls, things: Iterable[Numbered]) -> Self:
        """The old number where there is one; the others have the lowest that are left, in the order of their making.

        For pools, of which tools know the first as 1.
        """
        every = sorted(things, key=lambda each: each.id)
        shown = {each.id: number for each in every if (number := old_number(each.external_id)) is not None}
        left = (number for number in range(1, 2 * len(every) + 1) if number not in set(shown.values()))
        shown |= {each.id: next(left) for each in every if each.id not in shown}
        return cls(shown, {number: ours for ours, number in shown.items()})

    def find(self, text: str) -> int | None:
        """Our id of what that number stands for; None where it is none, or stands for nothing."""
        number = number_in(text)
        return None if number is None else self.ours.get(number)
