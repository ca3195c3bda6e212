"""What waits to be done, in memory: deliveries, deadlines, leases and answered requests."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import pytest

from dkp_adapters.answers import Answer, KeyReused
from dkp_adapters.memory import (
    MemoryAnsweredRequests,
    MemoryDueDeadlines,
    MemoryInstallation,
    MemoryLeases,
    MemoryOutbox,
    SettableClock,
)
from dkp_adapters.waiting import Delivery, DueDeadline, Lag, LeaseLost, Retrying
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import GuildId, PoolId, UserId
from dkp_core.points import Pool
from dkp_entrypoints.worker.store import AnsweredRequests, Leases, Store, Waiting

BY = Actor(
    kind=ActorKind.USER, id="9", entrypoint="web", guild_id=GuildId(1), user_id=UserId(9), request_id="request-1"
)
ANSWER = Answer(status=201, headers={"Location": "/x/1"}, body='{"id": 1}')


class Stop(Exception):
    """Something goes wrong."""


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands still."""
    return SettableClock()


@pytest.fixture
def memory(clock: SettableClock) -> MemoryInstallation:
    """An installation where two things follow from a pool."""
    return MemoryInstallation(clock=clock, reactions={"pool_created": ("greet", "mail")})


def outbox_of(memory: MemoryInstallation) -> MemoryOutbox:
    """Its outbox, whose retries are not spread."""
    return MemoryOutbox.of(memory, Retrying(first_seconds=5, attempts_max=2), lambda: 0.0)


def deadlines_of(memory: MemoryInstallation) -> MemoryDueDeadlines:
    """Its deadlines, whose retries are not spread."""
    return MemoryDueDeadlines.of(memory, Retrying(first_seconds=5, attempts_max=2), lambda: 0.0)


def create_pool(memory: MemoryInstallation, name: str = "Main") -> Pool:
    """Something from which two reactions follow."""
    pool = Pool.create(PoolId(memory.ids.next("pool")), GuildId(1), name=name)
    with memory.begin(BY) as work:
        work.pools.save(pool)
    return pool


def set_deadline(memory: MemoryInstallation, key: str = "k", hours: int = 1, **data: str | int | None) -> None:
    """Something that becomes due in some hours."""
    with memory.begin(BY) as work:
        work.deadlines.set(key, "decay", memory.clock.now() + timedelta(hours=hours), data)


def test_each_reaction_to_an_event_is_delivered_with_it(memory: MemoryInstallation, clock: SettableClock) -> None:
    """G-6: effects follow from the events; who did what is told with them."""
    pool = create_pool(memory)
    deliveries = outbox_of(memory).claim()
    assert [delivery.reaction for delivery in deliveries] == ["greet", "mail"]
    first = deliveries[0]
    assert (first.event, first.aggregate, first.aggregate_id, first.version) == (
        "pool_created",
        "pool",
        str(pool.id),
        1,
    )
    expected: Mapping[str, object] = {"pool_id": pool.id, "name": "Main"}
    assert first.data == expected
    assert (first.guild_id, first.event_at, first.attempts) == (1, clock.now(), 1)
    assert (first.actor_kind, first.actor_id, first.actor_user_id, first.entrypoint, first.request_id) == (
        "user",
        "9",
        9,
        "web",
        "request-1",
    )


def test_a_delivery_that_is_taken_is_gone_with_its_scope(memory: MemoryInstallation) -> None:
    """G-6: exactly once; where the reaction fails, nothing was taken."""
    create_pool(memory)
    outbox = outbox_of(memory)
    greet, mail = outbox.claim()
    with suppress(Stop), memory.scope():
        assert outbox.take(greet)
        raise Stop
    with memory.scope():
        assert outbox.take(greet)
    with memory.scope():
        assert not outbox.take(greet)
    assert outbox.done(mail)
    assert not outbox.done(mail)
    assert outbox.lag() == Lag(due=0, oldest_seconds=0.0, parked=0)


