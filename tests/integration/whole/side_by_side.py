"""The same guild in several stores at once: what is done in one is done in each, and has to come to the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import attrs
from attrs import define, field, frozen

from dkp_adapters.memory import MemoryDueDeadlines, MemoryInstallation, SettableClock
from dkp_adapters.memory.chance import SeededChance
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.due_deadlines import SqlDueDeadlines
from dkp_adapters.sql.engine import Connection
from dkp_adapters.sql.ids import SqlIds
from dkp_core.kernel.actor import job
from dkp_core.kernel.errors import DomainError
from dkp_core.kernel.ids import AuctionId, GuildId
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings

EACH_NIGHT: Final = 100_000
"""More ids of each kind than one night takes."""


@define(eq=False)
class NightlyIds(SqlIds):
    """Ids that are counted in memory, from the same number on in every store."""

    _last: Counter[str] = field(factory=Counter, init=False)
    _before: int = field(default=0, init=False)

    def begin(self, night: int) -> None:
        """Count on from where no earlier night came to."""
        self._last.clear()
        self._before = night * EACH_NIGHT

    def next(self, kind: str, count: int = 1) -> int:
        first = self._before + self._last[kind] + 1
        self._last[kind] += count
        return first

    def stock_up(self) -> None:
        """Nothing is kept in stock."""

    def writing_on(self, connection: Connection | None) -> None:
        """No counter is in the database."""


@frozen(eq=False)
class Store:
    """One installation, with its worker's view of what is due."""

    name: str
    use: UseCases
    due: MemoryDueDeadlines | SqlDueDeadlines
    database: MemoryInstallation | SqlDatabase
    clock: SettableClock

    @classmethod
    def in_memory(cls, night: int, clock: SettableClock) -> Store:
        """A store of its own for each night."""
        installation = MemoryInstallation(clock=clock)
        ids = NightlyIds(None)  # type: ignore[arg-type]  # it asks no database
        ids.begin(night)
        installation.ids = ids
        return cls("memory", _use_cases(installation, clock), MemoryDueDeadlines.of(installation), installation, clock)

    @classmethod
    def in_database(cls, night: int, database: SqlDatabase) -> Store:
        """A guild in a database that has seen other nights."""
        assert isinstance(database.ids, NightlyIds), "ids are to be the same everywhere"
        assert isinstance(database.clock, SettableClock), "so is the time"
        database.ids.begin(night)
        use = _use_cases(database, database.clock)
        return cls(database.engine.dialect, use, SqlDueDeadlines.of(database), database, database.clock)

    def work(self, guild_id: GuildId) -> list[tuple[str, bool]]:
        """What the worker finds due in the guild, and whether it was still to be done."""
        done = []
        while due := [each for each in self.due.claim(limit=1000) if each.guild_id == guild_id]:
            for deadline in sorted(due, key=lambda each: each.key):
                with self.database.scope():
                    taken = self.due.take(deadline)
                    if taken:
                        auction_id = AuctionId(int(str(deadline.data["auction_id"])))
                        self.use.advance_auction()(auction_id, by=job(deadline.kind, guild_id))
                done.append((deadline.key, taken))
        return done


def _use_cases(database: MemoryInstallation | SqlDatabase, clock: SettableClock) -> UseCases:
    use = UseCases(settings=Settings(), clock=clock, chance=SeededChance(7))
    use.database.override(database)
    return use


def opened(url: str, clock: SettableClock) -> SqlDatabase:
    """A database whose ids and time are those of the other stores."""
    database = SqlDatabase.open(url, clock=clock)
    database.ids = NightlyIds(database.engine)
    return database


@frozen
class Refused:
    """A refusal, with its numbers."""

    code: str
    sentence: str
    numbers: tuple[object, ...]


@define(eq=False)
class SideBySide:
    """Stores in which the same happens."""

    stores: Sequence[Store]

    def each(self, deed: Callable[[Store], Any]) -> Any:
        """What the deed comes to in every store: its answer, or how it was refused."""
        first, *others = [(store.name, _outcome(deed, store)) for store in self.stores]
        for name, outcome in others:
            if outcome != first[1]:
                one, another = _difference(first[1], outcome)
                raise AssertionError(f"{first[0]}: {one}\n{name}: {another}")
        return first[1]

    def do(self, deed: Callable[[UseCases], Any]) -> Any:
        """The same, of use cases."""
        return self.each(lambda store: deed(store.use))

    def later(self, time: timedelta) -> None:
        """Let that much time pass, which is one and the same in every store."""
        for clock in {id(store.clock): store.clock for store in self.stores}.values():
            clock.advance(time)


def _difference(one: Any, another: Any) -> tuple[Any, Any]:
    """Where two differ: of lists, the first parts that do."""
    if isinstance(one, list) and isinstance(another, list) and len(one) == len(another):
        return next(_difference(*pair) for pair in zip(one, another, strict=True) if pair[0] != pair[1])
    return one, another


def _outcome(deed: Callable[[Store], Any], store: Store) -> Any:
    try:
        return deed(store)
    except DomainError as refusal:
        numbers = tuple(getattr(refusal, each.name) for each in attrs.fields(type(refusal)))
        return Refused(refusal.code, refusal.sentence, numbers)
