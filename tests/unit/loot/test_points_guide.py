"""The tables of examples in the guide on points hold (P-6)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import RaidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import Fall, Rules
from dkp_core.loot.priority import fallen
from tests.unit.docs.markdown_pages import ROOT

GUIDE = (ROOT / "docs" / "guides" / "points.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """The cells of the table under that heading row."""
    lines = GUIDE[GUIDE.index(heading) :].splitlines()[2:]
    rows = lines[: next(index for index, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def users(letters: str) -> tuple[UserId, ...]:
    """Users by their letters."""
    return tuple(UserId(ord(letter)) for letter in letters if letter in "ABCDE")


def letters(order: Sequence[UserId]) -> str:
    """The letters of users."""
    return " ".join(chr(user_id) for user_id in order)


FALLS = table("| list before | attended | got an item |")


@pytest.mark.parametrize(("before", "attended", "got", "after"), FALLS)
def test_the_guides_lists_of_suicide_kings_hold(before: str, attended: str, got: str, after: str) -> None:
    """P-6: each row is played."""
    there = {} if attended == "nobody is noted" else {RaidId(1): users(attended)}
    falls = [Fall(user_id=each, raid_id=RaidId(1), raid_began_at=None) for each in users(got.partition(" who")[0])]
    assert letters(fallen(users(before), falls, there)) == after


@pytest.mark.parametrize(("policy", "house", "own", "left"), table("| policy | rules of the pool | auction |"))
def test_the_guides_floors_hold(policy: str, house: str, own: str, left: str) -> None:
    """P-6, L-5: each row is tried."""
    floor, *more = (cell.strip("`").partition("`")[0] for cell in (policy, house, own, left.removeprefix("refused: ")))
    given = Rules.of({"floor": None if more[0] == "null" else more[0]}, "rules")
    values = {"floor": more[1]} if more[1] else {}
    if left.startswith("refused"):
        with pytest.raises(InvalidValue) as refused:
            given.overridden(values, Points.of(floor))
        assert refused.value.accepted == f"{more[2]} or more"
    else:
        assert str(given.overridden(values, Points.of(floor)).floor) == more[2]


def test_the_guide_has_these_tables() -> None:
    """They are not tested by being empty."""
    assert len(FALLS) == 6
