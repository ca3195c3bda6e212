"""Batches at their time: by however many workers and officers, while others book, each is made once (P-7, P-13)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from attrs import define

from dkp_adapters.memory.clock import SettableClock
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.errors import DomainError, Stale
from dkp_core.kernel.ids import GuildId, PoolId, RaidId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import AdjustmentLine, BatchFilter, BatchIsThere, BatchKind, BatchRow, WantedRun
from dkp_core.raids import NamedPresence
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import Worker

WAIT_SECONDS_MAX = 60.0
MONDAYS = {"every": 1, "unit": "weeks", "at": "05:00", "starts_on": "2026-11-23"}
MONDAY = datetime(2026, 11, 23, 5, tzinfo=UTC)
WEEK = timedelta(days=7)
PEOPLE = 5


@define
class Bankers:
    """A guild whose members have 100 points each, which decay on Mondays."""

    url: str
    clock: SettableClock
    cases: UseCases
    guild_id: GuildId
    pool_id: PoolId
    members: tuple[UserId, ...]

    @classmethod
    def begin(cls, url: str) -> Bankers:
        """A guild on that database, which no other test sees."""
        clock = SettableClock(MONDAY - timedelta(days=3))
        cases = UseCases(settings=Settings(database_url=url), clock=clock)
        founded = cases.found_guild()(
            name="Bank", officer_discord_id=str(10**17), officer_username="alma", by=operator("test")
        )
        by = operator("test", founded.guild.id)
        members = tuple(
            cases.add_member()(discord_id=str(10**17 + n), username=f"u{n}", by=by).user_id
            for n in range(1, PEOPLE + 1)
        )
        for number, user_id in enumerate(members):
            cases.enter_character()(name=f"Hero{'abcde'[number]}", owner=user_id, by=by)
        lines = [AdjustmentLine(user_id=each, amount=Points.of(100)) for each in members]
        cases.adjust_points()(lines, reason="start", by=by)
        pool_id = cases.list_pools()(by=by)[0].id
        return cls(url, clock, cases, founded.guild.id, pool_id, members)

    @property
    def by(self) -> Actor:
        """The operator in that guild."""
        return operator("test", self.guild_id)

    def another(self) -> UseCases:
        """Every use case as another process would have them, by the same clock."""
        return UseCases(settings=Settings(database_url=self.url), clock=self.clock)

    def set(self, **policies: object) -> None:
        """Set policies of the pool."""
        self.cases.set_policies()(self.pool_id, policies, by=self.by)

    def runs(self) -> tuple[BatchRow, ...]:
        """The runs of decay and the cap that were made, the oldest first."""
        rows = self.cases.list_batches()(BatchFilter(), page=PageRequest(1, 500), by=self.by).results
        return tuple(row for row in reversed(rows) if row.kind is not BatchKind.ADJUSTMENT)

    def current(self) -> list[str]:
        """What each member has."""
        return [str(self.cases.show_balance()(each, self.pool_id, by=self.by).current) for each in self.members]


@pytest.fixture
def bankers(own_url: str) -> Iterator[Bankers]:
    """A guild on a database of its own, on each engine in turn."""
    begun = Bankers.begin(own_url)
    yield begun
    assert not begun.cases.verify()(by=begun.by).differences
    begun.cases.database().close()


def persistently(act: Callable[[], object]) -> object:
    """What it answers; again when it lost a race."""
    for _ in range(100):
        try:
            return act()
        except Stale:
            time.sleep(0.01)
    raise AssertionError("it lost all races")


def test_several_workers_make_each_missed_run_once(bankers: Bankers) -> None:
    """P-7, O-12: three weeks late, the oldest first, each under the policies of its time, however many workers."""
    bankers.set(decay={"percent": "10", "schedule": MONDAYS}, repeating_cap={"upper": "85", "schedule": MONDAYS})
    bankers.clock.set(MONDAY + WEEK + timedelta(days=1))
    bankers.set(decay={"percent": "20", "schedule": MONDAYS})
    bankers.clock.set(MONDAY + 2 * WEEK)
    others, stop = [bankers.another() for _ in range(3)], threading.Event()
    threads = [
        threading.Thread(target=Worker.of(cases, batch=3, poll_seconds_min=0.01).run, args=(stop,)) for cases in others
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + WAIT_SECONDS_MAX
    while len(bankers.runs()) < 6:
        assert time.monotonic() < end, [row.period for row in bankers.runs()]
        time.sleep(0.05)
    time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join(WAIT_SECONDS_MAX)
        assert not thread.is_alive()
    for cases in others:
        cases.database().close()
    assert [(row.kind.value, row.period, row.policies_version) for row in bankers.runs()] == [
        ("decay", "2026-11-23", 1),
        ("cap", "2026-11-23", 1),
        ("decay", "2026-11-30", 1),
        ("cap", "2026-11-30", 1),
        ("decay", "2026-12-07", 2),
        ("cap", "2026-12-07", 2),
    ]
    # 100 - 10 = 90, brought to 85; then 76.50; then 61.20.
    assert bankers.current() == ["61.20"] * PEOPLE


def test_of_two_officers_who_run_the_same_one_is_told_of_the_other(bankers: Bankers) -> None:
    """P-7, P-13: with the same preview, at the same moment; and the worker has nothing left to do."""
    bankers.set(decay={"percent": "10", "schedule": MONDAYS})
    bankers.clock.set(MONDAY)
    wanted = WantedRun(kind=BatchKind.DECAY)
    preview = bankers.cases.preview_batch()(wanted, by=bankers.by)
    named = WantedRun(kind=BatchKind.DECAY, period=preview.period)
    others = [bankers.another() for _ in range(4)]
    start = threading.Barrier(len(others))

    def run(cases: UseCases) -> object:
        start.wait(WAIT_SECONDS_MAX)
        try:
            return persistently(lambda: cases.run_batch()(named, checksum=preview.checksum, by=bankers.by))
        except DomainError as refusal:
            return refusal

    with ThreadPoolExecutor(len(others)) as pool:
        outcomes = list(pool.map(run, others))
    refused = [each for each in outcomes if isinstance(each, DomainError)]
    (batch,) = bankers.runs()
    assert len(refused) == len(others) - 1
    assert {type(each) for each in refused} == {BatchIsThere}
    assert {each.batch_id for each in refused if isinstance(each, BatchIsThere)} == {batch.id}
    worker = Worker.of(bankers.cases)
    while worker.run_due():
        pass
    assert (len(bankers.runs()), bankers.current()) == (1, ["90.00"] * PEOPLE)
    for cases in others:
        cases.database().close()


def test_of_two_who_reverse_a_batch_one_does(bankers: Bankers) -> None:
    """P-7, P-13: every balance is restored once."""
    bankers.set(decay={"percent": "10", "schedule": MONDAYS})
    bankers.clock.set(MONDAY)
    batch = bankers.cases.run_batch()(WantedRun(kind=BatchKind.DECAY), by=bankers.by)
    others = [bankers.another() for _ in range(3)]
    start = threading.Barrier(len(others))

    def reverse(cases: UseCases) -> bool:
        start.wait(WAIT_SECONDS_MAX)
        try:
            persistently(lambda: cases.reverse_batch()(batch.id, reason="x", by=bankers.by))
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(len(others)) as pool:
        assert sum(pool.map(reverse, others)) == 1
    assert bankers.current() == ["100.00"] * PEOPLE
    for cases in others:
        cases.database().close()


def test_decay_during_raids_takes_of_what_was_booked_and_loses_nothing(bankers: Bankers) -> None:
    """P-7, P-13: what is booked before the run decays as a whole, what is booked after it not at all."""
    bankers.set(decay={"percent": "10", "schedule": MONDAYS})
    event_type = bankers.cases.create_event_type()(name="Fear", default_points=Points.of(10), by=bankers.by).id
    bankers.clock.set(MONDAY)
    raids: list[RaidId] = [
        bankers.cases.record_raid()(
            event_type_id=event_type, starts_at=MONDAY - timedelta(hours=1 + number), by=bankers.by
        ).id
        for number in range(8)
    ]
    present = [NamedPresence(name=f"Hero{letter}") for letter in "abcde"]
    others = [bankers.another() for _ in range(4)]
    start = threading.Barrier(len(others) + 1)

    def attend(turn: tuple[UseCases, list[RaidId]]) -> None:
        cases, mine = turn
        start.wait(WAIT_SECONDS_MAX)
        for raid_id in mine:
            persistently(partial(cases.record_attendance(), raid_id, present, by=bankers.by))

    def decay() -> None:
        start.wait(WAIT_SECONDS_MAX)
        persistently(lambda: bankers.cases.run_batch()(WantedRun(kind=BatchKind.DECAY), by=bankers.by))

    with ThreadPoolExecutor(len(others) + 1) as pool:
        running = pool.submit(decay)
        list(pool.map(attend, [(cases, raids[number::4]) for number, cases in enumerate(others)]))
        running.result(WAIT_SECONDS_MAX)
    (batch,) = bankers.runs()
    rows = bankers.cases.list_batch_lines()(batch.id, page=PageRequest(), by=bankers.by).results
    taken = {str(row.amount) for row in rows}
    # All were paid for the same raids when it ran, since a raid's entries are booked together.
    assert len(rows) == PEOPLE
    (each,) = taken
    assert each in {f"-{10 + before}.00" for before in range(len(raids) + 1)}
    assert set(bankers.current()) == {str(Points.of(180) + Points.of(each))}
    for cases in others:
        cases.database().close()
