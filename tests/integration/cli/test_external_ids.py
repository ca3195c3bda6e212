"""What came from another system is shown with the id that it had there, and found by it (O-4)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.cli.command_line import CommandLine
from tests.integration.cli.test_remote import Remote as Elsewhere
from tests.integration.cli.test_remote import key_of, served

OLD_IDS = {
    "raids": {1: "eqdkp:152"},
    "awards": {1: "eqdkp:2041", 2: "eqdkp:2042"},
    "characters": {2: "eqdkp:17", 4: "eqdkp:16"},
    "event_types": {1: "eqdkp:4"},
    "adjustments": {1: "eqdkp:9"},
}
"""By table and id. What an id is the id of is told by what is asked for: the user eqdkp:17 is not the character."""
CHLOE = 3


@pytest.fixture(scope="module")
def imported(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guild after a raid with loot and an adjustment, as if they had been imported."""
    dkp = CommandLine(tmp_path_factory.mktemp("imported") / "dkp.db")
    shutil.copy(founded, dkp.path)
    dkp.run("raid", "add", "Plane of Fear", "--at", "2026-11-19T20:00")
    dkp.run("raid", "attend", "1", "Élan", "Björnulf")
    dkp.run("award", "give", "Cloak of Flames", "--character", "Élan", "--amount", "3", "--raid", "1")
    dkp.run("award", "give", "Spell: Gate", "--character", "Björnulf", "--amount", "2", "--raid", "1")
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "-1.25", "--reason", "late", "--pool", "DKP")
    for table, ids in OLD_IDS.items():
        for row_id, external_id in ids.items():
            dkp.execute(f"UPDATE {table} SET external_id = '{external_id}' WHERE id = {row_id}")
    dkp.execute(f"UPDATE memberships SET external_id = 'eqdkp:17' WHERE user_id = {CHLOE}")
    return dkp.path


@pytest.fixture
def moved_in(imported: Path, tmp_path: Path) -> CommandLine:
    """The command line on a copy of it."""
    path = tmp_path / "dkp.db"
    shutil.copy(imported, path)
    return CommandLine(path)


def test_what_came_from_elsewhere_is_shown_by_its_old_id(moved_in: CommandLine) -> None:
    """O-4: old links keep working, and what is shown tells the id as well."""
    for family, external_id, row_id, name in (
        ("raid", "eqdkp:152", 1, "Plane of Fear"),
        ("award", "eqdkp:2041", 1, "Cloak of Flames"),
        ("character", " eqdkp:17 ", 2, "Björnulf"),
        ("event-type", "eqdkp:4", 1, "Plane of Fear"),
        ("user", "eqdkp:17", CHLOE, "Chloé"),
    ):
        shown = moved_in.json(family, "show", external_id)
        assert (shown["id"], shown["external_id"]) == (row_id, external_id.strip())
        assert name in shown.values()
    assert "eqdkp:152" in moved_in.run("raid", "show", "eqdkp:152").stdout


def test_lists_are_narrowed_to_an_old_id(moved_in: CommandLine) -> None:
    """O-4: exactly that one."""
    for family, external_id, found in (
        ("raid", "eqdkp:152", [1]),
        ("award", "eqdkp:2042", [2]),
        ("character", "eqdkp:17", [2]),
        ("event-type", "eqdkp:4", [1]),
        ("item", "eqdkp:2042", [2]),
        ("raid", "eqdkp:15", []),
        ("award", "eqdkp:17", []),
        ("character", "17", []),
    ):
        rows = moved_in.json(family, "list", "--external-id", external_id)
        assert [row["id"] for row in rows] == found, (family, external_id)
    (row,) = moved_in.json("points", "adjustments", "--external-id", "eqdkp:9")
    assert (row["id"], row["external_id"]) == (1, "eqdkp:9")


def test_members_are_narrowed_to_an_old_id(moved_in: CommandLine) -> None:
    """O-4."""
    (row,) = moved_in.json("user", "list", "--external-id", "eqdkp:17")
    assert (row["user_id"], row["username"], row["external_id"]) == (CHLOE, "Chloé", "eqdkp:17")


