"""Eight processes of five writers each on one SQLite file, one of them killed: nothing is lost, nothing half done."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define, field

from dkp_adapters.sql import schema
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests import services
from tests.integration.whole.busy_guild import busy_guild
from tests.integration.whole.deeds import PAIRS, WRITERS, Step, scripts
from tests.integration.whole.programs import Program, Programs, programs
from tests.integration.whole.proof import Answers, Expected, Found, happened, must_add_up, verified
from tests.integration.whole.use_case_writer import READY
from tests.integration.whole.worker_at_work import finish, kill_in_the_middle

PROCESSES = 8
KILLED = 3
JOIN_SECONDS_MAX = 90.0


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A file of this test's own, that survives the end of a process, though not of the machine."""
    made = services.make_database("sqlite", directory=tmp_path)
    url = f"{made}?synchronous=normal"
    schema.upgrade(url)
    yield url
    services.drop_database(made)


@pytest.fixture
def cases(url: str) -> Iterator[UseCases]:
    """Every use case on it, as one more process would have them."""
    opened = UseCases(settings=Settings(database_url=url))
    yield opened
    opened.database().close()


@define(eq=False)
class WritingProcess:
    """One process with its writers, and what it tells; it is killed once so many of its deeds are done."""

    program: Program
    steps: dict[tuple[int, str], Step]
    answers: Answers
    kill_after: int | None
    begun: dict[tuple[int, str], Step] = field(factory=dict, init=False)
    ready: threading.Event = field(factory=threading.Event, init=False)
    done: int = field(default=0, init=False)
    _thread: threading.Thread = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def go(self) -> None:
        """Let its writers begin."""
        assert self.program.process.stdin is not None
        self.program.process.stdin.write(b"go\n")
        self.program.process.stdin.flush()

    def join(self) -> None:
        """Wait until it has ended. Raises: AssertionError when it did not do everything, and was not killed."""
        self._thread.join(JOIN_SECONDS_MAX)
        assert not self._thread.is_alive(), f"{self.program.name} hangs"
        code = self.program.process.wait(JOIN_SECONDS_MAX)
        if self.kill_after is None:
            assert code == 0, f"{self.program.name} ended with {code}"
            assert not self.begun, f"{self.program.name} gave up at {sorted(self.begun)}"

    def _listen(self) -> None:
        assert self.program.process.stdout is not None
        for line in self.program.process.stdout:
            told = json.loads(line)
            if told == READY:
                self.ready.set()
            elif "begun" in told:
                writer, label = told["begun"]
                self.begun[writer, label] = self.steps[writer, label]
            else:
                writer, label = told["done"]
                self.answers.note(self.begun.pop((writer, label)), told["outcome"])
                self.done += 1
                if self.done == self.kill_after:
                    self.program.kill()
        if self.begun and self.kill_after is None:
            self.answers.fail(AssertionError(f"{self.program.name} ended in the middle"))
        self.ready.set()


def writing(programs: Programs, number: int, guild: Path, answers: Answers) -> WritingProcess:
    """The process of that number: every eighth writer, so that both of a pair are never in one."""
    writers = range(number, WRITERS, PROCESSES)
    module = "tests.integration.whole.use_case_writer"
    command = [sys.executable, "-m", module, programs.url, str(guild), *map(str, writers)]
    steps = {(step.writer, step.label): step for writer in writers for step in scripts()[writer]}
    kill_after = len(steps) // 2 if number == KILLED else None
    return WritingProcess(programs.start(f"process {number}", command, piped=True), steps, answers, kill_after)


def test_eight_processes_lose_nothing_and_leave_nothing_half_done(url: str, cases: UseCases, tmp_path: Path) -> None:
    """P-13, P-3, G-6, O-12: forty writers in eight processes on one file, one of them killed, a worker killed too.

    What was told to be done is there exactly once; what the killed process was at is there whole, or not at all;
    names that waited are awarded once, and `dkp verify` finds no difference.
    """
    guild = busy_guild(cases, agreed=PAIRS)
    path = tmp_path / "guild.json"
    path.write_text(guild.to_json(), "utf-8")
    answers = Answers()
    with programs(url, tmp_path) as running:
        processes = [writing(running, number, path, answers) for number in range(PROCESSES)]
        worker = running.worker()
        for process in processes:
            assert process.ready.wait(JOIN_SECONDS_MAX), f"{process.program.name} does not begin"
        for process in processes:
            process.go()
        answers.wait_for(sum(map(len, scripts().values())) // 2)
        stranded = kill_in_the_middle(cases, guild, worker)
        running.worker()
        for process in processes:
            process.join()
        answers.must_go_on()
        finish(cases, url, stranded)
        entries = verified(running)
        begun = list(processes[KILLED].begun.values())
        anyhow = happened(Found(cases, guild), begun, answers.by_key)
        print(
            f"{len(answers.by_key)} deeds; {len(begun)} cut off, of which {len(anyhow)} were done; "
            f"{stranded} left by the worker"
        )
        must_add_up(cases, Expected.after(guild, {**answers.by_key, **anyhow}), entries=entries)
        assert running.faults() == []
