"""How PostgreSQL finds what is asked of a long history of loot: by index, however many auctions there were (O-17)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql import loot as sql_loot
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.engine import Connection
from dkp_adapters.sql.views import auctions, loot, points
from tests import services
from tests.integration.contracts.place import NIGHT
from tests.integration.databases import with_schema
from tests.integration.sql.plans import indexes_read

AUCTIONS: Final = 20_000
PEOPLE: Final = 20_000
USERS: Final = 200
ITEMS: Final = 1000

# Of each guild's auctions the last few run; an auction has four bids of four users.
_MANY: Final = (
    f"""
    INSERT INTO users (id, username, username_key, timezone, locale, muted, added_at, version)
    SELECT g, 'user ' || g, 'user ' || g, 'UTC', 'en', '[]', 0, 1
    FROM generate_series(1, {PEOPLE}) AS g
    """,
    f"""
    INSERT INTO items (guild_id, id, name, name_key, rarity, external_id, active, description, link, icon, metadata,
        version)
    SELECT 1 + g % 2, g, 'item ' || g, 'item ' || g, '', '', 1, '', '', '', '{{}}', 1
    FROM generate_series(1, {ITEMS}) AS g
    """,
    f"""
    INSERT INTO auctions (guild_id, id, item_id, pool_id, quantity, running, status, mode, phase, bids, opens_at,
        closes_at, last_at, version, rules_version, item_name, item_key, seed, leads, settlement, reason, rules)
    SELECT 1 + g % 2, g, 1 + g % {ITEMS}, 1, 1, CASE WHEN g > {AUCTIONS} - 20 THEN 1 ELSE 0 END, 'open', 'open', 0, 4,
        g, NULL, g, 1, 0, 'item', 'item', '', '[]', '', '', '{{}}'
    FROM generate_series(1, {AUCTIONS}) AS g
    """,
    f"""
    INSERT INTO bids (guild_id, auction_id, number, id, user_id, amount, ceiling, at, outcome, source, refusal,
        actor_kind, actor_id, character_name, reason)
    SELECT 1 + g % 2, g, n, g * 4 + n, 1 + (g / 7 + n) % {USERS}, 100, 100, g, 'refused', 'api', 'bid_too_low',
        'user', '1', '', ''
    FROM generate_series(1, {AUCTIONS}) AS g, generate_series(1, 4) AS n
    """,
    f"""
    INSERT INTO holds (guild_id, auction_id, user_id, pool_id, shown, sealed, copies)
    SELECT 1 + g % 2, g, 1 + g % {USERS}, 1, 100, 0, 1
    FROM generate_series(1, {AUCTIONS}) AS g
    """,
    f"""
    INSERT INTO awards (guild_id, id, item_id, auction_id, user_id, price, awarded_at, status, overbid, pools,
        actor_kind, actor_id, item_name, item_key, character_name, character_key, because, shared_with, version,
        external_id)
    SELECT 1 + g % 2, g, 1 + g % {ITEMS}, g, 1 + (g / 7) % {USERS}, 100, g, 'standing', 0, '[1]', 'user', '1',
        'item', 'item', '', '', '', '[]', 1, CASE WHEN g % 4 < 2 THEN 'eqdkp:' || g END
    FROM generate_series(1, {AUCTIONS}) AS g
    """,
    f"""
    INSERT INTO balances (guild_id, pool_id, user_id, earned, spent, adjusted, held, sealed, entries, version)
    SELECT 1 + g % 2, 1 + g % 5, g / 10, 100, 0, 0, 0, 0, 1, 1
    FROM generate_series(1, {USERS} * 10) AS g
    """,
    "ANALYZE",
)
_PAGE: Final = {"page_size": 50, "page_offset": 0}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A connection to a database with years of loot in it."""
    url = with_schema("postgresql", tmp_path_factory.mktemp("plans"))
    database = SqlDatabase.open(url, clock=SettableClock(NIGHT))
    connection = database.engine.connect("long write")
    for text in _MANY:
        connection.execute(text)
    connection.commit()
    yield connection
    connection.close()
    database.close()
    services.drop_database(url)


def test_auctions_that_run_are_found_among_those_that_are_over(connection: Connection) -> None:
    """L-11, O-17: the list that is polled and streamed costs as much as what runs."""
    found = indexes_read(connection, auctions.RUNNING_AUCTIONS, "auctions")
    assert found == {"ix_auctions_guild_id_running", "pk_auctions"}


def test_auctions_that_are_followed_are_found_one_by_one(connection: Connection) -> None:
    """L-11, O-17."""
    asked = {"auction_ids": [[19_990], [19_992]]}
    assert indexes_read(connection, auctions.THOSE_AUCTIONS, "auctions", **asked) == {"pk_auctions"}


