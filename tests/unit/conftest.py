"""Fixtures of the unit tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.guild_house import GuildHouse


@pytest.fixture
def guild() -> Iterator[GuildHouse]:
    """A freshly founded guild; whatever a test did to it, what is kept equals its recount afterwards (P-3)."""
    house = GuildHouse()
    yield house
    assert house.verified()
