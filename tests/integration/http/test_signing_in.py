"""Signing in, sessions, cookies and forms over HTTP; Discord is in memory (the whole way is in test_sign_in_walk)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from dkp_adapters.discord.absent import NoDiscordSignIn
from dkp_core.accounts import DiscordIdentity
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import UserId
from tests import services
from tests.integration.databases import with_schema
from tests.integration.http.browser import Browser
from tests.integration.http.house import Api, House, serving

CALLBACK = "/accounts/discord/login/callback/"
SESSIONS = "/api/auth/sessions/"


@pytest.fixture
def browser(api: Api) -> Browser:
    """A browser that was never here."""
    return Browser(api)


@pytest.fixture(scope="module")
def secure_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API of an installation that the outside reaches over HTTPS."""
    url = with_schema("sqlite", tmp_path_factory.mktemp("secure"))
    with serving(f"{url}?synchronous=off", public_url="https://dkp.example.org") as found:
        found.house()
        yield found
    services.drop_database(url)


def a_person(api: Api, username: str = "alma") -> DiscordIdentity:
    """Somebody with a Discord account whom nobody here knows."""
    return DiscordIdentity.of(str(10**16 + int.from_bytes(username.encode()[:5]) + next(_numbers)), username)


_numbers = iter(range(10**6, 10**9, 10**4))


def goes_to_discord(browser: Browser, next_path: str = "") -> str:
    """The address that the browser is sent to."""
    query = f"?next={quote(next_path, safe='')}" if next_path else ""
    answer = browser.get(f"/accounts/discord/login/{query}")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def comes_back(browser: Browser, url: str, person: DiscordIdentity) -> httpx.Response:
    """The person says yes, and the browser is sent back."""
    state, code = browser.api.discord.allow_at(url, person)
    return browser.get(f"{CALLBACK}?code={code}&state={state}")


def signed_in(api: Api, user_id: int, **more: bool) -> Browser:
    """A user's browser, with a session."""
    browser = Browser(api, **more)
    browser.keep("__Host-dkp_session" if more.get("secure") else "dkp_session", api.session_of(user_id))
    return browser


# --- with Discord -----------------------------------------------------------------------------------------------------


def test_a_stranger_signs_in_and_is_shown_a_key_once(browser: Browser) -> None:
    """A-1, A-6: then the way leads to where they wanted to go, and a second sign-in straight there."""
    person = a_person(browser.api)
    welcome = comes_back(browser, goes_to_discord(browser, "/schema/?x=1&y=2"), person)
    assert welcome.status_code == 200
    assert welcome.headers["cache-control"] == "no-store"
    (key,) = re.findall(r"dkp_[a-z2-7]{12}_[a-z2-7]{52}", welcome.text)
    assert 'href="/schema/?x=1&amp;y=2"' in welcome.text
    by_key = browser.api.by(key).get("/api/users/me/").json()
    by_session = browser.api_json("GET", "/api/users/me/").json()
    assert by_key == by_session
    assert by_key["discord_id"] == person.discord_id
    first = browser.session
    again = comes_back(browser, goes_to_discord(browser, "/schema/"), person)
    assert (again.status_code, again.headers["location"]) == (303, "/schema/")
    assert browser.session != first
    assert key not in again.text


def test_no_cookie_is_read_by_scripts_or_sent_from_elsewhere(browser: Browser) -> None:
    """O-13: HttpOnly, SameSite=Lax, for all paths; Secure where it can be."""
    comes_back(browser, goes_to_discord(browser), a_person(browser.api))
    (name,) = browser.cookies
    kept = browser.cookies[name]
    assert name == "dkp_session"
    assert (kept["httponly"], kept["samesite"], kept["path"], kept["secure"], kept["domain"]) == (
        True,
        "Lax",
        "/",
        "",
        "",
    )
    assert kept["max-age"] == str(2160 * 3600)


