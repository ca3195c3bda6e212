"""Databases that are used again, as tests/integration/databases.py promises it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql import schema
from dkp_adapters.sql.database import SqlDatabase
from tests import services
from tests.integration.contracts.adapters import sql_installation
from tests.integration.contracts.moving import Settlement
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.databases import delete_rows, lent, with_schema
from tests.services import Engine


def settle(database: SqlDatabase) -> None:
    """Found a guild and let another move into it."""
    Settlement.at(Place.found(sql_installation(database, SettableClock(NIGHT)))).move_in()


def rows_of(url: str) -> dict[str, list[object]]:
    """What every table holds, ours or not."""
    with schema.connected(url) as connection:
        tables = inspect(connection).get_table_names()
        return {name: list(connection.exec_driver_sql(f"SELECT * FROM {name}")) for name in tables}


def execute(url: str, statement: str) -> None:
    """Do this to a database."""
    with schema.connected(url) as connection:
        connection.exec_driver_sql(statement)


def opened(url: str) -> SqlDatabase:
    """The database, to be closed."""
    return SqlDatabase.open(url, clock=SettableClock(NIGHT))


def test_a_database_without_its_rows_is_as_a_new_one(engine_name: Engine, tmp_path: Path) -> None:
    """Also for those who go on with it: no id is given twice."""
    new = with_schema(engine_name, tmp_path)
    url = with_schema(engine_name, tmp_path)
    with closing(opened(url)) as database:
        settle(database)
        assert sum(map(bool, rows_of(url).values())) > 30
        delete_rows(database.engine)
        assert rows_of(url) == rows_of(new)
        settle(database)
    services.drop_database(new)
    services.drop_database(url)


def test_what_is_lent_is_as_new(engine_name: Engine, tmp_path: Path) -> None:
    """Whatever those did who had it before."""
    with lent(engine_name, tmp_path) as url, closing(opened(url)) as database:
        new = rows_of(url)
        settle(database)
        assert rows_of(url) != new
    with lent(engine_name, tmp_path) as again, lent(engine_name, tmp_path) as other:
        assert again != other
        assert rows_of(again) == rows_of(other) == new


def test_what_is_left_open_ends(tmp_path: Path) -> None:
    """Nobody waits for the locks of those who had it before."""
    with lent("mariadb", tmp_path) as url:
        database = opened(url)
        settle(database)
        left = database.engine.writers.take()
        left.execute("UPDATE guilds SET name = 'Elsewhere'")
    with lent("mariadb", tmp_path) as again:
        assert again == url
        assert rows_of(again)["guilds"] == []
    left.close()
    database.close()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id INTEGER)",
        "CREATE TABLE more (id INTEGER) SELECT 1 AS id",
        "UPDATE alembic_version SET version_num = '9999'",
    ],
)
def test_what_is_put_into_it_is_taken_out_again(change: str, tmp_path: Path) -> None:
    """Tables of others, and the revision."""
    with lent("mariadb", tmp_path) as url:
        new = rows_of(url)
        execute(url, change)
        assert rows_of(url) != new
    with lent("mariadb", tmp_path) as again:
        assert again == url
        assert rows_of(again) == new


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE guilds ADD COLUMN motto TEXT",
        "CREATE INDEX more ON guilds (name)",
        "DROP TABLE alembic_version",
    ],
)
def test_one_whose_tables_are_changed_is_not_lent_again(change: str, tmp_path: Path) -> None:
    """The next is another."""
    with lent("mariadb", tmp_path) as url:
        execute(url, change)
    with lent("mariadb", tmp_path) as another:
        assert another != url
