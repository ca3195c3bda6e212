"""A dispute: a member says that an entry of theirs is wrong, and an officer answers (P-14)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import DisputeId, EntryId, GuildId, PoolId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.points.entry import Entry, EntryKind, SourceKind
from dkp_core.points.errors import DisputeIsDecided, NotDisputable
from dkp_core.points.events import DisputeMade, DisputeRejected, DisputeUpheld, DisputeWithdrawn

TEXT_MAX: Final = 2000
REASON_MAX: Final = 500


class DisputeStatus(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@frozen(kw_only=True)
class Dispute(Aggregate):
    """That an entry is wrong, as who it counts for says; `user_id` and `occurred_at` are the entry's.

    `made_by` is the same user, or whom that one was merged into.
    """

    id: DisputeId
    guild_id: GuildId
    user_id: UserId
    entry_id: EntryId
    pool_id: PoolId
    occurred_at: datetime
    made_by: UserId
    text: str
    made_at: datetime
    status: DisputeStatus = DisputeStatus.OPEN
    decided_at: datetime | None = None
    decided_kind: ActorKind | None = None
    decided_by: str | None = None
    reason: str = ""

    @classmethod
    def make(
        cls, dispute_id: DisputeId, guild_id: GuildId, entry: Entry, *, made_by: UserId, text: str, at: datetime
    ) -> Dispute:
        """A new dispute about an entry that stands. Raises: InvalidValue without a text."""
        dispute = cls(
            id=dispute_id,
            guild_id=guild_id,
            user_id=entry.user_id,
            entry_id=entry.id,
            pool_id=entry.pool_id,
            occurred_at=entry.occurred_at,
            made_by=made_by,
            text=_required(text, "text", TEXT_MAX, "what is wrong with the entry"),
            made_at=at,
        )
        event = DisputeMade(dispute_id=dispute_id, user_id=entry.user_id, entry_id=entry.id, made_by=made_by)
        return dispute.announcing(event)

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it yet."""
        return self.status is DisputeStatus.OPEN

    def uphold(self, reversed_entries: Iterable[EntryId], *, reason: str, by: Actor, at: datetime) -> Dispute:
        """True; these entries are taken back. Raises: DisputeIsDecided, InvalidValue."""
        upheld = self._decided(DisputeStatus.UPHELD, clean_text(reason, "reason", length_max=REASON_MAX), by, at)
        event = DisputeUpheld(dispute_id=self.id, entry_id=self.entry_id, reversed_entries=tuple(reversed_entries))
        return upheld.announcing(event)

    def reject(self, *, reason: str, by: Actor, at: datetime) -> Dispute:
        """Not true, for a reason that the member is told. Raises: DisputeIsDecided, InvalidValue without a reason."""
        why = _required(reason, "reason", REASON_MAX, "why the entry is right")
        rejected = self._decided(DisputeStatus.REJECTED, why, by, at)
        return rejected.announcing(DisputeRejected(dispute_id=self.id, entry_id=self.entry_id))

    def withdraw(self, by: Actor, at: datetime) -> Dispute:
        """Taken back by who made it. Raises: DisputeIsDecided."""
        withdrawn = self._decided(DisputeStatus.WITHDRAWN, "", by, at)
        return withdrawn.announcing(DisputeWithdrawn(dispute_id=self.id, entry_id=self.entry_id))

    def emptied(self) -> Dispute:
        """Without what its member wrote, and what they were answered (A-12)."""
        return evolve(self, text="", reason="")

    def _decided(self, status: DisputeStatus, reason: str, by: Actor, at: datetime) -> Dispute:
        self.must_be_open()
        return evolve(self, status=status, decided_at=at, decided_kind=by.kind, decided_by=by.id, reason=reason)

    def must_be_open(self) -> None:
        """Refuse where it was answered or withdrawn. Raises: DisputeIsDecided."""
        if not self.is_open:
            raise DisputeIsDecided(self.id, self.status)


def _required(text: str, name: str, length_max: int, accepted: str) -> str:
    cleaned = clean_text(text, name, length_max=length_max)
    if not cleaned:
        raise InvalidValue(name, "it is empty", f"{accepted}, in up to {length_max} characters")
    return cleaned


@frozen
class Opened:
    """An entry of the ledger, with what stands beside it: the same user, time and source."""

    entry: Entry
    beside: tuple[Entry, ...] = ()

    @classmethod
    def among(cls, entry_id: EntryId, entries: Iterable[Entry]) -> Opened | None:
        """The entry of that id with the others of these; None where it is not among them."""
        found = tuple(entries)
        entry = next((each for each in found if each.id == entry_id), None)
        return None if entry is None else cls(entry, tuple(each for each in found if each.id != entry_id))

    @property
    def reversed_by(self) -> Entry | None:
        """The entry that takes it back, if one does."""
        return self._reversal_of(self.entry.id)

    @property
    def cuts(self) -> tuple[Entry, ...]:
        """The cap entries that were made for it; they stand and fall with it."""
        entry = self.entry
        if entry.kind is EntryKind.CAP or entry.reverses is not None:
            return ()
        return tuple(
            each
            for each in self.beside
            if each.kind is EntryKind.CAP
            and each.reverses is None
            and (each.pool_id, each.source, each.character_name) == (entry.pool_id, entry.source, entry.character_name)
        )

    @property
    def standing(self) -> tuple[Entry, ...]:
        """The entry and its cap entries, but for those that are taken back already."""
        return tuple(each for each in (self.entry, *self.cuts) if self._reversal_of(each.id) is None)

    def must_be_disputable(self) -> None:
        """Refuse an entry that an officer could not take back. Raises: NotDisputable."""
        entry = self.entry
        if entry.reverses is not None:
            fault = f"it takes back entry {entry.reverses}"
        elif self.reversed_by is not None:
            fault = f"entry {self.reversed_by.id} has taken it back already"
        elif entry.source.kind is SourceKind.MERGE:
            fault = f"it only moves points, by merge {entry.source.id}; the entries that it moves can be disputed"
        else:
            return
        raise NotDisputable(entry.id, fault)

    def _reversal_of(self, entry_id: EntryId) -> Entry | None:
        return next((each for each in self.beside if each.reverses == entry_id), None)
