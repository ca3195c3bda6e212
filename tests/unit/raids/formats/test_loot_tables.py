"""Tables of who won what: RCLootCouncil, Gargul, That's My BIS; and softres.it's, which tells of wishes only."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from dkp_core.raids.formats import DumpFormat, LineOutcome, LootLine, NoLoot, WarningKind, read_dump, read_loot
from dkp_core.raids.formats.loot_table import day_in, hour_in, item_in, moment_in
from tests.unit.raids.formats.synthetic import NIGHT, kinds, line_of, names, one_check, outcomes, read_text
from tests.unit.raids.formats.synthetic_loot import (
    GARGUL_PATTERN,
    OLD_BIS_HEADING,
    bis_row,
    bis_table,
    gargul_rows,
    gargul_table,
    rc_row,
    rc_table,
    reserves_table,
)

NOON = datetime(2024, 7, 4, 12)  # noqa: DTZ001  # local time, as add-ons write it


def test_an_award_of_rc_loot_council_names_who_was_there_and_what_they_won() -> None:
    """D-6, D-11: both come out of one row, which counts as an attendee's."""
    dump = read_text(rc_table([rc_row("Vulak-Karnor", "[Crescent, the Fanged]", note="ok")]))
    (check,) = dump.checks
    assert dump.format is DumpFormat.RC_LOOT_COUNCIL
    assert (check.taken_at, check.warnings) == (NIGHT, ())
    assert [(each.name, each.character_class) for each in check.attendees] == [("Vulak-Karnor", "WARRIOR")]
    (loot,) = check.loot
    assert (loot.item, loot.name, loot.line, loot.at) == ("Crescent, the Fanged", "Vulak-Karnor", 2, NIGHT)
    assert (loot.quantity, loot.cost, loot.rot) == (1, None, False)
    assert "response: Mainspec" in loot.note
    assert "note: ok" in loot.note
    assert "nil" not in loot.note
    assert [line.outcome for line in check.lines if line.number == 2] == [LineOutcome.ATTENDEE, LineOutcome.LOOT]
    assert (dump.counts[LineOutcome.HEADER], dump.counts[LineOutcome.ATTENDEE]) == (1, 1)


def test_a_winner_of_two_items_was_there_once() -> None:
    """D-5: the second row is one of loot."""
    dump = read_text(rc_table([rc_row("Vulak"), rc_row("vulak", "[Rod]")]))
    assert names(dump.checks[0]) == ["Vulak"]
    assert [each.item for each in dump.checks[0].loot] == ["Cloak of Flames", "Rod"]
    assert (dump.counts[LineOutcome.ATTENDEE], dump.counts[LineOutcome.LOOT]) == (1, 1)


@pytest.mark.parametrize("day", ["4/7/24", "04/07/2024", "2024/7/4", "2024-07-04", "4.7.2024", "04-07-24"])
def test_every_way_of_writing_the_day_is_read(day: str) -> None:
    """D-6: the add-on's versions disagree, within one file too."""
    check = one_check(rc_table([rc_row("Sonya", day=day), rc_row("Vulak", day="2024/7/4")]))
    assert [each.at for each in check.loot] == [NIGHT, NIGHT]


def test_a_history_of_many_nights_has_a_check_for_each() -> None:
    """D-6, G-2: rows come by player; a raid past midnight is one night."""
    rows = [
        rc_row("Sonya", "[A]", day="11/7/24", hour="20:00:00"),
        rc_row("Sonya", "[B]", day="5/7/24", hour="00:30:00"),
        rc_row("Vulak", "[C]", day="4/7/24", hour="21:07:27"),
    ]
    first, second = read_text(rc_table(rows)).checks
    assert (names(first), first.taken_at) == (["Sonya", "Vulak"], NIGHT)
    assert [each.item for each in first.loot] == ["B", "C"]
    assert (names(second), [each.item for each in second.loot]) == (["Sonya"], ["A"])


def test_a_row_without_a_day_goes_with_the_row_before_it() -> None:
    """D-5: and a person is told."""
    rows = [rc_row("A", day="x"), rc_row("B", day="11/7/24"), rc_row("C", day="31/31/24"), rc_row("D")]
    first, second = read_text(rc_table(rows)).checks
    assert (names(first), names(second)) == (["D"], ["A", "B", "C"])
    assert [(warning.kind, warning.line) for warning in second.warnings] == [(WarningKind.TIME_UNREADABLE, 2)]
    assert first.warnings == ()
    undated = one_check(rc_table([rc_row("A", day="")]))
    assert (undated.taken_at, undated.loot[0].at) == (None, None)


