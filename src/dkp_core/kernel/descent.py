"""Which classes there are of a kind."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def kinds_below(kind: type[T]) -> Iterator[type[T]]:
    """Every class below that one that is imported; the nearest come first."""
    waiting = deque([kind])
    while waiting:
        # attrs makes a class anew, with slots: of two that are called alike, the first waits for being collected.
        below = {(each.__module__, each.__qualname__): each for each in waiting.popleft().__subclasses__()}
        waiting += below.values()
        yield from below.values()
