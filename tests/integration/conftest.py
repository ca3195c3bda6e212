"""Fixtures of the tests that need databases."""

from tests.integration.databases import by, database, guild_id, own_url, schema_url
from tests.integration.own_redis import own_redis

__all__ = ["by", "database", "guild_id", "own_redis", "own_url", "schema_url"]