def test_who_leads_is_found_one_by_one(connection: Connection) -> None:
    """L-11, O-17: nobody else is looked at."""
    assert indexes_read(connection, auctions.USERNAMES, "users", user_ids=[[3], [4]]) == {"pk_users"}


def test_bids_of_an_auction_are_read_backwards(connection: Connection) -> None:
    """L-4, O-17: by the key, no further than the page."""
    asked = {"the_id": 19_990, "viewer": 3, **_PAGE}
    assert indexes_read(connection, auctions.BIDS_OF_AUCTION.page, "bids", **asked) == {"pk_bids"}


def test_bids_on_an_item_are_found_by_its_auctions(connection: Connection) -> None:
    """L-1, O-17."""
    asked = {"the_id": 8, "viewer": 3, **_PAGE}
    assert indexes_read(connection, auctions.BIDS_OF_ITEM.page, "bids", **asked) == {"pk_bids"}
    found = indexes_read(connection, auctions.BIDS_OF_ITEM.page, "auctions", **asked)
    assert found == {"ix_auctions_guild_id_item_id", "pk_auctions"}


def test_own_bids_are_found_by_their_bidder(connection: Connection) -> None:
    """L-12, O-17."""
    asked = {"the_id": 3, "viewer": 3, **_PAGE}
    found = indexes_read(connection, auctions.BIDS_OF_USER.page, "bids", **asked)
    assert found == {"ix_bids_guild_id_user_id_auction_id_number"}


def test_own_holds_are_found_by_their_holder(connection: Connection) -> None:
    """L-12, O-17."""
    assert indexes_read(connection, loot._OWN_HOLDS, "holds", user_id=3) == {"ix_holds_guild_id_user_id"}


def test_awards_of_a_user_are_found_by_user_and_time(connection: Connection) -> None:
    """L-12, O-17: those that one won, the newest first."""
    statement = loot._awards(frozenset({"user_id"}), ())
    assert indexes_read(connection, statement, "awards", user_id=3, **_PAGE) == {
        "ix_awards_guild_id_user_id_awarded_at"
    }


def test_shared_awards_are_found_by_their_raid(connection: Connection) -> None:
    """P-6, O-17: those that an officer has shared out anew."""
    assert indexes_read(connection, sql_loot._SHARED_AT, "awards", raid_id=3) == {"ix_awards_guild_id_raid_id"}


def test_the_prices_of_an_item_are_found_by_the_item(connection: Connection) -> None:
    """L-1, O-17: alone, and for each line of the list of items."""
    assert indexes_read(connection, loot._ONE_ITEM, "awards", the_id=8) == {"ix_awards_guild_id_item_id_awarded_at"}
    listed = loot._items(frozenset(), ())
    assert indexes_read(connection, listed, "awards", **_PAGE) == {"ix_awards_guild_id_item_id_awarded_at"}


def test_a_purse_is_found_by_its_keys(connection: Connection) -> None:
    """L-5, L-13, O-17: asking whether a bid would stand is as cheap as it can be."""
    asked = {"user_id": 3, "pool_id": 1, "auction_id": 19_990}
    assert indexes_read(connection, loot._PURSE, "balances", **asked) == {"pk_balances"}
    assert indexes_read(connection, loot._PURSE, "holds", **asked) <= {"pk_holds", "ix_holds_guild_id_user_id"}


def test_what_is_sealed_is_found_by_pool_and_user(connection: Connection) -> None:
    """L-11, O-17: it is asked for with every balance of one's own."""
    assert indexes_read(connection, points._SEALED_HOLDS, "balances", user_id=3) == {"pk_balances"}


def test_the_plans_are_of_a_long_history(connection: Connection) -> None:
    """Or a scan of everything would be right."""
    assert connection.ask("SELECT count(*) FROM bids") == (4 * AUCTIONS,)


def test_an_old_id_is_found_among_all_of_them(connection: Connection) -> None:
    """O-4, O-17: an award, and the item that it was of, cost the same however much was imported."""
    wanted = frozenset({"external_id"})
    given = {"external_id": "eqdkp:1000", **_PAGE}
    by_old_id = {"ix_awards_guild_id_external_id"}
    assert indexes_read(connection, loot._awards(wanted, ()), "awards", **given) == by_old_id
    read = indexes_read(connection, loot._items(wanted, ()), "items", **given)
    assert read == {"pk_items", "ix_items_guild_id_external_id"}
    assert by_old_id < indexes_read(connection, loot._items(wanted, ()), "awards", **given)
