"""Looking at points: balances, history, standings (P-3, P-4, P-10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts import discord_id_of
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Read
from dkp_core.points.events import SealedHoldsSeen
from dkp_core.points.narrowing import condition_of
from dkp_core.points.ports import STANDINGS_COLUMNS, PointsView, PointsWork
from dkp_core.points.views import BalanceRow, HistoryFilter, HistoryRow, StandingRow, StandingsFilter, UserBalancesRow

NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})


def sees_sealed(by: Actor, user_id: UserId) -> bool:
    """Whether who asks may know what a user's sealed bids and ceilings hold: the user, and bots that bid for members.

    An officer may not (L-11).
    """
    return by.user_id == user_id or (by.kind is ActorKind.BOT and by.may(Permission.BIDS_WRITE))


def note_look(begin: Begin[PointsWork], user_id: UserId, by: Actor) -> None:
    """Note that a bot was told what a user's sealed bids hold (L-11); of a user's own look nothing is noted."""
    if by.user_id != user_id:
        with begin(by) as work:
            work.announce(SealedHoldsSeen(user_id=user_id))


def _as_may_be_seen(row: UserBalancesRow, views: PointsView, by: Actor) -> UserBalancesRow:
    """The balances with what is sealed held too, for who may know it; the same row where nothing is."""
    sealed = views.sealed_holds(row.user_id) if sees_sealed(by, row.user_id) else {}
    if not sealed:
        return row
    return evolve(row, balances=tuple(_with_sealed(each, sealed.get(each.pool_id, ZERO)) for each in row.balances))


def _with_sealed(row: BalanceRow, sealed: Points) -> BalanceRow:
    return evolve(row, held=row.held + sealed, available=row.available - sealed)


@frozen
class ShowBalances:
    """A user's balance in every pool; as of a moment, only what occurred before it counts.

    With `known_at`, only what was recorded before that. What sealed bids hold is shown to the user alone, and to bots
    that bid for members, which is noted in the audit log.
    """

    read: Read[PointsView]
    begin: Begin[PointsWork]
    clock: Clock

    def __call__(
        self, user_id: UserId, *, as_of: datetime | None = None, known_at: datetime | None = None, by: Actor
    ) -> UserBalancesRow:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            if as_of is not None or known_at is not None:
                return views.balances_as_of(user_id, as_of or self.clock.now(), known_at)
            row = views.balances(user_id)
            seen = _as_may_be_seen(row, views, by)
        if seen is not row:
            note_look(self.begin, user_id, by)
        return seen


@frozen
class ShowBalance:
    """A user's balance in one pool; what sealed bids hold is shown as with all balances."""

    read: Read[PointsView]
    begin: Begin[PointsWork]

    def __call__(self, user_id: UserId, pool_id: PoolId, *, by: Actor) -> BalanceRow:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            row = views.balance(user_id, pool_id)
            sealed = views.sealed_holds(user_id).get(pool_id, ZERO) if sees_sealed(by, user_id) else ZERO
        if sealed:
            note_look(self.begin, user_id, by)
        return _with_sealed(row, sealed) if sealed else row


@frozen
class ShowBalancesOfDiscordId:
    """The balances of the user with that Discord id; what sealed bids hold is shown as with all balances."""

    read: Read[PointsView]
    begin: Begin[PointsWork]

    def __call__(self, discord_id: str, *, by: Actor) -> UserBalancesRow:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            row = views.balances_of_discord_id(discord_id_of(discord_id))
            seen = _as_may_be_seen(row, views, by)
        if seen is not row:
            note_look(self.begin, row.user_id, by)
        return seen


@frozen
class ShowHistory:
    """A user's entries with running balance, the newest first unless asked.

    Filtered by pool, kind, bucket, source, character and date.
    """

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
