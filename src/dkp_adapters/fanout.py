"""Fan-out: after a commit, telling every process that answers clients which live aggregates changed (L-11).

Only that something changed goes round, never what: whoever hears of it reads it, as whoever asks may see it.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from attrs import define, field

from dkp_adapters.commits import Changed, Commit

# The aggregates that clients follow as they change; all others are read when somebody asks.
LIVE: Final = frozenset({"auction"})


class Hearer(Protocol):
    """Who wants to know of changes; told in the thread of whoever tells, so it must be quick and not raise."""

    @abstractmethod
    def changed(self, changed: Sequence[Changed]) -> None:
        """These were committed, in this process or in another."""

    @abstractmethod
    def missed(self) -> None:
        """Something may have been missed: whatever is followed has to be looked at again."""


class FanOut(Protocol):
    """Carries what changed to the hearers of every process; may lose something, and then says so or is late.

    `dropped` counts the changes that could not be carried to other processes one by one.
    """

    dropped: int

    @abstractmethod
    def committed(self, commit: Commit) -> None:
        """Tell of what is live in a commit; never waits for anything, and never raises."""

    @abstractmethod
    def telling(self, hearer: Hearer) -> AbstractContextManager[None]:
        """Tell `hearer` while the block lasts."""

    @abstractmethod
    def fault(self) -> str | None:
        """What keeps it from reaching other processes; None where nothing does."""

    @abstractmethod
    def close(self) -> None:
        """Carry what still waits, as far as that is quick, and end."""


@define(eq=False)
class MemoryFanOut(FanOut):
    """Within one process: hearers are told in the thread that committed."""

    aggregates: frozenset[str] = LIVE
    dropped: int = field(init=False, default=0)
    _hearers: tuple[Hearer, ...] = field(init=False, default=())
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    def committed(self, commit: Commit) -> None:
        self.tell(self.live_in(commit))

    @contextmanager
    def telling(self, hearer: Hearer) -> Iterator[None]:
        with self._lock:
            self._hearers = (*self._hearers, hearer)
        try:
            yield
        finally:
            with self._lock:
                self._hearers = tuple(each for each in self._hearers if each is not hearer)

    def fault(self) -> str | None:
        return None

    def close(self) -> None:
        """Nothing waits here."""

    def live_in(self, commit: Commit) -> tuple[Changed, ...]:
        """What clients may follow, of all that was committed."""
        return tuple(each for each in commit.changed if each.aggregate in self.aggregates)

    def tell(self, changed: Sequence[Changed]) -> None:
        """Tell the hearers of this process."""
        if changed:
            for hearer in self._hearers:
                hearer.changed(changed)
