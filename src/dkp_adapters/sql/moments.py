"""Moments as the tables keep them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from dkp_core.kernel.period import BEGINNING

_MICROSECOND: Final = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly; `moment` is aware."""
    return (moment - BEGINNING) // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    """The same, where there may be none."""
    return None if moment is None else (moment - BEGINNING) // _MICROSECOND


def moment_at(microseconds: int) -> datetime:
    """The aware UTC moment."""
    return BEGINNING + timedelta(microseconds=microseconds)


def moment_or_none(microseconds: int | None) -> datetime | None:
    """The same, where there may be none."""
    return None if microseconds is None else BEGINNING + timedelta(microseconds=microseconds)
