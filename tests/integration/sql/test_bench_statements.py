"""What benchmarks compare with: the statements that a use case sends, sent again by the driver alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.guild import Filled, Sizes, fill, next_bid
from bench.statements import bare, noted
from dkp_adapters.sql.engine import Engine
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import AuctionId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.loot import AwardFilter

SIZES = Sizes(members=45, raids=1, open_raids=0, adjustments=0, items=3, auctions=2)
WRITTEN = ("auctions", "bids", "holds", "balances")


def filled(folder: Path, name: str) -> tuple[str, Filled]:
    """A small guild in a new SQLite file."""
    url = f"sqlite:///{folder / name}?synchronous=off"
    return url, fill(url, SIZES)


def auctions_of(guild: Filled) -> list[int]:
    """Those that are left open."""
    auctions: list[int] = guild.fixture["auctions"]  # type: ignore[assignment]  # of its making
    return auctions


def rows(url: str, table: str) -> list[Any]:
    """All that a table holds, but for what chance decided."""
    connection = Engine.open(url).connect("read")
    columns = connection.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE name <> 'seed'").fetchall()
    found: list[Any] = connection.execute(f"SELECT {', '.join(name for (name,) in columns)} FROM {table}").fetchall()
    connection.close()
    return sorted(found, key=str)


def test_statements_that_are_sent_again_come_to_the_same(tmp_path: Path) -> None:
    """O-16: the bare driver does all that the use case does to the database, and so nothing less."""
    (one, guild), (other, twin) = filled(tmp_path, "one.db"), filled(tmp_path, "other.db")
    before = {table: rows(one, table) for table in WRITTEN}
    calls = noted(guild.database, next_bid(guild, auctions_of(guild)), 6)
    with bare(other) as send:
        for statements in calls:
            send(statements)
    assert len(calls) == 6
    for table in WRITTEN:
        assert rows(other, table) == rows(one, table) != before[table]
    for each in (guild, twin):
        each.database.close()


def test_nothing_is_noted_any_more_afterwards(tmp_path: Path) -> None:
    """O-16: what is measured next is the use case alone."""
    _, guild = filled(tmp_path, "one.db")
    bid = next_bid(guild, auctions_of(guild))
    calls = noted(guild.database, bid, 1)
    sent = len(calls[0])
    bid(0)
    assert [len(call) for call in calls] == [sent]
    guild.database.close()


def test_a_guild_to_be_measured_has_sold_items_and_has_auctions_to_bid_on(tmp_path: Path) -> None:
    """O-15: as the peer's has; each bid is higher than the one before, and its bidder can afford it."""
    _, guild = filled(tmp_path, "one.db")
    by = operator("bench", guild.guild_id)  # type: ignore[arg-type]  # a guild's id
    awards = guild.use_cases.list_awards()(AwardFilter(), page=PageRequest(), by=by)
    assert [award.amount > Points(0) for award in awards.results] == [True] * SIZES.items
    bid = next_bid(guild, auctions_of(guild))
    placed = [bid(number) for number in range(6)]
    assert [each.auction for each in placed] == auctions_of(guild) * 3
    assert [each.amount for each in placed] == [Points.of(amount) for amount in (1, 1, 2, 2, 3, 3)]
    standing = guild.use_cases.show_auction()(AuctionId(auctions_of(guild)[0]), by=by)
    assert standing.current_amount == Points.of(3)
    guild.database.close()
