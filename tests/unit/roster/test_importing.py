"""Importing the roster from files, as a use case (R-6)."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.kernel.errors import DomainError, InvalidValue, NotPermitted
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.ports import AuditFilter
from dkp_core.roster import (
    CharacterRow,
    CharacterStatus,
    RosterFileKind,
    RosterFilter,
    RosterImport,
    RosterImportLine,
    RosterOutcome,
    WhenMissing,
)
from dkp_core.roster.roster_file import read_roster_file
from tests.unit.guild_house import GuildHouse

SAMPLES = Path(__file__).parents[3].parent / "shared" / "samples"
NEW, CHANGED, UNCHANGED = RosterOutcome.NEW, RosterOutcome.CHANGED, RosterOutcome.UNCHANGED
REFUSED = RosterOutcome.REFUSED


def taken(guild: GuildHouse, text: str | bytes, **more: object) -> RosterImport:
    """What a file comes to, imported by the officer."""
    data = text if isinstance(text, bytes) else text.encode()
    return guild.use.import_roster()([data], by=guild.officer.by, **more)  # type: ignore[arg-type]  # as given


def outcomes(report: RosterImport) -> dict[int, RosterOutcome]:
    """What became of each line."""
    return {line.line: line.outcome for line in report.lines}


def line(report: RosterImport, number: int) -> RosterImportLine:
    """That line of the report."""
    return next(each for each in report.lines if each.line == number)


def told(report: RosterImport, number: int) -> dict[str, tuple[object, object]]:
    """What that line changes: by field, before and after."""
    return {each.field: (each.before, each.after) for each in line(report, number).changes}


def found(guild: GuildHouse, name: str) -> CharacterRow:
    """A character by name, as the operator sees it."""
    return guild.use.find_character()(name, by=guild.operator)


def names(guild: GuildHouse) -> set[str]:
    """Who is on the roster."""
    page = guild.use.list_characters()(RosterFilter(), page=PageRequest(size=500), by=guild.operator)
    return {row.name for row in page.results}


def test_a_dry_run_shows_what_the_import_then_does_and_the_same_file_twice_changes_nothing(guild: GuildHouse) -> None:
    """R-6: character by character, before and after; then applied as one; idempotent."""
    kara = guild.joins("Kara")
    guild.plays(kara, "Kassandra", level=60, character_class="Bard")
    text = (
        "Name,Class,Level,Race,Rank,Status,Owner,Main,Notes,Guild Join Date\n"
        "Kassandra,Bard,65,Human,Raider,active,Kara,,tank breaker,2020-01-31\n"
        "Lucismule,Warrior,12,Ogre,,inactive,Kara,Kassandra,,\n"
        "Bank,,,,,,,,,\n"
    )
    shown = taken(guild, text, dry_run=True, file_name="C:\\guild\\roster.csv")
    assert outcomes(shown) == {1: RosterOutcome.HEADER, 2: CHANGED, 3: NEW, 4: NEW}
    assert (shown.new, shown.changed, shown.refused, shown.applied) == (2, 1, 0, False)
    assert told(shown, 2) == {
        "level": (60, 65),
        "race": (None, "Human"),
        "rank": ("Member", "Raider"),
        "joined_on": ("2026-11-20", "2020-01-31"),
        "notes": (None, "tank breaker"),
    }
    assert (line(shown, 3).file, told(shown, 3)["owner"]) == ("roster.csv", (None, "Kara"))
    assert names(guild) == {"Kassandra"}
    applied = taken(guild, text, file_name="roster.csv")
    assert applied.applied
    assert [each.changes for each in applied.lines] == [each.changes for each in shown.lines]
    alt = found(guild, "lucismule")
    assert (alt.main_character, alt.user_id, alt.status) == ("Kassandra", kara.id, CharacterStatus.INACTIVE)
    assert (found(guild, "Bank").user_id, found(guild, "Kassandra").rank) == (None, "Raider")
    again = taken(guild, text)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 3)
    (history,) = guild.use.show_rank_history()(found(guild, "Kassandra").id, by=guild.operator)
    assert (history.before, history.after, history.reason) == ("Member", "Raider", "Imported from roster.csv, line 2.")
    (event,) = guild.use.show_audit_log()(
        AuditFilter(name="roster_imported"), page=PageRequest(), by=guild.operator
    ).results
    assert (event.aggregate_id, event.data["entered"], event.data["changed"]) == (applied.sha256, 2, 1)


@pytest.mark.parametrize(
    "data",
    [
        "name;class\nÆlektra;Monk\n".encode(),
        codecs.BOM_UTF8 + b"Character\tClass\t\r\n\xc3\x86lektra\tMonk\t\r\n",
        "sep=|\nname|class\nÆlektra|Monk\n".encode(),
        '"Name" , "Class"\r\n"Ælektra" , "Monk"\r\n\r\n'.encode("cp1252"),
        "Char Name,Class,Level\nÆlektra,Monk".encode("utf-16"),
    ],
)
def test_tables_are_taken_as_they_come(guild: GuildHouse, data: bytes) -> None:
    """R-6: comma, semicolon, tab or what Excel names; BOM, CRLF, trailing tab, short rows, other encodings."""
    report = taken(guild, data)
    assert (report.new, report.refused) == (1, 0)
    assert found(guild, "ælektra").character_class == "Monk"
    assert len(report.lines) + report.blank == report.lines_total


def test_a_cell_may_go_over_lines_and_a_quote_that_never_closes_spoils_its_own_line(guild: GuildHouse) -> None:
    """R-6: every line is accounted for."""
    many = "\n".join(f"Extra{number}," for number in range(25))
    report = taken(guild, f'name,notes\nOne,"first\nsecond"\nTwo,"never closed\n{many}\n')
    assert (report.new, len(report.lines) + report.blank) == (26, report.lines_total)
    assert (outcomes(report)[3], outcomes(report)[4]) == (RosterOutcome.CONTINUED, RosterOutcome.UNREADABLE)
    assert found(guild, "One").notes == "first\nsecond"


def test_what_a_line_says_wrongly_refuses_that_line_and_tells_what_is_accepted(guild: GuildHouse) -> None:
    """R-6, G-8: refused with a reason; the others are taken, and unknown columns are named."""
    guild.joins("Twin")
    guild.joins("twin")
    text = (
        "name,level,status,rank,owner,joined,dkp\n"
        "One,abc,,,,,5\n"
        "Two,,sleeping,,,,\n"
        "Three,,,Warlord,,,\n"
        "Four,,,,Somebody Else,,\n"
        "Five,,,,twin,,\n"
        "Six,,,,123456789012345678,,\n"
        "Seven,,,,,31/31/2020,\n"
        "\x07,,,,,,\n"
        "Nine,1,active,member,,2020-02-01,\n"
        "nine,,,,,,\n"
    )
    report = taken(guild, text)
    assert names(guild) == {"Nine"}
    assert report.columns_ignored == ("dkp",)
    wrong = {number: line(report, number).reason for number in range(2, 10)}
    assert {outcomes(report)[number] for number in wrong} == {REFUSED}
    for number, part in {
        2: "0 to 10000",
        3: "pending, active",
        4: "Leader, Officer",
        5: "nobody here is called",
        6: "2 members are called",
        7: "has the Discord id",
        8: "2026-11-20",
        9: "name",
    }.items():
        assert part in wrong[number], wrong[number]
    assert outcomes(report)[11] is RosterOutcome.REPEATED


def test_ranks_and_owners_are_made_only_where_that_is_asked_for(guild: GuildHouse) -> None:
    """R-6: unknown ranks are refused, unless create_ranks; so are owners, unless create_owners."""
    text = "Character,Main,Rank\nAbomination,Abomination,Warlord\nDormak,Abomination,warlord\nKoreksis,Dormak,\n"
    refused = taken(guild, text)
    assert (refused.refused, names(guild), refused.ranks_made) == (3, set(), ())
    shown = taken(guild, text, create_ranks=True, create_owners=True, dry_run=True)
    assert (names(guild), shown.ranks_made, shown.owners_made) == (set(), ("Warlord",), ("Abomination",))
    assert "Warlord" not in [row.name for row in guild.use.list_ranks()(by=guild.operator)]
    report = taken(guild, text, create_ranks=True, create_owners=True)
    assert outcomes(report) == {1: RosterOutcome.HEADER, 2: NEW, 3: NEW, 4: REFUSED}
    assert "no main itself" in line(report, 4).reason
    main, alt = found(guild, "Abomination"), found(guild, "Dormak")
    assert (main.is_main, main.rank, alt.rank, alt.main_id) == (True, "Warlord", "Warlord", main.id)
    assert (main.owner, alt.user_id) == ("Abomination", main.user_id)
    assert guild.use.show_user()(main.user_id or guild.officer.id, by=guild.operator).discord_id is None
    assert taken(guild, text, create_ranks=True, create_owners=True).ranks_made == ()
    member = guild.joins("Member")
    with pytest.raises(NotPermitted):
        guild.use.import_roster()([text.encode()], by=member.by)


def test_alts_get_the_owner_of_their_main_and_nobody_elses(guild: GuildHouse) -> None:
    """R-6, R-3: an alt's main has the same owner; the file's mains take over, and who hung under the old follow."""
    kara, other = guild.joins("Kara"), guild.joins("Other")
    guild.plays(kara, "Old")
    guild.plays(kara, "Third")
    guild.plays(kara, "New")
    guild.plays(other, "Foreign")
    guild.plays(None, "Loose")
    report = taken(guild, "name,alt of\nOld,New\nNew,\nLoose,New\nForeign,New\nNewcomer,Nowhere\n")
    assert outcomes(report) == {1: RosterOutcome.HEADER, 2: CHANGED, 3: CHANGED, 4: CHANGED, 5: REFUSED, 6: REFUSED}
    assert [found(guild, name).main_character for name in ("Old", "Third", "Loose")] == ["New"] * 3
    assert (found(guild, "New").is_main, found(guild, "Loose").user_id) == (True, kara.id)
    assert [(each.name, each.changes[0].after) for each in report.also_changed] == [("Third", "New")]
    assert "somebody else" in line(report, 5).reason
    assert "not on the roster" in line(report, 6).reason
    (period,) = guild.use.show_ownership_history()(found(guild, "Loose").id, by=guild.operator)
    assert (period.owner, period.since, period.until) == ("Kara", None, None)


def test_an_owner_in_the_file_gets_the_character_and_the_period_before_is_kept(guild: GuildHouse) -> None:
    """R-6, R-4: what an owner column says is taken, by user id, Discord id or username."""
    kara, lucy = guild.joins("Kara"), guild.joins("Lucy")
    guild.plays(kara, "Kassandra")
    discord_id = guild.use.show_user()(lucy.id, by=guild.operator).discord_id
    report = taken(guild, f"name,owner\nKassandra,{lucy.id}\n")
    assert told(report, 2)["owner"] == ("Kara", "Lucy")
    assert discord_id is not None
    periods = guild.use.show_ownership_history()(found(guild, "Kassandra").id, by=guild.operator)
    assert [(each.owner, each.until is None) for each in periods] == [("Kara", False), ("Lucy", True)]
    assert taken(guild, "name,owner\nKassandra,LUCY\n").unchanged == 1


def test_two_lines_cannot_both_be_the_main_of_one_owner(guild: GuildHouse) -> None:
    """R-3: at most one main; the second line that says so is refused."""
    guild.joins("Kara")
    report = taken(guild, "name,owner,is main\nOne,Kara,yes\nTwo,Kara,yes\nThree,Kara,no\nFour,,yes\n")
    assert [outcomes(report)[number] for number in (2, 3, 4, 5)] == [NEW, REFUSED, NEW, REFUSED]
    assert found(guild, "Three").main_character == "One"
    swapped = taken(guild, "name,owner,is main\nOne,Kara,no\nThree,Kara,yes\n")
    assert [outcomes(swapped)[number] for number in (2, 3)] == [CHANGED, CHANGED]
    assert (found(guild, "Three").is_main, found(guild, "One").main_character) == (True, "Three")
    alone = taken(guild, "name,is main\nThree,alt\n")
    assert "another main first" in line(alone, 2).reason


def test_who_is_missing_in_the_file_is_listed_and_stays_unless_the_import_says_otherwise(guild: GuildHouse) -> None:
    """R-6: listed, and untouched unless `missing` says inactive or retire; pending and retired ones are left alone."""
    member = guild.joins()
    guild.plays(None, "Here")
    gone = guild.plays(None, "Gone")
    guild.use.enter_character()(name="Waiting", by=member.by)
    listed = taken(guild, "name\nHere\n")
    assert [(each.name, each.before, each.after) for each in listed.missing] == [
        ("Gone", CharacterStatus.ACTIVE, CharacterStatus.ACTIVE)
    ]
    taken(guild, "name\nHere\n", missing=WhenMissing.INACTIVE, dry_run=True)
    assert found(guild, "Gone").status is CharacterStatus.ACTIVE
    taken(guild, "name\nHere\n", missing=WhenMissing.INACTIVE)
    assert found(guild, "Gone").status is CharacterStatus.INACTIVE
    taken(guild, "name\nHere\n", missing=WhenMissing.RETIRE)
    assert guild.use.show_character()(gone, by=guild.operator).status is CharacterStatus.RETIRED
    assert found(guild, "Waiting").status is CharacterStatus.PENDING
    assert taken(guild, "name\nHere\n").missing == ()


@pytest.mark.parametrize(
    "rest",
    [
        "Kass,60?,\n",
        "kass,60,Nobody's Rank\n",
        "Kassandra,60?,\n",
        "Newcomer,60?,,Kass\n",
    ],
)
def test_whom_a_refused_line_names_is_not_missing(guild: GuildHouse, rest: str) -> None:
    """R-6: a line that cannot be taken, under whichever of its names, sets nobody aside whom it names."""
    kass = guild.plays(None, "Kass")
    guild.plays(None, "Gone")
    guild.use.add_alias()(kass, "Kassandra", by=guild.officer.by)
    report = taken(guild, f"name,level,rank,main\nHere,1,,\n{rest}", missing=WhenMissing.RETIRE)
    assert outcomes(report)[3] is REFUSED
    assert [each.name for each in report.missing] == ["Gone"]
    assert found(guild, "Kass").status is CharacterStatus.ACTIVE


def test_who_stands_in_a_file_as_a_main_only_is_not_missing(guild: GuildHouse) -> None:
    """R-6: a map of alts to mains names the mains too."""
    kara = guild.joins("Kara")
    guild.plays(kara, "Kass")
    guild.plays(kara, "Lucis")
    assert taken(guild, "name,main\nLucis,Kass\n", missing=WhenMissing.RETIRE).missing == ()
    assert found(guild, "Kass").status is CharacterStatus.ACTIVE


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("name,level\nHere,1\n,60\n", 3),
        ("name,level\nHere,1\n\x07Kass,60\n", 3),
        ('name,notes\nKass,"never closed\n' + "Here,\n" * 25, 2),
    ],
)
def test_a_file_with_a_name_that_cannot_be_read_sets_nobody_aside(guild: GuildHouse, text: str, number: int) -> None:
    """R-6: it may be anybody's; the line is named, and nothing is done, in a dry run either."""
    guild.plays(None, "Kass")
    for dry_run in (True, False):
        with pytest.raises(InvalidValue) as refused:
            taken(guild, text, missing=WhenMissing.RETIRE, dry_run=dry_run)
        assert (refused.value.field, f"line {number} " in refused.value.fault) == ("missing", True)
    assert names(guild) == {"Kass"}
    assert [each.after for each in taken(guild, text).missing] in ([], [CharacterStatus.ACTIVE])


