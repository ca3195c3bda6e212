"""Auctions move at their time: opened, handed over, closed and awarded by the worker, exactly once (L-7)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define

from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql.due_deadlines import SqlDueDeadlines
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.errors import Conflict, Stale
from dkp_core.kernel.ids import AuctionId, GuildId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.points import AdjustmentLine
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import Worker

WAIT_SECONDS_MAX = 60.0
MINUTE = timedelta(minutes=1)


@define
class Night:
    """A guild with two bidders, each with 1,000 points, and a clock that can be set."""

    url: str
    clock: SettableClock
    cases: UseCases
    guild_id: GuildId
    bidders: tuple[UserId, UserId]

    @classmethod
    def begin(cls, url: str) -> Night:
        """A guild on that database, which no other test sees."""
        clock = SettableClock(datetime.now(UTC))
        cases = UseCases(settings=Settings(database_url=url), clock=clock)
        founded = cases.found_guild()(
            name="Night", officer_discord_id=str(10**17), officer_username="alma", by=operator("test")
        )
        by = operator("test", founded.guild.id)
        bidders = []
        for number in (1, 2):
            user_id = cases.add_member()(discord_id=str(10**17 + number), username=f"u{number}", by=by).user_id
            cases.enter_character()(name=f"Bidder{number}", owner=user_id, by=by)
            bidders.append(user_id)
        lines = [AdjustmentLine(amount=Points.of(1000), user_id=user_id) for user_id in bidders]
        cases.adjust_points()(lines, reason="to begin with", by=by)
        return cls(url, clock, cases, founded.guild.id, (bidders[0], bidders[1]))

    @property
    def by(self) -> Actor:
        """The operator in that guild."""
        return operator("test", self.guild_id)

    def another(self) -> UseCases:
        """Every use case as another process would have them, by the same clock."""
        return UseCases(settings=Settings(database_url=self.url), clock=self.clock)

    def auction(self, item: str = "Cloak", **more: Any) -> AuctionId:
        """An auction that is to close in a minute, unless told."""
        more = {"rules": {"seconds": 60}, **more}
        return self.cases.start_auction()(item=item, another=True, by=self.by, **more).id

    def bid(self, auction_id: AuctionId, amount: int, bidder: int = 0) -> None:
        """A bid of one of the bidders."""
        self.cases.place_bid()(auction_id, amount=Points.of(amount), user_id=self.bidders[bidder], by=self.by)

    def status(self, auction_id: AuctionId) -> str:
        """Where the auction stands."""
        return self.cases.show_auction()(auction_id, by=self.by).status

    def work(self) -> None:
        """Do what is due."""
        worker = Worker.of(self.cases)
        while worker.run_due():
            pass

    def later(self, by: timedelta = MINUTE) -> None:
        """Let time go by, and do what is due then."""
        self.clock.set(self.clock.now() + by)
        self.work()

    def happened(self, name: str) -> int:
        """How often the audit log tells of that."""
        return self.cases.show_audit_log()(AuditFilter(name=name), page=PageRequest(), by=self.by).count

    def is_sound(self) -> bool:
        """Whether balances are what ledger and holds say."""
        return not self.cases.verify()(by=self.by).differences


@pytest.fixture
def night(own_url: str) -> Iterator[Night]:
    """A guild on a database of its own, on each engine in turn."""
    begun = Night.begin(own_url)
    yield begun
    begun.cases.database().close()


def test_several_workers_close_each_auction_once(night: Night) -> None:
    """L-7, O-12: however many workers there are, each auction is closed, and awarded, once."""
    auctions = [night.auction(f"Item {n}", rules={"seconds": 60, "award_at_close": n % 2 == 0}) for n in range(20)]
    for number, auction_id in enumerate(auctions):
        night.bid(auction_id, 5, number % 2)
    night.clock.set(night.clock.now() + MINUTE)
    others, stop = [night.another() for _ in range(4)], threading.Event()
    threads = [
        threading.Thread(target=Worker.of(cases, batch=3, poll_seconds_min=0.01).run, args=(stop,)) for cases in others
    ]
    for thread in threads:
        thread.start()
    end, due = time.monotonic() + WAIT_SECONDS_MAX, SqlDueDeadlines.of(night.cases.database())
    while any(night.status(each) == "open" for each in auctions):
        assert time.monotonic() < end, due.lag()
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(WAIT_SECONDS_MAX)
        assert not thread.is_alive()
    for cases in others:
        cases.database().close()
    assert [night.status(each) for each in auctions] == ["awarded", "closed"] * 10
    assert night.happened("auction_closed") == 20
    assert night.happened("item_awarded") == 10
    assert night.is_sound()


def test_who_closes_by_hand_and_the_worker_close_it_once(night: Night) -> None:
    """L-7: an officer's close at the very moment is one close, whoever is first; bids come before it or are refused."""
    auctions = [night.auction(f"Item {n}") for n in range(10)]
    for auction_id in auctions:
        night.bid(auction_id, 5)
    night.clock.set(night.clock.now() + MINUTE)
    officer, bidder = night.another(), night.another()
    refused: list[str] = []

    def by_hand() -> None:
        for auction_id in auctions:
            _until_done(lambda each=auction_id: officer.close_auction()(each, by=night.by), refused)

    def bidding() -> None:
        amount, user_id = Points.of(50), night.bidders[1]
        for auction_id in auctions:
            _until_done(
                lambda each=auction_id: bidder.place_bid()(each, amount=amount, user_id=user_id, by=night.by), refused
            )

    threads = [threading.Thread(target=each) for each in (by_hand, bidding)]
    for thread in threads:
        thread.start()
    night.work()
    for thread in threads:
        thread.join(WAIT_SECONDS_MAX)
        assert not thread.is_alive()
    night.work()
    assert {night.status(each) for each in auctions} == {"closed"}
    assert night.happened("auction_closed") == 10
    assert refused.count("auction_not_open") == 10
    assert night.is_sound()
    for cases in (officer, bidder):
        cases.database().close()


