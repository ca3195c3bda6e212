"""Automatic point adjustments that change what is shown: decay of balances, decay of rows, and caps."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

from attrs import field, frozen
from attrs.validators import ge, gt

from dkp_adapters.eqdkp.arithmetic.amounts import Amount, fine, product, to_precision, whole
from dkp_core.kernel.period import BEGINNING
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points.formula import Formula, Occasion, rounded

MINUTE: Final = 60
DAY: Final = 86_400
MONTH: Final = 30 * DAY

_KEPT: Final = 2**16
_NEAR: Final = 10**60
_FACTOR: Final = re.compile(r"\s*\$?value\s*\*\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*", re.ASCII | re.IGNORECASE)


# Makes a value and its date into what is left of it.
Left: TypeAlias = Callable[[int, int], Amount]


class Module(Enum):
    """What a decay of rows may concern."""

    RAID = "raid"
    ITEM = "item"
    ADJUSTMENT = "adjustment"


@frozen
class Rhythm:
    """When a decay runs: from its start on, every so many seconds."""

    starts_at: int
    every: int = field(validator=gt(0))

    def runs(self, now: int, server: tzinfo) -> range:
        """The moments of its runs until now; none where it has not started.

        The first is when it is the start's hour and minute, as the server has them, by a clock of UTC: at the start or
        within a day after it. Where that still lies ahead, the program reckons as if it were past.
        """
        if self.starts_at > now:
            return range(0)
        clock = datetime.fromtimestamp(self.starts_at, server)
        of_day = clock.hour * 60 * MINUTE + clock.minute * MINUTE
        first = self.starts_at + (of_day - self.starts_at) % DAY
        return range(first, max(now, first) + 1, self.every)


@frozen(kw_only=True)
class DecayOfCurrent:
    """What is left of a balance after each run (`decay_current`); `zero_months` of 0 let nothing lapse."""

    pools: frozenset[int]
    rhythm: Rhythm
    formula: Formula
    zero_months: int = field(default=0, validator=ge(0))

    def left(self, runs: range, now: int, precision: int) -> Callable[[Mapping[int, Amount]], Amount]:
        """Makes what came in each window into the balance that is shown.

        A window ends with its run, the last one after all runs. At each run the formula is given what the run before
        had left and what came since, and what it comes to is rounded. What had its last run longer ago than
        `zero_months` starts from nothing. Raises: FormulaFails.
        """
        last = len(runs) - 1
        lapsed = self.zero_months and last and now - self.zero_months * MONTH > runs[-1]
        after = self._after_run(runs, now, precision)

        def balance(came: Mapping[int, Amount]) -> Amount:
            value: Amount = 0
            filled, index = sorted(came), 0
            while index <= last and not lapsed:
                before, value = value, after(value + came.get(index, 0), index)
                index += 1
                if value == before and index - 1 not in came and self.formula.is_timeless:
                    # Nothing came and nothing faded: so it stays until something comes.
                    following = bisect_left(filled, index)
                    index = filled[following] if following < len(filled) else last + 1
            return (after(0, last) if lapsed else value) + came.get(last + 1, 0)

        return balance

    def _after_run(self, runs: range, now: int, precision: int) -> Callable[[Amount, int], Amount]:
        factor, timeless = factor_of(self.formula), self.formula.is_timeless
        if factor is not None and precision == 2:
            return lambda amount, _: product(amount, factor)

        @lru_cache(maxsize=_KEPT)
        def at(amount: Amount, run: int) -> Amount:
            occasion = Occasion(at=_moment(run), since=_moment(run), dated=_moment(now), original=ZERO)
            return to_precision(_worth(self.formula, amount, occasion), precision)

        return lambda amount, index: at(amount, 0 if timeless else runs[index])


@frozen(kw_only=True)
class DecayOfRows:
    """What is left of raids, items and adjustments by their age (`decay_ria`), wherever they are summed up."""

    pools: frozenset[int]
    rhythm: Rhythm
    formula: Formula
    modules: frozenset[Module]
    zero_months: int = field(default=0, validator=ge(0))

    def left(self, runs: range) -> Left:
        """Makes a value and its date into what is left of it; nothing that shows is rounded but by the formula.

        Raises: FormulaFails.
        """
        if not runs:
            return unchanged
        first, last = runs[0], runs[-1]
        faded = self._faded(runs)

        def left(value: int, at: int) -> Amount:
            if at < first:
                return value
            if self.zero_months and last - self.zero_months * MONTH > at:
                return 0
            return faded(value, at)

        return left

    def _faded(self, runs: range) -> Left:
        factor = factor_of(self.formula)
        if factor is not None:
            powers = _powers(factor, len(runs))
            return lambda value, at: fine(value * powers[len(runs) - _runs_before(at, runs)])
        if self.formula.is_timeless:
            return self._chained(runs)

        @lru_cache(maxsize=_KEPT)
        def dated(value: int, at: int) -> Amount:
            amount: Amount = value
            for run in runs[_runs_before(at, runs) :]:
                amount = self._after_run(amount, value, at=at, run=run)
            return amount

        return dated

    def _chained(self, runs: range) -> Left:
        """Where no moment matters, what any number of runs leaves of a value is worked out once."""
        chains: dict[int, list[Amount]] = {}

        def chained(value: int, at: int) -> Amount:
            chain = chains.setdefault(value, [value])
            times = len(runs) - _runs_before(at, runs)
            while len(chain) <= times:
                if chain[-1:] == chain[-2:-1]:
                    return chain[-1]
                chain.append(self._after_run(chain[-1], value, at=0, run=0))
            return chain[times]

        return chained

    def _after_run(self, amount: Amount, original: int, *, at: int, run: int) -> Amount:
        occasion = Occasion(at=_moment(run), since=_moment(at), dated=_moment(at), original=Points(original))
        return fine(Fraction(_worth(self.formula, amount, occasion)))


@frozen
class Bounds:
    """How far a balance may go, in hundredths; None is no bound."""

    lower: int | None = None
    upper: int | None = None

    def within(self, amount: Amount) -> Amount:
        """The amount, or the bound it lies beyond; the lower one goes first."""
        if self.lower is not None and amount < self.lower:
            return self.lower
        return self.upper if self.upper is not None and amount > self.upper else amount


@frozen
class VisibleCap:
    """Bounds for what is shown, and for nothing else (`hardcap_current`)."""

    pools: frozenset[int]
    bounds: Bounds


@frozen
class HardCap:
    """Bounds that the program books when somebody looks at a points page (`currentcap_current`).

    Whoever looks is shown the bound; the adjustment that makes it true is among the rows from then on.
    """

    pools: frozenset[int]
    bounds: Bounds


Rule: TypeAlias = DecayOfCurrent | DecayOfRows | VisibleCap | HardCap
_R = TypeVar("_R", DecayOfCurrent, DecayOfRows, VisibleCap, HardCap)


def first_for(pool: int, rules: Iterable[Rule], kind: type[_R]) -> _R | None:
    """The first rule of a kind for a pool: the program has eyes for no other."""
    return next((each for each in rules if isinstance(each, kind) and pool in each.pools), None)


def decay_of(module: Module, pool: int, rules: Iterable[Rule]) -> DecayOfRows | None:
    """The first decay of rows for a pool that concerns them."""
    return first_for(
        pool, (each for each in rules if isinstance(each, DecayOfRows) and module in each.modules), DecayOfRows
    )


def unchanged(value: int, at: int) -> Amount:  # noqa: ARG001  # it stands where a decay would
    """What is left of a value where nothing decays: all of it."""
    return value


def factor_of(formula: Formula) -> Fraction | None:
    """Which share a formula leaves, where it says nothing else, as most do: a product is worked out sooner."""
    found = _FACTOR.fullmatch(formula.text)
    return factor if found and (factor := Fraction(found[1])) <= 1 else None


def _powers(factor: Fraction, count: int) -> Sequence[Fraction]:
    """Its powers up to that one, so near to them that their products with amounts are the same when they are fine."""
    powers = [Fraction(1)]
    while len(powers) <= count:
        powers.append(Fraction(rounded(powers[-1] * factor * _NEAR), _NEAR))
    return powers


def windows(at: int, runs: range, now: int) -> Iterator[int]:
    """The windows between runs that a moment falls in; two, where it is that of a run: both have it for their own.

    What comes later than the second after now falls in none, nor does what came before 1970.
    """
    index = _runs_before(at, runs)
    both = index < len(runs) and at == runs[index]
    for window in range(index, index + 1 + both):
        if at >= 0 and (window < len(runs) or at <= now + 1):
            yield window


def _runs_before(at: int, runs: range) -> int:
    """How many of the runs are before that moment."""
    return min(max(-((runs.start - at) // runs.step), 0), len(runs))


def _worth(formula: Formula, amount: Amount, occasion: Occasion) -> Amount:
    return whole(formula.worth(Fraction(amount) / 100, occasion) * 100)


def _moment(seconds: int) -> datetime:
    return BEGINNING + timedelta(seconds=seconds)
