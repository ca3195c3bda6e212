"""Following a log: every line once, whatever becomes of the file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import asdict
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_entrypoints.cli.tailing import (
    BLOCK_BYTES,
    LINE_BYTES_MAX,
    MARK_BYTES_MAX,
    POLL_SECONDS,
    Bookmark,
    Tail,
    state_folder,
)

# As long as what tells one file from another.
PAST = b"".join(b"[Fri Nov 20 20:%02d:00 2026] what was\n" % minute for minute in range(30))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the log will be."""
    return tmp_path / "eqlog_Almaryn_server.txt"


def write(path: Path, content: bytes) -> None:
    """Add to a file, as the game does."""
    with path.open("ab") as file:
        file.write(content)


def read(tail: Tail) -> list[str]:
    """All lines that are complete now."""
    found: list[str] = []
    while lines := tail.read():
        found += lines
    return found


@pytest.fixture
def tail(log: Path) -> Iterator[Tail]:
    """A tail at the end of a log that has a past."""
    write(log, PAST)
    with Tail(log) as opened:
        yield opened


# --- lines ------------------------------------------------------------------------------------------------------------


def test_only_what_is_written_from_now_on_is_read(log: Path, tail: Tail) -> None:
    """L-10: the past of a log is not bid again."""
    assert read(tail) == []
    write(log, b"one\ntwo\n")
    assert read(tail) == ["one", "two"]
    assert read(tail) == []


def test_the_past_is_read_where_it_is_asked_for(log: Path) -> None:
    """L-10: --from-start."""
    write(log, b"one\ntwo\n")
    with Tail(log, from_start=True) as tail:
        assert read(tail) == ["one", "two"]


def test_ends_of_lines_of_any_system_are_no_part_of_them(log: Path, tail: Tail) -> None:
    """L-10: CRLF of the client, LF of an emulator; an empty line is a line."""
    write(log, b"one\r\ntwo\n\r\nfour\r\n")
    assert read(tail) == ["one", "two", "", "four"]


def test_half_a_line_waits_for_its_other_half(log: Path, tail: Tail) -> None:
    """L-10: a bid of 100 is not read as one of 10."""
    write(log, b"bid 10")
    assert read(tail) == []
    write(log, b"0")
    assert read(tail) == []
    write(log, b"\r")
    assert read(tail) == []
    write(log, b"\nnext\nha")
    assert read(tail) == ["bid 100", "next"]


def test_a_letter_cut_in_half_is_whole_when_its_line_is(log: Path, tail: Tail) -> None:
    """G-9: the É of Élan is two bytes."""
    line = "Élan tells you, 'Ærlige Sværd 50'".encode()
    for index in range(len(line)):
        write(log, line[index : index + 1])
        assert read(tail) == []
    write(log, b"\n")
    assert read(tail) == [line.decode()]


def test_letters_of_old_windows_are_read_too(log: Path, tail: Tail) -> None:
    """G-9: cp1252 where it is no UTF-8; a byte that is neither loses itself, not its line."""
    write(log, "Élan\n".encode("cp1252") + b"x\x81\xffy\n")
    assert read(tail) == ["Élan", "x\ufffdÿy"]


def test_a_mark_of_encoding_at_the_beginning_is_no_letter(log: Path) -> None:
    """G-9: an editor of Windows leaves a BOM."""
    write(log, b"\xef\xbb\xbfone\n")
    with Tail(log, from_start=True) as tail:
        assert read(tail) == ["one"]


def test_a_line_that_is_being_written_at_the_start_is_new(log: Path) -> None:
    """L-10: it is complete only now."""
    write(log, PAST + b"half")
    with Tail(log) as tail:
        assert read(tail) == []
        write(log, b" a line\n")
        assert read(tail) == ["half a line"]


@pytest.mark.parametrize("in_pieces", [True, False])
@pytest.mark.parametrize("excess", [0, 1, BLOCK_BYTES, 3 * BLOCK_BYTES + 7])
def test_a_line_too_long_to_be_chat_is_left_out_and_counted(
    excess: int, in_pieces: bool, log: Path, tail: Tail
) -> None:
    """L-10: at most 64 kB of a line are ever in memory; its neighbours are read."""
    write(log, b"before\n" + b"x" * (LINE_BYTES_MAX + excess))
    found = read(tail) if in_pieces else []
    write(log, b"\nafter\n")
    found += read(tail)
    assert [line for line in found if len(line) < 10] == ["before", "after"]
    assert tail.skipped == (excess > 0)
    assert len(found) == 3 - tail.skipped


def test_a_line_too_long_may_be_going_on_at_the_start(log: Path) -> None:
    """L-10: its rest is no line of its own."""
    write(log, b"x" * (LINE_BYTES_MAX + 5))
    with Tail(log) as tail:
        write(log, b"\nnext\n")
        assert read(tail) == ["next"]


