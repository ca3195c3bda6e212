"""Replaying what was booked in a pool under other policies; nothing is written (P-15).

Everything goes through once more in the order in which it was booked; what was imported was so when it occurred. What
was booked stays as it was, unless it is priced anew, or follows from a rule (caps, runs) and that rule or what it looks
at is another one: that is reckoned anew, by the same arithmetic. So the same policies come to the same balances, and
other ones to what differs.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from attrs import define, field, frozen

from dkp_core.kernel.ids import BatchId, EntryId, MergeId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points.batch import ENTRY_KINDS, BatchKind
from dkp_core.points.booking import CAPPED, over_cap
from dkp_core.points.decay import DecayRun, decay_of_balance
from dkp_core.points.due import Run
from dkp_core.points.entry import BOUNDS, BUCKETS, Bucket, EntryKind, SourceKind
from dkp_core.points.formula import Occasion
from dkp_core.points.merge import Merged
from dkp_core.points.policies import Decay, DecayOf, Policies
from dkp_core.points.reckoning import Amounts, cap_amounts, penalty_of, rule_of
from dkp_core.points.views import BatchRow

Week = Callable[[datetime], datetime]
"""When the guild's week began that a moment belongs to."""


class PastEntry(NamedTuple):
    """An entry of the pool as it was booked; amounts are hundredths.

    What was `imported` was booked elsewhere, when it occurred; what an import reconciles is its own.
    """

    id: EntryId
    user_id: UserId
    kind: EntryKind
    bucket: Bucket
    amount: int
    source_kind: SourceKind
    source_id: int
    part: int
    character_name: str
    occurred_at: datetime
    recorded_at: datetime
    reverses: EntryId | None
    policies_version: int
    imported: bool = False

    @property
    def booked_at(self) -> datetime:
        """When it was booked: of what was imported, when it occurred, but at the latest when it came."""
        return min(self.occurred_at, self.recorded_at) if self.imported else self.recorded_at


class NewFact(NamedTuple):
    """Something that is paid under the other policies, where nothing was; it comes after the entry of that id."""

    user_id: UserId
    kind: EntryKind
    bucket: Bucket
    amount: int
    occurred_at: datetime
    policies_version: int
    after: EntryId | None


@frozen(kw_only=True)
class PastMerge:
    """A merge, and when it was undone, if it was."""

    pointer: Merged
    undone_at: datetime | None


@frozen(kw_only=True)
class PlannedRun:
    """A run that is made by another rule than in the past: its moment, and what it takes or gives of balances as of it.

    `amounts` is None for decay by age, which looks at entries.
    """

    run: Run
    amounts: Callable[[Amounts], Amounts] | None


@frozen(kw_only=True)
class OtherPrices:
    """What facts come to under the other policies: entries by id, in hundredths, and what was not paid at all."""

    by_entry: Mapping[EntryId, int] = field(factory=dict)
    new: Sequence[NewFact] = ()


@frozen(kw_only=True)
class Story:
    """What was booked in a pool since a moment, as it is known now, and what it began with.

    `entries` are in order of id; those that were booked before `since` are there as far as runs look back at them.
    `opening` is what each user had by what was booked before it: earned, spent and adjusted, as entries sign them.
    `policies` are those of each version, as they were; `exempt` are those whom decay by age leaves out, `members` the
    active members.
    """

    since: datetime
    opening: Mapping[UserId, tuple[int, int, int]]
    entries: Sequence[PastEntry]
    batches: Sequence[BatchRow]
    merges: Sequence[PastMerge]
    policies: Mapping[int, Policies]
    exempt: frozenset[UserId]
    members: frozenset[UserId]
    week: Week


@frozen(kw_only=True)
class Outcome:
    """What differs in the end: by user and bucket, and by kind of entry, in hundredths, as entries sign them."""

    by_user: Mapping[UserId, Mapping[Bucket, int]]
    by_kind: Mapping[EntryKind, int]
    before_by_kind: Mapping[EntryKind, int]
    replayed: int


