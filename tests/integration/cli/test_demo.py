"""`dkp demo`: a believable guild, the same each time, in seconds; and nobody's own guild is touched."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import dkp_entrypoints.demo
from dkp_adapters.sql.outbox import SqlOutbox
from dkp_core.accounts import NotAuthenticated
from dkp_core.loot import AwardStatus, Mode
from dkp_entrypoints.cli import app
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests.integration.cli.command_line import OFFICER, CommandLine


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The demo, filled once."""
    demo = CommandLine(tmp_path_factory.mktemp("demo") / "dkp.db")
    demo.run("demo", "--no-serve")
    return demo


def test_the_demo_holds_what_it_promises(filled: CommandLine) -> None:
    """I-3: people, characters, accents, pools, raids, and everything an officer has to deal with."""
    assert len(filled.json("user", "list")) == 60
    characters = filled.json("character", "list")
    assert len(characters) == 130
    assert sum(not row["name"].isascii() for row in characters) > 15
    assert {row["status"] for row in characters} >= {"active", "pending", "trial", "inactive"}
    assert {row["role_group"] for row in filled.json("user", "list")} >= {"officer", "recruiter", "member", "applicant"}
    assert len(filled.json("pool", "list")) == 2
    assert len(filled.json("event-type", "list")) == 5
    assert [row["status"] for row in filled.json("raid", "list")].count("cancelled") == 1
    assert filled.json("raid", "unresolved")
    assert len(filled.json("points", "adjustments", "--reversed")) == 1
    assert len(filled.json("points", "adjustments")) > 50


def test_it_sells_what_drops_in_every_way(filled: CommandLine) -> None:
    """I-3, L-2 to L-9: every mode, refusals, awards that did not stay, prices over weeks, and a bid that waits."""
    auctions = filled.json("auction", "list")
    assert {row["mode"] for row in auctions} == {*Mode}
    assert {row["status"] for row in auctions} == {"awarded", "cancelled", "open"}
    awards = filled.json("award", "list")
    assert {row["status"] for row in awards} == {*AwardStatus}
    assert {row["username"] for row in awards} >= {None}, "something rotted"
    assert any(row["amount"] == "0.00" and row["username"] for row in awards), "something was free"
    items = filled.json("item", "list")
    assert len(items) >= 25
    assert max(row["awards"] for row in items) >= 4
    bids = [bid for row in auctions[:25] for bid in filled.json("auction", "bids", row["id"])]
    assert {bid["source"] for bid in bids} >= {"api", "elsewhere", "proxy", "standing"}
    assert {bid["refusal"] for bid in bids} >= {"", "bid_too_low"}
    assert filled.json("auction", "rules")[0]["version"] == 1
    for row in auctions[3:9]:
        if row["status"] == "awarded":
            assert filled.json("auction", "check", row["id"])["holds"] is True


def test_two_of_its_auctions_run(filled: CommandLine) -> None:
    """L-11: an open one with a leader whose points are held for all to see, and a sealed one that shows nothing."""
    sealed, opened = filled.json("auction", "list", "--running")
    assert (opened["mode"], sealed["mode"]) == ("open", "sealed_first_price")
    assert all(datetime.fromisoformat(row["closes_at"]) > datetime.now(UTC) for row in (opened, sealed))
    assert opened["leader_character"]
    assert sealed["bids"] >= 3
    assert {bid["amount"] for bid in filled.json("auction", "bids", sealed["id"])} == {None}
    held = {row["username"]: row["held"] for row in filled.json("standings") if row["held"] != "0.00"}
    assert list(held.values()) == [opened["current_amount"]]
    assert "auction list --running" in filled.run("demo", "--no-serve").stdout
    assert filled.json("demo", "--no-serve")["auctions"].endswith("/api/bidding/active/")


def test_it_takes_people_in(filled: CommandLine) -> None:
    """V-1 to V-8: one was taken in by a vote, on one the guild votes now, one is on trial, one is new and was rejected

    once; and who was taken in is a member with an active character.
    """
    found = {row["id"]: row for row in filled.json("application", "list")}
    assert [found[each]["status"] for each in sorted(found)] == [
        *("voting_complete", "rejected", "voting_active", "trial_accepted", "submitted"),
    ]
    assert found[1]["outcome"] == "pass"
    assert filled.json("user", "show", found[1]["user_id"])["role_group"] == "member"
    assert filled.json("character", "show", found[1]["character_name"])["status"] == "active"
    running = filled.json("vote", "details", 3)
    assert running["summary"]["is_open"]
    assert len(running["voters"]) >= 14
    assert running["recusals"]
    assert filled.json("application", "performance", 4)["raids"]
    assert "application list" in filled.run("demo", "--no-serve").stdout


