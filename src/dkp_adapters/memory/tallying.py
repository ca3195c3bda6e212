"""Counting what is kept of what came into a guild, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from dkp_adapters.memory.tables import GuildTables, InstallationTables
from dkp_core.kernel.ids import ImportId
from dkp_core.moving import Counting, DeedRecorded, FormVersion, OldDeed, OldTransition, PoliciesOf, Span, Tally

K = TypeVar("K", bound=int)


def tallied(
    tables: GuildTables, installation: InstallationTables, import_id: ImportId, spans: Mapping[str, Sequence[Span]]
) -> Mapping[str, Tally]:
    """What is kept of what came, by kind; of kinds in PARTLY what has an id in the spans."""
    counting = Counting()
    counting.add(_within(installation.users, spans["users"]))
    counting.add(_within(tables.memberships, spans["memberships"]))
    counting.add(_within(tables.ranks, spans["ranks"]))
    counting.add(_within(tables.pools, spans["pools"]))
    for whole in (
        *(tables.profile_fields, tables.characters, tables.item_pools, tables.event_types, tables.raids),
        *(tables.attendance, tables.items, tables.awards, tables.adjustments, tables.entries),
        *(tables.applications, tables.comments),
    ):
        counting.add(whole.values())
    counting.add(PoliciesOf(pool_id=pool_id, in_force=each) for (pool_id, _), each in tables.policies.items())
    counting.add(
        FormVersion(version=version, form=each.value, at=each.at) for version, each in tables.application_forms.items()
    )
    counting.add(
        OldTransition(application_id=application_id, transition=each.transition, by=each.by.id)
        for (application_id, _), each in tables.transitions.items()
    )
    counting.add(
        OldDeed(at=each.at, by=each.by.id, event=each.event)
        for each in tables.events.values()
        if isinstance(each.event, DeedRecorded) and each.event.import_id == import_id
    )
    return counting.tallies


def _within(rows: Mapping[K, object], spans: Sequence[Span]) -> Iterator[object]:
    return (row for number, row in rows.items() if any(number in span for span in spans))
