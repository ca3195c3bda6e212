"""The guild window in a file."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import name_key
from dkp_core.raids.formats import DumpFormat, DumpIsGuildDump, read_dump
from dkp_core.roster import GuildDump, GuildDumpWarningKind, GuildLineOutcome, is_guild_dump, read_guild_dump
from dkp_core.roster.guild_dump import BYTES_MAX, LINES_MAX, guild_and_server, guild_dump_of

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"
NAME = "The_Unknown_firiona-20230111-141432.txt"


def row(
    name: str,
    *,
    level: str = "115",
    rank: str = "Member",
    alt: str = "",
    last_on: str = "08/02/20",
    note: str = "",
    personal: str = "",
) -> str:
    """A row on live servers: fifteen cells, since it ends in a tab."""
    return (
        f"{name}\t{level}\tRanger\t{rank}\t{alt}\t{last_on}\tThe Overthere\t{note}\t\toff\ton\t1954229\t03/21/20"
        f"\t{personal}\t"
    )


def read(rows: Iterable[str], file_name: str = NAME, *, encoding: str = "utf-8", end: str = "\r\n") -> GuildDump:
    """A dump of these rows, as a client writes it."""
    return read_guild_dump(["".join(line + end for line in rows).encode(encoding)], file_name)


def read_or_refused(data: bytes) -> GuildDump | InvalidValue:
    """What becomes of a file; anything but these two is a fault of ours."""
    try:
        return read_guild_dump([data])
    except InvalidValue as refusal:
        return refusal


def refused(data: bytes) -> InvalidValue:
    """Why a file is no guild dump."""
    with pytest.raises(InvalidValue) as fault:
        read_guild_dump([data])
    assert fault.value.field == "file"
    return fault.value


def test_a_row_tells_rank_notes_and_last_visit() -> None:
    """R-6, D-6: fifteen cells; what has no field is kept word for word."""
    dump = read([row("Rumstil", rank="Leader", alt="A", note="Main -  Leader", personal="pays late"), row("Vulak")])
    leader, vulak = dump.rows
    assert (leader.name, leader.level, leader.character_class, leader.rank) == ("Rumstil", 115, "Ranger", "Leader")
    assert (leader.is_alt, leader.last_on, leader.zone) == (True, date(2020, 8, 2), "The Overthere")
    assert (leader.public_note, leader.personal_note, leader.is_leader) == ("Main -  Leader", "pays late", True)
    assert leader.detail == "column 10: off; column 11: on; column 12: 1954229; column 13: 03/21/20"
    assert (vulak.line, vulak.is_alt, vulak.is_leader) == (2, False, False)
    assert (dump.guild_name, dump.server, dump.taken_at) == (
        "The Unknown",
        "firiona",
        datetime(2023, 1, 11, 14, 14, 32),  # noqa: DTZ001  # local time, as clients write it
    )
    assert dump.warnings == ()


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        (NAME, ("The Unknown", "firiona")),
        (rf"C:\EQ\{NAME}", ("The Unknown", "firiona")),
        ("The_Unknown_firiona-20230111-141432 (1).txt", ("The Unknown", "firiona")),
        ("Derelict Space Toilet-20200802-190441.txt", ("Derelict Space Toilet", "")),
        ("The_Unknown-20200802-190441.txt", ("The Unknown", "")),
        ("Twelve_pq.proj-20200802-190441.txt", ("Twelve", "pq.proj")),
        ("guild.txt", ("", "")),
        ("", ("", "")),
    ],
)
def test_the_files_name_tells_the_guild_and_the_server(file_name: str, expected: tuple[str, str]) -> None:
    """D-6: spaces are underscores in some clients, and older ones name no server."""
    assert guild_and_server(file_name) == expected


def test_older_clients_write_fewer_cells() -> None:
    """D-6: no tributes, no alt flag, or nothing behind the rank; each is read, the last with a warning."""
    rows = (
        "Sonya\t60\tCleric\tLeader\tA\t01/02/06\tPlane of Time\tmain",
        "Vulak\t60\tBard\tMember\t01/02/2006\tPlane of Time\tsecond",
        "Marco\t1\tMonk\tRecruit",
    )
    dump = read(rows)
    sonya, vulak, marco = dump.rows
    assert (sonya.is_alt, sonya.last_on, sonya.public_note) == (True, date(2006, 1, 2), "main")
    assert (vulak.is_alt, vulak.last_on, vulak.zone) == (False, date(2006, 1, 2), "Plane of Time")
    assert vulak.public_note == "second"
    assert (marco.rank, marco.last_on) == ("Recruit", None)
    assert [(each.kind, each.line) for each in dump.warnings] == [(GuildDumpWarningKind.UNDATED_ROWS, 3)]


def test_a_dump_without_a_leader_is_a_part_of_the_guild() -> None:
    """R-6: warned of, and read: ranks can have other names."""
    dump = read([row("Sonya")])
    assert [each.kind for each in dump.warnings] == [GuildDumpWarningKind.NO_LEADER]
    assert len(dump.rows) == 1


def test_every_line_is_accounted_for() -> None:
    """D-5: members, repeated ones, blank lines, and rows that can't be read, each with why."""
    dump = read(
        [
            "",
            row("Zoë", rank="LEADER"),
            row("ZOE\u0308"),
            "Marco\t1",
            row("Vulak", level="x"),
            row("12"),
            "\t\t\t\t",
            row(""),
        ]
    )
    assert [(line.number, line.outcome) for line in dump.lines] == [
        (1, GuildLineOutcome.BLANK),
        (2, GuildLineOutcome.MEMBER),
        (3, GuildLineOutcome.REPEATED),
        (4, GuildLineOutcome.UNREADABLE),
        (5, GuildLineOutcome.UNREADABLE),
        (6, GuildLineOutcome.UNREADABLE),
        (7, GuildLineOutcome.BLANK),
        (8, GuildLineOutcome.UNREADABLE),
    ]
    details = {line.number: line.detail for line in dump.lines}
    assert details[3] == "named in line 2 already"
    assert "2 cells" in details[4]
    assert details[5] == "its level 'x' is no number"
    assert "no letter" in details[6]
    assert [(each.kind, each.line) for each in dump.warnings] == [(GuildDumpWarningKind.UNREADABLE_ROWS, 4)]


