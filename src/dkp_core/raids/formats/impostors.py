"""Files that are given for dumps and are none: web pages and what is no text (D-14)."""

from __future__ import annotations

import html
from typing import Final

from dkp_core.raids.formats.errors import DumpIsBinary, DumpIsHtml

TITLE_LENGTH_MAX: Final = 200
CONTROL_SHARE_MAX: Final = 0.1

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


def refuse_binary(head: bytes, opening: bytes) -> None:
    """Refuse what is no text, by the file's first bytes as uploaded and as read.

    Raises: DumpIsBinary.
    """
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            raise DumpIsBinary(kind)
    start = opening[: len(head)]
    if b"\x00" in start:
        raise DumpIsBinary("binary (it holds NUL bytes)")
    controls = len(start) - len(start.translate(None, CONTROLS))
    if controls > CONTROL_SHARE_MAX * len(start):
        raise DumpIsBinary("binary (it is full of control characters)")


def refuse_html(opening: str) -> None:
    """Refuse a web page, and say so where it asks for a password.

    Raises: DumpIsHtml.
    """
    lowered = opening.lstrip("\ufeff \t\r\n").casefold()
    if not lowered.startswith("<") or not any(mark in lowered for mark in HTML_MARKS):
        return
    title = title_of(opening)
    asks_to_sign_in = any(word in title.casefold() for word in LOGIN_WORDS)
    raise DumpIsHtml(title, asks_to_sign_in or any(field in lowered for field in PASSWORD_FIELDS))


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
