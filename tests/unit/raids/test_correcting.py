"""Corrections of raids: the ledger follows what was there, and nothing else moves (D-8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import CharacterId, PoolId, RaidId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.points import EntryKind
from dkp_core.raids import (
    Corrected,
    LineChange,
    NamedPresence,
    NobodyOwnedIt,
    Presence,
    Raid,
    RaidFilter,
    RaidIsCancelled,
    RaidStatus,
    TimeInFuture,
)
from dkp_core.roster import CharacterStatus, StillPending
from tests.unit.guild_house import TONIGHT, GuildHouse, Person

HALF: dict[str, Any] = {"late_percent": "50", "alt_percent": "50"}


def sets(guild: GuildHouse, pool: PoolId | None = None, **values: object) -> None:
    """The policies of a pool become these."""
    guild.use.set_policies()(pool or guild.pool, values, by=guild.officer.by)


def changes(guild: GuildHouse, raid: Raid, *names: str, by: Person | None = None, **how: object) -> Corrected:
    """Every one of these names is changed alike."""
    tick, dry_run = how.pop("tick", None), how.pop("dry_run", False)
    lines = [LineChange(name=name, **how) for name in names]  # type: ignore[arg-type]  # as given
    return guild.use.change_attendance()(
        raid.id,
        lines,
        tick=tick,  # type: ignore[arg-type]  # as given
        dry_run=bool(dry_run),
        by=(by or guild.officer).by,
    )


def removes(guild: GuildHouse, raid: Raid, *names: str, by: Person | None = None, tick: int | None = None) -> Corrected:
    """These names are taken off a tick."""
    return guild.use.remove_attendance()(raid.id, names, tick=tick, by=(by or guild.officer).by)


def kinds(guild: GuildHouse, person: Person) -> list[tuple[EntryKind, str]]:
    """A person's entries, the oldest first."""
    return [(row.kind, str(row.amount)) for row in reversed(guild.history(person))]


def shares(guild: GuildHouse, person: Person) -> str:
    """A person's attendance, as it is a moment later."""
    guild.clock.advance(timedelta(seconds=1))
    (row,) = guild.use.list_attendance_shares()(user_id=person.id, by=guild.operator)
    return f"{row.attended_30}/{row.held_30}"


def told(guild: GuildHouse, raid: Raid) -> list[str]:
    """The events of a raid, the oldest first."""
    wanted = AuditFilter(aggregate="raid", aggregate_id=str(raid.id))
    page = guild.use.show_audit_log()(wanted, page=PageRequest(), by=guild.officer.by)
    return [row.name for row in reversed(page.results)]


# --- who was there, and how -------------------------------------------------------------------------------------------


def test_a_status_is_changed_and_the_difference_is_booked(guild: GuildHouse) -> None:
    """D-8, G-4: what was booked is reversed, what should be is booked anew; others keep what they have."""
    sets(guild, **HALF)
    anna, bert = guild.joins("Anna"), guild.joins("Bert")
    guild.plays(anna, "Zoe")
    guild.plays(bert, "Marc")
    raid = guild.raids()
    guild.attends(raid, "Zoe", "Marc")
    answer = changes(guild, raid, "zoe", presence=Presence.LATE)
    assert (answer.applied, answer.changed, answer.reversed_entries, answer.booked_entries) == (True, 1, 1, 1)
    (moved,) = answer.paid_anew
    assert (moved.user_id, str(moved.before), str(moved.after), str(moved.difference)) == (
        anna.id,
        "10.00",
        "5.00",
        "-5.00",
    )
    assert (guild.current(anna), guild.current(bert)) == ("5.00", "10.00")
    attendance = EntryKind.ATTENDANCE
    assert kinds(guild, anna) == [(attendance, "10.00"), (attendance, "-10.00"), (attendance, "5.00")]
    assert kinds(guild, bert) == [(attendance, "10.00")]
    (row,) = [row for row in guild.use.show_attendance()(raid.id, by=anna.by) if row.name == "Zoe"]
    assert (row.status, str(row.points_awarded)) == (Presence.LATE, "5.00")
    assert told(guild, raid)[-1] == "attendance_corrected"
    assert guild.verified()