def test_old_ids_are_taken_wherever_something_is_named(moved_in: CommandLine) -> None:
    """O-4: in arguments and in options, of what is looked at and of what is changed."""
    assert moved_in.json("raid", "set", "eqdkp:152", "--note", "old")["note"] == "old"
    assert moved_in.json("raid", "attend", "eqdkp:152", "Zweitulf")[0]["name"] == "Zweitulf"
    assert [row["id"] for row in moved_in.json("award", "list", "--raid", "eqdkp:152", "--user", "eqdkp:17")] == [1]
    assert moved_in.json("item", "show", "eqdkp:2041")["name"] == "Cloak of Flames"
    assert moved_in.json("raid", "add", "eqdkp:4", "--at", "2026-11-18T20:00")["event_type"] == "Plane of Fear"
    history = moved_in.json("points", "history", "eqdkp:16", "--source", "award:eqdkp:2041")
    assert [(row["source_kind"], row["source_id"], row["amount"]) for row in history] == [("award", 1, "-3.00")]
    given = moved_in.json("award", "give", "eqdkp:2041", "--user", "eqdkp:17", "--amount", "1", "--raid", "eqdkp:152")
    assert (given["item"], given["username"], given["external_id"]) == ("Cloak of Flames", "Chloé", None)
    given = moved_in.json("award", "give", "Bow", "--character", "eqdkp:17", "--amount", "1")
    assert given["character"] == "Björnulf"
    made = moved_in.json("points", "adjust", "--character", "eqdkp:17", "--amount", "1", "--reason", "x")
    assert made[0]["character_name"] == "Björnulf"
    assert moved_in.json("award", "revoke", "eqdkp:2041", "--reason", "x")["status"] == "revoked"
    reversed_ = moved_in.json("points", "reverse", "eqdkp:9", "--reason", "x")
    assert (reversed_["id"], reversed_["reversed_at"] is not None) == (1, True)


def test_an_old_id_that_nothing_has_is_refused(moved_in: CommandLine) -> None:
    """O-4, G-8: as what is not there, with what was asked for."""
    for command in (
        ("raid", "show", "eqdkp:1"),
        ("award", "show", "eqdkp:1"),
        ("character", "show", "eqdkp:1"),
        ("event-type", "show", "eqdkp:1"),
        ("user", "show", "eqdkp:1"),
        ("item", "show", "eqdkp:1"),
        ("points", "reverse", "eqdkp:1", "--reason", "x"),
        ("points", "history", "Björn", "--source", "raid:eqdkp:1"),
    ):
        assert "eqdkp:1" in moved_in.refused(*command, code=4)


def test_what_is_no_id_at_all_is_refused_with_what_is_accepted(moved_in: CommandLine) -> None:
    """G-8, O-4."""
    for command in (("raid", "show"), ("award", "show")):
        assert "such as eqdkp:152" in moved_in.refused(*command, "yesterday", code=3)
    assert "as dkp points adjustments shows" in moved_in.refused("points", "reverse", "x", "--reason", "x", code=3)


def test_an_old_id_of_several_is_refused_with_theirs(moved_in: CommandLine) -> None:
    """O-4, G-8: an adjustment of two pools is two here."""
    moved_in.run("points", "adjust", "--user", "Björn", "--amount", "1", "--reason", "x", "--pool", "Open raids")
    moved_in.execute("UPDATE adjustments SET external_id = 'eqdkp:9'")
    (first, other) = moved_in.json("points", "adjustments", "--external-id", "eqdkp:9")
    told = moved_in.refused("points", "reverse", "eqdkp:9", "--reason", "x", code=3)
    assert f"{other['id']}, {first['id']}" in told
    assert moved_in.json("points", "reverse", str(other["id"]), "--reason", "x")["external_id"] == "eqdkp:9"


