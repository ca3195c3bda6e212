"""The contract of the roster context, on every adapter."""

from tests.integration.contracts.roster import (
    CharactersContract,
    ProfileFieldsContract,
    RanksContract,
    RosterViewContract,
)


class TestRanks(RanksContract):
    """It holds on each of them."""


class TestCharacters(CharactersContract):
    """It holds on each of them."""


class TestProfileFields(ProfileFieldsContract):
    """It holds on each of them."""


class TestRosterView(RosterViewContract):
    """It holds on each of them."""