def test_it_raids_three_or_four_times_a_week_with_hourly_ticks(filled: CommandLine) -> None:
    """D-2: over the last 90 days, and none of them to come."""
    raids = filled.json("raid", "list", "--order", "starts_at")
    starts = [datetime.fromisoformat(raid["starts_at"]) for raid in raids]
    assert 36 <= len(raids) <= 53
    assert max(starts) < datetime.now(UTC)
    assert min(starts) > datetime.now(UTC) - timedelta(days=91)
    weeks = Counter((start - min(starts)).days // 7 for start in starts)
    assert {weeks[week] for week in list(weeks)[:-1]} <= {3, 4}
    assert all(2 <= raid["ticks"] <= 4 for raid in raids)
    assert all(15 <= raid["attendees"] <= 60 for raid in raids)
    ticks = filled.json("raid", "show", raids[0]["id"])["ticks"]
    first, second = (datetime.fromisoformat(tick["at"]) for tick in ticks[:2])
    assert second - first == timedelta(hours=1)


def test_everything_in_it_adds_up(filled: CommandLine) -> None:
    """P-3: and nothing is left for a worker to do."""
    assert filled.json("verify")["clean"] is True
    standings = filled.json("standings")
    assert len(standings) > 45
    assert len({row["current"] for row in standings}) > 30
    cases = UseCases(settings=Settings(database_url=filled.url))
    assert SqlOutbox.of(cases.database()).lag().due == 0
    cases.database().close()


def test_it_is_the_same_each_time(filled: CommandLine, tmp_path: Path) -> None:
    """Who shows it twice shows the same guild: names, points, everything but times and secrets.

    O-10: also where the database was only made, after `dkp db upgrade`, as a container does it.
    """
    again = CommandLine(tmp_path / "again.db")
    again.run("db", "upgrade")
    again.run("demo", "--no-serve")
    for command in (("standings",), ("character", "list"), ("raid", "unresolved"), ("auction", "rules")):
        mine, yours = filled.json(*command), again.json(*command)
        for row in (*mine, *yours):
            row.pop("last_seen", None)
            row.pop("changed_at", None)
        assert mine == yours
    won = [
        [(row["item"], row["character"], row["amount"]) for row in each.json("award", "list")]
        for each in (filled, again)
    ]
    assert won[0] == won[1]


def test_the_second_time_it_is_served_as_it_is(filled: CommandLine) -> None:
    """What somebody tried out in it stays; the key is a new one, and the old one is dead."""
    raids = len(filled.json("raid", "list"))
    first, second = filled.json("demo", "--no-serve"), filled.json("demo", "--no-serve")
    assert len(filled.json("raid", "list")) == raids
    cases = UseCases(settings=Settings(database_url=filled.url))
    assert cases.authenticate()(second["key"], entrypoint="test").guild_id == 1
    with pytest.raises(NotAuthenticated):
        cases.authenticate()(first["key"], entrypoint="test")
    cases.database().close()
    assert "standings" in filled.run("demo", "--no-serve").stdout


def test_the_commands_find_it_without_being_told(tmp_path: Path) -> None:
    """I-3: `dkp demo --no-serve && dkp standings --json && dkp verify`, in an empty folder."""
    for command in (["demo", "--no-serve"], ["standings", "--json"], ["verify"]):
        outcome = CliRunner().invoke(app, command)
        assert outcome.exit_code == 0, outcome.output
    assert [path.name for path in tmp_path.iterdir()] == ["dkp.db"]


def test_nobodys_guild_is_overwritten(dkp: CommandLine) -> None:
    """G-4: a database with a guild in it is left as it is, and another name is asked for."""
    before = dkp.path.read_bytes()
    assert "--database" in dkp.refused("demo", "--no-serve", code=6)
    assert dkp.path.read_bytes() == before


def test_a_demo_beside_ones_own_guild_is_ones_own_database(filled: CommandLine, tmp_path: Path) -> None:
    """Who founded a guild in the demo's database keeps it."""
    copy = CommandLine(tmp_path / "copy.db")
    copy.path.write_bytes(filled.path.read_bytes())
    copy.run("init", "--guild", "Mine", "--officer", OFFICER)
    copy.refused("demo", "--no-serve", code=6)


def test_an_interrupted_demo_leaves_nothing(nothing: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """No half a demo is ever taken for a whole one."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dkp_entrypoints.demo, "fill", interrupted)
    outcome = CliRunner().invoke(app, ["demo", "--no-serve", "--database", nothing.url])
    assert outcome.exit_code == 130
    assert list(nothing.path.parent.iterdir()) == []


def test_the_demo_lets_its_officer_sign_in(filled: CommandLine) -> None:
    """A-11: with a one-time link, before Discord is set up; another each time it is shown."""
    first, second = (filled.json("demo", "--no-serve")["sign_in"] for _ in range(2))
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/accounts/link/[a-z2-7]{52}/", first)
    assert first != second


def test_replaying_the_demo_comes_to_what_is(filled: CommandLine) -> None:
    """P-15: nothing else, and the policies as they are; other ones differ."""
    values = filled.json("pool", "policies", "DKP")[0]["values"]
    same = [f"{name}={json.dumps(values[name])}" for name in ("cap", "alt_percent", "late_percent", "standby_percent")]
    for options in ([], [part for word in same for part in ("--set", word)]):
        found = filled.json("simulate", "--everyone", "--months", "12", *options)
        assert found["entries"] > 1000
        assert found["kinds"] == []
        assert {row["difference"] for row in found["rows"]} == {"0.00"}
    shown = filled.run("simulate", "--set", "cap=50", "--prices", "50%", "--points", "Plane of Fear=200%")
    assert "Nothing was changed." in shown.stderr
    assert "climbs" in shown.stdout


def test_it_can_be_moved(filled: CommandLine, tmp_path: Path) -> None:
    """O-6: as a file into an empty database, with equal balances, and everything adds up."""
    filled.run("export", "--to", tmp_path / "guild.json")
    there = CommandLine(tmp_path / "there.db")
    there.run("db", "upgrade")
    made = there.json("import", "guild", tmp_path / "guild.json")
    assert made["guild"]["users_new"] == 60
    assert there.json("verify")["clean"] is True
    for pool in ("DKP", "Open raids"):
        asked = ("standings", "--pool", pool, "--everyone")
        told = [[{**row, "user_id": 0} for row in each.json(*asked)] for each in (filled, there)]
        assert told[0] == told[1]
