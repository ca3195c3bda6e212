"""Against a Django REST peer on the same PostgreSQL with a guild of the same size (O-15).

The peer is not part of this project: `DKP_BENCH_PEER` names a folder that holds its `compare.py`, its scenarios and
`drf_baseline/up.sh`; without one this is left out. Both run side by side and take turns. Awards are not among its
scenarios: those here are of auctions with one bid each, which is measured too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.guild import Sizes, fill
from bench.measuring import ROOT
from bench.server import dkp

PEER = Path(os.environ.get("DKP_BENCH_PEER", ROOT.parent / "shared" / "bench"))
HOME = Path(os.environ.get("DRF_HOME", "/tmp/drf_baseline"))
DATABASE_PORT = int(os.environ.get("DRF_DB_PORT", "55433"))
PORTS = {"gthread": 28081, "sync": 28082}
CONNECTIONS = (1, 8, 50)
SCENARIOS = (
    "leaderboard",
    "user_pool",
    "balance",
    "history",
    "roster_page",
    "discord_roster",
    "validate_bid",
    "place_bid",
    "place_bid_hot",
    "attendance",
)
AUCTIONS = 64
"""That are bid on all the time; beyond those, auctions are awarded once each."""
WRITTEN = {"method": "POST", "expect": [200, 201], "headers": {"Idempotency-Key": "{uuid}"}}
AWARDING = {
    "first_bid": WRITTEN
    | {
        "path": "/api/bidding/place-bid/",
        "body": {
            "auction": "{fresh}",
            "discord_id": "{member.discord_id}",
            "amount": "5.00",
            "character": "{member.character}",
        },
        "vars": {"member": {"pick": "members"}, "fresh": {"next": "awardable"}},
    },
    "award_item": WRITTEN
    | {
        "path": "/api/bidding/award-item/",
        "body": {"auction": "{wanted}"},
        "vars": {"wanted": {"next": "awardable"}},
    },
}
"""What is sent, in the load generator's language: a bid on an auction that nobody bid on, and then its award."""


def _up(*arguments: str, **environment: str) -> None:
    command = ["bash", str(PEER / "drf_baseline" / "up.sh"), *arguments]
    subprocess.run(command, check=True, env=os.environ | environment, stdout=subprocess.DEVNULL)


def _server() -> str:
    return f"postgresql://postgres@127.0.0.1:{DATABASE_PORT}"


@contextmanager
def _peers(sizes: Sizes) -> Iterator[None]:
    """The peer with either kind of worker, on a database of its own making."""
    _up("install")
    _up("pg")
    options = ("members", "raids", "open_raids", "items", "auctions")
    _up("seed", *(f"--{name.replace('_', '-')}={getattr(sizes, name)}" for name in options))
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
    rounds, awards = (1, 20) if quick else (3, 200)
    # Each run sends one request more, to look at the answer.
    bids = len(CONNECTIONS) * (awards + 1) - 1
    sizes = Sizes(
        raids=50 if quick else 500,
        open_raids=2000 if quick else 12_000,
        adjustments=300,
        items=100 if quick else 3000,
        auctions=AUCTIONS + len(PORTS) * rounds * (bids + 1),
    )
    with _peers(sizes), tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        os.environ["DKP_BENCH_POSTGRESQL_URL"] = _server()
        from bench.databases import analyze, postgresql  # the server is named just before

        with postgresql() as url:
            filled = fill(url, sizes)
            filled.database.close()
            analyze(url)
            _write(folder / "peer.json", json.loads((HOME / "fixture.json").read_text()))
            _write(folder / "fixture.json", filled.fixture)
            scenarios = json.loads((PEER / "scenarios" / "prd.json").read_text())
            scenarios["scenarios"] |= AWARDING
            (folder / "scenarios.json").write_text(json.dumps(scenarios))
            runs = [_run(scenario, CONNECTIONS) for scenario in SCENARIOS]
            runs += [_run("first_bid", (8,), bids), _run("award_item", CONNECTIONS, awards)]
            with dkp(url) as (port, pid):
                for kind, peer_port in PORTS.items():
                    _compare(folder, kind, peer_port, port, pid, runs, rounds=rounds, quick=quick)
    return True


def _write(path: Path, fixture: dict[str, Any]) -> None:
    """The fixture, with those auctions by themselves that are awarded once each."""
    auctions = fixture["auctions"]
    path.write_text(json.dumps(fixture | {"auctions": auctions[:AUCTIONS], "awardable": auctions[AUCTIONS:]}))


def _run(scenario: str, connections: Sequence[int], limit: int | None = None) -> dict[str, Any]:
    """One scenario; with a limit, that many requests from the first on instead of as many as there is time for."""
    counted = {} if limit is None else {"limit": limit, "duration": 60, "warmup": 0}
    return {"scenario": scenario, "connections": list(connections), **counted}


def _compare(
    folder: Path,
    kind: str,
    peer_port: int,
    port: int,
    pid: int,
    runs: Sequence[dict[str, Any]],
    *,
    rounds: int,
    quick: bool,
) -> None:
    database = str(HOME / "pg" / "data" / "postmaster.pid")
    config = {
        "a": {
            "name": f"Django REST, {kind} workers",
            "scenarios": str(folder / "scenarios.json"),
            "fixture": str(folder / "peer.json"),
            "watch": [str(HOME / f"gunicorn-{peer_port}.pid"), database],
        },
        "b": {
            "name": "dkp",
            "scenarios": str(folder / "scenarios.json"),
            "fixture": str(folder / "fixture.json"),
            "headers": {"Authorization": "Bearer {token}"},
            "watch": [str(pid), database],
        },
        "runs": list(runs),
        "rounds": rounds,
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
