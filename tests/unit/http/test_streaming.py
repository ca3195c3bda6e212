"""Streams: what is sent when, how they end, and how many there may be (L-11)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import define, field
from litestar.types import Message

from dkp_core.accounts import NotAuthenticated
from dkp_core.kernel.errors import Unavailable
from dkp_entrypoints.execution import Overloaded, ShutDown
from dkp_entrypoints.http.live import Live, Topic
from dkp_entrypoints.http.streaming import Admitted, Stream, Streams
from tests.unit.http.auctions_live import THEIRS, Auctions, followed, told
from tests.unit.http.test_live import SEVEN, in_a_loop

SCOPE: Any = {}


@define(eq=False)
class Door:
    """Lets in, or not."""

    topic: Topic = SEVEN
    once: bool = False
    error: Exception | None = None
    asked: int = 0

    async def admit(self) -> Admitted:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return Admitted(self.topic, self.once)


@define(eq=False)
class Client:
    """Who is at the other end: takes what is sent, as long as `taking` is set, and may leave."""

    taking: asyncio.Event = field(factory=asyncio.Event)
    leaving: asyncio.Event = field(factory=asyncio.Event)
    messages: list[Message] = field(factory=list)
    stirred: asyncio.Event = field(factory=asyncio.Event)

    def __attrs_post_init__(self) -> None:
        self.taking.set()

    async def receive(self) -> Any:
        if self.leaving.is_set():
            return {"type": "http.disconnect"}
        await self.leaving.wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        await self.taking.wait()
        self.messages.append(message)
        self.stirred.set()

    @property
    def text(self) -> str:
        """All it was sent."""
        return b"".join(each["body"] for each in self.messages if each["type"] == "http.response.body").decode()

    @property
    def complete(self) -> bool:
        """Whether it was told that this was all."""
        return self.messages[-1] == {"type": "http.response.body", "body": b"", "more_body": False}

    async def has(self, text: str) -> None:
        """Wait until it was sent that."""
        async with asyncio.timeout(10):
            while text not in self.text:
                self.stirred.clear()
                await self.stirred.wait()


@asynccontextmanager
async def streaming(auctions: Auctions, **more: Any) -> AsyncIterator[tuple[Live, Streams]]:
    """Streams of these auctions, without beats and checks unless they are asked for."""
    async with followed(auctions) as live:
        yield live, Streams(live, **{"beat_seconds": 60.0, "check_seconds_max": 600.0, **more})


def running(stream: Stream, client: Client) -> asyncio.Task[None]:
    return asyncio.create_task(stream(SCOPE, client.receive, client.send))


async def ended(task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(10):
        await task


@in_a_loop
async def test_a_stream_begins_with_how_things_are_and_goes_on() -> None:
    """L-11: as server-sent events; the first says how soon to come again."""
    auctions, client = Auctions({7: 1}), Client()
    async with streaming(auctions) as (live, streams):
        task = running(await streams.open(Door().admit, ""), client)
        await client.has("id: 7-1\n")
        assert client.text.startswith("retry: 2000\n\nid: 7-1\nevent: auction\n")
        live.changed([auctions.change(7)])
        await client.has("id: 7-2\n")
        start: Any = client.messages[0]
        assert (start["status"], dict(start["headers"])[b"content-type"]) == (200, b"text/event-stream")
        assert told(client.text.removeprefix("retry: 2000\n\n")) == [(7, 1), (7, 2)]
        streams.end()
        await ended(task)
        assert client.complete


@in_a_loop
async def test_who_wants_it_once_is_sent_it_once() -> None:
    """L-11: how things are, and the end."""
    auctions, client = Auctions({7: 1}), Client()
    async with streaming(auctions) as (_, streams):
        await ended(running(await streams.open(Door(once=True).admit, ""), client))
        assert client.complete
        assert told(client.text.removeprefix("retry: 2000\n\n")) == [(7, 1)]
        again = Client()
        await ended(running(await streams.open(Door(once=True).admit, "7-1"), again))
        assert again.text == "retry: 2000\n\n"
        assert streams.count == 0


@in_a_loop
async def test_a_quiet_stream_shows_that_it_lives() -> None:
    """L-11: a comment, which clients leave out."""
    client = Client()
    async with streaming(Auctions({7: 1}), beat_seconds=0.02) as (_, streams):
        task = running(await streams.open(Door().admit, ""), client)
        await client.has("\n\n:\n\n:\n\n")
        streams.end()
        await ended(task)


@in_a_loop
async def test_who_leaves_is_gone() -> None:
    """L-11: nothing is kept for them."""
    client = Client()
    async with streaming(Auctions({7: 1})) as (live, streams):
        task = running(await streams.open(Door().admit, ""), client)
        await client.has("7-1")
        assert streams.count == 1
        client.leaving.set()
        await ended(task)
        assert (streams.count, live._boards) == (0, {})


@in_a_loop
async def test_who_takes_nothing_is_cut_off() -> None:
    """L-11: a slow client holds up nobody, and holds no place for ever."""
    auctions, slow, quick = Auctions({7: 1}), Client(), Client()
    async with streaming(auctions, send_seconds_max=0.1) as (live, streams):
        tasks = [running(await streams.open(Door().admit, ""), each) for each in (slow, quick)]
        await slow.has("7-1")
        await quick.has("7-1")
        slow.taking.clear()
        live.changed([auctions.change(7)])
        await quick.has("7-2")
        await ended(tasks[0])
        assert not slow.complete
        assert streams.count == 1
        live.changed([auctions.change(7)])
        await quick.has("7-3")
        streams.end()
        await ended(tasks[1])


# --- being let in -----------------------------------------------------------------------------------------------------


@in_a_loop
async def test_who_is_not_let_in_gets_no_stream() -> None:
    """A-8: before anything is sent."""
    async with streaming(Auctions({7: 1})) as (live, streams):
        with pytest.raises(NotAuthenticated):
            await streams.open(Door(error=NotAuthenticated()).admit, "")
        assert (streams.count, live._boards) == (0, {})


@in_a_loop
async def test_who_may_listen_no_more_is_cut_off() -> None:
    """A-8: the key was revoked, or the membership ended."""
    door, client = Door(), Client()
    async with streaming(Auctions({7: 1}), check_seconds_max=0.1) as (_, streams):
        task = running(await streams.open(door.admit, ""), client)
        await asyncio.sleep(0.3)
        assert not task.done()
        assert door.asked >= 3
        door.error = NotAuthenticated()
        await ended(task)
        assert client.complete


@in_a_loop
async def test_a_key_that_means_another_guild_is_cut_off() -> None:
    """G-1: a user's default guild may change while they listen."""
    door, client = Door(), Client()
    async with streaming(Auctions({7: 1}), check_seconds_max=0.1) as (_, streams):
        task = running(await streams.open(door.admit, ""), client)
        door.topic = Topic(THEIRS, SEVEN.auction_ids)
        await ended(task)
        assert client.complete