def guild_row(name: str, level: int, character_class: str, rank: str, *, alt: str = "", note: str = "") -> str:
    """A row as `/outputfile guild` writes it."""
    rest = (alt, "08/02/20", "Bazaar", note, "", "on", "off", 5, "03/21/20", "", "")
    return "\t".join(map(str, (name, level, character_class, rank, *rest)))


def dump_of(*rows: str) -> str:
    """A guild dump of these rows."""
    return "".join(f"{row}\r\n" for row in rows)


def test_a_guild_dump_is_recognised_and_moves_levels_and_ranks_but_demotes_no_leader(guild: GuildHouse) -> None:
    """R-6: `/outputfile guildlist`; ranks go by name, leaders are not demoted by a dump."""
    guild.plays(guild.joins("Boss"), "Chief", rank_id=guild.rank("Leader"))
    guild.plays(None, "Rumstil", level=100)
    dump = dump_of(
        guild_row("Chief", 65, "Warrior", "Officer"),
        guild_row("Rumstil", 115, "Ranger", "Raider"),
        guild_row("Newbie", 3, "Cleric", "Leader"),
        guild_row("Odd", 3, "Cleric", "Grand Poobah"),
    )
    report = taken(guild, dump, file_name="The_Unknown_firiona-20230111-141432.txt")
    assert (report.kind, report.guild_name, report.taken_at) == (
        RosterFileKind.GUILD_DUMP,
        "The Unknown",
        "2023-01-11T14:14:32",
    )
    assert outcomes(report) == {1: CHANGED, 2: CHANGED, 3: NEW, 4: REFUSED}
    assert (found(guild, "Chief").rank, found(guild, "Chief").level) == ("Leader", 65)
    assert "no leader" in line(report, 1).reason
    assert told(report, 2) == {
        "level": (100, 115),
        "character_class": (None, "Ranger"),
        "rank": ("Member", "Raider"),
    }
    assert taken(guild, dump).unchanged == 3


