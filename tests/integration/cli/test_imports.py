"""`dkp import eqdkp`, `list`, `show`, `undo`: a guild moves in, with the proof, and out again."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import fields, frozen

import dkp_entrypoints
from dkp_adapters.eqdkp.serialized import Plain
from dkp_core.moving import ImportRow, Report
from dkp_entrypoints.cli.exit_codes import ExitCode
from dkp_entrypoints.cli.import_report.html import joined
from tests.integration.cli.command_line import OFFICER, CommandLine
from tests.unit.eqdkp.mapping.moved import character, guild, item, present, raid, setting
from tests.unit.eqdkp.real_installation import EQDKP
from tests.unit.eqdkp.synthetic import Installation, Table, empty, encrypted, mysqldump
from tests.unit.eqdkp.test_serialized import serialized

KEY: Final = "0123456789abcdef0123456789abcdef"
REAL_KEY: Final = "f1d9a3fc4d8097064d46e14a08f8fb69"
EVIL: Final = "<script>alert(1)</script>"
DUMP: Final = "old.sql"
SOURCES: Final = Path(dkp_entrypoints.__file__).parents[1]
OLD_BERT: Final = "80351110224678912"

of_the_real_one = pytest.mark.skipif(not EQDKP.is_dir(), reason="a real installation is not beside this checkout")


def old_site() -> Installation:
    """A main, her twink, a third whose name is a script, a raid, an item, somebody linked to Discord, a session."""
    accounts = encrypted(f'a:1:{{s:7:"discord";s:17:"{OLD_BERT}";}}', KEY)
    return (
        guild()
        .with_rows("config", setting("plus_version", "2.3.39.0"))
        .with_rows("members", character(1, "Anna"), character(2, "Bert", main=1), character(3, EVIL))
        .with_rows("users", {"user_id": 2, "username": "Ute", "user_active": 1, "auth_account": accounts})
        .with_rows("member_user", {"member_id": 1, "user_id": 2})
        .with_rows("raids", raid(152))
        .with_rows("raid_attendees", *present(152, 1, 2, 3), *present(999, 1))
        .with_rows("items", item(7, buyer=2, value="2.25", raid_id=152))
        .with_rows("sessions", {"session_id": "secret-session", "session_vars": b"x"})
    )


@frozen
class Moving:
    """A guild that was just founded, with the dump of an old site beside it."""

    dkp: CommandLine
    folder: Path

    def put(self, installation: Installation, name: str = DUMP) -> str:
        """The dump of an installation."""
        (self.folder / name).write_bytes(mysqldump(installation))
        return name

    def files(self) -> Sequence[str]:
        """What lies there beside the database and the dump."""
        own = {self.dkp.path.name, DUMP}
        return sorted(each.name for each in self.folder.iterdir() if not each.name.startswith(tuple(own)))


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a guild that has no past."""
    dkp = CommandLine(tmp_path_factory.mktemp("fresh") / "dkp.db")
    dkp.run("init", "--guild", "Norrath Watch", "--officer", OFFICER, "--username", "Alma")
    return dkp.path


@pytest.fixture
def moving(fresh: Path, tmp_path: Path) -> Moving:
    """The command line on a copy of it."""
    path = tmp_path / "dkp.db"
    shutil.copy(fresh, path)
    made = Moving(CommandLine(path), tmp_path)
    made.put(old_site())
    return made


# --- in, and what is told of it ---------------------------------------------------------------------------------------


def test_a_dry_run_tells_everything_and_changes_nothing(moving: Moving) -> None:
    """O-3, O-2: the whole report, and not a row or a file; the same without it is the same report."""
    before = moving.dkp.content()
    outcome = moving.dkp.run("import", "eqdkp", DUMP, "--key", KEY, "--dry-run")
    assert moving.dkp.content() == before
    assert moving.files() == []
    assert "nothing was changed" in outcome.stderr
    assert "Every row is accounted for." in outcome.stdout
    assert "3 characters in 2 pools" in outcome.stdout
    assert "12 numbers agree" in outcome.stdout
    rehearsed = moving.dkp.json("import", "eqdkp", DUMP, "--key", KEY, "--dry-run")
    done = moving.dkp.json("import", "eqdkp", DUMP, "--key", KEY)
    for each in (rehearsed, done):
        each["report"].pop("read_at")
    assert rehearsed["report"] == done["report"]
    assert (rehearsed["dry_run"], rehearsed["record"], rehearsed["archive"]) == (True, None, None)
    assert (done["dry_run"], done["record"]["id"]) == (False, 3)
    assert moving.dkp.content() != before


