"""The asynchronous side of an operation: takes in the body, hops into a lane, and sends what comes back."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, ClassVar, Final

from attrs import define, frozen
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from dkp_core.kernel.errors import DomainError, InvalidValue
from dkp_entrypoints.execution import Lanes
from dkp_entrypoints.http.allowances import Allowances
from dkp_entrypoints.http.asking import Asked
from dkp_entrypoints.http.downloading import SentFile
from dkp_entrypoints.http.operation import Operation, Received, Speed
from dkp_entrypoints.http.polling import Polls, Reading, key_of
from dkp_entrypoints.http.problems import BodyTooLarge, UnsupportedMediaType
from dkp_entrypoints.http.reading import MalformedBody, Upload, pairs_of
from dkp_entrypoints.http.reception import Known, Reception, Reply, must_be_spoken
from dkp_entrypoints.http.streaming import Admitted, Stream, Streams

ASKED: Final = "dkp_asked"
FILE_FIELD: Final = "file"
VARY: Final = b"Authorization, Cookie, X-Guild"
_VARY_FOR_OLD_TOOLS: Final = VARY + b", X-Custom-Authorization"

HttpRequest = Request[Any, Any, Any]


@define
class ClientGone(DomainError):
    """The client hung up before its request was complete."""

    code: ClassVar[str] = "client_gone"


@frozen
class Sent:
    """A whole answer, ready to be sent."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        """Send it."""
        headers = [*self.headers, (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def sent(reply: Reply, asked: Asked) -> Sent | SentFile:
    """The reply as it goes out; just its tag where the client has it already."""
    if reply.download is not None:
        return SentFile(reply.download, _NO_STORE)
    if reply.etag is None:
        headers = (*_NO_STORE, _REPLAYED) if reply.replayed else _NO_STORE
        if reply.status == 204:
            return Sent(204, headers, b"")
        return Sent(reply.status, ((b"content-type", reply.content_type), *headers), reply.body)
    vary = _VARY_FOR_OLD_TOOLS if asked.for_old_tools else VARY
    tagged = ((b"etag", reply.etag.encode()), _REVALIDATE, (b"vary", vary))
    if asked.knows(reply.etag):
        return Sent(304, tagged, b"")
    return Sent(reply.status, ((b"content-type", reply.content_type), *tagged), reply.body)


_NO_STORE: Final = ((b"cache-control", b"no-store"),)
_REVALIDATE: Final = (b"cache-control", b"private, no-cache")
_REPLAYED: Final = (b"idempotency-replayed", b"true")


@frozen(kw_only=True)
class Routes:
    """Makes the router's handlers out of operations."""

    reception: Reception
    lanes: Lanes
    polls: Polls
    bytes_max: int
    streams: Streams
    allowances: Allowances

    def handler(self, operation: Operation) -> HTTPRouteHandler:
        """The router's handler of one operation."""

        async def handle(request: HttpRequest) -> ASGIApp:
            asked = asked_by(request)
            asked.route = operation.path
            must_be_spoken(asked)
            if operation.stream:
                return await self._stream(operation, asked, request)
            if operation.polled:
                reply = await self.polls.ask(key_of(asked), self._reading(operation, asked, request))
                asked.by = reply.by  # it may have been read for another request of the same caller
                await self.allowances.count(asked, reply.by)
                return sent(reply, asked)
            received = await self._received(operation, asked, request)
            return sent(await self._hop(operation, asked, received), asked)

        return HTTPRouteHandler(
            operation.route,
            http_method=operation.method,  # type: ignore[arg-type]  # one of the methods that the router knows
            name=operation.id,
            operation_id=operation.id,
            status_code=200,  # of the router's own making only; a reply has its own
            include_in_schema=False,
        )(handle)

    async def _stream(self, operation: Operation, asked: Asked, request: HttpRequest) -> Stream:
        received = Received(path=request.path_params, query=pairs_of(asked.query))

        async def admit() -> Admitted:
            return await self.lanes.read(lambda: self.reception.admit(operation, asked, received))

        return await self.streams.open(admit, asked.last_event_id)

    def _reading(self, operation: Operation, asked: Asked, request: HttpRequest) -> Reading:
        path = request.path_params

        async def read(known: Reply | None) -> Reply:
            received = Received(path=path, query=pairs_of(asked.query))
            return await self.lanes.read(lambda: self.reception.take(operation, asked, received, _before(known)))

        return read

    def _hop(self, operation: Operation, asked: Asked, received: Received) -> Awaitable[Reply]:
        def take() -> Reply:
            return self.reception.take(operation, asked, received)

        match operation.speed:
            case Speed.READ:
                return self.lanes.read(take)
            case Speed.WRITE:
                return self.lanes.write(take)
            case Speed.LONG:
                return self.lanes.take_long(take)
            case Speed.OUTSIDE:
                return self.lanes.ask_outside(take)

    async def _received(self, operation: Operation, asked: Asked, request: HttpRequest) -> Received:
        path, query = request.path_params, pairs_of(asked.query)
        if operation.body is None:
            return Received(path=path, query=query)
        kind = asked.content_type
        if kind == "multipart/form-data" and kind in operation.accepts:
            form, upload = await self._form(request)
            return Received(path=path, query=query, form=form, upload=upload)
        raw = await whole_body(asked, request, self.bytes_max)
        if kind not in operation.accepts and not (kind == "" and raw == b"" and not operation.needs_body):
            raise UnsupportedMediaType(kind, ", ".join(operation.accepts))
        if kind == "text/csv":
            return Received(path=path, query=query, upload=Upload("", raw))
        return Received(path=path, query=query, raw=raw)

    async def _form(self, request: HttpRequest) -> tuple[dict[str, str], Upload | None]:
        """The text fields and the file of a form. Raises: MalformedBody, BodyTooLarge, InvalidValue."""
        try:
            form = await request.form()
        except HTTPException as fault:
            if fault.status_code == 413:
                raise BodyTooLarge(self.bytes_max) from fault
            raise MalformedBody(fault.detail, "multipart/form-data") from fault
        except (ValueError, KeyError, LookupError) as fault:
            raise MalformedBody(str(fault)[:200] or "its parts can't be told apart", "multipart/form-data") from fault
        fields: dict[str, str] = {}
        upload: Upload | None = None
        for name, value in form.multi_items():
            if name in fields or (upload is not None and name == FILE_FIELD):
                raise InvalidValue(name[:80], "it is given twice", "each field once")
            if isinstance(value, UploadFile) and name == FILE_FIELD:
                upload = Upload(value.filename, await value.read())
            elif isinstance(value, str):
                fields[name] = value
            else:
                raise InvalidValue(name[:80], "it is a file", f"the file in the field {FILE_FIELD}, the others as text")
        return fields, upload


async def whole_body(asked: Asked, request: HttpRequest, bytes_max: int) -> bytes:
    """The whole body. Raises: BodyTooLarge, as soon as that shows; ClientGone."""
    announced = asked.headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced[:20]) > bytes_max:
        raise BodyTooLarge(bytes_max)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        assert message["type"] == "http.request"
        chunks.append(message["body"])
        size += len(message["body"])
        if size > bytes_max:
            raise BodyTooLarge(bytes_max)
        if not message["more_body"]:
            return b"".join(chunks)


def _before(reply: Reply | None) -> Known | None:
    return None if reply is None else reply.if_tagged


def asked_by(request: HttpRequest) -> Asked:
    """What was asked, as it was read when the request came in."""
    asked: Asked = request.scope["state"][ASKED]
    return asked
