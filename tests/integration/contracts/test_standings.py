"""The contract of the standings, on every adapter."""

from tests.integration.contracts.standings import StandingsContract


class TestStandings(StandingsContract):
    """It holds on each of them."""
