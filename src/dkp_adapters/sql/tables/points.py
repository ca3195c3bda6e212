"""Pools, the ledger, and the balances that are its sums."""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Column, Index, Integer, PrimaryKeyConstraint, UniqueConstraint

from dkp_adapters.sql.tables import (
    ExternalId,
    Flag,
    Hundredths,
    Id,
    LongText,
    Moment,
    Name,
    NameKey,
    Word,
    letters,
    table,
)
from dkp_core.kernel.points import Points

_LIMIT: Final = Points.of("9999999999.99").hundredths

pools: Final = table(
    "pools",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("unit", Name, nullable=False),
    Column("decimals", Integer, nullable=False),
    Column("is_default", Flag, nullable=False),
    Column("archived", Flag, nullable=False),
    Column("external_id", ExternalId),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    UniqueConstraint("guild_id", "name_key"),
    clustered=True,
)
"""What points are kept in."""

pool_policies: Final = table(
    "pool_policies",
    Column("guild_id", Id, nullable=False),
    Column("pool_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("policies", LongText, nullable=False),
    Column("changed_at", Moment, nullable=False),
    PrimaryKeyConstraint("guild_id", "pool_id", "version"),
    clustered=True,
)
"""Every version of each pool's policies, whole, as a JSON object; a pool without any has the defaults."""

item_pools: Final = table(
    "item_pools",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("pools", LongText, nullable=False),
    Column("external_id", ExternalId),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    UniqueConstraint("guild_id", "name_key"),
    clustered=True,
)
"""Sets of items; `pools` is a JSON list of pool ids."""

entries: Final = table(
    "entries",
    Column("guild_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("id", Id, nullable=False),
    Column("pool_id", Id, nullable=False),
    Column("amount", Hundredths, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("source_id", Id, nullable=False),
    Column("reverses", Id),
    Column("source_part", Integer, nullable=False),
    Column("policies_version", Integer, nullable=False),
    Column("kind", Word, nullable=False),
    Column("bucket", Word, nullable=False),
    Column("source_kind", Word, nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("character_name", Name, nullable=False),
    Column("reason", LongText, nullable=False),
    Column("note", LongText, nullable=False),
    # The only index: history, balances of the past and what a raid awarded are all asked by user and time.
    PrimaryKeyConstraint("guild_id", "user_id", "occurred_at", "id"),
    clustered=True,
)
"""The ledger: only ever inserted into (P-1)."""


def _within(number: str) -> str:
    return f"{number} BETWEEN -{_LIMIT} AND {_LIMIT}"


balances: Final = table(
    "balances",
    Column("guild_id", Id, nullable=False),
    Column("pool_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("earned", Hundredths, nullable=False),
    Column("spent", Hundredths, nullable=False),
    Column("adjusted", Hundredths, nullable=False),
    Column("held", Hundredths, nullable=False),
    Column("sealed", Hundredths, nullable=False),
    Column("entries", Id, nullable=False),
    Column("version", Id, nullable=False),
    PrimaryKeyConstraint("guild_id", "pool_id", "user_id"),
    CheckConstraint(_within("earned"), "earned"),
    CheckConstraint(_within("spent"), "spent"),
    CheckConstraint(_within("adjusted"), "adjusted"),
    CheckConstraint(_within("held"), "held"),
    CheckConstraint(_within("sealed"), "sealed"),
    CheckConstraint(_within("earned - spent + adjusted"), "current"),
    CheckConstraint(_within("earned - spent + adjusted - held - sealed"), "available"),
    clustered=True,
)
"""The sums of the entries and of what bids hold, kept with them (P-3); `entries` counts the entries.

`held` is what everybody sees of the holds, `sealed` the rest, which nobody else may know (L-11); `version` goes up with
every change but one of `sealed` alone.
"""

adjustments: Final = table(
    "adjustments",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("pool_id", Id, nullable=False),
    Column("amount", Hundredths, nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("reversed_at", Moment),
    Column("entry_id", Id, nullable=False),
    Column("batch_id", Id),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("character_name", Name, nullable=False),
    Column("reason", LongText, nullable=False),
    Column("note", LongText, nullable=False),
    Column("external_id", ExternalId),
    PrimaryKeyConstraint("guild_id", "id"),
    Index(None, "guild_id", "batch_id"),
    Index(None, "guild_id", "external_id"),
    clustered=True,
)
"""Points moved by hand; once `reversed_at` is set, nothing changes any more."""

batches: Final = table(
    "batches",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("pool_id", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("reversed_at", Moment),
    Column("total", Hundredths, nullable=False),
    Column("policies_version", Integer, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("standing", Flag),
    Column("kind", Word, nullable=False),
    Column("rule", Name, nullable=False),
    Column("period", letters(64), nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("reversed_kind", Word),
    Column("reversed_by", letters(128)),
    Column("title", LongText, nullable=False),
    Column("reason", LongText, nullable=False),
    Column("raid_id", Id),
    Column("exempt", LongText, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    Index(None, "guild_id", "raid_id"),
    # `standing` is 1 while it stands, then nothing: so what was reversed may be made again, and nothing twice.
    UniqueConstraint("guild_id", "kind", "period", "pool_id", "rule", "standing", name="uq_batches_standing"),
    clustered=True,
)
"""What moved the points of many together; its lines are the entries of its source, which all occur at its moment.

Those of adjustments are the adjustments that name it, each with entries of its own. `raid_id` is the raid that officers
gave it for; `exempt` is a JSON list of the ids of users whose entries a run of decay by age passed over.
"""

disputes: Final = table(
    "disputes",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("entry_id", Id, nullable=False),
    Column("pool_id", Id, nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("made_by", Id, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("open_entry", Id),
    Column("decided_at", Moment),
    Column("decided_kind", Word),
    Column("decided_by", letters(128)),
    Column("status", Word, nullable=False),
    Column("text", LongText, nullable=False),
    Column("reason", LongText, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    # The entry of a dispute that waits, nothing of one that is answered: so an entry is disputed once at a time.
    UniqueConstraint("guild_id", "open_entry"),
    Index(None, "guild_id", "made_by"),
    Index(None, "guild_id", "entry_id"),
    clustered=True,
)
"""What members say is wrong with their entries, and what officers answered."""
