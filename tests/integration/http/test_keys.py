"""Keys over HTTP: where they go, what they do at the time of the call, and what a guesser is told (A-6 to A-8)."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest

from dkp_core.accounts import SCOPES
from tests.integration.http.house import House


def told(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and sentence."""
    problem = answer.json()
    return answer.status_code, problem["code"], problem["detail"]


@pytest.mark.parametrize(
    ("headers", "query", "where"),
    [
        ({"X-API-Key": "{key}"}, "", "x-api-key"),
        ({"X-Auth-Token": "{key}"}, "", "x-auth-token"),
        ({"Authorization": "{key}"}, "", "Authorization, but not as Bearer"),
        ({"Authorization": "Basic {key}"}, "", "Authorization, but not as Bearer"),
        ({"Authorization": "Bearer"}, "", "Authorization, but not as Bearer"),
        ({}, "?key={key}", "in the address"),
        ({}, "?access_token={key}", "in the address"),
    ],
    ids=str,
)
def test_a_key_in_the_wrong_place_is_told_the_right_one(
    headers: Mapping[str, str], query: str, where: str, settled: House
) -> None:
    """A-8: 401, whether the key is good or not; and the key is not repeated."""
    key = settled.officer.token or ""
    sent = {name: value.format(key=key) for name, value in headers.items()}
    answer = settled.api.client.get(f"/api/ranks/{query.format(key=key)}", headers=sent)
    status, code, detail = told(answer)
    assert (status, code) == (401, "key_misplaced")
    assert where in detail
    assert "Authorization: Bearer <key>" in detail
    assert key not in answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_without_anything_like_a_key_one_is_asked_for(settled: House) -> None:
    """A-8: plainly."""
    assert told(settled.api.nobody.get("/api/ranks/"))[:2] == (401, "not_authenticated")


def test_a_guess_is_answered_the_same_whatever_is_wrong_with_it(house: House) -> None:
    """A-8: an unknown key, a known prefix with another secret, a revoked key, and what is no key at all."""
    made = house.officer.post("/api/auth/api-keys/", json={"name": "brief"}).json()
    house.officer("DELETE", f"/api/auth/api-keys/{made['id']}/")
    prefix = (house.officer.token or "").split("_")[1]
    guesses = ("dkp_aaaaaaaaaaaa_bbbb", f"dkp_{prefix}_bbbb", made["token"], "nonsense", f"dkp_{prefix}_")
    answers = [house.api.by(guess).get("/api/ranks/") for guess in guesses]
    assert {told(answer) for answer in answers} == {told(answers[0])}
    assert {frozenset(answer.headers) for answer in answers} == {frozenset(answers[0].headers)}
    assert answers[0].status_code == 401


def test_a_personal_key_does_what_its_owner_may_at_that_moment(house: House) -> None:
    """A-6: promoted, demoted, ended and deactivated between calls; the key stays the same."""
    key, membership = house.member, f"/api/memberships/{house.member_id}/"

    def become(**change: str) -> None:
        answer = house.officer("PATCH", membership, json={**change, "reason": "test"})
        assert answer.status_code == 200, answer.text

    def create() -> int:
        return key.within(house.mark).post("/api/ranks/", json={"name": f"Rank {len(names())}"}).status_code

    def names() -> list[str]:
        return [row["name"] for row in house.officer.get("/api/ranks/").json()]

    assert create() == 403
    become(role_group="officer")
    assert create() == 201
    assert key.get("/api/audit-log/").status_code == 200
    become(role_group="member")
    assert create() == 403
    assert key.get("/api/audit-log/").status_code == 403
    become(status="ended")
    assert key.within(house.mark).get("/api/pools/").status_code == 403
    become(status="deactivated")
    denied = key.within(house.mark).get("/api/ranks/")
    assert (denied.status_code, denied.json()["code"]) == (403, "membership_deactivated")
    become(status="in_force")
    assert key.get("/api/pools/").status_code == 200


def test_a_bot_keys_scopes_hold_from_the_next_call_on(house: House) -> None:
    """A-7: scopes can be changed, both ways, and are never more than what was named."""
    made = house.officer.post("/api/auth/bot-keys/", json={"name": "bot", "scopes": ["points:read"]}).json()
    bot, scopes = house.api.by(made["token"]), f"/api/auth/bot-keys/{made['id']}/permissions/"
    assert (bot.get("/api/pools/").status_code, bot.get("/api/ranks/").status_code) == (200, 403)
    assert house.officer("PUT", scopes, json={"scopes": ["roster:read"]}).status_code == 200
    assert (bot.get("/api/pools/").status_code, bot.get("/api/ranks/").status_code) == (403, 200)
    for denied in ("bot-keys:write", "votes:read", "votes:own", "bids:own"):
        assert denied not in SCOPES
        assert house.officer("PUT", scopes, json={"scopes": [denied]}).status_code == 422
    assert bot("PUT", scopes, json={"scopes": ["points:read"]}).status_code == 403


def test_a_bot_acts_for_a_member_only_as_far_as_both_may(house: House) -> None:
    """A-7: it needs the key's scope and the member's own permission."""
    bot, discord_id = house.bot("bids:write", "auctions:read"), house.things["discord_id"]
    bid = {"auction": house.things["auction"], "amount": "2", "discord_id": discord_id}
    assert house.bot("auctions:read").post("/api/bidding/place-bid/", json=bid).status_code == 403
    house.officer("PATCH", f"/api/memberships/{house.member_id}/", json={"role_group": "guest", "reason": "x"})
    assert bot.post("/api/bidding/place-bid/", json=bid).status_code in (403, 409)
    house.officer("PATCH", f"/api/memberships/{house.member_id}/", json={"role_group": "member", "reason": "x"})
    assert bot.post("/api/bidding/place-bid/", json=bid).status_code == 201
