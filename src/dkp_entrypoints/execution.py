"""Running synchronous use cases from asynchronous entrypoints: lanes of threads, one hop a request.

A lane of our own costs half of what a general thread limiter does, and its queue is bounded: who comes when it is full
is told so at once, instead of waiting for an answer that nobody wants any more.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Final, TypeVar

from attrs import define, field, frozen

from dkp_core.kernel.errors import Stale, Unavailable

T = TypeVar("T")

ATTEMPTS: Final = 3
JITTER_SECONDS: Final = 0.02
DRAIN_SECONDS_MAX: Final = 30.0


class Overloaded(Unavailable):
    """More is waiting than can be done soon."""


class ShutDown(Unavailable):
    """The process is ending and takes nothing new."""


def attempted(work: Callable[[], T]) -> T:
    """What `work` answers; where it loses a race it is tried again, three times in all, a little later each time.

    Raises: Stale when the last attempt lost too.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            return work()
        except Stale:
            time.sleep(random.uniform(0, JITTER_SECONDS * 2**attempt))
    return work()


@define(eq=False)
class _Job:
    """Something to run in a lane's thread, and who waits for it in which loop."""

    work: Callable[[], object]
    context: contextvars.Context
    loop: asyncio.AbstractEventLoop
    outcome: asyncio.Future[object]

    def run(self) -> None:
        """Do the work in this thread and tell the loop."""
        if self.outcome.cancelled():  # nobody waits any more, and nothing has begun
            return
        try:
            result = self.context.run(self.work)
        except BaseException as error:  # noqa: BLE001  # it is raised where somebody waits for it
            self._tell(self._fail, error)
        else:
            self._tell(self._succeed, result)

    def _tell(self, callback: Callable[[T], None], outcome: T) -> None:
        with suppress(RuntimeError):  # the loop was closed: nobody is left to be told
            self.loop.call_soon_threadsafe(callback, outcome)

    def _succeed(self, result: object) -> None:
        if not self.outcome.done():
            self.outcome.set_result(result)

    def _fail(self, error: BaseException) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(error)


@define(eq=False)
class Lane:
    """A few threads that run one thing each at a time, and a bounded queue before them."""

    name: str
    threads: int
    waiting_max: int
    _queue: SimpleQueue[_Job | None] = field(init=False, factory=SimpleQueue)
    _running: list[threading.Thread] = field(init=False, factory=list)
    _depth: int = field(init=False, default=0)
    _closed: bool = field(init=False, default=False)

    def start(self) -> None:
        """Start the threads."""
        for number in range(self.threads):
            thread = threading.Thread(target=self._work, name=f"dkp-{self.name}-{number}", daemon=True)
            thread.start()
            self._running.append(thread)

    @property
    def depth(self) -> int:
        """How many jobs are waiting or running."""
        return self._depth

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` answers, run in one of the threads.

        Raises: Overloaded when the queue is full, ShutDown when the lane is closed, and what `work` raises. Work that
        has begun is finished even if nobody waits for it any more.
        """
        if self._closed:
            raise ShutDown(f"the {self.name} lane is closed")
        if self._depth >= self.threads + self.waiting_max:
            raise Overloaded(f"{self._depth} are waiting in the {self.name} lane")
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()
        self._depth += 1
        try:
            self._queue.put(_Job(work, contextvars.copy_context(), loop, outcome))  # type: ignore[arg-type]  # of T
            return await outcome
        finally:
            self._depth -= 1

    def close(self, seconds_max: float) -> bool:
        """Take nothing new, and wait until what was taken is done; answers whether it was done in time."""
        self._closed = True
        for _ in self._running:
            self._queue.put(None)
        until = time.monotonic() + seconds_max
        for thread in self._running:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._running)

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            job.run()
            del job  # what it holds must not live on until the next one comes


@frozen
class Lanes:
    """Reading, writing, what takes long (imports), and what waits for others (Discord).

    Each has threads of its own, so that none starves another.
    """

    reading: Lane
    writing: Lane
    long: Lane
    outside: Lane = field(factory=lambda: Lane("outside", 4, 64))

    @classmethod
    def for_dialect(cls, dialect: str) -> Lanes:
        """Lanes that fit a database: SQLite has one writer; elsewhere more than four threads raise the p95."""
        writers, readers = (1, 2) if dialect == "sqlite" else (4, 4)
        return cls(Lane("read", readers, 512), Lane("write", writers, 256), Lane("long", 1, 16))

    @property
    def all(self) -> tuple[Lane, ...]:
        """Every lane."""
        return (self.reading, self.writing, self.long, self.outside)

    def start(self) -> None:
        """Start the threads of every lane."""
        for lane in self.all:
            lane.start()

    async def read(self, work: Callable[[], T]) -> T:
        """Run what only reads. Raises: Overloaded, ShutDown."""
        return await self.reading.run(work)

    async def write(self, work: Callable[[], T]) -> T:
        """Run what writes, again where it loses a race. Raises: Overloaded, ShutDown, Stale."""
        return await self.writing.run(lambda: attempted(work))

    async def take_long(self, work: Callable[[], T]) -> T:
        """Run what may take long, again where it loses a race. Raises: Overloaded, ShutDown, Stale."""
        return await self.long.run(lambda: attempted(work))

    async def ask_outside(self, work: Callable[[], T]) -> T:
        """Run what asks others between transactions of its own, once. Raises: Overloaded, ShutDown."""
        return await self.outside.run(work)

    async def close(self, seconds_max: float = DRAIN_SECONDS_MAX) -> bool:
        """Finish what was begun or queued and end the threads; answers whether all was done in time."""
        until = time.monotonic() + seconds_max
        done = [await asyncio.to_thread(lane.close, max(0.1, until - time.monotonic())) for lane in self.all]
        return all(done)
