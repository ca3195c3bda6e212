"""Real files, where they are at hand: each is imported, and each of its lines is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cli.command_line import CommandLine

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
FILES = (
    "RaidRoster_firiona-20240704-210727_lootgod.txt",
    "RaidTick-2024-03-22_09-47-32.txt",
    "ZealRaidAttendance_europa_comment.txt",
    "eq_raiddump_classic_6col.txt",
    "eq_log_lines_from_public_tests.txt",
    "opendkp_raidtick_names_only.txt",
    "softres_it_export.csv",
)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the folder of real files, {SAMPLES}, is not here")
@pytest.mark.parametrize("name", FILES)
def test_every_line_of_a_real_file_is_accounted_for(name: str, dkp: CommandLine) -> None:
    """D-5, D-6: nothing read is dropped silently; the same file is recognised the second time."""
    imported = ("raid", "import", SAMPLES / name, "--event-type", "Plane of Fear", "--at", "2024-07-04T21:00")
    report = dkp.json(*imported)
    assert len({line["line"] for line in report["lines"]}) + report["noise"] == report["lines_total"]
    assert report["recorded"] > 0
    assert all(line["outcome"] for line in report["lines"])
    assert dkp.json(*imported)["already_imported"] is True
    dkp.run("verify")
