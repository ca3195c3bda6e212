"""What bids keep reserved, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import BigInteger, and_, bindparam, column, delete, func, select

from dkp_adapters.sql.balances import BalanceMoves
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import GUILD, Statement, in_guild, json_rows, json_values, locking, upsert
from dkp_adapters.sql.tables.loot import holds
from dkp_adapters.sql.tables.points import balances
from dkp_core.kernel.ids import AuctionId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import NOTHING_HELD, Hold, Holds, Purse

HOLDS_ORDER: Final = 18
"""When holds are written among what a transaction keeps for its flush."""

_auction_id: Final = bindparam("auction_id", type_=BigInteger)
_pool_id: Final = bindparam("pool_id", type_=BigInteger)
_users: Final = json_rows("users", column("user_id", BigInteger))

PURSE_COLUMNS: Final = (
    (balances.c.earned - balances.c.spent + balances.c.adjusted).label("current"),
    balances.c.held,
    balances.c.sealed,
    func.coalesce(holds.c.shown, 0).label("shown_here"),
    func.coalesce(holds.c.sealed, 0).label("sealed_here"),
    func.coalesce(holds.c.copies, 1).label("copies_here"),
)
"""What `purse_of` makes a purse of, in its order, of a balance and the hold in one auction (which may be missing)."""


def purse_of(row: Sequence[Any]) -> Purse:
    """What somebody has in a pool, from its PURSE_COLUMNS."""
    current, held, sealed, *here = row
    return Purse(
        current=Points(current),
        held=Hold(shown=Points(held), sealed=Points(sealed)),
        here=hold_of(here),
    )


def hold_of(row: Sequence[Any]) -> Hold:
    """What is held, from its shown and sealed hundredths and the copies it is for."""
    shown, sealed, copies = row
    return Hold(shown=Points(shown), sealed=Points(sealed), copies=copies)


# Only who holds the auction changes what is held for it, so that alone the balances need to be locked. MariaDB is told
# to begin with the users: where a pool has few balances, it would begin with those, and lock them all.
_PURSES: Final = Statement(
    locking(
        select(balances.c.user_id, *PURSE_COLUMNS)
        .select_from(
            _users.join(
                balances,
                and_(in_guild(balances), balances.c.pool_id == _pool_id, balances.c.user_id == _users.c.user_id),
            ).outerjoin(
                holds,
                and_(in_guild(holds), holds.c.auction_id == _auction_id, holds.c.user_id == balances.c.user_id),
            )
        )
        .order_by(_users.c.user_id)
        .prefix_with("STRAIGHT_JOIN", dialect="mysql"),
        of=balances,
    )
)
_OF: Final = Statement(
    select(holds.c.user_id, holds.c.shown, holds.c.sealed, holds.c.copies).where(
        in_guild(holds), holds.c.auction_id == _auction_id
    )
)
_moved: Final = json_rows(
    "rows", holds.c.auction_id, holds.c.user_id, holds.c.pool_id, holds.c.shown, holds.c.sealed, holds.c.copies
)
_HOLD: Final = Statement(
    upsert(
        holds,
        select(GUILD, *_moved.c),
        key=("guild_id", "auction_id", "user_id"),
        update=lambda _, new: {"shown": new.shown, "sealed": new.sealed, "copies": new.copies},
    )
)
_LET_GO: Final = Statement(
    delete(holds).where(in_guild(holds), holds.c.auction_id == _auction_id, holds.c.user_id.in_(json_values("users")))
)


class SqlHolds(Holds):
    """What bids keep reserved in the guild.

    What moves is collected and written once, when the transaction ends, or when it is asked for before.
    """

    def __init__(self, session: Session, balances: BalanceMoves) -> None:
        self.session = session
        self.balances = balances
        self._moved: dict[tuple[AuctionId, UserId], tuple[PoolId, Hold]] = {}

    def purses(self, pool_id: PoolId, auction_id: AuctionId, users: Collection[UserId]) -> Mapping[UserId, Purse]:
        self.write()
        self.balances.write()
        wanted = [[user_id] for user_id in sorted(users)]
        found = self._purses(pool_id, auction_id, wanted)
        if len(found) < len(wanted):
            missing = [each for each in wanted if each[0] not in found]
            self.balances.make(pool_id, missing)
            found = self._purses(pool_id, auction_id, wanted)
        return found

    def _purses(self, pool_id: PoolId, auction_id: AuctionId, wanted: list[list[UserId]]) -> dict[UserId, Purse]:
        rows = self.session.all(_PURSES, pool_id=pool_id, auction_id=auction_id, users=wanted)
        return {user_id: purse_of(row) for user_id, *row in rows}

    def of(self, auction_id: AuctionId) -> Mapping[UserId, Hold]:
        self.write()
        rows = self.session.all(_OF, auction_id=auction_id)
        return {user_id: hold_of(held) for user_id, *held in rows}

    def move(
        self, auction_id: AuctionId, pool_id: PoolId, before: Mapping[UserId, Hold], after: Mapping[UserId, Hold]
    ) -> None:
        for user_id in {**before, **after}:
            was, becomes = before.get(user_id, NOTHING_HELD), after.get(user_id, NOTHING_HELD)
            if was == becomes:
                continue
            if not self._moved:
                self.session.defer(HOLDS_ORDER, self.write)
            self._moved[auction_id, user_id] = (pool_id, becomes)
            self.balances.hold(
                pool_id,
                user_id,
                shown=becomes.shown.hundredths - was.shown.hundredths,
                sealed=becomes.sealed.hundredths - was.sealed.hundredths,
            )

    def write(self) -> None:
        """Write what was collected, for those who are to read it before the end."""
        moved, self._moved = self._moved, {}
        gone: dict[AuctionId, list[UserId]] = {}
        kept: list[list[int]] = []
        for (auction_id, user_id), (pool_id, hold) in sorted(moved.items(), key=itemgetter(0)):
            if hold == NOTHING_HELD:
                gone.setdefault(auction_id, []).append(user_id)
            else:
                held = [hold.shown.hundredths, hold.sealed.hundredths, hold.copies]
                kept.append([auction_id, user_id, pool_id, *held])
        for auction_id, users in gone.items():
            self.session.write(_LET_GO, auction_id=auction_id, users=users)
        if kept:
            self.session.write(_HOLD, rows=kept)
