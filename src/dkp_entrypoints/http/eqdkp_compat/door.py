"""The door for old tools: one path, where `function` says what is wanted (O-5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from attrs import define, evolve, field, frozen
from litestar import get, post
from litestar.types import ASGIApp
from litestar.types.internal_types import ControllerRouterHandler

from dkp_core.kernel.errors import DomainError, NotFound
from dkp_entrypoints.execution import Lanes
from dkp_entrypoints.http.allowances import Allowances
from dkp_entrypoints.http.asking import Asked
from dkp_entrypoints.http.eqdkp_compat.adding import OnlyTested, writes
from dkp_entrypoints.http.eqdkp_compat.answering import PATH, reads
from dkp_entrypoints.http.eqdkp_compat.asked_for import OldQuery
from dkp_entrypoints.http.eqdkp_compat.body import as_fields
from dkp_entrypoints.http.eqdkp_compat.keeping import KeptReplies
from dkp_entrypoints.http.eqdkp_compat.telling import Format, again
from dkp_entrypoints.http.operation import Operation, Received
from dkp_entrypoints.http.polling import Polls, key_of
from dkp_entrypoints.http.problems import MethodNotAllowed, Refusal
from dkp_entrypoints.http.reading import pairs_of, query_of
from dkp_entrypoints.http.reception import Reception, Reply, must_be_spoken
from dkp_entrypoints.http.routes import HttpRequest, asked_by, sent, whole_body

READS: Final = {operation.id: operation for operation in reads.all}
WRITES: Final = {operation.id: operation for operation in writes.all}


@define
class NoSuchFunction(NotFound):
    """EQdkp Plus had functions that are not answered here, and this is one, or none at all."""

    code: ClassVar[str] = "no_such_function"
    function: str
    accepted: str

    @property
    def sentence(self) -> str:
        return f"There is no function {self.function[:40]!r} here; accepted: {self.accepted}."


@frozen(kw_only=True)
class OldTools:
    """Answers old tools. With `always_200`, what is refused has that status too, as EQdkp Plus had it."""

    reception: Reception
    lanes: Lanes
    polls: Polls
    allowances: Allowances
    bytes_max: int
    always_200: bool = False
    kept: KeptReplies = field(factory=KeptReplies)

    def handlers(self) -> list[ControllerRouterHandler]:
        """The router's handlers."""

        @get(PATH, include_in_schema=False)
        async def read_for_old_tools(request: HttpRequest) -> ASGIApp:
            return await self._answered(request)

        @post(PATH, include_in_schema=False)
        async def write_for_old_tools(request: HttpRequest) -> ASGIApp:
            return await self._answered(request)

        return [read_for_old_tools, write_for_old_tools]

    async def _answered(self, request: HttpRequest) -> ASGIApp:
        asked = asked_by(request)
        asked.route = PATH
        must_be_spoken(asked)
        query = query_of(pairs_of(asked.query), OldQuery)
        written_as = Format.of(query.format)
        if asked.method == "GET":
            return await self._read(asked, query, written_as)
        return await self._write(asked, request, query, written_as)

    # --- what is asked ------------------------------------------------------------------------------------------------

    async def _read(self, asked: Asked, query: OldQuery, written_as: Format) -> ASGIApp:
        operation, received = _named(asked, query, READS), _received(asked, query)

        def take() -> Reply:
            before = _Before(self.kept)
            reply = self.reception.take(operation, asked, received, before.tagged)
            if before.found:
                return reply
            written = _written(reply, written_as)
            if written.etag is not None:
                self.kept.keep(written)
            return written

        async def read(_: Reply | None) -> Reply:
            return await self.lanes.read(take)

        reply = await self.polls.ask(key_of(asked), read)
        asked.by = reply.by  # it may have been read for another request of the same caller
        await self.allowances.count(asked, reply.by)
        return sent(reply, asked)

    async def _write(self, asked: Asked, request: HttpRequest, query: OldQuery, written_as: Format) -> ASGIApp:
        operation = _named(asked, query, WRITES)
        raw = await whole_body(asked, request, self.bytes_max)

        def take() -> Reply:
            try:
                received = evolve(_received(asked, query), raw=as_fields(raw, asked.charset))
                return _written(self.reception.take(operation, asked, received), written_as)
            except OnlyTested:
                return Reply(status=200, body=written_as.well(_TESTED), content_type=written_as.content_type)

        return sent(await self.lanes.write(take), asked)

    # --- what is refused ----------------------------------------------------------------------------------------------

    def refused(self, told: Refusal, asked: Asked) -> Refusal:
        """The refusal as EQdkp Plus wrote it, with what is the matter."""
        problem = again(told.body)
        answer: dict[str, Any] = {
            "status": 0,
            "error": problem["detail"],
            "info": {"code": problem["code"], "request_id": problem["request_id"], "errors": problem["errors"]},
        }
        written_as = _format_of(asked)
        headers = (header for header in told.headers if header[0] != b"content-type")
        status = 200 if self.always_200 and told.status < 500 else told.status
        return Refusal(status, written_as.written(answer), ((b"content-type", written_as.content_type), *headers))


@define(eq=False)
class _Before:
    """Looks among what was told before, and remembers whether it was there: then it is written already."""

    kept: KeptReplies
    found: bool = field(init=False, default=False)

    def tagged(self, etag: str) -> Reply | None:
        """The reply with that tag, if it was told before."""
        reply = self.kept.tagged(etag)
        self.found = reply is not None
        return reply


_TESTED: Final = b'{"test":"success"}'


def _named(asked: Asked, query: OldQuery, known: Mapping[str, Operation]) -> Operation:
    """The function that is asked for. Raises: NoSuchFunction, MethodNotAllowed."""
    found = known.get(query.function)
    if found is None and (other := READS.get(query.function) or WRITES.get(query.function)) is not None:
        raise MethodNotAllowed(f"{asked.method} of function={other.id}", other.method)
    if found is None:
        raise NoSuchFunction(query.function, ", ".join(known))
    return found


def _received(asked: Asked, query: OldQuery) -> Received:
    return Received(path={"guild": query.guild} if query.guild else {}, query=pairs_of(asked.query))


def _written(reply: Reply, written_as: Format) -> Reply:
    """The reply as it is sent, from what its operation answered."""
    body = written_as.well(reply.body)
    return evolve(reply, status=200, body=body, content_type=written_as.content_type, route=PATH)


def _format_of(asked: Asked) -> Format:
    """As the answer was to be written; JSON where that can't be told."""
    try:
        return Format.of(pairs_of(asked.query).get("format", ""))
    except DomainError:
        return Format.JSON