def test_what_is_so_already_changes_nothing(guild: GuildHouse) -> None:
    """D-8: the same correction twice, also where the policies are others by then."""
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    raid = guild.raids()
    guild.attends(raid, "Zoe")
    changes(guild, raid, "Zoe", presence=Presence.LATE)
    sets(guild, **HALF)
    before = told(guild, raid)
    again = changes(guild, raid, "Zoe", presence=Presence.LATE)
    assert (again.changed, again.reversed_entries, again.booked_entries, again.paid_anew) == (0, 0, 0, ())
    assert guild.current(anna) == "10.00"
    assert told(guild, raid) == before
    removes(guild, raid, "Zoe")
    again = removes(guild, raid, "Zoe", "Never")
    assert (again.removed, again.missing, again.reversed_entries) == (0, ("Zoe", "Never"), 0)


def test_who_is_concerned_is_paid_by_the_policies_of_now_and_nobody_else(guild: GuildHouse) -> None:
    """P-6, D-8: what was booked before stays as it was; each entry knows its version."""
    anna, bert = guild.joins("Anna"), guild.joins("Bert")
    guild.plays(anna, "Zoe")
    guild.plays(bert, "Marc")
    raid = guild.raids()
    guild.attends(raid, "Zoe", "Marc")
    changes(guild, raid, "Zoe", "Marc", presence=Presence.LATE)
    sets(guild, **HALF)
    changes(guild, raid, "Zoe", presence=Presence.LEFT_EARLY)
    changes(guild, raid, "Zoe", presence=Presence.LATE)
    assert (guild.current(anna), guild.current(bert)) == ("5.00", "10.00")
    assert guild.history(anna)[0].policies_version == 1


def test_a_dry_run_tells_who_would_gain_and_lose(guild: GuildHouse) -> None:
    """D-8: and changes nothing; the best line counts."""
    sets(guild, **HALF)
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    guild.plays(anna, "Zoealt")
    raid = guild.raids()
    guild.attends(raid, "Zoe", "Zoealt")
    answer = changes(guild, raid, "Zoe", presence=Presence.ABSENT_EXCUSED, dry_run=True)
    assert (answer.applied, answer.changed, answer.reversed_entries) == (False, 2, 0)
    assert [(each.user_id, str(each.difference)) for each in answer.paid_anew] == [(anna.id, "-5.00")]
    gone = guild.use.remove_attendance()(raid.id, ["Zoe", "Zoealt"], dry_run=True, by=guild.officer.by)
    assert [(str(each.before), str(each.after)) for each in gone.paid_anew] == [("10.00", "0.00")]
    assert guild.current(anna) == "10.00"
    assert len(guild.use.show_attendance()(raid.id, by=guild.operator)) == 2


def test_who_is_removed_loses_what_it_paid_and_another_character_is_paid(guild: GuildHouse) -> None:
    """D-8, D-4, D-9: one or many at once; who is not there any more has not attended."""
    sets(guild, **HALF)
    anna, bert = guild.joins("Anna"), guild.joins("Bert")
    guild.plays(anna, "Zoe")
    guild.plays(anna, "Zoealt")
    guild.plays(bert, "Marc")
    raid = guild.raids()
    guild.attends(raid, "Zoe", "Zoealt", "Marc", "Nobody")
    answer = removes(guild, raid, "ZOE", "marc", "Nobody")
    assert (answer.removed, answer.changed, answer.reversed_entries, answer.booked_entries) == (3, 1, 2, 1)
    assert (guild.current(anna), guild.current(bert)) == ("5.00", "0.00")
    assert [row.name for row in guild.use.show_attendance()(raid.id, by=anna.by)] == ["Zoealt"]
    assert (shares(guild, anna), shares(guild, bert)) == ("1/1", "0/1")
    assert guild.use.list_unresolved()(by=anna.by) == ()
    assert guild.verified()


