"""Commands against a running API: the same answers as on its database, with the rights of the key."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from attrs import frozen
from typer.testing import CliRunner, Result

from dkp_core.kernel.ids import EventTypeId
from dkp_core.raids import DumpFormat
from dkp_entrypoints.cli import app
from dkp_entrypoints.cli.remote import Api
from dkp_entrypoints.cli.remote_use_cases import RemoteUseCases
from dkp_entrypoints.http import create_app
from dkp_entrypoints.settings import Settings
from tests.integration.cli.command_line import CommandLine

NAMES = "Élan\nBjörnulf\nFremdling\n".encode()
IMPORT = ("raid", "import", "-", "--event-type", "Plane of Fear", "--at", "2026-11-19T20:00", "--format", "name_list")


@contextmanager
def served(url: str, port: int = 0) -> Iterator[str]:
    """The API on that database, really listening, on a port that is free unless told; tells where."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(Settings(database_url=url)), log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@frozen
class Remote:
    """`dkp` on a server."""

    server: str
    key: str

    def run(self, *arguments: str, stdin: bytes | None = None, code: int = 0) -> Result:
        """What `dkp` with these arguments says; it must end with that code, without a traceback."""
        options = ("--server", self.server, "--key", self.key)
        outcome = CliRunner().invoke(app, [*arguments, *options], input=stdin)
        assert outcome.exit_code == code, f"{outcome.exit_code}\n{outcome.stderr}\n{outcome.stdout[:2000]}"
        if code not in (0, 8):
            assert outcome.stderr.startswith("dkp: ")
            assert outcome.stderr.count("\n") == 1
        return outcome

    def json(self, *arguments: str, stdin: bytes | None = None) -> Any:
        """What it answers to a program."""
        return json.loads(self.run(*arguments, "--json", stdin=stdin).stdout)


@pytest.fixture
def lived_in(dkp: CommandLine) -> CommandLine:
    """The guild after a raid and an adjustment."""
    dkp.run("raid", "add", "Plane of Fear", "--at", "2026-11-19T20:00")
    dkp.run("raid", "attend", "1", "Élan", "Björnulf")
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "-1.25", "--reason", "late", "--pool", "DKP")
    return dkp


@pytest.fixture
def address(lived_in: CommandLine) -> Iterator[str]:
    """Where its API is."""
    with served(lived_in.url) as found:
        yield found


def key_of(dkp: CommandLine, user: str) -> str:
    """A key of that user's."""
    key: str = dkp.json("key", "issue", "--user", user)["key"]
    return key


@pytest.fixture
def officer(lived_in: CommandLine, address: str) -> Remote:
    """The command line of an officer, somewhere else."""
    return Remote(address, key_of(lived_in, "Alma"))


@pytest.fixture
def member(lived_in: CommandLine, address: str) -> Remote:
    """The command line of a member."""
    return Remote(address, key_of(lived_in, "Björn"))


def test_a_server_answers_what_its_database_does(lived_in: CommandLine, officer: Remote) -> None:
    """I-3: the same JSON and the same tables, whatever narrows and sorts them."""
    for command in (
        ("standings",),
        ("standings", "--pool", "open raids", "--order", "-username", "--everyone"),
        ("standings", "--class", "bard", "--search", "chlo", "--where", "current_min=1"),
        ("standings", "--rank", "no such rank"),
        ("priority",),
        ("priority", "open raids", "--everyone", "--search", "chlo"),
        ("points", "balance", "Björn"),
        ("points", "balance", "zweitulf", "--pool", "DKP"),
        ("points", "balance", "3", "--as-of", "2026-11-19T00:00"),
        ("points", "balance", "223456789012345678", "--known-at", "now"),
        ("points", "history", "Björnulf", "--pool", "1", "--oldest-first"),
        ("points", "history", "2", "--kind", "award", "--limit", "1"),
        ("points", "history", "2", "--character", "Björnulf", "--since", "2026-11-01"),
        ("attendance",),
        ("attendance", "--user", "Élan", "--pool", "DKP", "--order", "username"),
    ):
        assert officer.json(*command) == lived_in.json(*command), command
        assert officer.run(*command).stdout == lived_in.run(*command).stdout, command


