"""Operations: what the API can do, declared once, for the router, the OpenAPI document and the tests."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from types import NoneType
from typing import Any, Final, NewType, TypeVar, get_type_hints

import msgspec
from attrs import define, evolve, field, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import DomainError
from dkp_core.kernel.permission import Permission
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http.asking import Asked, id_of, storable
from dkp_entrypoints.http.downloading import Download
from dkp_entrypoints.http.live import Topic
from dkp_entrypoints.http.presenting import Presenter, presenter, row_of
from dkp_entrypoints.http.reading import Body, Query, Upload, body_of, form_of, query_of
from dkp_entrypoints.http.streaming import StreamQuery

Handler = TypeVar("Handler", bound=Callable[..., object])

_PARAMETER: Final = re.compile(r"\{(\w+)\}")


class Speed(StrEnum):
    """The lane that an operation runs in."""

    READ = "read"
    WRITE = "write"
    LONG = "long"
    OUTSIDE = "outside"


class Files(StrEnum):
    """Which files an operation takes beside JSON."""

    NONE = "none"
    FORM = "form"
    FORM_OR_CSV = "form_or_csv"


@frozen(kw_only=True)
class Call:
    """What a handler is called with: who asks, the use cases, and a file if one came along.

    Within a session, `csrf_token` is what has to come with its changes.
    """

    use_cases: UseCases
    by: Actor
    upload: Upload | None = None
    csrf_token: str | None = None

    def seeing(self, permission: Permission) -> Actor:
        """The caller, allowed to see what they have just written, whatever else they may not read."""
        return evolve(self.by, permissions=self.by.permissions | {permission})


@frozen
class PathParameter:
    """A part of the path that is filled in: an id (then of what kind of thing) or a text."""

    name: str
    is_id: bool

    @property
    def kind(self) -> str:
        """What it names, in words."""
        return self.name.removesuffix("_id").replace("_", " ")

    def value(self, text: str) -> int | str:
        """What the text stands for. Raises: NoSuch, InvalidValue."""
        return id_of(text, self.kind) if self.is_id else storable(text, self.name)


@frozen(kw_only=True)
class Received:
    """What came with a request beside its headers: the parts of its path, its query and its body."""

    path: dict[str, Any]
    query: dict[str, str]
    raw: bytes = b""
    form: dict[str, str] | None = None
    upload: Upload | None = None


@frozen(kw_only=True)
class Operation:
    """One method at one path: what it takes, what it answers, what it needs, and the use case that it runs.

    `needs` are permissions of which the caller has one; `own` says in words what anybody may who is signed in.
    `other` is a second status, and when it is given. A `stream` goes on and on, `event` is the type of its events;
    `media` are the types of the files that are answered.
    What is `personal` is a person's own and no guild's: it is let through where the guild that would be meant is closed
    to them, or can't be told. What is `open_to_all` is asked without credentials too, and its handler says what it
    needs instead; `refused_with` are statuses that are not to be expected of its kind. Refusals that are `recorded`
    were written down before they were raised: they are committed as an answer is.
    """

    id: str
    use_case: str | None
    method: str
    path: str
    tag: str
    handler: Callable[..., Any]
    needs: tuple[Permission, ...]
    own: str
    personal: bool
    speed: Speed
    status: int
    other: tuple[int, Callable[[Any], bool]] | None
    anonymous: bool
    open_to_all: bool
    refused_with: tuple[int, ...]
    polled: bool
    revision: Callable[..., str] | None
    idempotent: bool
    files: Files
    parameters: tuple[PathParameter, ...]
    query: type[Query] | None
    body: type[Body] | None
    result: Any
    present: Presenter | None
    row: Any
    present_row: Presenter | None
    decoder: msgspec.json.Decoder[Any] | None
    stream: bool
    media: tuple[str, ...]
    event: Any
    recorded: tuple[type[DomainError], ...]

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.speed is not Speed.READ

    @property
    def route(self) -> str:
        """The path as the router writes it."""
        return _PARAMETER.sub(r"{\1:str}", self.path).rstrip("/") or "/"

    @property
    def needs_body(self) -> bool:
        """Whether the body may not be left out."""
        return self.body is not None and any(each.required for each in msgspec.structs.fields(self.body))

    @property
    def accepts(self) -> tuple[str, ...]:
        """The media types of the body."""
        if self.body is None:
            return ()
        files = {Files.NONE: (), Files.FORM: ("multipart/form-data",)}
        return ("application/json", *files.get(self.files, ("multipart/form-data", "text/csv")))

    def arguments(self, asked: Asked, received: Received) -> dict[str, Any]:
        """What the handler takes of the request. Raises: NoSuch, InvalidValue, MalformedBody."""
        given: dict[str, Any] = {each.name: each.value(received.path[each.name]) for each in self.parameters}
        fields_in_query = asked.content_type == "text/csv" and self.body is not None
        if self.query is not None:
            given["query"] = query_of(received.query, self.query)
        elif not fields_in_query:
            query_of(received.query, Query)
        if self.body is not None:
            given["body"] = self._body(received, fields_in_query=fields_in_query)
        given.pop("guild", None)  # it says where, and was heard with the key
        return given

    def _body(self, received: Received, *, fields_in_query: bool) -> Body:
        assert self.body is not None
        if fields_in_query:
            return query_of(received.query, self.body)
        if received.form is not None:
            return form_of(received.form, self.body)
        if not received.raw and not self.needs_body:
            return self.body()
        assert self.decoder is not None
        body: Body = body_of(received.raw, self.decoder)
        return body


@define(eq=False)
class Operations:
    """The operations of one part of the API, as its handlers declare them.

    A handler takes `call`, the parts of the path by name, and `query` and `body` where it has them; it runs in a
    lane's thread. It is named after its use case, whose docstring is the operation's text, unless `use_case` says
    which it is; a handler's own docstring adds what HTTP adds.
    """

    tag: str
    all: list[Operation] = field(init=False, factory=list)

    def get(self, path: str, *needs: Permission, **more: Any) -> Callable[[Handler], Handler]:
        """Something to read."""
        return self._declared("GET", path, needs, **{"speed": Speed.READ, **more})

    def stream(self, path: str, *needs: Permission, event: Any = None, **more: Any) -> Callable[[Handler], Handler]:
        """Something to follow: the handler lets the caller in, or refuses, and answers the topic.

        It is asked again now and then, for as long as the caller listens.
        """
        return self._declared("GET", path, needs, speed=Speed.READ, stream=True, event=event, query=StreamQuery, **more)

    def post(self, path: str, *needs: Permission, **more: Any) -> Callable[[Handler], Handler]:
        """Something to do or to add."""
        return self._declared("POST", path, needs, **{"status": 201, **more})

    def delete(self, path: str, *needs: Permission, **more: Any) -> Callable[[Handler], Handler]:
        """Something to take away."""
        return self._declared("DELETE", path, needs, **{"status": 204, **more})

    def put(self, path: str, *needs: Permission, **more: Any) -> Callable[[Handler], Handler]:
        """Something to set."""
        return self._declared("PUT", path, needs, **more)

    def change(self, path: str, *needs: Permission, **more: Any) -> Callable[[Handler], Handler]:
        """Something to change in part, with PATCH or PUT alike: what is not given stays as it is."""
        patch = self._declared("PATCH", path, needs, **more)

        def declare(handler: Handler) -> Handler:
            name = handler.__name__
            twin = f"put_{name.partition('_')[2]}"
            use_case = more.get("use_case", name)
            self._declared("PUT", path, needs, **{**more, "operation_id": twin, "use_case": use_case})(handler)
            return patch(handler)

        return declare

    def _declared(
        self,
        method: str,
        path: str,
        needs: Sequence[Permission],
        *,
        operation_id: str | None = None,
        use_case: str | None = "",
        own: str = "",
        personal: bool = False,
        speed: Speed = Speed.WRITE,
        status: int = 200,
        other: tuple[int, Callable[[Any], bool]] | None = None,
        anonymous: bool = False,
        open_to_all: bool = False,
        refused_with: tuple[int, ...] = (),
        polled: bool = False,
        revision: Callable[..., str] | None = None,
        idempotent: bool = False,
        files: Files = Files.NONE,
        query: type[Query] | None = None,
        stream: bool = False,
        media: tuple[str, ...] = (),
        event: Any = None,
        recorded: tuple[type[DomainError], ...] = (),
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler)
            result = hints.pop("return")
            if stream:
                assert result is Topic, f"{handler.__name__} does not answer a topic"
                result = NoneType
            if media:
                assert result is Download, f"{handler.__name__} does not answer a file"
                result = NoneType
            names = _PARAMETER.findall(path)
            body = hints.get("body")
            self.all.append(
                Operation(
                    id=operation_id or handler.__name__,
                    use_case=handler.__name__ if use_case == "" else use_case,
                    method=method,
                    path=path,
                    tag=self.tag,
                    handler=handler,
                    needs=tuple(needs),
                    own=own,
                    personal=personal,
                    speed=speed,
                    status=status,
                    other=other,
                    anonymous=anonymous,
                    open_to_all=open_to_all,
                    refused_with=refused_with,
                    polled=polled,
                    revision=revision,
                    idempotent=idempotent,
                    files=files,
                    parameters=tuple(PathParameter(name, _is_id(hints.get(name, str))) for name in names),
                    query=query or hints.get("query"),
                    body=body,
                    result=None if result is NoneType else result,
                    present=presenter(result),
                    row=row_of(result),
                    present_row=presenter(row_of(result)),
                    decoder=None if body is None else msgspec.json.Decoder(body),
                    stream=stream,
                    media=media,
                    event=event,
                    recorded=recorded,
                )
            )
            return handler

        return declare


def _is_id(kind: Any) -> bool:
    return kind is int or (isinstance(kind, NewType) and _is_id(kind.__supertype__))


def text_of(operation: Operation) -> str:
    """What an operation does: what its use case promises, and what its handler adds."""
    parts = []
    if operation.use_case is not None:
        use_case = getattr(UseCases, operation.use_case).cls
        parts.append(inspect.getdoc(use_case) or "")
    parts.append(inspect.getdoc(operation.handler) or "")
    return "\n\n".join(filter(None, parts))
