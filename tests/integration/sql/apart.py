"""What processes of their own do to a database."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.system import SystemClock
from dkp_core.kernel.actor import operator
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import EntryId, GuildId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points import BUCKETS, Entry, EntryKind, Source, SourceKind
from tests.integration.sql.conftest import ThingSeen, add

RETRIES_MAX: Final = 500
AT: Final = datetime(2026, 11, 20, tzinfo=UTC)


def append(url: str, guild_id: int, users: Sequence[int], pools: Sequence[int], times: int, seed: int) -> None:
    """Give every user a hundredth net in every pool, so many times, in an order that differs each time."""
    database = SqlDatabase.open(url, clock=SystemClock())
    by, chance = operator("test", GuildId(guild_id)), random.Random(seed)
    for _ in range(times):
        moves = [(user, pool, amount) for user in users for pool in pools for amount in ("0.03", "-0.02")]
        chance.shuffle(moves)
        first = database.ids.next("entry", len(moves))
        entries = [_entry(first + index, *move) for index, move in enumerate(moves)]
        for _ in range(RETRIES_MAX):
            try:
                with database.begin(by) as work:
                    work.ledger.append(entries)
            except Stale:
                continue
            break
        else:
            raise AssertionError(f"it lost {RETRIES_MAX} races")
    database.close()


def take(url: str, to: Path) -> None:
    """Take one id of a raid and 300 of entries forty times, in a transaction each; note them line by line."""
    database = SqlDatabase.open(url, clock=SystemClock())
    taken: list[str] = []
    for _ in range(40):
        with database.begin(operator("test", GuildId(1))):
            taken.append(f"raid {database.ids.next('raid')}")
            first = database.ids.next("entry", 300)
            taken += [f"entry {each}" for each in range(first, first + 300)]
    database.close()
    to.write_text("\n".join(taken))


def add_and_die(url: str, guild_id: int, to: Path) -> None:
    """Add a thing, note that, and add another, but for the commit."""
    database = SqlDatabase.open(url, clock=SystemClock())
    by = operator("test", GuildId(guild_id))
    with database.begin(by) as work:
        add(work.session, 1)
    to.write_text("committed")
    with database.begin(by) as work:
        add(work.session, 2)
        work.session.announce(ThingSeen(thing_id=2))
        os.kill(os.getpid(), signal.SIGKILL)


def _entry(entry_id: int, user: int, pool: int, amount: str) -> Entry:
    kind = EntryKind.AWARD if amount.startswith("-") else EntryKind.BONUS
    by = operator("test")
    return Entry(
        id=EntryId(entry_id),
        pool_id=PoolId(pool),
        user_id=UserId(user),
        kind=kind,
        bucket=BUCKETS[kind],
        amount=Points.of(amount),
        reason="for a test",
        source=Source(SourceKind.IMPORT, 1),
        actor_kind=by.kind,
        actor_id=by.id,
        occurred_at=AT,
        recorded_at=AT,
    )
