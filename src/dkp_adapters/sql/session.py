"""A session: what repositories and views run their statements on, in one guild; and the transaction around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, ClassVar, Final

from attrs import define, field
from sqlalchemy import select

from dkp_adapters.commits import Changed, Commit
from dkp_adapters.event_json import event_to_json
from dkp_adapters.sql.engine import Connection
from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.statement import DialectName, Statement, insert_rows, json_rows
from dkp_adapters.sql.tables.kernel import deliveries, events
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import Aggregate, DomainEvent
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.ports import Clock, Ids

INSTALLATION: Final = GuildId(0)
"""Stands for no guild, where a row needs one."""

Reactions = Mapping[str, Sequence[str]]
"""The names of the reactions to each event, by the event's name."""

_INSERT_EVENTS: Final = Statement(
    insert_rows(events, select(json_rows("events", *events.c))),
    across_guilds=True,  # each row names its guild
)
_INSERT_DELIVERIES: Final = Statement(
    insert_rows(deliveries, select(json_rows("deliveries", *deliveries.c))),
    across_guilds=True,  # each row names its guild
)


class Ended(Connection):
    """Stands in for the connection of a transaction that is over, so that nobody writes into the next one."""

    dialect: ClassVar[DialectName] = "sqlite"
    faults: ClassVar[type[Exception]] = Exception

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("the unit of work is over: what it handed out can't be used any more")

    execute = all = first = run = later = fill = put = ask = _refuse
    begin = commit = rollback = lock = alive = close = translated = _refuse


ENDED: Final = Ended()


@define(eq=False)
class Transaction:
    """What the sessions of one transaction share: a connection, and what is written last."""

    connection: Connection
    clock: Clock
    ids: Ids
    reactions: Reactions
    _sessions: list[Session] = field(factory=list, init=False)
    _events: list[list[Any]] = field(factory=list, init=False)
    _deferred: list[tuple[int, Callable[[], None]]] = field(factory=list, init=False)
    _changed: dict[tuple[GuildId, str, str], int] = field(factory=dict, init=False)
    _deliveries: int = field(default=0, init=False)
    _notices: int = field(default=0, init=False)

    def session(self, guild_id: GuildId, by: Actor | None) -> Session:
        """A session in that guild on this transaction."""
        session = Session(self.connection, guild_id, by, self.clock, self)
        self._sessions.append(session)
        return session

    def note(self, guild_id: GuildId, by: Actor, happened: Sequence[DomainEvent], version: int) -> None:
        """Keep the events for the flush, under the version that their aggregate gets."""
        at = micros(self.clock.now())
        for event in happened:
            self._changed[guild_id, event.aggregate, event.aggregate_id] = version
            self._events.append(
                [
                    guild_id,
                    at,
                    0,
                    event.aggregate,
                    event.aggregate_id,
                    version,
                    event.event_name(),
                    event_to_json(event),
                    by.kind.value,
                    by.id,
                    by.user_id,
                    by.entrypoint,
                    by.request_id,
                ]
            )

    def defer(self, order: int, callback: Callable[[], None]) -> None:
        """Keep the callback for the flush."""
        self._deferred.append((order, callback))

    def note_notices(self, count: int) -> None:
        """So many notices are to be sent once it is committed."""
        self._notices += count

    def flush(self) -> None:
        """Write what was kept for last: events and their deliveries, then what was deferred, in its order."""
        while self._events or self._deferred:
            if self._events:
                self._flush_events()
            deferred, self._deferred = sorted(self._deferred, key=itemgetter(0)), []
            for _, callback in deferred:
                callback()

    def _flush_events(self) -> None:
        rows, self._events = self._events, []
        first_id = self.ids.next("event", len(rows))
        due: list[list[Any]] = []
        for event_id, row in enumerate(rows, first_id):
            row[2] = event_id
            guild_id, at, name = row[0], row[1], row[6]
            due += [
                [event_id, reaction, guild_id, at, at, 0, 0, None, None] for reaction in self.reactions.get(name, ())
            ]
        self.connection.later(_INSERT_EVENTS, {"events": rows})
        if due:
            self.connection.later(_INSERT_DELIVERIES, {"deliveries": due})
            self._deliveries += len(due)

    def commit(self) -> Commit:
        """Flush and commit; answers what is left behind."""
        self.flush()
        assert not self.connection.failed, "a statement failed, and its error was swallowed"
        self.connection.committed()
        return Commit(
            guild_ids=frozenset(session.guild_id for session in self._sessions if session.wrote),
            changed=tuple(
                Changed(guild_id=guild_id, aggregate=aggregate, aggregate_id=aggregate_id, version=version)
                for (guild_id, aggregate, aggregate_id), version in self._changed.items()
            ),
            deliveries=self._deliveries,
            notices=self._notices,
        )

    def end(self) -> None:
        """Cut off the sessions: the connection belongs to somebody else from now on."""
        for session in self._sessions:
            session.connection = ENDED
        self.connection = ENDED


