"""`dkp import guild`: a new guild of an export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dkp_core.kernel.actor import operator
from dkp_core.kernel.errors import InvalidValue
from dkp_core.moving import ImportExportedGuild, Unpacked
from dkp_entrypoints.cli.call import ENTRYPOINT, Call
from dkp_entrypoints.cli.commanding import command
from dkp_entrypoints.cli.printing import note, print_json


def declare(app: typer.Typer) -> None:
    """Make it one of the ways to import."""
    command(app, "guild", ImportExportedGuild, changes=True, guild=False)(guild)


def guild(
    call: Call,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file that dkp export has written.")],
    slug: Annotated[
        str | None, typer.Option(metavar="SLUG", help="The new guild's name in addresses; else the one in the file.")
    ] = None,
) -> None:
    path = Path(file)
    try:
        opened = path.open("rb")
    except OSError as unreadable:
        fault = f"{file} can't be read ({unreadable.strerror})"
        raise InvalidValue("file", fault, "the path of a file that dkp export has written") from unreadable
    with opened as content:
        unpack = call.use_cases().import_exported_guild()
        made = call.once(lambda: unpack(content, path.name, slug=slug, by=operator(ENTRYPOINT)), long=True)
    if call.as_json:
        print_json({"guild": made, "dry_run": call.dry_run})
    else:
        _tell(made, dry_run=call.dry_run)


def _tell(made: Unpacked, *, dry_run: bool) -> None:
    rows = {name: count for name, count in made.rows.items() if count}
    people = f"{made.users_known} of its people are known here, {made.users_new} are new"
    print(f"{made.name}: {sum(rows.values())} rows in {len(rows)} tables add up; {people}.")
    if dry_run:
        note("Dry run: this is what would be; nothing was changed.")
        return
    print(f"It is guild {made.guild_id}, {made.slug}: name it with --guild {made.slug}.")
    print(f"dkp import undo {made.record.id} --guild {made.slug} takes it away again.")
