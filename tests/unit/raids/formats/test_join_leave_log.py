"""Who joined and left the raid, by the lines of a log."""

from __future__ import annotations

import pytest

from dkp_core.raids.formats import (
    DumpFormat,
    DumpTooLarge,
    LineOutcome,
    NoAttendees,
    Presence,
    ReadingLimits,
    WarningKind,
    read_dump,
    read_loot,
)
from dkp_core.raids.formats.join_leave_log import Moved, what_moved
from tests.unit.raids.formats.synthetic import (
    COMBAT,
    LOG_NAME,
    NIGHT,
    kinds,
    line_of,
    log,
    names,
    one_check,
    outcomes,
    read_text,
    who,
    who_row,
)
from tests.unit.raids.formats.synthetic_trackers import at, joined


def presences(text: str) -> dict[str, Presence]:
    """How each of the log's people was there."""
    return {each.name: each.presence for each in one_check(text, file_name=LOG_NAME).attendees}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Marco joined the raid.", Moved(name="Marco", came=True)),
        ("Marco has joined the raid.", Moved(name="Marco", came=True)),
        ("You have joined the raid.", Moved(name="You", came=True)),
        ("povar.Marco joined the raid.", Moved(name="povar.Marco", came=True)),
        ("Marco's group has joined the raid.", Moved(name="Marco", came=True, with_group=True)),
        ("Orsino has left the raid.", Moved(name="Orsino", went=True)),
        ("Orsino left the raid.", Moved(name="Orsino", went=True)),
        ("You have left the raid.", Moved(name="You", went=True)),
        ("You were removed from the raid.", Moved(name="You", went=True)),
        ("Orsino has been removed from the raid.", Moved(name="Orsino", went=True)),
        ("Orsino's group has left the raid.", Moved(name="Orsino", went=True, with_group=True)),
        ("Orsino has left the raid, Zoë is now the raid leader.", Moved(name="Orsino", went=True, leader="Zoë")),
        ("Zoë is now the raid leader.", Moved(leader="Zoë")),
        ("You are now the raid leader.", Moved(leader="You")),
        ("Your raid has been disbanded.", Moved(went=True)),
        ("Cross-zone raid invite sent to Marco.", Moved(name="Marco", invited=True)),
        ("Marco joined the raid. ", Moved(name="Marco", came=True)),
    ],
)
def test_every_line_about_the_raid_is_read(text: str, expected: Moved) -> None:
    """D-6: as live, classic and newer servers write them."""
    assert what_moved(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "You have joined the group.",
        "Marco tells the raid,  'Orsino has left the raid.'",
        "Marco tells the guild, 'Orsino joined the raid.'",
        "Marco says, 'I joined the raid.'",
        "A goblin joined the raid.",
        "Marco joined the raid. What a night.",
        "Marco joined the raid",
        "12 joined the raid.",
        " joined the raid.",
        "Marco joined the raid group.",
        "X" * 400 + " joined the raid.",
    ],
)
def test_what_somebody_says_of_the_raid_is_no_such_line(text: str) -> None:
    """D-6: nor what reads alike."""
    assert what_moved(text) is None


def test_a_log_without_who_lists_tells_who_joined_and_left() -> None:
    """D-6: among combat, which is noise; the times are kept in the detail (D-5)."""
    text = (
        at(0, *COMBAT, "You have joined the raid.", "Sonya joined the raid.", "Marco joined the raid.")
        + at(60, *COMBAT, "Marco has left the raid.")
        + at(90, "Kassandra joined the raid.", "Cross-zone raid invite sent to Lucismule.")
    )
    dump = read_text(text, file_name=LOG_NAME)
    (check,) = dump.checks
    assert dump.format is DumpFormat.JOIN_LEAVE_LOG
    assert (check.taken_at, check.warnings) == (NIGHT, ())
    assert names(check) == ["Vulak", "Sonya", "Marco", "Kassandra"]
    assert [each.presence for each in check.attendees] == [
        Presence.PRESENT,
        Presence.PRESENT,
        Presence.LEFT_EARLY,
        Presence.LATE,
    ]
    assert line_of(check, 8).detail == (
        "joined 2024-07-04 21:07:27; joined 2024-07-04 21:07:27, left 2024-07-04 22:07:27"
    )
    assert line_of(check, 14).detail == "named in line 8 already; left 2024-07-04 22:07:27"
    assert outcomes(check)[16] is LineOutcome.METADATA
    assert (line_of(check, 16).name, line_of(check, 16).detail) == ("Lucismule", "invited")
    assert dump.counts[LineOutcome.NOISE] == 2 * len(COMBAT)


