"""An installation in memory: everything that is kept, and the transactions over it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from attrs import define, field

from dkp_adapters.commits import Commit
from dkp_adapters.memory.credentials import MemoryCredentials
from dkp_adapters.memory.ids import MemoryIds
from dkp_adapters.memory.sealed_secrets import MemorySealedSecrets
from dkp_adapters.memory.tables import Snapshot
from dkp_adapters.memory.transaction import INSTALLATION, Reactions, Session, Transaction
from dkp_adapters.memory.unit_of_work import MemoryWork
from dkp_adapters.memory.verifying import MemoryVerifying
from dkp_adapters.memory.views import MemoryViews
from dkp_adapters.memory.views.glance import Glance
from dkp_adapters.system import SystemChance, SystemClock
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import DomainError, Stale
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.ports import Chance, Clock, Ids

LOCK_SECONDS_MAX: Final = 10

_logger: Final = logging.getLogger(__name__)


@define(eq=False)
class MemoryInstallation:
    """All guilds of an installation, kept in memory and gone with it: for tests, demos and small programs of one's own.

    Any number of threads may use it: those that write take turns, those that read wait for nobody and see what was
    committed last. `reactions` names what follows from which event: for those, deliveries are kept with the event.
    Its methods `begin`, `begin_installation` and `read` are the ports of the same names.
    """

    clock: Clock = field(factory=SystemClock)
    chance: Chance = field(factory=SystemChance)
    ids: Ids = field(factory=MemoryIds)
    reactions: Reactions = field(factory=dict)
    _committed: Snapshot = field(init=False, factory=Snapshot)
    _turn: threading.Lock = field(init=False, factory=threading.Lock)
    _told: list[Callable[[Commit], None]] = field(init=False, factory=list)
    _local: threading.local = field(init=False, factory=threading.local)

    @property
    def credentials(self) -> MemoryCredentials:
        """Finds who calls."""
        return MemoryCredentials(self._seen)

    @property
    def verifying(self) -> MemoryVerifying:
        """Recounts what is kept."""
        return MemoryVerifying(self._seen)

    @property
    def sealed_secrets(self) -> MemorySealedSecrets:
        """All that is kept sealed."""
        return MemorySealedSecrets(self.begin_installation)

    def after_commit(self, callback: Callable[[Commit], None]) -> None:
        """Tell `callback` of each commit, in the thread that made it; it must be quick."""
        self._told.append(callback)

    # --- the ports ----------------------------------------------------------------------------------------------------

    @contextmanager
    def begin(self, by: Actor) -> Iterator[MemoryWork]:
        """A transaction over the guild of `by` (port `Begin`). Raises: InvalidValue, Stale."""
        guild_id = by.guild
        with self._joined() as scope, scope.unit(guild_id, by) as session:
            yield MemoryWork(session)

    @contextmanager
    def begin_installation(self, by: Actor) -> Iterator[MemoryWork]:
        """A transaction over what belongs to no guild (port `BeginInstallation`). Raises: Stale."""
        with self._joined() as scope, scope.unit(INSTALLATION, by) as session:
            yield MemoryWork(session)

    @contextmanager
    def read(self, by: Actor) -> Iterator[MemoryViews]:
        """The views of the guild of `by`, or of the installation where `by` acts in none (port `Read`)."""
        with self.reading(by.guild_id or INSTALLATION) as views:
            yield views

    @contextmanager
    def reading(self, guild_id: GuildId = INSTALLATION) -> Iterator[MemoryViews]:
        """The views of a guild, or of the installation, for who has no actor yet.

        Within a scope that has begun to write they see what it wrote.
        """
        yield MemoryViews(lambda: Glance(self._seen(), guild_id))

    @contextmanager
    def read_steadily(self, by: Actor) -> Iterator[MemoryViews]:
        """The views of the guild of `by`, all of which see what there is now, whatever is written meanwhile."""
        glance = Glance(self._seen(), by.guild)
        yield MemoryViews(lambda: glance)

    # --- scopes -------------------------------------------------------------------------------------------------------

    @contextmanager
    def scope(self, *, keep_refusals: bool = False) -> Iterator[Scope]:
        """What an entrypoint opens around one request, job or command: all units of work in it are one transaction.

        It is committed when the block is left normally, and forgotten when an exception leaves it. With
        `keep_refusals` a DomainError raised after its unit of work was left normally still commits: a refusal that is
        recorded first and raised then. Raises: Stale; and AssertionError when this thread has a scope open already.
        """
        assert self._scope is None, "this thread has a scope open already"
        scope = Scope(self)
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
            scope.roll_back()
            if commit is not None:
                self._tell(commit)

    def current_transaction(self) -> Transaction:
        """The transaction of this thread's scope, which begins with it if need be.

        For what must happen once together with the use case: an answered request, a delivery or deadline that is done.
        """
        scope = self._scope
        assert scope is not None, "this needs a scope, so that it commits together with what it goes with"
        return scope.begun()

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

    def _seen(self) -> Snapshot:
        scope = self._scope
        if scope is not None and scope.transaction is not None:
            return scope.transaction.snapshot()
        return self._committed

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

    installation: MemoryInstallation
    transaction: Transaction | None = field(default=None, init=False)
    failed: bool = field(default=False, init=False)

    def begun(self) -> Transaction:
        """The transaction. Raises: Stale when it is not this thread's turn in time; AssertionError when it failed."""
        assert not self.failed, "a unit of work in this scope failed, so the whole scope was rolled back"
        if self.transaction is None:
            installation = self.installation
            if not installation._turn.acquire(timeout=LOCK_SECONDS_MAX):
                raise Stale(f"another transaction took longer than {LOCK_SECONDS_MAX} seconds")
            self.transaction = Transaction(
                installation._committed, installation.clock, installation.ids, installation.reactions
            )
        return self.transaction

    @contextmanager
    def unit(self, guild_id: GuildId, by: Actor) -> Iterator[Session]:
        """A session for one unit of work; an exception out of it rolls the whole scope back."""
        session = Session(self.begun(), guild_id, by)
        try:
            yield session
        except BaseException:
            self.roll_back()
            raise

    def commit(self) -> Commit | None:
        """Keep what the units of work wrote; None when there was nothing, or when it was rolled back."""
        if self.transaction is None:
            return None
        self.installation._committed, commit = self.transaction.commit()
        self._done()
        return commit

    def roll_back(self) -> None:
        """Forget what was not committed; the scope can't be used any more."""
        self.failed = True
        if self.transaction is not None:
            self.transaction.end()
            self._done()

    def _done(self) -> None:
        self.transaction = None
        self.installation._turn.release()
