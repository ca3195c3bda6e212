"""Event types, raids and who was there, as use cases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.errors import InvalidValue, NameTaken, NoSuch, NotPermitted
from dkp_core.kernel.ids import EventTypeId, RaidId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.points import EntryKind, PoolIsArchived
from dkp_core.raids import (
    EventTypeIsInactive,
    NamedPresence,
    Presence,
    RaidFilter,
    RaidIsCancelled,
    RaidStatus,
    TimeInFuture,
)
from tests.unit.guild_house import TONIGHT, GuildHouse


def test_a_raids_points_are_default_times_modifier_unless_it_says_otherwise(guild: GuildHouse) -> None:
    """D-1, P-12: default × modifier, half-up."""
    hard = guild.event_type("Hard", "12.50", modifier=Decimal("1.3333"))
    assert str(guild.raids(hard).points) == "16.67"
    assert str(guild.raids(hard, points=Points.of(3)).points) == "3.00"
    with pytest.raises(InvalidValue) as refused:
        guild.raids(hard, points=Points.of(-1))
    assert refused.value.field == "points"


def test_an_event_type_changes_and_raids_keep_what_they_gave(guild: GuildHouse) -> None:
    """D-1, G-4: raids that were recorded keep their points and pools."""
    kind = guild.event_type("Plane of Time", "10")
    raid = guild.raids(kind)
    change = guild.use.change_event_type()
    change(kind, default_points=Points.of(20), description="hard", metadata={"tier": "4"}, by=guild.officer.by)
    row = guild.use.show_event_type()(kind, by=guild.operator)
    assert (str(row.points), row.description, row.metadata) == ("20.00", "hard", {"tier": "4"})
    assert str(guild.use.show_raid()(raid.id, by=guild.operator).points) == "10.00"
    change(kind, active=False, by=guild.officer.by)
    with pytest.raises(EventTypeIsInactive):
        guild.raids(kind)
    assert guild.use.list_event_types()(active=True, by=guild.operator) == ()
    with pytest.raises(InvalidValue):
        change(kind, metadata={str(number): "x" for number in range(51)}, by=guild.officer.by)
    with pytest.raises(NameTaken):
        guild.event_type("PLANE OF TIME")
    with pytest.raises(NotPermitted):
        change(kind, name="Mine", by=guild.joins().by)


def test_an_event_type_that_raids_name_is_made_inactive_not_removed(guild: GuildHouse) -> None:
    """G-4: DELETE archives what history names and removes what nothing names."""
    used, unused = guild.event_type("Used"), guild.event_type("Unused")
    guild.raids(used)
    for kind in (used, unused, used):
        if kind in [row.id for row in guild.use.list_event_types()(by=guild.operator)]:
            guild.use.remove_event_type()(kind, by=guild.officer.by)
    assert [(row.name, row.active) for row in guild.use.list_event_types()(by=guild.operator)] == [("Used", False)]
    with pytest.raises(NoSuch):
        guild.use.remove_event_type()(unused, by=guild.officer.by)


def test_points_are_awarded_in_each_of_the_event_types_pools(guild: GuildHouse) -> None:
    """D-1: the points are awarded in each."""
    member = guild.joins()
    guild.plays(member, "Hero")
    other = guild.use.create_pool()(name="Other", by=guild.officer.by).id
    both = guild.event_type("Both", "5", pools=[guild.pool, other, other])
    guild.attends(guild.raids(both), "Hero")
    assert (guild.current(member), guild.current(member, other)) == ("5.00", "5.00")
    none = guild.event_type("None", "5", pools=[])
    taken = guild.attends(guild.raids(none), "Hero")
    assert len(taken.added) == 1
    assert guild.current(member) == "5.00"


def test_a_user_is_paid_once_a_tick_and_a_name_counts_once(guild: GuildHouse) -> None:
    """D-4, D-7: awarded once by default, however often and under whichever character."""
    member = guild.joins()
    guild.plays(member, "Main")
    guild.plays(member, "Alt")
    raid = guild.raids()
    first = guild.attends(raid, "Main", "MAIN", "Alt")
    assert ([str(line.awarded) for line in first.added], first.already_present) == (["10.00", "0.00"], ("MAIN",))
    again = guild.attends(raid, "alt", "main")
    assert (again.added, again.already_present) == ((), ("alt", "main"))
    assert guild.current(member) == "10.00"
    (entry,) = guild.history(member)
    assert (entry.kind, entry.reason, entry.character_name, entry.raid_id) == (
        EntryKind.ATTENDANCE,
        "Plane of Time",
        "Main",
        raid.id,
    )


def test_ticks_have_points_of_their_own(guild: GuildHouse) -> None:
    """D-2, D-10: with several ticks, each is paid to those who were there."""
    early, late = guild.joins("Early"), guild.joins("Late")
    guild.plays(early, "Early")
    guild.plays(late, "Late")
    raid = guild.raids()
    add = guild.use.add_tick()
    guild.clock.advance(timedelta(hours=2))
    add(raid.id, name="Second", at=TONIGHT + timedelta(hours=1), by=guild.officer.by)
    add(raid.id, name="Boss kill", points=Points.of(25), by=guild.officer.by)
    guild.attends(raid, "Early")
    guild.attends(raid, "Early", "Late", tick=2)
    guild.attends(raid, "Late", tick=3)
    assert (guild.current(early), guild.current(late)) == ("20.00", "35.00")
    detail = guild.use.show_raid()(raid.id, by=early.by)
    assert [(tick.name, str(tick.points), tick.attendees) for tick in detail.ticks] == [
        ("Attendance", "10.00", 1),
        ("Second", "10.00", 2),
        ("Boss kill", "25.00", 1),
    ]
    with pytest.raises(NoSuch):
        guild.attends(raid, "Early", tick=4)
    with pytest.raises(TimeInFuture):
        add(raid.id, name="Tomorrow", at=guild.clock.now() + timedelta(days=1), by=guild.officer.by)


def test_what_each_status_pays(guild: GuildHouse) -> None:
    """D-3: an excused absence pays nothing and every other status in full."""
    raid = guild.raids(at=TONIGHT - timedelta(hours=1))
    people = {presence: guild.joins(presence) for presence in Presence}
    for presence, person in people.items():
        guild.plays(person, presence.title().replace("_", ""))
    guild.use.record_attendance()(
        raid.id,
        [NamedPresence(name=each.title().replace("_", ""), presence=each) for each in Presence],
        by=guild.officer.by,
    )
    paid = {presence: guild.current(person) for presence, person in people.items()}
    assert paid.pop(Presence.ABSENT_EXCUSED) == "0.00"
    assert set(paid.values()) == {"10.00"}
    rows = guild.use.list_attendance_shares()(by=guild.operator)
    shares = {row.username: row.attendance_30 for row in rows if row.username != "Boss"}
    assert shares.pop(Presence.ABSENT_EXCUSED) == "0.00"
    assert set(shares.values()) == {"100.00"}


def test_the_same_user_excused_first_and_there_after_all(guild: GuildHouse) -> None:
    """D-3, D-4: for the one that pays most."""
    member = guild.joins()
    guild.plays(member, "Main")
    guild.plays(member, "Alt")
    raid = guild.raids()
    record = guild.use.record_attendance()
    record(raid.id, [NamedPresence(name="Alt", presence=Presence.ABSENT_EXCUSED)], by=guild.officer.by)
    assert guild.current(member) == "0.00"
    guild.attends(raid, "Main")
    assert guild.current(member) == "10.00"


def test_a_raid_took_place(guild: GuildHouse) -> None:
    """D-2: a time in the future is refused; clocks may differ a little."""
    with pytest.raises(TimeInFuture) as refused:
        guild.raids(at=TONIGHT + timedelta(minutes=6))
    assert refused.value.field == "starts_at"
    guild.raids(guild.event_type("Ahead"), at=TONIGHT + timedelta(minutes=5))
    with pytest.raises(InvalidValue):
        guild.raids(guild.event_type("Backwards"), ends_at=TONIGHT - timedelta(seconds=1))


def test_a_raid_is_changed_closed_and_opened_again(guild: GuildHouse) -> None:
    """D-2: end, leader, note, status."""
    member = guild.joins()
    raid = guild.raids()
    change = guild.use.change_raid()
    change(
        raid.id,
        ends_at=TONIGHT + timedelta(hours=3),
        leader=member.id,
        note="two wipes",
        closed=True,
        by=guild.officer.by,
    )
    row = guild.use.show_raid()(raid.id, by=member.by)
    assert (row.leader, row.note, row.status) == ("Somebody", "two wipes", RaidStatus.CLOSED)
    change(raid.id, closed=False, by=guild.officer.by)
    assert guild.use.show_raid()(raid.id, by=member.by).status is RaidStatus.OPEN
    with pytest.raises(NoSuch):
        change(raid.id, leader=UserId(999), by=guild.officer.by)
    with pytest.raises(NotPermitted):
        change(raid.id, note="mine", by=member.by)


def test_the_leader_of_a_raid_takes_its_attendance(guild: GuildHouse) -> None:
    """A-3: whoever an officer names leader of a raid may run its attendance."""
    leader, member = guild.joins("Leader"), guild.joins("Member")
    guild.plays(member, "Hero")
    mine, other = guild.raids(leader=leader.id), guild.raids(guild.event_type("Other"))
    guild.attends(mine, "Hero", by=leader.by)
    guild.use.add_tick()(mine.id, name="Second", by=leader.by)
    for person, raid in ((leader, other), (member, mine)):
        with pytest.raises(NotPermitted):
            guild.attends(raid, "Hero", by=person.by)
    bot = evolve(leader.by, user_id=None, permissions=frozenset({Permission.RAIDS_READ}))
    with pytest.raises(NotPermitted):
        guild.attends(other, "Hero", by=bot)


def test_cancelling_a_raid_takes_every_point_back(guild: GuildHouse) -> None:
    """D-8, G-4: the ledger follows by reversing entries; it counts for nobody's attendance."""
    anna, bert = guild.joins("Anna"), guild.joins("Bert")
    guild.plays(anna, "Zoe")
    guild.plays(bert, "Marc")
    raid = guild.raids()
    guild.use.add_tick()(raid.id, name="Second", by=guild.officer.by)
    guild.attends(raid, "Zoe", "Marc", "Unknown")
    guild.attends(raid, "Zoe", tick=2)
    with pytest.raises(NotPermitted):
        guild.use.cancel_raid()(raid.id, by=anna.by)
    guild.use.cancel_raid()(raid.id, reason="wrong night", by=guild.officer.by)
    assert (guild.current(anna), guild.current(bert)) == ("0.00", "0.00")
    assert [row.reason for row in guild.history(bert)] == ["wrong night", "Plane of Time"]
    assert guild.use.show_raid()(raid.id, by=anna.by).status is RaidStatus.CANCELLED
    assert guild.use.list_unresolved()(by=anna.by) == ()
    shares = guild.use.list_attendance_shares()(by=anna.by)
    assert {row.held_lifetime for row in shares} == {0}
    for attempt in (
        lambda: guild.use.cancel_raid()(raid.id, by=guild.officer.by),
        lambda: guild.attends(raid, "Zoe"),
        lambda: guild.use.change_raid()(raid.id, note="late", by=guild.officer.by),
        lambda: guild.use.add_tick()(raid.id, name="Third", by=guild.officer.by),
    ):
        with pytest.raises(RaidIsCancelled):
            attempt()