def test_a_partial_dump_warns_and_sets_nobody_aside(guild: GuildHouse) -> None:
    """R-6: without the leader it may be a part of the guild."""
    guild.plays(None, "Gone")
    dump = dump_of(guild_row("Rumstil", 115, "Ranger", "Member"))
    assert any("Leader" in warning for warning in taken(guild, dump, dry_run=True).warnings)
    with pytest.raises(InvalidValue) as refused:
        taken(guild, dump, missing=WhenMissing.RETIRE)
    assert refused.value.field == "missing"
    assert found(guild, "Gone").status is CharacterStatus.ACTIVE


def test_an_unreadable_row_of_a_dump_sets_its_character_not_aside(guild: GuildHouse) -> None:
    """R-6: its name counts where it can be read; where it cannot, nobody is set aside."""
    for name in ("Chief", "Kass", "Gone"):
        guild.plays(None, name)
    broken = guild_row("Kass", 1, "Bard", "Member").replace("\t1\t", "\t?\t", 1)
    rows = guild_row("Chief", 65, "Warrior", "Leader"), broken
    report = taken(guild, dump_of(*rows), missing=WhenMissing.RETIRE)
    assert (line(report, 2).outcome, line(report, 2).name) == (RosterOutcome.UNREADABLE, "Kass")
    assert [each.name for each in report.missing] == ["Gone"]
    assert found(guild, "Kass").status is CharacterStatus.ACTIVE
    with pytest.raises(InvalidValue) as refused:
        taken(guild, dump_of(*rows, "Kass\t60"), missing=WhenMissing.RETIRE, kind=RosterFileKind.GUILD_DUMP)
    assert (refused.value.field, "line 3 " in refused.value.fault) == ("missing", True)


