"""How SQLite finds what is asked of a long history: by index, since it is told how rows are spread (O-17)."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from dkp_adapters.sql import auctions as auction_statements
from dkp_adapters.sql import bidders, roster, schema
from dkp_adapters.sql.drivers.sqlite import SqliteConnection
from dkp_adapters.sql.engine import Engine
from dkp_adapters.sql.sqlite_statistics import OURS, write_statistics
from dkp_adapters.sql.statement import Statement
from dkp_adapters.sql.views import auctions, audit_log, loot
from dkp_core.kernel.page import Order

ITEMS: Final = 200
HISTORY: Final = 1000
PAGE: Final = {"page_size": 50, "page_offset": 0}
VIEWED: Final = {"the_id": 8, "viewer": 3, **PAGE}
NIGHT: Final = {"user_id": 3, "pool_id": 1, "raid_id": 1, "but": 1, "night_from": 1, "night_until": 2}

_ITEMS: Final = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last)
    INSERT INTO items (guild_id, id, name, name_key, rarity, external_id, active, description, link, icon, metadata,
        version)
    SELECT 1, i, 'item ' || i, printf('item %05d', i), '', '', 1, '', '', '', '{}', 1 FROM n
"""
# The newer ones are of items that are not on the first page.
_HISTORY: Final = (
    """
    WITH RECURSIVE n (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
    INSERT INTO auctions (guild_id, id, item_id, pool_id, quantity, running, status, mode, phase, bids, opens_at,
        last_at, version, rules_version, item_name, item_key, seed, leads, settlement, reason, rules)
    SELECT 1, i, :item + i % 100, 1, 1, 0, 'awarded', 'open', 0, 2, i, i, 1, 0, 'item', 'item', '', '[]', '', '', '{}'
    FROM n
    """,
    """
    WITH RECURSIVE n (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
    INSERT INTO bids (guild_id, auction_id, number, id, user_id, amount, ceiling, at, outcome, source, refusal,
        actor_kind, actor_id, character_name, reason)
    SELECT 1, i, number, 2 * i + number, i % 60, 100, 100, i, 'refused', 'api', 'bid_too_low', 'user', '1', '', ''
    FROM n, (SELECT 1 AS number UNION ALL SELECT 2)
    """,
    """
    WITH RECURSIVE n (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
    INSERT INTO awards (guild_id, id, item_id, auction_id, user_id, price, awarded_at, status, overbid, pools,
        actor_kind, actor_id, item_name, item_key, character_name, character_key, because, shared_with, version)
    SELECT 1, i, :item + i % 100, i, i % 60, 100, i, 'standing', 0, '[1]', 'user', '1', 'item', 'item', '', '', '',
        '[]', 1
    FROM n
    """,
)


