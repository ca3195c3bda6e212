"""Ids: never the same twice, whatever becomes of the transaction, in however many threads and processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.system import SystemClock
from dkp_core.kernel.actor import Actor
from tests.integration.forking import begin
from tests.integration.sql.apart import take
from tests.integration.sql.conftest import at_once


@pytest.fixture
def fresh(own_url: str) -> Iterator[SqlDatabase]:
    """A database in which no id was handed out yet."""
    opened = SqlDatabase.open(own_url, clock=SystemClock())
    yield opened
    opened.close()


def test_ids_begin_with_1_and_have_no_gaps_where_people_type_them(fresh: SqlDatabase, by: Actor) -> None:
    """`raid 12` stays short."""
    assert [fresh.ids.next("raid") for _ in range(3)] == [1, 2, 3]
    with fresh.begin(by):
        assert fresh.ids.next("raid") == 4
        assert fresh.ids.next("raid", 3) == 5
        assert fresh.ids.next("pool") == 1
    assert fresh.ids.next("raid") == 8


def test_ids_asked_for_in_numbers_are_consecutive_and_their_own(fresh: SqlDatabase, by: Actor) -> None:
    """More than a block holds, too."""
    taken: list[int] = []
    for count in (1, 40, 999, 1000, 1500, 3, 1):
        with fresh.begin(by):
            first = fresh.ids.next("entry", count)
            taken += range(first, first + count)
        first = fresh.ids.next("entry", count)
        taken += range(first, first + count)
    assert len(set(taken)) == len(taken)
    assert min(taken) == 1


def test_no_id_comes_twice_after_a_rollback(fresh: SqlDatabase, by: Actor) -> None:
    """Somebody may have seen it: a stock that was reserved inside must not outlive the transaction."""
    taken = []
    for _ in range(3):
        with pytest.raises(RuntimeError, match="a bug"), fresh.begin(by):  # noqa: PT012  # the raise ends the block
            for kind, count in (("raid", 1), ("entry", 700), ("entry", 700), ("entry", 2500)):
                first = fresh.ids.next(kind, count)
                taken += [(kind, each) for each in range(first, first + count)]
            raise RuntimeError("a bug")
        for kind in ("raid", "entry"):
            taken.append((kind, fresh.ids.next(kind)))
    assert len(set(taken)) == len(taken)


def test_threads_share_a_stock_without_sharing_an_id(fresh: SqlDatabase, by: Actor) -> None:
    """In transactions that are committed and rolled back alike."""

    def take() -> list[int]:
        mine: list[int] = []
        for turn in range(30):
            try:
                with fresh.begin(by):
                    first = fresh.ids.next("entry", 67)
                    mine += range(first, first + 67)
                    if turn % 3 == 0:
                        raise RuntimeError("a bug")
            except RuntimeError:
                mine.append(fresh.ids.next("entry"))
        return mine

    outcomes = at_once(*[take] * 4)
    taken: list[int] = []
    for outcome in outcomes:
        assert isinstance(outcome, list), outcome
        taken += outcome
    assert len(set(taken)) == len(taken) == 4 * (30 * 67 + 10)


def test_processes_never_take_the_same_id(own_url: str, tmp_path: Path) -> None:
    """O-10: several servers on one database, also on one SQLite file."""
    files = [tmp_path / str(number) for number in range(3)]
    running = [begin(take, own_url, file) for file in files]
    for process in running:
        process.join(100)
    assert [process.exitcode for process in running] == [0, 0, 0]
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert len(lines) == 3 * 40 * 301
    assert len(set(lines)) == len(lines)
    assert {line for line in lines if line.startswith("raid")} == {f"raid {i}" for i in range(1, 121)}
