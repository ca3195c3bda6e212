"""Databases with the schema in them: one for each engine and test process, and copies for tests that need their own.

Tests share the database, so each makes its own guild: that they do not disturb each other is a test in itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from dkp_adapters.sql import schema
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.system import SystemClock
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.ids import GuildId
from tests import services
from tests.services import Engine

# Far from the ids that a counter gives: tests that make a guild properly do not meet those which only name one.
_guilds: Final = itertools.count(1_000_001)

_FAST: Final[dict[Engine, str]] = {"sqlite": "?synchronous=off", "postgresql": "", "mariadb": ""}
"""Nobody pulls the plug of a test."""


def with_schema(engine: Engine, directory: Path) -> str:
    """The URL of a new database with the schema in it, for `services.drop_database`."""
    url = services.make_database(engine, directory=directory)
    schema.upgrade(url + _FAST[engine])
    return url


@pytest.fixture(scope="session")
def schema_url(engine_name: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the schema in it, shared by the tests of this process, on each engine in turn."""
    url = with_schema(engine_name, tmp_path_factory.mktemp("databases"))
    yield url + _FAST[engine_name]
    services.drop_database(url)


@pytest.fixture(scope="session")
def template_url(engine_name: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str | None]:
    """A database that is only ever copied; None where copying is no faster than migrating (MariaDB)."""
    if engine_name == "mariadb":
        yield None
        return
    url = with_schema(engine_name, tmp_path_factory.mktemp("template"))
    yield url
    services.drop_database(url)


@pytest.fixture
def own_url(engine_name: Engine, template_url: str | None, tmp_path: Path) -> Iterator[str]:
    """A database with the schema in it that no other test sees, on each engine in turn."""
    if template_url is None:
        url = with_schema(engine_name, tmp_path)
    else:
        url = services.make_database(engine_name, template=template_url, directory=tmp_path)
    yield url + _FAST[engine_name]
    services.drop_database(url)


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
