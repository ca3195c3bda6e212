"""`dkp event-type` and `raid`: kinds of raids, raids, ticks, attendance, dumps and names nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import fields

from dkp_core.raids import (
    AttendanceRow,
    EventTypeRow,
    ImportedLine,
    ImportReport,
    RaidDetailRow,
    RaidRow,
    UnresolvedRow,
)
from tests.integration.cli.command_line import CommandLine

AT = "2026-11-19T20:00"
DUMP = (
    "1\tAlmaryn\t60\tCleric\tRaid Leader\t\t\tYes\t\r\n"
    "1\tÉlan\t55\tBard\t\t\t\tYes\t\r\n"
    "2\tFremdling\t50\tRogue\t\t\t\tNo\t\r\n"
)
DUMP_NAME = "RaidRoster_firiona-20261119-200000.txt"


def names(kind: type) -> set[str]:
    """The fields of a row, as the API has them."""
    return {each.name for each in fields(kind)}


def balance(dkp: CommandLine, user: str, pool: str = "DKP") -> str:
    """A user's balance in a pool."""
    (row,) = dkp.json("points", "balance", user, "--pool", pool)
    return str(row["current"])


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """A raid dump of three, one of whom nobody knows."""
    path = tmp_path / DUMP_NAME
    path.write_bytes(DUMP.encode())
    return path


# --- event types ------------------------------------------------------------------------------------------------------


def test_event_types_name_points_pools_and_what_drops(dkp: CommandLine) -> None:
    """D-1: points × modifier, rounded half-up; awarded in each of its pools."""
    dkp.run("item-pool", "add", "Planar armour")
    made = dkp.json(
        *(
            "event-type",
            "add",
            "Plane of Sky",
            "--points",
            "0.33",
            "--modifier",
            "1.5",
            "--description",
            "eight islands",
        ),
        *("--pool", "2", "--pool", "dkp", "--metadata", "zone=airplane", "--item-pool", "Planar armour"),
    )
    assert set(made) == names(EventTypeRow)
    assert (made["default_points"], made["modifier"], made["points"]) == ("0.33", "1.5", "0.50")
    assert (made["pools"], made["item_pools"], made["metadata"]) == ([2, 1], [1], {"zone": "airplane"})
    changed = dkp.json("event-type", "set", "plane of sky", "--name", "Sky", "--points", "4", "--inactive")
    assert (changed["name"], changed["points"], changed["active"]) == ("Sky", "6.00", False)
    assert [row["name"] for row in dkp.json("event-type", "list", "--inactive")] == ["Sky"]
    assert dkp.json("event-type", "show", "3") == changed
    assert "inactive" in dkp.refused("raid", "add", "Sky", "--at", AT, code=6)


def test_an_event_type_goes_or_becomes_inactive(dkp: CommandLine) -> None:
    """G-4: removed where no raid names it."""
    dkp.run("raid", "add", "Plane of Fear", "--at", AT)
    assert dkp.json("event-type", "remove", "Open raid")["outcome"] == "removed"
    assert dkp.json("event-type", "remove", "Plane of Fear")["outcome"] == "inactive"
    assert [(row["name"], row["active"]) for row in dkp.json("event-type", "list")] == [("Plane of Fear", False)]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--points", "-1"),
        ("--points", "1.005"),
        ("--points", "many"),
        ("--modifier", "1001"),
        ("--modifier", "0.00001"),
        ("--modifier", "NaN"),
        ("--metadata", "zone"),
    ],
)
def test_a_bad_event_type_is_told_field_by_field(wrong: tuple[str, str], dkp: CommandLine) -> None:
    """G-3, G-8: the error names the field."""
    said = dkp.refused("event-type", "add", "Neu", *wrong, code=3)
    assert said.startswith(wrong[0].removeprefix("--"))
    assert len(dkp.json("event-type", "list")) == 2


# --- raids ------------------------------------------------------------------------------------------------------------


