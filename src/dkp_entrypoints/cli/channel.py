"""`dkp guild channel`: where a guild's notices go on Discord."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.notices import Channel, ChannelRow, SetChannelWebhook, ShowChannels
from dkp_entrypoints.cli.answering import answer, answer_rows
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.printing import note

app = family("channel", "Where the guild's notices go on Discord.")

STDIN = "-"
URL_LENGTH_MAX = 1000


@command(app, "list", ShowChannels)
def list_channels(call: Call) -> None:
    rows = call.use_cases().show_channels()(by=call.by())
    answer_rows(call, rows, ("channel", "is_set", "webhook_id", "set_at", "dead_at", "fault"))


@command(app, "set", SetChannelWebhook, changes=True)
def set_channel(
    call: Call,
    channel: Annotated[Channel, typer.Argument(metavar="CHANNEL", help="recruiters, members or officers.")],
    webhook: Annotated[
        str | None, typer.Argument(metavar="[WEBHOOK]", help="Its URL, a secret; - reads it from standard input.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Tell nothing there any more.")] = False,
) -> None:
    if (webhook is None) is not none:
        raise InvalidValue("webhook", "there is none, or one too many", "a URL, - for standard input, or --none")
    url = sys.stdin.readline(URL_LENGTH_MAX) if webhook == STDIN else webhook

    def changed(by: Actor) -> ChannelRow:
        row: ChannelRow = call.use_cases().set_channel_webhook()(channel, url, by=by)
        return row

    row = call.change(changed)
    answer(call, row, without=("warning",))
    if row.warning and not call.as_json:
        note(row.warning)
