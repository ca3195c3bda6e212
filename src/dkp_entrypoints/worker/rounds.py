"""Rounds: looking for work at once when woken, and else the more seldom the less there is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from attrs import define, field

from dkp_core.kernel.errors import Stale, Unavailable

_logger: Final = logging.getLogger(__name__)


@define(eq=False)
class Rounds:
    """Goes round until it is stopped: `look` does what there is to do and tells how much that was.

    It goes on after whatever `look` raises: a worker that ended would be missed by nobody.
    """

    look: Callable[[], int]
    seconds_min: float
    seconds_max: float
    _woken: threading.Event = field(factory=threading.Event, init=False)

    def run(self, stop: threading.Event) -> None:
        """Go round until `stop` is set; what runs then is finished. `wake` makes it look at once."""
        pause, answering = self.seconds_min, True
        while not stop.is_set():
            done = 0
            try:
                done = self.look()
                if not answering:
                    _logger.info("the database answers again")
                answering = True
            except (Unavailable, Stale) as gone:
                if answering:
                    _logger.warning("the database does not answer, trying again: %s", gone)
                answering = False
            except Exception:
                _logger.exception("the worker goes on after a fault")
            if done:
                pause = self.seconds_min
                continue
            if self._woken.wait(pause):
                self._woken.clear()
                pause = self.seconds_min
            else:
                pause = min(pause * 2, self.seconds_max)

    def wake(self) -> None:
        """Look now whether there is something to do, or whether to stop."""
        self._woken.set()
