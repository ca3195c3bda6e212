"""Items: what drops, is bid for and awarded; an item has no price of its own (L-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.domain_events import Aggregate, changes
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, ItemId, ItemPoolId
from dkp_core.kernel.names import clean_name, clean_text
from dkp_core.loot.events import ItemChanged, ItemEntered

ITEM_NAME_LENGTH_MAX: Final = 128
METADATA_MAX: Final = 50
LINK_LENGTH_MAX: Final = 2000
_FIELDS: Final = ("name", "description", "item_pool_id", "rarity", "external_id", "link", "icon", "metadata", "active")


def item_name(name: str, field: str = "item") -> str:
    """An item's name as it is kept. Raises: InvalidValue."""
    return clean_name(name, field, length_max=ITEM_NAME_LENGTH_MAX)


@frozen(kw_only=True)
class Item(Aggregate):
    """Something that drops. `external_id` is what a game or an old system calls it, `link` and `icon` are addresses."""

    id: ItemId
    guild_id: GuildId
    name: str
    description: str = ""
    item_pool_id: ItemPoolId | None = None
    rarity: str = ""
    external_id: str = ""
    link: str = ""
    icon: str = ""
    metadata: Mapping[str, str] = field(factory=dict)
    active: bool = True

    def entered(self) -> Item:
        """The item as it comes to be known. Raises: InvalidValue."""
        cleaned = self._cleaned()
        return cleaned.announcing(ItemEntered(item_id=self.id, name=cleaned.name))

    def change(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        item_pool_id: ItemPoolId | None = None,
        rarity: str | None = None,
        external_id: str | None = None,
        link: str | None = None,
        icon: str | None = None,
        metadata: Mapping[str, str] | None = None,
        active: bool | None = None,
    ) -> Item:
        """The item with some of it changed; what was awarded keeps the name it had. Raises: InvalidValue."""
        changed = evolve(
            self,
            name=self.name if name is None else name,
            description=self.description if description is None else description,
            item_pool_id=self.item_pool_id if item_pool_id is None else item_pool_id,
            rarity=self.rarity if rarity is None else rarity,
            external_id=self.external_id if external_id is None else external_id,
            link=self.link if link is None else link,
            icon=self.icon if icon is None else icon,
            metadata=self.metadata if metadata is None else metadata,
            active=self.active if active is None else active,
        )._cleaned()
        told = changes(self, changed, _FIELDS)
        return changed.announcing(ItemChanged(item_id=self.id, changes=told)) if told else self

    def _cleaned(self) -> Item:
        if len(self.metadata) > METADATA_MAX:
            raise InvalidValue("metadata", f"it has {len(self.metadata)} entries", f"at most {METADATA_MAX}")
        return evolve(
            self,
            name=item_name(self.name, "name"),
            description=clean_text(self.description, "description"),
            rarity=clean_text(self.rarity, "rarity", length_max=64),
            external_id=clean_text(self.external_id, "external_id", length_max=128),
            link=_address(self.link, "link"),
            icon=_address(self.icon, "icon"),
            metadata={
                clean_name(key, "metadata"): clean_text(value, f"metadata.{key}"[:80])
                for key, value in self.metadata.items()
            },
        )


def _address(text: str, name: str) -> str:
    """An address that a page may link to. Raises: InvalidValue for another scheme than http and https."""
    cleaned = clean_text(text, name, length_max=LINK_LENGTH_MAX)
    if cleaned and not cleaned.lower().startswith(("https://", "http://")):
        raise InvalidValue(
            name, f"{cleaned[:40]!r} is no web address", "an address that begins with https:// or http://"
        )
    return cleaned
