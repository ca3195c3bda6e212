"""The installations that the contract suites run on: in memory, and on each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.ids import BLOCKS
from dkp_adapters.system import SystemClock
from tests import services
from tests.integration.contracts.adapters import memory_installation, sql_installation
from tests.integration.contracts.installation import Installation
from tests.integration.contracts.place import NIGHT
from tests.integration.databases import FAST, delete_rows, lent, with_schema
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


GUILDS_MAX: Final = 5
ID_BLOCKS: Final = {
    **BLOCKS,
    **dict.fromkeys(("guild", "user", "rank", "character", "pool", "raid", "event_type"), 100),
}
"""As many ids at once as spare most statements about them."""


@pytest.fixture(scope="session")
def database_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Engine], SqlDatabase]]:
    """One database with the schema in it for each engine, made when it is first asked for.

    It stays open from test to test, since to connect takes longer than most of them do. With more guilds than that it
    is emptied, since a recount looks at every one.
    """
    with ExitStack() as stack:

        @cache
        def opened(engine: Engine) -> SqlDatabase:
            url = with_schema(engine, tmp_path_factory.mktemp("contracts"))
            stack.callback(services.drop_database, url)
            made = SqlDatabase.open(url + FAST[engine], clock=SystemClock(), blocks=ID_BLOCKS)
            return stack.enter_context(closing(made))

        def found(engine: Engine) -> SqlDatabase:
            database = opened(engine)
            with database.reading() as views:
                guilds = len(views.guilds())
            if guilds > GUILDS_MAX:
                delete_rows(database.engine)
            return database

        yield found


@pytest.fixture(params=("memory", *ENGINES))
def installation(request: pytest.FixtureRequest, database_of: Callable[[Engine], SqlDatabase]) -> Installation:
    """An installation of each adapter in turn, shared with other tests where it is a database."""
    clock = SettableClock(NIGHT)
    if request.param == "memory":
        return memory_installation(clock)
    return sql_installation(evolve(database_of(request.param), clock=clock), clock)


@pytest.fixture(params=("memory", *ENGINES))
def empty_installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An installation of each adapter in turn that nobody else uses."""
    clock = SettableClock(NIGHT)
    if request.param == "memory":
        yield memory_installation(clock)
        return
    with lent(request.param, tmp_path) as url, closing(SqlDatabase.open(url, clock=clock)) as database:
        yield sql_installation(database, clock)
