"""The contract of moving in, on every adapter."""

from tests.integration.contracts.moving import MovingContract


class TestMoving(MovingContract):
    """It holds on each of them."""
