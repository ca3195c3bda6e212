"""Deliveries, deadlines, leases and answered requests: what happens once, and who may do it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dkp_adapters.answers import Answer, KeyReused, RequestInProgress
from dkp_adapters.event_json import event_from
from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql import schema
from dkp_adapters.sql.answered_requests import SqlAnsweredRequests
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.due_deadlines import SqlDueDeadlines
from dkp_adapters.sql.leases import SqlLeases
from dkp_adapters.sql.outbox import SqlOutbox
from dkp_adapters.waiting import Delivery, Lag, LeaseLost, Retrying
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.points import Points
from tests.integration.sql.conftest import ThingMoved, ThingSeen, add, at_once, ids_of, things

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
REACTIONS = {"thing_moved": ("then_that", "and_that")}
MOVED = ThingMoved(thing_id=3, points=Points.of("12.50"), seen_at=NOON)


@pytest.fixture
def clock() -> SettableClock:
    """Time passes when the test says so."""
    return SettableClock(NOON)


@pytest.fixture
def lonely(own_url: str, clock: SettableClock) -> Iterator[SqlDatabase]:
    """A database in which nothing waits yet, with the table `things`."""
    with schema.connected(own_url) as connection:
        things.create(connection)
    opened = SqlDatabase.open(own_url, clock=clock, reactions=REACTIONS)
    yield opened
    opened.close()


@pytest.fixture
def outbox(lonely: SqlDatabase) -> SqlOutbox:
    """Its outbox; retries are not spread."""
    return SqlOutbox.of(lonely, chance=lambda: 0.0)


@pytest.fixture
def deadlines(lonely: SqlDatabase) -> SqlDueDeadlines:
    """Its deadlines; retries are not spread."""
    return SqlDueDeadlines.of(lonely, chance=lambda: 0.0)


def happen(database: SqlDatabase, *happened: DomainEvent, guild: int = 7) -> None:
    """Store events."""
    with database.begin(operator("test", GuildId(guild))) as work:
        work.session.announce(*happened, version=4)


def things_of(database: SqlDatabase, guild: int = 7) -> list[int]:
    """What reactions left behind."""
    with database.read(operator("test", GuildId(guild))) as views:
        return ids_of(views.session)


# --- deliveries -------------------------------------------------------------------------------------------------------


def test_a_delivery_is_written_for_each_reaction_that_exists(lonely: SqlDatabase, outbox: SqlOutbox) -> None:
    """G-6: in the same transaction as the event, with all that a reaction needs."""
    by = Actor(
        kind=ActorKind.USER,
        id="12",
        entrypoint="bot",
        guild_id=GuildId(7),
        user_id=UserId(12),
        request_id="r-1",
    )
    with lonely.begin(by) as work:
        work.session.announce(ThingSeen(thing_id=1), MOVED, version=4)
    first, second = outbox.claim()
    assert {first.reaction, second.reaction} == {"then_that", "and_that"}
    assert first == Delivery(
        event_id=first.event_id,
        reaction=first.reaction,
        guild_id=GuildId(7),
        event_at=NOON,
        attempts=1,
        last_error=None,
        event="thing_moved",
        aggregate="thing",
        aggregate_id="3",
        version=4,
        data={"thing_id": 3, "points": "12.50", "seen_at": NOON.isoformat()},
        actor_kind="user",
        actor_id="12",
        actor_user_id=UserId(12),
        entrypoint="bot",
        request_id="r-1",
        claim=first.claim,
    )
    assert event_from(ThingMoved, first.data) == MOVED


def test_a_rolled_back_event_has_no_delivery(lonely: SqlDatabase, outbox: SqlOutbox) -> None:
    """G-6: effects follow from what is so."""
    with pytest.raises(RuntimeError, match="a bug"), lonely.begin(operator("test", GuildId(7))) as work:  # noqa: PT012
        work.session.announce(MOVED)
        raise RuntimeError("a bug")
    assert outbox.claim() == ()


def test_an_inside_reaction_happens_once_with_its_delivery(lonely: SqlDatabase, outbox: SqlOutbox) -> None:
    """G-6: exactly once: what it writes and that it is done commit together, or not at all."""
    happen(lonely, MOVED)
    delivery, _ = outbox.claim()

    def react(*, fail: bool = False) -> bool:
        with lonely.scope():
            if not outbox.take(delivery):
                return False
            with lonely.begin(operator("test", delivery.guild_id)) as work:
                add(work.session, 1 + len(ids_of(work.session)))
                if fail:
                    raise RuntimeError("a bug")
        return True

    with pytest.raises(RuntimeError, match="a bug"):
        react(fail=True)
    assert things_of(lonely) == []
    assert react() is True
    assert react() is False
    assert things_of(lonely) == [1]


def test_workers_at_once_do_each_thing_once(lonely: SqlDatabase, outbox: SqlOutbox) -> None:
    """However many there are, and whatever they claim."""
    for number in range(10):
        happen(lonely, ThingMoved(thing_id=number, points=Points(number)))

    def work_all() -> int:
        done = 0
        while claimed := outbox.claim(limit=3):
            for delivery in claimed:
                with lonely.scope():
                    if outbox.take(delivery):
                        with lonely.begin(operator("test", delivery.guild_id)) as work:
                            add(work.session, delivery.event_id * 2 + (delivery.reaction == "and_that"))
                        done += 1
        return done

    def patient() -> int:
        done = 0
        for _ in range(20):
            try:
                done += work_all()
            except Stale:
                continue
            else:
                return done
        return done

    outcomes = at_once(*[patient] * 4)
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    assert len(things_of(lonely)) == 20
    assert outbox.lag() == Lag(due=0, oldest_seconds=0.0, parked=0)


def test_a_claim_keeps_others_away_until_it_runs_out(
    lonely: SqlDatabase, outbox: SqlOutbox, clock: SettableClock
) -> None:
    """A worker that died does not take its deliveries with it; one that was only slow finds that it lost them."""
    happen(lonely, MOVED)
    slow = outbox.claim(seconds=60)
    assert len(slow) == 2
    clock.advance(timedelta(seconds=59))
    assert outbox.claim() == ()
    clock.advance(timedelta(seconds=1))
    taken_over = outbox.claim(seconds=60)
    assert [delivery.attempts for delivery in taken_over] == [2, 2]
    assert [outbox.done(delivery) for delivery in slow] == [False, False]
    assert [outbox.failed(delivery, "late") for delivery in slow] == [False, False]
    assert [outbox.done(delivery) for delivery in taken_over] == [True, True]


def test_a_failure_is_tried_again_with_growing_delay_and_then_parked(lonely: SqlDatabase, clock: SettableClock) -> None:
    """G-6: retried; and what can't be done is shown, and may be resumed."""
    outbox = SqlOutbox.of(lonely, Retrying(first_seconds=10, seconds_max=25, attempts_max=4), lambda: 0.0)
    with lonely.begin(operator("test", GuildId(7))) as work:
        work.session.announce(MOVED)
    (delivery, other) = outbox.claim()
    assert outbox.done(other)
    for delay in (10, 20, 25):
        assert outbox.failed(delivery, f"Discord is down: {delay}")
        clock.advance(timedelta(seconds=delay, microseconds=-1))
        assert outbox.claim() == ()
        clock.advance(timedelta(microseconds=1))
        (delivery,) = outbox.claim()
        assert delivery.last_error == f"Discord is down: {delay}"
    assert outbox.failed(delivery, "Discord is gone for good")
    clock.advance(timedelta(days=30))
    assert outbox.claim() == ()
    (parked,) = outbox.parked()
    assert (parked.last_error, parked.attempts) == ("Discord is gone for good", 4)
    assert outbox.lag().parked == 1
    assert outbox.resume(parked) is True
    assert outbox.resume(parked) is False
    (again,) = outbox.claim()
    assert again.attempts == 1


