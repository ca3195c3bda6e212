"""`dkp merge`: users who turned out to be one person, and taking that back."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import MergeId
from dkp_core.points import ListMerges, MergeFilter, MergeRow, ShowMerge, UndoMerge
from dkp_entrypoints.cli.answering import LIMIT, answer, answer_rows, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import user_id

app = family("merge", "Users who turned out to be one person, or were unlinked; `dkp user merge` makes one.")

MERGE = Annotated[int, typer.Argument(metavar="MERGE", help="Its id, as dkp merge list shows it.")]


@command(app, "list", ListMerges)
def list_merges(
    call: Call,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only those of this user, on either side.")] = None,
    undone: Annotated[
        bool | None, typer.Option("--undone/--standing", help="Only those that were undone, or that stand.")
    ] = None,
    limit: LIMIT = None,
) -> None:
    wanted = MergeFilter(user_id=None if user is None else user_id(call, user), undone=undone)
    rows = every(lambda page: call.use_cases().list_merges()(wanted, page=page, by=call.by()), limit)
    columns = ("id", "kind", "user_id", "username", "into", "into_username", "characters", "at", "reason", "undone_at")
    answer_rows(call, rows, columns, nothing="No merge.")


@command(app, "show", ShowMerge)
def show(call: Call, merge: MERGE) -> None:
    answer(call, call.use_cases().show_merge()(MergeId(merge), by=call.by()))


@command(app, "undo", UndoMerge, changes=True)
def undo(call: Call, merge: MERGE, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    def undone(by: Actor) -> MergeRow:
        call.use_cases().undo_merge()(MergeId(merge), reason=reason, by=by)
        return call.use_cases().show_merge()(MergeId(merge), by=by)

    answer(call, call.change(undone))
