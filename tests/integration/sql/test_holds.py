"""What bids hold, under many bidders at once, each with a connection of its own; and how it is found (L-5, P-13)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql import auctions as auctions_sql
from dkp_adapters.sql import bidders as bidders_sql
from dkp_adapters.sql import holds as holds_sql
from dkp_adapters.sql import loot as loot_sql
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.engine import Connection
from dkp_adapters.sql.statement import Statement
from dkp_adapters.sql.verifying import SqlVerifying
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import AuctionId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import BidRefused, Hold
from tests import services
from tests.integration.contracts.adapters import sql_installation
from tests.integration.contracts.loot_deeds import SEALED, Hall
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.databases import with_schema
from tests.integration.sql.plans import how

BIDDERS: Final = 6
BIDS_EACH: Final = 6
RETRIES_MAX: Final = 500


@pytest.fixture
def database(own_url: str) -> Iterator[SqlDatabase]:
    """A database of the test's own, with room for many writers."""
    opened = SqlDatabase.open(own_url, clock=SettableClock(NIGHT), writers=16)
    yield opened
    opened.close()


@pytest.fixture
def hall(database: SqlDatabase) -> Hall:
    """A guild in it that holds auctions."""
    return Hall.of(Place.found(sql_installation(database, SettableClock(NIGHT))))


def persistently(act: Callable[[], object]) -> None:
    """Do it, again when it lost a race."""
    for _ in range(RETRIES_MAX):
        try:
            act()
        except Stale:
            continue
        return
    raise AssertionError(f"it lost {RETRIES_MAX} races")


def at_once(acts: list[Callable[[], object]]) -> None:
    """Do all of it, each in a thread of its own, which begin together."""
    start = threading.Barrier(len(acts))

    def act(each: Callable[[], object]) -> None:
        start.wait(30)
        persistently(each)

    with ThreadPoolExecutor(len(acts)) as threads:
        list(threads.map(act, acts))


def assert_adds_up(database: SqlDatabase) -> None:
    """Every balance and hold is what it should be, and nobody holds more than they have."""
    found = SqlVerifying(database.engine).verify(lambda _: None)
    assert found.differences == ()
    assert found.overbids == ()
    connection = database.engine.connect("read")
    assert connection.ask("SELECT count(*) FROM balances WHERE earned - spent + adjusted - held - sealed < 0") == (0,)
    connection.close()


def test_whoever_bids_in_several_auctions_at_once_never_holds_more_than_they_have(
    database: SqlDatabase, hall: Hall
) -> None:
    """L-5, P-13: open, sealed and with ceilings, while auctions are closed and awarded and others called off."""
    users = [hall.bidder(f"bidder{number}", "100") for number in range(BIDDERS)]
    auctions = [hall.start(f"Item {number}", rules=SEALED if number % 2 else {}) for number in range(4)]
    refused: list[str] = []

    def bidding(seed: int) -> Callable[[], object]:
        chance = random.Random(seed)

        def act() -> None:
            for _ in range(BIDS_EACH):
                auction_id, user_id, amount = chance.choice(auctions), chance.choice(users), chance.randrange(1, 101)
                try:
                    persistently(lambda: hall.bid(auction_id, user_id, str(amount)))  # noqa: B023  # at once
                except BidRefused as refusal:
                    refused.append(refusal.code)

        return act

    at_once([bidding(seed) for seed in range(10)])
    assert set(refused) <= {"bid_too_low", "over_available"}
    assert len(refused) < 10 * BIDS_EACH
    assert_adds_up(database)
    at_once(
        [
            lambda: hall.award(auctions[0]),
            lambda: hall.award(auctions[1]),
            lambda: hall.close(auctions[2]),
            lambda: hall.cancel(auctions[3]),
        ]
    )
    assert_adds_up(database)


