"""Fixtures of the tests of accounts."""

from __future__ import annotations

import pytest

from tests.unit.accounts.front_gate import FrontGate
from tests.unit.guild_house import GuildHouse


@pytest.fixture
def gate(guild: GuildHouse) -> FrontGate:
    """Where people come in."""
    return FrontGate(guild)
