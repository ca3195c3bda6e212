"""Fan-out over Redis: what one process commits, the others hear of, by publish and subscribe.

Redis keeps nothing of what it carries, and may go away. Whoever could not publish says afterwards that something was
missed, and whoever could not listen takes it that something was: both lead to a fresh look at what is followed.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from attrs import define, field
from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError
from redis.retry import Retry

from dkp_adapters.commits import Changed, Commit
from dkp_adapters.fanout import LIVE, FanOut, Hearer, MemoryFanOut
from dkp_core.kernel.ids import GuildId

WAITING_MAX: Final = 10_000
# As many go into one message; a message that is lost loses no more.
MESSAGE_MAX: Final = 200
CONNECT_SECONDS_MAX: Final = 2.0
ANSWER_SECONDS_MAX: Final = 5.0
RETRY_SECONDS: Final = 0.1
RETRY_SECONDS_MAX: Final = 2.0
# How soon a thread that listens sees that it is to end.
POLL_SECONDS: Final = 0.25
# A connection that is quiet is asked for a sign of life, and given up when none comes.
QUIET_SECONDS: Final = 10.0
SILENT_SECONDS_MAX: Final = 20.0
CLOSE_SECONDS_MAX: Final = 2.0

_logger: Final = logging.getLogger(__name__)


@define(eq=False)
class RedisFanOut(FanOut):
    """Tells the hearers of this process at once, and those of others through a channel.

    A thread of its own publishes, from the first live change on; each hearer has one that listens.
    """

    client: Redis
    channel: str
    aggregates: frozenset[str] = LIVE
    waiting_max: int = WAITING_MAX
    dropped: int = field(init=False, default=0)
    _near: MemoryFanOut = field(init=False)
    # By which a process knows its own messages, whose changes its hearers have heard of before.
    _sender: str = field(init=False, factory=lambda: secrets.token_hex(8))
    _waiting: deque[Changed] = field(init=False, factory=deque)
    # How many of those dropped the other processes have been told of, by a message that something was missed.
    _owned_up: int = field(init=False, default=0)
    _stirred: threading.Condition = field(init=False, factory=threading.Condition)
    _closing: threading.Event = field(init=False, factory=threading.Event)
    _publisher: threading.Thread | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._near = MemoryFanOut(self.aggregates)

    @classmethod
    def open(cls, url: str, *, aggregates: frozenset[str] = LIVE) -> RedisFanOut:
        """The fan-out over the Redis of that URL, whose database number keeps installations apart.

        Nothing is connected before it is needed. Raises: ValueError when the URL is not one of a Redis.
        """
        client = Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS_MAX,
            socket_timeout=ANSWER_SECONDS_MAX,
            retry=Retry(NoBackoff(), 0),  # it is tried again here, and said that something was missed
        )
        number = client.connection_pool.connection_kwargs.get("db") or 0
        return cls(client, f"dkp:{number}:live", aggregates)

    # --- telling ------------------------------------------------------------------------------------------------------

    def committed(self, commit: Commit) -> None:
        changed = self._near.live_in(commit)
        if not changed:
            return
        with self._stirred:
            room = max(0, self.waiting_max - len(self._waiting))
            self._waiting.extend(changed[:room])
            self.dropped += len(changed[room:])
            if self._publisher is None and not self._closing.is_set():
                self._publisher = threading.Thread(target=self._publish, name="dkp-fanout-publish", daemon=True)
                self._publisher.start()
            self._stirred.notify()
        self._near.tell(changed)

    @contextmanager
    def telling(self, hearer: Hearer) -> Iterator[None]:
        over = threading.Event()
        listening = threading.Thread(target=self._listen, args=(hearer, over), name="dkp-fanout-listen", daemon=True)
        with self._near.telling(hearer):
            listening.start()
            try:
                yield
            finally:
                over.set()
                listening.join(CLOSE_SECONDS_MAX)

    def fault(self) -> str | None:
        try:
            self.client.ping()
        except RedisError:
            return "Redis does not answer; changes made by other processes are seen late"
        return None

    def close(self) -> None:
        self._closing.set()
        with self._stirred:
            publisher = self._publisher
            self._stirred.notify()
        if publisher is not None:
            publisher.join(CLOSE_SECONDS_MAX)
        self.client.close()

    # --- publishing ---------------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        """Publish what waits, until closed; when that was not possible, say that something was missed."""
        outage = _Outage("publish")
        while True:
            with self._stirred:
                self._stirred.wait_for(lambda: self._waiting or self.dropped > self._owned_up or self._closing.is_set())
                changed = tuple(self._waiting)[:MESSAGE_MAX]
                dropped = self.dropped
                missed = dropped > self._owned_up
            if not changed and not missed:
                return
            try:
                self.client.publish(self.channel, _message(self._sender, None if missed else changed))
            except RedisError as error:
                if self._closing.is_set():
                    return
                self._drop(len(changed))
                self._closing.wait(outage.lasts(error))
                continue
            outage.over()
            with self._stirred:
                self._owned_up = dropped
                for _ in changed:
                    self._waiting.popleft()

    def _drop(self, count: int) -> None:
        with self._stirred:
            self.dropped += count
            for _ in range(count):
                self._waiting.popleft()

    # --- listening ----------------------------------------------------------------------------------------------------

    def _listen(self, hearer: Hearer, over: threading.Event) -> None:
        """Listen until it is over, from anew whenever the connection was lost."""
        outage = _Outage("listen")
        while not over.is_set():
            try:
                with self.client.pubsub() as subscription:  # type: ignore[no-untyped-call]  # it has no annotations
                    subscription.subscribe(self.channel)
                    self._hear(subscription, hearer, over, outage)
            except RedisError as error:
                over.wait(outage.lasts(error))

    def _hear(self, subscription: PubSub, hearer: Hearer, over: threading.Event, outage: _Outage) -> None:
        heard_at = asked_at = time.monotonic()
        while not over.is_set():
            message = subscription.get_message(timeout=POLL_SECONDS)
            now = time.monotonic()
            if message is None:
                if now - heard_at > SILENT_SECONDS_MAX:
                    raise NoConnection("nothing is heard any more")
                if now - max(heard_at, asked_at) > QUIET_SECONDS:
                    subscription.ping()
                    asked_at = now
                continue
            heard_at = now
            if message["type"] == "subscribe":
                outage.over()
                hearer.missed()  # whatever was said before is not heard any more
            elif message["type"] == "message":
                self._pass_on(message["data"], hearer)

    def _pass_on(self, data: bytes, hearer: Hearer) -> None:
        try:
            sender, changed = _read(data)
        except (ValueError, KeyError, TypeError):
            _logger.warning("a message of another version was heard: %r", data[:200])
            hearer.missed()
            return
        if sender == self._sender:
            return
        if changed is None:
            hearer.missed()
        else:
            hearer.changed(changed)


@define(eq=False)
class _Outage:
    """A time without Redis, logged at its begin and end; attempts grow rarer while it lasts."""

    what: str
    _delay_seconds: float = field(init=False, default=0.0)

    def lasts(self, error: RedisError) -> float:
        """How many seconds to wait before the next attempt."""
        if not self._delay_seconds:
            _logger.warning("Redis can't be used to %s: %s; live changes come late", self.what, error)
        self._delay_seconds = min(max(RETRY_SECONDS, self._delay_seconds * 2), RETRY_SECONDS_MAX)
        return self._delay_seconds

    def over(self) -> None:
        """Redis answers."""
        if self._delay_seconds:
            _logger.warning("Redis can be used to %s again", self.what)
        self._delay_seconds = 0.0


def _message(sender: str, changed: Sequence[Changed] | None) -> str:
    """What goes round; None says that something was missed."""
    rows = None if changed is None else [(c.guild_id, c.aggregate, c.aggregate_id, c.version) for c in changed]
    return json.dumps({"sender": sender, "changed": rows}, separators=(",", ":"))


def _read(data: bytes) -> tuple[str, tuple[Changed, ...] | None]:
    """The sender of a message and what changed. Raises: ValueError, KeyError, TypeError where it is none of ours."""
    found: dict[str, Any] = json.loads(data)
    rows = found["changed"]
    if rows is None:
        return found["sender"], None
    return found["sender"], tuple(
        Changed(guild_id=GuildId(guild_id), aggregate=aggregate, aggregate_id=aggregate_id, version=version)
        for guild_id, aggregate, aggregate_id, version in rows
    )
