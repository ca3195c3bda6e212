"""Encodings, line ends, limits, and what is given for a dump and is none."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
from collections.abc import Iterator

import pytest

from dkp_core.kernel.errors import Invalid
from dkp_core.raids.formats import (
    DumpFormat,
    DumpIsBinary,
    DumpIsHtml,
    DumpNotRecognised,
    DumpTooLarge,
    EmptyDump,
    LineOutcome,
    NoAttendees,
    ReadingLimits,
    UnreadableDump,
    read_dump,
)
from dkp_core.raids.formats.text import MARKED_LINES_MAX
from tests.unit.raids.formats.synthetic import (
    COMBAT,
    LIVE_NAME,
    LOG_NAME,
    line_of,
    live_row,
    log,
    names,
    one_check,
    read_text,
    who,
    who_row,
)

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_accents_survive_every_encoding(encoding: str, line_end: str) -> None:
    """D-6, G-9: UTF-8, UTF-16 and Latin-1, with and without a byte order mark."""
    text = line_end.join(map(live_row, ("Zoë", "Ælektra", "Øscar")))
    assert names(read_dump([text.encode(encoding)]).checks[0]) == ["Zoë", "Ælektra", "Øscar"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_names_beyond_latin_survive(encoding: str) -> None:
    """G-9: names are Unicode, without a mark too."""
    text = "\r\n".join(("Ярослав", "Мария", "Ωmega", "Āda"))
    assert names(read_dump([text.encode(encoding)]).checks[0]) == ["Ярослав", "Мария", "Ωmega", "Āda"]


def test_a_big_endian_mark_is_understood() -> None:
    """D-6: whichever end comes first."""
    data = codecs.BOM_UTF16_BE + "Sonya\nVulak".encode("utf-16-be")
    assert names(read_dump([data]).checks[0]) == ["Sonya", "Vulak"]


def test_each_line_of_a_mixed_file_is_read_in_its_own_encoding() -> None:
    """D-6: Windows' € and Latin-1's gap beside UTF-8."""
    data = "Zoë\n".encode() + "Ŝonya\n".encode() + b"\x8ava\n" + b"Zo\xeb\n"
    assert names(read_dump([data]).checks[0]) == ["Zoë", "Ŝonya", "Šva"]


def test_what_windows_leaves_undefined_makes_no_name() -> None:
    """D-5: a control character is no part of a name, and the line says so."""
    check = read_dump([b"Sonya\nA\x81b\n" + b"Good\n" * 9 + b"Fine\n"], format=DumpFormat.NAME_LIST).checks[0]
    assert "control or invisible characters" in line_of(check, 2).detail


@pytest.mark.parametrize("size", [1, 2, 7, 64, 100_000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_chunks_of_any_size_read_the_same(size: int, encoding: str) -> None:
    """D-6: a chunk may end within a line or a character."""
    text = log(COMBAT * 500) + log(who([who_row("Zoë"), who_row("Vulak")])) + log(COMBAT * 500)
    data = text.encode(encoding)
    whole = read_dump([data])
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    assert read_dump(chunks) == whole
    assert whole.lines_total == 5005
    assert line_of(whole.checks[0], 2503).name == "Zoë"


def test_a_last_line_needs_no_end() -> None:
    """D-5: it is a line nonetheless, and no line follows a last line's end."""
    assert read_text("Sonya\nVulak").lines_total == 2
    assert read_text("Sonya\nVulak\n").lines_total == 2


def test_only_line_ends_end_lines() -> None:
    """D-5: numbers agree with the editor's, whatever Unicode calls a separator."""
    dump = read_dump(["Sonya\x0b\nVu\u2028lak\nTim\n".encode()], format=DumpFormat.NAME_LIST)
    assert dump.lines_total == 3
    assert dump.checks[0].attendees[-1].line == 3


@pytest.mark.parametrize(
    "data", [[], [b""], [b" \r\n\t\n"], [codecs.BOM_UTF8], [codecs.BOM_UTF16_LE], [b"\n" * 3_000_000]]
)
def test_nothing_but_white_space_is_an_empty_file(data: list[bytes]) -> None:
    """G-8: named or not, it has nobody in it."""
    with pytest.raises(EmptyDump) as refused:
        read_dump(data, format=DumpFormat.RAID_DUMP)
    assert refused.value.field == "file"
    assert refused.value.lines == sum(chunk.count(b"\n") for chunk in data)
    assert "blank lines" in str(refused.value)


