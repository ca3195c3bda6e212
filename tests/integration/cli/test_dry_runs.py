"""`--dry-run`: every command that changes something has it, shows what would be, and leaves everything as it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from dkp_entrypoints.cli import app
from dkp_entrypoints.cli.root import COMMANDS, Root
from tests.integration.cli.command_line import CommandLine

AT = "2026-11-19T20:00"
LOG = "eqlog_Almaryn_server.txt"
CHANGES = {
    "guild set": ("--name", "Neu"),
    "user add": ("523456789012345678",),
    "user set": ("Björn", "--role-group", "recruiter"),
    "user end": ("Björn",),
    "user resume": ("Björn",),
    "user deactivate": ("Björn",),
    "user prefer": ("Björn", "--timezone", "Asia/Tokyo"),
    "key issue": ("--user", "Björn"),
    "key bot": ("--scope", "points:read"),
    "key rotate": ("PREFIX",),
    "key revoke": ("PREFIX",),
    "key scopes": ("PREFIX", "raids:read"),
    "character add": ("Neuling", "--owner", "Björn"),
    "character set": ("Élan", "--level", "3", "--rank", "Raider"),
    "character rename": ("Élan", "Élanor"),
    "character approve": ("Wartend",),
    "character status": ("retired", "Élan"),
    "character main": ("Zweitulf",),
    "character alt": ("Zweitulf", "--of", "Björnulf"),
    "character reassign": ("Zweitulf", "--to", "Alma"),
    "character alias": ("Élan", "Elan"),
    "character remove": ("Zweitulf",),
    "rank add": ("Neu",),
    "rank set": ("Trial", "--name", "Probe"),
    "rank remove": ("Trial",),
    "rank move": ("Raider", "Élan"),
    "event-type add": ("Neu",),
    "event-type set": ("Open raid", "--points", "7"),
    "event-type remove": ("Open raid",),
    "raid add": ("Open raid", "--at", AT),
    "raid set": ("1", "--note", "neu"),
    "raid tick": ("1", "21:00", "--at", AT),
    "raid cancel": ("1",),
    "raid attend": ("1", "Björnulf"),
    "raid import": ("-", "--raid", "1", "--at", AT),
    "raid resolve": ("Fremdling", "--user", "Alma"),
    "pool add": ("Neu",),
    "pool set": ("Open raids", "--archive"),
    "item-pool add": ("Neu",),
    "item-pool set": ("Planar", "--name", "Neu"),
    "item add": ("Neu",),
    "item change": ("Umhang", "--rarity", "epic"),
    "item remove": ("Ring",),
    "auction start": ("Neu", "--closes-in", "2m"),
    "auction close": ("1",),
    "auction award": ("1",),
    "auction freeze": ("--all",),
    "auction resume": ("2",),
    "auction extend": ("1", "--by", "1m"),
    "auction cancel": ("1",),
    "auction set-rules": ("increment=5",),
    "auction set-grammar": ('currency_words=["Gold"]',),
    "bid place": ("1", "--character", "Björnulf", "--amount", "9"),
    "bid withdraw": ("3", "--character", "Élan"),
    "bid leave": ("Ring", "--character", "Élan", "--ceiling", "9"),
    "bid take-back": ("Ring", "--user", "Björn"),
    "bid chat": (LOG,),
    "award give": ("Ring", "--character", "Élan", "--amount", "1"),
    "award revoke": ("1", "--reason", "x"),
    "award move": ("1", "--user", "Alma", "--amount", "0", "--reason", "x"),
    "award return": ("1", "--reason", "x"),
    "points adjust": ("--user", "Alma", "--amount", "5", "--reason", "x"),
    "points reverse": ("1", "--reason", "x"),
}


@pytest.fixture(scope="module")
def lived_in(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A guild with something of everything."""
    dkp = CommandLine(tmp_path_factory.mktemp("lived-in") / "dkp.db")
    shutil.copy(founded, dkp.path)
    dkp.run("raid", "add", "Plane of Fear", "--at", AT)
    dkp.run("raid", "attend", "1", "Élan", "Fremdling")
    dkp.run("character", "add", "Wartend", "--owner", "Björn", "--status", "pending")
    dkp.run("item-pool", "add", "Planar")
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "50", "--reason", "x")
    dkp.run("auction", "start", "Umhang", "--closes-in", "1d")
    dkp.run("bid", "place", "1", "--character", "Élan", "--amount", "5")
    dkp.run("auction", "start", "Helm")
    dkp.run("auction", "freeze", "2")
    dkp.run("auction", "start", "Stab", "--mode", "sealed_first_price")
    dkp.run("bid", "place", "3", "--character", "Élan", "--amount", "2")
    dkp.run("item", "add", "Ring")
    dkp.run("bid", "leave", "Ring", "--user", "Björn", "--ceiling", "7")
    dkp.run("award", "give", "Schild", "--character", "Élan", "--amount", "1")
    return dkp.path


@pytest.fixture
def full(lived_in: Path, tmp_path: Path) -> CommandLine:
    """The command line on a copy of it, with a log beside."""
    path = tmp_path / "dkp.db"
    shutil.copy(lived_in, path)
    Path(LOG).write_text("[Fri Nov 20 20:15:00 2026] Björnulf tells you, 'Umhang 12'\n", "utf-8")
    return CommandLine(path)


@pytest.mark.parametrize("command", CHANGES)
def test_a_dry_run_changes_nothing(command: str, full: CommandLine) -> None:
    """I-3, R-6, D-7: not a row of any table; the same without it does change something."""
    if "PREFIX" in CHANGES[command]:
        prefix = full.json("key", "bot", "--scope", "points:read")["prefix"]
    else:
        prefix = ""
    arguments = [*command.split(), *(prefix if each == "PREFIX" else each for each in CHANGES[command])]
    before = full.content()
    outcome = full.run(*arguments, "--dry-run", stdin="Björnulf\n")
    assert full.content() == before
    assert "nothing was changed" in outcome.stderr
    full.run(*arguments, stdin="Björnulf\n")
    if command not in ("user resume", "character alt"):  # they are so already
        assert full.content() != before


def test_every_command_that_changes_something_is_tried_above() -> None:
    """I-3: what has `--dry-run` is in the table, and what has none changes nothing of a guild's."""
    with_dry_run: set[str] = set()
    without: set[str] = set()
    root = get_command(app)
    assert isinstance(root, Root)
    context: Any = root.make_context("dkp", [], resilient_parsing=True)
    for family in (name for section in COMMANDS.values() for name in section):
        command = root.get_command(context, family)
        for path, each in _leaves(family, command):
            (with_dry_run if any(param.name == "dry_run" for param in each.params) else without).add(path)
    assert with_dry_run == set(CHANGES)
    assert without == {
        *("init", "demo", "serve", "worker", "db upgrade", "db current", "db check", "guild list", "guild show"),
        *("user list", "user show", "user profile", "key list", "character list", "character members"),
        *("character show", "character history", "character owner", "character audit", "rank list"),
        *("event-type list", "event-type show", "raid list", "raid show", "raid unresolved", "attendance"),
        *("pool list", "pool show", "item-pool list", "points balance", "points history", "points adjustments"),
        *("standings", "audit", "verify", "follow"),
        *("item list", "item show", "item history", "award list", "award show", "bid validate", "bid max", "bid own"),
        *("auction list", "auction show", "auction bids", "auction check", "auction rules", "auction grammar"),
    }


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, each in below.items():
        yield from _leaves(f"{path} {name}", each)
