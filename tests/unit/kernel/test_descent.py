"""Finding the classes of a kind."""

from __future__ import annotations

from attrs import define, frozen

from dkp_core.kernel.descent import kinds_below


class Shape:
    """What the others are kinds of."""


class Round(Shape):
    """A kind with a kind below it."""


made: list[type[Shape]] = []


def note(kind: type[Shape]) -> type[Shape]:
    """Keeps a class as it was before attrs made it anew."""
    made.append(kind)
    return kind


@define
@note
class Square(Shape):
    """A kind made by attrs."""

    side: int = 1


@frozen
class Circle(Round):
    """A kind below a kind."""


def test_all_kinds_are_found_the_nearest_first() -> None:
    """G-8: whatever is further down."""
    assert list(kinds_below(Shape)) == [Round, Square, Circle]
    assert list(kinds_below(Circle)) == []


def test_what_attrs_replaced_is_none() -> None:
    """G-8: though it is still there: it names no fields, and knows the classes that were before it."""
    assert made[0] in Shape.__subclasses__()
    assert made[0] not in kinds_below(Shape)
