"""`dkp bid`: bids, their checks, and what the chat says of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    LINES_MAX,
    BidRow,
    ChatOutcome,
    ChatReading,
    LeaveBid,
    PlaceBid,
    PlacedBid,
    ShowMaxBid,
    StandingBid,
    TakeBidBack,
    Tier,
    ValidateBid,
    WithdrawBid,
    message_of,
    owner_of,
)
from dkp_entrypoints.cli.answering import answer, answer_rows, done
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.files import Pieces, opened
from dkp_entrypoints.cli.naming import auction_id, item, pool_id, raid_id, user_id_or_own, whose
from dkp_entrypoints.cli.printing import plain, print_json, print_rows
from dkp_entrypoints.cli.tailing import LINE_BYTES_MAX, text_of

app = family("bid", "Bids on auctions, and what the chat says of them. Who bids is named by a character or a user.")

AUCTION = Annotated[str, typer.Argument(metavar="AUCTION", help="The auction's id.")]
ITEM = Annotated[str, typer.Argument(metavar="ITEM", help="An id or a name.")]
USER = Annotated[
    str | None,
    typer.Option(
        metavar="USER",
        help="Who bids: an id, a Discord id or a name; else who owns the character, or with --server you.",
    ),
]
CHARACTER = Annotated[str, typer.Option(metavar="NAME", help="The character it is for; the main, unless given.")]
AMOUNT = Annotated[str | None, typer.Option(metavar="POINTS", help="What is bid, for each copy.")]
CEILING = Annotated[
    str | None, typer.Option(metavar="POINTS", help="Bid the least that leads, up to this; in open auctions.")
]
COPIES = Annotated[int, typer.Option(help="For how many copies.")]
TIER = Annotated[Tier | None, typer.Option(help="Bid as an alt or as a box, though it is a main.")]

OWN = "Your own bids: what they hold, those that wait for their auction, what you won, and the latest you made."
CHAT = """Read lines of a game's log: bids are placed, and auctions called by officers are started or closed.

