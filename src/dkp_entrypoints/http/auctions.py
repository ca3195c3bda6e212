"""Auctions over HTTP: started, shown, followed live, run and closed; and the rules that they go by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from attrs import fields, frozen
from msgspec import Meta

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import AuctionId, GuildId, ItemId, PoolId, RaidId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.loot import AuctionFilter, AuctionRow, AuctionStatus, BidRow, Rules, RulesRow
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http.live import LiveSource, Topic
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.presenting import encode, presenter
from dkp_entrypoints.http.reading import Body, Id, Moment, Paged, Text, Whole, moment_of

auctions: Final = Operations("Auctions")

RulesGiven: TypeAlias = Annotated[
    dict[str, object],
    Meta(
        description="Rules by name; those that are not named stay.",
        extra_json_schema={
            "properties": {each.name: {"description": each.metadata["help"]} for each in fields(Rules)},
            "examples": [{"mode": "sealed_second_price", "minimum": "5", "seconds": 120}],
        },
    ),
]


class AuctionsQuery(Paged, frozen=True, kw_only=True):
    """Which auctions are wanted; `running` are those that are neither awarded nor cancelled."""

    status: AuctionStatus | None = None
    running: bool | None = None
    pool_id: Id | None = None
    raid_id: Id | None = None
    item_id: Id | None = None
    search: str = ""
    ordering: str = ""


class NewAuctionBody(Body, frozen=True, kw_only=True):
    """What is put up for bidding: an item by name or id."""

    item: str | None = None
    item_id: Id | None = None
    quantity: Whole = 1
    raid: Id | None = None
    pool: Annotated[Id, Meta(description="Else the raid's, the item pool's or the default pool.")] | None = None
    rules: Annotated[RulesGiven, Meta(description="What differs from the pool's rules.")] | None = None
    opens_at: Annotated[Moment, Meta(description="Now, unless named.")] | None = None
    closes_at: Annotated[Moment, Meta(description="Else as the rules say.")] | None = None
    another: Annotated[bool, Meta(description="It is another drop than the one that has an auction.")] = False


class ReasonBody(Body, frozen=True, kw_only=True):
    """Why, where there is something to say."""

    reason: Text = ""


class ExtensionBody(Body, frozen=True, kw_only=True):
    """When it closes instead; with null it runs until it is closed by hand."""

    closes_at: Moment | None


class CloseBody(Body, frozen=True, kw_only=True):
    """Which auction is closed."""

    auction: Id


@auctions.post("/api/bidding/start-bid/", Permission.AUCTIONS_WRITE, idempotent=True)
def start_auction(call: Call, body: NewAuctionBody) -> AuctionRow:
    auction = call.use_cases.start_auction()(
        item=body.item,
        item_id=None if body.item_id is None else ItemId(body.item_id),
        quantity=body.quantity,
        raid_id=None if body.raid is None else RaidId(body.raid),
        pool_id=None if body.pool is None else PoolId(body.pool),
        rules=body.rules,
        opens_at=moment_of(body.opens_at, "opens_at"),
        closes_at=moment_of(body.closes_at, "closes_at"),
        another=body.another,
        by=call.by,
    )
    return _shown_auction(call, auction.id)


@auctions.get("/api/bidding/active/", Permission.AUCTIONS_READ, polled=True)
def list_running_auctions(call: Call) -> tuple[AuctionRow, ...]:
    return call.use_cases.list_running_auctions()(by=call.by)


@auctions.get("/api/discord/active-bids/", Permission.AUCTIONS_READ, polled=True, use_case="list_running_auctions")
def list_active_bids(call: Call) -> tuple[AuctionRow, ...]:
    """The same as `/api/bidding/active/`."""
    return call.use_cases.list_running_auctions()(by=call.by)


@auctions.get("/api/bidding/", Permission.AUCTIONS_READ)
def list_auctions(call: Call, query: AuctionsQuery) -> Page[AuctionRow]:
    wanted = AuctionFilter(
        status=query.status,
        running=query.running,
        pool_id=None if query.pool_id is None else PoolId(query.pool_id),
        raid_id=None if query.raid_id is None else RaidId(query.raid_id),
        item_id=None if query.item_id is None else ItemId(query.item_id),
        search=query.search,
    )
    return call.use_cases.list_auctions()(wanted, ordering=query.ordering, page=query.wanted, by=call.by)


@auctions.get("/api/bidding/{auction_id}/", Permission.AUCTIONS_READ)
def show_auction(call: Call, auction_id: AuctionId) -> AuctionRow:
    return call.use_cases.show_auction()(auction_id, by=call.by)


@auctions.get("/api/bidding/{auction_id}/bids/", Permission.AUCTIONS_READ)
def list_bids(call: Call, auction_id: AuctionId, query: Paged) -> Page[BidRow]:
    return call.use_cases.list_bids()(auction_id, page=query.wanted, by=call.by)


@auctions.post("/api/bidding/close-bid/", Permission.AUCTIONS_WRITE, status=200, idempotent=True)
def close_auction(call: Call, body: CloseBody) -> AuctionRow:
    auction = call.use_cases.close_auction()(AuctionId(body.auction), by=call.by)
    return _shown_auction(call, auction.id)


@auctions.post("/api/bidding/{auction_id}/freeze/", Permission.AUCTIONS_WRITE, status=200)
def freeze_auction(call: Call, auction_id: AuctionId, body: ReasonBody) -> AuctionRow:
    call.use_cases.freeze_auction()(auction_id, reason=body.reason, by=call.by)
    return _shown_auction(call, auction_id)


@auctions.post("/api/bidding/{auction_id}/resume/", Permission.AUCTIONS_WRITE, status=200)
def resume_auction(call: Call, auction_id: AuctionId) -> AuctionRow:
    call.use_cases.resume_auction()(auction_id, by=call.by)
    return _shown_auction(call, auction_id)


@auctions.post("/api/bidding/{auction_id}/extend/", Permission.AUCTIONS_WRITE, status=200)
def extend_auction(call: Call, auction_id: AuctionId, body: ExtensionBody) -> AuctionRow:
    call.use_cases.extend_auction()(auction_id, closes_at=moment_of(body.closes_at, "closes_at"), by=call.by)
    return _shown_auction(call, auction_id)


@auctions.post("/api/bidding/{auction_id}/cancel/", Permission.AUCTIONS_WRITE, status=200, idempotent=True)
def cancel_auction(call: Call, auction_id: AuctionId, body: ReasonBody) -> AuctionRow:
    call.use_cases.cancel_auction()(auction_id, reason=body.reason, by=call.by)
    return _shown_auction(call, auction_id)


def _shown_auction(call: Call, auction_id: AuctionId) -> AuctionRow:
    return call.use_cases.show_auction()(auction_id, by=call.seeing(Permission.AUCTIONS_READ))


# --- live -------------------------------------------------------------------------------------------------------------


@auctions.stream("/api/bidding/live/", Permission.AUCTIONS_READ, event=AuctionRow, use_case="list_running_auctions")
def follow_auctions(call: Call) -> Topic:
    """Each as it is, and again whenever it has changed."""
    call.by.must(Permission.AUCTIONS_READ)
    return Topic(call.by.guild)


@auctions.stream("/api/bidding/{auction_id}/live/", Permission.AUCTIONS_READ, event=AuctionRow, use_case="show_auction")
def follow_auction(call: Call, auction_id: AuctionId) -> Topic:
    """As it is, and again whenever it has changed."""
    call.use_cases.show_auction()(auction_id, by=call.by)
    return Topic(call.by.guild, frozenset({auction_id}))


@frozen
class LiveAuctions(LiveSource):
    """Auctions as everybody sees them, and as `/api/bidding/{auction_id}/` shows them."""

    use_cases: UseCases

    def snapshots(self, guild_id: GuildId, auction_ids: frozenset[int] | None) -> Mapping[int, tuple[int, bytes]]:
        by = Actor(
            kind=ActorKind.JOB,
            id="live",
            entrypoint="http",
            guild_id=guild_id,
            permissions=frozenset({Permission.AUCTIONS_READ}),
        )
        wanted = None if auction_ids is None else sorted(map(AuctionId, auction_ids))
        present = presenter(AuctionRow)
        assert present is not None, "an auction is a row"
        rows = self.use_cases.list_running_auctions()(wanted, by=by)
        return {row.id: (row.version, encode(present(row))) for row in rows}


# --- rules ------------------------------------------------------------------------------------------------------------


class RulesBody(Body, frozen=True, kw_only=True):
    """What changes about a pool's rules for auctions."""

    rules: RulesGiven


@auctions.get("/api/bidding/rules/{pool_id}/", Permission.AUCTIONS_READ)
def show_rules(call: Call, pool_id: PoolId) -> tuple[RulesRow, ...]:
    return call.use_cases.show_rules()(pool_id, by=call.by)


@auctions.change("/api/bidding/rules/{pool_id}/", Permission.POOLS_WRITE)
def set_rules(call: Call, pool_id: PoolId, body: RulesBody) -> RulesRow:
    return call.use_cases.set_rules()(pool_id, body.rules, by=call.by)
