"""A client that follows a stream, as a program would: over a real connection, event by event."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx
from attrs import define, frozen

PATIENCE_SECONDS: Final = 30.0
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of servers on this machine: to load the certificates of all the world takes longer than to ask."""


@frozen
class Event:
    """One event: its id and what it tells."""

    id: str
    data: Any


@define(eq=False)
class Following:
    """A stream that is being followed."""

    answer: httpx.Response
    lines: Iterator[str]

    def next(self) -> Event | None:
        """The next event; None at the end."""
        fields: dict[str, str] = {}
        for line in self.lines:
            if not line and "data" in fields:
                assert fields["event"] == "auction"
                return Event(fields["id"], json.loads(fields["data"]))
            name, _, value = line.partition(": ")
            fields[name] = value
        return None

    def level(self) -> int:
        """The level that the next event tells of."""
        event = self.next()
        assert event is not None, "the stream has ended"
        level: int = event.data["level"]
        return level

    def ends(self) -> bool:
        """Whether it ends in good order, whatever else comes before."""
        while self.next() is not None:
            pass
        return True


@contextmanager
def following(
    port: int, path: str, token: str | None, *, headers: Mapping[str, str] | None = None
) -> Iterator[Following]:
    """Follow a path of a server on this machine."""
    given = {"Authorization": f"Bearer {token}", **(headers or {})}
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS, verify=NO_TLS) as client,
        client.stream("GET", path, headers=given) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        yield Following(answer, answer.iter_lines())
