"""`dkp follow`: a log whose bids reach the auction as they are said, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

import pytest
from attrs import define, field

from tests.integration.cli.command_line import CommandLine
from tests.integration.cli.test_remote import Remote, key_of, served
from tests.integration.whole.programs import programs

SRC = Path(__file__).parents[3] / "src"
SECONDS_MAX = 60.0
START = "[Fri Nov 20 20:15:00 2026] "
NAME = "eqlog_Almaryn_firiona.txt"
CLOAK = "Cloak of Cinders"
SAID = (
    "You tell your raid, ':::Cloak of Cinders::: BIDS OPEN'",
    "You have slain a bat!",
    "Björnulf tells you, 'Cloak of Cinders 12'",
    "Élan tells you, 'Cloak of Cinders 500'",
    "Élan tells you, 'hello there'",
)


def say(log: Path, *lines: str, encoding: str = "utf-8") -> None:
    """Say something in game."""
    with log.open("ab") as file:
        file.write("".join(f"{START}{line}\r\n" for line in lines).encode(encoding))


def bid(amount: int, who: str = "Björnulf") -> str:
    """A bid, as it is told."""
    return f"{who} tells you, '{CLOAK} {amount}'"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is remembered of logs stays in the test's folder."""
    folder = tmp_path / "state"
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(folder))
    return folder


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log that tells of an auction and two bids."""
    path = tmp_path / NAME
    say(path, *SAID)
    return path


@pytest.fixture
def rich(dkp: CommandLine) -> CommandLine:
    """The guild, with points to bid."""
    dkp.run("points", "adjust", "--user", "Björn", "--user", "Chloé", "--amount", "100", "--reason", "x")
    return dkp


def bids(dkp: CommandLine, auction: int = 1) -> list[str]:
    """The amounts that were accepted in an auction, the oldest first."""
    rows = dkp.json("auction", "bids", auction)
    return [row["amount"] for row in reversed(rows) if row["outcome"] == "accepted"]


# --- a log to its end -------------------------------------------------------------------------------------------------


def test_a_log_is_followed_and_goes_on_where_it_was_left(rich: CommandLine, log: Path) -> None:
    """L-10: each line once, in this run and the next; what is refused has its reason."""
    follow = ("follow", log, "--until-end")
    outcome = rich.run(*follow, "--from-start")
    call, accepted, refused, talk = outcome.stdout.splitlines()
    assert call == f"20:15:00 done     Almaryn: call: 1 × {CLOAK} is auction 1"
    assert accepted == f"20:15:00 done     Björnulf: bid on {CLOAK}: 12.00 for Björnulf, and leads"
    assert refused.startswith(f"20:15:00 refused  Élan: bid on {CLOAK}: 500.00 is more than ")
    assert talk == "20:15:00 talk     Élan tells you, 'hello there'"
    begun, summary = outcome.stderr.splitlines()
    assert begun == f"dkp: following {NAME} as Almaryn, from its beginning; Ctrl-C ends it"
    assert summary == "dkp: 4 lines of chat: 1 talk, 2 done, 1 refused"
    again = rich.run(*follow)
    assert again.stdout == ""
    assert "from where it was left" in again.stderr
    say(log, bid(15))
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{START}Élan tells you, 'Cloak of")
    (line,) = rich.run(*follow, "--json").stdout.splitlines()
    assert (json.loads(line)["outcome"], json.loads(line)["auction"]) == ("done", 1)
    assert bids(rich) == ["12.00", "15.00"]


def test_the_whole_log_again_repeats_nothing(rich: CommandLine, log: Path) -> None:
    """L-10: each line that bears its time counts once; refused bids are not recorded again either."""
    follow = ("follow", log, "--until-end", "--from-start", "--quiet", "--json")
    rich.run(*follow)
    before = rich.content()
    lines = [json.loads(line) for line in rich.run(*follow).stdout.splitlines()]
    assert [(line["meaning"], line["outcome"]) for line in lines] == [
        ("call", "repeated"),
        ("bid", "repeated"),
        ("bid", "repeated"),
    ]
    assert rich.content() == before


def test_a_preview_changes_nothing_and_remembers_nothing(rich: CommandLine, log: Path, state: Path) -> None:
    """L-10: neither in the guild nor of how far it was read."""
    rich.run("auction", "start", "Helm")
    say(log, "Björnulf tells you, 'Helm 5'")
    before = rich.content()
    outcome = rich.run("follow", log, "--until-end", "--from-start", "--preview")
    assert "done     Almaryn: call" in outcome.stdout
    assert "done     Björnulf: bid on Helm" in outcome.stdout
    assert "nothing is changed" in outcome.stderr
    assert rich.content() == before
    assert not list(state.glob("**/*.json"))


def test_the_past_of_a_log_is_left_alone(rich: CommandLine, log: Path, state: Path) -> None:
    """L-10: at first, and where the last run was on another evening."""
    assert rich.run("follow", log, "--until-end").stdout == ""
    (kept,) = state.glob("**/*.json")
    long_ago = time.time() - 24 * 3600
    os.utime(kept, (long_ago, long_ago))
    say(log, *SAID)
    outcome = rich.run("follow", log, "--until-end")
    assert outcome.stdout == ""
    assert "from its end" in outcome.stderr
    assert rich.json("auction", "list") == []


def test_each_database_has_a_place_of_its_own(
    rich: CommandLine, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L-10: by one name, wherever the command is run."""
    rich.run("follow", log, "--until-end", "--from-start")
    other = CommandLine(tmp_path / "other.db")
    other.path.write_bytes(rich.path.read_bytes())
    assert "from its end" in other.run("follow", log, "--until-end").stderr
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert "from where it was left" in CommandLine(Path("../dkp.db")).run("follow", log, "--until-end").stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("log.txt",), 3, "--owner"),
        (("log.txt", "--owner", "?" * 200), 3, "owner"),
        ((".", "--owner", "Almaryn"), 3, "folder"),
        ((NAME, "--pool", "Gold"), 4, "Gold"),
        ((NAME, "--raid", "one"), 3, "raid"),
    ],
)
def test_what_can_not_be_followed_is_told_at_once(
    arguments: tuple[str, ...], code: int, said: str, rich: CommandLine, log: Path, tmp_path: Path
) -> None:
    """G-8: and not by the first bid of the evening."""
    assert said in rich.refused("follow", *arguments, "--until-end", code=code)


