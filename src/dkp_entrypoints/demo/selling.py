"""What is sold in the made-up guild: auctions of every kind, what became of them, and two that still run."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from typing import Any, Final

from attrs import define, field

from dkp_adapters.memory.clock import SettableClock
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import AuctionId, AwardId, ItemId, RaidId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import BidElsewhere, BidRefused, ClosedAuction, Mode, Whose
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.demo.drops import DROPS, FRIDAYS, HOUSE_RULES, Drop

OFFICERS: Final = 4
RUNNING: Final = ("Staff of Nine Winters", "Ring of Small Mercies")
# Nobody has points to bid at first.
POOR_NIGHTS: Final = 4
FRIDAY: Final = "Open raid"
# In this order, over and over: what a guild tries out in a season.
MODES: Final = (
    Mode.OPEN,
    Mode.SEALED_FIRST_PRICE,
    Mode.OPEN,
    Mode.SEALED_SECOND_PRICE,
    Mode.OPEN,
    Mode.FIXED_PRICE_ROLL,
)


@define
class Sales:
    """Who bids for what; `by` acts as one of `users`, and `owners` says whose a character is."""

    use_cases: UseCases
    clock: SettableClock
    by: Callable[[int], Actor]
    users: Sequence[UserId]
    owners: Mapping[str, int]
    chance: random.Random
    items: dict[str, ItemId] = field(factory=dict, init=False)
    awards: list[AwardId] = field(factory=list, init=False)
    nights: int = field(default=0, init=False)
    sold: int = field(default=0, init=False)

    def lay_out(self) -> None:
        """Enter what can drop, and set the house rules."""
        pools = {row.name: row.id for row in self.use_cases.list_item_pools()(by=self.by(0))}
        with self._together():
            for drop in DROPS:
                made = self.use_cases.enter_item()(
                    name=drop.name,
                    description=drop.about,
                    item_pool_id=None if drop.item_pool is None else pools[drop.item_pool],
                    rarity=drop.rarity,
                    by=self.by(2),
                )
                self.items[drop.name] = made.id
        by_name = {row.name: row.id for row in self.use_cases.list_pools()(by=self.by(0))}
        with self._together():
            self.use_cases.set_rules()(by_name["DKP"], HOUSE_RULES, by=self.by(0))
            self.use_cases.set_rules()(by_name["Open raids"], FRIDAYS, by=self.by(0))

    # --- a night ------------------------------------------------------------------------------------------------------

    def sell(self, raid_id: RaidId, event_type: str, present: Sequence[str]) -> None:
        """What dropped in a raid, sold one after the other; the clock goes on by a quarter of an hour at most."""
        self.nights += 1
        bidders = [name for name in present if name in self.owners]
        if self.nights <= POOR_NIGHTS:
            return
        if event_type == FRIDAY:
            self._auction(raid_id, self._drop(), bidders, Mode.FIXED_PRICE_ROLL)
            return
        for drop in dict.fromkeys((self._drop(), self._drop())):
            self._auction(raid_id, drop, bidders, MODES[self.sold % len(MODES)])

    def _drop(self) -> Drop:
        return self.chance.choice(DROPS)

    def _auction(self, raid_id: RaidId, drop: Drop, bidders: Sequence[str], mode: Mode) -> None:
        """One auction from its start to the award; now and then nobody wants it, or an officer calls it off."""
        self.sold += 1
        officer = self.by(self.chance.randrange(OFFICERS))
        several = 2 if mode is Mode.SEALED_SECOND_PRICE else 1
        with self._together():
            started = self.use_cases.start_auction()(
                item_id=self.items[drop.name],
                quantity=several,
                raid_id=raid_id,
                rules={"mode": mode},
                by=officer,
            )
            self._pass(5, 10)
            if self.sold % 23 != 0:
                self._bid(started.id, drop, bidders, mode, started.rules.minimum)
            self.clock.set(max(self.clock.now(), started.closes_at or self.clock.now()))
            if self.sold % 31 == 0:
                self.use_cases.cancel_auction()(started.id, reason="It was linked twice", by=officer)
                return
            closed = self.use_cases.close_auction()(started.id, by=officer)
        self._pass(10, 40)
        with self._together():
            won = isinstance(closed, ClosedAuction) and closed.settlement.wins
            self._award(started.id, nobody=not won, by=officer)

    def _award(self, auction_id: AuctionId, *, nobody: bool, by: Actor) -> None:
        awards = self.use_cases.award_auction()(auction_id, to_nobody=nobody, by=by)
        self.awards += [award.id for award in awards if award.price]

    def _bid(self, auction_id: AuctionId, drop: Drop, bidders: Sequence[str], mode: Mode, price: Points) -> None:
        """Some of who is there bid; what they are refused is part of the history."""
        place = self.use_cases.place_bid()
        for name in self.chance.sample(bidders, min(len(bidders), self.chance.randint(3, 6))):
            worth = max(3, round(drop.worth * self.chance.triangular(0.4, 1.3, 0.8)))
            offer: dict[str, Any] = {"amount": Points.of(worth)}
            if mode is Mode.FIXED_PRICE_ROLL:
                offer = {"amount": price}
            elif mode is Mode.OPEN and self.chance.random() < 0.4:
                offer = {"ceiling": Points.of(worth)}
            with suppress(BidRefused):  # too low, or more than there is: it is recorded
                place(auction_id, **offer, character=name, by=self._self(name))
            self._pass(4, 12)

    # --- afterwards ---------------------------------------------------------------------------------------------------

    def look_back(self) -> None:
        """Awards that did not stay as they were, the result of bidding elsewhere, and a bid that is left for later."""
        revoked, moved, returned = self.awards[-3:]
        with self._together():
            self.use_cases.revoke_award()(revoked, reason="Looted by mistake", by=self.by(0))
            receiver = Whose(user_id=self.users[9])
            self.use_cases.move_award()(
                moved, to=receiver, amount=Points.of(5), reason="The winner can't wear it", by=self.by(1)
            )
            self.use_cases.return_item()(returned, reason="Nobody needed it after all", by=self.by(0))
            self.use_cases.award_item()(
                item="Pennant of the Open Gate",
                to=Whose(user_id=self.users[5]),
                amount=Points.of(12),
                reason="Bid for on Discord",
                bids=[
                    BidElsewhere(whose=Whose(user_id=self.users[5]), amount=Points.of(12)),
                    BidElsewhere(whose=Whose(user_id=self.users[11]), amount=Points.of(11)),
                ],
                by=self.by(2),
            )
            self.use_cases.award_item()(
                item_id=self.items["Islander's Key"],
                to=Whose(user_id=self.users[14]),
                amount=ZERO,
                reason="Keys are handed out by officers",
                by=self.by(1),
            )
            leave = self.use_cases.leave_bid()
            leave(self.items[RUNNING[0]], ceiling=Points.of(36), by=self.by(9))
            leave(self.items["Crown of the Drowned King"], ceiling=Points.of(75), by=self.by(9))

    def go_on(self) -> None:
        """Two auctions that run now: an open one with leaders, and a sealed one, both with hours to go."""
        now = self.clock.now()
        self.clock.set(now - timedelta(minutes=12))
        hours = {"seconds": 2 * 3600}
        with self._together():
            staff = self.use_cases.start_auction()(item=RUNNING[0], rules=hours, by=self.by(0))
            rings = self.use_cases.start_auction()(
                item=RUNNING[1], quantity=2, rules=hours | {"mode": Mode.SEALED_FIRST_PRICE}, by=self.by(1)
            )
            self._pass(30, 60)
            for bidder, auction, amount, ceiling in (
                (4, staff, 30, None),
                (7, rings, 21, None),
                (12, staff, None, 52),
                (8, rings, 18, None),
                (4, staff, 48, None),
                (16, rings, 26, None),
                (19, staff, 50, None),
            ):
                self._offer(bidder, auction.id, amount, ceiling)
                self._pass(20, 60)
        self.clock.set(now)

    def _offer(self, bidder: int, auction_id: AuctionId, amount: int | None, ceiling: int | None) -> None:
        with suppress(BidRefused):  # who had bad luck at the rolls has less than another time
            self.use_cases.place_bid()(
                auction_id,
                amount=None if amount is None else Points.of(amount),
                ceiling=None if ceiling is None else Points.of(ceiling),
                by=self.by(bidder),
            )

    # --- how it is told -----------------------------------------------------------------------------------------------

    def _pass(self, least: int, most: int) -> None:
        self.clock.set(self.clock.now() + timedelta(seconds=self.chance.randint(least, most)))

    def _self(self, character: str) -> Actor:
        return self.by(self.owners[character])

    def _together(self) -> AbstractContextManager[object]:
        return self.use_cases.database().scope()
