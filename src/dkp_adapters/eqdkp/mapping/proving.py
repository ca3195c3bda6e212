"""The proof: every number that EQdkp Plus shows against what is here (O-2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from attrs import field, frozen

from dkp_adapters.eqdkp.arithmetic import WINDOWS, Pool, WindowedAttendance
from dkp_adapters.eqdkp.mapping.household import Housed
from dkp_adapters.eqdkp.mapping.reckoning import Reckoned, hundredths
from dkp_adapters.eqdkp.mapping.turnout import SAID, Rule, Share, Turnout, Whose
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.period import BEGINNING
from dkp_core.kernel.points import ZERO, Points
from dkp_core.moving import AttendanceProof, BalanceProof, Found, Kind, Numbers, Person
from dkp_core.points import Balance

_NAMED_MAX: Final = 5


def proved(
    reckoned: Reckoned, numbers: Numbers, found: Found
) -> tuple[Sequence[BalanceProof], Sequence[AttendanceProof]]:
    """Each character's points and attendance in each pool, there and here."""
    proof = _Proof(reckoned, numbers, found)
    return tuple(proof.balances()), tuple(proof.attendance())


@frozen
class _Proof:
    reckoned: Reckoned
    numbers: Numbers
    found: Found
    _people: Mapping[int, Person] = field(init=False, repr=False)

    @_people.default
    def _numbered(self) -> Mapping[int, Person]:
        return {each.number: each for each in self.reckoned.household.people}

    # --- points ---

    def balances(self) -> Iterator[BalanceProof]:
        for character in self._characters():
            for pool in self.reckoned.house.pools:
                yield self._balance(character, pool.id)

    def _balance(self, character: Housed, pool: int) -> BalanceProof:
        key = (character.id, pool)
        plain, shown = self.reckoned.plain[key], self.reckoned.standings[key]
        single, net = hundredths(plain.single.sum), self._net(character, pool)
        balance = self._here(character.owner, pool)
        faults = list(self._faults(character, pool, single, net, balance))
        return BalanceProof(
            character=character.name,
            old_id=str(character.id),
            pool=self.reckoned.pools[pool],
            owner=self._people[character.owner].name,
            single=single,
            with_twinks=hundredths(plain.with_twinks.sum),
            shown_single=hundredths(shown.single.current),
            shown_with_twinks=hundredths(shown.with_twinks.current),
            net=net,
            balance=balance,
            because=(*faults, *self._because(character, pool, balance)),
            agrees=not faults,
        )

    def _faults(self, character: Housed, pool: int, single: Points, net: Points, balance: Points) -> Iterator[str]:
        """What is not as it should be, and nobody knows why."""
        owner = character.owner
        if net != single:
            yield f"not explained: the entries here come to {net}, and its rows there to {single}"
        if balance != (owed := self.reckoned.shown(owner, pool)):
            yield f"not explained: the owner has {balance} here, and is shown {owed} there"
            return
        if self.reckoned.shows_parts and (parts := self._parts(owner, pool)):
            yield f"not explained: {parts}"
        reconciled, made = self._reconciled(owner, pool, balance), self.reckoned.made_by_rules(owner, pool)
        if reconciled != made:
            beside, known = (Decimal(each) / 100 for each in (reconciled, made))
            yield f"not explained: the owner has {beside:.2f} beside the rows' entries, and rules make {known:.2f}"

    def _because(self, character: Housed, pool: int, balance: Points) -> Iterator[str]:
        """Why the owner's balance is not what is shown for the character, or not what its entries come to."""
        household = self.reckoned.household
        reconciled = self._reconciled(character.owner, pool, balance)
        if reconciled and reconciled == self.reckoned.made_by_rules(character.owner, pool):
            causes = " and ".join(self.reckoned.causes(character.owner, pool))
            amount = f"{Decimal(reconciled) / 100:.2f}"
            yield f"what {causes} made of the owner's points is here as {self._as_entries()} of {amount}"
        both = self.reckoned.standings[character.id, pool]
        if balance != hundredths((both.with_twinks if household.rolled_up else both.single).current):
            if character.apart:
                yield character.apart
            yield from self._beside(character, pool)

    def _reconciled(self, owner: int, pool: int, balance: Points) -> int:
        """What the owner has beside the entries of rows, in hundredths."""
        rows = sum(self._net(each, pool).hundredths for each in self.reckoned.household.of(owner))
        return balance.hundredths - rows

    def _as_entries(self) -> str:
        return "entries" if self.reckoned.shows_parts else "an entry"

    def _beside(self, character: Housed, pool: int) -> Iterator[str]:
        """What else is the owner's, beside what is shown for the character."""
        household, standings = self.reckoned.household, self.reckoned.standings
        main = self.reckoned.house.groups()[character.id][:1]
        groups = [each for each in household.groups.get(character.owner, ()) if each not in main]
        alone = [each for each in household.alone.get(character.owner, ()) if each != character.id]
        others = [(each, hundredths(standings[each, pool].with_twinks.current)) for each in groups]
        others += [(each, hundredths(standings[each, pool].single.current)) for each in alone]
        told = [f"{household.characters[each].name} {amount}" for each, amount in others if amount]
        if told:
            more = len(told) - _NAMED_MAX
            named = ", ".join(told[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")
            yield f"points here are of the owner, who has beside it: {named}"

    def _parts(self, owner: int, pool: int) -> str:
        """What is earned or spent otherwise here than it is shown, where pages are made of that."""
        shown, found = self.reckoned.balance(owner, pool), self.found.balances.get(self._place(owner, pool), Balance())
        if (found.earned, found.spent) == (shown.earned, shown.spent):
            return ""
        here, there = (f"earned {each.earned} and spent {each.spent}" for each in (found, shown))
        return f"the owner has {here} here, and is shown to have {there} there"

    def _net(self, character: Housed, pool: int) -> Points:
        return self.found.net.get((*self._place(character.owner, pool), character.name), ZERO)

    def _here(self, owner: int, pool: int) -> Points:
        balance = self.found.balances.get(self._place(owner, pool))
        return ZERO if balance is None else balance.current

    # --- attendance ---

    def attendance(self) -> Iterator[AttendanceProof]:
        turnout = Turnout(self.reckoned.house, self.found.at)
        mains = _mains(self.reckoned)
        for character in self._characters():
            for pool in self.reckoned.house.pools:
                yield from self._attendance(character, pool, turnout, mains)

    def _attendance(
        self, character: Housed, pool: Pool, turnout: Turnout, mains: Mapping[int, frozenset[int]]
    ) -> Iterator[AttendanceProof]:
        both = self.reckoned.attendances[character.id, pool.id]
        grouped = self.reckoned.household.rolled_up
        page = both.with_twinks if grouped else both.single
        whose = Whose(
            named=mains[character.id] if grouped else frozenset({character.id}),
            grouped=grouped,
            owned=frozenset(each.id for each in self.reckoned.household.of(character.owner)),
            since=None if page is None else page.since,
            joined=self._joined(character.owner),
        )
        path = turnout.path(pool, whose)
        here = self.found.attendance.get(self._place(character.owner, pool.id))
        for window, days in enumerate(WINDOWS):
            steps = [shares[window] for shares in path]
            new = None if here is None else here[window]
            because = [
                SAID[rule] for rule, (before, after) in zip(Rule, pairwise(steps), strict=True) if before != after
            ]
            if new != steps[-1]:
                because.insert(0, f"not explained: by the rules here it would be {_told(steps[-1])}")
            yield AttendanceProof(
                character=character.name,
                old_id=str(character.id),
                pool=self.reckoned.pools[pool.id],
                days=days,
                old_single=_shown(both.single, days),
                old_with_twinks=_shown(both.with_twinks, days),
                new=new or (0, 0),
                because=tuple(because),
                agrees=new == steps[-1],
            )

    def _joined(self, owner: int) -> int:
        """The first whole second that is not before the owner joined: the moments of raids are whole ones."""
        joined = self.found.joined[self.numbers.users[owner]]
        return -((BEGINNING - joined) // timedelta(seconds=1))

    # --- where things are ---

    def _characters(self) -> Iterator[Housed]:
        """Those that there are, by their names."""
        housed = self.reckoned.household.characters.values()
        return iter(sorted(housed, key=lambda each: (name_key(each.name), each.id)))

    def _place(self, owner: int, pool: int) -> tuple[PoolId, UserId]:
        return PoolId(self.numbers.of(Kind.POOL, pool)), self.numbers.users[owner]


def _mains(reckoned: Reckoned) -> Mapping[int, frozenset[int]]:
    """Who is counted together with a character for attendance: all that name the same main."""
    grouped: dict[int, set[int]] = {}
    for each in reckoned.house.members:
        grouped.setdefault(each.main_id, set()).add(each.id)
    return {each.id: frozenset(grouped[each.main_id]) for each in reckoned.house.members}


def _shown(page: WindowedAttendance | None, days: int | None) -> Share:
    """What a page shows; nothing for special characters."""
    return (0, 0) if page is None else (page.shown[days].attended, page.shown[days].total)


def _told(share: Share) -> str:
    attended, total = share
    return f"{attended}/{total}"
