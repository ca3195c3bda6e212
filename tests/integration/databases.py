"""Databases with the schema in them: one for each engine and test process, and more for tests that need their own.

Tests share the database, so each makes its own guild: that they do not disturb each other is a test in itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from sqlalchemy import delete

from dkp_adapters.sql import schema
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.engine import Connection
from dkp_adapters.sql.engine import Engine as SqlEngine
from dkp_adapters.sql.statement import Statement
from dkp_adapters.sql.tables import all_tables
from dkp_adapters.system import SystemClock
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.errors import Stale, Unavailable
from dkp_core.kernel.ids import GuildId
from tests import services
from tests.services import Engine

# Far from the ids that a counter gives: tests that make a guild properly do not meet those which only name one.
_guilds: Final = itertools.count(1_000_001)

FAST: Final[dict[Engine, str]] = {"sqlite": "?synchronous=off", "postgresql": "", "mariadb": ""}
"""Nobody pulls the plug of a test."""


def with_schema(engine: Engine, directory: Path) -> str:
    """The URL of a new database with the schema in it, for `services.drop_database`."""
    if engine != "mariadb":
        return services.make_database(engine, template=_template(engine), directory=directory)
    url = services.make_database(engine)
    schema.upgrade(url)
    return url


@cache
def _template(engine: Engine) -> str:
    """A database that is only ever copied."""
    url = services.make_database(engine)
    services.at_the_end(url)
    schema.upgrade(url + FAST[engine])
    return url


# --- databases that are used again ------------------------------------------------------------------------------------

_DELETE: Final = [Statement(delete(table), across_guilds=True) for table in reversed(all_tables().sorted_tables)]


def delete_rows(engine: SqlEngine) -> None:
    """Delete every row of ours: what is left is as a new database, for migrations put no rows into it."""
    with _writer(engine) as writer:
        for statement in _DELETE:
            writer.later(statement, {})


@contextmanager
def _writer(engine: SqlEngine) -> Iterator[Connection]:
    writer = engine.writers.take()
    try:
        writer.begin()
        yield writer
        writer.commit()
    except BaseException:
        writer.rollback()
        raise
    finally:
        engine.writers.give_back(writer)


@contextmanager
def lent(engine: Engine, directory: Path) -> Iterator[str]:
    """The URL of a database with the schema and no rows in it, that nobody else sees meanwhile.

    MariaDB takes fifty times longer to make one than to empty one. There it is one that others had before, unless they
    changed its tables.
    """
    made = None if engine != "mariadb" else _idle.pop() if _idle else _Made.on_mariadb(directory)
    url = with_schema(engine, directory) if made is None else made.url
    try:
        yield url + FAST[engine]
    finally:
        if made is not None and made.is_new_again():
            _idle.append(made)
        else:
            services.drop_database(url)


@frozen
class _Made:
    """A database on MariaDB, and how its tables are created."""

    url: str
    tables: Mapping[str, object]

    @classmethod
    def on_mariadb(cls, directory: Path) -> _Made:
        """A new one, for as long as the tests of this process run."""
        url = with_schema("mariadb", directory)
        services.at_the_end(url)
        with closing(SqlEngine.open(url)) as engine, _writer(engine) as writer:
            return cls(url, _tables(writer))

    def is_new_again(self) -> bool:
        """Whether it is, when what was left open to it is ended, and what was put into it is taken out again."""
        services.end_mariadb_connections(self.url)
        with suppress(Stale, Unavailable), closing(SqlEngine.open(self.url)) as engine:
            with _writer(engine) as writer:
                found = _tables(writer)
                if any(found.get(name) != created for name, created in self.tables.items()):
                    return False
                writer.execute("SET foreign_key_checks = 0")
                for name in found.keys() - self.tables.keys():
                    writer.execute(f"DROP TABLE {name}")
                writer.execute("UPDATE alembic_version SET version_num = %s", schema.known_revisions()[-1:])
            delete_rows(engine)
            return True
        return False


_idle: Final = list[_Made]()


def _tables(connection: Connection) -> Mapping[str, object]:
    names = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
    return {name: connection.ask(f"SHOW CREATE TABLE {name}") for name in names}


# --- fixtures ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def schema_url(engine_name: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the schema in it, shared by the tests of this process, on each engine in turn."""
    url = with_schema(engine_name, tmp_path_factory.mktemp("databases"))
    yield url + FAST[engine_name]
    services.drop_database(url)


@pytest.fixture
def own_url(engine_name: Engine, tmp_path: Path) -> Iterator[str]:
    """A database with the schema in it that no other test sees, on each engine in turn."""
    with lent(engine_name, tmp_path) as url:
        yield url


@pytest.fixture
def database(schema_url: str) -> Iterator[SqlDatabase]:
    """The shared database, opened for this test, on each engine in turn."""
    opened = SqlDatabase.open(schema_url, clock=SystemClock())
    yield opened
    opened.close()


@pytest.fixture
def guild_id() -> GuildId:
    """A guild that no other test names; it has no row of its own."""
    return GuildId(next(_guilds))


@pytest.fixture
def by(guild_id: GuildId) -> Actor:
    """The operator, in that guild."""
    return operator("test", guild_id)
