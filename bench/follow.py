"""Bids a second through `dkp follow`, from a log that somebody writes to the auction (L-10)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.databases import postgresql
from bench.guild import Filled, Sizes, fill
from bench.measuring import ROOT
from bench.server import dkp
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.loot import ChatOutcome
from dkp_core.points import AdjustmentLine
from dkp_entrypoints.cli.following import LINES_AT_ONCE

OWNER = "Officer"
ITEMS = ("Cloak of Flames", "Rod of the Tides", "Crown of Kings")


def _lines(item: str, names: Sequence[str], bids: int) -> list[str]:
    """Members who take turns to outbid each other, each with a tell."""
    stamp = "[Fri Nov 20 20:15:00 2026]"
    return [f"{stamp} {names[number % len(names)]} tells you, '{item} {number + 1}'" for number in range(bids)]


def _directly(filled: Filled, lines: Sequence[str], by: Actor) -> float:
    """Bids a second of the use case alone, in batches of the same size."""
    began = time.perf_counter()
    for first in range(0, len(lines), LINES_AT_ONCE):
        readings = filled.use_cases.read_chat()(lines[first : first + LINES_AT_ONCE], owner=OWNER, by=by)
        assert {reading.outcome for reading in readings} == {ChatOutcome.DONE}
    return len(lines) / (time.perf_counter() - began)


def _followed(folder: Path, lines: Sequence[str], where: Sequence[str]) -> float:
    """Bids a second through a process that follows a log, from the writing of the first to the answer to the last."""
    log = folder / f"eqlog_{OWNER}_bench.txt"
    log.unlink(missing_ok=True)
    command = [sys.executable, "-m", "dkp_entrypoints", "follow", str(log), "--json", "--from-start", *where]
    environment = os.environ | {"XDG_STATE_HOME": str(folder), "DKP_LOG_LEVEL": "warning"}
    follower = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert follower.stdout is not None
    assert follower.stderr is not None
    try:
        begun = follower.stderr.readline()
        assert begun.startswith("dkp: following "), begun
        began = time.perf_counter()
        log.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
        for _ in lines:
            told = follower.stdout.readline()
            assert '"outcome": "done"' in told, told
        return len(lines) / (time.perf_counter() - began)
    finally:
        follower.kill()
        follower.communicate()


@contextmanager
def _database(name: str, folder: Path) -> Iterator[str]:
    if name == "SQLite":
        yield f"sqlite:///{folder / 'bench.db'}"
    else:
        with postgresql() as url:
            yield url


def run(*, quick: bool = False) -> bool:
    """On SQLite and PostgreSQL: the use case alone, `dkp follow` on the database, and on `dkp serve` over HTTP."""
    bids = 200 if quick else 2000
    for database in ("SQLite", "PostgreSQL"):
        with tempfile.TemporaryDirectory() as temporary, _database(database, Path(temporary)) as url:
            folder = Path(temporary)
            filled = fill(url, Sizes(members=40, raids=1, open_raids=0, adjustments=0))
            by = operator("bench", filled.guild_id)  # type: ignore[arg-type]  # a guild's id
            filled.clock.set(datetime.now(UTC))
            members: list[dict[str, int]] = filled.fixture["members"]  # type: ignore[assignment]  # of our making
            rich = [AdjustmentLine(user_id=UserId(each["id"]), amount=Points.of(100_000)) for each in members]
            filled.use_cases.adjust_points()(rich, reason="To bid with", by=by)
            for item in ITEMS:
                filled.use_cases.start_auction()(item=item, by=by)
            key = filled.use_cases.issue_bot_key()(name="follow", scopes=(Permission.BIDS_WRITE,), by=by)
            names: list[str] = filled.fixture["names"]  # type: ignore[assignment]  # of our making
            alone, here, there = (_lines(item, names, bids) for item in ITEMS)
            told = {"the use case alone": _directly(filled, alone, by)}
            filled.database.close()
            told["dkp follow"] = _followed(folder, here, ("--database", url))
            with dkp(url) as (port, _):
                server = ("--server", f"http://127.0.0.1:{port}", "--key", key.token)
                told["dkp follow --server"] = _followed(folder, there, server)
        limit = told["the use case alone"]
        for name, rate in told.items():
            print(f"{database:10} {bids:,} bids, {name:20} {rate:6.0f}/s = {rate / limit:4.0%}", flush=True)
    return True