@frozen(kw_only=True)
class OtherRules:
    """What is another rule: the policies of each version, as they would have been.

    Where `recap`, caps are worked out for everybody. Batches of the kinds that are `dropped` are left out, since the
    runs that are `planned` (in order) are made instead; what officers gave by hand stays.
    """

    versions: Mapping[int, Policies]
    recap: bool = False
    planned: Sequence[PlannedRun] = ()
    dropped: frozenset[BatchKind] = frozenset()

    def drops(self, batch: BatchRow) -> bool:
        """Whether a batch of the past is left out."""
        return batch.kind in self.dropped and (batch.kind is not BatchKind.BONUS or bool(batch.rule))


def replay(story: Story, prices: OtherPrices, rules: OtherRules, *, by_age: bool) -> Outcome:
    """What would differ now. `by_age` says that decay looks at entries, so that all of them are in the story.

    Raises: FormulaFails, InvalidValue where an amount leaves the limits of points.
    """
    return _Replaying(story, prices, rules, by_age).outcome()


_Key = tuple[UserId, SourceKind, int, int, datetime, str]


def _key_of(entry: PastEntry) -> _Key:
    return (
        entry.user_id,
        entry.source_kind,
        entry.source_id,
        entry.part,
        entry.occurred_at,
        entry.character_name,
    )