def test_a_guild_moves_in(moving: Moving) -> None:
    """O-1, O-2, O-4: people, characters, points and raids are there, the recount is clean, and what is next is told."""
    told = moving.dkp.run("import", "eqdkp", DUMP, "--key", KEY).stdout
    assert "Import 1 is done" in told
    assert "dkp import undo 1" in told
    assert "1 people have no Discord account here" in told
    (main,) = [row for row in moving.dkp.json("standings", "--pool", "Main") if row["username"] == "Ute"]
    assert (main["current"], main["main_character"]) == ("8.75", "Anna")
    assert {row["name"] for row in moving.dkp.json("character", "list")} == {"Anna", "Bert", EVIL}
    assert [row["external_id"] for row in moving.dkp.json("raid", "list")] == ["eqdkp:152"]
    assert moving.dkp.json("user", "show", "Ute")["discord_id"] == OLD_BERT
    moving.dkp.run("verify")


def test_the_same_again_adds_nothing(moving: Moving) -> None:
    """O-3: it says which import it was; another source is refused until that one is undone."""
    moving.dkp.run("import", "eqdkp", DUMP)
    before, files = moving.dkp.content(), moving.files()
    again = moving.dkp.run("import", "eqdkp", DUMP)
    assert "The same was imported before, as import 1" in again.stderr
    told = moving.dkp.json("import", "eqdkp", DUMP)
    assert (told["record"], told["before"]["id"], told["archive"]) == (None, 1, None)
    other = moving.put(old_site().with_rows("raids", raid(153)), "other.sql")
    assert "undo import 1 first" in moving.dkp.refused("import", "eqdkp", other, code=ExitCode.CONFLICT)
    assert moving.dkp.content() == before
    assert [each for each in moving.files() if each != other] == files


def test_a_guild_with_a_past_is_refused(dkp: CommandLine, tmp_path: Path) -> None:
    """O-3: with what it holds, and where to import instead."""
    (tmp_path / DUMP).write_bytes(mysqldump(old_site()))
    told = dkp.refused("import", "eqdkp", DUMP, code=ExitCode.CONFLICT)
    assert "characters" in told
    assert "import into a new guild" in told


def test_programs_get_every_number(moving: Moving) -> None:
    """O-2: every field of the report, points as text, shares as pairs."""
    told = moving.dkp.json("import", "eqdkp", DUMP, "--key", KEY)
    assert set(told) == {
        *("outcome", "dry_run", "record", "before", "archive", "page", "is_complete", "is_proven", "people_unlinked"),
        "report",
    }
    report = told["report"]
    assert set(report) == {each.name for each in fields(Report)}
    assert (told["is_complete"], told["is_proven"], told["people_unlinked"]) == (True, True, 1)
    anna = next(each for each in report["balances"] if (each["character"], each["pool"]) == ("Anna", "Main"))
    assert anna == {
        "character": "Anna", "old_id": "1", "pool": "Main", "owner": "Ute",
        "single": "5.50", "with_twinks": "8.75", "shown_single": "5.50", "shown_with_twinks": "8.75",
        "net": "5.50", "balance": "8.75", "because": [], "agrees": True,
    }  # fmt: skip
    lifetime = next(each for each in report["attendance"] if each["days"] is None and each["character"] == "Anna")
    assert (lifetime["old_single"], lifetime["new"]) == ([1, 1], [1, 1])
    assert {each["why"] for each in report["listed"]} == {"orphan", "archived"}
    raids = next(each for each in report["tables"] if each["table"] == "raid_attendees")
    assert raids == {"table": "raid_attendees", "rows": 4, "imported": 3, "listed": {"orphan": 1}}


def test_the_report_is_a_page_too(moving: Moving) -> None:
    """O-2, O-13: with every character, nothing of which becomes part of the page; in a dry run as well."""
    moving.dkp.run("import", "eqdkp", DUMP, "--dry-run", "--report", "report.html")
    page = Path("report.html").read_text("utf-8")
    assert "<script" not in page
    for name in ("Anna", "Bert", EVIL):
        assert f"<td>{joined([name])}</td>" in page
    assert "Dry run: this is what would be" in page
    told = moving.dkp.json("import", "eqdkp", DUMP, "--report", "report.html")
    assert told["page"] == "report.html"
    assert "Import 2 is done" in Path("report.html").read_text("utf-8")


