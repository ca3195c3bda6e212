"""Against a Django REST peer on the same PostgreSQL with a guild of the same size (O-15).

The peer is not part of this project: `DKP_BENCH_PEER` names a folder that holds its `compare.py`, its scenarios and
`drf_baseline/up.sh`; without one this is left out. Both run side by side and take turns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.guild import Sizes, fill
from bench.measuring import ROOT
from bench.server import dkp

PEER = Path(os.environ.get("DKP_BENCH_PEER", ROOT.parent / "shared" / "bench"))
HOME = Path(os.environ.get("DRF_HOME", "/tmp/drf_baseline"))
DATABASE_PORT = int(os.environ.get("DRF_DB_PORT", "55433"))
PORTS = {"gthread": 28081, "sync": 28082}
RUNS = (
    ("leaderboard", (1, 8, 50)),
    ("user_pool", (1, 8, 50)),
    ("balance", (1, 8, 50)),
    ("history", (1, 8, 50)),
    ("roster_page", (1, 8, 50)),
    ("discord_roster", (1, 8, 50)),
    ("attendance", (1, 8, 50)),
)


def _up(*arguments: str, **environment: str) -> None:
    command = ["bash", str(PEER / "drf_baseline" / "up.sh"), *arguments]
    subprocess.run(command, check=True, env=os.environ | environment, stdout=subprocess.DEVNULL)


def _server() -> str:
    return f"postgresql://postgres@127.0.0.1:{DATABASE_PORT}"


@contextmanager
def _peers() -> Iterator[None]:
    """The peer with either kind of worker, on a database of its own making."""
    _up("install")
    _up("pg")
    _up("seed", "--members", "200", "--raids", "500", "--items", "3000", "--seed", "1")
    for kind, port in PORTS.items():
        _up("serve", DRF_PORT=str(port), DRF_WORKER_CLASS=kind)
    try:
        yield
    finally:
        for port in PORTS.values():
            _up("stop", DRF_PORT=str(port))


def run(*, quick: bool = False) -> bool:
    """Compare with the better of the peer's two kinds of workers; prints the tables of both."""
    if not (PEER / "compare.py").exists():
        print(f"left out: there is no peer in {PEER} (DKP_BENCH_PEER names another folder)")
        return True
    with _peers(), tempfile.TemporaryDirectory() as folder:
        os.environ["DKP_BENCH_POSTGRESQL_URL"] = _server()
        from bench.databases import analyze, postgresql  # the server is named just before

        with postgresql() as url:
            filled = fill(url, Sizes(open_raids=12_000))
            filled.database.close()
            analyze(url)
            fixture = Path(folder) / "fixture.json"
            filled.write(fixture)
            with dkp(url) as (port, pid):
                for kind, peer_port in PORTS.items():
                    _compare(Path(folder), fixture, kind, peer_port, port, pid, quick=quick)
    return True


def _compare(folder: Path, fixture: Path, kind: str, peer_port: int, port: int, pid: int, *, quick: bool) -> None:
    database = str(HOME / "pg" / "data" / "postmaster.pid")
    config = {
        "a": {
            "name": f"Django REST, {kind} workers",
            "scenarios": str(PEER / "scenarios" / "prd.json"),
            "fixture": str(HOME / "fixture.json"),
            "watch": [str(HOME / f"gunicorn-{peer_port}.pid"), database],
        },
        "b": {
            "name": "dkp",
            "scenarios": str(PEER / "scenarios" / "prd.json"),
            "fixture": str(fixture),
            "headers": {"Authorization": "Bearer {token}"},
            "watch": [str(pid), database],
        },
        "runs": [
            {
                "scenario": scenario,
                "connections": list(connections),
                **({"duration": 2} if scenario == "attendance" else {}),
            }
            for scenario, connections in RUNS
        ],
        "rounds": 1 if quick else 3,
        "duration": 1 if quick else 2,
        "warmup": 0.3 if quick else 0.5,
    }
    file = folder / f"config-{kind}.json"
    file.write_text(json.dumps(config))
    addresses = [f"http://127.0.0.1:{peer_port}", f"http://127.0.0.1:{port}"]
    (ROOT / ".bench").mkdir(exist_ok=True)
    out = ROOT / ".bench" / f"peer-{kind}.json"
    command = [sys.executable, str(PEER / "compare.py"), *addresses, "--config", str(file), "--out", str(out)]
    subprocess.run(command, check=True)