def test_a_file_that_starts_with_a_megabyte_of_nothing_is_not_recognised() -> None:
    """D-6: no client writes one."""
    with pytest.raises(DumpNotRecognised):
        read_dump([b"\n" * 3_000_000, b"Sonya\n"])


def test_a_format_that_is_named_is_not_guessed() -> None:
    """D-6: the format is recognised, or named."""
    data = [b"Sonya\nVulak\n"]
    assert read_dump(data).format is DumpFormat.NAME_LIST
    assert read_dump(data, format=DumpFormat.ZEAL_RAID_TICK).format is DumpFormat.ZEAL_RAID_TICK
    with pytest.raises(NoAttendees) as refused:
        read_dump(data, format=DumpFormat.RAID_DUMP)
    assert (refused.value.format, refused.value.lines, refused.value.unreadable) == ("raid_dump", 2, 2)
    assert "line 1: it starts with 'Sonya'" in str(refused.value)


def test_a_log_without_a_list_names_nobody() -> None:
    """G-8: the format was right, the file is not enough."""
    with pytest.raises(NoAttendees) as refused:
        read_text(log(COMBAT), file_name=LOG_NAME)
    assert (refused.value.format, refused.value.first_fault) == ("who_log", "")


def test_every_refusal_is_the_files_fault() -> None:
    """G-8: the field is named, and the kind is Invalid."""
    with pytest.raises(Invalid) as refused:
        read_text("{}")
    assert isinstance(refused.value, UnreadableDump)
    assert refused.value.field == "file"
    for known in DumpFormat:
        assert known.reader.title in str(refused.value)


LOGIN = "<!DOCTYPE html>\n<html><head><title> Login :\n Recruiting &amp; more</title></head><body></body></html>"


def test_a_login_page_is_recognised_and_named() -> None:
    """D-14: the site wanted a sign-in instead of giving the file."""
    with pytest.raises(DumpIsHtml) as refused:
        read_text(LOGIN, file_name=LIVE_NAME)
    assert (refused.value.title, refused.value.is_login) == ("Login : Recruiting & more", True)
    assert "login page titled 'Login : Recruiting & more'" in str(refused.value)
    assert "sign in there" in str(refused.value)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_web_page_is_named_in_every_encoding(encoding: str) -> None:
    """D-14: by what is in it, whatever the caller calls it."""
    page = "\n <HTML><Title>Ärger</Title><p>Sonya</p></HTML>"
    with pytest.raises(DumpIsHtml) as refused:
        read_dump([page.encode(encoding)], format=DumpFormat.NAME_LIST)
    assert (refused.value.title, refused.value.is_login) == ("Ärger", False)
    assert "web page titled 'Ärger'" in str(refused.value)


def test_a_page_that_asks_for_a_password_is_a_login_page() -> None:
    """D-14: without a title that says so."""
    with pytest.raises(DumpIsHtml) as refused:
        read_text('<form action="x"><input type="password"></form>')
    assert (refused.value.title, refused.value.is_login) == ("", True)


def test_a_title_is_shown_in_reasonable_length() -> None:
    """G-8: an error is a sentence; what was left out is marked."""
    with pytest.raises(DumpIsHtml) as refused:
        read_text(f"<html><title>{'x' * 500}</title>")
    assert refused.value.title == "x" * 200 + "…"


def test_a_guild_named_in_angle_brackets_is_no_web_page() -> None:
    """D-14: only pages are refused as pages."""
    with pytest.raises(DumpNotRecognised):
        read_text("<roster><head></head></roster>")
    with pytest.raises(NoAttendees):
        read_text("<raidlog><head></head></raidlog>")


