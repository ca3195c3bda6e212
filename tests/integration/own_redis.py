"""A Redis of a test's own, which goes away and comes back."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from attrs import define, field

from tests import services

START_SECONDS_MAX: Final = 30


@define(eq=False)
class OwnRedis:
    """A Redis on a port of its own, with nothing in it whenever it starts."""

    folder: Path
    port: int = field(factory=services._free_port)
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    @property
    def url(self) -> str:
        """Where it is, or was."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, until it answers. Raises: ServiceMissing where it is not installed."""
        program = services._redis_program(self.folder, self.port)
        self._process = subprocess.Popen(program.run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        give_up = time.monotonic() + START_SECONDS_MAX
        while fault := services._redis_fault(self.url):
            assert time.monotonic() < give_up, fault
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, and every connection to it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def own_redis(redis_server: str, tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis that this test may stop and start."""
    server = OwnRedis(tmp_path)
    try:
        server.start()
    except services.ServiceMissing as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()
