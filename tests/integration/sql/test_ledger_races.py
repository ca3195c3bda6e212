"""Balances and attendance under many writers at once, each with a connection of its own (P-13)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import pytest

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.verifying import SqlVerifying
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.points import BalanceOutOfRange, EntryKind, StandingsFilter
from dkp_core.raids import Presence
from tests.integration.contracts.adapters import sql_installation
from tests.integration.contracts.deeds import DAY, Bank, Raiding, join
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.forking import begin
from tests.integration.sql.apart import append

THREADS: Final = 40
PROCESSES: Final = 8
TURNS: Final = 3
USERS: Final = 12
RETRIES_MAX: Final = 500


@pytest.fixture
def database(own_url: str) -> Iterator[SqlDatabase]:
    """A database of the test's own, with room for many writers."""
    opened = SqlDatabase.open(own_url, clock=SettableClock(NIGHT), writers=16)
    yield opened
    opened.close()


@pytest.fixture
def place(database: SqlDatabase) -> Place:
    """A guild in it."""
    return Place.found(sql_installation(database, SettableClock(NIGHT)))


def persistently(act: Callable[[], object]) -> None:
    """Do it, again when it lost a race."""
    for _ in range(RETRIES_MAX):
        try:
            act()
        except Stale:
            continue
        return
    raise AssertionError(f"it lost {RETRIES_MAX} races")


def assert_all_moved(place: Place, users: Sequence[UserId], pools: Sequence[PoolId], times: int) -> None:
    """Every balance was moved so often, and the whole database adds up."""
    bank = Bank(place)
    each = f"{times // 100}.{times % 100:02d}"
    assert {bank.numbers(user, pool)[3] for user in users for pool in pools} == {each}
    with place.views() as views:
        assert {
            row.current.hundredths for row in views.standings(pools[0], StandingsFilter(), ordering=(), at=NIGHT)
        } == {times}
    assert bank.differences() == []


def test_forty_threads_append_to_the_same_balances_and_nothing_is_lost(place: Place) -> None:
    """P-3, P-13: the balances do not exist before; whoever waits in a circle tries again."""
    bank = Bank(place)
    users, pools = [place.member() for _ in range(USERS)], [bank.pool(), bank.pool()]
    start = threading.Barrier(THREADS)

    def act(seed: int) -> None:
        chance = random.Random(seed)
        moved = [(user, pool) for user in users for pool in pools]
        chance.shuffle(moved)
        entries = [bank.drafted(user, pool, "0.03") for user, pool in moved]
        entries += [bank.drafted(user, pool, "-0.02", kind=EntryKind.AWARD) for user, pool in moved]
        start.wait(30)
        persistently(lambda: bank.book(*entries))

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(act, range(THREADS)))
    assert_all_moved(place, users, pools, THREADS)


@pytest.mark.timeout(240)
def test_eight_processes_append_to_the_same_balances_and_nothing_is_lost(own_url: str, place: Place) -> None:
    """P-3, P-13: nor are two entries given the same id."""
    bank = Bank(place)
    users, pools = [place.member() for _ in range(USERS)], [bank.pool(), bank.pool()]
    jobs = [begin(append, own_url, place.guild_id, users, pools, TURNS, seed) for seed in range(PROCESSES)]
    for job in jobs:
        job.join(200)
    assert [job.exitcode for job in jobs] == [0] * PROCESSES
    assert_all_moved(place, users, pools, TURNS * PROCESSES)


def test_of_those_who_would_pass_the_limit_together_only_as_many_as_fit_succeed(place: Place) -> None:
    """G-3, P-13: the others are refused, and keep nothing."""
    bank = Bank(place)
    user_id, pool_id = place.member(), bank.pool()
    bank.give(user_id, pool_id, "9999999999.96")
    refused = []

    def act(_: int) -> None:
        entry = bank.drafted(user_id, pool_id, "0.01")
        try:
            persistently(lambda: bank.book(entry))
        except BalanceOutOfRange:
            refused.append(entry)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(act, range(8)))
    assert len(refused) == 5
    assert bank.numbers(user_id, pool_id)[3] == "9999999999.99"
    assert len(bank.history(user_id)) == 4
    assert bank.differences() == []


def test_attendance_summaries_survive_any_interleaving(database: SqlDatabase, place: Place) -> None:
    """D-9, P-13: raids recorded late and early, attended, resolved and cancelled by many at once; members join."""
    chance = random.Random(7)
    raiding = Raiding.at(place)
    users = [place.user(f"user {number}") for number in range(8)]
    raids = [raiding.raid(NIGHT - chance.randrange(1, 300) * DAY, chance.sample(users, 3)) for _ in range(8)]
    for raid_id in raids[:4]:
        raiding.note(raid_id, "Wanderer")

    def record(days: int, present: list[UserId], points: str) -> None:
        statuses = {user: chance.choice((Presence.PRESENT, Presence.ABSENT_EXCUSED)) for user in present}
        raid = raiding.drafted(NIGHT - days * DAY, points=points)
        with place.work() as work:
            work.raids.save(raid)
        persistently(partial(raiding.attend, raid.id, statuses))

    acts: list[Callable[[], object]] = [partial(raiding.cancel, raid_id) for raid_id in raids[4:]]
    acts += [partial(raiding.resolve, "wanderer", users[0])]
    acts += [partial(join, place, user, NIGHT - chance.randrange(300) * DAY) for user in users[:4]]
    acts += [
        partial(record, chance.randrange(1, 300), chance.sample(users, 4), chance.choice(("0", "10")))
        for _ in range(20)
    ]
    chance.shuffle(acts)
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(persistently, acts))
    assert SqlVerifying(database.engine).verify(lambda _: None).differences == ()
    with place.views() as views:
        assert views.raid(raids[5]).status == "cancelled"
