"""What EQdkp Plus shows and its rows do not come to: an entry for each, so that nobody's points change (O-2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from dkp_adapters.eqdkp.mapping.fitting import NOBODY, Fitting, chunks
from dkp_adapters.eqdkp.mapping.household import Household
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.mapping.pools import Pools
from dkp_adapters.eqdkp.mapping.raids import Came
from dkp_adapters.eqdkp.mapping.reckoning import Reckoned
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import EntryId, PoolId
from dkp_core.kernel.points import Points
from dkp_core.moving import Kind, Numbers, Reconciliation, Thing
from dkp_core.points import BUCKETS, Bucket, Entry, EntryKind, Source, SourceKind

_REASON_LENGTH_MAX: Final = 500
_UNEXPLAINED: Final = "not explained"


@frozen(kw_only=True)
class _Line:
    """What is missing for a person in a part of a pool, and why."""

    person: int
    character: str
    pool: int
    bucket: Bucket
    amount: Points
    reason: str


@frozen(kw_only=True)
class Reconciling(Part):
    """At most one entry for each person and pool, of kind import; one for each part where pages are made of parts."""

    at: datetime
    _household: Household
    _pools: Pools
    _lines: Sequence[_Line]

    @classmethod
    def of(cls, reckoned: Reckoned, household: Household, pools: Pools, came: Sequence[Came]) -> Reconciling:
        """What is missing where entries come to so much by character and pool: of raids, of items, and adjusted.

        Raises: FunctionFails.
        """
        at = datetime.fromtimestamp(reckoned.now, UTC)
        return cls(
            at=at,
            household=household,
            pools=pools,
            lines=list(_Missing(reckoned, household, pools, dict(zip(Bucket, came, strict=True)), at).lines()),
        )

    @property
    def counts(self) -> Mapping[Kind, int]:
        return {Kind.ENTRY: len(self._lines)}

    @property
    def reconciliations(self) -> Sequence[Reconciliation]:
        """The entries, as the report has them."""
        names = {each.number: each.name for each in self._household.people}
        return [
            Reconciliation(
                user=names[each.person], pool=self._pools.names[each.pool], amount=each.amount, reason=each.reason
            )
            for each in self._lines
        ]

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        yield from chunks(self._entries(numbers))

    def _entries(self, numbers: Numbers) -> Iterator[Entry]:
        for each in self._lines:
            yield Entry(
                id=EntryId(numbers.new(Kind.ENTRY)),
                pool_id=PoolId(numbers.of(Kind.POOL, each.pool)),
                user_id=numbers.users[each.person],
                kind=EntryKind.IMPORT,
                bucket=each.bucket,
                amount=each.amount,
                reason=each.reason,
                character_name=each.character,
                source=Source(SourceKind.IMPORT, numbers.import_id),
                actor_kind=ActorKind.IMPORT,
                actor_id=NOBODY,
                occurred_at=self.at,
                recorded_at=numbers.at,
            )


@frozen
class _Missing:
    """What is shown against what came."""

    reckoned: Reckoned
    household: Household
    pools: Pools
    came: Mapping[Bucket, Came]
    at: datetime

    def lines(self) -> Iterator[_Line]:
        """What is missing for anybody anywhere."""
        for person in self.household.people:
            characters = self.household.of(person.number)
            for pool in self.pools.order if characters else ():
                for bucket, amount in self._missing(person.number, pool, [each.id for each in characters]):
                    yield _Line(
                        person=person.number,
                        character=characters[0].name,
                        pool=pool,
                        bucket=bucket,
                        amount=Points(amount),
                        reason=self._reason(person.number, pool, bucket),
                    )

    def _missing(self, person: int, pool: int, characters: Sequence[int]) -> Iterator[tuple[Bucket, int]]:
        """How much, in hundredths, as an entry of that bucket has it: in all, or in each where pages show each."""
        came = {bucket: sum(of.get((each, pool), 0) for each in characters) for bucket, of in self.came.items()}
        if self.reckoned.shows_parts:
            shown = self.reckoned.balance(person, pool)
            parts = {Bucket.EARNED: shown.earned, Bucket.SPENT: -shown.spent, Bucket.ADJUSTED: shown.adjusted}
            missing = {bucket: parts[bucket].hundredths - came[bucket] for bucket in Bucket}
        else:
            in_all = self.reckoned.shown(person, pool).hundredths - sum(came.values())
            missing = {BUCKETS[EntryKind.IMPORT]: in_all}
        return ((bucket, amount) for bucket, amount in missing.items() if amount)

    def _reason(self, person: int, pool: int, bucket: Bucket) -> str:
        causes = ", ".join(self.reckoned.causes(person, pool)) or _UNEXPLAINED
        what = f"what is {bucket.value}" if self.reckoned.shows_parts else "it"
        reason = f"As EQdkp Plus shows {what} on {self.at:%Y-%m-%d}: {causes}"
        return Fitting().text(reason, "reason", length_max=_REASON_LENGTH_MAX)
