"""What the name of a dump tells: which client wrote it, and when."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

FILE_NAME_LENGTH_MAX: Final = 255
"""What file systems keep; of a longer name only the end is looked at, where clients write the time."""

COMPACT_TIME: Final = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(?!\d)", re.ASCII)
DASHED_TIME: Final = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)[_ T](\d\d)[-:](\d\d)[-:](\d\d)(?!\d)", re.ASCII)


def base_name(file_name: str) -> str:
    """The name without its folders, whichever system wrote it, in lower case."""
    return file_name.replace("\\", "/").rpartition("/")[2][-FILE_NAME_LENGTH_MAX:].casefold()


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
