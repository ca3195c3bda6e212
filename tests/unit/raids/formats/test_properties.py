"""What holds for every file: it is read or refused, no line is lost, and names come back as written."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dkp_core.kernel.names import name_key
from dkp_core.raids.formats import (
    Dump,
    DumpFormat,
    LineOutcome,
    ReadingLimits,
    UnreadableDump,
    read_dump,
)
from tests.unit.raids.formats.synthetic import (
    COMBAT,
    attendance_call,
    classic_row,
    live_row,
    log,
    names,
    raid_tick,
    read_or_refused,
    who,
    who_row,
)
from tests.unit.raids.formats.synthetic_loot import (
    GARGUL_HEADING,
    GARGUL_PATTERN,
    RC_HEADING,
    bis_row,
    bis_table,
    gargul_rows,
    gargul_table,
    rc_row,
    rc_table,
    reserves_document,
    reserves_table,
    sign_up,
    sign_up_event,
)
from tests.unit.raids.formats.synthetic_trackers import dropped, item, joined, member, raid_info, raid_log

FORMATS = st.none() | st.sampled_from(list(DumpFormat))
FILE_NAMES = st.sampled_from(
    (
        "",
        "RaidRoster_x-20240704-210727.txt",
        "RaidTick-2024-07-04_21-07-27.txt",
        "eqlog_A_b.txt",
        "ZealRaidAttendance_1",
    )
)
FRAGMENTS = st.sampled_from(
    (
        *COMBAT,
        "Sonya joined the raid.",
        "Sonya has left the raid, Vulak is now the raid leader.",
        "Your raid has been disbanded.",
        raid_log([member("Sonya")], [item("Axe", "Sonya")]),
        raid_info(["Sonya"], loot=[dropped("Axe", "Sonya")]),
        "<raidlog><raiddata>",
        "<members><member><name>Sonya</name></member></members>",
        "</raiddata></raidlog>",
        *who([who_row("Sonya"), "[ANONYMOUS] Bad  <X> LFG", " AFK [x] ("]),
        live_row("Vulak"),
        classic_row("Kassandra"),
        "Player\tLevel\tClass\tTimestamp\tPoints",
        "Cinu\t50\tRanger\t2024-03-22_09-47-32\t",
        "First Call|Zone|Time",
        "1|Kassandra|Bard|60|",
        "name,status,note",
        'Sonya,late,"a',
        'b"",c"',
        "sep=;",
        "RaidTick",
        "Date: 2024-07-04",
        "Sonya, Vulak,,sonya",
        "3",
        "",
        "Friends currently on EverQuest:",
        "--Sonya has looted 2 Water Flask from a goblin's corpse.--",
        "Sonya grabbed a Rod from a chest .",
        RC_HEADING,
        rc_row("Sonya", "[Rod, the Red]"),
        GARGUL_HEADING,
        GARGUL_PATTERN,
        "45471;2024-07-04 21:07;Sonya",
        "2024-07-04,_disenchanted,45492,0,1",
        bis_row("Sonya"),
        '{"signUps": [',
        '{"name": "Sonya", "className": "Late"}',
        "]}",
        '"softreserves": [{"name": "Vulak"}],',
    )
)
STAMPED = FRAGMENTS.map(lambda text: log([text]).rstrip("\r\n"))
LINES = st.lists(FRAGMENTS | STAMPED | st.text(max_size=40), max_size=30)
EQ_NAMES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=15).map(str.title)
WIDE_NAMES = st.text(st.characters(categories=("Lu", "Ll", "Lo"), exclude_characters="\u0149"), min_size=1, max_size=20)


def accounted(dump: Dump) -> None:
    """Every line of a dump, once: as a kept line with its outcome, or as noise."""
    numbers = [line.number for check in dump.checks for line in check.lines]
    kept = set(numbers)
    assert kept <= set(range(1, dump.lines_total + 1))
    assert len(kept) + dump.counts[LineOutcome.NOISE] == dump.lines_total
    assert sum(dump.counts.values()) == dump.lines_total
    attendees = [attendee for check in dump.checks for attendee in check.attendees]
    named = [
        (line.number, line.name)
        for check in dump.checks
        for line in check.lines
        if line.outcome is LineOutcome.ATTENDEE
    ]
    assert named == [(attendee.line, attendee.name) for attendee in attendees]
    for check in dump.checks:
        keys = [name_key(attendee.name) for attendee in check.attendees]
        assert len(keys) == len(set(keys))


def read_or_refused_for_a_reason(data: bytes, known: DumpFormat | None, file_name: str) -> None:
    """The two things that may become of a file."""
    result = read_or_refused([data], file_name=file_name, known=known)
    if isinstance(result, Dump):
        accounted(result)
    else:
        assert str(result)
        assert result.field == "file"


@given(data=st.binary(max_size=400), known=FORMATS, file_name=FILE_NAMES)
@example(data=b"\xff\xfe", known=None, file_name="")
@example(data=b"\xff\xfea", known=DumpFormat.NAME_LIST, file_name="")
def test_any_bytes_are_read_or_refused(data: bytes, known: DumpFormat | None, file_name: str) -> None:
    """D-6: a hostile file yields an error that names its fault, nothing else."""
    read_or_refused_for_a_reason(data, known, file_name)


@given(lines=LINES, known=FORMATS, file_name=FILE_NAMES, end=st.sampled_from(("\n", "\r\n", "\r")))
@example(lines=["Sonya", "[60 Bard] A ZONE: LFG"], known=DumpFormat.WHO_LOG, file_name="", end="\n")
def test_no_line_of_any_mixture_is_lost(lines: list[str], known: DumpFormat | None, file_name: str, end: str) -> None:
    """D-5: attendee, repeated, header, footer, metadata, unreadable and noise add up to the file."""
    read_or_refused_for_a_reason(end.join(lines).encode("utf-8", "surrogatepass"), known, file_name)


@given(lines=LINES, known=FORMATS, size=st.integers(1, 50))
def test_chunks_make_no_difference(lines: list[str], known: DumpFormat | None, size: int) -> None:
    """D-6: how a file was cut for the way here doesn't matter."""
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    whole = read_or_refused([data], known=known)
    pieces = read_or_refused([data[start : start + size] for start in range(0, len(data), size)], known=known)
    assert type(whole) is type(pieces)
    assert str(whole) == str(pieces)
    assert isinstance(whole, UnreadableDump) or whole == pieces


