"""Auctions to be followed, for tests of what is live: no more than versions, and how often they were read."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from attrs import define, field

from dkp_adapters.commits import Changed
from dkp_core.kernel.ids import GuildId
from dkp_entrypoints.execution import Lane, Lanes
from dkp_entrypoints.http.live import Listener, Live, LiveSource

OURS, THEIRS = GuildId(1), GuildId(2)
_EVENT = re.compile(r"id: (\S+)\nevent: auction\ndata: (.*)\n\n")


@define(eq=False)
class Auctions(LiveSource):
    """Auctions of one guild by id; those that are `over` are not current. `go` lets a reading end."""

    versions: dict[int, int] = field(factory=dict)
    over: set[int] = field(factory=set)
    readings: list[frozenset[int] | None] = field(factory=list)
    error: Exception | None = None
    go: threading.Event = field(factory=threading.Event)
    reading: threading.Event = field(factory=threading.Event)

    def __attrs_post_init__(self) -> None:
        self.go.set()

    def snapshots(self, guild_id: GuildId, auction_ids: frozenset[int] | None) -> Mapping[int, tuple[int, bytes]]:
        self.readings.append(auction_ids)
        if guild_id != OURS:
            return {}
        wanted = self.versions.keys() - self.over if auction_ids is None else auction_ids & self.versions.keys()
        found = {each: (self.versions[each], as_json(each, self.versions[each])) for each in sorted(wanted)}
        self.reading.set()
        assert self.go.wait(10)
        if self.error is not None:
            raise self.error
        return found

    def change(self, auction_id: int) -> Changed:
        """Another version of it, and what is told of it."""
        self.versions[auction_id] = self.versions.get(auction_id, 0) + 1
        return changed(auction_id, self.versions[auction_id])


def as_json(auction_id: int, version: int) -> bytes:
    return json.dumps({"id": auction_id, "version": version}).encode()


def changed(auction_id: int, version: int = 0, guild_id: GuildId = OURS) -> Changed:
    return Changed(guild_id=guild_id, aggregate="auction", aggregate_id=str(auction_id), version=version)


@asynccontextmanager
async def followed(source: LiveSource, *, reread_seconds: float = 60.0) -> AsyncIterator[Live]:
    """What is live, in this loop, with a read lane of two threads."""
    lanes = Lanes(Lane("read", 2, 512), Lane("write", 1, 1), Lane("long", 1, 1))
    lanes.start()
    live = Live(source, lanes, reread_seconds)
    async with live.span():
        yield live
    await lanes.close()


async def sent(listener: Listener) -> list[tuple[int, int]]:
    """What it is sent next, as auctions and versions; waits for it."""
    async with asyncio.timeout(10):
        while not (events := listener.news().decode()):
            listener.stirred.clear()
            await listener.stirred.wait()
    return told(events)


def told(events: str) -> list[tuple[int, int]]:
    """The auctions and versions that events tell of; nothing but events may be there."""
    assert _EVENT.sub("", events) == "", events
    found = [json.loads(data) for _, data in _EVENT.findall(events)]
    return [(each["id"], each["version"]) for each in found]


def last_id(events: str) -> str:
    """The id of the last of these events."""
    found: str = _EVENT.findall(events)[-1][0]
    return found


async def settled(live: Live) -> None:
    """Wait until nothing is looked at any more."""
    await asyncio.sleep(0.01)  # what was told by a thread is heard
    looking = [board._looking for board in live._boards.values() if board._looking is not None]
    if looking:
        await asyncio.wait(looking, timeout=10)
