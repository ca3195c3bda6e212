"""The programs as they run in earnest: processes of their own, started, told to end, or killed."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from attrs import define, field

ROOT: Final = Path(__file__).parents[3]
WAIT_SECONDS_MAX: Final = 60.0
_SERVING: Final = re.compile(r"serving on http://[^ ]*:(\d+)")


def until(true: Callable[[], bool], what: str, *, pause_seconds: float = 0.02) -> None:
    """Wait until it is so. Raises: AssertionError when it takes too long."""
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not true():
        assert time.monotonic() < end, f"it took longer than {WAIT_SECONDS_MAX} s until {what}"
        time.sleep(pause_seconds)


def environment() -> dict[str, str]:
    """The environment of a program: nothing of whoever runs the tests, and the sources under test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DKP_")}
    hurried = {f"DKP_RATE_{kind}": "0" for kind in ("PERSONAL_KEY", "BOT_KEY")}
    sources = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    return {**kept, **hurried, "PYTHONPATH": sources, "DKP_LOG_LEVEL": "warning"}


@define(eq=False)
class Program:
    """One process, with what it says."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    killed: bool = False
    """It was ended on purpose, without warning."""
    _port: int | None = field(default=None, init=False)

    @property
    def says(self) -> str:
        """All it has said so far on stderr."""
        return self.log.read_text("utf-8", "replace")

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    @property
    def port(self) -> int | None:
        """Where it serves; None until it has said so."""
        if self._port is None and (found := _SERVING.search(self.says)):
            self._port = int(found[1])
        return self._port

    def ready(self) -> None:
        """Wait until it answers."""
        until(lambda: self.port is not None or not self.runs, f"{self.name} serves")
        assert self.port is not None, f"{self.name} ended before it served: {self.says}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS_MAX)
        try:
            connection.request("GET", "/health/live")
            assert connection.getresponse().status == 200
        finally:
            connection.close()

    def end(self) -> int:
        """Tell it to end, as an init system would; its exit code when it has."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_SECONDS_MAX)

    def kill(self) -> None:
        """End it where it stands."""
        self.killed = True
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(WAIT_SECONDS_MAX)


@define(eq=False)
class Programs:
    """All programs of a test, on one database."""

    url: str
    folder: Path
    all: list[Program] = field(factory=list, init=False)

    def dkp(self, *arguments: str) -> Program:
        """`dkp` with these arguments."""
        command = [sys.executable, "-m", "dkp_entrypoints", *arguments, "--database", self.url]
        return self.start(" ".join(("dkp", *arguments)), command)

    def serve(self) -> Program:
        """A server without a worker, on a port that is free."""
        return self.dkp("serve", "--no-worker", "--port", "0")

    def worker(self) -> Program:
        """A worker."""
        return self.dkp("worker")

    def start(self, name: str, command: list[str], *, piped: bool = False) -> Program:
        """Any program; what it says is kept, but for stdout where it is `piped`, with stdin, to who starts it."""
        log = self.folder / f"program-{len(self.all)}.log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                command,
                env=environment(),
                cwd=self.folder,
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else said,
                stderr=said,
                start_new_session=True,
            )
        program = Program(name, process, log)
        self.all.append(program)
        return program

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """The exit code of `dkp` with these arguments, its answer, and what it said besides."""
        ended = subprocess.run(
            [sys.executable, "-m", "dkp_entrypoints", *arguments, "--database", self.url],
            env=environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WAIT_SECONDS_MAX,
            check=False,
        )
        return ended.returncode, ended.stdout.decode(), ended.stderr.decode()

    def tell(self, to: IO[str]) -> None:
        """Write down what each of them said."""
        for program in self.all:
            how = "killed" if program.killed else f"exit {program.process.poll()}"
            print(f"--- {program.name} (process {program.process.pid}, {how})\n{program.says[-4000:]}", file=to)

    def faults(self) -> list[str]:
        """What programs said that they should never have to say."""
        return [f"{each.name}: {each.says[-4000:]}" for each in self.all if "Traceback" in each.says]

    def end_all(self) -> None:
        """End what still runs, without asking."""
        for program in self.all:
            if program.runs:
                program.kill()
            for pipe in (program.process.stdin, program.process.stdout):
                if pipe is not None:
                    pipe.close()


@contextmanager
def programs(url: str, folder: Path) -> Iterator[Programs]:
    """Programs on that database; at the end none is left, and what they said is shown with a failure."""
    started = Programs(url, folder)
    try:
        yield started
    finally:
        started.end_all()
        started.tell(sys.stderr)
