"""Decay: what a run takes of a balance, or of entries by their age (P-6, P-7)."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final

from attrs import field, frozen

from dkp_core.kernel.ids import UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points.entry import BOUNDS, Bucket, Entry, EntryKind, Source, SourceKind
from dkp_core.points.formula import Formula, Occasion

MONTH: Final = timedelta(days=30)
_EVERY_PART: Final = frozenset(Bucket)


def _percentage(_: object, __: object, percent: Fraction | None) -> None:
    assert percent is None or 0 <= percent <= 100, "decay takes a part"


@frozen(kw_only=True)
class DecayRule:
    """What one run takes: a percentage, or what a formula leaves over.

    Either is rounded half-up at what is left (P-12): of 0.05, ten percent leave 0.05. Nothing is ever given, and
    nothing changes its sign: a formula that comes to more than the value leaves it, one beyond zero leaves nothing.

    `percent` is the number before the sign. `minimum` and `debts` are for balances; `parts`, `lapse_months` and
    `spares_before`, from when on entries fade at all, are for entries.
    """

    percent: Fraction | None = field(default=None, validator=_percentage)
    formula: Formula | None = None
    minimum: Points = ZERO
    debts: bool = False
    parts: frozenset[Bucket] = _EVERY_PART
    lapse_months: int | None = None
    spares_before: datetime | None = None
    _share_left: Fraction = field(init=False, eq=False, repr=False)

    @_share_left.default
    def _of_percent(self) -> Fraction:
        return 1 - Fraction(self.percent or 0) / 100

    def __attrs_post_init__(self) -> None:
        assert (self.percent is None) != (self.formula is None), "one of percent and formula says what is taken"

    @property
    def is_timeless(self) -> bool:
        """Whether what is left hangs on points alone, and on no moment."""
        return self.formula is None or self.formula.is_timeless

    @property
    def is_of_the_value(self) -> bool:
        """Whether what is left hangs on the value alone, and on nothing else."""
        return self.formula is None or self.formula.reads <= {"value"}

    def left_of(self, value: Points, occasion: Occasion) -> Points:
        """What a run leaves of a value. Raises: FormulaFails."""
        if self.formula is None:
            return value.times(self._share_left)
        left = self.formula.left_of(value, occasion)
        return max(min(left, value), ZERO) if value > ZERO else min(max(left, value), ZERO)

    def spares(self, occurred_at: datetime) -> bool:
        """Whether entries of that time are left as they are."""
        return self.spares_before is not None and occurred_at < self.spares_before

    def has_lapsed(self, occurred_at: datetime, at: datetime) -> bool:
        """Whether an entry of that time counts nothing any more at a run."""
        return self.lapse_months is not None and occurred_at < at - self.lapse_months * MONTH


def decay_of_balance(balance: Points, rule: DecayRule, occasion: Occasion) -> Points:
    """What a run books on a balance: what it takes is negative, and what it lifts of a debt positive.

    What is positive is left with the minimum at least; what is owed is touched only where debts fade as well.
    Who had more than somebody else has no less afterwards, where a percentage is taken. Raises: FormulaFails.
    """
    if balance > ZERO:
        left = max(rule.left_of(balance, occasion), min(balance, rule.minimum))
    else:
        left = rule.left_of(balance, occasion) if rule.debts else balance
    return left - balance


# --- by age -----------------------------------------------------------------------------------------------------------


@frozen
class DecayRun:
    """A run: its moment, which is that of the schedule, and the rule it was made under."""

    at: datetime
    rule: DecayRule


@frozen
class AgedEntry:
    """What decay by age knows of an entry that counts."""

    amount: Points
    occurred_at: datetime
    bucket: Bucket


@frozen
class Aged:
    """A user's entries in a pool, as decay by age sees them: those that count, and what decay has booked so far."""

    entries: tuple[AgedEntry, ...]
    booked: Points

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Aged:
        """All of them: what was reversed and its reversal count nothing, and decay is what is reckoned anew.

        In any order; a reversal and what it reverses have to be there both, and of who was merged into the user the
        lines as well, or what moved with the merge would be as young as the merge. What a cap took is taken off what it
        cut.
        """
        lines = tuple(entries)
        gone = {line.reverses for line in lines if line.reverses is not None}
        standing = [
            line for line in lines if line.kind is not EntryKind.DECAY and line.reverses is None and line.id not in gone
        ]
        booked = sum(line.amount.hundredths for line in lines if line.kind is EntryKind.DECAY)
        return cls(tuple(_less_what_caps_took(standing)), Points(booked))


def _less_what_caps_took(lines: Sequence[Entry]) -> Iterator[AgedEntry]:
    """The entries, each with what a cap took of it taken off; the bounds of a repeating cap cut no other entry."""
    over: defaultdict[tuple[UserId, datetime, Source], int] = defaultdict(int)
    for line in lines:
        if _is_cut(line):
            over[_cut_with(line)] += line.amount.hundredths
    for line in lines:
        if _is_cut(line):
            continue
        amount = line.amount.hundredths
        taken = 0
        if over and amount > 0 and line.bucket is not Bucket.SPENT:
            taken = min(-over[_cut_with(line)], amount)
            over[_cut_with(line)] += taken
        yield AgedEntry(Points(amount - taken), line.occurred_at, line.bucket)
    for line in lines:
        if _is_cut(line) and over[_cut_with(line)]:  # what it cut is not among them
            yield AgedEntry(Points(over.pop(_cut_with(line))), line.occurred_at, line.bucket)


