"""`/who` lists in an EverQuest log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.raids.formats import DumpFormat, Flag, LineOutcome, ReadingLimits, WarningKind, read_dump
from dkp_core.raids.formats.level_titles import CLASS_BY_TITLE, TITLES
from dkp_core.raids.formats.who_row import BrokenRow, WhoFooter, WhoRow, footer_of, row_of
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


def row(text: str) -> WhoRow:
    """A row that must be readable."""
    read = row_of(text)
    assert isinstance(read, WhoRow)
    return read


def test_a_list_among_combat_is_one_check() -> None:
    """D-6: other lines stand between a list's lines, and are counted as noise."""
    lines = who([who_row("Sonya"), who_row("Vulak")])
    mixed = [line for each in lines for line in (each, *COMBAT)]
    dump = read_text(log(COMBAT) + log(mixed), file_name=LOG_NAME)
    (check,) = dump.checks
    assert dump.format is DumpFormat.WHO_LOG
    assert names(check) == ["Sonya", "Vulak"]
    assert (check.taken_at, check.place, check.warnings) == (NIGHT, "Sanctus Seru", ())
    assert dump.counts[LineOutcome.NOISE] == 6 * len(COMBAT)
    assert dump.lines_total == 5 + 6 * 5
    assert [line.outcome for line in check.lines] == [
        LineOutcome.HEADER,
        LineOutcome.HEADER,
        LineOutcome.ATTENDEE,
        LineOutcome.ATTENDEE,
        LineOutcome.FOOTER,
    ]


def test_every_part_of_a_row_is_read() -> None:
    """D-6: level title, race, guild with its apostrophe and spaces."""
    (attendee,) = one_check(log(who(["[60 High Priest] Tim (Half Elf) <Freya's Own Chariot> LFG"]))).attendees
    assert attendee.name == "Tim"
    assert (attendee.level, attendee.character_class, attendee.race) == (60, "Cleric", "Half Elf")
    assert (attendee.guild, attendee.flags, attendee.line) == ("Freya's Own Chariot", frozenset({Flag.LFG}), 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[ANONYMOUS] Peter (Human)", WhoRow(name="Peter", race="Human", flags=frozenset({Flag.ANONYMOUS}))),
        (
            "[ANONYMOUS] Hawthor  <Seekers of Souls>",
            WhoRow(name="Hawthor", guild="Seekers of Souls", flags=frozenset({Flag.ANONYMOUS, Flag.ROLEPLAY})),
        ),
        ("[ANONYMOUS] Rumstil ", WhoRow(name="Rumstil", flags=frozenset({Flag.ANONYMOUS}))),
        (
            "[ANONYMOUS] Bad  <Venerate> LFG",
            WhoRow(name="Bad", guild="Venerate", flags=frozenset({Flag.ANONYMOUS, Flag.ROLEPLAY, Flag.LFG})),
        ),
        (
            " AFK [49 Magician] Karen (Gnome) <Karens of Karana>",
            WhoRow(
                name="Karen",
                level=49,
                character_class="Magician",
                race="Gnome",
                guild="Karens of Karana",
                flags=frozenset({Flag.AFK}),
            ),
        ),
        (
            " <LINKDEAD>[60 Arch Mage] Ogey (Gnome)",
            WhoRow(
                name="Ogey",
                level=60,
                character_class="Magician",
                race="Gnome",
                flags=frozenset({Flag.LINKDEAD}),
                note="title Arch Mage",
            ),
        ),
        (
            " AFK  <LINKDEAD>[1 Bard] Stack (Human)",
            WhoRow(
                name="Stack",
                level=1,
                character_class="Bard",
                race="Human",
                flags=frozenset({Flag.AFK, Flag.LINKDEAD}),
            ),
        ),
        (
            " TRADER[1 Enchanter] Buymystuff (High Elf)",
            WhoRow(
                name="Buymystuff",
                level=1,
                character_class="Enchanter",
                race="High Elf",
                flags=frozenset({Flag.TRADER}),
            ),
        ),
        (
            " BUYER [1 Enchanter] Shopper (High Elf)",
            WhoRow(
                name="Shopper",
                level=1,
                character_class="Enchanter",
                race="High Elf",
                flags=frozenset({Flag.BUYER}),
            ),
        ),
        (
            "OFFLINE MODE[1 Shadow Knight] Test (Dark Elf) ZONE: bazaar  ",
            WhoRow(
                name="Test",
                level=1,
                character_class="Shadow Knight",
                race="Dark Elf",
                zone="bazaar",
                flags=frozenset({Flag.OFFLINE}),
            ),
        ),
        (
            "* GM - Staff * [60 Bard] Boss (Human)",
            WhoRow(
                name="Boss",
                level=60,
                character_class="Bard",
                race="Human",
                flags=frozenset({Flag.GM}),
                note="GM - Staff",
            ),
        ),
        (
            "[ANON (60 Warlock)] Hidden (Iksar) <X>",
            WhoRow(
                name="Hidden",
                level=60,
                character_class="Necromancer",
                race="Iksar",
                guild="X",
                flags=frozenset({Flag.ANONYMOUS, Flag.ROLEPLAY}),
                note="title Warlock",
            ),
        ),
        (
            "[105 Huntmaster (Ranger)] Rumstil (Halfling)  ZONE: kattacastrumb  ",
            WhoRow(
                name="Rumstil",
                level=105,
                character_class="Ranger",
                race="Halfling",
                zone="kattacastrumb",
                note="title Huntmaster",
            ),
        ),
        (
            "[50 WAR/MNK/SHM] Drywrought (Iksar)  ZONE: Halas (halas) LFG",
            WhoRow(
                name="Drywrought",
                level=50,
                character_class="WAR/MNK/SHM",
                race="Iksar",
                zone="Halas (halas)",
                flags=frozenset({Flag.LFG}),
            ),
        ),
        (
            "[60 Druid] Wolf (Unknown) <Guild>",
            WhoRow(name="Wolf", level=60, character_class="Druid", guild="Guild", note="race hidden by an illusion"),
        ),
        (
            "[60 Druid] Tom Foolery (Human) <Guild>'",
            WhoRow(name="Tom", level=60, character_class="Druid", race="Human", guild="Guild", note="Foolery '"),
        ),
    ],
)
def test_a_row_is_read_however_it_is_written(text: str, expected: WhoRow) -> None:
    """D-6: flags, titles, races, guilds and zones."""
    assert row(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[60 Warlock Name (Dark Elf)", "never closes"),
        ("[Warlock] Name (Dark Elf)", "holds no level"),
        ("[99999 Warlock] Name", "holds no level"),
        ("[60 Warlock]", "no name"),
        ("[60 Warlock] Na3e (Dark Elf)", "not made of letters"),
    ],
)
def test_a_row_that_cannot_be_read_says_why(text: str, reason: str) -> None:
    """D-5: it is reported with its reason."""
    read = row_of(text)
    assert isinstance(read, BrokenRow)
    assert reason in read.reason
    check = one_check(log(who([who_row("Sonya"), text])))
    assert line_of(check, 4).outcome is LineOutcome.UNREADABLE
    assert kinds(check) == [WarningKind.COUNT_MISMATCH]


