"""`dkp pool`: pools of points."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.loot import ShuffleStartList, StartListDraw
from dkp_core.points import ChangePool, CreatePool, ListPools, PoliciesRow, PoolRow, SetPolicies, ShowPolicies, ShowPool
from dkp_entrypoints.cli.answering import answer, answer_rows
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import pool
from dkp_entrypoints.cli.policy_words import SHORT_FORMS, policies_from
from dkp_entrypoints.cli.setting import answer_version, answer_versions

app = family("pool", "Pools of points: points in one can't buy in another. A POOL is an id or a name.")

POLICIES = Annotated[
    list[str],
    typer.Argument(metavar="NAME=VALUE...", help=f"What to set: {SHORT_FORMS}; or JSON."),
]
POOL = Annotated[str, typer.Argument(metavar="POOL", help="An id or a name.")]


@command(app, "list", ListPools)
def list_pools(call: Call) -> None:
    columns = ("id", "name", "unit", "decimals", "is_default", "archived")
    answer_rows(call, call.use_cases().list_pools()(by=call.by()), columns)


@command(app, "show", ShowPool)
def show(call: Call, pool_: POOL) -> None:
    answer(call, call.use_cases().show_pool()(pool(call, pool_).id, by=call.by()))


@command(app, "add", CreatePool, changes=True)
def add(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The pool's name.")],
    unit: Annotated[str, typer.Option(help="What a point is called.")] = "DKP",
    decimals: Annotated[int, typer.Option(help="How many decimals are shown, 0 to 2.")] = 2,
    default: Annotated[bool, typer.Option("--default", help="Make it the guild's default.")] = False,
) -> None:
    def added(by: Actor) -> PoolRow:
        made = call.use_cases().create_pool()(name=name, unit=unit, decimals=decimals, is_default=default, by=by)
        return call.use_cases().show_pool()(made.id, by=by)

    answer(call, call.change(added))


@command(app, "set", ChangePool, changes=True)
def set_pool(
    call: Call,
    pool_: POOL,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    unit: Annotated[str | None, typer.Option(help="What a point is called.")] = None,
    decimals: Annotated[int | None, typer.Option(help="How many decimals are shown, 0 to 2.")] = None,
    default: Annotated[bool | None, typer.Option("--default/--not-default", help="The guild's default.")] = None,
    archived: Annotated[
        bool | None, typer.Option("--archive/--restore", help="Whether no points move in it any more.")
    ] = None,
) -> None:
    def changed(by: Actor) -> PoolRow:
        found = pool(call, pool_)
        call.use_cases().change_pool()(
            found.id, name=name, unit=unit, decimals=decimals, is_default=default, archived=archived, by=by
        )
        return call.use_cases().show_pool()(found.id, by=by)

    answer(call, call.change(changed))


@command(app, "policies", ShowPolicies)
def policies(call: Call, pool_: POOL) -> None:
    answer_versions(call, call.use_cases().show_policies()(pool(call, pool_).id, by=call.by()))


@command(app, "set-policies", SetPolicies, changes=True)
def set_policies(call: Call, pool_: POOL, values: POLICIES) -> None:
    wanted = policies_from(values)

    def changed(by: Actor) -> PoliciesRow:
        return call.use_cases().set_policies()(pool(call, pool_).id, wanted, by=by)

    answer_version(call, call.change(changed))


@command(app, "shuffle", ShuffleStartList, changes=True)
def shuffle(call: Call, pool_: POOL) -> None:
    def drawn(by: Actor) -> StartListDraw:
        return call.use_cases().shuffle_start_list()(pool(call, pool_).id, by=by)

    answer(call, call.change(drawn))