def _is_cut(line: Entry) -> bool:
    of_bounds = line.source.kind is SourceKind.BATCH and line.source.part == BOUNDS
    return line.kind is EntryKind.CAP and line.amount < ZERO and not of_bounds


def _cut_with(line: Entry) -> tuple[UserId, datetime, Source]:
    return line.user_id, line.occurred_at, line.source


def _in_order(_: object, __: object, runs: tuple[DecayRun, ...]) -> None:
    assert all(one.at < other.at for one, other in pairwise(runs)), "runs are in order"


@frozen
class Ageing:
    """What the runs of a pool that stand, and the one that is made, leave of entries.

    An entry goes through every run at or after its time whose rule names its part, one after another, each rounded;
    once it has lapsed it stays at nothing. What was spent fades as the positive number that is shown.
    Equal entries are reckoned once, so one of these serves all users of a run.
    """

    runs: tuple[DecayRun, ...] = field(validator=_in_order)
    _moments: tuple[datetime, ...] = field(init=False, eq=False, repr=False)
    _timeless: bool = field(init=False, eq=False, repr=False)
    _known: dict[tuple[int, Bucket, datetime | tuple[int, int, int]], int] = field(
        init=False, eq=False, repr=False, factory=dict
    )
    _passages: dict[datetime, tuple[int, int, int]] = field(init=False, eq=False, repr=False, factory=dict)
    _steps: tuple[dict[int, int] | None, ...] = field(init=False, eq=False, repr=False)

    @_moments.default
    def _moments_of_runs(self) -> tuple[datetime, ...]:
        return tuple(run.at for run in self.runs)

    @_timeless.default
    def _are_timeless(self) -> bool:
        return all(run.rule.is_timeless for run in self.runs)

    @_steps.default
    def _steps_of_rules(self) -> tuple[dict[int, int] | None, ...]:
        shared: dict[DecayRule, dict[int, int]] = {}
        return tuple(shared.setdefault(run.rule, {}) if run.rule.is_of_the_value else None for run in self.runs)

    def left_of(self, entry: AgedEntry) -> Points:
        """What is left of an entry after the last run. Raises: FormulaFails."""
        return Points(self._left(entry))

    def decay_of(self, aged: Aged) -> Points:
        """What the last run books for a user, so that entries and decay add up to what is left of the entries.

        What was recorded late, reversed, or decayed by a run that was taken back, is made good with it.
        Raises: FormulaFails; InvalidValue, where it is no amount of points.
        """
        taken = sum(self._left(entry) - entry.amount.hundredths for entry in aged.entries)
        return Points(taken - aged.booked.hundredths)

    def _left(self, entry: AgedEntry) -> int:
        passage = self._passage(entry.occurred_at)
        key = (entry.amount.hundredths, entry.bucket, passage if self._timeless else entry.occurred_at)
        left = self._known.get(key)
        if left is None:
            left = self._known[key] = self._reckoned(entry, *passage)
        return left

    def _passage(self, occurred_at: datetime) -> tuple[int, int, int]:
        """The first run at or after that time; and as bits, which runs spare it, and at which it has lapsed."""
        passage = self._passages.get(occurred_at)
        if passage is None:
            spared = self._bits(run.rule.spares(occurred_at) for run in self.runs)
            lapsed = self._bits(run.rule.has_lapsed(occurred_at, run.at) for run in self.runs)
            passage = self._passages[occurred_at] = (bisect_left(self._moments, occurred_at), spared, lapsed)
        return passage

    @staticmethod
    def _bits(each: Iterable[bool]) -> int:
        return sum(1 << number for number, is_so in enumerate(each) if is_so)

    def _reckoned(self, entry: AgedEntry, first: int, spared: int, lapsed: int) -> int:
        sign = -1 if entry.bucket is Bucket.SPENT else 1
        original = left = sign * entry.amount.hundredths
        for number in range(first, len(self.runs)):
            if entry.bucket not in self.runs[number].rule.parts or spared >> number & 1:
                continue
            if lapsed >> number & 1 or not left:
                return 0
            steps = self._steps[number]
            after = None if steps is None else steps.get(left)
            if after is None:
                after = self._stepped(self.runs[number], left, original, entry.occurred_at)
                if steps is not None:
                    steps[left] = after
            left = after
        return sign * left

    def _stepped(self, run: DecayRun, value: int, original: int, occurred_at: datetime) -> int:
        occasion = Occasion.of_entry(run.at, occurred_at=occurred_at, original=Points(original))
        return run.rule.left_of(Points(value), occasion).hundredths
