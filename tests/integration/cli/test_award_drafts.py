"""`dkp award draft`: a log's loot drafted, looked at, awarded and dismissed."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import fields

from dkp_core.loot import AwardDraftRow, DraftReport
from tests.integration.cli.command_line import CommandLine

AT = "2026-11-19T20:00"
LOOTED = "[Thu Nov 19 20:{minute}:00 2026] --{name} has looted a {item}.--\r\n"


@pytest.fixture
def drops(tmp_path: Path) -> Path:
    """A log of three items, one of which nobody known looted."""
    path = tmp_path / "eqlog_Almaryn_server.txt"
    lines = [("05", "Élan", "Cloak"), ("06", "Fremdling", "Rod"), ("07", "You", "Gem")]
    text = "".join(LOOTED.format(minute=minute, name=name, item=item) for minute, name, item in lines)
    path.write_text(text.replace("You has", "You have"), "utf-8")
    return path


def test_a_logs_loot_is_drafted_awarded_and_dismissed(dkp: CommandLine, drops: Path) -> None:
    """D-11, I-3: dry first, then for good; once each."""
    dkp.run("raid", "add", "Plane of Fear", "--at", AT)
    make = ("award", "draft", "make", "1", str(drops), "--zone", "Europe/Berlin")
    dry = dkp.run(*make, "--dry-run")
    assert "nothing was changed" in dry.stderr
    assert dkp.json("award", "draft", "list", "1") == []
    report = dkp.json(*make)
    assert set(report) == {each.name for each in fields(DraftReport)}
    assert (report["drafted"], report["noise"], report["format"]) == (3, 0, "who_log")
    assert dkp.json(*make)["already_drafted"] == 3
    rows = dkp.json("award", "draft", "list", "1", "--status", "open")
    assert set(rows[0]) == {each.name for each in fields(AwardDraftRow)}
    assert [(row["item"], row["character"], row["username"]) for row in rows] == [
        ("Cloak", "Élan", "Chloé"),
        ("Rod", "Fremdling", None),
        ("Gem", "Almaryn", "Alma"),
    ]
    assert "names no price" in dkp.refused("award", "draft", "confirm", "1", "1", code=3)
    given = dkp.json("award", "draft", "confirm", "1", "1", "--amount", "2", "--allow-overbid")
    assert (given["status"], len(given["awards"])) == ("awarded", 1)
    assert dkp.json("award", "list")[0]["amount"] == "2.00"
    assert "nobody's character" in dkp.refused("award", "draft", "confirm", "1", "2", "--amount", "1", code=3)
    rotted = dkp.json("award", "draft", "confirm", "1", "2", "--nobody", "--item", "Rod of Ice")
    assert rotted["status"] == "awarded"
    gone = dkp.json("award", "draft", "dismiss", "1", "3", "--reason", "a tradeskill item")
    assert (gone["status"], gone["reason"]) == ("dismissed", "a tradeskill item")
    assert "dismissed already" in dkp.refused("award", "draft", "dismiss", "1", "3", "--reason", "x", code=6)
    assert dkp.json("award", "draft", "show", "1", "3") == gone


def test_what_people_type_wrong_is_told(dkp: CommandLine, drops: Path) -> None:
    """G-8: the field, the fault and what is accepted."""
    dkp.run("raid", "add", "Plane of Fear", "--at", AT)
    assert "no raid" in dkp.refused("award", "draft", "make", "7", str(drops), code=4).lower()
    assert "a whole number" in dkp.refused("award", "draft", "show", "1", "Cloak", code=3)
    assert "there is no" in dkp.refused("award", "draft", "show", "1", "99", code=4).lower()
    both = ("award", "draft", "confirm", "1", "1", "--nobody", "--character", "Élan")
    assert "nobody does" in dkp.refused(*both, code=3)
    drops.write_text("[Thu Nov 19 20:05:00 2026] Welcome to EverQuest!\r\n", "utf-8")
    assert "No item is named" in dkp.refused("award", "draft", "make", "1", str(drops), code=3)
