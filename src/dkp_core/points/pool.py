"""Pools: points in one cannot buy in another (P-5); item pools: what is paid from which."""

from __future__ import annotations

from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.domain_events import Aggregate, changes
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, ItemPoolId, PoolId
from dkp_core.kernel.names import clean_name
from dkp_core.points.errors import DefaultPoolNeeded, PoolIsArchived
from dkp_core.points.events import ItemPoolChanged, ItemPoolCreated, PoolChanged, PoolCreated

DECIMALS_MAX: Final = 2


def _decimals(_: object, __: object, decimals: int) -> None:
    if not 0 <= decimals <= DECIMALS_MAX:
        raise InvalidValue("decimals", f"{decimals} is out of range", f"0 to {DECIMALS_MAX}")


@frozen(kw_only=True)
class Pool(Aggregate):
    """A DKP pool: its name, what a point is called in it, and how many decimals are shown.

    `external_id` is what another system called it, if it came from one.
    """

    id: PoolId
    guild_id: GuildId
    name: str
    unit: str = "DKP"
    decimals: int = field(default=2, validator=_decimals)
    is_default: bool = False
    archived: bool = False
    external_id: str | None = None

    @classmethod
    def create(
        cls,
        pool_id: PoolId,
        guild_id: GuildId,
        *,
        name: str,
        unit: str = "DKP",
        decimals: int = 2,
        is_default: bool = False,
    ) -> Pool:
        """A new pool. Raises: InvalidValue."""
        pool = cls(
            id=pool_id,
            guild_id=guild_id,
            name=clean_name(name),
            unit=clean_name(unit, "unit"),
            decimals=decimals,
            is_default=is_default,
        )
        return pool.announcing(PoolCreated(pool_id=pool_id, name=pool.name))

    def change(
        self,
        *,
        name: str | None = None,
        unit: str | None = None,
        decimals: int | None = None,
        is_default: bool | None = None,
        archived: bool | None = None,
    ) -> Pool:
        """The pool with some of it changed. Raises: InvalidValue, DefaultPoolNeeded (the default can't be archived)."""
        changed = evolve(
            self,
            name=self.name if name is None else clean_name(name),
            unit=self.unit if unit is None else clean_name(unit, "unit"),
            decimals=self.decimals if decimals is None else decimals,
            is_default=self.is_default if is_default is None else is_default,
            archived=self.archived if archived is None else archived,
        )
        if changed.is_default and changed.archived:
            raise DefaultPoolNeeded(self.id)
        told = changes(self, changed, ("name", "unit", "decimals", "is_default", "archived"))
        return changed.announcing(PoolChanged(pool_id=self.id, changes=told)) if told else self

    def must_be_open(self) -> None:
        """Refuse where points may not move. Raises: PoolIsArchived."""
        if self.archived:
            raise PoolIsArchived(self.id)


@frozen(kw_only=True)
class ItemPool(Aggregate):
    """A named set of items and the pools it is paid from (one; an imported one several, or none).

    `external_id` is what another system called it, if it came from one.
    """

    id: ItemPoolId
    guild_id: GuildId
    name: str
    pools: tuple[PoolId, ...]
    external_id: str | None = None

    @classmethod
    def create(cls, item_pool_id: ItemPoolId, guild_id: GuildId, *, name: str, pools: tuple[PoolId, ...]) -> ItemPool:
        """A new item pool. Raises: InvalidValue."""
        item_pool = cls(id=item_pool_id, guild_id=guild_id, name=clean_name(name), pools=pools)
        return item_pool.announcing(ItemPoolCreated(item_pool_id=item_pool_id, name=item_pool.name))

    def change(self, *, name: str | None = None, pools: tuple[PoolId, ...] | None = None) -> ItemPool:
        """The item pool with some of it changed. Raises: InvalidValue."""
        changed = evolve(
            self,
            name=self.name if name is None else clean_name(name),
            pools=self.pools if pools is None else pools,
        )
        told = changes(self, changed, ("name", "pools"))
        return changed.announcing(ItemPoolChanged(item_pool_id=self.id, changes=told)) if told else self
