"""Files that people upload: in which encoding they are, whether they are text at all, and the time in their name."""

from __future__ import annotations

import codecs
import html
import re
from datetime import datetime
from typing import Final

from attrs import frozen

UTF16_PAIRS_FOR_A_NUL_MAX: Final = 50
"""Of so many pairs of bytes in UTF-16 text one has a NUL byte at least: line ends and tabs alone make more."""

UTF16_NULS_MIN: Final = 2
"""One NUL byte alone is damage, in a short file too."""

UTF16_NULS_FOR_A_STRAY_MIN: Final = 10
"""For each NUL byte of the other parity (some letters, Ā or Ȁ, have one there) there are so many in place."""

TITLE_LENGTH_MAX: Final = 200
BYTES_FOR_A_CONTROL_MIN: Final = 10
"""Text has at most one control character in so many bytes."""

SIGNATURES: Final = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
)

HTML_MARKS: Final = ("<!doctype html", "<html", "<body", "<script", "<form", "<meta", "<div")
"""Not <head, which EQdkp Plus' XML has as well."""

LOGIN_WORDS: Final = ("login", "log in", "log-in", "sign in", "sign-in", "anmelden", "connexion")
PASSWORD_FIELDS: Final = ('type="password"', "type='password'", "type=password")
CONTROLS: Final = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1b"))

FILE_NAME_LENGTH_MAX: Final = 255
"""What file systems keep; of a longer name only the end is looked at, where clients write the time."""

COMPACT_TIME: Final = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(?!\d)", re.ASCII)
DASHED_TIME: Final = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)[_ T](\d\d)[-:](\d\d)[-:](\d\d)(?!\d)", re.ASCII)


@frozen
class WebPage:
    """A web page given in place of a file: its title, and whether it asks for a password."""

    title: str
    is_login: bool

    @property
    def words(self) -> str:
        """What it is, to stand in a sentence."""
        return ("a login page" if self.is_login else "a web page") + (f" titled {self.title!r}" if self.title else "")


def decoded(line: bytes) -> str:
    """A line's text: UTF-8 where it is that, otherwise Windows-1252 or, for its five gaps, Latin-1.

    Decided line by line, since a log that was written by two clients may hold both.
    """
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def utf16_codec(head: bytes) -> str | None:
    """The codec of UTF-16 text, by its byte order mark or by where its NUL bytes lie; None for other text."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    pairs = len(head) // 2
    nuls_first = head[0 : 2 * pairs : 2].count(0)
    nuls_second = head[1 : 2 * pairs : 2].count(0)
    for codec, nuls, others in (
        ("utf-16-le", nuls_second, nuls_first),
        ("utf-16-be", nuls_first, nuls_second),
    ):
        enough = nuls >= UTF16_NULS_MIN and nuls * UTF16_PAIRS_FOR_A_NUL_MAX >= pairs
        if enough and others * UTF16_NULS_FOR_A_STRAY_MIN <= nuls and decodes(head[: 2 * pairs], codec):
            return codec
    return None


def decodes(head: bytes, codec: str) -> bool:
    """Whether the start of a file is text in that codec; half a character at its end is no fault."""
    try:
        codecs.getincrementaldecoder(codec)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def as_utf8(data: bytes, head_bytes: int = 4096) -> bytes:
    """A whole small file in UTF-8 without a byte order mark, or in whatever single bytes it has."""
    codec = utf16_codec(data[:head_bytes])
    if codec is None:
        return data.removeprefix(codecs.BOM_UTF8)
    return data.decode(codec, errors="replace").encode()


def lines_of(data: bytes) -> list[str]:
    """The lines of a whole small file, whatever its encoding, without their ends."""
    lines = as_utf8(data).split(b"\n")
    if not lines[-1]:
        lines.pop()
    return [decoded(line.removesuffix(b"\r")) for line in lines]


def binary_kind(head: bytes, opening: bytes) -> str | None:
    """What a file is that is no text, by its first bytes as uploaded and as read in UTF-8; None for text."""
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            return kind
    start = opening[: len(head)]
    if b"\x00" in start:
        return "binary (it holds NUL bytes)"
    controls = len(start) - len(start.translate(None, CONTROLS))
    if controls * BYTES_FOR_A_CONTROL_MIN > len(start):
        return "binary (it is full of control characters)"
    return None


def web_page(opening: str) -> WebPage | None:
    """The web page that a file is, and whether that asks for a password (D-14); None for other files."""
    lowered = opening.lstrip("\ufeff \t\r\n").casefold()
    if not lowered.startswith("<") or not any(mark in lowered for mark in HTML_MARKS):
        return None
    title = title_of(opening)
    asks_to_sign_in = any(word in title.casefold() for word in LOGIN_WORDS)
    return WebPage(title, asks_to_sign_in or any(field in lowered for field in PASSWORD_FIELDS))


def title_of(page: str) -> str:
    """A page's title on one line, or nothing."""
    lowered = page.lower()
    tag = lowered.find("<title")
    start = lowered.find(">", tag) + 1
    end = lowered.find("</title", start)
    if tag < 0 or start == 0 or end < 0 or len(lowered) != len(page):
        return ""
    title = " ".join(html.unescape(page[start:end]).split())
    return title if len(title) <= TITLE_LENGTH_MAX else title[:TITLE_LENGTH_MAX] + "…"


def base_name(file_name: str) -> str:
    """The name without its folders, whichever system wrote it, in lower case."""
    return without_folders(file_name).casefold()


def without_folders(file_name: str) -> str:
    """The name without its folders, whichever system wrote it."""
    return file_name.replace("\\", "/").rpartition("/")[2][-FILE_NAME_LENGTH_MAX:]


def time_in(text: str) -> datetime | None:
    """The local time as clients spell it (20200802-190436 or 2024-03-22_09-47-32); None without a valid one.

    D-13: it has no zone; the uploader's is asked for elsewhere.
    """
    for pattern in (COMPACT_TIME, DASHED_TIME):
        found = pattern.search(text[-FILE_NAME_LENGTH_MAX:])
        if found is not None:
            year, month, day, hour, minute, second = map(int, found.groups())
            try:
                return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # local time without a zone
            except ValueError:
                continue
    return None
