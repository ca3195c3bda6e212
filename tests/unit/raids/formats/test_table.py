"""Tables by their heading."""

from __future__ import annotations

import pytest

from dkp_core.raids.formats import DumpFormat, LineOutcome, NameColumnMissing, Presence, WarningKind, read_dump
from tests.unit.raids.formats.synthetic import NIGHT, kinds, line_of, names, one_check, outcomes, read_text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("heading", ["Character", "name", "Player", "character_name", "Player-Name"])
def test_the_column_of_names_is_found_by_its_heading(heading: str, delimiter: str) -> None:
    """D-6: wherever it stands and whatever stands between."""
    text = f"Rank{delimiter}{heading}{delimiter}LEVEL\r\nOfficer{delimiter}Sonya{delimiter}60\r\n"
    dump = read_text(text, file_name="raid 2024-07-04_21-07-27.csv")
    (check,) = dump.checks
    assert dump.format is DumpFormat.CSV
    assert names(check) == ["Sonya"]
    assert (check.attendees[0].level, check.taken_at) == (60, NIGHT)
    assert line_of(check, 2).detail == "Rank: Officer"
    assert line_of(check, 1).outcome is LineOutcome.HEADER


def test_a_table_of_one_column_is_one_too() -> None:
    """D-6: its heading is nobody's name."""
    assert names(one_check("Name\nSonya\n")) == ["Sonya"]


def test_a_character_is_meant_where_players_have_a_column_too() -> None:
    """D-6: attendance is of characters."""
    assert names(one_check("player,character\nAnn,Sonya\n")) == ["Sonya"]


def test_every_known_column_is_read_and_every_other_kept() -> None:
    """D-5: read by heading; more cells than headings are kept as well."""
    text = "name,class,lvl,race,guild,zone,group,spec,\nSonya,Bard,60,Human,Us,Oggok,3,Song,,x\n"
    check = one_check(text)
    (sonya,) = check.attendees
    assert (sonya.character_class, sonya.level, sonya.race) == ("Bard", 60, "Human")
    assert (sonya.guild, sonya.zone, sonya.group) == ("Us", "Oggok", 3)
    assert line_of(check, 2).detail == "spec: Song; column 10: x"


def test_quotes_hold_delimiters_quotes_and_line_ends() -> None:
    """D-6: a row over several lines accounts for each of them."""
    text = 'name,note,class\n"Sonya" ,"said ""hi"", left\r\nearly; ok",Bard\n"Vulak", plain "q",\n'
    dump = read_text(text)
    (check,) = dump.checks
    assert names(check) == ["Sonya", "Vulak"]
    assert line_of(check, 2).detail == 'note: said "hi", left\nearly; ok'
    assert line_of(check, 3).outcome is LineOutcome.METADATA
    assert line_of(check, 3).detail == "continues line 2"
    assert line_of(check, 4).detail == 'note: plain "q"'
    assert check.attendees[0].character_class == "Bard"
    assert dump.lines_total == 4


def test_a_quote_that_never_closes_costs_its_own_line_only() -> None:
    """D-5: it must not swallow everybody below."""
    rows = "".join(f"Name{letter},x\n" for letter in "abcdefghijklmnopqrstuvwxyz")
    check = one_check(f'name,note\n"Sonya,oops\n{rows}')
    assert len(check.attendees) == 26
    assert "quote" in line_of(check, 2).detail
    assert outcomes(check)[2] is LineOutcome.UNREADABLE
    assert outcomes(check)[3] is LineOutcome.ATTENDEE


def test_short_rows_are_read_as_far_as_they_go() -> None:
    """D-6: a row that ends before the name names nobody."""
    check = one_check("class,name,level\nBard,Sonya\nCleric\n,,\n")
    assert names(check) == ["Sonya"]
    assert line_of(check, 3).outcome is LineOutcome.UNREADABLE
    assert 4 not in outcomes(check)


@pytest.mark.parametrize(
    ("status", "presence"),
    [
        ("", Presence.PRESENT),
        ("Yes", Presence.PRESENT),
        ("LATE", Presence.LATE),
        ("left_early", Presence.LEFT_EARLY),
        ("Left  Early", Presence.LEFT_EARLY),
        ("stand-by", Presence.STANDBY),
        ("Bench", Presence.STANDBY),
        ("absent_excused", Presence.ABSENT_EXCUSED),
        ("Excused", Presence.ABSENT_EXCUSED),
    ],
)
def test_a_status_says_how_somebody_was_there(status: str, presence: Presence) -> None:
    """D-3: the words people use for the five ways."""
    check = one_check(f"name,status\nSonya,{status}\n")
    assert [attendee.presence for attendee in check.attendees] == [presence]
    assert check.warnings == ()


