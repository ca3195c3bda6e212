"""`dkp restore`: back from a backup, and the proof that everything adds up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dkp_core.kernel.actor import operator
from dkp_core.kernel.errors import InvalidValue
from dkp_entrypoints.cli.call import ENTRYPOINT, Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.exit_codes import ExitCode
from dkp_entrypoints.cli.printing import note, plain, print_json
from dkp_entrypoints.cli.verify import tell

app = alone("restore")

ABOUT = """Make the database what a backup holds, at this program's revision, and recount it as dkp verify does.

Stop dkp everywhere first. The file is proven whole before anything is touched. A database that holds something is
replaced with --overwrite and --yes alone. PostgreSQL needs pg_restore and psql, MariaDB mariadb. Keys and sessions that
were ended, and people who were erased since the backup was made, are back as they were: end and erase them anew."""


@command(app, "restore", ABOUT, guild=False, changes=True)
def restore(
    call: Call,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file that dkp backup, or the worker, has written.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is in the database, all of it, with --yes.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do replace it; it can't be undone.")] = False,
) -> None:
    from dkp_adapters.sql.backup import planned
    from dkp_adapters.sql.backup import restore as restored

    url, path = call.settings().database_url, Path(file)
    plan = planned(url, path, overwrite=overwrite)
    if call.dry_run:
        if call.as_json:
            print_json({"plan": plan, "dry_run": True})
            return
        note("Dry run: this is what would be; nothing was changed.")
        made = f"{plan.manifest.made_at:%Y-%m-%d %H:%M} UTC at revision {plan.manifest.revision}"
        print(f"{path.name} is whole, of {made}: {plan.manifest.rows} rows in {len(plan.manifest.tables)} tables.")
        print(f"{plan.rows} rows in {plan.tables} tables of {plan.database} would be given up for them.")
        return
    if plan.tables and not yes:
        fault = f"{plan.rows} rows in {plan.tables} tables of {plan.database} would be given up, for good"
        raise InvalidValue("yes", fault, "--yes, or --dry-run to look at what would be")
    status = restored(url, path, overwrite=overwrite, progress=note)
    found = call.use_cases().verify()(by=operator(ENTRYPOINT))
    if call.as_json:
        told = {"file": file, "rows": plan.manifest.rows, "revision": status.revision}
        print_json({**told, "verified": {"clean": found.clean, **plain(found)}, "dry_run": False})
    else:
        print(f"The database is what {path.name} holds, at revision {status.revision}.")
        tell(found)
    if not found.clean:
        raise typer.Exit(ExitCode.DIFFERENCES)
