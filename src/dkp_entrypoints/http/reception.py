"""Reception: takes one request in a lane's thread, all of it in one scope.

Who calls, in which guild; what they ask; whether it was answered before; the use case; the answer; and the commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode

import structlog
from attrs import evolve, frozen

from dkp_adapters.answers import KEY_LENGTH_MAX, Answer
from dkp_core.accounts import NotAuthenticated
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http.allowances import Allowances
from dkp_entrypoints.http.asking import Asked, guild_named
from dkp_entrypoints.http.cookies import CSRF_HEADER, SAFE, SESSION, Cookies, csrf_token, must_be_same
from dkp_entrypoints.http.downloading import Download
from dkp_entrypoints.http.operation import Call, Operation, Received, Speed
from dkp_entrypoints.http.presenting import encode
from dkp_entrypoints.http.problems import PROBLEM_JSON, KeyMisplaced, UnsupportedVersion, refusal
from dkp_entrypoints.http.streaming import Admitted, StreamQuery

if TYPE_CHECKING:
    from dkp_adapters.sql.database import SqlDatabase

JSON: Final = b"application/json"
ENTRYPOINT: Final = "http"


@frozen(kw_only=True)
class Reply:
    """An answer as it is sent; `by` is who it was made for, `etag` tells it from every other answer."""

    status: int
    body: bytes
    content_type: bytes = JSON
    etag: str | None = None
    by: Actor | None = None
    route: str = ""
    replayed: bool = False
    download: Download | None = None

    def if_tagged(self, etag: str) -> Reply | None:
        """This reply, if that is its tag."""
        return self if self.etag == etag else None


Known = Callable[[str], Reply | None]
"""The reply with that tag, if it was made before."""


class AnsweredRequests(Protocol):
    """Keeps the answers of requests that named an idempotency key (G-7)."""

    def earlier(self, caller: str, key: str, body_hash: str) -> Answer | None:
        """The answer to the same request before. Raises: RequestInProgress, KeyReused."""

    def keep(self, caller: str, key: str, body_hash: str, answer: Answer) -> None:
        """Keep the answer with what the scope changes."""


@frozen(kw_only=True)
class Reception:
    """Takes requests, any number of threads at once; `waited_seconds` tells how long one waited for the database."""

    use_cases: UseCases
    database: SqlDatabase
    answered: AnsweredRequests
    waited_seconds: Callable[[], float]
    allowances: Allowances
    cookies: Cookies
    public_url: str = ""

    def take(self, operation: Operation, asked: Asked, received: Received, known: Known | None = None) -> Reply:
        """The reply to a request; `known` finds one that was made before, which may still be true.

        Raises: what the core refuses, Stale, Unavailable.
        """
        before = self.waited_seconds()
        try:
            # What asks others makes its own transactions, before and after.
            if not operation.writes or operation.speed is Speed.OUTSIDE:
                return self._reply(operation, asked, received, known)
            with self.database.scope(long=operation.speed is Speed.LONG):
                return self._reply(operation, asked, received, None)
        finally:
            asked.database_seconds += self.waited_seconds() - before

    def admit(self, operation: Operation, asked: Asked, received: Received) -> Admitted:
        """Let a caller follow something. Raises: what the core refuses, Unavailable."""
        by = self._who(operation, asked, received)
        arguments = operation.arguments(asked, received)
        query: StreamQuery = arguments.pop("query")
        return Admitted(operation.handler(Call(use_cases=self.use_cases, by=by), **arguments), query.once)

    def _reply(self, operation: Operation, asked: Asked, received: Received, known: Known | None) -> Reply:
        by = self._who(operation, asked, received)
        arguments = operation.arguments(asked, received)
        call = Call(use_cases=self.use_cases, by=by, upload=received.upload, csrf_token=asked.csrf_token)
        if operation.idempotent and asked.idempotency_key is not None:
            return self._once(asked.idempotency_key, operation, asked, received, call, arguments)
        if operation.polled:
            return self._polled(operation, asked, received, call, arguments, known)
        return self._done(operation, asked, received, call, arguments)

    def _who(self, operation: Operation, asked: Asked, received: Received) -> Actor:
        if operation.anonymous:
            return _nobody(asked)
        session = None if asked.says_who else self.cookies.read(SESSION, asked)
        if operation.open_to_all and session is None and not asked.says_who:
            return _nobody(asked)
        guild = guild_named(received.path.get("guild", asked.guild))
        try:
            by = self._known(asked, session, guild, anywhere=operation.personal)
        except NotAuthenticated:
            if operation.open_to_all and session is not None:
                return _nobody(asked)  # the browser still sends what has ended
            self.allowances.guessed(asked)
            raise
        asked.by = by
        self.allowances.recognised(asked, by)
        structlog.contextvars.bind_contextvars(guild=by.guild_id, actor=f"{by.kind}:{by.id}")
        return by

    def _known(self, asked: Asked, session: str | None, guild: str | None, *, anywhere: bool) -> Actor:
        """Who shows this key, or else this session. Raises: NotAuthenticated, CsrfFailed, what the core refuses."""
        request_id = asked.request_id
        if session is None:
            if asked.token is None:
                raise NotAuthenticated if asked.misplaced_key is None else KeyMisplaced(asked.misplaced_key)
            authenticate = self.use_cases.authenticate()
            return authenticate(
                asked.token, guild=guild, anywhere=anywhere, entrypoint=ENTRYPOINT, request_id=request_id
            )
        authenticate_session = self.use_cases.authenticate_session()
        by = authenticate_session(session, guild=guild, anywhere=anywhere, entrypoint=ENTRYPOINT, request_id=request_id)
        asked.csrf_token = csrf_token(self.use_cases.hashing(), session)
        if asked.method not in SAFE:
            must_be_same(asked.header(CSRF_HEADER), asked.csrf_token)
        return by

    def _done(
        self, operation: Operation, asked: Asked, received: Received, call: Call, arguments: dict[str, Any]
    ) -> Reply:
        try:
            result = operation.handler(call, **arguments)
        except operation.recorded as recorded:
            told = refusal(recorded, asked)
            return Reply(status=told.status, body=told.body, content_type=PROBLEM_JSON.encode(), by=call.by)
        if isinstance(result, Download):
            return Reply(status=operation.status, body=b"", download=result, by=call.by)
        status = operation.status
        if operation.other is not None and operation.other[1](result):
            status = operation.other[0]
        return Reply(status=status, body=self._body(operation, asked, received, result), by=call.by)

    def _body(self, operation: Operation, asked: Asked, received: Received, result: Any) -> bytes:
        if operation.result is None:
            return b""
        if isinstance(result, Page):
            return encode(self._envelope(operation, asked, received, result))
        return encode(result if operation.present is None else operation.present(result))

    def _envelope(self, operation: Operation, asked: Asked, received: Received, page: Page[Any]) -> dict[str, Any]:
        """A page as clients of Django REST know it."""
        present = operation.present_row
        number, size = int(received.query.get("page", 1)), int(received.query.get("page_size", 50))
        base = f"{self.public_url.rstrip('/') or asked.origin}{_with_slash(asked.path)}"

        def link(to: int) -> str:
            return f"{base}?{urlencode({**received.query, 'page': str(to)})}"

        return {
            "count": page.count,
            "next": link(number + 1) if number * size < page.count else None,
            "previous": link(number - 1) if number > 1 else None,
            "results": page.results if present is None else [present(row) for row in page.results],
        }

    def _polled(
        self,
        operation: Operation,
        asked: Asked,
        received: Received,
        call: Call,
        arguments: dict[str, Any],
        known: Known | None,
    ) -> Reply:
        """The reply with its tag; where a revision is cheaper than the rows, what is known stands until it changes."""
        if operation.revision is not None:
            etag = _etag(call.by, asked, operation.revision(call, **arguments).encode())
            before = None if known is None else known(etag)
            if before is not None:
                return evolve(before, by=call.by)
            reply = self._done(operation, asked, received, call, arguments)
        else:
            reply = self._done(operation, asked, received, call, arguments)
            etag = _etag(call.by, asked, reply.body)
        return Reply(status=reply.status, body=reply.body, etag=etag, by=call.by, route=operation.path)

    def _once(
        self,
        key: str,
        operation: Operation,
        asked: Asked,
        received: Received,
        call: Call,
        arguments: dict[str, Any],
    ) -> Reply:
        """The first answer again, or a new one that is kept with what it changes (G-7)."""
        if len(key) > KEY_LENGTH_MAX or not (key.isascii() and key.isprintable()):
            accepted = f"1 to {KEY_LENGTH_MAX} printable ASCII characters"
            raise InvalidValue("Idempotency-Key", f"it is {key[:40]!r}", accepted)
        caller, body_hash = f"{call.by.kind}:{call.by.id}", _body_hash(call.by, asked, received)
        earlier = self.answered.earlier(caller, key, body_hash)
        if earlier is not None:
            return Reply(
                status=earlier.status,
                body=earlier.body.encode(),
                content_type=earlier.headers.get("content-type", "application/json").encode(),
                by=call.by,
                replayed=True,
            )
        reply = self._done(operation, asked, received, call, arguments)
        headers = {"content-type": reply.content_type.decode()}
        self.answered.keep(
            caller, key, body_hash, Answer(status=reply.status, headers=headers, body=reply.body.decode())
        )
        return reply


def _nobody(asked: Asked) -> Actor:
    """Whoever has not said who they are."""
    return Actor(kind=ActorKind.USER, id="anonymous", entrypoint=ENTRYPOINT, request_id=asked.request_id)


def must_be_spoken(asked: Asked) -> None:
    """Refuse versions of the API that there are not. Raises: UnsupportedVersion."""
    if asked.version.strip() != "1":
        raise UnsupportedVersion(asked.version)


def _with_slash(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


@lru_cache(256)
def _rights(permissions: frozenset[Permission]) -> bytes:
    return ",".join(sorted(permissions)).encode()


def _etag(by: Actor, asked: Asked, content: bytes) -> str:
    """Tells answers apart: by guild, by what the caller may see, by what was asked, and by what it is."""
    digest = hashlib.blake2b(digest_size=15)
    for part in (str(by.guild_id).encode(), _rights(by.permissions), asked.path.encode(), asked.question):
        digest.update(part + b"\n")
    digest.update(content)
    return f'"{digest.hexdigest()}"'


def _body_hash(by: Actor, asked: Asked, received: Received) -> str:
    """Tells requests under one idempotency key apart: by guild, path, query and all that came with them."""
    digest = hashlib.sha256()
    form = sorted((received.form or {}).items())
    for part in (asked.method, by.guild_id, asked.path.rstrip("/"), asked.query.decode("latin-1"), form):
        digest.update(f"{part}\n".encode())
    digest.update(received.raw)
    if received.upload is not None:
        digest.update(received.upload.name.encode("utf-8", "replace") + b"\n" + received.upload.data)
    return digest.hexdigest()
