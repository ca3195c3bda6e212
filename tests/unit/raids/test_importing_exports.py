"""Attendance from exports of loot, from sign-ups, and from logs that tell of loot, as use cases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dkp_core.kernel.page import PageRequest
from dkp_core.loot import ItemFilter
from dkp_core.raids import AttendanceRow, CheckNotChosen, DumpFormat, ImportOutcome, Presence
from dkp_core.raids.formats import NoAttendees
from tests.unit.guild_house import TONIGHT, GuildHouse
from tests.unit.raids.formats.synthetic import log, who, who_row
from tests.unit.raids.formats.synthetic_loot import gargul_table, rc_row, rc_table, sign_up, sign_up_event
from tests.unit.raids.test_importing import imported

EVENING = datetime(2026, 11, 19, 20, 30)  # noqa: DTZ001  # local time, as clients write it
UNIX = int(TONIGHT.timestamp()) - 3600


def statuses(guild: GuildHouse, raid_id: int | None) -> dict[str, Presence]:
    """Who was there, and how."""
    assert raid_id is not None
    rows: tuple[AttendanceRow, ...] = guild.use.show_attendance()(raid_id, by=guild.operator)  # type: ignore[arg-type]  # an id
    return {row.name: row.status for row in rows}


def test_sign_ups_become_attendance_at_the_moment_of_the_event(guild: GuildHouse) -> None:
    """D-3, D-6, D-13: no zone is needed, whatever is named."""
    guild.plays(guild.joins(), "Hero")
    text = sign_up_event([sign_up("Hero/Alt"), sign_up("Late One", "Late"), sign_up("Off", "Absence")], startTime=UNIX)
    report = imported(guild, text, file_name="event.json", event_type_id=guild.event_type(), zone="Asia/Tokyo")
    assert report.format is DumpFormat.RAID_HELPER
    assert report.at == datetime.fromtimestamp(UNIX, UTC)
    assert statuses(guild, report.raid_id) == {
        "Hero": Presence.PRESENT,
        "Late One": Presence.LATE,
        "Off": Presence.ABSENT_EXCUSED,
    }
    assert report.lines_total == 1
    assert report.lines[0].outcome is ImportOutcome.AWARDED


def test_a_season_of_awards_needs_the_night_that_is_meant(guild: GuildHouse) -> None:
    """D-6, D-13: the error lists them; each makes a raid of its own."""
    text = rc_table(
        [
            rc_row("Ann", day="12/11/26", hour="20:00:00"),
            rc_row("Ann", day="19/11/26", hour="20:30:00"),
            rc_row("Ben", day="19/11/26", hour="22:00:00"),
        ]
    )
    kind = guild.event_type()
    with pytest.raises(CheckNotChosen) as refused:
        imported(guild, text, file_name="loot.csv", event_type_id=kind)
    assert refused.value.times == (datetime(2026, 11, 12, 20), EVENING)  # noqa: DTZ001  # as they are written
    second = imported(guild, text, file_name="loot.csv", event_type_id=kind, at=EVENING, zone="UTC")
    assert (second.recorded, second.at) == (2, EVENING.replace(tzinfo=UTC))
    assert [(line.line, line.outcome) for line in second.lines] == [
        (1, ImportOutcome.HEADER),
        (2, ImportOutcome.OTHER_CHECK),
        (2, ImportOutcome.LOOT),
        (3, ImportOutcome.UNRESOLVED),
        (3, ImportOutcome.LOOT),
        (4, ImportOutcome.UNRESOLVED),
        (4, ImportOutcome.LOOT),
    ]


def test_a_day_without_an_hour_may_be_told_its_hour(guild: GuildHouse) -> None:
    """D-13: noon stands for it otherwise, with a warning."""
    text = gargul_table([("Ann", "1")], day="2026-11-19")
    kind = guild.event_type()
    told = imported(guild, text, file_name="a.csv", event_type_id=kind, at=EVENING, zone="UTC", apply=False)
    assert told.at == EVENING.replace(tzinfo=UTC)
    plain = imported(guild, text, file_name="a.csv", event_type_id=kind, zone="UTC")
    assert plain.at == EVENING.replace(hour=12, minute=0, tzinfo=UTC)
    assert any("noon stands for it" in warning for warning in plain.warnings)


def test_loot_in_a_log_is_told_and_awards_nothing(guild: GuildHouse) -> None:
    """D-5, D-11: neither attendance nor an award follows from it."""
    guild.plays(guild.joins(), "Hero")
    text = log([*who([who_row("Hero")]), "--Stranger has looted a Rod.--"], EVENING)
    report = imported(guild, text, file_name="eqlog_Hero_povar.txt", event_type_id=guild.event_type(), zone="UTC")
    assert statuses(guild, report.raid_id) == {"Hero": Presence.PRESENT}
    assert [(line.name, line.detail) for line in report.lines if line.outcome is ImportOutcome.LOOT] == [
        ("Stranger", "Rod")
    ]
    assert guild.use.list_items()(ItemFilter(), by=guild.operator, page=PageRequest()).count == 0
    with pytest.raises(NoAttendees):
        imported(guild, log(["--Hero has looted a Rod.--"], EVENING), event_type_id=guild.event_type("Other"))
