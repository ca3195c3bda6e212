"""What every test may ask for: database servers, databases of its own, and the profile of hypothesis."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import services
from tests.services import ENGINES, Engine

# Machines that run tests are busy: how long an example takes says nothing. What CI finds can be found again.
settings.register_profile("dkp", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dkp"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dkp")

# Programs that tests start keep what they compiled, as an installation does: compiling is half of what a start costs.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What is collected stays until the end: to look for garbage in it takes as long as a third of the collecting.
gc.disable()


def pytest_collection_finish() -> None:
    """From now on there may be garbage, but not in what is there already."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Ends the servers that this process started."""
    services.end_started_servers()


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """The base URL of a PostgreSQL server."""
    return services.server_url("postgresql")


@pytest.fixture(scope="session")
def mariadb_server() -> str:
    """The base URL of a MariaDB server."""
    return services.server_url("mariadb")


@pytest.fixture(scope="session")
def redis_server() -> str:
    """The base URL of a Redis server."""
    return services.server_url("redis")


@pytest.fixture(scope="session", params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> Engine:
    """Each database engine in turn, for tests that hold on all of them."""
    engine: Engine = request.param
    return engine


@pytest.fixture
def database_url(engine_name: Engine, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of this test's own, on each engine in turn."""
    url = services.make_database(engine_name, directory=tmp_path)
    yield url
    services.drop_database(url)
