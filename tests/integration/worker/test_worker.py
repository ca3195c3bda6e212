"""The worker: what follows from events and what becomes due happens once, whoever dies in between."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql import schema
from dkp_adapters.sql.due_deadlines import SqlDueDeadlines
from dkp_adapters.sql.leases import SqlLeases
from dkp_adapters.sql.outbox import SqlOutbox
from dkp_adapters.waiting import Delivery, Retrying
from dkp_core.kernel.actor import job
from dkp_core.kernel.errors import Unavailable
from dkp_core.raids import PRUNE_UPLOADS
from dkp_core.reactions import AWARD_WAITING_NAMES
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import EMBEDDED_LEASE, HEARTBEAT, EmbeddedWorker, Worker
from tests import services
from tests.integration.worker.waiting_names import waiting_guild

SRC = Path(__file__).parents[3] / "src"
WAIT_SECONDS_MAX = 30.0
_slugs = (f"w{number}-{os.getpid()}" for number in itertools.count())


def opened(url: str, **overridden: object) -> UseCases:
    """Every use case on that database, as another process would have them."""
    return UseCases(settings=Settings(database_url=url), **overridden)


@pytest.fixture
def use_cases(schema_url: str) -> Iterator[UseCases]:
    """Every use case on the shared database, on each engine in turn."""
    cases = opened(schema_url)
    drain(cases)  # what other tests left
    yield cases
    cases.database().close()


@pytest.fixture
def clock() -> SettableClock:
    """A clock that shows the present until it is set."""
    return SettableClock(datetime.now(UTC))


@pytest.fixture
def own(own_url: str, clock: SettableClock) -> Iterator[UseCases]:
    """Every use case on a database of this test's own, on each engine in turn, by the clock that can be set."""
    cases = opened(own_url, clock=clock)
    yield cases
    cases.database().close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An SQLite database with the schema in it, to be copied."""
    url = services.make_database("sqlite", directory=tmp_path_factory.mktemp("template"))
    schema.upgrade(url)
    return url


@pytest.fixture
def sqlite_url(sqlite_template: str, tmp_path: Path) -> str:
    """An SQLite database of this test's own."""
    return services.make_database("sqlite", template=sqlite_template, directory=tmp_path)


@pytest.fixture
def lone(sqlite_url: str, clock: SettableClock) -> Iterator[UseCases]:
    """The same on SQLite alone, for what is no question of the database."""
    cases = opened(sqlite_url, clock=clock)
    yield cases
    cases.database().close()


def drain(cases: UseCases) -> None:
    """Do everything that is due."""
    worker = Worker.of(cases)
    while worker.run_due():
        pass


def until(true: Callable[[], bool]) -> None:
    """Wait until it is so; fail after half a minute."""
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)


# --- once -------------------------------------------------------------------------------------------------------------


def test_an_approved_characters_waiting_name_is_awarded(use_cases: UseCases) -> None:
    """D-5: names that were read before the character counted are awarded once it does."""
    guild = waiting_guild(use_cases, 2, slug=next(_slugs))
    drain(use_cases)
    assert guild.awarded() == 0
    guild.approve_all()
    drain(use_cases)
    assert guild.awarded() == 2
    assert guild.paid() == ["10.00", "10.00"]


def test_a_name_read_under_an_alias_is_awarded_too(lone: UseCases) -> None:
    """D-5, R-1: a character is known by every name it bears."""
    guild = waiting_guild(lone, 1, slug=next(_slugs))
    (character,) = guild.characters
    cases, by = lone, guild.by
    from dkp_core.kernel.page import PageRequest
    from dkp_core.raids import NamedPresence, RaidFilter

    (raid,) = cases.list_raids()(RaidFilter(), page=PageRequest(), by=by).results
    cases.add_tick()(raid.id, name="22:00", at=raid.starts_at + timedelta(hours=2), by=by)
    cases.record_attendance()(raid.id, [NamedPresence(name="Warthog")], tick=2, by=by)
    cases.add_alias()(character, "Warthog", by=by)
    drain(cases)
    assert guild.awarded() == 0
    guild.approve_all()
    drain(cases)
    assert guild.paid() == ["20.00"]


