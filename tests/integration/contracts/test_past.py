"""The contract of what a replay reads, on every adapter."""

from tests.integration.contracts.past import PastContract


class TestPast(PastContract):
    """It holds on each of them."""
