"""Standby that members claim for themselves (P-16)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.raids import (
    LineChange,
    NamedPresence,
    NotedAlready,
    Presence,
    Raid,
    RaidIsCancelled,
    RaidIsClosed,
    StandbyIsForOfficers,
    StandbyIsOver,
)
from dkp_core.roster import CharacterStatus, StillPending
from tests.unit.guild_house import GuildHouse, Person


def lets_members(guild: GuildHouse, **more: object) -> None:
    """Members claim standby in the default pool."""
    guild.use.set_policies()(guild.pool, {"standby_claim": "members", **more}, by=guild.officer.by)


def lines(guild: GuildHouse, raid: Raid) -> list[tuple[int, str, Presence, str, bool]]:
    """Who stands where and how, for how much, and whether they said so themselves."""
    rows = guild.use.show_attendance()(raid.id, by=guild.operator)
    return [(row.tick, row.name, row.status, str(row.points_awarded), row.claimed) for row in rows]


@pytest.fixture
def member(guild: GuildHouse) -> Person:
    """A member with a main and an alt."""
    found = guild.joins("Anna")
    guild.plays(found, "Zoe")
    guild.plays(found, "Zoealt")
    return found


def test_a_member_stands_by_with_their_main_at_the_latest_tick(guild: GuildHouse, member: Person) -> None:
    """P-16: it pays what standby does; the same again changes nothing."""
    lets_members(guild, standby_percent="50")
    raid = guild.raids()
    guild.clock.advance(timedelta(hours=1))
    guild.use.add_tick()(raid.id, name="Second", by=guild.officer.by)
    for _ in range(2):
        line = guild.use.claim_standby()(raid.id, by=member.by)
        assert (line.tick, line.name, str(line.awarded)) == (2, "Zoe", "5.00")
    assert lines(guild, raid) == [(2, "Zoe", Presence.STANDBY, "5.00", True)]
    assert guild.current(member) == "5.00"
    alt = guild.use.find_character()("Zoealt", by=guild.operator).id
    guild.use.claim_standby()(raid.id, character_id=alt, tick=1, by=member.by)
    assert guild.current(member) == "10.00"


@pytest.mark.parametrize("counts", [True, False])
def test_whether_it_counts_is_the_pools_policy(guild: GuildHouse, member: Person, counts: bool) -> None:
    """P-16, D-9."""
    lets_members(guild, standby_counts=counts)
    raid = guild.raids()
    assert guild.use.claim_standby()(raid.id, by=member.by).counts is counts
    guild.clock.advance(timedelta(seconds=1))
    (row,) = guild.use.list_attendance_shares()(user_id=member.id, by=member.by)
    assert (row.attended_30, row.held_30) == (int(counts), 1)


def test_a_claim_is_taken_back_while_the_raid_is_open(guild: GuildHouse, member: Person) -> None:
    """P-16: with what it paid; what an officer noted or changed stays."""
    lets_members(guild)
    raid = guild.raids()
    withdraw = guild.use.withdraw_standby()
    with pytest.raises(NoSuch):
        withdraw(raid.id, by=member.by)
    guild.use.claim_standby()(raid.id, by=member.by)
    withdraw(raid.id, by=member.by)
    assert (lines(guild, raid), guild.current(member)) == ([], "0.00")
    guild.use.claim_standby()(raid.id, by=member.by)
    change = LineChange(name="Zoe", presence=Presence.PRESENT)
    guild.use.change_attendance()(raid.id, [change], by=guild.officer.by)
    with pytest.raises(NoSuch):
        withdraw(raid.id, by=member.by)
    with pytest.raises(NotedAlready):
        guild.use.claim_standby()(raid.id, by=member.by)
    guild.use.change_raid()(raid.id, closed=True, by=guild.officer.by)
    with pytest.raises(RaidIsClosed):
        withdraw(raid.id, by=member.by)
    assert guild.current(member) == "10.00"
    assert guild.verified()


def test_only_where_a_pool_lets_them_and_only_their_own(guild: GuildHouse, member: Person) -> None:
    """P-16, A-3: officers alone by default; of a raid that is open."""
    raid = guild.raids()
    claim = guild.use.claim_standby()
    with pytest.raises(StandbyIsForOfficers):
        claim(raid.id, by=member.by)
    lets_members(guild)
    other = guild.joins("Bert")
    marc = guild.plays(other, "Marc")
    waiting = guild.plays(member, "Wartend", status=CharacterStatus.PENDING)
    with pytest.raises(NoSuch):
        claim(raid.id, character_id=marc, by=member.by)
    with pytest.raises(StillPending):
        claim(raid.id, character_id=waiting, by=member.by)
    with pytest.raises(NoSuch):
        claim(raid.id, by=guild.joins("Nobody").by)
    guest = guild.joins("Guest", RoleGroup.GUEST)
    for by in (evolve(member.by, user_id=None), guest.by):
        with pytest.raises(NotPermitted):
            claim(raid.id, by=by)
    guild.use.change_raid()(raid.id, closed=True, by=guild.officer.by)
    with pytest.raises(RaidIsClosed):
        claim(raid.id, by=member.by)
    guild.attends(raid, "Marc")
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    with pytest.raises(RaidIsCancelled):
        claim(raid.id, by=member.by)
    assert guild.current(member) == "0.00"


def test_one_of_a_raid_s_pools_is_enough(guild: GuildHouse, member: Person) -> None:
    """P-16: the other pays by its own policies."""
    lets_members(guild)
    other = guild.use.create_pool()(name="Other", by=guild.officer.by).id
    guild.use.set_policies()(other, {"standby_percent": "0"}, by=guild.officer.by)
    raid = guild.raids(guild.event_type("Both", pools=[other, guild.pool]))
    guild.use.claim_standby()(raid.id, by=member.by)
    assert (guild.current(member), guild.current(member, other)) == ("10.00", "0.00")
    assert guild.verified()


@pytest.mark.parametrize("once_per", ["user", "character"])
def test_who_is_there_does_not_stand_by_too(guild: GuildHouse, member: Person, once_per: str) -> None:
    """P-16, D-4: neither with another character while one is noted, nor with several of them."""
    lets_members(guild, alt_percent="50", paid_once_per=once_per)
    alt = guild.use.find_character()("Zoealt", by=guild.operator).id
    raid = guild.raids()
    guild.attends(raid, "Zoealt")
    with pytest.raises(NotedAlready):
        guild.use.claim_standby()(raid.id, by=member.by)
    assert guild.current(member) == "5.00"
    other = guild.raids(guild.event_type("Other"))
    guild.use.claim_standby()(other.id, by=member.by)
    with pytest.raises(NotedAlready):
        guild.use.claim_standby()(other.id, character_id=alt, by=member.by)
    assert guild.current(member) == "15.00"


def test_what_is_noted_takes_the_place_of_a_claim(guild: GuildHouse, member: Person) -> None:
    """P-16, D-4: of the same name, and of another character of the same member; then it can't be taken back."""
    lets_members(guild, standby_percent="10", alt_percent="50")
    raid = guild.raids()
    guild.use.claim_standby()(raid.id, by=member.by)
    taken = guild.attends(raid, "Zoe")
    assert (len(taken.noted), taken.already_present) == (1, ())
    assert lines(guild, raid) == [(1, "Zoe", Presence.PRESENT, "10.00", False)]
    with pytest.raises(NoSuch):
        guild.use.withdraw_standby()(raid.id, by=member.by)
    other = guild.raids(guild.event_type("Other"))
    guild.use.claim_standby()(other.id, by=member.by)
    guild.attends(other, "Zoealt")
    assert lines(guild, other) == [(1, "Zoealt", Presence.PRESENT, "5.00", False)]
    bench = guild.raids(guild.event_type("Bench"))
    guild.use.claim_standby()(bench.id, by=member.by)
    stood_by = NamedPresence(name="Zoe", presence=Presence.STANDBY)
    guild.use.record_attendance()(bench.id, [stood_by], by=guild.officer.by)
    assert lines(guild, bench) == [(1, "Zoe", Presence.STANDBY, "1.00", False)]
    assert guild.current(member) == "16.00"
    assert guild.verified()


