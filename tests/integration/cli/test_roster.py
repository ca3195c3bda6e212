"""`dkp character` and `rank`: the roster and its ladder."""

from __future__ import annotations

from pathlib import Path

from attrs import fields

from dkp_core.roster import AttributionRow, CharacterRow, MemberRow, RankRow, RosterRow
from tests.integration.cli.command_line import CommandLine


def names(kind: type) -> set[str]:
    """The fields of a row, as the API has them."""
    return {each.name for each in fields(kind)}


def ranks(dkp: CommandLine) -> dict[str, int]:
    """How many characters hold each rank."""
    return {row["name"]: row["characters"] for row in dkp.json("rank", "list")}


# --- characters -------------------------------------------------------------------------------------------------------


def test_the_roster_has_the_apis_fields_and_filters(dkp: CommandLine) -> None:
    """R-5, I-3: by class, rank, status, owner, main or alt, level and part of the name; in any order."""
    rows = dkp.json("character", "list", "--order", "-level")
    assert set(rows[0]) == names(RosterRow)
    assert [row["name"] for row in rows] == ["Almaryn", "Björnulf", "Élan", "Zweitulf"]

    def listed(*options: str) -> list[str]:
        return [row["name"] for row in dkp.json("character", "list", "--order", "name", *options)]

    assert listed("--class", "cleric") == ["Almaryn"]
    assert listed("--rank", "leader") == ["Almaryn"]
    assert listed("--owner", "Björn") == ["Björnulf", "Zweitulf"]
    assert listed("--owner", "Björn", "--alt") == ["Zweitulf"]
    assert listed("--main", "--level-min", "56", "--level-max", "59") == ["Björnulf"]
    assert listed("--search", "ULF") == ["Björnulf", "Zweitulf"]
    assert listed("--status", "retired") == []
    assert "accepted" in dkp.refused("character", "list", "--order", "shoe_size", code=3)


def test_the_operator_lists_hidden_ranks_too(dkp: CommandLine) -> None:
    """R-2: what officers see."""
    dkp.run("rank", "set", "Leader", "--hidden")
    assert [row["name"] for row in dkp.json("character", "list", "--rank", "Leader")] == ["Almaryn"]
    assert dkp.json("character", "show", "Almaryn")["rank"] == "Leader"


def test_members_are_listed_with_their_alts_below_their_mains(dkp: CommandLine) -> None:
    """R-5: the hierarchy."""
    rows = dkp.json("character", "members")
    assert set(rows[0]) == names(MemberRow)
    shown = dkp.run("character", "members").stdout
    assert shown.index("Björnulf") < shown.index("└ Zweitulf")


def test_the_first_character_of_an_owner_is_the_main(dkp: CommandLine) -> None:
    """R-1, R-3: what was not said is decided as the core decides it."""
    made = dkp.json(
        *("character", "add", "Ähre", "--owner", "Chloé", "--class", "Druid", "--level", "12", "--race", "Halfling"),
        *("--rank", "trial", "--status", "trial", "--joined-on", "2026-10-01", "--notes", "neu"),
    )
    assert set(made) == names(CharacterRow)
    assert (made["is_main"], made["main_character"], made["rank"]) == (False, "Élan", "Trial")
    assert (made["joined_on"], made["notes"], made["race"]) == ("2026-10-01", "neu", "Halfling")


def test_names_are_unique_in_any_case_and_normalisation(dkp: CommandLine) -> None:
    """G-9, R-1: ÉLAN, decomposed or not, is Élan."""
    for name in ("élan", "E\u0301LAN", "  Élan "):
        assert "already" in dkp.refused("character", "add", name, code=6)
        assert dkp.json("character", "show", name)["name"] == "Élan"


def test_a_character_is_changed_renamed_and_still_found(dkp: CommandLine) -> None:
    """R-1, R-2: the old name stays as an alias; a change of rank is in the history with its reason."""
    changed = dkp.json(
        *("character", "set", "Élan", "--class", "Minstrel", "--level", "56", "--race", "Half Elf"),
        *("--notes", "sings", "--rank", "Raider", "--reason", "earned", "--joined-on", "2025-05-05"),
    )
    assert (changed["character_class"], changed["level"], changed["rank"]) == ("Minstrel", 56, "Raider")
    assert dkp.json("character", "rename", "Élan", "Élanor")["aliases"] == ["Élan"]
    assert dkp.json("character", "alias", "Élanor", "Elanor")["aliases"] == ["Elanor", "Élan"]
    assert dkp.json("character", "show", "elan\u006fr")["name"] == "Élanor"
    history = dkp.json("character", "history", "Élan")
    assert [(row["before"], row["after"], row["reason"]) for row in history["ranks"]][-1] == (
        "Member",
        "Raider",
        "earned",
    )
    assert history["ownership"][0]["owner"] == "Chloé"
    assert "Chloé" in dkp.run("character", "history", "Élan").stdout