def test_what_kills_every_worker_is_parked_in_the_end(lonely: SqlDatabase, clock: SettableClock) -> None:
    """Nobody lives to say that it failed."""
    outbox = SqlOutbox.of(lonely, Retrying(attempts_max=3), lambda: 0.0)
    happen(lonely, MOVED)
    for attempt in (1, 2, 3):
        assert [delivery.attempts for delivery in outbox.claim(seconds=60)] == [attempt, attempt]
        clock.advance(timedelta(seconds=60))
    assert outbox.claim() == ()
    assert [delivery.last_error for delivery in outbox.parked()] == ["the worker ended while at it"] * 2


def test_the_lag_tells_how_old_the_oldest_waiting_event_is(
    lonely: SqlDatabase, outbox: SqlOutbox, clock: SettableClock
) -> None:
    """O-11: also while it waits to be tried again."""
    assert outbox.lag() == Lag(due=0, oldest_seconds=0.0, parked=0)
    happen(lonely, MOVED)
    clock.advance(timedelta(seconds=90))
    happen(lonely, MOVED)
    assert outbox.lag() == Lag(due=4, oldest_seconds=90.0, parked=0)
    for delivery in outbox.claim(limit=2):
        outbox.failed(delivery, "no")
    assert outbox.lag() == Lag(due=4, oldest_seconds=90.0, parked=0)


