"""`dkp backup`: the whole database in one file that proves itself."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.printing import print_json

app = alone("backup")

ABOUT = """Back the whole database up into one file, while everything goes on working on it.

SQLite is copied by its own backup function; PostgreSQL needs pg_dump and pg_restore, MariaDB mariadb-dump. The file is
read again before it gets its name, and holds its checksum, its revision and the rows of each table. It holds everything
but the settings: keep it as safe as the database, and secret_key and encryption_keys elsewhere."""


@command(app, "backup", ABOUT, guild=False)
def backup(
    call: Call,
    to: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE|FOLDER]", help="Where to; else the folder of the setting backup_dir, else this one."
        ),
    ] = None,
) -> None:
    from dkp_adapters.sql.backup import back_up, file_for
    from dkp_entrypoints.version import own_version

    settings = call.settings()
    at = datetime.now(UTC)
    path = Path(to or settings.backup_dir or ".")
    if not to or to.endswith(os.sep) or path.is_dir():
        path = path / file_for(settings.database_url, at)
    made = back_up(settings.database_url, path, at=at, program=own_version())
    if call.as_json:
        print_json({"file": str(made.path), "bytes": made.bytes, "rows": made.manifest.rows, "manifest": made.manifest})
    else:
        print(f"{made.path}: {made.manifest.rows} rows in {len(made.manifest.tables)} tables, {made.bytes} bytes.")
