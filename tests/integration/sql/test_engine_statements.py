"""Statements mean the same on every database."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Integer, Text, bindparam, column, delete, func, select, update

import dkp_adapters.sql
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.statement import (
    DIALECTS,
    GUILD,
    DialectName,
    Statement,
    binds,
    filling,
    in_guild,
    insert_rows,
    int_sum,
    json_rows,
    json_values,
    locking,
    upsert,
)
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import GuildId
from tests.integration.sql.conftest import ADD, ALL, add, at_once, ids_of, things

GIVEN = json_rows("given", things.c.id, things.c.name, things.c.points, things.c.kind, things.c.note)
FILL = filling(things.c.id, things.c.name, things.c.points, things.c.kind, things.c.note)
INSERT_GIVEN = Statement(insert_rows(things, select(GUILD, *GIVEN.c)))
ADD_UP = Statement(
    upsert(
        things,
        select(GUILD, *GIVEN.c),
        key=("guild_id", "id"),
        update=lambda old, new: {"points": old.points + new.points, "name": new.name},
    )
)
LEAVE = Statement(upsert(things, select(GUILD, *GIVEN.c), key=("guild_id", "id")))
REPLACE_ONE = Statement(
    upsert(
        things,
        binds(things, "guild_id", "id", "name", "points", "kind", "note"),
        key=("guild_id", "id"),
        update=lambda _, new: {"name": new.name},
    )
)
RENAME = Statement(
    update(things).where(in_guild(things), things.c.id == GIVEN.c.id).values(name=GIVEN.c.name, points=GIVEN.c.points)
)
BY_NAMES = Statement(
    select(things.c.id).where(in_guild(things), things.c.name.in_(json_values("names", Text()))).order_by(things.c.id)
)
REMOVE = Statement(delete(things).where(in_guild(things), things.c.id.in_(json_values("ids"))))
SUM = Statement(select(int_sum(things.c.points), func.count()).where(in_guild(things)))
LOCKED = Statement(locking(select(things.c.points).where(in_guild(things), things.c.id == bindparam("id"))))
SET_POINTS = Statement(
    update(things).where(in_guild(things), things.c.id == bindparam("id")).values(**binds(things, "points"))
)
SORTED = Statement(select(things.c.name).where(in_guild(things)).order_by(things.c.name))
TRICKY = ["Élan", "élan", "'; DROP TABLE things; --", 'a "quoted" \\ %s %% ? :x', "\n\t", "😀", "", "null"]


def test_a_list_travels_as_one_parameter(store: SqlDatabase, by: Actor) -> None:
    """Integers to the edge of 64 bits, None and any text arrive as they were sent."""
    rows = [[i, name, (-1) ** i * (2**63 - 1), None if i % 2 else i, name * 100] for i, name in enumerate(TRICKY)]
    with store.begin(by) as work:
        assert work.session.run(INSERT_GIVEN, given=rows) == len(rows)
    with store.read(by) as views:
        assert views.session.all(ALL) == [tuple(row) for row in rows]
        assert views.session.all(BY_NAMES, names=["Élan", "null", "nobody"]) == [(0,), (7,)]
        assert views.session.all(BY_NAMES, names=[]) == []


def test_very_many_rows_arrive_as_they_were_given(store: SqlDatabase, by: Actor) -> None:
    """G-9: every control character too, which no database reads as another writes it."""
    controls = "".join(map(chr, range(1, 32)))
    texts = [*TRICKY, controls, *controls, rf"\u0041\f\{controls}\\u0041\\f", "\\N", "\x7f\x80\u2028"]
    rows = [(i, text, (-1) ** i * (2**63 - 1), None if i % 2 else i, text * 100) for i, text in enumerate(texts)]
    with store.begin(by) as work:
        work.session.fill(FILL, rows)
        work.session.fill(FILL, [])
        assert work.session.all(ALL) == rows
    with store.read(by) as views:
        assert views.session.all(ALL) == rows


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=64), max_size=20)
)
def test_any_text_survives_whichever_way_it_goes(store: SqlDatabase, by: Actor, texts: list[str]) -> None:
    """G-9: nothing is cut or changed, as a parameter, in a list, and among very many rows."""
    with store.begin(by) as work:
        work.session.run(REMOVE, ids=list(range(3 * len(texts) + 60)))
        work.session.run(INSERT_GIVEN, given=[[3 * i, text, 0, None, text] for i, text in enumerate(texts)])
        for i, text in enumerate(texts):
            work.session.run(ADD, id=3 * i + 1, name=text, points=0, kind=None, note=text)
        work.session.fill(FILL, ([3 * i + 2, text, 0, None, text] for i, text in enumerate(texts)))
        expected = [(i, texts[i // 3], 0, None, texts[i // 3]) for i in range(3 * len(texts))]
        assert work.session.all(ALL) == expected


def test_an_empty_list_changes_nothing(store: SqlDatabase, by: Actor) -> None:
    """No rows are a list as well."""
    with store.begin(by) as work:
        assert work.session.run(INSERT_GIVEN, given=[]) == 0
        work.session.run(ADD_UP, given=[])
        assert work.session.run(REMOVE, ids=[]) == 0
        assert ids_of(work.session) == []


def test_an_upsert_adds_to_what_is_there(store: SqlDatabase, by: Actor) -> None:
    """P-3: balances move by deltas."""
    with store.begin(by) as work:
        work.session.run(ADD_UP, given=[[1, "a", 100, None, None], [2, "b", -5, None, None]])
        work.session.run(ADD_UP, given=[[2, "B", -5, None, None], [3, "c", 7, None, None]])
        assert [row[:3] for row in work.session.all(ALL)] == [(1, "a", 100), (2, "B", -10), (3, "c", 7)]


def test_an_upsert_leaves_or_replaces_what_is_there(store: SqlDatabase, by: Actor) -> None:
    """Without an update the first one stays."""
    with store.begin(by) as work:
        add(work.session, 1, points=5, name="first")
        work.session.run(LEAVE, given=[[1, "second", 9, None, None], [2, "new", 1, None, None]])
        assert [row[:3] for row in work.session.all(ALL)] == [(1, "first", 5), (2, "new", 1)]
        work.session.run(REPLACE_ONE, id=1, name="third", points=9, kind=None, note=None)
        assert [row[:3] for row in work.session.all(ALL)] == [(1, "third", 5), (2, "new", 1)]


def test_many_rows_are_updated_from_a_list(store: SqlDatabase, by: Actor) -> None:
    """One statement, whatever the database calls it; it tells how many rows it found."""
    with store.begin(by) as work:
        work.session.run(INSERT_GIVEN, given=[[i, "old", 0, None, None] for i in range(5)])
        found = work.session.run(
            RENAME, given=[[1, "new", 10, None, None], [3, None, 30, None, None], [9, "x", 0, 0, ""]]
        )
        assert found == 2
        assert [row[:3] for row in work.session.all(ALL)] == [
            (0, "old", 0),
            (1, "new", 10),
            (2, "old", 0),
            (3, None, 30),
            (4, "old", 0),
        ]


def test_an_update_counts_the_rows_it_found_even_where_nothing_changed(store: SqlDatabase, by: Actor) -> None:
    """A save by version asks just that."""
    with store.begin(by) as work:
        add(work.session, 1, points=5)
        assert work.session.run(SET_POINTS, id=1, points=5) == 1
        assert work.session.run(SET_POINTS, id=2, points=5) == 0
        with pytest.raises(Stale):
            work.session.saved(0)


def test_a_sum_is_an_integer(store: SqlDatabase, by: Actor) -> None:
    """G-3: never a Decimal or a float, and 0 for nothing."""
    with store.begin(by) as work:
        nothing = work.session.first(SUM)
        add(work.session, 1, points=2**53)
        add(work.session, 2, points=1)
        something = work.session.first(SUM)
    assert nothing == (0, 0)
    assert something == (2**53 + 1, 2)
    assert something is not None
    assert [type(value) for value in something] == [int, int]


def test_text_sorts_by_code_point_everywhere(store: SqlDatabase, by: Actor) -> None:
    """G-9: whatever the locale of a server, pages have one order."""
    names = ["b", "a", "B", "é", "Z", "_", "10", "9", "😀", "ß", "e\u0301"]
    with store.begin(by) as work:
        for i, name in enumerate(names):
            add(work.session, i, name=name)
        assert [row[0] for row in work.session.all(SORTED)] == sorted(names)


def test_a_session_sees_its_own_guild_only(store: SqlDatabase, guild_id: GuildId, by: Actor) -> None:
    """G-1: even when a repository names another."""
    other = operator("test", GuildId(-guild_id))
    with store.begin(other) as work:
        add(work.session, 1, name="theirs")
    with store.begin(by) as work:
        assert work.session.all(ALL, guild_id=-guild_id) == []
        work.session.run(ADD, guild_id=-guild_id, id=2, name="ours", points=0, kind=None, note=None)
    with store.read(other) as views:
        assert ids_of(views.session) == [1]
    with store.read(by) as views:
        assert ids_of(views.session) == [2]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_statement_that_forgets_the_guild_is_refused(dialect: DialectName) -> None:
    """G-1: it can't even be compiled, however deep the table is hidden."""
    forgetful = Statement(select(things.c.id))
    hidden = Statement(select(json_rows("rows", column("id", Integer)).c.id).where(select(things.c.id).exists()))
    removing = Statement(delete(things))
    for statement in (forgetful, hidden, removing):
        with pytest.raises(AssertionError, match="guild_id"):
            statement.compiled(dialect)
    on_purpose = Statement(select(things.c.id), across_guilds=True)
    assert on_purpose.compiled(dialect).sql.startswith("SELECT")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_statement_of_ours_is_one_in_every_dialect_and_names_its_guild(dialect: DialectName) -> None:
    """G-1: all at once, and not when a request first needs it."""
    found = [
        statement
        for module in pkgutil.walk_packages(dkp_adapters.sql.__path__, "dkp_adapters.sql.")
        if ".migrations" not in module.name and ".drivers" not in module.name
        for statement in vars(importlib.import_module(module.name)).values()
        if isinstance(statement, Statement)
    ]
    assert len(found) > 20
    for statement in found:
        assert statement.compiled(dialect).sql


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_statement_whose_text_would_depend_on_a_list_is_refused(dialect: DialectName) -> None:
    """It would be prepared anew for each length."""
    listed = Statement(select(things.c.id).where(in_guild(things), things.c.id.in_([1, 2, 3])))
    with pytest.raises(AssertionError, match="json_values"):
        listed.compiled(dialect)


def test_a_literal_goes_with_the_parameters(store: SqlDatabase, by: Actor) -> None:
    """Constants in a statement are parameters with a value of their own."""
    plus = Statement(
        select(things.c.points + 5, bindparam("n", type_=BigInteger) * 2).where(in_guild(things), things.c.id == 1)
    )
    with store.begin(by) as work:
        add(work.session, 1, points=10)
        assert work.session.first(plus, n=4) == (15, 8)
        assert work.session.first(plus, n=-1) == (15, -2)


def test_no_update_is_lost_between_writers(store: SqlDatabase, by: Actor) -> None:
    """P-13: what is loaded to be written is locked until the end of the transaction."""

    def increments() -> int:
        for _ in range(10):
            with store.begin(by) as work:
                row = work.session.first(LOCKED, id=1)
                assert row is not None
                work.session.run(SET_POINTS, id=1, points=row[0] + 1)
        return 10

    with store.begin(by) as work:
        add(work.session, 1)
    assert at_once(*[increments] * 4) == [10] * 4
    with store.read(by) as views:
        assert [row[2] for row in views.session.all(ALL)] == [40]
