"""The contract of external ids, on every adapter."""

from tests.integration.contracts.external_ids import ExternalIdsContract


class TestExternalIds(ExternalIdsContract):
    """It holds on each of them."""
