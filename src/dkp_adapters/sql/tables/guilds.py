"""The guilds of the installation."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer

from dkp_adapters.sql.tables import Flag, Id, LongText, Moment, Name, NameKey, Word, letters, table

guilds: Final = table(
    "guilds",
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("slug", letters(48), nullable=False, unique=True),
    Column("name", Name, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("timezone", Word, nullable=False),
    Column("first_weekday", letters(16), nullable=False),
    Column("settings", LongText, nullable=False),
    Column("public_roster", Flag, nullable=False),
    Column("trials_are_active", Flag, nullable=False),
    Column("trials_bid", Flag, nullable=False),
    Column("leave_out_excused", Flag, nullable=False),
    Column("founded_at", Moment, nullable=False),
    Column("roster_revision", Id, nullable=False),
    Column("version", Integer, nullable=False),
)
"""The tenants. The four flags repeat what `settings` says, for queries that depend on it.

`roster_revision` goes up with every transaction that changes what a roster of the guild shows: memberships,
characters, ranks, the guild itself, or the name of one of its users.
"""
