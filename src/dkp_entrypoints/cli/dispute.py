"""`dkp dispute`: what members say is wrong with their entries."""

from __future__ import annotations

from typing import Annotated

import typer
from attrs import evolve

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import DisputeId, EntryId, UserId
from dkp_core.loot import UpholdDispute
from dkp_core.points import (
    DisputeEntry,
    DisputeFilter,
    DisputeRow,
    DisputeStatus,
    ListDisputes,
    RejectDispute,
    ShowDispute,
    WithdrawDispute,
)
from dkp_entrypoints.cli.answering import LIMIT, answer, answer_rows, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import pool_id, user_id

app = family("dispute", "What members say is wrong with their entries, and what officers answer.")

DISPUTE = Annotated[int, typer.Argument(metavar="DISPUTE", help="Its id, as dkp dispute list shows it.")]
REASON = Annotated[str, typer.Option(help="Why, which the member is told.")]


@command(app, "list", ListDisputes)
def list_disputes(
    call: Call,
    status: Annotated[DisputeStatus | None, typer.Option(help="Only disputes of this status.")] = None,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="Only of this pool.")] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only about entries of this user.")] = None,
    limit: LIMIT = None,
) -> None:
    wanted = DisputeFilter(
        status=status, pool_id=pool_id(call, pool), user_id=None if user is None else user_id(call, user)
    )
    rows = every(lambda page: call.use_cases().list_disputes()(wanted, page=page, by=call.by()), limit)
    columns = ("id", "made_by_name", "entry_id", "amount", "entry_reason", "text", "status", "made_at", "reason")
    answer_rows(call, rows, columns, nothing="No dispute.")


@command(app, "show", ShowDispute)
def show(call: Call, dispute: DISPUTE) -> None:
    answer(call, call.use_cases().show_dispute()(DisputeId(dispute), by=call.by()))


@command(app, "make", DisputeEntry, changes=True)
def make(
    call: Call,
    entry: Annotated[int, typer.Argument(metavar="ENTRY", help="Its id, as dkp points history shows it.")],
    user: Annotated[str, typer.Option("--for", metavar="USER", help="Whose entry it is, and who disputes it.")],
    text: Annotated[str, typer.Option(help="What is wrong with it.")],
) -> None:
    def made(_: Actor) -> DisputeRow:
        found = user_id(call, user)
        by = _as(call, found)
        dispute = call.use_cases().dispute_entry()(found, EntryId(entry), text=text, by=by)
        return call.use_cases().show_dispute()(dispute.id, by=by)

    answer(call, call.change(made))


@command(app, "withdraw", WithdrawDispute, changes=True)
def withdraw(call: Call, dispute: DISPUTE) -> None:
    def withdrawn(by: Actor) -> DisputeRow:
        row = call.use_cases().show_dispute()(DisputeId(dispute), by=by)
        call.use_cases().withdraw_dispute()(row.id, by=_as(call, row.made_by))
        return call.use_cases().show_dispute()(row.id, by=by)

    answer(call, call.change(withdrawn))


@command(app, "uphold", UpholdDispute, changes=True)
def uphold(call: Call, dispute: DISPUTE, reason: REASON = "") -> None:
    def upheld(by: Actor) -> DisputeRow:
        call.use_cases().uphold_dispute()(DisputeId(dispute), reason=reason, by=by)
        return call.use_cases().show_dispute()(DisputeId(dispute), by=by)

    answer(call, call.change(upheld))


@command(app, "reject", RejectDispute, changes=True)
def reject(call: Call, dispute: DISPUTE, reason: REASON) -> None:
    def rejected(by: Actor) -> DisputeRow:
        call.use_cases().reject_dispute()(DisputeId(dispute), reason=reason, by=by)
        return call.use_cases().show_dispute()(DisputeId(dispute), by=by)

    answer(call, call.change(rejected))


def _as(call: Call, user: UserId) -> Actor:
    """The operator, for what is the user's own."""
    return evolve(call.by(), user_id=user)