def test_a_line_may_turn_out_to_be_somebody_else_s(guild: GuildHouse) -> None:
    """D-8, P-11: another character or another user; the points go along."""
    anna, bert, cleo = guild.joins("Anna"), guild.joins("Bert"), guild.joins("Cleo")
    guild.plays(anna, "Zoe")
    marc = guild.plays(bert, "Marc")
    raid = guild.raids()
    guild.attends(raid, "Zoe", "Nobody")
    changes(guild, raid, "Zoe", "Nobody", character_id=marc)
    assert (guild.current(anna), guild.current(bert)) == ("0.00", "10.00")
    changes(guild, raid, "Zoe", user_id=cleo.id)
    assert [guild.current(each) for each in (anna, bert, cleo)] == ["0.00", "10.00", "10.00"]
    assert (shares(guild, anna), shares(guild, cleo)) == ("0/1", "1/1")
    assert guild.use.list_unresolved()(by=anna.by) == ()
    assert guild.verified()


def test_a_character_that_came_later_and_pays_more_is_paid_instead(guild: GuildHouse) -> None:
    """D-4, D-8: recording more attendees takes the best line, also where a worse one was paid before."""
    sets(guild, **HALF)
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    guild.plays(anna, "Zoealt")
    raid = guild.raids()
    guild.attends(raid, "Zoealt")
    assert guild.current(anna) == "5.00"
    guild.attends(raid, "Zoe")
    assert guild.current(anna) == "10.00"
    assert [row.character_name for row in guild.history(anna)] == ["Zoe", "Zoealt", "Zoealt"]
    assert guild.verified()


def test_a_name_that_waited_is_paid_where_it_pays_more(guild: GuildHouse) -> None:
    """D-4, D-5: whom it is resolved to has an alt there that was paid."""
    sets(guild, **HALF)
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    guild.plays(anna, "Zoealt")
    raid = guild.raids()
    guild.attends(raid, "Zoealt", "Zoey")
    assert guild.current(anna) == "5.00"
    guild.use.resolve_name()("Zoey", user_id=anna.id, by=guild.officer.by)
    assert guild.current(anna) == "10.00"
    paid = {row.name: str(row.points_awarded) for row in guild.use.show_attendance()(raid.id, by=anna.by)}
    assert paid == {"Zoealt": "0.00", "Zoey": "10.00"}
    assert guild.verified()


def test_pools_of_one_raid_are_corrected_each_by_its_own_policies(guild: GuildHouse) -> None:
    """P-6, D-8: only where something differs is anything booked; cancelling takes all of it back."""
    other = guild.use.create_pool()(name="Other", by=guild.officer.by).id
    sets(guild, other, late_percent="20")
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    raid = guild.raids(guild.event_type("Both", pools=[guild.pool, other]))
    guild.attends(raid, "Zoe")
    answer = changes(guild, raid, "Zoe", presence=Presence.LATE)
    assert (answer.reversed_entries, answer.booked_entries) == (1, 1)
    assert (guild.current(anna), guild.current(anna, other)) == ("10.00", "2.00")
    (row,) = guild.use.show_attendance()(raid.id, by=anna.by)
    assert str(row.points_awarded) == "10.00"
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    assert (guild.current(anna), guild.current(anna, other)) == ("0.00", "0.00")
    assert guild.verified()


def test_what_a_cap_took_comes_back_with_what_it_was_taken_from(guild: GuildHouse) -> None:
    """P-6, D-8: and is taken anew from what is booked anew."""
    sets(guild, cap="12", **HALF)
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    raid = guild.raids(points=Points.of(20))
    guild.attends(raid, "Zoe")
    assert guild.current(anna) == "12.00"
    changes(guild, raid, "Zoe", presence=Presence.LATE)
    assert guild.current(anna) == "10.00"
    changes(guild, raid, "Zoe", presence=Presence.PRESENT)
    assert guild.current(anna) == "12.00"
    removes(guild, raid, "Zoe")
    assert guild.current(anna) == "0.00"
    assert guild.verified()


