"""Packing and unpacking guilds of a database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from attrs import frozen

from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.guild_export.csv_sheets import CsvSheets
from dkp_adapters.sql.guild_export.documents import JsonDocument
from dkp_adapters.sql.guild_export.layout import FORMAT, LEFT_OUT, VERSION
from dkp_adapters.sql.guild_export.rows import GuildRows
from dkp_adapters.sql.guild_export.secrecy import TOLD
from dkp_adapters.sql.guild_export.unpacking import Unpacking
from dkp_adapters.sql.snapshot import snapshot
from dkp_core.kernel.actor import Actor
from dkp_core.moving import Packed, PackedAs, Packing, Unpacked


@frozen
class SqlPacking(Packing):
    """Guilds of a database as files, in little memory however large they are."""

    database: SqlDatabase
    program: str = ""

    def pack(self, packed_as: PackedAs, into: Callable[[bytes], object], *, everything: bool, by: Actor) -> Packed:
        out: Any = JsonDocument(into) if packed_as is PackedAs.JSON else CsvSheets(into)
        counts: dict[str, int] = {}
        with self.database.reading(by.guild) as views:
            views.guild(by.guild)
        with snapshot(self.database.engine) as connection:
            out.begin(
                {
                    "format": FORMAT,
                    "version": VERSION,
                    "program": self.program,
                    "exported_at": self.database.clock.now().isoformat(),
                    "complete": everything,
                    "left_out": [*LEFT_OUT.values(), *([] if everything else TOLD)],
                }
            )
            for sheet, pieces in GuildRows(connection, by.guild, everything, by.user_id).pieces():
                counts[sheet.name] = out.table(sheet, pieces)
            out.end()
        return Packed(rows=counts, complete=everything)

    def unpack(self, file: BinaryIO, name: str, *, slug: str | None, by: Actor) -> Unpacked:
        return Unpacking(self.database, file, name, by).unpack(slug)
