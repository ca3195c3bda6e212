"""Explaining an entry: the rules it was made under, and where it comes from, down to the line of a file (P-14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from attrs import frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import AwardId, BatchId, CharacterId, EntryId, MergeId, PoolId, RaidId, UploadId, UserId
from dkp_core.kernel.page import PAGE_SIZE_MAX, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import Read
from dkp_core.loot.ports import LootView
from dkp_core.loot.views import AwardRow
from dkp_core.points import (
    CAPPED,
    BatchRow,
    Bucket,
    DisputeFilter,
    DisputeRow,
    Entry,
    EntryKind,
    MergeRow,
    Opened,
    PointsView,
    PoliciesRow,
    SourceKind,
)
from dkp_core.raids import Presence, RaidStatus, RaidsView, Upload

_CAPS: Final = ("cap", "weekly_cap")
_BY_KIND: Final[Mapping[EntryKind, tuple[str, ...]]] = MappingProxyType(
    {
        EntryKind.ATTENDANCE: (
            "alt_percent",
            "late_percent",
            "left_early_percent",
            "standby_percent",
            "absent_excused_percent",
            "paid_once_per",
        ),
        EntryKind.BONUS: ("bonuses",),
        EntryKind.SHARE: ("zero_sum",),
        EntryKind.START: ("start_points",),
        EntryKind.AWARD: ("floor", "zero_sum"),
        EntryKind.REFUND: ("zero_sum",),
        EntryKind.PENALTY: ("inactivity",),
        EntryKind.ADJUSTMENT: (),
        EntryKind.DECAY: ("decay",),
        EntryKind.CAP: (*_CAPS, "repeating_cap"),
        EntryKind.IMPORT: (),
        EntryKind.TRANSFER: (),
    }
)
MATTERING: Final[Mapping[EntryKind, tuple[str, ...]]] = MappingProxyType(
    {kind: (*names, *(_CAPS if kind in CAPPED else ())) for kind, names in _BY_KIND.items()}
)
"""Which policies have a say in an entry of each kind."""


class ExplainView(LootView, RaidsView, PointsView, Protocol):
    """Reads all that an entry may come from."""


@frozen(kw_only=True)
class AttendanceExplained:
    """The line of attendance that an entry was paid for, and where it was read.

    `text` is the line as it was uploaded, for who may import raids, as long as the file is kept.
    """

    name: str
    status: Presence
    character_id: CharacterId | None
    upload_id: UploadId | None
    file_name: str | None
    uploaded_at: datetime | None
    line: int | None
    text: str | None


@frozen(kw_only=True)
class RaidExplained:
    """The raid that an entry comes from, its tick, and the line of attendance."""

    id: RaidId
    event_type: str
    status: RaidStatus
    starts_at: datetime
    tick: int
    tick_name: str | None
    tick_at: datetime | None
    tick_points: Points | None
    attendance: AttendanceExplained | None


@frozen(kw_only=True)
class CapExplained:
    """What a cap took of an entry."""

    id: EntryId
    amount: Points
    reversed_by: EntryId | None


@frozen(kw_only=True)
class ExplainedEntry:
    """One entry of the ledger, with the policies that had a say in it, where it comes from, and what became of it.

    `raid`, `award`, `batch` and `merge` are where it comes from, for who may read these; `disputes` are shown to
    officers, and to who made them.
    """

    id: EntryId
    user_id: UserId
    pool_id: PoolId
    kind: EntryKind
    bucket: Bucket
    amount: Points
    reason: str
    note: str
    character_name: str
    occurred_at: datetime
    recorded_at: datetime
    actor_kind: ActorKind
    actor_id: str
    actor_name: str | None
    source_kind: SourceKind
    source_id: int
    source_part: int
    raid: RaidExplained | None
    award: AwardRow | None
    batch: BatchRow | None
    merge: MergeRow | None
    reverses: EntryId | None
    reversed_by: EntryId | None
    reversed_at: datetime | None
    caps: tuple[CapExplained, ...]
    policies_version: int
    policies_changed_at: datetime | None
    policies: Mapping[str, object]
    disputes: tuple[DisputeRow, ...]


@frozen
class ExplainEntry:
    """Where an entry comes from: its raid and line of attendance with the file it was read from, its award or merge.

    With it come the policies it was made under, as far as they have a say in its kind, who made it, what a cap took of
    it, what takes it back, and what was disputed about it.
    """

    read: Read[ExplainView]

    def __call__(self, user_id: UserId, entry_id: EntryId, *, by: Actor) -> ExplainedEntry:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            opened = Opened.among(entry_id, views.beside(user_id, entry_id))
            if opened is None:
                raise NoSuch("entry", entry_id)
            entry, source = opened.entry, opened.entry.source
            policies = _made_under(views, entry)
            raid = award = batch = merge = None
            if source.kind is SourceKind.RAID and by.may(Permission.RAIDS_READ):
                raid = _raid(views, entry, with_text=by.may(Permission.RAIDS_WRITE))
            if source.kind is SourceKind.AWARD and by.may(Permission.AUCTIONS_READ):
                award = views.award(AwardId(source.id))
            if source.kind is SourceKind.BATCH:
                batch = views.batch(BatchId(source.id))
            if source.kind is SourceKind.MERGE and by.may(Permission.CLAIMS_WRITE):
                merge = views.merge(MergeId(source.id))
            disputes = _disputes(views, entry_id, by)
            actor_name = views.actor_name(entry.actor_kind, entry.actor_id)
        reversal = opened.reversed_by
        return ExplainedEntry(
            id=entry.id,
            user_id=entry.user_id,
            pool_id=entry.pool_id,
            kind=entry.kind,
            bucket=entry.bucket,
            amount=entry.amount,
            reason=entry.reason,
            note=entry.note,
            character_name=entry.character_name,
            occurred_at=entry.occurred_at,
            recorded_at=entry.recorded_at,
            actor_kind=entry.actor_kind,
            actor_id=entry.actor_id,
            actor_name=actor_name,
            source_kind=source.kind,
            source_id=source.id,
            source_part=source.part,
            raid=raid,
            award=award,
            batch=batch,
            merge=merge,
            reverses=entry.reverses,
            reversed_by=reversal.id if reversal else None,
            reversed_at=reversal.recorded_at if reversal else None,
            caps=tuple(_cap(opened, each) for each in opened.cuts),
            policies_version=entry.policies_version,
            policies_changed_at=policies.changed_at,
            policies={name: policies.values[name] for name in MATTERING[entry.kind]},
            disputes=disputes,
        )


def _made_under(views: ExplainView, entry: Entry) -> PoliciesRow:
    return next(each for each in views.policies(entry.pool_id) if each.version == entry.policies_version)


def _cap(opened: Opened, cut: Entry) -> CapExplained:
    reversal = next((each.id for each in opened.beside if each.reverses == cut.id), None)
    return CapExplained(id=cut.id, amount=cut.amount, reversed_by=reversal)


def _disputes(views: ExplainView, entry_id: EntryId, by: Actor) -> tuple[DisputeRow, ...]:
    if not by.may(Permission.POINTS_WRITE) and by.user_id is None:
        return ()
    made_by = None if by.may(Permission.POINTS_WRITE) else by.user_id
    wanted = DisputeFilter(entry_id=entry_id, made_by=made_by)
    return views.disputes(wanted, page=PageRequest(1, PAGE_SIZE_MAX)).results


def _raid(views: ExplainView, entry: Entry, *, with_text: bool) -> RaidExplained:
    raid = views.raid(RaidId(entry.source.id))
    tick = next((each for each in raid.ticks if each.number == entry.source.part), None)
    return RaidExplained(
        id=raid.id,
        event_type=raid.event_type,
        status=raid.status,
        starts_at=raid.starts_at,
        tick=entry.source.part,
        tick_name=tick.name if tick else None,
        tick_at=tick.at if tick else None,
        tick_points=tick.points if tick else None,
        attendance=_attendance(views, entry, with_text=with_text),
    )


def _attendance(views: ExplainView, entry: Entry, *, with_text: bool) -> AttendanceExplained | None:
    """The line that bears the name of the entry at its tick."""
    lines = views.attendance(RaidId(entry.source.id))
    line = next((each for each in lines if (each.tick, each.name) == (entry.source.part, entry.character_name)), None)
    if line is None:
        return None
    upload: Upload | None = None
    if line.upload_id is not None:
        upload = views.upload(line.upload_id, with_content=with_text)
    return AttendanceExplained(
        name=line.name,
        status=line.status,
        character_id=line.character_id,
        upload_id=line.upload_id,
        file_name=upload.file_name if upload else None,
        uploaded_at=upload.uploaded_at if upload else None,
        line=line.line,
        text=upload.line(line.line) if upload and line.line is not None else None,
    )
