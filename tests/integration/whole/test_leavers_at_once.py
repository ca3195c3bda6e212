"""Bidders who leave while all others bid on: nothing of theirs is left, and nothing of the others is lost."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import pytest

from dkp_adapters.memory import SettableClock
from dkp_core.accounts import MembershipStatus
from dkp_core.kernel.errors import DomainError
from dkp_core.kernel.ids import AuctionId, UserId
from dkp_core.kernel.points import ZERO
from dkp_core.loot import BidOutcome, BidSource
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import Worker
from tests.integration.contracts.place import NIGHT
from tests.integration.whole.auction_hall import AuctionHall, persistently

ENDED, DEACTIVATED = MembershipStatus.ENDED, MembershipStatus.DEACTIVATED
MODES: Final = ("open", "open", "sealed_first_price", "sealed_second_price")


@pytest.fixture
def halls(hall_url: str) -> Iterator[Sequence[AuctionHall]]:
    """Three hosts of one guild with eight bidders, on each engine in turn."""
    clock = SettableClock(NIGHT)
    hosts = [UseCases(settings=Settings(database_url=hall_url), clock=clock) for _ in range(3)]
    hall = AuctionHall.found(hosts[0], 8, "60")
    yield [hall.at(cases) for cases in hosts]
    for cases in hosts:
        cases.database().close()


def test_who_leaves_while_others_bid_takes_nothing_of_theirs_along(halls: Sequence[AuctionHall]) -> None:
    """A-10, L-5, P-3: bids and holds of leavers go, whenever they came; all else adds up."""
    hall = halls[0]
    auctions = [hall.start({"mode": mode}, f"Item {number}") for number, mode in enumerate(MODES)]
    leavers: list[UserId] = []
    accepted: dict[UserId, set[AuctionId]] = {user_id: set() for user_id in hall.bidders}

    def bidding(number: int) -> None:
        chance, here = random.Random(number), halls[number % 2]
        for amount in range(1, 16, 2):
            for user_id in chance.sample(hall.bidders, len(hall.bidders)):
                auction_id, most = chance.choice(auctions), amount + chance.randrange(5)
                try:
                    persistently(partial(here.bid, auction_id, user_id, amount, most))
                except DomainError:  # over what they have, too low, or of who may bid no more
                    continue
                accepted[user_id].add(auction_id)

    def leaving() -> None:
        change, worker = halls[2].cases.change_membership(), Worker.of(halls[2].cases)
        for status in (ENDED, DEACTIVATED, ENDED):
            give_up = time.monotonic() + 20
            while not (found := [each for each in hall.bidders if accepted[each] and each not in leavers]):
                assert time.monotonic() < give_up, "nobody has bid"
                time.sleep(0.001)
            leavers.append(found[0])
            persistently(partial(change, found[0], status=status, reason="left", by=hall.by))
            worker.run_reactions()

    threads = [threading.Thread(target=bidding, args=(number,)) for number in range(2)]
    threads.append(threading.Thread(target=leaving))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    worker = Worker.of(hall.cases)
    while worker.run_reactions():
        pass
    assert len(leavers) == 3
    for user_id in leavers:
        assert hall.held(user_id) == hall.balance(user_id).held == ZERO
    with hall.cases.begin()(hall.by) as work:
        standing = {each: {bid.user_id for bid in work.bids.standing(each)} for each in auctions}
    assert not set(leavers) & set().union(*standing.values())
    for user_id in set(hall.bidders) - set(leavers):
        assert {each for each in auctions if user_id in standing[each]} == accepted[user_id]
    rows = [row for auction_id in auctions for row in hall.bids(auction_id)]
    gone = [row for row in rows if row.source is BidSource.LEAVING]
    assert gone
    assert {(row.auction_id, row.user_id) for row in gone} == {
        (auction_id, user_id) for user_id in leavers for auction_id in accepted[user_id]
    }
    assert len(gone) == sum(len(accepted[user_id]) for user_id in leavers), "each once"
    assert all(row.outcome is BidOutcome.WITHDRAWN for row in gone)
    hall.must_add_up()
    for auction_id in auctions:
        hall.close(auction_id)
    assert not {result.user_id for each in auctions for result in hall.shown(each).results} & set(leavers)
    hall.must_add_up()