def test_a_raid_that_nobody_attended_is_removed(guild: GuildHouse) -> None:
    """G-4: removes what nothing names."""
    raid = guild.raids()
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    with pytest.raises(NoSuch):
        guild.use.show_raid()(raid.id, by=guild.operator)


def test_attendance_is_a_share_of_the_raids_held_in_the_window(guild: GuildHouse) -> None:
    """D-9: [at − N × 24 h, at) by raid start; lifetime since joined, or their first raid if earlier."""
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    kind = guild.event_type()
    for days, names in (
        (100, ["Zoe"]),
        (61, ["Zoe"]),
        (60, ["Unknown"]),
        (30, ["Zoe"]),
        (29, ["Unknown"]),
        (1, ["Zoe"]),
    ):
        guild.attends(guild.raids(kind, TONIGHT - timedelta(days=days)), *names)

    def row() -> tuple[tuple[int, int], ...]:
        (share,) = guild.use.list_attendance_shares()(user_id=anna.id, by=anna.by)
        return (
            (share.attended_30, share.held_30),
            (share.attended_60, share.held_60),
            (share.attended_90, share.held_90),
            (share.attended_lifetime, share.held_lifetime),
        )

    assert row() == ((2, 3), (2, 4), (3, 5), (4, 6))
    guild.clock.advance(timedelta(microseconds=1))
    assert row() == ((1, 2), (2, 3), (3, 5), (4, 6))


