"""Following a text file that another program writes: every line once, as soon as it is complete."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from attrs import asdict, define, evolve, field, frozen

from dkp_core.kernel.errors import InvalidValue

POLL_SECONDS: Final = 0.25
BLOCK_BYTES: Final = 128 * 1024
LINE_BYTES_MAX: Final = 64 * 1024
MARK_BYTES_MAX: Final = 256


@frozen(kw_only=True)
class Position:
    """A place between two lines of a file: after `offset` bytes, of which the last `mark_bytes` have the digest `mark`.

    The mark tells whether a file still holds what was read of it. `in_long_line`: the place is within a line that is
    too long to be read.
    """

    inode: int
    offset: int
    mark_bytes: int
    mark: str
    in_long_line: bool = False

    @classmethod
    def start(cls, inode: int = 0) -> Position:
        """The beginning of a file."""
        return cls(inode=inode, offset=0, mark_bytes=0, mark=_digest(b""))

    def after(self, before: bytes, taken: bytes, *, in_long_line: bool = False) -> Position:
        """The place after these bytes; `before` are those of the mark."""
        marked = (before + taken)[-MARK_BYTES_MAX:]
        return evolve(
            self,
            offset=self.offset + len(taken),
            mark_bytes=len(marked),
            mark=_digest(marked),
            in_long_line=in_long_line,
        )

    def is_in(self, file: BinaryIO) -> bool:
        """Whether the file is the one that was read up to here, be it renamed or longer now.

        A copy, or a share that was mounted anew, has another inode; it is recognised by a mark of full length, for a
        shorter one proves nothing.
        """
        if os.fstat(file.fileno()).st_ino != self.inode and 0 < self.mark_bytes < MARK_BYTES_MAX:
            return False
        file.seek(self.offset - self.mark_bytes)
        return _digest(file.read(self.mark_bytes)) == self.mark


@define(eq=False)
class Tail:
    """The lines that a file gets, whatever becomes of the file: renamed, begun anew, cut short, away for a while.

    It begins at `position`, as an earlier run left it; without one at the end, or `from_start`. A file that is not
    there yet is new from its first line on. At most a block of it is in memory; lines longer than LINE_BYTES_MAX are
    `skipped`, and counted.
    """

    path: Path
    _begin_at: Position | None = field(default=None, kw_only=True, alias="position")
    from_start: bool = field(default=False, kw_only=True)
    poll_seconds: float = field(default=POLL_SECONDS, kw_only=True)
    sleep: Callable[[float], None] = field(default=time.sleep, kw_only=True)
    position: Position = field(init=False, factory=Position.start)
    skipped: int = field(init=False, default=0)
    _file: BinaryIO | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        if self._begin_at is not None:
            self.position = self._begin_at
        elif not self.from_start and (file := _opened(self.path)) is not None:
            with file:
                self.position = _end_of(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def lines(self, ended: Callable[[], bool]) -> Iterator[str]:
        """Each line as it is completed, without its end, until `ended` says so."""
        while not ended():
            found = self.read()
            yield from found
            if not found:
                self.sleep(self.poll_seconds)

    def read(self, lines_max: int | None = None) -> list[str]:
        """The next lines that are complete, a block of them at most; none where nothing is new. It never waits.

        `position` is the place after them.
        """
        if self._file is None and not self._open(self.path, *self._renamed()):
            return []
        moved = self._has_moved()  # asked first: what was written to the old file until then is read before it is left
        lines = self._next(lines_max)
        if lines is None and moved and self._open(self.path):
            lines = self._next(lines_max)
        return lines or []

    # --- which file ---------------------------------------------------------------------------------------------------

    def _open(self, path: Path, *others: Path) -> bool:
        """Go on where the place is found, else at the beginning of the file; tells whether there is a file."""
        for each in (path, *others):
            file = _opened(each)
            if file is not None and self.position.is_in(file):
                return self._go_on(file)
            if file is not None:
                file.close()
        file = _opened(path)
        if file is None:
            return False
        self.position = Position.start()
        return self._go_on(file)

    def _go_on(self, file: BinaryIO) -> bool:
        if self._file is not None:
            self._file.close()
        self._file = file
        self.position = evolve(self.position, inode=os.fstat(file.fileno()).st_ino)
        return True

    def _renamed(self) -> Iterable[Path]:
        """What the file that was read before is called now."""
        if self.position.inode and self.path.parent.is_dir():
            with os.scandir(self.path.parent) as entries:
                return [Path(entry.path) for entry in entries if entry.inode() == self.position.inode]
        return ()

    def _has_moved(self) -> bool:
        """Whether another file has taken the path; where there is none, the old one may come back."""
        assert self._file is not None
        try:
            return not os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False

    # --- what is new in it --------------------------------------------------------------------------------------------

    def _next(self, lines_max: int | None) -> list[str] | None:
        """The next complete lines; None where there is none yet."""
        lines: list[str] | None = []
        while lines == []:
            lines = self._advanced(lines_max)
        return lines

    def _advanced(self, lines_max: int | None) -> list[str] | None:
        """One block further, or so many lines: its lines, which may be none; None where no line is complete."""
        assert self._file is not None
        place = self.position
        found = os.fstat(self._file.fileno())
        if found.st_size == place.offset:
            return None
        self._file.seek(place.offset - place.mark_bytes)
        read = self._file.read(place.mark_bytes + BLOCK_BYTES)
        before, block = read[: place.mark_bytes], read[place.mark_bytes :]
        if _digest(before) != place.mark:
            self.position = Position.start(found.st_ino)  # it was cut short, and what is in it now is new
            return []
        if place.in_long_line:
            return self._passed(before, block)
        complete = block[: block.rfind(b"\n") + 1]
        if complete:
            lines = complete[:-1].split(b"\n")[:lines_max]
            self.position = place.after(before, complete[: sum(map(len, lines)) + len(lines)])
            short = [text_of(line) for line in lines if len(line) <= LINE_BYTES_MAX]
            self.skipped += len(lines) - len(short)
            return short
        if len(block) <= LINE_BYTES_MAX:
            return None
        self.position = place.after(before, block, in_long_line=True)
        return []

    def _passed(self, before: bytes, block: bytes) -> list[str]:
        """Nothing, up to the end of a line that is too long."""
        end = block.find(b"\n") + 1
        self.skipped += end > 0
        self.position = self.position.after(before, block[:end] if end else block, in_long_line=not end)
        return []


def _opened(path: Path) -> BinaryIO | None:
    """The file, or None where there is none. Raises: OSError where it can't be read."""
    try:
        return path.open("rb", buffering=0)
    except FileNotFoundError:
        return None


