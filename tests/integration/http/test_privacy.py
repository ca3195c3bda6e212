"""What is one's own over HTTP: everything held on oneself, consents, and being erased."""

from __future__ import annotations

import secrets

from tests.integration.http.house import Caller, House


def newcomer(house: House, role_group: str = "member") -> tuple[int, str, Caller]:
    """Another member: id, username, and a key of theirs."""
    username = f"newcomer-{secrets.token_hex(4)}"
    body = {"discord_id": 10**16 + secrets.randbelow(10**12), "username": username, "role_group": role_group}
    user_id = house.officer.post("/api/memberships/", json=body).json()["user_id"]
    return user_id, username, house.api.key_of(user_id)


def test_everybody_exports_what_is_held_on_them(house: House) -> None:
    """A-12: and only that; secrets are not in it."""
    answer = house.member.get("/api/users/me/export/")
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["user_id"] == house.member_id
    held = document["sections"]
    assert held["profile"][0]["username"] == f"member-{house.mark}"
    assert {row["name"] for row in held["characters"]} == {f"Main{house.mark}", f"Alt{house.mark}"}
    assert held["keys"][0]["name"] == "test"
    assert f"officer-{house.mark}" not in answer.text
    assert house.member.token is not None
    assert house.member.token.split("_")[2] not in answer.text
    assert answer.headers["cache-control"] in ("no-store", "private, no-cache")


def test_a_bot_has_nothing_of_its_own(house: House) -> None:
    """A-7, A-12: what is a person's is no program's."""
    bot = house.bot("roster:read")
    for method, path, body in (
        ("GET", "/api/users/me/export/", None),
        ("GET", "/api/users/me/consents/", None),
        ("POST", "/api/users/me/consents/", {"kind": "email"}),
        ("DELETE", "/api/users/me/consents/?kind=email", None),
        ("DELETE", "/api/users/me/", {"confirm": f"officer-{house.mark}"}),
    ):
        answer = bot(method, path, **({} if body is None else {"json": body}))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), path


def test_consent_is_given_and_withdrawn_with_its_dates(house: House) -> None:
    """A-12, G-8: an unknown kind is named with those there are."""
    paths = "/api/users/me/consents/"
    assert house.member.get(paths).json() == []
    given = house.member.post(paths, json={"kind": "email"})
    assert (given.status_code, given.json()["kind"], given.json()["withdrawn_at"]) == (200, "email", None)
    assert house.member.post(paths, json={"kind": "email"}).json() == given.json()
    assert house.member("DELETE", f"{paths}?kind=email").status_code == 204
    assert house.member("DELETE", f"{paths}?kind=email").status_code == 204
    (kept,) = house.member.get(paths).json()
    assert kept["given_at"] <= kept["withdrawn_at"]
    refused = house.member.post(paths, json={"kind": "everything"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "kind")
    assert "privacy, email" in refused.text
    assert house.officer.get(paths).json() == []


def test_who_confirms_it_is_erased_and_let_in_no_more(house: House) -> None:
    """A-12: at once; others see a pseudonym."""
    user_id, username, caller = newcomer(house)
    refused = caller("DELETE", "/api/users/me/", json={"confirm": "somebody"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "confirm")
    assert caller("DELETE", "/api/users/me/", json={}).status_code in (400, 422)
    assert caller.get("/api/users/me/").json()["username"] == username
    assert caller("DELETE", "/api/users/me/", json={"confirm": username}).status_code == 204
    assert caller.get("/api/users/me/").status_code == 401
    shown = house.officer.get(f"/api/users/{user_id}/").json()
    assert (shown["username"], shown["discord_id"]) == (f"erased-{user_id}", None)
    assert username not in house.officer.get("/api/memberships/?page_size=500").text
    back = house.officer("PATCH", f"/api/memberships/{user_id}/", json={"status": "in_force"})
    assert (back.status_code, back.json()["code"]) == (409, "user_erased")


def test_the_last_officer_names_another_first(house: House) -> None:
    """A-2, A-12: a guild is never left without one."""
    confirmed = {"confirm": f"officer-{house.mark}"}
    refused = house.officer("DELETE", "/api/users/me/", json=confirmed)
    assert (refused.status_code, refused.json()["code"]) == (409, "last_officer")
    newcomer(house, "officer")
    assert house.officer("DELETE", "/api/users/me/", json=confirmed).status_code == 204
