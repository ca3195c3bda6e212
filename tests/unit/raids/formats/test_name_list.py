"""Names that somebody typed."""

from __future__ import annotations

import pytest

from dkp_core.raids.formats import DumpFormat, DumpNotRecognised, LineOutcome, read_dump
from tests.unit.raids.formats.synthetic import NIGHT, line_of, names, one_check, read_text


def test_names_stand_in_lines_or_between_commas() -> None:
    """D-6: both, mixed, with a comma too many."""
    dump = read_text("Sonya\nVulak, Tim;Zoë,\n\nO'Brien-Area 52\n")
    (check,) = dump.checks
    assert dump.format is DumpFormat.NAME_LIST
    assert names(check) == ["Sonya", "Vulak", "Tim", "Zoë", "O'Brien-Area 52"]
    assert [attendee.line for attendee in check.attendees] == [1, 2, 2, 2, 4]
    assert (dump.lines_total, dump.counts[LineOutcome.ATTENDEE], dump.counts[LineOutcome.NOISE]) == (4, 3, 1)


def test_a_name_twice_in_one_line_counts_once() -> None:
    """D-5: and the line counts as one that named somebody."""
    dump = read_text("Sonya, sonya\n")
    assert names(dump.checks[0]) == ["Sonya"]
    assert [line.outcome for line in dump.checks[0].lines] == [LineOutcome.ATTENDEE, LineOutcome.REPEATED]
    assert dump.counts[LineOutcome.ATTENDEE] == 1
    assert dump.counts[LineOutcome.REPEATED] == 0


@pytest.mark.parametrize("line", ["- Sonya", "* Sonya", "• Sonya", "12. Sonya", "3) Sonya", "  Sonya  "])
def test_bullets_and_numbers_are_not_part_of_a_name(line: str) -> None:
    """D-6: lists come out of chat programs."""
    assert names(one_check(f"{line}\nVulak\n")) == ["Sonya", "Vulak"]


def test_remarks_are_kept_as_remarks() -> None:
    """D-5: a line that starts with # names nobody."""
    check = one_check("# Monday\nSonya\n")
    assert line_of(check, 1).outcome is LineOutcome.METADATA
    assert line_of(check, 1).detail == "# Monday"


def test_what_is_no_name_says_why() -> None:
    """D-5: in a list that was declared one, the other names still count."""
    check = read_dump([b"Sonya\nraiders: none\n123\n" + b"x" * 65 + b"\n"], format=DumpFormat.NAME_LIST).checks[0]
    assert names(check) == ["Sonya"]
    assert line_of(check, 2).detail == "no name has ':' in it: raiders: none"
    assert "no letter" in line_of(check, 3).detail
    assert "65 characters" in line_of(check, 4).detail


def test_sixty_four_characters_are_a_name() -> None:
    """G-9: nothing is cut; one more is refused above."""
    assert names(one_check("x" * 64)) == ["x" * 64]


def test_prose_is_no_list_of_names() -> None:
    """D-6: what is not recognised is refused with what would be."""
    with pytest.raises(DumpNotRecognised) as refused:
        read_text("We met on Monday and killed the dragon after supper.\nIt was fun to be there again.\n")
    assert "list of names" in str(refused.value)
    assert "We met on Monday" in str(refused.value)


def test_a_lists_time_is_its_files() -> None:
    """D-13: if that has one."""
    assert one_check("Sonya", file_name="monday 2024-07-04 21-07-27.txt").taken_at == NIGHT
