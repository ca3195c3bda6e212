"""Booking under policies: each entry knows its version, and what is over a cap is taken at once (P-6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import AdjustmentLine, EntryKind
from dkp_core.reactions import GIVE_START_POINTS
from tests.unit.guild_house import GuildHouse, Person
from tests.unit.reacting import follow_up

MONDAY = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


def adjusts(guild: GuildHouse, person: Person, amount: str, at: datetime | None = None) -> None:
    """Points moved by hand."""
    line = AdjustmentLine(amount=Points.of(amount), user_id=person.id)
    guild.use.adjust_points()([line], reason="by hand", occurred_at=at, by=guild.officer.by)


def kinds(guild: GuildHouse, person: Person) -> list[tuple[str, str]]:
    """Kind and amount of a person's entries, the oldest first."""
    rows = sorted(guild.history(person), key=lambda row: row.id)
    return [(row.kind.value, str(row.amount)) for row in rows]


@pytest.fixture
def guild() -> GuildHouse:
    return GuildHouse()


def test_each_entry_knows_the_policies_it_was_made_under(guild: GuildHouse) -> None:
    """P-6, P-14: what was booked before a change stays as it was."""
    member = guild.joins()
    guild.plays(member, "Aldo")
    adjusts(guild, member, "5")
    guild.use.set_policies()(guild.pool, {"cap": "500"}, by=guild.officer.by)
    guild.attends(guild.raids(), "Aldo")
    guild.use.set_policies()(guild.pool, {"cap": "400"}, by=guild.officer.by)
    adjusts(guild, member, "1")
    rows = sorted(guild.history(member), key=lambda row: row.id)
    assert [row.policies_version for row in rows] == [0, 1, 2]


def test_what_is_over_the_cap_is_taken_by_a_cap_entry(guild: GuildHouse) -> None:
    """P-6: the attendance counts as earned in full; the cap entry comes from the same raid at the same time."""
    member = guild.joins()
    guild.plays(member, "Aldo")
    guild.use.set_policies()(guild.pool, {"cap": "15"}, by=guild.officer.by)
    kind = guild.event_type()
    first, second, third = (guild.raids(kind) for _ in range(3))
    for raid in (first, second, third):
        guild.attends(raid, "Aldo")
    expected = [("attendance", "10.00"), ("attendance", "10.00"), ("cap", "-5.00"), ("attendance", "10.00")]
    assert kinds(guild, member) == [*expected, ("cap", "-10.00")]
    assert guild.current(member) == "15.00"
    capped = [row for row in guild.history(member) if row.kind is EntryKind.CAP]
    assert {row.raid_id for row in capped} == {second.id, third.id}
    assert {row.bucket for row in capped} == {"adjusted"}
    # Whoever takes back the raid takes back what its cap took.
    guild.use.cancel_raid()(second.id, by=guild.officer.by)
    assert guild.current(member) == "10.00"
    assert guild.verified()


def test_what_was_over_the_cap_before_is_left_alone(guild: GuildHouse) -> None:
    """P-6: a cap that comes later takes nothing that one has; nothing is added to it."""
    member = guild.joins()
    adjusts(guild, member, "100")
    guild.use.set_policies()(guild.pool, {"cap": "50"}, by=guild.officer.by)
    adjusts(guild, member, "7")
    assert guild.current(member) == "100.00"
    adjusts(guild, member, "-60")
    adjusts(guild, member, "30")
    assert guild.current(member) == "50.00"


def test_an_adjustment_that_is_reversed_takes_its_cap_entry_along(guild: GuildHouse) -> None:
    """P-6, P-8: balances are what they were before it."""
    member = guild.joins()
    guild.use.set_policies()(guild.pool, {"cap": "50"}, by=guild.officer.by)
    adjusts(guild, member, "45")
    line = AdjustmentLine(amount=Points.of("20"), user_id=member.id)
    (made,) = guild.use.adjust_points()([line], reason="gift", by=guild.officer.by)
    assert guild.current(member) == "50.00"
    guild.use.reverse_adjustment()(made.id, reason="no gift", by=guild.officer.by)
    assert guild.current(member) == "45.00"


def test_the_weekly_cap_counts_by_the_guild_s_weeks(guild: GuildHouse) -> None:
    """P-6, G-2: earned per week, by when it occurred; what is adjusted by hand is not earned."""
    member = guild.joins()
    guild.plays(member, "Aldo")
    by, kind = guild.officer.by, guild.event_type()
    guild.use.set_policies()(guild.pool, {"weekly_cap": "15"}, by=by)
    guild.use.change_guild()(timezone="America/New_York", by=by)
    # In New York the week begins on Monday at 05:00 UTC.
    for at in (MONDAY, MONDAY + timedelta(hours=1), MONDAY.replace(hour=4), MONDAY.replace(hour=5)):
        guild.attends(guild.raids(kind, at=at), "Aldo")
    earned = {row.occurred_at: str(row.amount) for row in guild.history(member) if row.kind is EntryKind.CAP}
    assert earned == {MONDAY + timedelta(hours=1): "-5.00", MONDAY.replace(hour=5): "-10.00"}
    adjusts(guild, member, "100", MONDAY)
    assert guild.current(member) == "125.00"


