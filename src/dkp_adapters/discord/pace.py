"""Keeping to a pace: so many calls in so many seconds, of each key by itself."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from attrs import define, field

KEYS_MAX: Final = 10_000


@define(eq=False)
class Pace:
    """Lets at most `calls` through in any `seconds`, for each of `rates`; also waits where somebody was told to."""

    rates: tuple[tuple[int, float], ...]
    now: Callable[[], float] = time.monotonic
    _calls: dict[str, deque[float]] = field(factory=dict, init=False)
    _paused: dict[str, float] = field(factory=dict, init=False)

    def wait(self, key: str) -> float:
        """0 where a call may be made now, and it is counted; else how many seconds to wait, and it is not."""
        now = self.now()
        calls = self._calls.setdefault(key, deque(maxlen=max(count for count, _ in self.rates)))
        waits = [self._paused.get(key, now) - now]
        waits += [calls[-count] + seconds - now for count, seconds in self.rates if len(calls) >= count]
        longest = max(waits)
        if longest > 0:
            return longest
        self._paused.pop(key, None)
        calls.append(now)
        self._forget(now)
        return 0.0

    def pause(self, key: str, seconds: float) -> None:
        """Let nothing through for so long."""
        self._paused[key] = max(self._paused.get(key, 0.0), self.now() + seconds)

    def paused(self, key: str) -> float:
        """How many seconds longer nothing may get through; no call is counted."""
        return max(0.0, self._paused.get(key, 0.0) - self.now())

    def _forget(self, now: float) -> None:
        """Keys that nobody called for longer than any rate looks back."""
        if len(self._calls) <= KEYS_MAX:
            return
        longest = max(seconds for _, seconds in self.rates)
        for key in [key for key, calls in self._calls.items() if not calls or calls[-1] + longest <= now]:
            del self._calls[key]