@pytest.mark.parametrize("presence", list(Presence))
def test_our_own_words_come_back(presence: Presence) -> None:
    """D-3: what we write as a status is read as one."""
    assert one_check(f"name,status\nSonya,{presence}\n").attendees[0].presence is presence


@pytest.mark.parametrize("status", ["absent", "No", "0", "no-show"])
def test_somebody_absent_without_excuse_did_not_attend(status: str) -> None:
    """D-5: the line is kept, with the name, and nobody is paid by it."""
    check = one_check(f"name,status\nSonya,{status}\nVulak,yes\n")
    assert names(check) == ["Vulak"]
    assert line_of(check, 2).outcome is LineOutcome.METADATA
    assert line_of(check, 2).name == "Sonya"


def test_a_status_nobody_knows_is_warned_of_once() -> None:
    """D-5: taken for present, and said so."""
    check = one_check("name,status\nSonya,dancing\nVulak,dancing\n")
    assert len(check.attendees) == 2
    assert kinds(check) == [WarningKind.UNKNOWN_STATUS]
    assert (check.warnings[0].line, "'dancing'" in check.warnings[0].sentence) == (2, True)
    assert line_of(check, 2).detail == "status dancing"


def test_numbers_that_are_none_are_noted() -> None:
    """D-5: a level or group in words."""
    check = one_check("name,level,group\nSonya,sixty,A\n")
    assert line_of(check, 2).detail == "level 'sixty' is no number; group 'A' is no number"


def test_excels_own_first_line_is_understood() -> None:
    """D-6: sep=; before the heading, and only that delimiter then."""
    check = one_check("sep=;\nname;note\nSonya;a,b,c\n")
    assert names(check) == ["Sonya"]
    assert line_of(check, 1).outcome is LineOutcome.METADATA
    assert line_of(check, 3).detail == "note: a,b,c"


def test_a_table_without_names_is_refused() -> None:
    """G-8: with the headings it has and those that are accepted."""
    with pytest.raises(NameColumnMissing) as refused:
        read_dump([b"item;price\nSword;10\n"], format=DumpFormat.CSV)
    assert refused.value.found == ("item", "price")
    assert refused.value.field == "file"
    assert "'item', 'price'" in str(refused.value)
    assert "character, " in str(refused.value)


def test_a_quoted_cell_may_end_its_row() -> None:
    """D-6: closed is closed, whatever quotes the rows below have."""
    check = one_check('note,name\n"a, b","Sonya"\nx,Vulak\n"open,\n')
    assert names(check) == ["Sonya", "Vulak"]
    assert line_of(check, 2).detail == "note: a, b"
    assert outcomes(check)[4] is LineOutcome.UNREADABLE


@pytest.mark.parametrize("first", ["sep=\t", "SEP=\t"])
def test_a_delimiter_that_is_named_is_the_only_one(first: str) -> None:
    """D-6: commas are text then."""
    assert names(one_check(f"{first}\nname\tnote, class\nSonya\t1\n")) == ["Sonya"]
    with pytest.raises(NameColumnMissing):
        read_dump([f"{first}\nname,note\nSonya,1\n".encode()], format=DumpFormat.CSV)


def test_quotes_do_not_separate() -> None:
    """D-6: a nonsensical sep= is passed over."""
    assert names(one_check('sep="\nname,note\nSonya,1\n')) == ["Sonya"]


def test_a_quoted_name_may_follow_spaces() -> None:
    """D-6: people align their tables."""
    assert names(one_check('note,name\nx,  "Sonya, the Bard"\n')) == ["Sonya, the Bard"]


def test_a_quote_may_close_as_late_as_twenty_lines_below() -> None:
    """D-6: a note is no novel."""
    for lines, sonyas_line in ((20, 2), (21, 23)):
        note = "\nmore" * (lines - 1) + '\nend"'
        check = read_dump([f'note,name\n"a{note},Sonya\nx,Vulak\n'.encode()], format=DumpFormat.CSV).checks[0]
        assert next((each.name, each.line) for each in check.attendees) == ("Sonya", sonyas_line)


def test_an_empty_status_says_nothing() -> None:
    """D-5: neither absent nor unknown."""
    check = one_check("name,status\nSonya,\nVulak\n")
    assert names(check) == ["Sonya", "Vulak"]
    assert check.warnings == ()
    assert line_of(check, 2).detail == ""


def test_the_first_of_two_columns_of_a_name_is_meant() -> None:
    """D-6: the other is kept as what it is called."""
    check = one_check("name,level,lvl,name\nSonya,60,61,Other\n")
    assert names(check) == ["Sonya"]
    assert check.attendees[0].level == 60
    assert line_of(check, 2).detail == "lvl: 61; name: Other"
