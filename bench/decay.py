"""Decay of a thousand members as one batch, against the same statements on the bare driver, on each database (P-7).

Two databases are filled alike. What the runs on one of them send is noted, and sent again to the other through the
driver alone, in transactions of the same statements.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Final

from bench.databases import mariadb, postgresql, sqlite
from bench.measuring import repeated
from bench.statements import bare, noted
from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql import schema
from dkp_core.accounts import Membership, RoleGroup, User
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.points import Points
from dkp_core.points import AdjustmentLine, BatchKind, WantedRun
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings

MEMBERS: Final = 1000
BEGAN: Final = datetime(2026, 1, 1, 20, tzinfo=UTC)
DAY: Final = timedelta(days=1)
WARMUP: Final = 2
DATABASES: Final[tuple[tuple[str, Callable[[], AbstractContextManager[str]], str], ...]] = (
    ("SQLite", sqlite, "no server"),
    ("PostgreSQL", postgresql, "postgres"),
    ("MariaDB", mariadb, "mariadbd"),
)


def run(*, quick: bool = False) -> bool:
    """The runs on each database, then their statements alone."""
    times, members = (3, 100) if quick else (20, MEMBERS)
    for name, made, server in DATABASES:
        with made() as url, made() as copy:
            _measure(name, url, copy, server, times, members)
    return True


def _measure(name: str, url: str, copy: str, server: str, times: int, members: int) -> None:
    use_cases, by, clock = _filled(url, members)
    _filled(copy, members)[0].database().close()
    run_batch = use_cases.run_batch()

    def decay(_: int) -> None:
        clock.advance(DAY)
        run_batch(WantedRun(kind=BatchKind.DECAY, now=True), by=by)

    sent = noted(use_cases.database(), decay, times + WARMUP)
    whole = repeated(decay, times, warmup=WARMUP, server=server)
    use_cases.database().close()
    with bare(copy) as send:
        todo = iter(sent)
        alone = repeated(lambda _: send(next(todo)), times, warmup=WARMUP, server=server)
    print(f"{name}: a run of {members} lines {whole}")
    print(f"{name}: its {len(sent[-1])} statements alone {alone}")
    print(f"{name}: cpu {whole.whole / alone.whole:.2f} x, median {whole.median / alone.median:.2f} x", flush=True)


def _filled(url: str, members: int) -> tuple[UseCases, Actor, SettableClock]:
    """A guild of so many members with points that decay."""
    schema.upgrade(url)
    clock = SettableClock(BEGAN)
    cases = UseCases(settings=Settings(database_url=url), clock=clock)
    founded = cases.found_guild()(name="Bench", officer_discord_id="1", officer_username="boss", by=operator("bench"))
    by, database = operator("bench", founded.guild.id), cases.database()
    first = database.ids.next("user", members)
    users = [UserId(first + number) for number in range(members)]
    with database.begin(by) as work:
        for user_id in users:
            work.users.save(User.add(user_id, discord_id=str(user_id), username=f"u{user_id}", at=BEGAN))
            work.memberships.save(Membership.begin(by.guild, user_id, RoleGroup.MEMBER, BEGAN))
    for hundreds in range(1, 11):
        lines = [AdjustmentLine(user_id=user_id, amount=Points.of(100 * hundreds)) for user_id in users]
        cases.adjust_points()(lines, reason="bench", by=by)
    pool_id = cases.list_pools()(by=by)[0].id
    cases.set_policies()(pool_id, {"decay": {"percent": "1", "schedule": {"every": 300}}}, by=by)
    return cases, by, clock
