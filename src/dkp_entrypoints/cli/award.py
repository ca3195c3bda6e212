"""`dkp award`: the loot history, and awards without an auction, revoked, moved and returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AwardId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import (
    AwardFilter,
    AwardItem,
    AwardRow,
    AwardStatus,
    BidElsewhere,
    ListAwards,
    MoveAward,
    ReshareAwards,
    ReturnItem,
    RevokeAward,
    ShareChange,
    ShowAward,
)
from dkp_entrypoints.cli import award_draft
from dkp_entrypoints.cli.answering import EXTERNAL_ID, LIMIT, ORDER, answer, answer_rows, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import award_id, item, known_item_id, number, pool_id, raid_id, user_id, whose

app = family("award", "Who got what for how much; revoked, moved and returned. An AWARD is its id.")
app.add_typer(award_draft.app)

AWARD = Annotated[str, typer.Argument(metavar="AWARD", help="The award's id.")]
REASON = Annotated[str, typer.Option(help="Why.")]
USER = Annotated[
    str | None,
    typer.Option(metavar="USER", help="Who gets it: an id, a Discord id, a character or a username."),
]
CHARACTER = Annotated[str, typer.Option(metavar="NAME", help="The character it is for; who owns it, unless --user.")]
ALLOW_OVERBID = Annotated[
    bool, typer.Option("--allow-overbid", help="Also where the points don't cover the price; it is flagged.")
]

_AWARDS = ("id", "awarded_at", "item", "username", "character", "amount", "status", "auction_id", "raid_id", "overbid")
_SHARES = ("award_id", "item", "user_id", "before", "after")


@command(app, "list", ListAwards, remote=True)
def list_awards(
    call: Call,
    item_: Annotated[str | None, typer.Option("--item", metavar="ITEM", help="Only of this item.")] = None,
    raid: Annotated[str | None, typer.Option(metavar="RAID", help="Only of this raid.")] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only what this user got.")] = None,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="Only what was paid from this pool.")] = None,
    status: Annotated[AwardStatus | None, typer.Option(help="Only of this status.")] = None,
    overbid: Annotated[
        bool | None, typer.Option("--overbid/--covered", help="Only where the points didn't cover the price, or did.")
    ] = None,
    external_id: EXTERNAL_ID = None,
    search: Annotated[str, typer.Option(help="A part of the item's name.")] = "",
    order: ORDER = "",
    limit: LIMIT = None,
) -> None:
    wanted = AwardFilter(
        item_id=None if item_ is None else item(call, item_).id,
        raid_id=None if raid is None else raid_id(call, raid),
        user_id=None if user is None else user_id(call, user),
        pool_id=pool_id(call, pool),
        status=status,
        overbid=overbid,
        external_id=external_id,
        search=search,
    )
    rows = every(lambda page: call.use_cases().list_awards()(wanted, ordering=order, page=page, by=call.by()), limit)
    answer_rows(call, rows, _AWARDS, nothing="No award.")


@command(app, "show", ShowAward)
def show(call: Call, award: AWARD) -> None:
    answer(call, call.use_cases().show_award()(award_id(call, award), by=call.by()))


@command(app, "give", AwardItem, changes=True, remote=True)
def give(
    call: Call,
    item_: Annotated[str, typer.Argument(metavar="ITEM", help="Its name, or the id of an item that is known.")],
    user: USER = None,
    character: CHARACTER = "",
    to_nobody: Annotated[bool, typer.Option("--nobody", help="It rots, or goes to the bank.")] = False,
    amount: Annotated[str | None, typer.Option(metavar="POINTS", help="What it costs; nothing, unless given.")] = None,
    reason: REASON = "",
    raid: Annotated[str | None, typer.Option(metavar="RAID", help="The raid it dropped in.")] = None,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="What it is paid from: an id or a name.")] = None,
    bid: Annotated[
        list[str] | None,
        typer.Option(metavar="CHARACTER=POINTS", help="A bid that was made elsewhere, kept as history; several times."),
    ] = None,
    allow_overbid: ALLOW_OVERBID = False,
) -> None:
    if to_nobody == bool(user or character):
        accepted = "exactly one of --user or --character, and --nobody"
        raise InvalidValue("user", "it is not said who gets it, or said twice", accepted)

    def given(by: Actor) -> AwardRow:
        known = known_item_id(call, item_)
        made = call.use_cases().award_item()(
            item=item_ if known is None else None,
            item_id=known,
            to=None if to_nobody else whose(call, user, character),
            amount=ZERO if amount is None else Points.of(amount, "amount"),
            reason=reason,
            raid_id=None if raid is None else raid_id(call, raid),
            pool_id=pool_id(call, pool),
            allow_overbid=allow_overbid,
            bids=[_elsewhere(call, each) for each in bid or ()],
            by=by,
        )
        return call.use_cases().show_award()(made.id, by=by)

    answer(call, call.change(given))


def _elsewhere(call: Call, text: str) -> BidElsewhere:
    """A bid as it is typed. Raises: InvalidValue."""
    who, assigned, amount = text.rpartition("=")
    if not assigned:
        raise InvalidValue("bid", f"{text[:40]!r} gives no amount", "CHARACTER=POINTS, or DISCORD_ID=POINTS")
    bidder = whose(call, who) if number(who) is not None else whose(call, None, who.strip())
    return BidElsewhere(whose=bidder, amount=Points.of(amount.strip(), "bid"))


@command(app, "reshare", ReshareAwards, changes=True)
def reshare(
    call: Call, raid: Annotated[str, typer.Argument(metavar="RAID", help="The raid's id.")], reason: REASON
) -> None:
    def reshared(by: Actor) -> tuple[ShareChange, ...]:
        return call.use_cases().reshare_awards()(raid_id(call, raid), reason=reason, by=by)

    answer_rows(call, call.change(reshared), _SHARES, nothing="Every share is as it should be.")


# --- afterwards -------------------------------------------------------------------------------------------------------


def _done_with(call: Call, act: Callable[[Actor], AwardId]) -> None:
    """Answer with the award that it comes to."""
    answer(call, call.change(lambda by: call.use_cases().show_award()(act(by), by=by)))


@command(app, "revoke", RevokeAward, changes=True)
def revoke(call: Call, award: AWARD, reason: REASON) -> None:
    _done_with(call, lambda by: call.use_cases().revoke_award()(award_id(call, award), reason=reason, by=by).id)


@command(app, "move", MoveAward, changes=True)
def move(
    call: Call,
    award: AWARD,
    reason: REASON,
    user: USER = None,
    character: CHARACTER = "",
    amount: Annotated[
        str | None, typer.Option(metavar="POINTS", help="What the other one pays; the same, unless given.")
    ] = None,
    allow_overbid: ALLOW_OVERBID = False,
) -> None:
    if not (user or character):
        raise InvalidValue("user", "it is not said who gets it", "--user or --character")

    def moved(by: Actor) -> AwardId:
        made = call.use_cases().move_award()(
            award_id(call, award),
            to=whose(call, user, character),
            amount=None if amount is None else Points.of(amount, "amount"),
            reason=reason,
            allow_overbid=allow_overbid,
            by=by,
        )
        return made.id

    _done_with(call, moved)


@command(app, "return", ReturnItem, changes=True)
def return_item(call: Call, award: AWARD, reason: REASON) -> None:
    _done_with(call, lambda by: call.use_cases().return_item()(award_id(call, award), reason=reason, by=by).id)
