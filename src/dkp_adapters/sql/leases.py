"""Leases: who alone may do something for a while, so that two servers do not run two workers.

Moments are those of the database object's clock. Clocks of several hosts differ, and a holder may be paused past its
lease: what it then writes is refused where it asks `must_hold` in the same scope.
"""

from __future__ import annotations

from typing import Final

from attrs import define
from sqlalchemy import BigInteger, bindparam, or_, select, update

from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.moments import moment_at
from dkp_adapters.sql.statement import Statement, binds, locking, upsert
from dkp_adapters.sql.tables.kernel import leases
from dkp_adapters.waiting import Lease, LeaseLost

_C: Final = leases.c
_NAMED: Final = _C.name == bindparam("lease")
_MINE: Final = (_NAMED, _C.holder == bindparam("mine"), _C.term == bindparam("in_term", type_=BigInteger))
_CREATE: Final = Statement(upsert(leases, binds(leases, "name", "holder", "until", "term"), key=("name",)))
_ACQUIRE: Final = Statement(
    update(leases)
    .where(_NAMED, or_(_C.until <= bindparam("now", type_=BigInteger), _C.holder == bindparam("mine")))
    .values(**binds(leases, "holder", "until"), term=_C.term + 1)
)
_TERM: Final = Statement(select(_C.term).where(_NAMED))
_RENEW: Final = Statement(update(leases).where(*_MINE).values(**binds(leases, "until")))
_HOLDS: Final = Statement(locking(select(_C.term).where(*_MINE)))


@define(eq=False)
class SqlLeases:
    """The leases of a database."""

    database: SqlDatabase

    def acquire(self, name: str, holder: str, for_seconds: float) -> Lease | None:
        """The lease, when it is free, has run out or is this holder's already; None when another holds it."""
        with self.database.scope():
            session = self.database.current_session()
            now = session.now()
            until = now + int(for_seconds * 1_000_000)
            asked = {"lease": name, "mine": holder, "holder": holder, "now": now, "until": until}
            if session.run(_ACQUIRE, **asked) == 0:
                session.run(_CREATE, name=name, holder="", until=0, term=0)
                if session.run(_ACQUIRE, **asked) == 0:
                    return None
            row = session.first(_TERM, lease=name)
            assert row is not None
            return Lease(name=name, holder=holder, term=row[0], until=moment_at(until))

    def renew(self, lease: Lease, for_seconds: float) -> Lease | None:
        """The same lease for longer, as long as nobody took it over; None when it is lost."""
        with self.database.scope():
            session = self.database.current_session()
            until = session.now() + int(for_seconds * 1_000_000)
            kept = session.run(_RENEW, lease=lease.name, mine=lease.holder, in_term=lease.term, until=until)
        if not kept:
            return None
        return Lease(name=lease.name, holder=lease.holder, term=lease.term, until=moment_at(until))

    def release(self, lease: Lease) -> None:
        """Let the next one have it at once; nothing happens when it is lost already."""
        with self.database.scope():
            session = self.database.current_session()
            session.run(_RENEW, lease=lease.name, mine=lease.holder, in_term=lease.term, until=0)

    def must_hold(self, lease: Lease) -> None:
        """In a scope: hold on to the lease until it commits. Raises: LeaseLost when it is somebody else's now."""
        session = self.database.current_session()
        if session.first(_HOLDS, lease=lease.name, mine=lease.holder, in_term=lease.term) is None:
            raise LeaseLost(f"{lease.name} is not {lease.holder}'s any more")
