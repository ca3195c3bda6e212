"""What if: the guild's own history under other policies, and who would gain and lose by it (P-15)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final, TypeVar

from attrs import evolve, field, frozen

from dkp_core.guilds import WEEKDAYS
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.data import a_percent
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import EntryId, EventTypeId, PoolId, RaidId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import PAGE_SIZE_MAX, Page, PageRequest
from dkp_core.kernel.period import BEGINNING, week_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Clock, Read
from dkp_core.points import (
    FOR_GOOD,
    BatchFilter,
    BatchKind,
    BatchRow,
    BonusFor,
    Bucket,
    DecayOf,
    EntryKind,
    InForce,
    Merged,
    MergeFilter,
    MergeKind,
    NewFact,
    OtherPrices,
    OtherRules,
    Outcome,
    PastEntry,
    PastMerge,
    PlannedRun,
    Policies,
    Run,
    SourceKind,
    StandingRow,
    StandingsFilter,
    Story,
    Turnout,
    bonus_amounts,
    cap_amounts,
    decaying,
    heads,
    inactivity_amounts,
    joined_by,
    next_runs,
    replay,
    scheduled,
)
from dkp_core.raids.attendance import Attendance, Pay, awarded
from dkp_core.raids.ports import PastView
from dkp_core.raids.raid import Raid, RaidStatus, Tick
from dkp_core.raids.rewarding import there_throughout
from dkp_core.raids.views import EventTypeRow

MONTH: Final = timedelta(days=30)
MONTHS_MAX: Final = 120
ATTENDANCE_FIELDS: Final = frozenset(
    {
        "alt_percent",
        "late_percent",
        "left_early_percent",
        "standby_percent",
        "absent_excused_percent",
        "paid_once_per",
    }
)
RUN_FIELDS: Final[Mapping[str, BatchKind]] = MappingProxyType(
    {
        "decay": BatchKind.DECAY,
        "repeating_cap": BatchKind.CAP,
        "inactivity": BatchKind.INACTIVITY,
        "bonuses": BatchKind.BONUS,
    }
)
CAP_FIELDS: Final = frozenset({"cap", "weekly_cap"})
SIMULATED: Final = (*sorted(ATTENDANCE_FIELDS), *sorted(CAP_FIELDS), *RUN_FIELDS)
"""The policies that a simulation may change; the others move no points, or only those of who comes."""
RULES_ELSEWHERE: Final = frozenset({"decay", "cap", "repeating_cap"})
"""What stands here for rules that another system had, of which an import tells what they came to in all."""
_FOR_RAIDS: Final = (BonusFor.ON_TIME, BonusFor.FULL_RAID)
_EVERYTHING: Final = BEGINNING
T = TypeVar("T")


@frozen(kw_only=True)
class OtherPoints:
    """What raids of an event type would give: part of their points, or so many points at each tick."""

    factor: Fraction | None = None
    points: Points | None = None

    def of(self, tick: Points) -> Points:
        """What a tick of so many points would give."""
        return self.points if self.points is not None else tick.times(self.factor if self.factor is not None else 1)


@frozen(kw_only=True)
class WhatIf:
    """What would be other: policies of the pool, what part items would cost, and what raids would give.

    `points` go by the id or name of an event type.
    """

    policies: Mapping[str, object]
    prices: Fraction | None = None
    points: Mapping[str, OtherPoints]

    def points_by_type(self, event_types: Iterable[EventTypeRow]) -> Mapping[EventTypeId, OtherPoints]:
        """What raids would give, by event type. Raises: InvalidValue where there is no such type."""
        known = {key: each.id for each in event_types for key in (str(each.id), name_key(each.name))}
        found: dict[EventTypeId, OtherPoints] = {}
        for name, points in self.points.items():
            event_type = known.get(name_key(name))
            if event_type is None:
                raise InvalidValue(f"points.{name}"[:80], "there is no such event type", "the id or name of one")
            found[event_type] = points
        return found

    @property
    def reprices_attendance(self) -> bool:
        """Whether attendance would pay something else."""
        return bool(self.points or ATTENDANCE_FIELDS & self.policies.keys())


@frozen(kw_only=True)
class SimulatedRow:
    """What a user would have instead; positions are counted among those listed, `climbs` is by how many."""

    user_id: UserId
    username: str
    main_character: str | None
    position_now: int
    position_then: int
    climbs: int
    current_now: Points
    current_then: Points
    difference: Points
    earned_now: Points
    earned_then: Points
    spent_now: Points
    spent_then: Points
    adjusted_now: Points
    adjusted_then: Points


@frozen(kw_only=True)
class KindChange:
    """What all entries of a kind came to in the time that was replayed, and what they would have come to."""

    kind: EntryKind
    now: str
    then: str


@frozen(kw_only=True)
class Simulation:
    """What would be, had other policies been in force since a moment; nothing was changed.

    `gain`, `lose` and `same` count the users listed, `kinds` are the kinds of entries that would have come to
    something else, `entries` how many were replayed, and `runs` how many runs were made by other rules.
    """

    pool_id: PoolId
    pool_name: str
    since: datetime
    until: datetime
    policies: Mapping[str, object]
    entries: int
    runs: int
    gain: int
    lose: int
    same: int
    total_now: str
    total_then: str
    kinds: tuple[KindChange, ...]
    rows: tuple[SimulatedRow, ...]


@frozen
class Simulate:
    """Replay the last months of a pool's own history under other policies, and show who would gain and lose.

    Nothing is changed. Policies that are not named are those that were in force at each time, and runs that are not
    named happen when they happened; a rule that is named runs at the moments of its own schedule. Items may cost a
    percentage of what they cost, and raids of an event type give other points. What people would have bid and done
    differently nobody knows: awards go to whom they went, and raids are attended by whom they were.
    """

    read: Read[PastView]
    clock: Clock

    def __call__(
        self,
        pool_id: PoolId,
        what_if: WhatIf,
        *,
        months: int = 12,
        everyone: bool = False,
        by: Actor,
    ) -> Simulation:
        by.must(Permission.POOLS_WRITE)
        if not 1 <= months <= MONTHS_MAX:
            raise InvalidValue("months", f"{months} is not accepted", f"1 to {MONTHS_MAX} months of 30 days")
        for name in what_if.policies:
            if name not in SIMULATED:
                raise InvalidValue(f"policies.{name}"[:80], "it can't be simulated", ", ".join(SIMULATED))
        now = self.clock.now()
        with self.read(by) as views:
            known = _Known.by(views, pool_id, what_if, now - months * MONTH, now, by)
            outcome = replay(known.story, known.prices, known.rules, by_age=known.by_age)
            everybody = views.standings(pool_id, StandingsFilter(everyone=True), ordering=(), at=now)
            listed = everybody
            if not everyone:
                listed = views.standings(pool_id, StandingsFilter(), ordering=(), at=now)
            pool = views.pool(pool_id)
        rows = _rows(listed, outcome)
        moved = sum(sum(parts.values()) for parts in outcome.by_user.values())
        total = sum(row.current.hundredths for row in everybody)
        return Simulation(
            pool_id=pool_id,
            pool_name=pool.name,
            since=known.story.since,
            until=now,
            policies={name: known.checked[name] for name in what_if.policies},
            entries=outcome.replayed,
            runs=len(known.rules.planned),
            gain=sum(row.difference > ZERO for row in rows),
            lose=sum(row.difference < ZERO for row in rows),
            same=sum(not row.difference for row in rows),
            total_now=_told(total),
            total_then=_told(total + moved),
            kinds=_kinds(outcome),
            rows=rows,
        )


def _told(hundredths: int) -> str:
    """A sum, which may pass the limits of what points can be."""
    return str(Decimal(hundredths).scaleb(-2))


def _kinds(outcome: Outcome) -> tuple[KindChange, ...]:
    before = outcome.before_by_kind
    return tuple(
        KindChange(kind=kind, now=_told(before.get(kind, 0)), then=_told(before.get(kind, 0) + outcome.by_kind[kind]))
        for kind in EntryKind
        if outcome.by_kind.get(kind)
    )


def _rows(listed: Sequence[StandingRow], outcome: Outcome) -> tuple[SimulatedRow, ...]:
    """Those listed, in the order that they would stand in."""
    then = {row.user_id: _balance_then(row, outcome) for row in listed}
    current = {user_id: earned - spent + adjusted for user_id, (earned, spent, adjusted) in then.items()}
    in_order = sorted(listed, key=lambda row: (-current[row.user_id].hundredths, row.user_id))
    return tuple(
        SimulatedRow(
            user_id=row.user_id,
            username=row.username,
            main_character=row.main_character,
            position_now=row.position,
            position_then=position,
            climbs=row.position - position,
            current_now=row.current,
            current_then=current[row.user_id],
            difference=current[row.user_id] - row.current,
            earned_now=row.earned,
            earned_then=then[row.user_id][0],
            spent_now=row.spent,
            spent_then=then[row.user_id][1],
            adjusted_now=row.adjusted,
            adjusted_then=then[row.user_id][2],
        )
        for position, row in enumerate(in_order, start=1)
    )


def _balance_then(row: StandingRow, outcome: Outcome) -> tuple[Points, Points, Points]:
    moved = outcome.by_user.get(row.user_id)
    if moved is None:
        return row.earned, row.spent, row.adjusted
    earned, spent, adjusted = (moved[bucket] for bucket in Bucket)
    return (
        Points(row.earned.hundredths + earned),
        Points(row.spent.hundredths - spent),
        Points(row.adjusted.hundredths + adjusted),
    )


# --- what is known ----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Known:
    """What was, and what would be other."""

    story: Story
    prices: OtherPrices
    rules: OtherRules
    by_age: bool
    checked: Mapping[str, object]

    @classmethod
    def by(
        cls, views: PastView, pool_id: PoolId, what_if: WhatIf, since: datetime, until: datetime, by: Actor
    ) -> _Known:
        rows = views.policies(pool_id)
        versions = [
            InForce(
                version=row.version,
                policies=Policies.of(row.values, "policies"),
                changed_at=row.changed_at or BEGINNING,
            )
            for row in reversed(rows)
        ]
        checked = versions[-1].policies.with_values(what_if.policies, "policies")
        other = {name: getattr(checked, name) for name in what_if.policies}
        others = [evolve(each, policies=evolve(each.policies, **other)) for each in versions]
        batches = tuple(_all(lambda page: views.batches(BatchFilter(pool_id=pool_id), page=page)))
        guild = views.guild(by.guild)
        merges = _merges(views)
        by_age = _looks_at_entries([*versions, *others])
        whole = by_age or any(each.policies.weekly_cap is not None for each in others)
        first = min((batch.at for batch in batches if batch.recorded_at >= since), default=since)
        entries = views.past_entries(pool_id, booked_since=since, occurred_since=_EVERYTHING if whole else first)
        turnout = views.turnout
        policies = {each.version: each.policies for each in versions}
        story = Story(
            since=since,
            opening=_opening(views, pool_id, entries, since),
            entries=entries,
            batches=batches,
            merges=merges,
            policies=policies,
            exempt=_exempt(turnout, [*versions, *others]) if by_age else frozenset(),
            members=frozenset(turnout.members()),
            week=_weeks(guild.timezone, WEEKDAYS.index(guild.first_weekday)),
        )
        planning = _Planning(
            turnout=turnout,
            zone=guild.timezone,
            versions=tuple(versions),
            others=tuple(others),
            since=since,
            until=until,
        )
        raids: tuple[tuple[Raid, tuple[Attendance, ...]], ...] = ()
        if what_if.reprices_attendance or "bonuses" in what_if.policies:
            raids = views.past_raids(pool_id, starts_since=since, named=_raids_of(entries, since))
        planned = planning.of(what_if.policies.keys(), batches)
        if "bonuses" in what_if.policies:
            planned = [*planned, *planning.raid_bonuses(_by_person(raids, merges, until))]
        dropped = frozenset(kind for name, kind in RUN_FIELDS.items() if name in what_if.policies)
        rules = OtherRules(
            versions={each.version: each.policies for each in others},
            recap=bool(CAP_FIELDS & what_if.policies.keys()),
            planned=sorted(planned, key=lambda each: each.run.at),
            dropped=dropped,
        )
        prices = OtherPrices()
        if what_if.reprices_attendance:
            points = what_if.points_by_type(views.event_types(active=None)) if what_if.points else {}
            pays = _Paying(
                pool_id=pool_id, points=points, as_were=policies, others=tuple(others), merges=merges, until=until
            )
            prices = pays.prices(raids, entries)
        if what_if.prices is not None:
            prices = evolve(prices, by_entry={**prices.by_entry, **_costs(entries, what_if.prices)})
        if RULES_ELSEWHERE & what_if.policies.keys():
            prices = _unreconciled(prices, story)
        values = checked.values()
        return cls(story=story, prices=prices, rules=rules, by_age=by_age, checked=values)


def _all(fetch: Callable[[PageRequest], Page[T]]) -> Iterator[T]:
    number, seen, count = 1, 0, 1
    while seen < count:
        page = fetch(PageRequest(number, PAGE_SIZE_MAX))
        yield from page.results
        seen, count, number = seen + len(page.results), page.count, number + 1
        if not page.results:
            return


def _by_person(
    raids: Iterable[tuple[Raid, tuple[Attendance, ...]]], merges: Iterable[PastMerge], at: datetime
) -> list[tuple[Raid, tuple[Attendance, ...]]]:
    """The raids, with lines of whom they count for: who was merged is one person with whom they were merged into."""
    stood = tuple(each.pointer for each in merges if each.undone_at is None or each.undone_at > at)
    known = heads(stood)
    return [
        (
            raid,
            tuple(
                line if line.user_id is None else evolve(line, user_id=known.get(line.user_id, line.user_id))
                for line in lines
            ),
        )
        for raid, lines in raids
    ]


def _merges(views: PastView) -> tuple[PastMerge, ...]:
    found = _all(lambda page: views.merges(MergeFilter(), page=page))
    return tuple(
        PastMerge(
            pointer=Merged(
                user_id=row.user_id,
                merge_id=row.id,
                into=row.into,
                at=row.at,
                until=FOR_GOOD if row.kind is MergeKind.MERGE else row.at,
            ),
            undone_at=row.undone_at,
        )
        for row in sorted(found, key=lambda row: row.id)
    )


def _looks_at_entries(versions: Iterable[InForce]) -> bool:
    decays = (each.policies.decay for each in versions)
    return any(decay is not None and decay.on is DecayOf.ENTRIES for decay in decays)


def _exempt(turnout: Turnout, versions: Iterable[InForce]) -> frozenset[UserId]:
    decays = [each.policies.decay for each in versions]
    ranks = {rank for decay in decays if decay is not None for rank in decay.exempt_ranks}
    return turnout.with_rank(sorted(ranks)) if ranks else frozenset()


def _opening(
    views: PastView, pool_id: PoolId, entries: Sequence[PastEntry], since: datetime
) -> Mapping[UserId, tuple[int, int, int]]:
    """What everybody had by what was booked before: what they have now, less what was booked since."""
    sums = views.past_balances(pool_id)
    found = {user_id: list(parts) for user_id, parts in sums.items()}
    places = {bucket: place for place, bucket in enumerate(Bucket)}
    for entry in entries:
        if entry.booked_at >= since:
            found.setdefault(entry.user_id, [0, 0, 0])[places[entry.bucket]] -= entry.amount
    return {user_id: (parts[0], parts[1], parts[2]) for user_id, parts in found.items()}


def _weeks(zone: str, first_day: int) -> Callable[[datetime], datetime]:
    """When the week of a moment began; a quarter of an hour is looked up once, for no zone divides it."""
    known: dict[int, datetime] = {}

    def week(moment: datetime) -> datetime:
        quarter = int(moment.timestamp()) // 900
        if quarter not in known:
            known[quarter] = week_of(moment, zone, first_day).start
        return known[quarter]

    return week


def _raids_of(entries: Iterable[PastEntry], since: datetime) -> tuple[RaidId, ...]:
    found = {entry.source_id for entry in entries if entry.source_kind is SourceKind.RAID and entry.booked_at >= since}
    return tuple(RaidId(raid_id) for raid_id in sorted(found))


# --- what items cost --------------------------------------------------------------------------------------------------


def _costs(entries: Iterable[PastEntry], factor: Fraction) -> dict[EntryId, int]:
    """What is paid for items and given back for them, and how that is shared out, at other prices."""
    found: dict[EntryId, int] = {}
    shares: defaultdict[tuple[int, datetime, bool], list[PastEntry]] = defaultdict(list)
    for entry in entries:
        if entry.source_kind is not SourceKind.AWARD or entry.reverses is not None:
            continue
        if entry.kind in (EntryKind.AWARD, EntryKind.REFUND):
            found[entry.id] = Points(entry.amount).times(factor).hundredths
        elif entry.kind is EntryKind.SHARE:
            shares[entry.source_id, entry.recorded_at, entry.amount > 0].append(entry)
    for together in shares.values():
        whole = Points(sum(entry.amount for entry in together)).times(factor)
        in_order = sorted(together, key=lambda entry: entry.user_id)
        for entry, share in zip(in_order, whole.shares(len(in_order)), strict=True):
            found[entry.id] = share.hundredths
    return found


# --- what an import reconciled ----------------------------------------------------------------------------------------


def _unreconciled(prices: OtherPrices, story: Story) -> OtherPrices:
    """Without what another system's rules took of what was imported, since these rules take it in their stead.

    When it was taken is not known: as much counts as taken before the time that is replayed, and stays so, as was
    earned before it of all that was imported.
    """
    entries = [entry for entry in story.entries if entry.booked_at >= story.since]
    earned: Counter[UserId] = Counter()
    for entry in entries:
        if entry.imported and entry.bucket is Bucket.EARNED:
            earned[entry.user_id] += entry.amount
    by_entry, new = dict(prices.by_entry), list(prices.new)
    for entry in entries:
        if entry.kind is not EntryKind.IMPORT or entry.reverses is not None:
            continue
        by_entry[entry.id] = 0
        before = max(story.opening.get(entry.user_id, (0, 0, 0))[0], 0)
        whole = before + max(earned[entry.user_id], 0)
        taken = Points(entry.amount).times(Fraction(before, whole)).hundredths if whole else 0
        if taken:
            new.append(
                NewFact(
                    user_id=entry.user_id,
                    kind=entry.kind,
                    bucket=entry.bucket,
                    amount=taken,
                    occurred_at=story.since,
                    policies_version=entry.policies_version,
                    after=None,
                )
            )
    return evolve(prices, by_entry=by_entry, new=new)


# --- what attendance pays ---------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Paying:
    """What attendance would have paid in the pool."""

    pool_id: PoolId
    points: Mapping[EventTypeId, OtherPoints]
    as_were: Mapping[int, Policies]
    others: tuple[InForce, ...]
    merges: tuple[PastMerge, ...]
    until: datetime
    _known_heads: dict[tuple[Merged, ...], Mapping[UserId, UserId]] = field(init=False, factory=dict, eq=False)

    def prices(self, raids: Sequence[tuple[Raid, tuple[Attendance, ...]]], entries: Sequence[PastEntry]) -> OtherPrices:
        """What each entry would be, and who would be paid who was not."""
        of_ticks: defaultdict[tuple[int, int], list[PastEntry]] = defaultdict(list)
        for entry in entries:
            if entry.source_kind is SourceKind.RAID and entry.kind is EntryKind.ATTENDANCE and entry.reverses is None:
                of_ticks[entry.source_id, entry.part].append(entry)
        by_entry: dict[EntryId, int] = {}
        new: list[NewFact] = []
        for raid, lines in raids:
            of_raid: defaultdict[int, list[Attendance]] = defaultdict(list)
            for line in lines:
                of_raid[line.tick].append(line)
            for tick in raid.ticks:
                booked = of_ticks[raid.id, tick.number]
                self._tick(raid, tick, of_raid[tick.number], booked, by_entry, new)
        return OtherPrices(by_entry=by_entry, new=new)

    def _tick(
        self,
        raid: Raid,
        tick: Tick,
        lines: Sequence[Attendance],
        booked: Sequence[PastEntry],
        by_entry: dict[EntryId, int],
        new: list[NewFact],
    ) -> None:
        in_force = self._in_force(tick, booked)
        other = self.points.get(raid.event_type_id)
        if other is None and _pays_alike(in_force.policies, self.as_were[in_force.version]):
            return  # what was booked stays, with all that was corrected since
        pay = Pay(
            points=tick.points if other is None else other.of(tick.points),
            pools={self.pool_id: in_force.policies},
            alone=len(raid.ticks) == 1,
        )
        as_was = [evolve(line, awarded=line.awarded_in(self.pool_id), elsewhere=()) for line in lines]
        # Who was merged since was paid as two people then, and comes to nothing more as one.
        began = min((entry.booked_at for entry in booked), default=tick.at)
        paid = {(line.key, line.user_id): line for line in awarded(as_was, pay, self._heads(began))}
        now = {line.key for line in awarded(as_was, pay, self._heads(self.until)) if line.awarded}
        for entry in booked:
            line = paid.get((name_key(entry.character_name), entry.user_id))
            if line is not None:
                by_entry[entry.id] = line.awarded.hundredths
        if raid.status is RaidStatus.CANCELLED:
            return
        theirs = {(name_key(entry.character_name), entry.user_id) for entry in booked}
        was_paid = {(line.key, line.user_id) for line in as_was if line.awarded}
        for key, line in paid.items():
            if line.key in now and line.awarded and line.user_id is not None and key not in theirs | was_paid:
                new.append(
                    NewFact(
                        user_id=line.user_id,
                        kind=EntryKind.ATTENDANCE,
                        bucket=Bucket.EARNED,
                        amount=line.awarded.hundredths,
                        occurred_at=line.at,
                        policies_version=in_force.version,
                        after=booked[0].id if booked else None,
                    )
                )

    def _heads(self, at: datetime) -> Mapping[UserId, UserId]:
        """For whom it counted at a moment what somebody had."""
        stood = tuple(
            each.pointer
            for each in self.merges
            if each.pointer.at <= at and (each.undone_at is None or each.undone_at > at)
        )
        if stood not in self._known_heads:
            self._known_heads[stood] = heads(stood)
        return self._known_heads[stood]

    def _in_force(self, tick: Tick, booked: Sequence[PastEntry]) -> InForce:
        """The policies that the tick was paid under, as they would have been."""
        if booked:
            version = booked[0].policies_version
            return next(each for each in self.others if each.version == version)
        return next(each for each in reversed(self.others) if each.changed_at <= tick.at)


def _pays_alike(one: Policies, other: Policies) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ATTENDANCE_FIELDS)


# --- which runs are made ----------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Planning:
    """The runs that other rules make, at the moments of their own schedules."""

    turnout: Turnout
    zone: str
    versions: tuple[InForce, ...]
    others: tuple[InForce, ...]
    since: datetime
    until: datetime

    def of(self, names: Iterable[str], batches: Sequence[BatchRow]) -> list[PlannedRun]:
        """Every run of the rules of that name between the two moments."""
        kinds = {RUN_FIELDS[name] for name in names if name in RUN_FIELDS}
        policies = self.others[-1].policies
        found: list[PlannedRun] = []
        for rule, schedule in scheduled(policies).items():
            if rule[0] not in kinds:
                continue
            made = [each.at for each in batches if (each.kind, each.rule) == rule and each.at < self.since]
            last = max(made, default=None)
            reign = InForce(version=self.others[-1].version, policies=policies, changed_at=self._since(rule, schedule))
            while True:
                last_runs = {} if last is None else {rule: last}
                run = next(each for each in next_runs([reign], self.zone, last_runs) if each.rule == rule)
                if run.at > self.until:
                    break
                if run.at >= self.since:
                    found.append(self._planned(run, last))
                last = run.at
        return found

    def _since(self, rule: object, schedule: object) -> datetime:
        """From when on the schedule counts: as long as it is the one that was in force when the time began, since then

        it was; else from that moment on.
        """
        began = self.since
        for each in reversed([each for each in self.versions if each.changed_at <= self.since]):
            if {str(rule): found for rule, found in scheduled(each.policies).items()}.get(str(rule)) != schedule:
                break
            began = each.changed_at
        return began

    def _planned(self, run: Run, last: datetime | None) -> PlannedRun:
        version = next(each.version for each in reversed(self.others) if each.changed_at <= run.at)
        run = Run(rule=run.rule, at=run.at, in_force=evolve(run.in_force, version=version))
        policies, turnout = run.in_force.policies, self.turnout
        if run.kind is BatchKind.DECAY:
            decay = policies.decay
            assert decay is not None, "a run of decay has a rule"
            if decay.on is DecayOf.ENTRIES:
                return PlannedRun(run=run, amounts=None)
            exempt = turnout.with_rank(decay.exempt_ranks) if decay.exempt_ranks else frozenset()
            taken = decaying(decay, run.at, last)
            return PlannedRun(
                run=run,
                amounts=lambda before: taken({each: before[each] for each in before if each not in exempt}),
            )
        if run.kind is BatchKind.CAP:
            cap = policies.repeating_cap
            assert cap is not None, "a run of the cap has its bounds"
            return PlannedRun(run=run, amounts=lambda before: cap_amounts(cap, before, joined_by(turnout, run.at)))
        if run.kind is BatchKind.INACTIVITY:
            inactivity = policies.inactivity
            assert inactivity is not None, "a run of the penalty has its rule"
            return PlannedRun(run=run, amounts=lambda before: inactivity_amounts(inactivity, run.at, turnout, before))
        bonus = next(each for each in policies.bonuses if each.name == run.rule[1])
        return PlannedRun(run=run, amounts=lambda _: bonus_amounts(bonus, run.at, turnout))

    def raid_bonuses(self, raids: Sequence[tuple[Raid, tuple[Attendance, ...]]]) -> Iterator[PlannedRun]:
        """Bonuses for each raid that is closed."""
        for raid, lines in raids:
            if raid.status is not RaidStatus.CLOSED:
                continue
            at = max(tick.at for tick in raid.ticks)
            in_force = next(each for each in reversed(self.others) if each.changed_at <= raid.starts_at)
            for bonus in in_force.policies.bonuses:
                if bonus.given_for in _FOR_RAIDS and at >= self.since:
                    amounts = dict.fromkeys(there_throughout(raid, lines, bonus.given_for), bonus.points)
                    run = Run(rule=(BatchKind.BONUS, bonus.name), at=at, in_force=in_force)
                    yield PlannedRun(run=run, amounts=_given(amounts))


def _given(amounts: Mapping[UserId, Points]) -> Callable[[Mapping[UserId, Points]], Mapping[UserId, Points]]:
    return lambda _: amounts


# --- what is asked ----------------------------------------------------------------------------------------------------

PRICES_MAX: Final = 1000


def what_if_of(policies: Mapping[str, object], *, prices: str | None, points: Mapping[str, str]) -> WhatIf:
    """What would be other, as interfaces hear it: percentages and points are texts.

    Raises: InvalidValue, naming the field.
    """
    return WhatIf(
        policies=policies,
        prices=None if prices is None else _read_percent(prices, "prices") / 100,
        points={name: _other_points(text, f"points.{name}"[:80]) for name, text in points.items()},
    )


def _other_points(text: str, name: str) -> OtherPoints:
    if text.strip().endswith("%"):
        return OtherPoints(factor=_read_percent(text, name) / 100)
    points = Points.of(text, name)
    if points < ZERO:
        raise InvalidValue(name, f"{points} is less than 0", "0 or more points, or a percentage such as 150%")
    return OtherPoints(points=points)


def _read_percent(text: str, name: str) -> Fraction:
    found = a_percent(0, PRICES_MAX)(text.strip(), name)
    assert isinstance(found, Fraction), "a percentage is a fraction"
    return found
