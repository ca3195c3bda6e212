"""The history of the schema gives what the tables say, on every database (O-8)."""

from __future__ import annotations

import ast
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Integer, LargeBinary, String, Text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.schema import CreateTable

from dkp_adapters.sql import schema
from dkp_adapters.sql.migrations import drafting
from dkp_adapters.sql.schema import SchemaState, SchemaUnfit
from dkp_adapters.sql.tables import all_tables
from dkp_core.kernel.errors import InvalidValue, Unavailable
from tests.integration.sql.conftest import at_once


def differences(url: str) -> list[Any]:
    """What alembic would change to make the database what the tables say."""
    with schema.connected(url) as connection:
        context = MigrationContext.configure(connection, opts=dict(schema.DIFFERENCES))
        return list(compare_metadata(context, all_tables()))


def test_the_history_gives_what_the_tables_say(database_url: str) -> None:
    """O-8: from an empty database, telling each step; and doing it again does nothing."""
    told: list[str] = []
    assert schema.check(database_url).state is SchemaState.MISSING
    status = schema.upgrade(database_url, told.append)
    assert status.state is SchemaState.CURRENT
    assert told == [f"{revision}: {text}" for revision, text in described()]
    assert differences(database_url) == []
    schema.require_current(database_url)
    told.clear()
    assert schema.upgrade(database_url, told.append) == status
    assert told == [f"the database is at revision {status.revision} already"]


def described() -> list[tuple[str, str]]:
    """Each revision with the first line of what it says of itself."""
    found = []
    for path in sorted(schema.VERSIONS.glob("[0-9]*.py")):
        words = ast.get_docstring(ast.parse(path.read_text("utf-8")))
        assert words is not None, path
        found.append((path.name[:4], words.splitlines()[0]))
    return found


def test_the_history_is_one_line_whose_numbers_are_its_names() -> None:
    """`schema.check` reads file names only, so that a server need not load alembic's scripts."""
    numbers = [revision for revision, _ in described()]
    assert list(schema.known_revisions()) == numbers == [f"{i:04d}" for i in range(1, len(numbers) + 1)]
    before = "None"
    for path in sorted(schema.VERSIONS.glob("[0-9]*.py")):
        text = path.read_text("utf-8")
        assert f'revision = "{path.name[:4]}"' in text
        assert f"down_revision = {before}" in text
        before = f'"{path.name[:4]}"'