def test_a_raid_without_points_and_attendance_does_not_count(guild: GuildHouse) -> None:
    """D-15: raids that only carry items don't count for attendance."""
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    free = guild.event_type("Items only", "0")
    at = TONIGHT - timedelta(hours=1)
    empty = guild.raids(free, at)
    assert guild.use.list_attendance_shares()(user_id=anna.id, by=anna.by)[0].held_30 == 0
    guild.attends(empty, "Zoe")
    assert guild.use.list_attendance_shares()(user_id=anna.id, by=anna.by)[0].held_30 == 1
    guild.raids(guild.event_type("Paid", "1"), at)
    assert guild.use.list_attendance_shares()(user_id=anna.id, by=anna.by)[0].attendance_30 == "50.00"


def test_attendance_of_one_pools_raids(guild: GuildHouse) -> None:
    """D-9: per pool or overall."""
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    other = guild.use.create_pool()(name="Other", by=guild.officer.by).id
    at = TONIGHT - timedelta(hours=1)
    guild.attends(guild.raids(guild.event_type("Here"), at), "Zoe")
    guild.raids(guild.event_type("There", pools=[other]), at)
    shares = guild.use.list_attendance_shares()
    assert shares(user_id=anna.id, by=anna.by)[0].attendance_30 == "50.00"
    assert shares(user_id=anna.id, pool_id=guild.pool, by=anna.by)[0].attendance_30 == "100.00"
    assert shares(user_id=anna.id, pool_id=other, by=anna.by)[0].attendance_30 == "0.00"