def grow(raw: sqlite3.Connection, *, first: int, last: int, item: int) -> None:
    """Auctions with two bids and an award each, of a hundred items from that one."""
    for text in _HISTORY:
        raw.execute(text, {"first": first, "last": last, "item": item})


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A new file with the schema in it."""
    url = f"sqlite:///{tmp_path / 'guilds.db'}?synchronous=off"
    schema.upgrade(url)
    return url


@pytest.fixture
def connection(url: str) -> Iterator[SqliteConnection]:
    """A connection to that file, with some loot in it."""
    engine = Engine.open(url)
    connection = engine.connect("long write")
    assert isinstance(connection, SqliteConnection)
    connection.execute(_ITEMS, {"last": ITEMS})
    grow(connection.raw, first=1, last=HISTORY, item=1)
    yield connection
    connection.close()
    engine.close()


def searched(connection: SqliteConnection, statement: Statement, table: str, **params: Any) -> set[str]:
    """By which columns the table is searched, such as "guild_id=? AND id=?"; "all of it" where it is not."""
    compiled = statement.compiled("sqlite")
    args = compiled.args({"guild_id": 1, **params})
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", args)]
    lines = [line for line in plan if re.match(rf"(SEARCH|SCAN) {table}\b", line)]
    assert lines, f"it does not read {table}: {plan}"
    return {found[1] if (found := re.search(r"\((.*)\)", line)) else "all of it" for line in lines}


def effort(connection: SqliteConnection, statement: Statement, **params: Any) -> int:
    """How much SQLite does for an answer, in hundreds of its instructions."""
    count = 0

    def more() -> int:
        nonlocal count
        count += 1
        return 0

    connection.raw.set_progress_handler(more, 100)
    connection.all(statement, {"guild_id": 1, **params})
    connection.raw.set_progress_handler(None, 0)
    return count


LISTED: Final = loot._items(frozenset(), ())
BY_LAST_PRICE: Final = loot._items(frozenset(), (Order("last_price", descending=True),))


def test_the_list_of_items_costs_the_same_however_much_was_sold(connection: SqliteConnection) -> None:
    """L-1, O-17: ten times the history, of other items than those shown."""
    before = effort(connection, LISTED, **PAGE)
    grow(connection.raw, first=HISTORY + 1, last=10 * HISTORY, item=101)
    assert before > 50
    assert effort(connection, LISTED, **PAGE) <= before * 1.1


def test_the_bids_on_an_item_cost_the_same_however_much_was_sold(connection: SqliteConnection) -> None:
    """L-1, O-17: ten times the history, of other items."""
    statement = auctions.BIDS_OF_ITEM.page
    before = effort(connection, statement, **VIEWED)
    grow(connection.raw, first=HISTORY + 1, last=10 * HISTORY, item=101)
    assert before > 5
    assert effort(connection, statement, **VIEWED) <= before * 1.1


def test_the_newest_auctions_that_are_over_cost_the_same_however_many_there_were(
    connection: SqliteConnection,
) -> None:
    """O-17: they are read backwards, and counted in the index: what grows is a third of what reading them would."""
    statement = auctions.auctions_listed(frozenset({"over"}), ())
    before = effort(connection, statement, **PAGE)
    grow(connection.raw, first=HISTORY + 1, last=2 * HISTORY, item=101)
    assert effort(connection, statement, **PAGE) - before <= HISTORY * 6 / 100


def test_items_by_their_last_price_are_found_in_one_pass(connection: SqliteConnection) -> None:
    """L-1, O-17: twice the history takes twice as long at the most, not four times."""
    before = effort(connection, BY_LAST_PRICE, **PAGE)
    grow(connection.raw, first=HISTORY + 1, last=2 * HISTORY, item=101)
    assert effort(connection, BY_LAST_PRICE, **PAGE) <= before * 2.2


@pytest.mark.parametrize(
    ("statement", "params", "table", "columns"),
    [
        (LISTED, PAGE, "awards", {"guild_id=? AND item_id=?"}),
        (loot._ONE_ITEM, {"the_id": 8}, "awards", {"guild_id=? AND item_id=?"}),
        (loot._awards(frozenset(), ()), PAGE, "awards", {"guild_id=?"}),
        (loot._awards(frozenset({"user_id"}), ()), {"user_id": 3, **PAGE}, "awards", {"guild_id=? AND user_id=?"}),
        (loot._awards(frozenset({"raid_id"}), ()), {"raid_id": 3, **PAGE}, "awards", {"guild_id=? AND raid_id=?"}),
        (auctions.BIDS_OF_ITEM.page, VIEWED, "bids", {"guild_id=? AND auction_id=?"}),
        (auctions.BIDS_OF_AUCTION.page, VIEWED, "bids", {"guild_id=? AND auction_id=?"}),
        (auctions.BIDS_OF_USER.page, VIEWED, "bids", {"guild_id=? AND user_id=?"}),
        (auctions.RUNNING_AUCTIONS, {}, "running", {"guild_id=? AND running=?"}),
        (auctions.auctions_listed(frozenset({"running"}), ()), PAGE, "auctions", {"guild_id=? AND running=?"}),
        (auction_statements._OPEN, {}, "auctions", {"guild_id=? AND running=?"}),
        (auction_statements.STANDING, {"auction_id": 8}, "bids", {"guild_id=? AND auction_id=?"}),
        (loot._OWN_HOLDS, {"user_id": 3}, "holds", {"guild_id=? AND user_id=?"}),
        (loot._WAITING, {"user_id": 3}, "standing_bids", {"guild_id=? AND user_id=?"}),
        (bidders._WINS, NIGHT, "holds", {"guild_id=? AND user_id=?"}),
        (loot._PURSE, {}, "balances", {"guild_id=? AND pool_id=? AND user_id=?"}),
        (roster._NAMES, {"the_id": 3}, "character_names", {"guild_id=? AND character_id=?"}),
        (roster._HOLDING, {"the_id": 3}, "characters", {"guild_id=? AND rank_id=?"}),
    ],
)
def test_what_a_screen_shows_is_found_by_its_index(
    connection: SqliteConnection, statement: Statement, params: dict[str, Any], table: str, columns: set[str]
) -> None:
    """O-17: no guild is read from end to end for a few rows of it."""
    found = searched(connection, statement, table, **dict.fromkeys(statement.compiled("sqlite").names, 1) | params)
    key = {"guild_id=? AND id=?", "guild_id=? AND auction_id=? AND number=?"}  # of rows that another table tells
    assert found - key == columns


def test_the_audit_log_of_a_kind_is_read_from_its_end(connection: SqliteConnection) -> None:
    """G-5, O-17: most events are of a few kinds; to sort all of one takes longer than to pass over the others."""
    of_kind = audit_log._listed(frozenset({"aggregate"}))
    assert searched(connection, of_kind, "events", aggregate="auction", **PAGE) == {"guild_id=?"}
    of_one = audit_log._listed(frozenset({"aggregate", "aggregate_id"}))
    asked = {"aggregate": "auction", "aggregate_id": "3", **PAGE}
    assert searched(connection, of_one, "events", **asked) == {"guild_id=? AND aggregate=? AND aggregate_id=?"}


# --- what is told -----------------------------------------------------------------------------------------------------


def told(url: str) -> dict[str, set[str]]:
    """The statistics of each table."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///").partition("?")[0])) as raw:
        rows = raw.execute("SELECT tbl, idx || ' ' || stat FROM sqlite_stat1").fetchall()
    return {table: {line for named, line in rows if named == table} for table, _ in rows}


