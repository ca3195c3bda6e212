"""The numbers of an EQdkp Plus installation with a decay, made anew by runs on balances and by ages of entries."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.kernel.points import ZERO, Points
from dkp_core.points.decay import Aged, AgedEntry, Ageing, DecayRule, DecayRun, decay_of_balance
from dkp_core.points.entry import Bucket
from dkp_core.points.formula import Formula, Occasion
from dkp_core.points.schedule import Schedule, Unit

EQDKP = Path(__file__).resolve().parents[4] / "shared" / "eqdkp"
DUMP = EQDKP / "small_apa.sql.gz"
EXPECTED = EQDKP / "small_expected_apa.json.gz"
of_the_installation = pytest.mark.skipif(
    not (DUMP.is_file() and EXPECTED.is_file()),
    reason="the numbers of a real installation are not beside this checkout",
)
CELL = re.compile(r"'(?:[^'\\]|\\.)*'|[^,]+")

# When it counted, the id of a character, and the hundredths it had more then.
Move = tuple[datetime, int, int]


def rows(dump: str, table: str) -> list[dict[str, str]]:
    """The rows of a table, by the names of its columns."""
    (head,) = re.findall(rf"^CREATE TABLE `[a-z0-9]+_{table}` \((.*?)^\)", dump, re.MULTILINE | re.DOTALL)
    columns = re.findall(r"^  `(\w+)`", head, re.MULTILINE)
    (body,) = re.findall(rf"^INSERT INTO `[a-z0-9]+_{table}` VALUES\n(.*?);$", dump, re.MULTILINE | re.DOTALL)
    lines = [line.removesuffix(",")[1:-1] for line in body.splitlines()]
    return [dict(zip(columns, CELL.findall(line), strict=True)) for line in lines]


def moment(seconds: str | int) -> datetime:
    """A moment as EQdkp Plus keeps it."""
    return datetime.fromtimestamp(int(seconds), UTC)


@frozen
class Installation:
    """What the program has in its database, and what it shows for that."""

    shown: Mapping[str, Any]
    characters: Sequence[Mapping[str, str]]
    moves: Sequence[Move]
    as_of: datetime

    @property
    def decay(self) -> Mapping[str, Any]:
        """The decay that is set up for the first pool."""
        decays: list[Mapping[str, Any]] = [
            each for each in self.shown["apas"].values() if each["type"] == "decay_current"
        ]
        return decays[0]

    def group_of(self, main: int) -> set[int]:
        """A main and the alts that count for it."""
        alts = {
            int(each["member_id"])
            for each in self.characters
            if each["member_main_id"] == str(main) and each["requested_del"] == each["require_confirm"] == "0"
        }
        return alts | {main}


@cache
def installation() -> Installation:
    """The one beside this checkout; moves of the first pool only, as the program's decay sees them."""
    dump = gzip.decompress(DUMP.read_bytes()).decode()
    shown = json.loads(gzip.decompress(EXPECTED.read_bytes()))
    events = {
        row["multidkp2event_event_id"] for row in rows(dump, "multidkp2event") if row["multidkp2event_multi_id"] == "1"
    }
    raids = {row["raid_id"]: row for row in rows(dump, "raids") if row["event_id"] in events}
    special = set(shown["special_members"])
    attended = {(row["raid_id"], row["member_id"]) for row in rows(dump, "raid_attendees")}
    moves = [
        (moment(raids[raid]["raid_date"]), int(character), hundredths(raids[raid]["raid_value"]))
        for raid, character in attended
        if raid in raids and character not in special
    ]
    moves += [
        (moment(row["item_date"]), int(row["member_id"]), -hundredths(row["item_value"]))
        for row in rows(dump, "items")
        if row["raid_id"] in raids
    ]
    moves += [
        (moment(row["adjustment_date"]), int(row["member_id"]), hundredths(row["adjustment_value"]))
        for row in rows(dump, "adjustments")
        if row["event_id"].strip("'") in events
    ]
    return Installation(shown, rows(dump, "members"), sorted(moves), moment(shown["as_of"]))


def hundredths(amount: str) -> int:
    """Exact, whatever the column."""
    return Points.of(amount).hundredths


def current(moves: Sequence[Move], rule: DecayRule, runs: Sequence[datetime]) -> Points:
    """What a balance comes to that is decayed at each of these moments."""
    balance, left = ZERO, list(moves)
    for at in runs:
        balance += Points(sum(amount for when, _, amount in left if when <= at))
        left = [move for move in left if move[0] > at]
        balance += decay_of_balance(balance, rule, Occasion.of_balance(at))
    return balance + Points(sum(amount for _, _, amount in left))