def zipped(name: str, content: bytes) -> bytes:
    """An archive with one file."""
    with io.BytesIO() as archive:
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr(name, content)
        return archive.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zipped(LIVE_NAME, live_row("Vulak").encode()), "ZIP"),
        (gzip.compress(b"Sonya\n", mtime=0), "gzip"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "PNG"),
        (b"%PDF-1.7\nSonya\n", "PDF"),
        (b"SQLite format 3\x00" + bytes(64), "SQLite"),
        (b"Sonya\nVu\x00lak\n", "NUL"),
        (bytes(1000), "NUL"),
        ("Sonya\n".encode("utf-32"), "NUL"),
        (b"\x01\x02\x03Sonya\n", "control"),
    ],
    ids=["zip", "gzip", "png", "pdf", "sqlite", "one nul", "nuls only", "utf-32", "controls"],
)
def test_what_is_no_text_is_named(data: bytes, kind: str) -> None:
    """D-6: an archive or a picture is an error that says so."""
    with pytest.raises(DumpIsBinary) as refused:
        read_dump([data], file_name=LIVE_NAME, format=DumpFormat.NAME_LIST)
    assert kind in refused.value.kind
    assert kind in str(refused.value)


def test_nul_bytes_deep_in_a_log_spoil_only_their_line() -> None:
    """D-6: a computer that crashed leaves them at the end."""
    text = log(COMBAT * 500) + log(who([who_row("Sonya")])) + "\0" * 3000
    dump = read_text(text)
    assert names(dump.checks[0]) == ["Sonya"]
    assert dump.lines_total == 2505


# --- limits -----------------------------------------------------------------------------------------------------------


def test_bytes_are_limited_before_they_are_read() -> None:
    """D-6: a stream without an end is left after the limit."""
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"Sonya\n" * 1000

    with pytest.raises(DumpTooLarge) as refused:
        read_dump(endless(), limits=ReadingLimits(bytes_max=100_000))
    assert (refused.value.what, refused.value.found, refused.value.limit) == ("bytes", 102_000, 100_000)
    assert taken == 17
    assert "102,000 bytes" in str(refused.value)
    assert "100,000" in str(refused.value)


def test_exactly_the_limit_is_read() -> None:
    """D-6: limits say the most, not less."""
    data = b"Ab\nCd\nEf\n"
    exact = ReadingLimits(bytes_max=9, lines_max=3, line_length_max=2, attendees_max=3, lines_kept_max=3)
    assert len(read_dump([data], limits=exact).checks[0].attendees) == 3


@pytest.mark.parametrize(
    ("limits", "what", "found"),
    [
        (ReadingLimits(bytes_max=8), "bytes", 9),
        (ReadingLimits(lines_max=2), "lines", 3),
        (ReadingLimits(line_length_max=1), "bytes in one line", 2),
        (ReadingLimits(attendees_max=2), "names", 3),
        (ReadingLimits(lines_kept_max=2), "lines to report", 3),
    ],
)
def test_one_more_than_the_limit_is_refused(limits: ReadingLimits, what: str, found: int) -> None:
    """D-6: with the number in the error."""
    with pytest.raises(DumpTooLarge) as refused:
        read_dump([b"Ab\nCd\nEf\n"], limits=limits)
    assert (refused.value.what, refused.value.found) == (what, found)


@pytest.mark.parametrize("text", ["A\n{long}\nB\n", "A\n{long}", "{long}\nB\n", "{long}"])
@pytest.mark.parametrize(("length", "is_read"), [(10, True), (11, False)])
def test_a_long_line_is_found_wherever_it_stands(text: str, length: int, is_read: bool) -> None:
    """D-6: first, last, between others."""
    data = text.format(long="x" * length).encode()
    limits = ReadingLimits(line_length_max=10)
    if is_read:
        assert "x" * 10 in names(read_dump([data], limits=limits).checks[0])
        return
    with pytest.raises(DumpTooLarge) as refused:
        read_dump([data], limits=limits)
    assert (refused.value.what, refused.value.found) == ("bytes in one line", 11)


def test_repeated_names_count_against_the_limit() -> None:
    """D-6: they cost memory too."""
    with pytest.raises(DumpTooLarge):
        read_dump([b"Sonya\n" * 4], limits=ReadingLimits(attendees_max=3))


def test_a_hundred_thousand_rows_are_read() -> None:
    """D-6: big is not hostile."""
    rows = "".join(f"{live_row(f'Raider{number:x}x')}\r\n" for number in range(100_000))
    dump = read_text(rows, file_name=LIVE_NAME)
    assert dump.counts[LineOutcome.ATTENDEE] == 100_000