@pytest.mark.parametrize("word", ["Disenchant", "BANKING", "Entzaubern"])
def test_what_was_taken_apart_or_banked_is_nobodys(word: str) -> None:
    """D-11: though somebody carried it; the same word said by a player is an answer."""
    gone, won = one_check(
        rc_table([rc_row("A", response=word, reason="true"), rc_row("B", response=word, response_id="PL")])
    ).loot
    assert (gone.rot, won.rot) == (True, False)


@pytest.mark.parametrize(
    ("cell", "item"),
    [
        ("[Sanguicell]", "Sanguicell"),
        ("Sanguicell", "Sanguicell"),
        ("|cffa335ee|Hitem:16796::::::::60:::::|h[Arcanist Leggings]|h|r", "Arcanist Leggings"),
        ('=HYPERLINK("https://example.org/item=1","[Twitching Eye]")', "Twitching Eye"),
        ("  [Eye of [X]]  ", "Eye of [X]"),
        ("", ""),
    ],
)
def test_an_item_is_read_out_of_whatever_the_addon_writes(cell: str, item: str) -> None:
    """D-6: brackets, a link, a spreadsheet's formula."""
    assert item_in(cell) == item


def test_the_table_for_spreadsheets_is_read_too() -> None:
    """D-6: with tabs, a formula for the item and no number of the map."""
    text = (
        "player\tdate\ttime\tid\titem\titemID\tresponse\tvotes\tclass\tinstance\tboss\tresponseID\tisAwardReason\tnote\towner\n"
        'Vulak\t4/7/24\t21:07:27\t1-1\t=HYPERLINK("https://example.org","[Rod]")\t9\tBiS\t2\tPALADIN\tHall\tX\t1\tfalse\t\tA\n'
    )
    check = one_check(text)
    assert [(each.item, each.name) for each in check.loot] == [("Rod", "Vulak")]


def test_gargul_names_items_by_number_and_the_day_alone() -> None:
    """D-6, D-11: noon stands for the hour, which is said; nobody won what was disenchanted."""
    dump = read_text(gargul_table([("Tawd", "45471"), ("_disenchanted", "45492")]))
    (check,) = dump.checks
    assert dump.format is DumpFormat.GARGUL
    assert (names(check), check.taken_at) == (["Tawd"], NOON)
    assert kinds(check) == [WarningKind.TIME_UNREADABLE]
    assert [(each.item, each.name, each.rot) for each in check.loot] == [("45471", "Tawd", False), ("45492", "", True)]
    assert "offspec: 0" in check.loot[0].note
    assert outcomes(check)[3] is LineOutcome.LOOT


def test_gargul_rows_of_a_pattern_need_no_heading() -> None:
    """D-6: an officer chose what to export; a row that does not fit says so."""
    dump = read_text(gargul_rows([("Tawd", "45471"), ("Zoë-Karnor", "45492")]) + "\nwhat is this\n")
    (check,) = dump.checks
    assert dump.format is DumpFormat.GARGUL
    assert [(each.item, each.name) for each in check.loot] == [("45471", "Tawd"), ("45492", "Zoë-Karnor")]
    assert check.taken_at == NIGHT.replace(second=0)
    assert outcomes(check)[4] is LineOutcome.UNREADABLE
    assert dump.counts[LineOutcome.NOISE] == 1


def test_gargul_rows_follow_the_pattern_above_them() -> None:
    """D-6: whatever its order; a link is better than a number."""
    dump = read_text("@WINNER,@LINK,@DATE,@ID,@OS\nTawd,|cff|Hitem:1|h[Rod]|h|r,2024-07-04,7,1\nTawd,x\n")
    (check,) = dump.checks
    assert [(each.item, each.name, each.note) for each in check.loot] == [("Rod", "Tawd", "os: 1")]
    assert (outcomes(check)[1], outcomes(check)[3]) == (LineOutcome.HEADER, LineOutcome.UNREADABLE)
    assert read_text(f"{GARGUL_PATTERN}\n{gargul_rows([('Tawd', '1')])}").checks[0].loot[0].item == "1"