def test_attendance_is_uploaded_and_read_once(lived_in: CommandLine, officer: Remote) -> None:
    """I-3, D-7: a preview changes nothing; the same file again finds the raid it made."""
    before = lived_in.content()
    outcome = officer.run(*IMPORT, "--dry-run", stdin=NAMES)
    assert "nothing was changed" in outcome.stderr
    assert "standard input" in outcome.stdout
    after = lived_in.content()
    assert all(after[table] == before[table] for table in ("raids", "attendance", "entries", "events"))
    report = officer.json(*IMPORT, stdin=NAMES)
    assert (report["applied"], report["awarded"], report["unresolved"]) == (True, 2, ["Fremdling"])
    assert report["at"] == "2026-11-19T19:00:00Z"
    assert officer.json(*IMPORT, stdin=NAMES)["already_imported"] is True
    assert [raid["attendees"] for raid in lived_in.json("raid", "list", "--order", "id")] == [2, 2]
    assert lived_in.json("audit", "--limit", "1")[0]["actor_kind"] == "api_key"


def test_a_request_whose_answer_is_lost_is_done_once(lived_in: CommandLine, officer: Remote) -> None:
    """G-7: the server has recorded the raid, the network breaks, the second attempt gets the first answer."""

    class Breaking(httpx.HTTPTransport):
        """A network that loses the first answer."""

        lost = 0

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            if self.lost == 0:
                self.lost = 1
                response.read()
                response.close()
                raise httpx.ReadError("connection reset by peer")
            return response

    headers = {"Authorization": f"Bearer {officer.key}"}
    with httpx.Client(transport=Breaking(), headers=headers) as client:
        api = Api(officer.server, client, sleep=lambda seconds: None)
        import_dump = RemoteUseCases(api).import_dump()
        at = datetime(2026, 11, 19, 20, 0, tzinfo=UTC)
        report = import_dump([NAMES], format=DumpFormat.NAME_LIST, event_type_id=EventTypeId(1), at=at, by=None)
    assert report.already_imported is False
    assert len(lived_in.json("raid", "list")) == 2


def test_a_member_sees_their_own_balance_without_naming_anybody(lived_in: CommandLine, member: Remote) -> None:
    """I-3: what a raider's own PC needs; on a database the operator is nobody in particular."""
    assert member.json("points", "balance") == lived_in.json("points", "balance", "Björn")
    assert member.json("points", "history") == lived_in.json("points", "history", "Björn")
    assert "user's own key" in lived_in.refused("points", "balance", code=5)


def test_a_key_does_not_give_more_rights_than_its_owner_has(lived_in: CommandLine, member: Remote) -> None:
    """A-7, I-3: the exit code is that of the same refusal here."""
    before = lived_in.content()["raids"]
    member.run(*IMPORT, stdin=NAMES, code=5)
    assert lived_in.content()["raids"] == before


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("standings", "--order", "height"), 3, "height"),
        (("standings", "--where", "current_min=much"), 3, "much"),
        (("standings", "--pool", "None"), 4, "'None'"),
        (("points", "balance", "Nobody"), 4, "Nobody"),
        (("points", "balance", "99"), 4, "99"),
        (("standings", "--guild", "elsewhere"), 4, "elsewhere"),
        (("standings", "--database", "here.db"), 3, "one of the two"),
    ],
)
def test_refusals_are_told_as_here(command: tuple[str, ...], code: int, said: str, officer: Remote) -> None:
    """G-8, I-3: one line on stderr, the exit code of the kind."""
    assert said in officer.run(*command, code=code).stderr


def test_keys_and_servers_that_do_not_work_are_told(address: str, officer: Remote) -> None:
    """I-3: a wrong key, no key, nobody there, and a connection that others could read."""
    assert "--key" in Remote(address, "dkp_wrong_key").run("standings", code=5).stderr
    assert "DKP_KEY" in Remote(address, "").run("standings", code=3).stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "does not answer" in Remote(f"http://127.0.0.1:{port}", "k").run("standings", code=7).stderr
    assert "--insecure" in Remote("http://dkp.example.org", officer.key).run("standings", code=3).stderr


