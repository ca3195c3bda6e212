"""Statements that nobody waits for: they may travel with what comes next, and are as good as done at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from psycopg import DataError
from sqlalchemy import bindparam, update

from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.drivers import postgresql
from dkp_adapters.sql.engine import ConstraintViolated
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, filling, in_guild
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import DomainError, Stale
from tests.integration.sql.conftest import ADD, add, ids_of, things

NAMED = Statement(things.insert(), violations={"pk_things": lambda _: ThereAlready()})
_COLUMNS = (things.c.id, things.c.name, things.c.points, things.c.kind, things.c.note)
FILL = filling(*_COLUMNS)
FILL_NAMED = filling(*_COLUMNS, violations={"pk_things": lambda _: ThereAlready()})
RENAME = Statement(
    update(things).where(in_guild(things), things.c.id == bindparam("the_id")).values(name=bindparam("name"))
)
POSTGRESQL = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True, scope="session")
"""The one that has a use for waiting."""


class ThereAlready(DomainError):
    """What the tests' statement calls a thing that is there already."""


class Taken(DomainError):
    """Somebody else has the lock."""


def write(session: Session, thing_id: int, statement: Statement = ADD) -> None:
    """Insert a thing, with what comes next."""
    session.write(statement, id=thing_id, name=None, points=0, kind=None, note=None)


def fill(session: Session, *thing_ids: int, statement: Statement = FILL) -> None:
    """Insert things, as if they were very many."""
    session.fill(statement, ([thing_id, None, 0, None, None] for thing_id in thing_ids))


def kept(store: SqlDatabase, by: Actor) -> list[int]:
    """The ids of the things that were committed."""
    with store.read(by) as views:
        return ids_of(views.session)


def test_what_is_written_is_there_for_the_next_statement_and_in_its_order(store: SqlDatabase, by: Actor) -> None:
    """G-8: an insert, an update of it, and a question."""
    with store.begin(by) as work:
        write(work.session, 1)
        work.session.save(RENAME, the_id=1, name="Fido")
        write(work.session, 2)
        assert ids_of(work.session) == [1, 2]
        write(work.session, 3)
        fill(work.session, 4, 5)
        write(work.session, 6)
    assert kept(store, by) == [1, 2, 3, 4, 5, 6]
    with store.begin(by) as work:
        fill(work.session, 7)
    assert kept(store, by) == [1, 2, 3, 4, 5, 6, 7]


def test_a_fault_of_what_was_written_is_told_in_its_own_words_and_undoes_everything(
    store: SqlDatabase, by: Actor
) -> None:
    """G-9: at the commit at the latest, whatever travels with it."""
    with store.begin(by) as work:
        write(work.session, 1)
    with pytest.raises(ThereAlready), store.begin(by) as work:  # noqa: PT012  # told at the end
        write(work.session, 2)
        write(work.session, 1, NAMED)
        write(work.session, 3)
    with pytest.raises(ThereAlready), store.begin(by) as work:  # noqa: PT012  # told by either
        write(work.session, 1, NAMED)
        ids_of(work.session)
    with pytest.raises(ConstraintViolated), store.begin(by) as work:
        write(work.session, 1)
    with pytest.raises(ThereAlready), store.begin(by) as work:
        fill(work.session, 2, 1, 3, statement=FILL_NAMED)
    with pytest.raises(ThereAlready), store.begin(by) as work:  # noqa: PT012  # told by what follows
        write(work.session, 1, NAMED)
        fill(work.session, 2, 3)
    with pytest.raises(ConstraintViolated), store.begin(by) as work:
        fill(work.session, 2, 1, 3)
    assert kept(store, by) == [1]
    with store.begin(by) as work:
        write(work.session, 4)
    assert kept(store, by) == [1, 4]


def test_what_was_filled_in_part_is_not_kept(store: SqlDatabase, by: Actor) -> None:
    """G-8: nor where the fault is swallowed; and the connection goes on."""

    def some() -> Iterator[list[Any]]:
        yield [1, None, 0, None, None]
        raise Taken

    with pytest.raises(AssertionError, match="swallowed"), store.begin(by) as work, suppress(Taken):
        work.session.fill(FILL, some())
    with pytest.raises(UnicodeError), store.begin(by) as work:
        work.session.fill(FILL, [[1, None, 0, None, None], [2, "Rex\ud800ford", 0, None, None]])
    with store.begin(by) as work:
        fill(work.session, 3)
    assert kept(store, by) == [3]