Each line that bears its time counts once, however often it is read."""

_HOLDS = ("auction_id", "item", "pool_id", "held", "sealed")
_STANDING = ("item_id", "item", "ceiling", "character", "left_at")
_WINS = ("id", "item", "character", "amount", "status", "awarded_at")
_BIDS = ("id", "placed_at", "auction_id", "item", "amount", "ceiling", "outcome", "reason", "receipt")
_READINGS = ("outcome", "meaning", "speaker", "item", "auction", "detail")


@command(app, "place", PlaceBid, changes=True, remote=True)
def place(
    call: Call,
    auction: AUCTION,
    amount: AMOUNT = None,
    ceiling: CEILING = None,
    copies: COPIES = 1,
    tier: TIER = None,
    character: CHARACTER = "",
    user: USER = None,
) -> None:
    def placed(by: Actor) -> PlacedBid:
        return call.use_cases().place_bid()(
            auction_id(auction),
            amount=_points(amount, "amount"),
            ceiling=_points(ceiling, "ceiling"),
            copies=copies,
            tier=tier,
            **_whose(call, user, character),
            by=by,
        )

    answer(call, call.change(placed, keep_refusals=True))


@command(app, "withdraw", WithdrawBid, changes=True, remote=True)
def withdraw(call: Call, auction: AUCTION, character: CHARACTER = "", user: USER = None) -> None:
    found = auction_id(auction)
    call.change(lambda by: call.use_cases().withdraw_bid()(found, **_whose(call, user, character), by=by))
    done(call, f"The bid on auction {found} is withdrawn.", auction=found)


@command(app, "validate", ValidateBid, remote=True)
def validate(
    call: Call,
    auction: AUCTION,
    amount: AMOUNT = None,
    ceiling: CEILING = None,
    copies: COPIES = 1,
    tier: TIER = None,
    character: CHARACTER = "",
    user: USER = None,
) -> None:
    found = call.use_cases().validate_bid()(
        auction_id(auction),
        amount=_points(amount, "amount"),
        ceiling=_points(ceiling, "ceiling"),
        copies=copies,
        tier=tier,
        **_whose(call, user, character),
        by=call.by(),
    )
    answer(call, found)


@command(app, "max", ShowMaxBid, remote=True)
def max_bid(
    call: Call,
    user: Annotated[
        str | None,
        typer.Argument(
            metavar="[USER]",
            help="An id, a Discord id, a character of theirs or a username; with --server you, unless given.",
        ),
    ] = None,
    auction: Annotated[str | None, typer.Option(metavar="AUCTION", help="Within the caps of this auction.")] = None,
    pool: Annotated[
        str | None, typer.Option(metavar="POOL", help="In this pool; the guild's default, unless given.")
    ] = None,
) -> None:
    found = call.use_cases().show_max_bid()(
        auction_id=None if auction is None else auction_id(auction),
        pool_id=pool_id(call, pool),
        user_id=user_id_or_own(call, user),
        by=call.by(),
    )
    answer(call, found)


@command(app, "own", OWN, remote=True)
def own(
    call: Call, limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="So many of the latest bids.")] = 20
) -> None:
    loot = call.use_cases().show_own_loot()(by=call.by())
    bids: tuple[BidRow, ...] = call.use_cases().list_own_bids()(page=PageRequest(1, limit), by=call.by()).results
    if call.as_json:
        print_json({**plain(loot), "bids": plain(bids)})
        return
    zone = call.guild().timezone
    for rows, columns, nothing in (
        (loot.holds, _HOLDS, "Your bids hold nothing."),
        (loot.standing, _STANDING, "No bid of yours waits for its auction."),
        (loot.wins, _WINS, "You won nothing yet."),
        (bids, _BIDS, "You made no bid."),
    ):
        print_rows(rows, columns, zone=zone, nothing=nothing)
        print()


@command(app, "leave", LeaveBid, changes=True, remote=True)
def leave(
    call: Call,
    item_: ITEM,
    ceiling: Annotated[str, typer.Option(metavar="POINTS", help="How far to go.")],
    character: CHARACTER = "",
    user: USER = None,
) -> None:
    def left(by: Actor) -> StandingBid:
        return call.use_cases().leave_bid()(
            item(call, item_).id, ceiling=Points.of(ceiling, "ceiling"), **_whose(call, user, character), by=by
        )

    answer(call, call.change(left))


@command(app, "take-back", TakeBidBack, changes=True, remote=True)
def take_back(
    call: Call,
    item_: ITEM,
    user: Annotated[
        str | None,
        typer.Option(
            metavar="USER",
            help="Whose it is: an id, a Discord id, a character or a username; with --server yours, unless given.",
        ),
    ] = None,
) -> None:
    found = item(call, item_)
    who = whose(call, user)

    def taken_back(by: Actor) -> None:
        call.use_cases().take_bid_back()(found.id, user_id=who.user_id, discord_id=who.discord_id, by=by)

    call.change(taken_back)
    done(call, f"The bid that waited for {found.name} is taken back.", item=found.id)


@command(app, "chat", CHAT, changes=True, remote=True)
def chat(
    call: Call,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The log; - is standard input.")] = "-",
    owner: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose log it is; as its name says, unless given.")
    ] = None,
    raid: Annotated[str | None, typer.Option(metavar="RAID", help="The raid that auctions are started for.")] = None,
    pool: Annotated[str | None, typer.Option(metavar="POOL", help="The pool that bids are made in.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Leave out lines that nothing follows from.")] = False,
) -> None:
    with opened(file) as pieces:
        teller = owner or _owner(pieces)
        lines = [line for line in _lines(pieces) if message_of(line, teller) is not None]

    def heard(by: Actor) -> tuple[ChatReading, ...]:
        read = call.use_cases().read_chat()
        return tuple(
            reading
            for first in range(0, len(lines), LINES_MAX)
            for reading in read(
                lines[first : first + LINES_MAX],
                owner=teller,
                raid_id=None if raid is None else raid_id(call, raid),
                pool_id=pool_id(call, pool),
                dry_run=call.dry_run,
                by=by,
            )
        )

    # A preview keeps nothing by itself, and tells no more of sealed bids here than a server does.
    readings = heard(call.by()) if call.dry_run else call.change(heard)
    shown = [each for each in readings if not (quiet and each.outcome is ChatOutcome.TALK)]
    answer_rows(call, shown, _READINGS, nothing="No line of it is chat.")


def _owner(pieces: Pieces) -> str:
    """Whose log it is, by the file's name. Raises: InvalidValue."""
    named = owner_of(pieces.name)
    if named is None:
        raise InvalidValue("--owner", "the file's name does not say whose log it is", "the name of a character")
    return named[0]


def _lines(pieces: Pieces) -> Iterator[str]:
    return map(text_of, _split(pieces()))


def _split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
        rest = rest[: LINE_BYTES_MAX + 1]  # nobody says that much in a line
    if rest:
        yield rest


def _points(text: str | None, field: str) -> Points | None:
    return None if text is None else Points.of(text, field)


def _whose(call: Call, user: str | None, character: str) -> dict[str, Any]:
    """Who bids, as the use cases take it."""
    who = whose(call, user, character)
    return {"user_id": who.user_id, "discord_id": who.discord_id, "character": who.character}
