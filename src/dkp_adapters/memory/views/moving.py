"""How imports are shown, from memory."""

from __future__ import annotations

from attrs import frozen

from dkp_adapters.memory.views.glance import MemoryView
from dkp_adapters.memory.views.ordering import page_of
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import ImportId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.moving import Import, ImportRow, ImportsView


@frozen
class MemoryImportsView(MemoryView, ImportsView):
    """Reads the imports of a guild."""

    def imports(self, *, page: PageRequest) -> Page[ImportRow]:
        kept = sorted(self.look().tables.imports.values(), key=lambda record: record.id, reverse=True)
        found = page_of(kept, page)
        return Page(tuple(map(_row, found.results)), found.count)

    def imported(self, import_id: ImportId) -> ImportRow:
        record = self.look().tables.imports.get(import_id)
        if record is None:
            raise NoSuch("import", import_id)
        return _row(record)


def _row(record: Import) -> ImportRow:
    return ImportRow(
        id=record.id,
        program=record.program,
        program_version=record.version,
        source=record.source,
        fingerprint=record.fingerprint,
        at=record.at,
        actor_kind=ActorKind(record.actor_kind),
        actor_id=record.actor_id,
        rows_imported=dict(record.counts),
        undone_at=record.undone_at,
    )
