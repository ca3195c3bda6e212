"""What happens when a guild moves in."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import ImportId


@frozen(kw_only=True)
class ImportEvent(DomainEvent):
    """Something that happened to an import."""

    aggregate: ClassVar[str] = "import"
    import_id: ImportId

    @property
    def aggregate_id(self) -> str:
        return str(self.import_id)


@frozen(kw_only=True)
class GuildImported(ImportEvent):
    """A guild moved in from elsewhere."""

    program: str
    source: str
    fingerprint: str


@frozen(kw_only=True)
class ImportUndone(ImportEvent):
    """Everything that an import brought was taken away again."""


@frozen(kw_only=True)
class DeedRecorded(ImportEvent):
    """Something that the old system had logged; `told` has what it noted, as text."""

    tag: str
    record: str
    record_id: str
    told: str
