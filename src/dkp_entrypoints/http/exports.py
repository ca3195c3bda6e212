"""Exports over HTTP: all that a guild owns, as a file."""

from __future__ import annotations

from typing import Final

from dkp_core.kernel.permission import Permission
from dkp_core.moving import PackedAs
from dkp_entrypoints.http.downloading import Download
from dkp_entrypoints.http.operation import Call, Operations, Speed
from dkp_entrypoints.http.reading import Query

MEDIA: Final = {PackedAs.JSON: "application/json", PackedAs.CSV: "application/zip"}
ENDINGS: Final = {PackedAs.JSON: "json", PackedAs.CSV: "csv.zip"}

exports: Final = Operations("Exports")


class ExportQuery(Query, frozen=True, kw_only=True):
    """What an export is written as."""

    format: PackedAs = PackedAs.JSON


@exports.get("/api/exports/guild/", Permission.GUILD_EXPORT, speed=Speed.LONG, media=tuple(MEDIA.values()))
def export_guild(call: Call, query: ExportQuery) -> Download:
    """`format` is json (one document) or csv (a zip). The standings alone are `/api.php?function=points`.

    For officers in person: votes are among it, which no bot key may read.
    """
    guild = call.use_cases.show_guild()(by=call.by)
    export = call.use_cases.export_guild()
    return Download.of(
        lambda into: export(query.format, into, by=call.by),
        media=MEDIA[query.format],
        name=f"{guild.slug}.{ENDINGS[query.format]}",
    )
