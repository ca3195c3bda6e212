"""Whether reads and writes cost the same with 10 thousand and with 2 million ledger entries (O-17).

And whether a bid costs the same after ten auctions and after ten thousand.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from attrs import frozen

from bench.databases import analyze, postgresql
from bench.guild import EPOCH, Filled, Sizes, fill, next_bid, sell
from bench.measuring import Spread, repeated
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import EntryId, PoolId, RaidId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import Bucket, Entry, EntryKind, HistoryFilter, Source, SourceKind, StandingsFilter
from dkp_core.raids import NamedPresence

ENTRIES = (10_000, 2_000_000)
AUCTIONS = (10, 10_000)
CHUNK = 20_000
AUCTIONS_AT_ONCE = 100


@frozen
class Measured:
    """What each thing costs in one database."""

    balance: Spread
    leaderboard: Spread
    history: Spread
    attendance: Spread
    bid: Spread


def grow(filled: Filled, entries: int) -> None:
    """Append old adjustments to the ledger until it holds that many, as twenty years of a busy guild would."""
    by = operator("bench", filled.guild_id)  # type: ignore[arg-type]  # a guild's id
    members = [UserId(member["id"]) for member in filled.fixture["members"]]  # type: ignore[attr-defined]  # of our making
    pool = PoolId(filled.fixture["pool"])  # type: ignore[arg-type]  # as above
    random_ = random.Random(2)
    for start in range(0, entries, CHUNK):
        count = min(CHUNK, entries - start)
        first = filled.database.ids.next("entry", count)
        with filled.database.begin(by) as work:
            work.ledger.append(
                [
                    Entry(
                        id=EntryId(first + number),
                        pool_id=pool,
                        user_id=random_.choice(members),
                        kind=EntryKind.ADJUSTMENT,
                        bucket=Bucket.ADJUSTED,
                        amount=Points(random_.randrange(-2000, 2001)),
                        reason="From long ago",
                        source=Source(SourceKind.ADJUSTMENT, 0),
                        actor_kind=by.kind,
                        actor_id=by.id,
                        occurred_at=EPOCH - timedelta(days=700, seconds=start + number),
                        recorded_at=EPOCH,
                    )
                    for number in range(count)
                ]
            )


def measure(filled: Filled, times: int) -> Measured:
    """Ask for balances, leaderboard and history, and take attendance of 40, through the use cases."""
    use_cases, fixture = filled.use_cases, filled.fixture
    by = operator("bench", filled.guild_id)  # type: ignore[arg-type]  # a guild's id
    members: list[dict[str, int]] = fixture["members"]  # type: ignore[assignment]  # of our making
    raids: list[int] = fixture["raids"]  # type: ignore[assignment]  # as above
    names: list[str] = fixture["names"]  # type: ignore[assignment]  # as above
    pool = PoolId(fixture["pool"])  # type: ignore[arg-type]  # as above
    random_ = random.Random(3)
    show_balance, standings, history = use_cases.show_balance(), use_cases.show_standings(), use_cases.show_history()
    record = use_cases.record_attendance()
    unused = iter(raids)

    return Measured(
        repeated(lambda n: show_balance(UserId(members[n % len(members)]["id"]), pool, by=by), times),
        repeated(lambda _: standings(pool, StandingsFilter(), by=by), times),
        repeated(
            lambda n: history(UserId(members[n % len(members)]["id"]), HistoryFilter(), page=PageRequest(), by=by),
            times,
        ),
        repeated(
            lambda _: record(
                RaidId(next(unused)), [NamedPresence(name=name) for name in random_.sample(names, 40)], by=by
            ),
            min(times, len(raids) - 10),
        ),
        repeated(bids(filled), times),
    )


def bids(filled: Filled) -> Callable[[object], object]:
    """Places a bid on the auctions that run, each time higher than anybody before."""
    auctions: list[int] = filled.fixture["auctions"]  # type: ignore[assignment]  # of our making
    return next_bid(filled, auctions)


def hold_auctions(filled: Filled, count: int) -> None:
    """Auctions that were held and awarded, as a guild comes to have them."""
    by = operator("bench", filled.guild_id)  # type: ignore[arg-type]  # a guild's id
    names: list[str] = filled.fixture["names"]  # type: ignore[assignment]  # of our making
    random_ = random.Random(6)
    for start in range(0, count, AUCTIONS_AT_ONCE):
        with filled.database.scope():
            for number in range(start, min(start + AUCTIONS_AT_ONCE, count)):
                sell(filled.use_cases, f"Old relic {number:05}", names, random_, by=by)


def run(*, quick: bool = False) -> bool:
    """The same guild with a short ledger and a long one, then after few auctions and many, on PostgreSQL."""
    sizes = Sizes(members=200, raids=100, open_raids=400, adjustments=0, auctions=20)
    times = 100 if quick else 300
    few, many = (10, 200) if quick else AUCTIONS
    found = []
    for entries in (1000, 20_000) if quick else ENTRIES:
        with postgresql() as url:
            filled = fill(url, sizes)
            grow(filled, entries)
            analyze(url)
            found.append(measure(filled, times))
            filled.database.close()
    with postgresql() as url:
        filled = fill(url, sizes)
        bid = bids(filled)
        hold_auctions(filled, few)
        analyze(url)
        after_few = repeated(bid, times)
        hold_auctions(filled, many - few)
        analyze(url)
        after_many = repeated(bid, times)
        filled.database.close()
    short, long = found
    print(f"{'':12} {'short ledger':>14} {'long ledger':>14}   ratio of medians (aim: at most 1.2)")
    for name in ("balance", "leaderboard", "history", "attendance", "bid"):
        _tell(name, getattr(short, name), getattr(long, name))
    print(f"\n{'':12} {f'{few:,} auctions':>14} {f'{many:,} auctions':>14}   (aim: the same)")
    _tell("bid", after_few, after_many)
    return True


def _tell(name: str, less: Spread, more: Spread) -> None:
    times = f"{name:12} {less.median:11.3f} ms {more.median:11.3f} ms"
    print(f"{times}   {more.median / less.median:5.2f}, cpu {more.whole / less.whole:5.2f}")