def test_a_log_with_a_who_list_is_read_for_that_unless_the_format_is_named() -> None:
    """D-6: wherever the list stands; each of both kinds of line is noise to the other reading."""
    text = joined(["Marco"]) + log(COMBAT * 300) + log(who([who_row("Sonya")]))
    recognised = read_text(text, file_name=LOG_NAME)
    assert recognised.format is DumpFormat.WHO_LOG
    assert names(recognised.checks[0]) == ["Sonya"]
    named = read_dump([text.encode()], format=DumpFormat.JOIN_LEAVE_LOG)
    assert names(named.checks[0]) == ["Marco"]
    assert named.counts[LineOutcome.NOISE] == named.lines_total - 1
    with pytest.raises(NoAttendees):
        read_dump([joined(["Marco"]).encode()], format=DumpFormat.WHO_LOG)


def test_a_log_of_neither_names_nobody() -> None:
    """G-8: the error speaks of the log as one without `/who` lists."""
    with pytest.raises(NoAttendees) as refused:
        read_text(log(COMBAT), file_name=LOG_NAME)
    assert refused.value.format == DumpFormat.WHO_LOG
    looted = log(["--Sonya has looted a Cloak of Flames.--"])
    assert [each.name for each in read_loot([(joined(["Marco"]) + looted).encode()]).loot] == ["Sonya"]
    assert read_text(joined(["Marco"]) + looted).format is DumpFormat.JOIN_LEAVE_LOG


def test_who_comes_back_did_not_leave() -> None:
    """D-3: the last line counts."""
    text = at(0, "Sonya joined the raid.") + at(30, "Sonya has left the raid.") + at(31, "Sonya joined the raid.")
    assert presences(text) == {"Sonya": Presence.PRESENT}


@pytest.mark.parametrize(
    "end", ["You have left the raid.", "You were removed from the raid.", "Your raid has been disbanded."]
)
def test_who_goes_while_the_raid_breaks_up_stayed_to_the_end(end: str) -> None:
    """D-3: within a quarter of an hour before its owner goes or the raid is disbanded."""
    text = at(0, "You have joined the raid.", "Sonya joined the raid.", "Marco joined the raid.")
    text += at(104, "Marco has left the raid.") + at(110, "Sonya has left the raid.") + at(120, end)
    assert presences(text) == {
        "Vulak": Presence.PRESENT,
        "Sonya": Presence.PRESENT,
        "Marco": Presence.LEFT_EARLY,
    }


def test_an_end_after_which_somebody_joins_was_none() -> None:
    """D-3: the owner lost the connection and came back."""
    text = at(0, "You have joined the raid.", "Sonya joined the raid.") + at(50, "Sonya has left the raid.")
    text += at(60, "You have left the raid.") + at(61, "You have joined the raid.")
    assert presences(text) == {"Vulak": Presence.PRESENT, "Sonya": Presence.LEFT_EARLY}


def test_who_joins_long_after_the_first_line_was_late() -> None:
    """D-3: a quarter of an hour is forgiven; whose first line is a departure was there before it."""
    text = at(0, "Sonya joined the raid.", "Marco joined the raid.") + at(15, "Kassandra joined the raid.")
    text += at(20, "Marco has left the raid.", "Orsino has left the raid.") + at(40, "Marco joined the raid.")
    text += at(40, "Orsino joined the raid.") + at(230, "Lucis joined the raid.", "Bea joined the raid.")
    text += at(231, "Bea has left the raid.") + at(300, "Your raid has been disbanded.")
    assert presences(text) == {
        "Sonya": Presence.PRESENT,
        "Marco": Presence.PRESENT,
        "Kassandra": Presence.PRESENT,
        "Orsino": Presence.PRESENT,
        "Lucis": Presence.LATE,
        "Bea": Presence.LEFT_EARLY,
    }


