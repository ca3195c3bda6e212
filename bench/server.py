"""Servers to measure, each a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.measuring import ROOT


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], port: int, probe: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server, once it answers `probe`; ended afterwards."""
    server = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{probe}", timeout=1).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                if server.poll() is not None:
                    raise RuntimeError(f"the server ended with {server.returncode}") from None
                time.sleep(0.1)
        yield server
    finally:
        server.terminate()
        server.wait(20)


# As often as there is time for: what is counted all the same costs what it does in earnest.
UNHINDERED = {
    f"DKP_RATE_{kind}": "1000000000/minute" for kind in ("ANONYMOUS", "SESSION", "PERSONAL_KEY", "BOT_KEY", "SIGN_IN")
}


@contextmanager
def dkp(url: str, **settings: str) -> Iterator[tuple[int, int]]:
    """`dkp serve` on a database; its port and process id."""
    port = free_port()
    command = [sys.executable, "-m", "dkp_entrypoints", "serve", "--port", str(port)]
    environment = {"DKP_DATABASE_URL": url, "DKP_LOG_LEVEL": "warning", **UNHINDERED, **settings}
    with serving(command, port, "/health/live", **environment) as server:
        while not _at_rest(port):
            time.sleep(0.2)
        yield port, server.pid


def _at_rest(port: int) -> bool:
    """Whether the worker is done with what followed from filling the database."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready") as answer:
        parts = {part["name"]: part["detail"] for part in json.load(answer)["parts"]}
    return str(parts["worker"]).startswith("0 due")
