"""Units of work and scopes: what commits together, what is forgotten together, and what is written last."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from dkp_adapters.commits import Changed, Commit
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.engine import ConstraintViolated
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, in_guild
from dkp_adapters.sql.tables.kernel import deliveries, events
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import DomainError, InvalidValue, NameTaken, NotPermitted
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.points import Points
from tests.integration.sql.conftest import Thing, ThingMoved, ThingSeen, add, at_once, ids_of, things

EVENTS = Statement(
    select(
        events.c.aggregate,
        events.c.aggregate_id,
        events.c.version,
        events.c.name,
        events.c.data,
        events.c.actor_kind,
        events.c.actor_id,
        events.c.actor_user_id,
        events.c.entrypoint,
        events.c.request_id,
    )
    .where(in_guild(events))
    .order_by(events.c.at, events.c.id)
)
DELIVERIES = Statement(
    select(deliveries.c.reaction, deliveries.c.attempts, deliveries.c.parked)
    .where(in_guild(deliveries))
    .order_by(deliveries.c.event_id, deliveries.c.reaction)
)
NAMED = Statement(things.insert(), violations={"pk_things": lambda params: NameTaken("thing", params["name"])})


def kept(store: SqlDatabase, by: Actor) -> list[int]:
    """The things that everybody sees."""
    with store.read(by) as views:
        return ids_of(views.session)


def test_what_a_normally_left_unit_wrote_is_committed(store: SqlDatabase, by: Actor) -> None:
    """Without a scope, a unit of work commits by itself."""
    with store.begin(by) as work:
        add(work.session, 1)
        assert work.guild_id == by.guild
    assert kept(store, by) == [1]


@pytest.mark.parametrize("error", [NotPermitted("raids:write"), RuntimeError("a bug"), KeyboardInterrupt()])
def test_a_unit_left_by_an_exception_leaves_nothing(store: SqlDatabase, by: Actor, error: BaseException) -> None:
    """G-8: nothing is half done."""
    with pytest.raises(type(error)), store.begin(by) as work:  # noqa: PT012  # the raise ends the block
        add(work.session, 1)
        work.session.announce(ThingMoved(thing_id=1, points=Points(5)))
        raise error
    assert kept(store, by) == []
    with store.read(by) as views:
        assert views.session.all(EVENTS) == []


def test_a_unit_needs_a_guild(store: SqlDatabase, by: Actor) -> None:
    """An actor without a guild may only work on the installation."""
    nowhere = Actor(kind=ActorKind.OPERATOR, id="operator", entrypoint="test")
    with pytest.raises(InvalidValue), store.begin(nowhere):
        pass
    with store.begin_installation(nowhere) as work:
        add(work.enter(by.guild).session, 1)
        assert work.guild_id == 0
    assert kept(store, by) == [1]


def test_the_use_cases_of_a_scope_commit_together(store: SqlDatabase, by: Actor) -> None:
    """Until the scope ends, nobody else sees anything."""

    def seen() -> list[int]:
        return kept(store, by)

    with store.scope():
        with store.begin(by) as work:
            add(work.session, 1)
        with store.begin(by) as work:
            add(work.session, 2)
            assert ids_of(work.session) == [1, 2]
        assert at_once(seen) == [[]]
    assert kept(store, by) == [1, 2]


def test_a_failed_use_case_undoes_the_whole_scope(store: SqlDatabase, by: Actor) -> None:
    """Also what an earlier one did; and what comes after it is refused, not done alone."""
    with store.scope(keep_refusals=True):
        with store.begin(by) as work:
            add(work.session, 1)
        with pytest.raises(NotPermitted), store.begin(by) as work:  # noqa: PT012  # the raise ends the block
            add(work.session, 2)
            raise NotPermitted("raids:write")
        with pytest.raises(AssertionError, match="rolled back"), store.begin(by):
            pass
    assert kept(store, by) == []


def test_a_refusal_that_was_recorded_is_kept_where_the_scope_says_so(store: SqlDatabase, by: Actor) -> None:
    """It is raised after its unit of work was left normally; other errors undo all the same."""

    def refuse(error: Exception, *, keep_refusals: bool) -> None:
        with store.scope(keep_refusals=keep_refusals):
            with store.begin(by) as work:
                add(work.session, 1 + len(ids_of(work.session)))
            raise error

    for error, keep_refusals, expected in (
        (NotPermitted("raids:write"), False, []),
        (RuntimeError("a bug"), True, []),
        (NotPermitted("raids:write"), True, [1]),
    ):
        with pytest.raises(type(error)):
            refuse(error, keep_refusals=keep_refusals)
        assert kept(store, by) == expected


def test_a_thread_has_one_scope_at_a_time(store: SqlDatabase) -> None:
    """One inside another could only wait for itself."""
    with store.scope(), pytest.raises(AssertionError, match="scope open"), store.scope():
        pass
    with store.scope():
        pass


def test_what_a_unit_handed_out_ends_with_it(store: SqlDatabase, by: Actor) -> None:
    """A repository kept too long would write into somebody else's transaction."""
    with store.begin(by) as work:
        session = work.session
    with store.read(by) as views:
        pass
    uses: list[Callable[[Session], object]] = [ids_of, lambda ended: add(ended, 1)]
    for use in uses:
        for ended in (session, views.session):
            with pytest.raises(AssertionError, match="over"):
                use(ended)