@pytest.mark.parametrize("text", [*COMBAT, "", " ", "* ", f"* {'x' * 40} * [60 Bard] Boss", "AFK AFK"])
def test_other_lines_are_no_rows(text: str) -> None:
    """D-5: dice, chat and combat are noise."""
    assert row_of(text) is None


def test_every_title_belongs_to_one_class() -> None:
    """D-6: a Warlock is a Necromancer, and no title is two classes'."""
    assert len(CLASS_BY_TITLE) == sum(1 + len(titles) for titles in TITLES.values())
    assert CLASS_BY_TITLE["warlock"] == "Necromancer"
    assert CLASS_BY_TITLE["grandmaster"] == "Monk"
    assert row("[60 Unheardof] Name").character_class == "Unheardof"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("There are 42 players in Sanctus Seru.", WhoFooter(said=42, place="Sanctus Seru")),
        ("There is 1 player in Nagafen's Lair.", WhoFooter(said=1, place="Nagafen's Lair")),
        ("There is 1 player in Oggok.'", WhoFooter(said=1, place="Oggok")),
        ("There are 4 players in EverQuest.", WhoFooter(said=4, place=None)),
        ("There are no players in EverQuest that match those who filters.", WhoFooter(said=0, place=None)),
        ("Your who request was cut short..too many players.", WhoFooter(said=None, place=None)),
        ("There are too many players in here.", None),
        ("There was 1 player in Oggok.", None),
        ("There are 2 goblins in Oggok.", None),
        ("There are 2 players of Oggok.", None),
        ("There are no", None),
        ("You are 2 players in Oggok.", None),
    ],
)
def test_a_lists_end_says_how_many_and_where(text: str, expected: WhoFooter | None) -> None:
    """D-6: the footer's count and its zone."""
    assert footer_of(text) == expected