@in_a_loop
async def test_where_nobody_can_tell_a_stream_goes_on_for_a_while() -> None:
    """O-12: a database that is away for a moment ends nothing, one that stays away ends all."""
    door, client = Door(), Client()
    async with streaming(Auctions({7: 1}), check_seconds_max=0.4) as (_, streams):
        task = running(await streams.open(door.admit, ""), client)
        door.error = Unavailable("away")
        await asyncio.sleep(0.33)
        assert door.asked >= 2
        assert not task.done()
        door.error = None
        await asyncio.sleep(0.6)
        assert not task.done()
        door.error = Unavailable("away")
        await ended(task)
        assert client.complete


# --- how many, and until when -----------------------------------------------------------------------------------------


@in_a_loop
async def test_there_are_only_so_many_streams() -> None:
    """O-12: who comes when all places are taken is refused; a place that was left is free."""
    clients = [Client() for _ in range(3)]
    async with streaming(Auctions({7: 1}), listeners_max=3) as (_, streams):
        tasks = [running(await streams.open(Door().admit, ""), each) for each in clients]
        with pytest.raises(Overloaded):
            await streams.open(Door().admit, "")
        clients[0].leaving.set()
        await ended(tasks[0])
        tasks.append(running(await streams.open(Door().admit, ""), Client()))
        streams.end()
        for task in tasks[1:]:
            await ended(task)
        assert streams.count == 0


@in_a_loop
async def test_a_reading_that_fails_takes_no_place() -> None:
    """O-12: otherwise the places would be used up by errors."""
    auctions = Auctions({7: 1}, error=Unavailable("away"))
    async with streaming(auctions, listeners_max=1) as (_, streams):
        for _ in range(2):
            with pytest.raises(Unavailable):
                await streams.open(Door().admit, "")
            auctions.error = Unavailable("away")
        assert streams.count == 0


@in_a_loop
async def test_none_is_opened_when_the_server_ends() -> None:
    """O-12: it would hold up the end."""
    async with streaming(Auctions({7: 1})) as (_, streams):
        streams.end()
        with pytest.raises(ShutDown):
            await streams.open(Door().admit, "")


@in_a_loop
async def test_one_that_is_being_opened_at_the_end_is_ended() -> None:
    """O-12: it is sent how things are, and no more."""
    auctions, client = Auctions({7: 1}), Client()
    async with streaming(auctions) as (_, streams):
        auctions.go.clear()
        opening = asyncio.create_task(streams.open(Door().admit, ""))
        await asyncio.to_thread(auctions.reading.wait, 10)
        streams.end()
        auctions.go.set()
        await ended(running(await opening, client))
        assert client.complete
