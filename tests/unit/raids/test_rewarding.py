"""Bonuses and penalties for raids: by the pool's rules once a raid is closed, and as officers give them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import RaidId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import (
    AdjustmentLine,
    Batch,
    BatchFilter,
    BatchIsThere,
    BatchKind,
    BatchRow,
    EntryKind,
    PreviewIsOld,
    WantedRun,
)
from dkp_core.raids import (
    REWARD_RAID,
    NamedPresence,
    Presence,
    Raid,
    RaidIsCancelled,
    WantedBonus,
)
from tests.unit.guild_house import TONIGHT, GuildHouse, Person
from tests.unit.reacting import follow_up

HOUR = timedelta(hours=1)
RULES = [
    {"name": "On time", "given_for": "on_time", "points": "2"},
    {"name": "Full raid", "given_for": "full_raid", "points": "5"},
]


@pytest.fixture
def people(guild: GuildHouse) -> tuple[Person, Person, Person]:
    """Three members with a character each, in a guild that rewards who is on time and who stays."""
    guild.use.set_policies()(guild.pool, {"bonuses": RULES}, by=guild.operator)
    found = guild.joins("Ada"), guild.joins("Bob"), guild.joins("Cyd")
    for person, name in zip(found, ("Adaa", "Bobb", "Cydd"), strict=True):
        guild.plays(person, name)
    return found


def raid_of_two_ticks(guild: GuildHouse) -> Raid:
    """Ada was there throughout, Bob came late, Cyd was there at first."""
    raid = guild.raids(guild.event_type(points="0"))
    guild.attends(raid, "Adaa", "Cydd")
    guild.use.record_attendance()(raid.id, [NamedPresence(name="Bobb", presence=Presence.LATE)], by=guild.officer.by)
    guild.clock.advance(HOUR)
    guild.use.add_tick()(raid.id, name="Later", by=guild.officer.by)
    guild.attends(raid, "Adaa", "Bobb", tick=2)
    return raid


def close(guild: GuildHouse, raid: Raid, *, closed: bool = True) -> None:
    """Close the raid, or open it again, and let follow what follows."""
    guild.use.change_raid()(raid.id, closed=closed, by=guild.officer.by)
    follow_up(guild, REWARD_RAID)


def current(guild: GuildHouse, people: tuple[Person, ...]) -> list[str]:
    """What each has."""
    return [guild.current(person) for person in people]


def batches(guild: GuildHouse, **wanted: object) -> tuple[BatchRow, ...]:
    """The batches there are, the oldest first."""
    return guild.use.list_batches()(BatchFilter(**wanted), page=PageRequest(), by=guild.operator).results[::-1]  # type: ignore[arg-type]  # as given


# --- by rules ---------------------------------------------------------------------------------------------------------


def test_a_raid_that_is_closed_rewards_once(guild: GuildHouse, people: tuple[Person, Person, Person]) -> None:
    """P-9: on time is present at the first tick, a full raid is present at each; closing it twice gives nothing."""
    raid = raid_of_two_ticks(guild)
    assert follow_up(guild, REWARD_RAID) == 0
    close(guild, raid)
    assert current(guild, people) == ["7.00", "0.00", "2.00"]
    guild.use.change_raid()(raid.id, note="fine", by=guild.officer.by)
    follow_up(guild, REWARD_RAID)
    assert [(each.rule, each.period, each.lines) for each in batches(guild)] == [
        ("On time", f"raid:{raid.id}", 2),
        ("Full raid", f"raid:{raid.id}", 1),
    ]
    latest = guild.history(people[2])[0]
    assert (latest.kind, latest.reason, latest.occurred_at) == (
        EntryKind.BONUS,
        "On time: Plane of Time",
        TONIGHT + HOUR,
    )


def test_bonuses_follow_when_a_raid_is_opened_again_corrected_or_cancelled(
    guild: GuildHouse, people: tuple[Person, Person, Person]
) -> None:
    """P-9, D-8: reversed, and given anew as they are due."""
    raid = raid_of_two_ticks(guild)
    close(guild, raid)
    guild.attends(raid, "Cydd", tick=2)
    follow_up(guild, REWARD_RAID)
    assert current(guild, people) == ["7.00", "0.00", "7.00"]
    assert [each.rule for each in batches(guild, reversed=True)] == ["Full raid"]
    close(guild, raid, closed=False)
    assert current(guild, people) == ["0.00", "0.00", "0.00"]
    close(guild, raid)
    assert current(guild, people) == ["7.00", "0.00", "7.00"]
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    follow_up(guild, REWARD_RAID)
    assert current(guild, people) == ["0.00", "0.00", "0.00"]
    assert batches(guild, reversed=False) == ()


def test_a_raid_is_rewarded_by_the_policies_that_it_began_under(
    guild: GuildHouse, people: tuple[Person, Person, Person]
) -> None:
    """P-6, P-9: what is changed since holds for raids to come, also where this one is corrected."""
    raid = raid_of_two_ticks(guild)
    guild.use.set_policies()(guild.pool, {"bonuses": [{**RULES[0], "points": "50"}]}, by=guild.operator)
    close(guild, raid)
    assert current(guild, people) == ["7.00", "0.00", "2.00"]
    assert {each.policies_version for each in batches(guild)} == {1}
    before = guild.raids(guild.event_type("Old"), at=TONIGHT - HOUR)
    guild.attends(before, "Adaa")
    close(guild, before)
    assert guild.current(people[0]) == "17.00"


def test_a_raid_that_nobody_attended_rewards_nobody(guild: GuildHouse, people: tuple[Person, Person, Person]) -> None:
    """P-9: nor does one that is removed before its bonuses are looked at."""
    raid = guild.raids()
    close(guild, raid)
    guild.use.change_raid()(raid.id, closed=False, by=guild.officer.by)
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    follow_up(guild, REWARD_RAID)
    assert batches(guild) == ()
    assert current(guild, people) == ["0.00"] * 3


def test_a_bonus_that_an_officer_took_back_stays_taken_back(
    guild: GuildHouse, people: tuple[Person, Person, Person]
) -> None:
    """P-9: whatever is done to the raid since; and it is not run again as a run of a schedule."""
    raid = raid_of_two_ticks(guild)
    close(guild, raid)
    on_time, full = batches(guild)
    guild.use.reverse_batch()(on_time.id, reason="nobody was", by=guild.officer.by)
    guild.use.change_raid()(raid.id, note="typo", by=guild.officer.by)
    follow_up(guild, REWARD_RAID)
    assert current(guild, people) == ["5.00", "0.00", "0.00"]
    close(guild, raid, closed=False)
    close(guild, raid)
    assert current(guild, people) == ["5.00", "0.00", "0.00"]
    with pytest.raises(InvalidValue) as refusal:
        guild.use.run_batch()(
            WantedRun(kind=BatchKind.BONUS, rule=on_time.rule, period=on_time.period), by=guild.officer.by
        )
    assert refusal.value.field == "period"
    assert full.period == on_time.period


def uphold(guild: GuildHouse, person: Person, reason: str) -> None:
    """A dispute of an entry that says so, upheld."""
    entry = next(each for each in guild.history(person) if each.reason.startswith(reason))
    dispute = guild.use.dispute_entry()(person.id, entry.id, text="not me", by=person.by)
    guild.use.uphold_dispute()(dispute.id, by=guild.officer.by)


def test_a_bonus_that_a_dispute_took_back_stays_taken_back_and_others_get_theirs(
    guild: GuildHouse, people: tuple[Person, Person, Person]
) -> None:
    """P-9, P-14: though the bonus is given anew, and again after that."""
    raid = guild.raids(guild.event_type(points="0"))
    guild.attends(raid, "Adaa", "Bobb")
    close(guild, raid)
    for reason in ("On time", "Full raid"):
        uphold(guild, people[0], reason)
    assert current(guild, people) == ["0.00", "7.00", "0.00"]
    guild.attends(raid, "Cydd")
    follow_up(guild, REWARD_RAID)
    assert current(guild, people) == ["0.00", "7.00", "7.00"]
    for closed in (False, True):
        close(guild, raid, closed=closed)
    assert current(guild, people) == ["0.00", "7.00", "7.00"]
    made = len(batches(guild))
    guild.use.change_raid()(raid.id, note="fine", by=guild.officer.by)
    follow_up(guild, REWARD_RAID)
    assert len(batches(guild)) == made


def test_who_takes_the_place_of_a_line_that_a_dispute_took_back_gets_the_bonus(
    guild: GuildHouse, people: tuple[Person, Person, Person]
) -> None:
    """P-9, P-14: as many as before are not the same as before."""
    raid = guild.raids(guild.event_type(points="0"))
    guild.attends(raid, "Adaa", "Bobb")
    close(guild, raid)
    uphold(guild, people[0], "On time")
    guild.use.remove_attendance()(raid.id, ["Adaa"], by=guild.officer.by)
    guild.attends(raid, "Cydd")
    follow_up(guild, REWARD_RAID)
    assert current(guild, people) == ["0.00", "7.00", "7.00"]


def test_who_was_merged_is_given_a_bonus_once_as_one_person(
    guild: GuildHouse, people: tuple[Person, Person, Person]
) -> None:
    """P-9, R-8: there throughout with the one and then the other is there throughout; by hand as by rules."""
    old = guild.unlinked("Old")
    guild.plays(old, "Oldie")
    both = guild.raids(guild.event_type(points="0"))
    guild.attends(both, "Adaa", "Oldie")
    after_another = guild.raids(guild.event_type("Hate", points="0"))
    guild.attends(after_another, "Adaa")
    guild.clock.advance(HOUR)
    guild.use.add_tick()(after_another.id, name="Later", by=guild.officer.by)
    guild.attends(after_another, "Oldie", tick=2)
    guild.use.merge_users()(old.id, into=people[0].id, reason="one", by=guild.officer.by)
    close(guild, both)
    assert current(guild, people) == ["7.00", "0.00", "0.00"]
    close(guild, after_another)
    assert current(guild, people) == ["14.00", "0.00", "0.00"]
    batch = give(guild, WantedBonus(title="Kill", raid_id=both.id, amount=Points.of(5)))
    assert (batch.lines, current(guild, people)) == (1, ["19.00", "0.00", "0.00"])


# --- by hand ----------------------------------------------------------------------------------------------------------


def give(guild: GuildHouse, wanted: WantedBonus, checksum: str | None = None) -> Batch:
    """What an officer gives."""
    return guild.use.give_bonus()(wanted, checksum=checksum, by=guild.officer.by)


def test_all_who_attended_get_a_bonus_once_for_its_key(
    guild: GuildHouse, people: tuple[Person, Person, Person]
) -> None:
    """P-9: a first kill; of a raid, or of one of its ticks; the same is not given twice."""
    raid = raid_of_two_ticks(guild)
    wanted = WantedBonus(title="First kill", raid_id=raid.id, amount=Points.of(10), key="first kill: Quarm")
    preview = guild.use.preview_bonus()(wanted, by=guild.officer.by)
    assert [(each.username, str(each.after)) for each in preview.lines] == [
        ("Ada", "10.00"),
        ("Bob", "10.00"),
        ("Cyd", "10.00"),
    ]
    made = give(guild, wanted, preview.checksum)
    with pytest.raises(BatchIsThere) as refusal:
        give(guild, wanted)
    assert refusal.value.batch_id == made.id
    give(guild, WantedBonus(title="Trash", raid_id=raid.id, tick=2, amount=Points.of(1)))
    give(guild, WantedBonus(title="Trash", raid_id=raid.id, tick=2, amount=Points.of(1)))
    assert current(guild, people) == ["12.00", "12.00", "10.00"]
    guild.use.reverse_batch()(made.id, reason="it was the second", by=guild.officer.by)
    give(guild, wanted)
    assert current(guild, people) == ["12.00", "12.00", "10.00"]
    assert guild.history(people[0])[0].character_name == "Adaa"


def test_what_was_given_by_hand_for_a_raid_goes_back_with_it(
    guild: GuildHouse, people: tuple[Person, Person, Person]
) -> None:
    """P-9, D-8: a bonus and a penalty alike, once it is cancelled; not where it is corrected, nor another raid's."""
    raid, other = (guild.raids(guild.event_type(name, points="0")) for name in ("Hate", "Fear"))
    for each in (raid, other):
        guild.attends(each, "Adaa")
    give(guild, WantedBonus(title="Kill", raid_id=raid.id, amount=Points.of(10)))
    give(guild, WantedBonus(title="Wipe", raid_id=raid.id, amount=Points.of(2), penalty=True))
    give(guild, WantedBonus(title="Kill", raid_id=other.id, amount=Points.of(1)))
    guild.attends(raid, "Bobb")
    follow_up(guild, REWARD_RAID)
    assert current(guild, people) == ["9.00", "0.00", "0.00"]
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    follow_up(guild, REWARD_RAID)
    assert current(guild, people) == ["1.00", "0.00", "0.00"]
    assert {each.reversed_kind for each in batches(guild, reversed=True)} == {ActorKind.JOB}


