"""`dkp points`: balances, history, adjustments."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from attrs import evolve

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AdjustmentId, EntryId
from dkp_core.kernel.points import Points
from dkp_core.points import (
    Adjustment,
    AdjustmentFilter,
    AdjustmentLine,
    AdjustmentRow,
    AdjustPoints,
    BatchRow,
    Bucket,
    EntryKind,
    HistoryFilter,
    ListAdjustments,
    ReverseAdjustment,
    ShowHistory,
    SourceKind,
    adjustments_from_csv,
)
from dkp_core.raids import GiveBonus, WantedBonus
from dkp_entrypoints.cli.answering import EXTERNAL_ID, LIMIT, answer, answer_rows, every
from dkp_entrypoints.cli.batch import CHECKSUM, answer_preview
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.moments import moment
from dkp_entrypoints.cli.naming import (
    adjustment_id,
    award_id,
    called_elsewhere,
    character_name,
    default_pool,
    number,
    person_id,
    pool_id,
    raid_id,
    user_id,
    user_id_or_own,
)
from dkp_entrypoints.cli.printing import note

app = family("points", "Balances, history, adjustments and their reversal.")

USER_OR_OWN = Annotated[
    str | None,
    typer.Argument(
        metavar="[USER]",
        help="An id, a Discord id, a character of theirs, a username or an external id (of the user, or of a character "
        "of theirs); with --server you, unless given.",
    ),
]
POOL = Annotated[str | None, typer.Option(metavar="POOL", help="An id or a name.")]
CSV_BYTES_MAX = 16 * 1024 * 1024

_ADJUSTMENTS = ("id", "username", "character_name", "pool_id", "amount", "reason", "occurred_at", "reversed_at")


@command(app, "balance", "A user's balance in every pool: now, or as of a moment in the past.", remote=True)
def balance(
    call: Call,
    user: USER_OR_OWN = None,
    pool: POOL = None,
    as_of: Annotated[str | None, typer.Option(help="As of this time: what occurred before it counts.")] = None,
    known_at: Annotated[str | None, typer.Option(help="And of that only what was recorded before this time.")] = None,
) -> None:
    wanted = pool_id(call, pool)
    found = call.use_cases().show_balances()(
        user_id_or_own(call, user),
        as_of=moment(call, as_of, "as_of"),
        known_at=moment(call, known_at, "known_at"),
        by=call.by(),
    )
    rows = tuple(row for row in found.balances if wanted in (None, row.pool_id))
    columns = ("pool_name", "earned", "spent", "adjusted", "current", "held", "available")
    answer_rows(call, rows, columns, nothing="No pool.")


@command(app, "history", ShowHistory, remote=True)
def history(
    call: Call,
    user: USER_OR_OWN = None,
    pool: POOL = None,
    kind: Annotated[EntryKind | None, typer.Option(help="Only entries of this kind.")] = None,
    bucket: Annotated[Bucket | None, typer.Option(help="Only what counts as this.")] = None,
    source: Annotated[
        str | None, typer.Option(metavar="KIND[:ID]", help="Only what comes from that, such as raid:12 or award.")
    ] = None,
    character_: Annotated[
        str | None, typer.Option("--character", metavar="NAME", help="Only what this character earned or spent.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Only from this time on.")] = None,
    until: Annotated[str | None, typer.Option(help="Only before this time.")] = None,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="Begin with the oldest.")] = False,
    limit: LIMIT = None,
) -> None:
    found = user_id_or_own(call, user)
    source_kind, source_id = _source(call, source)
    wanted = HistoryFilter(
        pool_id=pool_id(call, pool),
        kind=kind,
        bucket=bucket,
        source_kind=source_kind,
        source_id=source_id,
        character=character_,
        since=moment(call, since, "since"),
        until=moment(call, until, "until"),
    )
    rows = every(
        lambda page: call.use_cases().show_history()(
            found, wanted, page=page, newest_first=not oldest_first, by=call.by()
        ),
        limit,
    )
    columns = ("id", "occurred_at", "pool_id", "kind", "amount", "balance", "reason", "character_name", "reverses")
    answer_rows(call, rows, columns, nothing="No entry.")


_NAMED_SOURCES: Final[Mapping[str, Callable[[Call, str], int]]] = {
    SourceKind.RAID: raid_id,
    SourceKind.AWARD: award_id,
    SourceKind.ADJUSTMENT: adjustment_id,
}


def _source(call: Call, text: str | None) -> tuple[SourceKind | None, int | None]:
    """The kind of source, and its id where one is named. Raises: InvalidValue, NoSuch."""
    if text is None:
        return None, None
    kind, _, found = text.strip().partition(":")
    if kind in _NAMED_SOURCES and called_elsewhere(found) is not None:
        return SourceKind(kind), _NAMED_SOURCES[kind](call, found)
    if kind not in list(SourceKind) or (found and number(found) is None):
        accepted = f"{', '.join(SourceKind)}, with or without an id: raid:12"
        raise InvalidValue("source", f"{text[:40]!r} is no source", accepted)
    return SourceKind(kind), number(found) if found else None


@command(app, "explain", "What a number is made of: one entry, or a user's balance in a pool.", remote=True)
def explain(
    call: Call,
    user: USER_OR_OWN = None,
    entry: Annotated[
        int | None, typer.Option(metavar="ENTRY", help="Where this entry comes from; its id is in the history.")
    ] = None,
    pool: POOL = None,
    as_of: Annotated[str | None, typer.Option(help="The balance as of this time.")] = None,
) -> None:
    found = user_id_or_own(call, user)
    if entry is not None:
        answer(call, call.use_cases().explain_entry()(found, EntryId(entry), by=call.by()))
        return
    balance = call.use_cases().explain_balance()(
        found, default_pool(call, pool).id, as_of=moment(call, as_of, "as_of"), by=call.by()
    )
    if call.as_json:
        answer(call, balance)
        return
    answer_rows(call, balance.parts, ("bucket", "kind", "amount", "entries"), nothing="No entry.")
    note(
        f"{balance.pool_name}: earned {balance.earned}, spent {balance.spent}, adjusted {balance.adjusted}, "
        f"current {balance.current}."
    )


@command(app, "adjust", AdjustPoints, changes=True)
def adjust(
    call: Call,
    user: Annotated[
        list[str] | None,
        typer.Option(metavar="USER", help="Whose: an id, a Discord id, a username or an external id; several times."),
    ] = None,
    character_: Annotated[
        list[str] | None,
        typer.Option("--character", metavar="CHARACTER", help="Or whoever owned this character then; several times."),
    ] = None,
    amount: Annotated[
        str | None, typer.Option(metavar="POINTS", help="How many, such as 12.50; less than 0 takes points away.")
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            allow_dash=True,
            help="Or many, each with its amount: CSV with a header of character or user, amount and, if it differs, "
            "reason; - is standard input.",
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; required, unless each line of the CSV has its own.")] = "",
    note: Annotated[str, typer.Option(help="Anything else to be kept with it.")] = "",
    pool: POOL = None,
    at: Annotated[str | None, typer.Option(help="When it occurred; now, unless given.")] = None,
) -> None:
    named = bool(user or character_)
    if named == (csv is not None):
        accepted = "--user or --character with --amount, or --csv"
        raise InvalidValue("user", "it is not said whose points move, or said twice", accepted)
    if named and amount is None:
        raise InvalidValue("amount", "it is not given", "points such as 12.50, or -5 to take some away")
    if not named and amount is not None:
        raise InvalidValue("amount", "each line of the CSV has its own", "--csv without --amount")

    listed = None if csv is None else adjustments_from_csv(_text(csv))

    def adjusted(by: Actor) -> tuple[AdjustmentRow, ...]:
        made = call.use_cases().adjust_points()(
            listed or _lines(call, user or [], character_ or [], Points.of(amount, "amount")),
            reason=reason,
            note=note,
            pool_id=pool_id(call, pool),
            occurred_at=moment(call, at, "at"),
            by=by,
        )
        # A dry run goes all the way, up to the limits of balances, and is rolled back: ids are not given out by it.
        return _rows(call, [evolve(each, id=AdjustmentId(0)) for each in made] if call.dry_run else made, by)

    answer_rows(call, call.change(adjusted), _ADJUSTMENTS)


def _lines(call: Call, users: list[str], characters: list[str], amount: Points) -> tuple[AdjustmentLine, ...]:
    return (
        *(AdjustmentLine(amount=amount, user_id=person_id(call, each)) for each in users),
        *(AdjustmentLine(amount=amount, character=character_name(call, each)) for each in characters),
    )


def _text(path: Path) -> str:
    """The text of a CSV file, or of standard input for `-`. Raises: InvalidValue."""
    accepted = f"a CSV file in UTF-8 of at most {CSV_BYTES_MAX // 1024**2} MiB, or - for standard input"
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(CSV_BYTES_MAX + 1)
        else:
            with path.open("rb") as file:
                data = file.read(CSV_BYTES_MAX + 1)
    except OSError as unreadable:
        raise InvalidValue("csv", f"{path} can't be read ({unreadable.strerror})", accepted) from unreadable
    if len(data) > CSV_BYTES_MAX:
        raise InvalidValue("csv", "it is too large", accepted)
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as wrong:
        raise InvalidValue("csv", f"byte {wrong.start} is no text in UTF-8", accepted) from wrong


def _rows(call: Call, adjustments: Sequence[Adjustment], by: Actor) -> tuple[AdjustmentRow, ...]:
    """Adjustments as lists show them."""
    names = {
        each: call.use_cases().show_user()(each, by=by).username for each in {made.user_id for made in adjustments}
    }
    return tuple(
        AdjustmentRow(
            id=made.id,
            user_id=made.user_id,
            username=names[made.user_id],
            pool_id=made.pool_id,
            amount=made.amount,
            reason=made.reason,
            note=made.note,
            character_name=made.character_name,
            actor_kind=made.actor_kind,
            actor_id=made.actor_id,
            actor_name=None,
            occurred_at=made.occurred_at,
            recorded_at=made.recorded_at,
            reversed_at=made.reversed_at,
            external_id=made.external_id,
        )
        for made in adjustments
    )


@command(app, "bonus", GiveBonus, changes=True)
def bonus(
    call: Call,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is for, as the ledger is to call it.")],
    raid: Annotated[str | None, typer.Option(metavar="RAID", help="For all who attended this raid.")] = None,
    tick: Annotated[int | None, typer.Option(help="Only those who were at this tick of it.")] = None,
    amount: Annotated[str | None, typer.Option(metavar="POINTS", help="How many for each; with --raid.")] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            allow_dash=True,
            help="Or for those listed: CSV with a header of character or user, amount and, if it differs, reason.",
        ),
    ] = None,
    penalty: Annotated[bool, typer.Option("--penalty", help="Take the points away.")] = False,
    key: Annotated[str, typer.Option(help="The same is given once for it, such as first-kill:quarm.")] = "",
    pool: POOL = None,
    at: Annotated[str | None, typer.Option(help="When it occurred; now, unless given. With --csv.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show what it would come to for each.")] = False,
    checksum: CHECKSUM = None,
) -> None:
    wanted = WantedBonus(
        title=title,
        penalty=penalty,
        pool_id=pool_id(call, pool),
        raid_id=None if raid is None else raid_id(call, raid),
        tick=tick,
        amount=None if amount is None else Points.of(amount, "amount"),
        lines=() if csv is None else adjustments_from_csv(_text(csv)),
        key=key,
        occurred_at=moment(call, at, "at"),
    )
    if preview:
        answer_preview(call, call.use_cases().preview_bonus()(wanted, by=call.by()))
        return

    def given(by: Actor) -> BatchRow:
        made = call.use_cases().give_bonus()(wanted, checksum=checksum, by=by)
        return call.use_cases().show_batch()(made.id, by=by)

    answer(call, call.change(given))


@command(app, "reverse", ReverseAdjustment, changes=True)
def reverse(
    call: Call,
    adjustment: Annotated[str, typer.Argument(metavar="ADJUSTMENT", help="Its id, as dkp points adjustments shows.")],
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    def reversed_(by: Actor) -> AdjustmentRow:
        made = call.use_cases().reverse_adjustment()(adjustment_id(call, adjustment), reason=reason, by=by)
        (row,) = _rows(call, (made,), by)
        return row

    answer(call, call.change(reversed_))


@command(app, "adjustments", ListAdjustments)
def adjustments(
    call: Call,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only of this user.")] = None,
    pool: POOL = None,
    reversed_: Annotated[
        bool | None, typer.Option("--reversed/--standing", help="Only those that were reversed, or were not.")
    ] = None,
    external_id: EXTERNAL_ID = None,
    limit: LIMIT = None,
) -> None:
    wanted = AdjustmentFilter(
        pool_id=pool_id(call, pool),
        user_id=None if user is None else user_id(call, user),
        reversed=reversed_,
        external_id=external_id,
    )

    rows = every(lambda page: call.use_cases().list_adjustments()(wanted, page=page, by=call.by()), limit)
    answer_rows(call, rows, _ADJUSTMENTS, nothing="No adjustment.")