def test_server_key_and_guild_may_be_in_the_environment(
    lived_in: CommandLine, officer: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-3: DKP_SERVER, DKP_KEY and DKP_GUILD; a database that is named on the command line counts more."""
    monkeypatch.setenv("DKP_SERVER", officer.server)
    monkeypatch.setenv("DKP_KEY", officer.key)
    outcome = CliRunner().invoke(app, ["standings", "--json"])
    assert json.loads(outcome.stdout) == lived_in.json("standings")
    monkeypatch.setenv("DKP_GUILD", "elsewhere")
    assert CliRunner().invoke(app, ["standings"]).exit_code == 4
    monkeypatch.delenv("DKP_GUILD")
    monkeypatch.setenv("DKP_KEY", "wrong")
    assert CliRunner().invoke(app, ["standings"]).exit_code == 5
    lived_in.run("standings")


def test_a_command_that_needs_the_database_ignores_the_server(
    officer: Remote, lived_in: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-3: what only the operator does has no --server, and does not take DKP_SERVER for its database."""
    monkeypatch.setenv("DKP_SERVER", officer.server)
    monkeypatch.setenv("DKP_KEY", "wrong")
    lived_in.run("verify")
    assert CliRunner().invoke(app, ["verify"]).exit_code == 0
    assert CliRunner().invoke(app, ["verify", "--server", officer.server]).exit_code == 2


# --- auctions ---------------------------------------------------------------------------------------------------------

CLOAK = "Cloak of Cinders"


def test_an_auction_is_run_from_another_pc(lived_in: CommandLine, officer: Remote, member: Remote) -> None:
    """I-3, L-11, L-16: started, bid on, extended, frozen, closed and awarded over the API, as on the database."""
    lived_in.run("points", "adjust", "--user", "Björn", "--user", "Chloé", "--amount", "50", "--reason", "x")
    started = officer.json("auction", "start", CLOAK, "--closes-in", "2m", "--rule", "increment=5", "--pool", "DKP")
    assert (started["id"], started["increment"], started["status"]) == (1, "5.00", "open")
    placed = member.json("bid", "place", "1", "--amount", "11")
    assert (placed["character"], placed["leading"]) == ("Björnulf", True)
    assert "at least" in officer.run("bid", "place", "1", "--character", "Élan", "--amount", "11", code=6).stderr
    assert officer.json("bid", "place", "1", "--user", "323456789012345678", "--ceiling", "41")["leading"] is True
    assert officer.json("bid", "withdraw", "1", "--character", "Björnulf") == {"auction": 1, "dry_run": False}
    assert officer.json("bid", "validate", "1", "--character", "Björnulf", "--amount", "16")["code"] == "bid_too_low"
    later = officer.json("auction", "extend", "1", "--by", "1m")["closes_at"]
    assert datetime.fromisoformat(later) == datetime.fromisoformat(started["closes_at"]) + timedelta(minutes=1)
    assert [row["status"] for row in officer.json("auction", "freeze", "--all")] == ["frozen"]
    assert officer.json("auction", "resume", "1")["status"] == "open"
    for command in (
        ("auction", "list", "--running", "--item", CLOAK),
        ("auction", "bids", "1"),
        ("auction", "show", "1"),
        ("item", "list", "--search", "cind"),
        ("item", "show", CLOAK),
    ):
        assert officer.json(*command) == lived_in.json(*command), command
        assert officer.run(*command).stdout == lived_in.run(*command).stdout, command
    closed = officer.json("auction", "close", "1")
    assert [row["username"] for row in closed["results"]] == ["Chloé"]
    assert "closed" in officer.run("auction", "show", "1", "--watch").stdout
    (award,) = officer.json("auction", "award", "1")
    assert award == officer.json("award", "list", "--user", "Chloé")[0] == lived_in.json("award", "show", "1")
    officer.run("auction", "start", "Helm", "--pool", "DKP")
    assert officer.json("auction", "cancel", "2", "--reason", "wrong one")["status"] == "cancelled"
    lived_in.run("verify")


def test_a_sealed_bid_is_seen_by_its_bidder_alone(lived_in: CommandLine, officer: Remote, member: Remote) -> None:
    """L-11, L-12: in one's own view, with the receipt; nobody else's commands show it."""
    lived_in.run("auction", "start", CLOAK, "--mode", "sealed_first_price", "--pool", "DKP")
    receipt = member.json("bid", "place", "1", "--amount", "7")["receipt"]
    own = member.json("bid", "own")
    assert [(row["item"], row["held"], row["sealed"]) for row in own["holds"]] == [(CLOAK, "7.00", "7.00")]
    assert (own["bids"][0]["amount"], own["bids"][0]["receipt"]) == ("7.00", receipt)
    assert CLOAK in member.run("bid", "own").stdout
    assert member.json("auction", "bids", "1")[0]["amount"] == "7.00"
    assert officer.json("auction", "bids", "1")[0]["amount"] is None
    assert member.json("bid", "max")["available"] == "4.25"
    assert officer.json("bid", "max", "Björn", "--auction", "1")["available"] == "11.25"


def test_a_raider_checks_an_auction_with_their_own_key(lived_in: CommandLine, officer: Remote, member: Remote) -> None:
    """L-15, I-3: by what is published and what they noted; the audit log's part is for who may read that."""
    started = officer.json("auction", "start", CLOAK, "--mode", "sealed_first_price", "--pool", "DKP")
    placed = member.json("bid", "place", "1", "--amount", "7")
    assert "open" in member.run("auction", "check", "1", code=6).stderr
    officer.run("auction", "close", "1")
    noted = ("auction", "check", "1", "--seed-hash", started["seed_hash"], "--receipt", placed["receipt"])
    told = member.run(*noted)
    assert "it all agrees" in told.stdout
    assert "--seed-hash" in told.stderr
    found = member.json(*noted)
    assert [check["what"] for check in found["checks"]] == [
        "seed hash as published",
        "seed hash as noted",
        f"receipt of bid {placed['bid_id']}, Björnulf",
        "a receipt that was given",
        "what Björnulf won",
    ]
    assert officer.json(*noted) == lived_in.json(*noted)
    assert len(officer.json(*noted)["checks"]) == len(found["checks"]) + 1
    assert officer.run(*noted).stderr == ""
    member.run("auction", "check", "1", "--seed-hash", "00" * 32, code=8)


def test_a_bid_is_left_and_taken_back_from_another_pc(lived_in: CommandLine, officer: Remote, member: Remote) -> None:
    """L-14, I-3: one's own without naming anybody; for others it takes the right to."""
    lived_in.run("item", "add", CLOAK)
    left = member.json("bid", "leave", CLOAK, "--ceiling", "5")
    assert (left["user_id"], left["ceiling"]) == (2, "5.00")
    assert member.json("bid", "leave", CLOAK, "--ceiling", "6", "--character", "Zweitulf")["ceiling"] == "6.00"
    (waits,) = member.json("bid", "own")["standing"]
    assert (waits["item"], waits["ceiling"], waits["character"]) == (CLOAK, "6.00", "Zweitulf")
    for command in (("bid", "leave", CLOAK, "--ceiling", "7"), ("bid", "take-back", CLOAK)):
        assert "--dry-run" in member.run(*command, "--dry-run", code=3).stderr
        member.run(*command, "--user", "323456789012345678", code=5)
    assert member.json("bid", "own")["standing"] == [waits]
    assert "taken back" in member.run("bid", "take-back", CLOAK).stdout
    assert member.json("bid", "own")["standing"] == []
    member.run("bid", "take-back", CLOAK, code=4)
    officer.run("bid", "leave", CLOAK, "--user", "323456789012345678", "--ceiling", "9")
    officer.run("bid", "take-back", CLOAK, "--user", "Élan")
    assert "who bids" in lived_in.refused("bid", "take-back", CLOAK, code=3)
    lived_in.run("auction", "start", CLOAK, "--pool", "DKP")
    assert "bid there" in member.run("bid", "leave", CLOAK, "--ceiling", "5", code=6).stderr


def test_loot_is_awarded_and_chat_is_read_from_another_pc(lived_in: CommandLine, officer: Remote) -> None:
    """L-9, L-10: a preview changes nothing; what else would change something is not asked for in a dry run."""
    award = officer.json(
        *("award", "give", CLOAK, "--character", "Élan", "--amount", "5", "--pool", "DKP", "--reason", "word of mouth"),
        *("--bid", "Björnulf=4", "--bid", "323456789012345678=5"),
    )
    assert (award["username"], award["amount"]) == ("Chloé", "5.00")
    assert len(lived_in.json("item", "history", CLOAK)) == 2
    assert officer.json("award", "give", CLOAK, "--nobody", "--pool", "DKP")["user_id"] is None
    lived_in.run("auction", "start", "Helm", "--pool", "DKP")
    line = "[Fri Nov 20 20:15:02 2026] Björnulf tells you, 'Helm 3'\n".encode()
    chat = ("bid", "chat", "-", "--owner", "Almaryn")
    assert [row["outcome"] for row in officer.json(*chat, "--dry-run", stdin=line)] == ["done"]
    assert lived_in.json("auction", "bids", "2") == []
    assert [row["outcome"] for row in officer.json(*chat, stdin=line)] == ["done"]
    assert [row["outcome"] for row in officer.json(*chat, stdin=line)] == ["repeated"]
    assert "--dry-run" in officer.run("auction", "close", "2", "--dry-run", code=3).stderr


def test_a_member_runs_no_auctions(lived_in: CommandLine, member: Remote) -> None:
    """A-3, I-3: and bids for nobody else."""
    lived_in.run("auction", "start", CLOAK, "--pool", "DKP")
    member.run("auction", "start", "Helm", code=5)
    member.run("auction", "close", "1", code=5)
    member.run("award", "give", CLOAK, "--nobody", code=5)
    member.run("bid", "place", "1", "--user", "323456789012345678", "--amount", "5", code=5)
    assert lived_in.json("auction", "bids", "1") == []


def test_an_applicant_applies_and_a_member_votes(lived_in: CommandLine, address: str) -> None:
    """I-3, V-1, V-5: each with a key of their own, from their own machine; the officer accepts between."""
    lived_in.run("application", "set-form", '[{"id": "why", "text": "Why us?", "required": true}]')
    lived_in.run("user", "add", "723456789012345678", "--username", "Neu", "--role-group", "guest")
    newcomer = Remote(address, key_of(lived_in, "723456789012345678"))
    newcomer.run("application", "submit", "Neuling", code=3)
    told = newcomer.json("application", "submit", "Neuling", "--class", "Cleric", "--answer", "why=Fun")
    assert told["answers"][0]["answer"] == "Fun"
    it = str(told["id"])
    changed = newcomer.json("application", "change", it, "--availability", "Weekends", "--level", "60")
    assert (changed["availability"], changed["level"]) == ("Weekends", 60)
    assert [row["id"] for row in newcomer.json("application", "own")] == [told["id"]]
    newcomer.run("application", "list", code=5)
    lived_in.run("application", "accept", it)
    lived_in.run("application", "start-voting", it)
    member = Remote(address, key_of(lived_in, "Björn"))
    assert [row["status"] for row in member.json("application", "list", "--status", "voting_active")] == [
        "voting_active"
    ]
    member.run("application", "feedback", it, "Friendly.")
    assert member.json("vote", "cast", it, "pass")["own"]["option"] == "pass"
    assert "Your vote: fail" in member.run("vote", "cast", it, "fail").stdout
    member.run("vote", "withdraw", it)
    assert member.json("vote", "summary", it)["votes"] == 0
    newcomer.run("vote", "cast", it, "pass", code=5)
    newcomer.run("vote", "summary", it, code=5)
    member.run("vote", "recuse", it)
    member.run("vote", "cast", it, "pass", code=6)
    newcomer.run("application", "withdraw", it, "--reason", "changed my mind")
    assert newcomer.json("application", "show", it)["status"] == "withdrawn"