def test_a_failure_of_any_length_is_kept_readable(lonely: SqlDatabase, outbox: SqlOutbox) -> None:
    """A traceback has no bounds, a row has."""
    happen(lonely, MOVED)
    for delivery in outbox.claim():
        assert outbox.failed(delivery, "é" * 100_000)


# --- deadlines --------------------------------------------------------------------------------------------------------


def set_deadline(database: SqlDatabase, at: datetime, key: str = "auction 5", guild: int = 7) -> None:
    """Decide that something becomes due."""
    with database.begin(operator("test", GuildId(guild))) as work:
        work.deadlines.set(key, "close_auction", at, {"auction": 5, "why": "Élan", "who": None})


def test_a_deadline_is_due_at_its_moment_and_acted_upon_once(
    lonely: SqlDatabase, deadlines: SqlDueDeadlines, clock: SettableClock
) -> None:
    """Exactly once, with what was given to it."""
    set_deadline(lonely, NOON + timedelta(minutes=10))
    assert deadlines.claim() == ()
    clock.advance(timedelta(minutes=10))
    (due,) = deadlines.claim()
    assert (due.guild_id, due.key, due.kind, due.due_at, due.attempts) == (
        7,
        "auction 5",
        "close_auction",
        NOON + timedelta(minutes=10),
        1,
    )
    assert due.data == {"auction": 5, "why": "Élan", "who": None}
    with lonely.scope():
        assert deadlines.take(due)
    with lonely.scope():
        assert not deadlines.take(due)


def test_a_deadline_can_be_moved_and_cancelled_until_it_is_taken(
    lonely: SqlDatabase, deadlines: SqlDueDeadlines, clock: SettableClock
) -> None:
    """A worker that has it in hand finds that it is no longer so."""
    set_deadline(lonely, NOON)
    (due,) = deadlines.claim()
    set_deadline(lonely, NOON + timedelta(hours=1))
    with lonely.scope():
        assert not deadlines.take(due)
    assert deadlines.claim() == ()
    clock.advance(timedelta(hours=1))
    (due,) = deadlines.claim()
    assert due.attempts == 1
    with lonely.begin(operator("test", GuildId(7))) as work:
        work.deadlines.cancel("auction 5")
        work.deadlines.cancel("nothing")
    with lonely.scope():
        assert not deadlines.take(due)