def test_two_raids_of_one_pool_in_one_file_of_adjustments_are_capped_in_order(guild: GuildHouse) -> None:
    """P-6: what is booked at once is capped line by line, for each user alone."""
    one, other = guild.joins(), guild.joins()
    guild.use.set_policies()(guild.pool, {"cap": "10"}, by=guild.officer.by)
    lines = [AdjustmentLine(amount=Points.of(each), user_id=one.id) for each in ("6", "6", "-3", "6")]
    lines.append(AdjustmentLine(amount=Points.of("9"), user_id=other.id))
    guild.use.adjust_points()(lines, reason="all at once", by=guild.officer.by)
    assert (guild.current(one), guild.current(other)) == ("10.00", "9.00")
    assert [amount for kind, amount in kinds(guild, one) if kind == "cap"] == ["-2.00", "-3.00"]


_AMOUNTS = st.integers(min_value=-3000, max_value=3000).filter(bool)


@given(amounts=st.lists(st.tuples(st.integers(0, 1), _AMOUNTS), max_size=12), cap=st.integers(1, 2500))
def test_the_cap_holds_after_anything_that_is_booked(amounts: list[tuple[int, int]], cap: int) -> None:
    """P-6: whatever the order, nobody who was below the cap comes above it, and no points are made by it."""
    guild = GuildHouse()
    people = (guild.joins(), guild.joins())
    guild.use.set_policies()(guild.pool, {"cap": str(Points(cap))}, by=guild.officer.by)
    for index, amount in amounts:
        before = guild.balance(people[index]).current
        adjusts(guild, people[index], str(Points(amount)))
        after = guild.balance(people[index]).current
        assert after <= Points(cap)
        assert after == min(before + Points(amount), Points(cap))
    assert guild.verified()


def test_a_cap_that_is_far_away_asks_for_no_entry(guild: GuildHouse) -> None:
    """P-6: nothing is booked where nothing is taken."""
    member = guild.joins()
    guild.use.set_policies()(guild.pool, {"cap": "9999999999.99"}, by=guild.officer.by)
    adjusts(guild, member, "9999999999.99")
    assert kinds(guild, member) == [("adjustment", "9999999999.99")]
    assert guild.balance(member).current - Points.of("9999999999.99") == ZERO


def _week_of_one_person(guild: GuildHouse, **policies: str) -> tuple[Person, Person]:
    """Somebody with a character, and whoever they were before, merged into them since."""
    member, old = guild.joins(), guild.unlinked()
    guild.plays(member, "Neu")
    guild.plays(old, "Alt")
    guild.use.set_policies()(guild.pool, dict(policies), by=guild.officer.by)
    return member, old


@pytest.mark.parametrize("cap", ["cap", "weekly_cap"])
def test_caps_bind_a_person_whoever_they_were(guild: GuildHouse, cap: str) -> None:
    """P-6, R-8: what is booked on who was merged counts for the person; the cut stays beside what it cuts."""
    member, old = _week_of_one_person(guild, **{cap: "100"})
    first, second = guild.raids(guild.event_type("A")), guild.raids(guild.event_type("B", points="90"))
    guild.attends(first, "Alt")
    guild.attends(second, "Neu")
    guild.use.merge_users()(old.id, into=member.id, reason="one", by=guild.officer.by)
    guild.use.change_raid()(first.id, points=Points.of("60"), by=guild.officer.by)
    assert guild.current(member) == "100.00"
    assert ("cap", "-50.00") in kinds(guild, old)
    guild.attends(guild.raids(guild.event_type("C")), "Neu")
    assert guild.current(member) == "100.00"
    assert guild.verified()


def test_a_merge_does_not_fill_the_week(guild: GuildHouse) -> None:
    """P-6, R-8: what somebody earned long ago is not earned again when it becomes another's."""
    member, old = _week_of_one_person(guild, weekly_cap="15")
    guild.attends(guild.raids(at=guild.clock.now() - timedelta(days=30)), "Alt")
    guild.use.merge_users()(old.id, into=member.id, reason="one", by=guild.officer.by)
    guild.attends(guild.raids(guild.event_type("Now")), "Neu")
    assert guild.current(member) == "20.00"


def test_start_points_are_not_earned_in_a_week(guild: GuildHouse) -> None:
    """P-6: the weekly cap neither takes of them nor is filled by them; the cap on the balance binds them."""
    start = [{"role_group": "member", "points": "50"}]
    guild.use.set_policies()(guild.pool, {"start_points": start, "weekly_cap": "15"}, by=guild.officer.by)
    member = guild.joins()
    follow_up(guild, GIVE_START_POINTS)
    assert guild.current(member) == "50.00"
    guild.plays(member, "Neu")
    guild.attends(guild.raids(), "Neu")
    assert guild.current(member) == "60.00"
