"""O-1, P-6: automatic adjustments go on as policies, where they can be said exactly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from dkp_adapters.eqdkp.serialized import Plain
from dkp_core.kernel.points import Points
from dkp_core.moving import Kind, PoliciesOf
from dkp_core.points import Policies
from dkp_core.points.due import scheduled
from dkp_core.points.schedule import next_run
from tests.unit.eqdkp.mapping.arrived import NOW, Arrived, arrived, opened, settings
from tests.unit.eqdkp.mapping.moved import guild
from tests.unit.eqdkp.synthetic import Installation
from tests.unit.eqdkp.test_serialized import serialized

STARTED = int(datetime(2026, 11, 2, 20, 30, tzinfo=UTC).timestamp())
DECAY: Mapping[int | str, Plain] = {
    "type": "decay_current", "name": "Weekly", "pools": {0: 1}, "decay_time": 7, "start_date": STARTED,
    "calc_func": "ten", "zero_time": 0,
}  # fmt: skip
FUNCTIONS: Mapping[int | str, Plain] = {
    "ten": {0: "$value * 0.9"},
    "third": {0: "$value * 0.9667", 1: "round($Var0, 1)"},
    "odd": {0: "$value * 0.33333"},
    "gives": {0: "$value + 1"},
    "dated": {0: "$value * ($ref_date > 5 ? 0.9 : 1)"},
    "turns": {0: "0 - $value"},
    "broken": {0: "system('x')"},
}


def came_of(
    folder: Path, *rules: Mapping[int | str, Plain], installation: Installation | None = None, timezone: str = "UTC"
) -> Arrived:
    """What comes of a guild with these rules."""
    apa, functions = serialized(dict(enumerate(rules))), serialized(FUNCTIONS)
    with opened(folder, installation or guild(), apa=apa, functions=functions) as source:
        return arrived(source, timezone=timezone)


def policies(came: Arrived) -> Mapping[int, Policies]:
    """Those of each pool, by its id in the source."""
    old = {came.numbers.of(Kind.POOL, each): each for each in (1, 2)}
    return {old[each.pool_id]: each.in_force.policies for each in came.of(PoliciesOf)}


def refused(came: Arrived) -> str:
    """What is said of the one rule, which is not set."""
    assert came.of(PoliciesOf) == []
    (said,) = [each for each in came.arrivals.notes if "is not set" in each]
    return said.partition("is not set")[2]


def test_a_decay_of_balances_goes_on_at_its_next_run(tmp_path: Path) -> None:
    """P-6: by the same part, at the same moment, and never for the past."""
    came = came_of(tmp_path, DECAY)
    (made,) = came.of(PoliciesOf)
    decay = made.in_force.policies.decay
    assert decay is not None
    assert (str(decay.on), decay.percent, decay.debts, decay.formula) == ("balance", Fraction(10), True, None)
    assert (made.in_force.version, made.in_force.changed_at) == (1, NOW)
    (schedule,) = scheduled(made.in_force.policies).values()
    assert next_run(schedule, "UTC", since=NOW, last_run=None) == datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
    assert any("'Weekly'" in each and "2026-11-23 20:30" in each for each in came.arrivals.notes)


def test_a_run_keeps_its_moment_on_other_clocks(tmp_path: Path) -> None:
    """G-2: schedules run on the guild's clocks; in Auckland that evening is the next day."""
    (made,) = came_of(tmp_path, DECAY, timezone="Pacific/Auckland").of(PoliciesOf)
    (schedule,) = scheduled(made.in_force.policies).values()
    assert (schedule.at, schedule.starts_on) == ("09:30", "2026-11-24")
    expected = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
    assert next_run(schedule, "Pacific/Auckland", since=NOW, last_run=None) == expected


def test_a_decay_that_has_not_begun_begins_when_it_would(tmp_path: Path) -> None:
    """P-6: its first run is its start."""
    start = int(datetime(2027, 1, 5, tzinfo=UTC).timestamp())
    (made,) = came_of(tmp_path, {**DECAY, "start_date": start}).of(PoliciesOf)
    (schedule,) = scheduled(made.in_force.policies).values()
    assert (schedule.at, schedule.starts_on, schedule.days) == ("00:00", "2027-01-05", 7)


