"""Lists that clients poll: asked of the database once for all who ask at the same time, and kept for a moment (O-16).

An answer may be up to 50 ms old within a process, but never older than that process's own last commit in the guild.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Final

from attrs import define, field, frozen

from dkp_adapters.commits import Commit
from dkp_entrypoints.http.asking import Asked
from dkp_entrypoints.http.reception import Reply

FRESH_SECONDS: Final = 0.05
# From this age on it is read anew while the old one is still given, so that nobody has to wait for it.
AGEING_SECONDS: Final = 0.025
KEPT_BYTES_MAX: Final = 16 * 1024 * 1024
KEPT_MAX: Final = 512

Key = tuple[bytes | None, bytes | None, bytes | None, bytes | None, str, bytes]


def key_of(asked: Asked) -> Key:
    """What makes two requests one: the same caller, guild, host and address."""
    headers = asked.headers
    return (
        headers.get(b"authorization"),
        headers.get(b"cookie"),  # a session's is among them
        headers.get(b"x-guild"),
        headers.get(b"host"),
        asked.path,
        asked.scope["query_string"],
    )


Reading = Callable[[Reply | None], Awaitable[Reply]]
"""Reads a list anew; it is given what was answered last, which may still be true."""


@frozen
class _Kept:
    """A reply, when its reading began, the commits that it has seen, and how to read it anew."""

    reply: Reply
    began: float
    stamp: int
    read: Reading


@define(eq=False)
class _Flight:
    """A reading under way, and the commits that were before it."""

    stamp: int
    task: asyncio.Task[Reply]


@define(eq=False)
class Polls:
    """The replies of the last moments; belongs to one event loop, commits may be told from any thread."""

    fresh_seconds: float = FRESH_SECONDS
    _kept: dict[Key, _Kept] = field(init=False, factory=dict)
    _bytes: int = field(init=False, default=0)
    _flights: dict[Key, _Flight] = field(init=False, factory=dict)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)
    _stamp: int = field(init=False, default=0)
    _stamps: dict[int, int] = field(init=False, factory=dict)

    def committed(self, commit: Commit) -> None:
        """Nothing that was read before this commit is fresh any more, in the guilds that it wrote in."""
        with self._lock:
            self._stamp += 1
            for guild_id in commit.guild_ids:
                self._stamps[guild_id] = self._stamp

    def fresh(self, key: Key, now: float) -> Reply | None:
        """The reply to the same request a moment ago, if it still holds."""
        kept = self._kept.get(key)
        if kept is None or now - kept.began > self.fresh_seconds or not self._holds(kept.reply, kept.stamp):
            return None
        if now - kept.began > AGEING_SECONDS:
            self._flight(key, kept.read)
        return kept.reply

    async def ask(self, key: Key, read: Reading) -> Reply:
        """A reply that holds now: a fresh one, that of a reading under way, or a new one; raises what `read` raises."""
        fresh = self.fresh(key, time.monotonic())
        if fresh is not None:
            return fresh
        return await asyncio.shield(self._flight(key, read).task)

    def _flight(self, key: Key, read: Reading) -> _Flight:
        """The reading under way, or a new one where that began before a commit, which it may have missed."""
        flight = self._flights.get(key)
        if flight is None or flight.stamp != self._stamp:
            flight = self._flights[key] = self._begun(key, read)
        return flight

    def _begun(self, key: Key, read: Reading) -> _Flight:
        last, began, stamp = self._kept.get(key), time.monotonic(), self._stamp

        async def fly() -> Reply:
            reply = await read(last.reply if last is not None else None)
            if self._holds(reply, stamp):
                self._keep(key, _Kept(reply, began, stamp, read))
            return reply

        flight = _Flight(stamp, asyncio.get_running_loop().create_task(fly()))

        def landed(task: asyncio.Task[Reply]) -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]
            if not task.cancelled():
                task.exception()  # whoever waited was told; if nobody did, nobody misses it

        flight.task.add_done_callback(landed)
        return flight

    def _holds(self, reply: Reply, stamp: int) -> bool:
        guild_id = reply.by.guild_id if reply.by is not None else None
        stamps = self._stamps
        return stamps.get(0, 0) <= stamp and stamps.get(guild_id or 0, 0) <= stamp

    def _keep(self, key: Key, kept: _Kept) -> None:
        """Keep it, and let go of the oldest where it gets too much."""
        self._forget(key)
        self._kept[key] = kept
        self._bytes += len(kept.reply.body)
        while self._kept and (len(self._kept) > KEPT_MAX or self._bytes > KEPT_BYTES_MAX):
            self._forget(next(iter(self._kept)))

    def _forget(self, key: Key) -> None:
        before = self._kept.pop(key, None)
        if before is not None:
            self._bytes -= len(before.reply.body)