def test_a_million_names_are_refused() -> None:
    """D-6: more than any guild has."""
    with pytest.raises(DumpTooLarge) as refused:
        read_dump(f"Raider{number:x}x\n".encode() for number in range(1_000_000))
    assert refused.value.what == "names"


def test_a_line_of_a_hundred_megabytes_is_refused() -> None:
    """D-6: before it is gathered in memory."""
    with pytest.raises(DumpTooLarge) as refused:
        read_dump(b"x" * 1_000_000 for _ in range(100))
    assert refused.value.what == "bytes in one line"
    assert refused.value.found < 2_000_000


def test_a_name_of_endless_accents_is_refused_unsorted() -> None:
    """D-6: normalising it would take quadratic time."""
    check = read_dump(
        [b"Sonya\n" + ("a" + "\u0316\u0301" * 10_000 + "\n").encode()], format=DumpFormat.NAME_LIST
    ).checks[0]
    assert "20001 characters" in line_of(check, 2).detail


def test_a_name_made_of_pieces_is_measured_when_put_together() -> None:
    """G-9: 64 letters with their accents beside them are 64 characters."""
    assert names(one_check("e\u0301" * 64)) == ["é" * 64]


def test_numbers_of_a_thousand_digits_are_none() -> None:
    """D-6: turning them into a number would take quadratic time."""
    check = one_check(f"{live_row('Vulak')}\n1\tSonya\t{'9' * 5000}\tBard\t\n", file_name=LIVE_NAME)
    assert names(check) == ["Vulak", "Sonya"]
    assert check.attendees[1].level is None


def test_half_a_character_at_the_end_names_nobody() -> None:
    """D-5: a UTF-16 file that was cut; the line says so."""
    check = read_dump(["Sonya\nVulak".encode("utf-16")[:-1]], format=DumpFormat.NAME_LIST).checks[0]
    assert names(check) == ["Sonya"]
    assert "could not be decoded" in line_of(check, 2).detail


def test_pairs_of_bytes_that_are_no_characters_are_no_utf_16() -> None:
    """D-6: where NUL bytes lie is a hint, not a proof."""
    with pytest.raises(DumpIsBinary):
        read_dump([b"a\x00b\x00" + b"\x00\xdc" * 2 + b"c\x00" * 60])


def test_a_line_longer_than_the_part_read_ahead_is_refused_as_too_long() -> None:
    """D-6: rather than as unknown."""
    limits = ReadingLimits(line_length_max=200_000)
    data = b"=" * 150_000 + b"\n"
    with pytest.raises(DumpNotRecognised):
        read_dump([data], limits=limits)
    with pytest.raises(DumpTooLarge):
        read_dump([data])


def test_a_line_cut_off_by_reading_ahead_does_not_spoil_the_guess() -> None:
    """D-6: the sample's last line may end within a row."""
    rows = "".join(f"{live_row('Vulak')}{'x' * 30_000}\n" for _ in range(3))
    assert read_text(rows).format is DumpFormat.RAID_DUMP


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_lines_that_hold_a_mark_are_kept_besides(encoding: str, size: int) -> None:
    """R-8: in any case and encoding, wherever the file was cut; each line once; the checks are the same."""
    said = ["Zoë tells the guild, 'CLAIM-one and claim-two'", "Boru says, 'claim-three'"]
    data = log([said[0], *who([who_row("Zoë")]), *COMBAT, said[1]]).encode(encoding)
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    found = read_dump(chunks, file_name=LOG_NAME, mark="Claim-")
    assert [line.partition("] ")[2] for line in found.marked] == said
    assert [names(check) for check in found.checks] == [["Zoë"]]
    assert read_dump(chunks, file_name=LOG_NAME).marked == ()


def test_a_mark_at_every_line_fills_no_memory() -> None:
    """A-14: a log of nothing but codes keeps some of them."""
    text = log([*who([who_row("Zoë")]), *["Boru says, 'claim-'"] * (MARKED_LINES_MAX + 5)])
    assert len(read_dump([text.encode()], mark="claim-").marked) == MARKED_LINES_MAX
