"""O-1, O-2: items and awards as they come out of EQdkp Plus."""

from __future__ import annotations

from pathlib import Path

import pytest

from dkp_adapters.eqdkp.mapping.external import NEVER
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import PoolId, RaidId
from dkp_core.kernel.points import Points
from dkp_core.loot import Award, AwardStatus, Item
from dkp_core.moving import Kind, Why
from dkp_core.points import Bucket, Entry, EntryKind, Source, SourceKind
from tests.unit.eqdkp.mapping.moved import AT, NOW, Moved, guild, item, moved_from, raid
from tests.unit.eqdkp.synthetic import Value

INVISIBLE = "is no name here (it holds control or invisible characters)"


def paid(moved: Moved) -> list[tuple[str, int, str]]:
    """Who paid what, in which pool of the source."""
    old = {moved.numbers.of(Kind.POOL, each): each for each in moved.pools.order}
    return [(each.character_name, old[each.pool_id], str(each.amount)) for each in moved.of(Entry)]


def test_a_sold_item_is_an_award(tmp_path: Path) -> None:
    """O-1, O-4: to its buyer's owner, of its raid, for its price, with its old id; the item is in the catalogue."""
    given = item(
        9, "Robe of &quot;Dain&quot;", 2, raid_id=5, game_itemid="10576", item_color="#a335ee", item_added_by="Léa"
    )
    came = moved_from(tmp_path, guild().with_rows("raids", raid(5)).with_rows("items", given))
    known = came.one(Item)
    assert (known.name, known.external_id, known.metadata) == ('Robe of "Dain"', "10576", {"color": "#a335ee"})
    assert known.item_pool_id == came.numbers.of(Kind.ITEM_POOL, 1)
    pool_id = PoolId(came.numbers.of(Kind.POOL, 1))
    owner = came.numbers.users[came.household.characters[2].owner]
    assert came.one(Award) == Award(
        id=came.one(Award).id,
        guild_id=came.numbers.guild_id,
        item_id=known.id,
        item_name='Robe of "Dain"',
        auction_id=None,
        raid_id=RaidId(came.numbers.of(Kind.RAID, 5)),
        user_id=owner,
        character_name="Bert",
        pools=(pool_id,),
        price=Points.of("12.50"),
        because="Imported from EQdkp Plus",
        status=AwardStatus.STANDING,
        actor_kind=ActorKind.IMPORT,
        actor_id="Léa",
        awarded_at=AT,
        external_id="eqdkp:9",
    )
    entry = came.one(Entry)
    assert entry == Entry(
        id=entry.id,
        pool_id=pool_id,
        user_id=owner,
        kind=EntryKind.AWARD,
        bucket=Bucket.SPENT,
        amount=Points.of("-12.50"),
        reason='Robe of "Dain"',
        character_name="Bert",
        source=Source(SourceKind.AWARD, came.one(Award).id),
        actor_kind=ActorKind.IMPORT,
        actor_id="Léa",
        occurred_at=AT,
        recorded_at=NOW,
    )
    assert not came.remarks("items")


def test_items_are_one_by_their_names(tmp_path: Path) -> None:
    """G-9: whatever their case; each award says how it was written, and which id of the game it was."""
    installation = guild().with_rows(
        "items",
        item(1, "Robe", itempool_id=1),
        item(2, "ROBE ", game_itemid="7", itempool_id=2),
        item(3, "robe", game_itemid="8", itempool_id=99),
        item(4, "Ring"),
    )
    came = moved_from(tmp_path, installation)
    robe, ring = came.of(Item)
    assert (robe.name, robe.external_id, robe.item_pool_id) == ("Robe", "7", came.numbers.of(Kind.ITEM_POOL, 2))
    assert [(each.item_id, each.item_name) for each in came.of(Award)] == [
        (robe.id, "Robe"),
        (robe.id, "ROBE"),
        (robe.id, "robe"),
        (ring.id, "Ring"),
    ]
    plain = "Imported from EQdkp Plus"
    assert [each.because for each in came.of(Award)] == [plain, plain, f"{plain}, where its id was 8", plain]


