"""A table of the tests' own, and things that happen to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import ClassVar, Final, TypeVar

import pytest
from attrs import frozen
from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, SmallInteger, Table, select

from dkp_adapters.sql import schema
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, in_guild
from dkp_adapters.sql.tables import Hundredths, Id, LongText, Name
from dkp_adapters.system import SystemClock
from dkp_core.kernel.domain_events import Aggregate, DomainEvent
from dkp_core.kernel.points import Points

T = TypeVar("T")

things: Final = Table(
    "things",
    MetaData(),  # not ours: it is in no migration
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("name", Name),
    Column("points", Hundredths, nullable=False),
    Column("kind", SmallInteger),
    Column("note", LongText),
    PrimaryKeyConstraint("guild_id", "id", name="pk_things"),
    mysql_engine="InnoDB",
    mysql_charset="utf8mb4",
    mysql_collate="utf8mb4_bin",
)
ADD: Final = Statement(things.insert())
ALL: Final = Statement(
    select(things.c.id, things.c.name, things.c.points, things.c.kind, things.c.note)
    .where(in_guild(things))
    .order_by(things.c.id)
)


@frozen(kw_only=True)
class ThingMoved(DomainEvent):
    """Something happened to a thing."""

    aggregate: ClassVar[str] = "thing"
    thing_id: int
    points: Points
    seen_at: datetime | None = None

    @property
    def aggregate_id(self) -> str:
        return str(self.thing_id)


@frozen(kw_only=True)
class ThingSeen(DomainEvent):
    """Something that nothing follows from."""

    aggregate: ClassVar[str] = "thing"
    thing_id: int

    @property
    def aggregate_id(self) -> str:
        return str(self.thing_id)


@frozen(kw_only=True)
class Thing(Aggregate):
    """Something with a version."""

    id: int


def add(session: Session, thing_id: int, points: int = 0, name: str | None = None) -> None:
    """Insert a thing."""
    session.run(ADD, id=thing_id, name=name, points=points, kind=None, note=None)


def ids_of(session: Session) -> list[int]:
    """The ids of the guild's things."""
    return [row[0] for row in session.all(ALL)]


def at_once(*tasks: Callable[[], T]) -> list[T | BaseException]:
    """What each task answers or raises when all start together, each in a thread of its own."""
    barrier = threading.Barrier(len(tasks))
    outcomes: list[T | BaseException] = [AssertionError("it never ended")] * len(tasks)

    def run(position: int, task: Callable[[], T]) -> None:
        barrier.wait()
        try:
            outcomes[position] = task()
        except BaseException as error:  # noqa: BLE001  # it is the outcome
            outcomes[position] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


@pytest.fixture(scope="session")
def things_url(schema_url: str) -> str:
    """The shared database, with the table `things` in it."""
    with schema.connected(schema_url) as connection:
        things.create(connection)
    return schema_url


@pytest.fixture
def store(things_url: str) -> Iterator[SqlDatabase]:
    """A database with the table `things`, where `then_that` follows when a thing moves; on each engine in turn."""
    opened = SqlDatabase.open(things_url, clock=SystemClock(), reactions={"thing_moved": ("then_that", "and_that")})
    yield opened
    opened.close()
