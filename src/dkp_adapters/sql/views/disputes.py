"""How disputes are shown, from SQL."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, and_, bindparam, func, literal_column, select

from dkp_adapters.sql.moments import moment_at, moment_or_none
from dkp_adapters.sql.statement import Statement, in_guild
from dkp_adapters.sql.tables.accounts import users
from dkp_adapters.sql.tables.points import disputes, entries
from dkp_adapters.sql.views import PAGE_OFFSET, PAGE_SIZE
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.points import Points
from dkp_core.points import DisputeFilter, DisputeRow, DisputeStatus, EntryKind

_COLUMNS: Final = (
    disputes.c.id,
    disputes.c.entry_id,
    disputes.c.user_id,
    disputes.c.pool_id,
    entries.c.kind,
    entries.c.amount,
    entries.c.reason,
    disputes.c.occurred_at,
    disputes.c.made_by,
    users.c.username,
    disputes.c.text,
    disputes.c.made_at,
    disputes.c.status,
    disputes.c.decided_at,
    disputes.c.decided_kind,
    disputes.c.decided_by,
    disputes.c.reason,
)
_tables: Final = disputes.join(users, users.c.id == disputes.c.made_by).join(
    entries,
    and_(
        entries.c.guild_id == disputes.c.guild_id,
        entries.c.user_id == disputes.c.user_id,
        entries.c.occurred_at == disputes.c.occurred_at,
        entries.c.id == disputes.c.entry_id,
    ),
)
_FILTERED: Final = ("entry_id", "made_by", "pool_id", "user_id")

ONE_DISPUTE: Final = Statement(
    select(*_COLUMNS, literal_column("1"))
    .select_from(_tables)
    .where(in_guild(disputes), disputes.c.id == bindparam("the_id", type_=BigInteger))
)


def params_of(wanted: DisputeFilter) -> dict[str, Any]:
    """The parameters of a filter; what does not restrict is left out."""
    params: dict[str, Any] = {name: getattr(wanted, name) for name in _FILTERED}
    params["status"] = None if wanted.status is None else wanted.status.value
    return {name: value for name, value in params.items() if value is not None}


@lru_cache(maxsize=64)
def disputes_that(wanted: frozenset[str], *, counted: bool = False) -> Statement:
    """The statement for these filters, the newest first; with `counted` only how many there are."""
    conditions = [
        in_guild(disputes),
        *(disputes.c[name] == bindparam(name, type_=disputes.c[name].type) for name in sorted(wanted)),
    ]
    if counted:
        return Statement(select(func.count()).select_from(disputes).where(*conditions))
    query = select(*_COLUMNS, func.count().over()).select_from(_tables).where(*conditions)
    return Statement(query.order_by(disputes.c.id.desc()).limit(PAGE_SIZE).offset(PAGE_OFFSET))


def dispute_row(row: tuple[Any, ...]) -> DisputeRow:
    """A dispute as it is shown."""
    (
        dispute_id,
        entry_id,
        user_id,
        pool_id,
        kind,
        amount,
        entry_reason,
        occurred_at,
        made_by,
        made_by_name,
        text,
        made_at,
        status,
        decided_at,
        decided_kind,
        decided_by,
        reason,
        _,
    ) = row
    return DisputeRow(
        id=dispute_id,
        entry_id=entry_id,
        user_id=user_id,
        pool_id=pool_id,
        kind=EntryKind(kind),
        amount=Points(amount),
        entry_reason=entry_reason,
        occurred_at=moment_at(occurred_at),
        made_by=made_by,
        made_by_name=made_by_name,
        text=text,
        made_at=moment_at(made_at),
        status=DisputeStatus(status),
        decided_at=moment_or_none(decided_at),
        decided_kind=None if decided_kind is None else ActorKind(decided_kind),
        decided_by=decided_by,
        reason=reason,
    )