def test_only_what_was_received_counts_at_thats_my_bis() -> None:
    """D-6: wishes and priorities name nobody who was there."""
    dump = read_text(bis_table([bis_row("Leyt"), bis_row("Vulak", "Rod", kind="wishlist"), bis_row("Sonya", "Rod")]))
    (check,) = dump.checks
    assert dump.format is DumpFormat.THATS_MY_BIS
    assert (names(check), check.taken_at) == (["Leyt", "Sonya"], NIGHT)
    assert [each.item for each in check.loot] == ["Cloak of Flames", "Rod"]
    assert (outcomes(check)[3], line_of(check, 3).name) == (LineOutcome.METADATA, "Vulak")
    old = read_text(f"{OLD_BIS_HEADING}\nreceived,,M,Leyt,Druid,0,1,Rod,5,0,,2024-07-04 21:07:27\n")
    assert (old.format, old.checks[0].loot[0].item) == (DumpFormat.THATS_MY_BIS, "Rod")


def test_reserves_are_wishes_and_no_loot() -> None:
    """D-6: whoever reserved is named, what they reserved is kept."""
    dump = read_text(reserves_table(["Sonya", "Vulak", "Sonya"]))
    (check,) = dump.checks
    assert dump.format is DumpFormat.SOFT_RESERVES_CSV
    assert (names(check), check.loot) == (["Sonya", "Vulak"], ())
    assert "Item: Crescent, the Fanged" in line_of(check, 2).detail
    assert (outcomes(check)[4], "86130" in line_of(check, 4).detail) == (LineOutcome.REPEATED, True)
    with pytest.raises(NoLoot) as refused:
        read_loot([reserves_table(["Sonya"]).encode()])
    assert "2 lines were read as softres_csv" in str(refused.value)


def test_a_row_that_names_neither_player_nor_item_says_so() -> None:
    """D-5: an item without a winner went to nobody known, a winner without an item was there."""
    check = one_check(
        rc_table([rc_row("", "[Rod]"), rc_row("Sonya", "").replace(",17000,", ",,"), rc_row("-", "[X]"), "," * 22])
    )
    assert [(each.item, each.name) for each in check.loot] == [("Rod", "")]
    assert names(check) == ["Sonya"]
    assert "no item is named" in line_of(check, 3).detail
    assert "no letter" in line_of(check, 4).detail
    assert 5 not in outcomes(check)


def test_a_name_that_no_item_has_is_not_taken_for_one() -> None:
    """D-5: the line tells why."""
    check = one_check(gargul_table([("Tawd", "x" * 200), ("Tawd", "1")]))
    assert [each.item for each in check.loot] == ["1"]
    assert "no item: it has 200 characters" in "; ".join(line.detail for line in check.lines if line.number == 2)


def test_the_loot_of_a_table_is_read_without_its_attendance() -> None:
    """D-11: every line accounted for, in the file's order."""
    text = rc_table([rc_row("A", "[X]", day="11/7/24"), rc_row("B", "[Y]"), ",,"])
    reading = read_loot([text.encode()], file_name="loot.csv")
    assert [(each.line, each.item) for each in reading.loot] == [(2, "X"), (3, "Y")]
    assert isinstance(reading.loot[0], LootLine)
    assert (sum(reading.counts.values()), reading.lines_total) == (4, 4)
    assert reading.unreadable == ()


@pytest.mark.parametrize("text", ["", "4/7", "4/13/24", "0/0/0", "4/7/1850", "99999/1/1", "4/7/24x", "٤/7/24"])
def test_what_is_no_day_is_none(text: str) -> None:
    """G-8: never a guess."""
    assert day_in(text) is None


def test_days_and_hours_are_read_as_written() -> None:
    """D-13: on the player's own clock."""
    assert moment_in("2021-02-21 20:15:01") == (date(2021, 2, 21), time(20, 15, 1))
    assert moment_in("2021-02-21T20:15") == (date(2021, 2, 21), time(20, 15))
    assert moment_in("2021-02-21") == (date(2021, 2, 21), None)
    assert (hour_in("24:00"), hour_in("noon")) == (None, None)


def test_the_general_table_takes_what_is_none_of_these() -> None:
    """D-6: of formats that fit a file the first is taken, and a table of names fits none of those above."""
    assert read_text("player,item\nSonya,x\n").format is DumpFormat.CSV
    assert read_dump([rc_table([rc_row("Sonya")]).encode()], format=DumpFormat.CSV).checks[0].loot == ()
