"""Plain HTTP is refused but for this machine and trusted proxies; what browsers are told with every answer (O-13)."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dkp_adapters.sql import schema
from dkp_entrypoints.cli.serve import refuses_others
from dkp_entrypoints.http import create_app
from dkp_entrypoints.http.asking import Asked
from dkp_entrypoints.http.front import Api as HttpApi
from dkp_entrypoints.http.problems import HttpsNeeded
from dkp_entrypoints.http.transport import Transport
from dkp_entrypoints.settings import Settings
from tests.integration.http.house import House

ROOT = Path(__file__).parents[3]
PUBLIC = "https://dkp.example.org"
LOCAL, REMOTE = "127.0.0.1", "192.0.2.7"


def asked(
    path: str = "/api/ranks/",
    *,
    method: str = "GET",
    scheme: str = "http",
    client: str | None = REMOTE,
    query: bytes = b"",
    **headers: str,
) -> Asked:
    """A request as the server hands it on."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Any = {
        "type": "http",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": raw,
        "client": None if client is None else (client, 50000),
    }
    return Asked.of(scope)


def name(value: object) -> str:
    """What a case is called."""
    if not isinstance(value, Asked):
        return str(value)
    headers = " ".join(f"{key.decode()}: {text.decode()}" for key, text in value.headers.items())
    client = value.scope["client"]
    return f"{value.scope['scheme']} {value.method} {value.path} from {client and client[0]} {headers}".strip()


def is_answered(request: Asked, **settings: Any) -> bool:
    """Whether it is not refused for the way it came."""
    try:
        Transport.of(Settings(**settings)).must_be_private(request)
    except HttpsNeeded:
        return False
    return True


@pytest.mark.parametrize(
    ("request_", "answered"),
    [
        (asked(), False),
        (asked(scheme="https"), True),
        (asked(client=LOCAL), True),
        (asked(client="::1"), True),
        (asked(client="::ffff:127.0.0.1"), True),
        (asked(client=None), True),
        (asked(client="testclient"), False),
        (asked(client=LOCAL, x_forwarded_for=REMOTE), False),
        (asked(client=LOCAL, x_forwarded_proto="https"), False),
        (asked(client=LOCAL, forwarded="for=192.0.2.1;proto=https"), False),
        (asked(client=LOCAL, via="1.1 proxy"), False),
        (asked(client=LOCAL, x_real_ip=REMOTE), False),
        (asked(x_forwarded_proto="https"), False),
        (asked(host="localhost"), False),
        (asked("/health/ready/"), True),
        (asked("/health/live"), True),
        (asked("/health/../api/ranks/"), False),
        (asked("/metrics"), False),
        (asked("/schema/"), False),
    ],
    ids=name,
)
def test_who_is_answered_over_plain_http(request_: Asked, answered: bool) -> None:
    """O-13: this machine, where nobody passed it on; whoever looks whether it lives; and all over HTTPS."""
    assert is_answered(request_) is answered
    assert is_answered(request_, plain_http=True)


def test_a_refusal_tells_the_operator_what_to_set() -> None:
    """O-13: only where a proxy seems to be at work."""
    transport = Transport.of(Settings())
    with pytest.raises(HttpsNeeded, match="trusted_proxies"):
        transport.must_be_private(asked(client=LOCAL, x_forwarded_proto="https"))
    with pytest.raises(HttpsNeeded) as plain:
        transport.must_be_private(asked())
    assert "trusted_proxies" not in str(plain.value)


@pytest.mark.parametrize(
    ("request_", "instead"),
    [
        (asked("/schema/"), f"{PUBLIC}/schema/"),
        (asked("/problems/x", method="HEAD", query=b"a=b&c"), f"{PUBLIC}/problems/x?a=b&c"),
        (asked("//evil.example/x"), f"{PUBLIC}/evil.example/x"),
        (asked("/schema/", method="POST"), None),
        (asked("/schema/", authorization="Bearer x"), None),
        (asked("/api/ranks/"), None),
        (asked("/api"), None),
        (asked("/metrics"), None),
    ],
    ids=name,
)
def test_browsers_are_sent_to_https_and_programs_are_told(request_: Asked, instead: str | None) -> None:
    """O-13: a program that is led on would go on sending its key in the open."""
    given = Transport.of(Settings(public_url=f"{PUBLIC}/")).instead(request_)
    assert given == (None if instead is None else instead.encode())
    assert Transport.of(Settings(public_url="http://dkp.lan")).instead(request_) is None
    assert Transport.of(Settings()).instead(request_) is None


# --- through the application ------------------------------------------------------------------------------------------


