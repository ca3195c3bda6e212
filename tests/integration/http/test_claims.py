"""Claims, merges and Discord accounts over HTTP: who learns what, and that nothing is done twice (R-8, R-9, U-6)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.http.house import Caller, House

PARSE = "/api/points/parse-attendance/"


@pytest.fixture
def guest(house: House) -> Caller:
    """Somebody who has just signed in, without any place in the guild."""
    elsewhere = house.api.house()
    return house.api.key_of(elsewhere.newcomer()).within(house.mark)


def made(house: House, caller: Caller) -> dict[str, Any]:
    """A claim of theirs on somebody new, as they are answered."""
    answer = caller.post("/api/claims/", json={"character": house.unlinked().character})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def current(house: House, user_id: int) -> Decimal:
    """A user's points, as the officer sees them."""
    pool = house.things["pool"]
    return Decimal(house.officer.get(f"/api/points/user/{user_id}/pool/{pool}/").json()["current"])


def test_the_code_is_shown_to_who_claims_and_to_nobody_else(house: House, guest: Caller) -> None:
    """R-8: not to officers either, and not in the audit log; a guest does not learn whose characters they are."""
    claim = made(house, guest)
    assert claim["code"].startswith("claim-")
    assert (claim["user_id"], claim["username"], claim["status"]) == (None, None, "pending")
    assert guest.get(f"/api/claims/{claim['id']}/").json()["code"] == claim["code"]
    assert guest.get("/api/claims/").json()["results"][0]["code"] == claim["code"]
    for caller, path in (
        (house.officer, f"/api/claims/{claim['id']}/"),
        (house.officer, "/api/claims/"),
        (house.officer, "/api/audit-log/?page_size=500"),
        (house.bot("claims:write"), f"/api/claims/{claim['id']}/"),
        (house.member, "/api/claims/"),
    ):
        answer = caller.get(path)
        assert answer.status_code == 200, answer.text
        assert claim["code"] not in answer.text
    shown = house.officer.get(f"/api/claims/{claim['id']}/").json()
    assert (shown["character"], shown["code"]) == (claim["character"], None)
    assert shown["username"] == f"was-{claim['character']}"
    assert house.member.get(f"/api/claims/{claim['id']}/").status_code == 404


def test_a_guest_learns_of_nobody_else(house: House, guest: Caller) -> None:
    """R-8, G-1: unknown names, linked people's and merged users' characters are answered alike; no other list is."""
    merged = house.unlinked()
    into = house.newcomer()
    assert house.officer.post(f"/api/users/{merged.user_id}/merge/", json={"into": into}).status_code == 200
    elsewhere = house.api.house().unlinked()
    answers = set()
    for name in ("Nobody", f"Main{house.mark}", merged.character, elsewhere.character):
        refused = guest.post("/api/claims/", json={"character": name})
        answers.add((refused.status_code, refused.json()["code"], refused.json()["detail"].replace(name, "…")))
    assert len(answers) == 1
    assert answers.pop()[:2] == (404, "not_found")
    claim = made(house, guest)
    user_id = house.officer.get(f"/api/claims/{claim['id']}/").json()["user_id"]
    assert guest.get(f"/api/claims/?user_id={user_id}").status_code == 403
    assert guest.get(f"/api/claims/?claimant_id={house.member_id}").json()["results"] == []
    for path in ("/api/merges/", f"/api/users/{user_id}/", "/api/merges/1/"):
        assert guest.get(path).status_code == 403, path


