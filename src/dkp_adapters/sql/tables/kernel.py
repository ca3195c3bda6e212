"""Tables that every context leans on: ids, the audit log and the outbox, deadlines, leases, answered requests."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, SmallInteger

from dkp_adapters.sql.tables import Flag, Id, LongText, Moment, Word, letters, table

counters: Final = table(
    "counters",
    Column("kind", Word, primary_key=True),
    Column("last", Id, nullable=False),
    clustered=True,
)
"""The last id handed out of each kind."""

events: Final = table(
    "events",
    Column("guild_id", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("id", Id, nullable=False),
    Column("aggregate", Word, nullable=False),
    Column("aggregate_id", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Word, nullable=False),
    Column("data", LongText, nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("actor_user_id", Id),
    Column("entrypoint", letters(128), nullable=False),
    Column("request_id", letters(128)),
    PrimaryKeyConstraint("guild_id", "at", "id"),
    Index(None, "guild_id", "aggregate", "aggregate_id"),
)
"""What happened, for good: the audit log; guild 0 is the installation. Read backwards by (at, id)."""

deliveries: Final = table(
    "deliveries",
    Column("event_id", Id, nullable=False),
    Column("reaction", Word, nullable=False),
    Column("guild_id", Id, nullable=False),
    Column("event_at", Moment, nullable=False),
    Column("try_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("parked", Flag, nullable=False),
    Column("claimed_by", Word),
    Column("last_error", LongText),
    PrimaryKeyConstraint("event_id", "reaction"),
    Index(None, "parked", "try_at"),
    clustered=True,
)
"""The outbox: one row for each reaction that an event still has to have; gone when it is done."""

deadlines: Final = table(
    "deadlines",
    Column("guild_id", Id, nullable=False),
    Column("key", letters(128), nullable=False),
    Column("kind", Word, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("data", LongText, nullable=False),
    Column("try_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("parked", Flag, nullable=False),
    Column("claimed_by", Word),
    Column("last_error", LongText),
    PrimaryKeyConstraint("guild_id", "key"),
    Index(None, "parked", "try_at"),
    clustered=True,
)
"""What becomes due, once; gone when it was acted upon."""

leases: Final = table(
    "leases",
    Column("name", Word, primary_key=True),
    Column("holder", letters(128), nullable=False),
    Column("until", Moment, nullable=False),
    Column("term", Id, nullable=False),
    clustered=True,
)
"""Who alone may do something, until when; `term` grows with every change of hands."""

installation: Final = table(
    "installation",
    Column("key", Word, primary_key=True),
    Column("value", LongText, nullable=False),
    clustered=True,
)
"""What is known of the installation as a whole."""

answered_requests: Final = table(
    "answered_requests",
    Column("caller", letters(128), nullable=False),
    Column("key", letters(255), nullable=False),
    Column("body_hash", Word, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", LongText, nullable=False),
    Column("body", LongText, nullable=False),
    Column("expires_at", Moment, nullable=False),
    PrimaryKeyConstraint("caller", "key"),
    Index(None, "expires_at"),
)
"""Answers to requests that named an idempotency key, kept for 24 hours (G-7)."""
