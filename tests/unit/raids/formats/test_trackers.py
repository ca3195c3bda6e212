"""Raids in XML: EQdkp Plus' own, and CT_RaidTracker's with those after it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.points import Points
from dkp_core.raids.formats import (
    Dump,
    DumpFormat,
    DumpIsBroken,
    DumpIsHtml,
    DumpTooLarge,
    LineOutcome,
    Presence,
    ReadingLimits,
    UnreadableDump,
    WarningKind,
    read_dump,
    read_loot,
)
from dkp_core.raids.formats.markup import DEPTH_MAX, ELEMENTS_MAX, PATH_LENGTH_MAX
from dkp_core.raids.formats.stay import GRACE, Move, presence_of
from tests.unit.raids.formats.synthetic import (
    NIGHT,
    kinds,
    line_of,
    names,
    one_check,
    outcomes,
    read_or_refused,
    read_text,
)
from tests.unit.raids.formats.synthetic_trackers import (
    END,
    START,
    after,
    clock,
    dropped,
    item,
    member,
    pretty,
    raid_info,
    raid_log,
    times,
)


def presences(document: str) -> dict[str, Presence]:
    """How each of the file's people was there."""
    return {each.name: each.presence for each in one_check(document).attendees}


def accounted(dump: Dump) -> None:
    """Every line once: kept with an outcome, or noise."""
    kept = {line.number for check in dump.checks for line in check.lines}
    assert kept <= set(range(1, dump.lines_total + 1))
    assert len(kept) + dump.counts[LineOutcome.NOISE] == dump.lines_total


def test_a_raid_log_tells_who_was_there_where_and_since_when() -> None:
    """D-6: EQdkp Plus XML on one line; its times are moments, so no zone is asked for (D-13)."""
    more = "<race>NightElf</race><guild>Twelve</guild><class>DRUID</class><level>80</level><note>healer</note>"
    check = one_check(raid_log([member("Sonya", more=more), member("Vulak")], zones=("Icecrown", "Ulduar")))
    sonya, vulak = check.attendees
    assert (sonya.name, sonya.level, sonya.character_class, sonya.race) == ("Sonya", 80, "DRUID", "NightElf")
    assert (sonya.guild, sonya.line, vulak.presence) == ("Twelve", 1, Presence.PRESENT)
    assert (check.taken_at, check.place, check.warnings) == (START, "Icecrown, Ulduar", ())
    told = [line.detail for line in check.lines if line.name == "Sonya"]
    assert told == ["joined 2024-07-04 19:00:00 UTC, left 2024-07-04 22:00:00 UTC; note: healer"]


def test_what_a_raid_log_tells_besides_is_kept_line_by_line() -> None:
    """D-5: the head, the zones, the kills, whatever else; elements in other letters are the same."""
    document = raid_log([member("Sonya")]).replace("<raiddata>", "<RAIDDATA><adjustments kind='odd'>5</adjustments>")
    details = [line.detail for line in one_check(document.replace("</raiddata>", "</RAIDDATA>")).lines]
    assert "head/export/name: EQdkp Plus XML" in details
    assert "zone Icecrown; enter 2024-07-04 19:00:00 UTC; leave 2024-07-04 22:00:00 UTC; difficulty: 2" in details
    assert "boss kill Ymir; time 2024-07-04 19:55:00 UTC; difficulty: 2" in details
    assert {"adjustments: 5", "adjustments kind: odd"} <= set(details)


def test_a_document_on_many_lines_tells_where_each_raider_stands() -> None:
    """D-5: the other lines of a raider continue theirs, and the tags around them are noise."""
    dump = read_dump([pretty(raid_log([member("Zoë"), member("Vulak")])).encode()])
    (check,) = dump.checks
    zoe, vulak = check.attendees
    lines = pretty(raid_log([member("Zoë"), member("Vulak")])).split("\r\n")
    assert lines[zoe.line - 1 : zoe.line + 1] == ["<member>", "<name>Zoë</name>"]
    assert lines[vulak.line - 1 : vulak.line + 1] == ["<member>", "<name>Vulak</name>"]
    assert outcomes(check)[zoe.line + 3] is LineOutcome.METADATA
    assert line_of(check, zoe.line + 3).detail == f"continues line {zoe.line}"
    assert [line.number for line in check.lines if line.number < zoe.line] == sorted(
        line.number for line in check.lines if line.number < zoe.line
    )
    accounted(dump)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("write", [lambda: raid_log([member("Zoë")]), lambda: raid_info(["Zoë"])])
