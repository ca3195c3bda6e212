"""The front of the server: what every request gets, whatever answers it: an id, common headers, a log line, a count."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

import structlog
from attrs import field, frozen
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPScope,
    LifeSpanReceive,
    LifeSpanScope,
    LifeSpanSend,
    Message,
    Receive,
    Scope,
    Send,
)

from dkp_core.kernel.errors import DomainError
from dkp_entrypoints.http.allowances import Allowances
from dkp_entrypoints.http.asking import API_VERSION, Asked
from dkp_entrypoints.http.pages import CONTENT_SECURITY
from dkp_entrypoints.http.polling import Polls, key_of
from dkp_entrypoints.http.problems import HttpsNeeded, Refusal, in_words, refusal
from dkp_entrypoints.http.routes import ASKED, Sent, sent
from dkp_entrypoints.http.sign_in_pages import SignInPages
from dkp_entrypoints.http.transport import Transport

if TYPE_CHECKING:
    from dkp_entrypoints.http.eqdkp_compat.door import OldTools
    from dkp_entrypoints.http.key_uses import KeyUses
    from dkp_entrypoints.http.streaming import Streams
    from dkp_entrypoints.observability import Metrics

_logger: Final = structlog.get_logger("dkp.http")
_enabled: Final = logging.getLogger("dkp.http").isEnabledFor  # far cheaper than a line that is thrown away

COMMON: Final = (
    (b"api-version", API_VERSION.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),  # pages of cors_origins ask by CORS, which this leaves alone
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_STRICT: Final = (
    b"content-security-policy",
    b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
_HTML: Final = ((b"content-type", b"text/html; charset=utf-8"), (b"content-security-policy", CONTENT_SECURITY))
_HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000")

# Anything may be sent as a method, but not everything may become a time series.
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


@frozen(kw_only=True)
class Front:
    """Stands before the router."""

    polls: Polls
    key_uses: KeyUses
    metrics: Metrics
    transport: Transport
    allowances: Allowances
    cors: CORSConfig | None = None
    old_tools: OldTools | None = None
    pages: SignInPages = field(factory=SignInPages.make)

    async def take(self, scope: HTTPScope, receive: Receive, send: Send, router: ASGIApp) -> None:
        """Answer a request: at once where a polled list is fresh, else by the router."""
        began = time.perf_counter()
        asked = Asked.of(scope)
        scope.setdefault("state", {})[ASKED] = asked
        structlog.contextvars.bind_contextvars(request_id=asked.request_id)
        status, answered = 500, None

        async def sending(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], time.perf_counter()  # a stream may go on for hours
                message["headers"] = self._with_common(message["headers"], asked)
            await send(message)

        try:
            if await self._let_in(asked, sending) and not await self._at_once(asked, sending):
                await router(scope, receive, sending)
        finally:
            self.allowances.settle(asked)
            structlog.contextvars.unbind_contextvars("request_id")
            self._noted(asked, status, (answered or time.perf_counter()) - began)

    async def _let_in(self, asked: Asked, send: Send) -> bool:
        """Whether the request may be answered at all; where not, that is its answer."""
        try:
            self.transport.must_be_private(asked)
            waiting = self.allowances.enter(asked)
            if waiting is not None:
                await waiting
        except DomainError as refused:
            await self._refuse(refused, asked, send)
            return False
        return True

    async def _refuse(self, error: DomainError, asked: Asked, send: Send) -> None:
        elsewhere = self.transport.instead(asked) if isinstance(error, HttpsNeeded) else None
        refused = self.refusal(error, asked)
        if elsewhere is not None:
            answer = Sent(308, ((b"location", elsewhere), (b"cache-control", b"no-store")), b"")
        elif asked.wants_page and not asked.path.startswith("/api/"):
            _, title, sentence = in_words(error)
            kept = (header for header in refused.headers if header[0] != b"content-type")
            answer = Sent(refused.status, (*_HTML, *kept), self.pages.refused(title=title, sentence=sentence))
        else:
            answer = Sent(refused.status, (*refused.headers, *self._for_other_origins(asked)), refused.body)
        await answer(asked.scope, _nothing_more, send)

    def refusal(self, error: BaseException, asked: Asked) -> Refusal:
        """The answer to a request that ended in this error, as whoever asks understands it."""
        told = refusal(error, asked)
        return told if self.old_tools is None or not asked.for_old_tools else self.old_tools.refused(told, asked)

    def _for_other_origins(self, asked: Asked) -> tuple[tuple[bytes, bytes], ...]:
        """What lets pages of the origins that may call read the answer, as the router says of all others."""
        origin = asked.headers.get(b"origin")
        if self.cors is None or origin is None or not self.cors.is_origin_allowed(origin.decode("latin-1")):
            return ()
        exposed = ", ".join(self.cors.expose_headers).encode()
        shown = (b"access-control-allow-origin", origin), (b"access-control-expose-headers", exposed)
        return (*shown, (b"vary", b"Origin"))

    async def _at_once(self, asked: Asked, send: Send) -> bool:
        """Answer a poll from what was read a moment ago, without the router; False where that can't be."""
        headers = asked.headers
        if asked.method != "GET" or b"origin" in headers or headers.get(b"api-version", b"1") != b"1":
            return False
        reply = self.polls.fresh(key_of(asked), time.monotonic())
        if reply is None or reply.by is None:
            return False
        asked.by, asked.route = reply.by, reply.route
        await sent(reply, asked)(asked.scope, _nothing_more, send)
        return True

    def _with_common(self, headers: Any, asked: Asked) -> list[tuple[bytes, bytes]]:
        found = [*headers, *COMMON, *asked.allowance, (b"x-request-id", asked.request_id.encode())]
        if not any(name == b"content-security-policy" for name, _ in found):
            found.append(_STRICT)
        if self.transport.https_only:
            found.append(_HTTPS_ONLY)
        return found

    def _noted(self, asked: Asked, status: int, seconds: float) -> None:
        route = asked.route or "unknown"
        if asked.by is not None:
            self.key_uses.count(asked.by)
        method = asked.method if asked.method in _METHODS else "OTHER"
        self.metrics.answered(method, route, status, seconds, asked.database_seconds)
        # Reads are many and change nothing: their lines are for those who look for something.
        level = logging.DEBUG if status < 400 and asked.method in ("GET", "HEAD", "OPTIONS") else logging.INFO
        if not _enabled(level):
            return
        by = asked.by
        _logger.log(
            level,
            "answered",
            request_id=asked.request_id,
            method=asked.method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            guild=by.guild_id if by is not None else None,
            actor=f"{by.kind}:{by.id}" if by is not None else None,
        )


async def _nothing_more() -> Any:
    raise AssertionError("a poll has no body")


class Api(Litestar):
    """The application: Litestar, with the front before it; `streams` are to be ended when the server is to end."""

    front: Front
    streams: Streams

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        """Hand requests to the front, all else to Litestar."""
        if scope["type"] != ScopeType.HTTP:
            await super().__call__(scope, receive, send)
            return
        await self.front.take(scope, receive, send, super().__call__)  # type: ignore[arg-type]  # of a request
