"""Items, the rules of bidding, auctions with their bids and holds, awards, bids that wait, and chat that was heard."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, UniqueConstraint

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

_ItemName: Final = letters(128)
_ItemKey: Final = letters(256)

items: Final = table(
    "items",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("name", _ItemName, nullable=False),
    Column("name_key", _ItemKey, nullable=False),
    Column("item_pool_id", Id),
    Column("rarity", Name, nullable=False),
    Column("external_id", ExternalId, nullable=False),
    Column("active", Flag, nullable=False),
    Column("description", LongText, nullable=False),
    Column("link", LongText, nullable=False),
    Column("icon", LongText, nullable=False),
    Column("metadata", LongText, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    UniqueConstraint("guild_id", "name_key"),
    Index(None, "guild_id", "external_id"),
    clustered=True,
)
"""What drops; `metadata` is a JSON object."""

house_rules: Final = table(
    "house_rules",
    Column("guild_id", Id, nullable=False),
    Column("pool_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("rules", LongText, nullable=False),
    Column("changed_at", Moment, nullable=False),
    PrimaryKeyConstraint("guild_id", "pool_id", "version"),
    clustered=True,
)
"""Every version of each pool's rules, whole, as a JSON object; a pool without any has the defaults."""

chat_grammars: Final = table(
    "chat_grammars",
    Column("guild_id", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("grammar", LongText, nullable=False),
    Column("changed_at", Moment, nullable=False),
    PrimaryKeyConstraint("guild_id", "version"),
    clustered=True,
)
"""Every version of how bids are said in chat, whole, as a JSON object."""

auctions: Final = table(
    "auctions",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("item_id", Id, nullable=False),
    Column("raid_id", Id),
    Column("pool_id", Id, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("running", Flag, nullable=False),
    Column("status", Word, nullable=False),
    Column("mode", Word, nullable=False),
    Column("phase", Integer, nullable=False),
    Column("bids", Integer, nullable=False),
    Column("opens_at", Moment, nullable=False),
    Column("closes_at", Moment),
    Column("frozen_at", Moment),
    Column("last_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("item_name", _ItemName, nullable=False),
    Column("item_key", _ItemKey, nullable=False),
    Column("seed", Word, nullable=False),
    Column("leads", LongText, nullable=False),
    Column("settlement", LongText, nullable=False),
    Column("reason", LongText, nullable=False),
    Column("rules", LongText, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    # No index has a column that a bid changes.
    Index(None, "guild_id", "running"),
    Index(None, "guild_id", "item_id"),
    Index(None, "guild_id", "raid_id"),
)
"""Auctions; `running` is 1 until they are over. The item's name is the one it had.

`leads` (who leads an open one, with the secret ceilings) and `settlement` (the result; empty unless it was closed) are
JSON, `rules` a JSON object with every field, `mode` the one of the rules; `seed` is in hex digits and secret before the
close; `phase` counts from 0.
"""

bids: Final = table(
    "bids",
    Column("guild_id", Id, nullable=False),
    Column("auction_id", Id, nullable=False),
    Column("number", Integer, nullable=False),
    Column("id", Id, nullable=False),
    Column("user_id", Id),
    Column("character_id", Id),
    Column("amount", Hundredths, nullable=False),
    Column("ceiling", Hundredths, nullable=False),
    Column("copies", Integer),
    Column("weight", Integer),
    Column("phase", Integer),
    Column("attended", Integer),
    Column("held", Integer),
    Column("placed_at", Moment),
    Column("at", Moment, nullable=False),
    Column("outcome", Word, nullable=False),
    Column("source", Word, nullable=False),
    Column("tier", Word),
    Column("refusal", Word, nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("character_name", Name, nullable=False),
    Column("reason", LongText, nullable=False),
    Column("made_as", Word),
    PrimaryKeyConstraint("guild_id", "auction_id", "number"),
    Index(None, "guild_id", "user_id", "auction_id", "number"),
    clustered=True,
)
"""Every bid that was made, numbered in each auction in the order they came (ids are handed out in blocks, and say
nothing of it). Only ever inserted into.

`user_id` is NULL for a stranger. What ranks a bid (`character_id`, `copies`, `tier`, `weight`, `phase`, `attended` of
`held` raids where that counts, `placed_at`) is there for accepted ones alone: `placed_at` is NULL for all others, and
earlier than `at` (when it was made) where a ceiling stands since then. `made_as` are the ids of auction, bid and user
where it was made, such as 7-12-3, if that was not here.
"""

holds: Final = table(
    "holds",
    Column("guild_id", Id, nullable=False),
    Column("auction_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("pool_id", Id, nullable=False),
    Column("shown", Hundredths, nullable=False),
    Column("sealed", Hundredths, nullable=False),
    Column("copies", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "auction_id", "user_id"),
    Index(None, "guild_id", "user_id"),
    clustered=True,
)
"""What bids keep reserved, the balances with them (L-5), for all `copies` together; who holds nothing has no row.
`sealed` is secret (L-11).
"""

awards: Final = table(
    "awards",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("item_id", Id, nullable=False),
    Column("auction_id", Id),
    Column("raid_id", Id),
    Column("user_id", Id),
    Column("price", Hundredths, nullable=False),
    Column("awarded_at", Moment, nullable=False),
    Column("status", Word, nullable=False),
    Column("overbid", Flag, nullable=False),
    Column("moved_from", Id),
    Column("pools", LongText, nullable=False),
    Column("shared_with", LongText, nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("item_name", _ItemName, nullable=False),
    Column("item_key", _ItemKey, nullable=False),
    Column("character_name", Name, nullable=False),
    Column("character_key", NameKey, nullable=False),
    Column("because", LongText, nullable=False),
    Column("external_id", ExternalId),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    Index(None, "guild_id", "external_id"),
    Index(None, "guild_id", "awarded_at"),
    Index(None, "guild_id", "item_id", "awarded_at"),
    Index(None, "guild_id", "user_id", "awarded_at"),
    Index(None, "guild_id", "raid_id"),
    clustered=True,
)
"""The loot history; `pools` is a JSON list of ids, `shared_with` one of users among whom the price was shared out in
zero-sum pools; `user_id` is NULL where nobody got it. The names are those of then.
"""

award_drafts: Final = table(
    "award_drafts",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("raid_id", Id, nullable=False),
    Column("item_id", Id),
    Column("user_id", Id),
    Column("item_name", _ItemName, nullable=False),
    Column("name", Name, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("cost", Hundredths),
    Column("rot", Flag, nullable=False),
    Column("local_time", Word, nullable=False),
    Column("sha256", Word, nullable=False),
    Column("line", Id, nullable=False),
    Column("fingerprint", Word, nullable=False),
    Column("status", Word, nullable=False),
    Column("awards", LongText, nullable=False),
    Column("drafted_at", Moment, nullable=False),
    Column("note", LongText, nullable=False),
    Column("reason", LongText, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    UniqueConstraint("guild_id", "raid_id", "fingerprint"),
    Index(None, "guild_id", "fingerprint"),
    clustered=True,
)
"""What files tell of loot, for officers to award or to dismiss; `awards` is a JSON list of ids. `user_id` and `item_id`
are whom and what the names as read were known to be when they were drafted."""

standing_bids: Final = table(
    "standing_bids",
    Column("guild_id", Id, nullable=False),
    Column("item_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("ceiling", Hundredths, nullable=False),
    Column("left_at", Moment, nullable=False),
    Column("character_name", Name, nullable=False),
    PrimaryKeyConstraint("guild_id", "item_id", "user_id"),
    Index(None, "guild_id", "user_id"),
    clustered=True,
)
"""Bids that wait for their auction."""

chat_lines: Final = table(
    "chat_lines",
    Column("guild_id", Id, nullable=False),
    Column("fingerprint", Word, nullable=False),
    PrimaryKeyConstraint("guild_id", "fingerprint"),
    clustered=True,
)
"""Fingerprints of the lines of chat that were applied."""
