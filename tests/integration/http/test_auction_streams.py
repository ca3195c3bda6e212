"""An auction followed live, from a server and worker in their own process: what all see, as soon as it is so (L-11)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from attrs import frozen

from tests import services
from tests.integration.databases import with_schema
from tests.integration.http.following import NO_TLS, PATIENCE_SECONDS, Following, following
from tests.integration.http.house import Api, Caller, House, serving
from tests.integration.whole.programs import programs


@frozen
class Served:
    """A guild, and the port of the server that its members use."""

    house: House
    port: int

    def post(self, caller: Caller, path: str, body: dict[str, object]) -> httpx.Response:
        """What the server answers."""
        return httpx.post(
            f"http://127.0.0.1:{self.port}{path}",
            json=body,
            headers={"Authorization": f"Bearer {caller.token}"},
            timeout=PATIENCE_SECONDS,
            verify=NO_TLS,
        )

    def bid(self, caller: Caller, auction_id: int, **offer: object) -> None:
        """A bid that is taken."""
        answer = self.post(caller, "/api/bidding/place-bid/", {"auction": auction_id, **offer})
        assert answer.status_code == 201, answer.text

    def shown(self, auction_id: int) -> Any:
        """The auction as it is answered to who asks."""
        return self.house.officer.get(f"/api/bidding/{auction_id}/").json()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, int]]:
    """`dkp serve` with its worker, on a database of its own; the API on it in this process, and the server's port."""
    url = f"{with_schema('sqlite', tmp_path_factory.mktemp('streams'))}?synchronous=off"
    with (
        serving(url, secret_key="") as api,  # as a server has it that is told nothing
        programs(url, tmp_path_factory.mktemp("programs")) as started,
    ):
        server = started.dkp("serve", "--port", "0")
        server.ready()
        assert server.port is not None
        yield api, server.port
    services.drop_database(url.partition("?")[0])


@pytest.fixture
def served(running: tuple[Api, int]) -> Served:
    """A guild of this test's own on that server."""
    api, port = running
    return Served(api.house(), port)


def follow(served: Served, path: str) -> Any:
    """A guild member who follows something."""
    return following(served.port, path, served.house.member.token)


def next_of(stream: Following) -> Any:
    """What the next event tells."""
    event = stream.next()
    assert event is not None, "the stream has ended"
    return event.data


def test_an_auction_is_followed_from_its_first_bid_to_its_close(served: Served) -> None:
    """L-7, L-11: leader, amount, count and time; what is sent is what who asks is shown."""
    house = served.house
    auction_id, rival = house.auction(rules={"seconds": 4}), house.person(points="50")
    with follow(served, f"/api/bidding/{auction_id}/live/") as stream:
        first = next_of(stream)
        assert first == served.shown(auction_id)
        assert (first["status"], first["leader_id"], first["bids"]) == ("open", None, 0)
        served.bid(house.member, auction_id, amount="2")
        told = next_of(stream)
        assert (told["current_amount"], told["leader_id"], told["bids"]) == ("2.00", house.member_id, 1)
        served.bid(rival, auction_id, ceiling="9")
        told = next_of(stream)
        assert (told["current_amount"], told["bids"]) == ("3.00", 2)
        assert told["version"] > first["version"]
        closed = next_of(stream)
        assert (closed["status"], closed["results"][0]["price"]) == ("closed", "3.00")
        assert closed == served.shown(auction_id)


def test_a_sealed_auction_tells_how_many_bid_and_no_more(served: Served) -> None:
    """L-11: neither amount nor leader; of another auction nothing."""
    house = served.house
    sealed, other = house.auction(rules={"mode": "sealed_first_price"}), house.auction()
    with follow(served, f"/api/bidding/{sealed}/live/") as stream:
        assert next_of(stream)["bids"] == 0
        served.bid(house.member, other, amount="1")
        served.bid(house.member, sealed, amount="7")
        told = next_of(stream)
        assert (told["id"], told["bids"], told["current_amount"], told["leaders"]) == (sealed, 1, None, [])
        assert "7.00" not in json.dumps(told)


def test_all_auctions_of_a_guild_are_followed_at_once(served: Served) -> None:
    """L-11, G-1: those that run, those that are started later, and none of another guild."""
    house, stranger = served.house, served.house.api.house()
    with follow(served, "/api/bidding/live/") as stream:
        assert next_of(stream)["id"] == house.things["auction"]
        started = [
            served.post(caller, "/api/bidding/start-bid/", {"item": "Cloak of Flames"}).json()["id"]
            for caller in (stranger.officer, house.officer)
        ]
        assert next_of(stream)["id"] == started[1]
        award = {"auction": started[1], "to_nobody": True}
        assert served.post(house.officer, "/api/bidding/award-item/", award).status_code == 201
        assert next_of(stream)["status"] == "awarded"
