"""Event types: making, changing and dropping kinds of raids (D-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import EventTypeId, ItemPoolId, PoolId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Ids, Read
from dkp_core.points import default_pool
from dkp_core.raids.event_type import EventType
from dkp_core.raids.events import EventTypeRemoved
from dkp_core.raids.ports import RaidsView, RaidsWork
from dkp_core.raids.views import EventTypeRow


@frozen
class ListEventTypes:
    """The guild's kinds of raids, by name."""

    read: Read[RaidsView]

    def __call__(
        self, *, active: bool | None = None, external_id: str | None = None, by: Actor
    ) -> tuple[EventTypeRow, ...]:
        by.must(Permission.RAIDS_READ)
        with self.read(by) as views:
            return views.event_types(active=active, external_id=external_id)


@frozen
class ShowEventType:
    """One kind of raid."""

    read: Read[RaidsView]

    def __call__(self, event_type_id: EventTypeId, *, by: Actor) -> EventTypeRow:
        by.must(Permission.RAIDS_READ)
        with self.read(by) as views:
            return views.event_type(event_type_id)


@frozen
class CreateEventType:
    """Add a kind of raid: its points are awarded in each of its pools; without any named, in the guild's default."""

    begin: Begin[RaidsWork]
    ids: Ids

    def __call__(
        self,
        *,
        name: str,
        pools: Sequence[PoolId] | None = None,
        default_points: Points = ZERO,
        modifier: Decimal = Decimal(1),
        description: str = "",
        metadata: Mapping[str, str] | None = None,
        item_pools: Sequence[ItemPoolId] = (),
        by: Actor,
    ) -> EventType:
        by.must(Permission.RAIDS_WRITE)
        event_type_id = EventTypeId(self.ids.next("event_type"))
        with self.begin(by) as work:
            event_type = EventType(
                id=event_type_id,
                guild_id=work.guild_id,
                name=name,
                pools=(default_pool(work).id,) if pools is None else _pools(work, pools),
                default_points=default_points,
                modifier=modifier,
                description=description,
                metadata=metadata or {},
                item_pools=_item_pools(work, item_pools),
            ).created()
            work.event_types.save(event_type)
        return event_type


@frozen
class ChangeEventType:
    """Change a kind of raid; raids that were recorded keep their points and pools."""

    begin: Begin[RaidsWork]

    def __call__(
        self,
        event_type_id: EventTypeId,
        *,
        name: str | None = None,
        pools: Sequence[PoolId] | None = None,
        default_points: Points | None = None,
        modifier: Decimal | None = None,
        description: str | None = None,
        metadata: Mapping[str, str] | None = None,
        item_pools: Sequence[ItemPoolId] | None = None,
        active: bool | None = None,
        by: Actor,
    ) -> EventType:
        by.must(Permission.RAIDS_WRITE)
        with self.begin(by) as work:
            event_type = work.event_types.get(event_type_id)
            changed = event_type.change(
                name=name,
                pools=None if pools is None else _pools(work, pools),
                default_points=default_points,
                modifier=modifier,
                description=description,
                metadata=metadata,
                item_pools=None if item_pools is None else _item_pools(work, item_pools),
                active=active,
            )
            if changed is not event_type:
                work.event_types.save(changed)
        return changed


@frozen
class RemoveEventType:
    """Drop a kind of raid: removed where no raid names it, inactive where one does."""

    begin: Begin[RaidsWork]

    def __call__(self, event_type_id: EventTypeId, *, by: Actor) -> None:
        by.must(Permission.RAIDS_WRITE)
        with self.begin(by) as work:
            event_type = work.event_types.get(event_type_id)
            gone = event_type.announcing(EventTypeRemoved(event_type_id=event_type_id, name=event_type.name))
            if not work.event_types.remove(gone) and event_type.active:
                work.event_types.save(event_type.change(active=False))


def _pools(work: RaidsWork, pools: Sequence[PoolId]) -> tuple[PoolId, ...]:
    for pool_id in dict.fromkeys(pools):
        work.pools.get(pool_id).must_be_open()
    return tuple(dict.fromkeys(pools))


def _item_pools(work: RaidsWork, item_pools: Sequence[ItemPoolId]) -> tuple[ItemPoolId, ...]:
    return tuple(work.item_pools.get(item_pool_id).id for item_pool_id in dict.fromkeys(item_pools))
