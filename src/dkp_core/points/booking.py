"""The one door into the ledger for what is new: stamped with the policies it is made under, and kept under the caps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Final

from attrs import define, evolve, field, frozen

from dkp_core.guilds import Guild
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import EntryId, PoolId, UserId
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Ids
from dkp_core.points.entry import BUCKETS, UNEARNED, Bucket, Entry, EntryKind
from dkp_core.points.merge import FOR_GOOD, Merged, heads
from dkp_core.points.policies import InForce, Policies
from dkp_core.points.ports import PointsWork

# What gives back what was there before is not cut back again.
CAPPED: Final = frozenset(
    {EntryKind.ATTENDANCE, EntryKind.BONUS, EntryKind.SHARE, EntryKind.START, EntryKind.ADJUSTMENT}
)
UNMADE: Final = EntryId(0)


def book(work: PointsWork, entries: Sequence[Entry], *, ids: Ids, under: InForce | None = None) -> tuple[Entry, ...]:
    """Store new entries under the policies in force; what is over a cap is taken by a cap entry of the same source.

    `under` are other policies of their pool: those of the moment that a run was due.
    What reverses, and what moves to whom somebody was merged into, is appended to the ledger as it is. Answers all
    entries that were made. Raises: BalanceOutOfRange, at the latest when the transaction ends.
    """
    made: list[Entry] = []
    for pool_id, of_pool in groupby(sorted(entries, key=attrgetter("pool_id")), key=attrgetter("pool_id")):
        in_force = under or work.policies.of(pool_id)
        stamped = [_stamped(entry, in_force.version) for entry in of_pool]
        made += stamped
        if in_force.policies.caps_bookings:
            overs = over_the_caps(work, pool_id, stamped, in_force.policies)
            cuts = [cut(entry, over) for entry, over in zip(stamped, overs, strict=True) if over]
            made += numbered(cuts, ids)
    made.sort(key=lambda entry: entry.id)
    work.ledger.append(made)
    return tuple(made)


def _stamped(entry: Entry, version: int) -> Entry:
    return entry if entry.policies_version == version else evolve(entry, policies_version=version)


def numbered(entries: Sequence[Entry], ids: Ids) -> tuple[Entry, ...]:
    """The same entries, in their order, with ids of their own."""
    first = ids.next("entry", len(entries)) if entries else 0
    return tuple(evolve(entry, id=EntryId(first + index)) for index, entry in enumerate(entries))


def hold_all(work: PointsWork, entries: Sequence[Entry]) -> None:
    """Lock the balances that these entries move, in one order for everybody, where a pool of them has caps.

    Who takes back and books anew holds both beforehand: what is taken back is written when the caps ask for balances,
    and by itself would be locked in another order than what is booked.
    """
    pools = sorted({entry.pool_id for entry in entries})
    if not any(work.policies.of(pool_id).policies.caps_bookings for pool_id in pools):
        return
    for pool_id in pools:
        users = {entry.user_id for entry in entries if entry.pool_id == pool_id}
        work.ledger.held(pool_id, _Persons.of(work, users).users)


def take_back(
    work: PointsWork, entries: Sequence[Entry], *, reason: str, ids: Ids, at: datetime, by: Actor
) -> tuple[Entry, ...]:
    """Reverse entries, each from its own time on; answers the entries that do."""
    first = ids.next("entry", len(entries)) if entries else 0
    made = tuple(
        entry.reversed_by(EntryId(first + index), reason=reason, by=by, at=at) for index, entry in enumerate(entries)
    )
    work.ledger.append(made)
    return made


def over_the_caps(
    work: PointsWork, pool_id: PoolId, entries: Sequence[Entry], policies: Policies
) -> tuple[Points, ...]:
    """What of each of these entries is over a cap; whoever else books for these users waits until the end.

    What is booked on who was merged counts for the person they are: their balance is what must not pass the cap.
    """
    capped = [entry for entry in entries if _is_capped(entry)]
    if not capped:
        return (ZERO,) * len(entries)
    persons = _Persons.of(work, {entry.user_id for entry in capped})
    current = persons.current(work, pool_id, {persons.head(entry) for entry in capped})
    weeks = _Weeks(work, pool_id, persons)
    overs: list[Points] = []
    for entry in entries:
        over, head = 0, persons.head(entry)
        if _is_capped(entry):
            over = _over(entry, current[head], policies.cap)
            if policies.weekly_cap is not None and entry.bucket is Bucket.EARNED and entry.kind not in UNEARNED:
                over = max(over, _over(entry, weeks.earned(entry), policies.weekly_cap))
                weeks.add(entry, entry.amount.hundredths - over)
        if head in current:
            current[head] += entry.amount.hundredths - over
        overs.append(Points(over))
    return tuple(overs)


def _is_capped(entry: Entry) -> bool:
    return entry.kind in CAPPED and entry.amount > ZERO


def _over(entry: Entry, before: int, cap: Points | None) -> int:
    """By how many hundredths an entry passes a cap; what was over it before is left alone."""
    return over_cap(entry.amount.hundredths, before, cap)


def over_cap(amount: int, before: int, cap: Points | None) -> int:
    """By how many hundredths an amount passes a cap, with so many before it."""
    return 0 if cap is None else min(max(amount, 0), max(0, before + amount - cap.hundredths))


def cut(entry: Entry, over: Points) -> Entry:
    """The entry that takes what is over a cap: it stands and falls with what it cuts back. Its id is to be given."""
    return evolve(
        entry, id=UNMADE, kind=EntryKind.CAP, bucket=BUCKETS[EntryKind.CAP], amount=-over, reason=f"Cap: {entry.reason}"
    )


@frozen
class _Persons:
    """Users and whoever was merged into them, or they into: for whom counts what each of them has."""

    users: frozenset[UserId]
    pointers: Mapping[UserId, Merged]
    heads: Mapping[UserId, UserId]

    @classmethod
    def of(cls, work: PointsWork, users: Collection[UserId]) -> _Persons:
        """All that there is to know of these."""
        known: set[UserId] = set()
        pointers: dict[UserId, Merged] = {}
        asked = frozenset(users)
        while asked:
            known |= asked
            found = [merge.pointer for merge in work.merges.of(asked)]
            pointers |= {each.user_id: each for each in found}
            asked = frozenset(user_id for each in found for user_id in (each.user_id, each.into)) - known
        return cls(frozenset(known), pointers, heads(pointers.values()))

    def head(self, entry: Entry) -> UserId:
        """For whom an entry counts."""
        return self.head_of(entry.user_id, entry.occurred_at)

    def head_of(self, user_id: UserId, at: datetime) -> UserId:
        """For whom it counts what the user had at that moment."""
        pointer = self.pointers.get(user_id)
        return user_id if pointer is None or not pointer.covers(at) else self.heads[user_id]

    def current(self, work: PointsWork, pool_id: PoolId, persons: Collection[UserId]) -> dict[UserId, int]:
        """What these have, in hundredths, with what is still on its way to them; locked until the transaction ends."""
        coming = {
            user_id: self.heads[user_id]
            for user_id, pointer in self.pointers.items()
            if pointer.until == FOR_GOOD and self.heads[user_id] in persons
        }
        held = work.ledger.held(pool_id, {*persons, *coming})
        found = {user_id: held[user_id].current.hundredths for user_id in persons}
        for user_id, head in coming.items():
            found[head] += held[user_id].current.hundredths
        return found


@define(eq=False)
class _Weeks:
    """What people earned in the weeks that entries fall into, in hundredths; asked for once a week."""

    work: PointsWork
    pool_id: PoolId
    persons: _Persons
    _earned: dict[Period, dict[UserId, int]] = field(init=False, factory=dict)

    def earned(self, entry: Entry) -> int:
        """What whom it counts for earned in the week of the entry, what caps took of it taken off."""
        head = self.persons.head(entry)
        theirs = self._of(entry)
        return sum(
            hundredths
            for user_id, hundredths in theirs.items()
            if self.persons.head_of(user_id, entry.occurred_at) == head
        )

    def add(self, entry: Entry, hundredths: int) -> None:
        """So much more is earned in the week of the entry."""
        of_week = self._of(entry)
        of_week[entry.user_id] = of_week.get(entry.user_id, 0) + hundredths

    def _of(self, entry: Entry) -> dict[UserId, int]:
        week = self._guild.week_of(entry.occurred_at)
        if week not in self._earned:
            found = self.work.ledger.earned(self.pool_id, self.persons.users, week)
            self._earned[week] = {user_id: points.hundredths for user_id, points in found.items()}
        return self._earned[week]

    @cached_property
    def _guild(self) -> Guild:
        guild = self.work.guilds.named(str(self.work.guild_id))  # not held: nothing waits for whoever changes it
        assert guild is not None, "a transaction is in a guild"
        return guild
