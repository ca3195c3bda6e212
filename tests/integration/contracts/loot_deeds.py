"""Short ways to hold auctions in a guild of a test's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from dkp_adapters.system import SystemChance
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import AuctionId, AwardId, BidId, ItemId, PoolId, RaidId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    Auction,
    AuctionRow,
    Award,
    AwardAuction,
    AwardItem,
    Bid,
    BidOutcome,
    BidRecord,
    BidRow,
    BidSource,
    CancelAuction,
    CloseAuction,
    Hold,
    Item,
    OpenAuction,
    PlaceBid,
    PlacedBid,
    Purse,
    Rules,
    ScheduledAuction,
    StartAuction,
    Whose,
    WithdrawBid,
)
from dkp_core.points import Pool
from tests.integration.contracts.deeds import Bank
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place

SEALED: Mapping[str, object] = {"mode": "sealed_first_price"}
SEED = bytes(range(32))


@frozen
class Hall:
    """A guild's auctions: the pool they are held in, items, bidders, and what they do."""

    place: Place
    pool_id: PoolId

    @classmethod
    def of(cls, place: Place) -> Hall:
        """A default pool, in which the auctions are."""
        pool_id = PoolId(place.installation.ids.next("pool"))
        with place.work() as work:
            work.pools.save(Pool.create(pool_id, place.guild_id, name=f"Pool {pool_id}", is_default=True))
        return cls(place, pool_id)

    @property
    def bank(self) -> Bank:
        """The points in the guild."""
        return Bank(self.place)

    def bidder(self, username: str, points: str = "100", *, character: str = "") -> UserId:
        """A member with a main and points."""
        user_id = self.place.member(username)
        self.place.character(character or f"{username}main", owner=user_id, is_main=True)
        if points != "0":
            self.bank.give(user_id, self.pool_id, points)
        return user_id

    # --- items and auctions as they are kept --------------------------------------------------------------------------

    def item(self, name: str = "Cloak of Flames") -> Item:
        """An item that is kept."""
        item = Item(id=ItemId(self.place.installation.ids.next("item")), guild_id=self.place.guild_id, name=name)
        with self.place.work() as work:
            work.items.save(item.entered())
        return item.entered().saved()

    def drafted(
        self,
        item: Item | None = None,
        *,
        quantity: int = 1,
        raid_id: RaidId | None = None,
        rules: Mapping[str, object] | None = None,
        opens_at: datetime | None = None,
        closes_at: datetime | None = None,
        at: datetime = NIGHT,
    ) -> ScheduledAuction | OpenAuction:
        """An auction that is not kept yet."""
        sold = item or self.item()
        return ScheduledAuction.start(
            AuctionId(self.place.installation.ids.next("auction")),
            self.place.guild_id,
            item_id=sold.id,
            item_name=sold.name,
            quantity=quantity,
            raid_id=raid_id,
            pool_id=self.pool_id,
            rules=Rules().with_values(rules or {}, "rules"),
            rules_version=3,
            opens_at=opens_at,
            closes_at=closes_at,
            seed=SEED,
            at=at,
        )

    def keep(self, auction: Auction) -> Auction:
        """Keep an auction; it comes back as it is kept."""
        with self.place.work() as work:
            work.auctions.save(auction)
        return auction.saved()

    def loaded(self, auction_id: AuctionId) -> Auction:
        """An auction as it is kept."""
        with self.place.work() as work:
            return work.auctions.get(auction_id)

    # --- bids and holds as they are kept ------------------------------------------------------------------------------

    def bid_id(self) -> BidId:
        """The id of another bid."""
        return BidId(self.place.installation.ids.next("bid"))

    def record(
        self,
        auction_id: AuctionId,
        user_id: UserId | None,
        amount: str = "5",
        *,
        ceiling: str | None = None,
        outcome: BidOutcome = BidOutcome.ACCEPTED,
        bid_id: BidId | None = None,
        at: datetime = NIGHT,
    ) -> BidRecord:
        """A bid that is not kept yet."""
        its_id = bid_id or self.bid_id()
        points, most = Points.of(amount), Points.of(ceiling or amount)
        bid = None
        if outcome is BidOutcome.ACCEPTED and user_id is not None:
            bid = Bid(
                id=its_id,
                auction_id=auction_id,
                user_id=user_id,
                character_id=None,
                character_name="Élan",
                amount=points,
                ceiling=most,
                placed_at=at,
            )
        is_refused = outcome is BidOutcome.REFUSED
        return BidRecord(
            id=its_id,
            auction_id=auction_id,
            user_id=user_id,
            character_name="Élan",
            amount=points,
            ceiling=most,
            outcome=outcome,
            bid=bid,
            refusal="bid_too_low" if is_refused else "",
            reason=f"{points} is too low." if is_refused else "",
            source=BidSource.API,
            actor_kind=ActorKind.OPERATOR,
            actor_id="operator",
            at=at,
        )

    def make(self, *records: BidRecord) -> None:
        """Keep bids, each in a transaction of its own."""
        for record in records:
            with self.place.work() as work:
                work.bids.append([record])

    def standing(self, auction_id: AuctionId) -> tuple[Bid, ...]:
        """The bids that stand in an auction."""
        with self.place.work() as work:
            return work.bids.standing(auction_id)

    def hold(
        self, auction_id: AuctionId, user_id: UserId, shown: str = "0", sealed: str = "0", copies: int = 1
    ) -> None:
        """Hold so much for a user in an auction from now on."""
        hold = Hold(shown=Points.of(shown), sealed=Points.of(sealed), copies=copies)
        with self.place.work() as work:
            work.auctions.get(auction_id)
            here = work.holds.purses(self.pool_id, auction_id, {user_id})[user_id].here
            work.holds.move(auction_id, self.pool_id, {user_id: here}, {user_id: hold})

    def purse(self, user_id: UserId, auction_id: AuctionId = AuctionId(0)) -> Purse:
        """What a user has."""
        with self.place.work() as work:
            return work.holds.purses(self.pool_id, auction_id, {user_id})[user_id]

    # --- what the guild does ------------------------------------------------------------------------------------------

    def start(
        self,
        item: str = "Cloak of Flames",
        *,
        quantity: int = 1,
        raid_id: RaidId | None = None,
        opens_at: datetime | None = None,
        closes_at: datetime | None = None,
        rules: Mapping[str, object] | None = None,
    ) -> AuctionId:
        """An auction."""
        installation = self.place.installation
        start = StartAuction(installation.begin, installation.ids, SystemChance(), installation.clock)
        return start(
            item=item,
            quantity=quantity,
            raid_id=raid_id,
            pool_id=self.pool_id,
            opens_at=opens_at,
            closes_at=closes_at,
            rules=rules or {},
            another=True,
            by=self.place.by,
        ).id

    def bid(
        self,
        auction_id: AuctionId,
        user_id: UserId | None,
        amount: str | None = None,
        *,
        ceiling: str | None = None,
        copies: int = 1,
        discord_id: str | None = None,
    ) -> PlacedBid:
        """A bid. Raises: BidRefused, which is recorded."""
        installation = self.place.installation
        return PlaceBid(installation.begin, installation.ids, installation.clock)(
            auction_id,
            user_id=user_id,
            discord_id=discord_id,
            amount=None if amount is None else Points.of(amount),
            ceiling=None if ceiling is None else Points.of(ceiling),
            copies=copies,
            by=self.place.by,
        )

    def withdraw(self, auction_id: AuctionId, user_id: UserId) -> None:
        """A bid taken back."""
        installation = self.place.installation
        withdraw = WithdrawBid(installation.begin, installation.ids, installation.clock)
        withdraw(auction_id, user_id=user_id, by=self.place.by)

    def close(self, auction_id: AuctionId) -> None:
        """An auction closed by hand."""
        installation = self.place.installation
        CloseAuction(installation.begin, installation.ids, installation.clock)(auction_id, by=self.place.by)

    def cancel(self, auction_id: AuctionId, reason: str = "") -> None:
        """An auction called off."""
        CancelAuction(self.place.installation.begin, self.place.installation.clock)(
            auction_id, reason=reason, by=self.place.by
        )

    def award(self, auction_id: AuctionId, *, to_nobody: bool = False) -> tuple[Award, ...]:
        """What an auction sold, handed out."""
        installation = self.place.installation
        award = AwardAuction(installation.begin, installation.ids, installation.clock)
        return award(auction_id, to_nobody=to_nobody, by=self.place.by)

    def give(self, item: str, to: UserId | None, amount: str, *, raid_id: RaidId | None = None) -> AwardId:
        """An item given without an auction."""
        installation = self.place.installation
        return AwardItem(installation.begin, installation.ids, installation.clock)(
            item=item,
            to=None if to is None else Whose(user_id=to),
            amount=Points.of(amount),
            raid_id=raid_id,
            pool_id=self.pool_id,
            by=self.place.by,
        ).id

    # --- what is shown ------------------------------------------------------------------------------------------------

    def row(self, auction_id: AuctionId) -> AuctionRow:
        """An auction as it is shown."""
        with self.place.views() as views:
            return views.auction(auction_id)

    def bids(self, auction_id: AuctionId, viewer: UserId | None = None) -> Sequence[BidRow]:
        """The bids of an auction as they are shown, the newest first."""
        with self.place.views() as views:
            page = views.bids_of_auction(auction_id, viewer=viewer, page=EVERYTHING)
        assert page.count == len(page.results)
        return page.results

    def own_bids(self, user_id: UserId, page: PageRequest = EVERYTHING) -> Sequence[BidRow]:
        """A user's own bids."""
        with self.place.views() as views:
            return views.own_bids(user_id, page=page).results
