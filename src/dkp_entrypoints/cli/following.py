"""Following a game's log: what is said in it is sent on, in order, each line once, whatever happens on the way."""

from __future__ import annotations

import math
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from attrs import define, field

from dkp_core.kernel.errors import Stale, Unavailable
from dkp_core.loot import LINE_LENGTH_MAX, ChatOutcome, ChatReading, message_of
from dkp_entrypoints.cli.failing import judged
from dkp_entrypoints.cli.tailing import POLL_SECONDS, Position, Tail

LINES_AT_ONCE: Final = 200
GATHER_SECONDS: Final = 0.5
PAUSE_SECONDS: Final = 0.5
PAUSE_SECONDS_MAX: Final = 30.0

Send = Callable[[Sequence[str], str], Sequence[ChatReading]]


@define(eq=False)
class Following:
    """A log that is followed: its chat goes to `send`, and `show` gets what became of each line.

    `send` also gets a key that tells a batch from every other, however often it is tried. A place in the log is kept
    when all before it was answered: who stops, or is cut off, goes on there, and the log itself holds what waits.
    `wait` waits so many seconds, and tells whether to stop. Only durations count, by a clock that never jumps.
    """

    tail: Tail
    owner: str
    send: Send
    show: Callable[[ChatReading], None]
    keep: Callable[[Position], None]
    wait: Callable[[float], bool]
    tell: Callable[[str], None]
    until_end: bool = False
    now: Callable[[], float] = time.monotonic
    counts: Counter[ChatOutcome] = field(factory=Counter, init=False)
    too_long: int = field(default=0, init=False)
    unsent: int = field(default=0, init=False)

    def run(self) -> None:
        """Follow until told to stop, or to the end of the log. Raises: what `send` does, but for lost connections."""
        self.keep(self.tail.position)  # what is said from now on is not missed, even if the first batch is cut off
        over = False
        while not over:
            lines, over = self._batch()
            if not lines:
                continue
            readings = self._answered(lines)
            if readings is None:
                self.unsent = len(lines)
                return
            self.keep(self.tail.position)
            for reading in readings:
                self.counts[reading.outcome] += 1
                self.show(reading)
        self.keep(self.tail.position)

    def summary(self) -> str:
        """What became of all lines so far, in one line."""
        counted = ", ".join(f"{self.counts[outcome]} {outcome}" for outcome in ChatOutcome if self.counts[outcome])
        skipped = self.too_long + self.tail.skipped
        return "; ".join(
            part
            for part in (
                f"{_lines(self.counts.total())} of chat" + (f": {counted}" if counted else ""),
                f"{_lines(skipped)} too long to be read" if skipped else "",
                f"{_lines(self.unsent)} without an answer, with which the next run begins" if self.unsent else "",
            )
            if part
        )

    def _batch(self) -> tuple[list[str], bool]:
        """What is said next: as much as goes at once, or what half a second brings; and whether it is the last."""
        lines: list[str] = []
        until = math.inf
        while len(lines) < LINES_AT_ONCE and self.now() < until:
            new = self.tail.read(LINES_AT_ONCE - len(lines))
            said = [line for line in new if self._is_said(line)]
            if said and not lines:
                until = self.now() + GATHER_SECONDS
            lines += said
            if (self.until_end and not new) or self.wait(0 if new else min(POLL_SECONDS, until - self.now())):
                return lines, True
        return lines, False

    def _is_said(self, line: str) -> bool:
        """Whether it may be of any meaning; what is too long would have its whole batch refused."""
        if message_of(line, self.owner) is None:
            return False
        self.too_long += len(line) > LINE_LENGTH_MAX
        return len(line) <= LINE_LENGTH_MAX

    def _answered(self, lines: Sequence[str]) -> Sequence[ChatReading] | None:
        """What became of the lines, asked again after growing pauses; None where it was stopped in one of them."""
        once, pause = uuid.uuid4().hex, PAUSE_SECONDS
        while True:
            try:
                readings = self.send(lines, once)
            except (Unavailable, Stale) as lost:
                if pause == PAUSE_SECONDS:
                    told = judged(lost)[1].rstrip(".")
                    self.tell(f"{told}; {_lines(len(lines))}, and all that is said meanwhile, wait until it does.")
                if self.wait(pause):
                    return None
                pause = min(2 * pause, PAUSE_SECONDS_MAX)
            else:
                if pause > PAUSE_SECONDS:
                    self.tell("It answers again.")
                return readings


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"
