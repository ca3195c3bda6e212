"""The audit log, from SQL."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from dkp_adapters.sql.moments import micros, moment_at
from dkp_adapters.sql.statement import Statement, in_guild
from dkp_adapters.sql.tables.kernel import events
from dkp_adapters.sql.views import PAGE_OFFSET, PAGE_SIZE, SqlView, page_params
from dkp_adapters.sql.views.actors import with_names
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.ports import AuditFilter, AuditLog, AuditRow

_COLUMNS: Final = (
    events.c.id,
    events.c.at,
    events.c.name,
    events.c.aggregate,
    events.c.aggregate_id,
    events.c.actor_kind,
    events.c.actor_id,
    events.c.actor_user_id,
    events.c.entrypoint,
    events.c.request_id,
    events.c.data,
)
_FILTERS: Final[dict[str, ColumnElement[bool]]] = {
    "name": events.c.name == bindparam("name"),
    "aggregate": events.c.aggregate == bindparam("aggregate"),
    "aggregate_id": events.c.aggregate_id == bindparam("aggregate_id"),
    "actor_kind": events.c.actor_kind == bindparam("actor_kind"),
    "actor_id": events.c.actor_id == bindparam("actor_id"),
    "since": events.c.at >= bindparam("since"),
    "until": events.c.at < bindparam("until"),
}


def _narrowed(query: Select[Any], wanted: frozenset[str]) -> Select[Any]:
    return query.where(in_guild(events), *(_FILTERS[name] for name in sorted(wanted)))


@lru_cache(maxsize=len(_FILTERS) ** 2)
def _listed(wanted: frozenset[str]) -> Statement:
    query = _narrowed(select(*_COLUMNS), wanted).order_by(events.c.at.desc(), events.c.id.desc())
    return Statement(query.limit(PAGE_SIZE).offset(PAGE_OFFSET))


@lru_cache(maxsize=len(_FILTERS) ** 2)
def _counted(wanted: frozenset[str]) -> Statement:
    # By itself, since a count over the page's rows would read all that events tell.
    return Statement(_narrowed(select(func.count()).select_from(events), wanted))


class SqlAuditLog(SqlView, AuditLog):
    """Reads the events of a guild, or of the installation."""

    def events(self, wanted: AuditFilter, *, page: PageRequest) -> Page[AuditRow]:
        given: dict[str, str | int | None] = {
            "name": wanted.name,
            "aggregate": wanted.aggregate,
            "aggregate_id": wanted.aggregate_id,
            "actor_kind": wanted.actor_kind,
            "actor_id": wanted.actor_id,
            "since": None if wanted.since is None else micros(wanted.since),
            "until": None if wanted.until is None else micros(wanted.until),
        }
        params = {name: value for name, value in given.items() if value is not None}
        names = frozenset(params)
        # The installation's events are those of guild 0, which a session does not fill in.
        params["guild_id"] = self.session.guild_id
        counted = self.session.first(_counted(names), **params)
        count = int(counted[0]) if counted is not None else 0
        rows = self.session.all(_listed(names), **params, **page_params(page)) if count > page.offset else []
        return Page(with_names(self.session, map(_row, rows)), count)


def _row(row: tuple[Any, ...]) -> AuditRow:
    (
        event_id,
        at,
        name,
        aggregate,
        aggregate_id,
        actor_kind,
        actor_id,
        user_id,
        entrypoint,
        request_id,
        data,
    ) = row
    return AuditRow(
        id=event_id,
        at=moment_at(at),
        name=name,
        aggregate=aggregate,
        aggregate_id=aggregate_id,
        actor_kind=actor_kind,
        actor_id=actor_id,
        actor_name=None,
        user_id=user_id,
        entrypoint=entrypoint,
        request_id=request_id,
        data=json.loads(data),
    )