def test_odd_cells_are_noted_and_the_row_counts() -> None:
    """D-5: an unknown flag, a day that is none."""
    (odd,) = read([row("Sonya", rank="Leader", alt="B", last_on="13/45/20")]).rows
    assert (odd.is_alt, odd.last_on) == (False, None)
    assert odd.detail.startswith("alt flag 'B' is not known; last on '13/45/20' is no day; ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_encoding_is_read(encoding: str, end: str) -> None:
    """D-6: with and without a byte order mark."""
    dump = read([row("Zoë", note="Café", rank="Leader")] * 3, encoding=encoding, end=end)
    assert [(each.name, each.public_note) for each in dump.rows] == [("Zoë", "Café")]
    assert len(dump.lines) == 3


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "it is empty (0 blank lines)"),
        (b"\n \n", "it is empty (2 blank lines)"),
        (b"<!DOCTYPE html><title>Log in</title>", "it is a login page titled 'Log in'"),
        (b"PK\x03\x04", "it is a ZIP archive or an Office document, not text"),
        (b"Sonya\nVulak\n", "no line of it names a character (line 1: it has 1 cells;"),
        (b"a" * (BYTES_MAX + 1), "it has 16,777,217 bytes or more"),
        (b"\n" * LINES_MAX, "it has 50,001 lines"),
    ],
)
def test_what_is_no_guild_dump_is_refused_by_name(data: bytes, fault: str) -> None:
    """G-8, D-14: with what is accepted."""
    assert fault in refused(data).fault


def test_a_line_too_long_for_a_row_is_unreadable() -> None:
    """D-6: a hostile line costs nothing but itself."""
    dump = read([row("Sonya", rank="Leader"), "A\t" * 10_000])
    assert dump.lines[1].outcome is GuildLineOutcome.UNREADABLE
    assert "20,000 characters" in dump.lines[1].detail


