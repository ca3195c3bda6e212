"""What the worker needs of a store, as the SQL and the memory adapter both give it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from dkp_adapters.commits import Commit
from dkp_adapters.waiting import Delivery, DueNotice, Lag, Lease
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ports import Clock, Work
from dkp_core.notices import Outcome

Row_contra = TypeVar("Row_contra", contravariant=True)
Row = TypeVar("Row")


class Store(Protocol):
    """A database that use cases work on."""

    @property
    @abstractmethod
    def clock(self) -> Clock:
        """The clock by which things are due."""

    @abstractmethod
    def scope(self) -> AbstractContextManager[object]:
        """All units of work in it are one transaction."""

    @abstractmethod
    def begin_installation(self, by: Actor) -> AbstractContextManager[Work]:
        """A transaction over what belongs to no guild."""

    @abstractmethod
    def after_commit(self, callback: Callable[[Commit], None]) -> None:
        """Tell `callback` of each commit of this process."""


class Waiting(Protocol[Row]):
    """Rows that wait for a worker: deliveries, or deadlines that are due."""

    @abstractmethod
    def claim(self, limit: int = 20, seconds: float = 60) -> tuple[Row, ...]:
        """Up to `limit` rows that are due, for `seconds` nobody else's."""

    @abstractmethod
    def take(self, row: Row, /) -> bool:
        """In the scope that acts on it: remove it; False when it is no longer this worker's."""

    @abstractmethod
    def failed(self, row: Row, /, error: str) -> bool:
        """Try it again after a growing delay, or park it."""


class Outside(Waiting[Delivery], Protocol):
    """Deliveries of reactions that reach outside."""

    @abstractmethod
    def done(self, delivery: Delivery, /) -> bool:
        """After it was acted upon, in a transaction of its own: remove it; False when it is no longer ours."""


class NoticeQueue(Protocol):
    """Notices that wait to be sent."""

    @abstractmethod
    def claim(self, limit: int = 1, seconds: float = 120) -> tuple[DueNotice, ...]:
        """Up to `limit` that are due, at most one for each recipient, for `seconds` nobody else's."""

    @abstractmethod
    def settle(self, notice: DueNotice, outcome: Outcome) -> bool:
        """Note what became of it; False when it is no longer ours."""

    @abstractmethod
    def prune(self, days: int) -> int:
        """Forget what was settled more than so many days ago; tells how many."""

    @abstractmethod
    def lag(self) -> Lag:
        """How many wait, since when the oldest does, and how many were given up on."""


class Leases(Protocol):
    """Who alone may do something for a while."""

    @abstractmethod
    def acquire(self, name: str, holder: str, for_seconds: float) -> Lease | None:
        """The lease when it is free; None when another holds it."""

    @abstractmethod
    def renew(self, lease: Lease, for_seconds: float) -> Lease | None:
        """The same lease for longer; None when it is lost."""

    @abstractmethod
    def release(self, lease: Lease) -> None:
        """Let the next one have it at once."""


class AnsweredRequests(Protocol):
    """Answers that are kept for a day."""

    @abstractmethod
    def prune(self) -> int:
        """Forget those that are older; tells how many."""
