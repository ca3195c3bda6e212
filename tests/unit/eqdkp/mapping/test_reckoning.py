"""O-2: what EQdkp Plus shows, reckoned from the rows, settings and rules of a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from dkp_adapters.eqdkp.arithmetic import (
    Bounds,
    Config,
    DecayOfCurrent,
    DecayOfRows,
    HardCap,
    Installation,
    Module,
    Rhythm,
    Rule,
    Snapshot,
    VisibleCap,
    standings,
)
from dkp_adapters.eqdkp.errors import FunctionFails
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.household import household_of
from dkp_adapters.eqdkp.mapping.reckoning import Reckoned, house_of, reckoned_of
from dkp_adapters.eqdkp.serialized import Plain
from dkp_adapters.eqdkp.source import open_source
from dkp_core.kernel.points import Points
from dkp_core.points import Formula
from tests.unit.eqdkp.mapping.moved import (
    NOW,
    RAIDED,
    adjustment,
    guild,
    item,
    paid_in,
    present,
    raid,
    setting,
)
from tests.unit.eqdkp.real_installation import DECAYED, EQDKP, PLAIN, installation
from tests.unit.eqdkp.synthetic import Installation as Tables
from tests.unit.eqdkp.synthetic import mysqldump
from tests.unit.eqdkp.test_serialized import serialized

DAY: Final = 86_400
DECAY: Final[Mapping[int | str, Plain]] = {
    "name": "Weekly", "type": "decay_current", "pools": {0: 1}, "zero_time": 0, "decay_time": 7,
    "start_date": RAIDED + 10 * DAY, "calc_func": "func_tenth",
}  # fmt: skip
FUNCTIONS: Final[Plain] = {"func_tenth": {0: "$value * 0.9"}, "func_over": {0: "1 / ($value - 159.95)"}}


def reckoned(folder: Path, tables: Tables, *rules: Mapping[int | str, Plain], functions: Plain = FUNCTIONS) -> Reckoned:
    """What is shown of an installation."""
    dump = folder / "dump.sql"
    dump.write_bytes(mysqldump(tables))
    given: dict[int | str, Plain] = dict(enumerate(rules))
    apa = serialized(given)
    with open_source(dump, apa=apa, apa_functions=serialized(functions), now=NOW) as source:
        return reckoned_of(source, household_of(source, Accounting()), NOW)


def configured(**settings: str) -> Tables:
    """The guild with these settings."""
    given = {"plus_version": "2.3.39.0", **settings}
    return guild().with_rows("config", *(setting(name, value) for name, value in given.items()))


def booked() -> Tables:
    """The guild after a raid of 100 that Anna and Bert attended, an item for 40.05, and 7.00 given to Cora."""
    return (
        configured()
        .with_rows("raids", raid(1, value="100.00"))
        .with_rows("raid_attendees", *present(1, 1, 2))
        .with_rows("items", item(1, buyer=1, value="40.05", raid_id=1))
        .with_rows("adjustments", adjustment(1, character=3, value="7.00"))
    )


# --- of a real installation -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dump", "expected", "rules"),
    [(*PLAIN, ()), (*DECAYED, ("small_apa_apatab.php.txt", "small_apa_apafunc.php.txt"))],
    ids=["plain", "decayed"],
)
def test_rows_of_a_real_installation_are_those_read_by_hand(dump: str, expected: str, rules: Sequence[str]) -> None:
    """O-2: through the source come the same values as by other means, rules and settings too."""
    by_hand, _ = installation(dump, expected)
    apa, functions = (EQDKP / each for each in rules) if rules else (None, None)
    with open_source(EQDKP / dump, apa=apa, apa_functions=functions) as source:
        house = house_of(source)
    assert evolve(house, snapshots=()) == by_hand
    assert len(house.snapshots) == 244
    assert house.snapshots[0] == Snapshot(member=70, pool=1, at=1795162315, net=17469 - 13833 - 1000)


# --- settings ---------------------------------------------------------------------------------------------------------


def test_settings_are_those_of_the_program(tmp_path: Path) -> None:
    """O-2: special characters, twinks shown for themselves, the site's zone, decimals."""
    tables = configured(
        show_twinks="1",
        timezone="Europe/Berlin",
        round_precision="2",
        special_members=serialized({0: "3", 1: "x", 2: "1"}).decode(),
    )
    house = reckoned(tmp_path, tables).house
    assert house.config == Config(special=frozenset({1, 3}), show_twinks=True, zone=ZoneInfo("Europe/Berlin"))
    assert reckoned(tmp_path, configured()).house.config == Config()


