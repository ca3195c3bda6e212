"""Attendance there and here: by which rules the one number becomes the other (O-2, D-9).

EQdkp Plus's rules are exchanged for ours one after the other; a rule whose exchange changes a number explains it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, TypeAlias

from attrs import define, evolve, field, frozen

from dkp_adapters.eqdkp.arithmetic import WINDOWS, Installation, Pool, Raid
from dkp_adapters.eqdkp.arithmetic.attendance import dates_counted, midnight
from dkp_core.kernel.period import BEGINNING

_DAY: Final = 86_400
_EVER: Final = -(2**62)
_ENDLESS: Final = 2**62
_MICROSECOND: Final = timedelta(microseconds=1)

Share: TypeAlias = tuple[int, int]
"""Raids attended, of how many."""


class Rule(IntEnum):
    """Our rules that are not those of EQdkp Plus, in the order in which they are taken up."""

    SPECIAL = 1
    NO_ATTENDANCE = 2
    EMPTY = 3
    CONNECTED = 4
    UNDATED = 5
    TO_COME = 6
    EXACT = 7
    ONCE = 8
    OWNER = 9
    JOINED = 10


SAID: Final[Mapping[Rule, str]] = {
    Rule.SPECIAL: "special characters have attendance here, and none there",
    Rule.NO_ATTENDANCE: "raids of events that are marked 'no attendance' in the pool count here",
    Rule.EMPTY: "raids without points at which nobody was do not count here",
    Rule.CONNECTED: "connected raids count one by one here, and as one there",
    Rule.UNDATED: "raids without a date count here, as of 1970",
    Rule.TO_COME: "raids that are still to come do not count here",
    Rule.EXACT: "the window is of exactly as many times 24 hours here, and begins at midnight there",
    Rule.ONCE: "who is noted twice at a raid was there once here",
    Rule.OWNER: "attendance here is of the owner, with all their characters",
    Rule.JOINED: "a lifetime begins here when the owner joined, or at their first raid in the pool if that was earlier",
}


@frozen(kw_only=True)
class Whose:
    """Whose raids are counted: `named` there (one character, or a main's group: `grouped`), `owned` here.

    A lifetime begins `since` then there (None is never), and here with `joined` at the latest.
    """

    named: frozenset[int]
    grouped: bool
    owned: frozenset[int]
    since: int | None
    joined: int


@frozen(kw_only=True)
class _Book:
    """The raids of a pool that count, by some of the rules.

    `dates` are those of all of them by id; `held` the sorted dates of those in the windows of 30, 60 and 90 days and of
    a lifetime, which begin with `starts`, and none of which is later than `ends`.
    """

    dates: Mapping[int, int]
    held: Sequence[Sequence[int]]
    starts: Sequence[int]
    ends: int

    def shares(self, visits: Mapping[int, int], since: int | None) -> Sequence[Share]:
        """What visits, as often as each raid was attended, come to in each window; a lifetime begins `since` then."""
        *starts, begins = self.starts
        earliest = min(starts)
        attended, ever = [0] * len(starts), 0
        for raid, times in visits.items():
            at = self.dates.get(raid)
            if at is None or not begins <= at < self.ends:
                continue
            ever += times
            if at >= earliest:  # few are
                for window, start in enumerate(starts):
                    attended[window] += times if at >= start else 0
        *recent, life = self.held
        totals = [*map(len, recent), 0 if since is None else len(life) - bisect_left(life, since)]
        return [(min(came, total), total) for came, total in zip([*attended, ever], totals, strict=True)]


@define
class Turnout:
    """Who was at which raid of an installation, until a moment."""

    house: Installation
    at: datetime
    _visits: Mapping[int, Counter[int]] = field(init=False)
    _paths: dict[tuple[int, Whose], Sequence[Sequence[Share]]] = field(factory=dict, init=False)
    _books: dict[int, Sequence[_Book]] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        visits: defaultdict[int, Counter[int]] = defaultdict(Counter)
        known = {each.id for each in self.house.members}
        for raid, member in self.house.attendees:
            if member in known:
                visits[member][raid] += 1
        self._visits = visits

    def path(self, pool: Pool, whose: Whose) -> Sequence[Sequence[Share]]:
        """The shares of each window by the rules of EQdkp Plus alone, then after each of ours was taken up."""
        key = (pool.id, whose)
        if key not in self._paths:
            self._paths[key] = tuple(self._walked(pool, whose))
        return self._paths[key]

    def _walked(self, pool: Pool, whose: Whose) -> Iterator[Sequence[Share]]:
        if pool.id not in self._books:
            self._books[pool.id] = tuple(self._made(pool))
        theirs, *others = self._books[pool.id]
        ours, owned = others[-1], self._noted(whose.owned, once=True)
        begins = min([whose.joined, *(ours.dates[raid] for raid in owned if raid in ours.dates)])
        reckoned = whose.named - self.house.config.special
        # Whom the program shows none has no beginning there either.
        since = whose.since if reckoned else begins
        shown = theirs.shares(self._noted(reckoned, once=whose.grouped), since)
        yield shown if reckoned else [(0, 0) for _ in WINDOWS]
        noted = self._noted(whose.named, once=whose.grouped)
        yield theirs.shares(noted, since)
        for book in others:
            yield book.shares(noted, since)
        yield ours.shares(self._noted(whose.named, once=True), since)
        yield ours.shares(owned, since)
        yield ours.shares(owned, begins)

    def _noted(self, members: Collection[int], *, once: bool) -> Mapping[int, int]:
        """How often these were noted at each raid; `once` for all of them together."""
        noted = Counter[int]()
        for each in members:
            noted.update(self._visits.get(each, ()))
        return dict.fromkeys(noted, 1) if once else noted

    def _made(self, pool: Pool) -> Iterator[_Book]:
        """The raids by the rules of EQdkp Plus, then by each of ours that is about raids."""
        came = {raid for visits in self._visits.values() for raid in visits}
        raids = sorted((each for each in self.house.raids if each.event in pool.events), key=lambda each: each.id)
        counted = [each for each in raids if each.event not in pool.no_attendance]
        held = [each for each in raids if each.value or each.id in came]
        today = midnight(self.house.config, int(self.at.timestamp()))
        now = -(-((self.at - BEGINNING) // _MICROSECOND) // 1_000_000)
        theirs = [today - days * _DAY + 1 if days else 1 for days in WINDOWS]
        alone = [evolve(each, connected=()) for each in held]
        yield _book(counted, theirs)
        yield _book(raids, theirs)
        yield _book(held, theirs)
        yield _book(alone, theirs)
        yield _book(alone, [*theirs[:-1], _EVER])
        yield _book(alone, [*theirs[:-1], _EVER], now)
        yield _book(alone, [now - days * _DAY if days else _EVER for days in WINDOWS], now)


def _book(raids: Sequence[Raid], starts: Sequence[int], ends: int = _ENDLESS) -> _Book:
    return _Book(
        dates={each.id: each.at for each in raids},
        held=[dates_counted(each for each in raids if start <= each.at < ends) for start in starts],
        starts=starts,
        ends=ends,
    )
