"""`dkp auction`: auctions from their start to the award, a pool's rules, and the grammar of its chat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import Forbidden, InvalidValue
from dkp_core.kernel.ids import AuctionId
from dkp_core.kernel.ports import AuditFilter, AuditRow
from dkp_core.loot import (
    AuctionFilter,
    AuctionRow,
    AuctionStatus,
    AwardAuction,
    AwardRow,
    CancelAuction,
    CloseAuction,
    ExtendAuction,
    FreezeAuction,
    ListAuctions,
    ListBids,
    ResumeAuction,
    RulesRow,
    SetChatGrammar,
    SetRules,
    ShowChatGrammar,
    ShowRules,
    StartAuction,
)
from dkp_entrypoints.cli.answering import LIMIT, ORDER, answer, answer_rows, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.checking import checked
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.exit_codes import ExitCode
from dkp_entrypoints.cli.moments import lasting, moment
from dkp_entrypoints.cli.naming import auction_id, default_pool, known_item_id, pool_id, raid_id, user_id, whose
from dkp_entrypoints.cli.naming import item as item_named
from dkp_entrypoints.cli.printing import note, print_json, print_one, print_rows
from dkp_entrypoints.cli.setting import VALUES, answer_version, answer_versions, said
from dkp_entrypoints.cli.watching import watch

app = family("auction", "Auctions, their rules, and how bids are said in chat. An AUCTION is its id.")

AUCTION = Annotated[str, typer.Argument(metavar="AUCTION", help="The auction's id.")]
AUCTION_OR_ALL = Annotated[str | None, typer.Argument(metavar="[AUCTION]", help="The auction's id.")]
POOL = Annotated[str | None, typer.Option(metavar="POOL", help="An id or a name; the guild's default, unless given.")]

_AUCTIONS = (
    *("id", "item", "quantity", "status", "mode", "current_amount", "leader_character", "bids"),
    *("opens_at", "closes_at"),
)
_BIDS = ("id", "placed_at", "username", "character", "tier", "amount", "copies", "outcome", "refusal", "source")
_AWARDS = ("id", "item", "username", "character", "amount", "because", "overbid")
_CHECKS = ("what", "published", "recomputed", "holds")
_LEADERS = ("character", "username", "amount", "copies")
_RESULTS = ("character", "username", "tier", "amount", "copies", "price", "because")
_IN_TABLES = ("rules", "leaders", "results", "version")

SHOW = "One auction: who leads, its time, and once it is closed who won, and why."
CHECK = """Recompute a closed auction from what is published of it: seed, receipts, rolls, winners and prices.

