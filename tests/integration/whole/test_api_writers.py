"""Forty clients at two API processes and a worker, on PostgreSQL and MariaDB: nothing is lost, nothing doubled."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dkp_adapters.sql import schema
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import UserId
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests import services
from tests.integration.whole.api_writer import ApiDoer, Pairs
from tests.integration.whole.busy_guild import BusyGuild, busy_guild
from tests.integration.whole.deeds import PAIRS, Outcome, Step, scripts
from tests.integration.whole.programs import Program, programs
from tests.integration.whole.proof import Answers, Expected, Key, must_add_up, verified
from tests.integration.whole.worker_at_work import finish, kill_in_the_middle
from tests.services import Engine

JOIN_SECONDS_MAX = 90.0


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of this test's own, with the schema in it, on each server in turn."""
    engine: Engine = request.param
    made = services.make_database(engine)
    try:
        schema.upgrade(made)
        yield made
    finally:
        services.drop_database(made)


@pytest.fixture
def cases(url: str) -> Iterator[UseCases]:
    """Every use case on it, as one more process would have them."""
    opened = UseCases(settings=Settings(database_url=url))
    yield opened
    opened.database().close()


class Writers:
    """Forty threads, each with a connection and a script."""

    def __init__(self, guild: BusyGuild, addresses: list[Program], token: str) -> None:
        self.guild = guild
        self.answers = Answers()
        self.pairs = Pairs.of(PAIRS)
        self.doers = {writer: ApiDoer(addresses, token, at=writer) for writer in scripts()}
        self.threads = [
            threading.Thread(target=self._write, args=(writer, script), name=f"writer {writer}", daemon=True)
            for writer, script in scripts().items()
        ]

    def start(self) -> None:
        """Let them all begin."""
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        """Wait until all have done everything. Raises: what made one give up."""
        for thread in self.threads:
            thread.join(JOIN_SECONDS_MAX)
        self.answers.must_go_on()
        assert not any(thread.is_alive() for thread in self.threads), "a writer hangs"

    def _write(self, writer: int, script: tuple[Step, ...]) -> None:
        doer, mine = self.doers[writer], dict[str, Outcome]()
        try:
            for step in script:
                if step.together:
                    self.pairs.meet(step.pair)
                mine[step.label] = step.deed.do(doer, step.key, self.guild, mine)
                self.answers.note(step, mine[step.label])
        except BaseException as fault:  # noqa: BLE001  # it is raised where the test waits
            self.answers.fail(fault)
            self.pairs.give_up()
        finally:
            doer.close()


def test_forty_clients_lose_nothing_and_double_nothing(url: str, cases: UseCases, tmp_path: Path) -> None:
    """P-13, P-3, G-6, G-7, O-12: forty writers at two API processes, of which one is restarted, while a worker dies.

    What was answered is there exactly once: every balance is what its writer's answers add up to, the same key at
    both processes moved points once, names that waited are awarded once, and `dkp verify` finds no difference.
    """
    guild = busy_guild(cases, agreed=PAIRS)
    token = cases.issue_personal_key()(name="forty", owner=UserId(guild.officer), by=operator("test")).token
    with programs(url, tmp_path) as running:
        servers = [running.serve(), running.serve()]
        worker = running.worker()
        for server in servers:
            server.ready()
        writers = Writers(guild, servers, token)
        steps = sum(len(script) for script in scripts().values())
        writers.start()
        try:
            writers.answers.wait_for(steps // 4)
            assert servers[0].end() == 0, "it finished what ran"
            servers[0] = running.serve()
            at_restart = len(writers.answers.by_key)
            writers.answers.wait_for(steps // 2)
            stranded = kill_in_the_middle(cases, guild, worker)
            at_death = len(writers.answers.by_key)
            running.worker()
            writers.join()
        finally:
            writers.pairs.give_up()
        finish(cases, url, stranded)
        entries = verified(running)
        answers, doers = writers.answers.by_key, writers.doers.values()
        again, replayed = (sum(getattr(doer, what) for doer in doers) for what in ("sent_again", "replayed"))
        print(f"{at_restart} deeds before the restart, {at_death} before the worker died, {len(answers)} in all")
        print(f"{again} sent again, {replayed} answered as before; the worker left {stranded}")
        same_answer_to_both(answers)
        must_add_up(cases, Expected.after(guild, answers), entries=entries)
        assert running.faults() == []


def same_answer_to_both(answers: Mapping[Key, Outcome]) -> None:
    """G-7: what a pair sent under one key was done once, and both were told so."""
    for pair in range(PAIRS):
        assert answers[2 * pair, "both"] == answers[2 * pair + 1, "both"]