@define(eq=False)
class Session:
    """Runs statements for the repositories (in a transaction) or views (each query by itself) of one guild.

    A statement that names `:guild_id` gets the session's guild, whatever the caller gives; in the installation's
    session (guild 0) the caller names the guild.
    """

    connection: Connection
    guild_id: GuildId
    by: Actor | None
    clock: Clock
    transaction: Transaction | None = None
    wrote: bool = field(default=False, init=False)

    def all(self, statement: Statement, /, **params: Any) -> list[tuple[Any, ...]]:
        """Every row. Raises: Stale, Unavailable."""
        if self.guild_id:
            params["guild_id"] = self.guild_id
        return self.connection.all(statement, params)

    def first(self, statement: Statement, /, **params: Any) -> tuple[Any, ...] | None:
        """The first row, or None. Raises: Stale, Unavailable."""
        if self.guild_id:
            params["guild_id"] = self.guild_id
        return self.connection.first(statement, params)

    def run(self, statement: Statement, /, **params: Any) -> int:
        """Execute it; answers how many rows it matched (meaningless for an upsert).

        Raises: Stale, Unavailable, and what `Statement.violations` names.
        """
        if self.guild_id:
            params["guild_id"] = self.guild_id
        self.wrote = True
        return self.connection.run(statement, params)

    def write(self, statement: Statement, /, **params: Any) -> None:
        """Execute it, where nobody asks how many rows it matched: it may travel with what comes next.

        Raises: as `run`, or what comes next does, or the commit.
        """
        if self.guild_id:
            params["guild_id"] = self.guild_id
        self.wrote = True
        self.connection.later(statement, params)

    def save(self, statement: Statement, /, **params: Any) -> None:
        """Execute an update by version; it may travel with what comes next.

        Raises: as `write`, and Stale when it found no row: somebody was faster.
        """
        if self.guild_id:
            params["guild_id"] = self.guild_id
        self.wrote = True
        self.connection.later(statement, params, self.saved)

    def fill(self, statement: Statement, rows: Iterable[Sequence[Any]]) -> None:
        """Insert very many rows of the guild, each as `filling` names the columns.

        Raises: Stale, Unavailable, and what `Statement.violations` names.
        """
        self.wrote = True
        self.connection.fill(statement, ((self.guild_id, *row) for row in rows))

    def saved(self, rowcount: int) -> None:
        """Raises: Stale when an update by version found no row: somebody was faster."""
        if rowcount == 0:
            raise Stale("somebody else saved it first")

    def announce(self, *happened: DomainEvent, version: int = 0) -> None:
        """Store events at the flush, under the version that their aggregate gets (0 where it has none)."""
        assert self.transaction is not None, "events are stored by a unit of work"
        assert self.by is not None, "events need somebody who did it"
        if happened:
            self.wrote = True
            self.transaction.note(self.guild_id, self.by, happened, version)

    def save_events(self, aggregate: Aggregate) -> None:
        """Store what the aggregate carries; its version is the one it had before this save."""
        if aggregate.pending:
            self.announce(*aggregate.pending, version=aggregate.version + 1)

    def defer(self, order: int, callback: Callable[[], None]) -> None:
        """Call back at the flush, once, after the events and in this order: for hot rows, which are locked last."""
        assert self.transaction is not None, "only a unit of work has a flush"
        self.wrote = True
        self.transaction.defer(order, callback)

    def now(self) -> int:
        """The present moment in microseconds."""
        return micros(self.clock.now())
