"""Counting what is kept of what came into a guild, in SQL: sums that the database makes, however much it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, case, column, exists, func, literal, select

from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, in_guild, int_sum, json_rows
from dkp_adapters.sql.tables.accounts import memberships, users
from dkp_adapters.sql.tables.kernel import events
from dkp_adapters.sql.tables.loot import awards, items
from dkp_adapters.sql.tables.points import adjustments, entries, item_pools, pool_policies, pools
from dkp_adapters.sql.tables.raids import attendance, event_types, raids
from dkp_adapters.sql.tables.recruitment import application_forms, applications, comments, transitions
from dkp_adapters.sql.tables.roster import characters, profile_fields, ranks
from dkp_core.kernel.ids import ImportId
from dkp_core.moving import MODULUS, PARTLY, SHIFT, WEIGHTS, DeedRecorded, Span, Tally

_NOTHING: Final = literal(0, BigInteger)
_spans: Final = json_rows("spans", column("first", BigInteger), column("last", BigInteger))


@frozen(kw_only=True)
class _Measured:
    """Where a table has what is measured of its rows; `parts` are added up."""

    table: Table
    id: ColumnElement[int]
    owner: ColumnElement[int] = _NOTHING
    amount: ColumnElement[int] = _NOTHING
    moment: ColumnElement[int] = _NOTHING
    parts: Sequence[ColumnElement[int]] = ()


_TABLES: Final[Mapping[str, _Measured]] = {
    "users": _Measured(
        table=users,
        id=users.c.id,
        owner=case((users.c.discord_id.is_not(None), 1), else_=0),
        moment=users.c.added_at,
    ),
    "memberships": _Measured(table=memberships, id=memberships.c.user_id, moment=memberships.c.joined_at),
    "ranks": _Measured(table=ranks, id=ranks.c.id, parts=[ranks.c.position]),
    "profile_fields": _Measured(table=profile_fields, id=profile_fields.c.id, parts=[profile_fields.c.position]),
    "characters": _Measured(
        table=characters,
        id=characters.c.id,
        owner=characters.c.owner,
        parts=[characters.c.rank_id, characters.c.main_id],
    ),
    "pools": _Measured(table=pools, id=pools.c.id, parts=[pools.c.decimals]),
    "pool_policies": _Measured(table=pool_policies, id=pool_policies.c.pool_id, moment=pool_policies.c.changed_at),
    "item_pools": _Measured(table=item_pools, id=item_pools.c.id),
    "event_types": _Measured(table=event_types, id=event_types.c.id, amount=event_types.c.default_points),
    "raids": _Measured(
        table=raids,
        id=raids.c.id,
        owner=raids.c.leader,
        amount=raids.c.points,
        moment=raids.c.starts_at,
        parts=[raids.c.event_type_id, raids.c.ticks_count],
    ),
    "attendance": _Measured(
        table=attendance,
        id=attendance.c.raid_id,
        owner=attendance.c.user_id,
        amount=attendance.c.awarded,
        moment=attendance.c.at,
        parts=[attendance.c.tick],
    ),
    "items": _Measured(table=items, id=items.c.id, parts=[items.c.item_pool_id]),
    "awards": _Measured(
        table=awards,
        id=awards.c.id,
        owner=awards.c.user_id,
        amount=awards.c.price,
        moment=awards.c.awarded_at,
        parts=[awards.c.item_id, awards.c.raid_id],
    ),
    "adjustments": _Measured(
        table=adjustments,
        id=adjustments.c.id,
        owner=adjustments.c.user_id,
        amount=adjustments.c.amount,
        moment=adjustments.c.occurred_at,
        parts=[adjustments.c.pool_id, adjustments.c.entry_id],
    ),
    "entries": _Measured(
        table=entries,
        id=entries.c.id,
        owner=entries.c.user_id,
        amount=entries.c.amount,
        moment=entries.c.occurred_at,
        parts=[entries.c.pool_id, entries.c.source_id],
    ),
    "application_forms": _Measured(
        table=application_forms, id=application_forms.c.version, moment=application_forms.c.changed_at
    ),
    "applications": _Measured(
        table=applications,
        id=applications.c.id,
        owner=applications.c.user_id,
        moment=applications.c.submitted_at,
        parts=[applications.c.steps],
    ),
    "application_transitions": _Measured(
        table=transitions, id=transitions.c.application_id, moment=transitions.c.at, parts=[transitions.c.number]
    ),
    "application_comments": _Measured(
        table=comments,
        id=comments.c.id,
        owner=comments.c.author,
        moment=comments.c.at,
        parts=[comments.c.application_id],
    ),
    "deeds": _Measured(table=events, id=_NOTHING, moment=events.c.at),
}


def _has_old_id(of: _Measured) -> ColumnElement[int]:
    if "external_id" in of.table.c:
        return case((func.coalesce(of.table.c.external_id, "") != "", 1), else_=0)
    return _NOTHING


def _sum(weight: ColumnElement[int], *numbers: ColumnElement[int]) -> ColumnElement[int]:
    """As `Tally` says it."""
    shifted: ColumnElement[int] = literal(SHIFT, BigInteger)
    for each in numbers:
        shifted = shifted + func.coalesce(each, 0)
    return int_sum(weight * (shifted % literal(MODULUS, BigInteger)))


def _statement(name: str) -> Statement:
    of = _TABLES[name]
    weight = of.id % literal(WEIGHTS, BigInteger) + literal(1, BigInteger)
    asked = [in_guild(of.table)] if of.table is not users else []
    if name in PARTLY:
        asked.append(exists(select(literal(1)).where(of.id.between(_spans.c.first, _spans.c.last))))
    if of.table is events:
        asked += [
            events.c.aggregate == DeedRecorded.aggregate,
            events.c.aggregate_id == bindparam("import_id"),
            events.c.name == DeedRecorded.event_name(),
        ]
    return Statement(
        select(
            func.count(),
            _sum(weight, of.owner),
            _sum(weight, of.amount),
            _sum(weight, of.moment),
            int_sum(weight * _has_old_id(of)),
            _sum(weight, *of.parts),
        )
        .select_from(of.table)
        .where(*asked),
        across_guilds=of.table is users,
    )


_STATEMENTS: Final = {name: _statement(name) for name in _TABLES}


def tallied(session: Session, import_id: ImportId, spans: Mapping[str, Sequence[Span]]) -> Mapping[str, Tally]:
    """What is kept of what came, by kind; of kinds in PARTLY what has an id in the spans."""
    found = {}
    for name, statement in _STATEMENTS.items():
        asked: dict[str, Any] = {}
        if name in PARTLY:
            asked["spans"] = [[span.first, span.first + span.count - 1] for span in spans[name]]
        if name == "deeds":
            asked["import_id"] = str(import_id)
        row = session.all(statement, **asked)[0]
        count, owners, amounts, moments, old_ids, parts = map(int, row)
        if count:
            found[name] = Tally(
                count=count, owners=owners, amounts=amounts, moments=moments, old_ids=old_ids, parts=parts
            )
    return found
