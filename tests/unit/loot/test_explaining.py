"""Explaining numbers: each opens into what adds up to it, down to the line of a file (P-14)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import EntryId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.loot import MATTERING, Whose
from dkp_core.points import AdjustmentLine, Bucket, EntryKind, HistoryFilter, Policies, SourceKind
from tests.unit.guild_house import TONIGHT, GuildHouse, Person

DUMP = b"1\tHero\t60\tCleric\t\t\n1\tStranger\t60\tMonk\t\t\n"


@pytest.fixture
def member(guild: GuildHouse) -> Person:
    """A member with a main called Hero."""
    person = guild.joins("Hero's player")
    guild.plays(person, "Hero")
    return person


def latest(guild: GuildHouse, person: Person) -> EntryId:
    """A person's newest entry."""
    return guild.history(person)[0].id


def test_attendance_opens_into_its_raid_tick_and_line_of_the_file(guild: GuildHouse, member: Person) -> None:
    """P-14: down to the imported file and line; the line's text is for who may import raids."""
    guild.use.import_dump()(
        [DUMP],
        file_name="RaidRoster_mangler-20261120-195500.txt",
        event_type_id=guild.event_type("Plane of Fear"),
        zone="UTC",
        by=guild.officer.by,
    )
    explain = guild.use.explain_entry()
    found = explain(member.id, latest(guild, member), by=guild.officer.by)
    assert found.raid is not None
    assert (found.raid.event_type, found.raid.tick, str(found.raid.tick_points)) == ("Plane of Fear", 1, "10.00")
    line = found.raid.attendance
    assert line is not None
    assert (line.name, line.file_name, line.line) == ("Hero", "RaidRoster_mangler-20261120-195500.txt", 1)
    assert line.text == "1\tHero\t60\tCleric\t\t"
    assert found.actor_name == "Boss"
    seen = explain(member.id, latest(guild, member), by=member.by)
    assert seen.raid is not None
    assert seen.raid.attendance == evolve(line, text=None)


def test_an_entry_tells_the_policies_it_was_made_under(guild: GuildHouse, member: Person) -> None:
    """P-14, P-6: those of its own version, as far as they have a say in its kind."""
    guild.use.set_policies()(guild.pool, {"late_percent": "50", "floor": "-5"}, by=guild.officer.by)
    raid = guild.raids()
    guild.attends(raid, "Hero")
    guild.use.set_policies()(guild.pool, {"late_percent": "10"}, by=guild.officer.by)
    found = guild.use.explain_entry()(member.id, latest(guild, member), by=member.by)
    assert found.policies_version == 1
    assert found.policies["late_percent"] == "50.00"
    assert "floor" not in found.policies


def test_every_kind_names_policies_that_there_are() -> None:
    """P-14: none is forgotten, and none is misspelt."""
    assert set(MATTERING) == set(EntryKind)
    assert {name for names in MATTERING.values() for name in names} <= Policies().values().keys()


def test_caps_reversals_and_disputes_are_told(guild: GuildHouse, member: Person) -> None:
    """P-14: what was cut off, what takes it back, and what was said about it."""
    guild.use.set_policies()(guild.pool, {"cap": "4"}, by=guild.officer.by)
    guild.attends(guild.raids(), "Hero")
    entry = next(row for row in guild.history(member) if row.kind is EntryKind.ATTENDANCE)
    dispute = guild.use.dispute_entry()(member.id, entry.id, text="not me", by=member.by)
    guild.use.uphold_dispute()(dispute.id, by=guild.officer.by)
    explain = guild.use.explain_entry()
    found = explain(member.id, entry.id, by=member.by)
    assert [(str(each.amount), each.reversed_by is not None) for each in found.caps] == [("-6.00", True)]
    assert found.reversed_by in {row.id for row in guild.history(member) if row.reverses == entry.id}
    assert [each.text for each in found.disputes] == ["not me"]
    other = guild.joins("Other")
    assert explain(member.id, entry.id, by=other.by).disputes == ()
    assert found.reversed_by is not None
    assert explain(member.id, found.reversed_by, by=member.by).reverses == entry.id


def test_an_award_opens_into_the_item(guild: GuildHouse, member: Person) -> None:
    """P-14, L-7: and an adjustment into its reason, which is the ledger's."""
    line = AdjustmentLine(user_id=member.id, amount=Points.of(50))
    guild.use.adjust_points()([line], reason="keys", note="all of them", by=guild.officer.by)
    explain = guild.use.explain_entry()
    adjusted = explain(member.id, latest(guild, member), by=member.by)
    assert (adjusted.reason, adjusted.note, adjusted.source_kind) == ("keys", "all of them", SourceKind.ADJUSTMENT)
    guild.clock.advance(timedelta(minutes=1))
    guild.use.award_item()(item="Cloak", to=Whose(user_id=member.id), amount=Points.of(7), by=guild.officer.by)
    found = explain(member.id, latest(guild, member), by=member.by)
    assert found.award is not None
    assert found.award.item == "Cloak"


