"""O-1, O-2: pools, item pools and event types as they come out of EQdkp Plus."""

from __future__ import annotations

from pathlib import Path

import pytest

from dkp_core.kernel.points import ZERO, Points
from dkp_core.moving import Kind, Why
from dkp_core.points import ItemPool, Pool
from dkp_core.raids import EventType
from tests.unit.eqdkp.mapping.moved import (
    FIRST,
    Given,
    Moved,
    event,
    guild,
    in_pool,
    moved_from,
    paid_in,
    pool,
    raid,
    setting,
)
from tests.unit.eqdkp.synthetic import Installation, Number, Value


def pools_of(moved: Moved, event_types: bool = True) -> dict[str, list[int]]:
    """The pools, by their ids in the source, of every event type or item pool."""
    old = {moved.numbers.of(Kind.POOL, each): each for each in moved.pools.order}
    found: list[EventType] | list[ItemPool] = [*moved.of(EventType)] if event_types else [*moved.of(ItemPool)]
    return {each.name: [old[one] for one in each.pools] for each in found}


def guild_with(only: Given) -> Installation:
    """A guild with one event."""
    return guild().with_rows("events", only).with_rows("multidkp2event", in_pool(1, 1))


def test_pools_come_in_the_order_of_their_pages(tmp_path: Path) -> None:
    """O-1: the first by position is the one that becomes the guild's default."""
    came = moved_from(tmp_path, guild().with_rows("multidkp", pool(1, "Main", position=2), pool(2, "Alts", position=1)))
    assert [each.name for each in came.of(Pool)] == ["Alts", "Main"]
    assert came.pools.first == 2


@pytest.mark.parametrize(
    ("settings", "decimals"),
    [
        ({"round_activate": "1", "round_precision": "0"}, 0),
        ({"round_activate": "1", "round_precision": "1"}, 1),
        ({"round_activate": "1", "round_precision": "2"}, 2),
        ({"round_activate": "1", "round_precision": "5"}, 2),
        ({"round_activate": "0", "round_precision": "0"}, 2),
        ({"round_precision": "0"}, 2),
        ({}, 2),
    ],
)
def test_points_are_shown_with_the_decimals_they_had(tmp_path: Path, settings: dict[str, str], decimals: int) -> None:
    """O-1: none, one or two; without rounding there are two."""
    given = [setting(name, value) for name, value in {"plus_version": "2.3.39", **settings}.items()]
    came = moved_from(tmp_path, guild().with_rows("config", *given))
    assert {each.decimals for each in came.of(Pool)} == {decimals}


@pytest.mark.parametrize(("word", "unit"), [("Punkte", "Punkte"), ("  ", "DKP"), (None, "DKP"), ("x" * 65, "DKP")])
def test_a_point_is_called_what_it_was_called(tmp_path: Path, word: str | None, unit: str) -> None:
    """O-1: where the word is no name here, points are DKP."""
    given = [] if word is None else [setting("dkp_name", word)]
    came = moved_from(tmp_path, guild().with_rows("config", setting("plus_version", "2.3.39"), *given))
    assert {each.unit for each in came.of(Pool)} == {unit}


def test_no_two_have_the_same_name(tmp_path: Path) -> None:
    """G-9: pools, item pools and events alike; blank ones are told by their ids."""
    installation = (
        guild()
        .with_rows("multidkp", pool(1, "Main"), pool(2, "MAIN "), pool(3, " "))
        .with_rows("itempool", *({"itempool_id": each, "itempool_name": "Set"} for each in (1, 2)))
        .with_rows("multidkp2itempool")
        .with_rows("events", event(1, "Kael"), event(2, "ka&euml;l"), event(3, "kael"))
    )
    came = moved_from(tmp_path, installation)
    assert [each.name for each in came.of(Pool)] == ["Main", "MAIN (2)", "Pool 3"]
    assert [each.name for each in came.of(ItemPool)] == ["Set", "Set (2)"]
    assert [each.name for each in came.of(EventType)] == ["Kael", "kaël", "kael (2)"]
    assert [old_id for old_id, _ in came.remarks("multidkp")] == ["3", "2"]
    assert [old_id for old_id, _ in came.remarks("itempool")] == ["2"]
    assert [old_id for old_id, _ in came.remarks("events")] == ["3"]


def test_a_name_that_is_too_long_is_cut_and_told_whole(tmp_path: Path) -> None:
    """G-9: nothing is cut silently; the row is archived as it stands."""
    name = "Temple " * 20
    came = moved_from(tmp_path, guild_with(event(1, name)))
    assert came.one(EventType).name == name[:62] + "…"
    assert ("1", f"its whole name is {name}") in came.remarks("events")
    assert came.accounting.cut_rows == [("events", 1)]


def test_a_pool_that_the_guild_has_already_is_used_again(tmp_path: Path) -> None:
    """O-3: a fresh guild has a pool; no second one of its name is made, and it becomes what it was there."""
    named = guild().with_rows("config", setting("plus_version", "2.3.39"), setting("dkp_name", "Honour"))
    came = moved_from(tmp_path, named, named={"main": 17})
    assert [(each.id, each.name, each.unit, each.external_id) for each in came.of(Pool)] == [
        (17, "Main", "Honour", "eqdkp:1"),
        (FIRST, "Alts", "Honour", "eqdkp:2"),
    ]
    assert {each.name: each.pools for each in came.of(EventType)}["Kael"] == (17,)


