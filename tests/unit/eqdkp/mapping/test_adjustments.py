"""O-1, O-2: adjustments as they come out of EQdkp Plus."""

from __future__ import annotations

from pathlib import Path

import pytest

from dkp_adapters.eqdkp.mapping.external import NEVER
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import PoolId
from dkp_core.kernel.points import Points
from dkp_core.moving import Kind, Why
from dkp_core.points import Adjustment, Bucket, Entry, EntryKind, Source, SourceKind
from tests.unit.eqdkp.mapping.moved import AT, NOW, adjustment, guild, moved_from
from tests.unit.eqdkp.synthetic import Value


def test_an_adjustment_comes_with_its_entry(tmp_path: Path) -> None:
    """O-1, O-4: whose it is, why, by whom, and its old id; it can be reversed like any other."""
    given = adjustment(9, 2, adjustment_reason="Didn&#39;t show", adjustment_added_by="admin", raid_id=5)
    came = moved_from(tmp_path, guild().with_rows("adjustments", given))
    owner = came.numbers.users[came.household.characters[2].owner]
    made, entry = came.one(Adjustment), came.one(Entry)
    assert made == Adjustment(
        id=made.id,
        guild_id=came.numbers.guild_id,
        user_id=owner,
        pool_id=PoolId(came.numbers.of(Kind.POOL, 1)),
        amount=Points.of("-3.33"),
        reason="Didn't show",
        note="Raid eqdkp:5",
        character_name="Bert",
        actor_kind=ActorKind.IMPORT,
        actor_id="admin",
        occurred_at=AT,
        recorded_at=NOW,
        entry_id=entry.id,
        external_id="eqdkp:9",
    )
    assert entry == made.entry()
    assert (entry.kind, entry.bucket) == (EntryKind.ADJUSTMENT, Bucket.ADJUSTED)
    assert entry.source == Source(SourceKind.ADJUSTMENT, made.id)
    assert not came.remarks("adjustments")


def test_each_pool_of_its_event_has_one(tmp_path: Path) -> None:
    """O-1: in full; both are found by the old id."""
    came = moved_from(tmp_path, guild().with_rows("adjustments", adjustment(9, event_id="3")))
    made = came.of(Adjustment)
    assert [each.pool_id for each in made] == [came.numbers.of(Kind.POOL, each) for each in (1, 2)]
    assert {(str(each.amount), each.external_id) for each in made} == {("-3.33", "eqdkp:9")}
    assert [each.entry_id for each in made] == [each.id for each in came.of(Entry)]
    assert came.accounting.counts({"adjustments": 1})[0].is_complete


def test_no_points_are_moved_with_their_reason(tmp_path: Path) -> None:
    """O-2: what an officer wrote down of it is not lost."""
    came = moved_from(tmp_path, guild().with_rows("adjustments", adjustment(9, value="0.00")))
    assert (str(came.one(Adjustment).amount), came.one(Adjustment).reason) == ("0.00", "AFK")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"member_id": 99}, "there is no character 99"),
        ({"event_id": "777"}, "there is no event 777, so it is of no pool"),
        ({"event_id": "4"}, "its event, 'None', is in no pool"),
        ({"event_id": ""}, "it names no event, so it is of no pool"),
        ({"event_id": "soon"}, "it names no event, so it is of no pool"),
        ({"event_id": None}, "it names no event, so it is of no pool"),
    ],
)
def test_what_counts_nowhere_is_left_out(tmp_path: Path, given: dict[str, Value], reason: str) -> None:
    """O-2: EQdkp Plus counts it for nobody either."""
    came = moved_from(tmp_path, guild().with_rows("adjustments", {**adjustment(9), **given}))
    assert came.listed("adjustments") == [(1, Why.ORPHAN, reason)]
    assert not came.of(Adjustment)
    assert not came.of(Entry)


def test_an_adjustment_with_the_id_of_another_is_left_out(tmp_path: Path) -> None:
    """O-2: a dump without keys may have such."""
    came = moved_from(tmp_path, guild().with_rows("adjustments", adjustment(9), adjustment(9, value="1.00")))
    assert str(came.one(Adjustment).amount) == "-3.33"
    assert came.listed("adjustments") == [(2, Why.DUPLICATE, "an earlier row has the id 9 too")]


@pytest.mark.parametrize(("reason", "kept"), [("", "Adjustment"), ("  ", "Adjustment"), ("r" * 501, "r" * 499 + "…")])
def test_there_is_a_reason(tmp_path: Path, reason: str, kept: str) -> None:
    """P-8, G-9: of a long one as much as fits, which is told."""
    came = moved_from(tmp_path, guild().with_rows("adjustments", adjustment(9, adjustment_reason=reason)))
    assert came.one(Adjustment).reason == came.one(Entry).reason == kept
    assert came.accounting.cut_rows == [("adjustments", 1)] * (len(reason) > 500)


def test_without_a_date_it_is_of_1970(tmp_path: Path) -> None:
    """O-2: it is told."""
    came = moved_from(tmp_path, guild().with_rows("adjustments", adjustment(9, adjustment_date=0)))
    assert came.one(Entry).occurred_at == NEVER
    assert came.remarks("adjustments") == [("9", "it has no date: it is dated 1970-01-01")]
