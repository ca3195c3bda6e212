"""How items, auctions, bids and awards are shown, from memory."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, TypeVar

from attrs import frozen

from dkp_adapters.memory.loot import holds_of, purse_of, rules_of, standing_bids
from dkp_adapters.memory.points import policies_of
from dkp_adapters.memory.views.bidders import MemoryBidders
from dkp_adapters.memory.views.contest import contest_of
from dkp_adapters.memory.views.glance import Glance, MemoryView, part_of
from dkp_adapters.memory.views.loot_rows import (
    auction_row,
    award_draft_row,
    award_row,
    bid_rows,
    by_time,
    item_detail_row,
    item_row,
)
from dkp_adapters.memory.views.ordering import Columns, ordered, page_of
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import AuctionId, AwardDraftId, AwardId, ItemId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.period import night_of
from dkp_core.kernel.points import ZERO
from dkp_core.loot import (
    RUNNING,
    Auction,
    AuctionFilter,
    AuctionRow,
    Award,
    AwardDraftFilter,
    AwardDraftRow,
    AwardFilter,
    AwardRow,
    BiddingRow,
    BidRow,
    ChatGrammar,
    Contest,
    Item,
    ItemDetailRow,
    ItemFilter,
    ItemRow,
    LootView,
    OwnHoldRow,
    Purse,
    Rules,
    RulesRow,
    StandingBidRow,
    informed,
)

_T = TypeVar("_T")
_ITEM_COLUMNS: Final[Columns[ItemRow]] = {
    "name": lambda row: name_key(row.name),
    "rarity": lambda row: row.rarity,
    "item_pool": lambda row: None if row.item_pool is None else name_key(row.item_pool),
    "awards": lambda row: row.awards,
    "last_price": lambda row: row.last_price,
    "last_awarded_at": lambda row: row.last_awarded_at,
    "id": lambda row: row.id,
}
_AUCTION_COLUMNS: Final[Columns[Auction]] = {
    "opens_at": lambda auction: auction.opens_at,
    "closes_at": lambda auction: auction.closes_at,
    "item": lambda auction: name_key(auction.item_name),
    "status": lambda auction: auction.status.value,
    "bids": lambda auction: auction.bids,
    "id": lambda auction: auction.id,
}
_AWARD_COLUMNS: Final[Columns[AwardRow]] = {
    "awarded_at": lambda row: row.awarded_at,
    "item": lambda row: name_key(row.item),
    "username": lambda row: None if row.username is None else name_key(row.username),
    "price": lambda row: row.amount,
    "id": lambda row: row.id,
}


@frozen
class MemoryLootView(MemoryView, LootView):
    """Reads items, auctions, bids and awards."""

    # --- items --------------------------------------------------------------------------------------------------------

    def items(self, wanted: ItemFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[ItemRow]:
        glance = self.look()
        rows = (
            item_row(glance, item)
            for item in sorted(glance.tables.items.values(), key=lambda item: (name_key(item.name), item.id))
            if part_of(wanted.search, item.name)
            and wanted.item_pool_id in (None, item.item_pool_id)
            and wanted.rarity in (None, item.rarity)
            and (wanted.external_id is None or wanted.external_id in _external_ids(glance, item))
            and wanted.active in (None, item.active)
        )
        return page_of(ordered(rows, ordering, _ITEM_COLUMNS), page)

    def item(self, item_id: ItemId) -> ItemDetailRow:
        glance = self.look()
        return item_detail_row(glance, _one(glance.tables.items.get(item_id), "item", item_id))

    def item_named(self, name: str) -> ItemDetailRow:
        glance, key = self.look(), name_key(name)
        item = next((item for item in glance.tables.items.values() if name_key(item.name) == key), None)
        return item_detail_row(glance, _one(item, "item", name))

    # --- auctions -----------------------------------------------------------------------------------------------------

    def auctions(self, wanted: AuctionFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[AuctionRow]:
        glance = self.look()
        found = (
            auction
            for auction in sorted(glance.tables.auctions.values(), key=lambda auction: auction.id, reverse=True)
            if wanted.status in (None, auction.status)
            and wanted.running in (None, auction.status in RUNNING)
            and wanted.pool_id in (None, auction.pool_id)
            and wanted.raid_id in (None, auction.raid_id)
            and wanted.item_id in (None, auction.item_id)
            and part_of(wanted.search, auction.item_name)
        )
        shown = page_of(ordered(found, ordering, _AUCTION_COLUMNS), page)
        return Page(tuple(auction_row(glance, auction) for auction in shown.results), shown.count)

    def running(self, auction_ids: Collection[AuctionId] | None = None) -> tuple[AuctionRow, ...]:
        glance = self.look()
        return tuple(
            auction_row(glance, auction)
            for auction in sorted(glance.tables.auctions.values(), key=lambda auction: auction.id)
            if (auction.status in RUNNING if auction_ids is None else auction.id in auction_ids)
        )

    def auction(self, auction_id: AuctionId) -> AuctionRow:
        glance = self.look()
        return auction_row(glance, _auction(glance, auction_id))

    # --- bids ---------------------------------------------------------------------------------------------------------

    def bids_of_item(self, item_id: ItemId, *, viewer: UserId | None, page: PageRequest) -> Page[BidRow]:
        glance = self.look()
        _one(glance.tables.items.get(item_id), "item", item_id)
        auctions = {auction.id for auction in glance.tables.auctions.values() if auction.item_id == item_id}
        made = [record for record in glance.tables.bids.values() if record.auction_id in auctions]
        return bid_rows(glance, made, viewer, page)

    def bids_of_auction(self, auction_id: AuctionId, *, viewer: UserId | None, page: PageRequest) -> Page[BidRow]:
        glance = self.look()
        _auction(glance, auction_id)
        made = [record for record in glance.tables.bids.values() if record.auction_id == auction_id]
        return bid_rows(glance, made, viewer, page)

    def own_bids(self, user_id: UserId, *, page: PageRequest) -> Page[BidRow]:
        glance = self.look()
        made = [record for record in glance.tables.bids.values() if record.user_id == user_id]
        return bid_rows(glance, made, user_id, page)

    def own_holds(self, user_id: UserId) -> tuple[OwnHoldRow, ...]:
        tables = self.look().tables
        return tuple(
            OwnHoldRow(
                auction_id=auction_id,
                item=tables.auctions[auction_id].item_name,
                pool_id=held.pool_id,
                held=held.hold.points,
                sealed=held.hold.sealed,
            )
            for auction_id, held in sorted(holds_of(tables, user_id), key=lambda each: each[0])
        )

    def standing_bids(self, user_id: UserId) -> tuple[StandingBidRow, ...]:
        tables = self.look().tables
        rows = (
            StandingBidRow(
                item_id=bid.item_id,
                item=tables.items[bid.item_id].name,
                ceiling=bid.ceiling,
                character=bid.character_name,
                left_at=bid.left_at,
            )
            for bid in tables.standing_bids.values()
            if bid.user_id == user_id
        )
        return tuple(sorted(rows, key=lambda row: name_key(row.item)))

    # --- awards -------------------------------------------------------------------------------------------------------

    def awards_revision(self) -> str:
        return str(self.look().snapshot.revision)

    def awards(self, wanted: AwardFilter, *, ordering: tuple[Order, ...], page: PageRequest) -> Page[AwardRow]:
        glance = self.look()
        rows = (
            award_row(glance, award)
            for award in sorted(glance.tables.awards.values(), key=by_time, reverse=True)
            if wanted.item_id in (None, award.item_id)
            and wanted.raid_id in (None, award.raid_id)
            and (wanted.user_id is None or wanted.user_id in _receivers(glance, award))
            and wanted.pool_id in (None, *award.pools)
            and wanted.status in (None, award.status)
            and wanted.overbid in (None, award.overbid)
            and wanted.external_id in (None, award.external_id)
            and part_of(wanted.search, award.item_name)
        )
        return page_of(ordered(rows, ordering, _AWARD_COLUMNS), page)

    def award(self, award_id: AwardId) -> AwardRow:
        glance = self.look()
        return award_row(glance, _one(glance.tables.awards.get(award_id), "award", award_id))

    def award_drafts(self, wanted: AwardDraftFilter, *, page: PageRequest) -> Page[AwardDraftRow]:
        glance = self.look()
        _one(glance.tables.raids.get(wanted.raid_id), "raid", wanted.raid_id)
        rows = [
            award_draft_row(glance, draft)
            for draft in sorted(glance.tables.award_drafts.values(), key=lambda draft: draft.id)
            if draft.raid_id == wanted.raid_id and wanted.status in (None, draft.status)
        ]
        return page_of(rows, page)

    def award_draft(self, draft_id: AwardDraftId) -> AwardDraftRow:
        glance = self.look()
        return award_draft_row(glance, _one(glance.tables.award_drafts.get(draft_id), "award draft", draft_id))

    # --- rules --------------------------------------------------------------------------------------------------------

    def rules(self, pool_id: PoolId) -> tuple[RulesRow, ...]:
        tables = self.look().tables
        _one(tables.pools.get(pool_id), "pool", pool_id)
        versions = sorted(rules_of(tables, pool_id).items(), reverse=True)
        rows = [RulesRow(version=each, values=kept.value.values(), changed_at=kept.at) for each, kept in versions]
        return tuple(rows) or (RulesRow(version=0, values=Rules().values(), changed_at=None),)

    def latest_rules(self, pool_id: PoolId | None) -> tuple[PoolId, Rules]:
        tables = self.look().tables
        pools = tables.pools.values()
        found = next((pool for pool in pools if (pool.is_default if pool_id is None else pool.id == pool_id)), None)
        pool = _one(found, "pool", "default" if pool_id is None else pool_id)
        versions = rules_of(tables, pool.id)
        rules = versions[max(versions)].value if versions else Rules()
        return pool.id, rules.under(policies_of(tables, pool.id)[-1].policies.floor)

    def contest(self, pool_id: PoolId, *, at: datetime) -> Contest:
        return contest_of(self.look(), pool_id, at)

    def chat_grammar(self) -> RulesRow:
        kept = self.look().tables.chat_grammars
        if not kept:
            return RulesRow(version=0, values=ChatGrammar().values(), changed_at=None)
        latest = max(kept)
        return RulesRow(version=latest, values=kept[latest].value.values(), changed_at=kept[latest].at)

    # --- what a bid is judged by --------------------------------------------------------------------------------------

    def bidding(
        self,
        auction_id: AuctionId,
        *,
        user_id: UserId | None,
        discord_id: str | None,
        character: str,
        sealed: bool,
        at: datetime,
    ) -> BiddingRow:
        glance = self.look()
        auction = _auction(glance, auction_id)
        bidders = MemoryBidders(lambda: glance)
        bidder = bidders.find(user_id=user_id, discord_id=discord_id, character=character)
        if bidder is None:
            return BiddingRow(auction=auction, bidder=None, purse=Purse(current=ZERO), own=None)
        zone = glance.installation.guilds[glance.guild_id].timezone
        night = night_of(auction.opens_at, zone) if auction.rules.limits else None
        bidder = informed(bidders, bidder, auction, night, at, sealed=sealed)
        return BiddingRow(
            auction=auction,
            bidder=bidder,
            purse=purse_of(glance.tables, auction.pool_id, bidder.user_id, auction.id),
            own=standing_bids(glance.tables, auction.id).get(bidder.user_id) if auction.rules.phases else None,
        )

    def purse(self, user_id: UserId, pool_id: PoolId) -> Purse:
        tables = self.look().tables
        _one(tables.pools.get(pool_id), "pool", pool_id)
        return purse_of(tables, pool_id, user_id, None)

    def user_with(self, *, user_id: UserId | None, discord_id: str | None) -> UserId:
        glance = self.look()
        if user_id is not None:
            return glance.user(user_id).id
        if discord_id is not None:
            return glance.user_with_discord_id(discord_id).id
        raise NoSuch("user", "who is not named")


def _one(found: _T | None, kind: str, named: object) -> _T:
    if found is None:
        raise NoSuch(kind, named)
    return found


def _auction(glance: Glance, auction_id: AuctionId) -> Auction:
    return _one(glance.tables.auctions.get(auction_id), "auction", auction_id)


def _external_ids(glance: Glance, item: Item) -> frozenset[str | None]:
    """What other systems call the item, and awards of it."""
    awarded = (award.external_id for award in glance.tables.awards.values() if award.item_id == item.id)
    return frozenset({item.external_id, *awarded})


def _receivers(glance: Glance, award: Award) -> frozenset[UserId]:
    """Who got the award, and for whom that counts."""
    if award.user_id is None:
        return frozenset()
    return frozenset({award.user_id, glance.head(award.user_id, award.awarded_at)})
