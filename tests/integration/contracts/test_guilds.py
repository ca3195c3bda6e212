"""The contract of the guilds context, on every adapter."""

from tests.integration.contracts.guilds import GuildsContract


class TestGuilds(GuildsContract):
    """It holds on each of them."""
