"""Bids over HTTP: placed, withdrawn, asked about, told in chat; and one's own view of them."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from attrs import fields
from msgspec import Meta

from dkp_core.kernel.ids import AuctionId, PoolId, RaidId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    LINES_MAX,
    BidCheck,
    BidRefused,
    BidRow,
    ChatGrammar,
    ChatReading,
    MaxBid,
    OwnLoot,
    PlacedBid,
    RulesRow,
    Tier,
)
from dkp_entrypoints.http.bidders import ForSomebody
from dkp_entrypoints.http.operation import Call, Operations, Speed
from dkp_entrypoints.http.reading import Amount, Body, Id, Paged, Query, Whole, points_of

bids: Final = Operations("Bids")

GrammarGiven: TypeAlias = Annotated[
    dict[str, object],
    Meta(
        description="Parts of the grammar by name; those that are not named stay.",
        extra_json_schema={
            "properties": {each.name: {"description": each.metadata["help"]} for each in fields(ChatGrammar)},
            "examples": [{"call_phrases": ["open for bids"], "amount_words": {"high": "50"}}],
        },
    ),
]


class BidBody(ForSomebody, frozen=True, kw_only=True):
    """A bid: what is offered for each copy, by whom and for which character."""

    auction: Id
    amount: Amount | None = None
    ceiling: Annotated[Amount, Meta(description="The least that leads is bid, up to this.")] | None = None
    copies: Whole = 1
    tier: Annotated[Tier, Meta(description="To bid as an alt or a box.")] | None = None

    @property
    def offered(self) -> tuple[Points | None, Points | None]:
        """Amount and ceiling. Raises: InvalidValue."""
        return _points(self.amount, "amount"), _points(self.ceiling, "ceiling")


class WithdrawalBody(ForSomebody, frozen=True, kw_only=True):
    """Which bid is taken back."""

    auction: Id


class MaxBidQuery(Query, frozen=True, kw_only=True):
    """On which auction, or else in which pool; the guild's default pool, unless named."""

    auction: Id | None = None
    pool: Id | None = None


def _points(given: int | str | None, field: str) -> Points | None:
    return None if given is None else points_of(given, field)


@bids.post(
    "/api/bidding/place-bid/", Permission.BIDS_OWN, Permission.BIDS_WRITE, idempotent=True, recorded=(BidRefused,)
)
def place_bid(call: Call, body: BidBody) -> PlacedBid:
    whose, (amount, ceiling) = body.whose, body.offered
    return call.use_cases.place_bid()(
        AuctionId(body.auction),
        amount=amount,
        ceiling=ceiling,
        copies=body.copies,
        tier=body.tier,
        character=whose.character,
        user_id=whose.user_id,
        discord_id=whose.discord_id,
        by=call.by,
    )


@bids.post("/api/bidding/withdraw-bid/", Permission.BIDS_OWN, Permission.BIDS_WRITE, status=204, idempotent=True)
def withdraw_bid(call: Call, body: WithdrawalBody) -> None:
    whose = body.whose
    call.use_cases.withdraw_bid()(
        AuctionId(body.auction),
        user_id=whose.user_id,
        discord_id=whose.discord_id,
        character=whose.character,
        by=call.by,
    )


@bids.post("/api/discord/validate-bid/", Permission.BIDS_OWN, Permission.BIDS_WRITE, status=200, speed=Speed.READ)
def validate_bid(call: Call, body: BidBody) -> BidCheck:
    whose, (amount, ceiling) = body.whose, body.offered
    return call.use_cases.validate_bid()(
        AuctionId(body.auction),
        amount=amount,
        ceiling=ceiling,
        copies=body.copies,
        tier=body.tier,
        character=whose.character,
        user_id=whose.user_id,
        discord_id=whose.discord_id,
        by=call.by,
    )


@bids.get("/api/bidding/user/{discord_id}/max-bid/", Permission.POINTS_READ, Permission.BIDS_WRITE)
def show_max_bid(call: Call, discord_id: str, query: MaxBidQuery) -> MaxBid:
    return call.use_cases.show_max_bid()(
        auction_id=None if query.auction is None else AuctionId(query.auction),
        pool_id=None if query.pool is None else PoolId(query.pool),
        discord_id=discord_id,
        by=call.by,
    )


@bids.get("/api/bidding/own/", Permission.BIDS_OWN)
def show_own_loot(call: Call) -> OwnLoot:
    return call.use_cases.show_own_loot()(by=call.by)


@bids.get("/api/bidding/own/bids/", Permission.BIDS_OWN)
def list_own_bids(call: Call, query: Paged) -> Page[BidRow]:
    return call.use_cases.list_own_bids()(page=query.wanted, by=call.by)


# --- chat -------------------------------------------------------------------------------------------------------------


class ChatBody(Body, frozen=True, kw_only=True):
    """Lines of a game's log, in their order, and whose log it is."""

    lines: Annotated[tuple[str, ...], Meta(min_length=1, max_length=LINES_MAX)]
    owner: Annotated[str, Meta(description="The character that the log is of.")]
    raid: Annotated[Id, Meta(description="The raid of auctions that are called.")] | None = None
    pool: Annotated[Id, Meta(description="The pool of auctions that are called.")] | None = None


class GrammarBody(Body, frozen=True, kw_only=True):
    """What changes about how bids and auction calls are said in chat."""

    grammar: GrammarGiven


@bids.post("/api/bidding/chat-lines/", Permission.BIDS_WRITE, status=200, idempotent=True)
def read_chat(call: Call, body: ChatBody) -> tuple[ChatReading, ...]:
    return _read(call, body, dry_run=False)


# A transaction that is forgotten can't keep an answer, and a preview needs none.
@bids.post("/api/bidding/chat-lines/preview/", Permission.BIDS_WRITE, status=200, use_case="read_chat")
def preview_chat(call: Call, body: ChatBody) -> tuple[ChatReading, ...]:
    """The dry run: nothing is kept."""
    return _read(call, body, dry_run=True)


def _read(call: Call, body: ChatBody, *, dry_run: bool) -> tuple[ChatReading, ...]:
    return call.use_cases.read_chat()(
        body.lines,
        owner=body.owner,
        raid_id=None if body.raid is None else RaidId(body.raid),
        pool_id=None if body.pool is None else PoolId(body.pool),
        dry_run=dry_run,
        by=call.by,
    )


@bids.get("/api/bidding/chat-grammar/", Permission.AUCTIONS_READ)
def show_chat_grammar(call: Call) -> RulesRow:
    return call.use_cases.show_chat_grammar()(by=call.by)


@bids.change("/api/bidding/chat-grammar/", Permission.AUCTIONS_WRITE)
def set_chat_grammar(call: Call, body: GrammarBody) -> RulesRow:
    return call.use_cases.set_chat_grammar()(body.grammar, by=call.by)
