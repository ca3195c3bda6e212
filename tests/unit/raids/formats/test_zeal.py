"""What the Zeal client writes: raid ticks and attendance calls."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.raids.formats import DumpFormat, DumpNotRecognised, LineOutcome, WarningKind
from tests.unit.raids.formats.synthetic import (
    CALL_NAME,
    NIGHT,
    TICK_NAME,
    attendance_call,
    kinds,
    line_of,
    names,
    one_check,
    outcomes,
    raid_tick,
    read_text,
)


def test_a_raid_tick_tells_who_was_there_and_when() -> None:
    """D-6: the time stands in every row, and the points, empty or not, are kept."""
    text = raid_tick(["Cinu"], points="3") + "Tester\t37\tMagician\t2024-07-04_21-07-27\t\n"
    dump = read_text(text)
    (check,) = dump.checks
    assert dump.format is DumpFormat.ZEAL_RAID_TICK
    assert names(check) == ["Cinu", "Tester"]
    assert (check.attendees[1].level, check.attendees[1].character_class) == (37, "Magician")
    assert check.taken_at == NIGHT
    assert outcomes(check) == {1: LineOutcome.HEADER, 2: LineOutcome.ATTENDEE, 3: LineOutcome.ATTENDEE}
    assert (line_of(check, 2).detail, line_of(check, 3).detail) == ("points 3", "")


def test_a_ticks_rows_may_be_short_or_long_and_its_columns_in_any_order() -> None:
    """D-6: read by heading, never by position."""
    check = one_check("Class\tPlayer\tPoints\nBard\tSonya\t1\tmore\nCleric\tVulak\nWizard\n", file_name=TICK_NAME)
    assert [(each.name, each.character_class) for each in check.attendees] == [("Sonya", "Bard"), ("Vulak", "Cleric")]
    assert line_of(check, 2).detail == "points 1; column 4: more"
    assert line_of(check, 4).outcome is LineOutcome.UNREADABLE
    assert check.taken_at == NIGHT


def test_rows_of_several_times_are_warned_of() -> None:
    """D-13: the first row's time counts."""
    text = raid_tick(["Cinu"]) + "Tester\t37\tMagician\t2024-07-04_22-07-27\t1\n"
    check = one_check(text)
    assert check.taken_at == NIGHT
    assert kinds(check) == [WarningKind.TIMES_DIFFER]


def test_what_is_no_time_or_level_is_noted() -> None:
    """D-5: the raider still counts."""
    check = one_check("Player\tLevel\tTimestamp\nCinu\tten\tyesterday\n", file_name=TICK_NAME)
    assert names(check) == ["Cinu"]
    assert line_of(check, 2).detail == "level 'ten' is no number; timestamp 'yesterday' is no time"
    assert check.taken_at == NIGHT


def test_a_tick_of_names_only_may_carry_a_mark_and_metadata() -> None:
    """D-6: byte order mark, RaidTick, Date: and Time: lines as OpenDKP takes them."""
    text = "\ufeffRaidTick\r\nDate: 2024-07-04\r\nTime: 21:07:27\r\n\r\nAlphaone\r\nBetatwo\tx\r\n"
    dump = read_text(text)
    (check,) = dump.checks
    assert dump.format is DumpFormat.ZEAL_RAID_TICK
    assert names(check) == ["Alphaone", "Betatwo"]
    assert check.taken_at == NIGHT
    assert dump.counts[LineOutcome.METADATA] == 3
    assert line_of(check, 6).detail == "column 2: x"


def test_a_tick_of_bare_names_is_known_by_its_files_name() -> None:
    """D-6: nothing but names in it, so the time is the name's."""
    dump = read_text("Alphaone\nBetatwo\n", file_name=TICK_NAME)
    assert dump.format is DumpFormat.ZEAL_RAID_TICK
    assert dump.checks[0].taken_at == NIGHT


def test_a_date_that_cannot_be_read_is_warned_of_where_the_name_has_none_either() -> None:
    """D-13: a wrong guess at day and month would move a raid by months."""
    text = "RaidTick\nDate: 07/04/2024\nTime: 21:07\nAlphaone\n"
    assert kinds(one_check(text)) == [WarningKind.TIME_UNREADABLE]
    assert kinds(one_check(text, file_name=TICK_NAME)) == []
    assert one_check(text, file_name=TICK_NAME).taken_at == NIGHT