def test_the_same_names_at_other_ticks_keep_what_they_were_paid(guild: GuildHouse) -> None:
    """D-8: a correction is of one tick, also where two are at the same time."""
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    raid = guild.raids()
    guild.use.add_tick()(raid.id, name="Second", at=TONIGHT, points=Points.of(3), by=guild.officer.by)
    guild.attends(raid, "Zoe")
    guild.attends(raid, "Zoe", tick=2)
    removes(guild, raid, "Zoe")
    assert guild.current(anna) == "3.00"
    assert shares(guild, anna) == "1/1"
    removes(guild, raid, "Zoe", tick=2)
    assert (guild.current(anna), shares(guild, anna)) == ("0.00", "0/1")
    assert guild.verified()


def test_a_raid_whose_attendance_was_removed_is_cancelled_not_removed(guild: GuildHouse) -> None:
    """G-4: the ledger names it."""
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    raid = guild.raids()
    guild.attends(raid, "Zoe")
    removes(guild, raid, "Zoe")
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    assert guild.use.show_raid()(raid.id, by=anna.by).status is RaidStatus.CANCELLED


# --- points and ticks -------------------------------------------------------------------------------------------------


def test_other_points_of_a_raid_are_its_first_tick_s_too(guild: GuildHouse) -> None:
    """D-8, D-2: and the default of ticks to come; ticks that were added keep theirs."""
    anna, bert = guild.joins("Anna"), guild.joins("Bert")
    guild.plays(anna, "Zoe")
    guild.plays(bert, "Marc")
    raid = guild.raids()
    guild.use.add_tick()(raid.id, name="Second", by=guild.officer.by)
    guild.attends(raid, "Zoe", "Marc", "Nobody")
    guild.attends(raid, "Zoe", tick=2)
    change = guild.use.change_raid()
    for _ in range(2):
        change(raid.id, points=Points.of("12.50"), by=guild.officer.by)
    assert (guild.current(anna), guild.current(bert)) == ("22.50", "12.50")
    detail = guild.use.show_raid()(raid.id, by=anna.by)
    assert [str(tick.points) for tick in detail.ticks] == ["12.50", "10.00"]
    assert str(detail.points) == "12.50"
    assert told(guild, raid).count("attendance_corrected") == 1
    assert len(guild.history(bert)) == 3
    change(raid.id, points=Points.of(0), by=guild.officer.by)
    assert (guild.current(anna), guild.current(bert)) == ("10.00", "0.00")
    with pytest.raises(InvalidValue) as refused:
        change(raid.id, points=Points.of(-1), by=guild.officer.by)
    assert refused.value.field == "points"
    assert guild.verified()


def test_a_tick_that_is_moved_takes_its_entries_along(guild: GuildHouse) -> None:
    """D-8, P-4: points occurred when the tick was; who came stays as it was judged."""
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    raid = guild.raids()
    guild.attends(raid, "Zoe")
    earlier = TONIGHT - timedelta(hours=2)
    change = guild.use.change_tick()
    for _ in range(2):
        change(raid.id, 1, name="Start", at=earlier, by=guild.officer.by)
    assert [(row.occurred_at, str(row.amount)) for row in guild.history(anna)] == [
        (TONIGHT, "-10.00"),
        (TONIGHT, "10.00"),
        (earlier, "10.00"),
    ]
    (tick,) = guild.use.show_raid()(raid.id, by=anna.by).ticks
    assert (tick.name, tick.at) == ("Start", earlier)
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    assert guild.current(anna) == "0.00"
    assert guild.verified()


def test_a_tick_gets_other_points(guild: GuildHouse) -> None:
    """D-8: it alone."""
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    raid = guild.raids()
    guild.attends(raid, "Zoe")
    guild.use.change_tick()(raid.id, 1, points=Points.of(4), by=guild.officer.by)
    assert guild.current(anna) == "4.00"
    assert str(guild.use.show_raid()(raid.id, by=anna.by).points) == "10.00"
    guild.use.change_tick()(raid.id, 1, name="Renamed", by=guild.officer.by)
    assert len(guild.history(anna)) == 3
    with pytest.raises(NoSuch):
        guild.use.change_tick()(raid.id, 2, name="x", by=guild.officer.by)
    with pytest.raises(TimeInFuture):
        guild.use.change_tick()(raid.id, 1, at=TONIGHT + timedelta(hours=1), by=guild.officer.by)


