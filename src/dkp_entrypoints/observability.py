"""Logs and metrics: structured lines with request, guild and actor, and counts for Prometheus (O-11)."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from attrs import define, field
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from dkp_adapters.waiting import DueNotice, Lag
from dkp_core.notices import Outcome
from dkp_entrypoints.execution import Lanes
from dkp_entrypoints.settings import Settings

if TYPE_CHECKING:
    from dkp_adapters.sql.backup import BackupState

# What a log line must never hold, whoever logs it and however.
SECRETS: Final = frozenset(
    {
        *("authorization", "token", "secret", "secret_key", "password", "cookie", "email", "digest"),
        *("encryption_keys", "discord_client_secret", "client_secret", "access_token", "refresh_token"),
        *("code_verifier", "verifier", "state", "session", "csrf_token", "webhook", "smtp_url"),
    }
)
# Without the values of local variables: keys and e-mail addresses are among them.
_TRACEBACKS: Final = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
# Of this process, whoever serves it: the worker counts, and the API's metrics show it where both are one process.
NOTICES: Final = Counter("dkp_notices", "Notices, and what became of them.", ("means", "outcome"), registry=None)
BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10)

Labelled = TypeVar("Labelled", Counter, Histogram, Summary)


def configure_logging(settings: Settings) -> None:
    """Log to standard error as the settings say: JSON, or lines for people where it is a terminal."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_secrets,
    ]
    rendered: list[structlog.typing.Processor] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer()]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def count_notice(due: DueNotice, outcome: Outcome) -> None:
    """A notice was sent, or was not."""
    NOTICES.labels(due.notice.to.kind.value, type(outcome).__name__.lower()).inc()


def without_secrets(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The line with everything blanked that is called like a secret."""
    for name in SECRETS & line.keys():
        line[name] = "***"
    return line


@define(eq=False)
class Metrics:
    """What Prometheus may ask: requests, how long they took, what waits in the lanes and for the worker."""

    registry: CollectorRegistry = field(factory=CollectorRegistry)
    _requests: Counter = field(init=False)
    _seconds: Histogram = field(init=False)
    _database: Summary = field(init=False)
    _lanes: Gauge = field(init=False)
    _waiting: Gauge = field(init=False)
    _oldest: Gauge = field(init=False)
    _parked: Gauge = field(init=False)
    _listeners: Gauge = field(init=False)
    _dropped: Gauge = field(init=False)
    _backups: Gauge = field(init=False)
    _series: dict[tuple[object, ...], Any] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        asked = ("method", "route")
        make: dict[str, Any] = {"registry": self.registry}
        self._requests = Counter("dkp_http_requests", "Requests answered.", (*asked, "status"), **make)
        self._seconds = Histogram("dkp_http_request_seconds", "Time to the answer.", asked, buckets=BUCKETS, **make)
        self._database = Summary("dkp_http_database_seconds", "Time a request waited for the database.", asked, **make)
        self._lanes = Gauge("dkp_lane_depth", "Jobs waiting or running in a lane.", ("lane",), **make)
        self._waiting = Gauge("dkp_worker_waiting", "Rows that wait for the worker.", ("kind",), **make)
        self._oldest = Gauge("dkp_worker_lag_seconds", "How long the oldest of them is due.", ("kind",), **make)
        self._parked = Gauge("dkp_worker_parked", "Rows that the worker gave up on.", ("kind",), **make)
        self.registry.register(NOTICES)
        self._listeners = Gauge("dkp_live_listeners", "Clients that follow something.", **make)
        self._dropped = Gauge("dkp_live_dropped", "Changes that other processes were told of in bulk.", **make)
        at = "When the last scheduled backup was made, and the last attempt failed."
        self._backups = Gauge("dkp_backup_timestamp_seconds", at, ("outcome",), **make)

    def answered(self, method: str, route: str, status: int, seconds: float, database_seconds: float) -> None:
        """A request was answered."""
        self._of(self._requests, method, route, status).inc()
        self._of(self._seconds, method, route).observe(seconds)
        if database_seconds:
            self._of(self._database, method, route).observe(database_seconds)

    def _of(self, metric: Labelled, *labels: str | int) -> Labelled:
        """The time series with these labels: found here at a fraction of what the metric takes to find it."""
        found = self._series.get((metric, *labels))
        if found is None:
            found = self._series[metric, *labels] = metric.labels(*labels)
        return found

    def look(
        self,
        lanes: Lanes,
        lags: dict[str, Lag],
        *,
        listeners: int = 0,
        dropped: int = 0,
        backup: BackupState | None = None,
    ) -> None:
        """Take note of what waits, who listens, what the fan-out dropped so far, and how backups stand."""
        self._listeners.set(listeners)
        self._dropped.set(dropped)
        if backup is not None:
            for outcome, at in (("made", backup.made_at), ("failed", backup.failed_at)):
                if at is not None:
                    self._backups.labels(outcome).set(at.timestamp())
        for lane in lanes.all:
            self._lanes.labels(lane.name).set(lane.depth)
        for kind, lag in lags.items():
            self._waiting.labels(kind).set(lag.due)
            self._oldest.labels(kind).set(lag.oldest_seconds)
            self._parked.labels(kind).set(lag.parked)

    def told(self) -> tuple[bytes, str]:
        """Everything in Prometheus' text format, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
