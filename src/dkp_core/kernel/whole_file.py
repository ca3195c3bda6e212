"""Files that people upload and that are read as a whole: their lines, or why they are none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.text_file import as_utf8, binary_kind, lines_of, web_page

HEAD_BYTES: Final = 4096


@frozen(kw_only=True)
class WholeFile:
    """What a file may be that is read as a whole: `called` and `accepted` say it in a refusal."""

    called: str
    accepted: str
    bytes_max: int
    lines_max: int

    def data(self, chunks: Iterable[bytes]) -> bytes:
        """All of it. Raises: InvalidValue of the field `file` for what is too large."""
        parts: list[bytes] = []
        total = 0
        for chunk in chunks:
            total += len(chunk)
            if total > self.bytes_max:
                accepted = f"{self.called} of at most {self.bytes_max:,} bytes"
                raise InvalidValue("file", f"it has {total:,} bytes or more", accepted)
            parts.append(chunk)
        return b"".join(parts)

    def lines(self, data: bytes) -> list[str]:
        """Its lines, one of which is not blank.

        Raises: InvalidValue of the field `file` for what is no text, a web page, too long or empty.
        """
        text = as_utf8(data)
        kind = binary_kind(data[:HEAD_BYTES], text[:HEAD_BYTES])
        if kind is not None:
            raise InvalidValue("file", f"it is {kind}, not text", self.accepted)
        page = web_page(text[: 16 * HEAD_BYTES].decode(errors="replace"))
        if page is not None:
            raise InvalidValue("file", f"it is {page.words}", self.accepted)
        count = text.count(b"\n") + 1
        if count > self.lines_max:
            accepted = f"{self.called} of at most {self.lines_max:,} lines"
            raise InvalidValue("file", f"it has {count:,} lines", accepted)
        lines = lines_of(text)
        if not any(map(str.strip, lines)):
            raise InvalidValue("file", f"it is empty ({len(lines)} blank lines)", self.accepted)
        return lines
