"""`dkp award draft`: what a log or an export tells of a raid's loot, to be awarded or dismissed."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AwardDraftId
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    AwardDraftRow,
    ConfirmAwardDraft,
    DismissAwardDraft,
    DraftAwards,
    DraftReport,
    DraftStatus,
    ListAwardDrafts,
    ShowAwardDraft,
)
from dkp_core.raids import DumpFormat
from dkp_entrypoints.cli.answering import LIMIT, answer, answer_rows, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.files import opened
from dkp_entrypoints.cli.naming import award_draft_id, known_item_id, pool_id, raid_id, whose
from dkp_entrypoints.cli.printing import note as tell
from dkp_entrypoints.cli.printing import print_json, print_rows

app = family("draft", "What a log or an export tells of a raid's loot. A RAID and a DRAFT are ids.")

RAID = Annotated[str, typer.Argument(metavar="RAID", help="The raid's id.")]
DRAFT = Annotated[str, typer.Argument(metavar="DRAFT", help="The draft's id.")]

_DRAFTS = ("id", "item", "character", "username", "quantity", "amount", "rot", "status", "local_time", "line")
_LINES = ("line", "outcome", "item", "character", "quantity", "amount", "draft_id", "drafted_for", "award_id", "detail")


@command(app, "make", DraftAwards, changes=True)
def make(
    call: Call,
    raid: RAID,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The log or export; - is standard input.")],
    format_: Annotated[
        DumpFormat | None, typer.Option("--format", help="What kind of file it is; recognised, unless given.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="The zone of its times; the last one named, else the guild's."),
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Also what is of another night than the raid's.")] = False,
    name: Annotated[
        str | None, typer.Option("--file-name", metavar="NAME", help="What the file is called; its own name.")
    ] = None,
) -> None:
    with opened(file) as pieces:

        def drafted(by: Actor) -> DraftReport:
            return call.use_cases().draft_awards()(
                raid_id(call, raid),
                pieces(),
                file_name=name or pieces.name,
                format=format_,
                zone=zone,
                whole=whole,
                apply=not call.dry_run,
                by=by,
            )

        report = call.once(lambda: drafted(call.by()), long=True)
    if call.as_json:
        print_json(report)
    else:
        _tell(report)


def _tell(report: DraftReport) -> None:
    """What came of a file, as people read it."""
    if not report.applied:
        tell("Dry run: this is what would be; nothing was changed.")
    print_rows(report.lines, _LINES, nothing="No line of it tells of loot.")
    tell(
        f"{report.drafted} drafted, {report.already_drafted} drafted before, {report.other_night} of another night, "
        f"{report.unreadable} unreadable; {report.noise} of {report.lines_total} lines tell nothing of loot."
    )
    if report.drafted and report.applied:
        tell(f"Nothing is awarded yet: dkp award draft list {report.raid_id} shows what waits.")


@command(app, "list", ListAwardDrafts)
def list_drafts(
    call: Call,
    raid: RAID,
    status: Annotated[DraftStatus | None, typer.Option(help="Only of this status.")] = None,
    limit: LIMIT = None,
) -> None:
    listed = call.use_cases().list_award_drafts()
    rows = every(lambda page: listed(raid_id(call, raid), status=status, page=page, by=call.by()), limit)
    answer_rows(call, rows, _DRAFTS, nothing="No award draft.")


@command(app, "show", ShowAwardDraft)
def show(call: Call, raid: RAID, draft: DRAFT) -> None:
    answer(call, call.use_cases().show_award_draft()(raid_id(call, raid), award_draft_id(draft), by=call.by()))


@command(app, "confirm", ConfirmAwardDraft, changes=True)
def confirm(
    call: Call,
    raid: RAID,
    draft: DRAFT,
    user: Annotated[
        str | None,
        typer.Option(metavar="USER", help="Who gets it: an id, a Discord id, a character or a username."),
    ] = None,
    character: Annotated[
        str, typer.Option(metavar="NAME", help="The character it is for; who owns it, unless --user.")
    ] = "",
    to_nobody: Annotated[bool, typer.Option("--nobody", help="It rots, or goes to the bank.")] = False,
    amount: Annotated[
        str | None, typer.Option(metavar="POINTS", help="What each copy costs; as the file says, unless given.")
    ] = None,
    item_: Annotated[
        str | None, typer.Option("--item", metavar="ITEM", help="Its name or id, where the file is wrong.")
    ] = None,
    quantity: Annotated[int | None, typer.Option(metavar="N", help="How many copies; as the file says.")] = None,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="What it is paid from: an id or a name.")] = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    allow_overbid: Annotated[
        bool, typer.Option("--allow-overbid", help="Also where the points don't cover the price; it is flagged.")
    ] = False,
) -> None:
    if to_nobody and (user or character):
        raise InvalidValue("user", "it is said who gets it, and that nobody does", "one of them")

    def confirmed(by: Actor) -> AwardDraftRow:
        known = None if item_ is None else known_item_id(call, item_)
        call.use_cases().confirm_award_draft()(
            raid_id(call, raid),
            award_draft_id(draft),
            to=whose(call, user, character) if user or character else None,
            to_nobody=to_nobody,
            amount=None if amount is None else Points.of(amount, "amount"),
            item=item_ if known is None else None,
            item_id=known,
            quantity=quantity,
            pool_id=pool_id(call, pool),
            reason=reason,
            allow_overbid=allow_overbid,
            by=by,
        )
        return _shown(call, raid, award_draft_id(draft), by)

    answer(call, call.change(confirmed))


@command(app, "dismiss", DismissAwardDraft, changes=True)
def dismiss(call: Call, raid: RAID, draft: DRAFT, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    def dismissed(by: Actor) -> AwardDraftRow:
        found = award_draft_id(draft)
        call.use_cases().dismiss_award_draft()(raid_id(call, raid), found, reason=reason, by=by)
        return _shown(call, raid, found, by)

    answer(call, call.change(dismissed))


def _shown(call: Call, raid: str, draft_id: AwardDraftId, by: Actor) -> AwardDraftRow:
    row: AwardDraftRow = call.use_cases().show_award_draft()(raid_id(call, raid), draft_id, by=by)
    return row
