"""What policies cost when attendance is taken: the share of an import of 40 that goes into reading and applying them.

The same crews are taken at raids of the same pool, under no policies, under factors, and under caps as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final

from bench.databases import postgresql, sqlite
from bench.guild import Sizes, fill
from bench.measuring import Spread, repeated
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import RaidId
from dkp_core.raids import NamedPresence, Presence
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings

WARMUP: Final = 20
FACTORS: Final[Mapping[str, object]] = {"alt_percent": "50", "late_percent": "75", "standby_percent": "50"}
CAPS: Final[Mapping[str, object]] = {"cap": "1000000", "weekly_cap": "1000000"}
STAGES: Final[tuple[tuple[str, Mapping[str, object]], ...]] = (
    ("without policies", {}),
    ("with factors", FACTORS),
    ("with factors and caps", CAPS),
)
DATABASES: Final[tuple[tuple[str, Callable[[], AbstractContextManager[str]], str], ...]] = (
    ("SQLite", sqlite, "no server"),
    ("PostgreSQL", postgresql, "postgres"),
)


def run(*, quick: bool = False) -> bool:
    """Attendance of 40 under more and more policies, on each database."""
    times = 30 if quick else 300
    for name, made, server in DATABASES:
        with made() as url:
            _measure(name, url, server, times)
    return True


def _measure(name: str, url: str, server: str, times: int) -> None:
    filled = fill(url, Sizes(raids=50, open_raids=len(STAGES) * (times + WARMUP), adjustments=0))
    filled.database.close()
    by = operator("bench", filled.guild_id)  # type: ignore[arg-type]  # a guild's id
    raids: list[int] = filled.fixture["raids"]  # type: ignore[assignment]  # of our making
    names: list[str] = filled.fixture["names"]  # type: ignore[assignment]  # as above
    crews = random.Random(4)
    unused = iter([(RaidId(raid), crews.sample(names, 40)) for raid in raids])
    use_cases = UseCases(settings=Settings(database_url=url))
    record, pool = use_cases.record_attendance(), use_cases.list_pools()(by=by)[0].id

    def take(_: int) -> None:
        raid_id, crew = next(unused)
        benched = [NamedPresence(name=each, presence=Presence.STANDBY) for each in crew[:4]]
        record(raid_id, [*benched, *(NamedPresence(name=each) for each in crew[4:])], by=by)

    first: Spread | None = None
    for stage, policies in STAGES:
        if policies:
            use_cases.set_policies()(pool, policies, by=by)
        spread = repeated(take, times, warmup=WARMUP, server=server)
        first = first or spread
        more = spread.whole / first.whole - 1
        print(f"{name} {stage:22}  {spread}; {more:+.0%} CPU", flush=True)
    use_cases.database().close()
