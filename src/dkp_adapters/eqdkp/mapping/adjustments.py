"""Points given and taken by hand, out of EQdkp Plus (O-1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.actors import Actors
from dkp_adapters.eqdkp.mapping.external import external_id
from dkp_adapters.eqdkp.mapping.fitting import Fitting, Together, as_duplicate, chunks, first_of_each
from dkp_adapters.eqdkp.mapping.household import Household
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.mapping.pools import Pools
from dkp_adapters.eqdkp.mapping.raids import Came
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import AdjustmentId, EntryId, PoolId
from dkp_core.moving import Kind, Numbers, Thing, Why
from dkp_core.points import Adjustment

_REASON_LENGTH_MAX: Final = 500
_NO_REASON: Final = "Adjustment"


@frozen(kw_only=True)
class Adjustments(Part):
    """An adjustment for each row and pool that its event is of. `came` is what they come to, by character and pool."""

    came: Came
    _source: EqdkpSource
    _household: Household
    _pools: Pools
    _counts: Mapping[Kind, int]

    @classmethod
    def of(cls, source: EqdkpSource, household: Household, pools: Pools, accounting: Accounting) -> Adjustments:
        """Those of a source."""
        came: dict[tuple[int, int], int] = {}
        count = 0
        together = Together(accounting)
        for row in first_of_each(source.rows(rows.Adjustment), as_duplicate(accounting)):
            together.take(row)
            fault = _fault(row, household, pools)
            if fault:
                accounting.leave_out(row.table, row.ordinal, Why.ORPHAN, fault)
                continue
            fitting = Fitting()
            _read(row, household.actors, fitting)
            fitting.changed_by(row)
            fitting.tell(accounting, row, row.id)
            for pool in _pools_of(row, pools):
                count += 1
                came[row.character, pool] = came.get((row.character, pool), 0) + row.value.hundredths
        return cls(
            came=came,
            source=source,
            household=household,
            pools=pools,
            counts={Kind.ADJUSTMENT: count, Kind.ENTRY: count},
        )

    @property
    def counts(self) -> Mapping[Kind, int]:
        return self._counts

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        for adjustments in chunks(self._adjustments(numbers)):
            yield adjustments
            yield [each.entry() for each in adjustments]

    def _adjustments(self, numbers: Numbers) -> Iterator[Adjustment]:
        for row in first_of_each(self._source.rows(rows.Adjustment)):
            housed = self._household.characters.get(row.character)
            if housed is None:
                continue
            reason, by, at = _read(row, self._household.actors, Fitting())
            for pool in _pools_of(row, self._pools):
                yield Adjustment(
                    id=AdjustmentId(numbers.new(Kind.ADJUSTMENT, row.id)),
                    guild_id=numbers.guild_id,
                    user_id=numbers.users[housed.owner],
                    pool_id=PoolId(numbers.of(Kind.POOL, pool)),
                    amount=row.value,
                    reason=reason,
                    note=f"Raid {external_id(row.raid)}" if row.raid else "",
                    character_name=housed.name,
                    actor_kind=ActorKind.IMPORT,
                    actor_id=by,
                    occurred_at=at,
                    recorded_at=numbers.at,
                    entry_id=EntryId(numbers.new(Kind.ENTRY)),
                    external_id=external_id(row.id),
                )


def _pools_of(row: rows.Adjustment, pools: Pools) -> Sequence[int]:
    return () if row.event is None else pools.of_event.get(row.event, ())


def _fault(row: rows.Adjustment, household: Household, pools: Pools) -> str:
    """Why EQdkp Plus counts it nowhere; empty where it does."""
    if row.character not in household.characters:
        return f"there is no character {row.character}"
    if row.event is None:
        return "it names no event, so it is of no pool"
    if row.event not in pools.titles:
        return f"there is no event {row.event}, so it is of no pool"
    return "" if _pools_of(row, pools) else f"its event, {pools.titles[row.event]!r}, is in no pool"


def _read(row: rows.Adjustment, actors: Actors, fitting: Fitting) -> tuple[str, str, datetime]:
    """Why points were moved, who wrote it down, and when it was."""
    reason = fitting.text(row.reason, "reason", length_max=_REASON_LENGTH_MAX)
    return reason or _NO_REASON, actors.named(row.added_by, fitting), fitting.date(row.at)
