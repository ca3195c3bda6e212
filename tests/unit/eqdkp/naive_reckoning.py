"""EQdkp Plus's arithmetic once more, as slowly and as literally as it can be said; what the quick one is held against.

Amounts are points as fractions. Everything is summed anew from all rows whenever it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Final, TypeAlias

from attrs import frozen

from dkp_adapters.eqdkp.arithmetic import (
    DecayOfCurrent,
    DecayOfRows,
    HardCap,
    Installation,
    Member,
    Module,
    Pool,
    Raid,
    VisibleCap,
)

DAY: Final = 86_400
# What formulas are, in Python: of value, ref_date, date and ref_val.
Function: TypeAlias = Callable[[Fraction, int, int, Fraction], Fraction]


def rounded(amount: Fraction, places: int) -> Fraction:
    """Half away from zero."""
    with localcontext(prec=60):
        decimal = Decimal(amount.numerator) / Decimal(amount.denominator)
        return Fraction(decimal.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


FUNCTIONS: Final[Mapping[str, Function]] = {
    "$value * 0.9": lambda value, *_: value * Fraction(9, 10),
    "$value * 0.95\nround($Var0,2)": lambda value, *_: rounded(value * Fraction(95, 100), 2),
    "max($value - 5, 1)": lambda value, *_: max(value - 5, Fraction(1)),
    "round($value / 3, 0)": lambda value, *_: rounded(value / 3, 0),
    "($value + $ref_val / 2) / 2": lambda value, ref_date, date, ref_val: (value + ref_val / 2) / 2,
    "$value - ($ref_date - $date) / 100000": lambda value, ref_date, date, ref_val: (
        value - Fraction(ref_date - date, 100_000)
    ),
}


@frozen
class NaiveReckoning:
    """An installation at a moment."""

    house: Installation
    now: int

    # --- who counts with whom -----------------------------------------------------------------------------------------

    def member(self, id_: int) -> Member | None:
        """The member of that id."""
        return next((each for each in self.house.members if each.id == id_), None)

    def group(self, id_: int) -> list[int]:
        """Whose points a member has with twinks."""
        for _ in range(len(self.house.members) + 1):
            member = self.member(id_)
            if member is None:
                return []
            if member.main in (None, 0, member.id):
                twinks = [
                    each.id
                    for each in self.house.members
                    if each.main == id_ and each.id != id_ and not each.asks_deletion and not each.is_unconfirmed
                ]
                return [id_, *twinks]
            id_ = member.main
        return []

    # --- rows ---------------------------------------------------------------------------------------------------------

    def raid(self, id_: int) -> Raid | None:
        """The raid of that id."""
        return next((each for each in self.house.raids if each.id == id_), None)

    def decay_of_rows(self, pool: Pool, module: Module) -> DecayOfRows | None:
        """The first one that concerns these rows of the pool."""
        for rule in self.house.rules:
            if isinstance(rule, DecayOfRows) and pool.id in rule.pools and module in rule.modules:
                return rule
        return None

    def value(self, pool: Pool, module: Module, value: int, at: int) -> Fraction:
        """What is left of a row's value."""
        original, rule = Fraction(value, 100), self.decay_of_rows(pool, module)
        if rule is None or rule.rhythm.starts_at > self.now:
            return original
        start = self.first_run(rule)
        last = start
        while last + rule.rhythm.every <= self.now:
            last += rule.rhythm.every
        if at < start:
            return original
        if rule.zero_months and last - rule.zero_months * 2_592_000 > at:
            return Fraction(0)

        def after(run: int) -> Fraction:
            if run < at:
                return original
            before = after(run - rule.rhythm.every)
            return FUNCTIONS[rule.formula.text](before, run, at, original)

        return after(last)

    def first_run(self, rule: DecayOfRows | DecayOfCurrent) -> int:
        """The start at the server's hour and minute, by UTC."""
        clock = datetime.fromtimestamp(rule.rhythm.starts_at, self.house.config.server)
        moment = rule.rhythm.starts_at - rule.rhythm.starts_at % DAY + clock.hour * 3600 + clock.minute * 60
        return moment if moment >= rule.rhythm.starts_at else moment + DAY

    # --- points -------------------------------------------------------------------------------------------------------

    def earned(self, id_: int, pool: Pool) -> Fraction:
        """By the raids' events, each row of attendance."""
        if self.decay_of_rows(pool, Module.RAID) and id_ in self.house.config.special:
            return Fraction(0)
        raids = [self.raid(row.raid) for row in self.house.attendees if row.member == id_]
        return self.sum(
            self.value(pool, Module.RAID, raid.value, raid.at) for raid in raids if raid and raid.event in pool.events
        )

    def spent(self, id_: int, pool: Pool) -> Fraction:
        """By item pools."""
        return self.sum(
            self.value(pool, Module.ITEM, item.value, item.at)
            for item in self.house.items
            if item.buyer == id_ and item.item_pool in pool.item_pools
        )

    def adjusted(self, id_: int, pool: Pool) -> Fraction:
        """By the adjustments' events."""
        return self.sum(
            self.value(pool, Module.ADJUSTMENT, each.value, each.at)
            for each in self.house.adjustments
            if each.member == id_ and each.event in pool.events
        )

    def history(self, id_: int, pool: Pool, start: int, end: int) -> Fraction:
        """What came from start to end, both included."""
        base = Fraction(0)
        if start == 0:
            notes = [
                each for each in self.house.snapshots if each.member == id_ and each.pool == pool.id and each.at < end
            ]
            if notes:
                note = max(notes, key=lambda each: each.at)
                base, start = Fraction(note.net, 100), note.at + 1
        came = []
        for raid in self.house.raids:
            there = any(row.raid == raid.id and row.member == id_ for row in self.house.attendees)
            if raid.event in pool.events and start <= raid.at <= end and there and id_ not in self.house.config.special:
                came.append(self.value(pool, Module.RAID, raid.value, raid.at))
        for item in self.house.items:
            raid_of = self.raid(item.raid)
            if item.buyer == id_ and raid_of and raid_of.event in pool.events and start <= item.at <= end:
                came.append(-self.value(pool, Module.ITEM, item.value, item.at))
        came += [
            self.value(pool, Module.ADJUSTMENT, each.value, each.at)
            for each in self.house.adjustments
            if each.member == id_ and each.event in pool.events and start <= each.at <= end
        ]
        return base + self.sum(came)

    def current(self, members: list[int], pool: Pool, *, with_twinks: bool) -> Fraction:
        """The balance that is shown for a group."""
        value = self.sum(
            self.earned(each, pool) - self.spent(each, pool) + self.adjusted(each, pool) for each in members
        )
        decays = [each for each in self.house.rules if isinstance(each, DecayOfCurrent) and pool.id in each.pools]
        if decays and decays[0].rhythm.starts_at <= self.now:
            value = self.decayed(members, pool, decays[0])
        caps: list[HardCap | VisibleCap] = []
        if with_twinks != self.house.config.show_twinks:
            caps += [each for each in self.house.rules if isinstance(each, HardCap) and pool.id in each.pools][:1]
        caps += [each for each in self.house.rules if isinstance(each, VisibleCap) and pool.id in each.pools][:1]
        for cap in caps:
            lower, upper = cap.bounds.lower, cap.bounds.upper
            if lower is not None and value * 100 < lower:
                value = Fraction(lower, 100)
            elif upper is not None and value * 100 > upper:
                value = Fraction(upper, 100)
        return value

    def decayed(self, members: list[int], pool: Pool, rule: DecayOfCurrent) -> Fraction:
        """The recursion, run after run."""
        function, start = FUNCTIONS[rule.formula.text], self.first_run(rule)
        runs = [start]
        while runs[-1] + rule.rhythm.every <= self.now:
            runs.append(runs[-1] + rule.rhythm.every)

        def came(begin: int, end: int) -> Fraction:
            return self.sum(self.history(each, pool, begin, end) for each in members)

        def after(value: Fraction, run: int) -> Fraction:
            return rounded(function(value, run, self.now, Fraction(0)), self.house.config.precision)

        if rule.zero_months and len(runs) > 1 and self.now - rule.zero_months * 2_592_000 > runs[-1]:
            value = after(Fraction(0), runs[-1])
        else:
            value = after(came(0, start), start)
            for before, run in pairwise(runs):
                value = after(value + came(before, run), run)
        return value + came(runs[-1], self.now + 1)

    @staticmethod
    def sum(amounts: Iterable[Fraction]) -> Fraction:
        """The sum."""
        return sum(amounts, Fraction(0))

    # --- attendance ---------------------------------------------------------------------------------------------------

    def first(self, id_: int, pool: Pool) -> int | None:
        """Since when a member's lifetime counts."""
        dates = [
            raid.at
            for raid in self.house.raids
            for row in self.house.attendees
            if row.raid == raid.id and raid.event in pool.events and row.member not in self.house.config.special
            for member in [self.member(row.member)]
            if member and (member.main or member.id) == id_
        ]
        member = self.member(id_)
        assert member is not None
        return (min(dates) if dates else 0) or member.created_at or member.registered_at or None

    def attendance(self, id_: int, pool: Pool, days: int | None, *, with_twinks: bool) -> tuple[int, int, int] | None:
        """Attended, of how many, and of how many at most in truth."""
        ordinary = [each for each in self.house.members if each.id not in self.house.config.special]
        member = self.member(id_)
        assert member is not None
        main = member.main or member.id
        group = [each.id for each in ordinary if (each.main or each.id) == main] if with_twinks else []
        if not group and member not in ordinary:
            return None
        cutoff = 0
        if days is not None:
            clock = datetime.fromtimestamp(self.now, self.house.config.zone)
            cutoff = self.now - days * DAY - (clock.hour * 3600 + clock.minute * 60 + clock.second)
        attended = 0
        for raid in self.counted(pool, cutoff):
            there = [row.member for row in self.house.attendees if row.raid == raid.id]
            attended += any(each in there for each in group) if group else there.count(id_)
        firsts = [each for each in (self.first(one, pool) for one in group or [id_]) if each is not None]
        life = self.total(pool, 0, min(firsts)) if firsts else 0
        total = life if days is None else self.total(pool, cutoff, 0)
        return min(attended, total), total, min(total, life)

    def counted(self, pool: Pool, cutoff: int) -> list[Raid]:
        """The raids that count, by id."""
        events = pool.events - pool.no_attendance
        return sorted(
            (raid for raid in self.house.raids if raid.event in events and raid.at > cutoff), key=lambda raid: raid.id
        )

    def total(self, pool: Pool, cutoff: int, first: int) -> int:
        """How many raids there were since the first."""
        counted, total = list[int](), 0
        for raid in self.counted(pool, cutoff):
            if not any(each in counted for each in raid.connected):
                counted.append(raid.id)
                total += raid.at >= first
        return total
