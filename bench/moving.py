"""Moving in: how long an EQdkp Plus dump takes to import, against loading it into MariaDB, and the lists afterwards."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from attrs import frozen

from bench.client import load
from bench.databases import mariadb, postgresql, sqlite
from bench.measuring import ROOT
from bench.old_guild import OldGuild, write_dump
from bench.server import dkp

DATABASES: Final[tuple[tuple[str, Callable[[], AbstractContextManager[str]]], ...]] = (
    ("SQLite", sqlite),
    ("PostgreSQL", postgresql),
    ("MariaDB", mariadb),
)
OFFICER: Final = "80351110224678912"


@frozen
class Ran:
    """How long a command took, the most memory that it held (MB), and what it printed."""

    seconds: float
    memory: float
    output: str


def run(*, quick: bool = False) -> bool:
    """1,000 characters, 3,000 raids, 120,000 attendees, 30,000 items: imported and looked at."""
    if shutil.which("mariadb") is None:
        print("left out: the client of MariaDB, which loads the dump for comparison, is not here")
        return True
    sizes = (
        OldGuild(characters=100, users=40, raids=200, items=1000, adjustments=100, logs=500) if quick else OldGuild()
    )
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "old.sql"
        write_dump(dump, sizes)
        loaded = min(_loaded(dump) for _ in range(2))
        print(f"{dump.stat().st_size / 1e6:.1f} MB, loaded into MariaDB by its own client: {loaded:.2f} s", flush=True)
        for name, made in DATABASES:
            with made() as url:
                _imported(name, url, dump, Path(folder), loaded, seconds=1.0 if quick else 3.0)
    return True


def _loaded(dump: Path) -> float:
    with mariadb() as url:
        parts = urlsplit(url)
        command = ["mariadb", f"-h{parts.hostname}", f"-P{parts.port}", f"-u{parts.username}", parts.path[1:]]
        began = time.perf_counter()
        with dump.open("rb") as file:
            subprocess.run(command, stdin=file, check=True)
        return time.perf_counter() - began


def _imported(name: str, url: str, dump: Path, folder: Path, loaded: float, *, seconds: float) -> None:
    founded = _dkp(url, "init", "--guild", "The Long Memory", "--officer", OFFICER, "--json")
    key = json.loads(founded.output)["key"]
    archive = folder / f"{name}.zip"
    rehearsed = _dkp(url, "import", "eqdkp", str(dump), "--dry-run", "--json")
    ran = _dkp(url, "import", "eqdkp", str(dump), "--archive", str(archive), "--json")
    archive.unlink()
    print(
        f"{name:11} import {ran.seconds:6.2f} s = {ran.seconds / loaded:4.1f} x the loading (aim: 2), "
        f"{ran.memory:4.0f} MB (aim: 300); dry run {rehearsed.seconds:6.2f} s, {rehearsed.memory:4.0f} MB",
        flush=True,
    )
    pool = json.loads(_dkp(url, "pool", "list", "--json").output)[0]["id"]
    with dkp(url) as (port, _):
        for connections in (1, 8, 50):
            found = load(
                port,
                f"/api/points/leaderboard/{pool}/",
                headers={"Authorization": f"Bearer {key}"},
                connections=connections,
                seconds=seconds,
            )
            print(
                f"{name:11} points of 1,000 characters, {connections:2} connections: {found.throughput:6.0f}/s, "
                f"p95 {found.p95:6.1f} ms, refused {found.refused}",
                flush=True,
            )


def _dkp(url: str, *words: str) -> Ran:
    """Run a command on a database. Raises: RuntimeError when it fails."""
    command = [sys.executable, "-m", "dkp_entrypoints", "--database", url, *words]
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=complained)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        if status:
            raise RuntimeError(f"{_shown(words)}: {_text(complained)[-500:]}")
        return Ran(seconds, used.ru_maxrss / 1024, _text(said))


def _shown(words: Sequence[str]) -> str:
    return "dkp " + " ".join(words)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