# --- a log that grows -------------------------------------------------------------------------------------------------


@define(eq=False)
class Follower:
    """`dkp follow` in a process of its own, with what it said so far."""

    process: subprocess.Popen[str]
    notes: list[str] = field(factory=list, init=False)
    _lines: SimpleQueue[str] = field(factory=SimpleQueue, init=False)
    _listening: list[threading.Thread] = field(init=False)

    def __attrs_post_init__(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.notes.append(self.process.stderr.readline())
        self._listening = [
            threading.Thread(target=self._listen, args=(self.process.stdout, self._lines.put)),
            threading.Thread(target=self._listen, args=(self.process.stderr, self.notes.append)),
        ]
        for thread in self._listening:
            thread.start()

    def _listen(self, stream: IO[str], hear: Callable[[str], None]) -> None:
        with stream:
            for line in stream:
                hear(line)

    def ended(self) -> int:
        """Its exit code, when it has ended and said everything."""
        code = self.process.wait(SECONDS_MAX)
        for thread in self._listening:
            thread.join()
        return code

    def told(self, count: int) -> list[str]:
        """What became of the next lines."""
        return [json.loads(self._lines.get(timeout=SECONDS_MAX))["outcome"] for _ in range(count)]

    def nothing_more(self) -> bool:
        """Whether it has told of no other line."""
        try:
            self._lines.get_nowait()
        except Empty:
            return True
        return False

    def waits(self) -> None:
        """Until it has found that nobody answers."""
        until = time.monotonic() + SECONDS_MAX
        while not any("does not answer" in each for each in self.notes):
            assert time.monotonic() < until, self.notes
            time.sleep(0.05)

    def end(self, told: signal.Signals = signal.SIGTERM) -> str:
        """What it says when it is told to end; it must end well."""
        self.process.send_signal(told)
        assert self.ended() == 0, self.notes
        assert not any("Traceback" in each for each in self.notes)
        return self.notes[-1].strip()


@contextmanager
def following(log: Path, *options: str) -> Iterator[Follower]:
    """Somebody who follows the log."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dkp_entrypoints", "follow", str(log), "--json", *options],
        env=os.environ | {"PYTHONPATH": str(SRC)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    follower = Follower(process)
    try:
        yield follower
    finally:
        process.kill()
        follower.ended()


def on(server: str, key: str) -> tuple[str, ...]:
    """The options for a server."""
    return ("--server", server, "--key", key)


def test_bids_reach_the_auction_as_they_are_said(rich: CommandLine, log: Path) -> None:
    """L-10, I-3: from an officer's own PC, with their key; it ends with a summary when it is told to."""
    with served(rich.url) as server, following(log, *on(server, key_of(rich, "Alma"))) as follower:
        assert "from its end" in follower.notes[0]
        say(log, SAID[0])
        assert follower.told(1) == ["done"]
        say(log, SAID[1], bid(12), "Élan -> Almaryn: Cloak of Cinders 20", encoding="cp1252")
        assert follower.told(2) == ["done", "done"]
        with log.open("ab") as file:
            file.write(f"{START}{bid(30)}"[:-4].encode())
            file.flush()
            time.sleep(1)
            assert follower.nothing_more()
            file.write(f"{START}{bid(30)}"[-4:].encode() + b"\r\n")
        assert follower.told(1) == ["done"]
        assert bids(rich) == ["12.00", "20.00", "30.00"]
        log.rename(log.with_suffix(".old"))
        say(log, bid(31))
        assert follower.told(1) == ["done"]
        log.write_bytes(b"")
        time.sleep(1)
        say(log, bid(32), bid(32))
        assert follower.told(2) == ["done", "repeated"]
        assert follower.end(signal.SIGINT) == "dkp: 7 lines of chat: 6 done, 1 repeated"
    assert rich.json("auction", "bids", "1")[0]["source"] == "chat"
    assert rich.json("audit", "--limit", "1")[0]["actor_kind"] == "api_key"
    rich.run("verify")


def test_a_server_that_is_killed_and_comes_back_gets_every_line_once(
    rich: CommandLine, log: Path, tmp_path: Path
) -> None:
    """L-10, L-16: in the middle of bidding; while it is away lines wait, in order."""

    def say_all() -> None:
        for amount in range(13, 73):
            say(log, bid(amount))
            time.sleep(0.05)

    bidding = threading.Thread(target=say_all)
    with programs(rich.url, tmp_path) as running:
        server = running.dkp("serve", "--port", "0")
        server.ready()
        assert server.port is not None
        address = f"http://127.0.0.1:{server.port}"
        with following(log, "--from-start", *on(address, key_of(rich, "Alma"))) as follower:
            assert follower.told(4) == ["done", "done", "refused", "talk"]
            bidding.start()
            outcomes = follower.told(1)
            server.kill()
            follower.waits()
            bidding.join()
            with served(rich.url, server.port):
                outcomes += follower.told(59)
                say(log, bid(73))
                assert follower.told(1) == ["done"]
                assert follower.end().startswith("dkp: 65 lines of chat: ")
    assert set(outcomes) == {"done"}, "the same request is answered with what became of it at first"
    assert bids(rich) == [f"{amount}.00" for amount in range(12, 74)]
    rich.run("verify")


def test_who_is_killed_goes_on_where_they_were(rich: CommandLine, log: Path) -> None:
    """L-10: on the database, as the operator; what was said meanwhile is not missed."""
    database = ("--database", rich.url)
    with following(log, "--from-start", *database) as follower:
        assert follower.told(4) == ["done", "done", "refused", "talk"]
        say(log, bid(13))
        assert follower.told(1) == ["done"]
        follower.process.kill()
        follower.ended()
        say(log, bid(14))
    with following(log, *database) as follower:
        say(log, bid(15))
        outcomes = follower.told(2)
        assert follower.nothing_more()
        assert follower.end(signal.SIGINT) == "dkp: 2 lines of chat: 2 done"
    assert outcomes == ["done", "done"]
    assert bids(rich) == ["12.00", "13.00", "14.00", "15.00"]


def test_who_is_told_to_end_while_nobody_answers_ends(rich: CommandLine, log: Path) -> None:
    """L-10: at once; the lines are sent by the next run."""
    key = key_of(rich, "Alma")
    with ExitStack() as stack:
        address = stack.enter_context(served(rich.url))
        with following(log, *on(address, key)) as follower:
            stack.close()
            say(log, *SAID)
            follower.waits()
            assert "4 lines without an answer, with which the next run begins" in follower.end()
    with served(rich.url, int(address.rpartition(":")[2])):
        outcome = Remote(address, key).run("follow", str(log), "--until-end", "--quiet")
    assert [line.split()[1] for line in outcome.stdout.splitlines()] == ["done", "done", "refused"]


def test_a_log_that_is_not_there_yet_is_waited_for(rich: CommandLine, tmp_path: Path) -> None:
    """L-10: the client makes it when `/log on` is typed."""
    log = tmp_path / "eqlog_Almaryn_povar.txt"
    with following(log, "--database", rich.url) as follower:
        assert "as soon as it is there" in follower.notes[0]
        say(log, *SAID)
        assert follower.told(4) == ["done", "done", "refused", "talk"]


# --- on a server ------------------------------------------------------------------------------------------------------


def test_a_preview_on_a_server_changes_nothing(rich: CommandLine, log: Path) -> None:
    """L-10: but that the key was used."""
    rich.run("auction", "start", "Helm")
    say(log, "Björnulf tells you, 'Helm 5'")
    key = key_of(rich, "Alma")
    of_the_key = {"api_keys", "heartbeats", "deadlines"}
    with served(rich.url) as server:
        before = rich.content()
        outcome = Remote(server, key).run("follow", str(log), "--until-end", "--from-start", "--preview")
        after = rich.content()
    assert "done     Björnulf: bid on Helm" in outcome.stdout
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= of_the_key


def test_a_key_that_may_not_bid_for_others_is_told_at_once(rich: CommandLine, log: Path) -> None:
    """A-7, G-8: one line, before anything is said."""
    with served(rich.url) as server:
        member = Remote(server, key_of(rich, "Björn"))
        member.run("follow", str(log), "--from-start", code=5)
        Remote(server, "dkp_wrong_key").run("follow", str(log), code=5)
    assert rich.json("auction", "list") == []


def test_a_key_that_is_revoked_meanwhile_ends_it_with_one_line(rich: CommandLine, log: Path) -> None:
    """G-8: that is no lost connection."""
    issued: Any = rich.json("key", "issue", "--user", "Alma")
    with served(rich.url) as server, following(log, *on(server, issued["key"])) as follower:
        rich.run("key", "revoke", issued["prefix"])
        say(log, SAID[0])
        assert follower.ended() == 5
    assert len(follower.notes) == 2
    assert "does not know the key" in follower.notes[1]