@pytest.mark.parametrize("over_https", [True, False], ids=["https", "as a proxy asks"])
def test_over_https_cookies_are_such_as_nobody_else_can_set(over_https: bool, secure_api: Api) -> None:
    """O-13: __Host-, Secure, and no cookie of another name is adopted."""
    browser = Browser(secure_api, secure=over_https)
    url = goes_to_discord(browser)
    assert parse_qs(urlsplit(url).query)["redirect_uri"] == [f"https://dkp.example.org{CALLBACK}"]
    (sign_in,) = browser.cookies
    assert (sign_in, browser.cookies[sign_in]["secure"]) == ("__Host-dkp_sign_in", True)
    assert browser.cookies[sign_in]["max-age"] == "600"
    comes_back(browser, url, a_person(secure_api))
    (session,) = browser.cookies
    assert (session, browser.cookies[session]["secure"]) == ("__Host-dkp_session", True)
    assert browser.api_json("GET", "/api/users/me/").status_code == 200
    plain = Browser(secure_api, secure=over_https)
    plain.keep("dkp_session", browser.session or "")
    assert plain.api_json("GET", "/api/users/me/").status_code == 401


def test_an_answer_is_taken_once_and_only_where_it_was_asked(browser: Browser) -> None:
    """A-1: replayed, foreign, without cookie, with another's: each is told on a page, and nobody is signed in."""
    person = a_person(browser.api)
    url = goes_to_discord(browser)
    state, code = browser.api.discord.allow_at(url, person)
    stranger = Browser(browser.api)
    fixated = Browser(browser.api)
    goes_to_discord(fixated)
    for somebody, query in (
        (stranger, f"code={code}&state={state}"),  # without a cookie; the attempt is used up by it
        (browser, f"code={code}&state={state}"),
        (browser, f"code={code}&state={'s' * 52}"),
        (browser, f"code={code}"),
        (browser, f"state={state}"),
        (browser, ""),
        (fixated, f"code={code}&state={state}"),
    ):
        answer = somebody.get(f"{CALLBACK}?{query}")
        assert answer.status_code == 403, query
        assert "Begin again" in answer.text
        assert somebody.session is None
        assert not somebody.cookies  # an attempt is one


def test_a_cookie_that_somebody_else_chose_is_never_adopted(browser: Browser) -> None:
    """A-1: neither that of a session nor that of an attempt (fixation)."""
    victim_session = f"0d5c4f0e-6a58-4c39-9a53-0c3f0a3b8f11.{'a' * 52}"
    browser.keep("dkp_session", victim_session)
    browser.keep("dkp_sign_in", "b" * 52)
    url = goes_to_discord(browser)
    assert browser.cookies["dkp_sign_in"].value != "b" * 52
    comes_back(browser, url, a_person(browser.api))
    assert browser.session not in (None, victim_session)
    twice = Browser(browser.api)
    twice.keep("dkp_session", browser.session or "")
    both = {"Cookie": f"dkp_session=x.y; dkp_session={browser.session}"}
    assert twice.api_json("GET", "/api/users/me/", headers=both).status_code == 401


def test_who_says_no_is_told_so(browser: Browser) -> None:
    """A-1: error=access_denied, on a page or as a problem."""
    for accept, told in (("text/html", "Begin again"), ("application/json", '"code":"sign_in_denied"')):
        state, _ = browser.api.discord.allow_at(goes_to_discord(browser), a_person(browser.api))
        answer = browser.get(f"{CALLBACK}?error=access_denied&state={state}", headers={"Accept": accept})
        assert answer.status_code == 403
        assert told in answer.text


def test_a_discord_that_is_down_is_no_fault_of_ours(browser: Browser) -> None:
    """G-8: 503, and when to come again."""
    url = goes_to_discord(browser)
    browser.api.discord.down = True
    try:
        answer = comes_back(browser, url, a_person(browser.api))
    finally:
        browser.api.discord.down = False
    assert answer.status_code == 503
    assert "try again" in answer.text


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere(path: str, browser: Browser) -> None:
    """O-13: no open redirect."""
    answer = browser.get(f"/accounts/discord/login/?next={quote(path, safe='')}")
    assert answer.status_code == 422
    assert "location" not in answer.headers


