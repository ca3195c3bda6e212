"""Old ids as they are kept here, and the date of what has none."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

PREFIX: Final = "eqdkp"
"""What old ids begin with, before a colon."""
_EXTERNAL_ID: Final = re.compile(rf"{PREFIX}:-?[0-9]+", re.ASCII)
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The date of what has none."""


def external_id(old_id: int) -> str:
    """What something with that id in the source is found by here (O-4)."""
    return f"{PREFIX}:{old_id}"


def is_external_id(text: str) -> bool:
    """Whether a text is what something would be found by."""
    return _EXTERNAL_ID.fullmatch(text) is not None
