"""Decay: of balances and of entries by their age, held against the plainest way to reckon it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from time import process_time

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.kernel.actor import ActorKind, operator
from dkp_core.kernel.ids import EntryId, GuildId, PoolId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points.decay import Aged, AgedEntry, Ageing, DecayRule, DecayRun, decay_of_balance
from dkp_core.points.entry import BOUNDS, BUCKETS, Balance, Bucket, Entry, EntryKind, Source, SourceKind
from dkp_core.points.errors import FormulaFails
from dkp_core.points.formula import Formula, Occasion

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = 7 * DAY
NOW = Occasion.of_balance(START)
TENTH = DecayRule(percent=Fraction(10))


def taken(balance: str | Points, rule: DecayRule = TENTH, occasion: Occasion = NOW) -> str:
    """What a run books on a balance."""
    return str(decay_of_balance(Points.of(balance), rule, occasion))


# --- on balances ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("balance", "booked"),
    [
        ("100", "-10.00"),
        ("0.05", "0.00"),  # 0.045 are left, and round to 0.05
        ("0.04", "0.00"),
        ("0.06", "-0.01"),
        ("10.05", "-1.00"),
        ("0", "0.00"),
        ("-100", "0.00"),
        ("9999999999.99", "-1000000000.00"),
    ],
)
def test_a_percentage_takes_of_what_is_positive(balance: str, booked: str) -> None:
    """P-6, P-12: what is left is rounded half-up."""
    assert taken(balance) == booked


def test_debts_fade_where_the_rule_says_so() -> None:
    """P-6: as much as credit does."""
    rule = evolve(TENTH, debts=True)
    assert (taken("-100", rule), taken("-0.05", rule), taken("100", rule)) == ("10.00", "0.00", "-10.00")


def test_a_minimum_is_left() -> None:
    """P-6: and who has less than it loses nothing."""
    rule = DecayRule(percent=Fraction(50), minimum=Points.of(30))
    assert [taken(each, rule) for each in ("100", "60.02", "50", "30", "20")] == [
        "-50.00",
        "-30.01",
        "-20.00",
        *["0.00"] * 2,
    ]


def test_a_formula_says_what_is_left() -> None:
    """P-6: here by the days since the run before."""
    rule = DecayRule(formula=Formula.of("value - age_days"))
    assert taken("100", rule, Occasion.of_balance(START, last_run=START - 3 * DAY)) == "-3.00"


def test_a_formula_neither_gives_nor_turns_credit_into_debt() -> None:
    """P-6: decay takes, and not more than there is."""
    more = DecayRule(formula=Formula.of("value + 5"), debts=True)
    less = DecayRule(formula=Formula.of("value - 20"), debts=True)
    assert [taken(each, more) for each in ("10", "-3", "-10")] == ["0.00", "3.00", "5.00"]
    assert [taken(each, less) for each in ("30", "10", "-10")] == ["-20.00", "-10.00", "0.00"]


def test_a_formula_that_fails_for_a_balance_is_told() -> None:
    """G-8: by the error of the formula."""
    with pytest.raises(FormulaFails, match="divides by zero"):
        taken("7", DecayRule(formula=Formula.of("100 / (value - 7)")))


@pytest.mark.parametrize(
    "rule", [{}, {"percent": Fraction(1), "formula": Formula.of("value")}, {"percent": Fraction(101)}]
)
def test_a_rule_says_once_how_much(rule: dict[str, Fraction]) -> None:
    """P-6: a promise of the caller, not an input."""
    with pytest.raises(AssertionError):
        DecayRule(**rule)  # type: ignore[arg-type]


percents = st.integers(0, 10_000).map(lambda hundredths: Fraction(hundredths, 100))
amounts = st.integers(-1_000_000, 1_000_000).map(Points)
rules = st.builds(DecayRule, percent=percents, minimum=st.integers(0, 10_000).map(Points), debts=st.booleans())
formulas = st.sampled_from(
    ["value * 0.9", "value - 20", "value + 20", "-value", "min(value, 50)", "max(value - 20, 50)", "floor(value)", "7"]
).map(lambda text: DecayRule(formula=Formula.of(text), debts=True))


@given(amounts, amounts, rules)
def test_decay_keeps_the_order_of_balances(one: Points, other: Points, rule: DecayRule) -> None:
    """P-6: who had more has no less afterwards."""
    low, high = sorted([one, other])
    assert low + decay_of_balance(low, rule, NOW) <= high + decay_of_balance(high, rule, NOW)


@given(amounts, st.one_of(rules, formulas))
def test_decay_never_gives_and_never_changes_the_sign(balance: Points, rule: DecayRule) -> None:
    """P-6: what is left lies between nothing and what there was."""
    after = balance + decay_of_balance(balance, rule, NOW)
    assert min(balance, ZERO) <= after <= max(balance, ZERO)
    assert after >= min(balance, rule.minimum) or balance < ZERO
    assert rule.debts or balance > ZERO or after == balance


@given(amounts, percents)
def test_a_percentage_is_the_formula_that_says_the_same(balance: Points, percent: Fraction) -> None:
    """P-6, P-12: to the hundredth."""
    formula = DecayRule(formula=Formula.of(f"value * (1 - {percent * 100} / 10000)"), debts=True)
    assert taken(balance, DecayRule(percent=percent, debts=True)) == taken(balance, formula)


# --- by age -----------------------------------------------------------------------------------------------------------


def weekly(count: int, rule: DecayRule) -> tuple[DecayRun, ...]:
    """The first runs of a schedule."""
    return tuple(DecayRun(START + number * WEEK, rule) for number in range(count))


def test_entries_go_through_the_runs_at_or_after_their_time() -> None:
    """P-6: an entry of the run's own moment decays with it, a later one does not."""
    ageing = Ageing(weekly(3, TENTH))
    left = [
        str(ageing.left_of(AgedEntry(Points.of(100), START + after, Bucket.EARNED)))
        for after in (-DAY, 0 * DAY, DAY, 2 * WEEK, 2 * WEEK + DAY)
    ]
    assert left == ["72.90", "72.90", "81.00", "90.00", "100.00"]


