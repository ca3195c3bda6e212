"""Zero-sum pools, floors and point systems over HTTP: what is answered, and what is refused how (P-6)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from dkp_core.kernel.points import Points
from tests.integration.http.house import House


def policies(house: House, **values: object) -> None:
    """The pool gets these policies."""
    answer = house.officer("PATCH", f"/api/pools/{house.things['pool']}/policies/", json={"policies": values})
    assert answer.status_code == 200, answer.text


def priorities(house: House, query: str = "") -> list[dict[str, Any]]:
    """The lines of the pool's priorities."""
    rows: list[dict[str, Any]] = house.member.get(f"/api/pools/{house.things['pool']}/priority/{query}").json()
    return rows


def shares(house: House) -> list[str]:
    """The shares that the member got."""
    rows = house.member.get(f"/api/points/history/user/{house.member_id}/?kind=share").json()["results"]
    return [row["amount"] for row in rows]


def test_what_nobody_shares_is_refused_and_told(house: House) -> None:
    """P-6, G-8: 409 with a code, the pool and the raid, and nothing is written."""
    policies(house, zero_sum=True)
    body = {"item": "Ring", "user": house.member_id, "amount": "2"}
    answer = house.officer.post("/api/discord/bid-results/", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody_shares")
    assert (answer.json()["pool"], answer.json()["raid"]) == (house.things["pool"], None)
    empty = house.raid()
    answer = house.officer.post(f"/api/raids/{empty}/loot/", json=body)
    assert (answer.status_code, answer.json()["raid"]) == (409, empty)
    start = {"item": "Ring", "pool": house.things["pool"]}
    assert house.officer.post("/api/bidding/start-bid/", json=start).json()["code"] == "nobody_shares"
    assert shares(house) == []


def test_an_auction_that_nobody_shares_stays_closed(house: House) -> None:
    """P-6, L-7: the refusal of its award is recorded with its close."""
    auction = house.auction(item="Gem of nobody", closes_at=None)
    assert house.bid(auction).status_code == 201
    policies(house, zero_sum=True)
    answer = house.officer.post("/api/bidding/award-item/", json={"auction": auction})
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody_shares")
    assert house.officer.get(f"/api/bidding/{auction}/").json()["status"] == "closed"


def test_shares_are_made_anew_once(house: House) -> None:
    """P-6, G-7: a dry run tells the same and changes nothing; the key brings the first answer again."""
    policies(house, zero_sum=True)
    raid = house.things["raid"]
    give = {"item": "Ring", "user": house.officer_id, "amount": "5", "allow_overbid": True}
    assert house.officer.post(f"/api/raids/{raid}/loot/", json=give).status_code == 201
    before = shares(house)
    character = {"name": f"Officer{house.mark}", "owner": house.officer_id}
    assert house.officer.post("/api/characters/", json=character).status_code == 201
    line = {"characters": [{"name": character["name"]}]}
    assert house.officer.post(f"/api/raids/{raid}/attendance/", json=line).status_code == 201
    path, key = f"/api/raids/{raid}/loot/reshare/", {"Idempotency-Key": "once"}
    dry = house.officer.post(path, json={"reason": "I was there", "dry_run": True})
    assert (dry.status_code, shares(house)) == (200, before)
    first = house.officer.post(path, json={"reason": "I was there"}, headers=key)
    assert first.json() == dry.json()
    assert {"award_id", "item", "user_id", "before", "after"} == first.json()[0].keys()
    moved = [Points.of(row["after"]) - Points.of(row["before"]) for row in first.json()]
    assert sum(each.hundredths for each in moved) == 0
    assert house.officer.post(path, json={"reason": "I was there"}, headers=key).json() == first.json()
    assert house.officer.post(path, json={"reason": "I was there"}).json() == []
    assert house.officer.post(path, json={"reason": " "}).status_code == 422


def test_priorities_are_told_with_their_numbers(house: House) -> None:
    """P-6, G-3: amounts as strings; what belongs to another system is null."""
    first = priorities(house)[0]
    assert (first["position"], first["priority"], first["ep"]) == (1, first["current"], None)
    policies(house, system="epgp", base_points="10", minimum_effort="1")
    of_member = {row["user_id"]: row for row in priorities(house)}[house.member_id]
    assert (of_member["gp"][-3:], of_member["list_position"]) == (".00", None)
    policies(house, system="suicide_kings", start_list=[house.member_id])
    rows = priorities(house, "?everyone=true")
    of_member = {row["user_id"]: row for row in rows}[house.member_id]
    assert of_member["start_position"] == 1
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["user_id"] for row in priorities(house, f"?search=main{house.mark}")] == [house.member_id]
    assert priorities(house, "?rank=nobody") == priorities(house, "?character_class=nothing") == []
    assert house.member.get(f"/api/pools/{house.things['pool']}/priority/?ranks=x").status_code == 422


def test_a_list_is_drawn_and_can_be_recomputed(house: House) -> None:
    """P-6, L-15: from the seed that is answered."""
    pool = house.things["pool"]
    draw = house.officer.post(f"/api/pools/{pool}/priority/shuffle/").json()
    seed = bytes.fromhex(draw["seed"])

    def drawn(user_id: int) -> bytes:
        return hmac.new(seed, f"start:{pool}:{user_id}".encode(), hashlib.sha256).digest()

    assert draw["users"] == sorted(draw["users"], key=drawn)
    assert house.member_id in draw["users"]
    assert house.member.post(f"/api/pools/{pool}/priority/shuffle/").status_code == 403