def _end_of(file: BinaryIO) -> Position:
    """The place after the last complete line: the line that is being written is new when it is complete."""
    found = os.fstat(file.fileno())
    file.seek(max(0, found.st_size - LINE_BYTES_MAX - 1))
    last = file.read(LINE_BYTES_MAX + 1)  # of a line that is too long, as much as shows that it is
    offset = found.st_size - len(last) + last.rfind(b"\n") + 1
    file.seek(max(0, offset - MARK_BYTES_MAX))
    before = file.read(min(offset, MARK_BYTES_MAX))
    return evolve(Position.start(found.st_ino).after(b"", before), offset=offset)


def text_of(line: bytes) -> str:
    """A line as text: games write UTF-8, or what Windows calls ANSI in the west."""
    line = line.removesuffix(b"\r")
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def _digest(of: bytes) -> str:
    return hashlib.blake2b(of, digest_size=16).hexdigest()


# --- remembering ------------------------------------------------------------------------------------------------------


@frozen
class Bookmark:
    """A file that remembers how far a log was read, so that the next run goes on from there."""

    file: Path

    @classmethod
    def of(cls, log: Path, target: str, environ: Mapping[str, str], platform: str = sys.platform) -> Bookmark:
        """The bookmark of what is read of that log for that target, in the user's own folder for such things."""
        name = _digest(f"{log.resolve()}\n{target}".encode("utf-8", "surrogateescape"))
        return cls(state_folder(environ, platform) / "follow" / f"{name}.json")

    def read(self, kept_after: float = 0.0) -> Position | None:
        """The place that was kept last; None where none was since then, in seconds since 1970.

        Raises: InvalidValue where it can't be read.
        """
        try:
            if self.file.stat().st_mtime < kept_after:
                return None
            return Position(**json.loads(self.file.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as unreadable:
            fault = f"how far it was read can't be told from {self.file} ({unreadable})"
            raise InvalidValue("log file", fault, "that file as it was written, or none") from unreadable

    def keep(self, position: Position) -> None:
        """Remember the place; a crash at any moment leaves the one before or this one. Raises: OSError."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self.file.parent, suffix=".new", delete=False) as new:
            json.dump(asdict(position), new)
            new.flush()
            os.fsync(new.fileno())
        Path(new.name).replace(self.file)


def state_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where programs of this user keep what they remember from one run to the next."""
    home = Path(environ.get("USERPROFILE" if platform == "win32" else "HOME") or Path.home())
    match platform:
        case "win32":
            return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "dkp"
        case "darwin":
            return home / "Library" / "Application Support" / "dkp"
        case _:
            return Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "dkp"