def test_a_refused_row_of_a_dump_makes_no_rank_and_changes_nothing(guild: GuildHouse) -> None:
    """R-6: whatever of it is wrong: the class, or the rank itself."""
    guild.plays(None, "Known", level=1)
    dump = dump_of(
        guild_row("Newcomer", 20, "c" * 100, "Top"),
        guild_row("Known", 20, "Bard", "r" * 100),
        guild_row("Fine", 20, "Bard", "Member"),
    )
    report = taken(guild, dump, create_ranks=True)
    assert (report.ranks_made, outcomes(report)) == ((), {1: REFUSED, 2: REFUSED, 3: NEW})
    assert "Top" not in [row.name for row in guild.use.list_ranks()(by=guild.operator)]
    assert found(guild, "Known").level == 1


def test_renames_and_alts_of_a_dump_are_suggested_and_never_guessed(guild: GuildHouse) -> None:
    """R-6: a rename looks like one who left and one who joined; alt flags and notes are suggestions."""
    guild.plays(guild.joins("Boss"), "Chief", rank_id=guild.rank("Leader"))
    guild.plays(None, "Rumstil")
    dump = dump_of(
        guild_row("Chief", 65, "Warrior", "Leader"),
        guild_row("Rumstill", 115, "Ranger", "Member"),
        guild_row("Mule", 1, "Rogue", "Member", note="alt of Chief"),
        guild_row("Flagged", 1, "Rogue", "Member", alt="A"),
    )
    report = taken(guild, dump)
    assert {each.line: each.name for each in report.suggestions} == {2: "Rumstill", 3: "Mule", 4: "Flagged"}
    assert "rename it instead" in report.suggestions[0].sentence
    assert (found(guild, "Rumstil").name, found(guild, "Mule").main_character) == ("Rumstil", None)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"level,class\n1,Bard\n", "names no column of names"),
        (b"name,class\n\n", "names no character"),
        (b"<!DOCTYPE html><html><title>Login</title><input type='password'></html>", "a login page"),
        (b"PK\x03\x04" + b"\x00" * 40, "ZIP archive"),
        (b"name\n" + b"a\n" * 60_000, "60,002 lines"),
        (b"name\n" + b"x" * (9 * 1024**2), "bytes"),
        (b"name\n" + b"".join(b"c%d\n" % n for n in range(5_001)), "5,001 characters"),
    ],
)
def test_what_is_no_roster_is_named(guild: GuildHouse, data: bytes, part: str) -> None:
    """R-6, D-14: too large, no text, a web page, empty or without names: refused as a whole, and nothing is done."""
    with pytest.raises(InvalidValue) as refused:
        taken(guild, data)
    assert refused.value.field == "file"
    assert part in refused.value.fault, refused.value.fault
    assert names(guild) == set()


