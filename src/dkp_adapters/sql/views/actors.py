"""What people call who did something elsewhere, as part of other views, from SQL (O-4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypeVar

from attrs import evolve
from sqlalchemy import Text, and_, func, select

from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, in_guild, json_values
from dkp_adapters.sql.tables.accounts import memberships, users
from dkp_adapters.sql.tables.merges import merged_users
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ports import AuditRow
from dkp_core.loot import AwardRow
from dkp_core.points import AdjustmentRow, HistoryRow

R = TypeVar("R", HistoryRow, AdjustmentRow, AwardRow, AuditRow)

_NAMES: Final = Statement(
    select(memberships.c.external_id, users.c.username)
    .select_from(
        memberships.outerjoin(
            merged_users, and_(in_guild(merged_users), merged_users.c.user_id == memberships.c.user_id)
        ).join(users, users.c.id == func.coalesce(merged_users.c.head, memberships.c.user_id))
    )
    .where(in_guild(memberships), memberships.c.external_id.in_(json_values("external_ids", Text())))
    .order_by(memberships.c.user_id.desc())
)


def names_elsewhere(session: Session, external_ids: Collection[str]) -> Mapping[str, str]:
    """The names of those who have these external ids, or who these count for since; where nobody has one, none."""
    if not external_ids:
        return {}
    return dict(session.all(_NAMES, guild_id=session.guild_id, external_ids=sorted(external_ids)))


def with_names(session: Session, rows: Iterable[R]) -> tuple[R, ...]:
    """These rows; those of imports with the name of who did it there."""
    found = tuple(rows)
    names = names_elsewhere(session, {row.actor_id for row in found if row.actor_kind == ActorKind.IMPORT})
    if not names:
        return found
    return tuple(
        evolve(row, actor_name=names.get(row.actor_id)) if row.actor_kind == ActorKind.IMPORT else row for row in found
    )