def test_every_encoding_is_read_whatever_the_document_says_of_it(write: Callable[[], str], encoding: str) -> None:
    """D-6: trackers write one encoding and declare another, and blank lines before the declaration."""
    for document in (write(), pretty(write()), pretty(write()).replace("ISO-8859-1", "UTF-16")):
        assert names(read_dump([document.encode(encoding)]).checks[0]) == ["Zoë"]
    assert names(read_dump([("\n\n" + pretty(write())).encode(encoding)]).checks[0]) == ["Zoë"]


@pytest.mark.parametrize(
    ("stayed", "expected"),
    [
        (times(0, 180), Presence.PRESENT),
        (times(0), Presence.PRESENT),
        ("", Presence.PRESENT),
        (times(15, 165), Presence.PRESENT),
        (times(0, 60, 70, 180), Presence.PRESENT),
        (times(16, 180), Presence.LATE),
        (times(0, 164), Presence.LEFT_EARLY),
        (times(30, 100), Presence.LEFT_EARLY),
        (times(0, 180, extra="standby"), Presence.STANDBY),
        (times(0, 60, extra="standby") + times(60, 180), Presence.PRESENT),
    ],
)
def test_how_somebody_was_there_follows_from_when_they_came_and_went(stayed: str, expected: Presence) -> None:
    """D-3, D-6: late and left early by more than a quarter of an hour; standby where all of it was."""
    assert presences(raid_log([member("Vulak"), member("Sonya", stayed)]))["Sonya"] is expected


@given(
    moves=st.lists(st.tuples(st.integers(0, 240), st.booleans()), max_size=8),
    minutes=st.integers(0, 240),
)
def test_going_never_makes_anybody_less_late_and_coming_back_undoes_it(
    moves: list[tuple[int, bool]], minutes: int
) -> None:
    """D-3: whoever is there when the raid ends did not leave early, whatever happened before."""
    start, end = NIGHT, NIGHT + timedelta(minutes=240)
    listed = [Move(NIGHT + timedelta(minutes=minute), came) for minute, came in moves]
    back = presence_of([*listed, Move(end, True)], start, end)
    assert back in (Presence.PRESENT, Presence.LATE)
    gone = presence_of([Move(start, True), Move(start + timedelta(minutes=minutes), False)], start, end)
    early = minutes > 0 and end - start - timedelta(minutes=minutes) > GRACE
    assert gone is (Presence.LEFT_EARLY if early else Presence.PRESENT)


def test_items_are_loot_with_their_winner_cost_and_time() -> None:
    """D-11: the id and the boss are kept in the note."""
    check = one_check(raid_log([member("Sonya")], [item("[Shadow's Edge]", "Sonya"), item("Axe", "Vulak", cost="")]))
    edge, axe = check.loot
    assert (edge.item, edge.name, edge.cost, edge.line) == ("Shadow's Edge", "Sonya", Points.of("12.50"), 1)
    assert edge.at == START + timedelta(hours=1)
    assert edge.note == "itemid: 49623; boss: Ymir"
    assert (axe.cost, axe.rot) == (None, False)
    loot = read_loot([raid_log([], [item("Axe", "Vulak")]).encode()]).loot
    assert [each.item for each in loot] == ["Axe"]


@pytest.mark.parametrize(
    ("cost", "more", "expected", "note"),
    [
        ("0", "", Points.of(0), ""),
        ("nil", "", None, ""),
        ("0.333", "", None, "cost '0.333' is no amount of points"),
        ("1e9", "", None, "cost '1e9' is no amount of points"),
        ("-5", "", None, "cost -5.00 is less than nothing"),
        ("", "<note>offspec, 30 DKP</note>", Points.of(30), "note: offspec, 30 DKP"),
        ("", "<note>1.000 DKP</note>", None, "note: 1.000 DKP"),
        ("7", "<note>30 DKP</note>", Points.of(7), "note: 30 DKP"),
    ],
)
def test_a_cost_that_is_none_is_said_and_one_in_the_note_counts(
    cost: str, more: str, expected: Points | None, note: str
) -> None:
    """D-11, G-3: an exact amount or nothing, never a guess."""
    (line,) = one_check(raid_log([member("Sonya")], [item("Axe", "Sonya", cost=cost, more=more)])).loot
    assert (line.cost, line.note) == (expected, note)


