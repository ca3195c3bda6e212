"""Looting lines in an EverQuest log (D-11)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dkp_core.raids.formats import DumpFormat, LineOutcome, LootLine, NoLoot, ReadingLimits, read_dump, read_loot
from dkp_core.raids.formats.errors import DumpTooLarge
from dkp_core.raids.formats.loot_lines import NearestTime
from tests.unit.raids.formats.synthetic import COMBAT, LOG_NAME, NIGHT, log, names, read_text, who, who_row


def loot_of(text: str, *, file_name: str = LOG_NAME) -> LootLine:
    """The loot of a log of one looting line."""
    (line,) = read_loot([log([*COMBAT, text]).encode()], file_name=file_name).loot
    assert (line.line, line.at) == (len(COMBAT) + 1, NIGHT)
    return line


@pytest.mark.parametrize(
    ("text", "item", "name", "quantity", "note"),
    [
        ("--Sonya has looted a Cloak of Flames.--", "Cloak of Flames", "Sonya", 1, ""),
        ("--You have looted an Axe of the Tides.--", "Axe of the Tides", "Vulak", 1, ""),
        ("--Sonya has looted 2 Water Flask from a goblin's corpse.--", "Water Flask", "Sonya", 2, "from a goblin"),
        ("--Sonya has looted a Rod from a frozen chest .--", "Rod", "Sonya", 1, "from a frozen chest"),
        ("Sonya grabbed a Rod from an icebound chest .", "Rod", "Sonya", 1, "from an icebound chest"),
        ("--Sonya stole a Rod from Nagafen!--", "Rod", "Sonya", 1, "from Nagafen"),
        (
            "You looted an Axe from Nagafen's corpse and stored it in your Dragon Hoard",
            "Axe",
            "Vulak",
            1,
            "from Nagafen",
        ),
        (
            "--Zoë has looted a Dark Elf's `Eye`, the Red: Part II.--",
            "Dark Elf's `Eye`, the Red: Part II",
            "Zoë",
            1,
            "",
        ),
    ],
)
def test_every_way_of_looting_is_read(text: str, item: str, name: str, quantity: int, note: str) -> None:
    """D-11: articles, counts, corpses and chests; "You" is who the file is of."""
    line = loot_of(text)
    assert (line.item, line.name, line.quantity, line.note) == (item, name, quantity, note)
    assert (line.cost, line.rot) == (None, False)


@pytest.mark.parametrize(
    ("text", "name"),
    [("--Sonya left a Rod on a goblin.--", "Sonya"), ("--a Rod was left on a goblin's corpse.--", "")],
)
def test_what_rots_is_told_too(text: str, name: str) -> None:
    """D-11: nobody has it."""
    line = loot_of(text)
    assert (line.item, line.name, line.rot) == ("Rod", name, True)
    assert line.note == "left on a goblin"


def test_the_owner_of_a_renamed_log_stays_you() -> None:
    """D-5: nobody is guessed."""
    assert loot_of("--You have looted a Rod.--", file_name="raid.txt").name == "You"


@pytest.mark.parametrize(
    "text",
    [
        "Sonya tells the raid,  '--Vulak has looted a Rod.--'",
        "Sonya -> Vulak: --Vulak has looted a Rod.--",
        "Sonya shouts, 'looted Miniature Sword'",
        "You say, '--You have looted a Rod.--'",
        "Sonya looted a Rod from Nagafen's corpse",
        "--Sonya has looted a .--",
        "--Sonya has looted Rod.--",
    ],
)
def test_nobody_loots_by_saying_so(text: str) -> None:
    """D-11: chat that quotes such a line is chat, and half a line is none."""
    with pytest.raises(NoLoot):
        read_loot([log([text]).encode()], file_name=LOG_NAME)


def test_loot_belongs_to_the_check_nearest_in_time() -> None:
    """D-11: before, between and after the lists of a log."""

    def at(minutes: int) -> datetime:
        return NIGHT + timedelta(minutes=minutes)

    def looted(item: str) -> list[str]:
        return [f"--Sonya has looted a {item}.--"]

    text = (
        log(looted("Early"), at(-30))
        + log(who([who_row("Sonya")]), at(0))
        + log(looted("After First"), at(10))
        + log(looted("Before Second"), at(20))
        + log(who([who_row("Vulak")]), at(30))
        + log(looted("Late"), at(90))
    )
    dump = read_text(text, file_name=LOG_NAME)
    first, second = dump.checks
    assert [each.item for each in first.loot] == ["Early", "After First"]
    assert [each.item for each in second.loot] == ["Before Second", "Late"]
    assert (names(first), names(second)) == (["Sonya"], ["Vulak"])
    assert dump.counts[LineOutcome.LOOT] == 4
    assert dump.counts[LineOutcome.NOISE] == 0


def test_a_log_without_lists_has_loot_and_no_attendance() -> None:
    """D-11: its lines are all accounted for."""
    text = log([*COMBAT, "--Sonya has looted a Rod.--", *COMBAT, f"--Sonya has looted a {'x' * 200}.--"])
    reading = read_loot([text.encode()], file_name=LOG_NAME)
    assert (reading.format, len(reading.loot)) == (DumpFormat.WHO_LOG, 1)
    assert reading.counts[LineOutcome.NOISE] == 2 * len(COMBAT)
    assert [line.number for line in reading.unreadable] == [2 * len(COMBAT) + 2]
    assert "no item: it has 200 characters" in reading.unreadable[0].detail
    assert sum(reading.counts.values()) == reading.lines_total


def test_more_loot_than_is_reported_is_refused() -> None:
    """D-6: memory has a bound."""
    data = [log(["--Sonya has looted a Rod.--"] * 11).encode()]
    assert len(read_loot(data, limits=ReadingLimits(lines_kept_max=11)).loot) == 11
    with pytest.raises(DumpTooLarge):
        read_loot(data, limits=ReadingLimits(lines_kept_max=10))


def test_the_nearest_of_several_times() -> None:
    """D-11: the earlier of two alike; the last where nothing is known."""
    check = NearestTime([NIGHT + timedelta(hours=2), None, NIGHT])
    assert [check.to(NIGHT + timedelta(hours=hours)) for hours in (-9, 0, 1, 2, 9)] == [2, 2, 2, 0, 0]
    assert check.to(None) == 2
    assert NearestTime([None, None]).to(NIGHT) == 1


def test_the_lists_of_a_log_are_what_they_were() -> None:
    """D-5: loot changes nobody's attendance."""
    lists = who([who_row("Sonya"), who_row("Vulak")])
    mixed = [line for each in lists for line in (each, "--Sonya has looted a Rod.--")]
    plain, looted = read_dump([log(lists).encode()]).checks[0], read_dump([log(mixed).encode()]).checks[0]
    assert [each.name for each in plain.attendees] == [each.name for each in looted.attendees]
    assert (plain.warnings, looted.warnings) == ((), ())
