"""`dkp notice`: what was told, to whom, and what did not arrive."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import NoticeId
from dkp_core.notices import (
    Channel,
    DropNotice,
    ListNotices,
    NoticeFilter,
    NoticeRow,
    NoticeStatus,
    RecipientKind,
    ResendNotice,
    SendTestNotice,
)
from dkp_entrypoints.cli.answering import answer_rows, done, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import user_id

app = family("notice", "What was told in channels, by Discord and by e-mail, and what did not arrive.")

LIMIT = 100
NOTICE = Annotated[int, typer.Argument(metavar="NOTICE", min=1, help="The notice's id.")]
CHANNEL = Annotated[Channel, typer.Argument(metavar="CHANNEL", help="recruiters, members or officers.")]


@frozen(kw_only=True)
class _Line:
    """A notice as people read it."""

    id: int
    posted_at: datetime
    status: str
    to: str
    subject: str
    attempts: int
    fault: str


@command(app, "list", ListNotices)
def list_notices(
    call: Call,
    status: Annotated[NoticeStatus | None, typer.Option(help="Only those that stand so.")] = None,
    to: Annotated[RecipientKind | None, typer.Option(help="Only by this means.")] = None,
    user: Annotated[str | None, typer.Option(help="A person's own list instead, over all guilds.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the latest.")] = LIMIT,
) -> None:
    if user is not None:
        whose, own = user_id(call, user), call.use_cases().list_own_notices()
        rows = every(lambda page: own(page=page, user_id=whose, by=call.by()), limit)
        answer_rows(call, rows, ("id", "posted_at", "guild_name", "kind", "subject"), nothing="No notice.")
        return
    wanted = NoticeFilter(status=status, recipient_kind=to)
    found = every(lambda page: call.use_cases().list_notices()(wanted, page=page, by=call.by()), limit)
    if call.as_json:
        answer_rows(call, found, ())
    else:
        columns = ("id", "posted_at", "status", "to", "subject", "attempts", "fault")
        answer_rows(call, map(_line, found), columns, nothing="No notice.")


@command(app, "test", SendTestNotice, changes=True)
def test(call: Call, channel: CHANNEL) -> None:
    def sent(by: Actor) -> None:
        call.use_cases().send_test_notice()(channel, by=by)

    call.change(sent)
    done(call, f"A notice is on its way to the {channel} channel; the worker sends it.", channel=channel)


@command(app, "resend", ResendNotice, changes=True)
def resend(call: Call, notice: NOTICE) -> None:
    def resent(by: Actor) -> None:
        call.use_cases().resend_notice()(NoticeId(notice), by=by)

    call.change(resent)
    done(call, f"Notice {notice} is tried again; the worker sends it.", notice=notice)


@command(app, "drop", DropNotice, changes=True)
def drop(call: Call, notice: NOTICE) -> None:
    def dropped(by: Actor) -> None:
        call.use_cases().drop_notice()(NoticeId(notice), by=by)

    call.change(dropped)
    done(call, f"Notice {notice} is not sent.", notice=notice)


def _line(row: NoticeRow) -> _Line:
    return _Line(
        id=row.id,
        posted_at=row.posted_at,
        status=row.status,
        to=f"{row.recipient_kind} {row.recipient}" if row.recipient else row.recipient_kind,
        subject=row.subject or row.text,
        attempts=row.attempts,
        fault=row.fault or "",
    )
