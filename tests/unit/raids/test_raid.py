"""A raid and its ticks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from attrs import evolve

from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import EventTypeId, GuildId, PoolId, RaidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.raids import EventType, EventTypeIsInactive, Raid, RaidIsCancelled, RaidStatus, Tick, TimeInFuture
from dkp_core.raids.events import RaidCancelled, RaidChanged, RaidRecorded, TickAdded

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
SKEW = timedelta(minutes=5)
TICK = timedelta(microseconds=1)
TIME = EventType(
    id=EventTypeId(4),
    guild_id=GuildId(1),
    name="Plane of Time",
    pools=(PoolId(2), PoolId(3)),
    default_points=Points.of(10),
    modifier=Decimal("1.5"),
)


def a_raid(starts_at: datetime = NOW - HOUR, **more: object) -> Raid:
    """A raid that was just written down."""
    given = {"event_type": TIME, "now": NOW} | more
    return Raid.record(RaidId(5), GuildId(1), starts_at=starts_at, **given)  # type: ignore[arg-type]  # as the test says


def kept(raid: Raid) -> Raid:
    """The raid as it was kept."""
    return evolve(raid, pending=(), version=1)


CANCELLED = evolve(a_raid(), status=RaidStatus.CANCELLED)


def test_a_raid_is_recorded_with_its_first_tick() -> None:
    """D-2: its points are its event type's, and its first tick's."""
    raid = a_raid(ends_at=NOW, leader=UserId(9), note=" won ")
    assert (raid.id, raid.guild_id) == (5, 1)
    assert (raid.event_type_id, raid.title, raid.pools) == (4, "Plane of Time", (2, 3))
    assert (raid.starts_at, raid.ends_at, raid.leader, raid.note) == (NOW - HOUR, NOW, 9, "won")
    assert (raid.points, raid.status) == (Points.of(15), RaidStatus.OPEN)
    assert raid.ticks == (Tick(number=1, name="Attendance", at=NOW - HOUR, points=Points.of(15)),)
    assert raid.pending == (
        RaidRecorded(
            raid_id=RaidId(5),
            event_type_id=EventTypeId(4),
            starts_at="2026-11-20T19:00:00+00:00",
            points="15.00",
        ),
    )
    assert raid.pending[0].aggregate_id == "5"


def test_a_raid_may_say_otherwise() -> None:
    """D-1: points and the first tick's name."""
    raid = a_raid(points=Points.of("3.5"), tick_name=" On  time ")
    assert raid.points == raid.ticks[0].points == Points.of("3.5")
    assert raid.ticks[0].name == "On time"
    assert a_raid(points=Points.of(0)).points == Points.of(0)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"points": Points.of("-0.01")}, "points"),
        ({"tick_name": ""}, "tick"),
        ({"note": "x" * 4001}, "note"),
        ({"ends_at": NOW - HOUR - TICK}, "ends_at"),
    ],
)
def test_what_cannot_be_is_refused(more: dict[str, object], field: str) -> None:
    """G-8: by its field."""
    with pytest.raises(InvalidValue) as refused:
        a_raid(**more)  # type: ignore[arg-type]  # as the test says
    assert refused.value.name == field


def test_a_raid_may_end_when_it_starts() -> None:
    """D-2: a short one."""
    assert a_raid(ends_at=NOW - HOUR).ends_at == NOW - HOUR


def test_raids_are_written_down_after_they_began() -> None:
    """D-2: a few minutes ahead is a game client's clock, more is a mistake."""
    assert a_raid(NOW + SKEW).starts_at == NOW + SKEW
    with pytest.raises(TimeInFuture) as refused:
        a_raid(NOW + SKEW + TICK)
    assert refused.value.field == "starts_at"
    assert refused.value.sentence == (
        "starts_at: 2026-11-20T20:05:00.000001+00:00 is in the future; "
        "accepted: a time up to now, 2026-11-20T20:00:00+00:00."
    )


def test_no_raid_of_an_inactive_event_type() -> None:
    """D-1: bring it back first."""
    with pytest.raises(EventTypeIsInactive):
        a_raid(event_type=evolve(TIME, active=False))


def test_ticks_are_numbered_on() -> None:
    """D-2: each with its own time and points, the raid's unless given."""
    raid = kept(a_raid()).add_tick(name=" Second  hour ", at=NOW, points=None, now=NOW)
    raid = raid.add_tick(name="Boss", at=NOW - TICK, points=Points.of("2.5"), now=NOW)
    assert raid.ticks[1:] == (
        Tick(number=2, name="Second hour", at=NOW, points=Points.of(15)),
        Tick(number=3, name="Boss", at=NOW - TICK, points=Points.of("2.5")),
    )
    assert raid.pending[0] == TickAdded(
        raid_id=RaidId(5), tick=2, name="Second hour", at="2026-11-20T20:00:00+00:00", points="15.00"
    )
    assert raid.points == Points.of(15)


