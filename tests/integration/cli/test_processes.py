"""`dkp` as a process: what it costs to start, exit codes, pipes, signals, serving."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer import Context
from typer.main import get_command
from typer.testing import CliRunner

from dkp_entrypoints.cli import app
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.exit_codes import MEANINGS, ExitCode
from dkp_entrypoints.cli.root import COMMANDS
from tests.integration.cli.command_line import CommandLine

SRC = Path(__file__).parents[3] / "src"
SECONDS_MAX = 60.0


def environment() -> dict[str, str]:
    """The environment of whoever runs the tests, without settings of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DKP_")} | {"PYTHONPATH": str(SRC)}


def run(*arguments: str, stdin: bytes | None = None, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The outcome of `dkp` in a process of its own."""
    outcome = subprocess.run(
        [sys.executable, "-m", "dkp_entrypoints", *arguments],
        env=environment(),
        cwd=folder,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=SECONDS_MAX,
    )
    return subprocess.CompletedProcess(
        outcome.args, outcome.returncode, outcome.stdout.decode("utf-8"), outcome.stderr.decode("utf-8")
    )


# --- help -------------------------------------------------------------------------------------------------------------

ADAPTERS = ("sqlalchemy", "alembic", "litestar", "uvicorn", "dependency_injector", "httpx")
DEAR = (*ADAPTERS, "rich", "cattrs", "structlog", "asyncio")


def loaded_by(*arguments: str) -> set[str]:
    """The modules that are loaded when `dkp` with these arguments has ended."""
    program = f"""
import sys
sys.argv = ["dkp", *{arguments!r}]
from dkp_entrypoints.__main__ import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print("\\n".join(sys.modules), file=sys.stderr)
"""
    outcome = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True
    )
    return set(outcome.stderr.split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_loads_next_to_nothing(arguments: tuple[str, ...]) -> None:
    """O-19: typer and the table of commands; no database, no server, not even the core."""
    loaded = loaded_by(*arguments)
    assert not {name for name in loaded if name.partition(".")[0] in DEAR}
    assert not {name for name in loaded if name.startswith(("dkp_core", "dkp_adapters"))}
    ours = {name for name in loaded if name.startswith("dkp_entrypoints.cli.")}
    assert ours == {f"dkp_entrypoints.cli.{name}" for name in ("asked", "exit_codes", "failing", "root")}


def test_the_help_of_a_command_loads_no_adapter() -> None:
    """O-19: the docstrings of use cases are in the core."""
    loaded = loaded_by("raid", "import", "--help")
    assert not {name for name in loaded if name.partition(".")[0] in ADAPTERS}


def test_help_is_not_dearer_than_three_times_typer() -> None:
    """O-19: measured in CPU time, the best of three each, since others use this machine too."""

    def seconds(*program: str) -> float:
        before = os.times()
        subprocess.run([sys.executable, *program], env=environment(), capture_output=True, check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    typer = min(seconds("-c", "import typer") for _ in range(3))
    ours = min(seconds("-m", "dkp_entrypoints", "--help") for _ in range(3))
    assert ours < 3 * typer


def test_help_lists_every_command_and_every_exit_code() -> None:
    """I-3: exit codes are documented where people look for them."""
    said = " ".join(run("--help").stdout.split())
    for name, (_, line) in [each for section in COMMANDS.values() for each in section.items()]:
        assert f"{name} {line}" in said
    for code, meaning in MEANINGS.items():
        assert f"{code.value} {meaning}" in said
    assert MEANINGS.keys() == set(ExitCode)


@pytest.mark.parametrize("family", [name for section in COMMANDS.values() for name in section])
def test_every_command_has_help_that_reads_well(family: str) -> None:
    """I-3: each leaf says what it does and what its options mean, and no rule's number."""
    for path in leaves(family):
        outcome = CliRunner().invoke(app, [*path, "--help"])
        assert outcome.exit_code == 0, outcome.output
        assert outcome.stdout.startswith(f"Usage: dkp {' '.join(path)} ")
        assert not re.search(r"\([A-Z]-\d+\)", outcome.stdout)


def leaves(*path: str) -> Iterator[tuple[str, ...]]:
    """Every command below one, with itself."""
    command: Any = get_command(app)
    for name in path:
        command = command.get_command(Context(command), name)
    yield path
    for name in getattr(command, "commands", ()):
        yield from leaves(*path, name)


def test_the_shell_can_complete_commands() -> None:
    """I-3: completion knows the families without importing them."""
    outcome = subprocess.run(
        [sys.executable, "-m", "dkp_entrypoints"],
        env=environment() | {"_DKP_COMPLETE": "complete_bash", "COMP_WORDS": "dkp st", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.stdout.split() == ["standings"]


# --- exit codes -------------------------------------------------------------------------------------------------------


OUTCOMES = (
    (("standings", "--json"), 0),
    (("standigns",), 2),
    (("standings", "--pol", "DKP"), 2),
    (("points", "adjust", "--amount"), 2),
    (("raid", "attend", "one"), 2),
    (("raid", "list", "--limit", "0"), 2),
    (("standings", "--order", "height"), 3),
    (("raid", "show", "99"), 4),
    (("rank", "remove", "Leader"), 6),
    (("standings", "--database", "none.db"), 7),
)


@pytest.mark.parametrize(("arguments", "code"), OUTCOMES)
def test_each_kind_of_outcome_has_its_exit_code(
    arguments: tuple[str, ...], code: int, dkp: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-3, G-8: one line on stderr, no traceback, nothing on stdout."""
    monkeypatch.setenv("DKP_DATABASE_URL", dkp.url)
    outcome = CliRunner().invoke(app, list(arguments))
    must_be_so(outcome.exit_code, outcome.stdout, outcome.stderr, code)
    assert not Path("none.db").exists()


@pytest.mark.parametrize(("arguments", "code"), [OUTCOMES[1], OUTCOMES[7]])
def test_a_process_ends_with_the_exit_code(arguments: tuple[str, ...], code: int, dkp: CommandLine) -> None:
    """I-3, G-8: what scripts see, of what was written wrongly and of what a use case refuses."""
    outcome = run(*arguments, folder=dkp.path.parent)
    must_be_so(outcome.returncode, outcome.stdout, outcome.stderr, code)


def must_be_so(found: int, stdout: str, stderr: str, code: int) -> None:
    """That is the exit code, and a refusal is one line. Raises: AssertionError."""
    assert found == code, stderr
    if code:
        assert stdout == ""
        assert stderr.startswith("dkp: ")
        assert stderr.count("\n") == 1


def test_without_arguments_the_help_is_shown() -> None:
    """I-3: on stderr, since nothing was done."""
    outcome = run()
    assert outcome.returncode == 2
    assert "standings" in outcome.stderr


def test_a_mistyped_command_is_guessed() -> None:
    """I-3: the error says what was meant, and where to look."""
    said = run("standigns").stderr
    assert "standigns" in said
    assert "dkp --help" in said


def test_an_unexpected_fault_is_one_line_too(dkp: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """I-3: with the way to the traceback, which shows where asked for."""

    def broken(_: Call) -> None:
        raise KeyError("boom\nand more")

    monkeypatch.setattr(Call, "guild", broken)
    for level, lines in (("info", 1), ("debug", 0)):
        monkeypatch.setenv("DKP_LOG_LEVEL", level)
        outcome = CliRunner().invoke(app, ["standings", "--database", dkp.url])
        assert outcome.exit_code == 1
        assert outcome.stderr.startswith("dkp: unexpected fault: KeyError")
        assert (outcome.stderr.count("\n") == 1) == bool(lines)
        assert ("Traceback" in outcome.stderr) != bool(lines)


def test_a_name_that_is_no_text_is_refused(dkp: CommandLine) -> None:
    """G-9: a terminal in another encoding; the bytes are not guessed at."""
    outcome = subprocess.run(
        [sys.executable, "-m", "dkp_entrypoints", "character", "show", b"\xc9lan"],
        env=environment() | {"DKP_DATABASE_URL": dkp.url},
        capture_output=True,
        check=False,
    )
    assert outcome.returncode == 2
    assert outcome.stderr.count(b"\n") == 1
    assert b"UTF-8" in outcome.stderr


# --- pipes and terminals ----------------------------------------------------------------------------------------------


def test_a_reader_who_has_seen_enough_ends_it_quietly(dkp: CommandLine) -> None:
    """I-3: `dkp audit | head -1`."""
    for option in ("", "--json"):
        outcome = subprocess.run(
            f"{sys.executable} -m dkp_entrypoints audit {option} | head -1; echo ${{PIPESTATUS[0]}}",
            shell=True,
            executable="/bin/bash",
            env=environment() | {"DKP_DATABASE_URL": dkp.url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.stderr == ""
        assert outcome.stdout.splitlines()[-1] == "0"


def test_nothing_is_cut_in_a_pipe(dkp: CommandLine) -> None:
    """G-9: a table that is not on a terminal is as wide as it needs to be."""
    note = "a very long note " * 20
    dkp.run("raid", "add", "Plane of Fear", "--at", "2026-11-19T20:00", "--note", note)
    outcome = run("raid", "list", folder=dkp.path.parent)
    assert note.strip() in outcome.stdout


def test_a_terminal_that_knows_few_letters_is_no_fault(dkp: CommandLine) -> None:
    """G-9: JSON escapes what the terminal can't show, tables spell it out."""
    program = """
import sys
from dkp_entrypoints.cli import app
for command in (["character", "list", "--json"], ["character", "list"]):
    try:
        app(command)
    except SystemExit as ended:
        assert not ended.code, ended.code
    print("=====", flush=True)
"""
    few = environment() | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "DKP_DATABASE_URL": dkp.url}
    outcome = subprocess.run([sys.executable, "-c", program], env=few, capture_output=True, check=True)
    as_json, table, _ = outcome.stdout.split(b"=====\n")
    assert "Élan" in {row["name"] for row in json.loads(as_json)}
    assert b"\\xc9lan" in table


def test_what_others_wrote_does_not_steer_the_terminal(dkp: CommandLine) -> None:
    """O-13: escape sequences in a dump are shown as blanks, markup as it stands."""
    listed = "Élan\n[bold]Fett[/bold]\n\x1b[31mRot\x1b[0m\n".encode()
    outcome = dkp.run(
        *("raid", "import", "-", "--event-type", "Plane of Fear", "--at", "2026-11-19T20:00", "--format", "name_list"),
        stdin=listed,
    )
    assert "\x1b" not in outcome.stdout + outcome.stderr
    assert "[bold]Fett[/bold]" in outcome.stdout


# --- signals ----------------------------------------------------------------------------------------------------------


def started(*arguments: str, url: str) -> subprocess.Popen[str]:
    """`dkp` running, with its standard error to be read."""
    return subprocess.Popen(
        [sys.executable, "-m", "dkp_entrypoints", *arguments],
        env=environment() | {"DKP_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ctrl_c_ends_a_command_without_a_traceback(dkp: CommandLine) -> None:
    """I-3: while it waits for standard input, exit code 130, and nothing was recorded."""
    before = dkp.content()
    process = subprocess.Popen(
        [sys.executable, "-m", "dkp_entrypoints", "raid", "import", "-", "--event-type", "Plane of Fear"],
        env=environment() | {"DKP_DATABASE_URL": dkp.url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(b"half a l")
    process.stdin.flush()
    while fcntl.ioctl(process.stdin, termios.FIONREAD, b"\0\0\0\0") != b"\0\0\0\0":
        time.sleep(0.05)  # until it has read what there is
    time.sleep(0.3)  # and waits for more
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS_MAX) == 130
    assert process.stderr is not None
    assert process.stderr.read() == b"dkp: interrupted\n"
    process.stdin.close()
    assert process.stdout is not None
    process.stdout.close()
    process.stderr.close()
    assert dkp.content() == before


def get(url: str, key: str | None = None) -> tuple[int, str]:
    """The answer to a GET."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=SECONDS_MAX) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def address_of(process: subprocess.Popen[str]) -> str:
    """Where it says that it serves."""
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"http://\S+:\d+", line)
    assert found, line
    return found[0]


def ended(process: subprocess.Popen[str], told: signal.Signals) -> str:
    """What it still said after the signal; it must have ended well."""
    process.send_signal(told)
    _, said = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(("told", "options"), [(signal.SIGTERM, ()), (signal.SIGINT, ("--no-worker",))])
def test_serving_answers_works_and_ends_when_told_to(
    told: signal.Signals, options: tuple[str, ...], dkp: CommandLine
) -> None:
    """O-10, O-12: API and worker in one process; with --no-worker, what is to be awarded stays for one.

    SIGTERM and Ctrl-C end it with exit code 0.
    """
    dkp.run("character", "add", "Wartend", "--owner", "Björn", "--status", "pending")
    dkp.run("raid", "add", "Plane of Fear", "--at", "2026-11-19T20:00")
    dkp.run("raid", "attend", "1", "Wartend")
    key = dkp.json("key", "issue", "--user", "Alma")["key"]
    process = started("serve", "--port", "0", *options, url=dkp.url)
    try:
        address = address_of(process)
        dkp.execute("UPDATE characters SET status = 'active' WHERE name = 'Wartend'")
        dkp.execute(
            "INSERT INTO deliveries SELECT id, 'award_waiting_names', guild_id, at, at, 0, 0, NULL, NULL "
            "FROM events WHERE name = 'character_entered' ORDER BY id DESC LIMIT 1"
        )
        if options:
            time.sleep(1.5)
            assert len(dkp.json("raid", "unresolved")) == 1
        else:
            end = time.monotonic() + SECONDS_MAX
            while dkp.json("raid", "unresolved"):
                assert time.monotonic() < end
                time.sleep(0.1)
            assert dkp.json("points", "balance", "Björn", "--pool", "DKP")[0]["current"] == "12.50"
        status, body = get(f"{address}/api/points/leaderboard/1/", key)
        assert status == 200, body
        assert json.loads(body) == dkp.json("standings")
        assert get(f"{address}/schema/")[0] == 200
        assert get(f"{address}/health/ready")[0] == 200
    finally:
        ended(process, told)


def test_a_port_that_is_taken_is_one_line(dkp: CommandLine) -> None:
    """O-10: which, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in dkp.refused("serve", "--port", port, code=6)


def test_what_was_answered_survives_a_killed_server(dkp: CommandLine) -> None:
    """O-12: kill -9 right after the answer; the raid is there."""
    key = dkp.json("key", "issue", "--user", "Alma")["key"]
    process = started("serve", "--port", "0", url=dkp.url)
    address = address_of(process)
    body = json.dumps({"name": "Nachtrag"}).encode()
    request = urllib.request.Request(
        f"{address}/api/characters/",
        data=body,
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
        assert answer.status == 201
    process.kill()
    process.communicate(timeout=SECONDS_MAX)
    assert dkp.json("character", "show", "Nachtrag")["name"] == "Nachtrag"
    assert dkp.json("verify")["clean"] is True
