"""What the game's log tells of loot: who looted what from whose corpse, and what was left to rot (D-11)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_core.raids.chat_line import Looted, message_of
from dkp_core.raids.formats.sheet import Sheet

THE_OWNER: Final = "You"
"""What a log calls its owner; the file's name tells who that is, where nobody renamed it."""


@frozen
class LoggedLoot:
    """A looting line of a log, with its number and the time on the PC's own clock."""

    number: int
    at: datetime | None
    looted: Looted

    def note_on(self, sheet: Sheet) -> bool:
        """Note it with a check; False where the line then says why it can't be."""
        where = "left on" if self.looted.left else "from"
        return sheet.loot(
            self.number,
            self.looted.item,
            raw_name=self.looted.character,
            quantity=self.looted.count,
            at=self.at,
            rot=self.looted.left,
            note=f"{where} {self.looted.corpse}" if self.looted.corpse else "left" if self.looted.left else "",
        )


def looted_in(number: int, line: str, at: datetime | None, owner: str = "") -> LoggedLoot | None:
    """What a line of `owner`'s log tells of loot; None for every other line, also one in which somebody says so."""
    told = message_of(line, owner or THE_OWNER)
    return LoggedLoot(number, at, told) if isinstance(told, Looted) else None


class NearestTime:
    """Which of some times is nearest to a moment."""

    def __init__(self, times: Iterable[datetime | None]) -> None:
        listed = list(times)
        self._last = len(listed) - 1
        self._known = sorted((at, place) for place, at in enumerate(listed) if at is not None)

    def to(self, at: datetime | None) -> int:
        """The place of the nearest, the earlier of two alike; of the last where there is no time to go by."""
        if at is None or not self._known:
            return self._last
        after = bisect_left(self._known, at, key=lambda known: known[0])
        around = self._known[max(after - 1, 0) : after + 1]
        return min(around, key=lambda known: abs(known[0] - at))[1]