def test_what_has_no_home_is_in_the_archive(moving: Moving) -> None:
    """O-2: beside the database unless it is told where, readable by anybody, without secrets."""
    told = moving.dkp.json("import", "eqdkp", DUMP)
    assert re.fullmatch(r"norrath-watch-eqdkp-archive-\d{8}-\d{6}\.zip", told["archive"])
    with zipfile.ZipFile(told["archive"]) as archive:
        assert json.loads(archive.read("manifest.json"))["program"] == "EQdkp Plus"
        assert b'"999"' in archive.read("tables/raid_attendees.jsonl")
        assert all(b"secret-session" not in archive.read(name) for name in archive.namelist())


def test_without_its_papers_nothing_is_imported(moving: Moving) -> None:
    """O-2, O-3: where the archive or the report can't be written, and nothing is overwritten that is neither."""
    before = moving.dkp.content()
    refused = ("import", "eqdkp", DUMP)
    told = moving.dkp.refused(*refused, "--archive", "nowhere/archive.zip", code=ExitCode.INVALID)
    assert told.startswith("archive: nowhere/archive.zip can't be written (No such file or directory)")
    assert "another file is there" in moving.dkp.refused(*refused, "--archive", DUMP, code=ExitCode.INVALID)
    assert "another file is there" in moving.dkp.refused(*refused, "--report", DUMP, code=ExitCode.INVALID)
    assert "No such file" in moving.dkp.refused(*refused, "--report", "nowhere/r.html", code=ExitCode.INVALID)
    assert moving.dkp.content() == before
    assert moving.files() == []


