"""What must be there after all that was answered, worked out by hand, and that it is what is there."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from attrs import define, field

from dkp_adapters.sql.outbox import SqlOutbox
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import PoolId, RaidId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import AdjustmentFilter, AdjustmentRow, StandingsFilter
from dkp_core.raids import AttendanceRow, RaidFilter, RaidRow, RaidStatus
from dkp_core.roster import CharacterStatus
from dkp_entrypoints.containers import UseCases
from tests.integration.whole.busy_guild import (
    AGREED,
    ALTS,
    FIRST_THERE,
    LATE_NAMES,
    MAINS,
    PENDING_NAMES,
    STRANGERS,
    UNKNOWN_NAMES,
    BusyGuild,
)
from tests.integration.whole.deeds import (
    Adjust,
    Approve,
    Attend,
    AttendOwn,
    CallOff,
    CallOffOwn,
    Enter,
    Hold,
    Outcome,
    Step,
    TakeBack,
    TakeBackAgreed,
    own_raid,
    scripts,
)
from tests.integration.whole.programs import Programs

PROGRESS_SECONDS_MAX: Final = 90.0
_PAGE: Final = PageRequest(1, 100_000)

Key = tuple[int, str]


@define(eq=False)
class Answers:
    """What was answered so far, by writer and label; threads report to it."""

    by_key: dict[Key, Outcome] = field(factory=dict, init=False)
    fault: BaseException | None = field(default=None, init=False)
    _changed: threading.Condition = field(factory=threading.Condition, init=False)

    def note(self, step: Step, outcome: Outcome) -> None:
        """The deed was answered."""
        with self._changed:
            self.by_key[step.writer, step.label] = outcome
            self._changed.notify_all()

    def fail(self, fault: BaseException) -> None:
        """A writer gave up: nobody need wait any more."""
        with self._changed:
            self.fault = self.fault or fault
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until so many deeds were answered. Raises: what made a writer give up."""
        with self._changed:
            there = self._changed.wait_for(
                lambda: self.fault is not None or len(self.by_key) >= count, PROGRESS_SECONDS_MAX
            )
        self.must_go_on()
        assert there, f"{len(self.by_key)} deeds in {PROGRESS_SECONDS_MAX} s, instead of {count}"

    def must_go_on(self) -> None:
        """Raise what made a writer give up, if one did."""
        if self.fault is not None:
            raise AssertionError("a writer gave up") from self.fault


