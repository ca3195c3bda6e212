"""A worker that is killed while it is at it, and what is done about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql.outbox import SqlOutbox
from dkp_adapters.sql.statement import Statement
from dkp_adapters.sql.tables.kernel import deliveries
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.execution import attempted
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import Worker
from tests.integration.whole.busy_guild import BusyGuild, approve_late
from tests.integration.whole.programs import Program, until

_CLAIMED: Final = Statement(
    select(func.count()).where(deliveries.c.claimed_by.is_not(None), deliveries.c.parked == 0), across_guilds=True
)


def kill_in_the_middle(cases: UseCases, guild: BusyGuild, worker: Program) -> int:
    """Give the worker a handful to do and kill it when it has done some of it; tells how many it leaves claimed."""
    until(lambda: "the worker runs" in worker.says or not worker.runs, "the worker runs")
    attempted(lambda: approve_late(cases, guild))
    outbox, some = SqlOutbox.of(cases.database()), len(guild.late) // 2
    until(lambda: outbox.lag().due <= some or _claimed(cases) >= some, "the worker has claimed them", pause_seconds=0)
    until(lambda: _claimed(cases) <= some, "the worker has done some of them", pause_seconds=0)
    assert worker.runs, "it was to be killed"
    worker.kill()
    return _claimed(cases)


def finish(cases: UseCases, url: str, stranded: int) -> None:
    """Wait for the worker that runs now, then do what the dead one had claimed, as any worker would a minute later."""
    outbox = SqlOutbox.of(cases.database())
    until(lambda: outbox.lag().due <= stranded, "the worker has done everything that is not the dead one's")
    later = UseCases(settings=Settings(database_url=url), clock=SettableClock(datetime.now(UTC) + timedelta(minutes=2)))
    try:
        until(lambda: not Worker.of(later).run_reactions() and outbox.lag().due == 0, "the rest is done")
    finally:
        later.database().close()


def _claimed(cases: UseCases) -> int:
    """How many deliveries some worker has claimed."""
    with cases.database().reading() as views:
        row = views.session.first(_CLAIMED)
    assert row is not None
    return int(row[0])
