"""What happened, in the past tense: kept as the audit log, and what reactions follow from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar, Final, Self

from attrs import evolve, field, frozen

_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@frozen(kw_only=True)
class Change:
    """One value before and after, as JSON scalars; None where there was or is nothing."""

    field: str
    before: str | int | bool | None
    after: str | int | bool | None


def changes(before: object, after: object, fields: Iterable[str]) -> tuple[Change, ...]:
    """What differs between two values of one type, field by field, told as JSON scalars."""
    found = []
    for name in fields:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            found.append(Change(field=name, before=_scalar(old), after=_scalar(new)))
    return tuple(found)


def _scalar(value: object) -> str | int | bool | None:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, tuple | list | frozenset | set):
        return ", ".join(sorted(str(part) for part in value))
    return str(value)


@frozen(kw_only=True)
class DomainEvent:
    """Something that happened to one aggregate: ids and values, no personal data beyond what changed (G-5, A-12)."""

    aggregate: ClassVar[str] = ""

    @classmethod
    def event_name(cls) -> str:
        """The stable name under which it is kept: the class name in snake case."""
        return _WORD_START.sub("_", cls.__name__).lower()

    @property
    def aggregate_id(self) -> str:
        """The id of what it happened to."""
        raise AssertionError(f"{type(self).__name__} does not say what it happened to")


@frozen(kw_only=True)
class Aggregate:
    """A thing with an identity: `version` is 0 until it is first saved, and goes up by one with every save.

    `pending` are the events that the next save stores with it.
    """

    version: int = 0
    pending: tuple[DomainEvent, ...] = field(default=(), eq=False, repr=False)

    def announcing(self, *events: DomainEvent) -> Self:
        """The same, carrying these events too."""
        return evolve(self, pending=(*self.pending, *events))

    def saved(self) -> Self:
        """The same as it stands once a save has stored it: a version further, with no news left to tell."""
        return evolve(self, version=self.version + 1, pending=())
