"""Databases that are missing, behind, newer, locked, broken or not ours; settings and where they come from."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dkp_adapters.sql import schema
from dkp_entrypoints.cli import app
from tests.integration.cli.command_line import OFFICER, CommandLine
from tests.services import Engine

COMMANDS = (
    ("standings",),
    ("guild", "list"),
    ("verify",),
    ("raid", "add", "Fear"),
    ("worker",),
    ("serve", "--port", "0"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_where_there_is_no_database_the_way_to_one_is_told(command: tuple[str, ...], nothing: CommandLine) -> None:
    """O-10: and no empty file is left behind."""
    assert "dkp init" in nothing.refused(*command, code=7)
    assert not nothing.path.exists()


def test_a_database_without_a_guild_tells_how_to_found_one(nothing: CommandLine) -> None:
    """O-10: it was made, and nobody founded anything."""
    nothing.run("db", "upgrade")
    assert "dkp init" in nothing.refused("standings", code=4)
    assert nothing.json("guild", "list") == []


def test_upgrading_tells_what_it_does(nothing: CommandLine) -> None:
    """O-8: each step; the second time there is none."""
    outcome = nothing.run("db", "upgrade")
    assert "0001" in outcome.stderr
    assert nothing.json("db", "current")["state"] == "current"
    assert "already" in nothing.run("db", "upgrade").stderr
    assert "as it should be" in nothing.run("db", "check").stdout


def test_a_newer_database_is_refused(dkp: CommandLine) -> None:
    """O-8: an older program leaves it alone."""
    dkp.execute("UPDATE alembic_version SET version_num = '9999'")
    before = dkp.path.read_bytes()
    for command in (*COMMANDS, ("db", "upgrade"), ("db", "check"), ("init", "--guild", "X", "--officer", OFFICER)):
        assert "9999" in dkp.refused(*command, code=7)
    assert dkp.json("db", "check", code=7)["state"] == "newer"
    assert dkp.run("db", "current").stdout == "9999\n"
    assert dkp.path.read_bytes() == before


def test_a_database_that_is_behind_is_told_to_be_upgraded(dkp: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-8: nothing works on it before."""
    monkeypatch.setattr(schema, "known_revisions", lambda: ["0001", "0002"])
    assert "dkp db upgrade" in dkp.refused("standings", code=7)