def test_what_is_deferred_runs_once_last_and_in_order(store: SqlDatabase, by: Actor) -> None:
    """Hot rows are locked for as short as can be, in one order."""
    ran: list[str] = []
    with store.begin(by) as work:
        session = work.session
        session.defer(20, lambda: ran.append(f"balances {ids_of(session)}"))
        session.defer(10, lambda: ran.append(f"entries {len(session.all(EVENTS))} event"))
        session.announce(ThingSeen(thing_id=1))
        add(session, 1)
        assert ran == []
    assert ran == ["entries 1 event", "balances [1]"]


def test_what_is_deferred_is_there_for_the_next_use_case(store: SqlDatabase, by: Actor) -> None:
    """And for a reading, in the same scope."""
    with store.scope():
        with store.begin(by) as work:
            first = work.session
            first.defer(10, lambda: add(first, 1))
        with store.read(by) as views:
            assert ids_of(views.session) == [1]
        with store.begin(by) as work:
            second = work.session
            second.defer(10, lambda: add(second, 2))
        with store.begin(by) as work:
            assert ids_of(work.session) == [1, 2]
    assert kept(store, by) == [1, 2]


def test_what_is_deferred_may_announce_and_defer(store: SqlDatabase, by: Actor) -> None:
    """The flush goes on until nothing is left."""
    with store.begin(by) as work:
        session = work.session

        def later() -> None:
            session.announce(ThingSeen(thing_id=7))
            session.defer(5, lambda: add(session, 7))

        session.defer(10, later)
    assert kept(store, by) == [7]
    with store.read(by) as views:
        assert [row[1] for row in views.session.all(EVENTS)] == ["7"]


def test_a_saved_aggregate_leaves_its_events_in_the_audit_log(store: SqlDatabase, guild_id: GuildId) -> None:
    """G-5: who, through which entrypoint, for whom; the version is the one that the save makes."""
    by = Actor(
        kind=ActorKind.API_KEY,
        id="key-1",
        entrypoint="http",
        guild_id=guild_id,
        user_id=UserId(12),
        request_id="r-1",
    )
    at = datetime(2026, 11, 20, 20, 0, 0, 5, tzinfo=UTC)
    thing = Thing(id=3, version=4).announcing(ThingMoved(thing_id=3, points=Points.of("-12.50"), seen_at=at))
    with store.begin(by) as work:
        work.session.save_events(thing.announcing(ThingSeen(thing_id=3)))
    who = ("api_key", "key-1", 12, "http", "r-1")
    with store.read(by) as views:
        assert views.session.all(EVENTS) == [
            (
                "thing",
                "3",
                5,
                "thing_moved",
                '{"thing_id":3,"points":"-12.50","seen_at":"2026-11-20T20:00:00.000005+00:00"}',
                *who,
            ),
            ("thing", "3", 5, "thing_seen", '{"thing_id":3}', *who),
        ]
        assert views.session.all(DELIVERIES) == [("and_that", 0, 0), ("then_that", 0, 0)]


