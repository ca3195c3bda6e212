"""O-2: columns that have no place here are kept with their rows, which are imported all the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dkp_adapters.eqdkp.mapping.archive import CHANGED, write_archive
from tests.unit.eqdkp.mapping.arrived import arrived, opened
from tests.unit.eqdkp.mapping.moved import RAIDED, adjustment, character, guild, item, moved_from, raid
from tests.unit.eqdkp.mapping.test_archive import rows_of
from tests.unit.eqdkp.synthetic import Value


@pytest.mark.parametrize(
    ("by", "changed_by", "kept"), [("Ann", "Bob", True), ("", "Bob", True), ("Ann", "Ann", False), ("Ann", "", False)]
)
def test_who_changed_a_row_is_kept(tmp_path: Path, by: str, changed_by: str, kept: bool) -> None:
    """O-2: of raids, items and adjustments, where it was another than who wrote it down."""

    def changed(table: str, given: Mapping[str, Value]) -> Mapping[str, Value]:
        return {**given, f"{table}_added_by": by, f"{table}_updated_by": changed_by}

    came = moved_from(
        tmp_path,
        guild()
        .with_rows("raids", changed("raid", raid(1)), raid(2))
        .with_rows("items", changed("item", item(1)), item(2))
        .with_rows("adjustments", changed("adjustment", adjustment(1)), adjustment(2)),
    )
    tables = ("adjustments", "items", "raids")
    assert came.accounting.cut_rows == ([(each, 1) for each in tables] if kept else [])
    assert [came.listed(each) for each in tables] == [[], [], []]
    assert [came.remarks(each) for each in tables] == [[], [], []]


def test_pictures_and_connected_raids_are_kept(tmp_path: Path) -> None:
    """O-2: what a character looks like, and which raids count as one with another for attendance."""
    pictures = {"Anna": None, "Bert": "a1.jpg", "Cora": ""}
    members = [
        {**character(each, name), "member_rank_id": 1, "member_creation_date": RAIDED, "picture": pictures[name]}
        for each, name in enumerate(pictures, 1)
    ]
    connected = [None, "", "[]", '["2","3"]']
    raids = [raid(each, raid_connected_attendance=given) for each, given in enumerate(connected, 1)]
    tables = guild().with_rows("members", *members).with_rows("raids", *raids)
    with opened(tmp_path, tables.with_rows("member_ranks", {"rank_id": 1, "rank_name": "Member"})) as source:
        came = arrived(source)
        write_archive(source, came.arrivals.accounting, tmp_path / "left.zip")
    assert came.arrivals.accounting.cut_rows == [("members", 2), ("raids", 4)]
    assert came.incomplete() == []
    (row,) = rows_of(tmp_path / "left.zip", "members")
    assert (row["row"], row["why"], row["values"]["picture"]) == (2, CHANGED, "a1.jpg")


def test_rows_that_were_written_down_together_are_kept(tmp_path: Path) -> None:
    """O-2: one drop with several buyers, and a mass adjustment; a key of one row's own says nothing."""
    came = moved_from(
        tmp_path,
        guild()
        .with_rows(
            "items",
            *(item(each, item_group_key=key) for each, key in enumerate(("a", "b", "a", "", "", "a"), 1)),
            item(7, buyer=99, item_group_key="b"),
        )
        .with_rows(
            "adjustments",
            *(adjustment(each, adjustment_group_key=key) for each, key in enumerate(("a", "c", "c"), 1)),
        ),
    )
    assert came.accounting.cut_rows == [
        ("adjustments", 2), ("adjustments", 3),
        ("items", 1), ("items", 2), ("items", 3), ("items", 6), ("items", 7),
    ]  # fmt: skip
    assert [row for row, _, _ in came.listed("items")] == [7]


def test_the_archive_has_them_whole(tmp_path: Path) -> None:
    """O-2: imported and archived both, and counted once."""
    tables = guild().with_rows("items", *(item(each, item_group_key="5f2") for each in (1, 2)), item(3))
    with opened(tmp_path, tables) as source:
        came = arrived(source)
        write_archive(source, came.arrivals.accounting, tmp_path / "left.zip")
    assert came.incomplete() == []
    found = rows_of(tmp_path / "left.zip", "items")
    assert [(each["row"], each["why"], each["values"]["item_group_key"]) for each in found] == [
        (1, CHANGED, "5f2"),
        (2, CHANGED, "5f2"),
    ]
