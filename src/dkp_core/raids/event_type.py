"""Event types: kinds of raids with their default points (D-1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.domain_events import Aggregate, changes
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import EventTypeId, GuildId, ItemPoolId, PoolId
from dkp_core.kernel.names import clean_name, clean_text
from dkp_core.kernel.points import ZERO, Points
from dkp_core.raids.errors import EventTypeIsInactive
from dkp_core.raids.events import EventTypeChanged, EventTypeCreated

MODIFIER_MAX: Final = Decimal(1000)
MODIFIER_DECIMALS: Final = 4
METADATA_MAX: Final = 50
_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4}0*)?", re.ASCII)


def modifier_of(value: object, name: str = "modifier") -> Decimal:
    """A difficulty modifier from a string or whole number: 0 to 1000 with up to four decimals. Raises: InvalidValue."""
    accepted = f"a whole number or a string from 0 to {MODIFIER_MAX} with at most {MODIFIER_DECIMALS} decimals"
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise InvalidValue(name, f"{str(value)[:40]!r} is not exact", accepted)
    text = format(value, "f") if isinstance(value, Decimal) else str(value).strip()
    if not _NUMBER.fullmatch(text):
        raise InvalidValue(name, f"{text[:40]!r} is no number", accepted)
    number = Decimal(text)
    if number > MODIFIER_MAX:
        raise InvalidValue(name, f"{text[:40]!r} is out of range", accepted)
    return number.normalize() + 0


def points_to_award(value: object, name: str = "points") -> Points:
    """Points that a raid or tick awards: 0 or more. Raises: InvalidValue."""
    points = Points.of(value, name)
    if points < ZERO:
        raise InvalidValue(name, f"{points} is less than 0", "0 or more; take points away with an adjustment")
    return points


@frozen(kw_only=True)
class EventType(Aggregate):
    """A kind of raid: the pools its points are awarded in, how many, and what it drops."""

    id: EventTypeId
    guild_id: GuildId
    name: str
    pools: tuple[PoolId, ...]
    default_points: Points
    modifier: Decimal = Decimal(1)
    description: str = ""
    metadata: Mapping[str, str] = field(factory=dict)
    item_pools: tuple[ItemPoolId, ...] = ()
    active: bool = True
    external_id: str | None = None

    @property
    def points(self) -> Points:
        """What a raid of this kind awards unless it says otherwise: default × modifier, rounded half-up."""
        return self.default_points.times(self.modifier)

    def must_be_active(self) -> None:
        """Refuse where no new raids are recorded. Raises: EventTypeIsInactive."""
        if not self.active:
            raise EventTypeIsInactive(self.id)

    def created(self) -> EventType:
        """The event type as it comes to be. Raises: InvalidValue."""
        cleaned = self._cleaned()
        return cleaned.announcing(EventTypeCreated(event_type_id=self.id, name=cleaned.name))

    def change(
        self,
        *,
        name: str | None = None,
        pools: tuple[PoolId, ...] | None = None,
        default_points: Points | None = None,
        modifier: Decimal | None = None,
        description: str | None = None,
        metadata: Mapping[str, str] | None = None,
        item_pools: tuple[ItemPoolId, ...] | None = None,
        active: bool | None = None,
    ) -> EventType:
        """The event type with some of it changed; raids that were recorded keep their points. Raises: InvalidValue."""
        changed = evolve(
            self,
            name=self.name if name is None else name,
            pools=self.pools if pools is None else pools,
            default_points=self.default_points if default_points is None else default_points,
            modifier=self.modifier if modifier is None else modifier,
            description=self.description if description is None else description,
            metadata=self.metadata if metadata is None else metadata,
            item_pools=self.item_pools if item_pools is None else item_pools,
            active=self.active if active is None else active,
        )._cleaned()
        fields = ("name", "pools", "default_points", "modifier", "description", "metadata", "item_pools", "active")
        told = changes(self, changed, fields)
        return changed.announcing(EventTypeChanged(event_type_id=self.id, changes=told)) if told else self

    def _cleaned(self) -> EventType:
        if len(self.metadata) > METADATA_MAX:
            raise InvalidValue("metadata", f"it has {len(self.metadata)} entries", f"at most {METADATA_MAX}")
        worth = points_to_award(self.default_points, "default_points")
        worth.times(self.modifier)  # refused now, rather than each time that the event type is shown
        return evolve(
            self,
            name=clean_name(self.name),
            default_points=worth,
            description=clean_text(self.description, "description"),
            metadata={
                clean_name(key, "metadata"): clean_text(value, f"metadata.{key}"[:80])
                for key, value in self.metadata.items()
            },
        )
