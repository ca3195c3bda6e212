"""Files that are read piece by piece, with a progress bar where somebody watches a long one."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from attrs import define

from dkp_core.kernel.errors import InvalidValue

PIECE: Final = 256 * 1024
WATCHED_BYTES_MIN: Final = 8 * 1024 * 1024
IN_MEMORY_BYTES_MAX: Final = 16 * 1024 * 1024


@define
class Pieces:
    """A file of which each reading starts at the beginning, however large it is."""

    file: BinaryIO
    name: str
    size: int | None

    def __call__(self) -> Iterator[bytes]:
        """The file from its beginning, in pieces."""
        self.file.seek(0)
        if self.size is None or self.size < WATCHED_BYTES_MIN or not sys.stderr.isatty():
            yield from iter(lambda: self.file.read(PIECE), b"")
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(f"reading {self.name}", total=self.size)
            for piece in iter(lambda: self.file.read(PIECE), b""):
                yield piece
                progress.advance(task, len(piece))


@contextmanager
def opened(path: str, field: str = "file") -> Iterator[Pieces]:
    """The file of that path; `-` is standard input, which is laid aside so that it can be read again.

    Raises: InvalidValue where it can't be read.
    """
    if path == "-":
        with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES_MAX) as aside:
            for piece in iter(lambda: sys.stdin.buffer.read(PIECE), b""):
                aside.write(piece)
            yield Pieces(cast(BinaryIO, aside), "", aside.tell())
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115  # it is closed below, where errors are those of its reader
    except OSError as unreadable:
        fault = f"{path} can't be read ({unreadable.strerror})"
        raise InvalidValue(field, fault, "the path of a file, or - for standard input") from unreadable
    with file:
        yield Pieces(file, Path(path).name, Path(path).stat().st_size)