def test_what_one_worker_claimed_no_other_gets(memory: MemoryInstallation, clock: SettableClock) -> None:
    """G-6: until the claim runs out; then the first finds nothing left to do."""
    create_pool(memory)
    outbox = outbox_of(memory)
    (greet,) = outbox.claim(limit=1, seconds=60)
    assert [other.reaction for other in outbox.claim()] == ["mail"]
    assert outbox.claim() == ()
    clock.advance(timedelta(seconds=60))
    again, _ = outbox.claim()
    assert (again.reaction, again.attempts) == ("greet", 2)
    with memory.scope():
        assert not outbox.take(greet)
        assert outbox.take(again)


def test_a_failure_is_tried_again_later_and_parked_in_the_end(memory: MemoryInstallation, clock: SettableClock) -> None:
    """G-6: nothing is lost; an officer can have it tried again."""
    create_pool(memory)
    outbox = outbox_of(memory)
    greet, mail = outbox.claim()
    outbox.done(mail)
    assert outbox.failed(greet, "no answer")
    assert not outbox.failed(greet, "no answer")
    assert outbox.claim() == ()
    clock.advance(timedelta(seconds=5))
    (again,) = outbox.claim()
    assert (again.attempts, again.last_error) == (2, "no answer")
    assert outbox.failed(again, "x" * 5000)
    clock.advance(timedelta(days=1))
    assert outbox.claim() == ()
    (parked,) = outbox.parked()
    assert parked.last_error == "x" * 4000
    assert outbox.lag().parked == 1
    assert outbox.resume(parked)
    assert not outbox.resume(parked)
    (resumed,) = outbox.claim()
    assert resumed.attempts == 1


def test_what_kills_its_worker_each_time_is_parked(memory: MemoryInstallation, clock: SettableClock) -> None:
    """G-6: it would hold up all others."""
    create_pool(memory)
    outbox = outbox_of(memory)
    for _ in range(2):
        assert len(outbox.claim(seconds=60)) == 2
        clock.advance(timedelta(seconds=60))
    assert outbox.claim() == ()
    assert [parked.last_error for parked in outbox.parked()] == ["the worker ended while at it"] * 2


def test_how_far_the_worker_is_behind(memory: MemoryInstallation, clock: SettableClock) -> None:
    """O-5: how many wait, and since when the oldest does, claimed ones too."""
    create_pool(memory)
    clock.advance(timedelta(seconds=30))
    create_pool(memory, "Alt")
    outbox = outbox_of(memory)
    outbox.claim(limit=1)
    assert outbox.lag() == Lag(due=4, oldest_seconds=30.0, parked=0)


def test_a_rolled_back_event_is_not_delivered(memory: MemoryInstallation) -> None:
    """G-6: a change and its events commit in one transaction."""
    with suppress(Stop), memory.begin(BY) as work:
        work.pools.save(Pool.create(PoolId(1), GuildId(1), name="Main"))
        raise Stop
    assert outbox_of(memory).claim() == ()


def test_commits_tell_how_many_deliveries_they_left(memory: MemoryInstallation) -> None:
    """The worker wakes up."""
    told: list[int] = []
    memory.after_commit(lambda commit: told.append(commit.deliveries))
    create_pool(memory)
    assert told == [2]


def test_a_deadline_becomes_due_when_its_time_comes(memory: MemoryInstallation, clock: SettableClock) -> None:
    """ARCHITECTURE: rows in the guild, set in the transaction that decides them."""
    set_deadline(memory, pool=3, name="x", nothing=None)
    deadlines = deadlines_of(memory)
    assert deadlines.claim() == ()
    assert deadlines.lag() == Lag(due=0, oldest_seconds=0.0, parked=0)
    clock.advance(timedelta(hours=1))
    due_at = clock.now()
    (due,) = deadlines.claim()
    assert due == DueDeadline(
        guild_id=GuildId(1),
        key="k",
        kind="decay",
        due_at=due_at,
        data={"pool": 3, "name": "x", "nothing": None},
        attempts=1,
        last_error=None,
        claim=due.claim,
    )
    with memory.scope():
        assert deadlines.take(due)
    assert not deadlines.resume(due)


