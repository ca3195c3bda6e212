"""Items, and bids that wait for them."""

from __future__ import annotations

import pytest

from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, ItemId, ItemPoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import Item, StandingBid, item_name
from dkp_core.loot.events import ItemChanged, ItemEntered
from tests.unit.loot.bidding_hall import NOW


def an_item(**more: object) -> Item:
    """An item as it comes to be known."""
    given = {"id": ItemId(5), "guild_id": GuildId(1), "name": "Spear of Fate"} | more
    return Item(**given).entered()  # type: ignore[arg-type]  # as the test says


def test_an_item_has_a_name_and_what_is_known_of_it() -> None:
    """L-1: description, item pool, rarity, external id, link, icon, metadata; no price."""
    item = an_item(
        name="  Spear  of Fate ",
        description=" sharp ",
        rarity=" epic ",
        external_id=" 1234 ",
        link=" https://example.org/item ",
        icon="http://example.org/icon.png",
        metadata={" slot ": " primary "},
    )
    assert (item.name, item.description, item.rarity, item.external_id) == ("Spear of Fate", "sharp", "epic", "1234")
    assert (item.link, item.icon) == ("https://example.org/item", "http://example.org/icon.png")
    assert item.metadata == {"slot": "primary"}
    assert item.pending == (ItemEntered(item_id=ItemId(5), name="Spear of Fate"),)
    assert not hasattr(item, "price")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"rarity": "x" * 65}, "rarity"),
        ({"external_id": "x" * 129}, "external_id"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"icon": "data:image/png,x"}, "icon"),
        ({"link": "https://" + "x" * 2000}, "link"),
        ({"metadata": {str(each): "" for each in range(51)}}, "metadata"),
        ({"metadata": {"": "x"}}, "metadata"),
    ],
)
def test_bad_items_are_refused_by_field(more: dict[str, object], field: str) -> None:
    """L-1, G-8: what is shown as a link is a web address."""
    with pytest.raises(InvalidValue) as refusal:
        an_item(**more)
    assert refusal.value.field == field


def test_what_changes_is_told() -> None:
    """L-1, G-5: field by field; nothing is told where nothing changed."""
    item = an_item().saved()
    changed = item.change(name="Spear of Doom", item_pool_id=ItemPoolId(2), active=False)
    assert changed.pending == (
        ItemChanged(
            item_id=ItemId(5),
            changes=(
                Change(field="name", before="Spear of Fate", after="Spear of Doom"),
                Change(field="item_pool_id", before=None, after=2),
                Change(field="active", before=True, after=False),
            ),
        ),
    )
    assert item.change(name="Spear of Fate", description="", metadata={}) is item
    with pytest.raises(InvalidValue):
        item.change(link="ftp://example.org")


def test_names_of_items_may_be_long_and_accented() -> None:
    """G-9: as they are written."""
    assert item_name("  Épée  du Destin ") == "Épée du Destin"
    assert len(item_name("x" * 128)) == 128
    with pytest.raises(InvalidValue) as refusal:
        item_name("x" * 129)
    assert refusal.value.field == "item"


def test_a_standing_bid_offers_something() -> None:
    """L-14: how far its user would go, out of every repr."""
    left = StandingBid.leave(ItemId(5), UserId(3), ceiling=Points.of(40), character_name=" Sonya ", at=NOW)
    assert (left.item_id, left.user_id, str(left.ceiling), left.character_name, left.left_at) == (
        5,
        3,
        "40.00",
        "Sonya",
        NOW,
    )
    assert "40" not in repr(left).replace(repr(NOW), "")
    for ceiling in ("0", "-1"):
        with pytest.raises(InvalidValue) as refusal:
            StandingBid.leave(ItemId(5), UserId(3), ceiling=Points.of(ceiling), character_name="", at=NOW)
        assert refusal.value.field == "ceiling"
    with pytest.raises(InvalidValue):
        StandingBid.leave(ItemId(5), UserId(3), ceiling=Points.of(1), character_name="x" * 65, at=NOW)
