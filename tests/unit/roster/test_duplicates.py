"""Names that look alike."""

from __future__ import annotations

from itertools import combinations
from time import perf_counter
from unicodedata import combining, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.roster import look_alike


def plain(name: str) -> str:
    """Without accents and case, the long way round."""
    return "".join(char for char in normalize("NFKD", name.casefold()) if not combining(char))


def is_one_edit(one: str, other: str) -> bool:
    """Whether one letter more, less or other leads from one to the other; tried out."""
    short, long = sorted((one, other), key=len)
    if len(short) == len(long):
        return sum(a != b for a, b in zip(short, long, strict=True)) == 1
    return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))


@pytest.mark.parametrize(
    "names",
    [
        ("Élan", "elan"),
        ("Sonya", "Sonja"),
        ("Sonya", "Sonyaa"),
        ("Sonya", "Tsonya"),
        ("Soonya", "Sonya"),
        ("Ragnaros", "Ragnarös"),
        ("Ragnaros", "Rägnarôz"),
    ],
)
def test_these_look_alike(names: tuple[str, str]) -> None:
    """R-10: accents and case, or one letter in five or more."""
    assert look_alike(names) == (tuple(sorted(names, key=str.casefold)),) or look_alike(names) == (names,)


@pytest.mark.parametrize(
    "names",
    [("Sonya", "Sofia"), ("Anna", "Anne"), ("Anna", "Annah"), ("Bob", "Rob"), ("Sonya", "Sonay"), ("Sonya",), ()],
)
def test_these_do_not(names: tuple[str, ...]) -> None:
    """R-10: two letters apart, or short names, which differ by one letter all the time."""
    assert look_alike(names) == ()


def test_groups_and_the_names_in_them_stand_in_order() -> None:
    """R-10: officers read them."""
    names = ["Zonya", "thrall", "Sonya", "Thräll", "Sonja", "Alone"]
    assert look_alike(names) == (("Sonja", "Sonya", "Zonya"), ("thrall", "Thräll"))


def test_a_name_that_is_given_twice_is_one_name() -> None:
    """R-10: it does not look like itself."""
    assert look_alike(["Sonya", "Sonya"]) == ()


@given(st.lists(st.text("abé", min_size=3, max_size=7), max_size=12))
def test_groups_are_exactly_what_comparing_all_pairs_finds(names: list[str]) -> None:
    """R-10: nothing is missed and nothing is made up."""
    together = {frozenset({name}) for name in names}
    for one, other in combinations(set(names), 2):
        bare, bare_other = plain(one), plain(other)
        long_enough = min(len(bare), len(bare_other)) >= 5
        if bare == bare_other or (long_enough and is_one_edit(bare, bare_other)):
            joined = {group for group in together if one in group or other in group}
            together = (together - joined) | {frozenset().union(*joined)}
    assert {frozenset(group) for group in look_alike(names)} == {group for group in together if len(group) > 1}


def test_five_thousand_names_take_no_time_to_speak_of() -> None:
    """O-15: the work grows with the names, not with their pairs (12.5 million)."""
    names = [f"{number * 7919 % 1_000_003:06d}-{number:05d}" for number in range(5000)]
    started = perf_counter()
    look_alike([*names, "Sonya", "Sonja"])
    assert perf_counter() - started < 5