def test_a_decay_run_opens_into_its_batch(guild: GuildHouse, member: Person) -> None:
    """P-14, P-7: kind, period and moment."""
    schedule = {"every": 1, "unit": "days", "starts_on": "2026-11-20"}
    guild.use.set_policies()(guild.pool, {"decay": {"percent": "10", "schedule": schedule}}, by=guild.officer.by)
    line = AdjustmentLine(user_id=member.id, amount=Points.of(50))
    guild.use.adjust_points()([line], reason="keys", by=guild.officer.by)
    guild.clock.advance(timedelta(days=1))
    guild.use.run_due_batch()(guild.pool, by=guild.operator)
    decay = next(row for row in guild.history(member) if row.kind is EntryKind.DECAY)
    found = guild.use.explain_entry()(member.id, decay.id, by=member.by)
    assert found.batch is not None
    assert (found.batch.period, str(found.amount)) == ("2026-11-21", "-5.00")
    assert found.policies["decay"] is not None


def test_a_bot_that_reads_points_alone_learns_no_more(guild: GuildHouse, member: Person) -> None:
    """A-7: raids and loot have permissions of their own."""
    guild.attends(guild.raids(), "Hero")
    explain, entry_id = guild.use.explain_entry(), latest(guild, member)
    by = evolve(guild.operator, permissions=frozenset({Permission.POINTS_READ}))
    assert explain(member.id, entry_id, by=by).raid is None
    with pytest.raises(NotPermitted):
        explain(member.id, entry_id, by=evolve(by, permissions=frozenset({Permission.RAIDS_READ})))


def test_what_is_not_there_is_not_explained(guild: GuildHouse, member: Person) -> None:
    """G-1, G-8: nor another's entry, nor another guild's."""
    guild.attends(guild.raids(), "Hero")
    entry_id, elsewhere = latest(guild, member), guild.neighbour()
    for by, user_id, wanted in (
        (guild.operator, guild.officer.id, entry_id),
        (guild.operator, member.id, EntryId(10**9)),
        (elsewhere.operator, member.id, entry_id),
    ):
        with pytest.raises(NoSuch):
            guild.use.explain_entry()(user_id, wanted, by=by)


def test_a_balance_opens_into_parts_and_these_into_entries(guild: GuildHouse, member: Person) -> None:
    """P-14: the parts add up to it, and the query of each lists exactly its entries."""
    guild.attends(guild.raids(), "Hero")
    guild.clock.advance(timedelta(days=1))
    line = AdjustmentLine(user_id=member.id, amount=Points.of("2.50"))
    guild.use.adjust_points()([line], reason="keys", by=guild.officer.by)
    guild.use.award_item()(item="Cloak", to=Whose(user_id=member.id), amount=Points.of(7), by=guild.officer.by)
    explain = guild.use.explain_balance()
    found = explain(member.id, guild.pool, by=member.by)
    assert [str(each) for each in (found.earned, found.spent, found.adjusted, found.current)] == [
        "10.00",
        "7.00",
        "2.50",
        "5.50",
    ]
    assert found.current == guild.balance(member).current
    for part in found.parts:
        wanted = HistoryFilter(
            pool_id=guild.pool, bucket=Bucket(part.query["bucket"]), kind=EntryKind(part.query["kind"])
        )
        listed = guild.use.show_history()(member.id, wanted, page=PageRequest(), by=member.by)
        assert (listed.count, sum(row.amount.hundredths for row in listed.results)) == (
            part.entries,
            part.amount.hundredths,
        )
    past = explain(member.id, guild.pool, as_of=TONIGHT + timedelta(hours=1), by=member.by)
    assert [str(past.current), [each.kind for each in past.parts]] == ["10.00", [EntryKind.ATTENDANCE]]
    assert past.parts[0].query["until"] == "2026-11-20T21:00:00+00:00"


def test_the_history_of_one_raid(guild: GuildHouse, member: Person) -> None:
    """P-14, P-4: by bucket and by source."""
    first, second = guild.raids(), guild.raids(guild.event_type("Fear"))
    guild.attends(first, "Hero")
    guild.attends(second, "Hero")
    history = guild.use.show_history()

    def listed(wanted: HistoryFilter) -> int:
        return history(member.id, wanted, page=PageRequest(), by=member.by).count

    assert listed(HistoryFilter(source_kind=SourceKind.RAID)) == 2
    assert listed(HistoryFilter(source_kind=SourceKind.RAID, source_id=second.id)) == 1
    assert listed(HistoryFilter(bucket=Bucket.SPENT)) == 0