def test_a_deadline_belongs_to_its_guild(lonely: SqlDatabase, deadlines: SqlDueDeadlines) -> None:
    """G-1: the same key in another guild is another deadline."""
    set_deadline(lonely, NOON, guild=7)
    set_deadline(lonely, NOON, guild=8)
    with lonely.begin(operator("test", GuildId(8))) as work:
        work.deadlines.cancel("auction 5")
    assert [due.guild_id for due in deadlines.claim()] == [7]


def test_a_deadline_that_fails_is_tried_again_parked_and_resumed(lonely: SqlDatabase, clock: SettableClock) -> None:
    """Like a delivery; the moment that was decided stays."""
    deadlines = SqlDueDeadlines.of(lonely, Retrying(first_seconds=10, attempts_max=2), lambda: 0.0)
    set_deadline(lonely, NOON)
    (due,) = deadlines.claim()
    assert deadlines.failed(due, "no")
    assert deadlines.claim() == ()
    clock.advance(timedelta(seconds=10))
    (due,) = deadlines.claim()
    assert (due.due_at, due.attempts, due.last_error) == (NOON, 2, "no")
    assert deadlines.lag() == Lag(due=1, oldest_seconds=10.0, parked=0)
    assert deadlines.failed(due, "no again")
    assert deadlines.lag() == Lag(due=0, oldest_seconds=0.0, parked=1)
    (parked,) = deadlines.parked()
    assert parked.last_error == "no again"
    assert deadlines.resume(parked)
    assert len(deadlines.claim()) == 1


# --- leases -----------------------------------------------------------------------------------------------------------


def test_a_lease_has_one_holder_until_it_runs_out_or_is_released(lonely: SqlDatabase, clock: SettableClock) -> None:
    """O-10: starting two servers starts one worker."""
    leases = SqlLeases(lonely)
    first = leases.acquire("worker", "a", 30)
    assert first is not None
    assert first.until == NOON + timedelta(seconds=30)
    assert leases.acquire("worker", "b", 30) is None
    assert leases.acquire("bot", "b", 30) is not None
    clock.advance(timedelta(seconds=20))
    renewed = leases.renew(first, 30)
    assert renewed is not None
    clock.advance(timedelta(seconds=29))
    assert leases.acquire("worker", "b", 30) is None
    clock.advance(timedelta(seconds=1))
    second = leases.acquire("worker", "b", 30)
    assert second is not None
    assert second.term > first.term
    leases.release(second)
    assert leases.acquire("worker", "a", 30) is not None


def test_a_holder_that_was_paused_finds_out_before_it_does_harm(lonely: SqlDatabase, clock: SettableClock) -> None:
    """In the scope of what it writes, whatever its own clock says."""
    leases = SqlLeases(lonely)
    paused = leases.acquire("worker", "a", 30)
    assert paused is not None
    with lonely.scope():
        leases.must_hold(paused)
    clock.advance(timedelta(seconds=31))
    with lonely.scope():
        leases.must_hold(paused)  # it has run out, but nobody took it over
    assert leases.acquire("worker", "b", 30) is not None
    with pytest.raises(LeaseLost), lonely.scope():
        leases.must_hold(paused)
    assert leases.renew(paused, 30) is None
    leases.release(paused)
    assert leases.acquire("worker", "c", 30) is None
    clock.advance(timedelta(seconds=31))
    same_name = leases.acquire("worker", "a", 30)
    assert same_name is not None
    assert same_name.term > paused.term
    with pytest.raises(LeaseLost), lonely.scope():
        leases.must_hold(paused)  # an earlier life of the same holder