def test_what_is_not_proven_is_not_imported(moving: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-2: it is shown what does not agree, with another exit code, unless an officer accepts it."""
    from dkp_adapters.sql.intake import SqlIntake

    counted = SqlIntake.found

    def doctored(self: SqlIntake, at: Any) -> Any:
        found = counted(self, at)
        found.balances.clear()  # type: ignore[attr-defined]  # it is a dict
        return found

    monkeypatch.setattr(SqlIntake, "found", doctored)
    before = moving.dkp.content()
    outcome = moving.dkp.run("import", "eqdkp", DUMP, "--report", "r.html", code=ExitCode.DIFFERENCES)
    assert "Points that do not agree" in outcome.stdout
    assert "Nothing was imported" in outcome.stderr
    assert moving.dkp.content() == before
    assert moving.files() == ["r.html"]
    told = moving.dkp.json("import", "eqdkp", DUMP, "--accept-differences", code=ExitCode.DIFFERENCES)
    assert told["record"] is not None
    assert told["is_proven"] is False
    monkeypatch.undo()
    moving.dkp.run("verify")


# --- looking back and taking back -------------------------------------------------------------------------------------


def test_imports_are_listed_shown_and_undone(moving: Moving) -> None:
    """O-3: undone, everything is as it was before, but that the audit log and the list know of it; and again."""
    assert moving.dkp.json("import", "list") == []
    before = moving.dkp.content()
    moving.dkp.run("import", "eqdkp", DUMP)
    (row,) = moving.dkp.json("import", "list")
    assert set(row) == {each.name for each in fields(ImportRow)}
    assert (row["program"], row["source"], row["undone_at"]) == ("EQdkp Plus", DUMP, None)
    assert row["rows_imported"]["raid_attendees"] == 3
    assert moving.dkp.json("import", "show", "1") == row
    shown = moving.dkp.run("import", "show", "1").stdout
    assert "old.sql" in shown
    assert [line.split() for line in shown.splitlines() if "raid_attendees" in line] == [["raid_attendees", "3"]]
    assert all(line.split()[-1:] != ["0"] for line in shown.splitlines())
    full = moving.dkp.content()
    assert "can be undone" in moving.dkp.run("import", "undo", "1", "--dry-run").stdout
    assert moving.dkp.content() == full
    moving.dkp.run("import", "undo", "1")
    after = moving.dkp.content()
    differing = {table for table in before if before[table] != after[table]}
    assert differing == {"imports", "events", "guilds"}  # the revision of a roster never goes back
    assert [row["username"] for row in moving.dkp.json("standings")] == ["Alma"]
    moving.dkp.run("verify")
    assert "was undone already" in moving.dkp.refused("import", "undo", "1", code=ExitCode.CONFLICT)
    moving.dkp.refused("import", "undo", "9", code=ExitCode.NOT_FOUND)
    moving.dkp.refused("import", "show", "9", code=ExitCode.NOT_FOUND)
    assert moving.dkp.json("import", "eqdkp", DUMP)["record"]["id"] == 2


def test_what_was_gone_on_from_is_not_undone(moving: Moving) -> None:
    """O-3: it is told what names it."""
    moving.dkp.run("import", "eqdkp", DUMP)
    moving.dkp.run("points", "adjust", "--user", "Ute", "--amount", "1", "--reason", "x", "--pool", "Main")
    told = moving.dkp.refused("import", "undo", "1", code=ExitCode.CONFLICT)
    assert told.startswith("Import 1 can't be undone")
    assert told == moving.dkp.refused("import", "undo", "1", "--dry-run", code=ExitCode.CONFLICT)


def test_edits_are_named_before_they_are_lost(moving: Moving) -> None:
    """O-3: and go if somebody says so; who has signed in stays a user."""
    before = moving.dkp.json("user", "list")
    moving.dkp.run("import", "eqdkp", DUMP)
    moving.dkp.run("user", "set", "Ute", "--role-group", "recruiter", "--reason", "helps")
    told = moving.dkp.refused("import", "undo", "1", code=ExitCode.CONFLICT)
    assert "edited since (1 membership)" in told
    assert told == moving.dkp.refused("import", "undo", "1", "--dry-run", code=ExitCode.CONFLICT)
    rehearsed = moving.dkp.json("import", "undo", "1", "--dry-run", "--discard-edits")
    assert rehearsed == {"id": 1, "edited": {"membership": 1}, "users_staying": 0, "dry_run": True}
    told = moving.dkp.run("import", "undo", "1", "--discard-edits").stdout
    assert "With it went the edits that people had made since: 1 membership." in told
    assert moving.dkp.json("user", "list") == before


def test_who_was_linked_is_not_thrown_out(moving: Moving) -> None:
    """O-3, A-13: an import whose people are linked since stays."""
    moving.dkp.run("import", "eqdkp", DUMP)
    unlinked = [row["username"] for row in moving.dkp.json("user", "list") if row["discord_id"] is None]
    moving.dkp.run("user", "link", unlinked[0], "80351110224678999")
    told = moving.dkp.refused("import", "undo", "1", "--discard-edits", code=ExitCode.CONFLICT)
    assert "(1 linked users)" in told


# --- what is given ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["config.php", "@config.php", "the environment"])
def test_the_key_need_not_be_typed(moving: Moving, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-1: it may be in its config.php, or where no history of commands keeps it."""
    Path("config.php").write_text(f"<?php\n$dbhost = 'x';\n$encryptionKey = '{KEY}';\n?>", "utf-8")
    options: tuple[str, ...] = ("--key", how)
    if how == "the environment":
        monkeypatch.setenv("DKP_EQDKP_KEY", KEY)
        options = ()
    told = moving.dkp.json("import", "eqdkp", DUMP, "--dry-run", *options)
    assert told["people_unlinked"] == 1
    assert not any("no key" in each for each in told["report"]["notes"])


def test_rules_are_taken_from_their_files(moving: Moving) -> None:
    """O-1, O-2: what a cap does is an entry, with its name."""
    rules: Plain = {1: {"name": "At most", "type": "hardcap_current", "pools": {0: 1}, "upper_cap": "4"}}
    Path("apatab.php").write_bytes(serialized(rules))
    Path("apafunc.php").write_bytes(serialized({}))
    files = ("--apa", "apatab.php", "--apa-functions", "apafunc.php")
    told = moving.dkp.json("import", "eqdkp", DUMP, *files)
    assert [(each["user"], each["amount"]) for each in told["report"]["reconciliations"]] == [
        ("Ute", "-4.75"),
        (EVIL, "-1.50"),
    ]
    assert "cap 'At most'" in told["report"]["reconciliations"][0]["reason"]


@pytest.mark.parametrize(("zone", "amount"), [("UTC", "-6.56"), ("Pacific/Kiritimati", "-4.37")])
def test_decay_goes_by_the_clock_of_the_old_server(moving: Moving, zone: str, amount: str) -> None:
    """O-2: a run is at the hour that its start has there: a day and an hour later, it has run twice, or once."""
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=25)
    decay: Plain = {
        "name": "Daily", "type": "decay_current", "pools": {0: 1}, "zero_time": 0, "decay_time": 1,
        "start_date": int(start.timestamp()), "calc_func": "half",
    }  # fmt: skip
    Path("apatab.php").write_bytes(serialized({1: decay}))
    Path("apafunc.php").write_bytes(serialized({"half": {0: "$value / 2"}}))
    files = ("--apa", "apatab.php", "--apa-functions", "apafunc.php", "--server-zone", zone)
    told = moving.dkp.json("import", "eqdkp", DUMP, "--dry-run", *files)["report"]["reconciliations"]
    assert [each["amount"] for each in told if each["user"] == "Ute"] == [amount]