def test_without_discord_it_is_said_how_else(tmp_path: Path) -> None:
    """A-11: a clear page, and no link that leads nowhere."""
    url = with_schema("sqlite", tmp_path)
    with serving(f"{url}?synchronous=off") as api:
        api.use_cases.discord.override(NoDiscordSignIn())
        browser = Browser(api)
        answer = browser.get("/accounts/discord/login/")
        assert answer.status_code == 409
        assert "one-time link" in answer.text
        assert browser.get("/accounts/discord/login/", headers={"Accept": "*/*"}).json()["code"] == "discord_not_set_up"
        assert "one-time link" in browser.get("/accounts/").text
        body = {"code": "c", "code_verifier": "v" * 43, "redirect_uri": "http://localhost/"}
        assert api.nobody.post("/api/auth/token/discord/", json=body).json()["code"] == "discord_not_set_up"
    services.drop_database(url)


def test_whom_the_operator_shut_out_is_out_at_once(api: Api, house: House) -> None:
    """A-10: deactivated in the middle of a session; no way back in."""
    browser = signed_in(api, house.member_id)
    assert browser.api_json("GET", "/api/ranks/").status_code == 200
    api.use_cases.set_user_active()(UserId(house.member_id), active=False, by=operator("test"))
    assert browser.api_json("GET", "/api/ranks/").status_code == 401
    person = DiscordIdentity.of(house.things["discord_id"], "whoever")
    answer = comes_back(browser, goes_to_discord(browser), person)
    assert answer.status_code == 403
    assert "shut out" in answer.text


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_a_session_may_do_what_its_user_may(api: Api, house: House) -> None:
    """A-2, A-3: the same answers as by key, the same refusals; the guild is found alike."""
    browser = signed_in(api, house.officer_id)
    for path in ("/api/ranks/", "/api/characters/", "/api/users/me/", f"/api/guilds/{house.mark}/"):
        assert browser.api_json("GET", path).json() == house.officer.get(path).json()
    member = signed_in(api, house.member_id)
    assert member.api_json("GET", "/api/audit-log/").status_code == 403
    assert member.api_json("GET", "/api/ranks/", headers={"X-Guild": "nowhere"}).status_code == 404
    made = browser.api_json("POST", "/api/ranks/", json={"name": "Veteran"}, csrf=browser.csrf())
    assert made.status_code == 201
    (event,) = house.officer.get("/api/audit-log/?name=rank_created&page_size=1").json()["results"]
    assert (event["actor_kind"], event["actor_id"], event["user_id"]) == (
        "user",
        str(house.officer_id),
        house.officer_id,
    )


def test_changes_within_a_session_need_its_token(api: Api, house: House) -> None:
    """O-13: another site can have a browser send the cookie, but does not know this."""
    browser, other = signed_in(api, house.officer_id), signed_in(api, house.officer_id)
    before = house.state()
    for method, path, body in (
        ("POST", "/api/ranks/", {"name": "Forged"}),
        ("PATCH", f"/api/guilds/{house.mark}/", {"name": "Forged"}),
        ("PUT", "/api/users/me/", {"locale": "de"}),
        ("DELETE", f"/api/characters/{house.things['alt']}/", None),
        ("DELETE", SESSIONS, None),
        ("POST", "/api/auth/token/", {"name": "forged"}),
    ):
        for csrf in (None, "", "x", other.csrf(), (browser.session or "").partition(".")[2]):
            answer = browser.api_json(method, path, json=body, csrf=csrf)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed"), (method, path, csrf)
    assert house.state() == before
    assert browser.csrf() == browser.csrf() != other.csrf()
    assert browser.api_json("PUT", "/api/users/me/", json={"locale": "de"}, csrf=browser.csrf()).status_code == 200


