"""Times and CPU of calls and processes."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent


@frozen
class Spread:
    """Milliseconds of repeated calls: median, 95th percentile, CPU per call of this process and of the database."""

    median: float
    p95: float
    cpu: float
    server: float

    @property
    def whole(self) -> float:
        """CPU per call of both."""
        return self.cpu + self.server

    def __str__(self) -> str:
        return (
            f"median {self.median:8.3f} ms, p95 {self.p95:8.3f} ms, "
            f"cpu {self.cpu:7.3f} ms here + {self.server:7.3f} ms in the database"
        )


def repeated(call: Callable[[int], object], times: int, *, warmup: int = 5, server: str = "postgres") -> Spread:
    """Call it `times` times with the number of the call, after some to warm up; `server` is the database's process."""
    for number in range(warmup):
        call(-number - 1)
    taken = []
    spent, cpu = server_cpu(server), time.process_time()
    for number in range(times):
        began = time.perf_counter()
        call(number)
        taken.append((time.perf_counter() - began) * 1000)
    cpu = (time.process_time() - cpu) * 1000 / times
    spent = (server_cpu(server) - spent) / times
    taken.sort()
    return Spread(statistics.median(taken), taken[int(len(taken) * 0.95)], cpu, spent)


def server_cpu(name: str) -> float:
    """Milliseconds of CPU that all processes of that name have spent so far, such as a database's."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                words = (folder / "stat").read_text().rpartition(")")
                if words[0].partition("(")[2] == name:
                    ticks += sum(map(int, words[2].split()[11:15]))
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def _compiling() -> dict[str, str]:
    """The environment of an installation, which keeps what it compiled once."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def process(command: Sequence[str], times: int = 7, **environment: str) -> float:
    """Milliseconds that a process takes: the median of some runs after one that warms the disk, or that one's."""

    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_compiling() | environment, cwd=ROOT)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[1:] or taken)


def peak_memory_mb() -> float:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident_memory_mb(pid: int) -> float:
    """The memory that a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def python(code: str) -> list[str]:
    """The command that runs a piece of Python."""
    return [sys.executable, "-c", code]