def test_whose_points_an_old_id_means_is_not_guessed(moved_in: CommandLine) -> None:
    """O-4: the user eqdkp:17 and the owner of the character eqdkp:17 are two people, who are both named."""
    for command in (
        ("balance", "eqdkp:17"),
        ("history", "EQdkp:17"),
        ("explain", " eqdkp:17 "),
        ("adjust", "--user", "eqdkp:17", "--amount", "1", "--reason", "x"),
    ):
        told = moved_in.refused("points", *command, code=3)
        assert "the user Chloé" in told
        assert "the character Björnulf" in told
        assert f"the user's id, {CHLOE}" in told
    moved_in.execute("UPDATE characters SET external_id = NULL WHERE id = 2")
    assert moved_in.json("points", "balance", "eqdkp:17") == moved_in.json("points", "balance", "Chloé")
    assert moved_in.json("points", "balance", "eqdkp:16") == moved_in.json("points", "balance", "Chloé")
    moved_in.execute("UPDATE characters SET external_id = 'eqdkp:17' WHERE id = 4")  # hers
    assert moved_in.json("points", "balance", "eqdkp:17") == moved_in.json("points", "balance", "Chloé")
    moved_in.execute("UPDATE characters SET external_id = 'eqdkp:17'")
    assert "several" in moved_in.refused("points", "balance", "eqdkp:17", code=3)


def test_the_old_system_is_meant_in_any_case(moved_in: CommandLine) -> None:
    """O-4: as people type it."""
    assert moved_in.json("raid", "show", "EQDKP:152")["id"] == 1
    assert moved_in.json("event-type", "show", "EQdkp:4")["id"] == 1
    assert moved_in.json("user", "show", "Eqdkp:17")["id"] == CHLOE
    moved_in.refused("raid", "show", "Another:152", code=4)


def test_names_with_colons_are_names(moved_in: CommandLine) -> None:
    """O-4, G-9: what has a colon and is known by name is that, and a new item is called as it is said."""
    assert moved_in.json("item", "show", "spell: gate")["name"] == "Spell: Gate"
    given = moved_in.json("award", "give", "Spell: Bind", "--character", "Élan", "--amount", "1")
    assert given["item"] == "Spell: Bind"
    assert "Nobody: x" in moved_in.refused("award", "give", "Bow", "--character", "Nobody: x", "--amount", "1", code=4)


def test_who_was_merged_into_somebody_is_found_as_them(moved_in: CommandLine) -> None:
    """O-4, R-8: an old link means the person."""
    moved_in.execute("UPDATE users SET discord_id = NULL WHERE id = 3")
    moved_in.run("user", "merge", "eqdkp:17", "--into", "Björn")
    shown = moved_in.json("user", "show", "eqdkp:17")
    assert (shown["username"], shown["external_id"]) == ("Björn", None)
    (row,) = moved_in.json("user", "list", "--external-id", "eqdkp:17")
    assert (row["user_id"], row["merged_into"]) == (shown["id"], None)


def test_who_did_something_elsewhere_is_told_by_name(moved_in: CommandLine) -> None:
    """O-4, G-5: in the audit log, with their old id; where the id is of this system, or of nobody, it stands alone."""
    moved_in.execute("UPDATE events SET actor_kind = 'import', actor_id = 'eqdkp:17' WHERE name = 'points_adjusted'")
    moved_in.execute("UPDATE events SET actor_kind = 'import', actor_id = 'eqdkp:99' WHERE name = 'raid_recorded'")
    log = moved_in.run("audit").stdout
    assert "import eqdkp:17 (Chloé)" in log
    assert "import eqdkp:99 " in log
    assert "operator (" not in log
    (row,) = moved_in.json("audit", "--actor-kind", "import", "--actor", "eqdkp:17")
    assert (row["name"], row["actor_name"]) == ("points_adjusted", "Chloé")


def test_a_server_finds_them_too(moved_in: CommandLine) -> None:
    """O-4, I-3: the same answers as on its database."""
    with served(moved_in.url) as address:
        officer = Elsewhere(address, key_of(moved_in, "Alma"))
        for command in (
            ("award", "list", "--raid", "eqdkp:152", "--user", "eqdkp:17"),
            ("award", "list", "--external-id", "eqdkp:2041"),
            ("points", "balance", "eqdkp:16"),
            ("points", "history", "eqdkp:16", "--source", "award:eqdkp:2041"),
            ("points", "history", "Björn", "--source", "adjustment:eqdkp:9"),
            ("item", "show", "eqdkp:2042"),
        ):
            assert officer.json(*command) == moved_in.json(*command) != [], command
        given = officer.json("award", "give", "eqdkp:2041", "--character", "eqdkp:17", "--amount", "1")
        assert (given["item"], given["character"]) == ("Cloak of Flames", "Björnulf")
        officer.run("points", "balance", "eqdkp:1", code=4)
        officer.run("points", "balance", "eqdkp:17", code=3)
