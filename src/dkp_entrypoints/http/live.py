"""What clients follow live: the auctions of a guild, read once a change for all who listen (L-11).

A listener is never sent what happened, only how things are now. So nothing queues up for one that is slow, nothing
is lost by one that was away, and whoever may hear late or twice of a change still ends up with the truth.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence, Set
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final, Protocol

import structlog
from attrs import define, field, frozen

from dkp_adapters.commits import Changed
from dkp_adapters.fanout import Hearer
from dkp_core.kernel.errors import Stale, Unavailable
from dkp_core.kernel.ids import GuildId
from dkp_entrypoints.execution import Lanes, ShutDown

# Changes by processes that share the database but no fan-out, and those that a fan-out lost, are seen this late.
REREAD_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0
# An id may come back in a header, which must not be too long for a proxy.
SEEN_MAX: Final = 200
_SEEN: Final = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)

_logger: Final = structlog.get_logger("dkp.http")


class LiveSource(Protocol):
    """Reads what is shown live."""

    def snapshots(self, guild_id: GuildId, auction_ids: frozenset[int] | None) -> Mapping[int, tuple[int, bytes]]:
        """What everyone in the guild may see of each of these auctions: its version, and one line of JSON.

        None are all that are not yet awarded or cancelled. Ids that the guild does not have are left out. It is called
        in the read lane. Raises: Unavailable.
        """


@frozen
class Topic:
    """What a client follows: some auctions of a guild, or all that are not yet awarded or cancelled (None)."""

    guild_id: GuildId
    auction_ids: frozenset[int] | None = None

    def covers(self, auction_id: int) -> bool:
        """Whether changes of that auction are followed."""
        return self.auction_ids is None or auction_id in self.auction_ids


@frozen
class Snapshot:
    """An auction as it was at a version: the event that tells of it, but for its id."""

    version: int
    event: bytes

    @classmethod
    def of(cls, version: int, as_json: bytes) -> Snapshot:
        """The snapshot with its event written out."""
        return cls(version, b"event: auction\ndata: " + as_json + b"\n\n")


@frozen
class Sight:
    """What one look at the database found; `current` are those not yet awarded or cancelled, if they were asked for."""

    current: frozenset[int]
    found: Mapping[int, Snapshot]


@frozen
class Wanted:
    """What to look at next: all that is current, auctions that changed, and those that somebody follows by name."""

    whole: bool = False
    changed: frozenset[int] = frozenset()
    named: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.whole or bool(self.changed or self.named)

    def __or__(self, other: Wanted) -> Wanted:
        return Wanted(self.whole or other.whole, self.changed | other.changed, self.named | other.named)


def seen_of(last_event_id: str) -> dict[int, int]:
    """The versions that a client has seen, by auction; nothing where the id is none of ours: it is sent all anew."""
    found = [_SEEN.fullmatch(part) for part in last_event_id.split(".")]
    if len(found) > SEEN_MAX or None in found:
        return {}
    return {int(each[1]): int(each[2]) for each in found if each}


def event_id(seen: Mapping[int, int]) -> bytes:
    """The id of an event after which a client has seen these versions; of very many the last, as it is sent back."""
    return ".".join(f"{auction_id}-{version}" for auction_id, version in list(seen.items())[-SEEN_MAX:]).encode()


@define(eq=False)
class Listener:
    """One client that follows a topic: what it has seen, and what it is to be sent; belongs to one event loop.

    `stirred` is set when there is something to do for it, `ended` when it is to hear no more. At most the latest
    snapshot of each auction waits for it, whose bytes all listeners share.
    """

    topic: Topic
    board: Board
    seen: dict[int, int]
    stirred: asyncio.Event = field(init=False, factory=asyncio.Event)
    ended: bool = field(init=False, default=False)
    _begun: bool = field(init=False, default=False)
    _waiting: dict[int, Snapshot] = field(init=False, factory=dict)

    def begin(self, sight: Sight) -> None:
        """All of its topic was read since it came: what is current, and what it had seen before, over or not."""
        self._begun = True
        self.tell(sight.found, (self.topic.auction_ids or self.seen.keys()) | sight.current)

    def tell(self, found: Mapping[int, Snapshot], news: Set[int]) -> None:
        """These were read; `news` are those that are of interest to who follows all."""
        followed = news if self.topic.auction_ids is None else self.topic.auction_ids
        for auction_id, snapshot in found.items():
            if self._begun and auction_id in followed and self.seen.get(auction_id) != snapshot.version:
                self._waiting[auction_id] = snapshot
                self.stirred.set()

    def news(self) -> bytes:
        """The events of what it has not seen, as it now is; nothing where it has seen all."""
        waiting, self._waiting = self._waiting, {}
        if waiting and self.topic.auction_ids is None:
            # An id that named every auction that ever was would grow for as long as somebody listens.
            self.seen = {each: version for each, version in self.seen.items() if each in self.board.current}
        events: list[bytes] = []
        for auction_id, snapshot in waiting.items():
            self.seen[auction_id] = snapshot.version
            events += (b"id: ", event_id(self.seen), b"\n", snapshot.event)
        return b"".join(events)

    def end(self) -> None:
        """Let it hear no more."""
        self.ended = True
        self.stirred.set()


@frozen(eq=False)
class Newcomer:
    """A listener that waits for the first look since it came."""

    listener: Listener
    landed: asyncio.Future[None]

    def begin(self, sight: Sight) -> None:
        """That was the look."""
        if not self.landed.done():  # it may have left
            self.listener.begin(sight)
            self.landed.set_result(None)

    def refuse(self, error: Exception) -> None:
        """The look failed."""
        if not self.landed.done():
            self.landed.set_exception(error)


@define(eq=False)
class Board:
    """The auctions of a guild, as its listeners were told of them last; looks at one after the other, never at two.

    However many changes come during a look, one more look follows.
    """

    guild_id: GuildId
    source: LiveSource
    lanes: Lanes
    listeners: set[Listener] = field(init=False, factory=set)
    current: Set[int] = field(init=False, factory=frozenset)
    _wanted: Wanted = field(init=False, factory=Wanted)
    _newcomers: list[Newcomer] = field(init=False, factory=list)
    _looking: asyncio.Task[None] | None = field(init=False, default=None)

    async def join(self, listener: Listener) -> None:
        """From now on it is told of its topic, beginning with all of it that it has not seen, read after this moment.

        Raises: what the source raises.
        """
        self.listeners.add(listener)
        newcomer = Newcomer(listener, asyncio.get_running_loop().create_future())
        self._newcomers.append(newcomer)
        named = listener.topic.auction_ids
        self._want(Wanted(whole=named is None, named=frozenset(listener.seen) if named is None else named))
        await newcomer.landed

    def leave(self, listener: Listener) -> None:
        """It is told of nothing any more."""
        self.listeners.discard(listener)
        if self.current and not self._whole():
            self.current = frozenset()  # nobody keeps it up to date from here on

    def hear(self, auction_ids: Iterable[int]) -> None:
        """These auctions changed: look at those that somebody follows."""
        followed = [each for each in auction_ids if any(one.topic.covers(each) for one in self.listeners)]
        self._want(Wanted(changed=frozenset(followed)))

    def look_again(self) -> None:
        """Look at all that is followed."""
        named = frozenset[int]().union(*(listener.topic.auction_ids or () for listener in self.listeners))
        self._want(Wanted(whole=self._whole(), named=named))

    def close(self) -> None:
        """Look at nothing any more."""
        if self._looking is not None:
            self._looking.cancel()
        _refuse(self._newcomers, ShutDown("the process is ending"))

    def _whole(self) -> bool:
        """Whether somebody follows all of the guild's auctions."""
        return any(listener.topic.auction_ids is None for listener in self.listeners)

    def _want(self, wanted: Wanted) -> None:
        """Look at that, together with what else is wanted by then."""
        self._wanted |= wanted
        if self._wanted and self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        """Look until nothing is wanted."""
        try:
            while self._wanted:
                wanted, self._wanted = self._wanted, Wanted()
                newcomers, self._newcomers = self._newcomers, []
                if wanted.whole:  # what is over by now is looked at a last time
                    wanted |= Wanted(changed=frozenset(self.current))
                try:
                    sight = await self.lanes.read(partial(self._read, wanted))
                except (Stale, Unavailable) as error:
                    _refuse(newcomers, error)
                    self._wanted |= wanted
                    await asyncio.sleep(RETRY_SECONDS)
                except Exception as fault:  # it is told in the log, and to whoever comes
                    _logger.error("failed", exc_info=fault, guild=self.guild_id)
                    _refuse(newcomers, fault)
                    for listener in self.listeners:
                        listener.end()
                except asyncio.CancelledError:
                    _refuse(newcomers, ShutDown("the process is ending"))
                    raise
                else:
                    self._learn(wanted, sight)
                    for newcomer in newcomers:
                        newcomer.begin(sight)
        finally:
            self._looking = None

    def _read(self, wanted: Wanted) -> Sight:
        """Look, in a lane's thread."""
        found = dict(self.source.snapshots(self.guild_id, None)) if wanted.whole else {}
        current = frozenset(found)
        rest = (wanted.changed | wanted.named) - current
        if rest:
            found.update(self.source.snapshots(self.guild_id, rest))
        return Sight(current, {each: Snapshot.of(version, as_json) for each, (version, as_json) in found.items()})

    def _learn(self, wanted: Wanted, sight: Sight) -> None:
        """Tell the listeners; of what is not current, and did not change, only those who follow just that."""
        news = wanted.changed | sight.current
        for listener in self.listeners:
            listener.tell(sight.found, news)
        if wanted.whole:
            self.current = sight.current