RULES = [
    pytest.param(DecayRule(percent=Fraction(10), debts=True), id="percent"),
    pytest.param(DecayRule(formula=Formula.of("$value * 0.9"), debts=True), id="formula"),
]


@of_the_installation
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("twinks", [False, True])
def test_decay_on_balances_gives_the_numbers_that_eqdkp_plus_shows(rule: DecayRule, twinks: bool) -> None:
    """P-6, P-7: each character's current points of 121, with and without alts, after weeks of ten percent."""
    house = installation()
    starts = moment(house.decay["start_date"])
    schedule = Schedule(every=house.decay["decay_time"], unit=Unit.DAYS, at="00:00", starts_on=str(starts.date()))
    moments = schedule.moments(house.shown["timezone"], starts)
    runs = [starts, *moments.between(starts, house.as_of)]
    assert len(runs) > 10
    compared = 0
    for character, shown in house.shown["members"].items():
        wanted = shown["pools"]["1"]["with_twinks" if twinks else "single"]["current"]
        if wanted is None:
            continue
        main = shown["main_id"] or int(character)
        known = any(each["member_id"] == str(main) for each in house.characters)
        group = (house.group_of(main) if known else set()) if twinks else {int(character)}
        moves = [move for move in house.moves if move[1] in group]
        assert (character, str(current(moves, rule, runs))) == (character, wanted)
        compared += 1
    assert compared == len(house.characters)


# --- by age -----------------------------------------------------------------------------------------------------------

START = datetime(2026, 7, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
CENT = Decimal("0.01")
HALF_UP = ["$value * 0.95", "round($Var0,2)"]


@frozen
class Transaction:
    """A raid, an item or an adjustment: its value as the program has it, and its time."""

    module: str
    value: Decimal
    at: datetime

    def entry(self) -> AgedEntry:
        """What it is in the ledger."""
        amount = Points.of(-self.value if self.module == "item" else self.value)
        return AgedEntry(amount, self.at, BUCKETS[self.module])


BUCKETS = {"raid": Bucket.EARNED, "item": Bucket.SPENT, "adjustment": Bucket.ADJUSTED}
transactions = st.lists(
    st.builds(
        Transaction,
        st.sampled_from(sorted(BUCKETS)),
        st.integers(-50_000, 50_000).map(lambda hundredths: Decimal(hundredths).scaleb(-2)),
        st.integers(-24 * 60, 24 * 400).map(lambda hours: START + hours * HOUR),
    ),
    max_size=12,
)


def as_the_program_has_it(
    each: Transaction, *, now: datetime, every: timedelta, zero_months: int, modules: frozenset[str]
) -> Decimal:
    """A transaction's value as the program's decay of raids, items and adjustments makes it, word for word."""
    last = START + (now - START) // every * every
    if each.module not in modules or each.at < START:
        return each.value
    if last - zero_months * 30 * timedelta(days=1) > each.at:
        return Decimal(0)
    value, boundary = each.value, START
    while boundary <= last:
        if each.at <= boundary:
            value = (value * Decimal("0.95")).quantize(CENT, ROUND_HALF_UP)
        boundary += every
    return value


@given(
    transactions,
    st.integers(0, 24 * 380),
    st.integers(7, 60),
    st.integers(1, 12),
    st.frozensets(st.sampled_from(sorted(BUCKETS)), min_size=1),
)
@settings(max_examples=60)
def test_decay_by_age_gives_what_eqdkp_plus_reckons(
    history: list[Transaction], hours: int, every: int, zero_months: int, modules: frozenset[str]
) -> None:
    """P-6: at each run what is booked brings a user to the sum of the program's decayed values."""
    now = START + hours * HOUR
    rule = DecayRule(
        formula=Formula.of("\n".join(HALF_UP)),
        parts=frozenset(BUCKETS[module] for module in modules),
        lapse_months=zero_months,
        spares_before=START,
    )
    schedule = Schedule(every=every, unit=Unit.DAYS, at="00:00", starts_on=str(START.date()))
    moments = [START, *schedule.moments("UTC", START).between(START, now)]
    entries = tuple(each.entry() for each in history if each.at <= now)
    ageing = Ageing(tuple(DecayRun(at, rule) for at in moments))
    after = sum(each.amount.hundredths for each in entries) + ageing.decay_of(Aged(entries, ZERO)).hundredths
    wanted = sum(
        (-1 if each.module == "item" else 1)
        * as_the_program_has_it(each, now=now, every=timedelta(days=every), zero_months=zero_months, modules=modules)
        for each in history
        if each.at <= now
    )
    assert Points(after) == Points.of(wanted)
