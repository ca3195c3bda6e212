"""The contract of moving in from EQdkp Plus, on every adapter."""

from tests.integration.contracts.moving_eqdkp import MovingFromEqdkpContract


class TestMovingFromEqdkp(MovingFromEqdkpContract):
    """It holds on each of them."""
