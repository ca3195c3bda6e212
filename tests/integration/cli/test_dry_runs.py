"""`--dry-run`: every command that changes something has it, shows what would be, and leaves everything as it was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from typer.main import get_command

from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.system import SystemClock
from dkp_core.kernel.actor import ActorKind, operator
from dkp_core.kernel.ids import ApplicationId, GuildId
from dkp_core.points import Verify
from dkp_core.recruitment import Option
from dkp_entrypoints.cli import app
from dkp_entrypoints.cli.root import COMMANDS, Root
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests.integration.cli.command_line import CommandLine
from tests.integration.exported import exported, imported, told_by

AT = "2026-11-19T20:00"
LOG = "eqlog_Almaryn_server.txt"
ROSTER = "roster.csv"
SHEET = "names.txt"
DROPS = "eqlog_Drops_server.txt"
LOOTED = "[Thu Nov 19 20:{minute}:00 2026] --Björnulf has looted a Cloak of Flames.--\n"
CHANGES = {
    "guild set": ("--name", "Neu"),
    "user add": ("523456789012345678",),
    "user set": ("Björn", "--role-group", "recruiter"),
    "user end": ("Björn",),
    "user resume": ("Björn",),
    "user deactivate": ("Björn",),
    "user prefer": ("Björn", "--timezone", "Asia/Tokyo"),
    "user consent": ("Björn", "email"),
    "user erase": ("Björn", "--yes"),
    "user sign-in-link": ("Björn",),
    "user end-sessions": ("Björn",),
    "user merge": ("Alteulf", "--into", "Alma"),
    "user link": ("Alteulf", "623456789012345678"),
    "user unlink": ("Björn", "--reason", "wrong"),
    "claim make": ("Alteulf", "--for", "Alma"),
    "claim withdraw": ("1",),
    "claim approve": ("1",),
    "claim refuse": ("1", "--reason", "no"),
    "merge undo": ("1", "--reason", "no"),
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
    "roster import": (ROSTER,),
    "profile-field add": ("Trade", "--kind", "choice", "--choice", "Baker"),
    "profile-field set": ("Homepage", "--required"),
    "profile-field remove": ("Homepage",),
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
    "raid set-tick": ("1", "1", "--points", "4"),
    "raid attendance change": ("1", "Élan", "--status", "late"),
    "raid attendance remove": ("1", "Élan"),
    "raid decide": ("1", "Zweiter", "--absent"),
    "raid standby claim": ("3", "Björnulf"),
    "raid standby withdraw": ("2", "Zweitulf"),
    "raid cancel": ("1",),
    "raid attend": ("1", "Björnulf"),
    "raid import": ("-", "--raid", "1", "--at", AT),
    "raid resolve": ("Fremdling", "--user", "Alma"),
    "pool add": ("Neu",),
    "pool set": ("Open raids", "--archive"),
    "pool shuffle": ("Open raids",),
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
    "pool set-policies": ("DKP", "cap=500", "decay=10%/4w"),
    "auction set-grammar": ('currency_words=["Gold"]',),
    "bid place": ("1", "--character", "Björnulf", "--amount", "9"),
    "bid withdraw": ("3", "--character", "Élan"),
    "bid leave": ("Ring", "--character", "Élan", "--ceiling", "9"),
    "bid take-back": ("Ring", "--user", "Björn"),
    "bid chat": (LOG,),
    "application submit": ("Neuling", "--discord-id", "723456789012345678", "--username", "neu"),
    "application change": ("1", "--discord-id", "823456789012345678", "--level", "12"),
    "application withdraw": ("1", "--reason", "x"),
    "application accept": ("1",),
    "application reject": ("1", "--reason", "x"),
    "application extend": ("2", "--days", "3"),
    "application start-voting": ("2",),
    "application comment": ("1", "gut"),
    "application summary": ("2",),
    "application promote": ("4", "--character", "Andersulf"),
    "application archive": ("3",),
    "application set-form": ('[{"id": "why", "text": "Warum?"}]',),
    "application set-rules": ("vote_hours=24",),
    "award give": ("Ring", "--character", "Élan", "--amount", "1"),
    "award draft make": ("1", DROPS),
    "award draft confirm": ("1", "1", "--amount", "1"),
    "award draft dismiss": ("1", "1", "--reason", "x"),
    "award revoke": ("1", "--reason", "x"),
    "award move": ("1", "--user", "Alma", "--amount", "0", "--reason", "x"),
    "award return": ("1", "--reason", "x"),
    "award reshare": ("1", "--reason", "x"),
    "dispute make": ("ENTRY", "--for", "Chloé", "--text", "x"),
    "dispute withdraw": ("1",),
    "dispute uphold": ("1",),
    "dispute reject": ("1", "--reason", "x"),
    "points adjust": ("--user", "Alma", "--amount", "5", "--reason", "x"),
    "points reverse": ("1", "--reason", "x"),
    "points bonus": ("First kill", "--raid", "1", "--amount", "5"),
    "batch run": ("decay", "--now"),
    "batch reverse": ("1", "--reason", "x"),
}


# What is kept secret takes a key to keep it with: these are tried in test_notices.py.
WITH_A_KEY = {"guild channel set", "notice test", "notice resend", "notice drop"}
# It works on a whole database and a file: tried in test_backups.py.
OF_THE_DATABASE = {"restore"}
# They take a guild without a past: tried in test_imports.py.
OF_A_FRESH_GUILD = {"import eqdkp", "import undo", "import guild"}


@pytest.fixture(scope="module")
def lived_in(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A guild with something of everything."""
    dkp = CommandLine(tmp_path_factory.mktemp("lived-in") / "dkp.db")
    shutil.copy(founded, dkp.path)
    dkp.run("raid", "add", "Plane of Fear", "--at", AT)
    dkp.run("raid", "attend", "1", "Élan", "Fremdling")
    dkp.run("pool", "set-policies", "DKP", "standby_claim=members")
    for _ in range(2):
        dkp.run("raid", "add", "Plane of Fear", "--at", datetime.now(UTC).isoformat())
    dkp.run("raid", "standby", "claim", "2", "Zweitulf")
    for names in ("Erster, Zweiter", "Erster"):
        sheet = dkp.path.parent / SHEET
        sheet.write_text(names, "utf-8")
        dkp.run("raid", "import", str(sheet), "--raid", "1", "--at", AT)
    dkp.run("character", "add", "Wartend", "--owner", "Björn", "--status", "pending")
    dkp.run("profile-field", "add", "Homepage", "--kind", "link")
    dkp.run("item-pool", "add", "Planar")
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "50", "--reason", "x")
    dkp.run("points", "adjust", "--user", "Björn", "--user", "Alma", "--amount", "9", "--reason", "both")
    dkp.run("pool", "set-policies", "DKP", 'decay={"percent": "10"}')
    adjusted = dkp.json("points", "history", "Björn", "--kind", "adjustment")[0]["id"]
    dkp.run("dispute", "make", str(adjusted), "--for", "Björn", "--text", "x")
    dkp.run("auction", "start", "Umhang", "--closes-in", "1d")
    dkp.run("bid", "place", "1", "--character", "Élan", "--amount", "5")
    dkp.run("auction", "start", "Helm")
    dkp.run("auction", "freeze", "2")
    dkp.run("auction", "start", "Stab", "--mode", "sealed_first_price")
    dkp.run("bid", "place", "3", "--character", "Élan", "--amount", "2")
    dkp.run("item", "add", "Ring")
    dkp.run("bid", "leave", "Ring", "--user", "Björn", "--ceiling", "7")
    dkp.run("award", "give", "Schild", "--character", "Élan", "--amount", "1")
    dkp.run("pool", "set-policies", "DKP", "zero_sum=true")
    dkp.run("award", "give", "Brust", "--character", "Élan", "--amount", "1", "--raid", "1")
    dkp.run("pool", "set-policies", "DKP", "zero_sum=false")
    dkp.run("raid", "attend", "1", "Almaryn")
    dkp.run("award", "draft", "make", "1", "-", "--zone", "UTC", stdin=LOOTED.format(minute="05"))
    dkp.run("user", "add", "423456789012345678", "--username", "Dora")
    dkp.run("character", "add", "Alteulf", "--owner", "Dora")
    dkp.run("user", "unlink", "Dora")
    dkp.run("claim", "make", "Alteulf", "--for", "Chloé")
    dkp.sign_in("Björn")
    _recruit(dkp)
    return dkp.path


