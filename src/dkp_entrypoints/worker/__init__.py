"""The worker: does what follows from events and what has become due, once, whether it lives in a server or alone."""

from dkp_entrypoints.worker.embedded import EmbeddedWorker
from dkp_entrypoints.worker.reacting import HEARTBEAT, Reacting
from dkp_entrypoints.worker.stopping import stopped_by_signals
from dkp_entrypoints.worker.worker import EMBEDDED_LEASE, Worker

__all__ = ["EMBEDDED_LEASE", "HEARTBEAT", "EmbeddedWorker", "Reacting", "Worker", "stopped_by_signals"]