def test_listeners_are_told_after_the_commit(store: SqlDatabase, by: Actor, caplog: pytest.LogCaptureFixture) -> None:
    """What changed, where, and how much is to follow; nothing after a rollback, and one that fails changes nothing."""
    told: list[tuple[Commit, list[int]]] = []

    def fail(_: Commit) -> None:
        raise RuntimeError("a cache broke")

    store.after_commit(fail)
    store.after_commit(lambda commit: told.append((commit, kept(store, by))))
    with caplog.at_level(logging.ERROR), store.begin(by) as work:
        add(work.session, 1)
        work.session.save_events(Thing(id=1).announcing(ThingMoved(thing_id=1, points=Points(1))))
    assert told == [
        (
            Commit(
                guild_ids=frozenset({by.guild}),
                changed=(Changed(guild_id=by.guild, aggregate="thing", aggregate_id="1", version=1),),
                deliveries=2,
            ),
            [1],
        )
    ]
    assert "a cache broke" in caplog.text
    told.clear()
    with pytest.raises(DomainError), store.begin(by) as work:  # noqa: PT012  # the raise ends the block
        add(work.session, 2)
        raise NotPermitted("raids:write")
    with store.begin(by) as work:
        ids_of(work.session)
    assert [commit.guild_ids for commit, _ in told] == [frozenset()]


def test_a_reading_neither_sees_what_is_not_committed_nor_writes(store: SqlDatabase, by: Actor) -> None:
    """Its connection could not, even if a view tried."""

    def write_in_a_view() -> None:
        with store.read(by) as views:
            add(views.session, 9)

    with store.begin(by) as work:
        add(work.session, 1)
        assert at_once(lambda: kept(store, by)) == [[]]
    outcomes = at_once(write_in_a_view)
    assert isinstance(outcomes[0], Exception)
    assert kept(store, by) == [1]


def test_a_swallowed_failure_is_not_committed(store: SqlDatabase, by: Actor) -> None:
    """After a failed statement PostgreSQL would turn the COMMIT into a rollback, without a word."""
    with pytest.raises(AssertionError, match="swallowed"), store.begin(by) as work:  # noqa: PT012  # fails at its end
        add(work.session, 1)
        with pytest.raises(ConstraintViolated):
            add(work.session, 1)
    assert kept(store, by) == []
    with store.begin(by) as work:
        add(work.session, 2)
    assert kept(store, by) == [2]


def test_the_loser_of_a_race_for_a_key_is_told_so_in_the_words_of_the_core(store: SqlDatabase, by: Actor) -> None:
    """G-9: two officers make the same thing at once."""

    def make(name: str) -> str:
        with store.begin(by) as work:
            work.session.run(NAMED, id=1, name=name, points=0, kind=None, note=None)
        return name

    outcomes = at_once(*[lambda i=i: make(f"by {i}") for i in range(4)])
    losers = [outcome for outcome in outcomes if not isinstance(outcome, str)]
    assert len(losers) == 3
    assert all(isinstance(loser, NameTaken) for loser in losers), losers


def test_many_threads_work_side_by_side(store: SqlDatabase, guild_id: GuildId) -> None:
    """P-13: each in its own transaction, more of them than there are connections."""

    def work_alone(number: int) -> int:
        by = Actor(kind=ActorKind.JOB, id=str(number), entrypoint="test", guild_id=GuildId(-guild_id * 100 - number))
        for thing in range(5):
            with store.begin(by) as work:
                add(work.session, thing)
                work.session.announce(ThingSeen(thing_id=thing))
        with store.read(by) as views:
            return len(views.session.all(EVENTS))

    assert at_once(*[lambda n=n: work_alone(n) for n in range(10)]) == [5] * 10