def test_raids_are_filtered_and_sorted(guild: GuildHouse) -> None:
    """D-2: by event type, status, pool, attendee, date; pages."""
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    time, sky = guild.event_type("Time"), guild.event_type("Sky")
    old = guild.raids(time, TONIGHT - timedelta(days=2), note="Élan's birthday")
    new = guild.raids(sky, TONIGHT - timedelta(days=1))
    guild.attends(new, "Zoe", "Unknown")
    guild.use.change_raid()(old.id, closed=True, by=guild.officer.by)

    def ids(ordering: str = "", **wanted: object) -> list[RaidId]:
        show = guild.use.list_raids()
        page = show(RaidFilter(**wanted), ordering=ordering, page=PageRequest(), by=anna.by)  # type: ignore[arg-type]  # as given
        assert page.count == len(page.results)
        return [row.id for row in page.results]

    assert ids() == [new.id, old.id]
    assert ids("starts_at") == [old.id, new.id]
    assert ids(event_type_id=time) == ids(status=RaidStatus.CLOSED) == ids(search="birthday") == [old.id]
    assert ids(user_id=anna.id) == ids(search="sky") == [new.id]
    assert ids(since=TONIGHT - timedelta(days=1)) == [new.id]
    assert ids(until=TONIGHT - timedelta(days=1)) == [old.id]
    assert ids(pool_id=guild.pool) == [new.id, old.id]
    (row,) = [
        row for row in guild.use.list_raids()(RaidFilter(), page=PageRequest(), by=anna.by).results if row.id == new.id
    ]
    assert (row.event_type, row.ticks, row.attendees, row.unresolved) == ("Sky", 1, 1, 1)
    lines = guild.use.show_attendance()(new.id, by=anna.by)
    assert [(line.name, line.username, line.unresolved) for line in lines] == [
        ("Unknown", None, True),
        ("Zoe", "Anna", False),
    ]


