"""Taking attendance of 40 against the same statements on the bare driver (O-16: a write at most 2 x the CPU).

What the use case sends is noted while it runs on one database, and sent again, the very same, to a copy of that
database from before: through the driver alone, in transactions of the same statements.
"""

from __future__ import annotations

import random

from bench.databases import analyze, copied, postgresql
from bench.guild import Sizes, fill
from bench.measuring import repeated
from bench.statements import bare, noted
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import RaidId
from dkp_core.raids import NamedPresence
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings

WARMUP = 20


def run(*, quick: bool = False) -> bool:
    """The use case on PostgreSQL, then its statements alone; and the use case again, to see how steady it is."""
    times = 50 if quick else 400
    with postgresql() as url:
        filled = fill(url, Sizes(raids=50, open_raids=2 * (times + WARMUP), adjustments=0))
        filled.database.close()
        analyze(url)
        by = operator("bench", filled.guild_id)  # type: ignore[arg-type]  # a guild's id
        raids: list[int] = filled.fixture["raids"]  # type: ignore[assignment]  # of our making
        names: list[str] = filled.fixture["names"]  # type: ignore[assignment]  # as above
        crews = random.Random(4)
        unused = iter([(RaidId(raid), crews.sample(names, 40)) for raid in raids])
        with copied(url) as copy:
            use_cases = UseCases(settings=Settings(database_url=url))
            record = use_cases.record_attendance()

            def take(_: int) -> None:
                raid_id, crew = next(unused)
                record(raid_id, [NamedPresence(name=name) for name in crew], by=by)

            sent = noted(use_cases.database(), take, times + WARMUP)
            with bare(copy) as send:
                todo = iter(sent)
                alone = repeated(lambda _: send(next(todo)), times, warmup=WARMUP)
            whole = repeated(take, times, warmup=WARMUP)
            use_cases.database().close()
    print(f"use case on PostgreSQL  {whole}")
    print(f"its {len(sent[-1])} statements alone  {alone}")
    ratio = f"cpu {whole.whole / alone.whole:.2f} (aim: at most 2), here alone {whole.cpu / alone.cpu:.2f}"
    print(f"ratio: {ratio}, median {whole.median / alone.median:.2f}")
    return True
