"""Server-sent events: answers that go on until the client leaves, may listen no more, or the server ends."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import structlog
from attrs import define, field, frozen
from litestar.types import Receive, Scope, Send
from msgspec import Meta

from dkp_core.kernel.errors import DomainError, Stale, Unavailable
from dkp_entrypoints.execution import Overloaded, ShutDown
from dkp_entrypoints.http.live import Listener, Live, Topic
from dkp_entrypoints.http.reading import Query

EVENT_STREAM: Final = b"text/event-stream"
LISTENERS_MAX: Final = 2000
# Sent while there is no news, so that neither side, nor a proxy between them, takes the other for dead.
BEAT_SECONDS: Final = 15.0
_BEAT: Final = b":\n\n"
# How soon a client comes again when it was cut off.
_RETRY: Final = b"retry: 2000\n\n"
# A key that was revoked, a session or a membership that ended is noticed within this time, or taken for granted.
CHECK_SECONDS_MAX: Final = 30.0
# A client that takes nothing for this long is cut off; when it comes again it is sent how things are then.
SEND_SECONDS_MAX: Final = 20.0

_HEADERS: Final = (
    (b"content-type", EVENT_STREAM),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # proxies are to pass on what comes as it comes
)

_logger: Final = structlog.get_logger("dkp.http")


class StreamQuery(Query, frozen=True, kw_only=True):
    """How something is followed."""

    once: Annotated[bool, Meta(description="Send how things are now, and end.")] = False


@frozen
class Admitted:
    """That a caller may follow a topic; `once` when they want to know just how things are now."""

    topic: Topic
    once: bool


Admit = Callable[[], Awaitable[Admitted]]
"""Lets a caller in, or refuses as every operation does; asked again while the caller listens."""


@define(eq=False)
class Streams:
    """The streams of this process; belongs to one event loop."""

    live: Live
    listeners_max: int = LISTENERS_MAX
    beat_seconds: float = BEAT_SECONDS
    check_seconds_max: float = CHECK_SECONDS_MAX
    send_seconds_max: float = SEND_SECONDS_MAX
    count: int = field(init=False, default=0)
    _ended: bool = field(init=False, default=False)

    async def open(self, admit: Admit, last_event_id: str) -> Stream:
        """A stream for who is let in, to be sent at once, from what they have seen on.

        Raises: what `admit` and reading raise, Overloaded where too many listen, ShutDown.
        """
        asked_at = asyncio.get_running_loop().time()
        admitted = await admit()
        if self._ended:
            raise ShutDown("the server is ending")
        if self.count >= self.listeners_max:
            raise Overloaded(f"{self.count} listen")
        self.count += 1
        try:
            listener = await self.live.join(admitted.topic, last_event_id)
        except BaseException:
            self.count -= 1
            raise
        return Stream(self, listener, admit, admitted.once, asked_at)

    def closed(self, stream: Stream) -> None:
        """Nobody is at the other end any more."""
        self.count -= 1
        self.live.leave(stream.listener)

    def end(self) -> None:
        """End all streams, and open none any more: a server that is told to end waits for its answers."""
        self._ended = True
        self.live.end()


@define(eq=False)
class Stream:
    """An answer that goes on; `let_in_at` is when the caller was last known to be allowed to listen."""

    streams: Streams
    listener: Listener
    admit: Admit
    once: bool
    let_in_at: float
    _check_at: float = field(init=False, default=0.0)

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send what there is, and what comes, until it ends."""
        leaving = asyncio.create_task(_left(receive))
        leaving.add_done_callback(lambda _: self.listener.end())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            await self._send(send, _RETRY + self.listener.news())
            if not self.once:
                await self._follow(send)
            await self._send(send, b"", more=False)
        except TimeoutError:
            _logger.info("a client that follows something took nothing for too long")
        finally:
            leaving.cancel()
            self.streams.closed(self)

    async def _follow(self, send: Send) -> None:
        """Send what comes, and a sign of life where nothing does, for as long as the caller may listen."""
        loop, stirred = asyncio.get_running_loop(), self.listener.stirred
        beat_at = loop.time() + self.streams.beat_seconds
        self._let_in(self.let_in_at)
        while not self.listener.ended:
            alarm = loop.call_at(min(beat_at, self._check_at), stirred.set)
            await stirred.wait()
            alarm.cancel()
            stirred.clear()
            if loop.time() >= self._check_at:
                await self._check()
            if self.listener.ended:
                return
            sent = self.listener.news() or (_BEAT if loop.time() >= beat_at else b"")
            if sent:
                await self._send(send, sent)
                beat_at = loop.time() + self.streams.beat_seconds

    async def _check(self) -> None:
        """End it where the caller may not listen any more, or where nobody could tell for too long."""
        loop, until = asyncio.get_running_loop(), self.let_in_at + self.streams.check_seconds_max
        began = loop.time()
        try:
            async with asyncio.timeout_at(until):
                admitted = await self.admit()
        except (DomainError, TimeoutError):
            self.listener.end()
        except (Stale, Unavailable):
            if began >= until:
                self.listener.end()
            self._check_at = min(until, began + self.streams.check_seconds_max / 12)
        else:
            if admitted.topic != self.listener.topic:  # the key means another guild now
                self.listener.end()
            self._let_in(began)

    def _let_in(self, at: float) -> None:
        # Of those that came together, not all are asked for at once.
        self.let_in_at = at
        self._check_at = at + self.streams.check_seconds_max * random.uniform(0.5, 0.75)

    async def _send(self, send: Send, body: bytes, *, more: bool = True) -> None:
        async with asyncio.timeout(self.streams.send_seconds_max):
            await send({"type": "http.response.body", "body": body, "more_body": more})


async def _left(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
