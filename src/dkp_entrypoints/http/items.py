"""Items, what they went for, and bids that wait for them, over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from dkp_core.kernel.ids import ItemId, ItemPoolId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.loot import BidRow, ItemDetailRow, ItemFilter, ItemRow, StandingBid
from dkp_entrypoints.http.bidders import DiscordId, ForSomebody, named
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Amount, Body, ExternalId, Id, Paged, Query, Text, points_of

items: Final = Operations("Items")


class ItemsQuery(Paged, frozen=True, kw_only=True):
    """Which items are wanted; `external_id` is the item's own, or that of an award of it."""

    item_pool_id: Id | None = None
    rarity: str | None = None
    external_id: ExternalId | None = None
    active: bool | None = None
    search: str = ""
    ordering: str = ""


class NewItemBody(Body, frozen=True, kw_only=True):
    """Something that drops; it has no price of its own."""

    name: str
    description: Text = ""
    item_pool: Id | None = None
    rarity: str = ""
    external_id: Annotated[str, Meta(description="What the game, or an old system, calls it.")] = ""
    link: str = ""
    icon: str = ""
    metadata: dict[str, str] | None = None


class ItemBody(Body, frozen=True, kw_only=True):
    """What changes about an item."""

    name: str | None = None
    description: Text | None = None
    item_pool: Id | None = None
    rarity: str | None = None
    external_id: str | None = None
    link: str | None = None
    icon: str | None = None
    metadata: dict[str, str] | None = None
    active: bool | None = None


@items.get("/api/items/", Permission.AUCTIONS_READ)
def list_items(call: Call, query: ItemsQuery) -> Page[ItemRow]:
    wanted = ItemFilter(
        search=query.search,
        item_pool_id=None if query.item_pool_id is None else ItemPoolId(query.item_pool_id),
        rarity=query.rarity,
        external_id=query.external_id,
        active=query.active,
    )
    return call.use_cases.list_items()(wanted, ordering=query.ordering, page=query.wanted, by=call.by)


@items.post("/api/items/", Permission.AUCTIONS_WRITE)
def enter_item(call: Call, body: NewItemBody) -> ItemDetailRow:
    item = call.use_cases.enter_item()(
        name=body.name,
        description=body.description,
        item_pool_id=None if body.item_pool is None else ItemPoolId(body.item_pool),
        rarity=body.rarity,
        external_id=body.external_id,
        link=body.link,
        icon=body.icon,
        metadata=body.metadata,
        by=call.by,
    )
    return _shown_item(call, item.id)


@items.get("/api/items/{item_id}/", Permission.AUCTIONS_READ)
def show_item(call: Call, item_id: ItemId) -> ItemDetailRow:
    return call.use_cases.show_item()(item_id, by=call.by)


@items.get("/api/items/by-name/{name}/", Permission.AUCTIONS_READ)
def find_item(call: Call, name: str) -> ItemDetailRow:
    return call.use_cases.find_item()(name, by=call.by)


@items.change("/api/items/{item_id}/", Permission.AUCTIONS_WRITE)
def change_item(call: Call, item_id: ItemId, body: ItemBody) -> ItemDetailRow:
    call.use_cases.change_item()(
        item_id,
        name=body.name,
        description=body.description,
        item_pool_id=None if body.item_pool is None else ItemPoolId(body.item_pool),
        rarity=body.rarity,
        external_id=body.external_id,
        link=body.link,
        icon=body.icon,
        metadata=body.metadata,
        active=body.active,
        by=call.by,
    )
    return _shown_item(call, item_id)


@items.delete("/api/items/{item_id}/", Permission.AUCTIONS_WRITE)
def remove_item(call: Call, item_id: ItemId) -> None:
    call.use_cases.remove_item()(item_id, by=call.by)


def _shown_item(call: Call, item_id: ItemId) -> ItemDetailRow:
    return call.use_cases.show_item()(item_id, by=call.seeing(Permission.AUCTIONS_READ))


@items.get("/api/items/{item_id}/bid-history/", Permission.AUCTIONS_READ)
def show_bid_history(call: Call, item_id: ItemId, query: Paged) -> Page[BidRow]:
    return call.use_cases.show_bid_history()(item_id, page=query.wanted, by=call.by)


# --- bids that wait ---------------------------------------------------------------------------------------------------


class StandingBidBody(ForSomebody, frozen=True, kw_only=True):
    """How far one would go for an item; for the main, unless a character is named."""

    ceiling: Amount


class WhoseQuery(Query, frozen=True, kw_only=True):
    """Whose it is; one's own, unless somebody is named."""

    discord_id: DiscordId | None = None
    user: Annotated[Id, Meta(description="A user's id.")] | None = None


@items.put("/api/items/{item_id}/standing-bid/", Permission.BIDS_OWN, Permission.BIDS_WRITE)
def leave_bid(call: Call, item_id: ItemId, body: StandingBidBody) -> StandingBid:
    whose = body.whose
    return call.use_cases.leave_bid()(
        item_id,
        ceiling=points_of(body.ceiling, "ceiling"),
        character=whose.character,
        user_id=whose.user_id,
        discord_id=whose.discord_id,
        by=call.by,
    )


@items.delete("/api/items/{item_id}/standing-bid/", Permission.BIDS_OWN, Permission.BIDS_WRITE)
def take_bid_back(call: Call, item_id: ItemId, query: WhoseQuery) -> None:
    whose = named(query.discord_id, query.user)
    call.use_cases.take_bid_back()(item_id, user_id=whose.user_id, discord_id=whose.discord_id, by=call.by)
