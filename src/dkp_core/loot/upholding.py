"""Upholding a dispute: the member is right, and the entry is taken back (P-14)."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import AdjustmentId, AwardId, BatchId, DisputeId, RaidId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.loot.award import AwardStatus
from dkp_core.loot.errors import AwardStands
from dkp_core.loot.ports import LootWork
from dkp_core.points import Dispute, Entry, EntryKind, Opened, SourceKind, reverse_adjustment, take_back, tell_disputant
from dkp_core.raids import waive


@frozen
class UpholdDispute:
    """Answer a dispute: the member is right, and the entry is taken back, with the cap entry that was made for it.

    A manual adjustment is reversed as such. What was paid for an item goes by its award: revoke, move or return that
    first (or share the raid's items out anew, where it is about a share), and the dispute is upheld without a further
    entry. Of a raid or a batch this entry alone is taken back; attendance is not paid again when the raid is corrected.
    """

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(self, dispute_id: DisputeId, *, reason: str = "", by: Actor) -> Dispute:
        by.must(Permission.POINTS_WRITE)
        with self.begin(by) as work:
            dispute = work.disputes.get(dispute_id)
            dispute.must_be_open()
            at = self.clock.now()
            taken_back = self._take_back(work, dispute, at, by)
            upheld = dispute.uphold([entry.id for entry in taken_back], reason=reason, by=by, at=at)
            work.disputes.save(upheld)
            tell_disputant(work, upheld)
        return upheld

    def _take_back(self, work: LootWork, dispute: Dispute, at: datetime, by: Actor) -> tuple[Entry, ...]:
        """The entries that are taken back by it; none where somebody else has taken them back since.

        The ledger does not say what the member was answered: nothing in it could be erased (A-12).
        """
        why = f"Dispute {dispute.id} was upheld"
        entry = _opened(work, dispute).entry
        source = entry.source
        if source.kind is SourceKind.AWARD:
            award = work.awards.get(AwardId(source.id))
            if award.status is AwardStatus.STANDING and _opened(work, dispute).standing:
                raise AwardStands(award.id, award.raid_id if entry.kind is EntryKind.SHARE else None)
            return ()
        if source.kind is SourceKind.ADJUSTMENT:
            adjustment = work.adjustments.get(AdjustmentId(source.id))
            if adjustment.entry_id == dispute.entry_id and adjustment.reversed_at is None:
                return reverse_adjustment(work, adjustment, why, ids=self.ids, at=at, by=by)
        # Held: who cancels or reverses the whole meanwhile would take the same back.
        elif source.kind is SourceKind.RAID:
            work.raids.get(RaidId(source.id))
        elif source.kind is SourceKind.BATCH:
            work.batches.get(BatchId(source.id))
        standing = _opened(work, dispute).standing
        is_attendance = source.kind is SourceKind.RAID and entry.kind is EntryKind.ATTENDANCE
        if not (standing and is_attendance and waive(work, entry, why=why, ids=self.ids, at=at, by=by)):
            take_back(work, standing, reason=why, ids=self.ids, at=at, by=by)
        return standing


def _opened(work: LootWork, dispute: Dispute) -> Opened:
    opened = Opened.among(dispute.entry_id, work.ledger.beside(dispute.user_id, dispute.entry_id))
    assert opened is not None, "nothing in the ledger goes away"
    return opened
