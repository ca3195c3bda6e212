"""Streams over real connections: what clients see of them, and how they end (L-11)."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from attrs import field, frozen

from tests import services
from tests.integration.databases import with_schema
from tests.integration.http import characters_live
from tests.integration.http.following import NO_TLS, PATIENCE_SECONDS, following
from tests.integration.http.house import ALL_SCOPES, Api, House, serving
from tests.integration.own_redis import OwnRedis
from tests.integration.whole.programs import Program, Programs, programs, until

HOUR = "3600"


@frozen
class Place:
    """A database, the API on it in this process, and servers in theirs."""

    api: Api
    programs: Programs
    _shared: dict[tuple[str, ...], Program] = field(init=False, factory=dict)

    def shared(self, *options: str) -> Program:
        """The server with these options, which no test ends."""
        if options not in self._shared:
            self._shared[options] = self.server(*options)
        return self._shared[options]

    def server(self, *options: str) -> Program:
        """Another server on the database."""
        command = [sys.executable, "-m", "tests.integration.http.characters_live", self.programs.url, *options]
        program = self.programs.start("a server with streams", command)
        program.ready()
        return program


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A database on SQLite, shared by the tests of this module; each makes its own guild."""
    url = f"{with_schema('sqlite', tmp_path_factory.mktemp('streams'))}?synchronous=off"
    with (
        serving(url, characters_live.with_streams) as api,
        programs(url, tmp_path_factory.mktemp("programs")) as running,
    ):
        yield Place(api, running)
    services.drop_database(url.partition("?")[0])


@pytest.fixture
def house(place: Place) -> House:
    """A guild of this test's own."""
    return place.api.house()


@pytest.fixture
def server(place: Place) -> Program:
    """A server that hears by itself only of what it changes."""
    return place.shared("--reread-seconds", HOUR)


@pytest.fixture
def watchful(place: Place) -> Program:
    """A server that looks again by itself, soon, at what is followed and at who may."""
    return place.shared("--reread-seconds", "0.2", "--check-seconds-max", "2")


@pytest.fixture
def own_server(place: Place) -> Iterator[Program]:
    """A server that the test may end."""
    program = place.server("--reread-seconds", HOUR)
    yield program
    if program.runs:
        program.kill()


def path_of(house: House) -> str:
    """Where the guild's main is followed."""
    return f"/api/live/characters/{house.things['character']}/"


def change(house: House, port: int, level: int) -> None:
    """Set the main's level, by a server."""
    answer = httpx.patch(
        f"http://127.0.0.1:{port}/api/characters/{house.things['character']}/",
        json={"level": level},
        headers={"Authorization": f"Bearer {house.officer.token}"},
        timeout=PATIENCE_SECONDS,
        verify=NO_TLS,
    )
    assert answer.status_code == 200, answer.text


def port_of(program: Program) -> int:
    assert program.port is not None
    return program.port


def test_a_stream_tells_how_things_are_and_what_becomes_of_them(house: House, server: Program) -> None:
    """L-11: first as they are, then each change as it is committed."""
    port = port_of(server)
    with (
        following(port, path_of(house), house.member.token) as one,
        following(port, "/api/live/characters/", house.officer.token) as every,
    ):
        assert one.answer.headers["content-type"] == "text/event-stream"
        assert one.answer.headers["cache-control"] == "no-store"
        assert one.answer.headers["api-version"] == "1"
        assert one.level() == 60
        assert {every.next().data["name"], every.next().data["name"]} == {f"Main{house.mark}", f"Alt{house.mark}"}  # type: ignore[union-attr]  # there are two
        for level in (61, 62, 63):
            change(house, port, level)
            assert one.level() == every.level() == level


def test_who_comes_again_is_sent_only_what_changed(house: House, server: Program) -> None:
    """L-11: by Last-Event-ID, at any server."""
    port, path = port_of(server), path_of(house)
    with following(port, path, house.member.token) as first:
        event = first.next()
        assert event is not None
    change(house, port, 61)
    with following(port, path, house.member.token, headers={"Last-Event-ID": event.id}) as again:
        newer = again.next()
        assert newer is not None
        assert (newer.id, newer.data["level"]) == (f"{house.things['character']}-61", 61)
    with following(port, path, house.member.token, headers={"Last-Event-ID": newer.id}) as third:
        change(house, port, 62)
        assert third.level() == 62


