"""The balances, as a transaction moves them: by what the ledger's entries and the holds of bids come to (P-3)."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import BigInteger, and_, bindparam, column, literal, select

from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import GUILD, Params, Statement, in_guild, json_rows, locking, upsert
from dkp_adapters.sql.tables.points import balances
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points import Balance, BalanceOutOfRange

BALANCES_ORDER: Final = 20
"""When balances are written among what a transaction keeps for its flush: bids wait for them, so they come last."""

_NUMBERS: Final = ("earned", "spent", "adjusted", "held", "sealed", "entries", "version")
_moves: Final = json_rows("moves", balances.c.pool_id, balances.c.user_id, *(balances.c[number] for number in _NUMBERS))


def _out_of_range(params: Params) -> Exception:
    moves = json.loads(params["moves"])
    if len(moves) == 1:
        return BalanceOutOfRange(moves[0][0], moves[0][1])
    return BalanceOutOfRange()


_MOVE: Final = Statement(
    upsert(
        balances,
        select(GUILD, *_moves.c),
        key=("guild_id", "pool_id", "user_id"),
        update=lambda old, new: {number: old[number] + new[number] for number in _NUMBERS},
    ),
    violations={
        f"ck_balances_{number}": _out_of_range
        for number in ("earned", "spent", "adjusted", "held", "sealed", "current", "available")
    },
)


_users: Final = json_rows("users", column("user_id", BigInteger))
_pool_id: Final = bindparam("pool_id", type_=BigInteger)
_zero: Final = literal(0, BigInteger)
_MAKE: Final = Statement(
    upsert(
        balances,
        select(GUILD, _pool_id.label("pool_id"), _users.c.user_id, *(_zero.label(number) for number in _NUMBERS)),
        key=("guild_id", "pool_id", "user_id"),
    )
)
# MariaDB is told to begin with the users: where a pool has few balances, it would begin with those, and lock them all.
_HELD: Final = Statement(
    locking(
        select(balances.c.user_id, balances.c.earned, balances.c.spent, balances.c.adjusted, balances.c.held)
        .select_from(
            _users.join(
                balances,
                and_(in_guild(balances), balances.c.pool_id == _pool_id, balances.c.user_id == _users.c.user_id),
            )
        )
        .order_by(_users.c.user_id)
        .prefix_with("STRAIGHT_JOIN", dialect="mysql"),
        of=balances,
    )
)
_ALL_HELD: Final = Statement(
    locking(
        select(balances.c.user_id, balances.c.earned, balances.c.spent, balances.c.adjusted)
        .where(in_guild(balances), balances.c.pool_id == _pool_id)
        .order_by(balances.c.user_id)
    )
)


class BalanceMoves:
    """Collects what moves the guild's balances, and writes it once, when the transaction ends.

    The balances move by deltas, without being read or locked before, and all in one order, so that nobody waits for
    anybody in a circle. `version` goes up with each move that everybody may see: of what is held sealed, no standings
    may tell, nor their version (L-11).
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._moves: dict[tuple[PoolId, UserId], list[int]] = {}

    def book(self, pool_id: PoolId, user_id: UserId, *, earned: int = 0, spent: int = 0, adjusted: int = 0) -> None:
        """One entry, in hundredths."""
        self._move(pool_id, user_id, (earned, spent, adjusted, 0, 0, 1))

    def hold(self, pool_id: PoolId, user_id: UserId, *, shown: int, sealed: int) -> None:
        """So much more is held, or less, in hundredths."""
        self._move(pool_id, user_id, (0, 0, 0, shown, sealed, 0))

    def _move(self, pool_id: PoolId, user_id: UserId, by: tuple[int, ...]) -> None:
        if not self._moves:
            self.session.defer(BALANCES_ORDER, self.write)
        move = self._moves.setdefault((pool_id, user_id), [0] * len(by))
        for position, number in enumerate(by):
            move[position] += number

    def held(self, pool_id: PoolId, users: Collection[UserId]) -> dict[UserId, Balance]:
        """The balances of these users, locked until the transaction ends; who has none yet gets one of nothing."""
        self.write()
        wanted = [[user_id] for user_id in sorted(users)]
        found = self._held(pool_id, wanted)
        if len(found) < len(wanted):
            self.make(pool_id, [each for each in wanted if each[0] not in found])
            found = self._held(pool_id, wanted)
        return found

    def _held(self, pool_id: PoolId, wanted: list[list[UserId]]) -> dict[UserId, Balance]:
        return {
            user_id: Balance(earned=Points(earned), spent=Points(spent), adjusted=Points(adjusted), held=Points(held))
            for user_id, earned, spent, adjusted, held in self.session.all(_HELD, pool_id=pool_id, users=wanted)
        }

    def all_held(self, pool_id: PoolId) -> dict[UserId, int]:
        """What everybody has in the pool, in hundredths, in order of user id; locked until the transaction ends."""
        self.write()
        rows = self.session.all(_ALL_HELD, pool_id=pool_id)
        return {user_id: earned - spent + adjusted for user_id, earned, spent, adjusted in rows}

    def make(self, pool_id: PoolId, users: list[list[UserId]]) -> None:
        """Have a balance for each of these (rows of a user's id): a missing row can't be locked."""
        self.session.run(_MAKE, pool_id=pool_id, users=users)

    def write(self) -> None:
        """Write what was collected, for those who are to read it before the end. Raises: BalanceOutOfRange."""
        moves, self._moves = self._moves, {}
        rows: list[list[Any]] = [[*key, *moves[key], _seen(moves[key])] for key in sorted(moves) if any(moves[key])]
        if rows:
            self.session.write(_MOVE, moves=rows)


def _seen(move: list[int]) -> int:
    """Whether everybody may see that the balance moved."""
    *booked_and_shown, _, entries = move
    return int(any(booked_and_shown) or entries > 0)
