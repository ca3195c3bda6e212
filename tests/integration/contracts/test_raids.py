"""The contract of the raids context, on every adapter."""

from tests.integration.contracts.raids import EventTypesContract, RaidsContract, UploadsContract


class TestEventTypes(EventTypesContract):
    """It holds on each of them."""


class TestRaids(RaidsContract):
    """It holds on each of them."""


class TestUploads(UploadsContract):
    """It holds on each of them."""
