"""Stopping when told to: SIGTERM and Ctrl-C end the work, what runs is finished."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopped_by_signals(wake: Callable[[], None] = lambda: None) -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, while the block lasts; `wake` is called then too (main thread only)."""
    stop = threading.Event()

    def end() -> None:
        stop.set()
        wake()

    def told(_: int, __: FrameType | None) -> None:
        # The main thread may be just about to wait, and then holds the very lock that is needed to wake it.
        _thread.start_new_thread(end, ())

    before = {each: signal.signal(each, told) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
