"""The worker inside a server: a thread of its own, one at a time however many servers share the database."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Final, Self

from attrs import define, field

from dkp_entrypoints.worker.worker import Worker

STOP_SECONDS_MAX: Final = 25.0

_logger: Final = logging.getLogger(__name__)


@define(eq=False)
class EmbeddedWorker:
    """Runs a worker in a thread while the block lasts; what runs at its end is finished."""

    worker: Worker
    _stop: threading.Event = field(factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.worker.run, args=(self._stop,), name="worker", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self.worker.wake()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS_MAX)
            if self._thread.is_alive():
                _logger.error("the worker did not end within %s s; what it was at is done again", STOP_SECONDS_MAX)