@define(eq=False)
class _Replaying:
    """How far the replay has come: what was, and by how much everything is another since."""

    story: Story
    prices: OtherPrices
    rules: OtherRules
    by_age: bool
    _then: dict[UserId, int] = field(init=False)
    """Current points as they were."""
    _late: list[tuple[datetime, int, UserId, int]] = field(init=False, factory=list)
    """What was booked, by time of occurrence."""
    _moved: dict[UserId, dict[Bucket, int]] = field(init=False, factory=lambda: defaultdict(Counter))
    """By how much each balance is another."""
    _moves: list[tuple[datetime, int, UserId, int]] = field(init=False, factory=list)
    _changed: dict[EntryId, int] = field(init=False, factory=dict)
    """By how much an entry is another; its reversal is so by the opposite."""
    _more_cut: dict[EntryId, int] = field(init=False, factory=dict)
    """What a cap takes of an entry of which none took anything, by the entry."""
    _weeks: dict[tuple[UserId, datetime], int] = field(init=False, factory=Counter)
    _kinds: dict[EntryKind, int] = field(init=False, factory=Counter)
    _cuts: dict[EntryId, PastEntry] = field(init=False, factory=dict)
    _is_cut: set[EntryId] = field(init=False, factory=set)
    _pointers: dict[UserId, Merged] = field(init=False, factory=dict)
    _carried: dict[MergeId, dict[Bucket, int]] = field(init=False, factory=lambda: defaultdict(Counter))
    _unasked: dict[BatchId, list[tuple[UserId, EntryKind, int, datetime]]] = field(init=False, factory=dict)
    """What a run of the past takes of users of whom it took nothing."""
    _ages: _Ages = field(init=False)
    _weekly: bool = field(init=False)
    _number: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self._then = {user_id: sum(parts) for user_id, parts in self.story.opening.items()}
        self._weekly = any(policies.weekly_cap is not None for policies in self.rules.versions.values())
        self._ages = _Ages(self.by_age)
        self._find_cuts()
        for batch in self.story.batches:
            stood = batch.reversed_at is None or batch.reversed_at >= self.story.since
            if batch.recorded_at < self.story.since and stood:
                self._ages.made(batch, self._decay_of(batch))
        for entry in self.story.entries:
            if entry.booked_at < self.story.since:
                self._look_back(entry)
        for merge in self.story.merges:
            if merge.pointer.at < self.story.since and (merge.undone_at is None or merge.undone_at >= self.story.since):
                self._pointers[merge.pointer.user_id] = merge.pointer

    def outcome(self) -> Outcome:
        """What it comes to when all is replayed."""
        before: Counter[EntryKind] = Counter()
        replayed = 0
        for act in self._in_order():
            act()
        for entry in self.story.entries:
            if entry.booked_at >= self.story.since:
                before[entry.kind] += entry.amount
                replayed += 1
        by_user = {
            user_id: {bucket: moved[bucket] for bucket in Bucket}
            for user_id, moved in self._moved.items()
            if any(moved.values())
        }
        by_kind = {kind: amount for kind, amount in self._kinds.items() if amount}
        return Outcome(by_user=by_user, by_kind=by_kind, before_by_kind=dict(before), replayed=replayed)

    # --- the order ----------------------------------------------------------------------------------------------------

    def _in_order(self) -> Iterator[Callable[[], None]]:
        since = self.story.since
        acts: list[tuple[datetime, int, int, Callable[[], None]]] = []
        of_batches: defaultdict[int, list[PastEntry]] = defaultdict(list)
        begun: dict[int, tuple[datetime, int]] = {}
        latest, new = since, self._new_by_entry()
        for entry in self.story.entries:
            if entry.booked_at < since:
                continue
            if not entry.imported:
                latest = max(latest, entry.recorded_at)  # ids tell the order; hosts' clocks differ
            at = entry.booked_at if entry.imported else latest
            if entry.source_kind is SourceKind.BATCH and entry.reverses is None:
                of_batches[entry.source_id].append(entry)
                begun.setdefault(entry.source_id, (at, entry.id))
            else:
                acts.append((at, 2, entry.id, self._entry_act(entry)))
            acts += [(at, 2, entry.id, self._fact_act(fact)) for fact in new.pop(entry.id, ())]
        acts += [(max(fact.occurred_at, since), 2, 0, self._fact_act(fact)) for fact in new.pop(None, ())]
        for batch in self.story.batches:
            if batch.recorded_at >= since:
                at, number = begun.get(batch.id, (batch.recorded_at, 0))
                acts.append((at, 2, number, self._batch_act(batch, of_batches[batch.id])))
            if batch.reversed_at is not None and batch.reversed_at >= since:
                acts.append((batch.reversed_at, 3, batch.id, self._reversal_act(batch)))
        for merge in self.story.merges:
            if merge.pointer.at >= since:
                acts.append((merge.pointer.at, 0, merge.pointer.merge_id, self._merge_act(merge.pointer)))
            if merge.undone_at is not None and merge.undone_at >= since:
                acts.append((merge.undone_at, 0, merge.pointer.merge_id, self._undo_act(merge.pointer)))
        for order, planned in enumerate(self.rules.planned):
            acts.append((planned.run.at, 1, order, self._run_act(planned)))
        acts.sort(key=lambda act: act[:3])
        return (act for _, _, _, act in acts)

    def _new_by_entry(self) -> dict[EntryId | None, list[NewFact]]:
        found: dict[EntryId | None, list[NewFact]] = {}
        known = {entry.id for entry in self.story.entries if entry.booked_at >= self.story.since}
        for fact in self.prices.new:
            found.setdefault(fact.after if fact.after in known else None, []).append(fact)
        return found

    def _entry_act(self, entry: PastEntry) -> Callable[[], None]:
        return lambda: self._entry(entry)

    def _fact_act(self, fact: NewFact) -> Callable[[], None]:
        return lambda: self._book(fact)

    def _batch_act(self, batch: BatchRow, entries: list[PastEntry]) -> Callable[[], None]:
        return lambda: self._batch(batch, entries)

    def _reversal_act(self, batch: BatchRow) -> Callable[[], None]:
        return lambda: self._reverse(batch)

    def _merge_act(self, pointer: Merged) -> Callable[[], None]:
        return lambda: self._merge(pointer)

    def _undo_act(self, pointer: Merged) -> Callable[[], None]:
        return lambda: self._undo(pointer)

    def _run_act(self, planned: PlannedRun) -> Callable[[], None]:
        return lambda: self._run(planned)

    # --- what was booked ----------------------------------------------------------------------------------------------

    def _find_cuts(self) -> None:
        """Which cap entry was made for which: it has its source, user, time and name, and comes after it."""
        waiting: dict[_Key, list[EntryId]] = {}
        for entry in self.story.entries:
            if entry.reverses is not None:
                continue
            if entry.kind is EntryKind.CAP and not (entry.source_kind is SourceKind.BATCH and entry.part == BOUNDS):
                mains = waiting.get(_key_of(entry))
                if mains:
                    self._cuts[mains.pop()] = entry
                    self._is_cut.add(entry.id)
            elif entry.kind in CAPPED and entry.amount > 0:
                waiting.setdefault(_key_of(entry), []).append(entry.id)

    def _look_back(self, entry: PastEntry) -> None:
        """Something that was booked before the window: what runs and weeks see of it."""
        insort(self._late, (entry.occurred_at, entry.id, entry.user_id, entry.amount))
        self._count(entry.user_id, entry.kind, entry.bucket, entry.amount, entry.occurred_at)
        self._ages.booked(entry, 0)

    def _entry(self, entry: PastEntry) -> None:
        if entry.id in self._is_cut:
            return  # it went with what it cuts
        if entry.reverses is not None:
            self._was(entry)
            self._shift(entry, -self._changed.get(entry.reverses, 0))
            cut = self._more_cut.pop(entry.reverses, 0)
            if cut:
                self._move(entry.user_id, EntryKind.CAP, cut, entry.occurred_at)
            return
        self._fact(entry, self.prices.by_entry.get(entry.id, entry.amount))

    def _fact(self, entry: PastEntry, amount: int) -> None:
        """An entry, that comes to another amount now, with the cap entry that was made for it."""
        cut = self._cuts.get(entry.id)
        was_cut = -cut.amount if cut is not None else 0
        is_cut = was_cut
        if entry.kind in CAPPED:
            is_as_before = amount == entry.amount and not self.rules.recap and not self._differs(entry.user_id)
            if not is_as_before:
                is_cut = self._over(entry.user_id, entry.bucket, amount, entry.occurred_at, entry.policies_version)
        self._was(entry)
        self._shift(entry, amount - entry.amount)
        if cut is not None:
            self._was(cut)
            self._shift(cut, was_cut - is_cut)
        elif is_cut:
            self._more_cut[entry.id] = is_cut
            self._move(entry.user_id, EntryKind.CAP, -is_cut, entry.occurred_at)

    def _book(self, fact: NewFact) -> None:
        """Something that was never booked."""
        user_id, amount, at = fact.user_id, fact.amount, fact.occurred_at
        is_capped = fact.kind in CAPPED
        is_cut = self._over(user_id, fact.bucket, amount, at, fact.policies_version) if is_capped else 0
        self._move(user_id, fact.kind, amount, at, fact.bucket)
        if is_cut:
            self._move(user_id, EntryKind.CAP, -is_cut, at)

    def _over(self, user_id: UserId, bucket: Bucket, amount: int, at: datetime, version: int) -> int:
        """What the caps of that version take."""
        policies = self.rules.versions[version]
        over = over_cap(amount, self._then.get(user_id, 0) + sum(self._moved[user_id].values()), policies.cap)
        if policies.weekly_cap is not None and bucket is Bucket.EARNED:
            earned = self._weeks.get((user_id, self.story.week(at)), 0)
            over = max(over, over_cap(amount, earned, policies.weekly_cap))
        return over

    def _differs(self, user_id: UserId) -> bool:
        return user_id in self._moved and any(self._moved[user_id].values())

    # --- bookkeeping --------------------------------------------------------------------------------------------------

    def _was(self, entry: PastEntry) -> None:
        """The entry as it was."""
        self._then[entry.user_id] = self._then.get(entry.user_id, 0) + entry.amount
        insort(self._late, (entry.occurred_at, entry.id, entry.user_id, entry.amount))
        self._count(entry.user_id, entry.kind, entry.bucket, entry.amount, entry.occurred_at)
        self._ages.booked(entry, 0)

    def _shift(self, entry: PastEntry, by: int) -> None:
        """The entry is another by so much."""
        if by:
            self._changed[entry.id] = self._changed.get(entry.id, 0) + by
            self._ages.booked(entry, by)
            self._kinds[entry.kind] += by
            self._carry(entry.user_id, entry.bucket, entry.kind, by, entry.occurred_at)

    def _move(self, user_id: UserId, kind: EntryKind, by: int, at: datetime, bucket: Bucket | None = None) -> None:
        """Something that was not booked is, or no longer is; in its kind's own bucket, unless another is named."""
        bucket = bucket or BUCKETS[kind]
        if by:
            self._kinds[kind] += by
            self._ages.moved(user_id, kind, bucket, by, at)
            self._carry(user_id, bucket, kind, by, at)

    def _carry(self, user_id: UserId, bucket: Bucket, kind: EntryKind, by: int, at: datetime) -> None:
        """A balance is another by so much; what is somebody else's since a merge goes on to them."""
        self._put(user_id, bucket, kind, by, at)
        pointer = self._pointers.get(user_id)
        while pointer is not None and pointer.covers(at):
            at = max(at, pointer.at)
            self._transfer(pointer, bucket, by, at)
            pointer = self._pointers.get(pointer.into)

    def _transfer(self, pointer: Merged, bucket: Bucket, by: int, at: datetime) -> None:
        self._put(pointer.user_id, bucket, EntryKind.TRANSFER, -by, at)
        self._put(pointer.into, bucket, EntryKind.TRANSFER, by, at)
        self._ages.moved(pointer.user_id, EntryKind.TRANSFER, bucket, -by, at)
        self._ages.moved(pointer.into, EntryKind.TRANSFER, bucket, by, at)
        self._carried[pointer.merge_id][bucket] += by

    def _put(self, user_id: UserId, bucket: Bucket, kind: EntryKind, by: int, at: datetime) -> None:
        self._moved[user_id][bucket] += by
        self._number += 1
        insort(self._moves, (at, self._number, user_id, by))
        self._count(user_id, kind, bucket, by, at)

    def _count(self, user_id: UserId, kind: EntryKind, bucket: Bucket, amount: int, at: datetime) -> None:
        if self._weekly and (bucket is Bucket.EARNED or kind is EntryKind.CAP):
            self._weeks[user_id, self.story.week(at)] += amount

    # --- merges -------------------------------------------------------------------------------------------------------

    def _merge(self, pointer: Merged) -> None:
        for bucket, by in list(self._moved[pointer.user_id].items()):
            if by:
                self._transfer(pointer, bucket, by, pointer.at)
        self._pointers[pointer.user_id] = pointer

    def _undo(self, pointer: Merged) -> None:
        self._pointers.pop(pointer.user_id, None)
        for bucket, by in self._carried.pop(pointer.merge_id, {}).items():
            self._transfer(pointer, bucket, -by, pointer.at)
        self._carried.pop(pointer.merge_id, None)

    # --- batches ------------------------------------------------------------------------------------------------------

    def _decay_of(self, batch: BatchRow) -> Decay | None:
        """The rule of a run of decay of the past; None of another kind of batch."""
        return self.story.policies[batch.policies_version].decay if batch.kind is BatchKind.DECAY else None

    def _batch(self, batch: BatchRow, entries: Sequence[PastEntry]) -> None:
        if self.rules.drops(batch):
            for entry in entries:
                self._was(entry)
                self._shift(entry, -entry.amount)
            return
        decay = self._decay_of(batch)
        self._ages.made(batch, decay)
        amounts = self._anew(batch, decay, entries)
        booked = {entry.user_id for entry in entries}
        for entry in entries:
            if entry.id not in self._is_cut:
                self._fact(entry, amounts.get(entry.user_id, entry.amount))
        kind = ENTRY_KINDS[batch.kind]
        unasked = [(user_id, kind, by, batch.at) for user_id, by in amounts.items() if by and user_id not in booked]
        for user_id, _, by, at in unasked:
            self._move(user_id, kind, by, at)
        self._unasked[batch.id] = unasked

    def _anew(self, batch: BatchRow, decay: Decay | None, entries: Sequence[PastEntry]) -> Mapping[UserId, int]:
        """What the run of the past comes to for whoever has something else now; nobody else is looked at.

        Who was left out of it, though the rule would have touched them, is left out again.
        """
        differing = [user_id for user_id in self._moved if self._differs(user_id)]
        booked = {entry.user_id: entry.amount for entry in entries}
        if not differing:
            return {}
        if decay is not None and decay.on is DecayOf.ENTRIES:
            asked = [user_id for user_id in differing if user_id in booked or user_id not in self.story.exempt]
            return self._ages.decay(asked, booked)
        reckon = self._reckoning(batch, decay, frozenset(booked))
        if reckon is None:
            return {}
        before, now = self._as_of(batch.at, differing)
        had, has = reckon(before), reckon(now)
        return {
            user_id: has.get(user_id, ZERO).hundredths
            for user_id in differing
            if booked.get(user_id, 0) or not had.get(user_id, ZERO)
        }

    def _reckoning(
        self, batch: BatchRow, decay: Decay | None, booked: frozenset[UserId]
    ) -> Callable[[Amounts], Amounts] | None:
        """What a run of the past makes of balances; None where it does not look at them."""
        if decay is not None:
            return decaying(decay, batch.at, self._ages.before(batch.at))
        policies = self.story.policies[batch.policies_version]
        cap, inactivity = policies.repeating_cap, policies.inactivity
        if batch.kind is BatchKind.CAP and cap is not None:
            return lambda before: cap_amounts(cap, before, self.story.members | booked)
        if batch.kind is BatchKind.INACTIVITY and inactivity is not None:
            # Who attended nothing is known of those alone of whom it took something.
            return lambda before: {each: penalty_of(inactivity, before[each]) for each in before if each in booked}
        return None

    def _reverse(self, batch: BatchRow) -> None:
        """A batch of the past was reversed: what it took of others now goes back with it."""
        for user_id, kind, by, at in self._unasked.pop(batch.id, ()):
            self._move(user_id, kind, -by, at)
        self._ages.unmade(batch.id)

    def _run(self, planned: PlannedRun) -> None:
        run = planned.run
        kind, version = ENTRY_KINDS[run.kind], run.in_force.version
        if planned.amounts is None:
            decay = run.in_force.policies.decay
            assert decay is not None, "a run of decay has a rule"
            found = self._ages.run(run.at, decay)
            amounts = {user_id: by for user_id, by in found.items() if user_id not in self.story.exempt}
        else:
            users = [*self._then, *(user_id for user_id in self._moved if user_id not in self._then)]
            _, now = self._as_of(run.at, users)
            amounts = {user_id: points.hundredths for user_id, points in planned.amounts(now).items()}
            if run.kind is BatchKind.DECAY:
                self._ages.ran(run.at)
        for user_id in sorted(amounts):
            if amounts[user_id]:
                self._book(NewFact(user_id, kind, BUCKETS[kind], amounts[user_id], run.at, version, None))

    def _as_of(self, at: datetime, users: Iterable[UserId]) -> tuple[dict[UserId, Points], dict[UserId, Points]]:
        """What these had as of that moment by what is booked so far: as it was, and as it is now."""
        late, moved = _from(self._late, at), _from(self._moves, at)
        before, now = {}, {}
        for user_id in users:
            had = self._then.get(user_id, 0) - late[user_id]
            differs = sum(self._moved[user_id].values()) - moved[user_id] if user_id in self._moved else 0
            before[user_id], now[user_id] = Points(had), Points(had + differs)
        return before, now


