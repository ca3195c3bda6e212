"""The notices context on each of our adapters."""

from tests.integration.contracts.notices import NoticesContract


class TestNotices(NoticesContract):
    """In memory, and on each database."""
