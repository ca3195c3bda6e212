"""Our adapters, as the contract suites see them."""

from __future__ import annotations

from dkp_adapters.memory import MemoryInstallation, MemoryNoticeQueue, SettableClock
from dkp_adapters.sql.accounts import SqlCredentials
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.notice_queue import SqlNoticeQueue
from dkp_adapters.sql.verifying import SqlVerifying
from tests.integration.contracts.installation import Installation


def sql_installation(database: SqlDatabase, clock: SettableClock) -> Installation:
    """A database as the suites see it."""
    return Installation(
        begin=database.begin,
        begin_installation=database.begin_installation,
        read=database.read,
        read_steadily=database.read_steadily,
        ids=database.ids,
        credentials=SqlCredentials(database.reading),
        verifying=SqlVerifying(database.engine),
        sealed_secrets=database.sealed_secrets,
        notice_queue=lambda patience: SqlNoticeQueue(database, patience, lambda: 0.0),
        clock=clock,
    )


def memory_installation(clock: SettableClock) -> Installation:
    """An installation in memory as the suites see it."""
    memory = MemoryInstallation(clock=clock)
    return Installation(
        begin=memory.begin,
        begin_installation=memory.begin_installation,
        read=memory.read,
        read_steadily=memory.read_steadily,
        ids=memory.ids,
        credentials=memory.credentials,
        verifying=memory.verifying,
        sealed_secrets=memory.sealed_secrets,
        notice_queue=lambda patience: MemoryNoticeQueue(memory, patience, lambda: 0.0),
        clock=clock,
    )
