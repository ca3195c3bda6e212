"""How long after a bid the last of a thousand clients that follow the auction hears of it (L-11)."""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvloop
from attrs import define, field

from bench.guild import Sizes, fill
from bench.measuring import resident_memory_mb
from bench.server import dkp
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.points import AdjustmentLine

OPENED_AT_ONCE = 50
SECONDS_MAX = 30.0


@define(eq=False)
class Client(asyncio.Protocol):
    """Follows something, and notes when it hears of what `told` looks for."""

    request: bytes
    wanted: bytes = b"event: auction"
    heard: asyncio.Future[float] = field(init=False)
    _tail: bytes = b""

    def __attrs_post_init__(self) -> None:
        self.heard = asyncio.get_running_loop().create_future()

    def expect(self, wanted: bytes) -> asyncio.Future[float]:
        """When it will have heard of that."""
        self.wanted, self._tail = wanted, b""
        self.heard = asyncio.get_running_loop().create_future()
        return self.heard

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # it is over TCP
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self._tail += data
        if not self.heard.done() and self.wanted in self._tail:
            self.heard.set_result(time.perf_counter())


def _request(method: str, port: int, path: str, token: str, body: bytes = b"") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _itself(client: Client) -> Client:
    return client


async def _measured(
    port: int, token: str, auction: int, bidders: Sequence[int], clients: int, rounds: int
) -> list[list[float]]:
    """Milliseconds from sending a bid to each client's hearing of it, in each round; bidders take turns."""
    loop = asyncio.get_running_loop()
    follow = _request("GET", port, f"/api/bidding/{auction}/live/", token)
    following: list[Client] = []
    for start in range(0, clients, OPENED_AT_ONCE):
        some = [Client(follow) for _ in range(min(OPENED_AT_ONCE, clients - start))]
        for each in some:
            await loop.create_connection(partial(_itself, each), "127.0.0.1", port)
        await asyncio.wait_for(asyncio.gather(*(each.heard for each in some)), SECONDS_MAX)
        following += some
    gc.disable()  # a pause of the client's would count as the server's
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for number in range(rounds):
        amount = f"{1000 + number}.00"
        waiting = [each.expect(f'"{amount}"'.encode()) for each in following]
        bid = {"auction": auction, "user": bidders[number % len(bidders)], "amount": amount}
        began = time.perf_counter()
        writer.write(_request("POST", port, "/api/bidding/place-bid/", token, json.dumps(bid).encode()))
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length"))
        answer = await reader.readexactly(int(length.rpartition(b":")[2]))
        assert b" 201 " in head.splitlines()[0], answer
        heard = await asyncio.wait_for(asyncio.gather(*waiting), SECONDS_MAX)
        found.append(sorted((at - began) * 1000 for at in heard))
        await asyncio.sleep(0.2)
    gc.enable()
    return found


def run(*, quick: bool = False) -> bool:
    """A guild on SQLite, `dkp serve`, and clients that follow one auction, on which two members outbid each other."""
    clients, rounds = (100, 5) if quick else (1000, 30)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        filled = fill(url, Sizes(members=5, raids=1, open_raids=0, adjustments=0))
        by = operator("bench", filled.guild_id)  # type: ignore[arg-type]  # a guild's id
        filled.clock.set(datetime.now(UTC))
        members: list[dict[str, int]] = filled.fixture["members"]  # type: ignore[assignment]  # of our making
        bidders = [member["id"] for member in members[:2]]
        lines = [AdjustmentLine(user_id=UserId(bidder), amount=Points.of(100_000)) for bidder in bidders]
        filled.use_cases.adjust_points()(lines, reason="To bid with", by=by)
        auction = filled.use_cases.start_auction()(item="Cloak of Flames", by=by).id
        scopes = (Permission.AUCTIONS_READ, Permission.BIDS_WRITE)
        key = filled.use_cases.issue_bot_key()(name="live", scopes=scopes, by=by)
        filled.database.close()
        with dkp(url) as (port, pid):
            before = resident_memory_mb(pid)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                found = runner.run(_measured(port, key.token, auction, bidders, clients, rounds))
                memory = resident_memory_mb(pid) - before
    delays = sorted(delay for each in found for delay in each)
    last = sorted(each[-1] for each in found)
    print(f"{clients:,} clients, {rounds} bids, from sending the bid on:")
    for name, some in (("each client", delays), ("the last", last)):
        p95 = some[int(len(some) * 0.95)]
        print(f"{name:12} p50 {statistics.median(some):6.1f} ms, p95 {p95:6.1f} ms, max {some[-1]:6.1f} ms")
    print(f"aim for the last: below 250 ms; memory of the server: {memory * 1024 / clients:.0f} kB a client")
    return True
