"""Fixtures of the tests of notices."""

from __future__ import annotations

import pytest

from tests.unit.guild_house import GuildHouse
from tests.unit.notices.post_office import PostOffice


@pytest.fixture
def office(guild: GuildHouse) -> PostOffice:
    """The post office of a guild."""
    return PostOffice(guild)