@pytest.mark.parametrize("names", [[], ["x"] * 2001, [" "], ["ok", "x" * 65]])
def test_names_that_can_be_none_are_refused(guild: GuildHouse, names: list[str]) -> None:
    """G-8, G-9: the field is named, and nothing is recorded."""
    raid = guild.raids()
    with pytest.raises(InvalidValue) as refused:
        guild.attends(raid, *names)
    assert refused.value.field == "characters"
    assert guild.use.show_attendance()(raid.id, by=guild.operator) == ()


def test_guests_see_no_raids_and_the_neighbours_are_not_there(guild: GuildHouse) -> None:
    """A-3, G-1."""
    guest, neighbour = guild.joins("Guest", RoleGroup.GUEST), guild.neighbour()
    foreign = neighbour.raids()
    for look in (
        lambda: guild.use.list_raids()(RaidFilter(), page=PageRequest(), by=guest.by),
        lambda: guild.use.show_raid()(foreign.id, by=guest.by),
        lambda: guild.use.show_attendance()(foreign.id, by=guest.by),
        lambda: guild.use.list_attendance_shares()(by=guest.by),
        lambda: guild.use.list_unresolved()(by=guest.by),
        lambda: guild.use.list_event_types()(by=guest.by),
        lambda: guild.use.show_event_type()(EventTypeId(1), by=guest.by),
        lambda: guild.use.record_raid()(event_type_id=EventTypeId(1), starts_at=TONIGHT, by=guest.by),
        lambda: guild.use.create_event_type()(name="Mine", by=guest.by),
        lambda: guild.use.remove_event_type()(EventTypeId(1), by=guest.by),
    ):
        with pytest.raises(NotPermitted):
            look()
    for reach in (
        lambda: guild.use.show_raid()(foreign.id, by=guild.officer.by),
        lambda: guild.attends(foreign, "Hero"),
        lambda: guild.use.cancel_raid()(foreign.id, by=guild.officer.by),
        lambda: guild.use.show_event_type()(foreign.event_type_id, by=guild.officer.by),
        lambda: guild.raids(foreign.event_type_id),
    ):
        with pytest.raises(NoSuch):
            reach()


def test_a_leader_gives_no_points_of_their_own_making_and_none_after_leaving(guild: GuildHouse) -> None:
    """A-3: a leader runs the attendance; what a tick pays is the officers' business."""
    leader, member = guild.joins("Leader"), guild.joins("Member")
    guild.plays(member, "Hero")
    raid = guild.raids(leader=leader.id)
    with pytest.raises(NotPermitted):
        guild.use.add_tick()(raid.id, name="Mint", points=Points.of(5000), by=leader.by)
    gone = evolve(leader.by, permissions=frozenset())
    for attempt in (
        lambda: guild.use.add_tick()(raid.id, name="Late", by=gone),
        lambda: guild.attends(raid, "Hero", by=gone),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    guild.use.add_tick()(raid.id, name="Boss", points=Points.of(50), by=guild.officer.by)
    guild.attends(raid, "Hero", tick=2, by=leader.by)
    assert guild.current(member) == "50.00"


def test_no_raid_begins_in_an_archived_pool_but_those_begun_are_finished(guild: GuildHouse) -> None:
    """P-5: nothing new begins in an archived pool."""
    member = guild.joins()
    guild.plays(member, "Hero")
    old = guild.use.create_pool()(name="Old", by=guild.officer.by).id
    kind = guild.event_type("Old content", pools=[old])
    raid = guild.raids(kind)
    guild.use.change_pool()(old, archived=True, by=guild.officer.by)
    with pytest.raises(PoolIsArchived):
        guild.raids(kind)
    guild.attends(raid, "Hero")
    assert guild.current(member, old) == "10.00"


def test_a_character_is_paid_once_whatever_it_is_called(guild: GuildHouse) -> None:
    """D-4: where a pool pays each character, its alias is no other one."""
    guild.use.set_policies()(guild.pool, {"paid_once_per": "character"}, by=guild.officer.by)
    member = guild.joins()
    hero = guild.plays(member, "Hero")
    guild.plays(member, "Other")
    guild.use.add_alias()(hero, "Oldhero", by=guild.officer.by)
    guild.attends(guild.raids(), "Hero", "Oldhero", "Other")
    assert guild.current(member) == "20.00"
    assert guild.verified()
