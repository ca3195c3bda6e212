"""A database, opened: scopes, units of work and readings on it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from types import TracebackType
from typing import Final

from attrs import define, field

from dkp_adapters.commits import Commit
from dkp_adapters.sql.accounts import SqlCredentials
from dkp_adapters.sql.engine import Connection, Engine
from dkp_adapters.sql.ids import BLOCKS, SqlIds
from dkp_adapters.sql.sealed_secrets import SqlSealedSecrets
from dkp_adapters.sql.session import ENDED, INSTALLATION, Reactions, Session, Transaction
from dkp_adapters.sql.snapshot import snapshot
from dkp_adapters.sql.unit_of_work import SqlViews, SqlWork
from dkp_adapters.sql.verifying import SqlVerifying
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

    def begin(self, by: Actor) -> AbstractContextManager[SqlWork]:
        """A transaction over the guild of `by` (port `Begin`). Raises: InvalidValue, Stale, Unavailable."""
        return Unit(self, by.guild, by)

    def begin_installation(self, by: Actor) -> AbstractContextManager[SqlWork]:
        """A transaction over what belongs to no guild (port `BeginInstallation`). Raises: Stale, Unavailable."""
        return Unit(self, INSTALLATION, by)

    def read(self, by: Actor) -> AbstractContextManager[SqlViews]:
        """The views of the guild of `by` (port `Read`). Raises: InvalidValue, Unavailable."""
        return Reading(self, by.guild_id or INSTALLATION, long=False)

    @contextmanager
    def read_steadily(self, by: Actor) -> Iterator[SqlViews]:
        """The views of the guild of `by`, all of which see what is committed now, whatever is written meanwhile.

        No statement is cut off for taking long. Raises: InvalidValue, Unavailable.
        """
        with snapshot(self.engine) as connection:
            session = Session(connection, by.guild, None, self.clock)
            try:
                yield SqlViews(session)
            finally:
                session.connection = ENDED

    def reading(self, guild_id: GuildId = INSTALLATION, *, long: bool = False) -> AbstractContextManager[SqlViews]:
        """The views of a guild, or of the installation, for who has no actor yet.

        Within a scope that has begun to write they see what it wrote; `long` lifts the limit of 10 s a statement.
        """
        return Reading(self, guild_id, long=long)

    @property
    def credentials(self) -> SqlCredentials:
        """Finds who calls."""
        return SqlCredentials(self.reading)

    @property
    def verifying(self) -> SqlVerifying:
        """Recounts what is kept."""
        return SqlVerifying(self.engine)

    @property
    def sealed_secrets(self) -> SqlSealedSecrets:
        """All that is kept sealed."""
        return SqlSealedSecrets(self.begin_installation)

    # --- scopes -------------------------------------------------------------------------------------------------------

    def scope(self, *, keep_refusals: bool = False, long: bool = False) -> Scope:
        """What an entrypoint opens around one request, job or command: all units of work in it are one transaction.

        It is committed when the block is left normally, and forgotten when an exception leaves it. With
        `keep_refusals` a DomainError raised after its unit of work was left normally still commits: a refusal that is
        recorded first and raised then. `long` lifts the limit of 10 s a statement.
        Raises: Stale, Unavailable; and AssertionError when this thread has a scope open already.
        """
        return Scope(self, keep_refusals=keep_refusals, long=long)

    @property
    def open_scope(self) -> Scope | None:
        """The scope of this thread, if one is open."""
        scope: Scope | None = getattr(self._local, "scope", None)
        return scope

    def current_session(self) -> Session:
        """A session of the installation on the transaction of this thread's scope, which begins with it if need be.

        For what must happen once together with the use case: an answered request, a delivery or deadline that is done.
        """
        scope = self.open_scope
        assert scope is not None, "this needs a scope, so that it commits together with what it goes with"
        return scope.begun().session(INSTALLATION, None)

    def opened(self, scope: Scope | None) -> None:
        """From now on units of work of this thread join that scope, or commit by themselves."""
        self._local.scope = scope

    def tell(self, commit: Commit) -> None:
        """Tell the listeners of a commit."""
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
    keep_refusals: bool = field(kw_only=True)
    long: bool = field(kw_only=True)
    transaction: Transaction | None = field(default=None, init=False)
    failed: bool = field(default=False, init=False)
    _connection: Connection | None = field(default=None, init=False)

    def __enter__(self) -> Scope:
        assert self.database.open_scope is None, "this thread has a scope open already"
        self.database.opened(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        commit = None
        try:
            if error is None or (self.keep_refusals and isinstance(error, DomainError)):
                commit = self.commit()
        finally:
            self.database.opened(None)
            self._end()
        if commit is not None:
            self.database.tell(commit)

    def begun(self) -> Transaction:
        """The transaction. Raises: AssertionError when it was rolled back; Stale, Unavailable."""
        if self.transaction is None:
            assert not self.failed, "a unit of work in this scope failed, so the whole scope was rolled back"
            database = self.database
            database.ids.stock_up()
            self._connection = database.engine.writer(long=self.long)
            self._connection.begin()
            database.ids.writing_on(self._connection)
            self.transaction = Transaction(self._connection, database.clock, database.ids, database.reactions)
        return self.transaction

    def commit(self) -> Commit | None:
        """Commit what the units of work wrote; None when there was nothing, or when it was rolled back."""
        if self.transaction is None:
            return None
        try:
            commit = self.transaction.commit()
        except BaseException:
            self.roll_back()
            raise
        self._over()
        return commit

    def roll_back(self) -> None:
        """Forget everything; the scope can't be used any more."""
        self.failed = True
        if self.transaction is not None:
            connection = self.transaction.connection
            self._over()
            # What went wrong first is what counts; the server rolls back what a broken connection left.
            with suppress(Unavailable, Stale):
                connection.rollback()

    def _over(self) -> None:
        if self.transaction is not None:
            self.transaction.end()
            self.transaction = None
            self.database.ids.writing_on(None)

    def _end(self) -> None:
        """Give the connection back; what was not committed is rolled back."""
        if self.transaction is not None:
            self.roll_back()
        if self._connection is not None:
            self.database.engine.writer_done(self._connection, long=self.long)
            self._connection = None