@pytest.mark.parametrize(
    ("settings", "precision", "noted"),
    [
        ({"round_precision": "0"}, 0, ["show 0 decimals"]),
        ({"round_precision": "9"}, 5, ["show 5 decimals"]),
        ({"round_precision": "x"}, 2, []),
        ({"round_precision": "0", "round_activate": "0"}, 2, []),
        ({"timezone": "Mars/Olympus"}, 2, ["'Mars/Olympus' is not known"]),
        ({"timezone": "../../etc/passwd"}, 2, ["'../../etc/passwd' is not known"]),
    ],
)
def test_settings_that_matter_are_noted(
    tmp_path: Path, settings: Mapping[str, str], precision: int, noted: Sequence[str]
) -> None:
    """O-2: other decimals, and a zone that nobody knows; rounding that is off is two decimals there."""
    found = reckoned(tmp_path, configured(**settings))
    assert found.house.config.precision == precision
    assert len(found.notes) == len(noted)
    assert all(part in told for part, told in zip(noted, found.notes, strict=True))


def test_snapshots_are_what_their_events_come_to(tmp_path: Path) -> None:
    """O-2: neither the sums under event 0, nor columns, nor what can't be read."""
    breakdown: Plain = {
        "earned": {0: Decimal("99.5"), 1: Decimal("12.605"), 2: 3},
        "spent": {1: {1: Decimal("2.5"), 0: Decimal("2.5")}, 0: {0: 7}, 2: "odd"},
        "adjustment": {0: 0, 1: Decimal("-1.25"), 3: "x"},
    }
    tables = configured().with_rows(
        "member_points",
        {"id": 1, "time": RAIDED, "member_id": 1, "mdkp_id": 1, "misc": serialized(breakdown)},
        {"id": 2, "time": RAIDED, "member_id": 1, "mdkp_id": 2, "misc": "a:broken"},
        {"id": 3, "time": RAIDED, "member_id": 2, "mdkp_id": 1, "misc": serialized({})},
    )
    assert reckoned(tmp_path, tables).house.snapshots == [
        Snapshot(member=1, pool=1, at=RAIDED, net=1261 + 300 - 250 - 125),
        Snapshot(member=2, pool=1, at=RAIDED, net=0),
    ]


# --- rules ------------------------------------------------------------------------------------------------------------

TENTH: Final = Formula.of("$value * 0.9")
ONE: Final = frozenset({1})


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (DECAY, DecayOfCurrent(pools=ONE, rhythm=Rhythm(RAIDED + 10 * DAY, 7 * DAY), formula=TENTH)),
        (
            {**DECAY, "decay_time": Decimal("0.5"), "zero_time": 3},
            DecayOfCurrent(pools=ONE, rhythm=Rhythm(RAIDED + 10 * DAY, DAY // 2), formula=TENTH, zero_months=3),
        ),
        (
            {**DECAY, "type": "decay_ria", "modules": {0: "raid", 1: "item", 2: "nonsense"}, "pools": {0: 1, 1: 2}},
            DecayOfRows(
                pools=frozenset({1, 2}),
                rhythm=Rhythm(RAIDED + 10 * DAY, 7 * DAY),
                formula=TENTH,
                modules=frozenset({Module.RAID, Module.ITEM}),
            ),
        ),
        (
            {"type": "hardcap_current", "pools": {0: 1}, "upper_cap": "60", "lower_cap": "-1.5"},
            VisibleCap(ONE, Bounds(-150, 6_000)),
        ),
        ({"type": "currentcap_current", "pools": {0: 1}, "upper_cap": "60"}, HardCap(ONE, Bounds(None, 6_000))),
    ],
    ids=["decay", "half days", "decay of rows", "visible cap", "hard cap"],
)
def test_rules_are_those_of_the_file(tmp_path: Path, given: Mapping[int | str, Plain], rule: Rule) -> None:
    """O-2: each type that changes what is shown."""
    found = reckoned(tmp_path, configured(), given)
    assert list(found.house.rules) == [rule]
    assert found.notes == []