def test_an_approved_claim_makes_them_one_once(house: House, guest: Caller) -> None:
    """R-8, I-11: a request that is sent again is answered as before; the guest is a member then, and no more."""
    claim = made(house, guest)
    user_id = house.officer.get(f"/api/claims/{claim['id']}/").json()["user_id"]
    path, headers = f"/api/claims/{claim['id']}/approve/", {"Idempotency-Key": secrets.token_hex(8)}
    first = house.officer.post(path, json={"reason": "of old"}, headers=headers)
    again = house.officer.post(path, json={"reason": "of old"}, headers=headers)
    assert (first.status_code, first.json()) == (200, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert house.officer.post(path, json={}).json()["code"] == "claim_decided"
    claimant = claim["claimant_id"]
    assert first.json()["into"] == claimant
    assert [each["current"] for each in first.json()["points"]] == ["5.00"]
    assert [current(house, each) for each in (user_id, claimant)] == [0, 5]
    shown = guest.get(f"/api/claims/{claim['id']}/").json()
    assert (shown["status"], shown["reason"], shown["code"]) == ("approved", "of old", None)
    place = house.officer.get(f"/api/users/{claimant}/").json()
    assert place["role_group"] == "member"
    assert house.officer.get(f"/api/users/{user_id}/").json()["merged_into"] == claimant
    (told,) = [each for each in guest.get("/api/users/me/notices/").json()["results"] if each["kind"] == "claims"]
    assert claim["character"] in told["subject"]


def test_a_merge_is_tried_made_once_and_undone_once(house: House) -> None:
    """R-9, I-11: `dry_run` tells the same and changes nothing."""
    old, into = house.unlinked(), house.newcomer()
    path = f"/api/users/{old.user_id}/merge/"
    body = {"into": into, "reason": "the same person"}
    state = house.state()
    tried = house.officer.post(path, json={**body, "dry_run": True}).json()
    assert house.state() == state
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    report = house.officer.post(path, json=body, headers=headers).json()
    assert house.officer.post(path, json=body, headers=headers).json() == report
    assert {**report, "applied": False, "merge_id": None} == tried
    assert current(house, into) == 5
    assert house.officer.post(path, json=body).json()["code"] == "user_merged"
    undo, headers = f"/api/merges/{report['merge_id']}/undo/", {"Idempotency-Key": secrets.token_hex(8)}
    undone = house.officer.post(undo, json={"reason": "two people"}, headers=headers)
    assert undone.json()["undone_reason"] == "two people"
    assert house.officer.post(undo, json={"reason": "two people"}, headers=headers).json() == undone.json()
    assert house.officer.post(undo, json={"reason": "two people"}).json()["code"] == "merge_undone"
    assert [current(house, each) for each in (old.user_id, into)] == [5, 0]


def test_a_discord_id_that_is_taken_names_both_here_and_nobody_from_elsewhere(house: House) -> None:
    """R-9, G-1: a conflict that an officer settles by a merge, if it is one at all."""
    old = house.unlinked()
    taken = {"user": old.user_id, "discord_id": house.things["discord_id"]}
    refused = house.officer.post("/api/discord/link-member/", json=taken)
    assert (refused.status_code, refused.json()["code"]) == (409, "discord_id_taken")
    assert {str(house.member_id), str(old.user_id)} <= set(refused.json()["detail"].replace(".", " ").split())
    other = house.api.house()
    foreign = house.officer.post(
        "/api/discord/link-member/", json={"user": old.user_id, "discord_id": other.things["discord_id"]}
    )
    assert (foreign.status_code, foreign.json()["code"]) == (409, "discord_id_taken")
    assert str(other.member_id) not in foreign.text.replace(str(other.things["discord_id"]), "")
    assert other.mark not in foreign.text
    linked = house.officer.post(
        "/api/discord/link-member/", json={"character": old.character, "discord_id": str(secrets.randbelow(10**17))}
    )
    assert (linked.status_code, linked.json()["id"]) == (200, old.user_id)


def test_a_discord_account_is_taken_out_of_one_guild(house: House) -> None:
    """U-6: points and characters stay here with somebody unlinked; the account may come back with nothing."""
    user_id = house.newcomer()
    name = f"Old{secrets.token_hex(4)}"
    assert house.officer.post("/api/characters/", json={"name": name, "owner": user_id}).status_code == 201
    moved = {"user": user_id, "amount": "3.50", "reason": "x"}
    assert house.officer.post("/api/points/adjustments/", json=moved).status_code == 201
    gone = house.officer("DELETE", f"/api/discord/unlink-member/{user_id}/?reason=wrong")
    assert (gone.status_code, gone.text) == (204, "")
    (merge,) = house.officer.get(f"/api/merges/?user_id={user_id}").json()["results"]
    assert (merge["kind"], merge["reason"], merge["characters"]) == ("unlink", "wrong", 1)
    assert (merge["user_id"], merge["into_username"]) == (user_id, name)
    assert [current(house, each) for each in (user_id, merge["into"])] == [0, Decimal("3.5")]
    again = house.officer("DELETE", f"/api/discord/unlink-member/{user_id}/")
    assert (again.status_code, again.json()["code"]) == (409, "unlinked_before")
    last = house.officer("DELETE", f"/api/discord/unlink-member/{house.officer_id}/")
    assert (last.status_code, last.json()["code"]) == (409, "last_officer")


def test_a_code_in_an_uploaded_log_proves_a_claim(house: House, guest: Caller) -> None:
    """R-8: the raid is recorded as ever, and the claim is approved in the same request."""
    claim = made(house, guest)
    owner = house.officer.get(f"/api/claims/{claim['id']}/").json()["user_id"]
    speaker = "Alt" + "".join(secrets.choice("abcdef") for _ in range(12))
    assert house.officer.post("/api/characters/", json={"name": speaker, "owner": owner}).status_code == 201
    stamp = f"[{datetime.now(UTC):%a %b %d %H:%M:%S %Y}]"
    lines = [
        f"{speaker} tells the guild, 'it is me: {claim['code'].upper()}'",
        *("Players on EverQuest:", "---------------------------", f"[60 Warlock] {speaker} (Dark Elf)"),
        "There is 1 player in Sanctus Seru.",
    ]
    dump = {
        "text": "".join(f"{stamp} {line}\r\n" for line in lines),
        "file_name": "eqlog_Vulak_firiona.txt",
        "event_type": house.things["event_type"],
        "zone": "UTC",
    }
    assert house.officer.post(PARSE, json=dump).status_code == 200
    assert house.officer.get(f"/api/claims/{claim['id']}/").json()["status"] == "pending"
    sent = house.officer.post(PARSE, json={**dump, "apply": True})
    assert (sent.status_code, sent.json()["awarded"]) == (201, 1), sent.text
    shown = house.officer.get(f"/api/claims/{claim['id']}/").json()
    assert (shown["status"], shown["by_code"]) == ("approved", True)
    assert current(house, claim["claimant_id"]) == Decimal("10.5")
