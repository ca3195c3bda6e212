"""`dkp` in processes of their own, which start at once.

Such a process can be made to die, by the signal that nobody handles, at any of its steps on the database.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from dkp_adapters.sql.engine import Connection
from dkp_entrypoints.cli import main
from tests.integration.forking import begin

SECONDS_MAX: Final = 180.0
_SENDING: Final = ("all", "first", "run", "later", "ask")
_COMMIT: Final = "commit"
_COMMITTED: Final = "committed"
_STEPS: Final = "steps.json"
_SAID: Final = "said"
_TEMPORARY: Final = "temporary"
_PAUSED: Final = "paused"
_GO_ON: Final = "go on"
_SECONDS: Final = 0.02


Steps = list[list[list[str]]]
"""What each connection did in each of its transactions."""


@frozen
class Step:
    """A step of a process on the database: on which of its connections, in which transaction, and which in that one."""

    connection: int
    transaction: int
    number: int


@frozen
class Death:
    """Comes before a step, or some seconds after that step began."""

    step: Step
    seconds: float = 0.0

    def is_at(self, step: Step) -> bool:
        """Whether it comes before that step."""
        return step == self.step

    def come(self) -> None:
        """The process is no more, now or soon."""
        if not self.seconds:
            _die()
        threading.Timer(self.seconds, _die).start()


@frozen
class Pause:
    """Comes amid the first transaction that is so long, and lasts until the process is let go on."""

    number: int
    folder: Path

    def is_at(self, step: Step) -> bool:
        """Whether it comes before that step."""
        return step.number == self.number and not self.begun

    @property
    def begun(self) -> bool:
        """Whether the process waits, or waited."""
        return (self.folder / _PAUSED).exists()

    def come(self) -> None:
        """The process waits."""
        (self.folder / _PAUSED).touch()
        while not (self.folder / _GO_ON).exists():
            time.sleep(_SECONDS)

    def end(self) -> None:
        """Let it go on."""
        (self.folder / _GO_ON).touch()


Fate = Death | Pause


@frozen
class Ended:
    """How it ended: its exit code, negative for a signal; what it said; what it did on each connection, if it is told.

    That is only told of one that got to its end.
    """

    code: int
    said: str
    steps: Steps

    def longest(self) -> Sequence[Step]:
        """The steps of the longest transaction; the last is its commit."""
        transactions = [
            [Step(connection, transaction, number) for number in range(len(steps))]
            for connection, of_it in enumerate(self.steps)
            for transaction, steps in enumerate(of_it)
        ]
        return max(transactions, key=len)

    def after(self, commit: Step) -> Step:
        """What comes right after a commit."""
        return Step(commit.connection, commit.transaction + 1, 0)


def ended(
    folder: Path, url: str, *arguments: str, fate: Fate | None = None, file_bytes_max: int | None = None
) -> Ended:
    """`dkp` with these arguments, in that folder, when it is over; no file that it writes may be longer than that."""
    with begun(folder, url, *arguments, fate=fate, file_bytes_max=file_bytes_max) as running:
        return running.end()


@frozen
class Running:
    """A process that runs."""

    process: BaseProcess
    folder: Path

    def end(self) -> Ended:
        """What came of it when it is over."""
        self.process.join(SECONDS_MAX)
        assert self.process.exitcode is not None, "it does not end"
        steps = self.folder / _STEPS
        told = json.loads(steps.read_text("utf-8")) if steps.exists() else []
        assert list((self.folder / _TEMPORARY).iterdir()) == [], "it leaves temporary files"
        return Ended(self.process.exitcode, (self.folder / _SAID).read_text("utf-8", "replace"), told)

    def until(self, so: Callable[[], bool]) -> None:
        """Wait until it is so."""
        end = time.monotonic() + SECONDS_MAX
        while not so():
            assert self.process.is_alive(), (self.folder / _SAID).read_text("utf-8", "replace")
            assert time.monotonic() < end, "it does not come to that"
            time.sleep(_SECONDS)


@contextmanager
def begun(
    folder: Path, url: str, *arguments: str, fate: Fate | None = None, file_bytes_max: int | None = None
) -> Iterator[Running]:
    """`dkp` with these arguments while it runs; when the block is left it is gone."""
    (folder / _STEPS).unlink(missing_ok=True)
    (folder / _TEMPORARY).mkdir(exist_ok=True)
    given = (folder, (*arguments, "--database", url), fate, file_bytes_max)
    process = begin(_run, *given)
    try:
        yield Running(process, folder)
    finally:
        process.kill()
        process.join(SECONDS_MAX)


# --- inside of it -----------------------------------------------------------------------------------------------------


def _run(folder: Path, arguments: Sequence[str], fate: Fate | None, file_bytes_max: int | None) -> None:
    for name in [name for name in os.environ if name.startswith("DKP_")]:
        del os.environ[name]
    os.chdir(folder)
    tempfile.tempdir = _TEMPORARY
    if file_bytes_max is not None:
        import resource  # which Windows has not

        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes_max, file_bytes_max))
    said = os.open(_SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    steps: Steps = []
    _count(steps, fate)
    sys.argv = ["dkp", *arguments]
    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        Path(_STEPS).write_text(json.dumps(steps), "utf-8")


def _count(steps: Steps, fate: Fate | None) -> None:
    """Notes what is sent and committed by each connection."""
    numbers: dict[Connection, int] = {}

    def step(connection: Connection, what: str) -> None:
        number = numbers.setdefault(connection, len(numbers))
        if number == len(steps):
            steps.append([[]])
        of_it = steps[number]
        if what == _COMMITTED:
            of_it.append([])
        if fate is not None and fate.is_at(Step(number, len(of_it) - 1, len(of_it[-1]))):
            fate.come()
        of_it[-1].append(what)

    for kind in Connection.__subclasses__():
        for name in (*_SENDING, _COMMIT):
            setattr(kind, name, _noting(name, getattr(kind, name), step))


def _noting(name: str, sent: Callable[..., Any], step: Callable[[Connection, str], None]) -> Callable[..., Any]:
    def noting(connection: Connection, *args: Any) -> Any:
        step(connection, name)
        answer = sent(connection, *args)
        if name == _COMMIT:
            step(connection, _COMMITTED)
        return answer

    return noting


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
