"""Looking at what moved in (O-3)."""

from __future__ import annotations

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import ImportId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Read
from dkp_core.moving.views import ImportRow, ImportsView


@frozen
class ListImports:
    """What moved into the guild from elsewhere, undone imports too, the latest first."""

    read: Read[ImportsView]

    def __call__(self, *, page: PageRequest, by: Actor) -> Page[ImportRow]:
        by.must(Permission.AUDIT_READ)
        with self.read(by) as views:
            return views.imports(page=page)


@frozen
class ShowImport:
    """One import: from where, when and by whom, how many rows of each table, and whether it was undone."""

    read: Read[ImportsView]

    def __call__(self, import_id: ImportId, *, by: Actor) -> ImportRow:
        by.must(Permission.AUDIT_READ)
        with self.read(by) as views:
            return views.imported(import_id)
