"""`dkp priority`: who comes first in a pool by its point system."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.loot import ShowPriorities
from dkp_core.points import StandingsFilter
from dkp_entrypoints.cli.answering import answer_rows
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.naming import default_pool

app = alone("priority")

_COLUMNS = {
    "position": "#",
    "main_character": "main",
    "username": "member",
    "character_class": "class",
    "rank": "rank",
    "priority": "priority",
    "current": "current",
    "ep": "EP",
    "gp": "GP",
    "attendance": "attended %",
    "list_position": "place",
    "start_position": "started at",
}


@command(app, "priority", ShowPriorities, remote=True)
def priority(
    call: Call,
    pool: Annotated[
        str | None, typer.Argument(metavar="[POOL]", help="An id or a name; the guild's default, unless given.")
    ] = None,
    character_class: Annotated[str | None, typer.Option("--class", help="Only mains of this class.")] = None,
    rank: Annotated[str | None, typer.Option(help="Only mains of this rank.")] = None,
    search: Annotated[str, typer.Option(help="A part of the member's or the main's name.")] = "",
    everyone: Annotated[bool, typer.Option("--everyone", help="Also who is no active member any more.")] = False,
) -> None:
    wanted = StandingsFilter(character_class=character_class, rank=rank, search=search, everyone=everyone)
    found = default_pool(call, pool)
    rows = call.use_cases().show_priorities()(found.id, wanted, by=call.by())
    columns = {name: title for name, title in _COLUMNS.items() if any(getattr(row, name) is not None for row in rows)}
    answer_rows(call, rows, columns, decimals=found.decimals, nothing="Nobody.")
