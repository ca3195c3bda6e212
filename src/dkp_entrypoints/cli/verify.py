"""`dkp verify`: proving that what is kept equals what it adds up to."""

from __future__ import annotations

import sys

import typer

from dkp_core.kernel.actor import operator
from dkp_core.points import Verification, Verify
from dkp_entrypoints.cli.call import ENTRYPOINT, Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.exit_codes import ExitCode
from dkp_entrypoints.cli.printing import note, plain, print_json, print_rows

app = alone("verify")


@command(app, "verify", Verify, guild=False)
def verify(call: Call) -> None:
    def progress(what: str) -> None:
        if sys.stderr.isatty():
            note(what)

    found = call.use_cases().verify()(progress=progress, by=operator(ENTRYPOINT))
    if call.as_json:
        print_json({"clean": found.clean, **plain(found)})
    else:
        tell(found)
    if not found.clean:
        raise typer.Exit(ExitCode.DIFFERENCES)


def tell(found: Verification) -> None:
    """Tell a person what was found."""
    told = f"{found.guilds} guilds, {found.balances} balances and {found.entries} entries were recounted"
    if found.clean:
        print(f"{told}: everything adds up.")
    else:
        print_rows(found.differences, ("guild_id", "what", "pool_id", "user_id", "kept", "counted"))
        print(f"{told}: {len(found.differences)} differences.")
    if found.overbids:
        print_rows(found.overbids, ("guild_id", "award_id", "user_id", "pool_id", "price"))
        print(f"{len(found.overbids)} prices are overbids that an officer let pass.")
