"""What guilds have to tell, and where their channels are."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint

from dkp_adapters.sql.tables import SEALED, Id, LongText, Moment, Word, letters, table

notices: Final = table(
    "notices",
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("guild_id", Id, nullable=False),
    Column("kind", Word, nullable=False),
    Column("recipient_kind", Word, nullable=False),
    Column("recipient", letters(320), nullable=False),
    Column("user_id", Id),
    Column("text", Word, nullable=False),
    Column("data", LongText, nullable=False),
    Column("about", Word, nullable=False),
    Column("posted_at", Moment, nullable=False),
    Column("waiting_since", Moment, nullable=False),
    Column("status", Word, nullable=False),
    Column("try_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("unheard", Integer, nullable=False),
    Column("claimed_by", Word),
    Column("fault", LongText),
    Column("settled_at", Moment),
    Index("ix_notices_heads", "status", "guild_id", "recipient_kind", "recipient", "id"),
    Index("ix_notices_about", "guild_id", "about"),
    Index(None, "user_id"),
)
"""Notices on their way, and those that were told. `user_id` repeats the recipient where that is a person.

`attempts` counts how often one was tried since it was posted or sent again, `unheard` how many of the last of these
nobody reported the outcome of. An e-mail that was sent keeps neither its address nor its data.
"""

channel_webhooks: Final = table(
    "channel_webhooks",
    Column("guild_id", Id, nullable=False),
    Column("channel", Word, nullable=False),
    Column("webhook_id", letters(20), nullable=False),
    Column("sealed", LongText, nullable=False, info=SEALED),
    Column("set_at", Moment, nullable=False),
    Column("dead_at", Moment),
    Column("fault", LongText, nullable=False),
    PrimaryKeyConstraint("guild_id", "channel"),
    clustered=True,
)
"""Where a guild's channels are outside; addresses are secrets, and sealed."""