@define(eq=False)
class Expected:
    """What the deeds that were done add up to."""

    guild: BusyGuild
    adjustments: dict[int, tuple[int, int]] = field(factory=dict, init=False)
    """User and hundredths of each adjustment."""
    taken_back: list[int] = field(factory=list, init=False)
    held: dict[int, int] = field(factory=dict, init=False)
    """The event type of each raid that a writer recorded."""
    called_off: list[int] = field(factory=list, init=False)
    gone: set[int] = field(factory=set, init=False)
    """Raids of which at least somebody was told that they are cancelled."""
    noted: dict[tuple[int, int], set[str]] = field(factory=dict, init=False)
    """The names at each tick."""
    counted: set[str] = field(factory=set, init=False)
    """The names that stand for somebody."""
    firsts: Counter[str] = field(factory=Counter, init=False)
    """How many were told that it was they who entered or approved it."""

    @classmethod
    def after(cls, guild: BusyGuild, answers: Mapping[Key, Outcome]) -> Expected:
        """What there must be when exactly these deeds were done, and those who came late were approved."""
        expected = cls(guild)
        expected.counted |= {*MAINS, *ALTS, *LATE_NAMES}
        expected.adjustments |= dict.fromkeys(guild.agreed, (guild.agreed_of, AGREED))
        for raid in guild.raids:
            expected.noted[raid.id, 1] = set(FIRST_THERE)
        expected.noted[guild.raids[0].id, 1] |= set(LATE_NAMES)
        steps = {(step.writer, step.label): step for script in scripts().values() for step in script}
        for key, outcome in answers.items():
            writer, _ = key
            mine = {label: each for (who, label), each in answers.items() if who == writer}
            expected.add(steps[key], outcome, mine)
        return expected

    def add(self, step: Step, outcome: Outcome, earlier: Mapping[str, Outcome]) -> None:
        """This was done too."""
        match step.deed:
            case Adjust(amounts):
                assert isinstance(outcome, list)
                for made, (index, hundredths) in zip(outcome, amounts, strict=True):
                    before = self.adjustments.setdefault(made, (self.guild.hot[index], hundredths))
                    assert before == (self.guild.hot[index], hundredths), f"two deeds made adjustment {made}"
            case TakeBack(of):
                made_before = earlier[of]
                assert isinstance(made_before, list)
                assert outcome is True, f"{step.key}: nobody else takes back adjustment {made_before[0]}"
                self.taken_back.append(made_before[0])
            case TakeBackAgreed(number):
                if outcome:
                    self.taken_back.append(self.guild.agreed[number])
            case Hold(event_type, _):
                raid = own_raid(outcome)
                assert raid not in self.held, f"two deeds made raid {raid}"
                self.held[raid] = event_type
            case Attend(number, tick, names):
                self._attended(self.guild.raids[number].id, tick, names, bool(outcome))
            case AttendOwn(of, names):
                self._attended(own_raid(earlier[of]), 1, names, bool(outcome))
            case CallOff(number):
                self._called_off(self.guild.raids[number].id, bool(outcome))
            case CallOffOwn(of):
                self._called_off(own_raid(earlier[of]), bool(outcome))
            case Enter(name) | Approve(name):
                self.counted.add(name)
                self.firsts[name] += bool(outcome)

    def _attended(self, raid: int, tick: int, names: Iterable[str], taken: bool) -> None:
        if taken:
            self.noted.setdefault((raid, tick), set()).update(names)
        else:
            self.gone.add(raid)

    def _called_off(self, raid: int, by_this_one: bool) -> None:
        self.gone.add(raid)
        if by_this_one:
            self.called_off.append(raid)

    def raids(self) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
        """The pools of each raid, and what its ticks pay."""
        shared = {raid.id: (raid.pools, raid.worth) for raid in self.guild.raids}
        own = {raid: self.guild.worth_of(event_type) for raid, event_type in self.held.items()}
        return shared | {raid: (pools, (worth,)) for raid, (pools, worth) in own.items()}

    def paid_at(self, raid: int, tick: int) -> set[int]:
        """Who is paid at that tick: each member once, by whichever names."""
        return {self.guild.owners[name] for name in self.noted.get((raid, tick), ()) if name in self.counted}

    def earned(self) -> Counter[tuple[int, int]]:
        """What each member earned, by pool and user, in hundredths."""
        total: Counter[tuple[int, int]] = Counter()
        for raid, (pools, worth) in self.raids().items():
            if raid in self.gone:
                continue
            for tick, hundredths in enumerate(worth, 1):
                for user in self.paid_at(raid, tick):
                    for pool in pools:
                        total[pool, user] += hundredths
        return total

    def adjusted(self) -> Counter[tuple[int, int]]:
        """What each member was given or taken by hand."""
        total: Counter[tuple[int, int]] = Counter()
        for made, (user, hundredths) in self.adjustments.items():
            if made not in self.taken_back:
                total[self.guild.pools[0], user] += hundredths
        return total


@define(eq=False)
class Found:
    """What is there."""

    cases: UseCases
    guild: BusyGuild

    def adjustments(self) -> tuple[AdjustmentRow, ...]:
        """Every adjustment."""
        return self.cases.list_adjustments()(AdjustmentFilter(), page=_PAGE, by=self.guild.by).results

    def raids(self) -> tuple[RaidRow, ...]:
        """Every raid."""
        return self.cases.list_raids()(RaidFilter(), page=_PAGE, by=self.guild.by).results

    def attendance(self, raid: int) -> tuple[AttendanceRow, ...]:
        """Every line of a raid."""
        return self.cases.show_attendance()(RaidId(raid), by=self.guild.by)

    def names_at(self, raid: int, tick: int) -> set[str]:
        """The names at a tick."""
        return {line.name for line in self.attendance(raid) if line.tick == tick}

    def counts(self, name: str) -> bool:
        """Whether there is a character of that name that is not pending."""
        try:
            return self.cases.find_character()(name, by=self.guild.by).status is not CharacterStatus.PENDING
        except NoSuch:
            return False


def verified(programs: Programs) -> int:
    """How many entries `dkp verify` counts, when it finds no difference."""
    code, answer, said = programs.run("verify", "--json")
    assert code == 0, f"{said}\n{answer}"
    told = json.loads(answer)
    assert told["clean"] is True
    assert told["differences"] == []
    return int(told["entries"])