def test_a_count_that_differs_is_warned_of_with_both_numbers() -> None:
    """D-6: the footer count is checked."""
    check = one_check(log(who([who_row("Sonya")], said=3)))
    (warning,) = check.warnings
    assert (warning.kind, warning.said, warning.read, warning.line) == (WarningKind.COUNT_MISMATCH, 3, 1, 1)
    assert "says it has 3 players; 1 were read" in warning.sentence


def test_somebody_listed_twice_counts_for_the_footer() -> None:
    """D-6: the game counted the row too."""
    check = one_check(log(who([who_row("Sonya"), who_row("sonya")])))
    assert names(check) == ["Sonya"]
    assert check.warnings == ()
    assert line_of(check, 4).outcome is LineOutcome.REPEATED


def test_a_list_without_an_end_is_read_and_warned_of() -> None:
    """D-5: who was read was there; more may be missing."""
    check = one_check(log(who([who_row("Sonya")])[:-1]))
    assert names(check) == ["Sonya"]
    assert kinds(check) == [WarningKind.NO_FOOTER]


def test_a_list_the_game_cut_short_is_warned_of() -> None:
    """D-5: the client lists no more than so many."""
    check = one_check(log([*who([who_row("Sonya")])[:-1], "Your who request was cut short..too many players."]))
    assert kinds(check) == [WarningKind.LIST_CUT_SHORT]


def test_a_list_without_a_heading_is_read_and_warned_of() -> None:
    """D-5: a log pasted from its middle still names people."""
    check = one_check(log([" AFK [60 Warlock] Vulak (Iksar)", *who([who_row("Sonya")])[2:]]))
    assert names(check) == ["Vulak", "Sonya"]
    assert kinds(check) == [WarningKind.NO_HEADER, WarningKind.COUNT_MISMATCH]


def test_a_count_without_a_list_is_warned_of() -> None:
    """D-5: its rows are missing."""
    lines = who([who_row("Sonya")])
    check = one_check(log([*lines, "There are 9 players in Oggok."]))
    assert kinds(check) == [WarningKind.NO_HEADER, WarningKind.COUNT_MISMATCH]
    assert check.place == "Sanctus Seru, Oggok"


def test_lists_within_two_minutes_are_one_check() -> None:
    """D-6: several `/who` lists (each zone) are merged; whoever is in both counts once."""
    later = NIGHT + timedelta(seconds=120)
    text = log(who([who_row("Sonya"), who_row("Vulak")])) + log(
        who([who_row("Vulak"), who_row("Tim")], place="Oggok"), later
    )
    check = one_check(text)
    assert names(check) == ["Sonya", "Vulak", "Tim"]
    assert (check.place, check.taken_at, check.warnings) == ("Sanctus Seru, Oggok", NIGHT, ())
    assert line_of(check, 8).outcome is LineOutcome.REPEATED


def test_lists_further_apart_are_checks_of_their_own() -> None:
    """D-2: hours have their ticks, and the same names again."""
    later = NIGHT + timedelta(seconds=121)
    text = log(who([who_row("Sonya")])) + log(who([who_row("Sonya")], place="Oggok"), later)
    first, second = read_text(text).checks
    assert (names(first), names(second)) == (["Sonya"], ["Sonya"])
    assert (first.place, second.place) == ("Sanctus Seru", "Oggok")
    assert (first.taken_at, second.taken_at) == (NIGHT, later)


def test_how_near_lists_are_merged_is_a_setting() -> None:
    """D-12: an officer who checks every minute wants them apart."""
    text = log(who([who_row("Sonya")])) + log(who([who_row("Sonya")]), NIGHT + timedelta(seconds=30))
    apart = read_dump([text.encode()], limits=ReadingLimits(merge_within=timedelta(0)))
    assert len(apart.checks) == 2
    assert len(read_text(text).checks) == 1


def test_a_clock_put_back_starts_another_check() -> None:
    """D-13: in autumn an hour comes twice."""
    text = log(who([who_row("Sonya")])) + log(who([who_row("Vulak")]), NIGHT - timedelta(hours=1))
    assert len(read_text(text).checks) == 2


