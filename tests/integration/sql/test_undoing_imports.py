"""What an import leaves in the tables once it is undone: nothing but that it was (O-3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from attrs import evolve
from sqlalchemy import Table, select

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.intake import NOT_DATA
from dkp_adapters.sql.references import REFERENCES
from dkp_adapters.sql.statement import Statement, in_guild
from dkp_adapters.sql.tables import all_tables
from dkp_core.kernel.ids import ImportId
from dkp_core.moving import Import, Span
from dkp_core.points import RUN_BATCHES
from tests.caravan import Caravan
from tests.integration.contracts.adapters import sql_installation
from tests.integration.contracts.moving import Settlement
from tests.integration.contracts.place import NIGHT, Place, discord_id_of

TABLES: Final = all_tables().tables
OF_GUILDS: Final = sorted(name for name, table in TABLES.items() if "guild_id" in table.c)
REMEMBERED: Final = {"events", "imports"}

Rows = Mapping[str, list[tuple[Any, ...]]]


@pytest.fixture
def home(schema_url: str) -> Iterator[Settlement]:
    """A guild that was just founded, on each engine in turn."""
    database = SqlDatabase.open(schema_url, clock=SettableClock(NIGHT))
    yield Settlement.at(Place.found(sql_installation(database, SettableClock(NIGHT))))
    database.close()


def rows_of(home: Settlement) -> Rows:
    """Every row of the guild, by table; and its users."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with home.place.work() as work:
        for name in OF_GUILDS:
            found[name] = sorted(work.session.all(_rows(TABLES[name])), key=repr)  # type: ignore[attr-defined]  # a SqlWork has one
        members = {row[1] for row in found["memberships"]}
        users = select(TABLES["users"])
        found["users"] = [
            row
            for row in work.session.all(Statement(users))  # type: ignore[attr-defined]  # as above
            if row[0] in members
        ]
    return found


def _rows(table: Table) -> Statement:
    return Statement(select(*(column for column in table.c if column.key != "roster_revision")).where(in_guild(table)))


def test_an_undone_import_leaves_every_table_as_it_was(home: Settlement) -> None:
    """O-3: to the last row; people who were known keep theirs, and nothing waits to be run."""
    before = rows_of(home)
    record = home.moved_in(Caravan(discord_id=discord_id_of(home.founder)))
    there = rows_of(home)
    filled = {name for name in OF_GUILDS if len(there[name]) > len(before[name])}
    assert filled >= {
        *("characters", "character_names", "ownerships", "ranks", "profile_fields", "pools", "pool_policies"),
        *("item_pools", "event_types", "raids", "attendance", "attended", "attendance_totals", "raid_totals"),
        *("items", "awards", "adjustments", "entries", "balances", "memberships", "events", "imports", "deadlines"),
        *("application_forms", "applications", "application_transitions", "application_comments"),
    }
    assert not filled & {"deliveries", "notices"}
    home.undo(record.id)
    after = rows_of(home)
    assert {name for name in before if name not in REMEMBERED and before[name] != after[name]} == set()


def test_policies_that_came_are_run_by_their_schedule(home: Settlement) -> None:
    """O-3, P-7: from the import on, as if they had been set then."""
    home.moved_in()
    (deadline,) = rows_of(home)["deadlines"]
    assert deadline[1:3] == (f"{RUN_BATCHES}:{home.imported_pool}", RUN_BATCHES)


def test_a_guild_that_came_with_an_import_goes_with_it(home: Settlement) -> None:
    """O-3, O-6: all of it, users that it brought included, and its audit log."""
    record = home.moved_in()
    whole = evolve(record, id=ImportId(record.id), spans=(*record.spans, Span(kind="guild", first=1, count=1)))
    users = {each for span in record.spans if span.kind == "user" for each in range(span.first, span.first + 3)}
    with home.place.work() as work:
        work.intake.remove(whole)
    assert {name: len(rows) for name, rows in rows_of(home).items() if rows} == {}
    with home.place.work() as work:
        left = {row[0] for row in work.session.all(Statement(select(TABLES["users"])))}  # type: ignore[attr-defined]  # a SqlWork has one
        guilds = {row[0] for row in work.session.all(Statement(select(TABLES["guilds"])))}  # type: ignore[attr-defined]  # as above
    assert not left & users
    assert home.founder in left
    assert home.place.guild_id not in guilds


@pytest.mark.parametrize("name", sorted(set(OF_GUILDS) - NOT_DATA))
def test_a_row_of_any_table_is_a_past(name: str) -> None:
    """O-3: where a guild has one, nothing is imported; and whose rows these are is known, so that they can go."""
    names = REFERENCES[name]
    assert names.own or names.of or name in {"chat_lines", "application_forms"}


def test_what_is_no_past_is_known_by_name() -> None:
    """O-3: the exceptions are tables that there are."""
    assert set(OF_GUILDS) >= NOT_DATA


def test_an_import_is_kept_as_it_is(home: Settlement) -> None:
    """O-3: with every id that it handed out."""
    record = home.moved_in()
    with home.place.work() as work:
        kept: Import = work.imports.get(record.id)
        assert (kept, work.imports.all()) == (record, (record,))
    assert {span.kind for span in kept.spans} >= {"user", "membership", "raid", "entry", "award"}
    assert kept.default_pool_before == home.pool_id
