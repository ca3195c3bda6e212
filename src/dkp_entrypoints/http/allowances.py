"""How often each caller may ask: counted by key, by session, or by address where somebody is nobody yet (A-9).

Every request counts once, before anything is done for it. Whose credentials they are is remembered from the time they
were last found good, so that most requests are counted on arrival; those of a new caller are counted when the caller
is known. Credentials that are not found good count against the address they come from, which is soon refused without
a look at any others that are new: so a guesser learns nothing more, and who is known there goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import threading
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from queue import SimpleQueue
from typing import Final

import structlog
from attrs import define, field, frozen

from dkp_adapters.limiting import Count, Hit, Limits, Rate
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_entrypoints.http.asking import Asked
from dkp_entrypoints.http.problems import RateLimited
from dkp_entrypoints.settings import Settings

KNOWN_MAX: Final = 10_000
CLOSE_SECONDS_MAX: Final = 2.0
# Whoever watches over the process asks again and again, and must get an answer.
_WATCHED: Final = re.compile(r"/health/(?:live|ready)/?\Z")
# However many slashes there are: the router takes several for one.
_SIGNING_IN: Final = re.compile(r"/+(?:accounts|api/+auth/+token)(?:/|\Z)")

_logger: Final = structlog.get_logger("dkp.http")


class CallerKind(StrEnum):
    """The kinds of callers, each with a rate of its own."""

    ANONYMOUS = "anonymous"
    SESSION = "session"
    PERSONAL_KEY = "personal-key"
    BOT_KEY = "bot-key"
    SIGN_IN = "sign-in"


_KINDS: Final = {
    ActorKind.USER: CallerKind.SESSION,
    ActorKind.API_KEY: CallerKind.PERSONAL_KEY,
    ActorKind.BOT: CallerKind.BOT_KEY,
}


def rates_of(settings: Settings) -> Mapping[CallerKind, Rate | None]:
    """The rate of each kind of caller; None where nothing limits it."""
    return {
        CallerKind.ANONYMOUS: Rate.of(settings.rate_anonymous),
        CallerKind.SESSION: Rate.of(settings.rate_session),
        CallerKind.PERSONAL_KEY: Rate.of(settings.rate_personal_key),
        CallerKind.BOT_KEY: Rate.of(settings.rate_bot_key),
        CallerKind.SIGN_IN: Rate.of(settings.rate_sign_in),
    }


@frozen
class _Caller:
    """Who is counted, under which name, and how often they may."""

    kind: CallerKind
    who: str
    rate: Rate | None


@define(eq=False)
class Allowances:
    """What each caller may still ask. `enter`, `count` and `settle` belong to the event loop; the others to any thread.

    Of an address, credentials that were not found good are counted apart, and so are requests that bear some but lead
    nowhere: neither holds back those who have none, nor those who are known.
    """

    limits: Limits
    rates: Mapping[CallerKind, Rate | None]
    _known: dict[bytes, _Caller] = field(init=False, factory=dict)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)
    _batches: _Batches = field(init=False)
    _told: Mapping[CallerKind, tuple[bytes, bytes]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._batches = _Batches(self.limits)
        self._told = {
            kind: (b"ratelimit-policy", f'"{kind}";q={rate.amount};w={rate.seconds}'.encode())
            for kind, rate in self.rates.items()
            if rate is not None
        }

    # --- on arrival, in the event loop --------------------------------------------------------------------------------

    def enter(self, asked: Asked) -> Awaitable[None] | None:
        """Count a request as it arrives, where it shows whose it is; what comes back has to be waited for.

        Raises: RateLimited.
        """
        caller = self._on_arrival(asked)
        if caller is not None:
            if self.limits.shared:
                return self._in_batch(asked, caller)
            self._here(asked, caller)
        return None

    async def count(self, asked: Asked, by: Actor | None) -> None:
        """Count a request that was answered together with another one of the same caller. Raises: RateLimited."""
        if asked.counted:
            return
        caller = self._by_address(asked, CallerKind.ANONYMOUS) if by is None else self._of(by)
        if self.limits.shared:
            await self._in_batch(asked, caller)
        else:
            self._here(asked, caller)

    def settle(self, asked: Asked) -> None:
        """Count a request that nobody has counted before it was answered: it bore something, and led nowhere."""
        if asked.counted:
            return
        asked.counted = True
        caller = self._unproven(asked)
        if caller.rate is None:
            return
        if self.limits.shared:
            _ = self._batches.count(caller.who, caller.rate)  # nobody waits for it
        else:
            self.limits.count(caller.who, caller.rate)

    def _on_arrival(self, asked: Asked) -> _Caller | None:
        """Who it is; None where that remains to be seen, or where nothing is counted. Raises: RateLimited."""
        if _WATCHED.match(asked.path):
            asked.counted = True
            return None
        if _SIGNING_IN.match(asked.path):
            return self._by_address(asked, CallerKind.SIGN_IN)
        mark = _mark(asked)
        if mark is None:
            return self._by_address(asked, CallerKind.ANONYMOUS)
        known = self._known.get(mark)
        if known is None:
            self._must_not_be_guessing(asked)
        return known

    def _must_not_be_guessing(self, asked: Asked) -> None:
        for caller in (self._guessing(asked), self._unproven(asked)):
            seconds = self.limits.spent(caller.who, caller.rate) if caller.rate is not None else 0.0
            if seconds and caller.rate is not None:
                asked.counted = True
                raise RateLimited(caller.rate.amount, caller.rate.seconds, _whole(seconds))

    def _here(self, asked: Asked, caller: _Caller) -> None:
        if caller.rate is not None:
            self._told_of(asked, caller, self.limits.count(caller.who, caller.rate))
        asked.counted = True

    async def _in_batch(self, asked: Asked, caller: _Caller) -> None:
        asked.counted = True
        if caller.rate is not None:
            self._told_of(asked, caller, await self._batches.count(caller.who, caller.rate))

    # --- in the lanes, when it shows whose they are -------------------------------------------------------------------

    def recognised(self, asked: Asked, by: Actor) -> None:
        """Remember whose credentials these are, and count the request where it was not. Raises: RateLimited."""
        caller = self._of(by)
        mark = _mark(asked)
        if mark is not None and self._known.get(mark) != caller:
            with self._lock:
                self._known.pop(mark, None)
                self._known[mark] = caller
                while len(self._known) > KNOWN_MAX:
                    del self._known[next(iter(self._known))]
        if not asked.counted:
            self._here(asked, caller)

    def guessed(self, asked: Asked) -> None:
        """Count credentials that are no good against their address; who brought none guessed nothing.

        Raises: RateLimited, which hides that they are no good.
        """
        mark = _mark(asked)
        if mark is None:
            return
        with self._lock:
            self._known.pop(mark, None)
        self._here(asked, self._guessing(asked))

    # --- whom -----------------------------------------------------------------------------------------------------

    def _of(self, by: Actor) -> _Caller:
        kind = _KINDS.get(by.kind, CallerKind.SESSION)
        return _Caller(kind, f"{kind}:{by.session_id or by.id}", self.rates[kind])

    def _by_address(self, asked: Asked, kind: CallerKind) -> _Caller:
        return _Caller(kind, f"{kind}:{asked.address}", self.rates[kind])

    def _guessing(self, asked: Asked) -> _Caller:
        return _Caller(CallerKind.SIGN_IN, f"guess:{asked.address}", self.rates[CallerKind.SIGN_IN])

    def _unproven(self, asked: Asked) -> _Caller:
        """Who bears something that nobody looked at: a path that is none, a body that was refused."""
        return _Caller(CallerKind.ANONYMOUS, f"unproven:{asked.address}", self.rates[CallerKind.ANONYMOUS])

    def _told_of(self, asked: Asked, caller: _Caller, count: Count) -> None:
        """Tell the caller what is left. Raises: RateLimited where nothing is."""
        ends = "" if count.seconds is None else f";t={_whole(count.seconds)}"
        asked.allowance = (
            (b"ratelimit", f'"{caller.kind}";r={max(0, count.left)}{ends}'.encode()),
            self._told[caller.kind],
        )
        if count.too_many and caller.rate is not None:
            asked.counted = True
            if count.left == -1:  # those that follow are seen in the metrics
                _logger.warning("too many requests", kind=str(caller.kind), request_id=asked.request_id)
            raise RateLimited(caller.rate.amount, caller.rate.seconds, _whole(count.seconds or 0.0))

    # --- its life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Get ready to count."""
        self._batches.start()

    async def close(self) -> None:
        """Count what was begun, and end."""
        await asyncio.to_thread(self._batches.close)
        self.limits.close()


