"""Several files about one tick: where they disagree, somebody decides (D-12)."""

from __future__ import annotations

import pytest

from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import UploadId
from dkp_core.raids import (
    Corrected,
    Decision,
    Disagreement,
    DumpFormat,
    Evidence,
    ImportReport,
    NoDisagreement,
    Presence,
    Raid,
    RaidIsCancelled,
    Sighting,
    disagreements,
)
from tests.unit.guild_house import TONIGHT, GuildHouse, Person

AT = TONIGHT
PRESENT, LATE, STANDBY = Presence.PRESENT, Presence.LATE, Presence.STANDBY


def seen(upload: int, name: str, presence: Presence = PRESENT, *, tick: int = 1, line: int = 1) -> Sighting:
    """What the file of that number says."""
    upload_id = UploadId(upload)
    return Sighting(tick=tick, name=name, presence=presence, upload_id=upload_id, file_name=f"{upload}.txt", line=line)


def names(evidence: Evidence) -> list[tuple[int, str]]:
    """On whom files disagree."""
    return [(each.tick, each.name) for each in disagreements(evidence, ())]


# --- where files disagree ---------------------------------------------------------------------------------------------


def test_one_file_disagrees_with_nobody() -> None:
    """D-12: nor do files of different ticks."""
    one = (seen(1, "Anna"), seen(1, "Boris", LATE))
    assert names(Evidence(sightings=one)) == []
    assert names(Evidence(sightings=(*one, seen(2, "Cleo", tick=2)))) == []


def test_files_disagree_on_how_somebody_was_there_and_on_who_was() -> None:
    """D-12: in any case of the name; each file tells its line, or that it lacks the name."""
    told = (seen(1, "Anna", line=3), seen(1, "Boris"), seen(2, "ANNA", LATE, line=7), seen(2, "Cleo"))
    anna, boris, cleo = disagreements(Evidence(sightings=told), ())
    assert [(each.file_name, each.line, each.presence) for each in anna.said] == [
        ("1.txt", 3, PRESENT),
        ("2.txt", 7, LATE),
    ]
    assert [each.presence for each in boris.said] == [PRESENT, None]
    assert [each.presence for each in cleo.said] == [None, PRESENT]
    assert names(Evidence(sightings=(seen(1, "Anna"), seen(2, "anna")))) == []


def test_what_was_decided_is_asked_again_by_a_later_file_only() -> None:
    """D-12: and only where that one says otherwise."""
    told = (seen(1, "Anna"), seen(2, "Anna", LATE))
    decided = (Decision(tick=1, name="ANNA", presence=LATE, upload_id=UploadId(2)),)
    assert names(Evidence(sightings=told, decisions=decided)) == []
    for presence, asked in ((LATE, []), (PRESENT, [(1, "Anna")])):
        later = (*told, seen(3, "Anna", presence))
        assert names(Evidence(sightings=later, decisions=decided)) == asked
    gone = (Decision(tick=1, name="Anna", presence=None, upload_id=UploadId(2)),)
    assert names(Evidence(sightings=(*told, seen(3, "Boris")), decisions=gone)) == [(1, "Boris")]


# --- with a raid ------------------------------------------------------------------------------------------------------


def imports(guild: GuildHouse, raid: Raid, text: str, name: str = "a.txt", *, apply: bool = True) -> ImportReport:
    """A list of names for the raid's first tick."""
    return guild.use.import_dump()(
        [text.encode()],
        file_name=name,
        format=DumpFormat.NAME_LIST,
        raid_id=raid.id,
        at=AT,
        zone="UTC",
        apply=apply,
        by=guild.officer.by,
    )


def listed(guild: GuildHouse, raid: Raid) -> tuple[Disagreement, ...]:
    """What files disagree on."""
    return guild.use.list_disagreements()(raid.id, by=guild.officer.by)


def decides(guild: GuildHouse, raid: Raid, *who: str, by: Person | None = None, **how: object) -> Corrected:
    """Somebody decides on these names."""
    return guild.use.decide_disagreements()(raid.id, who, by=(by or guild.officer).by, **how)  # type: ignore[arg-type]  # as given


