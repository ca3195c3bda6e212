"""The options that every command takes, before or after its name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

# A place in the help of their own would need rich; they come last in each command's list.
DATABASE = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="The database, as a URL or the path of an SQLite file; else DKP_DATABASE_URL, else dkp.db here.",
    ),
]
GUILD = Annotated[
    str | None,
    typer.Option("--guild", metavar="SLUG", help="Which guild, where the database holds several; else DKP_GUILD."),
]
JSON = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
CONFIG = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", dir_okay=False, help="The file of settings; else DKP_CONFIG, else dkp.toml here."
    ),
]
SERVER = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        help="Ask the API at this address, instead of a database; else DKP_SERVER, unless --database is given.",
    ),
]
KEY = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="The API key for the server; else DKP_KEY, which other users of this machine do not see.",
    ),
]
INSECURE = Annotated[
    bool, typer.Option("--insecure", help="Send the key over plain http, though others may read it on its way.")
]
DRY_RUN = Annotated[bool, typer.Option("--dry-run", help="Show what would come of it, and change nothing.")]


@dataclass(frozen=True, slots=True)  # attrs would cost `dkp --help` a third of what it may take
class Asked:
    """What the common options say; None and False where they say nothing."""

    database: str | None = None
    guild: str | None = None
    as_json: bool = False
    config: Path | None = None
    dry_run: bool = False
    server: str | None = None
    key: str | None = None
    insecure: bool = False

    def over(self, before: object) -> Asked:
        """These, and where they say nothing, what was said before the command's name."""
        if not isinstance(before, Asked):
            return self
        return Asked(**{each.name: getattr(self, each.name) or getattr(before, each.name) for each in fields(self)})
