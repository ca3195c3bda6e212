"""Running auctions: starting, freezing, resuming, extending, calling off; any officer may go on (L-2, L-16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId, ItemId, PoolId, RaidId, RankId
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Chance, Clock, Ids, Read
from dkp_core.loot.auction import Auction, FrozenAuction, OpenAuction, ScheduledAuction
from dkp_core.loot.bid import BidSource, Offer
from dkp_core.loot.bidding import Whose, bid_on, schedule
from dkp_core.loot.cataloguing import known_item
from dkp_core.loot.chance import SEED_BYTES
from dkp_core.loot.errors import AlreadyOnAuction, NobodyShares, WrongStatus
from dkp_core.loot.item import Item
from dkp_core.loot.ports import AUCTION_COLUMNS, LootView, LootWork
from dkp_core.loot.refusals import NotEligible
from dkp_core.loot.rules import Mode
from dkp_core.loot.status import AuctionStatus
from dkp_core.loot.views import AuctionFilter, AuctionRow, BidRow
from dkp_core.points import default_pool
from dkp_core.raids import Raid


@frozen
class StartAuction:
    """Put an item up for bidding, at once or later; an item that nobody knew yet is entered.

    The pool is the one named, else the raid's where it has one only, the item pool's, the guild's default. Rules are
    the pool's, with what is overridden here. One drop (item and raid) has one auction, unless it is said to be another.
    """

    begin: Begin[LootWork]
    ids: Ids
    chance: Chance
    clock: Clock

    def __call__(
        self,
        *,
        item: str | None = None,
        item_id: ItemId | None = None,
        quantity: int = 1,
        raid_id: RaidId | None = None,
        pool_id: PoolId | None = None,
        rules: Mapping[str, object] | None = None,
        opens_at: datetime | None = None,
        closes_at: datetime | None = None,
        another: bool = False,
        by: Actor,
    ) -> Auction:
        by.must(Permission.AUCTIONS_WRITE)
        if (item is None) == (item_id is None):
            raise InvalidValue("item", "the item is not named, or named twice", "a name, or the id of an item")
        auction_id = AuctionId(self.ids.next("auction"))
        with self.begin(by) as work:
            sold = work.items.get(item_id) if item_id is not None else known_item(work, self.ids, item or "")
            return start(
                work,
                auction_id,
                sold,
                quantity=quantity,
                raid_id=raid_id,
                pool_id=pool_id,
                rules=rules or {},
                opens_at=opens_at,
                closes_at=closes_at,
                another=another,
                seed=self.chance.token(SEED_BYTES),
                ids=self.ids,
                at=self.clock.now(),
                by=by,
            )


def start(
    work: LootWork,
    auction_id: AuctionId,
    item: Item,
    *,
    quantity: int = 1,
    raid_id: RaidId | None = None,
    pool_id: PoolId | None = None,
    rules: Mapping[str, object],
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    another: bool = False,
    seed: bytes,
    ids: Ids,
    at: datetime,
    by: Actor,
) -> Auction:
    """Start an auction for an item that is locked.

    Raises: AlreadyOnAuction, InvalidValue, NoSuch, PoolIsArchived, NobodyShares in a zero-sum pool without a raid.
    """
    raid = raid_of(work, raid_id)
    selling = work.auctions.selling(item.id, raid_id)
    if selling and not another:
        raise AlreadyOnAuction(selling[0], item.name)
    pools = pools_of(work, item, raid, pool_id)
    if len(pools) != 1:
        fault = f"the item pool names {len(pools)} pools"
        raise InvalidValue("pool", fault, "the pool that bids are made in")
    pool = work.pools.get(pools[0])
    pool.must_be_open()
    version, house = work.house_rules.of(pool.id)
    policies = work.policies.of(pool.id).policies
    own = house.overridden(rules, policies.floor)
    for rank in own.named_ranks:
        work.ranks.get(RankId(rank))
    if own.attendees_only and raid is None:
        raise InvalidValue("rules.attendees_only", "without a raid nobody could bid", "a raid, or false")
    if policies.zero_sum and raid is None:
        raise NobodyShares(pool.id, None)
    auction = ScheduledAuction.start(
        auction_id,
        work.guild_id,
        item_id=item.id,
        item_name=item.name,
        quantity=quantity,
        raid_id=raid_id,
        pool_id=pool.id,
        rules=own,
        rules_version=version,
        opens_at=opens_at,
        closes_at=closes_at,
        seed=seed,
        at=at,
    )
    work.auctions.save(auction)
    schedule(work, None, auction)
    auction = auction.saved()
    return with_standing_bids(work, auction, ids=ids, at=at, by=by) if isinstance(auction, OpenAuction) else auction


def raid_of(work: LootWork, raid_id: RaidId | None) -> Raid | None:
    """The raid that something dropped in; it must stand. Raises: NoSuch, RaidIsCancelled."""
    if raid_id is None:
        return None
    raid = work.raids.get(raid_id)
    raid.must_stand()
    return raid


def pools_of(work: LootWork, item: Item, raid: Raid | None, named: PoolId | None) -> tuple[PoolId, ...]:
    """What is paid from: the pool named, else the raid's only one, the item pool's, the guild's default (L-9)."""
    if named is not None:
        return (work.pools.get(named).id,)
    if raid is not None and len(raid.pools) == 1:
        return raid.pools
    if item.item_pool_id is not None:
        return work.item_pools.get(item.item_pool_id).pools
    return (default_pool(work).id,)