def test_a_key_goes_before_a_session_and_needs_no_token(api: Api, house: House) -> None:
    """A-8: whatever the Authorization header holds, it alone tells who calls."""
    browser = signed_in(api, house.officer_id)
    as_member = {"Authorization": f"Bearer {house.member.token}"}
    assert browser.api_json("GET", "/api/users/me/", headers=as_member).json()["id"] == house.member_id
    assert browser.api_json("PUT", "/api/users/me/", headers=as_member, json={"locale": "de"}).status_code == 200
    for nothing in ("Bearer nonsense", "Basic abc", ""):
        answer = browser.api_json("GET", "/api/users/me/", headers={"Authorization": nothing})
        assert answer.status_code == 401, nothing


def test_polled_lists_of_two_sessions_are_two(api: Api, house: House, other_house: House) -> None:
    """G-1, O-16: what one was answered a moment ago is not what another asks."""
    here, there = signed_in(api, house.officer_id), signed_in(api, other_house.officer_id)
    for _ in range(3):
        assert here.api_json("GET", "/api/ranks/").json() == house.officer.get("/api/ranks/").json()
        assert there.api_json("GET", "/api/ranks/").json() == other_house.officer.get("/api/ranks/").json()
        assert Browser(api).api_json("GET", "/api/ranks/").status_code == 401
    answer = here.api_json("GET", "/api/ranks/")
    assert "Cookie" in answer.headers["vary"]
    here.api_json("DELETE", f"{SESSIONS}{(here.session or '').partition('.')[0]}/", csrf=here.csrf())
    assert here.api_json("GET", "/api/ranks/").status_code == 401


def test_people_see_and_end_their_sessions(api: Api, house: House) -> None:
    """A-1: which of them asks is told; one, or all others; nobody else's."""
    here, there, elsewhere = (signed_in(api, house.member_id) for _ in range(3))
    rows = here.api_json("GET", SESSIONS).json()
    assert len(rows) == 3
    mine = (here.session or "").partition(".")[0]
    assert [row["id"] for row in rows if row["current"]] == [mine]
    assert (here.session or "").partition(".")[2] not in str(rows)
    gone = (there.session or "").partition(".")[0]
    assert here.api_json("DELETE", f"{SESSIONS}{gone}/", csrf=here.csrf()).status_code == 204
    assert there.api_json("GET", SESSIONS).status_code == 401
    assert here.api_json("DELETE", f"{SESSIONS}{gone}/", csrf=here.csrf()).status_code == 404
    assert house.officer("DELETE", f"{SESSIONS}{mine}/").status_code == 404
    assert here.api_json("DELETE", SESSIONS, csrf=here.csrf()).json() == {"ended": 1}
    assert elsewhere.api_json("GET", SESSIONS).status_code == 401
    by_key = house.member.get(SESSIONS).json()
    assert [(row["id"], row["current"]) for row in by_key] == [(mine, False)]
    assert house.member("DELETE", SESSIONS).json() == {"ended": 1}


def test_who_one_is_is_told_with_the_token(api: Api, house: House) -> None:
    """I-2: to a key without one."""
    browser = signed_in(api, house.member_id)
    told = browser.api_json("GET", "/api/auth/session/").json()
    assert (told["user_id"], told["session_id"]) == (house.member_id, (browser.session or "").partition(".")[0])
    assert len(told["csrf_token"]) == 64
    by_key = house.member.get("/api/auth/session/").json()
    assert by_key == {**told, "session_id": None, "csrf_token": None}
    assert "bids:own" in by_key["permissions"]
    assert house.bot("points:read").get("/api/auth/session/").status_code == 403


def test_when_a_session_was_used_last_is_written_now_and_then(api: Api, house: House) -> None:
    """A-1, A-8: without a write per request; and it is not counted as a key."""
    browser = signed_in(api, house.member_id)
    session_id = (browser.session or "").partition(".")[0]
    api.key_uses.seen()
    api.key_uses.taken()
    before = datetime.now(UTC)
    for _ in range(3):
        browser.api_json("GET", "/api/ranks/")
    seen = api.key_uses.seen()
    assert before - timedelta(seconds=1) <= seen[session_id] <= datetime.now(UTC)
    assert api.key_uses.taken() == {}
    api.key_uses.give_back_seen(seen)
    assert api.key_uses.seen() == seen


