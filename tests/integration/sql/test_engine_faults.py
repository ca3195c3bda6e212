"""What goes wrong with databases, and what the core is told of it."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    select,
    text,
)

from dkp_adapters.sql import engine as engine_module
from dkp_adapters.sql import schema
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.drivers import mariadb, postgresql, sqlite
from dkp_adapters.sql.engine import ConstraintViolated, Engine, Pool
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import PerDialect, Statement, filling, in_guild, locking
from dkp_adapters.sql.tables import all_tables
from dkp_adapters.system import SystemClock
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.errors import InvalidValue, Stale, Unavailable
from dkp_core.kernel.ids import GuildId
from tests.integration.forking import begin
from tests.integration.sql.apart import add_and_die
from tests.integration.sql.conftest import add, at_once, ids_of, things
from tests.services import make_database

LOCKED = Statement(locking(select(things.c.id).where(in_guild(things), things.c.id == bindparam("id"))))
SLEEP = Statement(
    PerDialect(sqlite=text("SELECT 1"), postgresql=text("SELECT pg_sleep(1.3)"), mysql=text("SELECT SLEEP(1.3)"))
)
WHO = Statement(
    PerDialect(
        sqlite=text("SELECT 0"),
        postgresql=text("SELECT pg_backend_pid()"),
        mysql=text("SELECT CONNECTION_ID()"),
    )
)
KILL = Statement(
    PerDialect(
        sqlite=text("SELECT 0"),
        postgresql=text("SELECT pg_terminate_backend(CAST(:who AS INTEGER))"),
        mysql=text("KILL :who"),
    )
)


SERVERS = pytest.mark.parametrize("engine_name", ["postgresql", "mariadb"], indirect=True, scope="session")
"""For what can't happen to a file."""
A_FILE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True, scope="session")
"""For what only happens to a file."""


@pytest.fixture
def another(things_url: str) -> Iterator[SqlDatabase]:
    """The same database, opened by somebody else."""
    opened = SqlDatabase.open(things_url, clock=SystemClock())
    yield opened
    opened.close()


def kill(another: SqlDatabase, who: int) -> None:
    """End somebody's connection from outside, and wait until it is gone."""
    with another.reading() as views:
        views.session.all(KILL, who=who) if another.engine.dialect == "postgresql" else views.session.run(KILL, who=who)
    time.sleep(0.1)


def who_is(session: Session) -> int:
    """What the server calls this connection."""
    row = session.first(WHO)
    assert row is not None
    return int(row[0])


# --- URLs and connecting ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a file",
        "oracle://host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://host",
        "sqlite:///x?synchronous=1",
        "sqlite:///x?mode=memory",
        "postgresql://host:port/db",
        "postgresql://host/db?prepare_threshold=often",
        "mariadb://host/db?charset=latin1",
    ],
)
def test_a_url_that_is_no_database_is_refused_by_name(url: str) -> None:
    """O-10: the error names the setting and what is accepted."""
    with pytest.raises(InvalidValue) as refused:
        Engine.open(url)
    assert refused.value.field == "database_url"


@pytest.mark.parametrize("url", ["postgres://h/d", "postgresql+psycopg://h/d", "mysql://h/d", "mariadb+pymysql://h/d"])
def test_usual_spellings_of_urls_are_understood(url: str) -> None:
    """Hosting services and other tools write them so."""
    Engine.open(url).close()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all.db",
        "postgresql://nobody@127.0.0.1:1/nothing",
        "mariadb://nobody@127.0.0.1:1/nothing",
    ],
)
def test_a_database_that_is_not_there_is_unavailable(url: str) -> None:
    """O-12: the API answers 503."""
    database = SqlDatabase.open(url, clock=SystemClock())
    with pytest.raises(Unavailable), database.begin(operator("test", GuildId(1))):
        pass
    with pytest.raises(Unavailable), database.reading():
        pass
    assert schema.current(url) is None if url.startswith("sqlite") else True
    database.close()


def test_a_mistyped_file_name_makes_no_empty_database(tmp_path: Path) -> None:
    """Only an upgrade makes a file."""
    database = SqlDatabase.open(f"sqlite:///{tmp_path / 'mistyped.db'}", clock=SystemClock())
    with pytest.raises(Unavailable), database.reading():
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    """It is left as it is."""
    path = tmp_path / "letter.db"
    path.write_text("Dear guild, " * 1000)
    database = SqlDatabase.open(f"sqlite:///{path}", clock=SystemClock())
    with pytest.raises(Unavailable), database.begin(operator("test", GuildId(1))):
        pass
    assert path.read_text().startswith("Dear guild")


# --- connections that break -------------------------------------------------------------------------------------------