def _recruit(dkp: CommandLine) -> None:
    """An application that waits, one on trial, one that was rejected, and one whose pass is to be carried out."""
    dkp.run("application", "set-rules", "counts_from_percent=0", "promote_by_hand=true")
    for number, name in enumerate(("Wartulf", "Probulf", "Neinulf", "Jaulf")):
        dkp.run("application", "submit", name, "--discord-id", str(823456789012345678 + number), "--username", name)
    dkp.run("application", "accept", "2")
    dkp.run("application", "reject", "3", "--reason", "x")
    dkp.run("application", "accept", "4")
    dkp.run("application", "start-voting", "4")
    cases = UseCases(settings=Settings(database_url=dkp.url))
    voter = cases.find_character()("Élan", by=operator("test", GuildId(1))).user_id
    by = evolve(operator("test", GuildId(1)), kind=ActorKind.USER, id=str(voter), user_id=voter)
    cases.cast_vote()(ApplicationId(4), Option.PASS, by=by)
    later = SettableClock(datetime.now(UTC) + timedelta(days=3))
    evolve(cases.decide_vote(), clock=later)(ApplicationId(4), by=by)
    cases.database().close()
    dkp.run("application", "list")  # lets follow what follows


@pytest.fixture
def full(lived_in: Path, tmp_path: Path) -> CommandLine:
    """The command line on a copy of it, with a log beside."""
    path = tmp_path / "dkp.db"
    shutil.copy(lived_in, path)
    Path(LOG).write_text("[Fri Nov 20 20:15:00 2026] Björnulf tells you, 'Umhang 12'\n", "utf-8")
    Path(DROPS).write_text(LOOTED.format(minute="15"), "utf-8")
    Path(ROSTER).write_text("name,level\nÉlan,44\nNeuling,1\n", "utf-8")
    return CommandLine(path)


