"""How answers are written: JSON for programs, tables for people, one line for errors."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from attrs import frozen

from dkp_core.kernel.errors import (
    InvalidValue,
    NameTaken,
    NoSuch,
    NotPermitted,
    Stale,
    Unavailable,
)
from dkp_core.kernel.points import Points
from dkp_core.points import EntryKind
from dkp_entrypoints.cli.exit_codes import ExitCode
from dkp_entrypoints.cli.failing import judged, one_line
from dkp_entrypoints.cli.printing import plain, print_one, print_rows, shown

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)


@frozen(kw_only=True)
class Row:
    """A row of everything."""

    name: str
    points: Points
    kind: EntryKind = EntryKind.AWARD
    at: datetime | None = None
    day: date | None = None
    factor: Decimal = Decimal("1.50")
    pools: tuple[int, ...] = ()
    flags: frozenset[str] = frozenset()
    inner: Row | None = None


def test_programs_get_points_as_text_and_moments_in_utc() -> None:
    """G-3, I-3: never a float; `Z` whatever the offset was; sets in order."""
    local = datetime(2026, 11, 20, 21, 15, tzinfo=timezone(timedelta(hours=1)))
    row = Row(
        name="Élan", points=Points.of("-1.5"), at=local, day=date(2026, 11, 20), pools=(2, 1), flags=frozenset("ba")
    )
    told = plain((Row(name="", points=Points(0), inner=row),))
    assert told[0]["inner"] == {
        "name": "Élan",
        "points": "-1.50",
        "kind": "award",
        "at": "2026-11-20T20:15:00Z",
        "day": "2026-11-20",
        "factor": "1.50",
        "pools": [2, 1],
        "flags": ["a", "b"],
        "inner": None,
    }
    assert json.loads(json.dumps(told)) == told


def test_people_get_moments_in_the_guilds_own_time() -> None:
    """G-2: and yes, no or nothing."""
    assert shown(EVENING, BERLIN) == "2026-11-20 21:15"
    assert [shown(value, BERLIN) for value in (True, False, None, (), ("a", 1))] == ["yes", "no", "", "", "a, 1"]


@pytest.mark.parametrize(
    ("points", "decimals", "text"),
    [
        ("2.50", 2, "2.50"),
        ("2.50", 1, "2.5"),
        ("2.50", 0, "3"),
        ("-2.50", 0, "-3"),
        ("2.49", 0, "2"),
        ("9999999999.99", 2, "9999999999.99"),
    ],
)
def test_points_are_shown_with_as_many_decimals_as_their_pool_has(points: str, decimals: int, text: str) -> None:
    """P-5, P-12: rounded half-up, away from zero."""
    assert shown(Points.of(points), BERLIN, decimals) == text


def test_names_are_no_markup_and_steer_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """O-13: what anybody may have typed is shown, not obeyed."""
    print_rows([Row(name="[red]Rot[/red]\x1b[31m", points=Points(5))], ("name", "points"))
    print_one(Row(name="[blink]x\x07", points=Points(5)))
    said = capsys.readouterr().out
    assert "[red]Rot[/red] [31m" in said
    assert "[blink]x" in said
    assert "\x1b" not in said
    assert "\x07" not in said


def test_an_empty_list_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """I-3: rather than a heading over nothing."""
    print_rows([], ("name",), nothing="Nobody.")
    assert capsys.readouterr().out == "Nobody.\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidValue("amount", "it is red", "green ones"), ExitCode.INVALID),
        (NoSuch("raid", 5), ExitCode.NOT_FOUND),
        (NotPermitted("operator"), ExitCode.FORBIDDEN),
        (NameTaken("rank", "Trial"), ExitCode.CONFLICT),
        (Stale("locked"), ExitCode.DATABASE),
        (Unavailable("gone"), ExitCode.DATABASE),
        (KeyError("boom"), ExitCode.FAULT),
        (OSError(28, "No space left on device"), ExitCode.FAULT),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: Exception, code: ExitCode) -> None:
    """G-8: the four kinds of the core, the two ways a store fails, and faults of ours."""
    assert judged(error)[0] is code


def test_an_error_is_one_line_whatever_is_in_it() -> None:
    """I-3, O-13: a name with a line break or an escape sequence does not break out of it."""
    assert one_line("Élan\n\x1b[31mfoo\r\t bar\x00") == "Élan [31mfoo bar"
