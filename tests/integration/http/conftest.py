"""The API over real databases, and guilds to call it for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests import services
from tests.integration.databases import with_schema
from tests.integration.http.house import Api, House, serving


@pytest.fixture(scope="session", autouse=True)
def quiet() -> Iterator[None]:
    """A line for each request would bury what a failing test says."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API on a SQLite file, shared by the tests of this process; each makes its own guilds."""
    url = with_schema("sqlite", tmp_path_factory.mktemp("http"))
    with serving(f"{url}?synchronous=off") as found:
        found.house()  # never the only guild of the installation
        yield found
    services.drop_database(url)


@pytest.fixture
def house(api: Api) -> House:
    """A guild of this test's own, with people and things in it."""
    return api.house()


@pytest.fixture
def other_house(api: Api) -> House:
    """Another guild on the same installation."""
    return api.house()


@pytest.fixture(scope="session")
def settled(api: Api) -> House:
    """A guild that tests only look at, or fail to change."""
    return api.house()


@pytest.fixture(scope="session")
def strangers(api: Api) -> House:
    """Another such guild, whose officer tries to get at the first."""
    return api.house()


@pytest.fixture(scope="session")
def api_everywhere(schema_url: str) -> Iterator[Api]:
    """The API on each database engine in turn."""
    with serving(schema_url) as found:
        found.house()
        yield found


@pytest.fixture
def own_api(tmp_path: Path) -> Iterator[Api]:
    """The API on a SQLite file that no other test sees."""
    url = with_schema("sqlite", tmp_path)
    with serving(f"{url}?synchronous=off") as found:
        yield found
    services.drop_database(url)
