"""Fan-out over Redis: heard by other processes, never waited for, and healed when Redis was away (L-11)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest
from attrs import define, field

from dkp_adapters.commits import Changed, Commit
from dkp_adapters.fanout import Hearer
from dkp_adapters.redis import fanout
from dkp_adapters.redis.fanout import RedisFanOut
from dkp_core.kernel.ids import GuildId
from tests.integration.own_redis import OwnRedis

GUILD = GuildId(3)
SECONDS_MAX = 30.0


@define(eq=False)
class Noted(Hearer):
    """Notes what it is told: changes by their auction, and None where something was missed."""

    told: list[str | None] = field(factory=list)
    stirred: threading.Condition = field(factory=threading.Condition)

    def changed(self, changed: Sequence[Changed]) -> None:
        self._note([each.aggregate_id for each in changed])

    def missed(self) -> None:
        self._note([None])

    def _note(self, told: Sequence[str | None]) -> None:
        with self.stirred:
            self.told += told
            self.stirred.notify_all()

    def until(self, true: Callable[[list[str | None]], bool]) -> None:
        """Wait until that is true of what it was told."""
        with self.stirred:
            assert self.stirred.wait_for(lambda: true(self.told), SECONDS_MAX), self.told

    def forget(self) -> None:
        """As if it had been told nothing."""
        with self.stirred:
            self.told.clear()


def commit(*auctions: int, aggregate: str = "auction") -> Commit:
    changed = [
        Changed(guild_id=GUILD, aggregate=aggregate, aggregate_id=str(each), version=each * 2) for each in auctions
    ]
    return Commit(guild_ids=frozenset({GUILD}), changed=tuple(changed), deliveries=0)


@contextmanager
def process(url: str) -> Iterator[tuple[RedisFanOut, Noted]]:
    """What one process has: a fan-out, and one who hears; both are ready when Redis has taken note of them."""
    fan_out, noted = RedisFanOut.open(url), Noted()
    with fan_out.telling(noted):
        noted.until(lambda told: told == [None])
        noted.forget()
        yield fan_out, noted
    fan_out.close()


@pytest.fixture
def two(own_redis: OwnRedis) -> Iterator[tuple[tuple[RedisFanOut, Noted], tuple[RedisFanOut, Noted]]]:
    """Two processes on one Redis."""
    with ExitStack() as stack:
        yield stack.enter_context(process(own_redis.url)), stack.enter_context(process(own_redis.url))


Two = tuple[tuple[RedisFanOut, Noted], tuple[RedisFanOut, Noted]]


def test_what_one_commits_the_other_hears(two: Two) -> None:
    """L-11: each change once, in order; oneself too, without the way round."""
    (one, here), (other, there) = two
    for number in range(1, 300):
        one.committed(commit(number, number + 1000))
    other.committed(commit(5000))
    expected = [str(each) for number in range(1, 300) for each in (number, number + 1000)]
    there.until(lambda told: len(told) == len(expected) + 1)
    here.until(lambda told: len(told) == len(expected) + 1)
    assert [each for each in there.told if each != "5000"] == expected
    assert [each for each in here.told if each != "5000"] == expected
    assert (one.dropped, one.fault()) == (0, None)


def test_what_is_not_live_is_not_sent(two: Two) -> None:
    """L-11: most commits concern nobody who listens."""
    (one, here), (_, there) = two
    one.committed(commit(1, aggregate="rank"))
    assert one._publisher is None
    one.committed(commit(2))
    there.until(lambda told: told == ["2"])
    assert here.told == ["2"]


def test_databases_of_one_redis_are_apart(own_redis: OwnRedis) -> None:
    """L-11: channels know no databases by themselves; installations that share a Redis do."""
    elsewhere = own_redis.url.replace("/0", "/1")
    with process(own_redis.url) as (one, _), process(elsewhere) as (_, there), process(own_redis.url) as (_, witness):
        one.committed(commit(1))
        witness.until(lambda told: told == ["1"])
        assert there.told == []


def test_without_redis_a_commit_waits_for_nothing(two: Two, own_redis: OwnRedis) -> None:
    """L-11: nor fails; who listens in the same process hears of it all the same."""
    (one, here), _ = two
    own_redis.stop()
    began = time.monotonic()
    for number in range(1, 200):
        one.committed(commit(number))
    assert time.monotonic() - began < 1
    assert len(here.told) >= 199
    assert one.fault() is not None


def test_a_redis_that_hangs_is_not_waited_for(two: Two, own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    """L-11: it takes connections and answers nothing; when it wakes, all look again."""
    monkeypatch.setattr(fanout, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(fanout, "SILENT_SECONDS_MAX", 0.8)
    (one, _), (_, there) = two
    assert own_redis._process is not None
    own_redis._process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    one.committed(commit(1))
    assert time.monotonic() - began < 1
    time.sleep(2)  # by now the connection is given up
    own_redis._process.send_signal(signal.SIGCONT)
    there.until(lambda told: None in told)
    one.committed(commit(2))
    there.until(lambda told: "2" in told or told.count(None) > 1)


def test_when_redis_is_back_all_look_again(two: Two, own_redis: OwnRedis) -> None:
    """L-11: what was committed meanwhile is told of as missed, what comes then one by one."""
    (one, here), (other, there) = two
    own_redis.stop()
    one.committed(commit(1))
    until_dropped(one)
    here.forget()
    own_redis.start()
    for each in (here, there):
        each.until(lambda told: None in told)
    until_owned_up(one)
    there.forget()
    one.committed(commit(2))
    there.until(lambda told: "2" in told)
    other.committed(commit(3))
    here.until(lambda told: "3" in told)
    assert one.dropped == 1


def test_what_there_is_no_room_for_is_owned_up_to(two: Two, own_redis: OwnRedis) -> None:
    """L-11: the queue is bounded; what is dropped is counted, and the others are told to look again."""
    (one, _), (_, there) = two
    one.waiting_max = 5
    own_redis.stop()
    for number in range(1, 1000):
        one.committed(commit(number))
    assert len(one._waiting) <= 5
    assert one.dropped >= 990
    own_redis.start()
    there.until(lambda told: None in told)
    until_owned_up(one)
    assert one._owned_up == one.dropped


def test_who_could_listen_all_the_time_is_told_of_a_gap(two: Two, own_redis: OwnRedis) -> None:
    """L-11: only one who publishes knows of it, when Redis is too slow for it."""
    (one, _), (_, there) = two
    one.waiting_max = 5
    assert own_redis._process is not None
    own_redis._process.send_signal(signal.SIGSTOP)
    for number in range(1, 50):
        one.committed(commit(number))
    own_redis._process.send_signal(signal.SIGCONT)
    there.until(lambda told: None in told)
    until_owned_up(one)
    there.forget()
    one.committed(commit(99))
    there.until(lambda told: told == ["99"])


def until_dropped(one: RedisFanOut) -> None:
    """Wait until it has found out that something can't be published."""
    end = time.monotonic() + SECONDS_MAX
    while not one.dropped:
        assert time.monotonic() < end
        time.sleep(0.02)


