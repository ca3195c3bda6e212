"""Kinds of raids, raids, who was there, and the files that tell of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, UniqueConstraint

from dkp_adapters.sql.tables import (
    Bytes,
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

NEVER: Final = 2**62
"""Stands for a moment that has not come, where a moment has to compare as later than all others."""

event_types: Final = table(
    "event_types",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("name", Name, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("pools", LongText, nullable=False),
    Column("default_points", Hundredths, nullable=False),
    Column("modifier", Word, nullable=False),
    Column("description", LongText, nullable=False),
    Column("metadata", LongText, nullable=False),
    Column("item_pools", LongText, nullable=False),
    Column("active", Flag, nullable=False),
    Column("external_id", ExternalId),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    UniqueConstraint("guild_id", "name_key"),
    clustered=True,
)
"""Kinds of raids; `pools` and `item_pools` are JSON lists of ids, `metadata` a JSON object, `modifier` a decimal."""

raids: Final = table(
    "raids",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("event_type_id", Id, nullable=False),
    Column("title", Name, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment),
    Column("leader", Id),
    Column("points", Hundredths, nullable=False),
    Column("status", Word, nullable=False),
    Column("pools", LongText, nullable=False),
    Column("note", LongText, nullable=False),
    Column("note_key", LongText, nullable=False),
    Column("ticks", LongText, nullable=False),
    Column("ticks_count", Integer, nullable=False),
    Column("corrected", Flag, nullable=False),
    Column("attendees", Integer, nullable=False),
    Column("unresolved", Integer, nullable=False),
    Column("counts", Flag, nullable=False),
    Column("external_id", ExternalId),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "id"),
    Index(None, "guild_id", "starts_at", "counts"),
    Index(None, "guild_id", "external_id"),
    clustered=True,
)
"""Raids that took place. `pools` is a JSON list of ids, `ticks` one of [number, name, at, points]: read and locked with
the raid, a tick can't be missed by who waited for the lock.

`corrected` says that attendance of it was removed, so that the ledger may name it though nothing else does.
`attendees` (users who attended) and `unresolved` (names that stand for nobody) are counted when attendance is taken;
`counts` says whether the raid counts for attendance: it stands, and has points or any line of attendance (D-15).
"""

attendance: Final = table(
    "attendance",
    Column("guild_id", Id, nullable=False),
    Column("raid_id", Id, nullable=False),
    Column("tick", Integer, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("name", Name, nullable=False),
    Column("status", Word, nullable=False),
    Column("character_id", Id),
    Column("user_id", Id),
    Column("awarded", Hundredths, nullable=False),
    Column("at", Moment, nullable=False),
    Column("upload_id", Id),
    Column("line", Integer),
    Column("ignored", Flag, nullable=False),
    Column("elsewhere", LongText),
    Column("alt", Flag, nullable=False),
    Column("claimed", Flag, nullable=False),
    Column("waived", LongText),
    Column("counts", Flag, nullable=False),
    PrimaryKeyConstraint("guild_id", "raid_id", "tick", "name_key"),
    clustered=True,
)
"""Names at ticks: a line for each, as it was read.

`awarded` is what each of the raid's pools paid for it, but for those that `elsewhere` names, a JSON object of
hundredths by pool. `waived` is a JSON list of pools that pay its owner nothing for the tick, NULL where there are none.
`alt` and `counts` (it counts as attended) are as they were judged.
"""

unresolved_names: Final = table(
    "unresolved_names",
    Column("guild_id", Id, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("raid_id", Id, nullable=False),
    Column("tick", Integer, nullable=False),
    PrimaryKeyConstraint("guild_id", "name_key", "raid_id", "tick"),
    Index(None, "guild_id", "raid_id", "name_key"),
    clustered=True,
)
"""Which lines of attendance in raids that stand wait for somebody, by name."""

uploads: Final = table(
    "uploads",
    Column("guild_id", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("sha256", letters(64), nullable=False),
    Column("check_named", Word, nullable=False),
    Column("file_name", LongText, nullable=False),
    Column("format", Word, nullable=False),
    Column("parser_version", Integer, nullable=False),
    Column("size", Id, nullable=False),
    Column("zone", Word, nullable=False),
    Column("zone_named", Flag, nullable=False),
    Column("whole", Flag, nullable=False),
    Column("raid_id", Id, nullable=False),
    Column("tick", Integer, nullable=False),
    Column("actor_kind", Word, nullable=False),
    Column("actor_id", letters(128), nullable=False),
    Column("uploaded_at", Moment, nullable=False),
    Column("content", Bytes),
    PrimaryKeyConstraint("guild_id", "id"),
    Index(None, "guild_id", "sha256"),
    Index(None, "guild_id", "actor_id", "actor_kind"),
)
"""Files as they came, with what they made; `content` is gone once it was pruned (D-14)."""

sightings: Final = table(
    "sightings",
    Column("guild_id", Id, nullable=False),
    Column("raid_id", Id, nullable=False),
    Column("tick", Integer, nullable=False),
    Column("upload_id", Id, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("name", Name, nullable=False),
    Column("status", Word, nullable=False),
    Column("line", Integer),
    PrimaryKeyConstraint("guild_id", "raid_id", "tick", "upload_id", "name_key"),
    clustered=True,
)
"""What files say of ticks: a row for each name in each file, whatever became of it in attendance (D-12)."""

decisions: Final = table(
    "decisions",
    Column("guild_id", Id, nullable=False),
    Column("raid_id", Id, nullable=False),
    Column("tick", Integer, nullable=False),
    Column("name_key", NameKey, nullable=False),
    Column("name", Name, nullable=False),
    Column("status", Word),
    Column("upload_id", Id, nullable=False),
    PrimaryKeyConstraint("guild_id", "raid_id", "tick", "name_key"),
    clustered=True,
)
"""What was decided of names that files disagreed on: the status, or NULL where they were absent; up to which upload."""

# --- attendance, summed up (D-9) --------------------------------------------------------------------------------------

attended: Final = table(
    "attended",
    Column("guild_id", Id, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("raid_id", Id, nullable=False),
    Column("present", Flag, nullable=False),
    # By time: the windows of everybody are one range.
    PrimaryKeyConstraint("guild_id", "starts_at", "user_id", "raid_id"),
    clustered=True,
)
"""A row for each raid that counts and user who attended it at some tick, or (`present` 0) was only excused from it."""

attendance_totals: Final = table(
    "attendance_totals",
    Column("guild_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("attended", Id, nullable=False),
    Column("excused", Id, nullable=False),
    # Both above `since`: MariaDB assigns in this order, and what they become depends on what `since` was.
    Column("held_before", Id),
    Column("since", Moment, nullable=False),
    Column("last_raid", Moment),
    Column("version", Id, nullable=False),
    PrimaryKeyConstraint("guild_id", "user_id"),
    clustered=True,
)
"""A user's attendance from the beginning: raids attended, the last of them, and since when raids count for the user
(joined, or the first attended; NEVER where there is neither).

`held_before` are the raids that count and began before `since`, `excused` those since then that the user was excused
from. They are counted afresh when `since` moves or somebody is excused: until then `held_before` is NULL, neither is
to be used, and who asks counts for himself.
"""

raid_totals: Final = table(
    "raid_totals",
    Column("guild_id", Id, nullable=False),
    Column("held", Id, nullable=False),
    Column("version", Id, nullable=False),
    PrimaryKeyConstraint("guild_id"),
    clustered=True,
)
"""How many raids of a guild count. Who changes that holds this row, so that `held_before` is counted in peace."""
