"""Turning rows into JSON: points as strings, times in UTC, everything else as it is (G-3).

msgspec encodes attrs classes by itself, but field by field, so that points would come out as an object of hundredths.
What a type needs is therefore found out once, when the operations are read; a row then costs a few microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
import msgspec

from dkp_core.kernel.page import Page
from dkp_core.kernel.points import Points

Presenter = Callable[[Any], Any]

encode: Final = msgspec.json.Encoder().encode


@cache
def presenter(kind: Any) -> Presenter | None:
    """What makes values of that type ready for the encoder; None where they are as they come."""
    if isinstance(kind, NewType):
        return presenter(kind.__supertype__)
    origin = get_origin(kind)
    if kind is Points:
        return str
    if origin in (Union, UnionType):
        return _optional(kind)
    if origin in (tuple, list, Sequence):
        return _each(presenter(get_args(kind)[0]))
    if origin in (set, frozenset, AbstractSet):
        return sorted
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapped(presenter(get_args(kind)[1]))
    if isinstance(kind, type) and attrs.has(kind):
        return _row(kind)
    return None


def fields_of(kind: type) -> dict[str, Any]:
    """The fields of a row and their types."""
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in attrs.fields(kind)}


def row_of(kind: Any) -> Any:
    """The type of the rows of a page, or None where it is no page of rows."""
    return get_args(kind)[0] if get_origin(kind) is Page else None


def _optional(kind: Any) -> Presenter | None:
    options = [each for each in get_args(kind) if each is not NoneType]
    found = {presenter(each) for each in options}
    if found == {None}:
        return None
    assert len(options) == 1, f"{kind} is several things that are presented differently"
    (present,) = found
    assert present is not None

    def optional(value: Any) -> Any:
        return None if value is None else present(value)

    return optional


def _each(present: Presenter | None) -> Presenter | None:
    if present is None:
        return None

    def each(values: Sequence[Any]) -> list[Any]:
        return [present(value) for value in values]

    return each


def _mapped(present: Presenter | None) -> Presenter:
    if present is None:
        return dict

    def mapped(values: Mapping[Any, Any]) -> dict[Any, Any]:
        return {key: present(value) for key, value in values.items()}

    return mapped


T = TypeVar("T")


def _row(kind: type) -> Presenter:
    kinds = fields_of(kind)
    names = tuple(kinds)
    special = tuple((name, found) for name, each in kinds.items() if (found := presenter(each)) is not None)
    if len(names) == 1:
        (only,) = names
        convert = special[0][1] if special else _as_is
        return lambda row: {only: convert(getattr(row, only))}
    values_of = attrgetter(*names)

    def row_as_dict(row: Any) -> dict[str, Any]:
        shown = dict(zip(names, values_of(row), strict=True))
        for name, convert in special:
            shown[name] = convert(shown[name])
        return shown

    return row_as_dict


def _as_is(value: T) -> T:
    return value
