"""Lengths of time, and rules, as people type them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.kernel.errors import InvalidValue
from dkp_entrypoints.cli.moments import lasting
from dkp_entrypoints.cli.setting import said


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("2m", 120), (" 1H30M ", 5400), ("1d", 86400), ("1d2h3m4s", 93784), ("0m5s", 5)],
)
def test_a_length_of_time_is_read(text: str, seconds: int) -> None:
    """I-3: days, hours, minutes and seconds; a bare number is seconds."""
    assert lasting(text, "by") == timedelta(seconds=seconds)


def test_no_length_of_time_is_none() -> None:
    """I-3: what is not given is not given."""
    assert lasting(None, "by") is None


@pytest.mark.parametrize("text", ["", "0", "0m", "soon", "-5", "1.5m", "5m2h", "2 m", "m", "9" * 9, "٣m", "2m\n3"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    """G-8: with what is accepted."""
    with pytest.raises(InvalidValue, match=r"by: .*1h30m"):
        lasting(text, "by")


def test_rules_are_typed_by_name_or_as_json() -> None:
    """L-2: words, numbers, lists; the last counts; a decimal stays what was written."""
    assert said(["mode=open", "increment=2.5", "ranks=[1, 2]", "trials=false", "trial_cap=null"], "rules") == {
        "mode": "open",
        "increment": "2.5",
        "ranks": [1, 2],
        "trials": False,
        "trial_cap": None,
    }
    assert said(['{"increment": 1.10, "mode": "open"}', "mode=x=y"], "rules") == {"increment": "1.10", "mode": "x=y"}
    assert said([], "rules") == {}


@pytest.mark.parametrize("text", ["mode", "=5", "{", '{"a": }', "{" * 100_000])
def test_what_sets_nothing_is_refused(text: str) -> None:
    """G-8: in one line, whatever it is."""
    with pytest.raises(InvalidValue, match="rules"):
        said([text], "rules")
