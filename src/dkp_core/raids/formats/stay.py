"""How long somebody stayed at a raid, out of when they came and went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from dkp_core.raids.formats.check import Presence

GRACE: Final = timedelta(minutes=15)
"""Who comes within so long of the start, or goes within so long of the end, was there the whole time: raids take a
while to gather, and everybody leaves while they break up."""

TOLD_MAX: Final = 50


@frozen
class Move:
    """Somebody came, or went; `at` is None where that can't be read."""

    at: datetime | None
    came: bool
    standby: bool = False

    @property
    def words(self) -> str:
        """The move in a line's detail."""
        what = ("stood by from" if self.standby else "joined") if self.came else "left"
        return f"{what} {written(self.at)}" if self.at is not None else f"{what} at an unknown time"


def written(at: datetime) -> str:
    """A time in a line's detail; local ones have no zone."""
    return f"{at:%Y-%m-%d %H:%M:%S}" + (" UTC" if at.tzinfo is not None else "")


def told(moves: Iterable[Move]) -> str:
    """The moves of one person in a line's detail, in the order of the file; of very many the first ones."""
    listed = list(moves)
    left_out = f" and {len(listed) - TOLD_MAX:,} moves more" if len(listed) > TOLD_MAX else ""
    return ", ".join(move.words for move in listed[:TOLD_MAX]) + left_out


def presence_of(moves: Sequence[Move], start: datetime | None, end: datetime | None) -> Presence:
    """How somebody was there at a raid that lasted from `start` to `end`.

    Whoever only stood by, stood by. Otherwise, whoever went before the end and did not come back left early, and
    whoever first came after the start was late. A departure at the very moment of an arrival tells nothing: some
    trackers write one for everybody.
    """
    came = [move for move in moves if move.came]
    if came and all(move.standby for move in came):
        return Presence.STANDBY
    arrivals = {move.at for move in came if move.at is not None}
    departures = [move.at for move in moves if not move.came and move.at is not None and move.at not in arrivals]
    last_came = max(arrivals, default=None)
    went = max(departures, default=None)
    if went is not None and end is not None and (last_came is None or went > last_came) and end - went > GRACE:
        return Presence.LEFT_EARLY
    first_came = min(arrivals, default=None)
    if first_came is not None and start is not None and first_came - start > GRACE:
        return Presence.LATE
    return Presence.PRESENT