# --- signing out ------------------------------------------------------------------------------------------------------


def test_signing_out_is_a_form_of_ours(api: Api, house: House) -> None:
    """A-1: by POST with the form's token, or with the header; what is no session is signed out already."""
    browser = signed_in(api, house.member_id)
    page = browser.get("/accounts/")
    assert f"member-{house.mark}" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    token = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page.text)
    assert token is not None
    kept = browser.session
    assert browser.get("/accounts/logout/").status_code == 405
    assert browser.post("/accounts/logout/", data={"csrf_token": "x"}).status_code == 403
    assert browser.post("/accounts/logout/").status_code == 403
    assert browser.post("/accounts/logout/", content=b"\xff=%ZZ&" * 50).status_code in (400, 403)
    assert browser.session == kept
    answer = browser.post("/accounts/logout/", data={"csrf_token": token[1]})
    assert (answer.status_code, answer.headers["location"], browser.session) == (303, "/accounts/", None)
    assert "not signed in" in browser.get("/accounts/").text
    browser.keep("dkp_session", kept or "")
    assert browser.api_json("GET", "/api/users/me/").status_code == 401
    assert "not signed in" in browser.get("/accounts/").text
    assert Browser(api).post("/accounts/logout/").status_code == 303
    other = signed_in(api, house.member_id)
    answer = other.api_json("POST", "/accounts/logout/", csrf=other.csrf())
    assert (answer.status_code, other.session) == (204, None)


def test_a_deactivated_member_can_still_sign_out(api: Api, house: House) -> None:
    """A-10: the account page knows no guild."""
    browser = signed_in(api, house.member_id)
    house.officer("PATCH", f"/api/memberships/{house.member_id}/", json={"status": "deactivated"})
    token = re.search(r'value="([0-9a-f]{64})"', browser.get("/accounts/").text)
    assert token is not None
    assert browser.post("/accounts/logout/", data={"csrf_token": token[1]}).status_code == 303


# --- one-time links ---------------------------------------------------------------------------------------------------


def link_for(api: Api, user_id: int) -> str:
    """The path of a one-time link."""
    return f"/accounts/link/{api.use_cases.make_sign_in_link()(UserId(user_id), by=operator('test')).code}/"


