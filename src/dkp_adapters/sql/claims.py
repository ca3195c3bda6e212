"""Rows that wait to be acted upon: claimed by one worker for a while, tried again later, parked in the end.

It needs nothing but conditional updates, so that it works alike on all databases. A claim that is not finished in
time (a worker that died) makes the row due again; whoever acts inside the database deletes the row in the same
transaction and by its claim, so that of two workers one finds nothing left to do.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from attrs import define, field, frozen
from sqlalchemy import BigInteger, ColumnElement, Select, String, Table, bindparam, delete, func, select, update

from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.statement import Statement, binds
from dkp_adapters.waiting import Lag, Retrying

ERROR_LENGTH_MAX: Final = 4000
Row = TypeVar("Row")


@frozen(kw_only=True)
class ClaimStatements:
    """The statements over one table of waiting rows."""

    due: Statement
    claim: Statement
    claimed: Statement
    take: Statement
    put_off: Statement
    park: Statement
    parked: Statement
    resume: Statement
    waiting: Statement
    given_up: Statement

    @classmethod
    def over(
        cls, table: Table, key: Sequence[str], rows: Select[Any], since: str, *among: ColumnElement[bool]
    ) -> ClaimStatements:
        """`rows` is what the worker gets of a row, `since` the column from which its age is counted.

        Only rows `among` these are claimed; what they are told apart by is `Claims.asked`.
        """
        columns = table.c
        this = [columns[name] == bindparam(name, type_=columns[name].type) for name in key]
        mine = [*this, columns.claimed_by == bindparam("claim", type_=String())]
        free = columns.parked == 0
        now = bindparam("now", type_=BigInteger)
        return cls(
            due=Statement(
                select(*(columns[name] for name in key), columns.try_at, columns.attempts)
                .where(free, columns.try_at <= now, *among)
                .order_by(columns.try_at)
                .limit(bindparam("limit", type_=BigInteger)),
                across_guilds=True,
            ),
            claim=Statement(
                update(table)
                .where(*this, free, columns.try_at == bindparam("seen", type_=BigInteger))
                .values(
                    claimed_by=bindparam("claim", type_=String()),
                    try_at=bindparam("until", type_=BigInteger),
                    attempts=columns.attempts + 1,
                ),
                across_guilds=True,
            ),
            claimed=Statement(
                rows.where(columns.claimed_by == bindparam("claim", type_=String())).order_by(columns[since]),
                across_guilds=True,
            ),
            take=Statement(delete(table).where(*mine), across_guilds=True),
            put_off=Statement(
                update(table).where(*mine).values(claimed_by=None, **binds(table, "try_at", "parked", "last_error")),
                across_guilds=True,
            ),
            park=Statement(
                update(table)
                .where(*this, free, columns.try_at == bindparam("seen", type_=BigInteger))
                .values(parked=1, claimed_by=None, last_error=func.coalesce(columns.last_error, bindparam("reason"))),
                across_guilds=True,
            ),
            parked=Statement(rows.where(columns.parked == 1).order_by(columns[since]), across_guilds=True),
            resume=Statement(
                update(table).where(*this, columns.parked == 1).values(parked=0, attempts=0, try_at=now),
                across_guilds=True,
            ),
            waiting=Statement(
                select(func.count(), func.min(columns[since])).where(free, columns[since] <= now),
                across_guilds=True,
            ),
            given_up=Statement(select(func.count()).where(columns.parked == 1), across_guilds=True),
        )


@define(eq=False)
class Claims:
    """The rows of one table that wait for a worker. Moments are those of the database object's clock."""

    database: SqlDatabase
    statements: ClaimStatements
    key: Sequence[str]
    retrying: Retrying = field(factory=Retrying)
    chance: Callable[[], float] = random.random
    asked: Mapping[str, object] = field(factory=dict)

    def claim(self, limit: int, seconds: float) -> list[tuple[Any, ...]]:
        """Up to `limit` rows that are due, for the next `seconds` nobody else's; their last column is the claim."""
        now = micros(self.database.clock.now())
        with self.database.reading() as views:  # who has nothing to do disturbs no writer
            due = views.session.all(self.statements.due, now=now, limit=limit, **self.asked)
        if not due:
            return []
        claim, until = secrets.token_hex(16), now + int(seconds * 1_000_000)
        with self.database.scope():
            session = self.database.current_session()
            for *values, seen, attempts in sorted(due, key=lambda row: row[: len(self.key)]):  # one order: no deadlock
                this = dict(zip(self.key, values, strict=True))
                if attempts >= self.retrying.attempts_max:
                    session.run(self.statements.park, **this, seen=seen, reason="the worker ended while at it")
                else:
                    session.run(self.statements.claim, **this, seen=seen, until=until, claim=claim)
            return session.all(self.statements.claimed, claim=claim)

    def take(self, claim: str, *key: object) -> bool:
        """In a scope: delete the row with what the scope does; False when it is no longer this claim's."""
        this = dict(zip(self.key, key, strict=True))
        return self.database.current_session().run(self.statements.take, **this, claim=claim) == 1

    def failed(self, claim: str, *key: object, attempts: int, error: str) -> bool:
        """In a transaction of its own: try again later, or park it; False when it is no longer this claim's."""
        now = micros(self.database.clock.now())
        wait = self.retrying.delay_seconds(attempts, self.chance())
        with self.database.scope():
            changed = self.database.current_session().run(
                self.statements.put_off,
                **dict(zip(self.key, key, strict=True)),
                claim=claim,
                try_at=now + int(wait * 1_000_000),
                parked=1 if attempts >= self.retrying.attempts_max else 0,
                last_error=error[:ERROR_LENGTH_MAX],
            )
        return changed == 1

    def parked(self) -> list[tuple[Any, ...]]:
        """The rows that were given up on."""
        with self.database.reading() as views:
            return views.session.all(self.statements.parked)

    def resume(self, *key: object) -> bool:
        """Try a parked row again, from now on; False when it is not parked."""
        with self.database.scope():
            session = self.database.current_session()
            this = dict(zip(self.key, key, strict=True))
            return session.run(self.statements.resume, **this, now=session.now()) == 1

    def lag(self) -> Lag:
        """How far behind the work is."""
        now = micros(self.database.clock.now())
        with self.database.reading() as views:
            waiting = views.session.first(self.statements.waiting, now=now)
            given_up = views.session.first(self.statements.given_up)
        assert waiting is not None
        assert given_up is not None
        due, oldest = waiting
        return Lag(due=due, oldest_seconds=(now - oldest) / 1_000_000 if due else 0.0, parked=given_up[0])