def test_a_tick_gets_a_number_of_its_own_whatever_went_before() -> None:
    """D-2: one more than the highest."""
    raid = evolve(a_raid(), ticks=(evolve(a_raid().ticks[0], number=7), a_raid().ticks[0]))
    assert raid.add_tick(name="x", at=NOW, points=None, now=NOW).ticks[-1].number == 8


def test_a_tick_is_checked_like_a_raid() -> None:
    """G-8: name, points and time."""
    with pytest.raises(InvalidValue) as nameless:
        a_raid().add_tick(name="", at=NOW, points=None, now=NOW)
    assert nameless.value.name == "tick"
    with pytest.raises(InvalidValue) as negative:
        a_raid().add_tick(name="x", at=NOW, points=Points.of(-1), now=NOW)
    assert negative.value.name == "points"
    with pytest.raises(TimeInFuture) as future:
        a_raid().add_tick(name="x", at=NOW + SKEW + TICK, points=None, now=NOW)
    assert future.value.field == "at"


def test_a_raid_has_two_hundred_ticks_at_most() -> None:
    """G-8: more is a mistake of some program."""
    (first,) = a_raid().ticks
    almost = evolve(a_raid(), ticks=tuple(evolve(first, number=number) for number in range(1, 200)))
    full = almost.add_tick(name="x", at=NOW, points=None, now=NOW)
    assert len(full.ticks) == 200
    with pytest.raises(InvalidValue) as refused:
        full.add_tick(name="x", at=NOW, points=None, now=NOW)
    assert refused.value.sentence == "ticks: the raid has 200; accepted: at most 200."


def test_attendance_that_names_no_tick_goes_to_the_first() -> None:
    """D-2: and a tick that is not there is not found."""
    raid = a_raid().add_tick(name="x", at=NOW, points=None, now=NOW)
    assert raid.tick().number == 1
    assert raid.tick(1).number == 1
    assert raid.tick(2).number == 2
    with pytest.raises(NoSuch) as refused:
        raid.tick(3)
    assert (refused.value.kind, refused.value.key) == ("tick", "3")


def test_a_raid_is_changed_and_closed_and_opened_again() -> None:
    """D-2, G-5: what changes is told."""
    changed = kept(a_raid()).change(ends_at=NOW, leader=UserId(9), note=" won ", closed=True)
    assert (changed.ends_at, changed.leader, changed.note, changed.status) == (NOW, 9, "won", RaidStatus.CLOSED)
    assert changed.pending == (
        RaidChanged(
            raid_id=RaidId(5),
            changes=(
                Change(field="ends_at", before=None, after="2026-11-20 20:00:00+00:00"),
                Change(field="leader", before=None, after=9),
                Change(field="note", before="", after="won"),
                Change(field="status", before="open", after="closed"),
            ),
        ),
    )
    assert changed.change(closed=False).status is RaidStatus.OPEN


def test_what_is_not_given_stays() -> None:
    """I-1: PATCH names what it changes."""
    raid = kept(a_raid(ends_at=NOW, leader=UserId(9), note="won")).change(closed=True)
    assert raid.change() is raid
    assert raid.change(note="lost").status is RaidStatus.CLOSED
    assert raid.change(note="lost").ends_at == NOW
    assert raid.change(note="lost").leader == 9
    assert raid.change(note="").note == ""
    assert raid.change(closed=False).note == "won"


def test_a_change_is_checked_like_the_recording() -> None:
    """G-8: the end and the note."""
    with pytest.raises(InvalidValue) as early:
        a_raid().change(ends_at=NOW - HOUR - TICK)
    assert early.value.sentence == (
        "ends_at: 2026-11-20T18:59:59.999999+00:00 is before the start; accepted: a time from the start on."
    )
    with pytest.raises(InvalidValue) as long:
        a_raid().change(note="x" * 4001)
    assert long.value.name == "note"


def test_a_raid_is_cancelled() -> None:
    """D-8, G-4: its points taken back; how many entries that took is told."""
    cancelled = kept(a_raid()).cancel(reason=" wrong night ", reversed_entries=3)
    assert cancelled.status is RaidStatus.CANCELLED
    assert cancelled.pending == (RaidCancelled(raid_id=RaidId(5), reason="wrong night", reversed_entries=3),)
    with pytest.raises(InvalidValue) as refused:
        a_raid().cancel(reason="\x00", reversed_entries=0)
    assert refused.value.name == "reason"


def test_nothing_more_happens_to_a_cancelled_raid() -> None:
    """D-8: neither ticks nor changes nor a second cancelling."""
    a_raid().must_stand()
    with pytest.raises(RaidIsCancelled) as refused:
        CANCELLED.must_stand()
    assert refused.value.sentence == "Raid 5 is cancelled."
    with pytest.raises(RaidIsCancelled):
        CANCELLED.add_tick(name="x", at=NOW, points=None, now=NOW)
    with pytest.raises(RaidIsCancelled):
        CANCELLED.change(note="x")
    with pytest.raises(RaidIsCancelled):
        CANCELLED.cancel(reason="", reversed_entries=0)