def test_a_list_gives_each_their_own_and_a_penalty_takes(
    guild: GuildHouse, people: tuple[Person, Person, Person]
) -> None:
    """P-9: names and amounts, as of a race; by the owner of the character at that time."""
    lines = (
        AdjustmentLine(character="Bobb", amount=Points.of(25), reason="1st"),
        AdjustmentLine(user_id=people[0].id, amount=Points.of(18)),
    )
    give(guild, WantedBonus(title="Race", lines=lines))
    penalty = WantedBonus(title="Late", penalty=True, lines=(AdjustmentLine(character="Cydd", amount=Points.of(3)),))
    batch = give(guild, penalty)
    assert current(guild, people) == ["18.00", "25.00", "-3.00"]
    assert [row.reason for person in people for row in guild.history(person)] == ["Race", "1st", "Late"]
    assert (batch.kind, guild.history(people[2])[0].kind) == (BatchKind.PENALTY, EntryKind.PENALTY)


def test_a_bonus_keeps_to_the_caps_and_its_preview_says_so(
    guild: GuildHouse, people: tuple[Person, Person, Person]
) -> None:
    """P-6, P-9: what is over is taken by a cap entry, which goes back with the batch."""
    guild.use.set_policies()(guild.pool, {"cap": "8"}, by=guild.operator)
    lines = (AdjustmentLine(user_id=people[0].id, amount=Points.of(10)),)
    wanted = WantedBonus(title="Race", lines=lines)
    (line,) = guild.use.preview_bonus()(wanted, by=guild.officer.by).lines
    assert (str(line.cut), str(line.after)) == ("2.00", "8.00")
    batch = give(guild, wanted)
    assert (guild.current(people[0]), str(batch.total)) == ("8.00", "8.00")
    guild.use.reverse_batch()(batch.id, reason="x", by=guild.officer.by)
    assert guild.current(people[0]) == "0.00"


