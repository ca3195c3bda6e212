"""Mains and twinks: where the mains that characters name lead to (O-2)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from attrs import frozen

from dkp_adapters.eqdkp import rows


class End(Enum):
    """Where the mains that a character names end: at one, at one that does not exist, or nowhere."""

    MAIN = auto()
    MISSING = auto()
    CIRCLE = auto()


@frozen
class Tie:
    """The end of a character's mains: the id of that main, of what is missing, or the lowest in the circle.

    It `counts` where its points are in that main's sum: the main's own, and those of its twinks, but for twinks that
    are to be deleted or were not confirmed, and twinks of twinks.
    """

    end: End
    id: int
    counts: bool


def ties_of(characters: Mapping[int, rows.Character]) -> Mapping[int, Tie]:
    """The tie of each character."""
    ends: dict[int, tuple[End, int]] = {}
    for each in characters:
        _follow(each, characters, ends)
    return {each.id: _tie(each, *ends[each.id]) for each in characters.values()}


def _follow(start: int, characters: Mapping[int, rows.Character], ends: dict[int, tuple[End, int]]) -> None:
    """Finds the end of a character's mains, and so that of every one on the way."""
    way: dict[int, int] = {}
    at = start
    while at in characters and at not in ends and at not in way:
        way[at] = len(way)
        main = _main_of(characters[at])
        if main == at:
            break
        at = main
    if at in ends:
        end = ends[at]
    elif at not in characters:
        end = (End.MISSING, at)
    elif _main_of(characters[at]) == at:
        end = (End.MAIN, at)
    else:
        end = (End.CIRCLE, min(list(way)[way[at] :]))
    ends.update(dict.fromkeys(way, end))


def _tie(character: rows.Character, end: End, end_id: int) -> Tie:
    is_main = character.id == end_id
    is_twink = _main_of(character) == end_id and not (character.asks_deletion or character.is_unconfirmed)
    return Tie(end, end_id, end is End.MAIN and (is_main or is_twink))


def _main_of(character: rows.Character) -> int:
    return character.main or character.id
