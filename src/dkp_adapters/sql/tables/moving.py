"""What moved in from elsewhere."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, PrimaryKeyConstraint

from dkp_adapters.sql.tables import Id, LongText, Moment, Name, Word, letters, table

imports: Final = table(
    "imports",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("program", Name, nullable=False),
    Column("program_version", Name, nullable=False),
    Column("source", LongText, nullable=False),
    Column("fingerprint", Word, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("spans", LongText, nullable=False),
    Column("counts", LongText, nullable=False),
    Column("default_pool_before", Id),
    Column("pools_before", LongText, nullable=False),
    Column("undone_at", Moment),
    PrimaryKeyConstraint("guild_id", "id"),
    clustered=True,
)
"""What moved in, undone or not: `spans` is a JSON list of [kind, first id, how many], `counts` a JSON object;
`pools_before` a JSON list of objects: what the guild's own pools were that went on as others that came."""
