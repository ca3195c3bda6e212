"""What becomes of bids when somebody leaves, on every adapter."""

from tests.integration.contracts.departing import DepartingContract


class TestDeparting(DepartingContract):
    """It holds on each of them."""
