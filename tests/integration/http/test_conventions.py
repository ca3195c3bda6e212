"""What every answer keeps to: versions, request ids, headers, pages and problems."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import services
from tests.integration.databases import with_schema
from tests.integration.http.browser import Browser
from tests.integration.http.house import Api, House, serving


def test_an_answer_carries_version_and_request_id(settled: House) -> None:
    """Conventions: both are on every answer, problems included; an id that is given is kept."""
    given = settled.officer.get("/api/ranks/", headers={"X-Request-ID": "bot-7/raid:12"})
    made = settled.officer.get("/api/ranks/", headers={"X-Request-ID": "two words\t"})
    refused = settled.officer.get("/api/nowhere/", headers={"X-Request-ID": "abc"})
    assert given.headers["x-request-id"] == "bot-7/raid:12"
    assert re.fullmatch(r"[0-9a-f]{20}", made.headers["x-request-id"])
    assert refused.headers["x-request-id"] == refused.json()["request_id"] == "abc"
    assert {answer.headers["api-version"] for answer in (given, made, refused)} == {"1"}


def test_the_request_id_is_in_the_audit_log(house: House) -> None:
    """G-5: what a request changed can be found by its id."""
    house.officer.post("/api/ranks/", json={"name": "Veteran"}, headers={"X-Request-ID": "find-me"})
    (event,) = house.officer.get("/api/audit-log/?name=rank_created&page_size=1").json()["results"]
    assert event["request_id"] == "find-me"
    assert (event["entrypoint"], event["actor_kind"], event["user_id"]) == ("http", "api_key", house.officer_id)


def test_other_versions_are_refused(settled: House) -> None:
    """Conventions: the header API-Version says 1, or is absent."""
    answer = settled.officer.get("/api/ranks/", headers={"API-Version": "2"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unsupported_api_version")
    assert settled.officer.get("/api/ranks/", headers={"API-Version": "1"}).status_code == 200


def test_the_word_token_is_taken_for_bearer(settled: House) -> None:
    """Conventions: `Token …` as clients of Django REST send it, in any case."""
    for scheme in ("Token", "token", "BEARER"):
        answer = settled.api.client.get(
            "/api/users/me/", headers={"Authorization": f"{scheme} {settled.officer.token}"}
        )
        assert answer.status_code == 200
    answer = settled.api.client.get("/api/users/me/", headers={"Authorization": f"Basic {settled.officer.token}"})
    assert answer.status_code == 401


def test_answers_are_safe_to_show(settled: House) -> None:
    """O-13: no sniffing, no framing, and nothing that is kept where it should not be."""
    answer = settled.officer.get("/api/users/me/")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert settled.officer.get("/api/ranks/").headers["cache-control"] == "private, no-cache"
    assert "Authorization" in settled.officer.get("/api/ranks/").headers["vary"]


# --- pages ------------------------------------------------------------------------------------------------------------


def test_pages_are_those_of_django_rest(house: House) -> None:
    """Conventions: count, next, previous and results; the links lead from the first page to the last."""
    for number in range(4):
        house.officer.post("/api/characters/", json={"name": f"P{number} {house.mark}"})
    first = house.officer.get("/api/characters/?page_size=2&ordering=-name").json()
    assert (first["count"], len(first["results"]), first["previous"]) == (6, 2, None)
    seen, page = list(first["results"]), first
    while page["next"]:
        split = urlsplit(page["next"])
        assert split.path == "/api/characters/"
        page = house.officer.get(f"{split.path}?{split.query}").json()
        seen += page["results"]
    assert [row["name"] for row in seen] == sorted((row["name"] for row in seen), reverse=True)
    assert len(seen) == 6
    assert page["previous"] is not None


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=99999999999999999999", "page_size=0", "page_size=501"])
def test_pages_out_of_range_are_refused(query: str, settled: House) -> None:
    """G-8: the parameter is named, and what it accepts."""
    answer = settled.officer.get(f"/api/characters/?{query}")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == query.partition("=")[0]
    assert error["accepted"]


def test_links_name_the_outside_where_it_is_set(tmp_path: Path) -> None:
    """Conventions: behind a proxy the links are those of the public URL."""
    url = with_schema("sqlite", tmp_path)
    with serving(f"{url}?synchronous=off", public_url="https://dkp.example.org/") as api:
        answer = api.house().officer.get("/api/characters/?page_size=1")
        assert answer.json()["next"].startswith("https://dkp.example.org/api/characters/?")
        assert answer.headers["strict-transport-security"]
        assert api.document["servers"] == [{"url": "https://dkp.example.org"}]
    services.drop_database(url)


# --- filters ----------------------------------------------------------------------------------------------------------


def test_unknown_parameters_are_refused(settled: House) -> None:
    """G-8: a misspelt filter would otherwise answer everything."""
    answer = settled.officer.get("/api/characters/?clas=Cleric")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "clas"
    assert "character_class" in error["accepted"]


def test_parameters_are_given_once_and_may_be_empty(settled: House) -> None:
    """Conventions: an empty value says the same as none; two values for one name say nothing clear."""
    assert settled.officer.get("/api/characters/?status=&search=").status_code == 200
    assert settled.officer.get("/api/characters/?status=active&status=retired").status_code == 422


def test_the_leaderboard_is_narrowed_by_any_column(house: House) -> None:
    """P-10: sort and filter by any column."""
    board = f"/api/points/leaderboard/{house.things['pool']}/"
    assert [row["user_id"] for row in house.officer.get(board).json()] == [house.member_id, house.officer_id]
    for query, expected in (
        ("current_min=15", [house.member_id]),
        ("current_max=15", [house.officer_id]),
        ("current=15.50", [house.member_id]),
        ("character_class=cleric", [house.member_id]),
        ("attendance_30_min=100&earned_min=5", [house.member_id]),
        ("last_raid_min=2026-11-01T00:00:00Z", [house.member_id]),
        ("ordering=current", [house.officer_id, house.member_id]),
        (f"search=member-{house.mark}", [house.member_id]),
    ):
        assert [row["user_id"] for row in house.officer.get(f"{board}?{query}").json()] == expected, query


# --- which guild ------------------------------------------------------------------------------------------------------


def test_a_guild_is_named_by_slug_or_id(settled: House) -> None:
    """Conventions: X-Guild names the guild; one that is not there is 404."""
    for name in (settled.mark, str(settled.guild_id)):
        answer = settled.officer.within(name).get(f"/api/guilds/{name}/")
        assert answer.json()["slug"] == settled.mark
    for name in ("no-such-guild", "999999999999999999999999", "x" * 500, "b\u00e4r"):
        answer = settled.officer("GET", "/api/ranks/", headers={b"X-Guild": name.encode()})  # type: ignore[dict-item]
        assert answer.status_code == 404, answer.text


def test_whoever_is_in_several_guilds_says_which(api: Api) -> None:
    """Conventions: ambiguous is an error that names the choices; a default guild settles it."""
    one, other = api.house(), api.house()
    discord_id = one.officer.get("/api/users/me/").json()["discord_id"]
    other.officer.post("/api/memberships/", json={"discord_id": discord_id})
    answer = one.officer.get("/api/ranks/")
    assert (answer.status_code, answer.json()["code"]) == (422, "guild_not_chosen")
    assert one.mark in answer.json()["detail"]
    assert one.officer.within(other.mark).get("/api/ranks/").status_code == 200
    chosen = one.officer.within(one.mark)("PATCH", "/api/users/me/", json={"default_guild": one.mark})
    assert chosen.json()["default_guild"] == one.guild_id
    assert one.officer.get("/api/ranks/").status_code == 200
    forgotten = one.officer("PATCH", "/api/users/me/", json={"default_guild": None})
    assert forgotten.json()["default_guild"] is None


def test_everybody_chooses_what_to_be_notified_of(house: House) -> None:
    """A-5: what is not given, or null, stays; unknown kinds are refused with what there is."""
    me = "/api/users/me/"
    assert house.member.get(me).json()["muted"] == []
    assert house.member("PATCH", me, json={"muted": ["votes", "auctions"]}).json()["muted"] == ["auctions", "votes"]
    assert house.member("PUT", me, json={"locale": "de", "muted": None}).json()["muted"] == ["auctions", "votes"]
    answer = house.member("PATCH", me, json={"muted": ["votes", "everything"]})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, "muted")
    assert error["accepted"] == "applications, auctions, claims, events, points, votes"
    assert house.member("PATCH", me, json={"muted": []}).json()["muted"] == []
    assert house.officer.get(me).json()["muted"] == []


def test_what_is_ones_own_asks_for_no_guild(api: Api, house: House, other_house: House) -> None:
    """A-3, A-12: by key and session, for members of several guilds; where one is named, it counts."""
    discord_id = house.things["discord_id"]
    added = other_house.officer.post("/api/memberships/", json={"discord_id": discord_id, "role_group": "member"})
    assert added.status_code == 201, added.text
    browser = Browser(api)
    browser.keep("dkp_session", api.session_of(house.member_id))
    for path in ("", "export/", "consents/", "notices/"):
        assert house.member.get(f"/api/users/me/{path}").status_code == 200
        assert browser.api_json("GET", f"/api/users/me/{path}").status_code == 200
    chosen = house.member.get("/api/ranks/")
    assert (chosen.status_code, chosen.json()["code"]) == (422, "guild_not_chosen")
    told = house.member.within(other_house.mark).get("/api/auth/session/").json()
    assert (told["guild_id"], bool(told["permissions"])) == (other_house.guild_id, True)
    told = browser.api_json("GET", "/api/auth/session/").json()
    assert (told["guild_id"], told["permissions"], len(told["guilds"])) == (None, [], 2)
    assert browser.api_json("DELETE", "/api/auth/sessions/", csrf=told["csrf_token"]).status_code == 200
    assert house.member.within("nowhere").get("/api/users/me/").status_code == 404


def test_a_deactivated_member_is_shut_out_at_once(house: House) -> None:
    """A-10: also from lists that were just read."""
    member = house.member.within(house.mark)
    assert member.get("/api/ranks/").status_code == 200
    body = {"status": "deactivated", "reason": "left in anger"}
    house.officer("PATCH", f"/api/memberships/{house.member_id}/", json=body)
    answer = member.get("/api/ranks/")
    assert (answer.status_code, answer.json()["code"]) == (403, "membership_deactivated")
    assert house.member.get("/api/ranks/").status_code == 403


# --- problems ---------------------------------------------------------------------------------------------------------


def test_paths_that_are_not_there_are_problems(settled: House) -> None:
    """RFC 9457: also for what the router refuses."""
    for path in ("/", "/api/", "/api/nowhere/", "/api/characters/1/2/3/", "/api//%00/", "/..%2f..%2fetc/passwd"):
        answer = settled.officer.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] in ("no_such_path", "not_found")


def test_methods_that_are_not_taken_are_problems(settled: House) -> None:
    """RFC 9110: 405 names those that are."""
    answer = settled.officer("DELETE", "/api/characters/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


@pytest.mark.parametrize("text", ["abc", "0", "-1", "1.5", "9223372036854775808", "9" * 400, "%00", "\u0661", "1%2F2"])
def test_ids_that_are_none_are_not_found(text: str, settled: House) -> None:
    """G-8: never a 500 for what a client made up."""
    for path in ("/api/characters/{}/", "/api/points/user/{}/", "/api/raids/{}/attendance/"):
        answer = settled.officer.get(path.format(text))
        assert answer.status_code == 404, answer.text


def test_a_problem_says_all_it_should(settled: House) -> None:
    """RFC 9457, G-8: type, title, status, detail, instance; the code, the request's id, and each field."""
    answer = settled.officer.post("/api/ranks/", json={"name": ""})
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["instance"] == "/api/ranks/"
    assert problem["title"]
    assert problem["errors"] == [{"field": "name", "fault": "it is empty", "accepted": "1 to 64 printable characters"}]
    page = settled.api.client.get(problem["type"])
    assert page.status_code == 200
    assert problem["code"] in page.text


