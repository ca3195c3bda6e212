"""A database, opened: scopes, units of work and readings on it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from attrs import define, field

from dkp_adapters.commits import Commit
from dkp_adapters.sql.engine import Engine
from dkp_adapters.sql.ids import BLOCKS, SqlIds
from dkp_adapters.sql.session import ENDED, INSTALLATION, Reactions, Session, Transaction
from dkp_adapters.sql.unit_of_work import SqlViews, SqlWork
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import DomainError, Stale, Unavailable
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.ports import Clock

_logger: Final = logging.getLogger(__name__)


@define(eq=False)
class SqlDatabase:
    """A database that use cases work on, from any number of threads; nothing is connected before it is needed.

    `reactions` names what follows from which event: for those, deliveries are written with the event.
    Its methods `begin`, `begin_installation` and `read` are the ports of the same names.
    """

    engine: Engine
    clock: Clock
    reactions: Reactions
    ids: SqlIds
    _told: list[Callable[[Commit], None]] = field(factory=list, init=False)
    _local: threading.local = field(factory=threading.local, init=False)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        clock: Clock,
        reactions: Mapping[str, Sequence[str]] | None = None,
        blocks: Mapping[str, int] = BLOCKS,
        writers: int = 4,
        readers: int = 4,
    ) -> SqlDatabase:
        """The database of that URL. Raises: InvalidValue when the URL is not accepted."""
        engine = Engine.open(url, writers=writers, readers=readers)
        return cls(engine, clock, reactions or {}, SqlIds(engine, blocks))

    def close(self) -> None:
        """End the connections: the idle ones now, those in use when they come back."""
        self.engine.close()

    def after_commit(self, callback: Callable[[Commit], None]) -> None:
        """Tell `callback` of each commit of this process, in the thread that made it; it must be quick."""
        self._told.append(callback)

    # --- the ports ----------------------------------------------------------------------------------------------------

    @contextmanager
    def begin(self, by: Actor) -> Iterator[SqlWork]:
        """A transaction over the guild of `by` (port `Begin`). Raises: InvalidValue, Stale, Unavailable."""
        guild_id = by.guild
        with self._joined() as scope, scope.unit(guild_id, by) as session:
            yield SqlWork(session)

    @contextmanager
    def begin_installation(self, by: Actor) -> Iterator[SqlWork]:
        """A transaction over what belongs to no guild (port `BeginInstallation`). Raises: Stale, Unavailable."""
        with self._joined() as scope, scope.unit(INSTALLATION, by) as session:
            yield SqlWork(session)

    @contextmanager
    def read(self, by: Actor) -> Iterator[SqlViews]:
        """The views of the guild of `by` (port `Read`). Raises: InvalidValue, Unavailable."""
        with self.reading(by.guild_id or INSTALLATION) as views:
            yield views

    @contextmanager
    def reading(self, guild_id: GuildId = INSTALLATION, *, long: bool = False) -> Iterator[SqlViews]:
        """The views of a guild, or of the installation, for who has no actor yet.

        Within a scope that has begun to write they see what it wrote; `long` lifts the limit of 10 s a statement.
        """
        scope = self._scope
        if scope is not None and scope.transaction is not None:
            scope.transaction.flush()
            yield SqlViews(scope.transaction.session(guild_id, None))
            return
        connection = self.engine.connect("long read") if long else self.engine.readers.take()
        session = Session(connection, guild_id, None, self.clock)
        try:
            yield SqlViews(session)
        finally:
            session.connection = ENDED
            if long:
                connection.close()
            else:
                self.engine.readers.give_back(connection)

    # --- scopes -------------------------------------------------------------------------------------------------------

    @contextmanager
    def scope(self, *, keep_refusals: bool = False, long: bool = False) -> Iterator[Scope]:
        """What an entrypoint opens around one request, job or command: all units of work in it are one transaction.

        It is committed when the block is left normally, and forgotten when an exception leaves it. With
        `keep_refusals` a DomainError raised after its unit of work was left normally still commits: a refusal that is
        recorded first and raised then. `long` lifts the limit of 10 s a statement.
        Raises: Stale, Unavailable; and AssertionError when this thread has a scope open already.
        """
        assert self._scope is None, "this thread has a scope open already"
        scope = Scope(self, long)
        self._local.scope = scope
        commit: Commit | None = None
        try:
            try:
                yield scope
            except DomainError:
                if keep_refusals:
                    commit = scope.commit()
                raise
            commit = scope.commit()
        finally:
            self._local.scope = None
            scope.end()
            if commit is not None:
                self._tell(commit)

    @property
    def _scope(self) -> Scope | None:
        scope: Scope | None = getattr(self._local, "scope", None)
        return scope

    @contextmanager
    def _joined(self) -> Iterator[Scope]:
        scope = self._scope
        if scope is not None:
            yield scope
            return
        with self.scope() as own:
            yield own

    def current_session(self) -> Session:
        """A session of the installation on the transaction of this thread's scope, which begins with it if need be.

        For what must happen once together with the use case: an answered request, a delivery or deadline that is done.
        """
        scope = self._scope
        assert scope is not None, "this needs a scope, so that it commits together with what it goes with"
        return scope.begun().session(INSTALLATION, None)

    def _tell(self, commit: Commit) -> None:
        for callback in self._told:
            try:
                callback(commit)
            except Exception:
                # It is committed: an error now would have the caller do it again.
                _logger.exception("after a commit, a listener failed")


@define(eq=False)
class Scope:
    """One transaction at most, begun when the first unit of work needs it."""

    database: SqlDatabase
    long: bool
    transaction: Transaction | None = field(default=None, init=False)
    failed: bool = field(default=False, init=False)
    _stack: ExitStack = field(factory=ExitStack, init=False)

    def begun(self) -> Transaction:
        """The transaction. Raises: AssertionError when it was rolled back; Stale, Unavailable."""
        assert not self.failed, "a unit of work in this scope failed, so the whole scope was rolled back"
        if self.transaction is None:
            database = self.database
            database.ids.stock_up()
            pool = database.engine.writers
            if self.long and database.engine.dialect != "sqlite":
                connection = database.engine.connect("long write")
                self._stack.callback(connection.close)
            else:
                connection = pool.take()
                self._stack.callback(pool.give_back, connection)
            connection.begin()
            self._stack.enter_context(database.ids.inside(connection))
            self.transaction = Transaction(connection, database.clock, database.ids, database.reactions)
        return self.transaction

    @contextmanager
    def unit(self, guild_id: GuildId, by: Actor) -> Iterator[Session]:
        """A session for one unit of work; an exception out of it rolls the whole scope back."""
        transaction = self.begun()
        transaction.flush()
        try:
            yield transaction.session(guild_id, by)
        except BaseException:
            self.roll_back()
            raise

    def commit(self) -> Commit | None:
        """Commit what the units of work wrote; None when there was nothing, or when it was rolled back."""
        if self.transaction is None:
            return None
        try:
            return self.transaction.commit()
        except BaseException:
            self.roll_back()
            raise
        finally:
            self._done()

    def roll_back(self) -> None:
        """Forget everything; the scope can't be used any more."""
        self.failed = True
        if self.transaction is not None:
            connection = self.transaction.connection
            self._done()
            # What went wrong first is what counts; the server rolls back what a broken connection left.
            with suppress(Unavailable, Stale):
                connection.rollback()

    def _done(self) -> None:
        if self.transaction is not None:
            self.transaction.end()
            self.transaction = None

    def end(self) -> None:
        """Give the connection back; what was not committed is rolled back."""
        with self._stack:
            if self.transaction is not None:
                self.roll_back()
