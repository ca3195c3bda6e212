"""Looking everywhere for what nobody may be told: every GET of the document, and everything that anybody logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import structlog
from attrs import frozen

from dkp_entrypoints.http.presenting import encode
from tests.unit.http.operations import documented

if TYPE_CHECKING:
    from tests.integration.http.house import Api

Ids = Mapping[str, Sequence[object]]
"""What there is to be put into paths and queries, by the names of parameters."""


def reading(document: Mapping[str, Any], ids: Ids) -> Iterator[tuple[str, str]]:
    """Every GET of the document, as (operation id, path), with each id in its path and in its query.

    Of what there are no ids given, the first is asked for.
    """
    for operation_id, each in documented(dict(document)).items():
        if each.method != "GET":
            continue
        for path in paths_of(each.path, ids):
            yield from ((operation_id, f"{path}{query}") for query in _queries(each.about["parameters"], ids))


def paths_of(template: str, ids: Ids) -> Iterator[str]:
    """The paths that an operation has, with each id in its place."""
    names = re.findall(r"{(\w+)}", template)
    for values in product(*(ids.get(name, (1,)) for name in names)):
        yield template.format(**dict(zip(names, values, strict=True)))


def _queries(parameters: Sequence[Mapping[str, Any]], ids: Ids) -> Iterator[str]:
    names = [each["name"] for each in parameters if each.get("in") == "query"]
    if "once" in names:
        yield "?once=true"
        return
    yield "?page_size=500" if "page_size" in names else ""
    for name in names:
        yield from (f"?{name}={value}" for value in ids.get(name.removesuffix("_id") + "_id", ()))


@frozen
class Request:
    """What is asked, to be sent past the client, which takes several times as long as the answer."""

    method: str
    path: str
    body: object = None


@frozen
class Answer:
    """All that comes back."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def answers(api: Api, token: str | None, asked: Sequence[Request], *, guild: str | None = None) -> list[Answer]:
    """What whoever has that key is answered, in the order of what is asked."""
    headers = [(b"content-type", b"application/json"), (b"x-request-id", b"the-same"), (b"host", b"dkp.example")]
    if token is not None:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    if guild is not None:
        headers.append((b"x-guild", guild.encode()))

    async def all_of_them() -> list[Answer]:
        return [await _answer(api, each, headers) for each in asked]

    with api.client.portal() as portal:
        return portal.call(all_of_them)


async def _answer(api: Api, asked: Request, headers: Sequence[tuple[bytes, bytes]]) -> Answer:
    split, body = urlsplit(asked.path), b"" if asked.body is None else encode(asked.body)
    received: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return received.pop() if received else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "https",
        "path": split.path,
        "raw_path": quote(split.path).encode(),
        "query_string": split.query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("192.0.2.1", 50000),
        "server": ("dkp.example", 443),
    }
    await api.app(scope, receive, send)
    start = sent[0]
    return Answer(start["status"], tuple(sorted(start["headers"])), b"".join(each.get("body", b"") for each in sent))


@contextmanager
def heard() -> Iterator[list[str]]:
    """Everything that anybody logs, however unimportant."""
    lines: list[str] = []

    class Hearing(logging.Handler):
        """Notes each line with its error."""

        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.getMessage()} {record.__dict__} {record.exc_info}")

    def hear(_: Any, __: str, line: structlog.typing.EventDict) -> str:
        lines.append(repr(dict(line)))
        raise structlog.DropEvent

    before, hearing, root = structlog.get_config(), Hearing(), logging.getLogger()
    level = root.level
    structlog.configure(processors=[hear], wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    root.addHandler(hearing)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    root.removeHandler(hearing)
    structlog.configure(**before)
