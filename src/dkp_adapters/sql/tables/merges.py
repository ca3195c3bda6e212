"""Claims, merges, and whose things are whose since."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, UniqueConstraint

from dkp_adapters.sql.tables import Flag, Id, LongText, Moment, Name, Word, letters, table

claims: Final = table(
    "claims",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("claimant", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("character_name", Name, nullable=False),
    Column("status", Word, nullable=False),
    Column("open_by", Id),
    Column("code", Word, nullable=False),
    Column("code_until", Moment, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_kind", Word),
    Column("decided_by", letters(128)),
    Column("by_code", Flag, nullable=False),
    Column("reason", LongText, nullable=False),
    Column("merge_id", Id),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    # The claimant of an open claim, nothing of one that is decided: so a user claims another once at a time.
    UniqueConstraint("guild_id", "user_id", "open_by"),
    Index(None, "guild_id", "claimant"),
    Index(None, "guild_id", "code"),
    clustered=True,
)
"""Who says that an unlinked user's characters are theirs."""

merges: Final = table(
    "merges",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("into_user", Id, nullable=False),
    Column("kind", Word, nullable=False),
    Column("at", Moment, nullable=False),
    Column("claim_id", Id),
    Column("reason", LongText, nullable=False),
    Column("characters", LongText, nullable=False),
    Column("membership", LongText),
    Column("into_membership", LongText),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("undone_at", Moment),
    Column("undone_reason", LongText, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    Index(None, "guild_id", "user_id"),
    Index(None, "guild_id", "into_user"),
    clustered=True,
)
"""Whose things became whose. `characters` is a JSON list of ids; the memberships are JSON objects, as they were."""

merged_users: Final = table(
    "merged_users",
    Column("guild_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("until", Moment, nullable=False),
    Column("head", Id, nullable=False),
    Column("into_user", Id, nullable=False),
    Column("merge_id", Id, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("guild_id", "user_id"),
    Index(None, "guild_id", "head"),
    clustered=True,
)
"""The merges that stand, as they are asked for: what the user had before `until` is `into_user`'s since `at`.

In the end it counts for `head`. FOR_GOOD stands for a moment that never comes.
"""
