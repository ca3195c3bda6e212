"""The raid window in a file, live and classic."""

from __future__ import annotations

import pytest

from dkp_core.raids.formats import DumpFormat, DumpNotRecognised, LineOutcome, Presence, WarningKind
from tests.unit.raids.formats.synthetic import (
    CLASSIC_NAME,
    LIVE_NAME,
    NIGHT,
    classic_row,
    kinds,
    line_of,
    live_row,
    names,
    one_check,
    outcomes,
    read_text,
)


def test_a_live_dump_tells_who_was_in_which_group() -> None:
    """D-6: nine cells, the last of them empty because every row ends in a tab."""
    text = "\r\n".join((live_row("Vulak", group=7, role="Group Leader"), live_row("Sonya", group=0, yes="No"))) + "\r\n"
    dump = read_text(text, file_name=LIVE_NAME)
    (check,) = dump.checks
    vulak, sonya = check.attendees
    assert dump.format is DumpFormat.RAID_DUMP
    assert (vulak.name, vulak.level, vulak.character_class, vulak.group) == ("Vulak", 120, "Druid", 7)
    assert (sonya.group, sonya.line, sonya.presence) == (0, 2, Presence.PRESENT)
    assert check.taken_at == NIGHT
    assert check.taken_at.tzinfo is None


def test_cells_of_unknown_meaning_are_kept_word_for_word() -> None:
    """D-5: nothing read is dropped, whatever it means."""
    check = one_check(f"{live_row('Vulak', role='Raid Leader', yes='No')}extra\n", file_name=LIVE_NAME)
    assert line_of(check, 1).detail == "role Raid Leader; column 8: No; column 9: extra"


def test_a_classic_dump_has_five_cells_with_or_without_the_last_tab() -> None:
    """D-6: classic and Quarm write columns 1 to 5 only."""
    check = one_check(f"{classic_row('Kassandra', role='Raid Leader')}\n1\tLucismule\t1\tWarrior\tGroup Leader\n")
    assert names(check) == ["Kassandra", "Lucismule"]
    assert check.attendees[0].character_class == "Shadow Knight"
    assert check.taken_at is None


def test_the_time_of_a_dump_is_in_its_name() -> None:
    """D-13: old and new names, folders and copies included, and an impossible time is none."""
    row = live_row("Vulak")
    assert one_check(row, file_name=CLASSIC_NAME).taken_at == NIGHT
    assert one_check(row, file_name=rf"C:\EQ\{LIVE_NAME}").taken_at == NIGHT
    assert one_check(row, file_name="RaidRoster_x-20240704-210727 (1).txt").taken_at == NIGHT
    assert one_check(row, file_name="RaidRoster_x-20241304-210727.txt").taken_at is None
    assert one_check(row, file_name="RaidRoster_x-120240704-210727.txt").taken_at is None


def test_rows_that_hold_only_a_group_are_told_apart_and_warned_of() -> None:
    """D-5: whoever was zoning leaves a row without a name."""
    check = one_check(f"{live_row('Vulak')}\n3\n4\t\t\t\t\t\t\t\t\n", file_name=LIVE_NAME)
    assert names(check) == ["Vulak"]
    assert outcomes(check) == {1: LineOutcome.ATTENDEE, 2: LineOutcome.UNREADABLE, 3: LineOutcome.UNREADABLE}
    assert "group 3" in line_of(check, 2).detail
    assert kinds(check) == [WarningKind.NAMELESS_ROWS]
    assert check.warnings[0].read == 2


def test_nobody_is_paid_by_a_row_that_was_cut() -> None:
    """D-5: the end of a truncated file may hold half a name."""
    check = one_check(f"{live_row('Vulak')}\n7\tSon", file_name=LIVE_NAME)
    assert names(check) == ["Vulak"]
    assert line_of(check, 2).outcome is LineOutcome.UNREADABLE
    assert "2 cells" in line_of(check, 2).detail


def test_a_row_without_a_group_number_is_unreadable() -> None:
    """D-5: what starts otherwise is no raider's row."""
    check = one_check(f"{live_row('Vulak')}\nx\tSonya\t60\tCleric\t\n", file_name=LIVE_NAME)
    assert names(check) == ["Vulak"]
    assert "'x'" in line_of(check, 2).detail


def test_an_odd_level_is_noted_and_the_raider_still_counts() -> None:
    """D-5: attendance hangs on the name."""
    check = one_check(f"{live_row('Vulak')}\n1\tSonya\tsixty\tCleric\t\n", file_name=LIVE_NAME)
    assert names(check) == ["Vulak", "Sonya"]
    assert check.attendees[1].level is None
    assert line_of(check, 2).detail == "level 'sixty' is no number"


def test_a_name_that_comes_twice_counts_once() -> None:
    """D-5, G-9: the first counts, whatever the case or the accents are made of."""
    text = "\n".join(map(live_row, ("Zoë", "ZOE\u0308", "Zoe")))
    check = one_check(text, file_name=LIVE_NAME)
    assert names(check) == ["Zoë", "Zoe"]
    assert line_of(check, 2).outcome is LineOutcome.REPEATED
    assert line_of(check, 2).name == "ZOË"
    assert "line 1" in line_of(check, 2).detail


def test_blank_lines_are_noise() -> None:
    """D-5: counted, not listed."""
    dump = read_text(f"\n{live_row('Vulak')}\n\t\t\n", file_name=LIVE_NAME)
    assert dump.counts[LineOutcome.NOISE] == 2
    assert dump.lines_total == 3


def test_a_dump_is_recognised_by_its_rows_whatever_it_is_called() -> None:
    """D-6: people rename files."""
    assert read_text(live_row("Vulak"), file_name="monday.txt").format is DumpFormat.RAID_DUMP
    assert read_text("1\tVulak\tx\tDruid\t\n", file_name=LIVE_NAME).format is DumpFormat.RAID_DUMP


def test_a_dump_of_odd_rows_is_known_by_its_name_alone() -> None:
    """D-6: group numbers and the client's file name; neither alone will do."""
    odd = "1\tVulak\tx\tDruid\t\n2\tSonya\ty\tBard\t\nx\n"
    assert read_text(odd, file_name=LIVE_NAME).format is DumpFormat.RAID_DUMP
    for text, file_name in ((odd, "monday.txt"), ("x\t1\ty\tz\n", LIVE_NAME), ("1\tVulak\tx\tBard\n", "")):
        with pytest.raises(DumpNotRecognised):
            read_text(text, file_name=file_name)


def test_levels_and_groups_are_numbers_of_few_digits() -> None:
    """D-5: what is longer is no level."""
    check = one_check(f"{live_row('Vulak', level=9999)}\n{live_row('Sonya', level=10000)}\n", file_name=LIVE_NAME)
    assert [attendee.level for attendee in check.attendees] == [9999, None]
