"""Attendance from files, as use cases."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import EventTypeId, RaidId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.period import AmbiguousTime, NonexistentTime
from dkp_core.raids import CheckNotChosen, DumpFormat, ImportOutcome, ImportReport, RaidFilter, TimeInFuture, TimeNeeded
from dkp_core.raids.formats import DumpIsHtml, EmptyDump
from tests.unit.guild_house import TONIGHT, GuildHouse

ROSTER = "RaidRoster_server-20261119-203000.txt"


def row(name: str, group: int = 1) -> str:
    """A line of a raid dump."""
    return f"{group}\t{name}\t60\tBard\t\t\t\tYes\t\n"


def who(at: datetime, *names: str, said: int | None = None) -> str:
    """A `/who` in a log."""
    stamp = f"[{at:%a %b %d %H:%M:%S %Y}] "
    lines = [
        "Players on EverQuest:",
        "---------------------------",
        *(f"[60 Warlock] {name} (Gnome)" for name in names),
    ]
    lines.append(f"There are {len(names) if said is None else said} players in Plane of Time.")
    return "".join(f"{stamp}{line}\r\n" for line in lines)


def imported(guild: GuildHouse, text: str, *, file_name: str = ROSTER, **more: object) -> ImportReport:
    """What importing a file comes to."""
    return guild.use.import_dump()(
        [text.encode()],
        file_name=file_name,
        by=more.pop("by", guild.officer.by),  # type: ignore[arg-type]  # as given
        **more,  # type: ignore[arg-type]  # as given
    )


def raid_count(guild: GuildHouse) -> int:
    """How many raids there are."""
    return guild.use.list_raids()(RaidFilter(), page=PageRequest(), by=guild.operator).count


def test_a_dump_becomes_a_raid_with_every_line_accounted_for(guild: GuildHouse) -> None:
    """D-5, D-6, D-7: who earned what, who was not recognised, and what became of each line."""
    member = guild.joins()
    guild.plays(member, "Hero")
    guild.plays(member, "Alt")
    report = imported(
        guild, row("Hero") + row("Alt") + row("Stranger") + row("HERO") + "3\t\n", event_type_id=guild.event_type()
    )
    assert report.applied
    assert (report.recorded, report.awarded, report.unresolved, report.lines_total) == (3, 1, ("Stranger",), 5)
    assert [(line.line, line.name, line.outcome) for line in report.lines] == [
        (1, "Hero", ImportOutcome.AWARDED),
        (2, "Alt", ImportOutcome.RECORDED),
        (3, "Stranger", ImportOutcome.UNRESOLVED),
        (4, "HERO", ImportOutcome.REPEATED),
        (5, None, ImportOutcome.UNREADABLE),
    ]
    assert report.at == datetime(2026, 11, 19, 20, 30, tzinfo=UTC)
    assert report.format is DumpFormat.RAID_DUMP
    assert guild.current(member) == "10.00"
    assert report.raid_id is not None
    lines = guild.use.show_attendance()(report.raid_id, by=member.by)
    assert [(line.name, line.line) for line in lines] == [("Alt", 2), ("Hero", 1), ("Stranger", 3)]


def test_a_preview_changes_nothing_and_says_the_same(guild: GuildHouse) -> None:
    """D-7: who would get what, who is unknown, who is already counted."""
    member = guild.joins()
    guild.plays(member, "Hero")
    kind = guild.event_type()
    shown = imported(guild, row("Hero") + row("Stranger"), event_type_id=kind, apply=False)
    assert (shown.applied, shown.raid_id, shown.awarded, shown.unresolved) == (False, None, 1, ("Stranger",))
    assert raid_count(guild) == 0
    assert guild.current(member) == "0.00"
    done = imported(guild, row("Hero") + row("Stranger"), event_type_id=kind)
    assert [(line.name, line.outcome) for line in done.lines] == [(line.name, line.outcome) for line in shown.lines]


def test_a_preview_needs_neither_event_type_nor_time(guild: GuildHouse) -> None:
    """D-7: who is in a file, and who of them is known."""
    guild.plays(guild.joins(), "Hero")
    shown = imported(guild, "Hero\nStranger\n", file_name="names.txt", apply=False)
    assert [(line.name, line.outcome) for line in shown.lines] == [
        ("Hero", ImportOutcome.RECORDED),
        ("Stranger", ImportOutcome.UNRESOLVED),
    ]


def test_the_same_bytes_find_the_raid_they_made(guild: GuildHouse) -> None:
    """D-7: the same dump applied twice awards once; `again` makes another."""
    member = guild.joins()
    guild.plays(member, "Hero")
    kind = guild.event_type()
    first = imported(guild, row("Hero"), event_type_id=kind)
    second = imported(guild, row("Hero"), event_type_id=kind)
    assert (second.applied, second.already_imported, second.raid_id) == (False, True, first.raid_id)
    assert [line.outcome for line in second.lines] == [ImportOutcome.ALREADY_PRESENT]
    assert (second.already_present, second.recorded) == (1, 0)
    assert guild.current(member) == "10.00"
    third = imported(guild, row("Hero"), event_type_id=kind, again=True)
    assert third.raid_id != first.raid_id
    assert guild.current(member) == "20.00"
    assert imported(guild, row("Hero"), event_type_id=kind).raid_id == third.raid_id


def test_a_cancelled_raid_is_not_found_again(guild: GuildHouse) -> None:
    """D-7, D-8: a dump can be applied anew after its raid was cancelled."""
    member = guild.joins()
    guild.plays(member, "Hero")
    kind = guild.event_type()
    first = imported(guild, row("Hero"), event_type_id=kind)
    assert first.raid_id is not None
    guild.use.cancel_raid()(first.raid_id, by=guild.officer.by)
    second = imported(guild, row("Hero"), event_type_id=kind)
    assert not second.already_imported
    assert guild.current(member) == "10.00"


def test_the_guild_next_door_imports_the_same_file_for_itself(guild: GuildHouse) -> None:
    """D-7, G-1: the same bytes find the raid they made in this guild."""
    imported(guild, row("Hero"), event_type_id=guild.event_type())
    neighbour = guild.neighbour()
    assert not imported(neighbour, row("Hero"), event_type_id=neighbour.event_type()).already_imported
    with pytest.raises(NoSuch):
        imported(guild, row("Other"), event_type_id=neighbour.event_type("Theirs"))


def test_the_same_bytes_are_not_paid_again_at_another_raid(guild: GuildHouse) -> None:
    """D-7: they find the raid they made, whichever is named; `again` says that it is meant."""
    member = guild.joins()
    guild.plays(member, "Hero")
    kind = guild.event_type()
    first = imported(guild, row("Hero"), event_type_id=kind)
    other = guild.raids(kind, TONIGHT - timedelta(days=1))
    second = imported(guild, row("Hero"), raid_id=other.id)
    assert (second.already_imported, second.raid_id) == (True, first.raid_id)
    assert guild.current(member) == "10.00"
    assert imported(guild, row("Hero"), raid_id=other.id, again=True).awarded == 1


def test_a_second_dump_becomes_another_tick_or_adds_to_one(guild: GuildHouse) -> None:
    """D-2, D-7: attendance that names no tick goes to the first."""
    member, late = guild.joins(), guild.joins("Late")
    guild.plays(member, "Hero")
    guild.plays(late, "Late")
    raid = imported(guild, row("Hero"), event_type_id=guild.event_type()).raid_id
    second = imported(
        guild,
        row("Hero") + row("Late"),
        file_name="RaidRoster_server-20261119-213000.txt",
        raid_id=raid,
        tick_name="Second hour",
    )
    assert (second.raid_id, second.tick, second.awarded) == (raid, 2, 2)
    third = imported(guild, row("Hero") + row("Late", 2), raid_id=raid)
    assert (third.tick, third.awarded, third.already_present) == (1, 1, 1)
    fourth = imported(guild, row("Late", 7), raid_id=raid, tick_name="SECOND HOUR")
    assert (fourth.tick, fourth.already_present) == (2, 1)
    assert raid is not None
    ticks = guild.use.show_raid()(raid, by=member.by).ticks
    assert [(tick.number, tick.name, tick.at.hour) for tick in ticks] == [(1, "Attendance", 20), (2, "Second hour", 21)]


@pytest.mark.parametrize(
    ("more", "field"),
    [({}, "event_type"), ({"event_type_id": EventTypeId(1), "raid_id": RaidId(1)}, "event_type")],
)
def test_an_import_says_what_it_is_about(guild: GuildHouse, more: dict[str, object], field: str) -> None:
    """D-7, G-8: an event type for a new raid, or a raid that is there."""
    with pytest.raises(InvalidValue) as refused:
        imported(guild, row("Hero"), **more)  # type: ignore[arg-type]  # as given
    assert refused.value.field == field


def test_times_in_files_are_local_to_a_zone_that_is_asked_once(guild: GuildHouse) -> None:
    """D-13: the uploader's zone is asked once and kept; derived times are UTC."""
    kind = guild.event_type()
    guild.use.change_guild()(timezone="America/New_York", by=guild.officer.by)
    assert imported(guild, row("One"), event_type_id=kind).at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    guild.use.change_guild()(timezone="America/Denver", by=guild.officer.by)
    assert imported(guild, row("Moved"), event_type_id=kind).zone == "America/Denver"
    guild.use.change_preferences()(timezone="Europe/Paris", by=guild.officer.by)
    assert imported(guild, row("Lives"), event_type_id=kind).zone == "Europe/Paris"
    berlin = imported(guild, row("Two"), event_type_id=kind, zone="Europe/Berlin")
    assert (berlin.at, berlin.zone) == (datetime(2026, 11, 19, 19, 30, tzinfo=UTC), "Europe/Berlin")
    assert imported(guild, row("Three"), event_type_id=kind).zone == "Europe/Berlin"
    other = guild.joins("Leader")
    raid = guild.raids(kind, TONIGHT - timedelta(days=1), leader=other.id)
    assert imported(guild, row("Four"), raid_id=raid.id, by=other.by).zone == "America/Denver"
    with pytest.raises(InvalidValue) as refused:
        imported(guild, row("Five"), event_type_id=kind, zone="Nowhere/City")
    assert refused.value.field == "zone"