@pytest.mark.parametrize("booked_by_the_program", ["cap_current", "startpoints", "onetime_current"])
def test_what_the_program_books_needs_no_rule(tmp_path: Path, booked_by_the_program: str) -> None:
    """O-2: what they did is among the adjustments."""
    found = reckoned(tmp_path, configured(), {**DECAY, "type": booked_by_the_program})
    assert (list(found.house.rules), found.notes) == ([], [])


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({**DECAY, "calc_func": "func_none"}, "'func_none' is not in apafunc.php"),
        ({**DECAY, "calc_func": "func_bad"}, "none that can be worked out here"),
        ({**DECAY, "decay_time": 0}, "every how many days"),
        ({**DECAY, "decay_time": "soon"}, "every how many days"),
        ({**DECAY, "type": "inactivity"}, "'inactivity', which EQdkp Plus does not ship"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_noted(tmp_path: Path, given: Mapping[int | str, Plain], why: str) -> None:
    """O-2: by its name; nobody is told a number that it should have changed without being told so."""
    found = reckoned(tmp_path, configured(), given, functions={"func_bad": {0: "system('x')"}, "func_tenth": "1"})
    assert list(found.house.rules) == []
    assert len(found.notes) == 1
    assert found.notes[0].startswith("the automatic adjustment 'Weekly' is not reckoned with: ")
    assert why in found.notes[0]


def test_a_function_that_fails_is_named(tmp_path: Path) -> None:
    """O-2: the program itself would show no page; the error names the function, the value and what is accepted."""
    found = reckoned(tmp_path, booked(), {**DECAY, "calc_func": "func_over"})
    with pytest.raises(
        FunctionFails, match=r"apa_functions: 'func_over' can't be worked out .* divides by zero"
    ) as told:
        _ = found.standings
    assert told.value.field == "apa_functions"
    assert "accepted" in str(told.value)


# --- what is shown, and why -------------------------------------------------------------------------------------------

CAP: Final[Mapping[int | str, Plain]] = {
    "name": "At most",
    "type": "hardcap_current",
    "pools": {0: 1},
    "upper_cap": "100",
}
WEEKS: Final = (int(NOW.timestamp()) - (RAIDED + 10 * DAY)) // (7 * DAY)


def people(found: Reckoned) -> Mapping[str, int]:
    """The numbers of people by the names of their mains."""
    return {found.household.of(each.number)[0].name: each.number for each in found.household.people}


def test_a_person_is_shown_what_their_group_is(tmp_path: Path) -> None:
    """O-2: mains with their twinks, or each character by itself where twinks are shown; nothing explains it then."""
    found = reckoned(tmp_path, booked())
    anna, cora = (people(found)[each] for each in ("Anna", "Cora"))
    assert (found.shown(anna, 1), found.shown(cora, 1)) == (Points.of("159.95"), Points.of("7"))
    assert found.shown(anna, 2) == Points.of(0)
    assert (found.causes(anna, 1), found.causes(cora, 1)) == ([], [])
    apart = reckoned(
        tmp_path, booked().with_rows("config", setting("plus_version", "2.3.39.0"), setting("show_twinks", "1"))
    )
    assert apart.shown(anna, 1) == Points.of("159.95")
    assert [apart.standings[each, 1].single.current for each in (1, 2)] == [5_995, 10_000]
    assert (found.household.groups[anna], found.household.alone[anna]) == ((1,), ())
    assert (apart.household.groups[anna], apart.household.alone[anna]) == ((), (1, 2))


def test_what_changes_is_laid_to_the_rule_that_does_it(tmp_path: Path) -> None:
    """O-2: decay, a cap, or both, by name; a rule that changes nothing for somebody is not named for them."""
    capped = reckoned(tmp_path, booked(), CAP)
    anna, cora = (people(capped)[each] for each in ("Anna", "Cora"))
    assert (capped.shown(anna, 1), capped.causes(anna, 1)) == (Points.of(100), ["cap 'At most'"])
    assert (capped.shown(cora, 1), capped.causes(cora, 1)) == (Points.of(7), [])
    decayed = reckoned(tmp_path, booked(), DECAY, {**DECAY, "name": "Elsewhere", "pools": {0: 2}})
    assert decayed.causes(anna, 1) == ["decay 'Weekly'"]
    assert decayed.causes(anna, 2) == []
    soon = {**DECAY, "start_date": int(NOW.timestamp()) - DAY}
    both = reckoned(tmp_path, booked(), soon, CAP)
    assert both.shown(anna, 1) == Points.of(100)
    assert both.causes(anna, 1) == ["decay 'Weekly'", "cap 'At most'"]
    assert both.causes(cora, 1) == ["decay 'Weekly'"]


def test_stages_are_those_of_the_program(tmp_path: Path) -> None:
    """O-2: before all rules, after decay, after caps too; where there is no rule they are one."""
    both = reckoned(tmp_path, booked(), {**DECAY, "start_date": int(NOW.timestamp()) - DAY}, CAP)
    house, now = both.house, both.now
    assert both.standings == standings(house, now)
    assert both.decayed == standings(evolve(house, rules=[house.rules[0]]), now)
    assert both.plain == standings(evolve(house, rules=()), now)
    assert len({str(each) for each in (both.plain, both.decayed, both.standings)}) == 3
    none = reckoned(tmp_path, booked())
    assert none.plain is none.decayed is none.standings


def test_rows_that_are_in_no_pool_are_in_no_sum(tmp_path: Path) -> None:
    """O-2: the values of an installation are as the tables have them, whatever they point to."""
    tables = booked().with_rows("multidkp2itempool", paid_in(2, 1))
    found = reckoned(tmp_path, tables)
    anna = people(found)["Anna"]
    assert (found.shown(anna, 1), found.shown(anna, 2)) == (Points.of(200), Points.of("-40.05"))
    assert isinstance(found.house, Installation)
    assert found.pools == {1: "Main", 2: "Alts"}
    assert found.now == int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