def again(url: str) -> None:
    """As the next migration does."""
    with schema.connected(url, migrating=True) as connection:
        write_statistics(connection)


def test_a_key_is_told_by_the_name_that_statistics_have_for_it(url: str) -> None:
    """A table without row ids has no index for its key, one with them has."""
    found = told(url)
    assert f"bids 1000000000 10000 100 1 {OURS}" in found["bids"]
    assert f"sqlite_autoindex_auctions_1 1000000000 10000 1 {OURS}" in found["auctions"]
    assert f"ix_auctions_guild_id_item_id 1000000000 10000 10 {OURS}" in found["auctions"]
    assert "users" not in found


def test_telling_it_again_changes_nothing(url: str) -> None:
    """O-8: each migration does."""
    before = told(url)
    again(url)
    assert told(url) == before


def test_what_analyze_found_is_left_alone(url: str, connection: SqliteConnection) -> None:
    """It is known, not guessed; tables that were empty then are told of as before."""
    guessed = told(url)
    connection.execute("ANALYZE")
    known = told(url)
    assert known["awards"] != guessed["awards"]
    assert "holds" not in known
    again(url)
    assert told(url) == guessed | known


def test_what_we_said_before_is_said_anew(url: str) -> None:
    """A later version may know better."""
    before = told(url)
    with schema.connected(url) as connection:
        connection.exec_driver_sql(f"UPDATE sqlite_stat1 SET stat = '5 4 3 {OURS}' WHERE tbl = 'awards'")
        connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = 'bids'")
    again(url)
    assert told(url) == before