def test_an_attendance_call_has_a_name_and_a_zone() -> None:
    """D-6: pipes, with a tab behind the rank."""
    text = "First Call|Veeshans Peak\n1|Kassandra|Bard|60|Raid Leader\t\n0|Lucismule|Warrior|1|\n"
    dump = read_text(text, file_name=CALL_NAME)
    (check,) = dump.checks
    assert dump.format is DumpFormat.ZEAL_RAID_ATTENDANCE
    assert (check.call_name, check.place, check.taken_at) == ("First Call", "Veeshans Peak", NIGHT)
    assert [(each.name, each.group, each.level) for each in check.attendees] == [
        ("Kassandra", 1, 60),
        ("Lucismule", 0, 1),
    ]
    assert line_of(check, 2).detail == "rank Raid Leader"
    assert line_of(check, 1).outcome is LineOutcome.HEADER


def test_a_call_may_name_its_type() -> None:
    """D-6: the third cell of the first line."""
    check = one_check(attendance_call(["Sonya"], first="First Call|Veeshans Peak|Time"))
    assert line_of(check, 1).detail == "call type Time"


def test_a_call_without_its_first_line_is_read_and_warned_of() -> None:
    """D-5: the raiders are all there."""
    check = one_check("1|Sonya|Bard|60|\n1|Vulak|Bard|60|\n", file_name=CALL_NAME)
    assert names(check) == ["Sonya", "Vulak"]
    assert kinds(check) == [WarningKind.NO_HEADER]
    assert check.taken_at == NIGHT
    assert (check.call_name, check.place) == (None, None)


def test_rows_of_a_call_that_lack_something_are_unreadable() -> None:
    """D-5: each says why."""
    check = one_check(
        attendance_call(["Sonya"]) + "1|Half\nx|Vulak|Bard|60|\n|||\n1|Odd|Bard|old|\tmore|\n", file_name=CALL_NAME
    )
    assert names(check) == ["Sonya", "Odd"]
    assert "2 cells" in line_of(check, 3).detail
    assert "'x'" in line_of(check, 4).detail
    assert line_of(check, 6).detail == "level 'old' is no number; rank more"


def test_a_calls_time_may_differ_from_a_ticks() -> None:
    """D-13: taken from each file's own name."""
    later = one_check(attendance_call(["Sonya"]), file_name="ZealRaidAttendance_2024-07-04_21-08-27.txt")
    assert later.taken_at is not None
    assert later.taken_at - NIGHT == timedelta(minutes=1)


def test_a_row_that_names_nobody_tells_no_time() -> None:
    """D-13: the first raider's time counts, and agreeing times are not warned of."""
    other = "Player\tTimestamp\n\t2024-07-01_00-00-00\n"
    check = one_check(f"{other}Sonya\t2024-07-04_21-07-27\nVulak\t2024-07-04_21-07-27\nTim\t\n")
    assert check.taken_at == NIGHT
    assert check.warnings == ()


@pytest.mark.parametrize("line", ["Date", "Time", "Dateless", "Timeon"])
def test_somebody_may_be_called_date_or_time(line: str) -> None:
    """D-5: metadata has a colon."""
    assert names(one_check(f"{line}\nSonya\n", file_name=TICK_NAME)) == [line, "Sonya"]


@pytest.mark.parametrize("part", ["Date: soon", "Time: late"])
def test_half_a_time_that_cannot_be_read_is_warned_of(part: str) -> None:
    """D-13: whichever half there is."""
    assert kinds(one_check(f"RaidTick\n{part}\nSonya\n")) == [WarningKind.TIME_UNREADABLE]
    assert kinds(one_check("RaidTick\nSonya\n")) == []


def test_a_call_is_known_by_its_rows_or_by_its_name_and_pipes() -> None:
    """D-6: not by the name alone, nor by any pipe."""
    assert read_text(attendance_call(["Sonya"])).format is DumpFormat.ZEAL_RAID_ATTENDANCE
    assert read_text("Call|Zone\n1|Sonya|Bard|x|\n", file_name=CALL_NAME).format is DumpFormat.ZEAL_RAID_ATTENDANCE
    with pytest.raises(DumpNotRecognised):
        read_text("Call|Zone\n1|Sonya|Bard|x|\n")
    assert read_text("Sonya\nVulak\n", file_name=CALL_NAME).format is DumpFormat.NAME_LIST


def test_a_missing_call_is_warned_of_once_and_its_look_alike_is_a_row() -> None:
    """D-5: two cells further down are no call."""
    check = one_check("1|Sonya|Bard|60|\nFirst Call|Zone\n1|Vulak|Bard|60|\n", file_name=CALL_NAME)
    assert names(check) == ["Sonya", "Vulak"]
    assert kinds(check) == [WarningKind.NO_HEADER]
    assert line_of(check, 2).outcome is LineOutcome.UNREADABLE
    again = one_check("First Call|Zone\nSecond Call|Zone\n1|Vulak|Bard|60|\n", file_name=CALL_NAME)
    assert again.call_name == "First Call"
    assert line_of(again, 2).outcome is LineOutcome.UNREADABLE