@pytest.mark.parametrize("nobody", ["disenchanted", "Bank", "_deleted_"])
def test_what_went_to_the_bank_went_to_nobody(nobody: str) -> None:
    """D-11: trackers put such words in place of a player."""
    (line,) = one_check(raid_log([member("Sonya")], [item("Axe", nobody, more="")])).loot
    assert (line.name, line.rot, line.note) == ("", True, nobody)


def test_a_bare_ampersand_is_what_it_stands_for() -> None:
    """D-6: add-ons write notes, zones and names into XML as they are."""
    document = raid_log([member("Sonya", more="<note>R&D &amp; &#38; &nbsp;</note>")], zones=("Ice & Fire",))
    check = one_check(document)
    assert check.place == "Ice & Fire"
    assert next(line.detail for line in check.lines if line.name).endswith("note: R&D & & &nbsp;")


def test_a_raider_without_a_name_is_unreadable_and_a_second_one_repeated() -> None:
    """D-5, G-9: each by its line."""
    check = one_check(pretty(raid_log([member("Zoë"), member(""), member("ZOE\u0308"), member("1234")])))
    assert names(check) == ["Zoë"]
    found = [line.outcome for line in check.lines if line.outcome is not LineOutcome.METADATA]
    assert found == [LineOutcome.ATTENDEE, LineOutcome.UNREADABLE, LineOutcome.REPEATED, LineOutcome.UNREADABLE]


def test_times_that_are_none_are_warned_of() -> None:
    """D-5: milliseconds, words; the raider counts nevertheless, as present."""
    odd = f"<time type='join'>{after(0)}000</time><time type='leave'>late</time>"
    check = one_check(pretty(raid_log([member("Sonya", odd), member("Vulak")])))
    assert kinds(check) == [WarningKind.TIME_UNREADABLE]
    assert "2, the first in line" in check.warnings[0].sentence
    assert check.attendees[0].presence is Presence.PRESENT


def test_a_raid_log_without_zones_starts_with_its_first_arrival() -> None:
    """D-6: some trackers write none; without any time the file's name is asked."""
    bare = "<raidlog><raiddata><members>{}</members></raiddata></raidlog>"
    assert one_check(bare.format(member("Sonya"))).taken_at == START
    assert one_check(bare.format(member("Sonya", ""))).taken_at is None
    assert one_check(bare.format(member("Sonya", "")), file_name="raid-20240704-210727.xml").taken_at == NIGHT
    assert one_check("<raidlog><members><member><name>Sonya</name></member></members></raidlog>").attendees


def test_a_raid_info_tells_who_was_there_on_the_players_own_clock() -> None:
    """D-6, D-13: CT_RaidTracker's times have no zone."""
    check = one_check(raid_info(["Sonya", "Vulak-Everlook"]))
    sonya, vulak = check.attendees
    assert (sonya.level, sonya.character_class, sonya.race) == (60, "MAGE", "Gnome")
    assert vulak.name == "Vulak-Everlook"
    assert (check.taken_at, check.place, check.warnings) == (NIGHT, "Icecrown", ())
    assert next(line.detail for line in check.lines if line.name == "Sonya") == (
        "joined 2024-07-04 21:07:27, left 2024-07-05 00:07:27"
    )
    details = {line.detail for line in check.lines}
    assert {"realm: Everlook", "note: - Zone: Icecrown & more", "boss kill Ymir; time 2024-07-04 22:02:27"} <= details
    assert f"left {clock(180)}" in details


