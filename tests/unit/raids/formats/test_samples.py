"""Real files, where they are at hand: they are read or refused, and every line is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from dkp_core.raids.formats import DumpFormat, UnreadableDump, read_dump
from tests.unit.raids.formats.synthetic import names, read_or_refused

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of real files is not beside this checkout")

EXPECTED = {
    "RaidRoster_firiona-20240704-210727_lootgod.txt": (DumpFormat.RAID_DUMP, 1),
    "eq_raiddump_classic_6col.txt": (DumpFormat.RAID_DUMP, 2),
    "RaidTick-2024-03-22_09-47-32.txt": (DumpFormat.ZEAL_RAID_TICK, 2),
    "ZealRaidAttendance_europa_comment.txt": (DumpFormat.ZEAL_RAID_ATTENDANCE, 2),
    "opendkp_raidtick_names_only.txt": (DumpFormat.NAME_LIST, 3),
    "eq_log_lines_from_public_tests.txt": (DumpFormat.WHO_LOG, 25),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_dump_is_recognised_and_read(name: str) -> None:
    """D-6: as game clients and their users' tools wrote it."""
    dump = read_dump([(SAMPLES / name).read_bytes()], file_name=name)
    assert (dump.format, sum(len(check.attendees) for check in dump.checks)) == EXPECTED[name]


def test_a_real_who_list_is_read_without_a_warning() -> None:
    """D-6: anonymous, AFK, linkdead and unguilded players, and a count that agrees."""
    name = "eq_log_lines_from_public_tests.txt"
    dump = read_dump([(SAMPLES / name).read_bytes()], file_name=name)
    (check,) = dump.checks
    assert {"Bill", "Karen", "Peter", "Bad", "Ogey"} <= set(names(check))
    assert not [warning for warning in check.warnings if warning.line == 2]


def test_every_real_file_is_read_or_refused() -> None:
    """D-5: no other outcome, and no line lost."""
    for path in sorted(SAMPLES.iterdir()):
        result = read_or_refused([path.read_bytes()], file_name=path.name)
        assert str(result)
        assert isinstance(result, UnreadableDump) or sum(result.counts.values()) == result.lines_total
