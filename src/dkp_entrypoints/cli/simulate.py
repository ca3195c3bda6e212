"""`dkp simulate`: what if other policies had been in force."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from dkp_core.kernel.errors import InvalidValue
from dkp_core.raids import Simulate, what_if_of
from dkp_entrypoints.cli.answering import answer, answer_rows
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.naming import default_pool
from dkp_entrypoints.cli.policy_words import SHORT_FORMS, policies_from
from dkp_entrypoints.cli.printing import note

app = alone("simulate")

_COLUMNS: Final = {
    "position_then": "#",
    "climbs": "climbs",
    "main_character": "main",
    "username": "member",
    "current_now": "now",
    "current_then": "then",
    "difference": "difference",
}


@command(app, "simulate", Simulate)
def simulate(
    call: Call,
    pool: Annotated[
        str | None, typer.Option(metavar="POOL", help="An id or a name; the guild's default, unless given.")
    ] = None,
    policies: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help=f"A policy: {SHORT_FORMS}; or JSON.")
    ] = None,
    prices: Annotated[
        str | None, typer.Option(metavar="PERCENT", help="What part of what they cost items would cost, such as 50%.")
    ] = None,
    points: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EVENT_TYPE=POINTS", help="What raids of that kind would give: 150%, or so many at each tick."
        ),
    ] = None,
    months: Annotated[int, typer.Option(help="How many months of 30 days are replayed.")] = 12,
    everyone: Annotated[bool, typer.Option("--everyone", help="Also who is no active member any more.")] = False,
) -> None:
    by = call.by()
    what_if = what_if_of(policies_from(policies or ()), prices=prices, points=dict(map(_pair, points or ())))
    found = call.use_cases().simulate()(default_pool(call, pool).id, what_if, months=months, everyone=everyone, by=by)
    if call.as_json:
        answer(call, found)
        return
    answer_rows(call, found.rows, _COLUMNS, nothing="Nobody.")
    for kind in found.kinds:
        note(f"{kind.kind}: {kind.now} now, {kind.then} then.")
    note(
        f"{found.pool_name}, {found.entries} entries replayed: {found.gain} gain, {found.lose} lose, "
        f"{found.same} keep what they have; {found.total_now} points in all are {found.total_then} then. "
        "Nothing was changed."
    )


def _pair(text: str) -> tuple[str, str]:
    name, assigned, value = text.rpartition("=")
    if not assigned or not name.strip():
        raise InvalidValue("points", f"{text[:40]!r} sets nothing", "EVENT_TYPE=POINTS, such as Fear=150%")
    return name.strip(), value.strip()
