"""`dkp item-pool`: sets of items, and the pool each is paid from."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import ItemPoolId
from dkp_core.points import ChangeItemPool, CreateItemPool, ItemPoolRow, ListItemPools
from dkp_entrypoints.cli.answering import answer, answer_rows
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import item_pool, pool_id

app = family("item-pool", "Sets of items, and the pool each is paid from.")

POOL = Annotated[str | None, typer.Option(metavar="POOL", help="The pool it is paid from: an id or a name.")]


@command(app, "list", ListItemPools)
def list_item_pools(call: Call) -> None:
    answer_rows(
        call, call.use_cases().list_item_pools()(by=call.by()), ("id", "name", "pools"), nothing="No item pool."
    )


@command(app, "add", CreateItemPool, changes=True)
def add(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The item pool's name.")],
    pool: POOL = None,
) -> None:
    def added(by: Actor) -> ItemPoolRow:
        made = call.use_cases().create_item_pool()(name=name, pool_id=pool_id(call, pool), by=by)
        return _row(call, made.id, by)

    answer(call, call.change(added))


@command(app, "set", ChangeItemPool, changes=True)
def set_item_pool(
    call: Call,
    item_pool_: Annotated[str, typer.Argument(metavar="ITEM_POOL", help="An id or a name.")],
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    pool: POOL = None,
) -> None:
    def changed(by: Actor) -> ItemPoolRow:
        found = item_pool(call, item_pool_)
        call.use_cases().change_item_pool()(found.id, name=name, pool_id=pool_id(call, pool), by=by)
        return _row(call, found.id, by)

    answer(call, call.change(changed))


def _row(call: Call, wanted: ItemPoolId, by: Actor) -> ItemPoolRow:
    return next(row for row in call.use_cases().list_item_pools()(by=by) if row.id == wanted)
