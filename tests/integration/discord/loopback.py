"""A server on this machine that stands for somebody else's, and fails the way theirs does.

`Loopback` is spoken to over real sockets. What it answers is a class's own `answer`; what goes wrong is said by the
test beforehand: the next requests are refused, told to wait, kept waiting, or lose their connection.

    class Door(Loopback):
        def answer(self, request: Received) -> Answer:
            return Answer.json({"open": True})

    with Door() as door:
        door.next(Answered(Answer.json({"message": "gone"}, status=404)))
        httpx.get(f"{door.url}/somewhere")
        assert [request.path for request in door.requests] == ["/somewhere"]
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl

import uvicorn
from attrs import define, field, frozen

STOP_SECONDS_MAX: Final = 10

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@frozen(kw_only=True)
class Received:
    """A request as it came in; names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """The body, which is a form. Raises: AssertionError where it says to be something else."""
        assert self.headers.get("content-type", "").split(";")[0] == "application/x-www-form-urlencoded"
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=bool(self.body)))


@frozen(kw_only=True)
class Answer:
    """What is answered."""

    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""

    @classmethod
    def json(cls, value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """JSON; its content type is exactly `application/json`, as Discord's is."""
        return cls(
            status=status,
            headers={"content-type": "application/json", **(headers or {})},
            body=json.dumps(value).encode(),
        )

    @classmethod
    def html(cls, text: str, *, status: int = 200) -> Answer:
        """A page."""
        return cls(status=status, headers={"content-type": "text/html; charset=utf-8"}, body=text.encode())

    @classmethod
    def redirect(cls, location: str, *, status: int = 302) -> Answer:
        """Go there."""
        return cls(status=status, headers={"location": location})


@frozen
class Answered:
    """A fault: this is answered, and nothing is done."""

    answer: Answer


@frozen
class Slow:
    """A fault: it is done and answered, so many seconds later."""

    seconds: float


@frozen
class Dropped:
    """A fault: the connection is aborted, before what was asked is done, or after it and before the answer."""

    done: bool = False


Fault = Answered | Slow | Dropped


def server_error(status: int = 503) -> Answered:
    """The server is broken, and says so as Discord's front does: not in JSON."""
    return Answered(Answer(status=status, headers={"content-type": "text/html"}, body=b"upstream connect error"))


def rate_limited(retry_after: float = 1.0, *, everywhere: bool = False, from_cloudflare: bool = False) -> Answered:
    """A 429 as Discord gives it: with a `Via` header, without which clients take it for a ban by Cloudflare."""
    if from_cloudflare:
        return Answered(
            Answer(status=429, headers={"retry-after": str(int(retry_after) or 1)}, body=b"error code: 1015")
        )
    told = {"message": "You are being rate limited.", "retry_after": retry_after, "global": everywhere}
    headers = {
        "via": "1.1 google",
        "retry-after": str(int(retry_after) + (retry_after % 1 > 0)),
        "x-ratelimit-scope": "global" if everywhere else "shared",
    }
    if everywhere:
        headers["x-ratelimit-global"] = "true"
    return Answered(Answer.json(told, status=429, headers=headers))


@define
class _Planned:
    """A fault that waits for requests whose path it matches."""

    fault: Fault
    left: int | None
    path: re.Pattern[str]


@define(eq=False)
class Loopback:
    """A server in a thread of its own, on a free port of 127.0.0.1, while the block lasts.

    Requests are answered one after the other, so that what `answer` keeps needs no lock; while one is kept waiting
    by `Slow`, others go on.
    """

    requests: list[Received] = field(factory=list, init=False)
    """Every request that came in, also those that met a fault."""
    _socket: socket.socket = field(init=False)
    _planned: list[_Planned] = field(factory=list, init=False)
    _server: uvicorn.Server | None = field(default=None, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _faults: list[BaseException] = field(factory=list, init=False)
    _resets: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))

    @abstractmethod
    def answer(self, request: Received) -> Answer:
        """What it does, and what it says. What it raises is answered by 500, and raised again when the block ends."""

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    # --- what goes wrong ------------------------------------------------------------------------------------------

    def next(self, *faults: Fault, path: str = "") -> None:
        """Each of these happens to one more request whose path holds `path` (a regular expression), in this order."""
        self._planned += [_Planned(fault, 1, re.compile(path)) for fault in faults]

    def always(self, fault: Fault, path: str = "") -> None:
        """This happens to every such request until `well`."""
        self._planned.append(_Planned(fault, None, re.compile(path)))

    def well(self) -> None:
        """Nothing goes wrong any more."""
        self._planned.clear()

    def reset(self) -> None:
        """As new: no requests, no faults; what a subclass keeps it forgets itself."""
        self.well()
        self._resets += 1
        self.requests.clear()
        self._faults.clear()

    def asked(self, path: str = "", method: str | None = None) -> Sequence[Received]:
        """The requests so far whose path holds `path` (a regular expression)."""
        return [each for each in self.requests if re.search(path, each.path) and method in (None, each.method)]

    # --- running --------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._socket.listen(64)  # from here on connections wait for it
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        sockets = [self._socket]
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": sockets}, name="loopback", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(STOP_SECONDS_MAX)
        self._socket.close()
        assert not self._thread.is_alive(), "the loopback server did not end"
        if self._faults and kind is None:
            raise self._faults[0]

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request, resets = await _read(scope, receive), self._resets
        self.requests.append(request)
        fault = self._fault_for(request)
        if isinstance(fault, Slow):
            await asyncio.sleep(fault.seconds)
            if self._resets != resets:  # whoever asked is another test's
                await _abort(receive, send)
                return
        if isinstance(fault, Dropped) and not fault.done:
            await _abort(receive, send)
            return
        answer = fault.answer if isinstance(fault, Answered) else self._answered(request)
        if isinstance(fault, Dropped):
            await _abort(receive, send)
            return
        headers = {"content-length": str(len(answer.body)), **answer.headers}
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    def _fault_for(self, request: Received) -> Fault | None:
        for planned in self._planned:
            if planned.path.search(request.path):
                if planned.left is not None:
                    planned.left -= 1
                    if not planned.left:
                        self._planned.remove(planned)
                return planned.fault
        return None

    def _answered(self, request: Received) -> Answer:
        try:
            return self.answer(request)
        except Exception as fault:  # noqa: BLE001 - it fails the test when the block ends
            self._faults.append(fault)
            return Answer(status=500, body=repr(fault).encode())


async def _read(scope: Scope, receive: Receive) -> Received:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return Received(
        method=scope["method"],
        path=scope["path"],
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
    )


async def _abort(receive: Receive, send: Send) -> None:
    """Cut the connection: ASGI has no word for it, so uvicorn's own cycle is asked for its transport."""
    cycle: Any = send.__self__  # type: ignore[attr-defined]  # the bound method of uvicorn's request cycle
    cycle.transport.abort()
    await receive()  # until the client is known to be gone
