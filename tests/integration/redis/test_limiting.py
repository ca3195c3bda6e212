"""Rate limits in memory and over Redis, which count alike; and Redis that goes away and comes back (A-9)."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dkp_adapters.limiting import Limits, MemoryLimits, Rate
from dkp_adapters.redis.limiting import RedisLimits
from tests import services
from tests.integration.own_redis import OwnRedis

ROOT = Path(__file__).parents[3]
FEW = Rate(3, 60)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[str]:
    """A Redis that the tests of this file share; each counts under names of its own."""
    server = OwnRedis(tmp_path_factory.mktemp("redis"))
    try:
        server.start()
    except services.ServiceMissing as missing:
        pytest.skip(str(missing))
    yield server.url
    server.stop()


@pytest.fixture(params=["memory", "redis"])
def limits(request: pytest.FixtureRequest) -> Iterator[Limits]:
    """Each kind of limits in turn."""
    made: Limits = (
        MemoryLimits() if request.param == "memory" else RedisLimits.open(request.getfixturevalue("redis_url"))
    )
    yield made
    made.close()


@pytest.fixture
def who(request: pytest.FixtureRequest) -> str:
    """Somebody whom no other test knows."""
    return f"tester:{request.node.name}"


def test_exactly_so_many_are_let_through(limits: Limits, who: str) -> None:
    """A-9: whoever comes after them is told when to come again."""
    assert [limits.count(who, FEW).left for _ in range(3)] == [2, 1, 0]
    refused = limits.count(who, FEW)
    assert refused.too_many
    assert refused.seconds is not None
    assert 55 < refused.seconds <= 60


def test_everybody_is_counted_by_themselves(limits: Limits, who: str) -> None:
    """A-9: by key, session or address."""
    for _ in range(4):
        limits.count(f"{who}/a", FEW)
    assert limits.count(f"{who}/b", FEW).left == 2


def test_many_are_counted_at_once(limits: Limits, who: str) -> None:
    """A-9: as one by one, in their order."""
    limits.count(f"{who}/a", FEW)
    names = ("a", "b", "a", "a", "a", "b")
    counts = limits.count_all([(f"{who}/{name}", FEW) for name in names])
    assert [max(-1, count.left) for count in counts] == [1, 2, 0, -1, -1, 1]
    assert limits.count_all([]) == []


def test_a_window_in_redis_ends_by_itself(redis_url: str, who: str) -> None:
    """A-9: after its time as many are let through again."""
    limits, brief = RedisLimits.open(redis_url), Rate(1, 1)
    assert not limits.count(who, brief).too_many
    refused = limits.count(who, brief)
    assert refused.too_many
    time.sleep((refused.seconds or 1.0) + 0.02)
    assert not limits.count(who, brief).too_many
    limits.close()


def test_who_was_refused_is_known_to_be_without_being_counted(limits: Limits, who: str) -> None:
    """A-9: a flood of refused requests asks nobody."""
    assert limits.spent(who, FEW) == 0.0
    for _ in range(4):
        limits.count(who, FEW)
    assert 55 < limits.spent(who, FEW) <= 60


def test_only_the_first_who_is_refused_in_a_window_is_told_apart(limits: Limits, who: str) -> None:
    """A-9: so that it is logged once, however many follow."""
    left = [limits.count(who, FEW).left for _ in range(8)]
    left += [count.left for count in limits.count_all([(who, FEW)] * 3)]
    assert left[:4] == [2, 1, 0, -1]
    assert max(left[4:]) < -1


PROCESS = """
import sys
from dkp_adapters.limiting import Rate
from dkp_adapters.redis.limiting import RedisLimits

limits, rate = RedisLimits.open(sys.argv[1]), Rate(150, 60)
sys.stdin.readline()
passed = sum(not limits.count("bot-key:shared", rate).too_many for _ in range(30))
passed += sum(not count.too_many for _ in range(10) for count in limits.count_all([("bot-key:shared", rate)] * 6))
print(passed)
"""


def test_four_processes_let_exactly_as_many_through_as_one(redis_url: str) -> None:
    """A-9: shared between processes: 360 ask at once, 150 of 150 pass, and no more."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", PROCESS, redis_url]
    processes = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    passed = [int(each.communicate(timeout=60)[0]) for each in processes]
    assert sum(passed) == 150


def test_without_redis_each_process_counts_for_itself_and_says_so_once(
    own_redis: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    """A-9: Redis down: counted in memory, and in Redis again when it is back."""
    at = 0.0
    limits = RedisLimits.open(own_redis.url)
    limits.now = lambda: at
    limits._own.now = limits.now
    with caplog.at_level(logging.WARNING):
        assert limits.count("a", FEW).left == 2
        own_redis.stop()
        assert [limits.count("a", FEW).left for _ in range(4)] == [2, 1, 0, -1]
        assert [count.left for count in limits.count_all([("b", FEW)] * 4)] == [2, 1, 0, -1]
        assert limits.spent("b", FEW) > 0
        at += 5
        limits.count("a", FEW)  # it is tried again, in vain
        assert len(caplog.records) == 1
        own_redis.start()
        at += 60
        assert limits.count("a", FEW).left == 2  # in a Redis that knows nothing, nor the script
        assert [count.left for count in limits.count_all([("a", FEW)] * 2)] == [1, 0]
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "Redis can't be used to count requests",
        "Redis can be used to count requests again",
    ]
    limits.close()


def test_a_redis_that_is_away_holds_nobody_up(own_redis: OwnRedis) -> None:
    """A-9: after the first who notices, nobody waits for it for a while."""
    limits = RedisLimits.open(own_redis.url)
    own_redis.stop()
    limits.count("a", FEW)
    began = time.perf_counter()
    for _ in range(100):
        limits.count("a", FEW)
    assert time.perf_counter() - began < 0.5
    limits.close()
