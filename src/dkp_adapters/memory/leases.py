"""Leases in memory: who alone may do something for a while, so that two threads do not run two workers."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import define, evolve

from dkp_adapters.memory.installation import MemoryInstallation
from dkp_adapters.memory.tables import Rows
from dkp_adapters.waiting import Lease, LeaseLost


@define(eq=False)
class MemoryLeases:
    """The leases of an installation."""

    installation: MemoryInstallation

    def acquire(self, name: str, holder: str, for_seconds: float) -> Lease | None:
        """The lease, when it is free, has run out or is this holder's already; None when another holds it."""
        now = self.installation.clock.now()
        with self.installation.scope():
            before = self._leases().get(name)
            if before is not None and before.until > now and before.holder != holder:
                return None
            term = 1 if before is None else before.term + 1
            lease = Lease(name=name, holder=holder, term=term, until=now + timedelta(seconds=for_seconds))
            self._leases().put(name, lease)
        return lease

    def renew(self, lease: Lease, for_seconds: float) -> Lease | None:
        """The same lease for longer, as long as nobody took it over; None when it is lost."""
        return self._extended(lease, self.installation.clock.now() + timedelta(seconds=for_seconds))

    def release(self, lease: Lease) -> None:
        """Let the next one have it at once; nothing happens when it is lost already."""
        self._extended(lease, self.installation.clock.now())

    def must_hold(self, lease: Lease) -> None:
        """In a scope: hold on to the lease until it commits. Raises: LeaseLost when it is somebody else's now."""
        if not self._is_held(lease):
            raise LeaseLost(f"{lease.name} is not {lease.holder}'s any more")

    def _extended(self, lease: Lease, until: datetime) -> Lease | None:
        with self.installation.scope():
            if not self._is_held(lease):
                return None
            extended = evolve(lease, until=until)
            self._leases().put(lease.name, extended)
        return extended

    def _is_held(self, lease: Lease) -> bool:
        kept = self._leases().get(lease.name)
        return kept is not None and (kept.holder, kept.term) == (lease.holder, lease.term)

    def _leases(self) -> Rows[str, Lease]:
        return self.installation.current_transaction().installation.leases