The seed must be the one whose hash the audit log has from the start, where one may read that. Who noted the hash, or
kept a receipt, can name them. What does not agree is told, with the exit code of differences."""


@command(app, "start", StartAuction, changes=True, remote=True)
def start(
    call: Call,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Its name, or the id of an item that is known.")],
    quantity: Annotated[int, typer.Option(help="How many copies.")] = 1,
    raid: Annotated[str | None, typer.Option(metavar="RAID", help="The raid it dropped in.")] = None,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="What bids are made in: an id or a name.")] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="open, sealed_first_price, sealed_second_price or fixed_price_roll; else the pool's."),
    ] = None,
    minimum: Annotated[str | None, typer.Option(metavar="POINTS", help="The least that is bid.")] = None,
    increment: Annotated[str | None, typer.Option(metavar="POINTS", help="The step of bids.")] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Any other rule for this auction alone; several times."),
    ] = None,
    opens_at: Annotated[str | None, typer.Option(help="When it opens; now, unless given.")] = None,
    closes_at: Annotated[str | None, typer.Option(help="When it closes.")] = None,
    closes_in: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="How long it runs, such as 2m; rules with phases say so themselves."),
    ] = None,
    another: Annotated[bool, typer.Option("--another", help="It is another drop of the same item.")] = False,
) -> None:
    if closes_at is not None and closes_in is not None:
        raise InvalidValue("closes_at", "the close is said twice", "--closes-at or --closes-in")
    lasts = lasting(closes_in, "closes_in")
    own = {"mode": mode, "minimum": minimum, "increment": increment}
    rules = {name: value for name, value in own.items() if value is not None} | said(rule or (), "rules")
    if lasts is not None:
        rules["seconds"] = int(lasts.total_seconds())  # so that the clock that counts is the server's

    def started(by: Actor) -> AuctionRow:
        known = known_item_id(call, item)
        made = call.use_cases().start_auction()(
            item=item if known is None else None,
            item_id=known,
            quantity=quantity,
            raid_id=None if raid is None else raid_id(call, raid),
            pool_id=pool_id(call, pool),
            rules=rules,
            opens_at=moment(call, opens_at, "opens_at"),
            closes_at=moment(call, closes_at, "closes_at"),
            another=another,
            by=by,
        )
        return call.use_cases().show_auction()(made.id, by=by)

    answer(call, call.change(started), without=_IN_TABLES)


@command(app, "list", ListAuctions, remote=True)
def list_auctions(
    call: Call,
    status: Annotated[AuctionStatus | None, typer.Option(help="Only of this status.")] = None,
    running: Annotated[bool | None, typer.Option("--running/--over", help="Only those not over, or over.")] = None,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="Only those of this pool.")] = None,
    raid: Annotated[str | None, typer.Option(metavar="RAID", help="Only those of this raid.")] = None,
    item: Annotated[str | None, typer.Option(metavar="ITEM", help="Only those of this item.")] = None,
    search: Annotated[str, typer.Option(help="A part of the item's name.")] = "",
    order: ORDER = "",
    limit: LIMIT = None,
) -> None:
    wanted = AuctionFilter(
        status=status,
        running=running,
        pool_id=pool_id(call, pool),
        raid_id=None if raid is None else raid_id(call, raid),
        item_id=None if item is None else item_named(call, item).id,
        search=search,
    )
    rows = every(lambda page: call.use_cases().list_auctions()(wanted, ordering=order, page=page, by=call.by()), limit)
    answer_rows(call, rows, _AUCTIONS, nothing="No auction.")


@command(app, "show", SHOW, remote=True)
def show(
    call: Call,
    auction: AUCTION,
    watched: Annotated[
        bool, typer.Option("--watch", help="Go on showing it, with its bids, until nobody can bid any more.")
    ] = False,
) -> None:
    if watched:
        watch(call, auction_id(auction))
        return
    _tell(call, call.use_cases().show_auction()(auction_id(auction), by=call.by()))


def _tell(call: Call, found: AuctionRow) -> None:
    if call.as_json:
        print_json(found)
        return
    print_one(found, zone=call.guild().timezone, without=_IN_TABLES)
    for rows, columns in ((found.leaders, _LEADERS), (found.results, _RESULTS)):
        if rows:
            print()
            print_rows(rows, columns)


@command(app, "bids", ListBids, remote=True)
def bids(call: Call, auction: AUCTION, limit: LIMIT = None) -> None:
    found = auction_id(auction)
    rows = every(lambda page: call.use_cases().list_bids()(found, page=page, by=call.by()), limit)
    answer_rows(call, rows, _BIDS, nothing="Nobody has bid.")


@command(app, "check", CHECK, remote=True)
def check(
    call: Call,
    auction: AUCTION,
    seed_hash: Annotated[
        str | None, typer.Option(metavar="HEX", help="The seed's hash, as somebody noted it before the close.")
    ] = None,
    receipt: Annotated[
        list[str] | None, typer.Option(metavar="HEX", help="A receipt that a bidder was given; several times.")
    ] = None,
) -> None:
    found = call.use_cases().show_auction()(auction_id(auction), by=call.by())
    made = every(lambda page: call.use_cases().list_bids()(found.id, page=page, by=call.by()))
    log = _starts(call, found.id)
    noted = {f"in event {row.id}": str(row.data["seed_hash"]) for row in log or ()}
    if seed_hash is not None:
        noted["as noted"] = seed_hash.strip().lower()
    result = checked(found, made, seed_hashes=noted, receipts=receipt or ())
    if call.as_json:
        print_json(result)
    else:
        print_rows(result.checks, _CHECKS)
        print(f"Auction {found.id}, {found.item}: " + ("it all agrees." if result.holds else "it does NOT agree."))
    if log is None:
        note("The audit log is for officers: what proves the seed is its hash as you noted it, with --seed-hash.")
    if not result.holds:
        raise typer.Exit(ExitCode.DIFFERENCES)


def _starts(call: Call, auction: AuctionId) -> tuple[AuditRow, ...] | None:
    """What the audit log has of its start; None for who may not read it."""
    started = AuditFilter(aggregate="auction", aggregate_id=str(auction), name="auction_started")
    try:
        return every(lambda page: call.use_cases().show_audit_log()(started, page=page, by=call.by()))
    except Forbidden:
        return None


# --- moving it along --------------------------------------------------------------------------------------------------


def _moved(call: Call, auction: str, move: Callable[[AuctionId, Actor], object]) -> None:
    """Answer with the auction as it stands after that."""
    found = auction_id(auction)

    def moved(by: Actor) -> AuctionRow:
        move(found, by)
        return call.use_cases().show_auction()(found, by=by)

    row = call.change(moved)
    answer(call, row, without=_IN_TABLES)
    if row.results and not call.as_json:
        print()
        print_rows(row.results, _RESULTS)


@command(app, "close", CloseAuction, changes=True, remote=True)
def close(call: Call, auction: AUCTION) -> None:
    if call.dry_run:
        _would_close(call, auction_id(auction), "it would be closed")
        return
    _moved(call, auction, lambda found, by: call.use_cases().close_auction()(found, by=by))


def _would_close(call: Call, found: AuctionId, would: str) -> None:
    """Answer with a running auction as it is: before the close nobody is told what it comes to."""
    row = call.use_cases().show_auction()(found, by=call.by())
    call.change(lambda by: call.use_cases().close_auction()(found, by=by))
    answer(call, row, without=_IN_TABLES, would=would)


@command(app, "award", AwardAuction, changes=True, remote=True)
def award(
    call: Call,
    auction: AUCTION,
    pass_over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="USER", help="As if this one had not bid: a character, a username or an id, several times."
        ),
    ] = None,
    to_nobody: Annotated[bool, typer.Option("--nobody", help="Nobody bid: it rots, or goes to the bank.")] = False,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Nobody bid: this one gets it for free.")] = None,
    character: Annotated[
        str | None, typer.Option(metavar="NAME", help="The same by character; or the user's character it is for.")
    ] = None,
    allow_overbid: Annotated[
        bool, typer.Option("--allow-overbid", help="Also where the points don't cover the price; it is flagged.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, instead of the reason that the rules give.")] = "",
) -> None:
    found = auction_id(auction)
    passing_over = [user_id(call, each) for each in pass_over or ()]
    to = None if user is None and character is None else whose(call, user, character or "")
    if call.dry_run and not call.use_cases().show_auction()(found, by=call.by()).seed:
        _would_close(call, found, "it would be closed, and awarded if that is possible then")
        return

    def awarded(by: Actor) -> tuple[AwardRow, ...]:
        made = call.use_cases().award_auction()(
            found,
            passing_over=passing_over,
            to_nobody=to_nobody,
            to=to,
            allow_overbid=allow_overbid,
            reason=reason,
            by=by,
        )
        return tuple(call.use_cases().show_award()(each.id, by=by) for each in made)

    # Who can't pay is refused after the auction was closed, and it stays closed.
    answer_rows(call, call.change(awarded, keep_refusals=True), _AWARDS)


@command(app, "freeze", FreezeAuction, changes=True, remote=True)
def freeze(
    call: Call,
    auction: AUCTION_OR_ALL = None,
    all_: Annotated[bool, typer.Option("--all", help="Every auction that is open, as for an outage.")] = False,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    _all_moved(
        call,
        auction,
        AuctionStatus.OPEN if all_ else None,
        lambda found, by: call.use_cases().freeze_auction()(found, reason=reason, by=by),
    )


@command(app, "resume", ResumeAuction, changes=True, remote=True)
def resume(
    call: Call,
    auction: AUCTION_OR_ALL = None,
    all_: Annotated[bool, typer.Option("--all", help="Every auction that is frozen.")] = False,
) -> None:
    _all_moved(
        call,
        auction,
        AuctionStatus.FROZEN if all_ else None,
        lambda found, by: call.use_cases().resume_auction()(found, by=by),
    )


def _all_moved(
    call: Call, auction: str | None, all_that_are: AuctionStatus | None, move: Callable[[AuctionId, Actor], object]
) -> None:
    """Move the auction that is named, or all of that status. Raises: InvalidValue where it is said twice, or not."""
    if (auction is None) == (all_that_are is None):
        raise InvalidValue("auction", "it is not said which auction, or said twice", "the id of an auction, or --all")
    if auction is not None:
        _moved(call, auction, move)
        return

    def moved(by: Actor) -> tuple[AuctionRow, ...]:
        running = call.use_cases().list_running_auctions()(by=by)
        found = [row.id for row in running if row.status is all_that_are]
        for each in found:
            move(each, by)
        return call.use_cases().list_running_auctions()(found, by=by) if found else ()

    answer_rows(call, call.change(moved), _AUCTIONS, nothing=f"No auction is {all_that_are}.")


@command(app, "extend", ExtendAuction, changes=True, remote=True)
def extend(
    call: Call,
    auction: AUCTION,
    by_: Annotated[str | None, typer.Option("--by", metavar="TIME", help="So much later, such as 1m.")] = None,
    closes_at: Annotated[str | None, typer.Option(help="When it closes.")] = None,
    by_hand: Annotated[bool, typer.Option("--by-hand", help="It runs until it is closed by hand.")] = False,
) -> None:
    if [by_ is not None, closes_at is not None, by_hand].count(True) != 1:
        accepted = "exactly one of --by, --closes-at and --by-hand"
        raise InvalidValue("closes_at", "it is not said until when, or said twice", accepted)
    later = lasting(by_, "by")

    def until(found: AuctionId, by: Actor) -> datetime | None:
        if later is None:
            return moment(call, closes_at, "closes_at")
        closes = call.use_cases().show_auction()(found, by=by).closes_at
        if closes is None:
            raise InvalidValue("by", "the auction has no time at which it closes", "--closes-at")
        return closes + later

    _moved(
        call,
        auction,
        lambda found, by: call.use_cases().extend_auction()(found, closes_at=until(found, by), by=by),
    )


@command(app, "cancel", CancelAuction, changes=True, remote=True)
def cancel(call: Call, auction: AUCTION, reason: Annotated[str, typer.Option(help="Why.")] = "") -> None:
    _moved(call, auction, lambda found, by: call.use_cases().cancel_auction()(found, reason=reason, by=by))


# --- rules and grammar ------------------------------------------------------------------------------------------------


@command(app, "rules", ShowRules)
def rules(call: Call, pool: POOL = None) -> None:
    answer_versions(call, call.use_cases().show_rules()(default_pool(call, pool).id, by=call.by()))


@command(app, "set-rules", SetRules, changes=True)
def set_rules(call: Call, values: VALUES, pool: POOL = None) -> None:
    read = said(values, "rules")

    def changed(by: Actor) -> RulesRow:
        return call.use_cases().set_rules()(default_pool(call, pool).id, read, by=by)

    answer_version(call, call.change(changed))


@command(app, "grammar", ShowChatGrammar)
def grammar(call: Call) -> None:
    answer_version(call, call.use_cases().show_chat_grammar()(by=call.by()))


@command(app, "set-grammar", SetChatGrammar, changes=True)
def set_grammar(call: Call, values: VALUES) -> None:
    read = said(values, "grammar")
    answer_version(call, call.change(lambda by: call.use_cases().set_chat_grammar()(read, by=by)))