def test_what_was_spent_fades_as_the_number_that_is_shown() -> None:
    """P-6: a formula sees a price as a positive number."""
    ageing = Ageing(weekly(1, DecayRule(formula=Formula.of("value - 20"))))
    assert str(ageing.left_of(AgedEntry(Points.of(-100), START, Bucket.SPENT))) == "-80.00"
    assert str(ageing.left_of(AgedEntry(Points.of(-10), START, Bucket.SPENT))) == "0.00"


def test_parts_that_are_not_named_stay() -> None:
    """P-6: raids, items and adjustments each fade or not."""
    ageing = Ageing(weekly(2, DecayRule(percent=Fraction(50), parts=frozenset({Bucket.EARNED}))))
    left = {bucket: str(ageing.left_of(AgedEntry(Points.of(100), START, bucket))) for bucket in Bucket}
    assert left == {Bucket.EARNED: "25.00", Bucket.SPENT: "100.00", Bucket.ADJUSTED: "100.00"}


def test_entries_lapse_after_months_of_thirty_days() -> None:
    """P-6: from the run on that finds them older; and only the parts that decay."""
    rule = DecayRule(percent=Fraction(0), lapse_months=2, parts=frozenset({Bucket.EARNED}))
    run = DecayRun(START, rule)
    sixty = START - 60 * DAY
    left = [
        str(Ageing((run,)).left_of(AgedEntry(Points.of(100), at, bucket)))
        for at, bucket in (
            (sixty, Bucket.EARNED),
            (sixty - timedelta(seconds=1), Bucket.EARNED),
            (sixty - DAY, Bucket.SPENT),
        )
    ]
    assert left == ["100.00", "0.00", "100.00"]


def test_what_has_lapsed_does_not_come_back_with_another_rule() -> None:
    """P-6: runs stand as they were made."""
    runs = (DecayRun(START, DecayRule(percent=Fraction(10), lapse_months=1)), DecayRun(START + WEEK, TENTH))
    assert not Ageing(runs).left_of(AgedEntry(Points.of(100), START - 31 * DAY, Bucket.EARNED))


def test_a_run_whose_rule_spares_a_part_lapses_nothing_of_it() -> None:
    """P-6: each run by its own rule."""
    spared = DecayRule(percent=Fraction(10), lapse_months=1, parts=frozenset({Bucket.EARNED}))
    runs = (DecayRun(START, spared), DecayRun(START + WEEK, TENTH))
    assert str(Ageing(runs).left_of(AgedEntry(Points.of(100), START - 31 * DAY, Bucket.ADJUSTED))) == "90.00"


def test_entries_before_a_day_may_be_spared() -> None:
    """P-6: as EQdkp Plus leaves what was before its decay began."""
    ageing = Ageing(weekly(1, DecayRule(percent=Fraction(10), spares_before=START - DAY)))
    left = [str(ageing.left_of(AgedEntry(Points.of(100), START - days * DAY, Bucket.EARNED))) for days in (2, 1)]
    assert left == ["100.00", "90.00"]


