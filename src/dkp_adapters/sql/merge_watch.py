"""Noticing, once what moves is written, that somebody it concerns was merged into another user (R-8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import select

from dkp_adapters.sql.moments import moment_at
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, in_guild, json_values
from dkp_adapters.sql.tables.merges import merged_users
from dkp_core.kernel.ids import UserId
from dkp_core.points import Merged

WATCH_ORDER: Final = 25
"""When it is looked: once summaries and balances are written, and so held.

Whoever merges these users waits then, or was waited for; any earlier, a merge could happen after the look.
"""

_POINTERS: Final = Statement(
    select(
        merged_users.c.user_id,
        merged_users.c.merge_id,
        merged_users.c.into_user,
        merged_users.c.at,
        merged_users.c.until,
        merged_users.c.head,
    ).where(in_guild(merged_users), merged_users.c.user_id.in_(json_values("users")))
)


@frozen
class Pointer:
    """That a user was merged, and for whom it counts in the end."""

    merged: Merged
    head: UserId


Pointers = Mapping[UserId, Pointer]


def pointer_of(row: Sequence[Any]) -> Merged:
    """A pointer, of its first five columns above."""
    user_id, merge_id, into, at, until = row[:5]
    return Merged(user_id=user_id, merge_id=merge_id, into=into, at=moment_at(at), until=moment_at(until))


class MergeWatch:
    """Asks once for all whom a transaction concerns, and tells those who are to know."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._users: set[UserId] = set()
        self._then: list[Callable[[Pointers], None]] = []

    def concerns(self, users: Iterable[UserId], then: Callable[[Pointers], None]) -> None:
        """Something of these users was written; `then` is told who of all that are concerned was merged."""
        if not self._then:
            self.session.defer(WATCH_ORDER, self._look)
        self._users.update(users)
        if then not in self._then:
            self._then.append(then)

    def _look(self) -> None:
        users, self._users = self._users, set()
        then, self._then = self._then, []
        rows = self.session.all(_POINTERS, users=sorted(users))
        pointers = {row[0]: Pointer(pointer_of(row), row[-1]) for row in rows}
        for tell in then:
            tell(pointers)
