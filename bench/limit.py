"""A polled list against a bare Litestar handler that returns the same bytes (O-16)."""

from __future__ import annotations

import sys
import tempfile
import urllib.request
from pathlib import Path

from bench.client import load
from bench.databases import postgresql
from bench.guild import Sizes, fill
from bench.server import dkp, free_port, serving

BARE = """
import sys
import uvicorn
from pathlib import Path
from litestar import Litestar, Response, get

BODY = Path(sys.argv[1]).read_bytes()

@get("/api/points/leaderboard/1/")
async def leaderboard() -> Response[bytes]:
    return Response(BODY, media_type="application/json")

app = Litestar([leaderboard], openapi_config=None)
uvicorn.run(app, port=int(sys.argv[2]), log_level="error", loop="uvloop", http="httptools")
"""


def run(*, quick: bool = False) -> bool:
    """The leaderboard of 200 members, whole and as 304, at 1, 8 and 50 connections; the two take turns."""
    seconds, rounds = (1.0, 1) if quick else (4.0, 3)
    with postgresql() as url, tempfile.TemporaryDirectory() as folder:
        filled = fill(url, Sizes(raids=50 if quick else 200, open_raids=0, adjustments=100))
        filled.database.close()
        headers = {"Authorization": f"Bearer {filled.fixture['token']}"}
        path = f"/api/points/leaderboard/{filled.fixture['pool']}/"
        with dkp(url) as (port, _):
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
            with urllib.request.urlopen(request) as answer:
                body, etag = answer.read(), answer.headers["ETag"]
            file = Path(folder) / "body.json"
            file.write_bytes(body)
            bare_port = free_port()
            command = [sys.executable, "-c", BARE, str(file), str(bare_port)]
            with serving(command, bare_port, "/api/points/leaderboard/1/"):
                print(f"{len(body):,} bytes")
                for connections in (1, 8, 50):
                    whole, same, bare = [], [], []
                    for _ in range(rounds):
                        bare.append(
                            load(
                                bare_port,
                                "/api/points/leaderboard/1/",
                                headers={},
                                connections=connections,
                                seconds=seconds,
                            )
                        )
                        whole.append(load(port, path, headers=headers, connections=connections, seconds=seconds))
                        unchanged = headers | {"If-None-Match": etag}
                        same.append(
                            load(port, path, headers=unchanged, connections=connections, seconds=seconds, expect=(304,))
                        )
                    middle = rounds // 2
                    limit = sorted(run.throughput for run in bare)[middle]
                    for name, runs in (("whole", whole), ("304", same)):
                        rate = sorted(run.throughput for run in runs)[middle]
                        print(
                            f"{connections:3} connections, {name:5}: {rate:7.0f}/s of {limit:7.0f}/s bare = "
                            f"{rate / limit:4.0%} (aim: 60 %), refused {sum(run.refused for run in runs)}"
                        )
    return True