def test_a_deadline_that_was_moved_is_not_taken(memory: MemoryInstallation, clock: SettableClock) -> None:
    """ARCHITECTURE: exactly once; the worker finds that it was moved."""
    set_deadline(memory)
    deadlines = deadlines_of(memory)
    clock.advance(timedelta(hours=1))
    (due,) = deadlines.claim()
    set_deadline(memory, hours=2)
    with memory.scope():
        assert not deadlines.take(due)
    assert not deadlines.failed(due, "late")
    clock.advance(timedelta(hours=2))
    assert len(deadlines.claim()) == 1


def test_a_cancelled_deadline_is_forgotten(memory: MemoryInstallation, clock: SettableClock) -> None:
    """The port: nothing happens when there is none."""
    set_deadline(memory)
    for _ in range(2):
        with memory.begin(BY) as work:
            work.deadlines.cancel("k")
    clock.advance(timedelta(hours=1))
    assert deadlines_of(memory).claim() == ()


def test_deadlines_are_claimed_in_the_order_of_their_times(memory: MemoryInstallation, clock: SettableClock) -> None:
    """The longest overdue first, as many as are asked for."""
    for key, hours in (("late", 3), ("soon", 1), ("next", 2)):
        set_deadline(memory, key, hours)
    clock.advance(timedelta(hours=3))
    deadlines = deadlines_of(memory)
    assert [due.key for due in deadlines.claim(limit=2)] == ["soon", "next"]
    assert [due.key for due in deadlines.claim(limit=2)] == ["late"]


def test_a_failed_deadline_is_parked_in_the_end(memory: MemoryInstallation, clock: SettableClock) -> None:
    """And can be tried again."""
    set_deadline(memory)
    deadlines = deadlines_of(memory)
    clock.advance(timedelta(hours=1))
    for _ in range(2):
        (due,) = deadlines.claim()
        assert deadlines.failed(due, "no pool")
        clock.advance(timedelta(hours=1))
    (parked,) = deadlines.parked()
    assert (parked.key, parked.last_error) == ("k", "no pool")
    assert deadlines.resume(parked)


def test_what_was_never_claimed_is_nobodys(memory: MemoryInstallation) -> None:
    """A delivery or deadline that was only looked at."""
    set_deadline(memory, hours=0)
    deadlines = deadlines_of(memory)
    unclaimed = DueDeadline(
        guild_id=GuildId(1),
        key="k",
        kind="decay",
        due_at=memory.clock.now(),
        data={},
        attempts=0,
        last_error=None,
        claim=None,
    )
    with memory.scope():
        assert not deadlines.take(unclaimed)
    assert not deadlines.failed(unclaimed, "x")


def test_delays_grow_up_to_an_hour_and_are_spread() -> None:
    """Each time twice as long, by up to a quarter longer."""
    retrying = Retrying(first_seconds=5, seconds_max=3600)
    assert [retrying.delay_seconds(attempts, 0.0) for attempts in (1, 2, 3, 10, 11, 100)] == [
        5,
        10,
        20,
        2560,
        3600,
        3600,
    ]
    assert retrying.delay_seconds(1, 0.5) == 5 * 1.125


def test_one_holder_has_the_lease(memory: MemoryInstallation, clock: SettableClock) -> None:
    """ARCHITECTURE: starting two servers does not start two workers."""
    leases = MemoryLeases(memory)
    mine = leases.acquire("worker", "me", 30)
    assert mine is not None
    assert (mine.term, mine.until) == (1, clock.now() + timedelta(seconds=30))
    assert leases.acquire("worker", "you", 30) is None
    other = leases.acquire("bot", "you", 30)
    assert other is not None
    again = leases.acquire("worker", "me", 60)
    assert again is not None
    assert (again.term, again.until) == (2, clock.now() + timedelta(seconds=60))


def test_a_lease_that_ran_out_is_the_next_ones(memory: MemoryInstallation, clock: SettableClock) -> None:
    """And what its former holder still writes is refused."""
    leases = MemoryLeases(memory)
    mine = leases.acquire("worker", "me", 30)
    assert mine is not None
    clock.advance(timedelta(seconds=30))
    yours = leases.acquire("worker", "you", 30)
    assert yours is not None
    assert yours.term == 2
    assert leases.renew(mine, 30) is None
    with memory.scope():
        leases.must_hold(yours)
    with pytest.raises(LeaseLost, match="worker is not me's any more"), memory.scope():
        leases.must_hold(mine)