WRITERS: dict[DumpFormat, Callable[[list[str]], str]] = {
    DumpFormat.EQDKP_PLUS_XML: lambda written: raid_log(map(member, written)),
    DumpFormat.CT_RAID_TRACKER: raid_info,
    DumpFormat.JOIN_LEAVE_LOG: joined,
    DumpFormat.RAID_DUMP: lambda written: "\r\n".join(map(live_row, written)),
    DumpFormat.ZEAL_RAID_TICK: raid_tick,
    DumpFormat.ZEAL_RAID_ATTENDANCE: attendance_call,
    DumpFormat.WHO_LOG: lambda written: log(who([who_row(name) for name in written])),
    DumpFormat.CSV: lambda written: "class,name\n" + "".join(f'Bard,"{name}"\n' for name in written),
    DumpFormat.NAME_LIST: lambda written: "\n".join(written),
    DumpFormat.RAID_HELPER: lambda written: sign_up_event([sign_up(name) for name in written], indent=1),
    DumpFormat.SOFT_RESERVES_JSON: lambda written: reserves_document(written, indent=1),
    DumpFormat.SOFT_RESERVES_CSV: reserves_table,
    DumpFormat.RC_LOOT_COUNCIL: lambda written: rc_table(map(rc_row, written)),
    DumpFormat.GARGUL: lambda written: gargul_table([(name, "45471") for name in written]),
    DumpFormat.THATS_MY_BIS: lambda written: bis_table(map(bis_row, written)),
}


def test_every_format_is_written_and_read_back() -> None:
    """D-6: the tests below cover each format there is."""
    assert set(WRITERS) == set(DumpFormat)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("known", list(DumpFormat))
@given(written=st.lists(EQ_NAMES | WIDE_NAMES, min_size=1, max_size=30, unique_by=name_key))
def test_names_come_back_as_written(known: DumpFormat, encoding: str, written: list[str]) -> None:
    """D-6, G-9: in order, complete, in NFC and otherwise unchanged."""
    data = WRITERS[known](written).encode(encoding)
    is_plain = known is DumpFormat.RAID_HELPER  # what stands there are the names of people on Discord
    dump = read_dump([data], format=known)
    assert names(dump.checks[0]) == [unicodedata.normalize("NFKC" if is_plain else "NFC", name) for name in written]
    accounted(dump)


@pytest.mark.parametrize("known", [known for known in DumpFormat if known is not DumpFormat.NAME_LIST])
@given(written=st.lists(EQ_NAMES, min_size=2, max_size=30, unique_by=name_key))
def test_a_written_format_is_recognised(known: DumpFormat, written: list[str]) -> None:
    """D-6: without a name, by what is in it."""
    assert read_dump([WRITERS[known](written).encode()]).format is known


