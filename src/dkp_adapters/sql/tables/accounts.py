"""Users, their memberships, and API keys."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint

from dkp_adapters.sql.tables import ExternalId, Flag, Id, LongText, Moment, Name, NameKey, Word, letters, table

users: Final = table(
    "users",
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("discord_id", letters(20), unique=True),
    Column("username", Name, nullable=False),
    Column("username_key", NameKey, nullable=False),
    Column("global_name", Name),
    Column("discriminator", letters(16)),
    Column("avatar_url", LongText),
    Column("email", LongText),
    Column("timezone", Word, nullable=False),
    Column("locale", Word, nullable=False),
    Column("default_guild", Id),
    Column("muted", LongText, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("deactivated_at", Moment),
    Column("signed_in_at", Moment),
    Column("erased_at", Moment),
    Column("version", Integer, nullable=False),
)
"""People; they belong to no guild (G-1)."""

consents: Final = table(
    "consents",
    Column("user_id", Id, nullable=False),
    Column("kind", Word, nullable=False),
    Column("given_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    PrimaryKeyConstraint("user_id", "kind", "given_at"),
    clustered=True,
)
"""What people agreed to, from when until when (A-12)."""

memberships: Final = table(
    "memberships",
    Column("guild_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("role_group", Word, nullable=False),
    Column("trial", Flag, nullable=False),
    Column("status", Word, nullable=False),
    Column("joined_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("reason", LongText, nullable=False),
    Column("merged_into", Id),
    Column("was_member", Flag, nullable=False),
    Column("external_id", ExternalId),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "user_id"),
    Index(None, "user_id"),
    Index(None, "guild_id", "external_id"),
    clustered=True,
)
"""A user's place in a guild; `was_member` tells that they are or ever were a member or above."""

api_keys: Final = table(
    "api_keys",
    Column("id", Word, primary_key=True),
    Column("kind", Word, nullable=False),
    Column("name", Name, nullable=False),
    Column("prefix", letters(32), nullable=False, unique=True),
    Column("digest", letters(128), nullable=False),
    Column("owner", Id),
    Column("guild_id", Id),
    Column("scopes", LongText, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Column("old_digest", letters(128)),
    Column("old_digest_until", Moment),
    Column("last_used_at", Moment),
    Column("use_count", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "owner"),
    Index(None, "guild_id"),
)
"""Programs' ways in: personal keys have an owner, bot keys a guild; only digests of secrets (A-8)."""