def _until_done(work: Any, refused: list[str]) -> None:
    """Do it, again where it loses a race, and note how it was refused."""
    while True:
        try:
            work()
        except Stale:
            time.sleep(0.01)
            continue
        except Conflict as refusal:
            refused.append(refusal.code)
        return


def test_an_auction_opens_hands_over_and_closes_by_itself(night: Night) -> None:
    """L-2, L-14: at its times; bids that were left wait for their phase."""
    item = night.cases.enter_item()(name="Cloak", by=night.by)
    night.cases.leave_bid()(item.id, ceiling=Points.of(9), user_id=night.bidders[0], by=night.by)
    phases = [{"tiers": ["alt"], "seconds": 30}, {"tiers": ["main"], "seconds": 60}, {"seconds": 60}]
    auction_id = night.auction(opens_at=night.clock.now() + MINUTE, rules={"phases": phases})
    night.work()
    assert night.status(auction_id) == "scheduled"
    night.later()
    shown = night.cases.show_auction()(auction_id, by=night.by)
    assert (shown.status, shown.phase, shown.bids) == ("open", 1, 0)
    night.later(timedelta(seconds=30))
    shown = night.cases.show_auction()(auction_id, by=night.by)
    assert (shown.status, shown.phase, shown.bids, str(shown.current_amount)) == ("open", 2, 1, "1.00")
    night.later()
    assert night.status(auction_id) == "closed", "every copy has its bid, so no other phase follows"


def test_an_outage_freezes_what_would_have_closed(night: Night) -> None:
    """L-16: where the rules say so; resumed, it closes at its new time."""
    auction_id = night.auction(rules={"seconds": 60, "freeze_after_outage_seconds": 300})
    night.later(timedelta(hours=1))
    assert night.status(auction_id) == "frozen"
    night.later(timedelta(hours=1))
    assert night.status(auction_id) == "frozen"
    resumed = night.cases.resume_auction()(auction_id, by=night.by)
    assert resumed.due_at is not None
    night.later(resumed.due_at - night.clock.now())
    assert night.status(auction_id) == "closed"


def test_an_auction_that_was_moved_is_not_closed_at_its_old_time(night: Night) -> None:
    """L-2: extended, run by hand, cancelled."""
    extended, by_hand, cancelled = (night.auction(f"Item {number}") for number in range(3))
    now = night.clock.now()
    night.cases.extend_auction()(extended, closes_at=now + 3 * MINUTE, by=night.by)
    night.cases.extend_auction()(by_hand, closes_at=None, by=night.by)
    night.cases.cancel_auction()(cancelled, by=night.by)
    night.later()
    assert [night.status(each) for each in (extended, by_hand, cancelled)] == ["open", "open", "cancelled"]
    night.later(2 * MINUTE)
    assert [night.status(each) for each in (extended, by_hand, cancelled)] == ["closed", "open", "cancelled"]
    assert SqlDueDeadlines.of(night.cases.database()).lag().due == 0
