"""One database of each engine for the auctions that are tested here; each test founds a guild of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import services
from tests.integration.databases import with_schema
from tests.services import Engine


@pytest.fixture(scope="session")
def hall_url(engine_name: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database for auction halls, on each engine in turn."""
    url = with_schema(engine_name, tmp_path_factory.mktemp("halls"))
    yield url + ("?synchronous=off" if engine_name == "sqlite" else "")
    services.drop_database(url)