def test_another_point_system_goes_on(moving: Moving) -> None:
    """O-1, O-2, P-6: zero-sum keeps what it showed, kings their places; the headline tells what was not reckoned."""

    def site(layout: str, **more: str) -> str:
        given = {"eqdkp_layout": layout, **more}
        return moving.put(
            old_site().with_rows(
                "config", setting("plus_version", "2.3.39.0"), *(setting(name, each) for name, each in given.items())
            ),
            f"{layout}.sql",
        )

    told = moving.dkp.json("import", "eqdkp", site("zs"))
    without_rules = "decay, caps and start points (apatab.php was not given)"
    assert (told["is_proven"], told["report"]["unreckoned"]) == (True, [without_rules])
    parts = {row["username"]: (row["earned"], row["spent"]) for row in moving.dkp.json("standings", "--pool", "Main")}
    assert (parts["Ute"], parts[EVIL]) == (("1.50", "2.25"), ("0.75", "0.00"))
    assert moving.dkp.json("pool", "policies", "Main")[0]["values"]["zero_sum"] is True
    moving.dkp.run("verify")
    moving.dkp.run("import", "undo", "1")
    moving.dkp.run("verify")
    moving.dkp.json("import", "eqdkp", site("sk", sk_startlist_1=serialized({0: 3, 1: 2}).decode()))
    assert [row["username"] for row in moving.dkp.json("priority", "Main")] == [EVIL, "Ute", "Alma"]
    moving.dkp.run("import", "undo", "2")
    headline = moving.dkp.run("import", "eqdkp", site("ours"), "--dry-run").stdout
    assert f"as far as that is reckoned here, which is without {without_rules} and the layout 'ours'." in headline


SECRET: Final = "s3cr3t"


