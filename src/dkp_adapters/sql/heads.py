"""For whom it counts what a user had, as part of other queries (R-8)."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, FromClause, Select, and_, bindparam, exists, func, literal, select

from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.statement import in_guild
from dkp_adapters.sql.tables.merges import merged_users
from dkp_core.points import FOR_GOOD

FOR_GOOD_MICROS: Final = micros(FOR_GOOD)


def with_heads(
    tables: FromClause, user_id: ColumnElement[Any], at: ColumnElement[Any]
) -> tuple[FromClause, ColumnElement[Any]]:
    """The tables with those who were merged joined to them, and for whom it counts what the user had at that moment."""
    merged = merged_users.alias("merged")
    joined = tables.outerjoin(merged, and_(in_guild(merged), merged.c.user_id == user_id, merged.c.until > at))
    return joined, func.coalesce(merged.c.head, user_id)


def counts_for(user_id: ColumnElement[Any], at: ColumnElement[Any], whom: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether what the user had at that moment counts for `whom`, to whom others' things went."""
    merged = merged_users.alias("merged")
    return exists(
        select(literal(1)).where(
            in_guild(merged), merged.c.head == whom, merged.c.user_id == user_id, merged.c.until > at
        )
    )


def is_merged_away(user_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the user has nothing here any more, since it is all another's."""
    gone = merged_users.alias("gone")
    return exists(
        select(literal(1)).where(
            in_guild(gone),
            gone.c.user_id == user_id,
            gone.c.until == bindparam("for_good", FOR_GOOD_MICROS, type_=BigInteger),
        )
    )


def merged_into(whom: ColumnElement[Any]) -> Select[Any]:
    """Who was merged into that user, in the end."""
    return select(merged_users.c.user_id, merged_users.c.until).where(
        in_guild(merged_users), merged_users.c.head == whom
    )
