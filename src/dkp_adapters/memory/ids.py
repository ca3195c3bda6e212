"""Ids counted in memory."""

from __future__ import annotations

from collections import Counter
from threading import Lock

from attrs import define, field

from dkp_core.kernel.ports import Ids


@define(eq=False)
class MemoryIds(Ids):
    """Counts from 1 for each kind; what a transaction took stays taken when it is rolled back."""

    _last: Counter[str] = field(init=False, factory=Counter)
    _lock: Lock = field(init=False, factory=Lock)

    def next(self, kind: str, count: int = 1) -> int:
        with self._lock:
            first = self._last[kind] + 1
            self._last[kind] += count
        return first
