"""How a guild recruits, its applications with what is said of them, and the votes on them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, UniqueConstraint

from dkp_adapters.sql.tables import Flag, Id, LongText, Moment, Name, NameKey, Word, letters, table

recruitment_rules: Final = table(
    "recruitment_rules",
    Column("guild_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("rules", LongText, nullable=False),
    Column("changed_at", Moment, nullable=False),
    PrimaryKeyConstraint("guild_id", "version"),
    clustered=True,
)
"""Every version of the guild's rules, whole, as a JSON object; a guild without any has the defaults."""

application_forms: Final = table(
    "application_forms",
    Column("guild_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("form", LongText, nullable=False),
    Column("changed_at", Moment, nullable=False),
    PrimaryKeyConstraint("guild_id", "version"),
    clustered=True,
)
"""Every version of the guild's questions, whole, as a JSON object; a guild without any asks nothing."""

applications: Final = table(
    "applications",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("open_for", Id),
    Column("status", Word, nullable=False),
    Column("archived", Flag, nullable=False),
    Column("submitted_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("trial_starts_at", Moment),
    Column("trial_ends_at", Moment),
    Column("overdue", Flag, nullable=False),
    Column("proposal", Word),
    Column("round", Integer, nullable=False),
    Column("outcome", Word),
    Column("task", Word),
    Column("character_id", Id),
    Column("steps", Integer, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("character_name", Name, nullable=False),
    Column("character_key", NameKey, nullable=False),
    Column("server", Name, nullable=False),
    Column("character_class", Name, nullable=False),
    Column("level", Integer),
    Column("timezone", Word, nullable=False),
    Column("email", letters(320)),
    Column("referees", LongText, nullable=False),
    Column("polls", LongText, nullable=False),
    Column("rules", LongText, nullable=False),
    Column("previous_guilds", LongText, nullable=False),
    Column("availability", LongText, nullable=False),
    Column("references", LongText, nullable=False),
    Column("answers", LongText, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    # The applicant, while the application is open: so nobody has two at once (V-1).
    UniqueConstraint("guild_id", "open_for"),
    Index(None, "guild_id", "user_id", "id"),
    Index(None, "guild_id", "status"),
)
"""Applications. What has parts is JSON: `referees` a list of user ids, `polls` one of [round, stage, opens_at,
closes_at, counts_from_percent, result], `answers` one of [question, text], `rules` an object with every field.

From `character_name` on it is what the applicant told, but for `polls` and `rules`: erasure empties it (A-12).
"""

transitions: Final = table(
    "application_transitions",
    Column("guild_id", Id, nullable=False),
    Column("application_id", Id, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("before", Word),
    Column("after", Word, nullable=False),
    Column("outcome", Word),
    Column("round", Integer, nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("user_id", Id),
    Column("reason", LongText, nullable=False),
    PrimaryKeyConstraint("guild_id", "application_id", "number"),
    clustered=True,
)
"""The steps of applications, with who took them (`user_id` is NULL where it was no person); only reasons change ever,
when they are erased.
"""

comments: Final = table(
    "application_comments",
    Column("guild_id", Id, nullable=False),
    Column("application_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("author", Id),
    Column("kind", Word, nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", LongText, nullable=False),
    PrimaryKeyConstraint("guild_id", "application_id", "id"),
    Index(None, "guild_id", "author"),
    clustered=True,
)
"""What is said about applications, feedback on trials included; erasure empties the texts."""

votes: Final = table(
    "votes",
    Column("guild_id", Id, nullable=False),
    Column("application_id", Id, nullable=False),
    Column("round", Integer, nullable=False),
    Column("stage", Word, nullable=False),
    Column("voter", Id, nullable=False),
    Column("option", Word),
    Column("attended", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("cast_at", Moment, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "application_id", "round", "stage", "voter"),
    clustered=True,
)
"""The last vote of each voter in each poll, with the attendance that they had then; `option` is NULL once it was
withdrawn. Who writes one holds the application.
"""

vote_changes: Final = table(
    "vote_changes",
    Column("guild_id", Id, nullable=False),
    Column("application_id", Id, nullable=False),
    Column("round", Integer, nullable=False),
    Column("stage", Word, nullable=False),
    Column("voter", Id, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("before", Word),
    Column("after", Word),
    Column("attended", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("entrypoint", letters(128), nullable=False),
    PrimaryKeyConstraint("guild_id", "application_id", "round", "stage", "voter", "number"),
    clustered=True,
)
"""Everything that became of votes; only ever inserted into. No event tells of it (A-7)."""

recusals: Final = table(
    "recusals",
    Column("guild_id", Id, nullable=False),
    Column("application_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("guild_id", "application_id", "user_id"),
    clustered=True,
)
"""Who keeps out of the votes on an application."""