def test_conflicts_are_409(settled: House) -> None:
    """G-8: the state of things stands in the way."""
    answer = settled.officer.post("/api/characters/", json={"name": f"MAIN{settled.mark.upper()}"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


# --- pages to read ----------------------------------------------------------------------------------------------------


def test_the_document_can_be_read_as_a_page(api: Api) -> None:
    """I-2: a browsable page with nothing from elsewhere, under a policy that would not let it in."""
    page = api.client.get("/schema/")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://testserver", "")
    assert "default-src 'none'; style-src 'sha256-" in page.headers["content-security-policy"]
    for path in api.document["paths"]:
        assert path in page.text


def test_cors_is_a_setting(tmp_path: Path, settled: House) -> None:
    """Conventions: origins that are named may call from a browser, others may not."""
    origin = "https://guild.example.org"
    assert "access-control-allow-origin" not in settled.officer.get("/api/ranks/", headers={"Origin": origin}).headers
    url = with_schema("sqlite", tmp_path)
    with serving(f"{url}?synchronous=off", cors_origins=(origin,)) as api:
        house = api.house()
        for _ in range(2):  # the second is answered from what was just read
            answer = house.officer.get("/api/ranks/", headers={"Origin": origin})
            assert answer.headers["access-control-allow-origin"] == origin
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-guild"}
        preflight = api.client.options("/api/ranks/", headers=asked)
        assert preflight.status_code < 300
        assert "POST" in preflight.headers["access-control-allow-methods"]
        denied = house.officer.get("/api/ranks/", headers={"Origin": "https://evil.example"})
        assert denied.headers.get("access-control-allow-origin") != "https://evil.example"
    services.drop_database(url)
