"""Ranks, characters with every name they have borne, whose they were and which ranks they held."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    UniqueConstraint,
)

from dkp_adapters.sql.tables import ExternalId, Flag, Id, LongText, Moment, Name, NameKey, Word, letters, table

ranks: Final = table(
    "ranks",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("position", Integer, nullable=False),
    Column("is_default", Flag, nullable=False),
    Column("is_hidden", Flag, nullable=False),
    Column("counts_as_active", Flag, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    UniqueConstraint("guild_id", "name_key"),
    clustered=True,
)
"""The hierarchy; the lowest position stands first."""

removed_ranks: Final = table(
    "removed_ranks",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("name", Name, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    clustered=True,
)
"""Names of ranks that are gone, for the rank history that still speaks of them."""

characters: Final = table(
    "characters",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("character_class", Name, nullable=False),
    Column("class_key", NameKey, nullable=False),
    Column("level", Integer),
    Column("race", Name, nullable=False),
    Column("race_key", NameKey, nullable=False),
    Column("rank_id", Id, nullable=False),
    Column("status", Word, nullable=False),
    Column("owner", Id),
    Column("is_main", Flag, nullable=False),
    Column("main_id", Id),
    Column("main_of", Id),
    Column("joined_on", letters(10), nullable=False),
    Column("notes", LongText, nullable=False),
    Column("profile", LongText, nullable=False),
    Column("external_id", ExternalId),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    # The owner of a main, nothing for an alt: so a user has one main per guild at most.
    UniqueConstraint("guild_id", "main_of"),
    # The only foreign key of this table: SQLite does not say which one was broken.
    ForeignKeyConstraint(["guild_id", "rank_id"], ["ranks.guild_id", "ranks.id"]),
    # Without the guild: a user is asked for over all guilds too, and SQLite then takes it for a join as well.
    Index(None, "owner"),
    Index(None, "guild_id", "rank_id"),
    Index(None, "guild_id", "external_id"),
    clustered=True,
)
"""Who is played; `joined_on` is an ISO date, `profile` a JSON object of values by the ids of profile fields."""

character_names: Final = table(
    "character_names",
    Column("guild_id", Id, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("name", Name, nullable=False),
    Column("character_id", Id, nullable=False),
    PrimaryKeyConstraint("guild_id", "name_key"),
    Index(None, "guild_id", "character_id"),
    clustered=True,
)
"""Every name of every character, present, former and other: unique over all of them (R-1)."""

ownerships: Final = table(
    "ownerships",
    Column("guild_id", Id, nullable=False),
    Column("character_id", Id, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("owner", Id, nullable=False),
    Column("reason", LongText, nullable=False),
    PrimaryKeyConstraint("guild_id", "character_id", "since"),
    Index(None, "guild_id", "owner"),
    clustered=True,
)
"""Whose a character was in [since, until); the first owner's period begins at 0."""

profile_fields: Final = table(
    "profile_fields",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("kind", Word, nullable=False),
    Column("choices", LongText, nullable=False),
    Column("required", Flag, nullable=False),
    Column("shown_to", Word, nullable=False),
    Column("position", Integer, nullable=False),
    Column("archived", Flag, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    UniqueConstraint("guild_id", "name_key"),
    clustered=True,
)
"""What the guild wants to know of each character; `choices` is a JSON list."""

main_changes: Final = table(
    "main_changes",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("before", Id, nullable=False),
    Column("after", Id, nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("waived", Flag, nullable=False),
    Column("reason", LongText, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    Index(None, "guild_id", "user_id"),
    clustered=True,
)
"""Which character of a user gave way to which as the main."""

rank_changes: Final = table(
    "rank_changes",
    Column("guild_id", Id, nullable=False),
    Column("character_id", Id, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("before", Id),
    Column("after", Id, nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("reason", LongText, nullable=False),
    PrimaryKeyConstraint("guild_id", "character_id", "number"),
    clustered=True,
)
"""Each character's moves between ranks, in order of `number`."""
