"""The numbers that EQdkp Plus itself shows for a real installation, all of them, reckoned anew from its rows (O-2)."""

from __future__ import annotations

from typing import Any

import pytest

from dkp_adapters.eqdkp.arithmetic import (
    WINDOWS,
    Standing,
    WindowedAttendance,
    attendances,
    shown,
    standings,
)
from tests.unit.eqdkp.real_installation import DECAYED, PLAIN, installation

BOTH = pytest.mark.parametrize(("dump", "expected"), [PLAIN, DECAYED], ids=["plain", "decayed"])
Shown = dict[str, Any]


def columns(standing: Standing, precision: int) -> Shown:
    """A standing as the program prints it."""
    return {
        "earned": shown(standing.earned, precision),
        "spent": shown(standing.spent, precision),
        "adjustment": shown(standing.adjusted, precision),
        "current": shown(standing.current, precision),
        "current_without_apa": shown(standing.sum, precision),
    }


def percentages(attendance: WindowedAttendance | None) -> Shown:
    """Attendance as the program prints it."""
    cells: Shown = {}
    for days in WINDOWS:
        name = f"att_{days or 'LT'}"
        if attendance is None:
            cells |= {name: [0, 0], f"{name}_real": [0, 0], f"{name}_html": "0% (/)"}
        else:
            each, real = attendance.shown[days], attendance.real[days]
            cells |= {name: [each.attended, each.total], f"{name}_html": str(each)}
            cells |= {f"{name}_real": [real.attended, real.total]}
    return cells


@BOTH
def test_points_are_those_the_program_shows(dump: str, expected: str) -> None:
    """O-2: earned, spent, adjusted, and current with and without decay and caps; single and with twinks: 484 rows."""
    house, program = installation(dump, expected)
    reckoned = standings(house, int(program["as_of"]))
    compared = 0
    for member, row in program["members"].items():
        for pool, wanted in row["pools"].items():
            both = reckoned[int(member), int(pool)]
            for how, standing in (("single", both.single), ("with_twinks", both.with_twinks)):
                got = columns(standing, house.config.precision)
                assert (member, pool, how, got) == (member, pool, how, {each: wanted[how][each] for each in got})
                compared += 1
    assert compared == len(reckoned) * 2 == 484


@BOTH
def test_attendance_is_what_the_program_shows(dump: str, expected: str) -> None:
    """O-2: 30, 60, 90 days and a lifetime, the real ones too; single and with twinks: 1,936 windows, each twice."""
    house, program = installation(dump, expected)
    reckoned = attendances(house, int(program["as_of"]))
    compared = 0
    for member, row in program["members"].items():
        for pool, wanted in row["pools"].items():
            both = reckoned[int(member), int(pool)]
            for how, windowed in (("single", both.single), ("with_twinks", both.with_twinks)):
                got = percentages(windowed)
                assert (member, pool, how, got) == (member, pool, how, {each: wanted[how][each] for each in got})
                compared += len(WINDOWS)
    assert compared == len(reckoned) * 2 * len(WINDOWS) == 1936
