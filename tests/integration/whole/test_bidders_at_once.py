"""Many bidders, officers and workers at once, each on a connection of their own: nothing is spent or sold twice."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Final

import pytest
from attrs import define, field

from dkp_adapters.memory import SettableClock
from dkp_core.kernel.actor import job
from dkp_core.kernel.errors import Conflict
from dkp_core.kernel.ids import AuctionId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import AuctionStatus, BidOutcome, BidRefused, BidSource, CannotPay, Whose, WrongStatus
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import Worker
from tests.integration.contracts.place import NIGHT
from tests.integration.whole.auction_hall import AuctionHall, of_each, persistently

HOSTS: Final = 5
BIDDERS: Final = 50
AUCTIONS: Final = 20
OPEN: Final[dict[str, object]] = {"mode": "open"}
SEALED: Final[dict[str, object]] = {"mode": "sealed_second_price"}


@define(eq=False)
class Hosts:
    """Several processes' worth of use cases on one database, with the hall as each of them sees it."""

    clock: SettableClock
    halls: Sequence[AuctionHall]
    refused: Counter[str] = field(factory=Counter, init=False)
    accepted: Counter[AuctionId] = field(factory=Counter, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    @property
    def hall(self) -> AuctionHall:
        """The hall as the first of them sees it."""
        return self.halls[0]

    def at_once(self, deeds: Sequence[Callable[[AuctionHall], object]]) -> list[object]:
        """Do all of these at the same moment, on the hosts in turn; tells what each came to, or how it was refused."""
        start = threading.Barrier(len(deeds))

        def act(number: int) -> object:
            start.wait(30)
            return outcome_of(partial(deeds[number], self.halls[number % len(self.halls)]))

        with ThreadPoolExecutor(len(deeds)) as threads:
            return list(threads.map(act, range(len(deeds))))

    def bid(self, hall: AuctionHall, auction_id: AuctionId, user_id: UserId, amount: int, most: int | None) -> None:
        """A bid, until it is accepted or refused, which is counted."""
        outcome = outcome_of(lambda: hall.bid(auction_id, user_id, amount, most))
        with self._lock:
            if outcome is None:
                self.accepted[auction_id] += 1
            else:
                assert isinstance(outcome, BidRefused), outcome
                self.refused[outcome.code] += 1


def outcome_of(act: Callable[[], object]) -> object:
    """What it answers, or how it is refused; it is done again when it lost a race."""
    try:
        return persistently(act)
    except Conflict as refusal:
        return refusal


@pytest.fixture
def hosts(hall_url: str) -> Iterator[Hosts]:
    """Five hosts and fifty bidders with 25 points each, on each engine in turn."""
    clock = SettableClock(NIGHT)
    every = [UseCases(settings=Settings(database_url=hall_url), clock=clock) for _ in range(HOSTS)]
    hall = AuctionHall.found(every[0], BIDDERS, "25")
    yield Hosts(clock, [hall.at(cases) for cases in every])
    for cases in every:
        cases.database().close()


def must_be_recorded(hosts: Hosts, auctions: Sequence[AuctionId]) -> None:
    """L-4, L-13: every bid that was made is on record, accepted or refused, each exactly once."""
    assert hosts.hall.refused(auctions) == hosts.refused
    for auction_id in auctions:
        rows = hosts.hall.bids(auction_id)
        own = [row for row in rows if row.outcome is BidOutcome.ACCEPTED and row.source is not BidSource.PROXY]
        assert len(own) == hosts.accepted[auction_id] == hosts.hall.shown(auction_id).bids


def must_be_sold_once(hosts: Hosts, auctions: Sequence[AuctionId]) -> None:
    """L-7: every auction was closed and awarded once, each copy to one winner who bid for it, and nothing is held."""
    hall = hosts.hall
    assert {hall.shown(auction_id).status for auction_id in auctions} == {AuctionStatus.AWARDED}
    for event in ("auction_closed", "auction_awarded"):
        assert [hall.happened(event, auction_id) for auction_id in auctions] == [1] * len(auctions)
    awards = [row for row in hall.awards() if row.auction_id in set(auctions)]
    assert of_each(awards) == {auction_id: hall.shown(auction_id).quantity for auction_id in auctions}
    for auction_id in auctions:
        winners = [row.user_id for row in awards if row.auction_id == auction_id and row.user_id is not None]
        assert len(set(winners)) == len(winners)
        assert Counter(winners) == Counter(result.user_id for result in hall.shown(auction_id).results)
    assert hall.nothing_is_held()
    spent = sum(row.amount.hundredths for row in awards)
    left = sum(hall.balance(user_id).current.hundredths for user_id in hall.bidders)
    assert spent + left == len(hall.bidders) * 2500
    hall.must_add_up()


def test_fifty_bidders_on_one_auction_all_count(hosts: Hosts) -> None:
    """L-5, L-6, P-13: the three best ceilings win, whoever came first; each bid is judged by those before it."""
    auction_id = hosts.hall.start(OPEN, quantity=3)
    ceilings = dict(zip(hosts.hall.bidders, random.Random(5).sample(range(1, 26), 25) * 2, strict=True))

    def bidding(user_id: UserId, hall: AuctionHall) -> None:
        for amount in (1, 3, ceilings[user_id]):
            hosts.bid(hall, auction_id, user_id, min(amount, ceilings[user_id]), ceilings[user_id])

    hosts.at_once([partial(bidding, user_id) for user_id in hosts.hall.bidders])
    shown = hosts.hall.shown(auction_id)
    assert sorted(ceilings[leader.user_id] for leader in shown.leaders) == [24, 25, 25]
    held = {user_id: hosts.hall.held(user_id) for user_id in hosts.hall.bidders}
    leaders = {leader.user_id for leader in shown.leaders}
    assert held == {
        user_id: Points.of(ceilings[user_id] if user_id in leaders else 0) for user_id in hosts.hall.bidders
    }
    must_be_recorded(hosts, [auction_id])
    hosts.hall.must_add_up()
    hosts.hall.award(auction_id)
    must_be_sold_once(hosts, [auction_id])


def test_fifty_bidders_on_twenty_auctions_spend_nothing_twice(hosts: Hosts) -> None:
    """L-5, P-13: each has points for two or three of them, and bids on many at once, open and sealed."""
    auctions = [hosts.hall.start(SEALED if number % 2 else OPEN, f"Item {number}") for number in range(AUCTIONS)]
    bids = [(user_id, each) for user_id in hosts.hall.bidders for each in random.Random(user_id).sample(auctions, 8)]
    over: list[UserId] = []

    def bidding(number: int, hall: AuctionHall) -> None:
        chance = random.Random(number)
        for user_id, auction_id in bids[number::BIDDERS]:  # so that all bids of one bidder meet
            hosts.bid(hall, auction_id, user_id, chance.randrange(6, 12), None)
            if hall.held(user_id) > Points.of(25):
                over.append(user_id)

    hosts.at_once([partial(bidding, number) for number in range(BIDDERS)])
    assert over == []
    assert hosts.refused["over_available"] > BIDDERS
    must_be_recorded(hosts, auctions)
    hosts.hall.must_add_up()
    hosts.at_once([partial(AuctionHall.award, auction_id=auction_id) for auction_id in auctions])
    must_be_sold_once(hosts, auctions)


def test_an_auction_that_closes_while_bids_arrive_counts_those_it_accepted(hosts: Hosts) -> None:
    """L-7: each bid is before the close, and counts, or after it, and is refused; of two officers one closes it."""
    auctions = [hosts.hall.start(SEALED, f"Item {number}") for number in range(8)]
    closings: list[object] = []

    def bidding(user_id: UserId, hall: AuctionHall) -> None:
        chance = random.Random(user_id)
        for auction_id in chance.sample(auctions, 4):
            hosts.bid(hall, auction_id, user_id, chance.randrange(1, 7), None)

    def closing(_: int, hall: AuctionHall) -> None:
        closings.extend(outcome_of(partial(hall.close, auction_id)) for auction_id in auctions)

    bidders = [partial(bidding, user_id) for user_id in hosts.hall.bidders]
    hosts.at_once([*bidders[:25], partial(closing, 1), partial(closing, 2), *bidders[25:]])
    assert Counter(map(type, closings)) == {type(None): 8, WrongStatus: 8}
    must_be_recorded(hosts, auctions)
    for auction_id in auctions:
        accepted = [row for row in hosts.hall.bids(auction_id) if row.outcome is BidOutcome.ACCEPTED]
        last = {row.user_id: row.amount for row in accepted if row.amount is not None}
        assert [result.amount for result in hosts.hall.shown(auction_id).results] == sorted(last.values())[-1:]
    hosts.hall.must_add_up()


def test_workers_that_advance_the_same_auctions_close_each_once(hosts: Hosts) -> None:
    """L-7, O-12: at its time, by the deadline or beside it, with bids until the last moment."""
    rules: dict[str, object] = {**OPEN, "seconds": 60, "award_at_close": True}
    auctions = [hosts.hall.start(rules, f"Item {number}") for number in range(8)]
    for number, auction_id in enumerate(auctions):
        hosts.bid(hosts.hall, auction_id, hosts.hall.bidders[number], 5, None)
    hosts.clock.advance(timedelta(seconds=60))
    by = job("advance_auction", hosts.hall.by.guild_id)

    def advancing(hall: AuctionHall) -> None:
        for auction_id in auctions:
            persistently(partial(hall.cases.advance_auction(), auction_id, by=by))

    def working(hall: AuctionHall) -> None:
        while Worker.of(hall.cases).run_due():
            pass

    def bidding(hall: AuctionHall) -> None:
        for auction_id in auctions:
            hosts.bid(hall, auction_id, hall.bidders[-1], 20, None)

    hosts.at_once([advancing, working, bidding, working, advancing])
    assert hosts.refused == {"auction_not_open": 8}
    must_be_sold_once(hosts, auctions)


def test_officers_who_award_at_once_while_others_bid_award_each_once(hosts: Hosts) -> None:
    """L-7, L-5, P-13: an open auction is closed and awarded by one of them, and what is held elsewhere stays held."""
    auctions = [hosts.hall.start(SEALED if number % 3 else OPEN, f"Item {number}") for number in range(AUCTIONS)]
    for number, auction_id in enumerate(auctions):
        hosts.bid(hosts.hall, auction_id, hosts.hall.bidders[number], 5, None)
    awarded: list[object] = []

    def awarding(seed: int, hall: AuctionHall) -> None:
        mine = random.Random(seed).sample(auctions, 15)
        awarded.extend(outcome_of(partial(hall.award, auction_id)) for auction_id in mine)

    def bidding(user_id: UserId, hall: AuctionHall) -> None:
        chance = random.Random(user_id)
        for auction_id in chance.sample(auctions, 6):
            hosts.bid(hall, auction_id, user_id, chance.randrange(6, 12), None)

    bidders = [partial(bidding, user_id) for user_id in hosts.hall.bidders[:30]]
    hosts.at_once([*bidders[:15], *(partial(awarding, seed) for seed in range(3)), *bidders[15:]])
    statuses = {auction_id: hosts.hall.shown(auction_id).status for auction_id in auctions}
    done = [auction_id for auction_id, status in statuses.items() if status is AuctionStatus.AWARDED]
    assert Counter(map(type, awarded)) == {type(None): len(done), WrongStatus: 45 - len(done)}
    must_be_recorded(hosts, auctions)
    hosts.hall.must_add_up()
    for auction_id in set(auctions) - set(done):
        hosts.hall.award(auction_id)
    must_be_sold_once(hosts, auctions)


def test_of_awards_at_once_that_one_user_can_pay_once_one_is_paid_and_an_overbid_is_flagged(hosts: Hosts) -> None:
    """L-9, P-13: ten officers give the same member something for 20 of 25 points; one of them lets it through."""
    user_id, other = hosts.hall.bidders[:2]
    auction_id = hosts.hall.start(OPEN)
    hosts.bid(hosts.hall, auction_id, other, 20, None)

    def giving(number: int, hall: AuctionHall) -> None:
        to = user_id if number < 10 else other
        hall.cases.award_item()(
            item=f"Item {number}",
            to=Whose(user_id=to),
            amount=Points.of(20),
            pool_id=hall.pool_id,
            allow_overbid=number == 0,
            by=hall.by,
        )

    outcomes = hosts.at_once([partial(giving, number) for number in range(20)])
    paid = [number for number, outcome in enumerate(outcomes) if outcome is None]
    assert {type(outcome) for outcome in outcomes if outcome is not None} == {CannotPay}
    assert set(paid) <= set(range(10)), "what is held for a bid is not given away"
    assert [number for number in paid if number] in ([], *([number] for number in range(1, 10)))
    flagged = [(row.item, row.overbid) for row in hosts.hall.awards() if row.overbid]
    assert len(hosts.hall.must_add_up()) == len(flagged) == len(paid) - 1
    assert hosts.hall.balance(user_id).current == Points.of(25 - 20 * len(paid))
    hosts.hall.award(auction_id)
    assert hosts.hall.balance(other).current == Points.of(5)
    assert hosts.hall.nothing_is_held()
    hosts.hall.must_add_up()