def test_what_a_process_without_fan_out_changes_is_seen_too(house: House, watchful: Program) -> None:
    """L-11: such as the command line; a little late."""
    with following(port_of(watchful), path_of(house), house.member.token) as one:
        assert one.level() == 60
        house.officer("PATCH", f"/api/characters/{house.things['character']}/", json={"level": 61})
        assert one.level() == 61


def test_a_revoked_key_hears_no_more(house: House, watchful: Program) -> None:
    """A-8: within a minute, here within two seconds; other keys go on."""
    bot = house.officer.post("/api/auth/bot-keys/", json={"name": "ears", "scopes": ["roster:read"]}).json()
    with (
        following(port_of(watchful), path_of(house), bot["token"]) as heard,
        following(port_of(watchful), path_of(house), house.member.token) as other,
    ):
        assert heard.level() == other.level() == 60
        house.officer("DELETE", f"/api/auth/bot-keys/{bot['id']}/")
        began = time.monotonic()
        assert heard.ends()
        assert time.monotonic() - began < 10
        change(house, port_of(watchful), 61)
        assert other.level() == 61


def test_who_is_no_member_any_more_hears_no_more(house: House, watchful: Program) -> None:
    """A-2, A-10: an ended membership is a guest's, and who is deactivated is not even that."""
    newcomer = {"discord_id": 10**16 + house.guild_id, "username": "newcomer"}
    other_id = house.officer.post("/api/memberships/", json=newcomer).json()["user_id"]
    port, path = port_of(watchful), path_of(house)
    with (
        following(port, path, house.member.token) as heard,
        following(port, path, house.api.key_of(other_id).token) as other,
    ):
        assert heard.level() == other.level() == 60
        house.officer("PATCH", f"/api/memberships/{house.member_id}/", json={"status": "ended", "reason": "left"})
        house.officer("PATCH", f"/api/memberships/{other_id}/", json={"status": "deactivated", "reason": "cheated"})
        assert heard.ends()
        assert other.ends()


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end_ends_its_streams(told: signal.Signals, house: House, own_server: Program) -> None:
    """O-12: in good order and at once; the client comes again, elsewhere or later."""
    with following(port_of(own_server), path_of(house), house.member.token) as heard:
        assert heard.level() == 60
        began = time.monotonic()
        own_server.process.send_signal(told)
        assert heard.ends()
        assert own_server.process.wait(PATIENCE_SECONDS) == 0, own_server.says
        assert time.monotonic() - began < 10


def test_a_server_that_dies_is_noticed(house: House, own_server: Program) -> None:
    """L-11: the client sees a connection that broke, and comes again with what it has seen."""
    with following(port_of(own_server), path_of(house), house.member.token) as heard:
        assert heard.level() == 60
        own_server.kill()
        with pytest.raises(httpx.RemoteProtocolError):
            heard.ends()


def test_a_client_that_reads_nothing_holds_up_nobody(house: House, server: Program) -> None:
    """L-11: it is sent what fits, the others all."""
    port = port_of(server)
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(following(port, "/api/live/characters/", house.officer.token))
        one = stack.enter_context(following(port, path_of(house), house.member.token))
        assert one.level() == 60
        for level in range(100, 40, -1):
            change(house, port, level)
            assert one.level() == level


# --- being refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("once", ["true", "false"])
def test_a_stream_refuses_as_every_operation_does(once: str, place: Place, house: House) -> None:
    """A-3, A-8, G-1, G-8: before it begins, with a problem."""
    path, stranger = f"{path_of(house)}?once={once}", place.api.house()
    few = house.bot(*(ALL_SCOPES - {"roster:read"}))
    refused = {
        "not_authenticated": place.api.nobody.get(path),
        "not_permitted": few.get(f"/api/live/characters/?once={once}"),
        "no_such_character": house.officer.get(f"/api/live/characters/404404/?once={once}"),
        "unsupported_api_version": house.officer.get(path, headers={"API-Version": "2"}),
        "invalid_value": house.officer.get(f"{path}&twice=true"),
    }
    assert {code: answer.json()["code"] for code, answer in refused.items()} == {
        **{code: code for code in refused},
        "no_such_character": refused["no_such_character"].json()["code"],
    }
    assert [answer.status_code for answer in refused.values()] == [401, 403, 404, 400, 422]
    assert all(answer.headers["content-type"] == "application/problem+json" for answer in refused.values())
    assert stranger.officer.get(path).status_code == 404