@pytest.mark.parametrize("command", CHANGES)
def test_a_dry_run_changes_nothing(command: str, full: CommandLine) -> None:
    """I-3, R-6, D-7: not a row of any table; the same without it does change something."""
    if "PREFIX" in CHANGES[command]:
        prefix = full.json("key", "bot", "--scope", "points:read")["prefix"]
    else:
        prefix = ""
    named = {"PREFIX": prefix}
    if "ENTRY" in CHANGES[command]:
        named["ENTRY"] = str(full.json("points", "history", "Chloé")[0]["id"])
    arguments = [*command.split(), *(named.get(each, each) for each in CHANGES[command])]
    before = full.content()
    outcome = full.run(*arguments, "--dry-run", stdin="Björnulf\n")
    assert full.content() == before
    assert "nothing was changed" in outcome.stderr
    full.run(*arguments, stdin="Björnulf\n")
    if command not in ("user resume", "character alt"):  # they are so already
        assert full.content() != before


def test_such_a_guild_moves_to_every_database(full: CommandLine, own_url: str) -> None:
    """O-6, P-3: merges and disputes, drafts, decisions, sealed bids and votes come along, and everything adds up."""
    full.run("claim", "approve", "1")
    full.run("rank", "move", "Trial", "Élan")
    full.run("rank", "remove", "Trial", "--into", "Member")
    full.run("character", "main", "Zweitulf")
    full.run("raid", "decide", "1", "Zweiter", "--absent")
    full.run("auction", "set-rules", "increment=5")
    here = SqlDatabase.open(full.url, clock=SystemClock())
    there = SqlDatabase.open(own_url, clock=SystemClock())
    try:
        whole = exported(here, 1)
        made = imported(there, whole)
        assert told_by(exported(there, made.guild_id)) == told_by(whole)
        found = Verify(there.verifying)(by=operator("test"))
        assert found.clean, found.differences
    finally:
        here.close()
        there.close()
    assert {name for name, rows in told_by(whole).items() if not rows} == set()
    assert told_by(whole).keys() >= {
        *("claims", "merges", "merged_users", "main_changes", "rank_changes", "removed_ranks", "profile_fields"),
        *("award_drafts", "disputes", "decisions", "sightings", "standing_bids", "holds", "batches", "house_rules"),
        *("votes", "vote_changes", "application_transitions", "unresolved_names", "pool_policies", "deadlines"),
    }


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
    elsewhere = WITH_A_KEY | OF_THE_DATABASE | OF_A_FRESH_GUILD
    assert with_dry_run - elsewhere == set(CHANGES)
    assert with_dry_run >= elsewhere
    assert without == {
        *("init", "demo", "serve", "worker", "db upgrade", "db current", "db check", "guild list", "guild show"),
        *("db make-key", "db reseal", "backup", "user sessions", "user refresh", "user export", "user consents"),
        *("user list", "user show", "user profile", "key list", "character list", "character members"),
        *("guild channel list", "notice list", "import list", "import show", "export"),
        *(
            "profile-field list",
            "character mains",
            "character show",
            "character history",
            "character owner",
            "character audit",
            "rank list",
        ),
        *("event-type list", "event-type show", "raid list", "raid show", "raid unresolved", "raid disagreements"),
        "attendance",
        *("pool list", "pool show", "pool policies", "item-pool list"),
        *("points balance", "points history", "points adjustments"),
        *("batch list", "batch show", "batch lines", "batch preview"),
        *("points explain", "dispute list", "dispute show", "simulate"),
        *("standings", "priority", "audit", "verify", "follow", "claim list", "claim show", "merge list", "merge show"),
        *("application own", "application list", "application show", "application performance", "application form"),
        *("application statistics", "application rules", "application feedback", "vote cast", "vote withdraw"),
        *("vote recuse", "vote summary", "vote details", "vote eligibility", "vote changes"),
        *("item list", "item show", "item history", "award list", "award show", "award draft list"),
        *("award draft show", "bid validate", "bid max", "bid own"),
        *("auction list", "auction show", "auction bids", "auction check", "auction rules", "auction grammar"),
    }


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, each in below.items():
        yield from _leaves(f"{path} {name}", each)
