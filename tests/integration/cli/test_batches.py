"""`dkp batch` and `dkp points bonus`."""

from __future__ import annotations

from pathlib import Path

from tests.integration.cli.command_line import CommandLine


def test_a_run_is_previewed_made_once_and_taken_back(dkp: CommandLine) -> None:
    """P-7: who gets how much, and what books exactly that; who comes second is told which batch is there."""
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "100", "--reason", "x")
    dkp.run("pool", "set-policies", "DKP", 'decay={"percent": "10"}')
    told = dkp.run("batch", "preview", "decay", "--now")
    assert "90.00" in told.stdout
    checksum = told.stderr.partition("--checksum ")[2].split()[0]
    assert "is due" in dkp.refused("batch", "run", "decay", code=6)
    made = dkp.json("batch", "run", "decay", "--now", "--checksum", checksum)
    assert made["total"] == "-10.00"
    assert f"Batch {made['id']} " in dkp.refused("batch", "run", "decay", "--now", code=6)
    (line,) = dkp.json("batch", "lines", made["id"])
    assert (line["username"], line["amount"], line["reversed_by"]) == ("Björn", "-10.00", None)
    dkp.run("batch", "reverse", made["id"], "--reason", "no")
    assert dkp.json("batch", "show", made["id"])["reason"] == "no"
    again = dkp.json("batch", "run", "decay", "--period", made["period"])
    assert [each["id"] for each in dkp.json("batch", "list", "--standing", "--kind", "decay")] == [again["id"]]


def test_a_bonus_goes_to_a_raid_or_to_a_list(dkp: CommandLine, tmp_path: Path) -> None:
    """P-9: once for its key; a penalty takes."""
    dkp.run("raid", "add", "Plane of Fear", "--at", "2026-11-19T20:00", "--points", "0")
    dkp.run("raid", "attend", "1", "Élan", "Björnulf")
    kill = ("points", "bonus", "First kill", "--raid", "1", "--amount", "5", "--key", "quarm", "--pool", "DKP")
    assert "5.00" in dkp.run(*kill, "--preview").stdout
    assert dkp.json(*kill)["lines"] == 2
    dkp.refused(*kill, code=6)
    late = tmp_path / "late.csv"
    late.write_text("character,amount\nÉlan,2\n", "utf-8")
    batch = dkp.json("points", "bonus", "Late", "--csv", late, "--penalty", "--pool", "DKP")
    assert (batch["kind"], batch["total"]) == ("penalty", "-2.00")
    (row,) = dkp.json("points", "balance", "Élan", "--pool", "DKP")
    assert row["current"] == "3.00"