def happened(found: Found, begun: Iterable[Step], answers: Mapping[Key, Outcome]) -> dict[Key, Outcome]:
    """What came of deeds that were begun and never answered, because their process was killed: all of it, or nothing.

    Where somebody else was told that it was they, it was not these.
    """
    adjustments, raids = found.adjustments(), {raid.id: raid for raid in found.raids()}
    reversed_ones = {row.id for row in adjustments if row.reversed_at is not None}
    cancelled = {raid.id for raid in raids.values() if raid.status is RaidStatus.CANCELLED}
    outcomes: dict[Key, Outcome] = {}
    for step in begun:
        told = {**answers, **outcomes}
        mine = {label: each for (who, label), each in told.items() if who == step.writer}
        expected = Expected.after(found.guild, told)
        outcome: Outcome | None = None
        match step.deed:
            case Adjust(amounts):
                made = sorted(row.id for row in adjustments if row.note == step.key)
                assert len(made) in (0, len(amounts)), f"half of {step.key} was done"
                outcome = list(map(int, made)) or None
            case TakeBack(of):
                first = mine[of]
                assert isinstance(first, list)
                outcome = first[0] in reversed_ones or None
            case TakeBackAgreed(number):
                adjustment = found.guild.agreed[number]
                outcome = (adjustment in reversed_ones and adjustment not in expected.taken_back) or None
            case Hold():
                outcome = next((int(raid.id) for raid in raids.values() if raid.note == step.key), None)
            case Attend(number, tick, names):
                outcome = found.names_at(found.guild.raids[number].id, tick) >= set(names) or None
            case AttendOwn(of, names):
                outcome = found.names_at(own_raid(mine[of]), 1) >= set(names) or None
            case CallOff(number):
                raid = found.guild.raids[number].id
                outcome = (raid in cancelled and raid not in expected.called_off) or None
            case CallOffOwn(of):
                outcome = own_raid(mine[of]) in cancelled or None
            case Enter(name) | Approve(name):
                outcome = (found.counts(name) and not expected.firsts[name]) or None
        if outcome is not None:
            outcomes[step.writer, step.label] = outcome
    return outcomes


def must_add_up(cases: UseCases, expected: Expected, *, entries: int) -> None:
    """Everything that was answered is there, once, and nothing else; `entries` is how many the ledger holds.

    P-3, P-13: each balance is what its deeds add up to; D-4: each member is paid once a tick; D-5: names that waited
    are awarded once.
    """
    found, guild = Found(cases, expected.guild), expected.guild
    assert SqlOutbox.of(cases.database()).parked() == ()
    _once("taken back", expected.taken_back)
    _once("called off", expected.called_off)
    _once("entered or approved", expected.firsts.elements())

    adjustments = {row.id: row for row in found.adjustments()}
    by_id = {each: (row.user_id, row.amount.hundredths) for each, row in adjustments.items()}
    assert by_id == expected.adjustments
    taken_back = {each for each, row in adjustments.items() if row.reversed_at is not None}
    assert taken_back == set(expected.taken_back)

    raids = {raid.id: raid for raid in found.raids()}
    assert raids.keys() == expected.raids().keys()
    cancelled = {raid.id for raid in raids.values() if raid.status is RaidStatus.CANCELLED}
    assert cancelled == expected.gone

    entries_expected = len(expected.adjustments) + len(taken_back)
    for raid, (pools, worth) in expected.raids().items():
        lines = found.attendance(raid)
        for tick in range(1, len(worth) + 1):
            there = [line for line in lines if line.tick == tick]
            names = Counter(line.name for line in there)
            assert names == Counter(expected.noted.get((raid, tick), set())), f"names at tick {tick} of raid {raid}"
            awarded = [line for line in there if line.points_awarded]
            if raid in cancelled:
                entries_expected += 2 * len(awarded) * len(pools)
                continue
            _must_be_awarded(expected, raid, tick, there, worth[tick - 1])
            entries_expected += len(awarded) * len(pools)
    assert entries == entries_expected

    earned, adjusted = expected.earned(), expected.adjusted()
    for pool in guild.pools:
        rows = cases.show_standings()(PoolId(pool), StandingsFilter(everyone=True), by=guild.by)
        assert {row.user_id: (str(row.earned), str(row.adjusted)) for row in rows} == {
            user: (_shown(earned[pool, user]), _shown(adjusted[pool, user])) for user in (*guild.members, guild.officer)
        }
        for row in rows:
            assert row.current == row.available == row.earned + row.adjusted
            assert not row.spent

    waiting = {row.name for row in cases.list_unresolved()(by=guild.by)}
    unknown = {*STRANGERS, *PENDING_NAMES, *UNKNOWN_NAMES, *LATE_NAMES} - expected.counted
    noted = {name for (raid, _), names in expected.noted.items() if raid not in cancelled for name in names}
    assert waiting == unknown & noted


def _must_be_awarded(expected: Expected, raid: int, tick: int, lines: Collection[AttendanceRow], worth: int) -> None:
    where = f"tick {tick} of raid {raid}"
    for line in lines:
        owner = expected.guild.owners.get(line.name) if line.name in expected.counted else None
        assert line.user_id == owner, f"{line.name} at {where} is noted for {line.user_id}, and is {owner}'s"
    paid = Counter(line.user_id for line in lines if line.points_awarded)
    assert paid == Counter(expected.paid_at(raid, tick)), f"who is paid at {where}"
    assert {line.points_awarded.hundredths for line in lines if line.points_awarded} <= {worth}, where


def _once(what: str, each: Iterable[object]) -> None:
    twice = [one for one, times in Counter(each).items() if times > 1]
    assert not twice, f"{what} by two writers: {twice}"


def _shown(hundredths: int) -> str:
    return str(Points(hundredths))