def test_an_item_is_paid_from_the_pools_of_its_item_pool(tmp_path: Path) -> None:
    """O-1: each in full, whatever the raid's event is; one in none costs nobody anything."""
    installation = (
        guild()
        .with_rows("raids", raid(5, event=2))
        .with_rows("items", *(item(each, itempool_id=each, raid_id=5) for each in (1, 2, 3, 4)))
    )
    came = moved_from(tmp_path, installation)
    assert paid(came) == [("Anna", pool, "-12.50") for pool in (1, 2, 1, 2)]
    assert [str(each.price) for each in came.of(Award)] == ["12.50"] * 4
    assert not came.remarks("items")


@pytest.mark.parametrize(("value", "amounts"), [("0.00", []), ("-3.00", ["3.00"])])
def test_an_item_may_be_free_or_bring_points(tmp_path: Path, value: str, amounts: list[str]) -> None:
    """O-2: what stands there is kept; nothing makes no entry."""
    came = moved_from(tmp_path, guild().with_rows("items", item(1, value=value)))
    assert [amount for _, _, amount in paid(came)] == amounts
    assert str(came.one(Award).price) == value


def test_an_item_of_nobody_is_left_out(tmp_path: Path) -> None:
    """O-2: nobody paid for it there either; and of nothing else is its name known."""
    came = moved_from(tmp_path, guild().with_rows("items", item(1, buyer=99)))
    assert came.listed("items") == [(1, Why.ORPHAN, "there is no character 99")]
    assert not came.of(Award)
    assert not came.of(Item)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"raid_id": 88}, "its raid 88 does not exist: it is no raid's here"),
        ({"itempool_id": 99}, "its item pool 99 does not exist: nobody paid anything"),
        ({"item_date": 0}, "it has no date: it is dated 1970-01-01"),
        ({"item_date": 1_900_000_000}, "item_date: 2030-03-17 17:46 is in the future"),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, given: dict[str, Value], told: str) -> None:
    """O-2: the award comes nevertheless."""
    came = moved_from(tmp_path, guild().with_rows("items", {**item(1), **given}))
    assert came.remarks("items") == [("1", told)]
    award = came.one(Award)
    assert award.raid_id is None
    assert bool(award.pools) is ("itempool_id" not in given)
    assert (award.awarded_at == NEVER) is (given.get("item_date") == 0)


@pytest.mark.parametrize(
    ("name", "kept", "told"),
    [
        ("", "Item 1", ["the name '' is no name here (it is empty): it is 'Item 1'"]),
        ("a\tb  c", "a b c", []),
        ("Ro\u200bbe", "Robe", [f"the name 'Ro\\u200bbe' {INVISIBLE}: it is 'Robe'"]),
        ("x" * 128, "x" * 128, []),
        ("e\u0301" * 100, "é" * 100, []),
    ],
)  # fmt: skip
def test_names_are_kept_as_they_can_be(tmp_path: Path, name: str, kept: str, told: list[str]) -> None:
    """G-9: what had to change is told."""
    came = moved_from(tmp_path, guild().with_rows("items", item(1, name)))
    assert (came.one(Item).name, came.one(Award).item_name) == (kept, kept)
    assert came.remarks("items") == [("1", each) for each in told]


def test_a_name_that_is_too_long_is_cut_and_archived(tmp_path: Path) -> None:
    """G-9: nothing is cut silently."""
    came = moved_from(tmp_path, guild().with_rows("items", item(1, "x" * 129)))
    assert came.one(Award).item_name == "x" * 127 + "…"
    ((_, told),) = came.remarks("items")
    assert "it has 129 characters" in told
    assert came.accounting.cut_rows == [("items", 1)]


def test_an_item_with_the_id_of_another_is_left_out(tmp_path: Path) -> None:
    """O-2: a dump without keys may have such."""
    came = moved_from(tmp_path, guild().with_rows("items", item(1), item(1, "Ring")))
    assert [each.item_name for each in came.of(Award)] == ["Robe"]
    assert came.listed("items") == [(2, Why.DUPLICATE, "an earlier row has the id 1 too")]
