"""The contract of batches, on every adapter."""

from tests.integration.contracts.batches import BatchesContract, PastBalancesContract, TurnoutContract


class TestBatches(BatchesContract):
    """It holds on each of them."""


class TestPastBalances(PastBalancesContract):
    """It holds on each of them."""


class TestTurnout(TurnoutContract):
    """It holds on each of them."""
