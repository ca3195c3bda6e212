"""The application: every operation behind the router, and what lives as long as it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import structlog
from attrs import frozen
from litestar import Litestar, Response, get
from litestar.config.cors import CORSConfig
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.types import ASGIApp
from litestar.types.internal_types import ControllerRouterHandler

from dkp_core.kernel.actor import job
from dkp_core.kernel.errors import NoSuch, Stale, Unavailable
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.execution import Lanes
from dkp_entrypoints.http import (
    accounts,
    applications,
    auctions,
    award_drafts,
    awards,
    batches,
    bidding,
    claims,
    disputes,
    exports,
    guilds,
    health,
    imports,
    items,
    notices,
    points,
    priorities,
    raids,
    roster,
    sessions,
    simulating,
    votes,
)
from dkp_entrypoints.http.allowances import Allowances, rates_of
from dkp_entrypoints.http.cookies import Cookies
from dkp_entrypoints.http.document import document_of
from dkp_entrypoints.http.eqdkp_compat.door import OldTools
from dkp_entrypoints.http.front import Api, Front
from dkp_entrypoints.http.health import Checkup
from dkp_entrypoints.http.key_uses import KeyUses
from dkp_entrypoints.http.live import Live, LiveSource
from dkp_entrypoints.http.operation import Operation, Operations
from dkp_entrypoints.http.pages import CONTENT_SECURITY, Pages
from dkp_entrypoints.http.polling import Polls
from dkp_entrypoints.http.presenting import encode
from dkp_entrypoints.http.problems import MethodNotAllowed, NoSuchPath, is_ours
from dkp_entrypoints.http.reception import Reception
from dkp_entrypoints.http.routes import HttpRequest, Routes, Sent, asked_by
from dkp_entrypoints.http.signing_in import SigningIn
from dkp_entrypoints.http.streaming import Streams
from dkp_entrypoints.http.transport import Transport
from dkp_entrypoints.observability import Metrics
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.version import own_version

if TYPE_CHECKING:
    from dkp_adapters.fanout import FanOut
    from dkp_adapters.sql.database import SqlDatabase

FLUSH_SECONDS: Final = 60.0
CORS_MAX_AGE: Final = 600
_ALLOWED_HEADERS: Final = (
    *("Authorization", "Content-Type", "X-Guild", "API-Version", "X-Request-ID", "Idempotency-Key", "Last-Event-ID"),
)
_EXPOSED_HEADERS: Final = (
    *("ETag", "X-Request-ID", "API-Version", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotency-Replayed"),
)

_logger: Final = structlog.get_logger("dkp.http")

PARTS: Final = (
    accounts.users,
    sessions.sessions,
    accounts.keys,
    guilds.guilds,
    notices.notices,
    accounts.memberships,
    roster.characters,
    roster.ranks,
    roster.officers,
    claims.claims,
    disputes.disputes,
    simulating.simulations,
    points.pools,
    points.points,
    batches.batches,
    raids.event_types,
    raids.raids,
    items.items,
    auctions.auctions,
    bidding.bids,
    awards.awards,
    priorities.priorities,
    award_drafts.award_drafts,
    applications.applications,
    votes.votes,
    exports.exports,
    imports.imports,
)


def create_app(
    settings: Settings,
    *,
    use_cases: UseCases | None = None,
    beside: Sequence[AbstractContextManager[object]] = (),
    live_source: LiveSource | None = None,
    more: Sequence[Operations] = (),
) -> Api:
    """The application over a database; `beside` (a worker) is entered when it starts and left before it ends.

    Without `use_cases` it makes its own and closes their database at the end. Nothing is connected before it is needed.
    `live_source` reads what streams send, auctions unless told; `more` are operations that a program of one's own
    adds. Where the server is not `dkp serve`, it calls `streams.end()` when it is told to end, or it waits for streams
    that never do.
    """
    cases = UseCases(settings=settings) if use_cases is None else use_cases
    database: SqlDatabase = cases.database()
    from dkp_adapters.sql.answered_requests import SqlAnsweredRequests  # adapters are dear to import
    from dkp_adapters.sql.engine import waited_seconds  # as above

    lanes, polls, key_uses, metrics = Lanes.for_dialect(database.engine.dialect), Polls(), KeyUses(), Metrics()
    allowances = Allowances(cases.limits(), rates_of(settings))
    cookies = Cookies.of(settings.public_url)
    reception = Reception(
        use_cases=cases,
        database=database,
        answered=SqlAnsweredRequests(database),
        waited_seconds=waited_seconds,
        allowances=allowances,
        cookies=cookies,
        public_url=settings.public_url,
    )
    fan_out: FanOut = cases.fan_out()
    checkup = Checkup(
        database,
        settings.database_url,
        lanes,
        fan_out if settings.redis_url else None,
        backup_every=timedelta(hours=settings.backup_every_hours) if settings.backup_dir else None,
    )
    operations = (*every_operation(checkup), *(operation for part in more for operation in part.all))
    live = Live(live_source or auctions.LiveAuctions(cases), lanes)
    streams = Streams(live)
    routes = Routes(
        reception=reception,
        lanes=lanes,
        polls=polls,
        bytes_max=settings.upload_bytes_max,
        streams=streams,
        allowances=allowances,
    )
    old_tools = OldTools(
        reception=reception,
        lanes=lanes,
        polls=polls,
        allowances=allowances,
        bytes_max=settings.upload_bytes_max,
        always_200=settings.eqdkp_compat_status == "always_200",
    )
    handlers: list[ControllerRouterHandler] = [
        *(routes.handler(operation) for operation in operations),
        *(old_tools.handlers() if settings.eqdkp_compat else ()),
        *_page_handlers(lambda: document_of(operations, version=own_version(), public_url=settings.public_url)),
        *SigningIn(use_cases=cases, lanes=lanes, cookies=cookies, settings=settings).handlers(),
        _metrics_handler(metrics, checkup, lanes, streams, fan_out),
    ]
    life = _Life(
        database=database,
        lanes=lanes,
        key_uses=key_uses,
        cases=cases,
        fan_out=fan_out,
        live=live,
        allowances=allowances,
        beside=beside,
        owns_database=use_cases is None,
    )
    cors = _cors(settings)
    app = Api(
        handlers,
        lifespan=[life.span],
        exception_handlers={Exception: _problem},
        cors_config=cors,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=settings.upload_bytes_max,
    )
    database.after_commit(polls.committed)
    app.streams = streams
    app.front = Front(
        polls=polls,
        key_uses=key_uses,
        metrics=metrics,
        transport=Transport.of(settings),
        allowances=allowances,
        cors=cors,
        old_tools=old_tools if settings.eqdkp_compat else None,
    )
    return app


def every_operation(checkup: Checkup) -> tuple[Operation, ...]:
    """Everything the API can do."""
    return tuple(operation for part in (*PARTS, health.operations(checkup)) for operation in part.all)


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=list(_ALLOWED_HEADERS),
        expose_headers=list(_EXPOSED_HEADERS),
        max_age=CORS_MAX_AGE,
    )


def _problem(request: HttpRequest, error: Exception) -> Response[bytes]:
    """The problem that stands for an error, whoever raised it."""
    asked = asked_by(request)
    told: Exception = error
    if isinstance(error, NotFoundException):
        told = NoSuchPath(asked.path[:200])
    elif isinstance(error, MethodNotAllowedException):
        told = MethodNotAllowed(asked.method[:20], (error.headers or {}).get("allow", ""))
    if is_ours(told):
        _logger.error("failed", exc_info=error, method=asked.method, route=asked.route)
    app: Any = request.app
    refused = app.front.refusal(told, asked)
    headers = {name.decode(): value.decode() for name, value in refused.headers}
    media_type, _, _ = headers.pop("content-type").partition(";")  # the encoding of a text is named by Response
    return Response(refused.body, status_code=refused.status, headers=headers, media_type=media_type)


@frozen(kw_only=True)
class _Life:
    """What lives as long as the application: lanes, what is followed live, key uses, and what runs beside."""

    database: SqlDatabase
    lanes: Lanes
    key_uses: KeyUses
    cases: UseCases
    fan_out: FanOut
    live: Live
    allowances: Allowances
    beside: Sequence[AbstractContextManager[object]]
    owns_database: bool

    @asynccontextmanager
    async def span(self, _: Litestar) -> AsyncIterator[None]:
        """From the first request to the last."""
        async with AsyncExitStack() as stack:
            if self.owns_database:
                stack.callback(self.fan_out.close)
                stack.callback(self.database.close)
            self.allowances.start()
            stack.push_async_callback(self.allowances.close)
            self.lanes.start()
            stack.push_async_callback(self._drained)
            await stack.enter_async_context(self.live.span())
            stack.enter_context(self.fan_out.telling(self.live))
            for each in self.beside:
                await asyncio.to_thread(each.__enter__)
                stack.push_async_callback(asyncio.to_thread, each.__exit__, None, None, None)
            flushing = asyncio.create_task(self._flushed_now_and_then())
            stack.callback(flushing.cancel)
            yield

    async def _drained(self) -> None:
        await self._flush()
        if not await self.lanes.close():
            _logger.error("not everything was finished in time")

    async def _flushed_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        """Write down how often keys were used and sessions last; what can't be written now is written next time."""
        uses = self.key_uses.taken()
        if uses:
            try:
                await self.lanes.write(lambda: self.cases.record_key_uses()(uses, by=job("record_key_uses")))
            except (Stale, Unavailable):
                self.key_uses.give_back(uses)
        seen = self.key_uses.seen()
        if seen:
            try:
                await self.lanes.write(lambda: self.cases.record_session_uses()(seen, by=job("record_session_uses")))
            except (Stale, Unavailable):
                self.key_uses.give_back_seen(seen)