def test_a_raid_is_recorded_ticked_closed_and_listed(dkp: CommandLine) -> None:
    """D-2: its points are its first tick's and the default of those added."""
    made = dkp.json(
        *("raid", "add", "plane of fear", "--at", AT, "--ends-at", "2026-11-19T23:00", "--leader", "Almaryn"),
        *("--note", "with friends", "--points", "10", "--tick", "Start"),
    )
    assert set(made) == names(RaidDetailRow)
    assert (made["starts_at"], made["leader"], made["points"]) == ("2026-11-19T19:00:00Z", "Alma", "10.00")
    ticked = dkp.json("raid", "tick", made["id"], "21:00", "--at", "2026-11-19T21:00", "--points", "2.50")
    assert [(tick["number"], tick["name"], tick["points"]) for tick in ticked["ticks"]] == [
        (1, "Start", "10.00"),
        (2, "21:00", "2.50"),
    ]
    attended = dkp.json("raid", "attend", made["id"], "Élan", "Björnulf", "--tick", "2", "--status", "late")
    assert set(attended[0]) == names(AttendanceRow)
    assert {(row["name"], row["status"], row["points_awarded"]) for row in attended} == {
        ("Élan", "late", "2.50"),
        ("Björnulf", "late", "2.50"),
    }
    assert "noted before" in dkp.run("raid", "attend", made["id"], "ÉLAN", "--tick", "2").stdout
    changed = dkp.json("raid", "set", made["id"], "--close", "--note", "wiped", "--ends-at", "2026-11-19T22:30")
    assert (changed["status"], changed["note"], changed["ends_at"]) == ("closed", "wiped", "2026-11-19T21:30:00Z")
    (row,) = dkp.json("raid", "list", "--status", "closed", "--user", "Élan", "--event-type", "Plane of Fear")
    assert set(row) == names(RaidRow)
    shown = dkp.json("raid", "show", made["id"])
    assert set(shown) == names(RaidDetailRow) | {"attendance"}
    assert len(shown["attendance"]) == 2
    assert "21:00" in dkp.run("raid", "show", made["id"]).stdout


def test_raids_are_filtered_by_date_pool_and_note(dkp: CommandLine) -> None:
    """G-2: the start belongs to the window, the end does not."""
    for day, event_type in ((10, "Plane of Fear"), (12, "Open raid")):
        dkp.run("raid", "add", event_type, "--at", f"2026-11-{day}T20:00", "--note", f"night {day}")

    def listed(*options: str) -> list[str]:
        return [row["note"] for row in dkp.json("raid", "list", "--order", "starts_at", *options)]

    assert listed() == ["night 10", "night 12"]
    assert listed("--since", "2026-11-12T20:00") == ["night 12"]
    assert listed("--until", "2026-11-12T20:00") == ["night 10"]
    assert listed("--pool", "Open raids") == ["night 12"]
    assert listed("--search", "NIGHT 10") == ["night 10"]
    assert listed("--limit", "1") == ["night 10"]


def test_a_cancelled_raid_gives_its_points_back(dkp: CommandLine) -> None:
    """D-8, G-4: reversed where somebody attended, removed where nobody did."""
    raid = dkp.json("raid", "add", "Plane of Fear", "--at", AT)["id"]
    dkp.run("raid", "attend", raid, "Élan")
    assert balance(dkp, "Élan") == "12.50"
    assert dkp.json("raid", "cancel", raid, "--reason", "server crash")["outcome"] == "cancelled"
    assert balance(dkp, "Élan") == "0.00"
    assert "is cancelled" in dkp.refused("raid", "attend", raid, "Björnulf", code=6)
    empty = dkp.json("raid", "add", "Plane of Fear", "--at", AT)["id"]
    assert dkp.json("raid", "cancel", empty)["outcome"] == "removed"
    dkp.refused("raid", "show", empty, code=4)
    assert "no raid's id" in dkp.refused("raid", "show", "last", code=3)


def test_a_raid_does_not_begin_in_the_future_or_in_an_hour_that_is_twice(dkp: CommandLine) -> None:
    """D-13, G-8: and nothing is recorded."""
    add = ("raid", "add", "Plane of Fear", "--at")
    assert "in the future" in dkp.refused(*add, "2199-01-01T20:00", code=3)
    assert "exists twice" in dkp.refused(*add, "2026-10-25T02:15", code=3)
    assert "exists twice" not in dkp.run(*add, "2026-10-25T02:15", "--zone", "Asia/Tokyo").stderr
    dkp.refused(*add, "2026-10-25T12:00", "--zone", "Mars/Olympus", code=3)
    assert len(dkp.json("raid", "list")) == 1
    assert dkp.json("raid", "add", "Plane of Fear")["status"] == "open"


# --- dumps ------------------------------------------------------------------------------------------------------------


