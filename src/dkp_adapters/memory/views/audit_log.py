"""The audit log, from memory."""

from __future__ import annotations

import json

from attrs import frozen

from dkp_adapters.event_json import event_to_json
from dkp_adapters.memory.tables import RecordedEvent
from dkp_adapters.memory.views.actors import name_elsewhere
from dkp_adapters.memory.views.glance import Glance, MemoryView
from dkp_adapters.memory.views.ordering import page_of
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.ports import AuditFilter, AuditLog, AuditRow


@frozen
class MemoryAuditLog(MemoryView, AuditLog):
    """Reads the guild's events."""

    def events(self, wanted: AuditFilter, *, page: PageRequest) -> Page[AuditRow]:
        glance = self.look()
        events = (event for event in glance.tables.events.values() if _is_wanted(event, wanted))
        found = page_of(sorted(events, key=lambda event: (event.at, event.id), reverse=True), page)
        return Page(tuple(_row(glance, event) for event in found.results), found.count)


def _is_wanted(recorded: RecordedEvent, wanted: AuditFilter) -> bool:
    return (
        wanted.name in (None, recorded.event.event_name())
        and wanted.aggregate in (None, recorded.event.aggregate)
        and wanted.aggregate_id in (None, recorded.event.aggregate_id)
        and wanted.actor_kind in (None, recorded.by.kind)
        and wanted.actor_id in (None, recorded.by.id)
        and (wanted.since is None or wanted.since <= recorded.at)
        and (wanted.until is None or recorded.at < wanted.until)
    )


def _row(glance: Glance, recorded: RecordedEvent) -> AuditRow:
    return AuditRow(
        id=recorded.id,
        at=recorded.at,
        name=recorded.event.event_name(),
        aggregate=recorded.event.aggregate,
        aggregate_id=recorded.event.aggregate_id,
        actor_kind=recorded.by.kind.value,
        actor_id=recorded.by.id,
        actor_name=name_elsewhere(glance, recorded.by.kind, recorded.by.id),
        user_id=recorded.by.user_id,
        entrypoint=recorded.by.entrypoint,
        request_id=recorded.by.request_id,
        # As JSON has it, which is how a database keeps it.
        data=json.loads(event_to_json(recorded.event)),
    )
