"""Stopping when told to: SIGTERM and Ctrl-C end the work, what runs is finished."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopped_by_signals(wake: Callable[[], None] = lambda: None) -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, while the block lasts; `wake` is called then too (main thread only)."""
    stop = threading.Event()

    def told(_: int, __: FrameType | None) -> None:
        stop.set()
        wake()

    before = {each: signal.signal(each, told) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
