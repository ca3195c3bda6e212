"""What it costs to know who asks, and to count how often (A-8, A-9): requests, counts, and exactness over processes."""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from attrs import define, field
from redis import Redis
from redis.exceptions import RedisError

from bench.client import load
from bench.databases import postgresql, sqlite
from bench.guild import Sizes, fill
from bench.measuring import ROOT
from bench.server import UNHINDERED, free_port, serving
from dkp_adapters.limiting import Limits, MemoryLimits, Rate
from dkp_adapters.redis.limiting import RedisLimits
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import UserId

REDIS = os.environ.get("DKP_BENCH_REDIS_URL", "redis://127.0.0.1:6379/9")
OFTEN = Rate(10**9, 60)
OPEN, KNOWN = "/bench/open/", "/bench/known/"

# Two operations that do nothing: one for everybody, one for those who are known.
SERVER = f"""
import sys
import uvicorn
from attrs import frozen
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http import create_app
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.observability import configure_logging
from dkp_entrypoints.settings import Settings

@frozen
class Nothing:
    status: str

part = Operations("Bench")

@part.get("{OPEN}", anonymous=True, use_case=None)
def open_to_everybody(_: Call) -> Nothing:
    return Nothing("done")

@part.get("{KNOWN}", use_case=None, own="a user's own key")
def for_who_is_known(call: Call) -> Nothing:
    return Nothing("done")

settings = Settings.load()
configure_logging(settings)
app = create_app(settings, more=[part])
uvicorn.run(app, port=int(sys.argv[1]), log_config=None, access_log=False, loop="uvloop", http="httptools")
"""


@define
class Measured:
    """Answers per second, and CPU of the server per answer, in each round."""

    rates: list[float] = field(factory=list)
    cpu: list[float] = field(factory=list)

    @property
    def rate(self) -> float:
        """The middle round."""
        return statistics.median(self.rates)

    @property
    def ms(self) -> float:
        """Milliseconds of CPU, in the middle round."""
        return statistics.median(self.cpu)


@contextmanager
def _server(url: str, **settings: str) -> Iterator[tuple[int, int]]:
    port = free_port()
    environment = {"DKP_DATABASE_URL": url, "DKP_LOG_LEVEL": "error", **UNHINDERED, **settings}
    with serving([sys.executable, "-c", SERVER, str(port)], port, "/health/live", **environment) as server:
        yield port, server.pid


def _cpu_ms(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _asked(into: Measured, server: tuple[int, int], path: str, headers: Mapping[str, str], seconds: float) -> None:
    port, pid = server
    before = _cpu_ms(pid)
    run = load(port, path, headers=dict(headers), connections=8, seconds=seconds)
    assert run.answers, f"{path} was refused {run.refused} times"
    into.rates.append(run.throughput)
    into.cpu.append((_cpu_ms(pid) - before) / (run.answers + run.refused))


def _people(url: str) -> tuple[dict[str, str], dict[str, str]]:
    """The headers of somebody with a key, and of somebody with a session."""
    filled = fill(url, Sizes(members=20, raids=1, open_raids=0, adjustments=0))
    filled.clock.set(datetime.now(UTC))
    members: list[dict[str, int]] = filled.fixture["members"]  # type: ignore[assignment]  # of our making
    user_id, by = UserId(members[1]["id"]), operator("bench")
    key = filled.use_cases.issue_personal_key()(name="bench", owner=user_id, by=by)
    link = filled.use_cases.make_sign_in_link()(user_id, by=by)
    signed_in = filled.use_cases.sign_in_with_link()(link.code, device="bench", brought=None, by=by)
    filled.database.close()
    return {"Authorization": f"Bearer {key.token}"}, {"Cookie": f"dkp_session={signed_in.token}"}


def _requests(name: str, url: str, *, seconds: float, rounds: int) -> None:
    """A request that does nothing, by nobody, by key and by session; they take turns."""
    by_key, by_session = _people(url)
    nobody, key, session = Measured(), Measured(), Measured()
    with _server(url) as server:
        for _ in range(rounds):
            _asked(nobody, server, OPEN, {}, seconds)
            _asked(key, server, KNOWN, by_key, seconds)
            _asked(session, server, KNOWN, by_session, seconds)
    for who, found in (("nobody", nobody), ("a key", key), ("a session", session)):
        print(
            f"{name:10} asked by {who:9}: {found.rate:6.0f}/s ({found.rate / nobody.rate:4.0%} of nobody's), "
            f"{found.ms:.3f} ms CPU of the server ({found.ms / nobody.ms:.2f} x)"
        )


def _limited(url: str, redis: str | None, *, seconds: float, rounds: int) -> None:
    """A polled list without limits, with limits in memory, and over Redis; the servers take turns."""
    filled = fill(url, Sizes(members=200, raids=20, open_raids=0, adjustments=20))
    filled.database.close()
    headers = {"Authorization": f"Bearer {filled.fixture['token']}"}
    path = f"/api/points/leaderboard/{filled.fixture['pool']}/"
    kinds: dict[str, dict[str, str]] = {"no limits": dict.fromkeys(UNHINDERED, "0"), "in memory": {}}
    if redis is not None:
        kinds["over Redis"] = {"DKP_REDIS_URL": redis}
    found = {kind: Measured() for kind in kinds}
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(_server(url, **settings)) for kind, settings in kinds.items()}
        for _ in range(rounds):
            for kind, server in servers.items():
                _asked(found[kind], server, path, headers, seconds)
    free = found["no limits"]
    for kind, measured in found.items():
        print(
            f"polled list, {kind:10}: {measured.rate:6.0f}/s ({measured.rate / free.rate:4.0%}), "
            f"{measured.ms * 1000:5.0f} µs CPU of the server (+{(measured.ms - free.ms) * 1000:.0f})"
        )


