"""Attendance from raids in XML and from a log's lines about who joined and left, as use cases."""

from __future__ import annotations

import pytest

from dkp_core.raids import CheckNotChosen, DumpFormat, ImportOutcome, Presence
from dkp_core.raids.formats import DumpIsBroken, DumpIsGuildDump
from tests.unit.guild_house import GuildHouse
from tests.unit.raids.formats.synthetic import LOG_NAME, NIGHT
from tests.unit.raids.formats.synthetic_trackers import START, at, dropped, item, member, raid_info, raid_log, times
from tests.unit.raids.test_importing import imported, raid_count

ZONE = "America/New_York"


def test_moments_of_a_raid_log_need_no_zone(guild: GuildHouse) -> None:
    """D-6, D-13: seconds since 1970 are what they are wherever the uploader lives; the same bytes count once (D-7)."""
    sonya = guild.joins()
    guild.plays(sonya, "Sonya")
    document = raid_log([member("Sonya"), member("Stranger", times(60, 180))], [item("Axe", "Sonya")])
    kind = guild.event_type()
    report = imported(guild, document, file_name="raid.xml", event_type_id=kind, zone=ZONE)
    assert (report.format, report.at, report.unresolved) == (DumpFormat.EQDKP_PLUS_XML, START, ("Stranger",))
    assert (report.place, report.lines_total, report.noise) == ("Icecrown", 1, 0)
    assert guild.current(sonya) == "10.00"
    assert ImportOutcome.LOOT in {line.outcome for line in report.lines}
    assert report.raid_id is not None
    lines = guild.use.show_attendance()(report.raid_id, by=sonya.by)
    assert {line.name: line.status for line in lines} == {"Sonya": Presence.PRESENT, "Stranger": Presence.LATE}
    assert imported(guild, document, file_name="raid.xml", event_type_id=kind).already_imported


def test_times_of_a_raid_info_are_in_the_uploaders_zone(guild: GuildHouse) -> None:
    """D-6, D-13: CT_RaidTracker's have none."""
    guild.plays(guild.joins(), "Sonya")
    document = raid_info(["Sonya"], loot=[dropped("Axe", "Sonya")])
    report = imported(guild, document, file_name="raid.xml", event_type_id=guild.event_type(), zone=ZONE)
    assert (report.format, report.awarded) == (DumpFormat.CT_RAID_TRACKER, 1)
    assert (report.local_time, report.at.hour) == (NIGHT.isoformat(), NIGHT.hour + 4 - 24)


def test_the_raids_of_a_log_are_imported_one_by_one(guild: GuildHouse) -> None:
    """D-6: who joined and left; the time names the raid that is meant."""
    sonya = guild.joins()
    guild.plays(sonya, "Sonya")
    text = at(0, "Sonya joined the raid.") + at(60, "Sonya has left the raid.") + at(1440, "Marco joined the raid.")
    kind = guild.event_type()
    with pytest.raises(CheckNotChosen):
        imported(guild, text, file_name=LOG_NAME, event_type_id=kind, zone=ZONE)
    report = imported(guild, text, file_name=LOG_NAME, event_type_id=kind, zone=ZONE, at=NIGHT)
    assert (report.format, report.recorded) == (DumpFormat.JOIN_LEAVE_LOG, 1)
    assert [(line.line, line.outcome) for line in report.lines] == [
        (1, ImportOutcome.AWARDED),
        (2, ImportOutcome.REPEATED),
        (3, ImportOutcome.OTHER_CHECK),
    ]


def test_what_is_no_attendance_changes_nothing(guild: GuildHouse) -> None:
    """D-6, G-8: XML that was cut off, and a guild dump."""
    kind = guild.event_type()
    with pytest.raises(DumpIsBroken):
        imported(guild, raid_log([member("Sonya")])[:-5], file_name="raid.xml", event_type_id=kind)
    with pytest.raises(DumpIsGuildDump):
        imported(guild, "Sonya\t60\tBard\tMember\t\t01/02/06\tPoT\n", file_name="x.txt", event_type_id=kind)
    assert raid_count(guild) == 0
