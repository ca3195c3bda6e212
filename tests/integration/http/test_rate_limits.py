"""How often each kind of caller may ask: 429 with Retry-After, by key, session or address (A-9)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from litestar.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tests import services
from tests.integration.databases import with_schema
from tests.integration.http.house import Api, Caller, House, serving
from tests.integration.own_redis import OwnRedis

GUESS = "dkp_aaaaaaaaaaaa_bbbb"


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API without limits, on a database that the tests of this module share."""
    url = with_schema("sqlite", tmp_path_factory.mktemp("limits"))
    with serving(f"{url}?synchronous=off") as api:
        yield api
    services.drop_database(url)


@contextmanager
def limited(free: Api, more: Mapping[str, Any] | None = None, **rates: str) -> Iterator[House]:
    """A new guild behind an API with these rates, of which nothing is used up."""
    house, settings = free.house(), {f"rate_{kind}": rate for kind, rate in rates.items()}
    with serving(free.settings.database_url, **{**(more or {}), **settings}) as api:
        house.api = api
        house.officer, house.member = api.by(house.officer.token or ""), api.by(house.member.token or "")
        yield house


def statuses(ask: Callable[[], httpx.Response], times: int) -> list[int]:
    """What asking so often answers."""
    return [ask().status_code for _ in range(times)]