@define(eq=False)
class Unit(AbstractContextManager[SqlWork]):
    """One unit of work, in the scope of this thread or in one of its own."""

    database: SqlDatabase
    guild_id: GuildId
    by: Actor
    _scope: Scope | None = field(default=None, init=False)
    _own: Scope | None = field(default=None, init=False)

    def __enter__(self) -> SqlWork:
        scope = self.database.open_scope
        if scope is None:
            scope = self._own = self.database.scope().__enter__()
        self._scope = scope
        try:
            transaction = scope.begun()
            transaction.flush()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return SqlWork(transaction.session(self.guild_id, self.by))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._scope is not None:
            self._scope.roll_back()
        if self._own is not None:
            self._own.__exit__(kind, error, trace)


@define(eq=False)
class Reading(AbstractContextManager[SqlViews]):
    """The views of one guild, on a reading connection or on what the scope of this thread is writing."""

    database: SqlDatabase
    guild_id: GuildId
    long: bool = field(kw_only=True)
    _connection: Connection | None = field(default=None, init=False)
    _session: Session | None = field(default=None, init=False)

    def __enter__(self) -> SqlViews:
        scope = self.database.open_scope
        if scope is not None and scope.transaction is not None:
            scope.transaction.flush()
            return SqlViews(scope.transaction.session(self.guild_id, None))
        self._connection = self.database.engine.reader(long=self.long)
        self._session = Session(self._connection, self.guild_id, None, self.database.clock)
        return SqlViews(self._session)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None and self._connection is not None:
            self._session.connection = ENDED
            self.database.engine.reader_done(self._connection, long=self.long)
