"""What is held on people, and forgotten of them, on every adapter."""

from tests.integration.contracts.privacy import ForgettingContract, PersonalDataContract


class TestForgetting(ForgettingContract):
    """It holds on each of them."""


class TestPersonalData(PersonalDataContract):
    """It holds on each of them."""