def _refuse(newcomers: Sequence[Newcomer], error: Exception) -> None:
    for newcomer in newcomers:
        newcomer.refuse(error)


@define(eq=False)
class Live(Hearer):
    """All that is followed in this process, guild by guild; belongs to one event loop, is told by any thread."""

    source: LiveSource
    lanes: Lanes
    reread_seconds: float = REREAD_SECONDS
    _boards: dict[GuildId, Board] = field(init=False, factory=dict)
    _loop: asyncio.AbstractEventLoop | None = field(init=False, default=None)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)
    _heard: list[Changed] = field(init=False, factory=list)

    @asynccontextmanager
    async def span(self) -> AsyncIterator[None]:
        """Follow what changes, while the block lasts."""
        self._loop = asyncio.get_running_loop()
        again = self._loop.create_task(self._look_again_now_and_then())
        try:
            yield
        finally:
            again.cancel()
            self._loop = None
            for board in self._boards.values():
                board.close()
            self._boards.clear()

    async def join(self, topic: Topic, last_event_id: str = "") -> Listener:
        """A listener to that topic, which has seen what `last_event_id` says. Raises: what the source raises."""
        board = self._boards.get(topic.guild_id)
        if board is None:
            board = self._boards[topic.guild_id] = Board(topic.guild_id, self.source, self.lanes)
        seen = {each: version for each, version in seen_of(last_event_id).items() if topic.covers(each)}
        listener = Listener(topic, board, seen)
        try:
            await board.join(listener)
        except BaseException:
            self.leave(listener)
            raise
        return listener

    def leave(self, listener: Listener) -> None:
        """Nobody listens there any more."""
        board = listener.board
        board.leave(listener)
        if not board.listeners and self._boards.get(board.guild_id) is board:
            board.close()
            del self._boards[board.guild_id]

    def end(self) -> None:
        """Let nobody hear any more."""
        for board in self._boards.values():
            for listener in board.listeners:
                listener.end()

    # --- told by any thread -------------------------------------------------------------------------------------------

    def changed(self, changed: Sequence[Changed]) -> None:
        """Many commits between two turns of the loop wake it once."""
        with self._lock:
            first = not self._heard
            self._heard += changed
        if first:
            self._soon(self._hear)

    def missed(self) -> None:
        self._soon(self._look_again)

    def _soon(self, callback: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop was closed: nobody listens any more
                loop.call_soon_threadsafe(callback)

    # --- in the loop --------------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        with self._lock:
            heard, self._heard = self._heard, []
        by_guild: dict[GuildId, set[int]] = {}
        for each in heard:
            by_guild.setdefault(each.guild_id, set()).add(int(each.aggregate_id))
        for guild_id, auction_ids in by_guild.items():
            if guild_id in self._boards:
                self._boards[guild_id].hear(auction_ids)

    def _look_again(self) -> None:
        for board in self._boards.values():
            board.look_again()

    async def _look_again_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self.reread_seconds)
            self._look_again()