def answer(app: HttpApi, request: Asked) -> tuple[int, dict[str, str], Any]:
    """What the application answers: status, headers and body."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(request.scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], headers, json.loads(body) if body.startswith(b"{") else body


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> HttpApi:
    """An application that asks no database; it does not run."""
    url = f"sqlite:///{tmp_path_factory.mktemp('plain') / 'none.db'}"
    return create_app(Settings(database_url=url, public_url=PUBLIC))


def test_plain_http_from_elsewhere_gets_a_problem(app: HttpApi) -> None:
    """O-13: before the key is looked at; the key is not honoured."""
    status, headers, problem = answer(app, asked(authorization="Bearer dkp_aaaaaaaaaaaa_b"))
    assert (status, problem["code"], headers["content-type"]) == (403, "https_needed", "application/problem+json")
    assert "another key" in problem["detail"]
    status, headers, body = answer(app, asked("/schema/"))
    assert (status, headers["location"], body) == (308, f"{PUBLIC}/schema/", b"")


def test_people_are_refused_in_words(app: HttpApi) -> None:
    """O-13: who looks at a page is not shown JSON; nothing of it is kept."""
    page = asked("/accounts/", accept="text/html,application/xhtml+xml", authorization="Bearer x")
    status, headers, body = answer(app, page)
    assert (status, headers["content-type"], headers["cache-control"]) == (403, "text/html; charset=utf-8", "no-store")
    assert b"Plain HTTP is not answered" in body
    assert answer(app, asked(accept="text/html"))[1]["content-type"] == "application/problem+json"


def test_browsers_are_told_what_not_to_do(app: HttpApi, settled: House) -> None:
    """O-13: with every answer, whatever it is: no sniffing, no framing, no scripts, nothing from elsewhere."""
    status, headers, _ = answer(app, asked("/schema/", scheme="https"))
    assert status == 200
    refused = answer(app, asked())[1]
    api = settled.officer.get("/api/ranks/").headers
    for told in (headers, refused, api):
        assert told["x-content-type-options"] == "nosniff"
        assert told["x-frame-options"] == "DENY"
        assert told["referrer-policy"] == "no-referrer"
        assert told["cross-origin-opener-policy"] == "same-origin"
        assert told["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in told["permissions-policy"]
        policy = told["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert {"base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert "unsafe" not in policy
        assert "script-src" not in policy
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in api  # it has no public address that begins with https


def test_no_method_repeats_what_was_sent(app: HttpApi) -> None:
    """O-13: TRACE would show scripts the cookies that they may not read."""
    status, _, problem = answer(app, asked("/problems/", method="TRACE", scheme="https", cookie="a=b"))
    assert (status, problem["code"]) == (405, "method_not_allowed")


# --- dkp serve --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "refuses"),
    [
        ({}, False),
        ({"host": "::1"}, False),
        ({"host": "0.0.0.0"}, True),
        ({"host": "0.0.0.0", "trusted_proxies": ("10.0.0.0/8",)}, False),
        ({"host": "0.0.0.0", "plain_http": True}, False),
    ],
)
def test_whoever_serves_to_others_without_https_is_told(settings: dict[str, Any], refuses: bool) -> None:
    """O-13: that nobody is answered, and what to set."""
    assert refuses_others(Settings(**settings)) is refuses


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[int]:
    """`dkp serve` on a database in that folder; its port."""
    url = f"sqlite:///{folder / 'dkp.db'}"
    schema.upgrade(url)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DKP_")}
    environment = {**kept, "PYTHONPATH": str(ROOT / "src"), "DKP_DATABASE_URL": url, **settings}
    server = subprocess.Popen(
        [sys.executable, "-m", "dkp_entrypoints", "serve", "--no-worker", "--port", "0"],
        env=environment,
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    said = ""
    while not (found := re.search(r"serving on http://127\.0\.0\.1:(\d+)", said)):
        line = server.stderr.readline()
        assert line, said
        said += line
    try:
        yield int(found[1])
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)


def test_a_trusted_proxy_is_believed_and_nobody_else(tmp_path: Path) -> None:
    """O-13, A-9: `dkp serve` behind a proxy on this machine, over real sockets."""
    with served(tmp_path, DKP_TRUSTED_PROXIES="127.0.0.1", DKP_RATE_ANONYMOUS="3/minute") as port:

        def ask(headers: Mapping[str, str]) -> tuple[int, Any]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                connection.request("GET", "/problems/nothing/", headers=dict(headers))
                found = connection.getresponse()
                return found.status, json.loads(found.read())["code"]
            finally:
                connection.close()

        https = {"X-Forwarded-Proto": "https"}
        assert ask({}) == (404, "not_found")  # this machine itself
        assert ask({"X-Forwarded-For": REMOTE}) == (403, "https_needed")
        assert ask({"X-Forwarded-For": REMOTE, "X-Forwarded-Proto": "http"}) == (403, "https_needed")
        for number in range(3):  # what the client made up itself is no way around the limit
            assert ask({**https, "X-Forwarded-For": f"198.51.100.{number}, 192.0.2.9"}) == (404, "not_found")
        assert ask({**https, "X-Forwarded-For": "198.51.100.9, 192.0.2.9"}) == (429, "rate_limited")
        assert ask({**https, "X-Forwarded-For": "192.0.2.10"}) == (404, "not_found")
