"""Where an auction stands (L-2)."""

from enum import StrEnum
from typing import Final


class AuctionStatus(StrEnum):
    """The states of an auction."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"
    AWARDED = "awarded"
    CANCELLED = "cancelled"


RUNNING: Final = frozenset({AuctionStatus.SCHEDULED, AuctionStatus.OPEN, AuctionStatus.FROZEN, AuctionStatus.CLOSED})
"""Not over yet: something may still be held, and one drop has one of these."""
