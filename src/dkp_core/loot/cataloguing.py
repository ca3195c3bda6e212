"""Items: entering, changing, removing and finding them (L-1)."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import ItemId, ItemPoolId
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Ids, Read
from dkp_core.loot.events import ItemRemoved
from dkp_core.loot.item import Item, item_name
from dkp_core.loot.ports import ITEM_COLUMNS, LootView, LootWork
from dkp_core.loot.views import BidRow, ItemDetailRow, ItemFilter, ItemRow


@frozen
class EnterItem:
    """Add an item, with the item pool that names what it is paid from; an item has no price of its own."""

    begin: Begin[LootWork]
    ids: Ids

    def __call__(
        self,
        *,
        name: str,
        description: str = "",
        item_pool_id: ItemPoolId | None = None,
        rarity: str = "",
        external_id: str = "",
        link: str = "",
        icon: str = "",
        metadata: Mapping[str, str] | None = None,
        by: Actor,
    ) -> Item:
        by.must(Permission.AUCTIONS_WRITE)
        item_id = ItemId(self.ids.next("item"))
        with self.begin(by) as work:
            if item_pool_id is not None:
                work.item_pools.get(item_pool_id)
            item = Item(
                id=item_id,
                guild_id=work.guild_id,
                name=name,
                description=description,
                item_pool_id=item_pool_id,
                rarity=rarity,
                external_id=external_id,
                link=link,
                icon=icon,
                metadata=metadata or {},
            ).entered()
            work.items.save(item)
        return item


@frozen
class ChangeItem:
    """Change what is known of an item; past awards keep the name it had."""

    begin: Begin[LootWork]

    def __call__(
        self,
        item_id: ItemId,
        *,
        name: str | None = None,
        description: str | None = None,
        item_pool_id: ItemPoolId | None = None,
        rarity: str | None = None,
        external_id: str | None = None,
        link: str | None = None,
        icon: str | None = None,
        metadata: Mapping[str, str] | None = None,
        active: bool | None = None,
        by: Actor,
    ) -> Item:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            item = work.items.get(item_id)
            if item_pool_id is not None:
                work.item_pools.get(item_pool_id)
            changed = item.change(
                name=name,
                description=description,
                item_pool_id=item_pool_id,
                rarity=rarity,
                external_id=external_id,
                link=link,
                icon=icon,
                metadata=metadata,
                active=active,
            )
            if changed is not item:
                work.items.save(changed)
        return changed


@frozen
class RemoveItem:
    """Drop an item: removed where no auction or award names it, inactive where one does."""

    begin: Begin[LootWork]

    def __call__(self, item_id: ItemId, *, by: Actor) -> None:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            item = work.items.get(item_id)
            if not work.items.remove(item.announcing(ItemRemoved(item_id=item_id, name=item.name))) and item.active:
                work.items.save(item.change(active=False))


@frozen
class ListItems:
    """The guild's items, by name: filtered by item pool, rarity, external id and a part of the name, in pages."""

    read: Read[LootView]

    def __call__(self, wanted: ItemFilter, *, ordering: str = "", page: PageRequest, by: Actor) -> Page[ItemRow]:
        by.must(Permission.AUCTIONS_READ)
        orders = ordering_of(ordering, ITEM_COLUMNS)
        with self.read(by) as views:
            return views.items(wanted, ordering=orders, page=page)


@frozen
class ShowItem:
    """One item with its price history: last, median, mean, least and most, and how often it was awarded."""

    read: Read[LootView]

    def __call__(self, item_id: ItemId, *, by: Actor) -> ItemDetailRow:
        by.must(Permission.AUCTIONS_READ)
        with self.read(by) as views:
            return views.item(item_id)


@frozen
class FindItem:
    """The item of that name, in any case, with its price history."""

    read: Read[LootView]

    def __call__(self, name: str, *, by: Actor) -> ItemDetailRow:
        by.must(Permission.AUCTIONS_READ)
        with self.read(by) as views:
            return views.item_named(name)


@frozen
class ShowBidHistory:
    """Every bid on an item in its auctions, the newest first; what is sealed is shown once its auction is closed."""

    read: Read[LootView]

    def __call__(self, item_id: ItemId, *, page: PageRequest, by: Actor) -> Page[BidRow]:
        by.must(Permission.AUCTIONS_READ)
        with self.read(by) as views:
            return views.bids_of_item(item_id, viewer=by.user_id, page=page)


def known_item(work: LootWork, ids: Ids, name: str) -> Item:
    """The item of that name; one that nobody knew yet is entered (L-9). Raises: InvalidValue."""
    cleaned = item_name(name)
    item = work.items.named(cleaned)
    if item is None:
        item = Item(id=ItemId(ids.next("item")), guild_id=work.guild_id, name=cleaned).entered()
        work.items.save(item)
    return item
