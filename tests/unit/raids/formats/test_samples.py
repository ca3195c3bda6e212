"""Real files, where they are at hand: they are read or refused, and every line is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from dkp_core.raids.formats import DumpFormat, DumpIsGuildDump, NoLoot, UnreadableDump, read_dump, read_loot
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
    "gargul_award_export.csv": (DumpFormat.GARGUL, 1),
    "softres_it_export.csv": (DumpFormat.SOFT_RESERVES_CSV, 1),
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


def test_real_awards_are_read_night_by_night() -> None:
    """D-11: who won what, and what nobody did."""
    reading = read_loot([(SAMPLES / "gargul_award_export.csv").read_bytes()])
    assert [(line.item, line.name, line.rot) for line in reading.loot] == [
        ("45471", "Tawd", False),
        ("45492", "", True),
    ]


def test_a_real_wish_is_recognised_and_is_no_loot() -> None:
    """D-6: by its heading, though nothing was received."""
    with pytest.raises(NoLoot) as refused:
        read_loot([(SAMPLES / "thatsmybis_loot_csv_all.csv").read_bytes()])
    assert refused.value.format == "thatsmybis"


def test_a_real_guild_dump_is_named_as_one() -> None:
    """D-6: it tells who is in the guild, not who was at a raid."""
    name = "eq_live_guilddump_rumstil_line.txt"
    assert isinstance(read_or_refused([(SAMPLES / name).read_bytes()], file_name=name), DumpIsGuildDump)


def test_every_real_file_is_read_or_refused() -> None:
    """D-5: no other outcome, and no line lost."""
    for path in sorted(SAMPLES.iterdir()):
        result = read_or_refused([path.read_bytes()], file_name=path.name)
        assert str(result)
        assert isinstance(result, UnreadableDump) or sum(result.counts.values()) == result.lines_total