def test_a_dump_makes_a_raid_and_accounts_for_every_line(dkp: CommandLine, dump: Path) -> None:
    """D-5, D-6, D-13: in the guild's own time, each line with its number, its name and what became of it."""
    report = dkp.json("raid", "import", dump, "--event-type", "Plane of Fear", "--note", "from a dump")
    assert set(report) == names(ImportReport)
    assert set(report["lines"][0]) == names(ImportedLine)
    assert (report["format"], report["at"], report["zone"]) == ("raid_dump", "2026-11-19T19:00:00Z", "Europe/Berlin")
    assert [(line["line"], line["name"], line["outcome"]) for line in report["lines"]] == [
        (1, "Almaryn", "awarded"),
        (2, "Élan", "awarded"),
        (3, "Fremdling", "unresolved"),
    ]
    assert report["unresolved"] == ["Fremdling"]
    assert (report["applied"], report["awarded"], report["recorded"]) == (True, 2, 3)
    assert balance(dkp, "Élan") == "12.50"
    assert dkp.json("raid", "show", report["raid_id"])["note"] == "from a dump"


def test_people_see_a_summary_the_lines_and_who_is_unknown(dkp: CommandLine, dump: Path) -> None:
    """D-5: what to do next is said, too."""
    outcome = dkp.run("raid", "import", dump, "--event-type", "Plane of Fear")
    assert "Fremdling" in outcome.stdout
    assert "3 in all" in outcome.stdout
    assert "dkp raid resolve" in outcome.stderr


def test_the_same_dump_awards_once(dkp: CommandLine, dump: Path) -> None:
    """D-7: the same bytes find the raid they made, whatever the file is called; --again makes another."""
    imported = ("--event-type", "Plane of Fear", "--file-name", DUMP_NAME)
    first = dkp.json("raid", "import", dump, *imported)
    twice = dkp.json("raid", "import", "-", *imported, stdin=DUMP.encode())
    assert (twice["already_imported"], twice["raid_id"], twice["recorded"]) == (True, first["raid_id"], 0)
    assert "--again" in dkp.run("raid", "import", dump, *imported).stderr
    assert balance(dkp, "Élan") == "12.50"
    again = dkp.json("raid", "import", dump, *imported, "--again")
    assert again["raid_id"] != first["raid_id"]
    assert balance(dkp, "Élan") == "25.00"


def test_a_preview_changes_nothing_and_needs_no_event_type(dkp: CommandLine, dump: Path) -> None:
    """D-7: who would get what, who is unknown, who is already counted."""
    before = dkp.content()
    preview = dkp.json("raid", "import", dump, "--dry-run")
    assert (preview["applied"], preview["raid_id"], preview["unresolved"]) == (False, None, ["Fremdling"])
    preview = dkp.json("raid", "import", dump, "--dry-run", "--event-type", "Plane of Fear")
    assert [line["points"] for line in preview["lines"]] == ["12.50", "12.50", "0.00"]
    assert "Dry run" in dkp.run("raid", "import", dump, "--dry-run").stderr
    assert dkp.content() == before
    assert "event type" in dkp.refused("raid", "import", dump, code=3)


def test_a_second_dump_is_a_tick_of_the_first_raid(dkp: CommandLine, dump: Path) -> None:
    """D-2, D-12: --raid adds to it; --tick names the tick, made if need be."""
    raid = dkp.json("raid", "import", dump, "--event-type", "Plane of Fear", "--tick", "20:00")["raid_id"]
    later = dkp.json(
        *("raid", "import", "-", "--raid", raid, "--tick", "21:00", "--at", "2026-11-19T21:00"),
        stdin="Élan, Björnulf\n",
    )
    assert (later["raid_id"], later["tick"], later["awarded"]) == (raid, 2, 2)
    merged = dkp.json("raid", "import", "-", "--raid", raid, "--at", AT, stdin="Élan\nBjörnulf\n")
    assert [line["outcome"] for line in merged["lines"]] == ["already_present", "awarded"]
    assert balance(dkp, "Élan") == "25.00"
    assert "is named as well" in dkp.refused(
        "raid", "import", dump, "--raid", raid, "--event-type", "Plane of Fear", code=3
    )


def who(at: str, *characters: str, count: int | None = None) -> str:
    """A /who list as a log has it."""
    rows = "".join(f"[{at}] [60 Warlock] {name} (Erudite) <Freya's Chariot>\n" for name in characters)
    total = len(characters) if count is None else count
    return (
        f"[{at}] Players on EverQuest:\n[{at}] ---------------------------\n{rows}"
        f"[{at}] There are {total} players in Plane of Fear.\n"
    )