def test_a_heading_inside_a_list_starts_the_next() -> None:
    """D-6: lists that overlap are read in full and merged."""
    lines = who([who_row("Sonya")])
    check = one_check(log([*lines[:2], *who([who_row("Vulak")])]))
    assert names(check) == ["Vulak"]
    assert kinds(check) == [WarningKind.NO_FOOTER]
    assert check.warnings[0].line == 1


def test_a_row_a_minute_later_belongs_to_no_list_that_was_cut() -> None:
    """D-5: it is another list's, whose heading is missing."""
    text = log(who([who_row("Sonya")])[:-1]) + log([who_row("Vulak")], NIGHT + timedelta(seconds=61))
    check = one_check(text)
    assert names(check) == ["Sonya", "Vulak"]
    assert kinds(check) == [WarningKind.NO_FOOTER, WarningKind.NO_HEADER, WarningKind.NO_FOOTER]


def test_friends_who_are_on_were_not_at_the_raid() -> None:
    """D-5: the list of friends looks like `/who`, but is none."""
    friends = log(["Friends currently on EverQuest:", "---------------------------", who_row("Pal")])
    later = log(who([who_row("Sonya")]), NIGHT + timedelta(seconds=5))
    after = log([who_row("Late")], NIGHT + timedelta(seconds=6))
    check = one_check(friends + later + after)
    assert names(check) == ["Sonya", "Late"]
    assert line_of(check, 8).name == "Late"


def test_friends_end_a_list() -> None:
    """D-5: nobody among the friends is taken for one of the list."""
    check = one_check(log([*who([who_row("Sonya")])[:-1], "Friends currently on EverQuest:", who_row("Pal")]))
    assert names(check) == ["Sonya"]
    assert kinds(check) == [WarningKind.NO_FOOTER]


def test_nobody_can_chat_himself_into_a_list() -> None:
    """D-5: a row starts its line; what people say starts with their name."""
    spoof = [f"Eve says, '{line}'" for line in who([who_row("Eve")])]
    check = one_check(log(who([who_row("Sonya")])) + log(spoof))
    assert names(check) == ["Sonya"]


@pytest.mark.parametrize(
    "heading", ["Players in EverQuest:", "Players on EverQuest: ", "Players in EverQuest Legends:"]
)
def test_both_headings_start_a_list(heading: str) -> None:
    """D-6: `/who` and `/who all`."""
    check = one_check(log([heading, *who([who_row("Sonya")], place="EverQuest")[1:]]))
    assert check.warnings == ()
    assert check.place is None


def test_other_headings_start_none() -> None:
    """D-6: the words must be the heading's."""
    check = one_check(log(["Players on EverQuest are many", *who([who_row("Sonya")])]))
    assert outcomes(check)[2] is LineOutcome.HEADER
    assert 1 not in outcomes(check)


def test_dashes_elsewhere_are_noise() -> None:
    """D-5: only those below a heading belong to the list."""
    check = one_check(log(["----", *who([who_row("Sonya"), "----"], said=1)]))
    assert 1 not in outcomes(check)
    assert 5 not in outcomes(check)


@pytest.mark.parametrize("time", ["Xxx Foo 04 21:07:27 2024", "Thu Feb 31 21:07:27 2024", "Thu Jul 04 21-07-27 2024"])
def test_rows_under_a_time_that_is_none_still_count(time: str) -> None:
    """D-13: they belong to the list they stand in."""
    text = log(COMBAT) + log(who([who_row("Sonya")])[:-1]) + f"[{time}] {who_row('Vulak')}\n"
    check = one_check(text)
    assert names(check) == ["Sonya", "Vulak"]
    assert check.taken_at == NIGHT


def test_an_empty_list_keeps_its_lines() -> None:
    """D-5: a zone with nobody in it is accounted for."""
    nobody = [
        "Players in EverQuest:",
        "---------------------------",
        "There are no players in EverQuest that match those who filters.",
    ]
    dump = read_text(log(nobody) + log(who([who_row("Sonya")]), NIGHT + timedelta(hours=1)))
    assert [len(check.attendees) for check in dump.checks] == [0, 1]
    assert dump.counts[LineOutcome.FOOTER] == 2


def test_a_day_may_be_padded_with_a_space() -> None:
    """D-13: old clients write it so."""
    text = log(who([who_row("Sonya")])).replace("Jul 04", "Jul  4")
    assert one_check(text).taken_at == NIGHT
