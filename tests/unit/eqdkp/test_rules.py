"""O-1: the files with automatic point adjustments."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dkp_adapters.eqdkp.errors import RulesUnreadable
from dkp_adapters.eqdkp.rules import functions_of, rules_of
from dkp_adapters.eqdkp.serialized import Plain
from dkp_core.kernel.points import Points
from tests.unit.eqdkp.test_serialized import serialized

DECAY: Plain = {
    "name": "10 &#37;", "pools": {0: 1, 1: "2"}, "zero_time": 6, "decay_time": Decimal("0.5"),
    "start_date": 1784764800, "calc_func": "func_a", "type": "decay_ria", "modules": {0: "raid", 1: "item"},
}  # fmt: skip
CAP: Plain = {
    "name": "Cap", "type": "cap_current", "pools": {0: 2}, "upper_cap": "60", "lower_cap": Decimal("-20.5"),
    "interval": 7, "event": "3", "twinks": 0,
}  # fmt: skip
START: Plain = {"name": "Start", "type": "startpoints", "pools": {}, "value": "25", "event": 1, "before": 1}


def test_adjustments_come_in_the_order_of_their_file() -> None:
    """O-1: the first that fits is the one applied, so order matters."""
    decay, cap, start = rules_of(serialized({"b": DECAY, "a": CAP, 3: START}))
    assert (decay.id, cap.id, start.id) == ("b", "a", "3")
    assert (decay.name, decay.type, decay.pools, decay.modules) == ("10 %", "decay_ria", (1, 2), ("raid", "item"))
    assert (decay.zero_months, decay.every_days, decay.function) == (6, Decimal("0.5"), "func_a")
    assert decay.starts_at == datetime(2026, 7, 23, tzinfo=UTC)
    assert (cap.upper, cap.lower, cap.every_days, cap.event) == (Points.of(60), Points.of("-20.50"), Decimal(7), 3)
    assert (start.value, start.settings["before"]) == (Points.of(25), 1)
    assert all(each.is_known and not each.flaws for each in (decay, cap, start))


def test_what_is_odd_in_an_adjustment_is_said_and_the_rest_is_read() -> None:
    """Bad input gets: a type of somebody's own, words where numbers belong."""
    odd: Plain = {"type": "inactivity", "decay_time": "soon", "upper_cap": "1e30", "start_date": -1}
    (rule,) = rules_of(serialized({1: odd}))
    assert not rule.is_known
    assert (rule.every_days, rule.upper, rule.starts_at) == (None, None, None)
    assert [each.partition(":")[0] for each in rule.flaws] == ["decay_time", "start_date", "upper_cap"] or len(
        rule.flaws
    ) == 3


def test_functions_are_formulas() -> None:
    """P-6: the lines become one formula; what is none keeps its lines and says why."""
    found = functions_of(serialized({"a": {0: "$value * 0.95", 1: "round($Var0,2)"}, "b": {0: "system('x')"}}))
    assert found["a"].formula is not None
    assert found["a"].lines == ["$value * 0.95", "round($Var0,2)"]
    assert (found["b"].formula, found["b"].lines) == (None, ["system('x')"])
    assert "accepted" in found["b"].fault


def test_a_guard_in_php_before_the_values_is_passed_over() -> None:
    """O-1: some versions keep browsers from reading the file."""
    assert len(rules_of(b"<?php if(!defined('EQDKP_INC')) die(); ?>\n" + serialized({1: CAP}))) == 1
    assert rules_of(b"") == ()


@pytest.mark.parametrize("raw", [b"<?php", b"a:1:{", b"i:5;", b'O:1:"a":0:{}', b"x" * 4_000_001])
def test_what_the_program_does_not_write_is_refused(raw: bytes) -> None:
    """Bad input gets: the file, the fault and what is accepted."""
    with pytest.raises(RulesUnreadable, match=r"apa: .*; accepted: apatab\.php"):
        rules_of(raw)
    with pytest.raises(RulesUnreadable, match=r"apa_functions: "):
        functions_of(raw)