def test_a_link_is_used_by_its_button_and_not_by_looking_at_it(api: Api, house: House) -> None:
    """A-11: whatever shows a preview of it does not use it up."""
    path, browser = link_for(api, house.member_id), Browser(api)
    for _ in range(2):
        page = Browser(api).get(path)
        assert page.status_code == 200
        assert page.headers["cache-control"] == "no-store"
    token = re.search(r'value="([0-9a-f]{64})"', browser.get(path).text)
    assert token is not None
    for data, somebody in (({}, browser), ({"csrf_token": "x"}, browser), ({"csrf_token": token[1]}, Browser(api))):
        assert somebody.post(path, data=data).status_code == 403  # another site has the browser send it
        assert somebody.session is None
    answer = browser.post(path, data={"csrf_token": token[1]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/accounts/")
    assert browser.api_json("GET", "/api/users/me/").json()["id"] == house.member_id
    again = Browser(api)
    token = re.search(r'value="([0-9a-f]{64})"', again.get(path).text)
    assert token is not None
    refused = again.post(path, data={"csrf_token": token[1]})
    assert refused.status_code == 403
    assert "not valid" in refused.text


@pytest.mark.parametrize("cookie", [None, ""])
def test_a_link_is_not_used_from_another_site(cookie: str | None, api: Api, house: House) -> None:
    """A-1: a browser that was never shown the link's page is signed in by no form, whatever it says."""
    path, browser = link_for(api, house.member_id), Browser(api)
    for token in ("none", ""):
        if cookie is not None:
            browser.keep("dkp_link", cookie)
        headers = {"Origin": "https://elsewhere.example", "Accept": "application/json"}
        answer = browser.post(path, data={"csrf_token": token}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
        assert browser.session is None


@pytest.mark.parametrize("code", ["x", "A" * 52, "a" * 200, "%00", "..%2f", "<script>"])
def test_what_can_be_no_link_is_none(code: str, browser: Browser) -> None:
    """G-8: a clear page, and nothing of what was sent in it unescaped."""
    answer = browser.get(f"/accounts/link/{code}/")
    assert answer.status_code in (403, 404)
    assert "<script>" not in answer.text


def test_a_code_or_a_session_comes_to_a_key(api: Api, house: House) -> None:
    """I-1: POST /api/auth/token/, once per code; without either it is 401, a bot has no keys of its own."""
    code = link_for(api, house.member_id).split("/")[3]
    made = api.nobody.post("/api/auth/token/", json={"code": code, "name": "overlay"})
    assert made.status_code == 201, made.text
    assert (made.json()["owner"], made.json()["name"]) == (house.member_id, "overlay")
    assert api.by(made.json()["token"]).get("/api/users/me/").json()["id"] == house.member_id
    again = api.nobody.post("/api/auth/token/", json={"code": code})
    assert (again.status_code, again.json()["code"]) == (403, "sign_in_link_not_valid")
    browser = signed_in(api, house.member_id)
    by_session = browser.api_json("POST", "/api/auth/token/", json={"name": "by session"}, csrf=browser.csrf())
    assert by_session.json()["owner"] == house.member_id
    nobody = api.nobody.post("/api/auth/token/", json={})
    assert (nobody.status_code, nobody.json()["code"]) == (401, "not_authenticated")
    assert house.bot("points:read").post("/api/auth/token/", json={}).status_code == 403


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_code_is_good_whatever_the_browser_still_sends(api: Api, house: House) -> None:
    """I-1, A-3: a session that has ended is nobody's; one whose membership is deactivated is still a person's own."""

    def code() -> str:
        return link_for(api, house.member_id).split("/")[3]

    browser = signed_in(api, house.member_id)
    csrf = browser.csrf()
    house.officer("PATCH", f"/api/memberships/{house.member_id}/", json={"status": "deactivated"})
    for body in ({"code": code()}, {}):
        assert browser.api_json("POST", "/api/auth/token/", json=body, csrf=csrf).status_code == 201
    ended = browser.api_json("DELETE", f"{SESSIONS}{(browser.session or '').partition('.')[0]}/", csrf=csrf)
    assert ended.status_code == 204
    made = browser.api_json("POST", "/api/auth/token/", json={"code": code()})
    assert (made.status_code, made.json().get("owner")) == (201, house.member_id)
    refused = browser.api_json("POST", "/api/auth/token/", json={})
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")


def test_names_are_escaped_on_pages(browser: Browser) -> None:
    """O-13: no user text reaches HTML as it is."""
    person = a_person(browser.api, "<img src=x>&\"'")
    assert "<img" not in comes_back(browser, goes_to_discord(browser), person).text
    assert "<img" not in browser.get("/accounts/").text


def test_what_is_secret_is_in_no_log_line_and_no_metric(browser: Browser) -> None:
    """O-11: codes and states stand in addresses, but lines and metrics name the route."""
    state, code = browser.api.discord.allow_at(goes_to_discord(browser), a_person(browser.api))
    browser.get(f"{CALLBACK}?code={code}&state={state}")
    browser.get(f"/accounts/link/{'q' * 52}/")
    told = browser.get("/metrics").text
    for route in ("/accounts/discord/login/", CALLBACK, "/accounts/link/{code}/"):
        assert f'route="{route}"' in told
    assert state not in told
    assert "qqqq" not in told