def test_a_key_that_asks_too_often_is_told_when_to_come_again(free: Api) -> None:
    """A-9: 429 with Retry-After, before anything is done; and what is left is told with every answer."""
    with limited(free, personal_key="3/minute") as house:
        answers = [house.officer.post("/api/ranks/", json={"name": f"R{number}"}) for number in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert [answer.headers["ratelimit"].split(";")[:2] for answer in answers] == [
            ['"personal-key"', f"r={left}"] for left in (2, 1, 0, 0)
        ]
        assert answers[0].headers["ratelimit-policy"] == '"personal-key";q=3;w=60'
        refused = answers[-1]
        assert (refused.json()["code"], refused.json()["type"]) == ("rate_limited", "/problems/rate_limited")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["content-type"] == "application/problem+json"
        names = [row["name"] for row in house.member.get("/api/ranks/").json()]
        assert "R2" in names
        assert "R3" not in names


def test_each_key_is_counted_by_itself(free: Api) -> None:
    """A-9: neither another key of the same kind nor one of another kind is held back."""
    with limited(free, personal_key="2/minute", bot_key="4/minute") as house:
        bot = house.api.by(house.things["bot_token"])
        assert statuses(lambda: house.officer.get("/api/pools/"), 3) == [200, 200, 429]
        assert statuses(lambda: house.member.get("/api/pools/"), 3) == [200, 200, 429]
        assert statuses(lambda: bot.get("/api/pools/"), 5) == [200, 200, 200, 200, 429]


def test_whatever_a_key_asks_counts_once(free: Api) -> None:
    """A-9: polls that are answered at once, replayed answers, streams, refusals and what there is not."""
    with limited(free, personal_key="100/minute") as house:

        def left(answer: httpx.Response) -> int:
            return int(answer.headers["ratelimit"].split(";")[1].removeprefix("r="))

        officer, auction = house.officer, house.things["auction"]
        once = {"Idempotency-Key": secrets.token_hex(8)}
        body = {"user": house.member_id, "amount": "1", "reason": "x"}
        asked = [
            officer.get("/api/ranks/"),
            officer.get("/api/ranks/"),
            officer.get("/api/ranks/"),
            officer.post("/api/points/adjustments/", json=body, headers=once),
            officer.post("/api/points/adjustments/", json=body, headers=once),
            officer.get(f"/api/bidding/{auction}/live/?once=true"),
            officer.get("/api/nowhere/"),
            officer.get("/schema/openapi.json"),
            officer.get("/api/raids/0/"),
            officer.get("/api/ranks/", headers={"API-Version": "7"}),
        ]
        assert asked[4].headers["idempotency-replayed"] == "true"
        assert [left(answer) for answer in asked] == list(range(99, 89, -1))


def test_who_has_no_key_is_counted_by_address(free: Api) -> None:
    """A-9: IPv6 by the network that one client has; what is not there counts too, health does not."""
    with limited(free, anonymous="2/minute") as house:
        client = house.api.client
        with _from(house.api, "192.0.2.1"):
            assert statuses(lambda: client.get("/problems/"), 3) == [200, 200, 429]
            assert client.get("/api/nowhere/").status_code == 429
            assert client.get("/api/pools/").status_code == 429
            assert statuses(lambda: client.get("/health/live"), 5) == [200] * 5
            assert house.officer.get("/api/pools/").status_code == 200
        with _from(house.api, "192.0.2.2"):
            assert client.get("/problems/").status_code == 200
        with _from(house.api, "2001:db8:1:2::1"):
            assert statuses(lambda: client.get("/problems/"), 2) == [200, 200]
        with _from(house.api, "2001:db8:1:2:ffff::2"):
            assert client.get("/problems/").status_code == 429
        with _from(house.api, "2001:db8:1:3::1"):
            assert client.get("/problems/").status_code == 200


def test_guessed_keys_are_counted_by_address_and_told_nothing(free: Api) -> None:
    """A-9: unknown and malformed keys alike; and then a good one that nobody knew is answered like a bad one."""
    with limited(free, sign_in="3/minute") as house:
        guessing = [GUESS, "nonsense", f"dkp_{(house.officer.token or '').split('_')[1]}_bbbb"]
        known, new = house.officer, house.member
        assert known.get("/api/pools/").status_code == 200
        answers = [Caller(house.api.client, token).get("/api/pools/") for token in guessing]
        assert [answer.status_code for answer in answers] == [401, 401, 401]
        refused = [Caller(house.api.client, token).get("/api/pools/") for token in (*guessing, new.token)]
        assert {answer.status_code for answer in refused} == {429}
        assert len({_without_id(answer) for answer in refused}) == 1
        assert known.get("/api/pools/").status_code == 200  # who is known there goes on
        with _from(house.api, "192.0.2.9"):
            assert new.get("/api/pools/").status_code == 200


def test_a_guess_at_what_is_not_there_does_not_go_uncounted(free: Api) -> None:
    """A-9: with some header made up, nobody asks for pages without end."""
    with limited(free, anonymous="5/minute") as house:
        liar = Caller(house.api.client, GUESS)
        assert statuses(lambda: liar.get("/api/nowhere/"), 7) == [404] * 5 + [429] * 2


def test_a_key_that_was_revoked_counts_as_a_guess(free: Api) -> None:
    """A-9: although it was known."""
    with limited(free, sign_in="2/minute") as house:
        made = house.officer.post("/api/auth/api-keys/", json={"name": "brief"}).json()
        brief = house.api.by(made["token"])
        assert brief.get("/api/users/me/").status_code == 200
        assert house.officer("DELETE", f"/api/auth/api-keys/{made['id']}/").status_code == 204
        assert statuses(lambda: brief.get("/api/users/me/"), 4) == [401, 401, 429, 429]


def test_signing_in_has_a_lower_limit(free: Api) -> None:
    """A-9: sign-in and token paths, whatever is there."""
    with limited(free, sign_in="2/minute", anonymous="1000/minute") as house:
        client = house.api.client
        for start, path in enumerate(("/accounts/discord/login", "/accounts/nowhere/", "/api/auth/token/")):
            with _from(house.api, f"192.0.2.{start}"):
                found = statuses(partial(client.post, path, follow_redirects=False), 3)
                assert 429 not in found[:2]
                assert found[2] == 429
        with _from(house.api, "192.0.2.77"):
            assert 429 not in statuses(lambda: client.get("/api/auth/tokens/"), 3)


def test_a_limit_that_is_switched_off_is_none(free: Api) -> None:
    """A-9: 0 switches a limit off, and says nothing of what is left."""
    with limited(free, personal_key="0") as house:
        answer = house.officer.get("/api/pools/")
        assert "ratelimit" not in answer.headers


def test_pages_of_other_origins_may_read_that_it_was_too_much(free: Api) -> None:
    """A-9: where they may call at all, they are told when to come again."""
    with limited(free, {"cors_origins": ("https://bot.example",)}, personal_key="1/minute") as house:
        allowed = {"Origin": "https://bot.example"}
        assert house.officer.get("/api/pools/", headers=allowed).status_code == 200
        refused = house.officer.get("/api/pools/", headers=allowed)
        assert refused.status_code == 429
        assert refused.headers["access-control-allow-origin"] == "https://bot.example"
        assert "Retry-After" in refused.headers["access-control-expose-headers"]
        other = house.officer.get("/api/pools/", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


def test_several_servers_on_one_redis_count_as_one(free: Api, own_redis: OwnRedis) -> None:
    """A-9: the same key asks both in turn, at once and one by one; exactly so many are answered."""
    with limited(free) as house, ExitStack() as stack:
        more: dict[str, Any] = {"rate_personal_key": "9/minute", "redis_url": own_redis.url}
        apis = [stack.enter_context(serving(free.settings.database_url, **more)) for _ in range(2)]
        officers = [api.by(house.officer.token or "") for api in apis]
        found = [officers[number % 2].get("/api/ranks/").status_code for number in range(10)]
        assert found == [200] * 9 + [429]
        own_redis.stop()
        assert officers[0].get("/api/ranks/").status_code == 200  # counted by itself, and going on
        refused = officers[1].get("/api/ranks/")
        assert refused.status_code == 429  # it was told until when
        assert int(refused.headers["retry-after"]) >= 1


# --- addresses --------------------------------------------------------------------------------------------------------


def test_only_trusted_proxies_are_believed_about_addresses(free: Api) -> None:
    """A-9, O-13: who makes up X-Forwarded-For is counted where it really comes from."""
    with limited(free, anonymous="2/minute") as house:
        app = house.api.app
        proxied = ProxyHeadersMiddleware(app, ["10.0.0.0/8"])  # type: ignore[arg-type]  # another spelling of ASGI

        def ask(peer: str, forwarded: str) -> int:
            with _through(house.api, proxied, peer):
                return house.api.client.get("/problems/", headers={"X-Forwarded-For": forwarded}).status_code

        assert [ask("192.0.2.50", f"198.51.100.{number}") for number in range(3)] == [200, 200, 429]
        assert [ask("10.0.0.1", f"198.51.100.{number}, 192.0.2.60") for number in range(3)] == [200, 200, 429]
        assert ask("10.0.0.1", "192.0.2.61") == 200


@contextmanager
def _from(api: Api, address: str) -> Iterator[None]:
    """Requests come from that address."""
    with _through(api, api.app, address):
        yield


@contextmanager
def _through(api: Api, app: Any, address: str) -> Iterator[None]:
    transport: Any = api.client._transport
    before = transport.client.app

    async def arrived(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "client": (address, 50000)}, receive, send)

    transport.client.app = arrived
    try:
        yield
    finally:
        transport.client.app = before


def _without_id(answer: httpx.Response) -> str:
    problem = answer.json()
    problem.pop("request_id")
    return repr(problem)
