"""Fixtures of the tests of recruitment."""

from __future__ import annotations

import pytest

from tests.unit.guild_house import GuildHouse
from tests.unit.recruitment.hall import RecruitingHall


@pytest.fixture
def hall(guild: GuildHouse) -> RecruitingHall:
    """A guild that recruits; what is kept equals its recount afterwards."""
    return RecruitingHall(guild)
