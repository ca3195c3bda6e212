"""The demo's story, whatever the hour at which it is told."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dkp_core.kernel.names import name_key
from dkp_core.raids.formats import DumpFormat, read_dump
from dkp_core.roster import look_alike
from dkp_entrypoints.demo.nights import dump, nights
from dkp_entrypoints.demo.people import CHARACTERS, PEOPLE, SEED, TIMEZONE, characters, people


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("day", [1, 2, 6, 25])
def test_every_night_is_over(day: int, hour: int) -> None:
    """D-2: nobody records a raid that has not been; on the day of a clock change, too."""
    now = datetime(2026, 10, day, hour, 30, tzinfo=UTC)
    chance = random.Random(SEED)
    everybody = people(chance)
    told = list(nights(chance, now, everybody, characters(chance, everybody)))
    ends = [night.begins.replace(tzinfo=ZoneInfo(TIMEZONE)) + timedelta(hours=len(night.ticks)) for night in told]
    assert max(ends) < now - timedelta(minutes=30)
    assert [night.cancelled for night in told].count(True) == 1
    assert all(night.ticks[0] for night in told)


def test_its_names_are_unique_and_do_not_look_alike() -> None:
    """R-10: the audit of the demo's roster finds what was put there, and no accident."""
    chance = random.Random(SEED)
    everybody = people(chance)
    roster = characters(chance, everybody)
    assert (len(everybody), len(roster)) == (PEOPLE, CHARACTERS)
    assert len({name_key(played.name) for played in roster}) == CHARACTERS
    assert look_alike(played.name for played in roster) == ()


def test_each_tick_has_its_own_kind_of_file() -> None:
    """D-6: a raid dump, a Zeal tick, a log with a /who list; all are recognised and read whole."""
    at = datetime(2026, 11, 19, 20, 0)  # noqa: DTZ001  # clients write no zone
    names = ("Élan", "Björnulf", "Sørenth")
    for tick, wanted in enumerate((DumpFormat.RAID_DUMP, DumpFormat.ZEAL_RAID_TICK, DumpFormat.WHO_LOG)):
        name, content = dump(random.Random(SEED), at, names, tick)
        read = read_dump([content], file_name=name)
        (check,) = read.checks
        assert read.format is wanted
        assert tuple(each.name for each in check.attendees) == names
        assert check.taken_at == at
        assert check.warnings == ()
