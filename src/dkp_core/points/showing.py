"""Looking at points: balances, history, standings (P-3, P-4, P-10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from attrs import frozen

from dkp_core.accounts import discord_id_of
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Clock, Read
from dkp_core.points.narrowing import condition_of
from dkp_core.points.ports import STANDINGS_COLUMNS, PointsView
from dkp_core.points.views import BalanceRow, HistoryFilter, HistoryRow, StandingRow, StandingsFilter, UserBalancesRow

NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})


@frozen
class ShowBalances:
    """A user's balance in every pool; as of a moment, only what occurred before it counts.

    With `known_at`, only what was recorded before that.
    """

    read: Read[PointsView]
    clock: Clock

    def __call__(
        self, user_id: UserId, *, as_of: datetime | None = None, known_at: datetime | None = None, by: Actor
    ) -> UserBalancesRow:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            if as_of is None and known_at is None:
                return views.balances(user_id)
            return views.balances_as_of(user_id, as_of or self.clock.now(), known_at)


@frozen
class ShowBalance:
    """A user's balance in one pool."""

    read: Read[PointsView]

    def __call__(self, user_id: UserId, pool_id: PoolId, *, by: Actor) -> BalanceRow:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.balance(user_id, pool_id)


@frozen
class ShowBalancesOfDiscordId:
    """The balances of the user with that Discord id."""

    read: Read[PointsView]

    def __call__(self, discord_id: str, *, by: Actor) -> UserBalancesRow:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.balances_of_discord_id(discord_id_of(discord_id))


@frozen
class ShowHistory:
    """A user's entries with running balance, the newest first unless asked; by pool, kind, character and date."""

    read: Read[PointsView]

    def __call__(
        self, user_id: UserId, wanted: HistoryFilter, *, page: PageRequest, newest_first: bool = True, by: Actor
    ) -> Page[HistoryRow]:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.history(user_id, wanted, page=page, newest_first=newest_first)


@frozen
class ShowStandings:
    """The standings of a pool: active members by current points, with attendance and the last raid.

    `where` narrows them by any column: `{"rank": "Raider"}` to what equals, `{"current_min": "100"}` to what is at
    least that, `{"attendance_30_max": "50"}` to what is at most that; all as it is shown.
    """

    read: Read[PointsView]
    clock: Clock

    def __call__(
        self,
        pool_id: PoolId,
        wanted: StandingsFilter,
        *,
        where: Mapping[str, str] = NOWHERE,
        ordering: str = "",
        by: Actor,
    ) -> tuple[StandingRow, ...]:
        by.must(Permission.POINTS_READ)
        orders = ordering_of(ordering, STANDINGS_COLUMNS)
        conditions = tuple(condition_of(name, text) for name, text in where.items())
        with self.read(by) as views:
            rows = views.standings(pool_id, wanted, ordering=orders, at=self.clock.now())
        return tuple(row for row in rows if all(condition.holds(row) for condition in conditions))


@frozen
class StandingsRevision:
    """A text that changes whenever the standings of a pool do; cheap to ask for."""

    read: Read[PointsView]
    clock: Clock

    def __call__(self, pool_id: PoolId, *, by: Actor) -> str:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.standings_revision(pool_id, self.clock.now())