# --- pages and metrics ------------------------------------------------------------------------------------------------


def _page_handlers(describe: Callable[[], dict[str, Any]]) -> list[ControllerRouterHandler]:
    rendered: dict[str, bytes] = {}
    pages, document = Pages.make(), cache(describe)  # dear to make, and hardly ever asked for

    async def once(name: str, make: Callable[[], bytes | None]) -> bytes:
        if name not in rendered:
            made = await asyncio.to_thread(make)
            if made is None:
                raise NoSuch("problem", name)
            rendered[name] = made
        return rendered[name]

    @get("/schema/openapi.json", include_in_schema=False)
    async def show_document(request: HttpRequest) -> ASGIApp:
        asked_by(request).route = "/schema/openapi.json"
        content = await once("openapi.json", lambda: encode(document()))
        return Sent(200, ((b"content-type", b"application/json"), (b"cache-control", b"no-cache")), content)

    @get(["/schema", "/schema/openapi"], include_in_schema=False)
    async def show_schema_page(request: HttpRequest) -> ASGIApp:
        asked_by(request).route = "/schema/"
        return _page(await once("", lambda: pages.document(document())))

    @get("/problems", include_in_schema=False)
    async def show_problems(request: HttpRequest) -> ASGIApp:
        asked_by(request).route = "/problems/"
        return _page(await once("*", pages.problems))

    @get("/problems/{code:str}", include_in_schema=False)
    async def show_problem(request: HttpRequest) -> ASGIApp:
        asked_by(request).route = "/problems/{code}"
        code = request.path_params["code"]
        return _page(await once(f"problem {code}", lambda: pages.problems(code)))

    return [show_document, show_schema_page, show_problems, show_problem]


def _page(content: bytes) -> Sent:
    headers = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"no-cache"),
        (b"content-security-policy", CONTENT_SECURITY),
    )
    return Sent(200, headers, content)


def _metrics_handler(
    metrics: Metrics, checkup: Checkup, lanes: Lanes, streams: Streams, fan_out: FanOut
) -> ControllerRouterHandler:
    @get("/metrics", include_in_schema=False)
    async def show_metrics(request: HttpRequest) -> ASGIApp:
        asked_by(request).route = "/metrics"
        lags, backup = {}, None
        with suppress(Unavailable):  # what this process counted is told all the same
            lags = await lanes.read(checkup.lags)
            backup = await lanes.read(checkup.backup)
        metrics.look(lanes, lags, listeners=streams.count, dropped=fan_out.dropped, backup=backup)
        content, kind = metrics.told()
        return Sent(200, ((b"content-type", kind.encode()), (b"cache-control", b"no-store")), content)

    return show_metrics