def with_standing_bids(work: LootWork, auction: Auction, *, ids: Ids, at: datetime, by: Actor) -> Auction:
    """The auction after the bids that waited for it, the earliest first: each is placed or refused like any other.

    They go as far as points, caps and steps let them, since nobody knew the rules when they were left. Who may not bid
    in this phase goes on waiting. The item is locked.
    """
    waiting = work.standing_bids.of_item(auction.item_id)
    heard = []
    for bid in waiting:
        rules = auction.rules
        if rules.mode is Mode.OPEN:
            offer = Offer(ceiling=bid.ceiling)
        elif rules.mode is Mode.FIXED_PRICE_ROLL:  # the price, unless they would not go so far
            offer = Offer(amount=min(bid.ceiling, rules.minimum_in(auction.phase)))
        else:
            offer = Offer(amount=bid.ceiling)
        whose = Whose(user_id=bid.user_id, character=bid.character_name)
        answer = bid_on(work, auction, offer, whose, source=BidSource.STANDING, ids=ids, at=at, by=by)
        if answer.placed is not None:
            auction = answer.auction.saved()
        if not (isinstance(answer.refusal, NotEligible) and answer.refusal.why == "phase"):
            heard.append(bid)
    work.standing_bids.remove(heard)
    return auction


@frozen
class FreezeAuction:
    """Let an auction's clock stand still: nobody bids, and what is held stays held, until an officer resumes it."""

    begin: Begin[LootWork]
    clock: Clock

    def __call__(self, auction_id: AuctionId, *, reason: str = "", by: Actor) -> Auction:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            auction = _opened(work.auctions.get(auction_id), self.clock.now())
            frozen_ = auction.freeze(reason=reason, at=self.clock.now())
            work.auctions.save(frozen_)
            schedule(work, auction, frozen_)
        return frozen_


@frozen
class ResumeAuction:
    """Let a frozen auction go on, for as long as it had left."""

    begin: Begin[LootWork]
    clock: Clock

    def __call__(self, auction_id: AuctionId, *, by: Actor) -> Auction:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            auction = work.auctions.get(auction_id)
            if not isinstance(auction, FrozenAuction):
                raise auction.must_be(AuctionStatus.FROZEN)
            resumed = auction.resume(self.clock.now())
            work.auctions.save(resumed)
            schedule(work, auction, resumed)
        return resumed


@frozen
class ExtendAuction:
    """Move an open auction's close; without a time it runs until it is closed by hand."""

    begin: Begin[LootWork]
    clock: Clock

    def __call__(self, auction_id: AuctionId, *, closes_at: datetime | None, by: Actor) -> Auction:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            auction = _opened(work.auctions.get(auction_id), self.clock.now())
            extended = auction.extend(closes_at, at=self.clock.now())
            work.auctions.save(extended)
            schedule(work, auction, extended)
        return extended


@frozen
class CancelAuction:
    """Call an auction off: nothing is held for it any more, and nobody gets the item by it."""

    begin: Begin[LootWork]
    clock: Clock

    def __call__(self, auction_id: AuctionId, *, reason: str = "", by: Actor) -> Auction:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            return cancel(work, work.auctions.get(auction_id), reason=reason, at=self.clock.now())


def cancel(work: LootWork, auction: Auction, *, reason: str, at: datetime) -> Auction:
    """Call off an auction that is locked. Raises: WrongStatus, InvalidValue."""
    cancelled = auction.cancel(reason=reason, at=at)
    work.holds.move(auction.id, auction.pool_id, work.holds.of(auction.id), {})
    work.auctions.save(cancelled)
    schedule(work, auction, cancelled)
    return cancelled


def _opened(auction: Auction, at: datetime) -> OpenAuction:
    """The auction, which is open, and not past its close: then nobody opens it again. Raises: WrongStatus."""
    if not isinstance(auction, OpenAuction):
        raise auction.must_be(AuctionStatus.OPEN)
    if auction.is_due(at):
        raise WrongStatus(auction.id, "past its close", AuctionStatus.OPEN)
    return auction


@frozen
class ListAuctions:
    """The guild's auctions, the newest first: filtered by status, pool, raid and item, in pages."""

    read: Read[LootView]

    def __call__(self, wanted: AuctionFilter, *, ordering: str = "", page: PageRequest, by: Actor) -> Page[AuctionRow]:
        by.must(Permission.AUCTIONS_READ)
        orders = ordering_of(ordering, AUCTION_COLUMNS)
        with self.read(by) as views:
            return views.auctions(wanted, ordering=orders, page=page)


@frozen
class ListRunningAuctions:
    """The auctions that are not over: scheduled, open, frozen, or closed and not awarded."""

    read: Read[LootView]

    def __call__(self, auction_ids: Sequence[AuctionId] | None = None, *, by: Actor) -> tuple[AuctionRow, ...]:
        by.must(Permission.AUCTIONS_READ)
        with self.read(by) as views:
            return views.running(auction_ids)


@frozen
class ShowAuction:
    """One auction: who leads, time left, its rules, and once it is closed its results with the reasons."""

    read: Read[LootView]

    def __call__(self, auction_id: AuctionId, *, by: Actor) -> AuctionRow:
        by.must(Permission.AUCTIONS_READ)
        with self.read(by) as views:
            return views.auction(auction_id)


@frozen
class ListBids:
    """Every bid of an auction, the newest first; sealed amounts and receipts are shown to all once it is closed."""

    read: Read[LootView]

    def __call__(self, auction_id: AuctionId, *, page: PageRequest, by: Actor) -> Page[BidRow]:
        by.must(Permission.AUCTIONS_READ)
        with self.read(by) as views:
            return views.bids_of_auction(auction_id, viewer=by.user_id, page=page)
