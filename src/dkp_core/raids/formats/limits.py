"""How much of a dump is read at most; a hostile file meets one of these, never a stall (D-6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import frozen

BYTES_MAX: Final = 4 * 1024**3
"""EverQuest logs grow without bound: 2 GB are common where nobody ever cut one, twice that is an accident."""

LINES_MAX: Final = 100_000_000
"""4 GiB of the shortest log lines there are; a file of bare newlines ends here."""

LINE_LENGTH_MAX: Final = 64 * 1024
"""Bytes of one line. Clients write lines below 4 KiB; a pasted list of a thousand names still fits in one."""

ATTENDEES_MAX: Final = 200_000
"""Rows with a name in one file: five years of nightly checks by 70 people; about 100 MB while being read."""

LINES_KEPT_MAX: Final = 400_000
"""Lines that are reported one by one (all but noise), which is what memory grows with."""

DOCUMENT_BYTES_MAX: Final = 8 * 1024 * 1024
"""A document in JSON or XML, which often is a single line; a thousand sign-ups take half a megabyte."""

MERGE_WITHIN: Final = timedelta(minutes=2)
"""An officer runs from zone to zone, or asks for several lists at once: that is one check, not several."""


@frozen(kw_only=True)
class ReadingLimits:
    """The most that is read of one dump, and how near two `/who` lists lie to be one check.

    `bytes_max` counts the file as uploaded, `line_length_max` the bytes of a line in UTF-8. What starts as JSON or XML
    does is a document: `document_bytes_max` holds for it instead of both.
    """

    bytes_max: int = BYTES_MAX
    lines_max: int = LINES_MAX
    line_length_max: int = LINE_LENGTH_MAX
    document_bytes_max: int = DOCUMENT_BYTES_MAX
    attendees_max: int = ATTENDEES_MAX
    lines_kept_max: int = LINES_KEPT_MAX
    merge_within: timedelta = MERGE_WITHIN


DEFAULT_LIMITS: Final = ReadingLimits()
