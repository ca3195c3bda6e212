"""Sums that are more than points can be: such a source is refused, and whose they are is said (G-8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from dkp_adapters.eqdkp.errors import SumBeyondLimits
from dkp_adapters.eqdkp.mapping.household import Household
from dkp_adapters.eqdkp.mapping.reckoning import Reckoned, in_hundredths
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import Points

_Sum: TypeAlias = tuple[str, int]
"""Whose points, and how many hundredths they come to."""


def must_be_kept(hundredths: int, what: str) -> None:
    """Refuse more than points can be. Raises: SumBeyondLimits."""
    try:
        Points(hundredths)
    except InvalidValue:
        raise SumBeyondLimits(what, hundredths) from None


def must_all_be_kept(
    reckoned: Reckoned, household: Household, pools: Mapping[int, str], came: Sequence[Mapping[tuple[int, int], int]]
) -> None:
    """Refuse what can't be kept of all that is shown, and of all that entries come to, by character and pool.

    Raises: SumBeyondLimits, FunctionFails.
    """
    people = {each.number: each.name for each in household.people}
    for pool, name in pools.items():
        for what, hundredths in (*_of_characters(reckoned, household, pool), *_of_people(reckoned, people, pool, came)):
            must_be_kept(hundredths, f"{what} in pool {name!r}")


def _of_characters(reckoned: Reckoned, household: Household, pool: int) -> Iterator[_Sum]:
    """What the old site shows of each character, before all rules and after them."""
    for each in household.characters.values():
        for given in (reckoned.plain[each.id, pool], reckoned.standings[each.id, pool]):
            for standing in (given.single, given.with_twinks):
                for amount in (standing.sum, standing.current):
                    yield f"the points of {each.name!r}", in_hundredths(amount)


def _of_people(
    reckoned: Reckoned, people: Mapping[int, str], pool: int, came: Sequence[Mapping[tuple[int, int], int]]
) -> Iterator[_Sum]:
    """What everybody is shown, what their entries come to, and what lies between, in all and part by part."""
    for number, name in people.items():
        characters = [each.id for each in reckoned.household.of(number)]
        if not characters:
            continue
        entries = [sum(of.get((each, pool), 0) for each in characters) for of in came]
        current, earned, spent = reckoned.in_hundredths(number, pool)
        shown = [earned, -spent, current - earned + spent] if reckoned.shows_parts else []
        yield from ((f"the points of {name!r} by the rows", each) for each in (*entries, sum(entries)))
        yield from ((f"the points of {name!r}", each) for each in (current, *shown))
        missing = [current - sum(entries), *(there - here for there, here in zip(shown, entries, strict=False))]
        yield from ((f"the points to be made up for {name!r}", each) for each in missing)
