"""Rate limits: how often somebody may do something within a while (A-9).

A window begins with the first thing that is counted in it, and ends after its time; within it exactly so many are let
through, however many ask at once.
"""

from __future__ import annotations

import re
import threading
import time
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, Protocol, Self

from attrs import define, field, frozen

AMOUNT_MAX: Final = 10**9
SECONDS_MAX: Final = 86400
# Beyond as many at once, those whose windows end first are forgotten.
KEPT_MAX: Final = 100_000
_UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_RATE: Final = re.compile(
    r"(?P<amount>\d{1,12})(?:\s*(?:/|\bper\b)\s*(?P<units>\d{1,6})?\s*(?P<unit>second|minute|hour|day)s?)?"
)


@frozen
class Rate:
    """So many times within so many seconds."""

    amount: int
    seconds: int

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The rate of a text like `600/minute` or `20 per 10 seconds`; None for 0 or nothing, which limit nothing.

        Raises: ValueError for any other text.
        """
        text = text.strip().lower()
        found = _RATE.fullmatch(text)
        if text and found is None:
            raise ValueError(f"{text!r} is no rate")
        if found is None or int(found["amount"]) == 0:
            return None
        if found["unit"] is None:
            raise ValueError(f"{text!r} does not say within which time")
        rate = cls(int(found["amount"]), int(found["units"] or 1) * _UNITS[found["unit"]])
        if rate.amount > AMOUNT_MAX or not 1 <= rate.seconds <= SECONDS_MAX:
            raise ValueError(f"{text!r} is out of range")
        return rate


@frozen
class Count:
    """What counting once more came to: how many more there may be, below 0 where this was one too many.

    It is -1 for the first who is refused in a window, and less for all who follow.
    `seconds` is when the window ends, as far as that was asked: None where it is not known.
    """

    left: int
    seconds: float | None

    @property
    def too_many(self) -> bool:
        """Whether this one is not let through."""
        return self.left < 0


Hit = tuple[str, Rate]
"""Who did something, and how often they may."""


class Limits(Protocol):
    """Counts who does what; safe to be used by any number of threads.

    `shared` says whether others count with it, so that counting waits for them; it never fails for that.
    """

    shared: bool

    @abstractmethod
    def count(self, who: str, rate: Rate) -> Count:
        """Count one more of theirs."""

    @abstractmethod
    def count_all(self, hits: Sequence[Hit]) -> Sequence[Count]:
        """Count several at once, in their order."""

    @abstractmethod
    def spent(self, who: str, rate: Rate) -> float:
        """In how many seconds they may again; 0 where they may now, or where that is not known here. Counts nothing."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds."""


@define(eq=False)
class MemoryLimits(Limits):
    """Within one process.

    Windows of one length end in the order in which they began: what has ended is dropped from the front, at no cost
    that grows with how many there are.
    """

    kept_max: int = KEPT_MAX
    now: Callable[[], float] = time.monotonic
    shared: bool = field(init=False, default=False)
    _windows: dict[int, OrderedDict[str, _Window]] = field(init=False, factory=dict)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    def count(self, who: str, rate: Rate) -> Count:
        with self._lock:
            now = self.now()
            windows = self._windows.get(rate.seconds)
            if windows is None:
                windows = self._windows[rate.seconds] = OrderedDict()
            window = windows.get(who)
            if window is None or window.ends <= now:
                window = self._begun(windows, who, now, rate.seconds)
            window.count += 1
            return Count(rate.amount - window.count, window.ends - now)

    def count_all(self, hits: Sequence[Hit]) -> Sequence[Count]:
        return [self.count(who, rate) for who, rate in hits]

    def spent(self, who: str, rate: Rate) -> float:
        window = self._windows.get(rate.seconds, _NONE).get(who)
        return 0.0 if window is None or window.count < rate.amount else max(0.0, window.ends - self.now())

    def close(self) -> None:
        """It holds nothing that anybody misses."""

    @property
    def kept(self) -> int:
        """How many windows it remembers."""
        return sum(len(windows) for windows in self._windows.values())

    def _begun(self, windows: OrderedDict[str, _Window], who: str, now: float, seconds: int) -> _Window:
        windows.pop(who, None)
        while windows and (len(windows) >= self.kept_max or next(iter(windows.values())).ends <= now):
            windows.popitem(last=False)
        window = windows[who] = _Window(0, now + seconds)
        return window


@define(eq=False)
class _Window:
    """How often somebody did something in it, and when it ends."""

    count: int
    ends: float


_NONE: Final[OrderedDict[str, _Window]] = OrderedDict()