@SERVERS
def test_a_server_that_goes_away_is_unavailable_once_and_then_comes_back(
    store: SqlDatabase, another: SqlDatabase, by: Actor
) -> None:
    """O-12: in the middle of a transaction nothing of it is kept, and the next call has a new connection."""
    with pytest.raises(Unavailable), store.begin(by) as work:  # noqa: PT012  # the kill is in the middle
        add(work.session, 1)
        kill(another, who_is(work.session))
        add(work.session, 2)
    with pytest.raises(Unavailable), store.begin(by) as work:  # noqa: PT012  # the kill is in the middle
        add(work.session, 1)
        kill(another, who_is(work.session))
        work.session.fill(filling(things.c.id, things.c.points), [[2, 0]])
    with store.begin(by) as work:
        add(work.session, 3)
    with pytest.raises(Unavailable), store.read(by) as views:  # noqa: PT012  # the kill is in the middle
        kill(another, who_is(views.session))
        ids_of(views.session)
    with store.read(by) as views:
        assert ids_of(views.session) == [3]


@SERVERS
def test_a_commit_into_a_dead_connection_is_unavailable(store: SqlDatabase, another: SqlDatabase, by: Actor) -> None:
    """Nobody is told that it was kept."""
    told: list[object] = []
    store.after_commit(told.append)
    with pytest.raises(Unavailable), store.begin(by) as work:  # noqa: PT012  # the kill is in the middle
        add(work.session, 1)
        kill(another, who_is(work.session))
    assert told == []
    with store.read(by) as views:
        assert ids_of(views.session) == []


