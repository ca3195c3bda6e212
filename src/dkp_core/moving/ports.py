"""What moving in needs kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from dkp_core.accounts import Membership, User
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import ImportId, PoolId, UserId
from dkp_core.loot import LootWork
from dkp_core.moving.arrivals import Thing
from dkp_core.moving.import_record import Import, Span
from dkp_core.moving.report import Found
from dkp_core.moving.tallying import Tally
from dkp_core.points import Difference, Pool


@frozen(kw_only=True)
class Telling:
    """That something was told of a thing, and what kind of actor did it."""

    aggregate: str
    aggregate_id: str
    name: str
    by: ActorKind


class Intake(Protocol):
    """Takes in what comes from elsewhere, much at a time; nothing is told of it, and no rule books anything for it."""

    @abstractmethod
    def present(self) -> Mapping[str, int]:
        """What the guild holds beyond what it was founded with, by name, with how many; empty for a fresh guild.

        The guild is locked until the transaction ends.
        """

    @abstractmethod
    def add_people(self, users: Sequence[User], memberships: Sequence[Membership]) -> None:
        """Keep new users and new memberships; of memberships that are kept already, what they were called elsewhere."""

    @abstractmethod
    def add(self, things: Sequence[Thing]) -> None:
        """Keep these, all of one type. Raises: NameTaken, BalanceOutOfRange, at the latest when it is settled."""

    @abstractmethod
    def set_default_pool(self, pool_id: PoolId) -> PoolId | None:
        """Make that pool the guild's default; answers the one that was.

        That one is archived, unless it came from elsewhere: nobody has anything in it.
        """

    @abstractmethod
    def take_over(self, pool: Pool) -> None:
        """A pool that the guild has, by its id: its unit, decimals and external id are these now, and it is open."""

    @abstractmethod
    def settle(self) -> None:
        """Reckon balances, counts and attendance summaries from what was added."""

    @abstractmethod
    def found(self, at: datetime) -> Found:
        """What is in the guild now, this transaction's writes included; attendance windows end at that moment."""

    @abstractmethod
    def kept(self, import_id: ImportId, spans: Mapping[str, Sequence[Span]]) -> Mapping[str, Tally]:
        """What there is now of each kind of thing, counted anew from what is kept, this transaction's writes included.

        Of kinds in PARTLY only what has an id in the spans is counted; of old deeds, those that this import brought.
        """

    @abstractmethod
    def differences(self) -> Sequence[Difference]:
        """What in the guild does not add up, this transaction's writes included."""

    @abstractmethod
    def named_since(self, record: Import) -> Mapping[str, int]:
        """What beside the import itself names what it brought, or goes on from it, by table, with how many rows.

        The guild is locked until the transaction ends.
        """

    @abstractmethod
    def told_since(self, at: datetime) -> Sequence[Telling]:
        """What was told in the guild from that moment on, each of it once."""

    @abstractmethod
    def staying(self, record: Import) -> frozenset[UserId]:
        """Users who came with an import and stay when it goes: they have signed in, were erased, or are in use
        elsewhere.
        """

    @abstractmethod
    def remove(self, record: Import) -> None:
        """Take away everything that an import brought, but users who stay, and put back what it changed."""


class Imports(Protocol):
    """The imports of a guild."""

    @abstractmethod
    def get(self, import_id: ImportId) -> Import:
        """The import, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def all(self) -> tuple[Import, ...]:
        """Every import, undone ones too, in order of id."""

    @abstractmethod
    def save(self, record: Import, event: DomainEvent) -> None:
        """Keep it as it is now, and tell the event."""


class MovingWork(LootWork, Protocol):
    """A transaction in which a guild moves in."""

    @property
    @abstractmethod
    def intake(self) -> Intake:
        """What takes everything in."""

    @property
    @abstractmethod
    def imports(self) -> Imports:
        """What moved in before."""