def test_arrivals_departures_and_kills_name_people_too() -> None:
    """D-5: older exports list no players; who was there for one kill alone was there."""
    document = raid_info(["Sonya"], joins=[("Sonya", 0), ("Vulak", 60)], leaves=[("Kassandra", 30)], infos=False)
    assert presences(document) == {
        "Sonya": Presence.PRESENT,
        "Vulak": Presence.LATE,
        "Kassandra": Presence.LEFT_EARLY,
    }
    assert names(one_check(raid_info(["Sonya"], attendees=["sonya", "Lucismule"]))) == ["Sonya", "Lucismule"]


def test_a_departure_at_the_moment_of_the_arrival_tells_nothing() -> None:
    """D-6: some boss mods write everybody's arrival a second time as their departure."""
    assert set(presences(raid_info(["Sonya", "Vulak"], leaves=[("Sonya", 0), ("Vulak", 60)])).values()) == {
        Presence.PRESENT,
        Presence.LEFT_EARLY,
    }
    assert presences(raid_info(["Sonya"], leaves=[("Sonya", 0)])) == {"Sonya": Presence.PRESENT}


def test_loot_of_a_raid_info_has_its_cost_or_the_one_in_its_note() -> None:
    """D-11: `Costs`, else "15 DKP" in the note; and how many."""
    loot = [
        dropped("Shadow's Edge", "Sonya"),
        dropped("Axe", "Vulak", more="", note="offspec & greed - 15 DKP"),
        dropped("Emblem of Frost", "disenchanted", more="<Costs>0</Costs>").replace("<Count>1<", "<Count>3<"),
    ]
    edge, axe, emblem = one_check(raid_info(["Sonya"], loot=loot)).loot
    assert (edge.item, edge.name, edge.cost, edge.quantity) == ("Shadow's Edge", "Sonya", Points.of("12.50"), 1)
    assert edge.at == NIGHT + timedelta(hours=1)
    assert axe.cost == Points.of(15)
    assert "note: offspec & greed - 15 DKP" in axe.note
    assert (emblem.name, emblem.rot, emblem.quantity) == ("", True, 3)


def test_odd_times_of_a_raid_info_are_warned_of() -> None:
    """D-5: a day first, a month that is none."""
    document = raid_info(["Sonya"]).replace(f"<start>{clock(0)}", "<start>31/12/24 20:00:00")
    check = one_check(document)
    assert kinds(check) == [WarningKind.TIME_UNREADABLE]
    assert check.taken_at == NIGHT


@pytest.mark.parametrize(
    ("document", "line", "fault"),
    [
        (raid_log([member("Sonya")])[: -len("</raidlog>")], 1, "no element found"),
        (raid_log([member("Sonya")])[:-3], 1, "unclosed token"),
        (pretty(raid_log([member("Sonya")])).replace("</member>", "</members>"), 42, "mismatched tag"),
        (raid_log([member("Sonya")]) + raid_log([]), 1, "junk after document element"),
        ("\n\n<raidlog><a></b></raidlog>", 3, "mismatched tag"),
        ("<x><raidlog/></x>", 1, "it starts with <x> where <raidlog> is read"),
        ('<!DOCTYPE raidlog [<!ENTITY a "b">]>\n<raidlog>&a;</raidlog>', 1, "document type"),
        ("<raidlog>" + "\n<a>" * 10_000, DEPTH_MAX + 1, "deeper than"),
        ("<raidlog>" + "<a/>" * (ELEMENTS_MAX + 1) + "</raidlog>", 1, "more than 200,000 elements"),
        (f"<raidlog><{'a' * 101}/></raidlog>", 1, "name has more than 100"),
        ("<raidlog>\n\x01</raidlog>", 2, "not well-formed (invalid token)"),
    ],
)
def test_broken_xml_is_refused_by_its_line(document: str, line: int, fault: str) -> None:
    """G-8: what was wrong, and where."""
    with pytest.raises(DumpIsBroken) as refused:
        read_dump([document.encode()])
    assert (refused.value.format, refused.value.line) == ("XML", line)
    assert fault in refused.value.sentence