def _from(moves: list[tuple[datetime, int, UserId, int]], at: datetime) -> Counter[UserId]:
    """What occurred from that moment on, by user."""
    found: Counter[UserId] = Counter()
    for _, _, user_id, amount in moves[bisect_left(moves, (at,)) :]:
        found[user_id] += amount
    return found


def decaying(decay: Decay, at: datetime, last_run: datetime | None) -> Callable[[Amounts], Amounts]:
    """What a run of decay takes of balances."""
    rule, occasion = rule_of(decay), Occasion.of_balance(at, last_run=last_run)
    return lambda before: {user_id: decay_of_balance(balance, rule, occasion) for user_id, balance in before.items()}


# --- by age -----------------------------------------------------------------------------------------------------------


_Alike = tuple[int, Bucket, datetime]
"""What entries have in common that fade alike: amount, bucket and time of occurrence."""


@define(eq=False)
class _Ages:
    """Everybody's entries as decay by age sees them, and the runs that stand.

    Entries that fade alike go through each run once for all of them, as `Ageing` has it.
    """

    active: bool
    _entries: dict[UserId, dict[object, int]] = field(init=False, factory=lambda: defaultdict(dict))
    """Each user's entries, by which of `_alike` they are."""
    _sums: dict[UserId, int] = field(init=False, factory=Counter)
    _decayed: dict[UserId, int] = field(init=False, factory=Counter)
    _alike: list[_Alike] = field(init=False, factory=list)
    _left: list[int] = field(init=False, factory=list)
    """What the runs before `_seen` have left of each of `_alike`, signed as entries are."""
    _known: dict[_Alike, int] = field(init=False, factory=dict)
    _seen: int = field(init=False, default=0)
    _runs: list[tuple[datetime, int, Decay | None]] = field(init=False, factory=list)
    _folds: list[tuple[DecayRun, dict[int, int] | None]] = field(init=False, factory=list)
    _by_age: set[int] = field(init=False, factory=set)
    _reversed_at: dict[int, datetime | None] = field(init=False, factory=dict)
    _number: int = field(init=False, default=0)

    def booked(self, entry: PastEntry, by: int) -> None:
        """An entry as it was, or (`by`) as another by so much."""
        if not self.active:
            return
        user_id, amount = entry.user_id, by or entry.amount
        if entry.kind is EntryKind.DECAY and entry.source_kind is SourceKind.BATCH and entry.source_id in self._by_age:
            if entry.reverses is None or self._reversed_at.get(entry.source_id) == entry.recorded_at:
                self._decayed[user_id] += amount
            else:
                # Given back of a run that stands: it counts from then on, or the next run took it again.
                self._put(user_id, entry.id, amount, entry.recorded_at, entry.bucket)
        elif entry.reverses is not None:
            self._drop(user_id, entry.reverses)
        else:
            self._put(user_id, entry.id, amount, entry.occurred_at, entry.bucket)

    def moved(self, user_id: UserId, kind: EntryKind, bucket: Bucket, by: int, at: datetime) -> None:
        """Something that was not booked."""
        if not self.active:
            return
        if kind is EntryKind.DECAY and self._runs and _is_by_age(self._runs[-1][2]):
            self._decayed[user_id] += by
        else:
            self._number += 1
            self._put(user_id, f"+{self._number}", by, at, bucket)

    def made(self, batch: BatchRow, decay: Decay | None) -> None:
        """A run of decay of the past; what is none is passed over."""
        if decay is not None:
            self._ran(batch.at, batch.id, decay)
            if _is_by_age(decay):
                self._by_age.add(batch.id)
                self._reversed_at[batch.id] = batch.reversed_at

    def unmade(self, batch_id: BatchId) -> None:
        """A run of the past was reversed: what the others leave is reckoned from the beginning."""
        if all(run[1] != batch_id for run in self._runs):
            return
        kept = [run for run in self._runs if run[1] != batch_id]
        self._runs, self._folds, self._seen = [], [], 0
        for at, run_id, decay in kept:
            self._ran(at, run_id, decay)
        self._left = [amount for amount, _, _ in self._alike]

    def before(self, at: datetime) -> datetime | None:
        """The last run before that moment."""
        return max((moment for moment, _, _ in self._runs if moment < at), default=None)

    def ran(self, at: datetime) -> None:
        """A planned run of decay on balances was made."""
        self._ran(at, 0, None)

    def run(self, at: datetime, decay: Decay) -> dict[UserId, int]:
        """What a planned run by age books for everybody."""
        self._ran(at, 0, decay)
        return self.decay(list(self._entries), {})

    def decay(self, users: Iterable[UserId], booked: Mapping[UserId, int]) -> dict[UserId, int]:
        """What the run that was made last books for these users."""
        for alike in range(len(self._alike)):
            self._left[alike] = self._after(alike, self._seen)
        self._seen = len(self._folds)
        left, found = self._left.__getitem__, {}
        for user_id in users:
            amount = sum(map(left, self._entries[user_id].values())) - self._sums[user_id] - self._decayed[user_id]
            if amount or user_id in booked:
                found[user_id] = amount
        return found

    def _put(self, user_id: UserId, key: object, amount: int, at: datetime, bucket: Bucket) -> None:
        """So much more of an entry, which may be new."""
        amount += self._drop(user_id, key)
        alike = self._known.get((amount, bucket, at))
        if alike is None:
            alike = self._known[amount, bucket, at] = len(self._alike)
            self._alike.append((amount, bucket, at))
            self._left.append(amount)
            self._left[alike] = self._after(alike, 0, self._seen)
        self._entries[user_id][key] = alike
        self._sums[user_id] += amount

    def _drop(self, user_id: UserId, key: object) -> int:
        """Forget an entry; answers what it came to."""
        alike = self._entries[user_id].pop(key, None)
        amount = 0 if alike is None else self._alike[alike][0]
        self._sums[user_id] -= amount
        return amount

    def _ran(self, at: datetime, run_id: int, decay: Decay | None) -> None:
        self._runs.append((at, run_id, decay))
        if decay is not None and _is_by_age(decay):
            rule = rule_of(decay)
            same = next((steps for run, steps in self._folds if run.rule == rule), {})
            self._folds.append((DecayRun(at, rule), same if rule.is_of_the_value else None))

    def _after(self, alike: int, first: int, end: int | None = None) -> int:
        """What these runs leave; of what is spent, the positive number that is shown fades."""
        amount, bucket, occurred_at = self._alike[alike]
        sign = -1 if bucket is Bucket.SPENT else 1
        left = sign * self._left[alike]
        for run, steps in self._folds[first:end]:
            if not left:
                break
            if run.at < occurred_at or bucket not in run.rule.parts:
                continue
            if run.rule.has_lapsed(occurred_at, run.at):
                return 0
            after = None if steps is None else steps.get(left)
            if after is None:
                occasion = Occasion.of_entry(run.at, occurred_at=occurred_at, original=Points(sign * amount))
                after = run.rule.left_of(Points(left), occasion).hundredths
                if steps is not None:
                    steps[left] = after
            left = after
        return sign * left


def _is_by_age(decay: Decay | None) -> bool:
    return decay is not None and decay.on is DecayOf.ENTRIES