LIBERAL = ReadingLimits(line_length_max=10**9)
HOSTILE: dict[str, Callable[[int], str]] = {
    "brackets": lambda size: log(["Players on EverQuest:", "[" * size, who_row("A")]),
    "prefixes": lambda size: log(["Players on EverQuest:", " AFK" * size, who_row("A")]),
    "stars": lambda size: log(["Players on EverQuest:", "* " * size, who_row("A")]),
    "spaces": lambda size: log(["Players on EverQuest:", "[60 Bard] A" + " " * size + "(", who_row("A")]),
    "open guilds": lambda size: log(["Players on EverQuest:", "[60 Bard] A " + "<" * size, who_row("A")]),
    "zones": lambda size: log(["Players on EverQuest:", "[60 Bard] A ZONE: " + "LFG " * size, who_row("A")]),
    "footers": lambda size: log(["There are 1 players in " + "in . " * size, who_row("A")]),
    "stamps": lambda size: log([who_row("A")]) + "[" * size + "\n",
    "tabs": lambda size: "\n".join([live_row("A"), *("1\t" * 50 for _ in range(size // 50))]),
    "quotes": lambda size: "name,note\nA,b\n" + '"' * size,
    "open quotes": lambda size: "name,note\nA,b\n" + '"x\n' * size,
    "commas": lambda size: "Ab" + "," * size,
    "one line of names": lambda size: "A," * size,
    "accents": lambda size: "A\na" + "\u0316\u0301" * size,
    "pipes": lambda size: attendance_call(["A"]) + "|" * size,
    "blank lines": lambda size: "A\n" + "\n" * size,
    "metadata": lambda size: "RaidTick\nA\n" + "Date:" * size,
    "looting": lambda size: log([who_row("A"), *["--A has looted a B from C.--"] * (size // 20)]),
    "looting lines": lambda size: log(["--A has looted a " + " from " * size, "A" * size + " looted a B"]),
    "awards": lambda size: rc_table([rc_row("A", "[" * size), *[rc_row("B")] * (size // 20)]),
    "nights": lambda size: rc_table(
        rc_row("A", day=f"{n % 28 + 1}/{n % 12 + 1}/{n % 90 + 10}") for n in range(size // 20)
    ),
    "pattern": lambda size: "@ID;@DATE @TIME;@WINNER;@OS\n" + (";" * 900 + "\n") * (size // 900),
    "award rows": lambda size: gargul_rows([("A", "1")]) + "1;" * size,
    "sign-ups": lambda size: sign_up_event([sign_up("A/" * 20)] * (size // 100)),
    "open string": lambda size: '{"signUps":["' + '\\"' * size,
    "open brackets": lambda size: '{"signUps":' + "[" * size,
    "closed brackets": lambda size: '{"signUps":[' + "[]," * size,
    "braces in text": lambda size: '{"signUps":[{"name":"' + "{" * size + '"}]}',
    "digits": lambda size: '{"signUps":[{"name":"A","position":' + "9" * size + "}]}",
    "raid lines": lambda size: joined(["Sonya"] * (size // 20)),
    "raid words": lambda size: log(["Sonya joined" + " the raid" * size, "Sonya joined the raid."]),
    "open elements": lambda size: "<raidlog>" + "<a>" * size,
    "empty elements": lambda size: "<raidlog>" + "<a/>" * size + "</raidlog>",
    "open tag": lambda size: "<raidlog " + "a" * size,
    "ampersands": lambda size: "<raidlog>" + "&" * size + "</raidlog>",
    "references": lambda size: "<raidlog>" + "&#65;" * size + "</raidlog>",
    "raiders": lambda size: raid_info(f"A{'b' * (n % 9)}{n}" for n in range(size // 50)),
    "lines of one raider": lambda size: "<raidlog><members><member>" + "\n" * size + "</member></members></raidlog>",
    "html": lambda size: "<html" + "<title" * size,
}


def work(text: str) -> float:
    """CPU seconds to read or refuse it."""
    data = text.encode()
    start = time.process_time()
    with suppress(UnreadableDump):
        read_dump([data], limits=LIBERAL)
    return time.process_time() - start


@pytest.mark.parametrize("kind", HOSTILE)
def test_time_grows_with_size_and_no_faster(kind: str) -> None:
    """D-6: sixteen times the size takes sixteen times as long, give or take; squared it would be 256 times.

    Line lengths are unlimited here, so that a single line can do its worst. The best of three counts.
    """
    size = 4_000
    small, large = HOSTILE[kind](size), HOSTILE[kind](16 * size)
    bound = 70 * max(min(work(small) for _ in range(3)), 0.001)
    assert any(work(large) < bound for _ in range(3))


def test_noise_costs_little_and_nothing_of_it_is_kept() -> None:
    """D-6: memory follows the lists, not the log."""
    dump = read_dump(
        log(COMBAT * 200).encode() if part != 30 else log(who([who_row("Sonya")])).encode() for part in range(60)
    )
    assert len(dump.checks[0].lines) == 4
    assert dump.counts[LineOutcome.NOISE] == 59 * 1000
