"""The installations that the contract suites run on: in memory, and on each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql.database import SqlDatabase
from tests import services
from tests.integration.contracts.adapters import memory_installation, sql_installation
from tests.integration.contracts.installation import Installation
from tests.integration.contracts.place import NIGHT
from tests.integration.databases import with_schema
from tests.services import ENGINES, Engine

# Suites are no test modules by themselves, but their assertions are to be told as those of tests are.
_SUITES: Final = (
    "guilds",
    "accounts",
    "sign_ins",
    "roster",
    "points",
    "ledger",
    "batches",
    "merges",
    "standings",
    "raids",
    "attendance",
    "audit_log",
    "loot_items",
    "loot_rules",
    "loot_auctions",
    "loot_bidders",
    "loot_holds",
    "loot_awards",
    "loot_views",
    "loot_secrets",
    "loot_deeds",
    "recruitment_rules",
    "recruitment_applications",
    "recruitment_votes",
    "recruitment_trials",
    "recruitment_views",
    "recruitment_deeds",
    "notices",
    "deeds",
    "departing",
    "moving",
    "privacy",
)
pytest.register_assert_rewrite(*(f"tests.integration.contracts.{suite}" for suite in _SUITES))

_SQLITE_UNSYNCED: Final = "?synchronous=off"
"""Nobody pulls the plug of a test."""


@pytest.fixture(scope="session")
def url_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Engine], str]]:
    """The URL of one database with the schema in it for each engine, made when it is first asked for."""
    made: dict[Engine, str] = {}
    with ExitStack() as stack:

        def url_of_engine(engine: Engine) -> str:
            if engine not in made:
                url = with_schema(engine, tmp_path_factory.mktemp("contracts"))
                stack.callback(services.drop_database, url)
                made[engine] = url + (_SQLITE_UNSYNCED if engine == "sqlite" else "")
            return made[engine]

        yield url_of_engine


@pytest.fixture(params=("memory", *ENGINES))
def installation(request: pytest.FixtureRequest, url_of: Callable[[Engine], str]) -> Iterator[Installation]:
    """An installation of each adapter in turn, shared with other tests where it is a database."""
    clock = SettableClock(NIGHT)
    if request.param == "memory":
        yield memory_installation(clock)
        return
    database = SqlDatabase.open(url_of(request.param), clock=clock)
    yield sql_installation(database, clock)
    database.close()


@pytest.fixture(params=("memory", *ENGINES))
def empty_installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An installation of each adapter in turn that nobody else uses."""
    clock = SettableClock(NIGHT)
    if request.param == "memory":
        yield memory_installation(clock)
        return
    url = with_schema(request.param, tmp_path)
    database = SqlDatabase.open(url, clock=clock)
    yield sql_installation(database, clock)
    database.close()
    services.drop_database(url)