def test_an_hour_that_exists_twice_is_asked_about(guild: GuildHouse) -> None:
    """D-13: flagged, with both moments; nothing is changed until one is named."""
    kind = guild.event_type()
    twice = "RaidRoster_server-20261025-023000.txt"
    with pytest.raises(AmbiguousTime) as refused:
        imported(guild, row("Hero"), file_name=twice, event_type_id=kind, zone="Europe/Berlin")
    assert "2026-10-25T02:30:00+02:00" in str(refused.value)
    assert "2026-10-25T02:30:00+01:00" in str(refused.value)
    assert raid_count(guild) == 0
    report = imported(
        guild, row("Hero"), file_name=twice, event_type_id=kind, zone="Europe/Berlin", at=refused.value.later
    )
    assert report.at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    never = "RaidRoster_server-20260329-023000.txt"
    with pytest.raises(NonexistentTime):
        imported(guild, row("Hero"), file_name=never, event_type_id=kind, zone="Europe/Berlin")


def test_a_file_without_a_time_needs_one_and_none_to_come(guild: GuildHouse) -> None:
    """D-2, G-8: a time in the future is refused."""
    kind = guild.event_type()
    with pytest.raises(TimeNeeded):
        imported(guild, "Hero\n", file_name="names.txt", event_type_id=kind)
    given = imported(guild, "Hero\n", file_name="names.txt", event_type_id=kind, at=datetime(2026, 11, 20, 19, 0))  # noqa: DTZ001  # local
    assert given.at == datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
    with pytest.raises(TimeInFuture):
        imported(guild, row("Hero"), file_name="RaidRoster_server-20261121-203000.txt", event_type_id=kind)