def test_a_formula_may_go_by_age_and_by_the_original() -> None:
    """P-6: entries of one amount and different ages are told apart."""
    rule = DecayRule(formula=Formula.of("age_days > 3 ? value - original / 4 : value"))
    ageing = Ageing(weekly(2, rule))
    ages = [START - 4 * DAY, START - 3 * DAY, START - 2 * DAY, START + 5 * DAY]
    left = [str(ageing.left_of(AgedEntry(Points.of(100), at, Bucket.EARNED))) for at in ages]
    assert left == ["50.00", "75.00", "75.00", "100.00"]


def test_runs_are_given_in_order() -> None:
    """P-7: a promise of the caller; two runs of one moment are none."""
    with pytest.raises(AssertionError, match="order"):
        Ageing(tuple(reversed(weekly(2, TENTH))))
    with pytest.raises(AssertionError, match="order"):
        Ageing(weekly(1, TENTH) * 2)


BY = operator("test", GuildId(1))


def an_entry(number: int, amount: Points | str, at: datetime, kind: EntryKind = EntryKind.ATTENDANCE) -> Entry:
    """A line of the ledger."""
    return Entry(
        id=EntryId(number),
        pool_id=PoolId(2),
        user_id=UserId(3),
        kind=kind,
        bucket=BUCKETS[kind],
        amount=Points.of(amount),
        reason="Plane of Time",
        source=Source(SourceKind.RAID, number, 1),
        actor_kind=ActorKind.USER,
        actor_id="9",
        occurred_at=at,
        recorded_at=at,
    )


def test_what_was_reversed_counts_nothing_and_decay_is_reckoned_anew() -> None:
    """G-4, P-6: the ledger as decay by age sees it, in whatever order."""
    raid, late = an_entry(1, "100", START), an_entry(2, "7", START)
    decay = an_entry(3, "-10", START, EntryKind.DECAY)
    other = an_entry(4, "-1", START, EntryKind.DECAY)
    back = [late.reversed_by(EntryId(5), reason="twice", by=BY, at=START)]
    back.append(other.reversed_by(EntryId(6), reason="wrong", by=BY, at=START))
    wanted = Aged((AgedEntry(Points.of(100), START, Bucket.EARNED),), Points.of(-10))
    assert Aged.of([raid, late, decay, other, *back]) == wanted
    assert Aged.of([*back, other, decay, late, raid]) == wanted


def test_what_a_cap_took_is_taken_off_what_it_cut() -> None:
    """P-6: it fades with it, whichever parts do; the bounds of a repeating cap fade by themselves."""
    raid, other = an_entry(1, "150", START), an_entry(2, "30", START + DAY)
    cut = evolve(an_entry(3, "-50", START, EntryKind.CAP), source=raid.source)
    alone = an_entry(4, "-7", START, EntryKind.CAP)
    bounds = evolve(an_entry(5, "-1", START, EntryKind.CAP), source=Source(SourceKind.BATCH, 9, BOUNDS))
    spent = evolve(an_entry(6, "4", START, EntryKind.REFUND), source=raid.source)
    aged = Aged.of([cut, bounds, spent, raid, other, alone])
    assert [(str(each.amount), each.bucket) for each in aged.entries] == [
        ("-1.00", Bucket.ADJUSTED),
        ("4.00", Bucket.SPENT),
        ("100.00", Bucket.EARNED),
        ("30.00", Bucket.EARNED),
        ("-7.00", Bucket.ADJUSTED),
    ]


class House:
    """A user's ledger, to which runs book their decay."""

    def __init__(self, rule: DecayRule) -> None:
        self.rule = rule
        self.lines: list[Entry] = []
        self.runs: list[DecayRun] = []

    def booked(self, amount: Points | str, at: datetime, kind: EntryKind = EntryKind.ATTENDANCE) -> Entry:
        """A new line."""
        self.lines.append(an_entry(len(self.lines) + 1, amount, at, kind))
        return self.lines[-1]

    def undone(self, line: Entry) -> None:
        """A line reversed."""
        self.lines.append(line.reversed_by(EntryId(len(self.lines) + 1), reason="wrong", by=BY, at=START))

    def run(self, at: datetime) -> Entry:
        """A run, made and booked."""
        self.runs.append(DecayRun(at, self.rule))
        return self.booked(Ageing(tuple(self.runs)).decay_of(Aged.of(self.lines)), at, EntryKind.DECAY)

    @property
    def current(self) -> Points:
        """What all lines come to."""
        return Balance().moved_by(self.lines).current