def test_a_name_that_turns_out_to_be_theirs_ends_the_claim(guild: GuildHouse, member: Person) -> None:
    """P-16, D-5: also where the name was noted before anybody knew whose it is."""
    lets_members(guild, alt_percent="50")
    raid = guild.raids()
    guild.attends(raid, "Zoetwo")
    guild.use.claim_standby()(raid.id, by=member.by)
    alt = guild.use.find_character()("Zoealt", by=guild.operator).id
    guild.use.resolve_name()("Zoetwo", character_id=alt, by=guild.officer.by)
    assert lines(guild, raid) == [(1, "Zoetwo", Presence.PRESENT, "5.00", False)]
    assert guild.current(member) == "5.00"
    assert guild.verified()


def test_it_is_claimed_on_the_night_of_the_raid(guild: GuildHouse, member: Person) -> None:
    """P-16: up to 12 hours after the tick; the same claim again is answered also later."""
    lets_members(guild)
    raid, late = guild.raids(), guild.raids(guild.event_type("Late"))
    guild.clock.advance(timedelta(hours=12))
    guild.use.claim_standby()(raid.id, by=member.by)
    guild.clock.advance(timedelta(seconds=1))
    guild.use.claim_standby()(raid.id, by=member.by)
    with pytest.raises(StandbyIsOver) as refused:
        guild.use.claim_standby()(late.id, by=member.by)
    assert "2026-11-21T08:00:00+00:00" in refused.value.sentence
    assert guild.current(member) == "10.00"


def test_a_pool_where_officers_note_it_pays_no_claim(guild: GuildHouse, member: Person) -> None:
    """P-16: nor does its policy say that the claim counts; an officer's word pays in both."""
    lets_members(guild, standby_counts=False)
    other = guild.use.create_pool()(name="Other", by=guild.officer.by).id
    raid = guild.raids(guild.event_type("Both", pools=[other, guild.pool]))
    assert not guild.use.claim_standby()(raid.id, by=member.by).counts
    assert (guild.current(member), guild.current(member, other)) == ("10.00", "0.00")
    stood_by = NamedPresence(name="Zoe", presence=Presence.STANDBY)
    guild.use.record_attendance()(raid.id, [stood_by], by=guild.officer.by)
    assert (guild.current(member), guild.current(member, other)) == ("10.00", "10.00")
    assert guild.verified()
