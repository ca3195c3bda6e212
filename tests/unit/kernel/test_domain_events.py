"""What happened, and what changed by it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import pytest
from attrs import frozen

from dkp_core.kernel.domain_events import Aggregate, Change, DomainEvent, changes


class Mood(StrEnum):
    """How something is."""

    CALM = "calm"
    WILD = "wild"


@frozen(kw_only=True)
class Dragon(Aggregate):
    """Something with all kinds of values."""

    name: str = "Vulak"
    level: int | None = None
    awake: bool = False
    mood: Mood = Mood.CALM
    born: date = date(2026, 1, 1)
    heads: tuple[int, ...] = ()


@frozen(kw_only=True)
class DragonSlain(DomainEvent):
    """Its end."""


FIELDS = ("name", "level", "awake", "mood", "born", "heads")


def test_an_event_is_kept_under_its_name_in_snake_case() -> None:
    """G-5: a stable name."""
    assert DragonSlain.event_name() == "dragon_slain"


def test_an_event_must_say_what_it_happened_to() -> None:
    """G-5: a broken promise of ours, not a fault of the caller."""
    with pytest.raises(AssertionError, match="DragonSlain does not say what it happened to"):
        _ = DragonSlain().aggregate_id


def test_only_what_differs_is_told() -> None:
    """G-5: with the values before and after."""
    assert changes(Dragon(level=3), Dragon(level=4), FIELDS) == (Change(field="level", before=3, after=4),)
    assert changes(Dragon(), Dragon(), FIELDS) == ()


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (Dragon(name="Nagafen"), ("Vulak", "Nagafen")),
        (Dragon(level=5), (None, 5)),
        (Dragon(awake=True), (False, True)),
        (Dragon(mood=Mood.WILD), ("calm", "wild")),
        (Dragon(born=date(2026, 2, 3)), ("2026-01-01", "2026-02-03")),
        (Dragon(heads=(3, 1)), ("", "1, 3")),
    ],
)
def test_values_are_told_as_json_has_them(after: Dragon, told: tuple[object, object]) -> None:
    """G-5: text, whole numbers, truth or nothing; what has parts in a sorted row."""
    (change,) = changes(Dragon(), after, FIELDS)
    assert (change.before, change.after) == told
    assert (type(change.before), type(change.after)) == (type(told[0]), type(told[1]))


def test_an_aggregate_carries_its_events_in_order() -> None:
    """G-6: a change and the events it causes commit together."""
    first, second = DragonSlain(), DragonSlain()
    dragon = Dragon().announcing(first).announcing(second)
    assert dragon.pending == (first, second)
    assert Dragon().pending == ()
    assert Dragon().version == 0


def test_what_is_saved_is_one_version_on_and_carries_no_news() -> None:
    """G-6: as the next who loads it has it."""
    saved = Dragon(version=4, name="Nagafen").announcing(DragonSlain()).saved()
    assert (saved.version, saved.pending, saved.name) == (5, (), "Nagafen")


def test_what_an_aggregate_announces_makes_it_no_other() -> None:
    """G-6: the news of a thing are not the thing."""
    assert Dragon().announcing(DragonSlain()) == Dragon()