def test_late_lines_stay_as_they_were_paid_when_a_second_tick_is_added(guild: GuildHouse) -> None:
    """D-10: until somebody changes them."""
    sets(guild, **HALF)
    anna, bert = guild.joins("Anna"), guild.joins("Bert")
    guild.plays(anna, "Zoe")
    guild.plays(bert, "Marc")
    raid = guild.raids()
    record = guild.use.record_attendance()
    record(raid.id, [NamedPresence(name="Zoe", presence=Presence.LATE)], by=guild.officer.by)
    guild.use.add_tick()(raid.id, name="Second", by=guild.officer.by)
    record(raid.id, [NamedPresence(name="Marc", presence=Presence.LATE)], by=guild.officer.by)
    assert (guild.current(anna), guild.current(bert)) == ("5.00", "10.00")


# --- who may, and what is refused -------------------------------------------------------------------------------------


def test_the_leader_corrects_attendance_and_gives_no_points(guild: GuildHouse) -> None:
    """A-3, D-8: like taking it."""
    leader, member = guild.joins("Leader"), guild.joins("Member")
    guild.plays(member, "Hero")
    raid, other = guild.raids(leader=leader.id), guild.raids(guild.event_type("Other"))
    guild.attends(raid, "Hero")
    changes(guild, raid, "Hero", presence=Presence.STANDBY, by=leader)
    guild.use.change_tick()(raid.id, 1, name="Pull", by=leader.by)
    removes(guild, raid, "Hero", by=leader)
    for refused in (
        lambda: guild.use.change_tick()(raid.id, 1, points=Points.of(500), by=leader.by),
        lambda: guild.use.change_raid()(raid.id, points=Points.of(500), by=leader.by),
        lambda: changes(guild, other, "Hero", presence=Presence.LATE, by=leader),
        lambda: removes(guild, other, "Hero", by=leader),
        lambda: removes(guild, raid, "Hero", by=member),
        lambda: guild.use.change_tick()(other.id, 1, name="x", by=leader.by),
        lambda: removes(guild, raid, "Hero", by=Person(leader.id, evolve(leader.by, permissions=frozenset()))),
    ):
        with pytest.raises(NotPermitted):
            refused()


def test_a_cancelled_raid_is_not_corrected(guild: GuildHouse) -> None:
    """D-8."""
    anna = guild.joins("Anna")
    guild.plays(anna, "Zoe")
    raid = guild.raids()
    guild.attends(raid, "Zoe")
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    for attempt in (
        lambda: changes(guild, raid, "Zoe", presence=Presence.LATE),
        lambda: removes(guild, raid, "Zoe"),
        lambda: guild.use.change_raid()(raid.id, points=Points.of(5), by=guild.officer.by),
        lambda: guild.use.change_tick()(raid.id, 1, points=Points.of(5), by=guild.officer.by),
    ):
        with pytest.raises(RaidIsCancelled):
            attempt()


def test_what_can_be_no_correction_is_refused_and_nothing_is_half_done(guild: GuildHouse) -> None:
    """G-8: many at once, all or none."""
    anna = guild.joins("Anna")
    zoe = guild.plays(anna, "Zoe")
    pending = guild.plays(anna, "Wartend", status=CharacterStatus.PENDING)
    stray = guild.plays(None, "Stray")
    raid = guild.raids()
    guild.attends(raid, "Zoe")
    with pytest.raises(NoSuch):
        changes(guild, raid, "Zoe", "Missing", presence=Presence.LATE)
    with pytest.raises(NobodyOwnedIt):
        changes(guild, raid, "Zoe", character_id=stray)
    with pytest.raises(StillPending):
        changes(guild, raid, "Zoe", character_id=pending)
    wrong: tuple[tuple[str, dict[str, Any]], ...] = (
        ("names", {}),
        ("character", {"character_id": zoe, "user_id": anna.id}),
    )
    for field, how in wrong:
        with pytest.raises(InvalidValue) as refused:
            changes(guild, raid, "Zoe", **how)
        assert refused.value.field == field
    with pytest.raises(InvalidValue):
        changes(guild, raid, "Zoe", "ZOE", presence=Presence.LATE)
    with pytest.raises(InvalidValue):
        changes(guild, raid)
    with pytest.raises(InvalidValue):
        removes(guild, raid)
    with pytest.raises(NoSuch):
        changes(guild, raid, "Zoe", user_id=UserId(999))
    with pytest.raises(NoSuch):
        changes(guild, raid, "Zoe", character_id=CharacterId(999))
    with pytest.raises(NoSuch):
        changes(guild, guild.neighbour().raids(), "Zoe", presence=Presence.LATE)
    assert guild.current(anna) == "10.00"


