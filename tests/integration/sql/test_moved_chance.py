"""What chance decided, or is yet to decide, in a guild that moved: as it was committed to where it was (L-15, O-6)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve, frozen

from dkp_adapters.sql import schema
from dkp_adapters.sql.database import SqlDatabase
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.ids import AuctionId, GuildId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.loot import AuctionFilter
from dkp_core.points import AdjustmentLine
from dkp_entrypoints.cli.checking import AuctionCheck, checked
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests.integration.exported import exported, imported

BIDDERS: Final = tuple(f"Bidder{letter}" for letter in "abcdefg")
RULES: Final[Mapping[str, Mapping[str, object]]] = {
    "Sealed": {"mode": "sealed_first_price", "increment": "0.01", "ties": ["roll"]},
    "Open": {"mode": "open", "increment": "1.00", "ties": ["roll"]},
    "Rolled": {"mode": "fixed_price_roll", "minimum": "2.00"},
}
ALL: Final = PageRequest(1, 500)


@frozen
class Home:
    """A guild somewhere: its use cases, and who leads it."""

    cases: UseCases
    by: Actor

    @property
    def database(self) -> SqlDatabase:
        """Where it is kept."""
        found: SqlDatabase = self.cases.database()
        return found

    def auction(self, item: str) -> AuctionId:
        """The auction of that item."""
        rows = self.cases.list_auctions()(AuctionFilter(), page=ALL, by=self.by).results
        return next(row.id for row in rows if row.item == item)

    def close(self, item: str) -> tuple[str, ...]:
        """Who wins the auction, now that it is closed."""
        self.cases.close_auction()(self.auction(item), by=self.by)
        results = self.cases.show_auction()(self.auction(item), by=self.by).results
        return tuple(result.character for result in results)

    def check(self, item: str, *receipts: str) -> AuctionCheck:
        """What recomputing the auction comes to."""
        found = self.cases.show_auction()(self.auction(item), by=self.by)
        made = self.cases.list_bids()(found.id, page=ALL, by=self.by).results
        return checked(found, made, receipts=receipts)


def at_home(file: Path) -> Home:
    """The installation on SQLite in that file."""
    settings = Settings(database_url=f"sqlite:///{file}?synchronous=off")
    return Home(UseCases(settings=settings), operator("test", GuildId(1)))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an installation that holds nothing."""
    file = tmp_path_factory.mktemp("empty") / "dkp.db"
    schema.upgrade(f"sqlite:///{file}?synchronous=off")
    return file


@pytest.fixture
def places(empty: Path, tmp_path: Path) -> Iterator[list[Home]]:
    """Two other installations."""
    found = [at_home(Path(shutil.copy(empty, tmp_path / name))) for name in ("there.db", "yonder.db")]
    yield found
    for place in found:
        place.database.close()


def moved(content: bytes, to: Home) -> Home:
    """The guild in another installation, where ids are others: so much happened there before."""
    for kind in ("user", "auction", "bid", "pool"):
        to.database.ids.next(kind, 40)
    return evolve(to, by=operator("test", imported(to.database, content).guild_id))


@pytest.fixture
def home(empty: Path, tmp_path: Path) -> Iterator[Home]:
    """A guild whose seven bid the same for each of three items."""
    found = at_home(Path(shutil.copy(empty, tmp_path / "home.db")))
    cases, by = found.cases, found.by
    cases.found_guild()(
        name="Wächter", officer_discord_id="80351110224678912", officer_username="alma", by=operator("test")
    )
    for number, name in enumerate(BIDDERS):
        member = cases.add_member()(discord_id=f"{80351110224679000 + number}", username=name, by=by)
        cases.enter_character()(name=name, owner=member.user_id, by=by)
    points = [AdjustmentLine(amount=Points.of(10), character=name) for name in BIDDERS]
    cases.adjust_points()(points, reason="to begin with", by=by)
    cases.set_rules()(cases.list_pools()(by=by)[0].id, {"fixed_price_rolls": True}, by=by)
    for item, rules in RULES.items():
        cases.start_auction()(item=item, rules=rules, closes_at=datetime.now(UTC) + timedelta(days=1), by=by)
    yield found
    found.database.close()


def bid(home: Home, item: str) -> dict[str, str | None]:
    """Everybody bids the same; the receipts that they are given."""
    made = {}
    for name in BIDDERS:
        made[name] = home.cases.place_bid()(home.auction(item), amount=Points.of(2), character=name, by=home.by).receipt
    return made


def test_a_closed_auction_is_checked_wherever_it_went(home: Home, places: list[Home]) -> None:
    """L-15, O-6: seed, receipts, rolls, winners and prices, also of a guild that moved twice."""
    receipts = bid(home, "Sealed")
    bid(home, "Rolled")
    winners = {item: home.close(item) for item in ("Sealed", "Rolled")}
    before = {item: home.check(item) for item in winners}
    there = moved(exported(home.database, 1), places[0])
    yonder = moved(exported(there.database, there.by.guild), places[1])
    for place in (there, yonder):
        for item in winners:
            found = place.check(item, *filter(None, receipts.values() if item == "Sealed" else ()))
            assert found.holds, found
            assert rolls_in(found) == rolls_in(before[item])
            assert len(rolls_in(found)) == len(BIDDERS)


def rolls_in(check: AuctionCheck) -> dict[str, str]:
    """What each rolled."""
    return {each.what: each.recomputed for each in check.checks if each.what.startswith("roll of ")}


def test_a_running_auction_rolls_what_it_was_committed_to(home: Home, places: list[Home]) -> None:
    """L-15, O-6: who wins of many that bid the same was settled when it was started, wherever it is closed."""
    bid(home, "Sealed")
    bid(home, "Rolled")
    there = moved(exported(home.database, 1), places[0])
    for item in ("Sealed", "Rolled"):
        assert there.close(item) == home.close(item)
        assert there.check(item).holds
        assert rolls_in(there.check(item)) == rolls_in(home.check(item))


def test_receipts_are_the_ones_that_bidders_have(home: Home, places: list[Home]) -> None:
    """L-15: they were given before it moved, and are found after it is closed there; new ones go by new ids."""
    given = bid(home, "Sealed")
    there = moved(exported(home.database, 1), places[0])
    more = there.cases.place_bid()(
        there.auction("Sealed"), amount=Points.of(3), character=BIDDERS[0], by=there.by
    ).receipt
    assert more is not None
    there.close("Sealed")
    found = there.check("Sealed", *filter(None, given.values()), more)
    assert found.holds, found


def test_an_open_auction_ranks_its_leads_as_before(home: Home, places: list[Home]) -> None:
    """L-15: who leads keeps what the lead was made as, by which ties are rolled."""
    first, second = BIDDERS[:2]
    for name, amount in ((first, 2), (second, 3)):
        home.cases.place_bid()(home.auction("Open"), amount=Points.of(amount), character=name, by=home.by)
    told = json.loads(exported(home.database, 1))["tables"]["auctions"]
    there = moved(exported(home.database, 1), places[0])
    copied = json.loads(exported(there.database, there.by.guild))["tables"]["auctions"]
    (lead,), (copy,) = ([row["leads"][0] for row in rows if row["leads"]] for rows in (told, copied))
    assert copy[1:3] != lead[1:3]
    assert copy[-1] == f"{next(row['id'] for row in told if row['leads'])}-{lead[1]}-{lead[2]}"
    assert there.close("Open") == home.close("Open") == (second,)