def test_a_lease_is_renewed_and_released(memory: MemoryInstallation, clock: SettableClock) -> None:
    """As long as nobody took it over."""
    leases = MemoryLeases(memory)
    mine = leases.acquire("worker", "me", 30)
    assert mine is not None
    clock.advance(timedelta(seconds=29))
    renewed = leases.renew(mine, 30)
    assert renewed is not None
    assert (renewed.term, renewed.until) == (1, clock.now() + timedelta(seconds=30))
    leases.release(renewed)
    yours = leases.acquire("worker", "you", 30)
    assert yours is not None
    leases.release(mine)
    assert leases.acquire("worker", "me", 30) is None


def test_the_same_request_gets_the_first_answer_again(memory: MemoryInstallation, clock: SettableClock) -> None:
    """G-7: for 24 hours per caller."""
    requests = MemoryAnsweredRequests(memory)
    with memory.scope():
        assert requests.earlier("key:1", "abc", "hash") is None
        requests.keep("key:1", "abc", "hash", ANSWER)
    clock.advance(timedelta(hours=24) - timedelta(microseconds=1))
    with memory.scope():
        assert requests.earlier("key:1", "abc", "hash") == ANSWER
        assert requests.earlier("key:2", "abc", "hash") is None
        assert requests.earlier("key:1", "abd", "hash") is None
    clock.advance(timedelta(microseconds=1))
    with memory.scope():
        assert requests.earlier("key:1", "abc", "hash") is None


def test_another_request_with_the_same_key_is_refused(memory: MemoryInstallation) -> None:
    """G-7: with another body 422."""
    requests = MemoryAnsweredRequests(memory)
    with memory.scope():
        requests.keep("key:1", "abc", "hash", ANSWER)
    with memory.scope(), pytest.raises(KeyReused) as refused:
        requests.earlier("key:1", "abc", "other")
    assert refused.value.field == "Idempotency-Key"


def test_an_answer_is_kept_with_the_change_or_not_at_all(memory: MemoryInstallation) -> None:
    """G-7: a failed request may be sent again."""
    requests = MemoryAnsweredRequests(memory)
    with suppress(Stop), memory.scope():
        requests.keep("key:1", "abc", "hash", ANSWER)
        raise Stop
    with memory.scope():
        assert requests.earlier("key:1", "abc", "hash") is None


def test_old_answers_are_pruned(memory: MemoryInstallation, clock: SettableClock) -> None:
    """G-7: kept 24 hours, no longer."""
    requests = MemoryAnsweredRequests(memory)
    for key in ("old", "new"):
        with memory.scope():
            requests.keep("key:1", key, "hash", ANSWER)
        clock.advance(timedelta(hours=12))
    assert requests.prune() == 1
    assert requests.prune() == 0
    with memory.scope():
        assert requests.earlier("key:1", "new", "hash") == ANSWER


def test_the_worker_runs_over_memory_as_over_a_database(memory: MemoryInstallation) -> None:
    """ARCHITECTURE: what it needs of a store, both adapters give; the type checker says so."""
    store: Store = memory
    deliveries: Waiting[Delivery] = MemoryOutbox.of(memory)
    deadlines: Waiting[DueDeadline] = MemoryDueDeadlines.of(memory)
    leases: Leases = MemoryLeases(memory)
    answered: AnsweredRequests = MemoryAnsweredRequests(memory)
    with store.scope():
        pass
    assert (deliveries.claim(), deadlines.claim(), answered.prune()) == ((), (), 0)
    assert leases.acquire("worker", "me", 30) is not None


def test_a_delivery_names_its_event_and_reaction(memory: MemoryInstallation) -> None:
    """One row for each reaction."""
    create_pool(memory)
    deliveries = outbox_of(memory).claim()
    assert all(isinstance(delivery, Delivery) for delivery in deliveries)
    assert len({(delivery.event_id, delivery.reaction) for delivery in deliveries}) == 2
    assert len({delivery.event_id for delivery in deliveries}) == 1
