"""The contract of disputes, on every adapter."""

from tests.integration.contracts.disputes import DisputesContract


class TestDisputes(DisputesContract):
    """It holds on each of them."""
