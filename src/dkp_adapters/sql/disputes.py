"""What members say is wrong with their entries, in SQL."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, func, insert, literal, select, update

from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import GUILD, Params, Statement, binds, in_guild, locking
from dkp_adapters.sql.tables.points import disputes
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import DisputeId, EntryId, UserId
from dkp_core.points import Dispute, Disputes, DisputeStatus

_the_id: Final = bindparam("the_id", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else was faster")


_MADE: Final = ("id", "user_id", "entry_id", "pool_id", "occurred_at", "made_by", "made_at")
_WRITTEN: Final = ("text", "status", "open_entry", "decided_at", "decided_kind", "decided_by", "reason")
_SELECT: Final = (
    select(
        disputes.c.id,
        disputes.c.guild_id,
        disputes.c.user_id,
        disputes.c.entry_id,
        disputes.c.pool_id,
        disputes.c.occurred_at,
        disputes.c.made_by,
        disputes.c.text,
        disputes.c.made_at,
        disputes.c.status,
        disputes.c.decided_at,
        disputes.c.decided_kind,
        disputes.c.decided_by,
        disputes.c.reason,
        disputes.c.version,
    )
    .where(in_guild(disputes))
    .order_by(disputes.c.id)
)
_GET: Final = Statement(locking(_SELECT.where(disputes.c.id == _the_id)))
_OPEN_ON: Final = Statement(_SELECT.where(disputes.c.open_entry == _the_id))
_MADE_BY: Final = Statement(locking(_SELECT.where(disputes.c.made_by == _the_id)))
_COUNT_OPEN: Final = Statement(
    select(func.count()).where(in_guild(disputes), disputes.c.made_by == _the_id, disputes.c.open_entry.is_not(None))
)
_VIOLATIONS: Final = {"uq_disputes_guild_id_open_entry": _lost, "pk_disputes": _lost}
_INSERT: Final = Statement(
    insert(disputes).values({"guild_id": GUILD, **binds(disputes, *_MADE, *_WRITTEN), "version": literal(1)}),
    violations=_VIOLATIONS,
)
_UPDATE: Final = Statement(
    update(disputes)
    .where(
        in_guild(disputes),
        disputes.c.id == _the_id,
        disputes.c.version == bindparam("read_version", type_=BigInteger),
    )
    .values({**binds(disputes, *_WRITTEN), "version": disputes.c.version + 1}),
    violations=_VIOLATIONS,
)


class SqlDisputes(Disputes):
    """What members say is wrong with their entries."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, dispute_id: DisputeId) -> Dispute:
        row = self.session.first(_GET, the_id=dispute_id)
        if row is None:
            raise NoSuch("dispute", dispute_id)
        return _dispute(row)

    def open_on(self, entry_id: EntryId) -> Dispute | None:
        row = self.session.first(_OPEN_ON, the_id=entry_id)
        return None if row is None else _dispute(row)

    def count_open(self, made_by: UserId) -> int:
        ((count,),) = self.session.all(_COUNT_OPEN, the_id=made_by)
        return int(count)

    def made_by(self, user_id: UserId) -> tuple[Dispute, ...]:
        return tuple(map(_dispute, self.session.all(_MADE_BY, the_id=user_id)))

    def save(self, dispute: Dispute) -> None:
        values = {
            "text": dispute.text,
            "status": dispute.status.value,
            "open_entry": dispute.entry_id if dispute.is_open else None,
            "decided_at": micros_or_none(dispute.decided_at),
            "decided_kind": None if dispute.decided_kind is None else dispute.decided_kind.value,
            "decided_by": dispute.decided_by,
            "reason": dispute.reason,
        }
        if dispute.version == 0:
            self.session.run(
                _INSERT,
                id=dispute.id,
                user_id=dispute.user_id,
                entry_id=dispute.entry_id,
                pool_id=dispute.pool_id,
                occurred_at=micros(dispute.occurred_at),
                made_by=dispute.made_by,
                made_at=micros(dispute.made_at),
                **values,
            )
        else:
            count = self.session.run(_UPDATE, the_id=dispute.id, read_version=dispute.version, **values)
            self.session.saved(count)
        self.session.save_events(dispute)


def _dispute(row: tuple[Any, ...]) -> Dispute:
    (
        dispute_id,
        guild_id,
        user_id,
        entry_id,
        pool_id,
        occurred_at,
        made_by,
        text,
        made_at,
        status,
        decided_at,
        decided_kind,
        decided_by,
        reason,
        version,
    ) = row
    return Dispute(
        id=dispute_id,
        guild_id=guild_id,
        user_id=user_id,
        entry_id=entry_id,
        pool_id=pool_id,
        occurred_at=moment_at(occurred_at),
        made_by=made_by,
        text=text,
        made_at=moment_at(made_at),
        status=DisputeStatus(status),
        decided_at=moment_or_none(decided_at),
        decided_kind=None if decided_kind is None else ActorKind(decided_kind),
        decided_by=decided_by,
        reason=reason,
        version=version,
    )