def test_a_log_with_several_checks_asks_which_one(guild: GuildHouse) -> None:
    """D-6, D-7: the time of one of them; lines of the others are told as such."""
    member = guild.joins()
    guild.plays(member, "Hero")
    first, second = datetime(2026, 11, 19, 20, 0), datetime(2026, 11, 19, 21, 0)  # noqa: DTZ001  # logs have no zone
    log = who(first, "Hero", "Zoe") + who(second, "Hero", "Marc", said=3)
    more = {"file_name": "eqlog_Hero_server.txt", "event_type_id": guild.event_type()}
    with pytest.raises(CheckNotChosen) as refused:
        imported(guild, log, **more)  # type: ignore[arg-type]  # as given
    assert "2026-11-19T20:00:00, 2026-11-19T21:00:00" in str(refused.value)
    with pytest.raises(CheckNotChosen):
        imported(guild, log, at=first + timedelta(minutes=20), **more)  # type: ignore[arg-type]  # as given
    report = imported(guild, log, at=second - timedelta(minutes=5), **more)  # type: ignore[arg-type]  # as given
    assert (report.at, report.local_time) == (datetime(2026, 11, 19, 21, 0, tzinfo=UTC), "2026-11-19T21:00:00")
    assert (report.awarded, report.unresolved) == (1, ("Marc",))
    assert sorted({line.name for line in report.lines if line.outcome is ImportOutcome.OTHER_CHECK and line.name}) == [
        "Hero",
        "Zoe",
    ]
    assert len(report.warnings) == 1
    assert report.lines_total == len(report.lines) + report.noise
    abroad = second.replace(tzinfo=UTC).astimezone(ZoneInfo("Asia/Tokyo"))
    assert imported(guild, log, at=abroad, **more).already_imported  # type: ignore[arg-type]  # as given
    again = imported(guild, log, at=second, **more)  # type: ignore[arg-type]  # as given
    assert again.already_imported
    other = imported(guild, log, at=first, **more)  # type: ignore[arg-type]  # as given
    assert (other.already_imported, other.awarded) == (False, 1)


