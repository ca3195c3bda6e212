"""Pools and item pools: making and changing them (P-5)."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import ItemPoolId, PoolId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Ids, Read
from dkp_core.points.errors import DefaultPoolNeeded
from dkp_core.points.pool import ItemPool, Pool
from dkp_core.points.ports import PointsView, PointsWork
from dkp_core.points.views import ItemPoolRow, PoolRow


@frozen
class ListPools:
    """The guild's pools, the default first, archived ones last."""

    read: Read[PointsView]

    def __call__(self, *, by: Actor) -> tuple[PoolRow, ...]:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.pools()


@frozen
class ShowPool:
    """One pool."""

    read: Read[PointsView]

    def __call__(self, pool_id: PoolId, *, by: Actor) -> PoolRow:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.pool(pool_id)


@frozen
class CreatePool:
    """Add a pool; points in it can't buy in another."""

    begin: Begin[PointsWork]
    ids: Ids

    def __call__(self, *, name: str, unit: str = "DKP", decimals: int = 2, is_default: bool = False, by: Actor) -> Pool:
        by.must(Permission.POOLS_WRITE)
        pool_id = PoolId(self.ids.next("pool"))
        with self.begin(by) as work:
            work.guilds.get(work.guild_id)  # held, so that two new defaults don't pass each other by
            pools = work.pools.all()
            pool = Pool.create(
                pool_id,
                work.guild_id,
                name=name,
                unit=unit,
                decimals=decimals,
                is_default=is_default or not pools,
            )
            _keep_one_default(work, pools, pool)
            work.pools.save(pool)
        return pool


@frozen
class ChangePool:
    """Change a pool's name, unit or shown decimals, archive it or bring it back, or make it the default."""

    begin: Begin[PointsWork]

    def __call__(
        self,
        pool_id: PoolId,
        *,
        name: str | None = None,
        unit: str | None = None,
        decimals: int | None = None,
        is_default: bool | None = None,
        archived: bool | None = None,
        by: Actor,
    ) -> Pool:
        by.must(Permission.POOLS_WRITE)
        with self.begin(by) as work:
            work.guilds.get(work.guild_id)  # as above
            pools = work.pools.all()
            pool = work.pools.get(pool_id)
            if pool.is_default and is_default is False:
                raise DefaultPoolNeeded(pool_id)
            changed = pool.change(name=name, unit=unit, decimals=decimals, is_default=is_default, archived=archived)
            _keep_one_default(work, pools, changed)
            if changed is not pool:
                work.pools.save(changed)
        return changed


def _keep_one_default(work: PointsWork, pools: Sequence[Pool], pool: Pool) -> None:
    if pool.is_default:
        for other in pools:
            if other.is_default and other.id != pool.id:
                work.pools.save(other.change(is_default=False))


@frozen
class ListItemPools:
    """The guild's item pools, with the pools each is paid from."""

    read: Read[PointsView]

    def __call__(self, *, by: Actor) -> tuple[ItemPoolRow, ...]:
        by.must(Permission.POINTS_READ)
        with self.read(by) as views:
            return views.item_pools()


@frozen
class CreateItemPool:
    """Add a named set of items, paid from the pool given, else from the guild's default."""

    begin: Begin[PointsWork]
    ids: Ids

    def __call__(self, *, name: str, pool_id: PoolId | None = None, by: Actor) -> ItemPool:
        by.must(Permission.POOLS_WRITE)
        item_pool_id = ItemPoolId(self.ids.next("item_pool"))
        with self.begin(by) as work:
            pool = default_pool(work) if pool_id is None else work.pools.get(pool_id)
            item_pool = ItemPool.create(item_pool_id, work.guild_id, name=name, pools=(pool.id,))
            work.item_pools.save(item_pool)
        return item_pool


@frozen
class ChangeItemPool:
    """Change an item pool's name, or the pool it is paid from."""

    begin: Begin[PointsWork]

    def __call__(
        self, item_pool_id: ItemPoolId, *, name: str | None = None, pool_id: PoolId | None = None, by: Actor
    ) -> ItemPool:
        by.must(Permission.POOLS_WRITE)
        with self.begin(by) as work:
            item_pool = work.item_pools.get(item_pool_id)
            pools = None if pool_id is None else (work.pools.get(pool_id).id,)
            changed = item_pool.change(name=name, pools=pools)
            if changed is not item_pool:
                work.item_pools.save(changed)
        return changed


def default_pool(work: PointsWork) -> Pool:
    """The guild's default pool; every guild has one from its founding on."""
    return next(pool for pool in work.pools.all() if pool.is_default)