@pytest.mark.parametrize(
    ("function", "precision", "percent", "formula"),
    [
        ("ten", "2", 10, None),
        ("ten", "0", None, "round($value * 0.9, 0)"),
        ("odd", "2", None, "$value * 0.33333"),
        ("third", "2", None, "$value * 0.9667\nround($Var0, 1)"),
    ],
)
def test_what_a_run_leaves_is_said_exactly(
    tmp_path: Path, function: str, precision: str, percent: int | None, formula: str | None
) -> None:
    """P-6, P-12: as a percentage of two decimals, or by the formula; rounded as the pages round."""
    installation = guild().with_rows("config", *settings(round_precision=precision))
    decay = policies(came_of(tmp_path, {**DECAY, "calc_func": function}, installation=installation))[1].decay
    assert decay is not None
    assert (decay.percent, decay.formula) == (percent, formula)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"calc_func": "gives"}, "gives points"),
        ({"calc_func": "turns"}, "gives points, or turns"),
        ({"calc_func": "dated"}, "asks for dates"),
        ({"calc_func": "broken"}, "can't be worked out"),
        ({"calc_func": "none"}, "not known"),
        ({"decay_time": Decimal("0.5")}, "every 0.5 days"),
        ({"decay_time": 0}, "every 0 days"),
        ({"decay_time": 400}, "366"),
        ({"decay_time": 61, "zero_time": 2}, "lapse 2 months"),
        ({"pools": {0: 99}}, "no pool"),
        ({"type": "decay_ria", "modules": {0: "raid"}, "zero_time": 6}, "dkp simulate"),
        ({"type": "hardcap_current", "upper_cap": "60", "lower_cap": 0}, "from 0.00 to 60.00"),
        ({"type": "onetime_current"}, "was booked once"),
        ({"type": "inactivity"}, "'inactivity'"),
        ({"type": "cap_current"}, "no bounds"),
        ({"type": "cap_current", "upper_cap": 5, "interval": 7, "event": 3}, "2 pools at once"),
        ({"type": "cap_current", "upper_cap": 5, "interval": 7, "event": 4}, "no pool"),
        ({"type": "cap_current", "upper_cap": 5, "interval": 7, "event": 1, "twinks": 1}, "each character"),
        ({"type": "currentcap_current", "lower_cap": -5}, "upper bound"),
        ({"type": "currentcap_current", "upper_cap": 0}, "upper bound"),
        ({"type": "startpoints", "value": "0", "event": 1}, "gives nothing"),
        ({"type": "startpoints", "value": "25", "event": 1, "twinks": 1}, "each character"),
    ],
)
def test_what_cannot_be_said_exactly_is_told_instead(tmp_path: Path, changed: dict[int | str, Plain], why: str) -> None:
    """O-2: nothing is set that would move points otherwise than before."""
    assert why in refused(came_of(tmp_path, {**DECAY, **changed}))


def test_caps_and_start_points_go_on(tmp_path: Path) -> None:
    """P-6: each where what it books would count."""
    came = came_of(
        tmp_path,
        {"type": "cap_current", "pools": {}, "upper_cap": 40, "lower_cap": -20, "interval": 14, "event": 2,
         "start_date": STARTED},
        {"type": "currentcap_current", "pools": {0: 1}, "upper_cap": "100.5", "lower_cap": 0},
        {"type": "startpoints", "pools": {}, "value": "25", "event": 1, "before": 0},
    )  # fmt: skip
    found = policies(came)
    cap = found[2].repeating_cap
    assert cap is not None
    assert (cap.upper, cap.lower, cap.schedule.days) == (Points.of(40), Points.of(-20), 14)
    assert (found[1].cap, found[2].cap) == (Points.of("100.50"), None)
    assert [(str(each.role_group), each.points) for each in found[1].start_points] == [("member", Points.of(25))]
    assert any("lower bound 0.00" in each for each in came.arrivals.notes)


def test_a_repeating_cap_runs_when_its_program_had_it_next(tmp_path: Path) -> None:
    """P-6: the program notes its next run in its settings."""
    rule: Mapping[int | str, Plain] = {
        "type": "cap_current", "pools": {}, "upper_cap": 40, "interval": 7, "event": 1, "start_date": STARTED,
    }  # fmt: skip
    following = str(int(datetime(2026, 11, 25, 6, tzinfo=UTC).timestamp()))
    installation = guild().with_rows("config", *settings(apa_cap_next_run_0=following))
    cap = policies(came_of(tmp_path, rule, installation=installation))[1].repeating_cap
    assert cap is not None
    assert (cap.schedule.starts_on, cap.schedule.at) == ("2026-11-25", "06:00")


def test_of_several_rules_of_a_kind_the_first_holds(tmp_path: Path) -> None:
    """O-1: as the program has it; each pool has its own first."""
    second: Mapping[int | str, Plain] = {**DECAY, "name": "Second", "pools": {0: 1, 1: 2}, "calc_func": "odd"}
    came = came_of(tmp_path, DECAY, second)
    found = policies(came)
    assert found[1].decay is not None
    assert found[2].decay is not None
    assert (found[1].decay.percent, found[2].decay.formula) == (Fraction(10), "$value * 0.33333")
    assert any("'Second' is not set in pool 'Main'" in each for each in came.arrivals.notes)


def test_rules_that_contradict_each_other_are_not_both_set(tmp_path: Path) -> None:
    """G-8: start points above the cap are told of, and the cap stays."""
    came = came_of(
        tmp_path,
        {"type": "currentcap_current", "pools": {0: 1}, "upper_cap": 10},
        {"type": "startpoints", "value": "25", "event": 1},
    )
    assert (policies(came)[1].cap, policies(came)[1].start_points) == (Points.of(10), ())
    assert any("25.00 is above the cap" in each for each in came.arrivals.notes)


@pytest.mark.parametrize(
    ("layout", "system"),
    [("epgp", "epgp"), ("user_epgp", "epgp"), ("edkp", "effective_dkp"), ("sk", "suicide_kings"), ("normal", None)],
)
def test_the_point_system_goes_on(tmp_path: Path, layout: str, system: str | None) -> None:
    """P-16: by the layout of the pages; plain DKP needs no policy."""
    came = came_of(tmp_path, installation=guild().with_rows("config", *settings(eqdkp_layout=layout)))
    assert {str(each.system) for each in policies(came).values()} == ({system} if system else set())