def test_a_stray_list_hides_who_joined_and_left_from_nobody() -> None:
    """D-5: the log is read for its list, and a person is told what was not read, and how to."""
    text = log(who([who_row("Sonya")])) + joined(["Marco", "Orsino"]) + at(5, "Marco has left the raid.")
    (check,) = read_text(text, file_name=LOG_NAME).checks
    (warning,) = check.warnings
    first = text.count("\n") - 2
    assert (warning.kind, warning.line, warning.said) == (WarningKind.MOVES_NOT_READ, first, 3)
    assert "join_leave_log" in warning.sentence
    named = read_dump([text.encode()], file_name=LOG_NAME, format=DumpFormat.JOIN_LEAVE_LOG)
    assert (names(named.checks[0]), named.checks[0].warnings) == (["Marco", "Orsino"], ())


@pytest.mark.parametrize("format_", [None, DumpFormat.JOIN_LEAVE_LOG])
def test_loot_is_kept_with_who_joined_and_left(format_: DumpFormat | None) -> None:
    """D-5, D-11: with the raid that is nearest in time; what is no item is told."""
    text = at(0, "Sonya joined the raid.", "--Sonya has looted a Cloak of Flames.--", *COMBAT)
    text += at(720, "Marco joined the raid.", f"--You have looted a {'x' * 200}.--", "--You have looted a Gem.--")
    dump = read_dump([text.encode()], file_name=LOG_NAME, format=format_)
    first, second = dump.checks
    assert dump.format is DumpFormat.JOIN_LEAVE_LOG
    assert [(each.item, each.name) for each in first.loot] == [("Cloak of Flames", "Sonya")]
    assert [(each.item, each.name) for each in second.loot] == [("Gem", "Vulak")]
    assert (dump.counts[LineOutcome.LOOT], dump.counts[LineOutcome.UNREADABLE]) == (2, 1)
    assert sum(dump.counts.values()) == dump.lines_total
    assert dump.counts[LineOutcome.NOISE] == len(COMBAT)


def test_who_leads_was_there() -> None:
    """D-5: also where the line is about somebody else."""
    text = at(0, "Sonya has left the raid, Marco is now the raid leader.", "Kassandra is now the raid leader.")
    check = one_check(text, file_name=LOG_NAME)
    assert names(check) == ["Sonya", "Marco", "Kassandra"]
    assert [line.number for line in check.lines] == [1, 1, 2]
    assert line_of(check, 2).detail == "leads the raid"


def test_a_group_that_joins_names_its_leader_alone() -> None:
    """D-5: the line says so."""
    check = one_check(at(0, "Marco's group has joined the raid."), file_name=LOG_NAME)
    assert names(check) == ["Marco"]
    assert "a group whose members the line does not name" in line_of(check, 1).detail


def test_the_owner_of_a_renamed_log_is_nobody() -> None:
    """D-5: the file's name tells who You is; without it the lines are told and warned of."""
    check = one_check(at(0, "You have joined the raid.", "Sonya joined the raid."), file_name="monday.txt")
    assert names(check) == ["Sonya"]
    assert outcomes(check)[1] is LineOutcome.METADATA
    assert kinds(check) == [WarningKind.NAMELESS_ROWS]
    assert "eqlog_<Character>_<server>.txt" in check.warnings[0].sentence


def test_every_raid_of_a_log_is_a_check() -> None:
    """D-6: six hours without a line about a raid end it; an hour of quiet doesn't."""
    text = at(0, "Sonya joined the raid.") + at(350, "Marco joined the raid.") + at(720, "Kassandra joined the raid.")
    first, second = read_text(text, file_name=LOG_NAME).checks
    assert (names(first), names(second)) == (["Sonya", "Marco"], ["Kassandra"])
    assert first.taken_at == NIGHT


def test_more_lines_than_are_reported_are_refused() -> None:
    """D-6: and a log that is read for its `/who` lists doesn't mind."""
    limits = ReadingLimits(lines_kept_max=10)
    moves = joined(["Sonya"] * 11)
    with pytest.raises(DumpTooLarge):
        read_dump([moves.encode()], limits=limits)
    assert read_dump([(moves + log(who([who_row("Sonya")]))).encode()], limits=limits).format is DumpFormat.WHO_LOG


def test_lines_have_their_numbers_wherever_the_file_is_cut() -> None:
    """D-5: blocks are read one by one."""
    part = log(COMBAT * 400)
    text = part + joined(["Sonya"]) + part + joined(["Marco"])
    data = text.encode()
    dump = read_dump((data[start : start + 70_000] for start in range(0, len(data), 70_000)), file_name=LOG_NAME)
    assert [each.line for each in dump.checks[0].attendees] == [2001, 4002]
