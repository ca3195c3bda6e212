"""Being told to stop: by a signal, which may come at any moment."""

from __future__ import annotations

import signal
import threading
from queue import SimpleQueue

import pytest

from dkp_entrypoints.worker import stopped_by_signals

SECONDS_MAX = 10.0


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_does_not_wait_for_what_it_interrupts(told: signal.Signals) -> None:
    """O-12: whoever is about to wait holds the lock of what they wait for; the signal would wait forever."""
    lock = threading.Lock()
    woken: SimpleQueue[bool] = SimpleQueue()
    with stopped_by_signals(lambda: woken.put(lock.acquire(timeout=1))) as stop:
        with lock:
            signal.raise_signal(told)
        assert stop.wait(SECONDS_MAX)
        assert woken.get(timeout=SECONDS_MAX)


def test_afterwards_signals_mean_what_they_did() -> None:
    """O-12: a second Ctrl-C, when the block is left, is nobody's business here."""
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    with stopped_by_signals() as stop:
        assert not stop.is_set()
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == before
