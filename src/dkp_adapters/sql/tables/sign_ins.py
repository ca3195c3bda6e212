"""How people come in: sessions, attempts to sign in, one-time links, and what Discord let us have."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer

from dkp_adapters.sql.tables import SEALED, Id, LongText, Moment, Word, letters, table

sessions: Final = table(
    "sessions",
    Column("id", Word, primary_key=True),
    Column("user_id", Id, nullable=False),
    Column("digest", letters(128), nullable=False),
    Column("device", Word, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Index(None, "user_id"),
)
"""Sessions in browsers that have not ended (A-1); only digests of secrets."""

sign_in_attempts: Final = table(
    "sign_in_attempts",
    Column("state_digest", letters(128), primary_key=True),
    Column("browser_digest", letters(128), nullable=False),
    Column("sealed_verifier", LongText, nullable=False),  # too short-lived to be sealed anew
    Column("redirect_uri", LongText, nullable=False),
    Column("next_path", LongText, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "expires_at"),
)
"""Attempts to sign in with Discord that are under way; gone as soon as one comes back."""

sign_in_links: Final = table(
    "sign_in_links",
    Column("digest", letters(128), primary_key=True),
    Column("user_id", Id, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "user_id"),
)
"""One-time links that were not used yet (A-11); only digests of their codes."""

discord_tokens: Final = table(
    "discord_tokens",
    Column("user_id", Id, primary_key=True),
    Column("sealed_access", LongText, nullable=False, info=SEALED),
    Column("sealed_refresh", LongText, info=SEALED),
    Column("scopes", LongText, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("asking_until", Moment),
    Column("doomed_at", Moment),
    Column("version", Integer, nullable=False),
)
"""What Discord let us have of each user, encrypted."""