LAUGHS = "".join(f'<!ENTITY l{n} "' + f"&l{n - 1};" * 10 + '">' for n in range(1, 12))
LINE_ENDS = "\n" * 1_000_000
ATTRIBUTES = " ".join(f"a{n}='1'" for n in range(100_000))
HOSTILE = {
    "a bomb of entities": f'<!DOCTYPE raidlog [<!ENTITY l0 "ha">{LAUGHS}]><raidlog>&l11;</raidlog>',
    "a blow-up of one entity": f'<!DOCTYPE raidlog [<!ENTITY a "{"a" * 100_000}">]><raidlog>{"&a;" * 50_000}</raidlog>',
    "an outside entity": '<!DOCTYPE raidlog [<!ENTITY a SYSTEM "file:///etc/passwd">]><raidlog>&a;</raidlog>',
    "elements in elements": "<raidlog>" + "<a>" * 10_000 + "</a>" * 10_000 + "</raidlog>",
    "a very long text": f"<raidlog><members><member><name>{'A' * 7_000_000}</name></member></members></raidlog>",
    "a very long attribute": f"<raidlog a='{'A' * 7_000_000}'/>",
    "very many attributes": f"<raidlog {ATTRIBUTES}/>",
    "a tag that never closes": "<raidlog " + "a" * 7_000_000,
    "a comment that never closes": "<raidlog><!--" + "-" * 7_000_000,
    "very many references": "<raidlog>" + "&#65;" * 1_000_000 + "</raidlog>",
    "very many ampersands": "<raidlog>" + "&" * 2_000_000 + "</raidlog>",
    "very many times": raid_log([member("Sonya", f"<time>{after(0)}</time>" * 50_000)]),
    "very many raiders": raid_log(["<member><name>A</name></member>"] * 30_000),
    "very many lines": f"<raidlog>{LINE_ENDS}</raidlog>",
    "a raider over many lines": f"<raidlog><members><member>{LINE_ENDS}</member></members></raidlog>",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_xml_does_not_stall(kind: str) -> None:
    """D-6: read or refused within seconds, and no entity is ever expanded."""
    began = time.process_time()
    result = read_or_refused([HOSTILE[kind].encode()])
    assert time.process_time() - began < 5
    assert isinstance(result, UnreadableDump) or sum(result.counts.values()) == result.lines_total


def test_a_document_has_a_limit_of_its_own() -> None:
    """D-6: it is read whole, so it may not be as long as a log."""
    document = raid_log([member("Sonya", more=f"<note>{'a' * 70_000}</note>")]).encode()
    (line,) = (each for each in read_dump([document]).checks[0].lines if each.name)
    assert "… (70,0" in line.detail
    with pytest.raises(DumpTooLarge):
        read_dump([document], limits=ReadingLimits(document_bytes_max=50_000))


TAGS = st.sampled_from(
    (
        "raidlog",
        "raiddata",
        "members",
        "member",
        "name",
        "times",
        "time",
        "items",
        "item",
        "zones",
        "zone",
        "cost",
        "RaidInfo",
        "Join",
        "Leave",
        "Loot",
        "key1",
        "player",
        "Player",
        "BossKills",
        "attendees",
        "start",
        "x",
    )
)
TEXTS = st.sampled_from(("", "Sonya", "12.5", clock(0), str(after(0)), "&", "\n", "a\nb")) | st.text(max_size=10)
TREES = st.recursive(
    st.tuples(TAGS, TEXTS).map(lambda leaf: f"<{leaf[0]}>{leaf[1]}</{leaf[0]}>"),
    lambda inner: st.tuples(TAGS, st.lists(inner, max_size=5), TEXTS).map(
        lambda node: f"<{node[0]}>{node[2]}{''.join(node[1])}</{node[0]}>"
    ),
    max_leaves=20,
)


@given(
    tree=TREES,
    root=st.sampled_from(("raidlog", "RaidInfo", "")),
    known=st.sampled_from((DumpFormat.EQDKP_PLUS_XML, DumpFormat.CT_RAID_TRACKER)),
)
def test_any_document_is_read_or_refused_with_every_line_accounted_for(tree: str, root: str, known: DumpFormat) -> None:
    """D-5, D-6: whatever stands within what."""
    document = f"<{root}>\n{tree}\n</{root}>" if root else tree
    result = read_or_refused([document.encode("utf-8", "surrogatepass")], known=known)
    if isinstance(result, Dump):
        accounted(result)
    else:
        assert str(result)


NAMES = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=5, max_size=12).map(str.title), min_size=1, max_size=12, unique=True
)


