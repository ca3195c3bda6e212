"""`dkp standings`: the standings of a pool."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.kernel.errors import InvalidValue
from dkp_core.points import StandingsFilter
from dkp_entrypoints.cli.answering import ORDER, answer_rows
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.naming import default_pool

app = alone("standings")

_COLUMNS = {
    "position": "#",
    "main_character": "main",
    "username": "member",
    "character_class": "class",
    "rank": "rank",
    "earned": "earned",
    "spent": "spent",
    "adjusted": "adjusted",
    "current": "current",
    "held": "held",
    "available": "available",
    "attendance_30": "30 d %",
    "attendance_60": "60 d %",
    "attendance_90": "90 d %",
    "attendance_lifetime": "all %",
    "last_raid": "last raid",
}


@command(
    app,
    "standings",
    "The standings of a pool: active members by current points, with attendance and last raid.",
    remote=True,
)
def standings(
    call: Call,
    pool: Annotated[
        str | None, typer.Option(metavar="POOL", help="An id or a name; the guild's default, unless given.")
    ] = None,
    character_class: Annotated[str | None, typer.Option("--class", help="Only mains of this class.")] = None,
    rank: Annotated[str | None, typer.Option(help="Only mains of this rank.")] = None,
    search: Annotated[str, typer.Option(help="A part of the member's or the main's name.")] = "",
    everyone: Annotated[bool, typer.Option("--everyone", help="Also who is no active member any more.")] = False,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Only lines whose column is that; current_min=100 is at least, attendance_30_max=50 at most.",
        ),
    ] = None,
    order: ORDER = "",
) -> None:
    wanted = StandingsFilter(character_class=character_class, rank=rank, search=search, everyone=everyone)
    found = default_pool(call, pool)
    narrowed = dict(_condition(each) for each in where or ())
    rows = call.use_cases().show_standings()(found.id, wanted, where=narrowed, ordering=order, by=call.by())
    answer_rows(call, rows, _COLUMNS, decimals=found.decimals, nothing="Nobody has a place in the standings yet.")


def _condition(text: str) -> tuple[str, str]:
    column, assigned, value = text.partition("=")
    if not assigned:
        raise InvalidValue("where", f"{text[:40]!r} says nothing of a column", "COLUMN=VALUE, such as current_min=100")
    return column.strip(), value.strip()
