"""What officers set as JSON: each field says what it accepts, and reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Final, Self, TypeAlias, TypeVar

from attrs import evolve, fields, frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import clean_name
from dkp_core.kernel.points import ZERO, Points

LIST_MAX: Final = 100
MULTIPLIER_MAX: Final = 100

E = TypeVar("E", bound=StrEnum)
T_co = TypeVar("T_co", covariant=True)
Reader: TypeAlias = Callable[[object, str], T_co]
"""Makes a value of what JSON holds, for the field of that name. Raises: InvalidValue."""


def taking(read: Reader[object], meaning: str) -> Mapping[str, object]:
    """What a field knows of itself: how it is read, and what it is for."""
    return {"read": read, "help": meaning}


def a_whole(low: int, high: int) -> Reader[int]:
    """Whole numbers from `low` to `high`."""

    def read(value: object, name: str) -> int:
        if type(value) is not int or not low <= value <= high:
            raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", f"a whole number from {low} to {high}")
        return value

    return read


def a_flag(value: object, name: str) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", "true or false")
    return value


def a_points(low: Points) -> Reader[Points]:
    """Points from `low` on."""

    def read(value: object, name: str) -> Points:
        points = Points.of(value, name)
        if points < low:
            raise InvalidValue(name, f"{points} is less than {low}", f"{low} or more")
        return points

    return read


def a_word(kind: type[E], *, but: frozenset[E] = frozenset()) -> Reader[E]:
    """One of these words."""

    def read(value: object, name: str) -> E:
        accepted = [each for each in kind if each not in but]
        found = next((each for each in accepted if each == value), None)
        if found is None:
            raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", ", ".join(accepted))
        return found

    return read


def a_text(value: object, name: str) -> str:
    """A name."""
    if not isinstance(value, str):
        raise InvalidValue(name, f"{str(value)[:40]!r} is no text", "a name")
    return clean_name(value, name)


def a_maybe(read: Reader[object]) -> Reader[object]:
    """That, or null."""
    return lambda value, name: None if value is None else read(value, name)


def a_several(read: Reader[object]) -> Reader[tuple[object, ...]]:
    """A list of those."""

    def read_all(value: object, name: str) -> tuple[object, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > LIST_MAX:
            raise InvalidValue(name, f"{str(value)[:40]!r} is no list", f"a list of at most {LIST_MAX}")
        return tuple(read(each, f"{name}.{index}") for index, each in enumerate(value))

    return read_all


def a_multiplier(value: object, name: str) -> Fraction:
    """How many times something counts, with two decimals."""
    points = Points.of(value, name)
    if not ZERO < points <= Points.of(MULTIPLIER_MAX):
        raise InvalidValue(name, f"{points} is out of range", f"0.01 to {MULTIPLIER_MAX}, with two decimals at most")
    return Fraction(points.hundredths, 100)


def a_percent(low: int, high: int) -> Reader[Fraction]:
    """Percent from `low` to `high`, with two decimals at most, as the number before the sign."""

    def read(value: object, name: str) -> Fraction:
        points = Points.of(value.removesuffix("%") if isinstance(value, str) else value, name)
        if not Points.of(low) <= points <= Points.of(high):
            raise InvalidValue(name, f"{points} is out of range", f"{low} to {high} percent, with two decimals at most")
        return Fraction(points.hundredths, 100)

    return read


def a_points_between(low: Points, high: Points) -> Reader[Points]:
    """Points from `low` to `high`."""

    def read(value: object, name: str) -> Points:
        points = Points.of(value, name)
        if not low <= points <= high:
            raise InvalidValue(name, f"{points} is out of range", f"{low} to {high}")
        return points

    return read


@frozen(kw_only=True)
class Data:
    """Something that officers set as a JSON object."""

    @classmethod
    def of(cls, values: object, name: str) -> Self:
        """What the object says; what it leaves out has its default. Raises: InvalidValue, naming the field."""
        return cls().with_values(values, name)

    def with_values(self, values: object, name: str) -> Self:
        """The same with some of it set. Raises: InvalidValue, naming the field."""
        readers: dict[str, Reader[object]] = {each.name: each.metadata["read"] for each in fields(type(self))}
        if not isinstance(values, Mapping):
            raise InvalidValue(name, f"{str(values)[:40]!r} is no object", "an object of " + ", ".join(readers))
        read = {}
        for key, value in values.items():
            if key not in readers:
                raise InvalidValue(f"{name}.{key}"[:80], "there is no such field", ", ".join(readers))
            read[key] = readers[key](value, f"{name}.{key}")
        return evolve(self, **read)

    def values(self) -> dict[str, object]:
        """Every field as JSON has it; points and multipliers are strings."""
        return {each.name: _told(getattr(self, each.name)) for each in fields(type(self))}


def a_each(kind: type[Data]) -> Reader[tuple[object, ...]]:
    """A list of such objects."""
    return a_several(kind.of)


def _told(value: object) -> object:
    if isinstance(value, Data):
        return value.values()
    if isinstance(value, tuple):
        return [_told(each) for each in value]
    if isinstance(value, Fraction):
        return str(Points(int(value * 100)))
    return str(value) if isinstance(value, Points | StrEnum) else value
