"""Exports compared: what they hold, whichever ids things have."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.guild_export import SqlPacking
from dkp_adapters.sql.guild_export.moved_bids import keeping
from dkp_adapters.sql.guild_export.surveying import reading_of, rows_of
from dkp_adapters.sql.references import GUILD, Rewriting
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import GuildId
from dkp_core.moving import ExportGuild, GuildImported, ImportExportedGuild, PackedAs, Unpacked

Tables = dict[str, list[list[Any]]]


def exported(database: SqlDatabase, guild_id: int, packed_as: PackedAs = PackedAs.JSON) -> bytes:
    """The export of a guild, whole."""
    out = io.BytesIO()
    ExportGuild(SqlPacking(database, "0"))(packed_as, out.write, by=operator("test", GuildId(guild_id)))
    return out.getvalue()


def imported(database: SqlDatabase, content: bytes, slug: str | None = None) -> Unpacked:
    """A new guild of an export."""
    use_case = ImportExportedGuild(SqlPacking(database, "0"))
    return use_case(io.BytesIO(content), "guild.json", slug=slug, by=operator("test"))


def told_by(content: bytes) -> Tables:
    """The rows of an export with every id replaced by its place among its kind; without what tells of its import.

    Bids tell what they were made as, which is the same wherever they went since.
    """
    rows: Tables = {}
    reading = reading_of(io.BytesIO(content))
    reading.header()
    for sheet, _, row in rows_of(reading):
        if sheet.name == "imports" or (sheet.name == "events" and row[5] == GuildImported.event_name()):
            continue
        keep = keeping(sheet.name)
        if keep is not None:
            keep(row)
        rows.setdefault(sheet.name, []).append(row)
    found: dict[str, set[int]] = {}

    def note(kind: str, number: int, /, *, loose: bool) -> int:  # as everybody who is shown ids
        found.setdefault(kind, set()).add(number)
        return number

    _shown(rows, note)
    places = {
        kind: {number: place for place, number in enumerate(sorted(numbers), 1)} for kind, numbers in found.items()
    }

    def place(kind: str, number: int, /, *, loose: bool) -> int:  # as above
        return 1 if kind == GUILD else places[kind][number]

    _shown(rows, place)
    for row in rows["users"]:
        row[0] = places["user"][row[0]]
    rows["guilds"][0][:2] = [1, ""]  # its id and its slug
    return {name: sorted(table, key=repr) for name, table in rows.items()}


def _shown(rows: Tables, seen: Callable[..., int]) -> None:
    from dkp_adapters.sql.guild_export.layout import sheets

    for name, table in rows.items():
        if name not in ("guilds", "users"):
            rewriting = Rewriting.of(name, sheets()[name].names)
            for row in table:
                rewriting(row, seen)