def test_what_can_t_be_meant_is_refused(guild: GuildHouse, people: tuple[Person, Person, Person]) -> None:
    """P-9, G-8: each fault by its field."""
    raid = raid_of_two_ticks(guild)
    empty = guild.raids(guild.event_type("Empty"))
    line = AdjustmentLine(user_id=people[0].id, amount=Points.of(1))
    faults = {
        "amount": WantedBonus(title="x", raid_id=raid.id),
        "lines": WantedBonus(title="x"),
        "tick": WantedBonus(title="x", tick=1, lines=(line,)),
        "raid": WantedBonus(title="x", raid_id=empty.id, amount=Points.of(1)),
        "lines.0.amount": WantedBonus(title="x", lines=(AdjustmentLine(user_id=people[0].id, amount=Points.of(-1)),)),
        "title": WantedBonus(title=" ", lines=(line,)),
        "key": WantedBonus(title="x", key="raid:1", lines=(line,)),
        "occurred_at": WantedBonus(title="x", raid_id=raid.id, amount=Points.of(1), occurred_at=TONIGHT),
    }
    for field, wanted in faults.items():
        with pytest.raises(InvalidValue) as refusal:
            give(guild, wanted)
        assert refusal.value.field == field
    with pytest.raises(NoSuch):
        give(guild, WantedBonus(title="x", raid_id=RaidId(99), amount=Points.of(1)))
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    with pytest.raises(RaidIsCancelled):
        give(guild, WantedBonus(title="x", raid_id=raid.id, amount=Points.of(1)))
    recruiter = guild.joins("Rec", RoleGroup.RECRUITER)
    for use_case in (guild.use.give_bonus(), guild.use.preview_bonus()):
        with pytest.raises(NotPermitted):
            use_case(WantedBonus(title="x", lines=(line,)), by=recruiter.by)
    assert batches(guild) == ()


def test_an_old_preview_gives_nothing(guild: GuildHouse, people: tuple[Person, Person, Person]) -> None:
    """P-9: somebody came meanwhile."""
    raid = guild.raids()
    guild.attends(raid, "Adaa")
    wanted = WantedBonus(title="Kill", raid_id=raid.id, amount=Points.of(1))
    preview = guild.use.preview_bonus()(wanted, by=guild.officer.by)
    guild.attends(raid, "Bobb")
    with pytest.raises(PreviewIsOld):
        give(guild, wanted, preview.checksum)
    assert batches(guild) == ()
    assert guild.current(people[1]) == "10.00"
