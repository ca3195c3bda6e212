"""How PostgreSQL finds what is asked of a long ledger: by the primary key, however long it is (O-17)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql import points as repositories
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.engine import Connection
from dkp_adapters.sql.statement import Statement
from dkp_adapters.sql.views import attendance, points
from tests import services
from tests.integration.contracts.adapters import sql_installation
from tests.integration.contracts.deeds import Raiding
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.databases import with_schema

ENTRIES: Final = 50_000
USERS: Final = 50
MICROS: Final = 1_000_000

_MANY_ENTRIES: Final = f"""
    INSERT INTO entries (guild_id, user_id, occurred_at, id, pool_id, amount, recorded_at, source_id, reverses,
        source_part, policies_version, kind, bucket, source_kind, actor_kind, actor_id, character_name, reason, note)
    SELECT 1 + g % 2, 1 + g % {USERS}, g * {MICROS}::BIGINT, g, 1, 100, g * {MICROS}::BIGINT, 1, NULL,
        0, 0, 'bonus', 'earned', 'import', 'operator', 'operator', '', '', ''
    FROM generate_series(1, {ENTRIES}) AS g
"""
_MANY_RAIDS: Final = f"""
    INSERT INTO attended (guild_id, starts_at, user_id, raid_id, present)
    SELECT 1 + g % 2, g / 40 * 86400 * {MICROS}::BIGINT, 1 + g % {USERS}, g / 40, 1
    FROM generate_series(1, {ENTRIES}) AS g
"""


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A connection to a database with a long ledger in it, and years of attendance."""
    url = with_schema("postgresql", tmp_path_factory.mktemp("plans"))
    database = SqlDatabase.open(url, clock=SettableClock(NIGHT))
    Raiding.at(Place.found(sql_installation(database, SettableClock(NIGHT)))).raid()
    connection = database.engine.connect("long write")
    for text in (_MANY_ENTRIES, _MANY_RAIDS, "ANALYZE"):
        connection.execute(text)
    connection.commit()
    yield connection
    connection.close()
    database.close()
    services.drop_database(url)


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes_of(child)


def how(connection: Connection, statement: Statement, table: str, **params: Any) -> set[tuple[str, str]]:
    """By which kind of scan and which index the table is read."""
    compiled = statement.compiled("postgresql")
    row = connection.ask(f"EXPLAIN (FORMAT JSON) {compiled.sql}", compiled.args({"guild_id": 1, **params}))
    assert row is not None
    found = row[0][0]["Plan"]
    return {
        (node["Node Type"].replace(" Only", ""), node.get("Index Name", ""))
        for node in nodes_of(found)
        if node.get("Relation Name") == table
    }


def test_a_history_begins_at_its_newest_entry(connection: Connection) -> None:
    """P-4, O-17: backwards along the key, and no further than the page."""
    assert how(connection, points._NEWEST[50], "entries", user_id=7) == {("Index Scan", "pk_entries")}


def test_a_balance_of_the_past_reads_one_users_entries(connection: Connection) -> None:
    """P-4."""
    asked = {"user_id": 7, "at": 900 * MICROS, "known_at": 2**62}
    found = how(connection, points._BALANCES_AS_OF, "entries", **asked)
    assert {index for _, index in found} <= {"pk_entries", ""}
    assert not {kind for kind, _ in found} & {"Seq Scan"}


def test_what_a_source_gave_is_found_by_user_and_time(connection: Connection) -> None:
    """G-4: the reversals too."""
    asked = {"source_kind": "raid", "source_id": 1, "lines": [[7, 100 * MICROS], [8, 100 * MICROS]]}
    assert how(connection, repositories._UNREVERSED, "entries", **asked) == {("Index Scan", "pk_entries")}


def test_standings_read_no_attendance_beyond_ninety_days(connection: Connection) -> None:
    """D-9, O-17: years of it lie before."""
    asked = {"pool_id": 1, **attendance.windows_ending(NIGHT)}
    found = how(connection, points._STANDINGS, "attended", **asked)
    assert {kind for kind, _ in found} <= {"Index Scan", "Bitmap Heap Scan"}


def test_the_plans_are_of_a_long_ledger(connection: Connection) -> None:
    """Or a scan of everything would be right."""
    row = connection.ask("SELECT count(*) FROM entries")
    assert row == (ENTRIES,)
