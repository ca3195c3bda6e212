"""Kinds of raids, and what they award."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import EventTypeId, GuildId, ItemPoolId, PoolId
from dkp_core.kernel.points import Points
from dkp_core.raids import EventType, EventTypeIsInactive, modifier_of, points_to_award
from dkp_core.raids.events import EventTypeChanged, EventTypeCreated


def an_event_type(points: str = "10", modifier: str = "1", **more: object) -> EventType:
    """A kind of raid as it was kept."""
    return EventType(
        id=EventTypeId(4),
        guild_id=GuildId(1),
        name="Plane of Time",
        pools=(PoolId(2),),
        default_points=Points.of(points),
        modifier=Decimal(modifier),
        version=1,
        **more,  # type: ignore[arg-type]  # as the test says
    )


@pytest.mark.parametrize(
    ("points", "modifier", "award"),
    [
        ("10", "1", "10.00"),
        ("10", "1.5", "15.00"),
        ("0.01", "0.5", "0.01"),
        ("10.01", "0.25", "2.50"),
        ("7", "0", "0.00"),
    ],
)
def test_points_are_default_times_modifier_rounded_half_up(points: str, modifier: str, award: str) -> None:
    """D-1, P-12: unless the raid says otherwise."""
    assert str(an_event_type(points, modifier).points) == award


@pytest.mark.parametrize(
    ("given_", "modifier"),
    [
        ("1.5", "1.5"),
        (" 2 ", "2"),
        (3, "3"),
        (Decimal("0.25"), "0.25"),
        ("1.5000", "1.5"),
        ("0", "0"),
        ("1000", "1000"),
        ("0.0001", "0.0001"),
        ("0000000001.5", "1.5"),
    ],
)
def test_a_modifier_is_an_exact_number(given_: object, modifier: str) -> None:
    """D-1: up to four decimals, 0 to 1000."""
    assert f"{modifier_of(given_):f}" == modifier


@pytest.mark.parametrize(
    "given_",
    [
        1.5,
        True,
        None,
        "",
        "abc",
        "1.23456",
        "-1",
        "-0.0001",
        "1000.0001",
        "1001",
        "NaN",
        "Infinity",
        "1e9",
        "0" * 13,
        "1" * 99,
    ],
)
def test_another_modifier_is_refused(given_: object) -> None:
    """G-8: a float is not exact, and the field is named."""
    with pytest.raises(InvalidValue) as refused:
        modifier_of(given_, "difficulty")
    assert refused.value.name == "difficulty"
    assert refused.value.fault.startswith(f"{str(given_)[:40]!r} is ")
    assert refused.value.accepted == "a whole number or a string from 0 to 1000 with at most 4 decimals"


def test_a_raid_awards_nothing_or_more() -> None:
    """D-1: points are taken away with an adjustment."""
    assert points_to_award("0") == Points.of(0)
    assert points_to_award("0.01") == Points(1)
    assert modifier_of("1").as_tuple().exponent == 0
    with pytest.raises(InvalidValue) as refused:
        points_to_award("-0.01", "default_points")
    assert refused.value.sentence == (
        "default_points: -0.01 is less than 0; accepted: 0 or more; take points away with an adjustment."
    )
    with pytest.raises(InvalidValue) as inexact:
        points_to_award(1.5, "default_points")
    assert inexact.value.name == "default_points"
    with pytest.raises(InvalidValue) as unnamed:
        modifier_of("x")
    assert unnamed.value.sentence == (
        "modifier: 'x' is no number; accepted: a whole number or a string from 0 to 1000 with at most 4 decimals."
    )


def test_an_event_type_is_created_with_its_words_cleaned() -> None:
    """D-1, G-9: name, description and metadata."""
    rough = evolve(
        an_event_type(), name="  Plane  of Time ", description=" the end \n", metadata={" zone ": " potime "}
    )
    created = rough.created()
    assert (created.name, created.description, created.metadata) == ("Plane of Time", "the end", {"zone": "potime"})
    assert created.pending == (EventTypeCreated(event_type_id=EventTypeId(4), name="Plane of Time"),)
    assert created.pending[0].aggregate_id == "4"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"default_points": Points.of(-1)}, "default_points"),
        ({"description": "x" * 4001}, "description"),
        ({"metadata": {"": "x"}}, "metadata"),
        ({"metadata": {"zone": "\x00"}}, "metadata.zone"),
        ({"metadata": {"z" * 64: "\x00"}}, f"metadata.{'z' * 64}"),
        ({"metadata": {str(number): "" for number in range(51)}}, "metadata"),
        ({"default_points": Points.of("9999999999.99"), "modifier": Decimal("1.0001")}, "points"),
    ],
)
def test_what_cannot_be_kept_is_refused(more: dict[str, object], field: str) -> None:
    """G-8: when it is made and when it is changed, by its field."""
    with pytest.raises(InvalidValue) as refused:
        evolve(an_event_type(), **more).created()  # type: ignore[arg-type]  # as the test says
    assert refused.value.name == field
    with pytest.raises(InvalidValue):
        an_event_type().change(**more)  # type: ignore[arg-type]  # as the test says


def test_fifty_entries_of_metadata_are_kept() -> None:
    """D-1: the limit itself."""
    metadata = {str(number): "x" for number in range(50)}
    assert an_event_type().change(metadata=metadata).metadata == metadata
    with pytest.raises(InvalidValue) as refused:
        an_event_type().change(metadata=metadata | {"one": "more"})
    assert refused.value.sentence == "metadata: it has 51 entries; accepted: at most 50."


def test_what_changes_is_told() -> None:
    """G-5: with the values before and after."""
    changed = an_event_type().change(
        name="Fear",
        pools=(PoolId(3), PoolId(2)),
        default_points=Points.of("12.5"),
        modifier=Decimal(2),
        description="spiders",
        item_pools=(ItemPoolId(6),),
        active=False,
    )
    (event,) = changed.pending
    assert event.aggregate_id == "4"
    assert isinstance(event, EventTypeChanged)
    assert event.changes == (
        Change(field="name", before="Plane of Time", after="Fear"),
        Change(field="pools", before="2", after="2, 3"),
        Change(field="default_points", before="10.00", after="12.50"),
        Change(field="modifier", before="1", after="2"),
        Change(field="description", before="", after="spiders"),
        Change(field="item_pools", before="", after="6"),
        Change(field="active", before=True, after=False),
    )


def test_what_is_not_given_stays() -> None:
    """I-1: PATCH names what it changes."""
    event_type = an_event_type(
        "7", "2", description="d", metadata={"a": "b"}, item_pools=(ItemPoolId(6),), active=False
    )
    assert event_type.change() is event_type
    renamed = event_type.change(name="Other")
    assert evolve(renamed, name=event_type.name) == event_type
    assert event_type.change(description="x").name == "Plane of Time"
    assert event_type.change(metadata={}).metadata == {}
    assert event_type.change(pools=()).pools == ()
    assert event_type.change(item_pools=()).item_pools == ()
    assert event_type.change(default_points=Points.of(0)).default_points == Points.of(0)
    assert event_type.change(modifier=Decimal(0)).modifier == 0


def test_no_new_raids_of_an_inactive_event_type() -> None:
    """D-1: bring it back first."""
    an_event_type().must_be_active()
    with pytest.raises(EventTypeIsInactive) as refused:
        an_event_type(active=False).must_be_active()
    assert refused.value.sentence == "Event type 4 is inactive; bring it back first."