def test_each_accepted_bid_is_counted_once_and_they_keep_their_order(database: SqlDatabase, hall: Hall) -> None:
    """L-4, P-13: whoever bids on one auction comes one after the other; every bid is kept, also those refused."""
    users = [hall.bidder(f"bidder{number}", "100") for number in range(BIDDERS)]
    auction_id = hall.start()
    accepted: list[int] = []

    def bid(user_id: UserId, amount: int) -> None:
        try:
            hall.bid(auction_id, user_id, str(amount))
            accepted.append(amount)
        except BidRefused:
            pass

    acts: list[Callable[[], object]] = [
        lambda user_id=user_id, amount=amount: bid(user_id, amount)  # type: ignore[misc]  # its own of each
        for amount, user_id in enumerate(users * 3, 1)
    ]
    at_once(acts)
    rows = hall.bids(auction_id)
    amounts = [row.amount.hundredths // 100 for row in reversed(rows) if row.amount and row.refusal == ""]
    assert sorted(amounts) == amounts
    assert sorted(amounts) == sorted(accepted)
    assert hall.row(auction_id).bids == len(accepted)
    assert len(rows) == len(acts)
    assert_adds_up(database)


def test_balances_that_are_made_by_many_at_once_are_made_once(database: SqlDatabase, hall: Hall) -> None:
    """P-3, P-13: nobody fails because another made the same first, and nobody waits in a circle for long."""
    users = [hall.place.member(f"member{number}") for number in range(8)]
    auctions = [hall.keep(hall.drafted(hall.item(f"Item {number}"))).id for number in range(8)]

    def hold(auction_id: AuctionId) -> None:
        with hall.place.work() as work:
            work.auctions.get(auction_id)
            purses = work.holds.purses(hall.pool_id, auction_id, users)
            assert list(purses) == sorted(users)
            before = {user_id: purse.here for user_id, purse in purses.items()}
            holds = {user_id: Hold(shown=Points(1), sealed=Points(2)) for user_id in users}
            work.holds.move(auction_id, hall.pool_id, before, holds)

    at_once([lambda auction_id=auction_id: hold(auction_id) for auction_id in auctions])  # type: ignore[misc]  # as above
    for user_id in users:
        purse = hall.purse(user_id)
        assert (purse.current, purse.held) == (ZERO, Hold(shown=Points(8), sealed=Points(16)))


def test_what_is_held_sealed_leaves_no_trace_in_the_standings_revision(hall: Hall) -> None:
    """L-11: not even that something was held; what all may see does."""
    ann = hall.bidder("ann")
    sealed, open_ = hall.start(rules=SEALED), hall.start()
    before = hall.bank.revision(hall.pool_id)
    hall.bid(sealed, ann, "10")
    assert hall.purse(ann).held == Hold(sealed=Points.of("10"))
    assert hall.bank.revision(hall.pool_id) == before
    hall.bid(open_, ann, "10")
    assert hall.bank.revision(hall.pool_id) != before


# --- how it is found --------------------------------------------------------------------------------------------------

ROWS: Final = 40_000
MICROS: Final = 1_000_000
_MANY: Final = (
    f"""
    INSERT INTO auctions (guild_id, id, item_id, raid_id, pool_id, quantity, running, status, mode, phase, bids,
        opens_at, last_at, version, rules_version, item_name, item_key, seed, leads, settlement, reason, rules)
    SELECT 1 + g % 2, g, g % 500, g % 300, 1, 1, CASE WHEN g % 1000 < 2 THEN 1 ELSE 0 END, 'open', 'open', 0, 1,
        g * {MICROS}::BIGINT, 1, 1, 0, 'x', 'x', '', '[]', '', '', '{{}}'
    FROM generate_series(1, {ROWS}) AS g
    """,
    f"""
    INSERT INTO bids (guild_id, auction_id, number, id, user_id, amount, ceiling, at, outcome, source, refusal,
        actor_kind, actor_id, character_name, reason)
    SELECT 1 + g % 2, g / 20, g, g, 1 + g % 50, 1, 1, 1, 'accepted', 'api', '', 'operator', '', '', ''
    FROM generate_series(1, {ROWS}) AS g
    """,
    f"""
    INSERT INTO holds (guild_id, auction_id, user_id, pool_id, shown, sealed, copies)
    SELECT 1 + g % 2, g / 20, 1 + g % 50, 1, 1, 1, 1 FROM generate_series(1, {ROWS}) AS g
    """,
    f"""
    INSERT INTO awards (guild_id, id, item_id, raid_id, user_id, price, awarded_at, status, overbid, pools, actor_kind,
        actor_id, item_name, item_key, character_name, character_key, because, shared_with, version)
    SELECT 1 + g % 2, g, g % 500, g % 300, 1 + g % 50, 1, g * {MICROS}::BIGINT, 'standing', 0, '[1]', 'operator',
        '', 'x', 'x', 'x', 'x', '', '[]', 1
    FROM generate_series(1, {ROWS}) AS g
    """,
    f"""
    INSERT INTO balances (guild_id, pool_id, user_id, earned, spent, adjusted, held, sealed, entries, version)
    SELECT 1 + g % 2, 1, g, 1, 0, 0, 0, 0, 1, 1 FROM generate_series(1, {ROWS}) AS g
    """,
    "ANALYZE",
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A connection to a PostgreSQL database with years of auctions in it."""
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


FOUND: Final[dict[str, tuple[Statement, str, str, dict[str, Any]]]] = {
    "open auctions": (auctions_sql._OPEN, "auctions", "ix_auctions_guild_id_running", {}),
    "auctions of an item": (
        auctions_sql._SELLING,
        "auctions",
        "ix_auctions_guild_id_item_id",
        {"item_id": 7, "raid_id": None},
    ),
    "auctions of a raid's drop": (
        auctions_sql._SELLING,
        "auctions",
        "ix_auctions_guild_id_item_id",
        {"item_id": 7, "raid_id": 9},
    ),
    "awards of an item since a while ago": (
        loot_sql._STANDING_SINCE,
        "awards",
        "ix_awards_guild_id_item_id_awarded_at",
        {"item_id": 7, "since": 39_000 * MICROS},
    ),
    "one's bid in an auction": (
        auctions_sql._STANDING_OF_ONE,
        "bids",
        "ix_bids_guild_id_user_id_auction_id_number",
        {"user_id": 7, "auction_id": 200},
    ),
    "how many bids an auction has": (auctions_sql._APPEND, "bids", "pk_bids", {"auction_id": 200, "records": []}),
    "the bids that stand": (auctions_sql.STANDING, "bids", "pk_bids", {"auction_id": 200}),
    "what an auction holds": (holds_sql._OF, "holds", "pk_holds", {"auction_id": 200}),
    "purses": (
        holds_sql._PURSES,
        "balances",
        "pk_balances",
        {"pool_id": 1, "auction_id": 200, "users": [[7], [8], [9]]},
    ),
    "holds in them": (
        holds_sql._PURSES,
        "holds",
        "pk_holds",
        {"pool_id": 1, "auction_id": 200, "users": [[7], [8], [9]]},
    ),
}


@pytest.mark.parametrize("what", FOUND)
def test_it_is_found_by_an_index(connection: Connection, what: str) -> None:
    """O-17: however many auctions, bids and awards there were."""
    statement, table, index, params = FOUND[what]
    found = how(connection, statement, table, **params)
    assert {name for _, name in found} <= {index, ""}
    assert not {kind for kind, _ in found} & {"Seq Scan"}


def test_what_counts_for_limits_is_found_by_raid_night_and_user(connection: Connection) -> None:
    """L-2, O-17: a member's whole loot history is not read for it."""
    asked = {
        "user_id": 7,
        "pool_id": 1,
        "raid_id": 9,
        "but": 200,
        "night_from": 5000 * MICROS,
        "night_until": 5100 * MICROS,
    }
    found = how(connection, bidders_sql._WINS, "awards", **asked)
    assert not {kind for kind, _ in found} & {"Seq Scan"}
    assert not {kind for kind, _ in how(connection, bidders_sql._WINS, "holds", **asked)} & {"Seq Scan"}


def test_a_bid_changes_no_column_of_an_index(connection: Connection) -> None:
    """O-17: so PostgreSQL writes the auction alone when somebody bids, not its indexes."""
    rows = connection.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
        "WHERE i.indrelid = 'auctions'::regclass"
    ).fetchall()
    assert {name for (name,) in rows} == {"guild_id", "id", "running", "item_id", "raid_id"}
