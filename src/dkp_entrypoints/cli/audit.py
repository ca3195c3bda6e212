"""`dkp audit`: the audit log."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer
from attrs import frozen

from dkp_core.guilds import ShowAuditLog
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ports import AuditFilter, AuditRow
from dkp_entrypoints.cli.answering import answer_rows, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.moments import moment

app = alone("audit")

LIMIT = 100


@frozen(kw_only=True)
class _Line:
    """An event as people read it."""

    at: datetime
    name: str
    what: str
    by: str
    entrypoint: str
    data: str


@command(app, "audit", ShowAuditLog)
def audit(
    call: Call,
    name: Annotated[str | None, typer.Option(help="Only what happened, such as raid_cancelled.")] = None,
    aggregate: Annotated[str | None, typer.Option(help="Only what it happened to, such as raid or character.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="Only the one of this id.")] = None,
    actor_kind: Annotated[ActorKind | None, typer.Option(help="Only who acted, such as user or operator.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only the actor of this id.")] = None,
    since: Annotated[str | None, typer.Option(help="Only from this time on.")] = None,
    until: Annotated[str | None, typer.Option(help="Only before this time.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the latest.")] = LIMIT,
) -> None:
    wanted = AuditFilter(
        name=name,
        aggregate=aggregate,
        aggregate_id=id_,
        actor_kind=actor_kind,
        actor_id=actor,
        since=moment(call, since, "since"),
        until=moment(call, until, "until"),
    )
    rows = every(lambda page: call.use_cases().show_audit_log()(wanted, page=page, by=call.by()), limit)
    if call.as_json:
        answer_rows(call, rows, ())
    else:
        answer_rows(call, map(_line, rows), ("at", "name", "what", "by", "entrypoint", "data"), nothing="Nothing.")


def _line(row: AuditRow) -> _Line:
    return _Line(
        at=row.at,
        name=row.name,
        what=f"{row.aggregate} {row.aggregate_id}",
        by=_actor(row),
        entrypoint=row.entrypoint,
        data=json.dumps(dict(row.data), ensure_ascii=False),
    )


def _actor(row: AuditRow) -> str:
    """Who did it: the kind and the id, and by which name they are known where the id is another system's."""
    known = row.actor_kind if row.actor_kind == row.actor_id else f"{row.actor_kind} {row.actor_id}"
    return known if row.actor_name is None else f"{known} ({row.actor_name})"
