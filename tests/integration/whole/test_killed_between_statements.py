"""A process that dies between any two statements of a deed: it was done, or it was not, and doing it again is safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Final

import pytest
from attrs import define, field, frozen

from dkp_adapters.answers import Answer
from dkp_adapters.memory import SettableClock
from dkp_adapters.sql.answered_requests import SqlAnsweredRequests
from dkp_adapters.sql.due_deadlines import SqlDueDeadlines
from dkp_core.kernel.actor import job
from dkp_core.kernel.ids import AuctionId
from dkp_core.loot import Whose
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests.integration.contracts.place import NIGHT
from tests.integration.whole.auction_hall import AuctionHall, persistently
from tests.integration.whole.dying import Death, Died

STEPS_MAX: Final = 60


@frozen
class Scene:
    """An auction in a pool of its own, so that nothing is left of the scenes before it."""

    hall: AuctionHall
    auction_id: AuctionId

    def at(self, cases: UseCases) -> Scene:
        """The same as another process sees it."""
        return Scene(self.hall.at(cases, self.hall.pool_id), self.auction_id)

    def tell(self) -> dict[str, object]:
        """Everything that came of the auction, without ids and times."""
        hall, names = self.hall, {user_id: number for number, user_id in enumerate(self.hall.bidders)}
        row = hall.shown(self.auction_id)
        with hall.cases.read()(hall.by) as views:
            holds = {
                number: [(each.held, each.sealed) for each in views.own_holds(user_id) if each.pool_id == hall.pool_id]
                for user_id, number in names.items()
            }
        awards = sorted(hall.awards(), key=lambda each: each.id)
        events = ("auction_closed", "auction_awarded", "bid_placed")
        return {
            "status": row.status,
            "leads": [(names[each.user_id], each.amount) for each in row.leaders],
            "results": [(names[each.user_id], each.price) for each in row.results],
            "bids": [
                (names.get(each.user_id), each.amount, each.outcome, each.source)  # type: ignore[arg-type]  # of nobody
                for each in hall.bids(self.auction_id)
            ],
            "holds": holds,
            "balances": [(each.current, each.held) for each in (hall.balance(user_id) for user_id in hall.bidders)],
            "ledger": [hall.history(user_id) for user_id in hall.bidders],
            "awards": [(names.get(each.user_id), each.amount, each.status) for each in awards],  # type: ignore[arg-type]
            "events": [hall.happened(name, self.auction_id) for name in events],
            "awarded": [hall.happened("item_awarded", each.id) for each in awards],
        }


@define(eq=False)
class Stage:
    """Where scenes are played: a guild with three bidders, and the process that survives."""

    url: str
    clock: SettableClock
    hall: AuctionHall
    _numbers: Iterator[int] = field(factory=count, init=False)

    def another(self) -> UseCases:
        """Every use case as another process has them."""
        return UseCases(settings=Settings(database_url=self.url), clock=self.clock)

    def set(self, rules: dict[str, object], *bids: tuple[int, int, int | None]) -> Scene:
        """An auction with these bids: bidder, amount and ceiling."""
        number = next(self._numbers)
        pool_id = self.hall.cases.create_pool()(name=f"Pool {number}", by=self.hall.by).id
        hall = self.hall.at(self.hall.cases, pool_id)
        hall.pay("50")
        scene = Scene(hall, hall.start(rules, f"Item {number}"))
        for bidder, amount, ceiling in bids:
            hall.bid(scene.auction_id, hall.bidders[bidder], amount, ceiling)
        return scene


@pytest.fixture
def stage(hall_url: str) -> Iterator[Stage]:
    """A guild in a database, on each engine in turn."""
    clock = SettableClock(NIGHT)
    cases = UseCases(settings=Settings(database_url=hall_url), clock=clock)
    yield Stage(hall_url, clock, AuctionHall.found(cases, 3, "1"))
    cases.database().close()


def once(deed: Callable[[Scene], object], scene: Scene) -> None:
    """Do it as the API does for a request with a key: the answer commits with what was done, and is kept."""
    database = scene.hall.cases.database()
    answered = SqlAnsweredRequests(database)
    caller, key = str(scene.hall.by.guild_id), str(scene.auction_id)
    with database.scope(keep_refusals=True):
        if answered.earlier(caller, key, "the same") is None:
            deed(scene)
            answered.keep(caller, key, "the same", Answer(status=201, headers={}, body="{}"))


def must_survive_every_death(stage: Stage, prepare: Callable[[], Scene], deed: Callable[[Scene], None]) -> None:
    """Die at every step in turn: each time everything is as before or as after, and trying again makes it as after."""
    scene = prepare()
    before = scene.tell()
    deed(scene)
    after = scene.tell()
    was_done: list[bool] = []
    for strikes_at in range(1, STEPS_MAX):
        scene, dying = prepare(), stage.another()
        Death(strikes_at).haunt(dying.database().engine)
        try:
            deed(scene.at(dying))
        except Died:
            left = scene.tell()
            assert left in (before, after), f"half done at step {strikes_at}"
            was_done.append(left == after)
            stage.clock.advance(timedelta(minutes=2))  # what a dead worker had claimed is given to another
            persistently(partial(deed, scene))
            assert scene.tell() == after, f"not as if done once, after a death at step {strikes_at}"
            continue
        finally:
            dying.database().close()
        assert scene.tell() == after
        break
    assert was_done == sorted(was_done), "it is done at the commit, and not before"
    assert was_done.count(False) > 8, "a deed has more statements than that"
    assert was_done.count(True) in (1, 2), "there is little left to do after it"
    stage.hall.must_add_up()


def test_a_bid_is_placed_once_whenever_its_process_dies(stage: Stage) -> None:
    """L-5, G-6, G-7: the bid, the holds of who is beaten and who leads, and what all are told."""
    deed = partial(once, lambda scene: scene.hall.bid(scene.auction_id, scene.hall.bidders[1], 12, 30))
    must_survive_every_death(stage, partial(stage.set, {"mode": "open"}, (0, 5, 20)), deed)


def test_a_sealed_bid_is_placed_once_whenever_its_process_dies(stage: Stage) -> None:
    """L-5, L-11, G-6: in place of the bidder's earlier one."""
    deed = partial(once, lambda scene: scene.hall.bid(scene.auction_id, scene.hall.bidders[1], 12))
    scene = partial(stage.set, {"mode": "sealed_first_price"}, (0, 5, None), (1, 20, None))
    must_survive_every_death(stage, scene, deed)