def test_of_many_that_ask_at_once_one_gets_the_lease(lonely: SqlDatabase) -> None:
    """Also when there was none of that name yet."""
    leases = SqlLeases(lonely)
    outcomes = at_once(*[lambda i=i: leases.acquire("worker", str(i), 30) for i in range(6)])
    assert not [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len([outcome for outcome in outcomes if outcome is not None]) == 1


# --- answered requests ------------------------------------------------------------------------------------------------

ANSWER = Answer(status=201, headers={"Location": "/raids/1"}, body='{"id": 1, "name": "Élan"}')


def request(database: SqlDatabase, key: str = "k", body_hash: str = "h", caller: str = "user 1") -> Answer | str:
    """What a POST does that takes a key: answers what was answered before, or "done" when it did it itself."""
    answered = SqlAnsweredRequests(database)
    with database.scope():
        if earlier := answered.earlier(caller, key, body_hash):
            return earlier
        with database.begin(operator("test", GuildId(7))) as work:
            add(work.session, 1 + len(ids_of(work.session)))
        answered.keep(caller, key, body_hash, ANSWER)
    return "done"


def test_the_same_request_is_answered_the_same_and_done_once(lonely: SqlDatabase, clock: SettableClock) -> None:
    """G-7: for 24 hours, per caller."""
    assert request(lonely) == "done"
    assert request(lonely) == ANSWER
    assert request(lonely, caller="user 2") == "done"
    assert request(lonely, key="K") == "done"
    with pytest.raises(KeyReused):
        request(lonely, body_hash="another")
    clock.advance(timedelta(hours=24, microseconds=-1))
    assert request(lonely) == ANSWER
    clock.advance(timedelta(microseconds=1))
    assert request(lonely) == "done"
    assert request(lonely) == ANSWER
    assert things_of(lonely) == [1, 2, 3, 4]


def test_old_answers_are_pruned(lonely: SqlDatabase, clock: SettableClock) -> None:
    """O-9: they are of no use after 24 hours."""
    request(lonely, key="old")
    clock.advance(timedelta(hours=23))
    request(lonely, key="new")
    clock.advance(timedelta(hours=1))
    assert SqlAnsweredRequests(lonely).prune() == 1
    assert request(lonely, key="new") == ANSWER


def test_a_request_that_failed_leaves_its_key_free(lonely: SqlDatabase) -> None:
    """G-8: it may be sent again, with a better body."""
    answered = SqlAnsweredRequests(lonely)
    with pytest.raises(RuntimeError, match="a bug"), lonely.scope():  # noqa: PT012  # the raise ends the block
        assert answered.earlier("user 1", "k", "h") is None
        answered.keep("user 1", "k", "h", ANSWER)
        raise RuntimeError("a bug")
    assert request(lonely, body_hash="better") == "done"


@pytest.mark.parametrize("engine_name", ["postgresql", "mariadb"], indirect=True, scope="session")
def test_while_the_first_is_at_work_the_second_is_told_at_once(lonely: SqlDatabase) -> None:
    """G-7: 409; and after the first has ended, however it ended, the key works again."""
    answered = SqlAnsweredRequests(lonely)
    with lonely.scope():
        assert answered.earlier("user 1", "k", "h") is None
        outcomes = at_once(lambda: request(lonely), lambda: request(lonely, key="other"))
        assert isinstance(outcomes[0], RequestInProgress)
        assert outcomes[1] == "done"
        answered.keep("user 1", "k", "h", ANSWER)
    assert request(lonely) == ANSWER
    with pytest.raises(RuntimeError, match="a bug"), lonely.scope():  # noqa: PT012  # the raise ends the block
        answered.earlier("user 1", "l", "h")
        raise RuntimeError("a bug")
    assert at_once(lambda: request(lonely, key="l")) == ["done"]


def test_of_many_equal_requests_at_once_one_is_done(lonely: SqlDatabase) -> None:
    """G-7: the others get its answer, or are told to wait."""
    outcomes = at_once(*[lambda: request(lonely)] * 5)
    assert outcomes.count("done") == 1
    others = [outcome for outcome in outcomes if outcome != "done"]
    assert all(outcome == ANSWER or isinstance(outcome, RequestInProgress) for outcome in others), others
    assert things_of(lonely) == [1]
