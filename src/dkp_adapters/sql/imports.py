"""What moved into a guild, in SQL."""

from __future__ import annotations

import json
from typing import Any, Final

from attrs import asdict
from sqlalchemy import BigInteger, bindparam, insert, select, update

from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, binds, in_guild, locking, to_json
from dkp_adapters.sql.tables.moving import imports
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import ImportId
from dkp_core.moving import Import, Imports, PoolBefore, Span

_the_id: Final = bindparam("the_id", type_=BigInteger)
_SELECT: Final = select(*imports.c).where(in_guild(imports))
_GET: Final = Statement(locking(_SELECT.where(imports.c.id == _the_id)))
_ALL: Final = Statement(_SELECT.order_by(imports.c.id))
_INSERT: Final = Statement(insert(imports).values(binds(imports, *imports.c.keys())))
_UNDO: Final = Statement(
    update(imports)
    .where(in_guild(imports), imports.c.id == _the_id, imports.c.undone_at.is_(None))
    .values(binds(imports, "undone_at"))
)


class SqlImports(Imports):
    """The guild's imports in SQL."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, import_id: ImportId) -> Import:
        row = self.session.first(_GET, the_id=import_id)
        if row is None:
            raise NoSuch("import", import_id)
        return _import(row)

    def all(self) -> tuple[Import, ...]:
        return tuple(map(_import, self.session.all(_ALL)))

    def save(self, record: Import, event: DomainEvent) -> None:
        if record.undone_at is not None:
            self.session.saved(self.session.run(_UNDO, the_id=record.id, undone_at=micros(record.undone_at)))
        else:
            self.session.run(
                _INSERT,
                id=record.id,
                program=record.program,
                program_version=record.version,
                source=record.source,
                fingerprint=record.fingerprint,
                at=micros(record.at),
                actor_kind=record.actor_kind,
                actor_id=record.actor_id,
                spans=to_json([[span.kind, span.first, span.count] for span in record.spans]),
                counts=to_json(dict(record.counts)),
                default_pool_before=record.default_pool_before,
                pools_before=to_json([asdict(each) for each in record.pools_before]),
                undone_at=micros_or_none(record.undone_at),
            )
        self.session.announce(event)


def _import(row: tuple[Any, ...]) -> Import:
    (
        guild_id,
        import_id,
        program,
        version,
        source,
        fingerprint,
        at,
        actor_kind,
        actor_id,
        spans,
        counts,
        default_pool_before,
        pools_before,
        undone_at,
    ) = row
    return Import(
        id=import_id,
        guild_id=guild_id,
        program=program,
        version=version,
        source=source,
        fingerprint=fingerprint,
        at=moment_at(at),
        actor_kind=actor_kind,
        actor_id=actor_id,
        spans=tuple(Span(kind=kind, first=first, count=count) for kind, first, count in json.loads(spans)),
        counts=json.loads(counts),
        default_pool_before=default_pool_before,
        pools_before=tuple(PoolBefore(**each) for each in json.loads(pools_before)),
        undone_at=moment_or_none(undone_at),
    )