def staged(guild: GuildHouse) -> tuple[Raid, dict[str, Person]]:
    """A raid that two files tell of: the second lacks Marc and has Vera."""
    people = {name: guild.joins(name) for name in ("Zoe", "Marc", "Vera")}
    for name, person in people.items():
        guild.plays(person, name)
    raid = guild.raids(at=TONIGHT)
    imports(guild, raid, "Zoe\nMarc\n", "one.txt")
    return raid, people


def test_a_second_file_adds_who_is_missing_and_changes_nobody(guild: GuildHouse) -> None:
    """D-12: what it disagrees on is listed, with each file's line; its preview lists it too."""
    raid, people = staged(guild)
    preview = imports(guild, raid, "Vera\nZoe\n", "two.txt", apply=False)
    assert [each.name for each in preview.disagreements] == ["Marc", "Vera"]
    assert listed(guild, raid) == ()
    report = imports(guild, raid, "Vera\nZoe\n", "two.txt")
    assert (report.recorded, report.already_present) == (1, 1)
    assert [guild.current(each) for each in people.values()] == ["10.00"] * 3
    marc, vera = listed(guild, raid)
    assert report.disagreements == (marc, vera)
    assert (marc.stands, vera.stands) == (PRESENT, PRESENT)
    assert [(each.file_name, each.line) for each in marc.said] == [("one.txt", 2), ("two.txt", None)]
    assert [(each.file_name, each.line) for each in vera.said] == [("one.txt", None), ("two.txt", 1)]


def test_who_decides_is_obeyed_and_remembered(guild: GuildHouse) -> None:
    """D-12, D-8: by removing or by another status; the ledger follows, and the same again changes nothing."""
    raid, people = staged(guild)
    imports(guild, raid, "Vera\nZoe\n", "two.txt")
    for _ in range(2):
        decides(guild, raid, "marc", absent=True)
    assert guild.current(people["Marc"]) == "0.00"
    assert len(guild.history(people["Marc"])) == 2
    guild.use.set_policies()(guild.pool, {"standby_percent": "50"}, by=guild.officer.by)
    answer = decides(guild, raid, "Vera", presence=STANDBY)
    assert (answer.changed, guild.current(people["Vera"])) == (1, "5.00")
    assert listed(guild, raid) == ()
    imports(guild, raid, "Zoe\nMarc\n\n", "three.txt")
    assert [each.name for each in listed(guild, raid)] == ["Marc", "Vera"]
    assert guild.current(people["Marc"]) == "10.00"
    assert guild.verified()


def test_who_was_removed_by_hand_comes_back_by_a_decision(guild: GuildHouse) -> None:
    """D-12: a name that stands nowhere any more is noted anew."""
    raid, people = staged(guild)
    imports(guild, raid, "Zoe\n", "two.txt")
    guild.use.remove_attendance()(raid.id, ["Marc"], by=guild.officer.by)
    assert [each.stands for each in listed(guild, raid)] == [None]
    decides(guild, raid, "Marc", presence=LATE)
    assert guild.current(people["Marc"]) == "10.00"
    assert listed(guild, raid) == ()


def test_only_on_what_files_disagree_is_decided(guild: GuildHouse) -> None:
    """D-12, G-8, A-3: by officers and the raid's leader."""
    raid, people = staged(guild)
    imports(guild, raid, "Zoe\n", "two.txt")
    with pytest.raises(NoDisagreement):
        decides(guild, raid, "Marc", "Zoe", absent=True)
    with pytest.raises(InvalidValue):
        decides(guild, raid, "Marc")
    with pytest.raises(InvalidValue):
        decides(guild, raid, "Marc", presence=LATE, absent=True)
    with pytest.raises(NotPermitted):
        decides(guild, raid, "Marc", absent=True, by=people["Marc"])
    with pytest.raises(NoSuch):
        guild.use.list_disagreements()(guild.neighbour().raids().id, by=guild.officer.by)
    assert guild.current(people["Marc"]) == "10.00"
    guild.use.change_raid()(raid.id, leader=people["Vera"].id, by=guild.officer.by)
    decides(guild, raid, "Marc", absent=True, by=people["Vera"])
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    with pytest.raises(RaidIsCancelled):
        decides(guild, raid, "Marc", absent=True)
