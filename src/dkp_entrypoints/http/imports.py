"""What moved into the guild, over HTTP; the operator makes imports and undoes them, from the command line."""

from __future__ import annotations

from typing import Final

from dkp_core.kernel.ids import ImportId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.moving import ImportRow
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Paged

imports: Final = Operations("Imports")


@imports.get("/api/imports/", Permission.AUDIT_READ)
def list_imports(call: Call, query: Paged) -> Page[ImportRow]:
    return call.use_cases.list_imports()(page=query.wanted, by=call.by)


@imports.get("/api/imports/{import_id}/", Permission.AUDIT_READ)
def show_import(call: Call, import_id: ImportId) -> ImportRow:
    return call.use_cases.show_import()(import_id, by=call.by)
