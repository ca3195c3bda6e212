"""The contract of claims and merges, on every adapter."""

from tests.integration.contracts.merges import ClaimsContract, MergesContract


class TestClaims(ClaimsContract):
    """It holds on each of them."""


class TestMerges(MergesContract):
    """It holds on each of them."""