def test_of_a_log_with_several_checks_one_is_chosen_by_its_time(dkp: CommandLine) -> None:
    """D-6, D-7: without it the error lists them; each is remembered on its own."""
    log = who("Thu Nov 19 20:00:00 2026", "Almaryn", "Élan") + who("Thu Nov 19 21:00:00 2026", "Almaryn")
    options = ("--event-type", "Plane of Fear", "--file-name", "eqlog_Almaryn_firiona.txt")
    said = dkp.refused("raid", "import", "-", *options, stdin=log.encode(), code=3)
    assert "2026-11-19T20:00:00, 2026-11-19T21:00:00" in said
    first = dkp.json("raid", "import", "-", *options, "--at", "2026-11-19T20:00", stdin=log.encode())
    assert (first["awarded"], first["at"]) == (2, "2026-11-19T19:00:00Z")
    assert {line["outcome"] for line in first["lines"] if line["name"]} == {"awarded", "other_check"}
    second = dkp.json("raid", "import", "-", *options, "--at", "2026-11-19T21:00", stdin=log.encode())
    assert (second["awarded"], second["already_imported"]) == (1, False)
    assert dkp.json("raid", "import", "-", *options, "--at", "2026-11-19T20:01", stdin=log.encode())["already_imported"]


def test_a_footer_that_counts_otherwise_is_a_warning(dkp: CommandLine) -> None:
    """D-6: somebody is missing in the list, and the officer is told."""
    log = who("Thu Nov 19 20:00:00 2026", "Almaryn", "Élan", count=3)
    report = dkp.json("raid", "import", "-", "--event-type", "Plane of Fear", stdin=log.encode())
    assert "3" in report["warnings"][0]
    outcome = dkp.run(
        "raid", "import", "-", "--event-type", "Plane of Fear", "--dry-run", "--again", stdin=log.encode()
    )
    assert "Warning: " in outcome.stderr


def test_the_zone_of_a_dump_is_asked_once(dkp: CommandLine, tmp_path: Path) -> None:
    """D-13: the next import takes the zone named at the last one."""
    days = [tmp_path / f"RaidRoster_firiona-202611{day}-200000.txt" for day in (17, 18)]
    for number, path in enumerate(days):
        path.write_text(DUMP + f"3\tGast{'ab'[number]}\t50\tMonk\t\t\t\tNo\t\r\n")
    options = ("--event-type", "Plane of Fear")
    first = dkp.json("raid", "import", days[0], *options, "--zone", "Asia/Tokyo")
    assert first["at"] == "2026-11-17T11:00:00Z"
    second = dkp.json("raid", "import", days[1], *options)
    assert (second["zone"], second["at"]) == ("Asia/Tokyo", "2026-11-18T11:00:00Z")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_are_read_in_every_encoding(encoding: str, dkp: CommandLine) -> None:
    """D-6, G-9: UTF-8 with and without mark, UTF-16, Windows-1252."""
    report = dkp.json(
        *("raid", "import", "-", "--event-type", "Plane of Fear", "--at", AT), stdin="Élan\nBjörnulf\n".encode(encoding)
    )
    assert report["awarded"] == 2


def test_a_format_can_be_named(dkp: CommandLine) -> None:
    """D-6: where it is not recognised, or wrongly."""
    options = ("--event-type", "Plane of Fear", "--at", AT)
    report = dkp.json("raid", "import", "-", *options, "--format", "csv", stdin="name;status\nÉlan;late\n")
    assert (report["format"], report["awarded"]) == ("csv", 1)
    outcome = dkp.run("raid", "import", "-", *options, "--format", "xls", stdin="Élan\n", code=2)
    assert "name_list" in outcome.stderr


BAD_DUMPS = {
    "nothing": (b"", "empty"),
    "white space": (b" \r\n\r\n", "empty"),
    "a web page": (b"<!DOCTYPE html><html><head><title>Login</title></head><body>Sign in</body></html>", "login page"),
    "an archive": (b"PK\x03\x04" + bytes(200), "not text"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "not text"),
    "a program": (b"\x7fELF" + bytes(range(256)), "not text"),
    "numbers": (b"1\t2\t3\n4\t5\t6\n", ""),
    "a log without a list": (b"[Thu Nov 19 20:00:00 2026] You have slain a rat!\n", ""),
}


