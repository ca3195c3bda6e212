"""Fixtures of the tests of loot."""

from __future__ import annotations

import pytest

from tests.unit.guild_house import GuildHouse
from tests.unit.loot.raid_night import RaidNight


@pytest.fixture
def night(guild: GuildHouse) -> RaidNight:
    """Aldo, Bera and Cato with 100 points each; what is kept equals its recount afterwards."""
    return RaidNight(guild)