# --- counting ---------------------------------------------------------------------------------------------------------


def _each_us(work: Callable[[], object], times: int) -> float:
    """Microseconds of CPU that each call costs this process."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) * 1e6 / times


def _now_and_then_us(work: Callable[[], object]) -> float:
    """The same where they come at 300 a second, with all that goes on in between, but for the waiting itself."""

    def spent(work: Callable[[], object]) -> float:
        began = time.process_time()
        for _ in range(300):
            work()
            time.sleep(1 / 300)
        return time.process_time() - began

    idle = spent(lambda: None)
    return max(0.0, spent(work) - idle) * 1e6 / 300


def _counting(name: str, limits: Limits, times: int) -> None:
    addresses = itertools.cycle([f"anonymous:198.51.100.{number}" for number in range(250)])
    one = _each_us(lambda: limits.count("bot-key:one", OFTEN), times)
    many = _each_us(lambda: limits.count(next(addresses), OFTEN), times)
    batch = [("bot-key:one", OFTEN)] * 50
    together = _each_us(lambda: limits.count_all(batch), max(1, times // 50)) / 50
    print(f"counting {name:9}: {one:6.1f} µs one by one, {many:6.1f} of many callers, {together:6.1f} of 50 at once")


def _of_the_library(redis: str | None, times: int) -> None:
    """What the strategies of the library `limits` cost, each with its own storages."""
    from limits import RateLimitItemPerMinute  # what is only compared with
    from limits.storage import MemoryStorage, RedisStorage, Storage
    from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

    storages: list[tuple[str, Storage]] = [("memory", MemoryStorage())]
    if redis is not None:
        storages.append(("Redis", RedisStorage(redis)))
    for name, storage in storages:
        for strategy in (FixedWindowRateLimiter, MovingWindowRateLimiter):
            limiter, item = strategy(storage), RateLimitItemPerMinute(6000)
            hit = partial(limiter.hit, item, strategy.__name__)  # the two keep different things under one name
            cost = _each_us(hit, times)
            print(f"limits' own {strategy.__name__} in {name}: {cost:6.1f} µs")
    limiter, item, ours = FixedWindowRateLimiter(MemoryStorage()), RateLimitItemPerMinute(6000), MemoryLimits()
    for number in range(1000):
        limiter.hit(item, str(number))
        ours.count(str(number), OFTEN)
    theirs = _now_and_then_us(partial(limiter.hit, item, "one"))
    own = _now_and_then_us(partial(ours.count, "one", OFTEN))
    print(f"300 a second, 1,000 callers kept, in memory: limits' own {theirs:6.1f} µs, ours {own:6.1f} µs")


PROCESS = """
import sys
from dkp_adapters.limiting import Rate
from dkp_adapters.redis.limiting import RedisLimits

limits, rate = RedisLimits.open(sys.argv[1]), Rate(int(sys.argv[3]), 60)
sys.stdin.readline()
print(sum(not limits.count(sys.argv[2], rate).too_many for _ in range(int(sys.argv[3]) // 2)))
"""


def _exactness(redis: str, limit: int) -> bool:
    """Four processes that together ask twice as often as they may."""
    who = f"bot-key:bench-{os.getpid()}-{time.time_ns()}"
    command = [sys.executable, "-c", PROCESS, redis, who, str(limit)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    passed = [int(each.communicate(timeout=120)[0]) for each in processes]
    print(f"4 processes, one Redis: {sum(passed)} of {limit} let through, of {4 * (limit // 2)} asked for")
    return sum(passed) == limit


def _redis() -> str | None:
    with suppress(RedisError), Redis.from_url(REDIS, socket_connect_timeout=1) as client:
        client.ping()
        return REDIS
    print(f"left out: no Redis answers at {REDIS} (DKP_BENCH_REDIS_URL names another)")
    return None


def run(*, quick: bool = False) -> bool:
    """Requests by nobody, by key and by session; a polled list with and without limits; counts, and their exactness."""
    seconds, rounds, times = (0.5, 1, 2000) if quick else (3.0, 5, 20_000)
    redis = _redis()
    with sqlite() as url:
        _requests("SQLite", url, seconds=seconds, rounds=rounds)
    with postgresql() as url:
        _requests("PostgreSQL", url, seconds=seconds, rounds=rounds)
    with sqlite() as url:
        _limited(url, redis, seconds=seconds, rounds=rounds)
    _counting("in memory", MemoryLimits(), times)
    if redis is not None:
        limits = RedisLimits.open(redis)
        _counting("in Redis", limits, times // 4)
        limits.close()
    _of_the_library(redis, times // 4)
    return redis is None or all(_exactness(redis, limit) for limit in _sizes(quick=quick))


def _sizes(*, quick: bool) -> Sequence[int]:
    return (150,) if quick else (150, 6000)
