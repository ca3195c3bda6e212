"""All that moves in from an installation of EQdkp Plus, put together (O-1, O-2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final

from attrs import frozen

from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.adjustments import Adjustments
from dkp_adapters.eqdkp.mapping.applications import Applications
from dkp_adapters.eqdkp.mapping.fingerprint import fingerprint_of
from dkp_adapters.eqdkp.mapping.household import household_of
from dkp_adapters.eqdkp.mapping.limits import must_all_be_kept
from dkp_adapters.eqdkp.mapping.logs import Logs
from dkp_adapters.eqdkp.mapping.loot import Loot
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.mapping.policies import RulesOfPools
from dkp_adapters.eqdkp.mapping.pools import Pools
from dkp_adapters.eqdkp.mapping.proving import proved
from dkp_adapters.eqdkp.mapping.raids import Raids
from dkp_adapters.eqdkp.mapping.reckoning import Reckoned, reckoned_of
from dkp_adapters.eqdkp.mapping.reconciling import Reconciling
from dkp_adapters.eqdkp.mapping.rest import leave_out_the_rest
from dkp_adapters.eqdkp.mapping.roster import Roster
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.moving import Arrivals, Found, Kind, Numbers, Origin, Person, Report, Thing

PROGRAM: Final = "EQdkp Plus"


@frozen(kw_only=True)
class EqdkpArrivals(Arrivals):
    """What moves in, part by part; `accounting` has what became of each row of the source, `notes` what to know."""

    origin: Origin
    people: Sequence[Person]
    default_pool: int | None
    accounting: Accounting
    _tables: Mapping[str, int]
    notes: Sequence[str]
    _parts: Sequence[Part]
    _reckoned: Reckoned
    _reconciling: Reconciling

    @property
    def counts(self) -> Mapping[Kind, int]:
        total: Counter[Kind] = Counter()
        for each in self._parts:
            total.update(each.counts)
        return dict(total)

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        for each in self._parts:
            yield from each.things(numbers)

    def report(self, numbers: Numbers, found: Found) -> Report:
        balances, attendance = proved(self._reckoned, numbers, found)
        return Report(
            program=self.origin.program,
            version=self.origin.version,
            source=self.origin.name,
            read_at=self.origin.read_at,
            notes=self.notes,
            unreckoned=self._reckoned.unreckoned,
            tables=self.accounting.counts(self._tables),
            listed=self.accounting.listed,
            remarks=self.accounting.remarks,
            balances=balances,
            attendance=attendance,
            reconciliations=self._reconciling.reconciliations,
        )


def arrivals_of(source: EqdkpSource, *, name: str, now: datetime, server: tzinfo = UTC) -> EqdkpArrivals:
    """What moves in from a source, which is called `name`, reckoned as of now; `server` is the zone its server has.

    Every row of it is accounted for. The source is read again as things are asked for, so it has to stay open.
    Raises: FunctionFails, SumBeyondLimits.
    """
    accounting = Accounting()
    household = household_of(source, accounting)
    reckoned = reckoned_of(source, household, now, server)
    pools = Pools.of(source, accounting)
    policies = RulesOfPools.of(source, reckoned)
    raids = Raids.of(source, household, pools, accounting)
    loot = Loot.of(source, household, pools, raids, accounting)
    adjustments = Adjustments.of(source, household, pools, accounting)
    came = [raids.came, loot.came, adjustments.came]
    must_all_be_kept(reckoned, household, pools.names, came)
    reconciling = Reconciling.of(reckoned, household, pools, came)
    applications = Applications.of(source, household, accounting)
    roster = Roster.of(source, household, accounting)
    logs = Logs.of(source, household, accounting)
    accounting.take_faults(source.faults)
    leave_out_the_rest(source, accounting, policies.followed)
    return EqdkpArrivals(
        origin=Origin(
            program=PROGRAM,
            version=source.version or "",
            name=name,
            fingerprint=fingerprint_of(source, applications.people),
            read_at=now,
        ),
        people=applications.people,
        default_pool=pools.first,
        accounting=accounting,
        tables=source.tables,
        notes=[*source.notes, *reckoned.notes, *policies.notes],
        parts=[roster, pools, policies, raids, loot, adjustments, reconciling, applications, logs],
        reckoned=reckoned,
        reconciling=reconciling,
    )