def test_a_locked_database_is_busy_not_broken(dkp: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-12: after three attempts it says so; what reads goes on."""
    monkeypatch.setattr("dkp_adapters.sql.drivers.sqlite.BUSY_SECONDS_MAX", 0)
    with closing(sqlite3.connect(dkp.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = dkp.refused("rank", "add", "Neu", code=7)
        assert len(dkp.json("rank", "list")) == 6
        other.execute("ROLLBACK")
    assert "busy" in said
    dkp.run("rank", "add", "Neu")


@pytest.mark.parametrize(
    "content", [b"This is no database at all, but it is long enough to be read." * 20, b"\x00" * 4096]
)
def test_a_file_that_is_no_database_is_left_alone(content: bytes, nothing: CommandLine) -> None:
    """G-8, O-8: neither read nor written."""
    nothing.path.write_bytes(content)
    for command in (("standings",), ("db", "check"), ("demo", "--no-serve")):
        outcome = CliRunner().invoke(app, [*command, "--database", nothing.url])
        assert outcome.exit_code in (6, 7), outcome.output
        assert outcome.stderr.startswith("dkp: ")
        assert outcome.stderr.count("\n") == 1
    assert nothing.path.read_bytes() == content


def test_a_server_that_is_not_there_is_unavailable() -> None:
    """O-12: one line, without a password, and exit code 7."""
    for url in ("postgresql://me:secret@127.0.0.1:1/none", "mariadb://me:secret@127.0.0.1:1/none"):
        outcome = CliRunner().invoke(app, ["standings", "--database", url])
        assert outcome.exit_code == 7, outcome.output
        assert outcome.stderr.count("\n") == 1
        assert "secret" not in outcome.stderr


# --- settings ---------------------------------------------------------------------------------------------------------


def test_the_database_is_found_where_it_is_named(
    dkp: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-10: by the option before or after the command, a path or URL, the environment, the file, else dkp.db here."""

    def guild(*arguments: str) -> int:
        return CliRunner().invoke(app, list(arguments)).exit_code

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert guild("guild", "show") == 0, "dkp.db lies here"
    monkeypatch.chdir(elsewhere)
    assert guild("guild", "show") == 7
    assert guild("--database", dkp.url, "guild", "show") == 0
    assert guild("guild", "show", "--database", str(dkp.path)) == 0
    config = tmp_path / "my.toml"
    config.write_text(f'database_url = "{dkp.url}"\n')
    assert guild("guild", "show", "--config", str(config)) == 0
    assert guild("--config", str(config), "guild", "show") == 0
    monkeypatch.setenv("DKP_DATABASE_URL", dkp.url)
    assert guild("guild", "show") == 0
    assert guild("guild", "show", "--database", str(elsewhere / "none.db")) == 7


def test_the_guild_is_found_where_it_is_named(dkp: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """I-3: by the option, before or after the command, or DKP_GUILD."""
    dkp.run("init", "--guild", "Other", "--officer", OFFICER)
    monkeypatch.setenv("DKP_GUILD", "other")
    assert dkp.json("guild", "show")["slug"] == "other"
    assert dkp.json("guild", "show", "--guild", "freyas-chariot")["slug"] == "freyas-chariot"
    assert dkp.json("--guild", "1", "guild", "show")["slug"] == "freyas-chariot"


def test_a_setting_that_is_wrong_is_named(dkp: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-10: which, where it was found, and what is accepted."""
    config = tmp_path / "my.toml"
    config.write_text("prot = 8000\n")
    assert "prot" in dkp.refused("guild", "show", "--config", config, code=3)
    config.write_text("port = [\n")
    assert "TOML" in dkp.refused("guild", "show", "--config", config, code=3)
    assert "can't be read" in dkp.refused("guild", "show", "--config", tmp_path / "none.toml", code=3)
    monkeypatch.setenv("DKP_PORT", "none")
    assert "DKP_PORT" in dkp.refused("guild", "show", code=3)


def test_a_database_url_that_is_none_is_named() -> None:
    """O-10: as it was given, on the command line."""
    outcome = CliRunner().invoke(app, ["guild", "show", "--database", "oracle://somewhere/dkp"])
    assert outcome.exit_code == 3
    assert "--database" in outcome.stderr
    assert "postgresql://" in outcome.stderr


# --- other databases --------------------------------------------------------------------------------------------------


def test_the_same_commands_work_on_every_engine(engine_name: Engine, database_url: str) -> None:
    """O-10: init, roster, import, adjust, standings, verify on SQLite, PostgreSQL and MariaDB."""

    def run(*arguments: str, stdin: str | None = None) -> str:
        outcome = CliRunner().invoke(app, [*arguments, "--database", database_url], input=stdin)
        assert outcome.exit_code == 0, f"{engine_name}: {outcome.output}"
        return outcome.stdout

    run("init", "--guild", "Glut", "--officer", OFFICER, "--username", "Alma")
    run("event-type", "add", "Fear", "--points", "12.50")
    run("character", "add", "Élan", "--owner", "Alma")
    run("character", "add", "Wartend", "--owner", "Alma", "--status", "pending")
    run("raid", "import", "-", "--event-type", "Fear", "--at", "2026-11-19T20:00", stdin="Élan\n")
    run("raid", "import", "-", "--event-type", "Fear", "--at", "2026-11-18T20:00", stdin="Wartend\n")
    run("character", "approve", "Wartend")
    run("points", "adjust", "--user", "Alma", "--amount", "-5", "--reason", "x", "--dry-run")
    run("points", "adjust", "--character", "Élan", "--amount", "-5", "--reason", "x")
    assert '"current": "20.00"' in run("standings", "--json")
    assert "everything adds up" in run("verify")