def test_what_was_done_is_not_done_again(use_cases: UseCases) -> None:
    """G-6: a reaction and the removal of its delivery are one transaction."""
    guild = waiting_guild(use_cases, 3, slug=next(_slugs))
    guild.approve_all()
    drain(use_cases)
    drain(use_cases)
    assert guild.resolutions() == 3


def test_several_workers_share_the_work_and_do_each_thing_once(own_url: str) -> None:
    """G-6: however many workers there are, each delivery is reacted to once."""
    use_cases = opened(own_url)
    guild = waiting_guild(use_cases, 40, slug=next(_slugs))
    guild.approve_all()
    others = [opened(own_url) for _ in range(4)]
    stop = threading.Event()
    threads = [
        threading.Thread(target=Worker.of(cases, batch=3, poll_seconds_min=0.01).run, args=(stop,)) for cases in others
    ]
    for thread in threads:
        thread.start()
    until(lambda: SqlOutbox.of(use_cases.database()).lag().due == 0)
    stop.set()
    for thread in threads:
        thread.join(WAIT_SECONDS_MAX)
        assert not thread.is_alive()
    assert guild.resolutions() == 40
    assert guild.paid() == ["10.00"] * 40
    for cases in (use_cases, *others):
        cases.database().close()


def test_what_a_worker_died_over_is_left_to_the_next(own: UseCases, clock: SettableClock) -> None:
    """O-12: what a worker claimed and did not finish is done by another when the claim has run out."""
    guild = waiting_guild(own, 3, slug="tod")
    guild.approve_all()
    outbox = SqlOutbox.of(own.database())
    dead = outbox.claim(limit=100)
    assert len(dead) >= 3
    drain(own)
    assert guild.awarded() == 0, "they are the dead one's until its claim has run out"
    clock.set(clock.now() + timedelta(seconds=61))
    drain(own)
    assert guild.awarded() == 3
    with own.database().scope():
        assert not outbox.take(dead[0]), "the dead one, come back to life, finds it gone"
    assert guild.resolutions() == 3