@pytest.mark.parametrize("kind", BAD_DUMPS)
def test_what_is_no_dump_is_named(kind: str, dkp: CommandLine) -> None:
    """D-6, D-14: one line says what it is instead, and nothing is recorded."""
    content, said = BAD_DUMPS[kind]
    before = dkp.content()
    options = ("--event-type", "Plane of Fear", "--at", AT)
    assert said in dkp.refused("raid", "import", "-", *options, stdin=content, code=3)
    assert dkp.content() == before


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--event-type", "Plane of Rust", "--at", AT), 4, "event type"),
        (("--event-type", "Plane of Fear"), 3, "when it was taken"),
        (("--event-type", "Plane of Fear", "--at", "2199-01-01T20:00"), 3, "future"),
        (("--event-type", "Plane of Fear", "--at", "2026-10-25T02:30"), 3, "exists twice"),
        (("--event-type", "Plane of Fear", "--at", AT, "--zone", "Nowhere"), 3, "time zone"),
        (("--raid", "4711", "--at", AT), 4, "raid"),
        (("--raid", "gestern", "--at", AT), 3, "raid"),
    ],
)
def test_a_bad_import_is_told_field_by_field(options: tuple[str, ...], code: int, said: str, dkp: CommandLine) -> None:
    """G-8: nothing is half done."""
    before = dkp.content()
    assert said in dkp.refused("raid", "import", "-", *options, stdin="Élan\n", code=code)
    assert dkp.content() == before


def test_a_file_that_cannot_be_read_is_named(dkp: CommandLine, tmp_path: Path) -> None:
    """G-8: which, and why."""
    options = ("--event-type", "Plane of Fear")
    assert "No such file" in dkp.refused("raid", "import", tmp_path / "none.txt", *options, code=3)
    assert "directory" in dkp.refused("raid", "import", tmp_path, *options, code=3)


# --- names nobody knows -----------------------------------------------------------------------------------------------


@pytest.fixture
def unknown(dkp: CommandLine) -> CommandLine:
    """The guild after a raid with four names that nobody is known by, two ticks of it."""
    raid = dkp.json("raid", "add", "Plane of Fear", "--at", AT)["id"]
    dkp.run("raid", "tick", raid, "21:00", "--at", "2026-11-19T21:00")
    for tick in (1, 2):
        dkp.run("raid", "attend", raid, "Elann", "Björnolf", "Gast", "Freund", "--tick", tick)
    return dkp


def test_unresolved_names_are_listed_with_suggestions(unknown: CommandLine) -> None:
    """D-5: which raids wait, and who could be meant."""
    rows = unknown.json("raid", "unresolved")
    assert set(rows[0]) == names(UnresolvedRow)
    assert {row["name"]: row["suggestions"] for row in rows}["Björnolf"] == ["Björnulf"]
    assert [row["lines"] for row in rows] == [2, 2, 2, 2]
    assert len(unknown.json("raid", "unresolved", "--raid", "1")) == 4
    assert unknown.json("raid", "unresolved", "--raid", "1") == rows


def test_names_are_resolved_in_each_way(unknown: CommandLine) -> None:
    """D-5: to a character, an alias, a user, or nobody; and awarded then."""
    told = unknown.json("raid", "resolve", "ELANN", "--character", "Élan")
    assert (told["lines"], told["awarded"], told["raids"]) == (2, 2, [1])
    assert balance(unknown, "Chloé") == "25.00"
    unknown.run("raid", "resolve", "Björnolf", "--alias-of", "Björnulf")
    assert unknown.json("character", "show", "björnolf")["name"] == "Björnulf"
    unknown.run("raid", "resolve", "Freund", "--user", "Alma")
    assert balance(unknown, "Alma") == "25.00"
    unknown.run("raid", "resolve", "Gast", "--ignore", "--raid", "1")
    assert unknown.json("raid", "unresolved") == []
    assert "Every name is resolved" in unknown.run("raid", "unresolved").stdout
    unknown.refused("raid", "resolve", "Gast", "--ignore", code=6)


@pytest.mark.parametrize("options", [(), ("--ignore", "--user", "Alma"), ("--character", "Élan", "--alias-of", "Élan")])
def test_who_a_name_is_must_be_said_once(options: tuple[str, ...], unknown: CommandLine) -> None:
    """G-8: exactly one of the four."""
    assert "--alias-of" in unknown.refused("raid", "resolve", "Gast", *options, code=3)
    unknown.refused("raid", "resolve", "Gast", "--character", "Niemand", code=4)
