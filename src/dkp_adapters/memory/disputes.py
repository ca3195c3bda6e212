"""What members say is wrong with their entries, in memory."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import DisputeId, EntryId, UserId
from dkp_core.points import Dispute, Disputes


@frozen
class MemoryDisputes(Disputes):
    """What members say is wrong with their entries."""

    session: Session

    def get(self, dispute_id: DisputeId) -> Dispute:
        dispute = self.session.tables.disputes.get(dispute_id)
        if dispute is None:
            raise NoSuch("dispute", dispute_id)
        return dispute

    def open_on(self, entry_id: EntryId) -> Dispute | None:
        return next((dispute for dispute in self._open() if dispute.entry_id == entry_id), None)

    def count_open(self, made_by: UserId) -> int:
        return sum(dispute.made_by == made_by for dispute in self._open())

    def made_by(self, user_id: UserId) -> tuple[Dispute, ...]:
        found = (each for each in self.session.tables.disputes.values() if each.made_by == user_id)
        return tuple(sorted(found, key=lambda dispute: dispute.id))

    def save(self, dispute: Dispute) -> None:
        other = self.open_on(dispute.entry_id)
        if dispute.is_open and other is not None and other.id != dispute.id:
            raise Stale(f"entry {dispute.entry_id} was disputed by somebody else first")
        self.session.save(self.session.tables.disputes, dispute.id, dispute)

    def _open(self) -> Iterable[Dispute]:
        return (dispute for dispute in self.session.tables.disputes.values() if dispute.is_open)
