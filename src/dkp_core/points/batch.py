"""A batch: points of many that moved together, by a rule or at once, and go back together (P-7, P-9)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import BatchId, EntryId, GuildId, PoolId, RaidId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points.entry import BOUNDS, BUCKETS, Entry, EntryKind, Source, SourceKind
from dkp_core.points.errors import BatchIsReversed
from dkp_core.points.events import BatchBooked, BatchReversed

OF_A_RAID: Final = "raid:"
"""How the period of a bonus begins that is given once for each raid; its id follows."""

REASON_MAX: Final = 500
PERIOD_MAX: Final = 64


class BatchKind(StrEnum):
    """Why points of many moved together."""

    DECAY = "decay"
    CAP = "cap"
    INACTIVITY = "inactivity"
    BONUS = "bonus"
    PENALTY = "penalty"
    ADJUSTMENT = "adjustment"


ENTRY_KINDS: Final[Mapping[BatchKind, EntryKind]] = MappingProxyType(
    {
        BatchKind.DECAY: EntryKind.DECAY,
        BatchKind.CAP: EntryKind.CAP,
        BatchKind.INACTIVITY: EntryKind.PENALTY,
        BatchKind.BONUS: EntryKind.BONUS,
        BatchKind.PENALTY: EntryKind.PENALTY,
        BatchKind.ADJUSTMENT: EntryKind.ADJUSTMENT,
    }
)


@frozen(kw_only=True)
class BatchLine:
    """What a batch moves for one user: what they had before, how much moves, and what of it a cap takes again."""

    user_id: UserId
    before: Points
    amount: Points
    cut: Points = ZERO
    reason: str = ""
    character_name: str = ""

    @property
    def moved(self) -> int:
        """What the balance moves by in the end, in hundredths."""
        return self.amount.hundredths - self.cut.hundredths

    @property
    def after(self) -> Points:
        """What the user has afterwards. Raises: InvalidValue, where that passes the limits."""
        return Points(self.before.hundredths + self.moved)


@frozen(kw_only=True)
class BatchDraft:
    """What a batch would book, were it made now.

    `rule` is the name of the bonus where the policies have several, else empty. `period` says what it is made for: it
    is made once for each of them, so a run's is its day, and a bonus for a raid has the raid's id in it. Where it is
    empty, the same may be made again: the batch is told by its id. `raid_id` is the raid that officers gave it for,
    with which it goes back; `exempt` are those whose entries a run of decay by age passed over for their rank.
    """

    pool_id: PoolId
    kind: BatchKind
    rule: str = ""
    period: str
    title: str
    at: datetime
    policies_version: int
    lines: tuple[BatchLine, ...]
    raid_id: RaidId | None = None
    exempt: frozenset[UserId] = frozenset()

    @property
    def checksum(self) -> str:
        """A text that is another one whenever something else would be booked."""
        said: list[object] = [self.pool_id, self.kind, self.rule, self.period, self.policies_version]
        said += [(each.user_id, each.amount.hundredths, each.cut.hundredths, each.reason) for each in self.lines]
        return hashlib.sha256("\n".join(map(str, said)).encode(errors="surrogatepass")).hexdigest()

    @property
    def total(self) -> Decimal:
        """What all lines come to; it may pass the limits of what points can be."""
        return Decimal(sum(each.moved for each in self.lines)).scaleb(-2)

    def entries(self, batch_id: BatchId, first: int, *, recorded_at: datetime, by: Actor) -> tuple[Entry, ...]:
        """The lines of the ledger, with ids from `first` on; what a cap takes is not among them."""
        kind = ENTRY_KINDS[self.kind]
        source = Source(SourceKind.BATCH, batch_id, BOUNDS if self.kind is BatchKind.CAP else 0)
        return tuple(
            Entry(
                id=EntryId(first + index),
                pool_id=self.pool_id,
                user_id=line.user_id,
                kind=kind,
                bucket=BUCKETS[kind],
                amount=line.amount,
                reason=line.reason or self.title,
                character_name=line.character_name,
                source=source,
                actor_kind=by.kind,
                actor_id=by.id,
                occurred_at=self.at,
                recorded_at=recorded_at,
                policies_version=self.policies_version,
            )
            for index, line in enumerate(self.lines)
        )


@frozen(kw_only=True)
class Batch(Aggregate):
    """Points of many that moved together; its lines are the ledger's, which all occur at its moment.

    `lines` counts them and `total` is what they come to, with what caps took. Nothing in it changes, but that it is
    reversed once.
    """

    id: BatchId
    guild_id: GuildId
    pool_id: PoolId
    kind: BatchKind
    rule: str
    period: str
    title: str
    at: datetime
    policies_version: int
    lines: int
    total: Decimal
    actor_kind: ActorKind
    actor_id: str
    recorded_at: datetime
    reversed_at: datetime | None = None
    reversed_kind: ActorKind | None = None
    reversed_by: str | None = None
    reason: str = ""
    raid_id: RaidId | None = None
    exempt: frozenset[UserId] = frozenset()

    @classmethod
    def make(cls, batch_id: BatchId, draft: BatchDraft, made: Sequence[Entry], *, at: datetime, by: Actor) -> Batch:
        """The batch that made these entries."""
        batch = cls(
            id=batch_id,
            guild_id=by.guild,
            pool_id=draft.pool_id,
            kind=draft.kind,
            rule=draft.rule,
            period=draft.period,
            title=draft.title,
            at=draft.at,
            policies_version=draft.policies_version,
            lines=len(draft.lines),
            total=_sum(made),
            actor_kind=by.kind,
            actor_id=by.id,
            recorded_at=at,
            raid_id=draft.raid_id,
            exempt=draft.exempt,
        )
        booked = BatchBooked(
            batch_id=batch_id,
            pool_id=batch.pool_id,
            kind=batch.kind,
            rule=batch.rule,
            period=batch.period,
            policies_version=batch.policies_version,
            lines=batch.lines,
            total=str(batch.total),
        )
        return batch.announcing(booked)

    @property
    def stands(self) -> bool:
        """Whether it was not reversed."""
        return self.reversed_at is None

    @property
    def was_taken_back_by_hand(self) -> bool:
        """Whether somebody reversed it, rather than the rule that made it."""
        return not self.stands and self.reversed_kind is not ActorKind.JOB

    def taken_back_singly(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """Of all its entries, with those that reverse them, what was taken back by itself rather than with it."""
        given = tuple(entries)
        reversals = {entry.reverses: entry for entry in given if entry.reverses is not None}
        with_it = self.reversed_at, self.reason
        return tuple(
            entry
            for entry in given
            if entry.id in reversals and (reversals[entry.id].recorded_at, reversals[entry.id].reason) != with_it
        )

    def must_stand(self) -> None:
        """Refuse where it was reversed. Raises: BatchIsReversed."""
        if not self.stands:
            raise BatchIsReversed(self.id)

    def reverse(self, entries: int, *, reason: str, at: datetime, by: Actor) -> Batch:
        """The batch as reversed; so many entries of it are to be taken back. Raises: BatchIsReversed, InvalidValue."""
        self.must_stand()
        why = clean_text(reason, "reason", length_max=REASON_MAX)
        if not why:
            raise InvalidValue("reason", "it is empty", f"why it is taken back, in up to {REASON_MAX} characters")
        told = BatchReversed(batch_id=self.id, pool_id=self.pool_id, reason=why, entries=entries)
        changed = evolve(self, reversed_at=at, reversed_kind=by.kind, reversed_by=by.id, reason=why)
        return changed.announcing(told)


def _sum(entries: Iterable[Entry]) -> Decimal:
    return Decimal(sum(entry.amount.hundredths for entry in entries)).scaleb(-2)
