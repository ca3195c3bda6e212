"""A dump's bytes as numbered lines: encodings, line ends and limits, one chunk in memory at a time (D-6)."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from attrs import frozen

from dkp_core.kernel.text_file import decoded, utf16_codec
from dkp_core.raids.formats.errors import DumpTooLarge
from dkp_core.raids.formats.limits import ReadingLimits

PIECE_BYTES_MIN: Final = 64 * 1024
"""Smaller chunks are gathered first: joining a line out of single bytes would take quadratic time."""

PIECE_BYTES_MAX: Final = 1024 * 1024
"""Larger chunks are taken in slices, so that decoding one never doubles a file in memory."""

HEAD_BYTES: Final = 4096

DOCUMENT_STARTS: Final = (b"{", b"<")
"""JSON and XML."""

MARKED_LINES_MAX: Final = 1000
"""More lines that hold the mark are not kept: nobody says so much."""


class NumberedLine(NamedTuple):
    """One line of the file, without its end; numbers start at 1."""

    number: int
    text: str


@frozen
class Block:
    """Complete lines in bytes; `data` starts with a line end, another is at `end`; `lines` lie between."""

    data: bytes
    end: int
    lines: int


class DumpText:
    """One file being read once from start to end, as blocks or as lines.

    `head` is its start as uploaded, `opening` the same as UTF-8 (or whatever single bytes it has); `is_document` is
    whether it starts as JSON or XML does.
    `lines_total` is known when all was read, and so are the `marked` lines: those that hold the mark, in any case.

    Raises: DumpTooLarge as soon as a limit is passed.
    """

    def __init__(self, data: Iterable[bytes], limits: ReadingLimits, mark: str = "") -> None:
        self._limits = limits
        self._bytes_max, self._line_length_max = limits.bytes_max, limits.line_length_max
        self._mark = mark.lower().encode()
        self.marked: list[str] = []
        self._pieces = self._gathered(data)
        first = next(self._pieces, b"")
        self.head = first[:HEAD_BYTES]
        self._codec = utf16_codec(self.head)
        self._text = self._utf8(first)
        self.opening = next(self._text, b"")
        self.is_document = self.opening.lstrip().startswith(DOCUMENT_STARTS)
        if self.is_document:
            self._bytes_max = min(limits.bytes_max, limits.document_bytes_max)
            self._line_length_max = max(limits.line_length_max, self._bytes_max)
        self.lines_total = 0
        self._listeners: list[Callable[[Block], None]] = []

    def overhear(self, listener: Callable[[Block], None]) -> None:
        """Tell every block that is read from now on to somebody else too, who reads the same file another way."""
        self._listeners.append(listener)

    def blocks(self) -> Iterator[Block]:
        """The whole file in complete lines, still in bytes."""
        carry = b"\n"
        for piece in self._rest():
            buffer = carry + piece
            end = buffer.rfind(b"\n")
            carry = buffer[end:]
            self._must_be_short(len(carry) - 1)
            if end > 0:
                yield self._block(buffer, end)
        if len(carry) > 1:
            yield self._block(carry + b"\n", len(carry))

    def _note_marked(self, block: Block) -> None:
        """Keep the lines that hold the mark; a block without any is searched at the speed of memory."""
        lowered = block.data.lower()
        found = lowered.find(self._mark, 0, block.end)
        while found >= 0 and len(self.marked) < MARKED_LINES_MAX:
            start, end = block.data.rfind(b"\n", 0, found) + 1, block.data.find(b"\n", found)
            self.marked.append(decoded(block.data[start:end].removesuffix(b"\r")))
            found = lowered.find(self._mark, end, block.end)

    def lines(self) -> Iterator[NumberedLine]:
        """The whole file line by line, decoded, without line ends."""
        number = 0
        for block in self.blocks():
            for line in block.data[1 : block.end].split(b"\n"):
                number += 1
                yield NumberedLine(number, decoded(line.removesuffix(b"\r")))

    def opening_lines(self) -> tuple[str, ...]:
        """The first lines, read ahead to recognise the format; the last of them may be cut."""
        first_end = self.opening.find(b"\n")
        self._must_be_short(first_end if first_end >= 0 else len(self.opening))
        return tuple(decoded(line.removesuffix(b"\r")) for line in self.opening[:PIECE_BYTES_MIN].split(b"\n"))

    def _block(self, data: bytes, end: int) -> Block:
        start = 1
        while start <= end:
            window = data.rfind(b"\n", start, min(end, start + self._line_length_max) + 1)
            if window < 0:
                self._must_be_short(data.find(b"\n", start) - start)
            start = window + 1
        lines = data.count(b"\n", 1, end + 1)
        self.lines_total += lines
        if self.lines_total > self._limits.lines_max:
            raise DumpTooLarge("lines", self.lines_total, self._limits.lines_max)
        block = Block(data, end, lines)
        if self._mark:
            self._note_marked(block)
        for listener in self._listeners:
            listener(block)
        return block

    def _must_be_short(self, length: int) -> None:
        if length > self._line_length_max:
            raise DumpTooLarge("bytes in one line", length, self._line_length_max)

    def _rest(self) -> Iterator[bytes]:
        yield self.opening
        yield from self._text

    def _utf8(self, first: bytes) -> Iterator[bytes]:
        if self._codec is None:
            yield first.removeprefix(codecs.BOM_UTF8)
            yield from self._pieces
            return
        decoder = codecs.getincrementaldecoder(self._codec)(errors="replace")
        yield decoder.decode(first).encode()
        for piece in self._pieces:
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()

    def _gathered(self, data: Iterable[bytes]) -> Iterator[bytes]:
        """The same bytes in pieces of a useful size, held against the limit on all."""
        parts: list[bytes] = []
        gathered = total = 0
        for chunk in data:
            total += len(chunk)
            if total > self._bytes_max:
                raise DumpTooLarge("bytes", total, self._bytes_max)
            for start in range(0, len(chunk), PIECE_BYTES_MAX):
                part = chunk[start : start + PIECE_BYTES_MAX]
                parts.append(part)
                gathered += len(part)
                if gathered >= PIECE_BYTES_MIN:
                    yield b"".join(parts)
                    parts.clear()
                    gathered = 0
        if parts:
            yield b"".join(parts)
