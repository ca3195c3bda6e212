"""Lanes: bounded, drained at the end, and patient with races (O-12)."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from dkp_core.kernel.errors import Stale
from dkp_entrypoints.execution import ATTEMPTS, Lane, Lanes, Overloaded, ShutDown, attempted


def test_work_runs_in_the_lanes_threads() -> None:
    """Architecture: one hop, and the answer or the error comes back."""

    async def main() -> None:
        lane = Lane("test", 1, 8)
        lane.start()
        assert await lane.run(lambda: threading.current_thread().name) == "dkp-test-0"
        with pytest.raises(ZeroDivisionError):
            await lane.run(lambda: 1 // 0)
        assert lane.depth == 0
        assert lane.close(1)

    asyncio.run(main())


def test_a_full_lane_refuses_at_once() -> None:
    """Architecture: queues are bounded, nobody waits for what will not come soon."""

    async def main() -> None:
        lane, go = Lane("test", 1, 2), threading.Event()
        lane.start()
        waiting = [asyncio.create_task(lane.run(go.wait)) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert lane.depth == 3
        with pytest.raises(Overloaded):
            await lane.run(lambda: None)
        go.set()
        assert await asyncio.gather(*waiting) == [True] * 3
        assert await lane.run(lambda: "free again") == "free again"
        lane.close(1)

    asyncio.run(main())


def test_what_was_taken_is_finished_at_the_end() -> None:
    """O-12: closing waits for what runs and what is queued, and takes nothing new."""
    done: list[int] = []

    def work(number: int) -> None:
        time.sleep(0.02)
        done.append(number)

    async def main() -> None:
        lanes = Lanes.for_dialect("sqlite")
        lanes.start()
        tasks = [asyncio.create_task(lanes.write(lambda number=number: work(number))) for number in range(5)]  # type: ignore[misc]
        await asyncio.sleep(0)
        assert await lanes.close()
        await asyncio.gather(*tasks)
        with pytest.raises(ShutDown):
            await lanes.read(lambda: None)

    asyncio.run(main())
    assert done == [0, 1, 2, 3, 4]


def test_closing_gives_up_after_a_while() -> None:
    """O-12: something that hangs does not hold the process up for ever."""

    async def main() -> None:
        lane, go = Lane("test", 1, 2), threading.Event()
        lane.start()
        task = asyncio.create_task(lane.run(go.wait))
        await asyncio.sleep(0.01)
        assert not lane.close(0.05)
        go.set()
        await task

    asyncio.run(main())


def test_nobody_runs_what_nobody_waits_for() -> None:
    """O-12: a request that was given up before its turn costs nothing; one that has begun is finished."""
    ran: list[str] = []

    async def main() -> None:
        lane, go = Lane("test", 1, 8), threading.Event()
        lane.start()

        def begun() -> None:
            go.wait()
            ran.append("begun")

        first = asyncio.create_task(lane.run(begun))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(lane.run(lambda: ran.append("queued")))
        await asyncio.sleep(0.01)
        for task in (first, second):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        go.set()
        assert lane.close(1)

    asyncio.run(main())
    assert ran == ["begun"]


def test_a_lost_race_is_run_again() -> None:
    """Architecture: three attempts in all, each from the start."""
    attempts: list[int] = []

    def second_time_lucky() -> str:
        attempts.append(1)
        if len(attempts) < 2:
            raise Stale("somebody was faster")
        return "won"

    assert attempted(second_time_lucky) == "won"
    assert len(attempts) == 2


def test_who_always_loses_is_told() -> None:
    """Architecture: after the last attempt the loss is the answer."""
    attempts: list[int] = []

    def never_lucky() -> None:
        attempts.append(1)
        raise Stale("somebody was faster")

    with pytest.raises(Stale):
        attempted(never_lucky)
    assert len(attempts) == ATTEMPTS == 3


def test_only_races_are_run_again() -> None:
    """G-8: a refusal is an answer."""
    attempts: list[int] = []

    def refused() -> None:
        attempts.append(1)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        attempted(refused)
    assert len(attempts) == 1


def test_sqlite_has_one_writer() -> None:
    """Architecture: and at most four of anything elsewhere."""
    assert Lanes.for_dialect("sqlite").writing.threads == 1
    assert all(lane.threads <= 4 for lane in Lanes.for_dialect("postgresql").all)