def test_an_offset_tells_which_of_two_equal_hours_a_check_in_a_log_belongs_to(guild: GuildHouse) -> None:
    """D-13: the time that names the check names its hour too."""
    twice, later = datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 4, 0)  # noqa: DTZ001  # logs have no zone
    log = who(twice, "Hero") + who(later, "Zoe")
    kind = guild.event_type()
    for at, hour in (("2026-10-25T02:31:00+01:00", 1), ("2026-10-25T02:29:00+02:00", 0)):
        report = imported(
            guild,
            log,
            file_name="eqlog_Hero_server.txt",
            event_type_id=kind,
            zone="Europe/Berlin",
            at=datetime.fromisoformat(at),
            again=True,
        )
        assert report.at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    with pytest.raises(AmbiguousTime):
        imported(guild, log, file_name="eqlog_Hero_server.txt", event_type_id=kind, zone="Europe/Berlin", at=twice)


def test_what_is_no_dump_is_named_and_changes_nothing(guild: GuildHouse) -> None:
    """D-14, G-8: a login page given instead of a dump is recognised."""
    kind = guild.event_type()
    with pytest.raises(DumpIsHtml):
        imported(guild, "<!DOCTYPE html><title>Login : Recruiting</title>", event_type_id=kind)
    with pytest.raises(EmptyDump):
        imported(guild, "\n\n", event_type_id=kind)
    assert raid_count(guild) == 0


def test_who_may_import(guild: GuildHouse) -> None:
    """A-3: officers; and a raid's leader its attendance."""
    member = guild.joins()
    kind = guild.event_type()
    with pytest.raises(NotPermitted):
        imported(guild, row("Hero"), event_type_id=kind, by=member.by)
    with pytest.raises(NotPermitted):
        imported(guild, row("Hero"), apply=False, by=member.by)
    other = guild.raids(kind)
    imported(guild, row("Known"), raid_id=other.id)
    for text in (row("Hero"), row("Known")):
        with pytest.raises(NotPermitted):
            imported(guild, text, raid_id=other.id, by=member.by)
    with pytest.raises(NotPermitted):
        imported(guild, row("Hero"), raid_id=other.id, by=guild.joins("Guest", RoleGroup.GUEST).by)
    led = guild.raids(kind, leader=member.id)
    assert imported(guild, row("Hero"), raid_id=led.id, by=member.by).recorded == 1


def test_the_raw_upload_is_kept_with_its_hash_until_it_is_pruned(guild: GuildHouse) -> None:
    """D-14, O-9: pruned by the guild's setting, never the hash."""
    kind = guild.event_type()
    report = imported(guild, row("Hero"), event_type_id=kind)
    assert report.sha256 == hashlib.sha256(row("Hero").encode()).hexdigest()
    prune = guild.use.prune_uploads()
    guild.clock.advance(timedelta(days=8))
    assert prune(by=guild.operator) == 0
    guild.use.change_guild()(settings={"keep_uploads_days": 7}, by=guild.officer.by)
    guild.use.schedule_retention()(by=guild.operator)
    assert prune(by=guild.operator) == 1
    assert prune(by=guild.operator) == 0
    assert imported(guild, row("Hero"), event_type_id=kind).already_imported
    guild.use.change_guild()(settings={"keep_uploads_days": 0}, by=guild.officer.by)
    guild.use.schedule_retention()(by=guild.operator)
    assert prune(by=guild.operator) == 0