@given(st.lists(st.text(alphabet='ab,;"\t\n\r= ÆM1', max_size=30), max_size=12))
def test_every_line_of_any_table_is_accounted_for(lines: list[str]) -> None:
    """R-6: whatever stands in a file, it is refused by name or each of its lines is told of once."""
    data = ("name,main,level\n" + "\n".join(lines)).encode()
    try:
        file = read_roster_file([data])
    except InvalidValue:
        return
    numbers = [*(entry.line for entry in file.entries), *(plain.line for plain in file.lines)]
    assert len(numbers) == len(set(numbers))
    assert len(numbers) + file.blank == file.lines_total


NAMES = st.sampled_from(["One", "Two", "Three", "Four"])
ROWS = st.lists(
    st.tuples(
        NAMES,
        st.sampled_from(["", "Kara", "Lucy", "Nobody"]),
        st.one_of(st.just(""), NAMES),
        st.sampled_from(["", "active", "retired"]),
        st.sampled_from(["", "Raider", "Warlord"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=15)
@given(first=ROWS, second=ROWS, makes=st.booleans())
def test_what_a_dry_run_shows_is_what_happens_and_a_second_time_nothing_does(
    first: list[tuple[str, ...]], second: list[tuple[str, ...]], makes: bool
) -> None:
    """R-6: over any two files; each owner keeps one main at most, whose alts are all theirs (R-3)."""
    guild = GuildHouse()
    guild.joins("Kara")
    guild.joins("Lucy")
    for rows in (first, second):
        text = "\n".join(map(",".join, [("name", "owner", "main character", "status", "rank"), *rows]))
        shown = taken(guild, text, create_ranks=makes, create_owners=makes, dry_run=True)
        applied = taken(guild, text, create_ranks=makes, create_owners=makes)
        assert [(each.outcome, each.changes) for each in shown.lines] == [
            (each.outcome, each.changes) for each in applied.lines
        ]
        again = taken(guild, text, create_ranks=makes, create_owners=makes)
        assert again.new == again.changed == 0
        assert (again.also_changed, again.ranks_made, again.owners_made) == ((), (), ())
        characters = guild.use.list_characters()(RosterFilter(), page=PageRequest(), by=guild.operator).results
        by_id = {each.id: each for each in characters}
        mains = [each.user_id for each in characters if each.is_main]
        assert len(mains) == len(set(mains))
        for each in characters:
            assert each.main_id is None or by_id[each.main_id].user_id == each.user_id
    assert guild.verified()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not there")
def test_a_real_map_of_characters_to_mains_is_taken_whole(guild: GuildHouse) -> None:
    """R-6: a two-column map; each main gets an unlinked owner, each other character hangs under it."""
    data = (SAMPLES / "takp_character_to_main_map.tsv").read_bytes()
    report = taken(guild, data, create_owners=True)
    assert report.kind is RosterFileKind.MAIN_MAP
    assert len(report.lines) + report.blank == report.lines_total
    unknown = {each.reason for each in report.lines if each.outcome is REFUSED}
    assert len(unknown) <= 1, "one main of the map is written with a surname that no line has"
    assert (report.refused, report.changed) == (3, 0)
    assert found(guild, "Dormak").main_character == "Abomination"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not there")
def test_a_real_line_of_a_guild_dump_is_taken(guild: GuildHouse) -> None:
    """R-6: a row of a live client."""
    data = (SAMPLES / "eq_live_guilddump_rumstil_line.txt").read_bytes()
    report = taken(guild, data)
    assert (report.kind, report.new, found(guild, "Rumstil").level) == (RosterFileKind.GUILD_DUMP, 1, 115)


def test_a_refused_import_as_a_whole_leaves_nothing(guild: GuildHouse) -> None:
    """G-8: nothing is half done."""
    with pytest.raises(DomainError):
        taken(guild, "name\nOne\n", reason="x" * 600)
    assert names(guild) == set()
