"""How imports are shown, from SQL."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, func, literal_column, select

from dkp_adapters.sql.moments import moment_at, moment_or_none
from dkp_adapters.sql.statement import Statement, in_guild
from dkp_adapters.sql.tables.moving import imports
from dkp_adapters.sql.views import PAGE_OFFSET, PAGE_SIZE, SqlView, page_params
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import ImportId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.moving import ImportRow, ImportsView

_COLUMNS: Final = (
    imports.c.id,
    imports.c.program,
    imports.c.program_version,
    imports.c.source,
    imports.c.fingerprint,
    imports.c.at,
    imports.c.actor_kind,
    imports.c.actor_id,
    imports.c.counts,
    imports.c.undone_at,
)
_LISTED: Final = Statement(
    select(*_COLUMNS, func.count().over())
    .where(in_guild(imports))
    .order_by(imports.c.id.desc())
    .limit(PAGE_SIZE)
    .offset(PAGE_OFFSET)
)
_COUNTED: Final = Statement(select(func.count()).select_from(imports).where(in_guild(imports)))
_ONE: Final = Statement(
    select(*_COLUMNS, literal_column("1")).where(
        in_guild(imports), imports.c.id == bindparam("the_id", type_=BigInteger)
    )
)


def _row(row: tuple[Any, ...]) -> ImportRow:
    import_id, program, program_version, source, fingerprint, at, actor_kind, actor_id, counts, undone_at, _ = row
    return ImportRow(
        id=import_id,
        program=program,
        program_version=program_version,
        source=source,
        fingerprint=fingerprint,
        at=moment_at(at),
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        rows_imported=json.loads(counts),
        undone_at=moment_or_none(undone_at),
    )


class SqlImportsView(SqlView, ImportsView):
    """Reads the imports of a guild."""

    def imports(self, *, page: PageRequest) -> Page[ImportRow]:
        rows = self.session.all(_LISTED, **page_params(page))
        if rows:
            return Page(tuple(map(_row, rows)), rows[0][-1])
        counted = self.session.first(_COUNTED) if page.offset else None
        return Page((), counted[0] if counted else 0)

    def imported(self, import_id: ImportId) -> ImportRow:
        row = self.session.first(_ONE, the_id=import_id)
        if row is None:
            raise NoSuch("import", import_id)
        return _row(row)
