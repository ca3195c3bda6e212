"""A small closed-loop HTTP client: some connections that each send a request, await the answer, and send the next."""

from __future__ import annotations

import asyncio
import time

from attrs import define, field


@define
class Run:
    """What came back within the time: how many answers, of how many bytes, and how long each took."""

    answers: int = 0
    refused: int = 0
    latencies: list[float] = field(factory=list)
    seconds: float = 0.0

    @property
    def throughput(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds

    @property
    def p95(self) -> float:
        """Milliseconds that 95 of 100 answers took at most."""
        return sorted(self.latencies)[int(len(self.latencies) * 0.95)] * 1000 if self.latencies else 0.0


async def _one(host: str, port: int, request: bytes, until: float, run: Run, expect: tuple[int, ...]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while (began := time.perf_counter()) < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            lowered = head.lower()
            at = lowered.find(b"content-length:")
            if at >= 0:
                await reader.readexactly(int(lowered[at + 15 : lowered.index(b"\r\n", at)]))
            ended = time.perf_counter()
            if int(head[9:12]) in expect:
                run.answers += 1
                run.latencies.append(ended - began)
            else:
                run.refused += 1
    finally:
        writer.close()


def load(
    port: int,
    path: str,
    *,
    headers: dict[str, str],
    connections: int,
    seconds: float,
    expect: tuple[int, ...] = (200,),
) -> Run:
    """Drive a server on this machine for some seconds."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    run = Run()

    async def drive() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(_one("127.0.0.1", port, request, until, run, expect) for _ in range(connections)))

    began = time.perf_counter()
    asyncio.run(drive())
    run.seconds = time.perf_counter() - began
    return run
