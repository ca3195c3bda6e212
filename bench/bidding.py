"""Placing a bid against the same statements on the bare driver (O-16: a write at most 2 x the CPU), and how often.

Two databases are filled alike: what the use case sends to the one is noted, and sent again, the very same, to the
other. Then both take turns.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

from attrs import frozen

from bench.databases import analyze, mariadb, postgresql, sqlite
from bench.guild import Filled, Sizes, fill, next_bid
from bench.measuring import Spread, repeated
from bench.statements import bare, noted
from dkp_core.kernel.errors import Stale
from dkp_core.loot import BidRefused, PlacedBid

WARMUP = 20
ROUNDS = 3
THREADS = 8
AUCTIONS = 20

Bid = Callable[[object], PlacedBid]


@frozen
class Engine:
    """A kind of database: how to make one, and what its server's process is called; SQLite has none."""

    name: str
    database: Callable[[], AbstractContextManager[str]]
    process: str


ENGINES = (
    Engine("SQLite", sqlite, ""),
    Engine("PostgreSQL", postgresql, "postgres"),
    Engine("MariaDB", mariadb, "mariadbd"),
)


def run(*, quick: bool = False) -> bool:
    """A bid through the use case and its statements alone, on each kind of database."""
    times, seconds = (50, 0.5) if quick else (400, 4.0)
    for engine in ENGINES:
        with engine.database() as url, engine.database() as other:
            filled = _filled(url)
            _filled(other).database.close()
            if engine.process == "postgres":
                analyze(url)
                analyze(other)
            auctions: list[int] = filled.fixture["auctions"]  # type: ignore[assignment]  # of our making
            calm, apart, hot = auctions[:AUCTIONS], auctions[AUCTIONS:-1], auctions[-1:]
            bid = next_bid(filled, calm)
            _compare(engine, filled, bid, other, times)
            one, _ = _rate([bid], seconds)
            many, _ = _rate([next_bid(filled, [auction], seed=auction) for auction in apart], seconds)
            crowded, overtaken = _rate([next_bid(filled, hot)] * THREADS, seconds)
            print(f"  bids per second: {one:,.0f} by one thread, {many:,.0f} by {THREADS} on an auction each, ", end="")
            print(f"{crowded:,.0f} by {THREADS} on one, {overtaken:.0%} of them overtaken")
            filled.database.close()
    return True


def _filled(url: str) -> Filled:
    return fill(url, Sizes(members=40, raids=5, open_raids=0, adjustments=0, auctions=AUCTIONS + THREADS + 1))


def _compare(engine: Engine, filled: Filled, bid: Bid, other: str, times: int) -> None:
    sent = noted(filled.database, bid, ROUNDS * (times + WARMUP))
    todo = iter(sent)
    wholes, alones = [], []
    with bare(other) as send:
        for _ in range(ROUNDS):
            alones.append(repeated(lambda _: send(next(todo)), times, warmup=WARMUP, server=engine.process))
            wholes.append(repeated(bid, times, warmup=WARMUP, server=engine.process))
    print(f"\n{engine.name}")
    print(f"  use case             {wholes[-1]}")
    print(f"  its {len(sent[-1]):2} statements    {alones[-1]}")
    ratios = _ratios(wholes, alones, lambda spread: spread.whole)
    here = _ratios(wholes, alones, lambda spread: spread.cpu)
    print(f"  ratio: cpu {ratios} (aim: at most 2), here alone {here}")


def _ratios(wholes: Sequence[Spread], alones: Sequence[Spread], what: Callable[[Spread], float]) -> str:
    found = sorted(what(whole) / what(alone) for whole, alone in zip(wholes, alones, strict=True))
    return f"{statistics.median(found):.2f} [{found[0]:.2f}…{found[-1]:.2f}]"


def _rate(bids: Sequence[Bid], seconds: float) -> tuple[float, float]:
    """Bids a second by a thread for each of these, and the part of them that others overtook."""
    until = time.perf_counter() + seconds

    def drive(bid: Bid) -> tuple[int, int]:
        made, overtaken = 0, 0
        while time.perf_counter() < until:
            made += 1
            try:
                bid(made)
            except (BidRefused, Stale):
                overtaken += 1
        return made, overtaken

    with ThreadPoolExecutor(len(bids)) as pool:
        counts = list(pool.map(drive, bids))
    made = sum(each for each, _ in counts)
    return made / seconds, sum(each for _, each in counts) / made
