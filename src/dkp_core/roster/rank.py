"""Ranks: the guild's hierarchy of characters (R-2)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.domain_events import Aggregate, changes
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, GuildId, RankId
from dkp_core.kernel.names import clean_name
from dkp_core.roster.events import RankChanged, RankCreated

ORDER_MAX: Final = 10_000


def _order(_: object, __: object, order: int) -> None:
    if not 0 <= order <= ORDER_MAX:
        raise InvalidValue("order", f"{order} is out of range", f"0 to {ORDER_MAX}; the lowest stands first")


@frozen(kw_only=True)
class Rank(Aggregate):
    """One step of the hierarchy; the lowest order stands first."""

    id: RankId
    guild_id: GuildId
    name: str
    order: int = field(validator=_order)
    is_default: bool = False
    is_hidden: bool = False
    counts_as_active: bool = True

    @classmethod
    def create(
        cls,
        rank_id: RankId,
        guild_id: GuildId,
        *,
        name: str,
        order: int,
        is_default: bool = False,
        is_hidden: bool = False,
        counts_as_active: bool = True,
    ) -> Rank:
        """A new rank. Raises: InvalidValue."""
        rank = cls(
            id=rank_id,
            guild_id=guild_id,
            name=clean_name(name),
            order=order,
            is_default=is_default,
            is_hidden=is_hidden,
            counts_as_active=counts_as_active,
        )
        return rank.announcing(RankCreated(rank_id=rank_id, name=rank.name))

    def change(
        self,
        *,
        name: str | None = None,
        order: int | None = None,
        is_default: bool | None = None,
        is_hidden: bool | None = None,
        counts_as_active: bool | None = None,
    ) -> Rank:
        """The rank with some of it changed. Raises: InvalidValue."""
        changed = evolve(
            self,
            name=self.name if name is None else clean_name(name),
            order=self.order if order is None else order,
            is_default=self.is_default if is_default is None else is_default,
            is_hidden=self.is_hidden if is_hidden is None else is_hidden,
            counts_as_active=self.counts_as_active if counts_as_active is None else counts_as_active,
        )
        told = changes(self, changed, ("name", "order", "is_default", "is_hidden", "counts_as_active"))
        return changed.announcing(RankChanged(rank_id=self.id, changes=told)) if told else self


@frozen(kw_only=True)
class RankChange:
    """One line of rank history: which rank a character left for which, when, by whom and why."""

    character_id: CharacterId
    at: datetime
    before: RankId | None
    after: RankId
    actor_kind: ActorKind
    actor_id: str
    reason: str