# --- whatever is corrected --------------------------------------------------------------------------------------------

NAMES = ("Main", "Alt", "Other", "Nobody")
STEP = st.one_of(
    st.tuples(st.just("record"), st.sampled_from(NAMES), st.sampled_from(Presence)),
    st.tuples(st.just("change"), st.sampled_from(NAMES), st.sampled_from(Presence)),
    st.tuples(st.just("remove"), st.sampled_from(NAMES), st.none()),
    st.tuples(st.just("points"), st.sampled_from(["0", "7.77", "10"]), st.none()),
)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEP, max_size=8), bounds=st.sampled_from([("user", None), ("user", "8"), ("character", None)]))
def test_corrections_come_to_what_a_fresh_raid_would_pay(
    steps: list[tuple[str, str, Presence | None]], bounds: tuple[str, str | None]
) -> None:
    """D-8, D-4, D-9: what everybody has is what one raid with the lines that are left would have given them."""
    per, cap = bounds
    corrected, fresh = GuildHouse(), GuildHouse()
    people: list[list[Person]] = []
    for guild in (corrected, fresh):
        sets(guild, standby_percent="33.33", standby_counts=False, paid_once_per=per, **HALF)
        other_pool = guild.use.create_pool()(name="Other", by=guild.officer.by).id
        sets(guild, other_pool, late_percent="80", standby_counts=False, cap=cap)
        one, two = guild.joins("One"), guild.joins("Two")
        guild.plays(one, "Main")
        guild.plays(one, "Alt")
        guild.plays(two, "Other")
        guild.raids(guild.event_type("Raid", pools=[guild.pool, other_pool]))
        people.append([one, two])
    raid_id = _only_raid(corrected)
    points = Points.of(10)
    for what, name, presence in steps:
        _take(corrected, raid_id, what, name, presence)
        points = Points.of(name) if what == "points" else points
    lines = corrected.use.show_attendance()(raid_id, by=corrected.operator)
    again = _only_raid(fresh)
    fresh.use.change_raid()(again, points=points, by=fresh.officer.by)
    if lines:
        named = [NamedPresence(name=line.name, presence=line.status) for line in lines]
        fresh.use.record_attendance()(again, named, by=fresh.officer.by)
    for one, other in zip(*people, strict=True):
        mine = corrected.use.show_balances()(one.id, by=corrected.operator).balances
        theirs = fresh.use.show_balances()(other.id, by=fresh.operator).balances
        assert [str(row.current) for row in mine] == [str(row.current) for row in theirs]
        assert shares(corrected, one) == shares(fresh, other)
    assert corrected.verified()


def _only_raid(guild: GuildHouse) -> RaidId:
    return guild.use.list_raids()(RaidFilter(), page=PageRequest(), by=guild.operator).results[0].id


def _take(guild: GuildHouse, raid_id: RaidId, what: str, name: str, presence: Presence | None) -> None:
    match what:
        case "record":
            assert presence is not None
            guild.use.record_attendance()(raid_id, [NamedPresence(name=name, presence=presence)], by=guild.officer.by)
        case "change":
            there = {row.name for row in guild.use.show_attendance()(raid_id, by=guild.operator)}
            if name in there:
                guild.use.change_attendance()(raid_id, [LineChange(name=name, presence=presence)], by=guild.officer.by)
        case "remove":
            guild.use.remove_attendance()(raid_id, [name], by=guild.officer.by)
        case _:
            guild.use.change_raid()(raid_id, points=Points.of(name), by=guild.officer.by)