@SERVERS
def test_idle_connections_that_died_are_replaced_unnoticed(
    store: SqlDatabase, another: SqlDatabase, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server restarted over night costs no request."""
    monkeypatch.setattr(mariadb, "_IDLE_SECONDS_TRUSTED", 0.0)
    with store.begin(by) as work:
        writer = who_is(work.session)
    with store.read(by) as views:
        reader = who_is(views.session)
    kill(another, writer)
    kill(another, reader)
    with store.begin(by) as work:
        add(work.session, 1)
        assert who_is(work.session) != writer
    with store.read(by) as views:
        assert ids_of(views.session) == [1]
        assert who_is(views.session) != reader


@SERVERS
def test_a_statement_that_runs_too_long_is_ended_unless_it_may(
    things_url: str, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imports and simulations may take their time; nothing else holds a connection for long."""
    for driver in (postgresql, mariadb):
        monkeypatch.setattr(driver, "STATEMENT_SECONDS_MAX", 1)
    impatient = SqlDatabase.open(things_url, clock=SystemClock())

    def read(*, long: bool) -> None:
        with impatient.reading(long=long) as views:
            views.session.all(SLEEP)

    def write(*, long: bool) -> None:
        with impatient.scope(long=long), impatient.begin(by) as work:
            work.session.all(SLEEP)
            add(work.session, 1)

    with closing(impatient):
        ended = at_once(*(partial(act, long=long) for act in (read, write) for long in (False, True)))
        assert [type(each) for each in ended] == [Unavailable, type(None)] * 2
        with impatient.read(by) as views:
            assert ids_of(views.session) == [1]


# --- races that are lost ----------------------------------------------------------------------------------------------


@SERVERS
def test_a_deadlock_is_stale_for_one_and_nothing_for_the_other(store: SqlDatabase, by: Actor) -> None:
    """P-13: who lost may try again, and has left nothing."""
    with store.begin(by) as work:
        add(work.session, 1)
        add(work.session, 2)
    both_hold_one = threading.Barrier(2)

    def lock(first: int, second: int) -> int:
        with store.begin(by) as work:
            add(work.session, 10 + first)
            work.session.first(LOCKED, id=first)
            both_hold_one.wait()
            work.session.first(LOCKED, id=second)
        return first

    outcomes = at_once(lambda: lock(1, 2), lambda: lock(2, 1))
    winners = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert len(winners) == 1
    assert [type(outcome) for outcome in outcomes if not isinstance(outcome, int)] == [Stale]
    with store.read(by) as views:
        assert ids_of(views.session) == [1, 2, 10 + winners[0]]


def test_a_lock_that_is_held_for_too_long_is_stale(
    things_url: str, store: SqlDatabase, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process on the same file, or another connection to the same row."""
    for driver in (postgresql, mariadb):
        monkeypatch.setattr(driver, "LOCK_SECONDS_MAX", 1)
    monkeypatch.setattr(sqlite, "BUSY_SECONDS_MAX", 1)
    impatient = SqlDatabase.open(things_url, clock=SystemClock())
    try:
        with store.begin(by) as work:
            add(work.session, 1)
        with store.begin(by) as work:
            work.session.first(LOCKED, id=1)
            with pytest.raises(Stale), impatient.begin(by) as late:
                late.session.first(LOCKED, id=1)
        with impatient.begin(by) as late:
            late.session.first(LOCKED, id=1)
    finally:
        impatient.close()


@A_FILE
def test_writers_of_one_process_queue_for_the_file(
    store: SqlDatabase, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one writer; who waits too long is stale as well."""
    monkeypatch.setattr(engine_module, "POOL_SECONDS_MAX", 0.2)

    def write() -> None:
        with store.begin(by) as work:
            add(work.session, 2)

    with store.begin(by) as work:
        add(work.session, 1)
        assert [type(outcome) for outcome in at_once(write)] == [Stale]
    write()
    with store.read(by) as views:
        assert ids_of(views.session) == [1, 2]


def test_more_threads_than_connections_wait_for_one(store: SqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-12: a pool that stays empty is unavailable, not an error of ours."""
    monkeypatch.setattr(engine_module, "POOL_SECONDS_MAX", 0.2)
    pool = Pool(lambda: store.engine.connect("read"), 1)
    taken = pool.take()
    with pytest.raises(Unavailable, match="in use"):
        pool.take()
    pool.give_back(taken)
    assert pool.take() is taken
    pool.give_back(taken)
    pool.close()
    with pytest.raises(Unavailable, match="closed"):
        pool.take()


# --- constraints ------------------------------------------------------------------------------------------------------


def sample(column: Column[Any], text_value: str = "x", number: int = 1) -> object:
    """A value that a column takes."""
    if isinstance(column.type, Integer):
        return number
    return text_value if isinstance(column.type, String) else b"x"


def test_every_unique_constraint_is_told_by_its_name(own_url: str) -> None:
    """A lost race can be named in the words of the core whatever the table: SQLite tells columns only."""
    database = SqlDatabase.open(own_url, clock=SystemClock())
    by = operator("test", GuildId(1))
    try:
        for table in all_tables().sorted_tables:
            if any(column.foreign_keys for column in table.columns):
                continue
            insert = Statement(table.insert(), across_guilds=True)
            row = {column.name: sample(column) for column in table.columns}
            unique: list[Any] = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
            unique += [index for index in table.indexes if index.unique]
            for constraint in [table.primary_key, *unique]:
                kept = {column.name for column in constraint.columns}
                # Alike in this constraint, and different in all that others could stumble over.
                other = {name: value if name in kept else sample(table.c[name], "y", 0) for name, value in row.items()}
                with database.begin_installation(by) as work:
                    work.session.run(Statement(table.delete(), across_guilds=True))
                    work.session.run(insert, **row)
                with pytest.raises(ConstraintViolated) as violated, database.begin_installation(by) as work:
                    work.session.run(insert, **other)
                assert violated.value.constraint == constraint.name, table.name
    finally:
        database.close()


CHECKED = Table(
    "checked",
    things.metadata,
    Column("id", Integer, nullable=False, primary_key=True, autoincrement=False),
    Column("points", Integer, nullable=False),
    Column("name", String(5)),
    CheckConstraint("points > 0", name="ck_checked_positive"),
    Index("uq_checked_points", "points", unique=True),
    mysql_engine="InnoDB",
)


def test_a_check_and_what_is_missing_are_told(own_url: str) -> None:
    """And what a statement names for them is raised instead."""
    with schema.connected(own_url) as connection:
        CHECKED.create(connection)
    database = SqlDatabase.open(own_url, clock=SystemClock())
    by = operator("test", GuildId(1))
    plain = Statement(CHECKED.insert())
    named = Statement(
        CHECKED.insert(),
        violations={
            "ck_checked_positive": lambda params: InvalidValue("points", f"{params['points']}", "more than none"),
            "uq_checked_points": lambda params: KeyError(params["points"]),
        },
    )
    try:
        with pytest.raises(ConstraintViolated, match="ck_checked_positive"), database.begin_installation(by) as work:
            work.session.run(plain, id=1, points=0, name=None)
        with pytest.raises(ConstraintViolated), database.begin_installation(by) as work:
            work.session.run(plain, id=1, points=None, name=None)
        with pytest.raises(InvalidValue) as refused, database.begin_installation(by) as work:
            work.session.run(named, id=1, points=-7, name=None)
        assert refused.value.fault == "-7"
        with database.begin_installation(by) as work:
            work.session.run(named, id=1, points=7, name=None)
        with pytest.raises(KeyError, match="7"), database.begin_installation(by) as work:
            work.session.run(named, id=2, points=7, name=None)
    finally:
        database.close()


PARENTS = Table(
    "parents",
    things.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    mysql_engine="InnoDB",
)
CHILDREN = Table(
    "children",
    things.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("parent_id", Integer),
    ForeignKeyConstraint(["parent_id"], ["parents.id"], name="fk_children_parent_id"),
    mysql_engine="InnoDB",
)


def test_a_row_that_points_to_nothing_and_one_that_is_pointed_to_are_told(own_url: str) -> None:
    """SQLite does not say which constraint it was: it is told where the table has but one."""
    with schema.connected(own_url) as connection:
        PARENTS.create(connection)
        CHILDREN.create(connection)
    database = SqlDatabase.open(own_url, clock=SystemClock())
    by = operator("test", GuildId(1))
    orphan = Statement(
        CHILDREN.insert(),
        violations={"fk_children_parent_id": lambda params: InvalidValue("parent", str(params["parent_id"]), "one")},
    )
    remove = Statement(PARENTS.delete())
    try:
        with pytest.raises(InvalidValue), database.begin_installation(by) as work:
            work.session.run(orphan, id=1, parent_id=5)
        with database.begin_installation(by) as work:
            work.session.run(Statement(PARENTS.insert()), id=5)
            work.session.run(orphan, id=1, parent_id=5)
        with pytest.raises(ConstraintViolated), database.begin_installation(by) as work:
            work.session.run(remove)
    finally:
        database.close()


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True, scope="session")
def test_a_plan_that_a_migration_outdated_is_stale_once(own_url: str) -> None:
    """O-8: a server that runs while its database is upgraded tries again, and works."""
    with schema.connected(own_url) as connection:
        things.create(connection)
    database = SqlDatabase.open(own_url, clock=SystemClock())
    by = operator("test", GuildId(1))
    try:
        for _ in range(5):
            with database.read(by) as views:
                ids_of(views.session)
        with schema.connected(own_url) as connection:
            connection.exec_driver_sql("ALTER TABLE things ALTER COLUMN name TYPE TEXT")
        with pytest.raises(Stale), database.read(by) as views:
            ids_of(views.session)
        with database.read(by) as views:
            assert ids_of(views.session) == []
    finally:
        database.close()


# --- files ------------------------------------------------------------------------------------------------------------


@A_FILE
def test_a_full_disk_is_unavailable_and_undoes_the_transaction(store: SqlDatabase, by: Actor) -> None:
    """G-8: nothing is half done, and when there is room again it goes on."""
    with store.begin(by) as work:
        add(work.session, 1)
        connection = work.session.connection
        pages = connection.ask("PRAGMA page_count")
        assert pages is not None
    with pytest.raises(Unavailable, match="full"), store.begin(by) as work:  # noqa: PT012  # full in the middle
        assert work.session.connection is connection
        connection.ask(f"PRAGMA max_page_count={pages[0] + 2}")
        add(work.session, 2)
        add(work.session, 3, name="x" * 100_000)
    with store.begin(by) as work:  # on a new connection, which knows no such limit
        add(work.session, 4)
    with store.read(by) as views:
        assert ids_of(views.session) == [1, 4]


def test_a_process_that_is_killed_loses_nothing_answered_and_leaves_nothing_half_done(
    store: SqlDatabase, things_url: str, by: Actor, tmp_path: Path
) -> None:
    """O-12: also while its transaction is open; and nobody waits for its locks."""
    process = begin(add_and_die, things_url, by.guild, tmp_path / "said")
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert (tmp_path / "said").read_text() == "committed"
    with store.begin(by) as work:
        add(work.session, 3)
    with store.read(by) as views:
        assert ids_of(views.session) == [1, 3]


def test_a_file_is_private_durable_and_has_a_write_ahead_log(tmp_path: Path) -> None:
    """O-12, O-13: nobody else on the machine reads it, and a commit is on the disk when it is answered."""
    url = make_database("sqlite", directory=tmp_path)
    schema.upgrade(url)
    path = Path(url.removeprefix("sqlite:///"))
    assert path.stat().st_mode & 0o077 == 0
    engine = Engine.open(url)
    writer, reader = engine.writers.take(), engine.readers.take()
    try:
        assert [connection.ask("PRAGMA synchronous") for connection in (writer, reader)] == [(2,), (2,)]
        assert writer.ask("PRAGMA foreign_keys") == (1,)
        assert writer.ask("PRAGMA journal_mode") == ("wal",)
        assert reader.ask("PRAGMA query_only") == (1,)
    finally:
        engine.writers.give_back(writer)
        engine.readers.give_back(reader)
        engine.close()
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
