"""`dkp batch`: what moves the points of many together: decay, caps, inactivity and bonuses."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import BatchId
from dkp_core.points import (
    BatchFilter,
    BatchKind,
    BatchPreview,
    BatchRow,
    ListBatches,
    ListBatchLines,
    PreviewBatch,
    ReverseBatch,
    RunBatch,
    ShowBatch,
    WantedRun,
)
from dkp_entrypoints.cli.answering import LIMIT, answer, answer_rows, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import pool_id
from dkp_entrypoints.cli.printing import note

app = family("batch", "What moves the points of many together: decay, caps, inactivity, bonuses, adjustments.")

BATCH = Annotated[int, typer.Argument(metavar="BATCH", help="Its id, as dkp batch list shows it.")]
KIND = Annotated[BatchKind, typer.Argument(metavar="KIND", help="decay, cap, inactivity or bonus.")]
RULE = Annotated[str, typer.Option(metavar="NAME", help="The name of the bonus, where the policies have several.")]
POOL = Annotated[str | None, typer.Option(metavar="POOL", help="An id or a name; the default pool, unless given.")]
PERIOD = Annotated[
    str | None,
    typer.Option(metavar="DAY", help="The run of this day, such as 2026-11-23, which was reversed."),
]
NOW = Annotated[bool, typer.Option("--now", help="Though none is due: in place of the next.")]
CHECKSUM = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="The checksum of a preview: exactly that is booked, or nothing."),
]

_COLUMNS = ("id", "pool_id", "kind", "rule", "period", "title", "at", "lines", "total", "recorded_at", "reversed_at")
_LINES = ("entry_id", "username", "main_character", "kind", "amount", "reason", "reversed_by")


def answer_preview(call: Call, preview: BatchPreview) -> None:
    """Answer with what a batch would book: to people who gets how much, and what it comes to."""
    if call.as_json:
        answer(call, preview)
        return
    columns = ("username", "main_character", "before", "amount", "cut", "after", "reason")
    answer_rows(call, preview.lines, columns, nothing="Nobody's points would move.")
    note(f"{preview.title}, for {preview.period or 'once'}: {preview.count} lines, {preview.total} in all.")
    note(f"Nothing was booked; --checksum {preview.checksum} books exactly this.")


@command(app, "list", ListBatches)
def list_batches(
    call: Call,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="Only of this pool.")] = None,
    kind: Annotated[BatchKind | None, typer.Option(help="Only of this kind.")] = None,
    reversed_: Annotated[
        bool | None, typer.Option("--reversed/--standing", help="Only those that were reversed, or were not.")
    ] = None,
    limit: LIMIT = None,
) -> None:
    wanted = BatchFilter(pool_id=pool_id(call, pool), kind=kind, reversed=reversed_)
    rows = every(lambda page: call.use_cases().list_batches()(wanted, page=page, by=call.by()), limit)
    answer_rows(call, rows, _COLUMNS, nothing="No batch.")


@command(app, "show", ShowBatch)
def show(call: Call, batch: BATCH) -> None:
    answer(call, call.use_cases().show_batch()(BatchId(batch), by=call.by()))


@command(app, "lines", ListBatchLines)
def lines(call: Call, batch: BATCH, limit: LIMIT = None) -> None:
    rows = every(lambda page: call.use_cases().list_batch_lines()(BatchId(batch), page=page, by=call.by()), limit)
    answer_rows(call, rows, _LINES, nothing="It booked nothing.")


@command(app, "preview", PreviewBatch)
def preview(
    call: Call, kind: KIND, rule: RULE = "", pool: POOL = None, period: PERIOD = None, now: NOW = False
) -> None:
    wanted = WantedRun(kind=kind, rule=rule, pool_id=pool_id(call, pool), period=period, now=now)
    answer_preview(call, call.use_cases().preview_batch()(wanted, by=call.by()))


@command(app, "run", RunBatch, changes=True)
def run(
    call: Call,
    kind: KIND,
    rule: RULE = "",
    pool: POOL = None,
    period: PERIOD = None,
    now: NOW = False,
    checksum: CHECKSUM = None,
    leave_out: Annotated[bool, typer.Option("--leave-out", help="Note it as made, and book nothing.")] = False,
) -> None:
    def made(by: Actor) -> BatchRow:
        wanted = WantedRun(kind=kind, rule=rule, pool_id=pool_id(call, pool), period=period, now=now)
        batch = call.use_cases().run_batch()(wanted, checksum=checksum, leave_out=leave_out, by=by)
        return call.use_cases().show_batch()(batch.id, by=by)

    answer(call, call.change(made))


@command(app, "reverse", ReverseBatch, changes=True)
def reverse(call: Call, batch: BATCH, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    def reversed_(by: Actor) -> BatchRow:
        made = call.use_cases().reverse_batch()(BatchId(batch), reason=reason, by=by)
        return call.use_cases().show_batch()(made.id, by=by)

    answer(call, call.change(reversed_))
