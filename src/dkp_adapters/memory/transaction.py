"""A transaction: forks of the tables it enters, and what it tells when it commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

from attrs import define, evolve, field, frozen

from dkp_adapters.commits import Changed, Commit
from dkp_adapters.memory.tables import (
    GuildTables,
    InstallationTables,
    RecordedEvent,
    Rows,
    Snapshot,
    Wait,
    WaitingDelivery,
)
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import Aggregate, DomainEvent
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.ports import Clock, Ids

K = TypeVar("K")
A = TypeVar("A", bound=Aggregate)

INSTALLATION: Final = GuildId(0)
"""Stands for no guild."""

Reactions = Mapping[str, Sequence[str]]
"""The names of the reactions to each event, by the event's name."""


@define(eq=False)
class Transaction:
    """What the sessions of one transaction share; after its end nothing that it handed out can be used."""

    base: Snapshot
    clock: Clock
    ids: Ids
    reactions: Reactions
    _installation: InstallationTables = field(init=False)
    _guilds: dict[GuildId, GuildTables] = field(init=False, factory=dict)
    _changed: dict[tuple[GuildId, str, str], int] = field(init=False, factory=dict)
    _deliveries: int = field(init=False, default=0)
    _notices: int = field(init=False, default=0)
    _over: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self._installation = self.base.installation.fork()

    @property
    def installation(self) -> InstallationTables:
        """The installation's tables, as this transaction has them."""
        assert not self._over, "the unit of work is over: what it handed out can't be used any more"
        return self._installation

    def of(self, guild_id: GuildId) -> GuildTables:
        """A guild's tables, as this transaction has them."""
        assert not self._over, "the unit of work is over: what it handed out can't be used any more"
        if guild_id not in self._guilds:
            self._guilds[guild_id] = self.base.of(guild_id).fork()
        return self._guilds[guild_id]

    def note(self, guild_id: GuildId, by: Actor, happened: Sequence[DomainEvent], version: int) -> None:
        """Record the events under the version that their aggregate gets, and the reactions they are to have."""
        at = self.clock.now()
        for event in happened:
            event_id = self.ids.next("event")
            recorded = RecordedEvent(id=event_id, guild_id=guild_id, at=at, version=version, event=event, by=by)
            self.of(guild_id).events.put(event_id, recorded)
            self._changed[guild_id, event.aggregate, event.aggregate_id] = version
            for reaction in self.reactions.get(event.event_name(), ()):
                delivery = WaitingDelivery(recorded=recorded, reaction=reaction, wait=Wait(try_at=at))
                self.installation.deliveries.put((event_id, reaction), delivery)
                self._deliveries += 1

    def note_notices(self, count: int) -> None:
        """So many notices are to be sent once it is committed."""
        self._notices += count

    def snapshot(self) -> Snapshot:
        """Everything, as this transaction has it."""
        guilds = {**self.base.guilds, **self._guilds}
        return evolve(self.base, installation=self.installation, guilds=guilds)

    def commit(self) -> tuple[Snapshot, Commit]:
        """What is to be kept from now on, and what is told of it; the transaction is over."""
        snapshot = evolve(self.snapshot(), revision=self.base.revision + 1)
        written = {guild_id for guild_id, tables in self._guilds.items() if tables.written}
        if self._installation.written:
            written.add(INSTALLATION)
        changed = tuple(
            Changed(guild_id=guild_id, aggregate=aggregate, aggregate_id=aggregate_id, version=version)
            for (guild_id, aggregate, aggregate_id), version in self._changed.items()
        )
        self.end()
        guild_ids = frozenset(written)
        told = Commit(guild_ids=guild_ids, changed=changed, deliveries=self._deliveries, notices=self._notices)
        return snapshot, told

    def end(self) -> None:
        """Cut off what was handed out, which could otherwise write into what is committed."""
        self._over = True


@frozen(eq=False)
class Session:
    """What the repositories of one unit of work share: a transaction, the guild they are in, and who acts."""

    transaction: Transaction
    guild_id: GuildId
    by: Actor

    @property
    def tables(self) -> GuildTables:
        """The guild's tables."""
        return self.transaction.of(self.guild_id)

    @property
    def installation(self) -> InstallationTables:
        """The installation's tables."""
        return self.transaction.installation

    @property
    def now(self) -> datetime:
        """The present moment, by the installation's clock."""
        return self.transaction.clock.now()

    def within(self, guild_id: GuildId) -> Session:
        """The same transaction, in that guild."""
        return evolve(self, guild_id=guild_id)

    def announce(self, *happened: DomainEvent, version: int = 0) -> None:
        """Store events, under the version that their aggregate gets (0 where it has none)."""
        self.transaction.note(self.guild_id, self.by, happened, version)

    def save(self, rows: Rows[K, A], key: K, aggregate: A) -> None:
        """Keep an aggregate, one version on, and the events it carries. Raises: Stale unless of the kept version."""
        kept = rows.get(key)
        if aggregate.version != (0 if kept is None else kept.version):
            raise Stale(f"{type(aggregate).__name__} {key} was saved by somebody else first")
        self._announce_pending(aggregate)
        rows.put(key, aggregate.saved())

    def remove(self, rows: Rows[K, A], key: K, aggregate: A) -> None:
        """Forget an aggregate, and store the events it carries. Raises: Stale unless of the kept version."""
        kept = rows.get(key)
        if kept is None or aggregate.version != kept.version:
            raise Stale(f"{type(aggregate).__name__} {key} was saved by somebody else first")
        self._announce_pending(aggregate)
        rows.drop(key)

    def _announce_pending(self, aggregate: Aggregate) -> None:
        self.announce(*aggregate.pending, version=aggregate.version + 1)
