"""An entry: one immutable line of the points ledger (P-1, P-2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import EntryId, PoolId, UserId
from dkp_core.kernel.points import ZERO, Points


class Bucket(StrEnum):
    """Which part of a balance an entry counts in."""

    EARNED = "earned"
    SPENT = "spent"
    ADJUSTED = "adjusted"


class EntryKind(StrEnum):
    """Why points moved."""

    ATTENDANCE = "attendance"
    BONUS = "bonus"
    SHARE = "share"
    START = "start"
    AWARD = "award"
    REFUND = "refund"
    PENALTY = "penalty"
    ADJUSTMENT = "adjustment"
    DECAY = "decay"
    CAP = "cap"
    IMPORT = "import"
    TRANSFER = "transfer"


BUCKETS: Final[Mapping[EntryKind, Bucket]] = MappingProxyType(
    {
        EntryKind.ATTENDANCE: Bucket.EARNED,
        EntryKind.BONUS: Bucket.EARNED,
        EntryKind.SHARE: Bucket.EARNED,
        EntryKind.START: Bucket.EARNED,
        EntryKind.AWARD: Bucket.SPENT,
        EntryKind.REFUND: Bucket.SPENT,
        EntryKind.PENALTY: Bucket.ADJUSTED,
        EntryKind.ADJUSTMENT: Bucket.ADJUSTED,
        EntryKind.DECAY: Bucket.ADJUSTED,
        EntryKind.CAP: Bucket.ADJUSTED,
        EntryKind.IMPORT: Bucket.ADJUSTED,
    }
)


BOUNDS: Final = 1
"""The `part` of a batch that brings balances within bounds: what it takes was cut off no other entry."""


class SourceKind(StrEnum):
    """What an entry comes from."""

    RAID = "raid"
    AWARD = "award"
    ADJUSTMENT = "adjustment"
    BATCH = "batch"
    IMPORT = "import"
    MERGE = "merge"
    MEMBERSHIP = "membership"
    MAIN_CHANGE = "main_change"


UNEARNED: Final = frozenset({EntryKind.START, EntryKind.TRANSFER})
"""Kinds in the bucket of what is earned that nobody earned in a week: what one begins with, and what was another's."""

CAPPED_UNEARNED: Final = frozenset({SourceKind.ADJUSTMENT, SourceKind.MEMBERSHIP})
"""Sources of what a cap takes that was not earned in a week."""


@frozen
class Source:
    """Where an entry comes from: the raid (`part` is its tick), award, adjustment, batch, import or merge of that id;

    of start points the membership of the user of that id.
    """

    kind: SourceKind
    id: int
    part: int = 0


@frozen(kw_only=True)
class Entry:
    """One line of the ledger. Nothing in it ever changes; a mistake is corrected by an entry that reverses it.

    `amount` is signed: what is spent is negative. `character_name` is a snapshot, as the name was.
    `occurred_at` is when it counts from, `recorded_at` when it was written down; `policies_version` are the policies of
    its pool that it was made under (0 where there were none).
    """

    id: EntryId
    pool_id: PoolId
    user_id: UserId
    kind: EntryKind
    bucket: Bucket
    amount: Points
    reason: str
    note: str = ""
    character_name: str = ""
    source: Source
    actor_kind: ActorKind
    actor_id: str
    occurred_at: datetime
    recorded_at: datetime
    reverses: EntryId | None = None
    policies_version: int = 0

    def reversed_by(self, entry_id: EntryId, *, reason: str, by: Actor, at: datetime) -> Entry:
        """The entry that takes this one back: of the same kind, from the same time on, recorded now."""
        return evolve(
            self,
            id=entry_id,
            amount=-self.amount,
            reason=reason,
            note="",
            actor_kind=by.kind,
            actor_id=by.id,
            recorded_at=at,
            reverses=self.id,
        )


@frozen(kw_only=True)
class Balance:
    """What a user has in a pool: current = earned − spent + adjusted, available = current − held (P-3)."""

    earned: Points = ZERO
    spent: Points = ZERO
    adjusted: Points = ZERO
    held: Points = ZERO

    @property
    def current(self) -> Points:
        """What the entries add up to."""
        # In one sum: what lies between may pass the limits of points where the sum does not.
        return Points(self.earned.hundredths - self.spent.hundredths + self.adjusted.hundredths)

    @property
    def available(self) -> Points:
        """What is left beside the points that open bids keep reserved."""
        return self.current - self.held

    def joined_by(self, other: Balance) -> Balance:
        """The balance with what all entries of another come to; held is what was. Raises: InvalidValue."""
        return evolve(
            self,
            earned=self.earned + other.earned,
            spent=self.spent + other.spent,
            adjusted=self.adjusted + other.adjusted,
        )

    def moved_by(self, entries: Iterable[Entry]) -> Balance:
        """The balance after these entries."""
        sums = dict.fromkeys(Bucket, 0)
        for entry in entries:
            sums[entry.bucket] += entry.amount.hundredths
        return evolve(
            self,
            earned=Points(self.earned.hundredths + sums[Bucket.EARNED]),
            spent=Points(self.spent.hundredths - sums[Bucket.SPENT]),
            adjusted=Points(self.adjusted.hundredths + sums[Bucket.ADJUSTED]),
        )
