"""Requests that are answered once, however often they are sent (G-7)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

from attrs import define
from sqlalchemy import BigInteger, bindparam, delete, select

from dkp_adapters.answers import KEPT, Answer, KeyReused, RequestInProgress
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.statement import Statement, binds, to_json, upsert
from dkp_adapters.sql.tables.kernel import answered_requests

_C: Final = answered_requests.c
_NOW: Final = bindparam("now", type_=BigInteger)
_FIND: Final = Statement(
    select(_C.body_hash, _C.status, _C.headers, _C.body).where(
        _C.caller == bindparam("caller"), _C.key == bindparam("key"), _C.expires_at > _NOW
    )
)
_KEEP: Final = Statement(
    upsert(
        answered_requests,
        binds(answered_requests, "caller", "key", "body_hash", "status", "headers", "body", "expires_at"),
        key=("caller", "key"),
        update=lambda _, new: {
            name: new[name] for name in ("body_hash", "status", "headers", "body", "expires_at")
        },  # one that ran out, and was not pruned yet
    )
)
_PRUNE: Final = Statement(delete(answered_requests).where(_C.expires_at <= _NOW))


@define(eq=False)
class SqlAnsweredRequests:
    """The answers of the last 24 hours, per caller and key; both calls belong into the scope of the change itself.

    The answer commits with the change: a process that dies in between leaves neither.
    """

    database: SqlDatabase

    def earlier(self, caller: str, key: str, body_hash: str) -> Answer | None:
        """The answer to the same request before, or None for a new one, which then holds the key until the scope ends.

        On SQLite, where writers come one after the other, a second request waits for the first and gets its answer.
        Raises: RequestInProgress (409), KeyReused (422).
        """
        session = self.database.current_session()
        session.connection.lock(f"{caller}\n{key}", RequestInProgress)
        row = session.first(_FIND, caller=caller, key=key, now=session.now())
        if row is None:
            return None
        first_hash, status, headers, body = row
        if first_hash != body_hash:
            raise KeyReused
        return Answer(status=status, headers=json.loads(headers), body=body)

    def keep(self, caller: str, key: str, body_hash: str, answer: Answer) -> None:
        """Keep the answer with what the scope changes."""
        session = self.database.current_session()
        session.write(
            _KEEP,
            caller=caller,
            key=key,
            body_hash=body_hash,
            status=answer.status,
            headers=to_json(dict(answer.headers)),
            body=answer.body,
            expires_at=session.now() + KEPT // timedelta(microseconds=1),
        )

    def prune(self) -> int:
        """Forget what is older than 24 hours; answers how many."""
        with self.database.scope():
            session = self.database.current_session()
            return session.run(_PRUNE, now=session.now())
