"""O-1, P-6: after an import, points fade as they would have faded on the old site."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from attrs import frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.arrivals import arrivals_of
from dkp_adapters.eqdkp.mapping.household import household_of
from dkp_adapters.eqdkp.mapping.reckoning import reckoned_of
from dkp_adapters.eqdkp.source import EqdkpSource, open_source
from dkp_adapters.memory import SettableClock
from dkp_core.kernel.ids import PoolId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.moving import ImportGuild
from dkp_core.points import Pool, RunDueBatch
from tests.integration.contracts.adapters import memory_installation
from tests.integration.contracts.place import Place
from tests.unit.eqdkp.mapping.arrived import NOW, opened
from tests.unit.eqdkp.mapping.moved import adjustment, guild, item, present, raid
from tests.unit.eqdkp.mapping.test_policies import DECAY, FUNCTIONS
from tests.unit.eqdkp.real_installation import EQDKP
from tests.unit.eqdkp.test_serialized import serialized

KEY = "f1d9a3fc4d8097064d46e14a08f8fb69"
EARLY = 1_760_000_000
DECAYING = 1
"""The id, in the source, of the pool that fades."""


@frozen
class Settled:
    """A guild that moved in, with its pool that fades."""

    place: Place
    clock: SettableClock
    source: EqdkpSource
    pool_id: PoolId
    server: tzinfo
    notes: Sequence[str]

    @classmethod
    def of(cls, source: EqdkpSource, timezone: str = "UTC", server: tzinfo = UTC) -> Settled:
        """Everything of a source, all of it proven."""
        clock = SettableClock(NOW)
        place = Place.found(memory_installation(clock))
        with place.installation.begin_installation(place.by) as work:
            work.guilds.save(work.guilds.get(place.guild_id).change(timezone=timezone))
        with place.work() as here:
            first = PoolId(place.installation.ids.next("pool"))
            here.pools.save(Pool.create(first, place.guild_id, name="DKP", is_default=True))
        move_in = ImportGuild(place.installation.begin, place.installation.ids, clock)
        report = move_in(arrivals_of(source, name="old", now=NOW, server=server), by=place.by).report
        assert (report.is_complete, report.is_proven) == (True, True)
        (name,) = [each.name for each in source.rows(rows.Pool) if each.id == DECAYING]
        with place.work() as here:
            (pool_id,) = [each.id for each in here.pools.all() if each.name == name]
        return cls(place, clock, source, pool_id, server, report.notes)

    def here(self) -> Sequence[Points]:
        """What people have here in the pool that fades, the most first; who has nothing is left out."""
        with self.place.work() as work:
            found = work.intake.found(self.clock.now()).balances
        having = [each.current for (pool, _), each in found.items() if pool == self.pool_id]
        return sorted((each for each in having if each), reverse=True)

    def there(self) -> Sequence[Points]:
        """What the old site would show now, if it were still there."""
        household = household_of(self.source, Accounting())
        reckoned = reckoned_of(self.source, household, self.clock.now(), self.server)
        shown = [reckoned.shown(each.number, DECAYING) for each in household.people]
        return sorted((each for each in shown if each), reverse=True)

    def pass_until(self, at: datetime) -> int:
        """Time goes by, and what is due is done; tells how many runs there were."""
        self.clock.set(at)
        run = RunDueBatch(self.place.installation.begin, self.place.installation.ids, self.clock)
        count = 0
        while run(self.pool_id, by=self.place.by) is not None:
            count += 1
        return count


@pytest.mark.skipif(not EQDKP.is_dir(), reason="a real installation is not beside this checkout")
def test_a_real_guild_fades_as_it_would_have() -> None:
    """P-6: a tenth each week; the first run here is the first one that the old site would have made."""
    apa, functions = (EQDKP / f"small_apa_{each}.php.txt" for each in ("apatab", "apafunc"))
    with open_source(EQDKP / "small_apa.sql.gz", KEY, apa=apa, apa_functions=functions, now=NOW) as source:
        settled = Settled.of(source)
        assert len(settled.here()) > 50
        assert settled.here() == settled.there()
        before = settled.here()
        assert settled.pass_until(datetime(2026, 11, 25, 23, 59, tzinfo=UTC)) == 0
        for weeks in range(3):
            assert settled.pass_until(datetime(2026, 11, 26, 0, 0, 1, tzinfo=UTC) + timedelta(weeks=weeks)) == 1
            assert settled.here() == settled.there()
        assert settled.here() != before


@pytest.mark.parametrize("function", ["ten", "odd", "third"])
@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Auckland"])
def test_debts_and_odd_sums_fade_alike(tmp_path: Path, function: str, timezone: str) -> None:
    """P-6, P-12: half-up at every run, above and below zero; on whichever clocks."""
    installation = (
        guild()
        .with_rows("raids", raid(1, value="7.77"), raid(2, value="0.05"))
        .with_rows("raid_attendees", *present(1, 1, 2, 3), *present(2, 3))
        .with_rows("items", item(1, buyer=3, value="33.33", raid_id=1))
        .with_rows("adjustments", adjustment(1, character=1, value="104.99"))
    )
    apa, functions = serialized({1: {**DECAY, "calc_func": function}}), serialized(FUNCTIONS)
    with opened(tmp_path, installation, apa=apa, functions=functions) as source:
        settled = Settled.of(source, timezone)
        before = settled.here()
        assert len(before) == 2
        assert before[0] > ZERO > before[1]
        for week in range(1, 9):
            assert settled.pass_until(NOW + timedelta(weeks=week)) == 1
            assert settled.here() == settled.there()
        assert settled.here() != before


@pytest.mark.parametrize("timezone", ["Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata"])
@pytest.mark.parametrize("server", ["UTC", "Europe/Berlin"])
def test_the_next_run_is_the_one_that_the_old_site_would_have_made(tmp_path: Path, timezone: str, server: str) -> None:
    """P-6, G-2: to the minute, though it is but two hours away, on whichever clocks; and it is the one that is told."""
    zone, due = ZoneInfo(server), NOW + timedelta(hours=2)
    started = due - timedelta(weeks=3)
    # The first run is when a clock of UTC shows the start's time of day on the server.
    started -= zone.utcoffset(started) or timedelta()
    installation = guild().with_rows("adjustments", adjustment(1, character=1, value="104.99", adjustment_date=EARLY))
    apa = serialized({1: {**DECAY, "start_date": int(started.timestamp())}})
    with opened(tmp_path, installation, apa=apa, functions=serialized(FUNCTIONS)) as source:
        settled = Settled.of(source, timezone, zone)
        before = settled.here()
        assert any(f"{due:%Y-%m-%d %H:%M} UTC" in each for each in settled.notes), settled.notes
        assert settled.pass_until(due - timedelta(seconds=1)) == 0
        assert settled.here() == settled.there() == before
        assert settled.pass_until(due) == 1
        assert settled.here() == settled.there() != before
