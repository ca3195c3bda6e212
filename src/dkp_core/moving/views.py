"""How imports are shown."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from attrs import frozen

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import ImportId
from dkp_core.kernel.page import Page, PageRequest


@frozen(kw_only=True)
class ImportRow:
    """An import: what moved in, from where, when and by whom, and when it was undone, if it was.

    `rows_imported` says how many of each table of the source; `fingerprint` is the same for the same content.
    """

    id: ImportId
    program: str
    program_version: str
    source: str
    fingerprint: str
    at: datetime
    actor_kind: ActorKind
    actor_id: str
    rows_imported: Mapping[str, int]
    undone_at: datetime | None


class ImportsView(Protocol):
    """Reads the imports of a guild."""

    @abstractmethod
    def imports(self, *, page: PageRequest) -> Page[ImportRow]:
        """Every import, undone ones too, the latest first."""

    @abstractmethod
    def imported(self, import_id: ImportId) -> ImportRow:
        """One import. Raises: NoSuch."""
