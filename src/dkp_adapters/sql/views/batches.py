"""How batches and what they booked are shown, from SQL."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, FromClause, and_, bindparam, func, select

from dkp_adapters.sql.batches import adjusted_by, booked_by
from dkp_adapters.sql.moments import moment_at, moment_or_none
from dkp_adapters.sql.statement import Statement, in_guild
from dkp_adapters.sql.tables.accounts import users
from dkp_adapters.sql.tables.points import batches, entries
from dkp_adapters.sql.tables.roster import characters
from dkp_adapters.sql.views import PAGE_OFFSET, PAGE_SIZE, SqlView, page_params
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import BatchId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import BatchFilter, BatchKind, BatchLineRow, BatchRow, EntryKind

_the_id: Final = bindparam("the_id", type_=BigInteger)
_UNSHOWN: Final = ("guild_id", "standing", "version", "raid_id", "exempt")
_COLUMNS: Final = tuple(column for column in batches.c if column.name not in _UNSHOWN)
_SELECT: Final = select(*_COLUMNS).where(in_guild(batches))
_BATCH: Final = Statement(_SELECT.where(batches.c.id == _the_id))
_FILTERS: Final = {
    "pool_id": batches.c.pool_id == bindparam("pool_id", type_=BigInteger),
    "kind": batches.c.kind == bindparam("kind", type_=batches.c.kind.type),
    "reversed": batches.c.reversed_at.is_not(None),
    "standing": batches.c.reversed_at.is_(None),
}


@lru_cache(maxsize=32)
def _batches(wanted: frozenset[str], *, counted: bool = False) -> Statement:
    """The statement for these filters, the newest first; with `counted` only how many there are."""
    conditions = [in_guild(batches), *(_FILTERS[name] for name in sorted(wanted))]
    if counted:
        return Statement(select(func.count()).select_from(batches).where(*conditions))
    query = select(*_COLUMNS, func.count().over()).where(*conditions)
    return Statement(query.order_by(batches.c.id.desc()).limit(PAGE_SIZE).offset(PAGE_OFFSET))


def _lines(tables: FromClause, its_own: ColumnElement[bool], *, counted: bool = False) -> Statement:
    conditions = (in_guild(batches), batches.c.id == _the_id, its_own)
    if counted:
        return Statement(select(func.count()).select_from(tables).where(*conditions))
    reversal = entries.alias("reversal")
    takes_back = and_(
        reversal.c.guild_id == entries.c.guild_id,
        reversal.c.user_id == entries.c.user_id,
        reversal.c.occurred_at == entries.c.occurred_at,
        reversal.c.reverses == entries.c.id,
    )
    main = and_(characters.c.guild_id == batches.c.guild_id, characters.c.main_of == entries.c.user_id)
    return Statement(
        select(
            entries.c.id,
            entries.c.user_id,
            users.c.username,
            characters.c.name,
            entries.c.kind,
            entries.c.amount,
            entries.c.reason,
            reversal.c.id,
            func.count().over(),
        )
        .select_from(
            tables.join(users, users.c.id == entries.c.user_id)
            .outerjoin(characters, main)
            .outerjoin(reversal, takes_back)
        )
        .where(*conditions)
        .order_by(entries.c.user_id, entries.c.id)
        .limit(PAGE_SIZE)
        .offset(PAGE_OFFSET)
    )


_LINES: Final = _lines(*booked_by(batches))
_LINES_COUNTED: Final = _lines(*booked_by(batches), counted=True)
_ADJUSTED: Final = _lines(*adjusted_by(batches))
_ADJUSTED_COUNTED: Final = _lines(*adjusted_by(batches), counted=True)


class SqlBatchesView(SqlView):
    """Reads batches and what they booked."""

    def batches(self, wanted: BatchFilter, *, page: PageRequest) -> Page[BatchRow]:
        """Batches that match, the newest first by id."""
        params: dict[str, Any] = {}
        if wanted.pool_id is not None:
            params["pool_id"] = wanted.pool_id
        if wanted.kind is not None:
            params["kind"] = wanted.kind.value
        filters = frozenset(params)
        if wanted.reversed is not None:
            filters |= {"reversed" if wanted.reversed else "standing"}
        rows = self.session.all(_batches(filters), **params, **page_params(page))
        if rows:
            return Page(tuple(_batch_row(row[:-1]) for row in rows), rows[0][-1])
        counted = self.session.first(_batches(filters, counted=True), **params) if page.offset else None
        return Page((), counted[0] if counted else 0)

    def batch(self, batch_id: BatchId) -> BatchRow:
        """One batch. Raises: NoSuch."""
        row = self.session.first(_BATCH, the_id=batch_id)
        if row is None:
            raise NoSuch("batch", batch_id)
        return _batch_row(row)

    def batch_lines(self, batch_id: BatchId, *, page: PageRequest) -> Page[BatchLineRow]:
        """What a batch booked, by user and id of the entry. Raises: NoSuch."""
        adjusted = self.batch(batch_id).kind is BatchKind.ADJUSTMENT
        rows = self.session.all(_ADJUSTED if adjusted else _LINES, the_id=batch_id, **page_params(page))
        if rows:
            return Page(tuple(map(_line_row, rows)), rows[0][-1])
        statement = _ADJUSTED_COUNTED if adjusted else _LINES_COUNTED
        counted = self.session.first(statement, the_id=batch_id) if page.offset else None
        return Page((), counted[0] if counted else 0)


def _batch_row(row: Sequence[Any]) -> BatchRow:
    (
        batch_id,
        pool_id,
        at,
        recorded_at,
        reversed_at,
        total,
        policies_version,
        lines,
        kind,
        rule,
        period,
        actor_kind,
        actor_id,
        reversed_kind,
        reversed_by,
        title,
        reason,
    ) = row
    return BatchRow(
        id=batch_id,
        pool_id=pool_id,
        kind=BatchKind(kind),
        rule=rule,
        period=period,
        title=title,
        at=moment_at(at),
        policies_version=policies_version,
        lines=lines,
        total=str(Decimal(total).scaleb(-2)),
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        recorded_at=moment_at(recorded_at),
        reversed_at=moment_or_none(reversed_at),
        reversed_kind=None if reversed_kind is None else ActorKind(reversed_kind),
        reversed_by=reversed_by,
        reason=reason,
    )


def _line_row(row: Sequence[Any]) -> BatchLineRow:
    entry_id, user_id, username, main_character, kind, amount, reason, reversed_by, _ = row
    return BatchLineRow(
        entry_id=entry_id,
        user_id=user_id,
        username=username,
        main_character=main_character,
        kind=EntryKind(kind),
        amount=Points(amount),
        reason=reason,
        reversed_by=reversed_by,
    )
