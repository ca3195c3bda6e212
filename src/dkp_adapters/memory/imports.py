"""What moved into a guild, in memory."""

from __future__ import annotations

from attrs import frozen

from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import ImportId
from dkp_core.moving import Import, Imports


@frozen
class MemoryImports(Imports):
    """The guild's imports."""

    session: Session

    def get(self, import_id: ImportId) -> Import:
        record = self.session.tables.imports.get(import_id)
        if record is None:
            raise NoSuch("import", import_id)
        return record

    def all(self) -> tuple[Import, ...]:
        return tuple(sorted(self.session.tables.imports.values(), key=lambda record: record.id))

    def save(self, record: Import, event: DomainEvent) -> None:
        kept = self.session.tables.imports.get(record.id)
        if kept is not None and not kept.stands:
            raise Stale(f"import {record.id} was undone by somebody else first")
        self.session.tables.imports.put(record.id, record)
        self.session.announce(event)