def test_who_saves_what_is_no_more_is_stale_before_anything_is_committed(store: SqlDatabase, by: Actor) -> None:
    """P-13: also when the save is the last that happens."""
    with pytest.raises(Stale), store.begin(by) as work:  # noqa: PT012  # told at the end
        add(work.session, 1)
        work.session.save(RENAME, the_id=7, name="Rex")
    assert kept(store, by) == []


def test_what_was_written_is_forgotten_with_its_transaction(store: SqlDatabase, by: Actor) -> None:
    """G-8: it is not sent with the next one of the same connection."""
    with pytest.raises(Taken), store.begin(by) as work:  # noqa: PT012  # in the middle
        write(work.session, 1)
        raise Taken
    with store.begin(by) as work:
        write(work.session, 2)
    assert kept(store, by) == [2]


@pytest.mark.parametrize("engine_name", ["postgresql", "mariadb"], indirect=True, scope="session")
def test_a_lock_that_another_has_is_told_instead_of_the_next_answer(store: SqlDatabase, by: Actor) -> None:
    """G-7: at once, without waiting; and it is free when the other's transaction is over."""
    with store.begin(by) as first:
        first.session.connection.lock("the door", Taken)
        ids_of(first.session)
        other = store.engine.writer(long=False)
        other.begin()
        with pytest.raises(Taken):  # noqa: PT012  # by either
            other.lock("the door", Taken)
            ids_of(Session(other, by.guild, by, store.clock))
        other.rollback()
        store.engine.writer_done(other, long=False)
    with store.begin(by) as second:
        second.session.connection.lock("the door", Taken)
        ids_of(second.session)


@POSTGRESQL
def test_a_text_that_would_be_cut_is_refused(store: SqlDatabase, by: Actor) -> None:
    """G-8: the protocol ends texts at NUL."""
    with pytest.raises(DataError), store.begin(by) as work:
        work.session.write(ADD, id=1, name="Rex\0ford", points=0, kind=None, note=None)
    with pytest.raises(DataError), store.begin(by) as work:
        work.session.fill(FILL, [[1, "Rex\0ford", 0, None, None]])
    assert kept(store, by) == []


@POSTGRESQL
@pytest.mark.parametrize("text", ["Rex\0ford", "Rex\ud800ford"])
def test_what_was_written_before_a_text_that_is_none_is_not_kept(text: str, store: SqlDatabase, by: Actor) -> None:
    """G-8: nor where the fault is swallowed."""
    with pytest.raises(AssertionError, match="swallowed"), store.begin(by) as work:  # noqa: PT012  # by the commit
        add(work.session, 1)
        with suppress(DataError, UnicodeError):
            work.session.write(ADD, id=2, name=text, points=0, kind=None, note=None)
    assert kept(store, by) == []


@POSTGRESQL
def test_a_connection_that_was_interrupted_is_never_used_again(
    store: SqlDatabase, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G-8: what it was at is undone, and no later transaction hears its answers."""

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), store.begin(by) as work:  # noqa: PT012  # in the middle
        add(work.session, 1)
        write(work.session, 2)
        with monkeypatch.context() as patched:
            patched.setattr("dkp_adapters.sql.drivers.postgresql.waiting.wait", interrupted)
            ids_of(work.session)
    with store.begin(by) as work:
        write(work.session, 3)
        assert ids_of(work.session) == [3]
    assert kept(store, by) == [3]


@POSTGRESQL
def test_what_is_written_last_travels_with_the_commit(
    store: SqlDatabase, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-16: begin, three inserts and the commit go to the server in one trip."""
    trips: list[tuple[object, int]] = []
    sent = postgresql.PostgresqlConnection._sent

    def counted(self: postgresql.PostgresqlConnection, requests: Any) -> Any:
        trips.append((self, len(requests)))
        return sent(self, requests)

    monkeypatch.setattr(postgresql.PostgresqlConnection, "_sent", counted)
    with store.begin(by) as work:
        writer = work.session.connection
        for thing_id in (1, 2, 3):
            write(work.session, thing_id)
    assert [count for connection, count in trips if connection is writer] == [5]
