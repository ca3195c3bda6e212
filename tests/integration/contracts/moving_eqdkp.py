"""What every adapter keeps to, as to what comes out of EQdkp Plus, odd rows too (O-1, O-2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dkp_adapters.eqdkp.mapping.arrivals import EqdkpArrivals, arrivals_of
from dkp_adapters.eqdkp.source import open_source
from dkp_core.kernel.ids import PoolId
from dkp_core.loot import AwardFilter, RevokeAward
from dkp_core.moving import Imported, ImportGuild
from dkp_core.points import AdjustmentFilter, Pool, ReverseAdjustment
from dkp_core.raids import CancelRaid
from tests.integration.contracts.deeds import Bank
from tests.integration.contracts.moving import Settlement
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.suite import Contract
from tests.unit.eqdkp.mapping.moved import adjustment, dumped, guild, item, present, raid, setting
from tests.unit.eqdkp.synthetic import Installation

POOLS = ("Main", "Alts")


def oddities() -> Installation:
    """Raids of several pools, of none, of less than nothing, of no date; items that bring points."""
    return (
        guild()
        .with_rows(
            "raids",
            raid(5, event=3),
            raid(6, value="-2.00"),
            raid(7, value="0.00"),
            raid(8, event=4),
            raid(9, event=777, raid_date=0),
        )
        .with_rows(
            "raid_attendees",
            *(each for number in (6, 7, 8, 9) for each in present(number, 1)),
            *present(5, 1, 2, 3, 3),
            *present(8, 3, 99),
        )
        .with_rows(
            "items",
            item(1, "Robe", itempool_id=3, raid_id=5),
            item(2, "ROBE", buyer=3, value="-3.00"),
            item(3, "Ring", value="0.00"),
            item(4, "Belt", itempool_id=4),
        )
        .with_rows(
            "adjustments",
            adjustment(1),
            adjustment(2, value="0.00"),
            adjustment(3, character=3, value="2.00", event_id="3"),
            adjustment(4, event_id="777"),
        )
    )


class MovingFromEqdkpContract(Contract):
    """The port `Intake`, as to a guild that comes from EQdkp Plus."""

    @pytest.fixture
    def home(self, place: Place) -> Settlement:
        """A guild that was just founded."""
        place.installation.clock.set(NIGHT)
        return Settlement.at(place)

    @pytest.fixture
    def arrivals(self, tmp_path: Path) -> Iterator[EqdkpArrivals]:
        """What comes."""
        with open_source(dumped(tmp_path, oddities()), now=NIGHT) as source:
            yield arrivals_of(source, name="dump.sql", now=NIGHT)

    def test_odd_rows_come_to_what_they_came_to(self, home: Settlement, arrivals: EqdkpArrivals) -> None:
        """O-2: earned, spent, adjusted and current, each to the hundredth; sums and ledger agree (P-3)."""
        report = _moved_in(home, arrivals).report
        assert (report.is_complete, report.is_proven, report.reconciliations) == (True, True, [])
        assert _numbers(home, "Anna") == {
            "Main": ["9.00", "12.50", "-3.33", "-6.83"],
            "Alts": ["11.00", "12.50", "0.00", "-1.50"],
        }
        assert _numbers(home, "Cora") == {
            "Main": ["11.00", "-3.00", "2.00", "16.00"],
            "Alts": ["11.00", "0.00", "2.00", "13.00"],
        }
        assert home.owner("Bert") == home.owner("Anna")
        assert Bank(home.place).differences() == []

    def test_whatever_came_can_be_taken_back(self, home: Settlement, arrivals: EqdkpArrivals) -> None:
        """G-4: raids, awards and adjustments, odd ones too, as if they had been made here; nothing is left of them."""
        _moved_in(home, arrivals)
        installation, by = home.place.installation, home.place.by
        ports = (installation.begin, installation.ids, installation.clock)
        with home.place.views() as views:
            awards = views.awards(AwardFilter(), ordering=(), page=EVERYTHING).results
            adjustments = views.adjustments(AdjustmentFilter(), page=EVERYTHING).results
        assert (len(home.raids), len(awards), len(adjustments)) == (5, 4, 4)
        for raid_id in home.raids:
            CancelRaid(*ports)(raid_id, by=by)
        for award in awards:
            RevokeAward(*ports)(award.id, reason="a mistake", by=by)
        for each in adjustments:
            ReverseAdjustment(*ports)(each.id, reason="a mistake", by=by)
        nothing = dict.fromkeys(POOLS, ["0.00"] * 4)
        assert (_numbers(home, "Anna"), _numbers(home, "Cora")) == (nothing, nothing)
        assert Bank(home.place).differences() == []

    def test_a_pool_of_the_guilds_own_becomes_the_one_of_its_name(self, home: Settlement, tmp_path: Path) -> None:
        """O-1, O-3, O-4: with its unit, decimals and old id, and open; undoing makes it what it was."""
        with home.place.work() as work:
            work.pools.save(work.pools.named("DKP").change(name="MAIN", unit="EP", decimals=0))
            spare = Pool.create(PoolId(home.place.installation.ids.next("pool")), home.place.guild_id, name="alts")
            work.pools.save(spare.change(archived=True))
        before = _pools(home)
        named = [setting("plus_version", "2.3.39"), setting("dkp_name", "Honour"), setting("round_activate", "1")]
        installation = oddities().with_rows("config", *named, setting("round_precision", "1"))
        with open_source(dumped(tmp_path, installation), now=NIGHT) as source:
            record = _moved_in(home, arrivals_of(source, name="dump.sql", now=NIGHT)).record
        assert record is not None
        assert _pools(home) == [("MAIN", "Honour", 1, False, "eqdkp:1"), ("alts", "Honour", 1, False, "eqdkp:2")]
        home.undo(record.id)
        assert _pools(home) == before == [("MAIN", "EP", 0, False, None), ("alts", "DKP", 2, True, None)]

    def test_ranks_come_after_the_last_of_the_guilds_own(self, home: Settlement, tmp_path: Path) -> None:
        """R-2: whatever places those have, no two ranks have the same."""
        with home.place.work() as work:
            (own,) = work.ranks.all()
            work.ranks.save(own.change(order=5))
        ranks = [{"rank_id": each, "rank_name": f"Rank {each}", "rank_sortid": each} for each in (1, 2)]
        with open_source(dumped(tmp_path, oddities().with_rows("member_ranks", *ranks)), now=NIGHT) as source:
            _moved_in(home, arrivals_of(source, name="dump.sql", now=NIGHT))
        with home.place.work() as work:
            assert sorted(each.order for each in work.ranks.all()) == [5, 6, 7]


def _moved_in(home: Settlement, arrivals: EqdkpArrivals) -> Imported:
    installation = home.place.installation
    return ImportGuild(installation.begin, installation.ids, installation.clock)(arrivals, by=home.place.by)


def _pools(home: Settlement) -> list[tuple[str, str, int, bool, str | None]]:
    """Each pool as it looks."""
    with home.place.work() as work:
        return [(each.name, each.unit, each.decimals, each.archived, each.external_id) for each in work.pools.all()]


def _numbers(home: Settlement, name: str) -> dict[str, list[str]]:
    bank, owner = Bank(home.place), home.owner(name)
    return {each: bank.numbers(owner, home.pool(each))[:4] for each in POOLS}
