"""`dkp raid attendance`: who was at a raid, corrected."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.raids import ChangeAttendance, Corrected, LineChange, Presence, RemoveAttendance
from dkp_entrypoints.cli.answering import answer
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import character, raid_id, user_id
from dkp_entrypoints.cli.printing import print_rows

app = family("attendance", "Who was at a raid, corrected: the ledger follows, and tells who gains and loses.")

RAID = Annotated[str, typer.Argument(metavar="RAID", help="The raid's id.")]
NAMES = Annotated[list[str], typer.Argument(metavar="NAME...", help="Names as they stand at the tick.")]
TICK = Annotated[int | None, typer.Option(metavar="NUMBER", help="At which tick; the first, unless given.")]


@command(app, "change", ChangeAttendance, changes=True)
def change(
    call: Call,
    raid: RAID,
    names: NAMES,
    status: Annotated[Presence | None, typer.Option(help="How they were there.")] = None,
    character_: Annotated[
        str | None, typer.Option("--character", metavar="CHARACTER", help="Which character it was.")
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Whose it was.")] = None,
    tick: TICK = None,
) -> None:
    def changed(by: Actor) -> Corrected:
        lines = [
            LineChange(
                name=name,
                presence=status,
                character_id=None if character_ is None else character(call, character_).id,
                user_id=None if user is None else user_id(call, user),
            )
            for name in names
        ]
        return call.use_cases().change_attendance()(raid_id(call, raid), lines, tick=tick, by=by)

    tell(call, call.change(changed))


@command(app, "remove", RemoveAttendance, changes=True)
def remove(call: Call, raid: RAID, names: NAMES, tick: TICK = None) -> None:
    def removed(by: Actor) -> Corrected:
        return call.use_cases().remove_attendance()(raid_id(call, raid), names, tick=tick, by=by)

    tell(call, call.change(removed))


def tell(call: Call, corrected: Corrected) -> None:
    """What a correction came to, and who gains and loses."""
    answer(call, corrected, without=("applied", "paid_anew"))
    if not call.as_json:
        print()
        columns = ("user_id", "pool_id", "before", "after", "difference")
        print_rows(corrected.paid_anew, columns, zone=call.guild().timezone, nothing="Nobody gains or loses.")