def test_once_is_how_things_are(house: House) -> None:
    """L-11: for who wants to know just that."""
    answer = house.member.get(f"{path_of(house)}?once=true")
    assert answer.status_code == 200
    assert answer.text.startswith(f"retry: 2000\n\nid: {house.things['character']}-60\nevent: auction\ndata: {{")
    seen = house.member.get(f"{path_of(house)}?once=true", headers={"Last-Event-ID": f"{house.things['character']}-60"})
    assert seen.text == "retry: 2000\n\n"


def test_when_all_places_are_taken_one_is_told_to_come_again(place: Place, house: House) -> None:
    """O-12: 503 with Retry-After."""
    streams = place.api.streams
    before, streams.listeners_max = streams.listeners_max, 0
    answer = house.member.get(f"{path_of(house)}?once=true")
    streams.listeners_max = before
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) > 0


def test_the_document_tells_of_streams(place: Place) -> None:
    """I-2: media type, Last-Event-ID and once."""
    about = place.api.document["paths"]["/api/live/characters/{character_id}/"]["get"]
    assert set(about["responses"]["200"]["content"]) == {"text/event-stream"}
    assert {"$ref": "#/components/parameters/LastEventId"} in about["parameters"]
    assert "once" in {each.get("name") for each in about["parameters"]}
    assert {"401", "403", "404", "503"} <= set(about["responses"])


def test_listeners_are_counted(house: House, server: Program) -> None:
    """O-11: how many follow something now, and one answer when it began, not for as long as it lasts."""
    port = port_of(server)

    def metric(name: str) -> float:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", verify=NO_TLS).text
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))

    def seconds() -> float:
        return metric('dkp_http_request_seconds_sum{method="GET",route="/api/live/characters/{character_id}/"')

    until(lambda: metric("dkp_live_listeners") == 0, "all others have left")
    before = seconds()
    with following(port, path_of(house), house.member.token) as heard:
        assert heard.level() == 60
        assert metric("dkp_live_listeners") == 1
        time.sleep(0.5)
    until(lambda: metric("dkp_live_listeners") == 0, "it has left")
    until(lambda: seconds() > before, "it is counted")
    assert seconds() - before < 0.5


# --- several processes ------------------------------------------------------------------------------------------------


def test_two_servers_tell_each_other(place: Place, house: House, own_redis: OwnRedis) -> None:
    """L-11, O-12: from any API process, both ways, at once; neither looks by itself.

    While their Redis is away, requests are answered all the same; what changed meanwhile is sent as soon as it is back.
    """
    options = ("--redis", own_redis.url, "--reread-seconds", HOUR)
    one, other = place.server(*options), place.server(*options)
    with (
        following(port_of(one), path_of(house), house.member.token) as here,
        following(port_of(other), path_of(house), house.member.token) as there,
    ):
        assert here.level() == there.level() == 60
        for level, by in ((61, one), (62, other), (63, one), (64, other)):
            change(house, port_of(by), level)
            assert here.level() == there.level() == level
        ready = httpx.get(f"http://127.0.0.1:{port_of(one)}/health/ready", verify=NO_TLS).json()
        assert (ready["ready"], ready["parts"][-1]["name"], ready["parts"][-1]["ok"]) == (True, "redis", True)
        own_redis.stop()
        change(house, port_of(one), 65)
        assert here.level() == 65
        degraded = httpx.get(f"http://127.0.0.1:{port_of(other)}/health/ready", verify=NO_TLS)
        assert (degraded.status_code, degraded.json()["degraded"]) == (200, True)
        assert degraded.json()["parts"][-1]["ok"] is False
        own_redis.start()
        assert there.level() == 65
        change(house, port_of(other), 66)
        assert here.level() == there.level() == 66
