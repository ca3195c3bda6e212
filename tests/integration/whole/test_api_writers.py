"""Forty clients at two API processes and a worker, on PostgreSQL and MariaDB: nothing is lost, nothing doubled."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql import schema
from dkp_adapters.sql.outbox import SqlOutbox
from dkp_adapters.sql.statement import Statement
from dkp_adapters.sql.tables.kernel import deliveries
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import UserId
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import Worker
from tests import services
from tests.integration.whole.api_writer import ApiDoer, Pairs
from tests.integration.whole.busy_guild import BusyGuild, approve_late, busy_guild
from tests.integration.whole.deeds import PAIRS, Outcome, Step, scripts
from tests.integration.whole.programs import Program, Programs, programs, until
from tests.integration.whole.proof import Answers, Expected, must_add_up
from tests.services import Engine

JOIN_SECONDS_MAX = 90.0
_CLAIMED = Statement(
    select(func.count()).where(deliveries.c.claimed_by.is_not(None), deliveries.c.parked == 0), across_guilds=True
)


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


def claimed(cases: UseCases) -> int:
    """How many deliveries some worker has claimed."""
    with cases.database().reading() as views:
        row = views.session.first(_CLAIMED)
    assert row is not None
    return int(row[0])


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


def restart(programs: Programs, servers: list[Program], number: int) -> None:
    """Tell one server to end while it works, and start it anew."""
    assert servers[number].end() == 0, "it finished what ran"
    servers[number] = programs.serve()


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
            writers.answers.wait_for(steps // 3)
            restart(running, servers, 0)
            writers.answers.wait_for(steps // 2)
            stranded = kill_in_the_middle(cases, guild, worker)
            running.worker()
            writers.join()
        finally:
            writers.pairs.give_up()
        finish(cases, url, stranded)
        entries = verified(running)
        print(
            f"{len(writers.answers.by_key)} deeds, {sum(doer.sent_again for doer in writers.doers.values())} sent again, "
            f"{sum(doer.replayed for doer in writers.doers.values())} answered as before, {stranded} left by the worker"
        )
        same_answer_to_both(writers.answers)
        must_add_up(cases, Expected.after(guild, writers.answers.by_key), entries=entries)
        assert running.faults() == []


def kill_in_the_middle(cases: UseCases, guild: BusyGuild, worker: Program) -> int:
    """Give the worker a handful to do and kill it while it is at it; tells how many it leaves claimed."""
    until(lambda: worker.runs and "the worker runs" in worker.says, "the worker runs")
    approve_late(cases, guild)
    until(lambda: claimed(cases) > 0 or SqlOutbox.of(cases.database()).lag().due == 0, "it claims", pause_seconds=0)
    worker.kill()
    return claimed(cases)


def finish(cases: UseCases, url: str, stranded: int) -> None:
    """Wait for the worker, then do what the dead one had claimed, as any worker would a minute later."""
    outbox = SqlOutbox.of(cases.database())
    until(lambda: outbox.lag().due <= stranded, "the worker has done everything that is not the dead one's")
    later = UseCases(settings=Settings(database_url=url), clock=SettableClock(datetime.now(UTC) + timedelta(minutes=2)))
    try:
        while Worker.of(later).run_reactions():
            pass
    finally:
        later.database().close()
    assert outbox.lag().due == 0


def verified(programs: Programs) -> int:
    """How many entries `dkp verify` counts, when it finds no difference."""
    code, said = programs.run("verify", "--json")
    assert code == 0, said
    answer = json.loads(said)
    assert answer["clean"] is True
    assert answer["differences"] == []
    return int(answer["entries"])


def same_answer_to_both(answers: Answers) -> None:
    """G-7: what a pair sent under one key was done once, and both were told so."""
    for pair in range(PAIRS):
        assert answers.by_key[2 * pair, "both"] == answers.by_key[2 * pair + 1, "both"]
