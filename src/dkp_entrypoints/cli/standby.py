"""`dkp raid standby`: members who stand by at a raid, as they claim it themselves."""

from __future__ import annotations

from typing import Annotated

import typer
from attrs import evolve

from dkp_core.kernel.actor import Actor
from dkp_core.raids import AttendanceRow, ClaimStandby, WithdrawStandby
from dkp_entrypoints.cli.answering import answer, done
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import character, raid_id

app = family("standby", "Standby that members claim: a CHARACTER stands by, and its owner is who claims it.")

RAID = Annotated[str, typer.Argument(metavar="RAID", help="The raid's id.")]
CHARACTER = Annotated[str, typer.Argument(metavar="CHARACTER", help="Who stands by.")]
TICK = Annotated[int | None, typer.Option(metavar="NUMBER", help="At which tick; the latest, unless given.")]


@command(app, "claim", ClaimStandby, changes=True)
def claim(call: Call, raid: RAID, character_: CHARACTER, tick: TICK = None) -> None:
    def claimed(by: Actor) -> AttendanceRow:
        found, row = raid_id(call, raid), character(call, character_)
        line = call.use_cases().claim_standby()(
            found, character_id=row.id, tick=tick, by=evolve(by, user_id=row.user_id)
        )
        lines = call.use_cases().show_attendance()(found, by=by)
        return next(each for each in lines if (each.tick, each.name) == (line.tick, line.name))

    answer(call, call.change(claimed))


@command(app, "withdraw", WithdrawStandby, changes=True)
def withdraw(call: Call, raid: RAID, character_: CHARACTER, tick: TICK = None) -> None:
    found = raid_id(call, raid)

    def withdrawn(by: Actor) -> None:
        row = character(call, character_)
        call.use_cases().withdraw_standby()(found, character_id=row.id, tick=tick, by=evolve(by, user_id=row.user_id))

    call.change(withdrawn)
    done(call, f"{character_} does not stand by at raid {found} any more.", id=found, character=character_)
