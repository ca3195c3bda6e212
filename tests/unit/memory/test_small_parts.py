"""Clock, chance, ids and rows in memory."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from dkp_adapters.memory import FixedClock, MemoryIds, MemoryInstallation, SeededChance, SettableClock
from dkp_adapters.memory.tables import GuildTables, Rows
from dkp_adapters.system import SystemChance, SystemClock
from dkp_core.kernel.ids import RankId

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_fixed_clock_stands_still() -> None:
    """It is always the same moment, with its zone."""
    assert FixedClock(NOON).now() == NOON
    assert FixedClock().now().tzinfo is UTC


def test_a_settable_clock_moves_when_it_is_told_to() -> None:
    """Forward by a time, or to any moment."""
    clock = SettableClock(NOON)
    assert clock.advance(timedelta(hours=1)) == NOON + timedelta(hours=1)
    assert clock.now() == NOON + timedelta(hours=1)
    clock.set(NOON)
    assert clock.now() == NOON


def test_seeded_chance_repeats_itself() -> None:
    """The same bytes for the same seed, others for another."""
    first, again, other = SeededChance(1), SeededChance(1), SeededChance(2)
    assert [first.token(16), first.token(4)] == [again.token(16), again.token(4)]
    assert len(first.token(5)) == 5
    assert SeededChance(1).token(16) != other.token(16)


def test_an_installation_has_the_machines_clock_and_chance_unless_given_others() -> None:
    """I-7: ten lines are enough."""
    memory = MemoryInstallation()
    assert isinstance(memory.clock, SystemClock)
    assert isinstance(memory.chance, SystemChance)


def test_ids_count_from_one_for_each_kind() -> None:
    """The port `Ids`: the first of `count` consecutive ids."""
    ids = MemoryIds()
    assert [ids.next("raid"), ids.next("raid", 3), ids.next("raid"), ids.next("pool")] == [1, 2, 5, 1]


def test_nobody_gets_an_id_twice() -> None:
    """The port `Ids`: whatever the interleaving."""
    ids, taken = MemoryIds(), list[int]()

    def take() -> None:
        for _ in range(500):
            first = ids.next("entry", 3)
            taken.extend(range(first, first + 3))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 6001))


def test_a_fork_is_written_to_without_changing_the_rows_it_came_from() -> None:
    """Copied at the first write, and only then."""
    rows = Rows({"a": 1, "b": 2})
    fork = rows.fork()
    assert not fork.written
    fork.drop("z")
    assert not fork.written
    fork.put("c", 3)
    fork.drop("a")
    assert fork.written
    assert dict(fork) == {"b": 2, "c": 3}
    assert dict(rows) == {"a": 1, "b": 2}
    assert (len(fork), "c" in fork, fork.get("a")) == (2, True, None)


def test_tables_are_forked_together() -> None:
    """And tell whether any of them was written to."""
    tables = GuildTables()
    fork = tables.fork()
    assert not fork.written
    fork.removed_ranks.put(RankId(1), "Initiate")
    assert fork.written
    assert len(tables.removed_ranks) == 0
