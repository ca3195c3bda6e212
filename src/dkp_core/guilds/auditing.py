"""The audit log: who did what, when, through which entrypoint, and what it changed (G-5)."""

from __future__ import annotations

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import AuditFilter, AuditLog, AuditRow, Read


@frozen
class ShowAuditLog:
    """The guild's events, the latest first; filtered by what happened, to what, by whom and when."""

    read: Read[AuditLog]

    def __call__(self, wanted: AuditFilter, *, page: PageRequest, by: Actor) -> Page[AuditRow]:
        by.must(Permission.AUDIT_READ)
        with self.read(by) as views:
            return views.events(wanted, page=page)
