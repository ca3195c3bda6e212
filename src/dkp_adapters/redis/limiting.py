"""Rate limits over Redis: several processes count as one (A-9).

A window is a number in Redis that goes away by itself, so nobody's clock but that of Redis decides. When Redis is
away, each process counts for itself and goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from attrs import define, field
from limits.storage import RedisStorage
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from dkp_adapters.limiting import Count, Hit, Limits, MemoryLimits, Rate

# A request waits for it: rather counted by this process alone than late.
ANSWER_SECONDS_MAX: Final = 0.5
PREFIX: Final = "dkp:rate"
REFUSED_MAX: Final = 10_000
RETRY_SECONDS: Final = 1.0
RETRY_SECONDS_MAX: Final = 10.0

_logger: Final = logging.getLogger(__name__)


@define(eq=False)
class RedisLimits(Limits):
    """Counts in Redis, and in this process's memory while Redis does not answer."""

    client: Redis
    storage: RedisStorage
    now: Callable[[], float] = time.monotonic
    shared: bool = field(init=False, default=True)
    _own: MemoryLimits = field(init=False)
    # Who was refused, until when: whoever comes again at once need not be counted to be told so.
    _refused: OrderedDict[str, float] = field(init=False, factory=OrderedDict)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)
    _away_until: float = field(init=False, default=0.0)
    _away_seconds: float = field(init=False, default=0.0)

    def __attrs_post_init__(self) -> None:
        self._own = MemoryLimits(now=self.now)

    @classmethod
    def open(cls, url: str) -> RedisLimits:
        """Limits over the Redis of that URL, whose database number keeps installations apart.

        Nothing is connected before it is needed. Raises: ValueError when the URL is not one of a Redis.
        """
        client = Redis.from_url(
            url,
            socket_connect_timeout=ANSWER_SECONDS_MAX,
            socket_timeout=ANSWER_SECONDS_MAX,
            retry=Retry(NoBackoff(), 0),  # meanwhile this process counts for itself
        )
        return cls(client, RedisStorage("redis://", connection_pool=client.connection_pool, key_prefix=PREFIX))

    def count(self, who: str, rate: Rate) -> Count:
        return self.count_all([(who, rate)])[0]

    def count_all(self, hits: Sequence[Hit]) -> Sequence[Count]:
        found: list[Count | None] = [self._known(who) for who, _ in hits]
        asked = [hit for hit, count in zip(hits, found, strict=True) if count is None]
        if asked:
            answers = iter(self._asked(asked))
            found = [next(answers) if count is None else count for count in found]
        return [count for count in found if count is not None]

    def spent(self, who: str, rate: Rate) -> float:
        until = self._refused.get(who, 0.0)
        return max(0.0, until - self.now()) or self._own.spent(who, rate)

    def close(self) -> None:
        self.client.close()

    def _known(self, who: str) -> Count | None:
        """The refusal that was heard before and still holds."""
        seconds = self._refused.get(who, 0.0) - self.now()
        return Count(-2, seconds) if seconds > 0 else None  # the first was another

    def _asked(self, hits: Sequence[Hit]) -> Sequence[Count]:
        if self.now() < self._away_until:
            return self._own.count_all(hits)
        try:
            counted = self._counted(hits)
        except RedisError as error:
            self._lost(error)
            return self._own.count_all(hits)
        self._answered()
        return counted

    def _counted(self, hits: Sequence[Hit]) -> Sequence[Count]:
        """Count in Redis: one trip for all, and another for when those may come again who are refused."""
        if len(hits) == 1:
            ((who, rate),) = hits
            numbers = [self.storage.incr(who, rate.seconds)]
        else:
            with self.client.pipeline(transaction=False) as trip:
                for who, rate in hits:
                    self.storage.lua_incr_expire([self.storage.prefixed_key(who)], [rate.seconds, 1], trip)
                numbers = [int(number) for number in trip.execute()]
        left = [rate.amount - number for (_, rate), number in zip(hits, numbers, strict=True)]
        seconds = self._seconds([who for (who, _), each in zip(hits, left, strict=True) if each < 0])
        return [Count(each, seconds.get(who) if each < 0 else None) for (who, _), each in zip(hits, left, strict=True)]

    def _seconds(self, refused: Sequence[str]) -> dict[str, float]:
        """In how many seconds they may come again, which is remembered."""
        if not refused:
            return {}
        with self.client.pipeline(transaction=False) as trip:
            for who in refused:
                trip.pttl(self.storage.prefixed_key(who))
            found = {who: max(0.0, left / 1000) for who, left in zip(refused, trip.execute(), strict=True)}
        now = self.now()
        with self._lock:
            for who, seconds in found.items():
                self._refused.pop(who, None)
                self._refused[who] = now + seconds
            while len(self._refused) > REFUSED_MAX:
                self._refused.popitem(last=False)
        return found

    def _lost(self, error: RedisError) -> None:
        with self._lock:
            if not self._away_seconds:
                _logger.warning("Redis can't be used to count requests: %s; each process counts for itself", error)
            self._away_seconds = min(max(RETRY_SECONDS, self._away_seconds * 2), RETRY_SECONDS_MAX)
            self._away_until = self.now() + self._away_seconds

    def _answered(self) -> None:
        if self._away_seconds:
            with self._lock:
                _logger.warning("Redis can be used to count requests again")
                self._away_seconds = 0.0