def test_a_pending_character_is_approved_and_its_waiting_name_awarded(dkp: CommandLine) -> None:
    """D-5, R-1: without any worker, as soon as the command ends."""
    dkp.run("character", "add", "Neuling", "--owner", "Björn", "--status", "pending")
    raid = dkp.json("raid", "add", "Plane of Fear", "--at", "2026-11-19T20:00")["id"]
    assert dkp.json("raid", "attend", raid, "Neuling")[0]["unresolved"] is True
    assert dkp.json("character", "approve", "Neuling")[0]["status"] == "active"
    assert dkp.json("raid", "unresolved") == []
    assert dkp.json("points", "balance", "Björn", "--pool", "DKP")[0]["current"] == "12.50"
    assert "is active" in dkp.refused("character", "approve", "Neuling", code=6)


def test_several_are_approved_or_none(dkp: CommandLine) -> None:
    """G-8: one that can't be approved leaves the others pending."""
    dkp.run("character", "add", "Eins", "--status", "pending")
    dkp.refused("character", "approve", "Eins", "Élan", code=6)
    assert dkp.json("character", "show", "Eins")["status"] == "pending"


def test_mains_alts_and_owners(dkp: CommandLine) -> None:
    """R-3, R-4: another main, an alt under it, another owner, nobody; ownership is asked for at any time."""
    assert dkp.json("character", "main", "Zweitulf")["is_main"] is True
    assert dkp.json("character", "show", "Björnulf")["main_character"] == "Zweitulf"
    moved = dkp.json("character", "reassign", "Björnulf", "--to", "Chloé", "--reason", "given away")
    assert (moved["owner"], moved["main_character"]) == ("Chloé", "Élan")
    then = dkp.json("character", "owner", "Björnulf", "--at", "2026-01-01")
    assert set(then) == names(AttributionRow)
    assert then["username"] == "Björn"
    assert dkp.json("character", "owner", "Björnulf")["username"] == "Chloé"
    assert dkp.json("character", "reassign", "Björnulf", "--nobody", "--reason", "left")["owner"] is None
    for wrong in ((), ("--to", "Alma", "--nobody")):
        assert "--nobody" in dkp.refused("character", "reassign", "Élan", *wrong, code=3)
    dkp.refused("character", "alt", "Élan", "--of", "Almaryn", code=6)
    dkp.run("character", "reassign", "Björnulf", "--to", "Björn")
    assert dkp.json("character", "alt", "Björnulf", "--of", "Zweitulf")["main_character"] == "Zweitulf"


def test_many_change_their_status_at_once(dkp: CommandLine) -> None:
    """R-6: what would change is shown first; what is so already is not told."""
    told = dkp.json("character", "status", "inactive", "Élan", "Zweitulf", "--dry-run")
    assert [(row["name"], row["before"], row["after"]) for row in told] == [
        ("Zweitulf", "active", "inactive"),
        ("Élan", "active", "inactive"),
    ]
    assert dkp.json("character", "show", "Élan")["status"] == "active"
    dkp.run("character", "status", "inactive", "Élan", "Zweitulf")
    assert "already" in dkp.run("character", "status", "inactive", "Élan").stdout
    dkp.refused("character", "status", "inactive", "Élan", "Niemand", code=4)


def test_a_character_leaves_a_trace_only_where_history_names_it(dkp: CommandLine) -> None:
    """G-4: removed where nothing names it, retired where something does."""
    dkp.run("character", "add", "Kurz")
    raid = dkp.json("raid", "add", "Plane of Fear", "--at", "2026-11-19T20:00")["id"]
    dkp.run("raid", "attend", raid, "Élan")
    told = dkp.json("character", "remove", "Kurz", "Élan")
    assert [(row["name"], row["outcome"]) for row in told] == [("Kurz", "removed"), ("Élan", "retired")]
    dkp.refused("character", "show", "Kurz", code=4)
    assert dkp.json("character", "show", "Élan")["status"] == "retired"


def test_the_audit_tells_what_looks_wrong(dkp: CommandLine) -> None:
    """R-10: characters of nobody, and names that look alike."""
    assert "Nothing looks wrong" in dkp.run("character", "audit").stdout
    dkp.run("character", "add", "Almarin")
    found = dkp.json("character", "audit")
    assert [row["name"] for row in found["characters_without_owner"]] == ["Almarin"]
    assert found["duplicate_looking_names"] == [["Almarin", "Almaryn"]]
    assert "names look alike" in dkp.run("character", "audit").stdout


# --- ranks ------------------------------------------------------------------------------------------------------------


def test_ranks_are_added_changed_and_listed(dkp: CommandLine) -> None:
    """R-2: name, order, flags."""
    made = dkp.json("rank", "add", "Veteran", "--order", "2", "--hidden", "--inactive")
    assert set(made) == names(RankRow)
    assert (made["is_hidden"], made["counts_as_active"], made["is_default"]) == (True, False, False)
    changed = dkp.json("rank", "set", "veteran", "--name", "Veterán", "--visible", "--active", "--default")
    assert (changed["name"], changed["is_hidden"], changed["is_default"]) == ("Veterán", False, True)
    assert [row["name"] for row in dkp.json("rank", "list") if row["is_default"]] == ["Veterán"]
    assert "default" in dkp.refused("rank", "set", "Veterán", "--not-default", code=6)


