"""The contract of the points context, on every adapter."""

from tests.integration.contracts.ledger import HistoryContract, LedgerContract, LedgerInvariantContract
from tests.integration.contracts.points import AdjustmentsContract, ItemPoolsContract, PoolsContract


class TestPools(PoolsContract):
    """It holds on each of them."""


class TestItemPools(ItemPoolsContract):
    """It holds on each of them."""


class TestAdjustments(AdjustmentsContract):
    """It holds on each of them."""


class TestLedger(LedgerContract):
    """It holds on each of them."""


class TestHistory(HistoryContract):
    """It holds on each of them."""


class TestLedgerInvariant(LedgerInvariantContract):
    """It holds on each of them."""