def test_nothing_is_left_to_draft(tmp_path: Path) -> None:
    """Tables that changed without a revision would show here first."""
    assert drafting.draft("nothing", tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_newer_database_is_refused_by_an_older_program(own_url: str) -> None:
    """O-8: it may hold what this program would break."""
    with schema.connected(own_url) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert schema.check(own_url).state is SchemaState.NEWER
    for refuse in (schema.require_current, schema.upgrade):
        with pytest.raises(SchemaUnfit, match=r"9999.*newer program"):
            refuse(own_url)


def test_a_database_that_is_behind_or_empty_is_refused_until_it_is_upgraded(
    own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to do."""
    known = schema.known_revisions()
    monkeypatch.setattr(schema, "known_revisions", lambda: [*known, "9998"])
    assert schema.check(own_url).state is SchemaState.BEHIND
    with pytest.raises(SchemaUnfit, match="dkp db upgrade"):
        schema.require_current(own_url)
    with schema.connected(own_url) as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    with pytest.raises(SchemaUnfit, match="empty or does not exist"):
        schema.require_current(own_url)


def test_an_interrupted_upgrade_is_run_again(database_url: str) -> None:
    """MariaDB keeps what was done of it; the others keep nothing. Either way the second run comes to the end."""

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        schema.upgrade(database_url, interrupt)
    schema.upgrade(database_url)
    assert differences(database_url) == []


@pytest.mark.parametrize("engine_name", ["mariadb"], indirect=True, scope="session")
def test_an_upgrade_goes_on_in_the_middle_of_a_revision(database_url: str) -> None:
    """A table that is there already is left as it is."""
    some = list(all_tables().sorted_tables)[:3]
    with schema.connected(database_url) as connection:
        for table in some:
            table.create(connection)
    schema.upgrade(database_url)
    assert differences(database_url) == []


def test_two_upgrades_at_once_come_one_after_the_other(database_url: str) -> None:
    """Several servers are started together after an update."""
    outcomes = at_once(*[lambda: schema.upgrade(database_url)] * 3)
    assert [getattr(outcome, "state", outcome) for outcome in outcomes] == [SchemaState.CURRENT] * 3
    assert differences(database_url) == []


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("sqlite:////nowhere/at/all.db", Unavailable),
        ("postgresql://nobody@127.0.0.1:1/nothing", Unavailable),
        ("oracle://host/db", InvalidValue),
    ],
)
def test_an_upgrade_of_what_is_not_there_says_so(url: str, error: type[Exception]) -> None:
    """No traceback of a driver."""
    with pytest.raises(error):
        schema.upgrade(url)


def test_every_column_has_a_type_on_which_the_databases_agree() -> None:
    """G-3, G-9: integers, text by code point, bytes; and no default that a database would make up."""
    for table in all_tables().sorted_tables:
        for column in table.columns:
            where = f"{table.name}.{column.name}"
            assert isinstance(column.type, Integer | String | LargeBinary), where
            assert column.server_default is None, where
            assert column.default is None, where
            spelt = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
            assert "SERIAL" not in spelt, f"{where}: ids come from counters (autoincrement=False)"
            if isinstance(column.type, String):
                on_postgresql = column.type.dialect_impl(postgresql.dialect())  # type: ignore[no-untyped-call]  # as above
                assert getattr(on_postgresql, "collation", None) == "C", f"{where}: use letters(n) or LongText"
            if isinstance(column.type, Text):
                on_mariadb = column.type.dialect_impl(mysql.dialect())
                assert isinstance(on_mariadb, mysql.MEDIUMTEXT), f"{where}: use LongText"


def test_every_constraint_has_a_name_and_every_table_its_options() -> None:
    """A later revision can only change what it can name."""
    for table in all_tables().sorted_tables:
        assert table.kwargs["mysql_collate"] == table.kwargs["mariadb_collate"] == "utf8mb4_bin", table.name
        assert len(table.primary_key.columns) > 0, table.name
        for name in [*(each.name for each in table.constraints), *(each.name for each in table.indexes)]:
            assert name, table.name
            assert len(str(name)) <= 63, name


def test_rows_of_a_guild_lie_together() -> None:
    """G-1, O-17: keys of a guild's table begin with the guild: what it costs depends on that guild's size only."""
    # The worker's queues; and keys, which are found before their guild is known.
    by_other_keys = {"deliveries", "notices", "api_keys"}
    for table in all_tables().sorted_tables:
        if "guild_id" in table.c and table.name not in by_other_keys:
            assert next(iter(table.primary_key.columns)).name == "guild_id", table.name


def test_a_migration_that_breaks_references_is_rolled_back(tmp_path: Path) -> None:
    """SQLite's foreign keys are off while its tables are copied, so they are checked at the end."""
    url = f"sqlite:///{tmp_path / 'broken.db'}"
    schema._make_file(tmp_path / "broken.db")
    with schema.connected(url) as connection:
        connection.exec_driver_sql("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE children (parent_id INTEGER REFERENCES parents (id))")
    with schema.connected(url, migrating=True) as connection:
        connection.exec_driver_sql("INSERT INTO children VALUES (7)")
    with pytest.raises(schema.ReferencesBroken, match="children"):
        schema.upgrade(url)
    assert schema.current(url) is None


def test_nobody_waits_for_an_upgrade_that_has_ended(database_url: str) -> None:
    """The lock of the migration goes with its connection."""
    schema.upgrade(database_url)
    done = threading.Event()

    def again() -> None:
        with schema.connected(database_url, migrating=True):
            done.set()

    at_once(again)
    assert done.is_set()
