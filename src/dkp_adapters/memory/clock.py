"""Clocks that show what they are told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import define, field, frozen

from dkp_core.kernel.ports import Clock

RAID_NIGHT: Final = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)


@frozen
class FixedClock(Clock):
    """It is always the same moment."""

    at: datetime = RAID_NIGHT

    def now(self) -> datetime:
        return self.at


@define
class SettableClock(Clock):
    """Time passes when it is told to."""

    at: datetime = field(default=RAID_NIGHT)

    def now(self) -> datetime:
        return self.at

    def set(self, at: datetime) -> None:
        """Make it that moment, earlier or later."""
        self.at = at

    def advance(self, time: timedelta) -> datetime:
        """Let that much time pass; tells the new moment."""
        self.at += time
        return self.at