def test_events_and_item_pools_are_of_one_pool_of_several_or_of_none(tmp_path: Path) -> None:
    """O-1: each pool counts in full, as there."""
    came = moved_from(tmp_path, guild())
    assert pools_of(came) == {"Kael": [1], "Velketor": [2], "Both": [1, 2], "None": []}
    assert pools_of(came, event_types=False) == {"Set 1": [1], "Set 2": [2], "Set 3": [1, 2], "Set 4": []}


def test_an_event_becomes_an_event_type(tmp_path: Path) -> None:
    """O-1, O-4: its default, its icon, its item pool, its old id."""
    more: dict[str, Value] = {"event_icon": "dragon.png", "default_itempool": 2}
    came = moved_from(tmp_path, guild_with(event(1, "D&#39;Kael", **more)))
    (made,) = came.of(EventType)
    assert (made.name, made.default_points, made.metadata) == ("D'Kael", Points.of("5.00"), {"icon": "dragon.png"})
    assert made.item_pools == (came.numbers.of(Kind.ITEM_POOL, 2),)
    assert (made.external_id, made.active) == ("eqdkp:1", True)
    assert not came.remarks("events")


def test_an_event_that_gives_less_than_nothing_gives_nothing_by_default(tmp_path: Path) -> None:
    """D-1: raids that were held keep what they took; the event type can be used on."""
    came = moved_from(tmp_path, guild_with(event(1, "Fine", event_value=Number("-5.00"))))
    assert came.one(EventType).default_points == ZERO
    assert came.remarks("events") == [("1", "it gives -5.00 by default, and here 0.00: nobody earns less than nothing")]


def test_an_item_pool_that_does_not_exist_is_no_events(tmp_path: Path) -> None:
    """O-2: it is told."""
    came = moved_from(tmp_path, guild_with(event(1, "Kael", default_itempool=99)))
    assert came.one(EventType).item_pools == ()
    assert came.remarks("events") == [("1", "its item pool 99 does not exist")]


def test_an_event_that_is_gone_is_there_for_what_names_it(tmp_path: Path) -> None:
    """O-2: nobody can hold another raid of it; it counts in the pools that still name it, as there."""
    installation = guild().with_rows("raids", raid(5, event=777)).with_rows("multidkp2event", in_pool(2, 778))
    came = moved_from(tmp_path, installation)
    made = {each.name: each for each in came.of(EventType)}
    assert (made["Event 777"].active, made["Event 777"].external_id) == (False, "eqdkp:777")
    assert not made["Event 778"].active
    assert pools_of(came)["Event 777"] == []
    assert pools_of(came)["Event 778"] == [2]
    assert came.accounting.counts({"multidkp2event": 1})[0].is_complete


def test_an_item_pool_that_is_gone_counts_where_a_pool_names_it(tmp_path: Path) -> None:
    """O-2: what was bought in it was paid, as there."""
    came = moved_from(tmp_path, guild().with_rows("multidkp2itempool", paid_in(2, 99)))
    assert pools_of(came, event_types=False)["Item pool 99"] == [2]
    assert came.accounting.counts({"multidkp2itempool": 1})[0].is_complete


def test_links_with_no_pool_and_links_twice_are_left_out(tmp_path: Path) -> None:
    """O-2: each row is listed with its reason."""
    installation = (
        guild()
        .with_rows("multidkp2event", in_pool(1, 1), in_pool(9, 1), in_pool(1, 1))
        .with_rows("multidkp2itempool", paid_in(1, 1), paid_in(9, 1), paid_in(1, 1))
    )
    came = moved_from(tmp_path, installation)
    for table in ("multidkp2event", "multidkp2itempool"):
        assert came.listed(table) == [
            (2, Why.ORPHAN, "there is no pool 9"),
            (3, Why.DUPLICATE, "pool 1 was linked with it before"),
        ]


def test_raids_that_are_not_counted_for_attendance_are_told(tmp_path: Path) -> None:
    """O-2: they are counted here, so that an officer has to know."""
    came = moved_from(tmp_path, guild().with_rows("multidkp2event", in_pool(1, 1, multidkp2event_no_attendance=1)))
    assert came.remarks("multidkp2event") == [
        ("1/1", "its raids are not counted for attendance in that pool there; here they are")
    ]


def test_descriptions_are_told_and_archived(tmp_path: Path) -> None:
    """O-2: pools have none here."""
    installation = (
        guild()
        .with_rows("multidkp", {**pool(1, "Main"), "multidkp_desc": "for &quot;raids&quot;"})
        .with_rows("itempool", {"itempool_id": 1, "itempool_name": "Set", "itempool_desc": "default"})
    )
    came = moved_from(tmp_path, installation)
    assert came.remarks("multidkp") == [("1", 'its description has no place here: for "raids"')]
    assert came.remarks("itempool") == [("1", "its description has no place here: default")]
    assert came.accounting.cut_rows == [("itempool", 1), ("multidkp", 1)]


def test_snapshots_of_points_are_archived(tmp_path: Path) -> None:
    """O-2: they are a cache, and never taken for truth."""
    row: dict[str, Value] = {"id": 1, "member_id": 1, "mdkp_id": 1, "time": 1_760_000_000, "type": "snapshot"}
    came = moved_from(tmp_path, guild().with_rows("member_points", row, {**row, "id": 2}))
    assert [why for _, why, _ in came.listed("member_points")] == [Why.ARCHIVED] * 2
