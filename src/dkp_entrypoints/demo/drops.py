"""What drops in the raids of the made-up guild, and the house rules by which it is sold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen


@frozen
class Drop:
    """A made-up item: what it is called, which set it belongs to, how rare it is, what it is worth to a raider."""

    name: str
    item_pool: str | None
    rarity: str
    worth: int
    about: str = ""


ARMOUR: Final = "Planar armour"
DRAGONS: Final = "Dragon loot"
DROPS: Final = (
    Drop("Cloak of Cinders", DRAGONS, "rare", 34, "Back; fire resistance"),
    Drop("Emberwrought Greaves", ARMOUR, "rare", 26),
    Drop("Emberwrought Helm", ARMOUR, "rare", 24),
    Drop("Emberwrought Gauntlets", ARMOUR, "rare", 18),
    Drop("Emberwrought Breastplate", ARMOUR, "epic", 45),
    Drop("Mantle of the Quiet Storm", ARMOUR, "epic", 41),
    Drop("Sandals of the Quiet Storm", ARMOUR, "rare", 17),
    Drop("Robe of the Quiet Storm", ARMOUR, "epic", 44),
    Drop("Gloomweave Tunic", ARMOUR, "rare", 23),
    Drop("Gloomweave Sleeves", ARMOUR, "rare", 15),
    Drop("Gloomweave Cap", ARMOUR, "rare", 14),
    Drop("Thornmail Leggings", ARMOUR, "rare", 21),
    Drop("Thornmail Vest", ARMOUR, "rare", 27),
    Drop("Wyrmscale Shield", DRAGONS, "epic", 38, "Off hand"),
    Drop("Wyrmtooth Dagger", DRAGONS, "epic", 49, "One hand; nobody remembers it missing"),
    Drop("Staff of Nine Winters", DRAGONS, "legendary", 60, "Two hands; the bank has none"),
    Drop("Orb of the Tidecaller", DRAGONS, "epic", 46),
    Drop("Crown of the Drowned King", DRAGONS, "legendary", 58),
    Drop("Süßholz Ring", None, "uncommon", 9, "Finger; smells of liquorice"),
    Drop("Ring of Small Mercies", None, "rare", 20),
    Drop("Band of Élan", None, "rare", 22),
    Drop("Lantern of the Last Watch", None, "uncommon", 7),
    Drop("Tome of Whispers", None, "rare", 16),
    Drop("Bag of Bottomless Sand", None, "uncommon", 11),
    Drop("Islander's Key", None, "common", 5, "For the next island"),
)

HOUSE_RULES: Final[Mapping[str, object]] = {
    "minimum": "5",
    "increment": "1",
    "seconds": 120,
    "anti_snipe_seconds": 15,
    "alt_limit": "25",
    "trial_cap": "10",
    "ties": ["roll"],
    "fixed_price_rolls": True,
    "refund": "half",
}
FRIDAYS: Final[Mapping[str, object]] = {
    "mode": "fixed_price_roll",
    "fixed_price_rolls": True,
    "minimum": "2",
    "seconds": 60,
}