def test_a_killed_process_loses_nothing_and_does_nothing_twice(sqlite_url: str) -> None:
    """O-12: kill -9 in the middle of reactions; the next worker finishes the rest, once."""
    cases = opened(sqlite_url)
    guild = waiting_guild(cases, 120, slug="mord")
    guild.approve_all()
    before = SqlOutbox.of(cases.database()).lag().due
    process = subprocess.Popen(
        [sys.executable, "-m", "dkp_entrypoints", "worker", "--database", sqlite_url],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until(lambda: SqlOutbox.of(cases.database()).lag().due < before - 10)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(WAIT_SECONDS_MAX)
    left = 120 - guild.awarded()
    assert guild.resolutions() == guild.awarded(), "each reaction is there whole, or not at all"
    assert left, "it was killed in the middle"
    later = opened(sqlite_url, clock=SettableClock(datetime.now(UTC) + timedelta(minutes=2)))
    drain(later)
    later.database().close()
    assert guild.awarded() == 120
    assert guild.resolutions() == 120
    assert guild.paid() == ["10.00"] * 120
    cases.database().close()


# --- when it fails ----------------------------------------------------------------------------------------------------


class Failing:
    """A use case that refuses as often as it is told to, and counts how often it was tried."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.tried = 0

    def __call__(self, *_: object, **__: object) -> None:
        self.tried += 1
        if self.tried <= self.times:
            raise ValueError(f"no, for the {self.tried}. time")


def test_what_fails_is_tried_again_later_and_later(lone: UseCases, clock: SettableClock) -> None:
    """G-6: a reaction that fails waits 5 s, 10 s, 20 s, and holds up nothing else."""
    guild = waiting_guild(lone, 1, slug="zaeh")
    drain(lone)
    guild.approve_all()
    failing = Failing(times=2)
    lone.award_waiting_names.override(failing)
    worker = Worker.of(lone)
    assert worker.run_reactions() == 0
    assert failing.tried == 1
    worker.run_reactions()
    assert failing.tried == 1, "it is not its time yet"
    clock.set(clock.now() + timedelta(seconds=7))
    worker.run_reactions()
    assert failing.tried == 2
    clock.set(clock.now() + timedelta(seconds=7))
    worker.run_reactions()
    assert failing.tried == 2, "the second time it waits longer"
    lone.award_waiting_names.reset_override()
    clock.set(clock.now() + timedelta(seconds=7))
    assert worker.run_reactions() == 1
    assert guild.awarded() == 1


def test_what_fails_for_good_is_parked_with_its_error(lone: UseCases, clock: SettableClock) -> None:
    """G-6: after ten attempts it is set aside, where health shows it; what works goes on."""
    guild = waiting_guild(lone, 2, slug="park")
    drain(lone)
    guild.approve_all()
    failing = Failing(times=1000)
    lone.award_waiting_names.override(failing)
    worker = Worker.of(lone, retrying=Retrying(attempts_max=3))
    for _ in range(5):
        worker.run_reactions()
        clock.set(clock.now() + timedelta(hours=2))
    parked = SqlOutbox.of(lone.database()).parked()
    assert [(each.reaction, each.attempts) for each in parked] == [(AWARD_WAITING_NAMES, 3)] * 2
    assert "ValueError: no, for the" in (parked[0].last_error or "")
    assert failing.tried == 6
    assert guild.awarded() == 0


def test_one_failure_stands_in_nobodys_way(lone: UseCases) -> None:
    """G-6: the other deliveries of the same round are done."""
    guild = waiting_guild(lone, 3, slug="weg")
    drain(lone)
    guild.approve_all()
    failing, honest = Failing(times=1), lone.award_waiting_names()

    def sometimes(*arguments: object, **named: object) -> object:
        failing()
        return honest(*arguments, **named)  # type: ignore[arg-type]  # passed through

    lone.award_waiting_names.override(sometimes)
    assert Worker.of(lone).run_reactions() == 2
    lone.award_waiting_names.reset_override()
    assert guild.awarded() == 2


def test_a_reaction_that_only_a_newer_program_knows_waits_for_it(lone: UseCases) -> None:
    """G-6: in a rolling upgrade the old worker leaves it alone, and says why."""
    guild = waiting_guild(lone, 1, slug="neu")
    drain(lone)
    guild.approve_all()
    worker = Worker.of(lone)
    (delivery,) = worker.outbox.claim()
    with pytest.raises(Exception, match="no reaction is called 'brew_coffee'"):
        worker.reacting.react(evolve(delivery, reaction="brew_coffee"))


def test_a_character_that_is_gone_by_then_awards_nothing(lone: UseCases) -> None:
    """G-6: the delivery is done all the same."""
    guild = waiting_guild(lone, 1, slug="fort")
    drain(lone)
    by = guild.by
    made = lone.enter_character()(name="Flüchtig", by=by)
    lone.remove_character()(made.id, by=by)
    assert Worker.of(lone).run_reactions() == 1
    assert SqlOutbox.of(lone.database()).lag().due == 0


def test_the_worker_outlives_a_database_that_goes_away(lone: UseCases) -> None:
    """O-12: it tries again by itself until the database is back."""
    guild = waiting_guild(lone, 1, slug="weg")
    guild.approve_all()
    worker = Worker.of(lone, poll_seconds_min=0.01, poll_seconds_max=0.02)
    outbox, gone = worker.outbox, [3]

    class Away:
        """An outbox whose database comes back after three attempts."""

        def claim(self, limit: int = 20, seconds: float = 60) -> tuple[Delivery, ...]:
            if gone[0]:
                gone[0] -= 1
                raise Unavailable("gone")
            return outbox.claim(limit, seconds)

        def take(self, row: Delivery, /) -> bool:
            return outbox.take(row)

        def failed(self, row: Delivery, /, error: str) -> bool:
            return outbox.failed(row, error)

    worker.outbox = Away()
    with EmbeddedWorker(worker):
        until(lambda: guild.awarded() == 1)


# --- deadlines --------------------------------------------------------------------------------------------------------


def test_uploads_are_pruned_daily_once_a_guild_says_so(lone: UseCases, clock: SettableClock) -> None:
    """O-9: the content of old uploads goes, their hash stays; the next day it is done again."""
    guild = waiting_guild(lone, 1, slug="kurz")
    by = guild.by
    event_type = lone.list_event_types()(by=by)[0]
    lone.import_dump()([b"Anna\nBert\n"], event_type_id=event_type.id, at=clock.now() - timedelta(hours=1), by=by)
    lone.change_guild()(settings={"keep_uploads_days": 7}, by=by)
    drain(lone)
    assert _content_kept(lone) == 1
    clock.set(clock.now() + timedelta(days=8))
    drain(lone)
    assert _content_kept(lone) == 0
    deadlines = SqlDueDeadlines.of(lone.database())
    clock.set(clock.now() + timedelta(days=1, seconds=1))
    assert PRUNE_UPLOADS in {each.kind for each in deadlines.claim()}


def _content_kept(cases: UseCases) -> int:
    """How many uploads have their content still."""
    from sqlalchemy import func, select

    from dkp_adapters.sql.statement import Statement
    from dkp_adapters.sql.tables.raids import uploads

    kept = Statement(select(func.count()).where(uploads.c.content.is_not(None)), across_guilds=True)
    with cases.database().reading() as views:
        row = views.session.first(kept)
    assert row is not None
    return int(row[0])


def test_a_deadline_is_met_once_by_however_many_workers(own_url: str, own: UseCases, clock: SettableClock) -> None:
    """G-6: several workers race for the same deadline, and one meets it."""
    guild = waiting_guild(own, 1, slug="eile")
    drain(own)
    with own.database().begin(guild.by) as work:
        for number in range(20):
            work.deadlines.set(f"prune {number}", PRUNE_UPLOADS, clock.now(), {})
    met: list[str] = []
    others = [opened(own_url, clock=clock) for _ in range(4)]
    for cases in others:
        cases.prune_uploads.override(lambda **_: met.append("met"))
    threads = [threading.Thread(target=_until_nothing_is_left, args=(cases,)) for cases in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS_MAX)
    for cases in others:
        cases.database().close()
    assert len(met) == 20


def _until_nothing_is_left(cases: UseCases) -> None:
    worker, idle = Worker.of(cases, batch=4), 0
    while idle < 5:
        idle = 0 if worker.run_due() else idle + 1
        time.sleep(0.01)


def test_a_worker_that_is_missing_shows_as_lag(lone: UseCases, clock: SettableClock) -> None:
    """O-11: a running worker puts its own deadline off; where none runs it is overdue, and health tells."""
    worker = Worker.of(lone)
    worker.reacting.beat()
    lag = SqlDueDeadlines.of(lone.database()).lag
    assert lag().due == 0
    clock.set(clock.now() + timedelta(minutes=10))
    assert lag().oldest_seconds > 500
    drain(lone)
    assert lag().due == 0
    clock.set(clock.now() + timedelta(seconds=31))
    assert [each.kind for each in SqlDueDeadlines.of(lone.database()).claim()] == [HEARTBEAT]


# --- its day ----------------------------------------------------------------------------------------------------------


def test_it_looks_at_once_when_its_own_process_leaves_something_to_do(lone: UseCases) -> None:
    """O-10: inside a server nothing waits for the next look around."""
    guild = waiting_guild(lone, 1, slug="wach")
    with EmbeddedWorker(Worker.of(lone, poll_seconds_min=20, poll_seconds_max=20)):
        until(lambda: SqlOutbox.of(lone.database()).lag().due == 0)
        guild.approve_all()
        until(lambda: guild.awarded() == 1)


def test_it_finds_what_other_processes_left(sqlite_url: str, lone: UseCases) -> None:
    """O-10: what another process commits is found by looking around."""
    guild = waiting_guild(lone, 1, slug="fern")
    other = opened(sqlite_url)
    with EmbeddedWorker(Worker.of(other, poll_seconds_min=0.02, poll_seconds_max=0.05)):
        guild.approve_all()
        until(lambda: guild.awarded() == 1)
    other.database().close()


def test_stopping_finishes_what_runs(lone: UseCases) -> None:
    """O-12: the block ends when the reaction that runs is done, and the worker with it."""
    guild = waiting_guild(lone, 1, slug="ende")
    drain(lone)
    honest, begun, go_on = lone.award_waiting_names(), threading.Event(), threading.Event()

    def slow(*arguments: object, **named: object) -> object:
        begun.set()
        go_on.wait(WAIT_SECONDS_MAX)
        return honest(*arguments, **named)  # type: ignore[arg-type]  # passed through

    lone.award_waiting_names.override(slow)
    with EmbeddedWorker(Worker.of(lone)):
        guild.approve_all()
        assert begun.wait(WAIT_SECONDS_MAX)
        threading.Timer(0.2, go_on.set).start()
    lone.award_waiting_names.reset_override()
    assert guild.awarded() == 1


def test_of_two_servers_one_runs_the_embedded_worker(own_url: str, own: UseCases, clock: SettableClock) -> None:
    """O-10: the second one stands by, and takes over when the first one ends."""
    other = opened(own_url, clock=clock)
    first, second = Worker.of(own, alone=EMBEDDED_LEASE), Worker.of(other, alone=EMBEDDED_LEASE)
    assert first._may_work()
    assert not second._may_work()
    first._let_go()
    second._renew_at = 0
    assert second._may_work()
    assert not first._may_work()
    other.database().close()


def test_a_dead_servers_lease_runs_out(own: UseCases, clock: SettableClock) -> None:
    """O-12: a server that was killed gives nothing back; after 30 s another one takes over."""
    SqlLeases(own.database()).acquire(EMBEDDED_LEASE, "the dead one", 30)
    heir = Worker.of(own, alone=EMBEDDED_LEASE)
    assert not heir._may_work()
    clock.set(clock.now() + timedelta(seconds=31))
    assert heir._may_work()


def test_it_forgets_answers_that_are_a_day_old(lone: UseCases, clock: SettableClock) -> None:
    """G-7: idempotency keys are kept for 24 hours."""
    from dkp_adapters.answers import Answer

    worker = Worker.of(lone)
    answered = worker.answered_requests
    with lone.database().scope():
        answered.keep("me", "key", "hash", Answer(status=200, headers={}, body="{}"))  # type: ignore[attr-defined]
    worker._prune()
    with lone.database().scope():
        assert answered.earlier("me", "key", "hash") is not None  # type: ignore[attr-defined]
    clock.set(clock.now() + timedelta(hours=25))
    worker._prune_at = 0
    worker._prune()
    clock.set(clock.now() - timedelta(hours=25))
    with lone.database().scope():
        assert answered.earlier("me", "key", "hash") is None  # type: ignore[attr-defined]


def test_jobs_are_named_in_the_audit_log(lone: UseCases) -> None:
    """G-5: what followed by rule was done by a job, through the worker."""
    from dkp_core.kernel.page import PageRequest
    from dkp_core.kernel.ports import AuditFilter

    guild = waiting_guild(lone, 1, slug="werk")
    guild.approve_all()
    drain(lone)
    (row,) = lone.show_audit_log()(AuditFilter(name="name_resolved"), page=PageRequest(), by=guild.by).results
    assert (row.actor_kind, row.actor_id, row.entrypoint) == ("job", AWARD_WAITING_NAMES, "worker")
    assert job(AWARD_WAITING_NAMES).entrypoint == "worker"


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_dkp_worker_ends_when_it_is_told_to(told: signal.Signals, sqlite_url: str) -> None:
    """O-12: SIGTERM and Ctrl-C end it with exit code 0."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dkp_entrypoints", "worker", "--database", sqlite_url],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "the worker runs" in process.stderr.readline()
    process.send_signal(told)
    _, said = process.communicate(timeout=WAIT_SECONDS_MAX)
    assert process.returncode == 0
    assert "the worker has ended" in said
    assert "Traceback" not in said
