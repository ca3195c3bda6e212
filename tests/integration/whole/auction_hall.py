"""A guild full of bidders, on one database, and what can be told of its auctions."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Final, TypeVar

from attrs import frozen

from dkp_adapters.answers import RequestInProgress
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import AuctionId, GuildId, PoolId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.loot import AuctionFilter, AuctionRow, AwardFilter, AwardRow, BidOutcome, BidRow
from dkp_core.points import AdjustmentLine, BalanceRow, HistoryFilter, Overbid, StandingsFilter
from dkp_entrypoints.containers import UseCases

T = TypeVar("T")

PATIENCE_SECONDS: Final = 30.0
PAGE: Final = 500

_halls: Final = count()


def persistently(act: Callable[[], T]) -> T:
    """What it answers; it is done again when it lost a race."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return act()
        except (Stale, RequestInProgress):
            assert time.monotonic() < give_up, f"it lost every race for {PATIENCE_SECONDS} seconds"
            time.sleep(random.uniform(0.001, 0.02))


@frozen
class AuctionHall:
    """A guild with its bidders, as one host sees it."""

    cases: UseCases
    by: Actor
    pool_id: PoolId
    bidders: tuple[UserId, ...]

    @classmethod
    def found(cls, cases: UseCases, bidders: int, points: str) -> AuctionHall:
        """A guild with so many bidders, each with a main and so many points."""
        first = 7 * 10**17 + 1000 * next(_halls)
        founded = cases.found_guild()(
            name=f"Hall {first}", officer_discord_id=str(first), officer_username="alma", by=operator("test")
        )
        by = operator("test", GuildId(founded.guild.id))
        hall = cls(cases, by, cases.list_pools()(by=by)[0].id, ())
        with cases.database().scope():
            users = [hall._joins(first + number) for number in range(1, bidders + 1)]
        hall = cls(cases, by, hall.pool_id, tuple(users))
        hall.pay(points)
        return hall

    def _joins(self, number: int) -> UserId:
        member = self.cases.add_member()(discord_id=str(number), username=f"bidder{number}", by=self.by)
        self.cases.enter_character()(name=f"Bidder {number}", owner=member.user_id, by=self.by)
        return member.user_id

    def at(self, cases: UseCases, pool_id: PoolId | None = None) -> AuctionHall:
        """The same guild as another host sees it, and in another pool if one is named."""
        return AuctionHall(cases, self.by, pool_id or self.pool_id, self.bidders)

    def pay(self, points: str) -> None:
        """So many points for every bidder."""
        lines = [AdjustmentLine(amount=Points.of(points), user_id=user_id) for user_id in self.bidders]
        self.cases.adjust_points()(lines, reason="to begin with", pool_id=self.pool_id, by=self.by)

    # --- what is done -------------------------------------------------------------------------------------------------

    def start(self, rules: Mapping[str, object], item: str = "Spear of Fate", *, quantity: int = 1) -> AuctionId:
        """An auction that opens now, with these rules instead of the pool's."""
        start = self.cases.start_auction()
        return start(item=item, quantity=quantity, pool_id=self.pool_id, rules=rules, another=True, by=self.by).id

    def bid(self, auction_id: AuctionId, user_id: UserId, amount: int, ceiling: int | None = None) -> None:
        """A bid. Raises: BidRefused, and Stale where it lost a race."""
        most = None if ceiling is None else Points.of(ceiling)
        self.cases.place_bid()(auction_id, amount=Points.of(amount), ceiling=most, user_id=user_id, by=self.by)

    def close(self, auction_id: AuctionId) -> None:
        """The auction closed by hand. Raises: WrongStatus."""
        self.cases.close_auction()(auction_id, by=self.by)

    def award(self, auction_id: AuctionId) -> None:
        """To who won it. Raises: WrongStatus, NoWinner, CannotPay."""
        self.cases.award_auction()(auction_id, by=self.by)

    # --- what is told -------------------------------------------------------------------------------------------------

    def shown(self, auction_id: AuctionId) -> AuctionRow:
        """An auction."""
        return self.cases.show_auction()(auction_id, by=self.by)

    def auctions(self) -> tuple[AuctionRow, ...]:
        """All of them."""
        return self.cases.list_auctions()(AuctionFilter(), page=PageRequest(1, PAGE), by=self.by).results

    def bids(self, auction_id: AuctionId) -> Sequence[BidRow]:
        """Every bid of an auction, refused ones too, the first first."""
        return self._all(lambda page: self.cases.list_bids()(auction_id, page=page, by=self.by))[::-1]

    def awards(self) -> Sequence[AwardRow]:
        """The loot history of the pool, the newest first."""
        wanted = AwardFilter(pool_id=self.pool_id)
        return self._all(lambda page: self.cases.list_awards()(wanted, page=page, by=self.by))

    def balance(self, user_id: UserId) -> BalanceRow:
        """What a user has, as everybody sees it."""
        return self.cases.show_balance()(user_id, self.pool_id, by=self.by)

    def held(self, user_id: UserId) -> Points:
        """What all bids of a user hold, sealed ones too."""
        with self.cases.read()(self.by) as views:
            return Points(sum(row.held.hundredths for row in views.own_holds(user_id)))

    def refused(self, auctions: Sequence[AuctionId]) -> Counter[str]:
        """How often bids on these were refused, by the rule that refused them, as it is recorded."""
        rows = [row for auction_id in auctions for row in self.bids(auction_id)]
        return Counter(row.refusal for row in rows if row.outcome is BidOutcome.REFUSED)

    def happened(self, name: str, to: int) -> int:
        """How often that event told of that auction or award."""
        wanted = AuditFilter(name=name, aggregate_id=str(to))
        return self.cases.show_audit_log()(wanted, page=PageRequest(), by=self.by).count

    def must_add_up(self) -> Sequence[Overbid]:
        """P-3, P-13: everything kept equals its recount; below zero is only who was let to be; answers the overbids."""
        verification = self.cases.verify()(by=self.by)
        assert [each for each in verification.differences if each.guild_id == self.by.guild_id] == []
        overbids = [each for each in verification.overbids if each.guild_id == self.by.guild_id]
        rows = self.cases.show_standings()(self.pool_id, StandingsFilter(everyone=True), by=self.by)
        assert {row.user_id for row in rows if row.current < ZERO} <= {each.user_id for each in overbids}
        return overbids

    def nothing_is_held(self) -> bool:
        """Whether no bid holds anything any more."""
        return all(self.held(user_id) == self.balance(user_id).held == ZERO for user_id in self.bidders)

    def history(self, user_id: UserId) -> list[tuple[str, str]]:
        """The entries of a user in the pool, the first first."""
        wanted = HistoryFilter(pool_id=self.pool_id)
        rows = self._all(lambda page: self.cases.show_history()(user_id, wanted, page=page, by=self.by))
        return [(row.kind.value, str(row.amount)) for row in reversed(rows)]

    def _all(self, read: Callable[[PageRequest], Any]) -> Sequence[Any]:
        rows: list[Any] = []
        for number in range(1, 1000):
            page = read(PageRequest(number, PAGE))
            rows += page.results
            if len(rows) >= page.count:
                break
        return rows


def of_each(rows: Sequence[AwardRow]) -> Mapping[int | None, int]:
    """How many of these awards each auction has."""
    return Counter(row.auction_id for row in rows)