def test_as_many_lines_are_read_as_are_wanted(log: Path, tail: Tail) -> None:
    """L-10: the place is right behind them, so that what is kept of it is exact."""
    write(log, b"one\r\n" + b"x" * (LINE_BYTES_MAX + 1) + b"\nthree\nfour\nhalf")
    assert tail.read(2) == ["one"]
    with Tail(log, position=tail.position) as again:
        assert again.read(1) == ["three"]
        assert again.read(9) == ["four"]
    assert (tail.read(1), tail.read(), tail.read(1)) == (["three"], ["four"], [])
    assert tail.skipped == 1


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\ufeff")


@given(
    lines=st.lists(st.text(LETTERS), max_size=20),
    cuts=st.lists(st.integers(0, 200), max_size=20),
)
@settings(max_examples=50)
def test_it_does_not_matter_in_which_pieces_a_log_is_written(
    lines: list[str], cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """L-10: nor where it was left and taken up again: each line once, in order."""
    log = tmp_path_factory.mktemp("pieces") / "log"
    content = "".join(f"{line}\r\n" for line in lines).encode()
    log.touch()
    position, found, at = None, [], 0
    for cut in [*cuts, len(content)]:
        write(log, content[at : max(at, cut)])
        at = max(at, cut)
        with Tail(log, position=position, from_start=True) as tail:
            found += read(tail)
            position = tail.position
    assert found == lines


# --- what becomes of the file -----------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_yet_is_new_from_its_first_line(log: Path) -> None:
    """L-10: the client makes the log when `/log on` is typed."""
    with Tail(log) as tail:
        assert read(tail) == []
        write(log, b"one\n")
        assert read(tail) == ["one"]


def test_a_renamed_log_is_read_to_its_end_before_the_new_one(log: Path, tail: Tail) -> None:
    """L-10: what was written to the old file just before, and after, is not lost."""
    write(log, b"one\n")
    assert read(tail) == ["one"]
    write(log, b"two\n")
    old = log.rename(log.with_suffix(".1"))
    write(old, b"three\n")
    write(log, b"four\n")
    assert read(tail) == ["two", "three", "four"]
    write(log, b"five\n")
    assert read(tail) == ["five"]


@pytest.mark.parametrize("again", [b"new\n", PAST + b"new\n", PAST + PAST + b"new\n"])
def test_a_log_that_was_cut_short_is_read_from_its_beginning(again: bytes, log: Path, tail: Tail) -> None:
    """L-10: even when it has grown past the old place by then, as far as that can be seen."""
    write(log, b"a line that was read\n")
    read(tail)
    with log.open("r+b") as file:
        file.truncate()
        file.write(again)
    assert read(tail) == again.decode().splitlines()
    assert read(tail) == []


def test_a_log_that_is_made_anew_is_read_from_its_beginning(log: Path, tail: Tail) -> None:
    """L-10: longer than the old one, and perhaps on the same inode."""
    write(log, b"old\n")
    read(tail)
    log.unlink()
    assert read(tail) == []
    write(log, PAST.replace(b"was", b"is!") * 2)
    assert read(tail) == PAST.replace(b"was", b"is!").decode().splitlines() * 2


def test_a_log_that_is_away_for_a_while_goes_on(log: Path, tail: Tail) -> None:
    """L-10: nothing is repeated and nothing is missed."""
    away = log.rename(log.with_suffix(".away"))
    assert read(tail) == []
    write(away, b"meanwhile\n")
    assert read(tail) == ["meanwhile"]
    away.rename(log)
    write(log, b"back\n")
    assert read(tail) == ["back"]


def test_a_log_that_was_replaced_by_its_copy_goes_on(log: Path, tail: Tail) -> None:
    """L-10: as programs that keep folders alike do it."""
    write(log, b"read\n")
    read(tail)
    copy = log.with_suffix(".copy")
    copy.write_bytes(log.read_bytes() + b"new\n")
    copy.replace(log)
    assert read(tail) == ["new"]


def test_a_few_equal_bytes_do_not_make_it_the_same_log(log: Path) -> None:
    """L-10: two logs that both begin with `start` are two logs."""
    with Tail(log) as tail:
        write(log, b"start\n")
        assert read(tail) == ["start"]
        log.rename(log.with_suffix(".1"))
        write(log, b"start\nnext\n")
        assert read(tail) == ["start", "next"]


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    """I-3: a folder is not waited for."""
    with pytest.raises(OSError, match="directory"):
        Tail(tmp_path)


# --- taking it up again -----------------------------------------------------------------------------------------------


def test_a_run_goes_on_where_the_last_one_ended(log: Path, tail: Tail) -> None:
    """L-10: half a line included."""
    write(log, b"one\nhalf")
    assert read(tail) == ["one"]
    write(log, b" a line\ntwo\n")
    with Tail(log, position=tail.position) as again:
        assert read(again) == ["half a line", "two"]


def test_a_log_that_was_renamed_meanwhile_is_found_by_the_next_run(log: Path, tail: Tail) -> None:
    """L-10: its rest comes first, then the new one."""
    write(log, b"missed\n")
    log.rename(log.with_name("old.txt"))
    write(log, b"new\n" * len(PAST))
    with Tail(log, position=tail.position) as again:
        assert read(again) == ["missed", *["new"] * len(PAST)]


def test_a_log_that_is_gone_is_waited_for_by_the_next_run(log: Path, tail: Tail) -> None:
    """L-10: and goes on where it was left if it comes back, else from its beginning."""
    content = log.read_bytes()
    log.unlink()
    with Tail(log, position=tail.position) as again:
        assert read(again) == []
        write(log, content + b"on\n")
        assert read(again) == ["on"]
    log.unlink()
    with Tail(log, position=tail.position) as again:
        write(log, b"new\n")
        assert read(again) == ["new"]


def test_a_bookmark_gives_back_the_place_it_was_given(log: Path, tail: Tail, tmp_path: Path) -> None:
    """L-10: for each log and each server its own; nothing of what was said stands in it."""
    environ = {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    bookmark = Bookmark.of(log, "https://dkp.example.org", environ, "linux")
    assert bookmark.read() is None
    for line in (b"one\n", b"two\n"):
        write(log, line)
        read(tail)
        bookmark.keep(tail.position)
        assert bookmark.read() == tail.position
    assert Bookmark.of(log, "https://other.example.org", environ, "linux").read() is None
    assert Bookmark.of(log.with_suffix(".b"), "https://dkp.example.org", environ, "linux").read() is None
    assert [each.name for each in bookmark.file.parent.iterdir()] == [bookmark.file.name]
    assert "two" not in bookmark.file.read_text()
    assert tail.position.mark_bytes == MARK_BYTES_MAX
    assert set(asdict(tail.position).values()) >= {tail.position.offset, tail.position.mark}


def test_a_bookmark_of_another_evening_is_none(log: Path, tail: Tail, tmp_path: Path) -> None:
    """L-10: what was called days ago is not to start now."""
    bookmark = Bookmark(tmp_path / "state" / "bookmark.json")
    bookmark.keep(tail.position)
    kept_at = bookmark.file.stat().st_mtime
    assert bookmark.read(kept_after=kept_at - 1) == tail.position
    assert bookmark.read(kept_after=kept_at + 1) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", "\x00"])
def test_a_bookmark_that_can_not_be_read_is_no_beginning(content: str, tmp_path: Path) -> None:
    """L-10: starting over, or at the end, would repeat or miss lines without a word."""
    bookmark = Bookmark(tmp_path / "bookmark.json")
    bookmark.file.write_text(content)
    with pytest.raises(InvalidValue, match=r"bookmark\.json"):
        bookmark.read()


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("linux", {"HOME": "/home/alma"}, "/home/alma/.local/state/dkp"),
        ("linux", {"HOME": "/home/alma", "XDG_STATE_HOME": "/var/alma"}, "/var/alma/dkp"),
        ("darwin", {"HOME": "/Users/alma"}, "/Users/alma/Library/Application Support/dkp"),
        ("win32", {"USERPROFILE": "/c/alma"}, "/c/alma/AppData/Local/dkp"),
        ("win32", {"USERPROFILE": "/c/alma", "LOCALAPPDATA": "/c/alma/here"}, "/c/alma/here/dkp"),
    ],
)
def test_bookmarks_lie_where_each_system_keeps_such_things(platform: str, environ: dict[str, str], folder: str) -> None:
    """L-10: never beside the log, which is the game's folder."""
    assert state_folder(environ, platform) == Path(folder)


# --- waiting, and what it costs ---------------------------------------------------------------------------------------


def test_it_looks_again_after_a_moment_until_it_is_ended(log: Path) -> None:
    """L-10: lines come as they are written; in between it sleeps."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        write(log, b"line %d\n" % len(slept))

    with Tail(log, sleep=sleep) as tail:
        assert list(tail.lines(lambda: len(slept) == 3)) == ["line 1", "line 2"]
    assert slept == [POLL_SECONDS] * 3


def test_a_large_log_takes_no_more_memory_than_a_small_one(log: Path) -> None:
    """L-10: 50 MB from the start, a block at a time."""
    line = b"[Fri Nov 20 20:15:00 2026] a gnoll hits YOU for 12 points of damage." + b" " * 900 + b"\r\n"
    with log.open("wb") as file:
        for _ in range(50):
            file.write(line * (1024 * 1024 // len(line)))
    count = 0
    tracemalloc.start()
    try:
        with Tail(log, from_start=True) as tail:
            while lines := tail.read():
                count += len(lines)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 50 * (1024 * 1024 // len(line))
    assert peak < 16 * BLOCK_BYTES
