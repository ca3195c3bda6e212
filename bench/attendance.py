"""Taking attendance of 40 against the same statements on the bare driver (O-16: a write at most 2 x the CPU).

What the use case sends is noted while it runs on one database, and sent again, the very same, to a copy of that
database from before: through psycopg alone, in transactions of the same statements.
"""

from __future__ import annotations

import random
from typing import Any

import psycopg

from bench.databases import analyze, copied, postgresql
from bench.guild import Sizes, fill
from bench.measuring import Spread, repeated
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import RaidId
from dkp_core.raids import NamedPresence
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings

WARMUP = 20
Statements = list[tuple[str, Any]]


def run(*, quick: bool = False) -> bool:
    """The use case on PostgreSQL, then its statements alone; and the use case again, to see how steady it is."""
    times = 50 if quick else 400
    with postgresql() as url:
        filled = fill(url, Sizes(raids=50, open_raids=2 * (times + WARMUP), adjustments=0))
        filled.database.close()
        analyze(url)
        with copied(url) as copy:
            raids: list[int] = filled.fixture["raids"]  # type: ignore[assignment]  # of our making
            names: list[str] = filled.fixture["names"]  # type: ignore[assignment]  # as above
            crews = random.Random(4)
            lists = [crews.sample(names, 40) for _ in raids]
            sent, _ = _recorded(url, filled.guild_id, list(zip(raids, lists, strict=True))[: times + WARMUP], times)
            bare = _bare(copy, sent, times)
            whole = _whole(url, filled.guild_id, list(zip(raids, lists, strict=True))[times + WARMUP :], times)
    print(f"use case on PostgreSQL  {whole}")
    print(f"its {len(sent[-1])} statements alone  {bare}")
    ratio = f"cpu {whole.whole / bare.whole:.2f} (aim: at most 2), here alone {whole.cpu / bare.cpu:.2f}"
    print(f"ratio: {ratio}, median {whole.median / bare.median:.2f}")
    return True


def _use_cases(url: str) -> UseCases:
    return UseCases(settings=Settings(database_url=url))


def _whole(url: str, guild_id: int, work: list[tuple[int, list[str]]], times: int) -> Spread:
    use_cases = _use_cases(url)
    by = operator("bench", guild_id)  # type: ignore[arg-type]  # a guild's id
    record, todo = use_cases.record_attendance(), iter(work)

    def take(_: int) -> None:
        raid_id, names = next(todo)
        record(RaidId(raid_id), [NamedPresence(name=name) for name in names], by=by)

    found = repeated(take, times, warmup=WARMUP)
    use_cases.database().close()
    return found


def _recorded(
    url: str, guild_id: int, work: list[tuple[int, list[str]]], times: int
) -> tuple[list[Statements], Spread]:
    """Every statement that each call sends, one list a call."""
    from dkp_adapters.sql.drivers import postgresql as driver  # it is changed only here

    calls: list[Statements] = []
    plain = driver.PostgresqlConnection.__init__

    def noting(self: driver.PostgresqlConnection, raw: psycopg.Connection[tuple[Any, ...]]) -> None:
        plain(self, raw)
        execute = self.execute

        def noted(sql: str, args: Any = ()) -> Any:
            if calls:
                calls[-1].append((sql, args))
            return execute(sql, args)

        self.execute = noted  # type: ignore[method-assign]  # to note what passes

    driver.PostgresqlConnection.__init__ = noting  # type: ignore[method-assign]  # as above
    try:
        use_cases = _use_cases(url)
        by = operator("bench", guild_id)  # type: ignore[arg-type]  # a guild's id
        record, todo = use_cases.record_attendance(), iter(work)

        def take(_: int) -> None:
            raid_id, names = next(todo)
            calls.append([])
            record(RaidId(raid_id), [NamedPresence(name=name) for name in names], by=by)

        found = repeated(take, times, warmup=WARMUP)
        use_cases.database().close()
    finally:
        driver.PostgresqlConnection.__init__ = plain  # type: ignore[method-assign]  # as it was
    return calls, found


def _bare(url: str, calls: list[Statements], times: int) -> Spread:
    """The same statements with the same values, a transaction a call, on psycopg alone."""
    todo = iter(calls)
    with psycopg.connect(url) as connection:
        cursor = connection.cursor()

        def send(_: int) -> None:
            for sql, args in next(todo):
                cursor.execute(sql, args)
                if cursor.description is not None:
                    cursor.fetchall()
            connection.commit()

        return repeated(send, times, warmup=WARMUP)
