"""`dkp attendance`: who is there how often."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.raids import ListAttendanceShares
from dkp_entrypoints.cli.answering import ORDER, answer_rows
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.naming import pool_id, user_id

app = alone("attendance")

_COLUMNS = {
    "username": "member",
    "main_character": "main",
    "attended_30": "attended",
    "held_30": "of 30 d",
    "attendance_30": "%",
    "attendance_60": "60 d %",
    "attendance_90": "90 d %",
    "attendance_lifetime": "all %",
    "last_raid": "last raid",
}


@command(app, "attendance", ListAttendanceShares, remote=True)
def attendance(
    call: Call,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only of this user.")] = None,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="Only raids that award in this pool.")] = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="Also who is no active member any more.")] = False,
    order: ORDER = "",
) -> None:
    rows = call.use_cases().list_attendance_shares()(
        user_id=None if user is None else user_id(call, user),
        pool_id=pool_id(call, pool),
        everyone=everyone,
        ordering=order,
        by=call.by(),
    )
    answer_rows(call, rows, _COLUMNS, nothing="Nobody.")
