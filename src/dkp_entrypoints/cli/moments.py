"""Times as people type them: in the guild's own time unless they say otherwise."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.period import moment_of
from dkp_entrypoints.cli.call import Call

ACCEPTED = "a date and time such as 2026-11-20T20:15, with an offset or Z where it is not the guild's own time"

LASTS: Final = "a time such as 90s, 2m, 1h30m or 1d"
_LASTS: Final = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,7})s?)?", re.IGNORECASE | re.ASCII)


def local_time(text: str | None, field: str) -> datetime | None:
    """The time as it was typed, with its offset if it has one; None for nothing. Raises: InvalidValue."""
    if text is None:
        return None
    if text.strip().lower() == "now":
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as unreadable:
        raise InvalidValue(field, f"{text[:40]!r} is no time", ACCEPTED) from unreadable


def moment(call: Call, text: str | None, field: str, *, zone: str | None = None) -> datetime | None:
    """The moment in UTC; without an offset it is local to `zone`, else to the guild.

    Raises: InvalidValue; AmbiguousTime for an hour that exists twice, NonexistentTime for one that never was.
    """
    local = local_time(text, field)
    if local is None:
        return None
    return moment_of(local, zone or call.guild().timezone, field)


def day(text: str | None, field: str) -> date | None:
    """A day; None for nothing. Raises: InvalidValue."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as unreadable:
        raise InvalidValue(field, f"{text[:40]!r} is no date", "a date such as 2026-11-20") from unreadable


def lasting(text: str | None, field: str) -> timedelta | None:
    """How long that is; a bare number is seconds. None for nothing. Raises: InvalidValue, also for no time at all."""
    if text is None:
        return None
    found = _LASTS.fullmatch(text.strip())
    if found is None or not any(part and int(part) for part in found.groups()):
        raise InvalidValue(field, f"{text[:40]!r} is no length of time", LASTS)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
