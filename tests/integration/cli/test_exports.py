"""`dkp export` and `dkp import guild`: a guild as a file, and again from it (O-6)."""

from __future__ import annotations

import json
import stat
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from tests.integration.cli.command_line import CommandLine


@pytest.mark.parametrize("file", ["guild.json", "guild.csv.zip"])
def test_a_guild_goes_into_a_file_and_comes_back(file: str, dkp: CommandLine, tmp_path: Path) -> None:
    """O-6, I-3: into the same database under another slug, with a rehearsal before, and away again."""
    dkp.run("raid", "add", "Plane of Fear", "--at", "2026-11-19T20:00")
    dkp.run("raid", "attend", "1", "Élan", "Björnulf")
    (guild,) = dkp.json("guild", "list")
    written = dkp.json("export", "--to", tmp_path / file)
    assert written["rows"]["entries"] == 2
    assert written["bytes"] == (tmp_path / file).stat().st_size
    assert stat.S_IMODE((tmp_path / file).stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.glob(".*.part")] == []

    before = dkp.content()
    assert "--slug" in dkp.refused("import", "guild", tmp_path / file, code=6)
    rehearsed = dkp.run("import", "guild", tmp_path / file, "--slug", "copy", "--dry-run")
    assert "nothing was changed" in rehearsed.stderr
    assert dkp.content() == before

    made = dkp.json("import", "guild", tmp_path / file, "--slug", "copy")
    assert made["guild"]["slug"] == "copy"
    assert dkp.json("verify")["clean"] is True
    told = [
        [(row["username"], row["current"], row["attendance_30"]) for row in dkp.json("standings", "--guild", slug)]
        for slug in (guild["slug"], "copy")
    ]
    assert told[0] == told[1]
    assert any(current == "12.50" for _, current, _ in told[0])
    (record,) = dkp.json("import", "list", "--guild", "copy")
    dkp.run("import", "undo", record["id"], "--guild", "copy")
    assert dkp.content() == before


def test_it_says_what_came_of_it(dkp: CommandLine, tmp_path: Path) -> None:
    """O-6, I-3."""
    assert f"{tmp_path / 'a.json'}: " in dkp.run("export", "--to", tmp_path / "a.json").stdout
    told = dkp.run("import", "guild", tmp_path / "a.json", "--slug", "copy").stdout
    assert "3 of its people are known here, 0 are new" in told
    assert "dkp import undo" in told


def test_standings_are_written_as_eqdkp_plus_does(dkp: CommandLine, tmp_path: Path) -> None:
    """O-6, O-5: every character with its points, as the old points function answers."""
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "7.5", "--reason", "x")
    assert dkp.json("export", "--to", tmp_path / "standings.xml")["rows"] == {"characters": 4}
    root = ET.parse(tmp_path / "standings.xml").getroot()
    names = {each.findtext("name"): each for each in root.iter("player")}
    assert names.keys() == {"Almaryn", "Björnulf", "Zweitulf", "Élan"}
    assert "7.5" in [each.text for each in names["Björnulf"].iter()]


def test_what_is_no_file_of_ours_is_refused(dkp: CommandLine, tmp_path: Path) -> None:
    """O-6, G-8: in a line, and nothing is written."""
    before = dkp.content()
    assert "FILE.csv.zip" in dkp.refused("export", "--to", tmp_path / "guild.ods", code=3)
    assert "can't be written" in dkp.refused("export", "--to", tmp_path / "no" / "guild.json", code=3)
    assert "can't be read" in dkp.refused("import", "guild", tmp_path / "none.json", code=3)
    (tmp_path / "broken.json").write_text("{}", "utf-8")
    dkp.refused("import", "guild", tmp_path / "broken.json", code=3)
    dkp.run("export", "--to", tmp_path / "guild.json")
    document = json.loads((tmp_path / "guild.json").read_text("utf-8"))
    document["version"] = 99
    (tmp_path / "newer.json").write_text(json.dumps(document), "utf-8")
    assert "update this program" in dkp.refused("import", "guild", tmp_path / "newer.json", code=3)
    dkp.refused("import", "guild", tmp_path / "guild.json", "--slug", "NOT A SLUG", code=3)
    assert dkp.content() == before


def test_a_zip_tells_what_it_is(dkp: CommandLine, tmp_path: Path) -> None:
    """O-6: a manifest, and a sheet for each table."""
    dkp.run("export", "--to", tmp_path / "guild.csv.zip")
    with zipfile.ZipFile(tmp_path / "guild.csv.zip") as written:
        manifest = json.loads(written.read("manifest.json"))
        assert manifest["complete"] is True
        assert "secret addresses" in manifest["left_out"]
        assert {"characters.csv", "entries.csv", "guilds.csv", "users.csv"} <= set(written.namelist())
        assert written.read("characters.csv").decode().splitlines()[0].startswith("id,name,")
