"""What the program shows of everybody's points in every pool."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from attrs import evolve, frozen

from dkp_adapters.eqdkp.arithmetic.amounts import Amount
from dkp_adapters.eqdkp.arithmetic.decay import (
    DecayOfCurrent,
    DecayOfRows,
    HardCap,
    Left,
    Module,
    VisibleCap,
    decay_of,
    first_for,
    unchanged,
    windows,
)
from dkp_adapters.eqdkp.arithmetic.installation import Attendee, Installation, Pages, Pool
from dkp_adapters.eqdkp.arithmetic.zero_sum import earned_by_items

_Sums: TypeAlias = Mapping[int, Amount]


@frozen(kw_only=True)
class Standing:
    """The four columns of a points page; rounding is for whoever shows them.

    `current` is after all rules. Decay of balances and caps leave the other three as they are, so the columns need not
    add up; decay of rows is in all four.
    """

    earned: Amount
    spent: Amount
    adjusted: Amount
    current: Amount

    @property
    def sum(self) -> Amount:
        """What the columns come to: the current points without decay of balances and without caps."""
        return self.earned - self.spent + self.adjusted


@frozen
class Standings:
    """A member's points in a pool: its own, and those of its main's whole group."""

    single: Standing
    with_twinks: Standing


def standings(house: Installation, now: int) -> Mapping[tuple[int, int], Standings]:
    """Everybody's points at a moment, by the ids of member and pool.

    Where pages show no balances, neither their decay nor caps are in them. A formula that fails fails the whole: the
    program would show no page either. Raises: FormulaFails.
    """
    if house.config.pages is not Pages.POINTS:
        house = evolve(house, rules=[each for each in house.rules if isinstance(each, DecayOfRows)])
    groups = house.groups()

    @cache
    def left(decay: DecayOfRows | None) -> Left:
        return decay.left(decay.rhythm.runs(now, house.config.server)) if decay else unchanged

    return {
        (member, pool.id): each
        for pool in house.pools
        for member, each in _PoolBook.of(house, pool, now, left).standings(groups)
    }


@frozen(kw_only=True)
class _PoolBook:
    """A pool with what is left of its rows."""

    house: Installation
    pool: Pool
    now: int
    raids: _Sums  # by raid
    items: Sequence[Amount]  # by row
    adjustments: Sequence[Amount]  # by row

    @classmethod
    def of(cls, house: Installation, pool: Pool, now: int, left: Callable[[DecayOfRows | None], Left]) -> _PoolBook:
        """The book at that moment; `left` is what a decay leaves of rows."""
        raid, item, adjustment = (left(decay_of(module, pool.id, house.rules)) for module in Module)
        return cls(
            house=house,
            pool=pool,
            now=now,
            raids={each.id: raid(each.value, each.at) for each in house.raids if each.event in pool.events},
            items=[item(each.value, each.at) for each in house.items],
            adjustments=[adjustment(each.value, each.at) for each in house.adjustments],
        )

    def standings(self, groups: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, Standings]]:
        """Each member's."""
        earned, spent, adjusted = self.earned(), self.spent(), self.adjusted()
        balance = self.balances()

        def standing(members: Sequence[int], on_page: bool) -> Standing:
            summed = Standing(
                earned=_summed(earned, members),
                spent=_summed(spent, members),
                adjusted=_summed(adjusted, members),
                current=0,
            )
            current = summed.sum if balance is None else balance(members)
            return evolve(summed, current=self.capped(current, on_page=on_page))

        twinks = self.house.config.pages_have_twinks
        grouped = {members: standing(members, twinks) for members in {tuple(each) for each in groups.values()}}
        for member in groups:
            yield member, Standings(standing((member,), not twinks), grouped[tuple(groups[member])])

    def earned(self) -> _Sums:
        """Each row of attendance earns the raid's value; special members earn too, unless raids decay.

        Source: the program sums attendance in the database, and by a list that leaves them out where it has to decay.
        Where pages are zero-sum, the raid's own value is nothing to them.
        """
        if self.house.config.pages is Pages.ZERO_SUM:
            return earned_by_items(self.house, self.pool, self.items)
        decays = decay_of(Module.RAID, self.pool.id, self.house.rules) is not None
        without = self.house.config.special if decays else frozenset()
        raids, sums = self.raids, defaultdict[int, Amount](int)
        for raid, member in self.house.attendees:
            if raid in raids and member not in without:
                sums[member] += raids[raid]
        return sums

    def spent(self) -> _Sums:
        """An item counts by its item pool, whatever its raid."""
        sums = defaultdict[int, Amount](int)
        for item, value in zip(self.house.items, self.items, strict=True):
            if item.item_pool in self.pool.item_pools:
                sums[item.buyer] += value
        return sums

    def adjusted(self) -> _Sums:
        """An adjustment counts by its event."""
        sums = defaultdict[int, Amount](int)
        for adjustment, value in zip(self.house.adjustments, self.adjustments, strict=True):
            if adjustment.event in self.pool.events:
                sums[adjustment.member] += value
        return sums

    def balances(self) -> Callable[[Sequence[int]], Amount] | None:
        """What is left of a group's balance, where balances of the pool decay and have begun to."""
        decay = first_for(self.pool.id, self.house.rules, DecayOfCurrent)
        runs = decay.rhythm.runs(self.now, self.house.config.server) if decay else range(0)
        if not decay or not runs:
            return None
        left = decay.left(runs, self.now, self.house.config.precision)
        history = self.history(runs)
        return lambda members: left(_added(history[each] for each in members if each in history))

    def history(self, runs: range) -> Mapping[int, _Sums]:
        """What came for each member in each window between runs.

        The history begins with the last snapshot before the first run, where there is one.
        """
        came: dict[int, dict[int, Amount]] = defaultdict(lambda: defaultdict(int))
        begins: dict[int, int] = {}
        for note in sorted(self.house.snapshots, key=lambda each: each.at):
            if note.pool == self.pool.id and note.at < runs[0]:
                begins[note.member] = note.at
                came[note.member][0] = note.net
        for member, at, amount in self.moves():
            if at > begins.get(member, -1):
                for window in windows(at, runs, self.now):
                    came[member][window] += amount
        return came

    def moves(self) -> Iterator[tuple[int, int, Amount]]:
        """Who had how much more or less, and when, as the history has it.

        It counts a raid once however many rows say who was there, leaves special members out of raids, and counts an
        item by its raid's event, whatever its item pool.
        """
        dates = {each.id: each.at for each in self.house.raids}
        for raid, member in self._present():
            yield member, dates[raid], self.raids[raid]
        for item, value in zip(self.house.items, self.items, strict=True):
            if item.raid in self.raids:
                yield item.buyer, item.at, -value
        for adjustment, value in zip(self.house.adjustments, self.adjustments, strict=True):
            if adjustment.event in self.pool.events:
                yield adjustment.member, adjustment.at, value

    def _present(self) -> set[Attendee]:
        special = self.house.config.special
        return {each for each in self.house.attendees if each.raid in self.raids and each.member not in special}

    def capped(self, current: Amount, *, on_page: bool) -> Amount:
        """The current points within the pool's caps; the hard one holds for what points pages show."""
        hard = first_for(self.pool.id, self.house.rules, HardCap)
        visible = first_for(self.pool.id, self.house.rules, VisibleCap)
        if hard and on_page:
            current = hard.bounds.within(current)
        return visible.bounds.within(current) if visible else current


def _summed(sums: _Sums, members: Iterable[int]) -> Amount:
    return sum(sums.get(each, 0) for each in members)


def _added(histories: Iterable[_Sums]) -> _Sums:
    added = defaultdict[int, Amount](int)
    for history in histories:
        for window, amount in history.items():
            added[window] += amount
    return added