@given(written=NAMES, on_lines=st.booleans())
def test_both_kinds_of_xml_tell_the_same_people(written: list[str], on_lines: bool) -> None:
    """D-6: in order and complete, on one line or on many."""
    for document in (raid_log(map(member, written)), raid_info(written)):
        dump = read_dump([(pretty(document) if on_lines else document).encode()])
        assert names(dump.checks[0]) == written
        accounted(dump)


def test_the_end_of_the_raid_is_that_of_its_zones() -> None:
    """D-3: whoever stays as long as the last zone stays to the end."""
    assert timedelta(hours=3) == END - START
    assert presences(raid_log([member("Sonya", times(0, 165))])) == {"Sonya": Presence.PRESENT}


def test_a_raid_on_one_long_line_below_the_declaration_is_recognised() -> None:
    """D-6: as add-ons write it that put the XML declaration on a line of its own."""
    info = raid_info(["Sonya", "Marco"]).replace("</RaidInfo>", f"<comment>{'x' * 100_000}</comment></RaidInfo>")
    for blank in ("", "\n"):
        dump = read_text(f'{blank}<?xml version="1.0"?>\n{info}')
        assert (dump.format, names(dump.checks[0])) == (DumpFormat.CT_RAID_TRACKER, ["Sonya", "Marco"])


@pytest.mark.parametrize("before", ["", '<?xml version="1.0"?>\n', "<!-- <html> --> <!-- of monday -->"])
def test_markup_in_a_note_makes_no_web_page_of_a_raid(before: str) -> None:
    """D-14: the first element tells; a page that names it further down is still one."""
    noted = raid_info(["Sonya"], loot=[dropped("Rod", "Sonya", note="<div>won</div> <script>")])
    assert read_text(before + noted).format is DumpFormat.CT_RAID_TRACKER
    with pytest.raises(DumpIsHtml):
        read_text(f"<html><title>A forum</title><body>{raid_info(['Sonya'])}</body></html>")


def test_a_carriage_return_within_a_line_ends_none() -> None:
    """D-5: lines are counted as everything else counts them, so that none is accounted for twice."""
    text = raid_info(["Sonya"], loot=[dropped("Rod", "Sonya", note="one\rtwo\rthree\rfour\rfive\rsix")])
    dump = read_text(text)
    assert (dump.lines_total, dump.counts[LineOutcome.NOISE]) == (1, 0)
    assert {line.number for line in dump.checks[0].lines} == {1}


def test_attributes_count_as_elements_do() -> None:
    """D-6: a million of them take as much memory."""
    attributes = " ".join(f'k{n}="x"' for n in range(ELEMENTS_MAX))
    with pytest.raises(DumpIsBroken) as refused:
        read_text(f"<RaidInfo><a {attributes}/></RaidInfo>")
    assert "more than 200,000 elements and attributes" in str(refused.value)


def test_the_way_to_a_text_is_told_in_short() -> None:
    """D-6: names of names would be repeated with every text; the end of the way is what tells."""
    deep = "".join(f"<{'p' * 90}{n}>" for n in range(10)) + "<a>x</a>"
    deep += "".join(f"</{'p' * 90}{n}>" for n in reversed(range(10)))
    (check,) = read_text(raid_info(["Sonya"]).replace("</RaidInfo>", f"{deep}</RaidInfo>")).checks
    (told,) = [line.detail for line in check.lines if line.detail.endswith("/a: x")]
    assert told.startswith("…p")
    assert len(told) == PATH_LENGTH_MAX + len(": x")


@pytest.mark.timeout(20)
def test_a_player_whose_name_goes_on_and_on_is_nobody() -> None:
    """D-5, D-6: each line says so, and the accents are not put in order to find out."""
    long = ["a" + "\u0315\u0300" * 510, "x" * 300]
    players = [long[0]] * 500 + [long[1], "Sonya"]
    text = raid_info(players, attendees=long, infos=False)
    dump = read_text(pretty(text))
    (check,) = dump.checks
    assert names(check) == ["Sonya"]
    unreadable = [line.detail for line in check.lines if line.outcome is LineOutcome.UNREADABLE]
    assert len(unreadable) == 2 * 501 + 2
    assert all("characters" in each for each in unreadable)