_Gathered = list[tuple[Hit, asyncio.Future[Count]]]


@define(eq=False)
class _Batches:
    """Counts many requests in one trip of a thread of its own: while one is under way, the next gather.

    Belongs to one event loop. After it was closed everything is let through: the process is ending.
    """

    limits: Limits
    _trips: SimpleQueue[tuple[asyncio.AbstractEventLoop, _Gathered] | None] = field(init=False, factory=SimpleQueue)
    _waiting: _Gathered = field(init=False, factory=list)
    _under_way: bool = field(init=False, default=False)
    _thread: threading.Thread | None = field(init=False, default=None)

    def start(self) -> None:
        """Get ready to go."""
        self._thread = threading.Thread(target=self._travel, name="dkp-limits", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Bring back what is under way, and go no more."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._trips.put(None)
            thread.join(CLOSE_SECONDS_MAX)

    def count(self, who: str, rate: Rate) -> asyncio.Future[Count]:
        """What counting one more of theirs comes to."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Count] = loop.create_future()
        self._waiting.append(((who, rate), outcome))
        if not self._under_way:
            self._go(loop)
        return outcome

    def _go(self, loop: asyncio.AbstractEventLoop) -> None:
        gathered, self._waiting = self._waiting, []
        if self._thread is None:  # closed meanwhile
            self._told(gathered, [_LET_THROUGH] * len(gathered))
            return
        self._under_way = True
        self._trips.put((loop, gathered))

    def _travel(self) -> None:
        """In the thread: count what was gathered, and tell the loop."""
        while (trip := self._trips.get()) is not None:
            loop, gathered = trip
            counts: Sequence[Count] = [_LET_THROUGH] * len(gathered)
            try:
                counts = self.limits.count_all([hit for hit, _ in gathered])
            except Exception:
                _logger.exception("requests could not be counted")  # and are answered all the same
            with suppress(RuntimeError):  # the loop was closed: nobody is left to be told
                loop.call_soon_threadsafe(self._arrived, loop, gathered, counts)

    def _arrived(self, loop: asyncio.AbstractEventLoop, gathered: _Gathered, counts: Sequence[Count]) -> None:
        self._under_way = False
        if self._waiting:
            self._go(loop)
        self._told(gathered, counts)

    def _told(self, gathered: _Gathered, counts: Sequence[Count]) -> None:
        for (_, outcome), count in zip(gathered, counts, strict=True):
            if not outcome.done():  # nobody waits any more
                outcome.set_result(count)


_LET_THROUGH: Final = Count(0, None)


def _mark(asked: Asked) -> bytes | None:
    """What tells the credentials of a request from all others, without being them; None where it has none."""
    key, cookie = asked.headers.get(b"authorization"), asked.headers.get(b"cookie")
    if key is None and cookie is None:
        return None
    return hashlib.blake2b((key or b"") + b"\n" + (cookie or b""), digest_size=16).digest()


def _whole(seconds: float) -> int:
    """Whole seconds, at least one: whoever waits so long is not too early."""
    return max(1, math.ceil(round(seconds, 3)))  # a clock that counts in fractions is a hair off