def until_owned_up(one: RedisFanOut) -> None:
    """Wait until the others were told that they missed something."""
    end = time.monotonic() + SECONDS_MAX
    while one._owned_up < one.dropped:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    "message", ["", "nonsense", "[]", '{"sender":"x"}', '{"sender":"x","changed":[[1]]}', '{"sender":"x","changed":7}']
)
def test_a_message_of_another_version_leads_to_a_look(message: str, two: Two) -> None:
    """L-11: servers are not all renewed at once."""
    (one, here), _ = two
    one.client.publish(one.channel, message)
    here.until(lambda told: told == [None])
    one.client.publish(one.channel, '{"sender":"x","changed":[[3,"auction","9",1]]}')
    here.until(lambda told: told == [None, "9"])


def test_what_waits_at_the_end_is_sent(own_redis: OwnRedis) -> None:
    """L-11: a command commits and ends at once."""
    with process(own_redis.url) as (_, there):
        command = RedisFanOut.open(own_redis.url)
        command.committed(commit(*range(500)))
        command.close()
        there.until(lambda told: told == [str(each) for each in range(500)])


def test_the_end_does_not_wait_for_a_redis_that_is_away(own_redis: OwnRedis) -> None:
    """O-12: a server ends within its time."""
    command = RedisFanOut.open(own_redis.url)
    own_redis.stop()
    with command.telling(Noted()):
        command.committed(commit(1))
        time.sleep(0.2)
        began = time.monotonic()
    command.close()
    assert time.monotonic() - began < 5
