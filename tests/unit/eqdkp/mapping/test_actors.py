"""A-12: who did something on the old site is told by the id of who they are, so that nobody's name outlives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dkp_core.loot import Award
from dkp_core.moving import OldDeed, OldTransition
from dkp_core.points import Adjustment, Entry
from tests.unit.eqdkp.mapping.arrived import Arrived, arrived, opened
from tests.unit.eqdkp.mapping.houses import user
from tests.unit.eqdkp.mapping.moved import adjustment, guild, item, moved_from, present, raid
from tests.unit.eqdkp.mapping.test_applications import application
from tests.unit.eqdkp.synthetic import Installation, Value


def known() -> Installation:
    """A guild with users, two of whom have one name but for its capitals, and one has none."""
    users = [user(2, "Olga"), user(3, "D&#39;Artagnan"), user(4, "Bob"), user(5, "BOB"), user(6, " ")]
    return guild().with_rows("users", *users)


def logged(folder: Path, **row: Value) -> Arrived:
    """What comes of a row of the log."""
    given: dict[str, Value] = {"log_id": 1, "log_date": 1_760_000_000, "log_tag": "action_raid_added", **row}
    with opened(folder, known().with_rows("logs", given)) as source:
        return arrived(source)


@pytest.mark.parametrize(
    ("by", "actor"),
    [
        ("Olga", "eqdkp:2"), ("olga ", "eqdkp:2"), ("D&#39;Artagnan", "eqdkp:3"), ("Bob", "eqdkp:4"),
        ("BOB", "eqdkp:5"), ("bob", "bob"), ("Gone", "Gone"), ("", "eqdkp"), (" ", "eqdkp"),
    ],
)  # fmt: skip
def test_users_are_told_by_their_ids(tmp_path: Path, by: str, actor: str) -> None:
    """G-5: of raids, items and adjustments; who is no user, or may be several, by the name alone."""
    came = moved_from(
        tmp_path,
        known()
        .with_rows("raids", raid(5, raid_added_by=by))
        .with_rows("raid_attendees", *present(5, 1))
        .with_rows("items", item(1, item_added_by=by))
        .with_rows("adjustments", adjustment(1, adjustment_added_by=by)),
    )
    assert [each.actor_id for each in came.of(Entry)] == [actor] * 3
    assert (came.one(Award).actor_id, came.one(Adjustment).actor_id) == (actor, actor)
    assert came.remarks("items") == []


def test_a_name_that_reads_like_an_id_means_nobody_else(tmp_path: Path) -> None:
    """G-5: what was done is not laid at another's door."""
    came = moved_from(tmp_path, known().with_rows("items", item(1, item_added_by="eqdkp:2")))
    assert came.one(Award).actor_id == "'eqdkp:2'"
    assert came.remarks("items") == [("1", "who did it is kept as 'eqdkp:2', since no user has that name")]


@pytest.mark.parametrize(
    ("row", "actor", "kept"),
    [
        ({"user_id": 2, "username": "Olga"}, "eqdkp:2", False),
        ({"user_id": 2, "username": "Helga"}, "eqdkp:2", True),
        ({"user_id": 99, "username": "Olga"}, "eqdkp:2", False),
        ({"user_id": 99, "username": "Gone"}, "Gone", False),
        ({"user_id": 0, "username": ""}, "eqdkp", False),
    ],
)
def test_the_log_goes_by_ids(tmp_path: Path, row: dict[str, Value], actor: str, kept: bool) -> None:
    """O-2: whatever somebody was called then, which the archive keeps."""
    came = logged(tmp_path, **row)
    (deed,) = came.of(OldDeed)
    assert deed.by == actor
    assert came.arrivals.accounting.cut_rows == ([("logs", 1)] if kept else [])


def test_applications_are_of_who_made_and_judged_them(tmp_path: Path) -> None:
    """A-12: who applied without an account is named by the application alone."""
    installation = known().with_rows(
        "guildrequest_requests", application(1, user_id=3, status=3), application(2, username="Stranger", status=3)
    )
    steps: list[dict[str, Value]] = [
        {"log_id": each, "log_date": 1_760_000_000 + each, "log_tag": "action_status_changed",
         "log_record_id": str(each), "user_id": who, "username": "Olga", "log_value": 'a:1:{s:6:"status";s:1:"3";}'}
        for each, who in ((1, 2), (2, 0))
    ]  # fmt: skip
    with opened(tmp_path, installation.with_rows("logs", *steps)) as source:
        came = arrived(source)
    assert [each.by for each in came.of(OldTransition)] == ["eqdkp:3", "eqdkp:2", "eqdkp", "eqdkp:2"]
