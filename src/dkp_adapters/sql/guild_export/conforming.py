"""Whether a value is what a type says, all the way down: what was read from JSON may hold anything."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, Union

import attrs


def fault_in(value: object, hint: Any, where: str = "") -> str | None:
    """Where in the value something else stands than the type says, and what; None where nothing does."""
    return _fault(value, _resolved(hint), where)


@cache
def _resolved(hint: Any) -> Any:
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    return hint


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((each.name, _resolved(hints[each.name])) for each in attrs.fields(kind))


def _fault(value: object, hint: Any, where: str) -> str | None:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or hint is object:
        return None
    if origin in (Union, types.UnionType):
        faults = [_fault(value, _resolved(each), where) for each in parts]
        return None if None in faults else faults[0]
    if origin is not None:
        return _fault_in_many(value, origin, parts, where)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is int):
        return f"{where or 'it'} is {str(value)[:40]!r}"
    kind: Any = type(value)
    if attrs.has(kind):
        return _first(
            _fault(getattr(value, name), each, f"{where}.{name}" if where else name) for name, each in _fields(kind)
        )
    return None


def _fault_in_many(value: object, origin: Any, parts: tuple[Any, ...], where: str) -> str | None:
    if not isinstance(value, origin):
        return f"{where or 'it'} is {str(value)[:40]!r}"
    if isinstance(value, Mapping):
        key, each = map(_resolved, parts)
        return _first(
            _fault(name, key, f"{where} {name!r}"[:80]) or _fault(held, each, f"{where} {name!r}"[:80])
            for name, held in value.items()
        )
    if isinstance(value, tuple) and parts[-1] is not Ellipsis:
        return _first(_fault(held, _resolved(each), where) for held, each in zip(value, parts, strict=True))
    each = _resolved(parts[0])
    return _first(_fault(held, each, where) for held in typing.cast("typing.Iterable[object]", value))


def _first(faults: typing.Iterable[str | None]) -> str | None:
    return next((fault for fault in faults if fault is not None), None)