def test_a_rank_in_use_is_merged_not_removed(dkp: CommandLine) -> None:
    """R-2: it says how many hold it; with --into they move."""
    dkp.run("rank", "set", "Trial", "--default")
    assert "3 characters hold rank" in dkp.refused("rank", "remove", "Member", code=6)
    told = dkp.json("rank", "remove", "Member", "--into", "Raider", "--reason", "merged")
    assert told["name"] == "Member"
    assert ranks(dkp)["Raider"] == 3
    dkp.refused("rank", "remove", "Raider", "--into", "Raider", code=3)
    assert "is gone" in dkp.run("rank", "remove", "Inactive").stdout


def test_characters_move_between_ranks_in_bulk(dkp: CommandLine) -> None:
    """R-6: named one by one, or all of a rank; a dry run first."""
    before = dkp.content()
    told = dkp.json("rank", "move", "Raider", "Élan", "Björnulf", "--reason", "steady", "--dry-run")
    assert [(row["name"], row["before"], row["after"]) for row in told] == [
        ("Björnulf", "Member", "Raider"),
        ("Élan", "Member", "Raider"),
    ]
    assert dkp.content() == before
    dkp.run("rank", "move", "Raider", "Élan", "Björnulf", "--reason", "steady")
    assert dkp.json("rank", "move", "Officer", "--from", "Raider")[0]["before"] == "Raider"
    assert ranks(dkp)["Officer"] == 2
    assert "already" in dkp.run("rank", "move", "Officer", "Élan").stdout
    dkp.refused("rank", "move", "Officer", code=3)
    dkp.refused("rank", "move", "Emperor", "Élan", code=4)


def test_a_roster_is_read_from_a_file_and_shown_before(dkp: CommandLine, tmp_path: Path) -> None:
    """R-6: a dry run shows what would change, character by character; the same file twice changes nothing."""
    file = tmp_path / "roster.csv"
    file.write_text("Name;Level;Owner;Rank;Colour\nÉlan;61;;Raider;red\nNeuling;1;Björn;;\nOdd;x;;;\n", "utf-8")
    shown = dkp.run("roster", "import", file, "--dry-run")
    for part in ("Neuling", "owner Björn", "rank Member → Raider", "'x' is no level"):
        assert part in shown.stdout, shown.stdout
    for part in ("nothing was changed", "1 new, 1 changed, 0 unchanged, 1 refused", "Colour"):
        assert part in shown.stderr, shown.stderr
    assert "Neuling" not in dkp.run("character", "list").stdout
    report = dkp.json("roster", "import", "-", "--file-name", "roster.csv", stdin=file.read_bytes())
    assert (report["new"], report["changed"], report["refused"], report["applied"]) == (1, 1, 1, True)
    assert dkp.json("character", "show", "Neuling")["main_character"] == "Björnulf"
    assert "Nothing changes." not in dkp.run("roster", "import", file).stdout
    again = dkp.json("roster", "import", file)
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert "web page" in dkp.refused("roster", "import", "-", code=3, stdin="<html><body>Hello</body></html>")


def test_profile_fields_are_kept_from_the_command_line(dkp: CommandLine) -> None:
    """I-3: added, filled in, archived where a character holds a value, and brought back."""
    dkp.run("profile-field", "add", "Trade", "--kind", "choice", "--choice", "Baker", "--choice", "Smith")
    shown = dkp.json("character", "set", "Élan", "--profile", "trade=smith")
    assert [(each["name"], each["value"]) for each in shown["profile"]] == [("Trade", "Smith")]
    assert "Baker, Smith" in dkp.refused("character", "set", "Élan", "--profile", "Trade=Tailor", code=3)
    assert "sets nothing" in dkp.refused("character", "set", "Élan", "--profile", "Trade", code=3)
    dkp.run("profile-field", "remove", "Trade")
    assert [row["archived"] for row in dkp.json("profile-field", "list")] == [True]
    assert dkp.json("profile-field", "set", "Trade", "--restore", "--name", "Craft")["name"] == "Craft"
    assert dkp.json("character", "show", "Élan")["profile"][0]["value"] == "Smith"
    dkp.run("character", "set", "Élan", "--profile", "Craft=")
    dkp.run("profile-field", "remove", "Craft")
    assert dkp.json("profile-field", "list") == []


def test_a_main_change_is_paid_or_waived_and_kept(dkp: CommandLine) -> None:
    """P-17, I-3: refused without the points, waived with a reason, listed afterwards."""
    dkp.run("guild", "set", "--setting", "main_change_price=5")
    assert "costs 5.00 points" in dkp.refused("character", "main", "Zweitulf", code=6)
    dkp.run("character", "main", "Zweitulf", "--waive", "--reason", "asked for")
    (row,) = dkp.json("character", "mains", "Björn")
    assert (row["before"], row["after"], row["waived"], row["reason"]) == ("Björnulf", "Zweitulf", True, "asked for")
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "5", "--reason", "x")
    dkp.run("character", "main", "Björnulf")
    balance = dkp.json("points", "history", "Björn")
    assert [entry["amount"] for entry in balance] == ["-5.00", "5.00"]
