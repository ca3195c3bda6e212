"""The contract of the raids context, on every adapter."""

from tests.integration.contracts.attendance import (
    AttendancesContract,
    SharesContract,
    SharesInvariantContract,
    SightingsContract,
)
from tests.integration.contracts.raids import EventTypesContract, RaidsContract, UploadsContract


class TestEventTypes(EventTypesContract):
    """It holds on each of them."""


class TestRaids(RaidsContract):
    """It holds on each of them."""


class TestUploads(UploadsContract):
    """It holds on each of them."""


class TestAttendances(AttendancesContract):
    """It holds on each of them."""


class TestSightings(SightingsContract):
    """It holds on each of them."""


class TestShares(SharesContract):
    """It holds on each of them."""


class TestSharesInvariant(SharesInvariantContract):
    """It holds on each of them."""