def test_as_attendance_a_guild_dump_is_refused_by_name() -> None:
    """D-6, G-8: also where it is named a raid dump; a table with a heading stays a table."""
    data = "\r\n".join(map(row, ("Sonya", "Vulak"))).encode()
    for known in (None, DumpFormat.RAID_DUMP):
        with pytest.raises(DumpIsGuildDump) as fault:
            read_dump([data], file_name=NAME, format=known)
        assert "import it into the roster" in fault.value.sentence
        assert "'Sonya\\t115\\tRanger" in fault.value.sentence
    assert read_dump([b"Name\tLevel\tClass\tRank\tAlt\tLast on\n" + data]).format is DumpFormat.CSV


def test_a_guild_dump_is_told_from_other_files() -> None:
    """D-6: by its rows; half of them is enough."""
    assert not is_guild_dump([row("Sonya"), "x", "Vulak\t1\tBard\tMember\t01/02/06"])
    assert is_guild_dump([row("Sonya"), "Vulak\t1\tBard\tMember\t01/02/06\tPoT"])
    assert is_guild_dump([row("Sonya"), "x"])
    assert not is_guild_dump(["1\tVulak\t60\tDruid\t\t\t\tYes\t"])
    assert not is_guild_dump([])


NAMES = st.lists(st.text("abcdefghijklmnopqrstuvwxyzéß", min_size=1, max_size=15), min_size=1, unique_by=name_key)


@given(written=NAMES, size=st.integers(1, 400), encoding=st.sampled_from(("utf-8", "utf-16")))
def test_names_come_back_as_written_however_the_file_is_cut(written: list[str], size: int, encoding: str) -> None:
    """D-6, G-9: in order and complete."""
    data = "\r\n".join(map(row, written)).encode(encoding)
    dump = read_guild_dump(data[start : start + size] for start in range(0, len(data), size))
    assert [each.name for each in dump.rows] == written


def test_lines_that_were_read_already_make_the_same_dump() -> None:
    """D-6, R-6: a roster import reads its file once, whatever the kind."""
    lines = [row("Sonya"), "", "no row", row("Vulak")]
    assert guild_dump_of(lines, NAME) == read(lines)


CELLS = st.sampled_from(("", "A", "Sonya", "60", "01/02/06", "99/99/99", "Leader", "x" * 70, "\u0316" * 300))
ROWS = st.lists(CELLS | st.text(max_size=5), max_size=16).map("\t".join)


@given(lines=st.lists(ROWS, max_size=12), junk=st.binary(max_size=60))
def test_any_file_is_read_or_refused_with_every_line_accounted_for(lines: list[str], junk: bytes) -> None:
    """D-5, D-6: a hostile file yields an error that names the field, nothing else."""
    data = "\n".join(lines).encode("utf-8", "surrogatepass") + junk
    dump = read_or_refused(data)
    if isinstance(dump, InvalidValue):
        assert dump.field == "file"
        return
    assert [line.number for line in dump.lines] == list(range(1, len(dump.lines) + 1))
    members = [(line.number, line.name) for line in dump.lines if line.outcome is GuildLineOutcome.MEMBER]
    assert members == [(each.line, each.name) for each in dump.rows]


def test_a_large_dump_takes_a_moment() -> None:
    """D-6: forty thousand characters; a real limit on the time, generous for a busy machine."""
    digits = str.maketrans("0123456789", "abcdefghij")
    data = "\r\n".join(row(f"N{str(number).translate(digits)}") for number in range(40_000)).encode()
    began = time.process_time()
    assert len(read_guild_dump([data]).rows) == 40_000
    assert time.process_time() - began < 5


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of real files is not beside this checkout")
def test_a_real_row_is_read() -> None:
    """D-6: as a live client wrote it."""
    (only,) = read_guild_dump([(SAMPLES / "eq_live_guilddump_rumstil_line.txt").read_bytes()]).rows
    assert (only.name, only.level, only.rank, only.last_on) == ("Rumstil", 115, "Member", date(2020, 8, 2))
    assert (only.zone, only.public_note, only.personal_note) == ("The Overthere", "Inactive", "Inactive")
