"""Times as people type them: in the guild's own time unless they say otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.period import moment_of
from dkp_entrypoints.cli.call import Call

ACCEPTED = "a date and time such as 2026-11-20T20:15, with an offset or Z where it is not the guild's own time"


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