def test_what_is_recorded_late_is_caught_up_at_the_next_run() -> None:
    """P-6: as if it had been there in time; and what is reversed late is made good likewise."""
    house = House(TENTH)
    first = house.booked("100", START)
    house.run(START)
    house.run(START + WEEK)
    house.booked("200", START + DAY)
    house.undone(first)
    assert str(house.current) == "181.00"
    assert str(house.run(START + 2 * WEEK).amount) == "-19.00"
    assert str(house.current) == "162.00"


def test_a_run_that_is_reversed_takes_its_decay_back() -> None:
    """P-7: and a later run does not know of it."""
    house = House(TENTH)
    house.booked("100", START)
    decay = house.run(START)
    house.undone(decay)
    house.runs.pop()
    assert str(house.current) == "100.00"
    house.run(START + WEEK)
    assert str(house.current) == "90.00"


def plainly(value: Decimal, percent: Fraction) -> Decimal:
    """One run on one value, by decimals."""
    left = value * (1 - Decimal(percent.numerator) / Decimal(percent.denominator) / 100)
    return left.quantize(Decimal("0.01"), ROUND_HALF_UP)


lines_of_days = st.lists(
    st.tuples(
        amounts,
        st.integers(-300, 60),
        st.sampled_from([EntryKind.ATTENDANCE, EntryKind.AWARD, EntryKind.ADJUSTMENT, EntryKind.CAP]),
    ),
    max_size=10,
)
ageing_rules = st.builds(
    DecayRule,
    percent=st.integers(0, 100).map(Fraction),
    parts=st.frozensets(st.sampled_from(Bucket)),
    lapse_months=st.one_of(st.none(), st.integers(1, 6)),
)


@given(lines_of_days, st.lists(ageing_rules, min_size=1, max_size=6), st.data())
@settings(max_examples=80)
def test_after_each_run_the_ledger_adds_up_to_what_is_left_of_each_entry(
    lines: Sequence[tuple[Points, int, EntryKind]], changes: list[DecayRule], data: st.DataObject
) -> None:
    """P-6: however entries arrive and runs are made and reversed in between, held against a fold of each by itself."""
    house, decays, waiting = House(TENTH), list[Entry](), list(lines)
    for number, rule in enumerate(changes):
        house.rule = rule
        for _ in range(data.draw(st.integers(0, len(waiting)))):
            amount, days, kind = waiting.pop()
            house.booked(amount, START + days * DAY, kind)
        undoes = data.draw(st.booleans())
        if decays and undoes:
            gone = data.draw(st.integers(0, len(decays) - 1))
            house.undone(decays.pop(gone))
            house.runs.pop(gone)
        decays.append(house.run(START + number * WEEK))
        wanted = sum((fold(line, house.runs) for line in house.lines if line.kind is not EntryKind.DECAY), Decimal(0))
        assert house.current == Points.of(wanted)


def fold(line: Entry, runs: Sequence[DecayRun]) -> Decimal:
    """What runs leave of one entry, one after another."""
    value = Decimal(str(line.amount))
    for run in runs:
        if line.bucket not in run.rule.parts or run.at < line.occurred_at:
            continue
        months = run.rule.lapse_months
        if months is not None and (run.at - line.occurred_at) > months * 30 * DAY:
            return Decimal(0)
        value = plainly(value, run.rule.percent or Fraction(0))
    return value


@given(st.lists(st.tuples(amounts, st.integers(-30, 60)), max_size=8), formulas)
@settings(max_examples=50)
def test_reckoning_once_for_all_gives_what_reckoning_each_by_itself_gives(
    entries: Sequence[tuple[Points, int]], rule: DecayRule
) -> None:
    """P-6: nothing is remembered of one entry that is not so of another."""
    aged = tuple(AgedEntry(amount, START + days * DAY, Bucket.EARNED) for amount, days in entries)
    runs = weekly(4, rule)
    together = Ageing(runs)
    assert [together.left_of(each) for each in aged] == [Ageing(runs).left_of(each) for each in aged]


def test_a_year_of_a_large_guild_is_reckoned_soon() -> None:
    """P-7, O-15: 10,000 entries through 52 runs; twelve times as many take about as many times as long."""
    runs = weekly(52, TENTH)
    entries = tuple(
        AgedEntry(Points(index * 7 % 40_000 + 1), START + timedelta(hours=index % 8000), Bucket.EARNED)
        for index in range(10_000)
    )
    began = process_time()
    Ageing(runs).decay_of(Aged(entries, ZERO))
    assert process_time() - began < 3