def test_an_auction_is_closed_once_whenever_the_process_dies(stage: Stage) -> None:
    """L-7, G-6: the result, and what the losers' bids held."""
    deed = partial(once, lambda scene: scene.hall.close(scene.auction_id))
    bids = ((0, 5, None), (1, 20, None), (2, 11, None))
    must_survive_every_death(stage, partial(stage.set, {"mode": "sealed_second_price"}, *bids), deed)


def test_an_auction_is_awarded_once_whenever_the_process_dies(stage: Stage) -> None:
    """L-7, P-3, G-6: the close, the award, what it costs, and the hold that is let go."""
    deed = partial(once, lambda scene: scene.hall.award(scene.auction_id))
    must_survive_every_death(stage, partial(stage.set, {"mode": "open"}, (0, 5, 20), (1, 10, None)), deed)


def test_an_award_is_moved_once_whenever_the_process_dies(stage: Stage) -> None:
    """L-8, P-3, G-6: the reversal, and the award to another."""

    def awarded() -> Scene:
        scene = stage.set({"mode": "open"}, (0, 5, 20), (1, 10, None))
        scene.hall.award(scene.auction_id)
        return scene

    def move(scene: Scene) -> None:
        (award,) = scene.hall.awards()
        to = Whose(user_id=scene.hall.bidders[2])
        scene.hall.cases.move_award()(award.id, to=to, reason="traded", by=scene.hall.by)

    must_survive_every_death(stage, awarded, partial(once, move))


def test_what_is_due_is_done_once_whenever_the_worker_dies(stage: Stage) -> None:
    """L-7, L-16, G-6: claimed, done and forgotten in one transaction; another worker takes it over."""

    def due() -> Scene:
        rules: dict[str, object] = {"mode": "open", "seconds": 60, "award_at_close": True}
        scene = stage.set(rules, (0, 5, 20), (1, 10, None))
        stage.clock.advance(timedelta(seconds=61))
        return scene

    def work(scene: Scene) -> None:
        database = scene.hall.cases.database()
        deadlines = SqlDueDeadlines.of(database)
        for deadline in deadlines.claim(limit=1000):
            with database.scope():
                if deadlines.take(deadline):
                    auction_id = AuctionId(int(str(deadline.data["auction_id"])))
                    by = job(deadline.kind, deadline.guild_id)
                    scene.hall.cases.advance_auction()(auction_id, by=by)

    must_survive_every_death(stage, due, work)