@pytest.mark.parametrize(
    ("source", "options", "code", "told"),
    [
        ("nowhere.sql", (), ExitCode.INVALID, "source: nowhere.sql can't be read"),
        ("words.sql", (), ExitCode.INVALID, "is no dump of a database"),
        ("cut.sql", (), ExitCode.INVALID, "the dump is cut off at byte"),
        ("forum.sql", (), ExitCode.INVALID, "it is not of EQdkp Plus: its tables are"),
        ("older.sql", (), ExitCode.INVALID, "it is of EQdkp Plus 1.0.2"),
        ("parts.sql", (), ExitCode.INVALID, "it has no table items"),
        ("two.sql", (), ExitCode.INVALID, "prefix: 2 installations share this database; accepted: 'a_', 'b_'"),
        ("two.sql", ("--prefix", "c_"), ExitCode.INVALID, "prefix: no installation has tables with 'c_'"),
        (DUMP, ("--key", "f" * 32), ExitCode.INVALID, "key: it opens none of the"),
        (DUMP, ("--key", "@nowhere.php"), ExitCode.INVALID, "key: nowhere.php can't be read"),
        (DUMP, ("--key", "short"), ExitCode.INVALID, "key"),
        (DUMP, ("--apa", DUMP), ExitCode.INVALID, "apa: it is not what PHP serializes"),
        (DUMP, ("--apa", "nowhere.php"), ExitCode.INVALID, "apa: No such file or directory"),
        (DUMP, ("--apa", "over.php", "--apa-functions", "over-f.php"), ExitCode.INVALID, "apa_functions: 'over'"),
        (f"mysql://eve:{SECRET}@127.0.0.1:1/old", (), ExitCode.INVALID, "source: mysql://127.0.0.1/old can't be read"),
        (f"postgresql://eve:{SECRET}@h/old", (), ExitCode.INVALID, "source: postgresql://… can't be read"),
        (DUMP, ("--server-zone", "Mars"), ExitCode.INVALID, "server_zone: 'Mars' is no time zone"),
        (DUMP, ("--guild", "other"), ExitCode.NOT_FOUND, "no guild 'other'"),
    ],
)
def test_what_is_wrong_with_a_source_is_one_clear_line(
    moving: Moving, source: str, options: Sequence[str], code: ExitCode, told: str
) -> None:
    """O-1: with what is accepted; nothing is changed, and no password is told."""
    whole = mysqldump(old_site())
    Path("words.sql").write_text("<html>no dump</html>", "utf-8")
    Path("cut.sql").write_bytes(whole[: len(whole) // 2])
    moving.put(Installation({"posts": Table("posts", {"id": "int(11)"})}, "phpbb_"), "forum.sql")
    moving.put(empty(version="1.0.2"), "older.sql")
    moving.put(old_site().without("items"), "parts.sql")
    Path("two.sql").write_bytes(mysqldump(empty("a_"), empty("b_")))
    rule: Plain = {
        "type": "decay_current",
        "pools": {0: 1},
        "decay_time": 7,
        "start_date": 1760000001,
        "calc_func": "over",
    }
    Path("over.php").write_bytes(serialized({1: rule}))
    Path("over-f.php").write_bytes(serialized({"over": {0: "1 / ($value - 5.5)"}}))
    before = moving.dkp.content()
    refused = moving.dkp.refused("import", "eqdkp", source, *options, code=code)
    assert told in refused
    assert SECRET not in refused
    assert moving.dkp.content() == before


def test_a_full_disk_is_one_clear_line(moving: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-3: where the rows are put down, and where the archive is to be; nothing is changed."""
    before = moving.dkp.content()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("dkp_adapters.eqdkp.mapping.archive.os.fsync", full)
        told = moving.dkp.refused("import", "eqdkp", DUMP, code=ExitCode.INVALID)
    assert re.match(r"archive: .*\.zip can't be written \(No space left on device\); accepted: a new file", told)
    with monkeypatch.context() as patched:
        patched.setattr("dkp_adapters.eqdkp.spool.Spool.flush", full)
        told = moving.dkp.refused("import", "eqdkp", DUMP, code=ExitCode.INVALID)
    assert told.startswith("source: old.sql can't be read (No space left on device)")
    assert moving.dkp.content() == before
    assert moving.files() == []


def test_a_database_that_is_imported_is_remembered_without_its_password() -> None:
    """O-13: neither who read it."""
    from dkp_entrypoints.cli.import_ import _named

    assert _named(f"mysql://eve:{SECRET}@db.example:3307/old") == "mysql://db.example/old"
    assert _named("/home/eve/backups/old.sql.gz") == "old.sql.gz"


# --- what is seen while it works --------------------------------------------------------------------------------------


def test_somebody_who_watches_sees_how_far_it_is(moving: Moving) -> None:
    """O-3: on the terminal, while it is read and while it is taken in; the answer itself has nothing of it."""
    watched, terminal = os.openpty()
    command = [sys.executable, "-m", "dkp_entrypoints", "import", "eqdkp", DUMP, "--dry-run", "--json"]
    ran = subprocess.run(
        [*command, "--database", moving.dkp.url],
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={**os.environ, "PYTHONPATH": str(SOURCES), "TERM": "xterm"},
        check=False,
        timeout=100,
    )
    os.close(terminal)
    seen = os.read(watched, 1_000_000).decode(errors="replace")
    os.close(watched)
    assert ran.returncode == 0, seen
    assert json.loads(ran.stdout)["dry_run"] is True
    for wanted in ("reading", "importing", "%"):
        assert wanted in seen


# --- a real installation ----------------------------------------------------------------------------------------------


@of_the_real_one
def test_a_real_guild_moves_in_whole(moving: Moving) -> None:
    """O-1, O-2: every row of 46 tables, 484 balances and 968 attendances, on a page that names every character."""
    rules = ("small_apa_apatab.php.txt", "small_apa_apafunc.php.txt")
    told = moving.dkp.json(
        *("import", "eqdkp", EQDKP / "small_apa.sql.gz", "--key", REAL_KEY, "--report", "r.html"),
        *("--apa", EQDKP / rules[0], "--apa-functions", EQDKP / rules[1]),
    )
    assert (told["is_complete"], told["is_proven"]) == (True, True)
    report = told["report"]
    assert (len(report["balances"]), len(report["attendance"]), len(report["tables"])) == (242, 968, 46)
    page = Path("r.html").read_text("utf-8")
    for each in report["balances"]:
        assert f"<td>{joined([each['character']])}</td>" in page
    assert "Weekly 10% decay" in page
    with closing(sqlite3.connect(moving.dkp.path)) as connection:
        kinds = dict(connection.execute("SELECT kind, count(*) FROM entries GROUP BY kind"))
    assert kinds["import"] == len(report["reconciliations"])
    moving.dkp.run("verify")
    moving.dkp.run("import", "undo", "1")
    assert moving.dkp.json("character", "list") == []
    moving.dkp.run("verify")
