"""The balances, as a transaction moves them: by what the ledger's entries and the holds of bids come to (P-3)."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import select

from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import GUILD, Params, Statement, json_rows, upsert
from dkp_adapters.sql.tables.points import balances
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.points import BalanceOutOfRange

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
