"""The ports of the outer world that every context may need."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, TypeVar

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.page import Page, PageRequest

W_co = TypeVar("W_co", covariant=True)
V_co = TypeVar("V_co", covariant=True)
T = TypeVar("T")


class Clock(Protocol):
    """Tells the time."""

    @abstractmethod
    def now(self) -> datetime:
        """The present moment in UTC, timezone-aware."""


class Ids(Protocol):
    """Hands out ids: whole numbers from 1, per kind of thing, never the same twice."""

    @abstractmethod
    def next(self, kind: str, count: int = 1) -> int:
        """The first of `count` consecutive ids that nobody else gets, whatever becomes of the transaction."""


class Chance(Protocol):
    """Unpredictable bytes, fit for secrets."""

    @abstractmethod
    def token(self, length: int) -> bytes:
        """`length` random bytes."""


class Hashing(Protocol):
    """One-way digests of high-entropy secrets, keyed with a pepper where one is configured."""

    @abstractmethod
    def digest(self, secret: str) -> str:
        """The same text for the same secret and pepper, from which the secret can't be found."""


class Sealing(Protocol):
    """Keeps secrets that have to be read again: what is sealed tells nothing to who has no key (O-13)."""

    @abstractmethod
    def seal(self, secret: str) -> str:
        """The secret, encrypted with the newest key; never the same text twice."""

    @abstractmethod
    def open(self, sealed: str) -> str:
        """The secret again, whichever of the keys it was sealed with. Raises: Unsealable."""


class SealedSecrets(Protocol):
    """All that is kept sealed, wherever it is kept."""

    @abstractmethod
    def reseal(self, sealing: Sealing) -> int:
        """Open everything and seal it with the newest key; answers how many secrets. Raises: Unsealable, Stale."""


class Again(Protocol):
    """Does a transaction once more where it lost a race.

    For a use case that reaches outside between two transactions, and so can't be repeated as a whole.
    """

    @abstractmethod
    def __call__(self, work: Callable[[], T]) -> T:
        """What `work` answers. Raises: Stale when the last attempt lost too, and what `work` raises."""


class Deadlines(Protocol):
    """Moments at which something becomes due in a guild: rows like any other, set in the deciding transaction."""

    @abstractmethod
    def set(self, key: str, kind: str, at: datetime, data: Mapping[str, str | int | None]) -> None:
        """Set or move the deadline of that key; `kind` names the use case that the worker runs when it is due."""

    @abstractmethod
    def cancel(self, key: str) -> None:
        """Forget the deadline of that key; nothing happens when there is none."""


class Work(Protocol):
    """One transaction over one guild: what it holds commits together, or not at all."""

    @property
    @abstractmethod
    def guild_id(self) -> GuildId:
        """The guild that everything in here belongs to."""

    @property
    @abstractmethod
    def deadlines(self) -> Deadlines:
        """What becomes due in this guild."""

    @abstractmethod
    def announce(self, *events: DomainEvent) -> None:
        """Store events that no aggregate carries."""


class Begin(Protocol[W_co]):
    """Opens a unit of work in the actor's guild; what a normally left block wrote is committed.

    Joins the scope that an entrypoint opened around it, if one is open; else it commits by itself.
    Raises: Stale when it lost a race, Unavailable when the store is gone; then nothing is written.
    """

    @abstractmethod
    def __call__(self, by: Actor) -> AbstractContextManager[W_co]:
        """A transaction over the guild of `by`. Raises: InvalidValue when `by` acts in no guild."""


class BeginInstallation(Protocol[W_co]):
    """Opens a unit of work over what belongs to no guild: users, guilds, keys."""

    @abstractmethod
    def __call__(self, by: Actor) -> AbstractContextManager[W_co]:
        """A transaction over the installation."""


class Read(Protocol[V_co]):
    """Opens the query ports of the actor's guild: each query sees what is committed, and nothing is locked."""

    @abstractmethod
    def __call__(self, by: Actor) -> AbstractContextManager[V_co]:
        """The views of the guild of `by`; without a guild, those of the installation."""


@frozen(kw_only=True)
class AuditRow:
    """One event of the audit log: what happened to what, by whom, through which entrypoint, with its values (G-5).

    `actor_name` is that of who did it elsewhere, where it was imported.
    """

    id: int
    at: datetime
    name: str
    aggregate: str
    aggregate_id: str
    actor_kind: str
    actor_id: str
    actor_name: str | None
    user_id: int | None
    entrypoint: str
    request_id: str | None
    data: Mapping[str, object]


@frozen(kw_only=True)
class AuditFilter:
    """Which events are wanted; what is None does not restrict. `since` belongs to it, `until` does not."""

    name: str | None = None
    aggregate: str | None = None
    aggregate_id: str | None = None
    actor_kind: str | None = None
    actor_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditLog(Protocol):
    """Reads the guild's events."""

    @abstractmethod
    def events(self, wanted: AuditFilter, *, page: PageRequest) -> Page[AuditRow]:
        """Events that match, the latest first by (at, id)."""
