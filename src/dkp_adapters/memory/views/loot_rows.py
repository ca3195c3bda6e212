"""The rows in which items, auctions, bids and awards are shown, made of what is kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import asdict

from dkp_adapters.memory.views.actors import name_elsewhere
from dkp_adapters.memory.views.glance import Glance
from dkp_adapters.memory.views.ordering import page_of
from dkp_core.kernel.ids import AwardId, UserId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.loot import (
    PAID,
    Auction,
    AuctionRow,
    Award,
    AwardDraft,
    AwardDraftRow,
    AwardRow,
    BidOutcome,
    BidRecord,
    BidRow,
    CancelledAuction,
    Item,
    ItemDetailRow,
    ItemRow,
    LeaderRow,
    PriceHistory,
    ResultRow,
    result_of,
)

# --- rows of items ----------------------------------------------------------------------------------------------------


def by_time(award: Award) -> tuple[datetime, AwardId]:
    """What awards are put in order by."""
    return award.awarded_at, award.id


def _sales(glance: Glance, item: Item) -> list[Award]:
    """The awards that tell what the item goes for, the earliest first."""
    awards = glance.tables.awards.values()
    sold = (each for each in awards if each.item_id == item.id and each.user_id is not None)
    return sorted((each for each in sold if each.status in PAID), key=by_time)


def item_row(glance: Glance, item: Item) -> ItemRow:
    """An item as it is listed."""
    sales = _sales(glance, item)
    return ItemRow(
        id=item.id,
        name=item.name,
        description=item.description,
        item_pool_id=item.item_pool_id,
        item_pool=None if item.item_pool_id is None else glance.tables.item_pools[item.item_pool_id].name,
        rarity=item.rarity,
        external_id=item.external_id,
        link=item.link,
        icon=item.icon,
        metadata=item.metadata,
        active=item.active,
        awards=len(sales),
        last_price=sales[-1].price if sales else None,
        last_awarded_at=sales[-1].awarded_at if sales else None,
    )


def item_detail_row(glance: Glance, item: Item) -> ItemDetailRow:
    """An item with what it went for."""
    prices = PriceHistory.of([sale.price for sale in reversed(_sales(glance, item))])
    return ItemDetailRow(**asdict(item_row(glance, item), recurse=False), prices=prices)


# --- rows of auctions and bids ----------------------------------------------------------------------------------------


def auction_row(glance: Glance, auction: Auction) -> AuctionRow:
    """An auction as everybody sees it."""
    # Leads stand by their ceilings, which is not for all to see: they are shown by what all see of them.
    leads = sorted(auction.leads, key=lambda lead: (-lead.bid.amount.hundredths, lead.bid.user_id))
    result = result_of(auction)
    lowest = leads[-1].bid if leads else None
    return AuctionRow(
        id=auction.id,
        item_id=auction.item_id,
        item=auction.item_name,
        quantity=auction.quantity,
        raid_id=auction.raid_id,
        pool_id=auction.pool_id,
        status=auction.status,
        mode=auction.rules.mode,
        minimum_bid=auction.rules.minimum_in(auction.phase),
        increment=auction.rules.increment,
        current_amount=lowest.amount if lowest else None,
        leader_id=lowest.user_id if lowest else None,
        leader_character=lowest.character_name if lowest else None,
        leaders=tuple(
            LeaderRow(
                user_id=lead.bid.user_id,
                username=glance.username(lead.bid.user_id),
                character=lead.bid.character_name,
                amount=lead.bid.amount,
                copies=lead.copies,
            )
            for lead in leads
        ),
        bids=auction.bids,
        opens_at=auction.opens_at,
        closes_at=auction.closes_at,
        phase=auction.phase + 1,
        phases=max(1, len(auction.rules.phases)),
        rules=auction.rules.values(),
        rules_version=auction.rules_version,
        seed_hash=auction.seed_hash,
        seed=None if result is None else auction.seed.hex(),
        results=tuple(
            ResultRow(
                user_id=win.bid.user_id,
                username=glance.username(win.bid.user_id),
                character=win.bid.character_name,
                tier=win.bid.tier,
                amount=win.bid.amount,
                copies=win.copies,
                price=win.price,
                because=win.because,
            )
            for win in (() if result is None else result.wins)
        ),
        reason=auction.reason if isinstance(auction, CancelledAuction) else "",
        version=auction.version,
    )


def bid_rows(glance: Glance, made: Sequence[BidRecord], viewer: UserId | None, page: PageRequest) -> Page[BidRow]:
    """A page of bids, the newest first, as the viewer may see them (L-11)."""
    # Sorting leaves equals in the order in which they were made.
    newest_first = sorted(made, key=lambda record: (record.at, record.auction_id))[::-1]
    shown = page_of(newest_first, page)
    return Page(tuple(_bid_row(glance, record, viewer) for record in shown.results), shown.count)


def _bid_row(glance: Glance, record: BidRecord, viewer: UserId | None) -> BidRow:
    auction = glance.tables.auctions[record.auction_id]
    is_own = viewer is not None and record.user_id == viewer
    is_refused = record.outcome is BidOutcome.REFUSED
    is_sealed = auction.rules.mode.is_sealed
    is_seen = is_own or (not is_refused and (not is_sealed or result_of(auction) is not None))
    bid = record.bid
    return BidRow(
        id=record.id,
        auction_id=auction.id,
        item_id=auction.item_id,
        item=auction.item_name,
        user_id=record.user_id,
        username=glance.username_or_none(record.user_id),
        character=record.character_name,
        tier=bid.tier if bid else None,
        amount=record.amount if is_seen else None,
        ceiling=record.ceiling if is_own else None,
        copies=bid.copies if bid else 1,
        outcome=record.outcome,
        refusal=record.refusal,
        reason=record.reason if is_own and is_refused else None,
        source=record.source,
        receipt=bid.made_as.receipt(auction.seed, bid.amount) if bid is not None and is_sealed and is_seen else None,
        placed_at=record.at,
        made_as=None if bid is None or bid.moved_from is None else str(bid.moved_from),
    )


# --- rows of awards ---------------------------------------------------------------------------------------------------


def award_draft_row(glance: Glance, draft: AwardDraft) -> AwardDraftRow:
    """An award draft as it is listed."""
    return AwardDraftRow(
        id=draft.id,
        raid_id=draft.raid_id,
        item=draft.item_name,
        item_id=draft.item_id,
        character=draft.name,
        user_id=draft.user_id,
        username=glance.username_or_none(draft.user_id),
        quantity=draft.quantity,
        amount=draft.cost,
        rot=draft.rot,
        note=draft.note,
        local_time=draft.local_time,
        line=draft.line,
        sha256=draft.sha256,
        status=draft.status,
        awards=draft.awards,
        reason=draft.reason,
        drafted_at=draft.drafted_at,
    )


def award_row(glance: Glance, award: Award) -> AwardRow:
    """An award as it is listed."""
    return AwardRow(
        id=award.id,
        item_id=award.item_id,
        item=award.item_name,
        auction_id=award.auction_id,
        raid_id=award.raid_id,
        user_id=award.user_id,
        username=glance.username_or_none(award.user_id),
        character=award.character_name,
        pools=award.pools,
        amount=award.price,
        because=award.because,
        overbid=award.overbid,
        moved_from=award.moved_from,
        status=award.status,
        awarded_at=award.awarded_at,
        actor_kind=award.actor_kind,
        actor_id=award.actor_id,
        actor_name=name_elsewhere(glance, award.actor_kind, award.actor_id),
        external_id=award.external_id,
    )
