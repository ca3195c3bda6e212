"""How long it takes to replay thousands of raids under other policies, and how much memory (P-15)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from time import perf_counter, process_time
from typing import Final

from bench.databases import postgresql, sqlite
from bench.guild import EPOCH, Filled, Sizes, fill
from bench.measuring import peak_memory_mb
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import GuildId, PoolId
from dkp_core.raids import what_if_of

RAIDS: Final = 3000
WEEKLY: Final = {"every": 1, "unit": "weeks"}
MONTHS: Final = 60
DATABASES: Final[tuple[tuple[str, Callable[[], AbstractContextManager[str]]], ...]] = (
    ("SQLite", sqlite),
    ("PostgreSQL", postgresql),
)
QUESTIONS: Final[Mapping[str, Mapping[str, object]]] = {
    "nothing else": {},
    "a cap": {"cap": "500"},
    "a cap a week": {"weekly_cap": "60"},
    "alts paid half": {"alt_percent": "50", "standby_percent": "50"},
    "decay of 5 % a week": {"decay": {"percent": "5", "schedule": WEEKLY}},
    "decay by age, 5 % a week": {"decay": {"on": "entries", "percent": "5", "schedule": WEEKLY}},
    "inactivity": {"inactivity": {"points": "10", "schedule": {"every": 4, "unit": "weeks"}}},
}


def run(*, quick: bool = False) -> bool:
    """Each question to a guild of 200 members and 3,000 raids of 40 attendees."""
    sizes = Sizes(members=60 if quick else 200, raids=100 if quick else RAIDS, open_raids=0, adjustments=1000, items=0)
    for name, made in DATABASES:
        with made() as url:
            filled = fill(url, sizes)
            _ask(name, filled)
            filled.database.close()
    return True


def _ask(name: str, filled: Filled) -> None:
    by = operator("bench", GuildId(int(str(filled.guild_id))))
    pool = PoolId(int(str(filled.fixture["pool"])))
    filled.clock.set(EPOCH)
    for question, policies in QUESTIONS.items():
        what_if = what_if_of(policies, prices=None, points={})
        began, worked = perf_counter(), process_time()
        found = filled.use_cases.simulate()(pool, what_if, months=MONTHS, by=by)
        whole, here = perf_counter() - began, process_time() - worked
        print(
            f"{name:11} {question:26} {found.entries:7} entries, {found.runs:4} runs: {whole:6.2f} s, {here:6.2f} s CPU"
            f"   {found.gain} gain, {found.lose} lose; memory {peak_memory_mb():.0f} MB",
            flush=True,
        )
