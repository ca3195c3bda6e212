"""Deadlines: set and cancelled in the transaction that decides them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import frozen
from sqlalchemy import delete

from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, binds, in_guild, to_json, upsert
from dkp_adapters.sql.tables.kernel import deadlines
from dkp_core.kernel.ports import Deadlines

_COLUMNS: Final = tuple(column.name for column in deadlines.columns)
_SET: Final = Statement(
    upsert(
        deadlines,
        binds(deadlines, *_COLUMNS),
        key=("guild_id", "key"),
        update=lambda _, new: {name: new[name] for name in _COLUMNS if name not in ("guild_id", "key")},
    )
)
_CANCEL: Final = Statement(
    delete(deadlines).where(in_guild(deadlines), deadlines.c.key == binds(deadlines, "key")["key"])
)


@frozen
class SqlDeadlines(Deadlines):
    """The deadlines of the guild at work."""

    session: Session

    def set(self, key: str, kind: str, at: datetime, data: Mapping[str, str | int | None]) -> None:
        due_at = micros(at)
        self.session.write(
            _SET,
            guild_id=self.session.guild_id,
            key=key,
            kind=kind,
            due_at=due_at,
            data=to_json(dict(data)),
            try_at=due_at,
            attempts=0,
            parked=0,
            claimed_by=None,  # a worker that is at the old one finds that it was moved
            last_error=None,
        )

    def cancel(self, key: str) -> None:
        self.session.write(_CANCEL, guild_id=self.session.guild_id, key=key)
